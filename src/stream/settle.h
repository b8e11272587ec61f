/* SPDX-License-Identifier: MIT */
/* The last part of a message's life: every publisher has finished with it. Dead letters are
 * written, results of publishers that are down go into the spool, and the source is told, all in
 * this order and the last two in one transaction. */
#ifndef MFN_STREAM_SETTLE_H
#define MFN_STREAM_SETTLE_H

#include "stream/run.h"

/* Settles finished messages until no more can come. `idle` is called several times a second. */
void mfn__settle_until_over(mfn__run *run, void (*idle)(void *context), void *context);

#endif
