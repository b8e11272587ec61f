/* SPDX-License-Identifier: MIT */
/* Clusters by runs: each row is a list of runs of set cells, a run touches the runs above it that
 * share a column (or a corner, with connectivity 8), and a union-find structure joins what touches.
 * Only clusters that reach the current row are kept; one that does not continue is closed and
 * enters the sums, so memory does not grow with the height.
 *
 * The deviation of the sizes comes from whole-number sums, n sum(s^2) - sum(s)^2, which a mask of
 * less than 2^32 cells keeps exact in 128 bits: no rounding depends on the order of the clusters.
 */
#include "engine/clusters.h"

#include <math.h>

#include "base/error.h"
#include "base/mem.h"
#include "engine/bits.h"

#define NO_LABEL UINT32_MAX

struct mfn__cluster_run {
    uint32_t first, end; /* columns first .. end - 1 */
    uint32_t label;      /* index of its part */
};

struct mfn__cluster_part {
    uint64_t cells;  /* of the whole cluster, in its root */
    uint32_t parent; /* itself in the root */
    uint32_t next;   /* label of the cluster in the next row, or NO_LABEL */
};

/* A row of `width` cells has at most this many runs, and as many clusters reach it. */
static size_t runs_max(uint32_t width)
{
    return ((size_t)width + 1) / 2;
}

static size_t words_of(size_t count, size_t size)
{
    return (count * size + sizeof(uint64_t) - 1) / sizeof(uint64_t);
}

static size_t part_words(uint32_t width)
{
    return words_of(2 * runs_max(width), sizeof(mfn__cluster_part));
}

static size_t run_words(uint32_t width)
{
    return words_of(runs_max(width), sizeof(mfn__cluster_run));
}

size_t mfn__cluster_scan_words(uint32_t width)
{
    return part_words(width) + 2 * run_words(width) + runs_max(width);
}

void mfn__cluster_scan_init(mfn__cluster_scan *scan, uint32_t width, uint32_t connectivity,
                            uint64_t *scratch)
{
    uint64_t *runs = scratch + part_words(width);
    *scan = (mfn__cluster_scan){
        .width = width,
        .reach = connectivity == 8 ? 1 : 0,
        .parts = (mfn__cluster_part *)scratch,
        .above = (mfn__cluster_run *)runs,
        .here = (mfn__cluster_run *)(runs + run_words(width)),
        .open_cells = runs + 2 * run_words(width),
    };
}

static uint32_t find_root(mfn__cluster_part *parts, uint32_t label)
{
    while (parts[label].parent != label) {
        parts[label].parent = parts[parts[label].parent].parent;
        label = parts[label].parent;
    }
    return label;
}

static void join(mfn__cluster_part *parts, uint32_t a, uint32_t b)
{
    uint32_t root_a = find_root(parts, a);
    uint32_t root_b = find_root(parts, b);
    if (root_a == root_b) {
        return;
    }
    uint32_t kept = root_a < root_b ? root_a : root_b;
    uint32_t gone = root_a < root_b ? root_b : root_a;
    parts[gone].parent = kept;
    parts[kept].cells += parts[gone].cells;
}

static void take_runs(mfn__cluster_scan *scan, const uint64_t *row)
{
    scan->here_count = 0;
    uint32_t first = mfn__bits_next_set(row, scan->width, 0);
    while (first < scan->width) {
        uint32_t end = mfn__bits_next_clear(row, scan->width, first);
        uint32_t label = scan->open_count + scan->here_count;
        scan->here[scan->here_count++] = (mfn__cluster_run){first, end, label};
        scan->parts[label] = (mfn__cluster_part){end - first, label, NO_LABEL};
        first = mfn__bits_next_set(row, scan->width, end);
    }
}

