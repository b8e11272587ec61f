/* SPDX-License-Identifier: MIT */
/* Structured log lines: JSON for machines or text for people, one write per line. */
#ifndef MFN_OBSERVE_LOGGER_H
#define MFN_OBSERVE_LOGGER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"

#include "mfn/status.h"

typedef enum mfn__log_level {
    MFN__LOG_DEBUG,
    MFN__LOG_INFO,
    MFN__LOG_WARNING,
    MFN__LOG_ERROR,
    MFN__LOG_CRITICAL,
} mfn__log_level;

extern const char *const mfn__log_level_names[]; /* "DEBUG" ...; ends with NULL */

typedef struct mfn__logger_options {
    mfn__log_level level; /* lines below it are left out */
    bool is_json;
    const char *env;         /* "dev", "staging", "prod": in every JSON line */
    int descriptor;          /* written to, never closed */
    const mfn__clock *clock; /* for time stamps */
} mfn__logger_options;

/* Thread-safe: a line is formatted by its caller without a lock and written whole. */
typedef struct mfn__logger mfn__logger;

/* A fact beside the message; values are escaped. */
typedef struct mfn__log_extra {
    const char *name, *value;
} mfn__log_extra;

/* What is NULL, or negative for the numbers, is left out. Whoever fills it keeps keys, header
 * values and bodies out. */
typedef struct mfn__log_record {
    mfn__log_level level;
    const char *logger; /* the part of the program: "mfn.api" */
    const char *message;
    const char *request_id, *endpoint, *method, *client_ip;
    const char *exception;
    int status;
    double duration_ms;
    const mfn__log_extra *extras;
    size_t extra_count;
} mfn__log_record;

/* A record with nothing but these. */
mfn__log_record mfn__log_record_of(mfn__log_level level, const char *logger, const char *message);

mfn_status mfn__logger_new(const mfn__logger_options *options, mfn__logger **ret, mfn_error *err);
void mfn__logger_free(mfn__logger *logger); /* NULL is allowed */

/* Whether a line of this level would be written: to save the work of making one. */
bool mfn__logger_wants(const mfn__logger *logger, mfn__log_level level);

void mfn__logger_write(mfn__logger *logger, const mfn__log_record *record);

/* A plain line: printf-style, cut at some 1,000 bytes. */
void mfn__logger_say(mfn__logger *logger, mfn__log_level level, const char *part,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
