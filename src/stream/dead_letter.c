/* SPDX-License-Identifier: MIT */
#include "stream/dead_letter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "codec/base64.h"
#include "codec/json_slice.h"
#include "codec/json_writer.h"
#include "codec/sha256.h"
#include "stream/names.h"

#define STEM_BYTES_MAX      100
#define HASH_DIGITS         16
#define INDENT              2
#define ID_BYTES_MAX        256
#define ID_SOUGHT_BYTES_MAX ((size_t)1 << 20) /* in a job that is no larger */
#define FILE_MODE           0666
#define NAME_BYTES_MAX      256

/* What the file is called: the source's name and line for people, a hash against collisions. */
static mfn_status letter_name(const mfn__dead_letter *letter, char *ret, size_t size,
                              mfn_error *err)
{
    mfn__buffer identity;
    mfn__buffer_init(&identity, MFN__LETTER_BYTES_MAX);
    mfn__buffer_append_format(&identity, "%s\n%llu\n", letter->origin,
                              (unsigned long long)letter->index);
    mfn__buffer_append(&identity, letter->original, letter->original_size);
    if (letter->publisher != NULL) {
        mfn__buffer_append_format(&identity, "\n%s", letter->publisher);
    }
    mfn_status status = mfn__buffer_check(&identity, "the dead letter", err);
    if (status == MFN_OK) {
        char digest[MFN__SHA256_HEX_SIZE];
        char stem[STEM_BYTES_MAX];
        mfn__sha256_hex(identity.data, identity.size, digest);
        mfn__name_make_safe(mfn__path_name(letter->origin), stem, sizeof stem);
        snprintf(ret, size, "%s-%llu-%.*s.json", stem, (unsigned long long)letter->line,
                 HASH_DIGITS, digest);
    }
    mfn__buffer_deinit(&identity);
    return status;
}

static void write_base64(mfn__json_writer *json, const char *bytes, size_t size)
{
    mfn__buffer text;
    mfn__buffer_init(&text, MFN__LETTER_BYTES_MAX);
    mfn__base64_encode(bytes, size, &text);
    if (text.status == MFN_OK) {
        mfn__json_text_sized(json, text.data != NULL ? text.data : "", text.size);
    } else {
        json->buffer->status = text.status;
    }
    mfn__buffer_deinit(&text);
}

static void write_job(mfn__json_writer *json, const mfn__dead_letter *letter)
{
    if (mfn__text_is_utf8(letter->original, letter->original_size)) {
        mfn__json_key(json, "original");
        mfn__json_text_sized(json, letter->original, letter->original_size);
    } else {
        mfn__json_key(json, "original_base64");
        write_base64(json, letter->original, letter->original_size);
    }
    if (letter->is_truncated) {
        mfn__json_key(json, "truncated");
        mfn__json_bool(json, true);
        if (letter->whole_size > 0) {
            mfn__json_key(json, "size_bytes");
            mfn__json_u64(json, letter->whole_size);
        }
    }
    if (letter->job != NULL && mfn__text_is_utf8(letter->job, letter->job_size)) {
        mfn__json_key(json, "job");
        mfn__json_text_sized(json, letter->job, letter->job_size);
    }
}

/* The result's simulation_id, or what the job calls itself: a text or a number. */
static void write_id(mfn__json_writer *json, const mfn__dead_letter *letter)
{
    const char *text = letter->job != NULL ? letter->job : letter->original;
    size_t size = letter->job != NULL ? letter->job_size : letter->original_size;
    mfn__json_slice job;
    mfn__json_slice id;
    if (letter->id != NULL) {
        mfn__json_key(json, "id");
        mfn__json_text(json, letter->id);
    } else if (!letter->is_truncated && size <= ID_SOUGHT_BYTES_MAX &&
               mfn__json_slice_whole(text, size, &job, NULL) == MFN_OK &&
               mfn__json_slice_at(&job, "/id", &id, NULL) == MFN_OK && id.size <= ID_BYTES_MAX &&
               (id.kind == MFN__JSON_STRING || id.kind == MFN__JSON_NUMBER)) {
        bool is_text = id.kind == MFN__JSON_STRING;
        mfn__json_key(json, "id");
        mfn__buffer_append_text(json->buffer, is_text ? "" : "\"");
        mfn__json_raw_sized(json, id.bytes, id.size);
        mfn__buffer_append_text(json->buffer, is_text ? "" : "\"");
    }
}

