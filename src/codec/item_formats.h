/* SPDX-License-Identifier: MIT */
/* What the formats of an item reader share. */
#ifndef MFN_CODEC_ITEM_FORMATS_H
#define MFN_CODEC_ITEM_FORMATS_H

#include "base/buffer.h"
#include "codec/byte_window.h"
#include "codec/item_reader.h"

typedef enum mfn__json_place {
    MFN__JSON_BEGIN,
    MFN__JSON_ARRAY_BEGIN,   /* after '[' */
    MFN__JSON_ARRAY_ELEMENT, /* after an element of the array */
    MFN__JSON_OBJECTS,       /* between objects without an array around them */
    MFN__JSON_DONE,          /* after ']' */
} mfn__json_place;

struct mfn__item_reader {
    mfn__byte_window window;
    mfn__item_format format;
    uint64_t next_index;
    bool started;  /* the byte order mark was looked for */
    bool finished; /* nothing more comes out of this file */
    mfn__json_place json_place;
    char **csv_names; /* of the header row; NULL before it was read */
    size_t csv_name_count;
    mfn__buffer csv_cell, csv_job;
};

/* A place in the file for a message. */
typedef struct mfn__item_place {
    uint64_t line, column;
} mfn__item_place;

mfn__item_place mfn__items_here(const mfn__item_reader *reader);

/* Starts an item at the next byte. */
void mfn__items_open(mfn__item_reader *reader, mfn__item *item);

/* Ends it at the cursor; of its bytes the first `size` count. MFN_TOO_LARGE when they exceed the
 * reader's limit. */
mfn_status mfn__items_close(mfn__item_reader *reader, mfn__item *item, uint64_t size,
                            mfn_error *err);

/* MFN_FORMAT with the text "name:line:column: reason". */
mfn_status mfn__items_fail(const mfn__item_reader *reader, mfn__item_place place, mfn_error *err,
                           const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Makes all that is left of the file a part of the open item, which is unusable: the caller says
 * why with mfn__items_fail before or after. */
void mfn__items_close_with_rest(mfn__item_reader *reader, mfn__item *item);

/* One item each; MFN_NOT_FOUND at the end. `wants_job` is false when the item is skipped. A failure
 * to read looks like the end of the file: the caller checks the window. */
mfn_status mfn__items_next_json(mfn__item_reader *reader, mfn__item *ret, mfn_error *err);
mfn_status mfn__items_next_csv(mfn__item_reader *reader, bool wants_job, mfn__item *ret,
                               mfn_error *err);
void mfn__items_deinit_csv(mfn__item_reader *reader);

#endif
