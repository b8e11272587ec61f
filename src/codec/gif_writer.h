/* SPDX-License-Identifier: MIT */
/* GIF files with one palette for all frames, through giflib. */
#ifndef MFN_CODEC_GIF_WRITER_H
#define MFN_CODEC_GIF_WRITER_H

#include "codec/raster.h"

#include "mfn/status.h"

/* A file under way, which appears whole or not at all. Memory: two frames, whatever their number.
 */
typedef struct mfn__gif_writer mfn__gif_writer;

typedef struct mfn__gif_form {
    uint32_t width, height; /* pixels, 1 .. 65535 */
    uint32_t delay_cs; /* how long each frame is shown, in hundredths of a second, 0 .. 65535 */
    uint8_t spare;     /* index that changing pixels do not have; it is used for "as before" */
} mfn__gif_form;

/* The animation repeats for ever. `*ret` is set only on MFN_OK. */
mfn_status mfn__gif_writer_new(const char *path, const mfn__gif_form *form,
                               const mfn__palette *palette, mfn__gif_writer **ret, mfn_error *err);

/* Adds a frame of the form's size. A writer that has failed can only be freed. */
mfn_status mfn__gif_writer_add(mfn__gif_writer *writer, const mfn__raster *frame, mfn_error *err);

/* Puts the file in its place: fsync, rename. At least one frame must have been added. Without it,
 * freeing leaves nothing behind. */
mfn_status mfn__gif_writer_commit(mfn__gif_writer *writer, mfn_error *err);
void mfn__gif_writer_free(mfn__gif_writer *writer); /* NULL is allowed */

#endif
