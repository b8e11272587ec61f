/* SPDX-License-Identifier: MIT */
/* Values are gone through three times: for the extremes and the mean, for the central moments, and
 * for the three thresholds, each of which makes a row of bits that its cluster scan takes at once.
 * Only the bits above the lowest threshold are kept, for the box counting. */
#include "engine/field_features.h"

#include "engine/bits.h"
#include "engine/clusters.h"
#include "engine/statistics.h"

#define MV_PER_V    1000.0
#define FLAT_STD_MV 1e-10 /* below it a field has no shape: skewness and kurtosis are 0 */

#define THRESHOLDS  3 /* low, medium, high */

/* The bits of the field and two rows more, and the scratch of the scans. */
static size_t row_words(uint32_t side)
{
    return ((size_t)side + 2) * mfn__bits_words(side);
}

size_t mfn__field_features_words(uint32_t side)
{
    return row_words(side) + THRESHOLDS * mfn__cluster_scan_words(side);
}

static void measure_values(const double *field_v, size_t cells, double *value)
{
    double min_v = 0.0;
    double max_v = 0.0;
    mfn__moments moments_mv;
    mfn__extremes(field_v, cells, &min_v, &max_v);
    mfn__moments_find(field_v, cells, MV_PER_V, &moments_mv);
    double std = moments_mv.std;
    value[MFN_FEATURE_V_min] = min_v * MV_PER_V;
    value[MFN_FEATURE_V_max] = max_v * MV_PER_V;
    value[MFN_FEATURE_V_mean] = moments_mv.mean;
    value[MFN_FEATURE_V_std] = std;
    bool is_flat = !(std > FLAT_STD_MV);
    value[MFN_FEATURE_V_skew] = is_flat ? 0.0 : moments_mv.third / (std * std * std);
    value[MFN_FEATURE_V_kurt] =
        is_flat ? 0.0 : moments_mv.fourth / ((std * std) * (std * std)) - 3.0;
}

/* Leaves the bits above the low threshold in the first rows of the scratch. */
static void measure_clusters(const double *field_v, uint32_t side, const mfn_feature_config *config,
                             uint64_t *scratch, double *value)
{
    const double thresholds_mv[THRESHOLDS] = {config->threshold_low_mv, config->threshold_med_mv,
                                              config->threshold_high_mv};
    size_t words = mfn__bits_words(side);
    uint64_t *spare_rows = scratch + side * words;
    mfn__cluster_scan scan[THRESHOLDS];
    for (size_t k = 0; k < THRESHOLDS; k++) {
        mfn__cluster_scan_init(&scan[k], side, config->connectivity == 0 ? 4 : 8,
                               scratch + row_words(side) + k * mfn__cluster_scan_words(side));
    }
    uint64_t active = 0;
    for (uint32_t i = 0; i < side; i++) {
        uint64_t *rows[THRESHOLDS] = {scratch + i * words, spare_rows, spare_rows + words};
        for (size_t k = 0; k < THRESHOLDS; k++) {
            double threshold_v = thresholds_mv[k] / MV_PER_V;
            mfn__bits_pack_above(field_v + (size_t)i * side, side, threshold_v, rows[k]);
            mfn__cluster_scan_row(&scan[k], rows[k]);
        }
        active += mfn__bits_count(rows[0], side);
    }
    mfn_clusters clusters[THRESHOLDS];
    for (size_t k = 0; k < THRESHOLDS; k++) {
        mfn__cluster_scan_end(&scan[k], &clusters[k]);
        value[MFN_FEATURE_N_clusters_low + k] = (double)clusters[k].count;
    }
    value[MFN_FEATURE_f_active] = (double)active / ((double)side * (double)side);
    value[MFN_FEATURE_max_cluster_size] = (double)clusters[0].largest;
    value[MFN_FEATURE_cluster_size_std] = clusters[0].size_std;
}

void mfn__field_features(const double *field_v, uint32_t side, const mfn_feature_config *config,
                         mfn__box_plan *plan, uint64_t *scratch, mfn_features *ret)
{
    measure_values(field_v, (size_t)side * side, ret->value);
    measure_clusters(field_v, side, config, scratch, ret->value);

    const mfn_box_config boxes = {sizeof boxes, config->min_box_size, config->max_box_size,
                                  config->num_scales};
    mfn_box_counting counting;
    mfn__box_plan_make(plan, side, &boxes);
    mfn__box_count_rows(scratch, plan, scratch + side * mfn__bits_words(side), &counting);
    ret->value[MFN_FEATURE_D_box] = counting.dimension;
    ret->value[MFN_FEATURE_D_r2] = counting.r_squared;
}
