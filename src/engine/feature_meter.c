/* SPDX-License-Identifier: MIT */
/* Features of frames that pass by once. Temporal features need only the previous frame and a few
 * running sums, static ones only the last frame: memory does not grow with the history.
 *
 * - The trend is cov(t, E) / var(t), t = 0, 1, ..., with the covariance updated frame by frame and
 *   the energies measured from the first one: a static history has a slope of exactly 0.
 * - The field is stable from the first frame of the first `window` calm frames in a row. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/number.h"
#include "engine/bits.h"
#include "engine/field_features.h"
#include "engine/frame_changes.h"
#include "engine/simulation.h"

#include "mfn/features.h"

#define MV_PER_V 1000.0

/* Over the frames so far. */
typedef struct history {
    uint64_t frames;
    double change_sum_mv, change_max_mv;
    double first_energy_mv2, energy_mean_mv2; /* the mean is measured from the first */
    double energy_covariance;                 /* sum of (t - mean t) (E - mean E) */
    uint64_t calm_frames;                     /* in a row, up to the last one */
    uint64_t stable_from;                     /* 0: not yet */
} history;

enum { ROOM_LAST_FRAME, ROOM_WORDS, ROOM_BLOCKS, ROOM_COUNT };

typedef struct room {
    void *memory;
    size_t bytes;
} room;

struct mfn_feature_meter {
    mfn_feature_config config;
    uint32_t side;
    room rooms[ROOM_COUNT];
    double *last_v;      /* the last frame; this and the next two lie in the rooms */
    uint64_t *words;     /* scratch of the last frame's features */
    mfn__change *blocks; /* scratch of a frame's changes */
    mfn__box_plan boxes;
    history history;
};

/* Each room is kept when it is large enough; on failure all are. */
static mfn_status make_room(mfn_feature_meter *meter, uint32_t side, mfn_error *err)
{
    const size_t bytes[ROOM_COUNT] = {
        [ROOM_LAST_FRAME] = (size_t)side * side * sizeof *meter->last_v,
        [ROOM_WORDS] = mfn__field_features_words(side) * sizeof *meter->words,
        [ROOM_BLOCKS] = mfn__change_block_count(side) * sizeof *meter->blocks,
    };
    void *larger[ROOM_COUNT] = {NULL};
    bool is_complete = true;
    for (size_t i = 0; i < ROOM_COUNT; i++) {
        if (bytes[i] > meter->rooms[i].bytes) {
            larger[i] = mfn__mem_new_aligned(bytes[i], 1);
            is_complete = is_complete && larger[i] != NULL;
        }
    }
    for (size_t i = 0; i < ROOM_COUNT; i++) {
        if (is_complete && larger[i] != NULL) {
            mfn__mem_free(meter->rooms[i].memory);
            meter->rooms[i] = (room){larger[i], bytes[i]};
        } else {
            mfn__mem_free(larger[i]);
        }
    }
    if (!is_complete) {
        return mfn__fail_memory(err);
    }
    meter->last_v = meter->rooms[ROOM_LAST_FRAME].memory;
    meter->words = meter->rooms[ROOM_WORDS].memory;
    meter->blocks = meter->rooms[ROOM_BLOCKS].memory;
    return MFN_OK;
}

mfn_status mfn_feature_meter_reset(mfn_feature_meter *meter, uint32_t side,
                                   const mfn_feature_config *config, mfn_error *err)
{
    mfn_feature_config wanted;
    mfn_feature_config_init(&wanted);
    if (config != NULL) {
        mfn_status status = mfn_feature_config_check(config, err);
        if (status != MFN_OK) {
            return status;
        }
        wanted = *config;
    }
    if (side < 1 || side > MFN__SIDE_MAX) {
        return mfn__fail(err, MFN_INVALID, "side",
                         "side: expected a whole number in [1, %d], got %u", MFN__SIDE_MAX,
                         (unsigned)side);
    }
    mfn_status status = make_room(meter, side, err);
    if (status != MFN_OK) {
        return status;
    }
    meter->config = wanted;
    meter->side = side;
    meter->history = (history){0};
    return MFN_OK;
}

