/* SPDX-License-Identifier: MIT */
/* The whole scheme, reaction included, against manufactured solutions (Roache, J. Fluids Eng. 124,
 * 2002): smooth fields are chosen, the source that makes them a solution is computed by hand and
 * added after every step, and the distance to them must shrink as the scheme's order says.
 *
 *   u_t = D Laplacian(u) + reaction(u) + source,   one step: d = D dt / h^2, r = R dt
 *
 * on the unit square, h = 1 / side. Explicit Euler with the source at the old time is the same as
 * the engine's step and then dt * source. */
#include <math.h>
#include <stdio.h>

#include "engine/simulation.h"
#include "suite.h"

#define PI       3.14159265358979323846
#define WAVE     (2.0 * PI)
#define RATE     64.0 /* of the chosen fields' change with time */
#define END_TIME 0.015625

static const char *const names[] = {"potential", "activator", "inhibitor"};

/* Per unit of time: diffusion, and reaction of activator and inhibitor. */
static const double diffusion[] = {1.0, 0.9, 0.4};
#define R_ACTIVATOR 100.0
#define R_INHIBITOR 90.0

/* The chosen fields, far from thresholds and clamps. */
static double chosen(int field, double x, double y, double t)
{
    switch (field) {
    case MFN__POTENTIAL:
        return -0.07 + 0.01 * cos(WAVE * x) * sin(WAVE * y) * cos(RATE * t);
    case MFN__ACTIVATOR:
        return 0.25 + 0.1 * sin(WAVE * x) * cos(WAVE * y) * exp(-RATE * t);
    default:
        return 0.2 + 0.05 * cos(WAVE * (x + y)) * (1.0 + 0.5 * sin(RATE * t));
    }
}

static double chosen_rate(int field, double x, double y, double t)
{
    switch (field) {
    case MFN__POTENTIAL:
        return -0.01 * RATE * cos(WAVE * x) * sin(WAVE * y) * sin(RATE * t);
    case MFN__ACTIVATOR:
        return -0.1 * RATE * sin(WAVE * x) * cos(WAVE * y) * exp(-RATE * t);
    default:
        return 0.05 * cos(WAVE * (x + y)) * 0.5 * RATE * cos(RATE * t);
    }
}

/* Each field is a constant and one mode with one wave either way. */
static double laplacian(int field, double x, double y, double t)
{
    static const double means[] = {-0.07, 0.25, 0.2};
    return -2.0 * WAVE * WAVE * (chosen(field, x, y, t) - means[field]);
}

/* What the five-point stencil makes of the chosen field: without the error of space. */
static double stencil(int field, double x, double y, double t, double h)
{
    double around = chosen(field, x - h, y, t) + chosen(field, x + h, y, t) +
                    chosen(field, x, y - h, t) + chosen(field, x, y + h, t);
    return (around - 4.0 * chosen(field, x, y, t)) / (h * h);
}

static double source(int field, double x, double y, double t, double h, bool has_exact_space)
{
    double spread = has_exact_space ? stencil(field, x, y, t, h) : laplacian(field, x, y, t);
    double a = chosen(MFN__ACTIVATOR, x, y, t);
    double i = chosen(MFN__INHIBITOR, x, y, t);
    double reaction = field == MFN__ACTIVATOR   ? R_ACTIVATOR * (a * (1.0 - a) - i)
                      : field == MFN__INHIBITOR ? R_INHIBITOR * (a - i)
                                                : 0.0;
    return chosen_rate(field, x, y, t) - diffusion[field] * spread - reaction;
}

static mfn_simulation *quiet_simulation(uint64_t side, double dt)
{
    double per_step = dt * (double)(side * side);
    mfn_simulation_config config;
    mfn_simulation_config_init(&config, MFN_MODEL_V4_1);
    config.grid_size = side;
    config.spike_probability = 0.0;
    config.alpha = diffusion[MFN__POTENTIAL] * per_step;
    config.d_activator = diffusion[MFN__ACTIVATOR] * per_step;
    config.d_inhibitor = diffusion[MFN__INHIBITOR] * per_step;
    config.r_activator = R_ACTIVATOR * dt;
    config.r_inhibitor = R_INHIBITOR * dt;
    mfn_simulation *sim = NULL;
    mfn_error err = {0};
    ck_assert_msg(mfn_simulation_new(&config, &sim, &err) == MFN_OK, "%s", err.text);
    return sim;
}

static double *row_of(mfn_simulation *sim, int field, uint32_t row)
{
    sim->grids[field].is_packed = false;
    return mfn__grid_row(&sim->grids[field], row);
}

