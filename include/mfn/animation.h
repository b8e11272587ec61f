/* SPDX-License-Identifier: MIT */
/* Moving pictures of a field: a GIF of any number of frames, in memory for two. */
#ifndef MFN_ANIMATION_H
#define MFN_ANIMATION_H

#include "mfn/image.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A file under way. Not thread-safe: one thread per animation. */
typedef struct mfn_animation mfn_animation;

/* Begins a GIF of side * side cells that repeats for ever. `options` are those of a picture, and
 * must say the ends of the colour scale, which is one for all frames: min_v < max_v. Each frame is
 * shown for `delay_ms`: 20 .. 60000, in steps of 10, which is what the format counts in; viewers
 * slow down what is faster. Nothing is at `path` until mfn_animation_finish. `*ret` is set only on
 * MFN_OK. Release with mfn_animation_free. */
MFN_CHECKED MFN_API mfn_status mfn_animation_new(const char *path, uint32_t side,
                                                 const mfn_image_options *options,
                                                 uint32_t delay_ms, mfn_animation **ret,
                                                 mfn_error *err);

/* Adds a frame, whose pixels are those of mfn_image_write_png with the same options. After a
 * failure to write, only freeing makes sense. */
MFN_CHECKED MFN_API mfn_status mfn_animation_add(mfn_animation *animation, const double *field_v,
                                                 mfn_error *err);

/* Puts the file in its place (fsync, rename); MFN_INVALID without any frame. Call it once. */
MFN_CHECKED MFN_API mfn_status mfn_animation_finish(mfn_animation *animation, mfn_error *err);

/* An animation that is not finished leaves nothing behind. */
MFN_API void mfn_animation_free(mfn_animation *animation); /* NULL is allowed */

#ifdef __cplusplus
}
#endif

#endif
