/* SPDX-License-Identifier: MIT */
/* Reads a file of jobs piece by piece, in constant memory: JSON (an array of objects, or objects
 * one after another), NDJSON (one object per line) and CSV (RFC 4180, a header row of field names).
 * A byte order mark at the start is skipped. A file with nothing in it is one unusable item. */
#ifndef MFN_CODEC_ITEM_READER_H
#define MFN_CODEC_ITEM_READER_H

#include <stddef.h>
#include <stdint.h>

#include "mfn/status.h"

typedef enum mfn__item_format {
    MFN__ITEMS_AUTO, /* by the file name: .ndjson .jsonl .csv, anything else JSON */
    MFN__ITEMS_JSON,
    MFN__ITEMS_NDJSON,
    MFN__ITEMS_CSV,
} mfn__item_format;

/* One item of the file. Texts are borrowed until the next call on the reader. */
typedef struct mfn__item {
    uint64_t index;    /* 0-based position among the items of the file */
    uint64_t line;     /* 1-based line of its first byte */
    uint64_t offset;   /* of its first byte in the file */
    uint64_t end;      /* offset just after it: where reading resumes */
    const char *bytes; /* as they stand in the file */
    size_t size;
    const char *job; /* the job as JSON text: `bytes` itself, or made from a CSV row: a cell that is
                      * a JSON number, true or false stands as such, an empty one is left out, the
                      * others and the column "id" are texts */
    size_t job_size;
} mfn__item;

/* One open file. Not thread-safe. */
typedef struct mfn__item_reader mfn__item_reader;

/* `max_item_bytes` bounds the memory for one item. Takes the descriptor and closes it, also on
 * failure. `name` is for messages and for MFN__ITEMS_AUTO. */
mfn_status mfn__item_reader_new(int descriptor, const char *name, mfn__item_format format,
                                size_t max_item_bytes, mfn__item_reader **ret, mfn_error *err);
void mfn__item_reader_free(mfn__item_reader *reader);

/* The next item.
 * MFN_OK: `*ret` is set. MFN_NOT_FOUND: the file is at its end. MFN_IO or MFN_NO_MEMORY: reading
 * failed; every later call says so too: try again with a new reader. MFN_FORMAT or MFN_TOO_LARGE:
 * this item is unusable; `*ret` has its position and the first max_item_bytes of it (a whole broken
 * line or row, or in a JSON file all that is left), `err` says line, column and reason; reading
 * goes on after it. */
mfn_status mfn__item_reader_next(mfn__item_reader *reader, mfn__item *ret, mfn_error *err);

/* Reads past `items` items, good or unusable, that were finished earlier; the next item keeps its
 * index. MFN_NOT_FOUND when the file has fewer. */
mfn_status mfn__item_reader_skip(mfn__item_reader *reader, uint64_t items, mfn_error *err);

#endif
