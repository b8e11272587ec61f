/* SPDX-License-Identifier: MIT */
#include "cli/load.h"

#include <stdio.h>

#include "api/kinds.h"

bool mfn__load_pipeline(const char *command, const char *path, mfn__pipeline **ret)
{
    mfn__problems problems;
    mfn_error err = {0};
    mfn__problems_init(&problems);
    mfn_status status = mfn__pipeline_load(path, &mfn__all_kinds, &problems, ret, &err);
    if (status != MFN_OK) {
        if (problems.count > 0) {
            fputs(problems.lines.data, stderr);
        }
        fprintf(stderr, "mfn %s: %s\n", command, err.text);
    }
    mfn__problems_deinit(&problems);
    return status == MFN_OK;
}
