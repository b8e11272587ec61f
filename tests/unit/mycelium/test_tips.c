/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>

#include "engine/mycelium/mycelium.h"
#include "suite.h"

#include "mfn/fractal.h"

/* Tips that neither turn nor branch, on a medium that feeds them well. */
static mfn_mycelium_config straight(uint64_t tips)
{
    mfn_mycelium_config config;
    mfn_mycelium_config_init(&config);
    config.grid_size = 129; /* with a cell in the middle */
    config.tips = tips;
    config.nutrient = 1.0;
    config.branching = 0.0;
    config.wobble = 0.0;
    config.autotropism = 0.0;
    return config;
}

static mfn_mycelium *grown(const mfn_mycelium_config *config, uint64_t steps)
{
    mfn_mycelium *mycelium = NULL;
    mfn_error err = {0};
    ck_assert_msg(mfn_mycelium_new(config, &mycelium, &err) == MFN_OK, "%s", err.text);
    mfn_mycelium_advance(mycelium, steps);
    return mycelium;
}

START_TEST(four_tips_make_a_cross_with_equal_arms)
{
    mfn_mycelium_config config = straight(4);
    mfn_mycelium *mycelium = grown(&config, 100);
    mfn_mycelium_summary summary;
    mfn_mycelium_summarize(mycelium, &summary);
    uint32_t arm = (uint32_t)summary.radius;
    ck_assert_msg(arm > 20 && arm < 60, "%g", summary.radius);
    const uint8_t *mask = mfn_mycelium_mask(mycelium);
    for (uint32_t i = 0; i < 129; i++) {
        for (uint32_t j = 0; j < 129; j++) {
            uint32_t away_i = i > 64 ? i - 64 : 64 - i;
            uint32_t away_j = j > 64 ? j - 64 : 64 - j;
            bool is_arm = (away_i == 0 && away_j <= arm) || (away_j == 0 && away_i <= arm);
            ck_assert_msg(mask[i * 129 + j] == is_arm, "row %u, column %u", i, j);
        }
    }
    ck_assert_uint_eq(summary.cells, 1 + 4 * arm);
    ck_assert_uint_eq(summary.tips, 4);
    ck_assert(summary.branches == 0 && summary.fusions == 0 && summary.crossings == 0);
    for (uint64_t i = 0; i < 4; i++) {
        mfn_mycelium_tip tip = mfn_mycelium_tip_at(mycelium, i);
        double grew = fabs(tip.x - 64.5) + fabs(tip.y - 64.5);
        /* One tip is served after the other, which shows where they share the inoculum. */
        ck_assert_msg(fabs(grew - summary.length / 4) < 1e-3 * grew, "tip %d: %.15g of %.15g",
                      (int)i, grew, summary.length / 4);
    }
    mfn_mycelium_free(mycelium);
}
END_TEST

START_TEST(tips_in_any_direction_stay_on_their_line_and_leave_no_gaps)
{
    mfn_mycelium_config config = straight(7);
    mfn_mycelium *mycelium = grown(&config, 120);
    for (uint64_t i = 0; i < 7; i++) {
        mfn_mycelium_tip tip = mfn_mycelium_tip_at(mycelium, i);
        double angle = 2.0 * acos(-1.0) * (double)i / 7.0;
        double off = (tip.x - 64.5) * sin(angle) - (tip.y - 64.5) * cos(angle);
        ck_assert_msg(fabs(off) < 1e-9, "tip %d is %g cells off", (int)i, off);
    }
    mfn_clusters clusters;
    ck_assert_int_eq(mfn_clusters_count(mfn_mycelium_mask(mycelium), 129, 129, 8, &clusters, NULL),
                     MFN_OK);
    ck_assert_uint_eq(clusters.count, 1);
    mfn_mycelium_free(mycelium);
}
END_TEST

START_TEST(the_first_step_is_as_long_as_the_equations_say)
{
    mfn_mycelium_config config = straight(5);
    config.uptake = 0.0;
    mfn_mycelium *mycelium = grown(&config, 1);
    mfn_mycelium_summary summary;
    mfn_mycelium_summarize(mycelium, &summary);
    /* v s / (K + s) with s = 0.5, of a volume of 100 cells that all five draw on */
    double pull = config.extension / (config.half_saturation + 0.5);
    double expected = 5.0 * pull * (100.0 * 0.5 / (100.0 + 5.0 * pull));
    ck_assert_msg(fabs(summary.length - expected) < 1e-12, "expected %.15g, got %.15g", expected,
                  summary.length);
    mfn_mycelium_free(mycelium);
}
END_TEST

