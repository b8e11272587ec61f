/* SPDX-License-Identifier: MIT */
/* How a caller lends threads to a call. The library starts none by itself: a function that takes
 * `const mfn_parallel *` works on the caller's thread alone when it gets NULL. Results never depend
 * on it. */
#ifndef MFN_PARALLEL_H
#define MFN_PARALLEL_H

#include <stddef.h>
#include <stdint.h>

#include "mfn/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef void (*mfn_task)(void *argument, size_t index);

/* The bridge to any thread pool. `run` calls task(argument, i) once for every i below `count`, in
 * any order, several at once if it likes, and returns when all have returned. Tasks never call
 * `run`. */
typedef struct mfn_parallel {
    void *context; /* first argument of `run` */
    void (*run)(void *context, mfn_task task, void *argument, size_t count);
} mfn_parallel;

#define MFN_THREADS_MAX 1024

/* A ready-made pool of POSIX threads that wait between calls. Lend it to one call at a time. */
typedef struct mfn_threads mfn_threads;

/* `count` is 1 .. MFN_THREADS_MAX threads, the caller's own included, which takes its share of the
 * tasks. `*ret` is set only on MFN_OK. Release with mfn_threads_free. */
MFN_CHECKED MFN_API mfn_status mfn_threads_new(uint32_t count, mfn_threads **ret, mfn_error *err);
MFN_API void mfn_threads_free(mfn_threads *threads); /* NULL is allowed */

/* Borrowed: valid until the pool is freed. NULL for NULL. */
MFN_API const mfn_parallel *mfn_threads_parallel(const mfn_threads *threads);

#ifdef __cplusplus
}
#endif

#endif
