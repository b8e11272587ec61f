/* SPDX-License-Identifier: MIT */
/* The equations prefer no place and no direction, so a field that is moved, mirrored or turned
 * before a run must come out of it moved, mirrored or turned: to the bit when it is moved, to
 * rounding otherwise, because a sum of four neighbours is then taken in another order. */
#include <math.h>
#include <string.h>

#include "engine/simulation.h"
#include "suite.h"

#define SIDE  40
#define STEPS 70

typedef struct place {
    uint32_t row, column;
} place;

/* Where the cell at `from` goes. */
typedef place (*movement)(place from);

static place moved(place from)
{
    return (place){(from.row + 7) % SIDE, (from.column + 29) % SIDE};
}

static place mirrored(place from)
{
    return (place){from.row, SIDE - 1 - from.column};
}

static place turned(place from)
{
    return (place){from.column, SIDE - 1 - from.row};
}

static place transposed(place from)
{
    return (place){from.column, from.row};
}

/* Growth without spikes and noise, which are drawn for places. */
static mfn_simulation *quiet_simulation(mfn_boundary boundary)
{
    mfn_simulation_config config;
    mfn_simulation_config_init(&config, MFN_MODEL_V4_1);
    config.grid_size = SIDE;
    config.spike_probability = 0.0;
    config.turing_threshold = 0.5;
    config.d_activator = 0.02;
    config.r_activator = 0.1;
    config.r_inhibitor = 0.001;
    config.boundary_condition = boundary;
    config.seed = "3";
    mfn_simulation *sim = NULL;
    mfn_error err = {0};
    ck_assert_msg(mfn_simulation_new(&config, &sim, &err) == MFN_OK, "%s", err.text);
    return sim;
}

static const double *field_of(const mfn_simulation *sim, int field)
{
    return field == MFN__POTENTIAL   ? mfn_simulation_field_v(sim)
           : field == MFN__ACTIVATOR ? mfn_simulation_activator(sim)
                                     : mfn_simulation_inhibitor(sim);
}

/* Gives `sim` the fields of `from`, each cell in its new place. */
static void take_fields(mfn_simulation *sim, const mfn_simulation *from, movement move,
                        mfn_boundary boundary)
{
    for (int field = 0; field < MFN__FIELD_COUNT; field++) {
        const double *cells = field_of(from, field);
        mfn__grid *grid = &sim->grids[field];
        for (uint32_t i = 0; i < SIDE; i++) {
            for (uint32_t j = 0; j < SIDE; j++) {
                place to = move((place){i, j});
                mfn__grid_row(grid, to.row)[to.column] = cells[(size_t)i * SIDE + j];
            }
        }
        for (uint32_t i = 0; i < SIDE; i++) {
            mfn__grid_fill_halo(grid, grid->now, i, boundary);
        }
        grid->is_packed = false;
    }
}

/* The largest difference between the fields of `sim` and those of `other`, moved. */
static double largest_difference(const mfn_simulation *sim, const mfn_simulation *other,
                                 movement move)
{
    double largest = 0.0;
    for (int field = 0; field < MFN__FIELD_COUNT; field++) {
        const double *cells = field_of(sim, field);
        const double *others = field_of(other, field);
        for (uint32_t i = 0; i < SIDE; i++) {
            for (uint32_t j = 0; j < SIDE; j++) {
                place to = move((place){i, j});
                double here = cells[(size_t)i * SIDE + j];
                double there = others[(size_t)to.row * SIDE + to.column];
                largest = fmax(largest, fabs(here - there));
            }
        }
    }
    return largest;
}

static void advance(mfn_simulation *sim)
{
    ck_assert_int_eq(mfn_simulation_advance(sim, STEPS, NULL, NULL, NULL), MFN_OK);
}

static double difference_after_a_run(movement move, mfn_boundary boundary)
{
    mfn_simulation *sim = quiet_simulation(boundary);
    mfn_simulation *other = quiet_simulation(boundary);
    take_fields(other, sim, move, boundary);
    double before = largest_difference(sim, other, move);
    ck_assert_msg(before == 0.0, "the fields differ by %g before the run", before);
    advance(sim);
    advance(other);
    double after = largest_difference(sim, other, move);
    mfn_simulation_summary summary;
    mfn_simulation_summarize(sim, &summary);
    ck_assert_uint_gt(summary.turing_activations, 0);
    mfn_simulation_free(sim);
    mfn_simulation_free(other);
    return after;
}

START_TEST(a_field_that_is_moved_round_the_torus_stays_the_same_to_the_bit)
{
    double difference = difference_after_a_run(moved, MFN_PERIODIC);
    ck_assert_msg(difference == 0.0, "%g", difference);
}
END_TEST

START_TEST(between_walls_a_field_that_is_moved_is_another)
{
    double difference = difference_after_a_run(moved, MFN_NEUMANN);
    ck_assert_msg(difference > 1e-6, "%g", difference);
}
END_TEST

START_TEST(mirroring_turning_and_transposing_change_nothing_but_roundings)
{
    static const struct {
        const char *name;
        movement move;
    } movements[] = {{"mirrored", mirrored}, {"turned", turned}, {"transposed", transposed}};
    static const mfn_boundary boundaries[] = {MFN_PERIODIC, MFN_NEUMANN, MFN_DIRICHLET};
    for (size_t i = 0; i < sizeof movements / sizeof *movements; i++) {
        for (size_t k = 0; k < sizeof boundaries / sizeof *boundaries; k++) {
            double difference = difference_after_a_run(movements[i].move, boundaries[k]);
            ck_assert_msg(difference < 1e-12, "%s, boundary %d: %g", movements[i].name,
                          (int)boundaries[k], difference);
        }
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {a_field_that_is_moved_round_the_torus_stays_the_same_to_the_bit,
                            between_walls_a_field_that_is_moved_is_another,
                            mirroring_turning_and_transposing_change_nothing_but_roundings, NULL};
    return mfn_test_run("symmetry", tests);
}
