/* SPDX-License-Identifier: MIT */
/* What a failed call to another machine means for the next one. */
#ifndef MFN_NET_ADVICE_H
#define MFN_NET_ADVICE_H

#include <stdint.h>

typedef enum mfn__trouble {
    MFN__TROUBLE_BY_STATUS, /* passing when mfn_status_is_transient says so, else permanent */
    MFN__TROUBLE_PASSING,   /* try again: a time-out, a 503 */
    MFN__TROUBLE_PAUSED,    /* somebody must mend it (a key, a certificate): keep the data, probe */
    MFN__TROUBLE_GONE,      /* never again in this run (410): keep the data */
    MFN__TROUBLE_PERMANENT, /* this message can never pass (400): dead letter */
} mfn__trouble;

/* All zero: nothing special. */
typedef struct mfn__advice {
    mfn__trouble trouble;
    int64_t retry_after_ns; /* the other side asked for at least this wait; 0: it did not */
} mfn__advice;

#endif
