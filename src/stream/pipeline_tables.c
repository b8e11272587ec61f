/* SPDX-License-Identifier: MIT */
/* The keys of a pipeline file that belong to no kind. */
#include "base/option_table.h"
#include "stream/pipeline_internal.h"

#define CELL_STEPS_MAX 9e18

/* clang-format off: one row per option */
const mfn_option mfn__engine_table[] = {
    MFN__TEXT(mfn__engine_options, workers, "auto", "threads that compute; auto: one per core"),
    MFN__WHOLE(mfn__engine_options, max_cell_steps, 1, CELL_STEPS_MAX, "100000000000", "",
               "jobs with more cells x steps become dead letters"),
    MFN__WHOLE(mfn__engine_options, queue_items, 1, 1e6, "1000", "", "jobs that may wait"),
    MFN__WHOLE(mfn__engine_options, queue_bytes, 1048576, 1e12, "256MiB", "bytes",
               "memory that waiting jobs and results may take"),
    {0},
};

const mfn_option mfn__dead_letter_table[] = {
    MFN__TEXT(mfn__dead_letter_options, directory, "out/dead-letter",
              "folder for jobs that can never give a result"),
    {0},
};

const mfn_option mfn__general_table[] = {
    MFN__TEXT(mfn__general_options, state, "out/state.db", "file that remembers what is done"),
    MFN__TEXT(mfn__general_options, metrics_file, "",
              "file for metrics in Prometheus' text format, renewed every 5 s"),
    MFN__REAL(mfn__general_options, grace_time, 0, 86400, "30", "s",
              "time to finish what is under way when asked to stop"),
    {0},
};

const mfn_option mfn__spool_table[] = {
    MFN__WHOLE(mfn__spool_options, max_bytes, 1048576, 1e15, "1GiB", "bytes",
               "what may wait on the disk before intake waits"),
    {0},
};

const mfn_option mfn__publisher_table[] = {
    MFN__TEXT(mfn__publisher_options, name, "", "name in messages, metrics and dead letters"),
    {0},
};
/* clang-format on */
