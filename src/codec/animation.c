/* SPDX-License-Identifier: MIT */
/* Each frame is drawn as a picture is. What a new frame changes are cells, so that the paper's
 * colour is free to stand for pixels that stay. */
#include "mfn/animation.h"

#include <assert.h>
#include <inttypes.h>

#include "base/error.h"
#include "base/mem.h"
#include "codec/gif_writer.h"
#include "codec/image.h"

#define DELAY_UNIT_MS 10
#define DELAY_MIN_MS  20
#define DELAY_MAX_MS  60000

struct mfn_animation {
    mfn__gif_writer *writer;
    mfn_image_options options;
    uint32_t side;
    bool has_frames, is_finished;
};

static mfn_status open_file(mfn_animation *animation, const char *path, uint32_t delay_ms,
                            mfn_error *err)
{
    mfn__gif_form form = {.delay_cs = delay_ms / DELAY_UNIT_MS, .spare = MFN__IMAGE_PAPER};
    mfn_status status =
        mfn__image_measure(animation->side, &animation->options, &form.width, &form.height, err);
    if (status != MFN_OK) {
        return status;
    }
    if (delay_ms < DELAY_MIN_MS || delay_ms > DELAY_MAX_MS || delay_ms % DELAY_UNIT_MS != 0) {
        return mfn__fail(err, MFN_INVALID, "delay_ms",
                         "delay_ms: expected a multiple of %d in [%d, %d], got %" PRIu32,
                         DELAY_UNIT_MS, DELAY_MIN_MS, DELAY_MAX_MS, delay_ms);
    }
    mfn__palette palette;
    mfn__image_palette(&palette);
    return mfn__gif_writer_new(path, &form, &palette, &animation->writer, err);
}

mfn_status mfn_animation_new(const char *path, uint32_t side, const mfn_image_options *options,
                             uint32_t delay_ms, mfn_animation **ret, mfn_error *err)
{
    mfn_animation *animation = mfn__mem_new(1, sizeof *animation);
    if (animation == NULL) {
        return mfn__fail_memory(err);
    }
    animation->options = *options;
    animation->side = side;
    mfn_status status = open_file(animation, path, delay_ms, err);
    if (status != MFN_OK) {
        mfn_animation_free(animation);
        return status;
    }
    *ret = animation;
    return MFN_OK;
}

mfn_status mfn_animation_add(mfn_animation *animation, const double *field_v, mfn_error *err)
{
    assert(!animation->is_finished);
    mfn__raster frame = {0};
    mfn_status status = mfn__image_draw(field_v, animation->side, &animation->options, &frame, err);
    if (status != MFN_OK) {
        return status;
    }
    status = mfn__gif_writer_add(animation->writer, &frame, err);
    mfn__mem_free(frame.pixels);
    animation->has_frames = true;
    return status;
}

mfn_status mfn_animation_finish(mfn_animation *animation, mfn_error *err)
{
    assert(!animation->is_finished);
    if (!animation->has_frames) {
        return mfn__fail(err, MFN_INVALID, NULL, "an animation needs at least one frame, got none");
    }
    animation->is_finished = true;
    return mfn__gif_writer_commit(animation->writer, err);
}

void mfn_animation_free(mfn_animation *animation)
{
    if (animation == NULL) {
        return;
    }
    mfn__gif_writer_free(animation->writer);
    mfn__mem_free(animation);
}
