/* SPDX-License-Identifier: MIT */
/* Nothing in a letter can be trusted, and it is shown on terminals: whatever could control one is
 * replaced. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/dlq.h"
#include "cli/format.h"
#include "cli/terminal.h"

#define TABLE_BYTES_MAX ((size_t)1 << 30)
#define INDENT          2
#define DETAIL_MIN      24
#define TEXT_MAX        512
#define CELL_MAX        64
#define LABEL_WIDTH     11

/* The columns before the last one. */
enum { NAME, JOB, TIME, PUBLISHER, TYPE, CELLS };

static const char *const headings[CELLS] = {"Name", "Job", "Time", "Publisher", "Type"};

/* Replaces control characters, also those beyond ASCII (U+0080 to U+009F), but line breaks and
 * tabs. */
static void silence(char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        unsigned char next = i + 1 < size ? (unsigned char)text[i + 1] : 0;
        if (byte == 0xC2 && next >= 0x80 && next <= 0x9F) {
            text[i] = '?';
            text[i + 1] = '?';
        } else if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F) {
            text[i] = '?';
        }
    }
}

static void printable(const char *text, char *ret, size_t size)
{
    mfn__text_printable(text, strlen(text), ret, size);
    silence(ret, strlen(ret));
}

/* "2026-11-23T01:02:03Z": who needs the milliseconds looks at the letter. */
static void short_time(const char *time, char ret[CELL_MAX])
{
    printable(time, ret, CELL_MAX);
    const char *fraction = strchr(ret, '.');
    if (fraction != NULL && mfn__text_ends_with(ret, "Z")) {
        snprintf(ret + (fraction - ret), 2, "Z");
    }
}

static void write_cells(const mfn__letter *letter, char cells[CELLS][TEXT_MAX])
{
    char time[CELL_MAX];
    char publisher[CELL_MAX];
    char type[CELL_MAX];
    short_time(letter->kept.time, time);
    printable(letter->kept.publisher != NULL ? letter->kept.publisher : "-", publisher, CELL_MAX);
    printable(letter->kept.type, type, CELL_MAX);
    printable(letter->name, cells[NAME], TEXT_MAX);
    printable(letter->kept.id != NULL ? letter->kept.id : "-", cells[JOB], CELL_MAX);
    snprintf(cells[TIME], TEXT_MAX, "%s", time);
    snprintf(cells[PUBLISHER], TEXT_MAX, "%s", publisher);
    snprintf(cells[TYPE], TEXT_MAX, "%s", type);
}

static void measure(const mfn__letters *letters, size_t ret_widths[CELLS])
{
    for (size_t c = 0; c < CELLS; c++) {
        ret_widths[c] = strlen(headings[c]);
    }
    for (size_t i = 0; i < letters->count; i++) {
        char cells[CELLS][TEXT_MAX];
        write_cells(&letters->items[i], cells);
        for (size_t c = 0; c < CELLS; c++) {
            size_t width = strlen(cells[c]);
            ret_widths[c] = width > ret_widths[c] ? width : ret_widths[c];
        }
    }
}

/* What is left of the line for the details; in a pipe or file lines have no end. */
static size_t detail_width(const size_t widths[CELLS])
{
    if (!mfn__terminal_can_redraw(STDOUT_FILENO)) {
        return TEXT_MAX - 1;
    }
    size_t columns = mfn__terminal_columns(STDOUT_FILENO);
    size_t used = 0;
    for (size_t c = 0; c < CELLS; c++) {
        used += widths[c] + 2;
    }
    size_t left = columns > used ? columns - used : 0;
    left = left > DETAIL_MIN ? left : DETAIL_MIN;
    return left < TEXT_MAX ? left : TEXT_MAX - 1;
}

int mfn__dlq_print_table(const mfn__letters *letters, const char *folder, size_t waiting)
{
    size_t widths[CELLS];
    measure(letters, widths);
    size_t room = detail_width(widths);
    if (letters->count > 0) {
        for (size_t c = 0; c < CELLS; c++) {
            printf("%-*s  ", (int)widths[c], headings[c]);
        }
        printf("Detail\n");
    }
    for (size_t i = 0; i < letters->count; i++) {
        char cells[CELLS][TEXT_MAX];
        char detail[TEXT_MAX];
        write_cells(&letters->items[i], cells);
        for (size_t c = 0; c < CELLS; c++) {
            printf("%-*s  ", (int)widths[c], cells[c]);
        }
        printable(letters->items[i].kept.detail, detail, room + 1);
        printf("%s\n", detail);
    }
    if (letters->count == 0) {
        printf("No dead letters in %s", folder);
    } else {
        printf("%zu dead letter%s in %s", letters->count, letters->count == 1 ? "" : "s", folder);
    }
    if (waiting > 0) {
        printf(" (%zu waiting to be tried again)", waiting);
    }
    putchar('\n');
    return MFN__EXIT_OK;
}

