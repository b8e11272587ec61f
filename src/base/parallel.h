/* SPDX-License-Identifier: MIT */
/* Running tasks on whatever threads the caller lends. */
#ifndef MFN_BASE_PARALLEL_H
#define MFN_BASE_PARALLEL_H

#include "mfn/parallel.h"

/* task(argument, i) for every i below `count`; on this thread alone when `parallel` is NULL. */
static inline void mfn__parallel_run(const mfn_parallel *parallel, mfn_task task, void *argument,
                                     size_t count)
{
    if (parallel != NULL && count > 1) {
        parallel->run(parallel->context, task, argument, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        task(argument, i);
    }
}

#endif
