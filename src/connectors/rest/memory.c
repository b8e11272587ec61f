/* SPDX-License-Identifier: MIT */
/* A cursor and the version of a page belong to a certain request. Each is kept behind a digest of
 * that request and forgotten when the options ask for something else. */
#include "connectors/rest/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define TEXT_BYTES_MAX   131072
#define ORIGIN_BYTES_MAX 512

#define POLLS            "polls"
#define CURSOR           "cursor"
#define VERSION          "version"

/* SHA-256 of the texts, kept apart. */
static mfn_status digest_of(const char *const *texts, size_t count, char ret[MFN__SHA256_HEX_SIZE],
                            mfn_error *err)
{
    mfn__buffer all;
    mfn__buffer_init(&all, (size_t)1 << 24);
    for (size_t i = 0; i < count; i++) {
        mfn__buffer_append(&all, texts[i], strlen(texts[i]) + 1);
    }
    mfn_status status = mfn__buffer_check(&all, "the request", err);
    if (status == MFN_OK) {
        mfn__sha256_hex(all.data, all.size, ret);
    }
    mfn__buffer_deinit(&all);
    return status;
}

mfn_status mfn__rest_request_digest(const mfn__rest_connector_options *options, const char *url,
                                    char ret[MFN__SHA256_HEX_SIZE], mfn_error *err)
{
    const char *const texts[] = {url, options->items};
    return digest_of(texts, sizeof texts / sizeof *texts, ret, err);
}

/* The parameters do not count: a key among them may change. */
static mfn_status cursor_digest(const mfn__rest_connector_options *options,
                                char ret[MFN__SHA256_HEX_SIZE], mfn_error *err)
{
    const char *const texts[] = {options->base_url, options->endpoint, options->cursor_param,
                                 options->cursor_pointer};
    return digest_of(texts, sizeof texts / sizeof *texts, ret, err);
}

/* A copy of the text's next line, NULL when that is empty; `*text` moves behind it. */
static mfn_status next_line(const char **text, char **ret, mfn_error *err)
{
    size_t length = strcspn(*text, "\n");
    char *line = NULL;
    if (length > 0) {
        line = mfn__mem_new(length + 1, 1);
        if (line == NULL) {
            return mfn__fail_memory(err);
        }
        memcpy(line, *text, length);
    }
    *text += length + ((*text)[length] == '\n' ? 1 : 0);
    *ret = line;
    return MFN_OK;
}

/* Appends the text under the key; nothing when there is none. Locks: the ledger's transaction. */
static mfn_status read_text(const mfn__surroundings *around, const char *key, mfn__buffer *ret,
                            mfn_error *err)
{
    mfn_status status = mfn__ledger_text(around->ledger, around->target, key, ret, err);
    return status == MFN_NOT_FOUND ? MFN_OK : status;
}

static mfn_status read_cursor(const mfn__rest_connector_options *options, const mfn__buffer *text,
                              mfn__rest_memory *ret, mfn_error *err)
{
    char digest[MFN__SHA256_HEX_SIZE];
    mfn_status status = cursor_digest(options, digest, err);
    size_t length = strlen(digest);
    if (status == MFN_OK && text->size > length + 1 && strncmp(text->data, digest, length) == 0 &&
        text->data[length] == '\n') {
        ret->cursor = mfn__mem_copy_text(text->data + length + 1);
        status = ret->cursor != NULL ? MFN_OK : mfn__fail_memory(err);
    }
    return status;
}

static mfn_status read_version(const mfn__buffer *text, mfn__rest_memory *ret, mfn_error *err)
{
    if (text->size < sizeof ret->request) {
        return MFN_OK;
    }
    memcpy(ret->request, text->data, sizeof ret->request - 1);
    const char *rest = text->data + sizeof ret->request;
    mfn_status status = next_line(&rest, &ret->etag, err);
    return status == MFN_OK ? next_line(&rest, &ret->last_modified, err) : status;
}

mfn_status mfn__rest_recall(const mfn__rest_connector_options *options,
                            const mfn__surroundings *around, mfn__rest_memory *ret, mfn_error *err)
{
    mfn__rest_memory memory = {0};
    mfn__buffer cursor;
    mfn__buffer version;
    mfn__buffer_init(&cursor, TEXT_BYTES_MAX);
    mfn__buffer_init(&version, TEXT_BYTES_MAX);
    mfn_status status = mfn__ledger_begin_lazily(around->ledger, err);
    if (status == MFN_OK) {
        status = mfn__ledger_number(around->ledger, around->target, POLLS, &memory.polls, err);
        if (status == MFN_OK && options->save_cursor && options->pagination == MFN__REST_CURSOR) {
            status = read_text(around, CURSOR, &cursor, err);
        }
        if (status == MFN_OK) {
            status = read_text(around, VERSION, &version, err);
        }
        mfn__ledger_rollback(around->ledger);
    }
    if (status == MFN_OK) {
        status = read_cursor(options, &cursor, &memory, err);
    }
    if (status == MFN_OK) {
        status = read_version(&version, &memory, err);
    }
    mfn__buffer_deinit(&cursor);
    mfn__buffer_deinit(&version);
    if (status != MFN_OK) {
        mfn__rest_memory_deinit(&memory);
        return status;
    }
    *ret = memory;
    return MFN_OK;
}