/* Both lists ascend: after each pair, the run that ends first can touch nothing more. */
static void join_touching(mfn__cluster_scan *scan)
{
    uint32_t i = 0;
    uint32_t j = 0;
    while (i < scan->above_count && j < scan->here_count) {
        const mfn__cluster_run *above = &scan->above[i];
        const mfn__cluster_run *here = &scan->here[j];
        if (above->first < here->end + scan->reach && here->first < above->end + scan->reach) {
            join(scan->parts, above->label, here->label);
        }
        if (above->end < here->end) {
            i++;
        } else {
            j++;
        }
    }
}

static void close_cluster(mfn__cluster_scan *scan, uint64_t cells)
{
    scan->closed.count++;
    scan->closed.largest = cells > scan->closed.largest ? cells : scan->closed.largest;
    scan->cells += cells;
    scan->squared_cells += cells * cells;
}

/* Gives the clusters of this row the labels 0, 1, ... and closes those that it does not reach. */
static void go_down(mfn__cluster_scan *scan)
{
    uint32_t open_count = 0;
    for (uint32_t j = 0; j < scan->here_count; j++) {
        mfn__cluster_part *root = &scan->parts[find_root(scan->parts, scan->here[j].label)];
        if (root->next == NO_LABEL) {
            scan->open_cells[open_count] = root->cells;
            root->next = open_count++;
        }
        scan->here[j].label = root->next;
    }
    for (uint32_t label = 0; label < scan->open_count; label++) {
        if (scan->parts[label].parent == label && scan->parts[label].next == NO_LABEL) {
            close_cluster(scan, scan->parts[label].cells);
        }
    }
    for (uint32_t label = 0; label < open_count; label++) {
        scan->parts[label] = (mfn__cluster_part){scan->open_cells[label], label, NO_LABEL};
    }
    scan->open_count = open_count;
    mfn__cluster_run *done = scan->above;
    scan->above = scan->here;
    scan->above_count = scan->here_count;
    scan->here = done;
}

void mfn__cluster_scan_row(mfn__cluster_scan *scan, const uint64_t *row)
{
    take_runs(scan, row);
    join_touching(scan);
    go_down(scan);
}

void mfn__cluster_scan_end(mfn__cluster_scan *scan, mfn_clusters *ret)
{
    scan->here_count = 0;
    go_down(scan);
    *ret = scan->closed;
    if (ret->count >= 2) {
        __extension__ typedef unsigned __int128 wide;
        wide squares = (wide)ret->count * scan->squared_cells - (wide)scan->cells * scan->cells;
        ret->size_std = sqrt((double)squares) / (double)ret->count;
    }
}

static mfn_status check_mask(uint32_t width, uint32_t height, uint32_t connectivity, mfn_error *err)
{
    if (width < 1 || width > MFN__SIDE_MAX || height < 1 || height > MFN__SIDE_MAX) {
        return mfn__fail(err, MFN_INVALID, "mask",
                         "mask: expected a width and height in [1, %d], got %u x %u", MFN__SIDE_MAX,
                         (unsigned)width, (unsigned)height);
    }
    if (connectivity != 4 && connectivity != 8) {
        return mfn__fail(err, MFN_INVALID, "connectivity", "connectivity: expected 4 or 8, got %u",
                         (unsigned)connectivity);
    }
    return MFN_OK;
}

mfn_status mfn_clusters_count(const uint8_t *mask, uint32_t width, uint32_t height,
                              uint32_t connectivity, mfn_clusters *ret, mfn_error *err)
{
    mfn_status status = check_mask(width, height, connectivity, err);
    if (status != MFN_OK) {
        return status;
    }
    size_t words = mfn__bits_words(width);
    uint64_t *row = mfn__mem_new(words + mfn__cluster_scan_words(width), sizeof *row);
    if (row == NULL) {
        return mfn__fail_memory(err);
    }
    mfn__cluster_scan scan;
    mfn__cluster_scan_init(&scan, width, connectivity, row + words);
    for (uint32_t i = 0; i < height; i++) {
        mfn__bits_pack_bytes(mask + (size_t)i * width, width, row);
        mfn__cluster_scan_row(&scan, row);
    }
    mfn__cluster_scan_end(&scan, ret);
    mfn__mem_free(row);
    return MFN_OK;
}
