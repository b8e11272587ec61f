/* SPDX-License-Identifier: MIT */
/* One range of colours for all frames, or brightness would mean something else in each of them. It
 * is known only at the end of the run, and keeping all frames until then could take any amount of
 * memory. So the run is computed twice; the first time without features, in large sweeps. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/option_table.h"
#include "base/text.h"
#include "cli/film.h"
#include "cli/terminal.h"

#define FRAMES_WANTED  100
#define FRAMES_MAX     10000
#define DELAY_UNIT_MS  10
#define RANGE_LIMIT_MV 1e6
#define FLAT_HALF_V    0.0005 /* around a field that is the same everywhere and always */

/* clang-format off: one row per option */
const mfn_option mfn__film_table[] = {
    MFN__TEXT(mfn__film_options, gif, NULL, "write a moving picture of the run to this .gif file"),
    MFN__TEXT(mfn__film_options, frames, NULL,
              "write frame-00000.png, frame-00001.png, ... of the run into this folder"),
    MFN__WHOLE(mfn__film_options, frame_every, 0, 1000000000, "0", "steps",
               "steps between two frames; 0: about 100 frames"),
    MFN__WHOLE(mfn__film_options, frame_delay, 20, 60000, "50", "ms",
               "how long a frame of the GIF is shown, in tens of ms"),
    MFN__TEXT(mfn__film_options, colour_range, NULL,
              "ends of the colours of all pictures in mV, LOW:HIGH; default: their extremes"),
    {0},
};
/* clang-format on */

static bool read_range(const char *text, double *ret_low_mv, double *ret_high_mv)
{
    char low[MFN__REAL_TEXT_MAX];
    const char *colon = strchr(text, ':');
    if (colon == NULL || (size_t)(colon - text) >= sizeof low) {
        return false;
    }
    memcpy(low, text, (size_t)(colon - text));
    low[colon - text] = '\0';
    return mfn__text_to_real(low, ret_low_mv) && mfn__text_to_real(colon + 1, ret_high_mv) &&
           fabs(*ret_low_mv) <= RANGE_LIMIT_MV && fabs(*ret_high_mv) <= RANGE_LIMIT_MV &&
           *ret_low_mv < *ret_high_mv;
}

static mfn_status set_range(mfn__film_plan *plan, const char *text, mfn_error *err)
{
    double low_mv = 0.0;
    double high_mv = 0.0;
    if (!read_range(text, &low_mv, &high_mv)) {
        char shown[64];
        mfn__text_printable(text, strlen(text), shown, sizeof shown);
        return mfn__fail(err, MFN_INVALID, "colour_range",
                         "colour_range: expected LOW:HIGH in mV, such as -75:-50, within 1e6 of 0, "
                         "got '%s'",
                         shown);
    }
    plan->image.min_v = 1e-3 * low_mv;
    plan->image.max_v = 1e-3 * high_mv;
    plan->has_range = true;
    return MFN_OK;
}

static mfn_status count_frames(mfn__film_plan *plan, uint64_t every, mfn_error *err)
{
    uint64_t steps = plan->steps;
    uint64_t chosen = steps / FRAMES_WANTED + (steps % FRAMES_WANTED > 0);
    plan->frame_every = every > 0 ? every : chosen > 0 ? chosen : 1;
    plan->frame_count = 1 + steps / plan->frame_every + (steps % plan->frame_every > 0 ? 1 : 0);
    if (plan->frame_count <= FRAMES_MAX) {
        return MFN_OK;
    }
    uint64_t room = FRAMES_MAX - 1;
    return mfn__fail(err, MFN_INVALID, "frame_every",
                     "frame_every: %" PRIu64 " frames of %" PRIu64 " steps are more than %d; "
                     "expected at least %" PRIu64 ", got %" PRIu64,
                     plan->frame_count, steps, FRAMES_MAX, steps / room + (steps % room > 0),
                     plan->frame_every);
}