void mfn__rest_memory_deinit(mfn__rest_memory *memory)
{
    mfn__mem_free(memory->cursor);
    mfn__mem_free(memory->etag);
    mfn__mem_free(memory->last_modified);
    *memory = (mfn__rest_memory){0};
}

/* All below: inside the ledger's transaction. */

static mfn_status keep_text(const mfn__surroundings *around, const char *key,
                            const mfn__buffer *text, mfn_error *err)
{
    mfn_status status = mfn__buffer_check(text, "what to remember of the source", err);
    return status == MFN_OK
               ? mfn__ledger_text_set(around->ledger, around->target, key, text->data, err)
               : status;
}

static mfn_status keep_cursor(const mfn__rest_connector_options *options,
                              const mfn__surroundings *around, const char *cursor, mfn_error *err)
{
    char digest[MFN__SHA256_HEX_SIZE];
    mfn_status status = cursor_digest(options, digest, err);
    if (status == MFN_OK) {
        mfn__buffer text;
        mfn__buffer_init(&text, TEXT_BYTES_MAX);
        mfn__buffer_append_format(&text, "%s\n", digest);
        mfn__buffer_append_text(&text, cursor);
        status = keep_text(around, CURSOR, &text, err);
        mfn__buffer_deinit(&text);
    }
    return status;
}

/* A header's value has no line breaks. */
static mfn_status keep_version(const mfn__surroundings *around, const mfn__rest_step *step,
                               mfn_error *err)
{
    if (step->etag == NULL && step->last_modified == NULL) {
        return mfn__ledger_text_remove(around->ledger, around->target, VERSION, err);
    }
    const char *const lines[] = {step->request, step->etag, step->last_modified};
    mfn__buffer text;
    mfn__buffer_init(&text, TEXT_BYTES_MAX);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        mfn__buffer_append_text(&text, lines[i] != NULL ? lines[i] : "");
        mfn__buffer_append_char(&text, '\n');
    }
    mfn_status status = keep_text(around, VERSION, &text, err);
    mfn__buffer_deinit(&text);
    return status;
}

/* What a page added so far. */
typedef struct added {
    uint64_t items, bytes, known;
} added;

static mfn_status add_item(const mfn__rest_connector_options *options,
                           const mfn__surroundings *around, const mfn__rest_step *step,
                           const mfn__json_slice *item, added *so_far, mfn_error *err)
{
    uint64_t index = so_far->items++;
    if (options->skip_known) {
        char digest[MFN__SHA256_HEX_SIZE];
        bool was_known = false;
        mfn__sha256_hex(item->bytes, item->size, digest);
        mfn_status status = mfn__ledger_known_add(around->ledger, around->target, digest,
                                                  step->poll, &was_known, err);
        if (status != MFN_OK || was_known) {
            so_far->known += status == MFN_OK ? 1 : 0;
            return status;
        }
    }
    char origin[ORIGIN_BYTES_MAX];
    snprintf(origin, sizeof origin, "%s#%" PRIu64 "-%" PRIu64, step->shown, step->number,
             index + 1);
    const mfn__spool_job job = {
        .origin = origin, .index = index, .original = item->bytes, .original_size = item->size};
    mfn_status status = mfn__inbox_add(around->spool, around->target, &job, err);
    so_far->bytes += status == MFN_OK ? item->size : 0;
    return status;
}

static mfn_status add_all(const mfn__rest_connector_options *options,
                          const mfn__surroundings *around, const mfn__rest_step *step,
                          added *so_far, mfn_error *err)
{
    mfn_status status =
        mfn__ledger_number_set(around->ledger, around->target, POLLS, step->poll, err);
    mfn__json_slice item;
    for (size_t position = 0;
         status == MFN_OK && mfn__rest_page_item(step->page, &position, &item);) {
        status = add_item(options, around, step, &item, so_far, err);
    }
    if (status == MFN_OK && step->cursor != NULL) {
        status = keep_cursor(options, around, step->cursor, err);
    }
    if (status == MFN_OK && step->is_complete) {
        status = keep_version(around, step, err);
    }
    if (status == MFN_OK && step->is_complete && options->skip_known) {
        status = mfn__ledger_known_forget(around->ledger, around->target, step->poll, err);
    }
    return status;
}

mfn_status mfn__rest_store(const mfn__rest_connector_options *options,
                           const mfn__surroundings *around, const mfn__rest_step *step,
                           uint64_t *ret_known, mfn_error *err)
{
    added so_far = {0};
    mfn_status status = mfn__ledger_begin(around->ledger, err);
    if (status != MFN_OK) {
        return status;
    }
    status = add_all(options, around, step, &so_far, err);
    if (status == MFN_OK) {
        status = mfn__ledger_commit(around->ledger, err);
    } else {
        mfn__ledger_rollback(around->ledger);
    }
    if (status != MFN_OK) {
        mfn__spool_give_back(around->spool, so_far.bytes);
        return status;
    }
    *ret_known = so_far.known;
    return MFN_OK;
}
