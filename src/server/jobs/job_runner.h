/* SPDX-License-Identifier: MIT */
/* Computes the jobs of a store, one after the other, on threads of their own with a lower priority
 * than requests have. */
#ifndef MFN_SERVER_JOB_RUNNER_H
#define MFN_SERVER_JOB_RUNNER_H

#include "server/jobs/job_store.h"
#include "server/service.h"

typedef struct mfn__job_runner mfn__job_runner;

/* Opens the store in the service's state_dir and begins. */
mfn_status mfn__job_runner_start(mfn__service *service, mfn__job_runner **ret, mfn_error *err);

/* Jobs under way stop between steps and begin anew next time. NULL is allowed. */
void mfn__job_runner_stop(mfn__job_runner *runner);

mfn__job_store *mfn__job_runner_store(mfn__job_runner *runner);

/* There is a new job. Any thread. */
void mfn__job_runner_wake(mfn__job_runner *runner);

#endif