mfn_status mfn_feature_meter_new(uint32_t side, const mfn_feature_config *config,
                                 mfn_feature_meter **ret, mfn_error *err)
{
    mfn_feature_meter *meter = mfn__mem_new(1, sizeof *meter);
    if (meter == NULL) {
        return mfn__fail_memory(err);
    }
    mfn_status status = mfn_feature_meter_reset(meter, side, config, err);
    if (status != MFN_OK) {
        mfn_feature_meter_free(meter);
        return status;
    }
    *ret = meter;
    return MFN_OK;
}

void mfn_feature_meter_free(mfn_feature_meter *meter)
{
    if (meter == NULL) {
        return;
    }
    for (size_t i = 0; i < ROOM_COUNT; i++) {
        mfn__mem_free(meter->rooms[i].memory);
    }
    mfn__mem_free(meter);
}

static mfn__change compare_frames(const mfn_feature_meter *meter, const double *before_v,
                                  const double *now_v)
{
    mfn__frame_change_kernel frame_change = mfn__kernels()->frame_change;
    uint32_t side = meter->side;
    uint32_t block_rows = mfn__change_block_rows(side);
    size_t blocks = 0;
    for (uint32_t first = 0; first < side; first += block_rows) {
        uint32_t rows = side - first < block_rows ? side - first : block_rows;
        mfn__change_sums sums = {.has_begun = false};
        for (uint32_t i = first; i < first + rows; i++) {
            frame_change(before_v + (size_t)i * side, now_v + (size_t)i * side, side, &sums);
        }
        meter->blocks[blocks++] = mfn__change_of_block(&sums, (size_t)rows * side);
    }
    return mfn__change_of_blocks(meter->blocks, blocks);
}

static mfn_status report_bad_frame(const mfn_feature_meter *meter, const double *frame_v,
                                   mfn_error *err)
{
    size_t side = meter->side;
    unsigned long long frame = meter->history.frames;
    for (size_t i = 0; i < side * side; i++) {
        if (!isfinite(frame_v[i])) {
            char value[MFN__REAL_TEXT_MAX];
            mfn__real_to_text(frame_v[i], value);
            return mfn__fail(err, MFN_INVALID, "field",
                             "field: expected finite values, got %s in frame %llu, row %zu, "
                             "column %zu (counted from 0)",
                             value, frame, i / side, i % side);
        }
    }
    return mfn__fail(err, MFN_INVALID, "field",
                     "field: frame %llu (counted from 0) is too large: its energy is beyond the "
                     "range of a double",
                     frame);
}

static void count_calm_frame(mfn_feature_meter *meter, const mfn__change *change)
{
    history *so_far = &meter->history;
    uint64_t window = meter->config.stability_window;
    /* Underflow can leave a spread of almost nothing below zero. */
    double std_mv = sqrt(fabs(change->spread_v2) / change->cells) * MV_PER_V;
    bool is_calm = std_mv < meter->config.stability_threshold_mv;
    so_far->calm_frames = is_calm ? so_far->calm_frames + 1 : 0;
    if (so_far->stable_from == 0 && so_far->calm_frames == window) {
        so_far->stable_from = so_far->frames + 1 - window;
    }
}

static void follow_energy(history *so_far, double energy_mv2)
{
    if (so_far->frames == 0) {
        so_far->first_energy_mv2 = energy_mv2;
        return;
    }
    double time = (double)so_far->frames;
    double off_mean = (energy_mv2 - so_far->first_energy_mv2) - so_far->energy_mean_mv2;
    so_far->energy_covariance += time / 2.0 * off_mean;
    so_far->energy_mean_mv2 += off_mean / (time + 1.0);
}

/* One more frame, which changed so from the one before. */
static void count_frame(mfn_feature_meter *meter, const mfn__change *change)
{
    history *so_far = &meter->history;
    if (so_far->frames > 0) {
        double max_mv = change->max_v * MV_PER_V;
        so_far->change_sum_mv += change->sum_v * MV_PER_V;
        so_far->change_max_mv = max_mv > so_far->change_max_mv ? max_mv : so_far->change_max_mv;
        count_calm_frame(meter, change);
    }
    follow_energy(so_far, change->energy_v2 * (MV_PER_V * MV_PER_V));
    so_far->frames++;
}

