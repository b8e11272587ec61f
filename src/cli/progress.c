/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/terminal.h"

#define REDRAW_NS (100 * MFN__NS_PER_MS)
#define BAR_WIDTH 24

void mfn__progress_start(mfn__progress *progress, const char *what)
{
    int64_t now_ns = mfn__clock_monotonic_ns(mfn__clock_system());
    *progress = (mfn__progress){
        .what = what,
        .is_on = mfn__terminal_can_redraw(STDERR_FILENO),
        .start_ns = now_ns,
        .last_ns = now_ns,
    };
}

static void draw_bar(double fraction)
{
    int filled = (int)(fraction * BAR_WIDTH);
    fputc('[', stderr);
    for (int i = 0; i < BAR_WIDTH; i++) {
        fputc(i < filled ? '#' : '.', stderr);
    }
    fprintf(stderr, "] %3.0f%% ", 100.0 * fraction);
}

void mfn__progress_show(mfn__progress *progress, uint64_t done, uint64_t total, const char *note)
{
    if (!progress->is_on) {
        return;
    }
    int64_t now_ns = mfn__clock_monotonic_ns(mfn__clock_system());
    if (now_ns - progress->last_ns < REDRAW_NS) {
        return;
    }
    progress->last_ns = now_ns;
    progress->is_drawn = true;
    double seconds = (double)(now_ns - progress->start_ns) / (double)MFN__NS_PER_S;
    double rate = (double)done / seconds;
    fputs("\r\033[K", stderr);
    if (total > 0) {
        draw_bar((double)done / (double)total);
    }
    fprintf(stderr, "%llu", (unsigned long long)done);
    if (total > 0) {
        fprintf(stderr, "/%llu", (unsigned long long)total);
    }
    fprintf(stderr, " %s, %.0f/s", progress->what, rate);
    if (total > done && rate > 0.0) {
        fprintf(stderr, ", %.0f s left", (double)(total - done) / rate);
    }
    fprintf(stderr, "%s%s", note[0] != '\0' ? ", " : "", note);
    fflush(stderr);
}

void mfn__progress_end(mfn__progress *progress)
{
    if (progress->is_drawn) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        progress->is_drawn = false;
    }
}
