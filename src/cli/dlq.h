/* SPDX-License-Identifier: MIT */
/* How `mfn dlq` shows dead letters. Every function returns the exit code. */
#ifndef MFN_CLI_DLQ_H
#define MFN_CLI_DLQ_H

#include "cli/letters.h"

/* Prints a line for each letter and the total. `waiting` more were moved to be tried again. */
int mfn__dlq_print_table(const mfn__letters *letters, const char *folder, size_t waiting);
int mfn__dlq_print_json(const mfn__letters *letters, const char *folder, size_t waiting);

/* Prints one letter with its original. */
int mfn__dlq_print_letter(const mfn__letters *letters, const mfn__letter *letter);

/* Prints the letter's file as it is. */
int mfn__dlq_print_file(const mfn__letters *letters, const mfn__letter *letter);

#endif
