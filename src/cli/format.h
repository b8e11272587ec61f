/* SPDX-License-Identifier: MIT */
/* What the commands have in common when they print: text for people or JSON for programs. */
#ifndef MFN_CLI_FORMAT_H
#define MFN_CLI_FORMAT_H

#include "base/option_table.h"
#include "codec/json_writer.h"

#include "mfn/features.h"

enum { MFN__FORMAT_TEXT, MFN__FORMAT_JSON };

extern const char *const mfn__format_names[];

/* The row `--format text|json` of a command's table; the struct has a uint32_t `format`. */
#define MFN__FORMAT_OPTION(owner)                                                                  \
    MFN__CHOICE(owner, format, mfn__format_names, "text", "how to print the outcome")

/* Starts an indented JSON document in a fresh buffer. */
void mfn__format_json_begin(mfn__buffer *buffer, mfn__json_writer *json);

/* Prints the document, releases the buffer, and returns the exit code. */
int mfn__format_json_end(mfn__buffer *buffer, const char *command);

/* One line per feature with its unit and meaning. */
void mfn__format_print_features(const mfn_features *features);

#endif
