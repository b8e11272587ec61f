/* SPDX-License-Identifier: MIT */
/* Jobs that clients have handed in, in one SQLite file: what was accepted is there after a crash,
 * and its result stays for a while. */
#ifndef MFN_SERVER_JOB_STORE_H
#define MFN_SERVER_JOB_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mfn/status.h"

#define MFN__JOB_ATTEMPTS_MAX 10 /* a job that ends the process with it is given up */

typedef enum mfn__job_state {
    MFN__JOB_QUEUED,
    MFN__JOB_RUNNING,
    MFN__JOB_DONE,
    MFN__JOB_FAILED
} mfn__job_state;

extern const char *const mfn__job_state_names[]; /* "queued" ... */

/* Who handed in what. An owner sees its own jobs alone. */
typedef struct mfn__job_name {
    const char *owner; /* the name of an API key; "" for nobody in particular */
    const char *id;    /* equal jobs of one owner have equal ids */
} mfn__job_name;

/* A job as it stands. Release with mfn__job_view_deinit. */
typedef struct mfn__job_view {
    mfn__job_state state;
    int64_t accepted_ns, started_ns, finished_ns; /* wall times; 0: not yet */
    uint64_t waiting_before;                      /* QUEUED: jobs that come first */
    char *outcome; /* DONE: the result, JSON; FAILED: why; NULL otherwise */
} mfn__job_view;

void mfn__job_view_deinit(mfn__job_view *view);

/* A job to be computed. Release `text` with mfn__mem_free. */
typedef struct mfn__job_task {
    int64_t number;
    char *text; /* JSON */
    size_t size;
} mfn__job_task;

/* Thread-safe. */
typedef struct mfn__job_store mfn__job_store;

/* Creates the folder and the file where they are missing. Jobs that were running wait again, or
 * are given up when that was their last attempt. MFN_BUSY: another process has it open. */
mfn_status mfn__job_store_open(const char *folder, mfn__job_store **ret, mfn_error *err);
void mfn__job_store_close(mfn__job_store *store); /* NULL is allowed */

/* Puts a job in, durably when it returns; one that is there already stays as it is. MFN_BUSY when
 * `waiting_max` jobs wait. */
mfn_status mfn__job_store_put(mfn__job_store *store, const mfn__job_name *name, const char *text,
                              int64_t now_ns, uint64_t waiting_max, mfn_error *err);

/* MFN_NOT_FOUND: the owner has no such job. */
mfn_status mfn__job_store_look(mfn__job_store *store, const mfn__job_name *name, mfn__job_view *ret,
                               mfn_error *err);

/* The job that waits longest, which is running from now on. MFN_NOT_FOUND: none waits. */
mfn_status mfn__job_store_take(mfn__job_store *store, int64_t now_ns, mfn__job_task *ret,
                               mfn_error *err);

/* It has ended, with a result or a problem. */
mfn_status mfn__job_store_finish(mfn__job_store *store, int64_t number, bool is_done,
                                 const char *outcome, int64_t now_ns, mfn_error *err);

/* It waits again; the attempt does not count. */
mfn_status mfn__job_store_give_back(mfn__job_store *store, int64_t number, mfn_error *err);

/* Forgets jobs that ended before. */
mfn_status mfn__job_store_prune(mfn__job_store *store, int64_t before_ns, mfn_error *err);

mfn_status mfn__job_store_count(mfn__job_store *store, uint64_t *ret_waiting, uint64_t *ret_running,
                                mfn_error *err);

#endif