static void write_letter(mfn__json_writer *json, const mfn__dead_letter *letter,
                         const mfn__clock *clock)
{
    char time[MFN__TIME_TEXT_MAX];
    mfn__time_to_text(mfn__clock_wall_ns(clock), time);
    mfn__json_object_begin(json);
    mfn__json_key(json, "type");
    mfn__json_text(json, mfn_status_name(letter->problem->status));
    mfn__json_key(json, "title");
    mfn__json_text(json, mfn_status_text(letter->problem->status));
    mfn__json_key(json, "detail");
    mfn__json_text(json, letter->problem->text);
    mfn__json_key(json, "field");
    mfn__json_text(json, letter->problem->field);
    if (letter->http_status != 0) {
        mfn__json_key(json, "status"); /* RFC 9457 knows it under this name */
        mfn__json_i64(json, letter->http_status);
    }
    write_id(json, letter);
    mfn__json_key(json, "source");
    mfn__json_object_begin(json);
    mfn__json_key(json, "file");
    mfn__json_text(json, letter->origin);
    mfn__json_key(json, "line");
    mfn__json_u64(json, letter->line);
    mfn__json_key(json, "item");
    mfn__json_u64(json, letter->index);
    mfn__json_object_end(json);
    if (letter->publisher != NULL) {
        mfn__json_key(json, "publisher");
        mfn__json_text(json, letter->publisher);
    }
    mfn__json_key(json, "attempts");
    mfn__json_u64(json, letter->attempts);
    mfn__json_key(json, "time");
    mfn__json_text(json, time);
    write_job(json, letter);
    mfn__json_object_end(json);
}

static mfn_status write_synced(const char *path, const mfn__buffer *text, mfn_error *err)
{
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
    int descriptor = open(path, flags, FILE_MODE);
    if (descriptor < 0) {
        return mfn__fail_errno(err, errno, "directory", "cannot create '%s'", path);
    }
    mfn_status status = mfn__file_write_all(descriptor, text->data, text->size, path, err);
    if (status == MFN_OK && fsync(descriptor) != 0) {
        status = mfn__fail_errno(err, errno, "directory", "cannot sync '%s'", path);
    }
    close(descriptor);
    return status;
}

/* The temporary name comes from the name: a crash leaves a file that the replay uses up. */
static mfn_status put_in_place(const char *folder, const char *name, const mfn__buffer *text,
                               mfn_error *err)
{
    char temporary_name[NAME_BYTES_MAX + 8];
    snprintf(temporary_name, sizeof temporary_name, ".%s.tmp", name);
    mfn_status status = MFN_OK;
    char *temporary = mfn__path_join(folder, temporary_name);
    char *path = mfn__path_join(folder, name);
    if (temporary == NULL || path == NULL) {
        status = mfn__fail_memory(err);
    } else {
        status = write_synced(temporary, text, err);
        if (status == MFN_OK && rename(temporary, path) != 0) {
            status = mfn__fail_errno(err, errno, "directory", "cannot rename '%s' to '%s'",
                                     temporary, path);
        }
        if (status == MFN_OK) {
            status = mfn__file_sync_directory(folder, err);
        } else {
            (void)unlink(temporary);
        }
    }
    mfn__mem_free(temporary);
    mfn__mem_free(path);
    return status;
}

mfn__dead_letter mfn__dead_letter_of(const mfn__message *message)
{
    return (mfn__dead_letter){
        .problem = &message->problem,
        .origin = message->origin,
        .line = message->line,
        .index = message->index,
        .attempts = message->attempts,
        .original = message->original,
        .original_size = message->original_size,
        .is_truncated = message->is_truncated,
        .whole_size = message->whole_size,
        .id = message->id,
        .job = message->job,
        .job_size = message->job_size,
        .extra = message->extra,
    };
}

mfn_status mfn__dead_letter_write(const char *folder, const mfn__dead_letter *letter,
                                  const mfn__clock *clock, mfn_error *err)
{
    char name[NAME_BYTES_MAX];
    mfn_status status = letter_name(letter, name, sizeof name, err);
    if (status == MFN_OK) {
        status = mfn__file_make_directory(folder, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    mfn__buffer text;
    mfn__json_writer json;
    mfn__buffer_init(&text, MFN__LETTER_BYTES_MAX);
    mfn__json_start(&json, &text, INDENT);
    write_letter(&json, letter, clock);
    mfn__buffer_append_char(&text, '\n');
    status = mfn__buffer_check(&text, "the dead letter", err);
    if (status == MFN_OK) {
        status = put_in_place(folder, name, &text, err);
    }
    mfn__buffer_deinit(&text);
    return status;
}
