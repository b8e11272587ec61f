/* SPDX-License-Identifier: MIT */
/* What a person at a terminal sees while work goes on: a progress line and a picture of the field.
 * Both stay silent when nobody is watching. */
#ifndef MFN_CLI_TERMINAL_H
#define MFN_CLI_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

/* True when the descriptor is a terminal that understands more than lines of text. */
bool mfn__terminal_can_redraw(int descriptor);

/* Size of the window: at least 2 columns and 4 rows, 80 and 24 when it is not known. */
uint32_t mfn__terminal_columns(int descriptor);
uint32_t mfn__terminal_rows(int descriptor);

/* One line on stderr, redrawn at most a few times a second, with rate and time left. */
typedef struct mfn__progress {
    const char *what; /* "steps", "jobs" */
    bool is_on;       /* stderr is a terminal that can redraw */
    bool is_drawn;
    int64_t start_ns, last_ns;
} mfn__progress;

void mfn__progress_start(mfn__progress *progress, const char *what);

/* `total` 0: not known. `note` is shown at the end of the line; "" for none. */
void mfn__progress_show(mfn__progress *progress, uint64_t done, uint64_t total, const char *note);

/* Removes the line. */
void mfn__progress_end(mfn__progress *progress);

/* True when stdout is a terminal that can show colours, and NO_COLOR does not forbid them. */
bool mfn__preview_is_possible(void);

/* A picture of the field that is drawn over the one before. */
typedef struct mfn__preview {
    uint32_t rows; /* drawn before; 0: none */
    bool has_all_colours;
} mfn__preview;

void mfn__preview_start(mfn__preview *preview);

/* Draws side * side volts on stdout with two cells per character, fitted to the window, and a line
 * with the step and the range. */
void mfn__preview_draw(mfn__preview *preview, const double *field_v, uint32_t side, uint64_t step);

#endif
