/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <stddef.h>
#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * MFN__NS_PER_S + now.tv_nsec;
}

static int64_t system_monotonic_ns(void *context)
{
    (void)context;
    return read_clock(CLOCK_MONOTONIC);
}

static int64_t system_wall_ns(void *context)
{
    (void)context;
    return read_clock(CLOCK_REALTIME);
}

const mfn__clock *mfn__clock_system(void)
{
    static const mfn__clock system_clock = {system_monotonic_ns, system_wall_ns, NULL};
    return &system_clock;
}

int64_t mfn__clock_monotonic_ns(const mfn__clock *clock)
{
    return clock->monotonic_ns(clock->context);
}

int64_t mfn__clock_wall_ns(const mfn__clock *clock)
{
    return clock->wall_ns(clock->context);
}

void mfn__time_to_text(int64_t wall_ns, char ret[MFN__TIME_TEXT_MAX])
{
    int64_t within_ns = wall_ns % MFN__NS_PER_S;
    time_t seconds = (time_t)(wall_ns / MFN__NS_PER_S);
    if (within_ns < 0) {
        within_ns += MFN__NS_PER_S;
        seconds -= 1;
    }
    struct tm parts = {0};
    gmtime_r(&seconds, &parts);
    size_t used = strftime(ret, MFN__TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(ret + used, MFN__TIME_TEXT_MAX - used, ".%03dZ", (int)(within_ns / MFN__NS_PER_MS));
}
