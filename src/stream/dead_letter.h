/* SPDX-License-Identifier: MIT */
/* Dead letters: jobs that can never give a result, kept with their reason and original bytes. */
#ifndef MFN_STREAM_DEAD_LETTER_H
#define MFN_STREAM_DEAD_LETTER_H

#include "base/clock.h"
#include "stream/message.h"

/* A file with more bytes is neither written nor read. */
#define MFN__LETTER_BYTES_MAX ((size_t)1 << 30)

/* Writes the letter into the folder as one JSON file: why it failed (as in RFC 9457: type, title,
 * detail), where it came from, and what it was. The name depends on the letter alone, so that a
 * replay writes the same file again. */
mfn_status mfn__dead_letter_write(const char *folder, const mfn__dead_letter *letter,
                                  const mfn__clock *clock, mfn_error *err);

/* A job that can never give a result, as a letter. Borrows from the message. */
mfn__dead_letter mfn__dead_letter_of(const mfn__message *message);

/* A letter read back. Owns its texts; release with mfn__kept_letter_deinit. */
typedef struct mfn__kept_letter {
    char *type, *detail, *origin, *time;
    char *publisher;      /* NULL when there is none */
    char *id;             /* of the job; NULL when it has none */
    uint64_t http_status; /* 0: none */
    bool is_truncated;    /* `original` is only the beginning of the job */
    uint64_t whole_size;  /* bytes of all of it; 0: not known */
    uint64_t line, item, attempts;
    char *original; /* followed by a NUL, as is `job` */
    size_t original_size;
    char *job; /* as JSON; NULL when that is `original` itself */
    size_t job_size;
} mfn__kept_letter;

/* MFN_FORMAT when the file is no dead letter; the error names the file and what is wrong in it. */
mfn_status mfn__dead_letter_read(const char *path, mfn__kept_letter *ret, mfn_error *err);
void mfn__kept_letter_deinit(mfn__kept_letter *letter);

/* Letters that shall be tried again are moved into this folder inside their own; a pipeline takes
 * them from there. */
#define MFN__REPLAY_FOLDER "replay"

#endif
