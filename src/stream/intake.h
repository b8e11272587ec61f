/* SPDX-License-Identifier: MIT */
/* Takes jobs in from the connector, and letters that shall be tried again, while there is room. */
#ifndef MFN_STREAM_INTAKE_H
#define MFN_STREAM_INTAKE_H

#include "stream/run.h"

/* The body of the intake thread. */
void mfn__intake_until_over(mfn__run *run);

#endif