START_TEST(no_tip_is_faster_than_tips_are)
{
    mfn_mycelium_config config = straight(3);
    config.nutrient = 10.0;
    mfn_mycelium *mycelium = grown(&config, 20);
    mfn_mycelium_summary before;
    mfn_mycelium_summary after;
    mfn_mycelium_summarize(mycelium, &before);
    mfn_mycelium_advance(mycelium, 20);
    mfn_mycelium_summarize(mycelium, &after);
    double speed = (after.length - before.length) / (3 * 20);
    ck_assert_msg(speed > 0.45 && speed <= 0.5 + 1e-12, "%g", speed);
    mfn_mycelium_free(mycelium);
}
END_TEST

START_TEST(tips_that_leave_the_grid_are_gone)
{
    mfn_mycelium_config config = straight(6);
    mfn_mycelium *mycelium = grown(&config, 600);
    mfn_mycelium_summary summary;
    mfn_mycelium_summarize(mycelium, &summary);
    ck_assert_uint_eq(summary.tips, 0);
    ck_assert_uint_eq(summary.tips_left, 6);
    double length = summary.length;
    mfn_mycelium_advance(mycelium, 10);
    mfn_mycelium_summarize(mycelium, &summary);
    ck_assert(summary.length == length);
    mfn_mycelium_free(mycelium);
}
END_TEST

START_TEST(branches_leave_at_the_angle_that_was_asked_for_on_both_sides)
{
    mfn_mycelium_config config = straight(1);
    config.branching = 0.05;
    config.branch_spread_deg = 0.0;
    config.nutrient = 0.5;
    mfn_mycelium *mycelium = grown(&config, 0);
    int left = 0;
    int right = 0;
    for (int step = 0; step < 150; step++) {
        uint64_t branches = mycelium->counts.branches;
        mfn_mycelium_advance(mycelium, 1);
        for (uint64_t k = mycelium->counts.branches - branches; k > 0; k--) {
            const mfn__tip *tip = &mycelium->tips[mycelium->tip_count - k];
            const mfn__node *node = &mycelium->network.nodes[tip->node];
            double across = (double)node->dx * tip->dy - (double)node->dy * tip->dx;
            double along = (double)node->dx * tip->dx + (double)node->dy * tip->dy;
            double angle_deg = atan2(across, along) * 180.0 / acos(-1.0);
            ck_assert_msg(fabs(fabs(angle_deg) - 56.0) < 1e-4, "%g degrees", angle_deg);
            left += angle_deg > 0.0;
            right += angle_deg < 0.0;
        }
    }
    ck_assert_msg(left + right >= 20 && left >= 5 && right >= 5, "%d left, %d right", left, right);
    mfn_mycelium_free(mycelium);
}
END_TEST

/* Two hyphae can cross between four cells and share none of them: the one goes right and down, the
 * other, from an arm to the right, left and down. */
START_TEST(a_tip_meets_a_hypha_also_between_the_cells)
{
    for (uint32_t offset = 10; offset < 14; offset++) {
        mfn_mycelium_config config = straight(8);
        config.anastomosis = 1.0;
        mfn_mycelium *mycelium = grown(&config, 100);
        uint32_t node = mfn__network_at(&mycelium->network, 64 * 129 + 64 + offset);
        ck_assert_uint_ne(node, MFN__NO_NODE);
        ck_assert(mfn__mycelium_add_tip(mycelium, node, -sqrt(0.5), sqrt(0.5)));
        uint64_t before = mycelium->counts.fusions;
        mfn_mycelium_advance(mycelium, 40); /* up to 20 cells; the hypha is 7 to 9 away */
        ck_assert_msg(mycelium->counts.fusions == before + 1, "offset %u: %d fusions", offset,
                      (int)(mycelium->counts.fusions - before));
        uint32_t last = mycelium->network.loops[mycelium->network.loop_count - 1].b;
        uint32_t cell = mycelium->network.nodes[last].cell;
        uint32_t right = cell % 129 - 64;
        uint32_t down = cell / 129 - 64;
        ck_assert_msg(right == down && (right == offset / 2 || right == (offset + 1) / 2),
                      "offset %u: fused %u right, %u down", offset, right, down);
        mfn_mycelium_free(mycelium);
    }
}
END_TEST

