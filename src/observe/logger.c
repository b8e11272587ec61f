/* SPDX-License-Identifier: MIT */
#include "observe/logger.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "codec/json_writer.h"

#define LINE_BYTES_MAX ((size_t)64 << 10)
#define SAID_BYTES_MAX 1024
#define TEXT_SHOWN_MAX 1024
#define ID_SHOWN       8 /* characters of a request id in text */
#define MICROSECONDS   1000

const char *const mfn__log_level_names[] = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", NULL};

struct mfn__logger {
    mfn__logger_options options;
};

mfn__log_record mfn__log_record_of(mfn__log_level level, const char *logger, const char *message)
{
    return (mfn__log_record){
        .level = level, .logger = logger, .message = message, .status = -1, .duration_ms = -1.0};
}

mfn_status mfn__logger_new(const mfn__logger_options *options, mfn__logger **ret, mfn_error *err)
{
    mfn__logger *logger = mfn__mem_new(1, sizeof *logger);
    if (logger == NULL) {
        return mfn__fail_memory(err);
    }
    logger->options = *options;
    *ret = logger;
    return MFN_OK;
}

void mfn__logger_free(mfn__logger *logger)
{
    mfn__mem_free(logger);
}

bool mfn__logger_wants(const mfn__logger *logger, mfn__log_level level)
{
    return level >= logger->options.level;
}

/* "2023-11-14T22:13:20.123456" with `separator` 'T'; without the fraction with ' '. */
static void write_time(const mfn__logger *logger, char separator, mfn__buffer *line)
{
    int64_t wall_ns = mfn__clock_wall_ns(logger->options.clock);
    time_t seconds = (time_t)(wall_ns / MFN__NS_PER_S);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    mfn__buffer_append_format(line, "%04d-%02d-%02d%c%02d:%02d:%02d", utc.tm_year + 1900,
                              utc.tm_mon + 1, utc.tm_mday, separator, utc.tm_hour, utc.tm_min,
                              utc.tm_sec);
    if (separator == 'T') {
        mfn__buffer_append_format(line, ".%06d", (int)(wall_ns % MFN__NS_PER_S / MICROSECONDS));
    }
}

static void write_member(mfn__json_writer *json, const char *key, const char *value)
{
    if (value != NULL) {
        mfn__json_key(json, key);
        mfn__json_text(json, value);
    }
}

/* The reference's keys in its order. */
static void write_json(const mfn__logger *logger, const mfn__log_record *record, mfn__buffer *line)
{
    mfn__buffer time;
    mfn__buffer_init(&time, SAID_BYTES_MAX);
    write_time(logger, 'T', &time);
    mfn__buffer_append_char(&time, 'Z');
    mfn__json_writer json;
    mfn__json_start(&json, line, 0);
    mfn__json_object_begin(&json);
    write_member(&json, "timestamp", time.data);
    write_member(&json, "level", mfn__log_level_names[record->level]);
    write_member(&json, "logger", record->logger);
    write_member(&json, "message", record->message);
    write_member(&json, "env", logger->options.env);
    write_member(&json, "request_id", record->request_id);
    write_member(&json, "endpoint", record->endpoint);
    write_member(&json, "method", record->method);
    write_member(&json, "client_ip", record->client_ip);
    write_member(&json, "exception", record->exception);
    if (record->status >= 0) {
        mfn__json_key(&json, "status");
        mfn__json_i64(&json, record->status);
    }
    if (record->duration_ms >= 0.0) {
        mfn__json_key(&json, "duration_ms");
        mfn__json_real(&json, round(record->duration_ms * 100.0) / 100.0);
    }
    for (size_t i = 0; i < record->extra_count; i++) {
        write_member(&json, record->extras[i].name, record->extras[i].value);
    }
    mfn__json_object_end(&json);
    mfn__buffer_deinit(&time);
}

/* What comes from outside cannot break the line. */
static void append_shown(const char *text, mfn__buffer *line)
{
    char shown[TEXT_SHOWN_MAX];
    mfn__buffer_append_text(line, mfn__text_printable(text, strlen(text), shown, sizeof shown));
}

static void write_text(const mfn__logger *logger, const mfn__log_record *record, mfn__buffer *line)
{
    write_time(logger, ' ', line);
    mfn__buffer_append_format(line, " %-8s ", mfn__log_level_names[record->level]);
    if (record->request_id != NULL) {
        char id[ID_SHOWN + 1];
        snprintf(id, sizeof id, "%s", record->request_id);
        mfn__buffer_append_char(line, '[');
        append_shown(id, line);
        mfn__buffer_append_text(line, "] ");
    }
    mfn__buffer_append_format(line, "%s: ", record->logger);
    append_shown(record->message, line);
    for (size_t i = 0; i < record->extra_count; i++) {
        mfn__buffer_append_format(line, " %s=", record->extras[i].name);
        append_shown(record->extras[i].value, line);
    }
    if (record->exception != NULL) {
        mfn__buffer_append_text(line, " - ");
        append_shown(record->exception, line);
    }
}

/* A full disk or a pipe that nobody reads costs a line, never the service. */
static void put(int descriptor, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(descriptor, bytes, size);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return;
        }
        bytes += written;
        size -= (size_t)written;
    }
}

void mfn__logger_write(mfn__logger *logger, const mfn__log_record *record)
{
    if (!mfn__logger_wants(logger, record->level)) {
        return;
    }
    mfn__buffer line;
    mfn__buffer_init(&line, LINE_BYTES_MAX);
    if (logger->options.is_json) {
        write_json(logger, record, &line);
    } else {
        write_text(logger, record, &line);
    }
    mfn__buffer_append_char(&line, '\n');
    if (line.status == MFN_OK) {
        put(logger->options.descriptor, line.data, line.size);
    }
    mfn__buffer_deinit(&line);
}

void mfn__logger_say(mfn__logger *logger, mfn__log_level level, const char *part,
                     const char *format, ...)
{
    if (!mfn__logger_wants(logger, level)) {
        return;
    }
    char message[SAID_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    mfn__log_record record = mfn__log_record_of(level, part, message);
    mfn__logger_write(logger, &record);
}
