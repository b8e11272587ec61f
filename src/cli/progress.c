/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/terminal.h"

#define REDRAW_NS      (100 * MFN__NS_PER_MS)
#define BAR_CELLS_MAX  24
#define BAR_TEXT_MAX   (BAR_CELLS_MAX + 16)
#define NUMBERS_MAX    64 /* columns that the line usually needs beside its bar */
#define TIME_TEXT_MAX  40
#define LINE_MAX_BYTES 256

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

/* "[####....]  50% ", with as many cells as the window has room for, or nothing while the total is
 * not known. */
static void bar_to_text(uint64_t done, uint64_t total, uint32_t columns, char ret[BAR_TEXT_MAX])
{
    ret[0] = '\0';
    if (total == 0) {
        return;
    }
    double fraction = done < total ? (double)done / (double)total : 1.0;
    double percent = floor(100.0 * fraction);
    if (columns <= NUMBERS_MAX) {
        snprintf(ret, BAR_TEXT_MAX, "%3.0f%% ", percent);
        return;
    }
    uint32_t room = columns - NUMBERS_MAX;
    uint32_t count = room < BAR_CELLS_MAX ? room : BAR_CELLS_MAX;
    char cells[BAR_CELLS_MAX];
    memset(cells, '.', count);
    memset(cells, '#', (size_t)(fraction * count));
    snprintf(ret, BAR_TEXT_MAX, "[%.*s] %3.0f%% ", (int)count, cells, percent);
}

/* ", 5 s left" and the like with two units at most, or nothing while it cannot be told. */
static void time_left_to_text(uint64_t done, uint64_t total, double rate, char ret[TIME_TEXT_MAX])
{
    double seconds = done < total && rate > 0.0 ? ceil((double)(total - done) / rate) : INFINITY;
    if (seconds < 60.0) {
        snprintf(ret, TIME_TEXT_MAX, ", %.0f s left", seconds);
    } else if (seconds < 3600.0) {
        snprintf(ret, TIME_TEXT_MAX, ", %.0f min %.0f s left", floor(seconds / 60.0),
                 fmod(seconds, 60.0));
    } else if (seconds < 1e7) {
        snprintf(ret, TIME_TEXT_MAX, ", %.0f h %.0f min left", floor(seconds / 3600.0),
                 floor(fmod(seconds, 3600.0) / 60.0));
    } else {
        ret[0] = '\0';
    }
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
    char bar[BAR_TEXT_MAX];
    char of_total[24] = "";
    char time_left[TIME_TEXT_MAX];
    uint32_t columns = mfn__terminal_columns(STDERR_FILENO);
    bar_to_text(done, total, columns, bar);
    time_left_to_text(done, total, rate, time_left);
    if (total > 0) {
        snprintf(of_total, sizeof of_total, "/%" PRIu64, total);
    }
    char line[LINE_MAX_BYTES];
    snprintf(line, sizeof line, "%s%" PRIu64 "%s %s, %.0f/s%s%s%s", bar, done, of_total,
             progress->what, rate, time_left, note[0] != '\0' ? ", " : "", note);
    /* A line that wraps could not be drawn over. */
    fprintf(stderr, "\r\033[K%.*s", (int)columns - 1, line);
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