/* The hazard is added up beside the steps, from what they leave. */
START_TEST(there_are_as_many_branches_as_the_rate_makes_likely)
{
    static const double rates[] = {0.005, 0.05};
    for (size_t k = 0; k < 2; k++) {
        mfn_mycelium_config config;
        mfn_mycelium_config_init(&config);
        config.branching = rates[k];
        config.nutrient = 1.0;
        mfn_mycelium *mycelium = grown(&config, 0);
        double hazard = 0.0;
        for (int step = 0; step < 400; step++) {
            mfn__medium_diffuse(&mycelium->medium);
            mfn__mycelium_feed(mycelium);
            mfn__mycelium_translocate(mycelium);
            mfn__mycelium_extend(mycelium);
            for (uint32_t i = 1; i < mycelium->network.node_count; i++) {
                const mfn__node *node = &mycelium->network.nodes[i];
                hazard += node->is_active && !node->has_branched
                              ? rates[k] * node->substrate * node->length
                              : 0.0;
            }
            mfn__mycelium_branch(mycelium);
        }
        double branches = (double)mycelium->counts.branches;
        ck_assert_msg(hazard > 1000.0 && fabs(branches - hazard) < 4.0 * sqrt(hazard),
                      "%g branches, %g expected", branches, hazard);
        mfn_mycelium_free(mycelium);
    }
}
END_TEST

START_TEST(tips_prefer_no_direction_of_the_grid)
{
    double sum4 = 0.0;
    double count = 0.0;
    for (int seed = 0; seed < 30; seed++) {
        char digits[16];
        snprintf(digits, sizeof digits, "%d", seed);
        mfn_mycelium_config config;
        mfn_mycelium_config_init(&config);
        config.autotropism = 10.0;
        config.branching = 0.001;
        config.seed = digits;
        mfn_mycelium *mycelium = grown(&config, 350);
        for (uint32_t i = 0; i < mycelium->tip_count; i++) {
            const mfn__tip *tip = &mycelium->tips[i];
            sum4 += cos(4.0 * atan2(tip->dy, tip->dx));
            count += 1.0;
        }
        mfn_mycelium_free(mycelium);
    }
    double deviation = sqrt(0.5 / count); /* of the mean of cos, for even directions */
    ck_assert_msg(count > 500 && fabs(sum4 / count) < 4.0 * deviation, "%g of %g tips",
                  sum4 / count, count);
}
END_TEST

START_TEST(tips_that_turn_away_from_hyphae_meet_fewer)
{
    double met[2] = {0.0, 0.0}; /* per cell of hypha */
    for (int seed = 0; seed < 10; seed++) {
        char digits[16];
        snprintf(digits, sizeof digits, "%d", seed);
        for (int k = 0; k < 2; k++) {
            mfn_mycelium_config config;
            mfn_mycelium_config_init(&config);
            config.autotropism = 20.0 * k;
            config.seed = digits;
            mfn_mycelium *mycelium = grown(&config, 400);
            double meetings = (double)(mycelium->counts.fusions + mycelium->counts.crossings);
            met[k] += meetings / mycelium->counts.length / 10.0;
            mfn_mycelium_free(mycelium);
        }
    }
    ck_assert_msg(met[1] < 0.85 * met[0], "%g with, %g without", met[1], met[0]);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {four_tips_make_a_cross_with_equal_arms,
                                  tips_in_any_direction_stay_on_their_line_and_leave_no_gaps,
                                  the_first_step_is_as_long_as_the_equations_say,
                                  no_tip_is_faster_than_tips_are,
                                  tips_that_leave_the_grid_are_gone,
                                  branches_leave_at_the_angle_that_was_asked_for_on_both_sides,
                                  a_tip_meets_a_hypha_also_between_the_cells,
                                  there_are_as_many_branches_as_the_rate_makes_likely,
                                  tips_prefer_no_direction_of_the_grid,
                                  tips_that_turn_away_from_hyphae_meet_fewer,
                                  NULL};
    return mfn_test_run("mycelium_tips", tests);
}
