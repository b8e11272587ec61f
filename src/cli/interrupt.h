/* SPDX-License-Identifier: MIT */
/* Ctrl-C and SIGTERM end long work in good order. */
#ifndef MFN_CLI_INTERRUPT_H
#define MFN_CLI_INTERRUPT_H

#include <stdatomic.h>

/* From now on the first such signal sets the returned flag, and one that comes a second or more
 * after it ends the program at once with MFN__EXIT_FAILED after writing `last_words` (a constant
 * line) to stderr. Sooner ones are the same wish: what signals a program and its group sends two.
 */
const atomic_bool *mfn__interrupt_catch(const char *last_words);

#endif
