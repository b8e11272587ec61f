/* SPDX-License-Identifier: MIT */
/* Work that takes long: admitted by its cost, computed by a fixed number of threads, in the order
 * of arrival. What would pile up is turned away at once. */
#ifndef MFN_SERVER_ADMISSION_H
#define MFN_SERVER_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#include "mfn/status.h"

typedef struct mfn__admission_options {
    uint64_t threads;          /* at least 1 */
    uint64_t pending_cost_max; /* cell steps that may wait or be computed at a time; a single one
                                  that is larger is let in when nothing else is there */
    uint64_t pending_max;      /* pieces of work */
    const mfn__clock *clock;   /* measures the speed; NULL: the machine's */
} mfn__admission_options;

typedef struct mfn__admission mfn__admission;

mfn_status mfn__admission_new(const mfn__admission_options *options, mfn__admission **ret,
                              mfn_error *err);

/* Waits for all that was let in, then ends the threads. NULL is allowed. */
void mfn__admission_free(mfn__admission *admission);

/* Lets `work(argument)` in, to run on one of the threads, and returns true; or returns false with
 * a guess, from the measured speed, after how many seconds there is room again. Any thread. */
bool mfn__admission_enter(mfn__admission *admission, uint64_t cost, void (*work)(void *argument),
                          void *argument, double *ret_retry_after_s);

typedef struct mfn__admission_state {
    uint64_t waiting, running; /* pieces of work */
    uint64_t pending_cost;
    uint64_t turned_away; /* so far */
    double cost_per_s;    /* measured, of all threads together; 0: nothing was done yet */
} mfn__admission_state;

void mfn__admission_look(mfn__admission *admission, mfn__admission_state *ret);

#endif
