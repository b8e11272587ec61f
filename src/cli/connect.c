/* SPDX-License-Identifier: MIT */
#include "cli/connect.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "cli/command.h"

#define NAME_MAX_BYTES    64
#define SHOWN_MAX         (2 * MFN__TARGET_MAX)
#define REMARKS_BYTES_MAX ((size_t)1 << 16)

/* An end of the pipeline as people see it: "publishers[0]", "webhook", "https://host/path". */
typedef struct end {
    char place[48];
    char name[NAME_MAX_BYTES];
    char target[MFN__TARGET_MAX];
} end;

static void describe(const mfn__pipeline *pipeline, size_t index, end *ret)
{
    char target[MFN__TARGET_MAX];
    if (index == 0) {
        snprintf(ret->place, sizeof ret->place, "connector");
        snprintf(ret->name, sizeof ret->name, "%s", mfn__pipeline_connector_kind(pipeline));
        mfn__pipeline_source(pipeline, target);
    } else {
        snprintf(ret->place, sizeof ret->place, "publishers[%zu]", index - 1);
        mfn__pipeline_publisher_name(pipeline, index - 1, ret->name, sizeof ret->name);
        mfn__pipeline_target(pipeline, index - 1, target);
    }
    mfn__text_printable(target, strlen(target), ret->target, sizeof ret->target);
}

static int wider(int width, const char *text)
{
    int length = (int)strlen(text);
    return length > width ? length : width;
}

/* Columns that hold all of them. */
static void measure(const mfn__pipeline *pipeline, int ret_widths[3])
{
    for (size_t i = 0; i < mfn__pipeline_component_count(pipeline); i++) {
        end found;
        describe(pipeline, i, &found);
        ret_widths[0] = wider(ret_widths[0], found.place);
        ret_widths[1] = wider(ret_widths[1], found.name);
        ret_widths[2] = wider(ret_widths[2], found.target);
    }
}

/* Remarks are shown below the line of the end, not in the middle of it. */
static void keep_remark(void *context, const char *line)
{
    mfn__buffer_append_format(context, "mfn check: %s\n", line);
}

static bool try_end(const mfn__pipeline *pipeline, size_t index, const mfn__surroundings *lent,
                    const int widths[3])
{
    mfn__buffer remarks;
    mfn__buffer_init(&remarks, REMARKS_BYTES_MAX);
    const mfn__log log = {keep_remark, &remarks};
    mfn__surroundings around = *lent;
    around.log = &log;
    end found;
    char label[sizeof found.place + sizeof found.name + 4];
    mfn_error err = {0};
    describe(pipeline, index, &found);
    snprintf(label, sizeof label, "%s (%s)", found.place, found.name);
    around.name = label;
    printf("%-*s  %-*s  %-*s  ", widths[0], found.place, widths[1], found.name, widths[2],
           found.target);
    fflush(stdout); /* an end that does not answer shows which one it is */
    int64_t start_ns = mfn__clock_monotonic_ns(around.clock);
    mfn_status status = mfn__pipeline_probe(pipeline, index, &around, &err);
    int64_t took_ns = mfn__clock_monotonic_ns(around.clock) - start_ns;
    if (status == MFN_OK) {
        printf("reachable in %" PRId64 " ms\n", took_ns / MFN__NS_PER_MS);
    } else {
        char shown[SHOWN_MAX];
        printf("NOT reachable: %s\n",
               mfn__text_printable(err.text, strlen(err.text), shown, sizeof shown));
    }
    fflush(stdout);
    fputs(remarks.data != NULL ? remarks.data : "", stderr);
    mfn__buffer_deinit(&remarks);
    return status == MFN_OK;
}

int mfn__connect_check(const mfn__pipeline *pipeline)
{
    const atomic_bool never = false;
    mfn_error err = {0};
    mfn__surroundings around = {.clock = mfn__clock_system(), .abandon = &never, .halt = &never};
    if (mfn__http_pool_new(mfn__pipeline_http(pipeline), &around.http, &err) != MFN_OK) {
        return mfn__command_fail("check", &err, MFN__EXIT_FAILED);
    }
    int widths[3] = {0};
    measure(pipeline, widths);
    int code = MFN__EXIT_OK;
    for (size_t i = 0; i < mfn__pipeline_component_count(pipeline); i++) {
        if (!try_end(pipeline, i, &around, widths)) {
            code = MFN__EXIT_FAILED;
        }
    }
    mfn__http_pool_free(around.http);
    return code;
}
