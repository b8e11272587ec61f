/* SPDX-License-Identifier: MIT */
#include "around.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void keep_warning(void *context, const char *line)
{
    mfn_test_around *around = context;
    size_t used = strlen(around->warnings);
    snprintf(around->warnings + used, sizeof around->warnings - used, "%s\n", line);
}

static int64_t monotonic_ns(void *context)
{
    return ((mfn_test_around *)context)->monotonic_ns;
}

static int64_t wall_ns(void *context)
{
    return ((mfn_test_around *)context)->wall_ns;
}

/* Not with Check, so that programs without it can use this too. */
static void must(mfn_status status, const mfn_error *err)
{
    if (status != MFN_OK) {
        fprintf(stderr, "around: %s: %s\n", mfn_status_name(status), err->text);
        abort();
    }
}

static void open_ledger(mfn_test_around *around, const char *folder)
{
    mfn_error err = {0};
    mfn__surroundings *lent = &around->lent;
    char path[512];
    snprintf(path, sizeof path, "%s/state.db", folder);
    must(mfn__ledger_open(path, &lent->ledger, &err), &err);
    must(mfn__ledger_begin(lent->ledger, &err), &err);
    must(mfn__ledger_target(lent->ledger, "test", &lent->target, &err), &err);
    must(mfn__ledger_commit(lent->ledger, &err), &err);
}

void mfn_test_around_open(mfn_test_around *around, const char *folder, uint64_t spool_bytes)
{
    mfn_error err = {0};
    *around = (mfn_test_around){.monotonic_ns = 1000 * MFN__NS_PER_S,
                                .wall_ns = INT64_C(1700000000) * MFN__NS_PER_S};
    around->log = (mfn__log){keep_warning, around};
    around->clock = (mfn__clock){monotonic_ns, wall_ns, around};
    around->lent = (mfn__surroundings){
        .clock = &around->clock,
        .log = &around->log,
        .abandon = &around->abandon,
        .halt = &around->abandon,
        .timeout_s = 5,
        .name = "component",
    };
    open_ledger(around, folder);
    must(mfn__spool_new(around->lent.ledger, spool_bytes, &around->lent.spool, &err), &err);
    const mfn__http_pool_options pool = {.pool_size = 64, .pool_size_per_host = 32};
    must(mfn__http_pool_new(&pool, &around->lent.http, &err), &err);
}

void mfn_test_around_close(mfn_test_around *around)
{
    mfn__http_pool_free(around->lent.http);
    mfn__spool_free(around->lent.spool);
    mfn__ledger_close(around->lent.ledger);
    around->lent = (mfn__surroundings){0};
}