static void set_chosen(mfn_simulation *sim)
{
    uint32_t side = mfn_simulation_grid_size(sim);
    for (int field = 0; field < MFN__FIELD_COUNT; field++) {
        for (uint32_t i = 0; i < side; i++) {
            double *row = row_of(sim, field, i);
            for (uint32_t j = 0; j < side; j++) {
                row[j] = chosen(field, (double)j / side, (double)i / side, 0.0);
            }
            mfn__grid_fill_halo(&sim->grids[field], sim->grids[field].now, i, MFN_PERIODIC);
        }
    }
}

static void add_source(mfn_simulation *sim, double t, double dt, bool has_exact_space)
{
    uint32_t side = mfn_simulation_grid_size(sim);
    for (int field = 0; field < MFN__FIELD_COUNT; field++) {
        for (uint32_t i = 0; i < side; i++) {
            double *row = row_of(sim, field, i);
            for (uint32_t j = 0; j < side; j++) {
                row[j] += dt * source(field, (double)j / side, (double)i / side, t, 1.0 / side,
                                      has_exact_space);
            }
            mfn__grid_fill_halo(&sim->grids[field], sim->grids[field].now, i, MFN_PERIODIC);
        }
    }
}

/* The largest distance to the chosen fields, relative to the size of their modes. */
static double largest_error(mfn_simulation *sim, int field)
{
    static const double sizes[] = {0.01, 0.1, 0.05};
    uint32_t side = mfn_simulation_grid_size(sim);
    double largest = 0.0;
    for (uint32_t i = 0; i < side; i++) {
        const double *row = row_of(sim, field, i);
        for (uint32_t j = 0; j < side; j++) {
            double exact = chosen(field, (double)j / side, (double)i / side, END_TIME);
            largest = fmax(largest, fabs(row[j] - exact) / sizes[field]);
        }
    }
    return largest;
}

typedef struct refinement {
    uint64_t side, steps;
    double errors[MFN__FIELD_COUNT];
} refinement;

static refinement measure(uint64_t side, uint64_t steps, bool has_exact_space)
{
    refinement result = {.side = side, .steps = steps};
    double dt = END_TIME / (double)steps;
    mfn_simulation *sim = quiet_simulation(side, dt);
    set_chosen(sim);
    for (uint64_t step = 0; step < steps; step++) {
        ck_assert_int_eq(mfn_simulation_advance(sim, 1, NULL, NULL, NULL), MFN_OK);
        add_source(sim, dt * (double)step, dt, has_exact_space);
    }
    mfn_simulation_summary summary;
    mfn_simulation_summarize(sim, &summary);
    ck_assert_uint_eq(summary.turing_activations + summary.clamping_events, 0);
    for (int field = 0; field < MFN__FIELD_COUNT; field++) {
        result.errors[field] = largest_error(sim, field);
    }
    mfn_simulation_free(sim);
    return result;
}

/* One line for each field; tools/draw_validation.py draws them. */
static void show(const char *what, const refinement *found)
{
    for (int field = 0; field < MFN__FIELD_COUNT; field++) {
        printf("%s, %s: side %llu, steps %llu, error %.4e\n", what, names[field],
               (unsigned long long)found->side, (unsigned long long)found->steps,
               found->errors[field]);
    }
}

static void expect_order(double expected, const refinement *coarse, const refinement *fine)
{
    for (int field = 0; field < MFN__FIELD_COUNT; field++) {
        double order = log2(coarse->errors[field] / fine->errors[field]);
        ck_assert_msg(fine->errors[field] < 0.1 && fabs(order - expected) < 0.05,
                      "%s, %llu cells a side, %llu steps: error %g after %g: order %g, expected %g",
                      names[field], (unsigned long long)fine->side, (unsigned long long)fine->steps,
                      fine->errors[field], coarse->errors[field], order, expected);
    }
}

START_TEST(refining_cells_and_steps_together_converges_to_second_order)
{
    refinement coarse = measure(16, 20, false);
    show("space", &coarse);
    for (uint64_t side = 32; side <= 64; side *= 2) {
        refinement fine = measure(side, 4 * coarse.steps, false);
        show("space", &fine);
        expect_order(2.0, &coarse, &fine);
        coarse = fine;
    }
}
END_TEST

START_TEST(refining_steps_alone_converges_to_first_order)
{
    refinement coarse = measure(16, 20, true);
    show("time", &coarse);
    for (uint64_t steps = 40; steps <= 80; steps *= 2) {
        refinement fine = measure(16, steps, true);
        show("time", &fine);
        expect_order(1.0, &coarse, &fine);
        coarse = fine;
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {refining_cells_and_steps_together_converges_to_second_order,
                            refining_steps_alone_converges_to_first_order, NULL};
    return mfn_test_run("manufactured", tests);
}
