/* SPDX-License-Identifier: MIT */
/* Dead letters: jobs that can never give a result, kept with their reason and original bytes. */
#ifndef MFN_STREAM_DEAD_LETTER_H
#define MFN_STREAM_DEAD_LETTER_H

#include "base/clock.h"
#include "stream/message.h"

/* Writes the message into the folder as one JSON file: why it failed (as in RFC 9457: type, title,
 * detail), where it came from, and what it was. The name depends on the message alone, so that a
 * replay writes the same file again. */
mfn_status mfn__dead_letter_write(const char *folder, const mfn__message *message,
                                  const mfn__clock *clock, mfn_error *err);

#endif
