/* SPDX-License-Identifier: MIT */
/* Time, passed as a value so that tests can bring their own. */
#ifndef MFN_BASE_CLOCK_H
#define MFN_BASE_CLOCK_H

#include <stdint.h>

#define MFN__NS_PER_S  INT64_C(1000000000)
#define MFN__NS_PER_MS INT64_C(1000000)

typedef struct mfn__clock {
    int64_t (*monotonic_ns)(void *context); /* for delays and deadlines */
    int64_t (*wall_ns)(void *context);      /* since 1970, for time stamps */
    void *context;
} mfn__clock;

/* The machine's clocks. Static. */
const mfn__clock *mfn__clock_system(void);

int64_t mfn__clock_monotonic_ns(const mfn__clock *clock);
int64_t mfn__clock_wall_ns(const mfn__clock *clock);

/* "2026-11-23T01:02:03.456Z" for a wall time. */
#define MFN__TIME_TEXT_MAX 32
void mfn__time_to_text(int64_t wall_ns, char ret[MFN__TIME_TEXT_MAX]);

#endif