static void keep_frame(mfn_feature_meter *meter, const double *frame_v)
{
    memcpy(meter->last_v, frame_v, (size_t)meter->side * meter->side * sizeof *frame_v);
}

mfn_status mfn_feature_meter_push(mfn_feature_meter *meter, const double *frame_v, mfn_error *err)
{
    const double *before_v = meter->history.frames > 0 ? meter->last_v : frame_v;
    mfn__change change = compare_frames(meter, before_v, frame_v);
    if (!isfinite(change.energy_v2 * (MV_PER_V * MV_PER_V))) {
        return report_bad_frame(meter, frame_v, err);
    }
    count_frame(meter, &change);
    keep_frame(meter, frame_v);
    return MFN_OK;
}

static mfn_status push_steps(mfn_feature_meter *meter, mfn_simulation *sim, uint64_t steps,
                             mfn_error *err)
{
    mfn_status status = MFN_OK;
    for (uint64_t i = 0; i < steps && status == MFN_OK; i++) {
        status = mfn_simulation_advance(sim, 1, NULL, NULL, err);
        if (status == MFN_OK) {
            status = mfn_feature_meter_push(meter, mfn_simulation_field_v(sim), err);
        }
    }
    return status;
}

mfn_status mfn_feature_meter_advance(mfn_feature_meter *meter, mfn_simulation *sim, uint64_t steps,
                                     mfn_error *err)
{
    if (mfn_simulation_grid_size(sim) != meter->side) {
        return mfn__fail(err, MFN_INVALID, "side",
                         "side: expected the simulation's grid size of %u, got a meter for %u",
                         (unsigned)mfn_simulation_grid_size(sim), (unsigned)meter->side);
    }
    if (!mfn__simulation_can_measure(sim)) {
        return push_steps(meter, sim, steps, err);
    }
    mfn_status status = MFN_OK;
    while (steps > 0 && status == MFN_OK) {
        mfn__change changes[MFN__SWEEP_STEPS_MAX];
        uint32_t computed = 0;
        status = mfn__simulation_measure(sim, steps, changes, &computed, err);
        for (uint32_t i = 0; i < computed && status == MFN_OK; i++) {
            count_frame(meter, &changes[i]);
        }
        steps -= computed;
    }
    if (status == MFN_OK) {
        keep_frame(meter, mfn_simulation_field_v(sim));
    }
    return status;
}

static void measure_history(const mfn_feature_meter *meter, double *value)
{
    const history *so_far = &meter->history;
    if (so_far->frames < 2) {
        return;
    }
    double frames = (double)so_far->frames;
    double cells = (double)meter->side * (double)meter->side;
    value[MFN_FEATURE_dV_mean] = so_far->change_sum_mv / ((frames - 1.0) * cells);
    value[MFN_FEATURE_dV_max] = so_far->change_max_mv;
    value[MFN_FEATURE_T_stable] = so_far->stable_from > 0 ? (double)so_far->stable_from : frames;
    value[MFN_FEATURE_E_trend] =
        so_far->energy_covariance / (frames * (frames * frames - 1.0) / 12.0);
}

mfn_status mfn_feature_meter_finish(mfn_feature_meter *meter, mfn_features *ret, mfn_error *err)
{
    if (meter->history.frames == 0) {
        return mfn__fail(err, MFN_INVALID, "frames", "frames: expected at least 1, got 0");
    }
    mfn_features features = {0};
    measure_history(meter, features.value);
    mfn__field_features(meter->last_v, meter->side, &meter->config, &meter->boxes, meter->words,
                        &features);
    for (int i = 0; i < MFN_FEATURE_COUNT; i++) {
        if (!isfinite(features.value[i])) {
            const char *name = mfn_feature_name((mfn_feature)i);
            return mfn__fail(err, MFN_UNSTABLE, name,
                             "%s: the field's values are too large: the feature is beyond the "
                             "range of a double",
                             name);
        }
    }
    *ret = features;
    return MFN_OK;
}