static void write_entry(const mfn__letter *letter, mfn__json_writer *json)
{
    const mfn__kept_letter *kept = &letter->kept;
    mfn__json_object_begin(json);
    mfn__json_key(json, "name");
    mfn__json_text(json, letter->name);
    mfn__json_key(json, "time");
    mfn__json_text(json, kept->time);
    mfn__json_key(json, "type");
    mfn__json_text(json, kept->type);
    mfn__json_key(json, "detail");
    mfn__json_text(json, kept->detail);
    mfn__json_key(json, "source");
    mfn__json_object_begin(json);
    mfn__json_key(json, "file");
    mfn__json_text(json, kept->origin);
    mfn__json_key(json, "line");
    mfn__json_u64(json, kept->line);
    mfn__json_key(json, "item");
    mfn__json_u64(json, kept->item);
    mfn__json_object_end(json);
    mfn__json_key(json, "id");
    if (kept->id != NULL) {
        mfn__json_text(json, kept->id);
    } else {
        mfn__json_null(json);
    }
    if (kept->http_status != 0) {
        mfn__json_key(json, "status");
        mfn__json_u64(json, kept->http_status);
    }
    mfn__json_key(json, "truncated");
    mfn__json_bool(json, kept->is_truncated);
    mfn__json_key(json, "publisher");
    if (kept->publisher != NULL) {
        mfn__json_text(json, kept->publisher);
    } else {
        mfn__json_null(json);
    }
    mfn__json_key(json, "attempts");
    mfn__json_u64(json, kept->attempts);
    mfn__json_object_end(json);
}

int mfn__dlq_print_json(const mfn__letters *letters, const char *folder, size_t waiting)
{
    mfn__buffer text;
    mfn__json_writer json;
    mfn__buffer_init(&text, TABLE_BYTES_MAX);
    mfn__json_start(&json, &text, INDENT);
    mfn__json_object_begin(&json);
    mfn__json_key(&json, "directory");
    mfn__json_text(&json, folder);
    mfn__json_key(&json, "waiting");
    mfn__json_u64(&json, waiting);
    mfn__json_key(&json, "letters");
    mfn__json_array_begin(&json);
    for (size_t i = 0; i < letters->count; i++) {
        write_entry(&letters->items[i], &json);
    }
    mfn__json_array_end(&json);
    mfn__json_object_end(&json);
    return mfn__format_json_end(&text, "dlq");
}

static void print_line(const char *label, const char *text)
{
    char shown[2 * TEXT_MAX];
    printable(text, shown, sizeof shown);
    printf("%-*s %s\n", LABEL_WIDTH, label, shown);
}

static void print_bytes(const char *label, char *bytes, size_t size)
{
    printf("%-*s %zu byte%s", LABEL_WIDTH, label, size, size == 1 ? "" : "s");
    if (!mfn__text_is_utf8(bytes, size)) {
        printf(" that are no text: the file has them in base64\n");
        return;
    }
    putchar('\n');
    silence(bytes, size);
    fwrite(bytes, 1, size, stdout);
    if (size > 0 && bytes[size - 1] != '\n') {
        putchar('\n');
    }
}

static void print_truncation(const mfn__kept_letter *kept)
{
    if (!kept->is_truncated) {
        return;
    }
    printf("%-*s only the beginning was kept", LABEL_WIDTH, "Truncated");
    if (kept->whole_size > 0) {
        printf(", of %" PRIu64 " bytes", kept->whole_size);
    }
    printf(": the source has all of it\n");
}

int mfn__dlq_print_letter(const mfn__letters *letters, const mfn__letter *letter)
{
    mfn_error err = {0};
    mfn__kept_letter kept = {0};
    char *path = mfn__letter_path(letters, letter);
    mfn_status status =
        path != NULL ? mfn__dead_letter_read(path, &kept, &err) : mfn__fail_memory(&err);
    if (status == MFN_OK) {
        char number[CELL_MAX];
        char source[2 * TEXT_MAX];
        print_line("Name", letter->name);
        print_line("Job", kept.id != NULL ? kept.id : "-");
        print_line("Time", kept.time);
        print_line("Type", kept.type);
        print_line("Detail", kept.detail);
        snprintf(source, sizeof source, "%.700s, line %" PRIu64 ", item %" PRIu64, kept.origin,
                 kept.line, kept.item);
        print_line("Source", source);
        print_line("Publisher", kept.publisher != NULL ? kept.publisher : "-");
        if (kept.http_status != 0) {
            snprintf(number, sizeof number, "HTTP status %" PRIu64, kept.http_status);
            print_line("Answer", number);
        }
        snprintf(number, sizeof number, "%" PRIu64, kept.attempts);
        print_line("Attempts", number);
        print_truncation(&kept);
        print_bytes("Original", kept.original, kept.original_size);
        if (kept.job != NULL) {
            print_bytes("As a job", kept.job, kept.job_size);
        }
    }
    mfn__mem_free(path);
    mfn__kept_letter_deinit(&kept);
    return status == MFN_OK ? MFN__EXIT_OK : mfn__command_fail("dlq", &err, MFN__EXIT_FAILED);
}

int mfn__dlq_print_file(const mfn__letters *letters, const mfn__letter *letter)
{
    mfn_error err = {0};
    mfn__buffer text;
    char *path = mfn__letter_path(letters, letter);
    mfn__buffer_init(&text, MFN__LETTER_BYTES_MAX);
    mfn_status status =
        path != NULL ? mfn__file_read_whole(path, &text, &err) : mfn__fail_memory(&err);
    if (status == MFN_OK && text.size > 0) {
        fwrite(text.data, 1, text.size, stdout);
    }
    mfn__mem_free(path);
    mfn__buffer_deinit(&text);
    return status == MFN_OK ? MFN__EXIT_OK : mfn__command_fail("dlq", &err, MFN__EXIT_FAILED);
}
