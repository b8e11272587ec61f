/* SPDX-License-Identifier: MIT */
/* Frames go to their files as they come: a GIF grows in a temporary file, a numbered picture is
 * whole from its first instant. */
#include "cli/film.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#include "mfn/animation.h"

#define NAME_BYTES 40

struct mfn__film {
    const mfn__film_plan *plan;
    uint32_t side;
    mfn_animation *animation; /* NULL without a GIF */
    uint64_t frames;
};

/* The path of a numbered picture in fresh memory, or NULL. */
static char *frame_path(const mfn__film *film, uint64_t number)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "frame-%05" PRIu64 ".png", number);
    return mfn__path_join(film->plan->frames, name);
}

/* Frames of a longer run would play on after ours. They are numbered without gaps, so that the one
 * after our last tells. */
static mfn_status check_for_others(const mfn__film *film, mfn_error *err)
{
    char *path = frame_path(film, film->plan->frame_count);
    if (path == NULL) {
        return mfn__fail_memory(err);
    }
    mfn_status status = MFN_OK;
    if (access(path, F_OK) == 0) {
        status = mfn__fail(err, MFN_INVALID, "frames",
                           "frames: expected a folder without frames after the last of these "
                           "%" PRIu64 ", but '%s' is there",
                           film->plan->frame_count, path);
    }
    mfn__mem_free(path);
    return status;
}

static mfn_status prepare_folder(const mfn__film *film, mfn_error *err)
{
    const char *folder = film->plan->frames;
    mfn_status status = mfn__file_make_directory(folder, err);
    if (status == MFN_OK && access(folder, W_OK | X_OK) != 0) {
        status = mfn__fail_errno(err, errno, NULL, "cannot write into '%s'", folder);
    }
    return status == MFN_OK ? check_for_others(film, err) : status;
}

mfn_status mfn__film_new(const mfn__film_plan *plan, uint32_t side, mfn__film **ret, mfn_error *err)
{
    mfn__film *film = mfn__mem_new(1, sizeof *film);
    if (film == NULL) {
        return mfn__fail_memory(err);
    }
    film->plan = plan;
    film->side = side;
    mfn_status status = MFN_OK;
    if (plan->frames != NULL) {
        status = prepare_folder(film, err);
    }
    if (status == MFN_OK && plan->gif != NULL) {
        status =
            mfn_animation_new(plan->gif, side, &plan->image, plan->delay_ms, &film->animation, err);
    }
    if (status != MFN_OK) {
        mfn__film_free(film);
        return status;
    }
    *ret = film;
    return MFN_OK;
}

static mfn_status write_picture(const mfn__film *film, const double *field_v, mfn_error *err)
{
    char *path = frame_path(film, film->frames);
    if (path == NULL) {
        return mfn__fail_memory(err);
    }
    mfn_status status = mfn_image_write_png(path, field_v, film->side, &film->plan->image, err);
    mfn__mem_free(path);
    return status;
}

mfn_status mfn__film_look(mfn__film *film, const mfn_simulation *sim, mfn_error *err)
{
    uint64_t step = mfn_simulation_steps_computed(sim);
    if (step % film->plan->frame_every != 0 && step != film->plan->steps) {
        return MFN_OK;
    }
    const double *field_v = mfn_simulation_field_v(sim);
    mfn_status status = MFN_OK;
    if (film->animation != NULL) {
        status = mfn_animation_add(film->animation, field_v, err);
    }
    if (status == MFN_OK && film->plan->frames != NULL) {
        status = write_picture(film, field_v, err);
    }
    if (status == MFN_OK) {
        film->frames++;
    }
    return status;
}

mfn_status mfn__film_finish(mfn__film *film, mfn_error *err)
{
    return film->animation != NULL ? mfn_animation_finish(film->animation, err) : MFN_OK;
}

uint64_t mfn__film_frames(const mfn__film *film)
{
    return film->frames;
}

void mfn__film_free(mfn__film *film)
{
    if (film == NULL) {
        return;
    }
    mfn_animation_free(film->animation);
    mfn__mem_free(film);
}
