/* SPDX-License-Identifier: MIT */
/* A file read byte by byte, of which the bytes of one item are kept, up to a limit. */
#ifndef MFN_CODEC_BYTE_WINDOW_H
#define MFN_CODEC_BYTE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mfn/status.h"

#define MFN__WINDOW_END (-1)

/* `cursor` is the next byte. An item, when one was begun, starts at `start`; beyond `max_item`
 * bytes its middle is forgotten and counted in `forgotten`. */
typedef struct mfn__byte_window {
    int descriptor;
    char *name; /* for messages */
    char *data;
    size_t capacity, start, cursor, end;
    size_t max_item;
    uint64_t forgotten;
    bool in_item, at_end;
    uint64_t offset;       /* of the next byte in the file */
    uint64_t line, column; /* of the next byte, 1-based; columns count characters */
    mfn_error failure;     /* the first failure to read; it stays */
} mfn__byte_window;

/* Takes the descriptor, also on failure. Without a name it is "-". */
mfn_status mfn__window_init(mfn__byte_window *window, int descriptor, const char *name,
                            size_t max_item, mfn_error *err);
void mfn__window_deinit(mfn__byte_window *window);

/* Makes sure that `cursor` < `end`; false at the end of the file and after a failure. */
bool mfn__window_fill(mfn__byte_window *window);

/* The next byte (0 .. 255), or MFN__WINDOW_END. */
static inline int mfn__window_peek(mfn__byte_window *window)
{
    if (window->cursor == window->end && !mfn__window_fill(window)) {
        return MFN__WINDOW_END;
    }
    return (unsigned char)window->data[window->cursor];
}

/* Goes past the byte that was peeked. */
static inline void mfn__window_advance(mfn__byte_window *window)
{
    unsigned char byte = (unsigned char)window->data[window->cursor++];
    window->offset++;
    if (byte == '\n') {
        window->line++;
        window->column = 1;
    } else if ((byte & 0xC0) != 0x80) { /* not the continuation of a UTF-8 character */
        window->column++;
    }
}

/* Keeps what follows, until the next begin or drop. */
void mfn__window_begin_item(mfn__byte_window *window);
void mfn__window_drop_item(mfn__byte_window *window);

/* Bytes from the item's start to the cursor, kept or not. */
static inline uint64_t mfn__window_item_size(const mfn__byte_window *window)
{
    return window->forgotten + (window->cursor - window->start);
}

/* Borrowed until the next peek: at least min(item size, max_item) bytes. */
static inline const char *mfn__window_item(const mfn__byte_window *window)
{
    return window->data + window->start;
}

/* Goes past a UTF-8 byte order mark, past ASCII white space, past everything. */
void mfn__window_skip_mark(mfn__byte_window *window);
void mfn__window_skip_space(mfn__byte_window *window);
void mfn__window_skip_all(mfn__byte_window *window);

#endif
