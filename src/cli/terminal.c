/* SPDX-License-Identifier: MIT */
#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_DEFAULT 80
#define ROWS_DEFAULT    24

bool mfn__terminal_can_redraw(int descriptor)
{
    const char *kind = getenv("TERM");
    return isatty(descriptor) == 1 && kind != NULL && strcmp(kind, "dumb") != 0;
}

static struct winsize window_of(int descriptor)
{
    struct winsize window = {0};
    if (ioctl(descriptor, TIOCGWINSZ, &window) != 0 || window.ws_col < 2 || window.ws_row < 4) {
        window.ws_col = COLUMNS_DEFAULT;
        window.ws_row = ROWS_DEFAULT;
    }
    return window;
}

uint32_t mfn__terminal_columns(int descriptor)
{
    return window_of(descriptor).ws_col;
}

uint32_t mfn__terminal_rows(int descriptor)
{
    return window_of(descriptor).ws_row;
}
