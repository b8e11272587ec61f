/* SPDX-License-Identifier: MIT */
/* Moving pictures of a run: a GIF, or numbered PNG files, or both. */
#ifndef MFN_CLI_FILM_H
#define MFN_CLI_FILM_H

#include <stdatomic.h>

#include "mfn/image.h"
#include "mfn/simulation.h"

typedef struct mfn__film_options {
    const char *gif, *frames;
    uint64_t frame_every, frame_delay;
    const char *colour_range;
} mfn__film_options;

extern const mfn_option mfn__film_table[];

/* How a run becomes a film. The frames are the initial field, the field after every
 * `frame_every` steps, and the last one. */
typedef struct mfn__film_plan {
    const char *gif, *frames;
    uint64_t steps, frame_every, frame_count;
    uint32_t delay_ms;
    bool is_wanted;
    bool has_range; /* of colours; `image` holds it */
    mfn_image_options image;
} mfn__film_plan;

/* Judges the flags; the errors are the user's. `scale` is the size of a cell, 0: automatic. */
mfn_status mfn__film_plan_make(const mfn__film_options *options, uint64_t steps, uint32_t scale,
                               mfn__film_plan *ret, mfn_error *err);

/* How many steps there are from `step`, before the end, to the next whose field is a frame. */
uint64_t mfn__film_plan_to_frame(const mfn__film_plan *plan, uint64_t step);

/* Finds the ends of the colour scale by computing the run once more ahead of it, which needs no
 * memory: the same seed gives the same fields. Does nothing when the range is given. Afterwards
 * `sim` is as it was. */
mfn_status mfn__film_plan_find_range(mfn__film_plan *plan, mfn_simulation *sim,
                                     const mfn_simulation_config *config, const atomic_bool *stop,
                                     mfn_error *err);

/* A film under way. */
typedef struct mfn__film mfn__film;

/* `plan` must outlive the film. The folder of the frames is made if it is not there. */
mfn_status mfn__film_new(const mfn__film_plan *plan, uint32_t side, mfn__film **ret,
                         mfn_error *err);

/* Takes a picture when one is due: call it before the first step and at least after those that
 * mfn__film_plan_to_frame ends at. */
mfn_status mfn__film_look(mfn__film *film, const mfn_simulation *sim, mfn_error *err);
mfn_status mfn__film_finish(mfn__film *film, mfn_error *err);
uint64_t mfn__film_frames(const mfn__film *film); /* so far */
void mfn__film_free(mfn__film *film);             /* NULL is allowed */

#endif