mfn_status mfn__film_plan_make(const mfn__film_options *options, uint64_t steps, uint32_t scale,
                               mfn__film_plan *ret, mfn_error *err)
{
    mfn__film_plan plan = {
        .gif = options->gif,
        .frames = options->frames,
        .steps = steps,
        .delay_ms = (uint32_t)options->frame_delay,
        .is_wanted = options->gif != NULL || options->frames != NULL,
    };
    mfn_image_options_init(&plan.image);
    plan.image.scale = scale;
    mfn_status status = MFN_OK;
    if (options->colour_range != NULL) {
        status = set_range(&plan, options->colour_range, err);
    }
    if (status == MFN_OK && options->frame_delay % DELAY_UNIT_MS != 0) {
        status = mfn__fail(err, MFN_INVALID, "frame_delay",
                           "frame_delay: expected a multiple of %d ms, got %" PRIu64, DELAY_UNIT_MS,
                           options->frame_delay);
    }
    if (status == MFN_OK && plan.is_wanted) {
        status = count_frames(&plan, options->frame_every, err);
    }
    if (status == MFN_OK) {
        *ret = plan;
    }
    return status;
}

uint64_t mfn__film_plan_to_frame(const mfn__film_plan *plan, uint64_t step)
{
    uint64_t left = plan->steps - step;
    uint64_t to_frame = plan->frame_every - step % plan->frame_every;
    return to_frame < left ? to_frame : left;
}

static void widen(mfn_image_options *image, const double *field_v, size_t cells)
{
    for (size_t i = 0; i < cells; i++) {
        image->min_v = field_v[i] < image->min_v ? field_v[i] : image->min_v;
        image->max_v = field_v[i] > image->max_v ? field_v[i] : image->max_v;
    }
}

/* Computes to the end of the run, in pieces that take a moment each, and looks at every frame. */
static mfn_status scan(mfn__film_plan *plan, mfn_simulation *sim, const atomic_bool *stop,
                       mfn__progress *progress, mfn_error *err)
{
    size_t cells = (size_t)mfn_simulation_grid_size(sim) * mfn_simulation_grid_size(sim);
    uint64_t slice = mfn_simulation_slice(sim);
    uint64_t done = 0;
    widen(&plan->image, mfn_simulation_field_v(sim), cells);
    while (done < plan->steps) {
        uint64_t to_frame = mfn__film_plan_to_frame(plan, done);
        uint64_t next = to_frame < slice ? to_frame : slice;
        mfn_status status = mfn_simulation_advance(sim, next, NULL, NULL, err);
        if (status != MFN_OK) {
            return status;
        }
        done += next;
        if (next == to_frame) {
            widen(&plan->image, mfn_simulation_field_v(sim), cells);
        }
        mfn__progress_show(progress, done, plan->steps, "for the range of colours");
        if (atomic_load(stop)) {
            return mfn__fail(err, MFN_CANCELLED, NULL,
                             "stopped while looking for the range of colours; nothing is written");
        }
    }
    return MFN_OK;
}

mfn_status mfn__film_plan_find_range(mfn__film_plan *plan, mfn_simulation *sim,
                                     const mfn_simulation_config *config, const atomic_bool *stop,
                                     mfn_error *err)
{
    if (plan->has_range) {
        return MFN_OK;
    }
    plan->image.min_v = INFINITY;
    plan->image.max_v = -INFINITY;
    mfn__progress progress;
    mfn__progress_start(&progress, "steps");
    mfn_status status = scan(plan, sim, stop, &progress, err);
    mfn__progress_end(&progress);
    if (status != MFN_OK) {
        return status;
    }
    if (!(plan->image.min_v < plan->image.max_v)) {
        plan->image.min_v -= FLAT_HALF_V;
        plan->image.max_v += FLAT_HALF_V;
    }
    plan->has_range = true;
    return mfn_simulation_reset(sim, config, err);
}
