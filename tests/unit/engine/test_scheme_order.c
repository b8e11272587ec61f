/* SPDX-License-Identifier: MIT */
/* With neither spikes nor reaction the engine solves the heat equation, whose Fourier modes are
 * exact solutions: what the scheme does to each of them is known, and is measured here from the
 * random initial field (docs/validation.md). */
#include <math.h>
#include <stdlib.h>

#include "suite.h"

#include "mfn/simulation.h"

#define PI       3.14159265358979323846
#define SIDE_MAX 128

static mfn_simulation *diffusion(uint64_t side, double alpha, mfn_boundary boundary)
{
    mfn_simulation_config config;
    mfn_simulation_config_init(&config, MFN_MODEL_V4_1);
    config.grid_size = side;
    config.alpha = alpha;
    config.spike_probability = 0.0;
    config.turing_enabled = false;
    config.boundary_condition = boundary;
    config.seed = "42";
    mfn_simulation *sim = NULL;
    mfn_error err = {0};
    ck_assert_msg(mfn_simulation_new(&config, &sim, &err) == MFN_OK, "%s", err.text);
    return sim;
}

/* The part of the field along cos(2 pi (k column + l row) / side), or, between walls, along
 * cos(pi k (column + 1/2) / side). */
static double project(const mfn_simulation *sim, unsigned k, unsigned l, bool has_walls)
{
    uint32_t side = mfn_simulation_grid_size(sim);
    const double *field_v = mfn_simulation_field_v(sim);
    double sum = 0.0;
    for (uint32_t i = 0; i < side; i++) {
        for (uint32_t j = 0; j < side; j++) {
            double phase = has_walls ? PI * k * (j + 0.5) / side
                                     : 2.0 * PI * ((double)k * j + (double)l * i) / side;
            sum += field_v[(size_t)i * side + j] * cos(phase);
        }
    }
    return sum;
}

static void step(mfn_simulation *sim, uint64_t steps)
{
    ck_assert_int_eq(mfn_simulation_advance(sim, steps, NULL, NULL, NULL), MFN_OK);
}

/* What one step multiplies a mode by. */
static double factor(uint64_t side, double alpha, unsigned k, unsigned l, bool has_walls)
{
    mfn_simulation *sim = diffusion(side, alpha, has_walls ? MFN_NEUMANN : MFN_PERIODIC);
    step(sim, 1); /* past the clamp, should a first value have needed it */
    double before = project(sim, k, l, has_walls);
    step(sim, 1);
    double after = project(sim, k, l, has_walls);
    mfn_simulation_free(sim);
    return after / before;
}

START_TEST(space_is_resolved_to_second_order)
{
    for (int has_walls = 0; has_walls < 2; has_walls++) {
        double k = has_walls ? PI : 2.0 * PI; /* wave number of the slowest mode on a unit side */
        double last = 0.0;
        for (uint64_t side = SIDE_MAX / 8; side <= SIDE_MAX; side *= 2) {
            double eigenvalue =
                (factor(side, 0.2, 1, 0, has_walls != 0) - 1.0) / 0.2 * (double)(side * side);
            double error = fabs(eigenvalue + k * k);
            if (last > 0.0) {
                ck_assert_msg(fabs(log2(last / error) - 2.0) < 0.05, "order %g at %llu cells",
                              log2(last / error), (unsigned long long)side);
            }
            last = error;
        }
    }
}
END_TEST

START_TEST(time_is_resolved_to_first_order)
{
    double exact = exp(20.0 * 2.0 * (cos(2.0 * PI / 16.0) - 1.0));
    double last = 0.0;
    static const double alphas[] = {0.2, 0.1, 0.05};
    for (size_t i = 0; i < sizeof alphas / sizeof *alphas; i++) {
        double alpha = alphas[i];
        mfn_simulation *sim = diffusion(16, alpha, MFN_PERIODIC);
        step(sim, 1);
        double before = project(sim, 1, 0, false);
        step(sim, (uint64_t)(20.0 / alpha + 0.5));
        double error = fabs(project(sim, 1, 0, false) / before - exact);
        mfn_simulation_free(sim);
        if (last > 0.0) {
            ck_assert_msg(fabs(log2(last / error) - 1.0) < 0.05, "order %g", log2(last / error));
        }
        last = error;
    }
}
END_TEST

START_TEST(every_mode_is_damped_as_the_stencil_says)
{
    static const struct {
        double alpha;
        unsigned k, l;
    } cases[] = {{0.05, 1, 0}, {0.18, 2, 3}, {0.2, 5, 1}, {0.24, 8, 8}, {0.125, 4, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double x = sin(PI * cases[i].k / 16.0);
        double y = sin(PI * cases[i].l / 16.0);
        double expected = 1.0 - 4.0 * cases[i].alpha * (x * x + y * y);
        double got = factor(16, cases[i].alpha, cases[i].k, cases[i].l, false);
        ck_assert_msg(fabs(got - expected) < 1e-9, "mode %u, %u: expected %.12g, got %.12g",
                      cases[i].k, cases[i].l, expected, got);
    }
}
END_TEST

static double mean_after(mfn_boundary boundary, uint64_t steps)
{
    mfn_simulation *sim = diffusion(16, 0.18, boundary);
    step(sim, steps);
    mfn_simulation_summary summary;
    mfn_simulation_summarize(sim, &summary);
    mfn_simulation_free(sim);
    return summary.field_mean_v;
}

START_TEST(the_total_is_conserved_but_for_an_outside_at_zero)
{
    ck_assert(fabs(mean_after(MFN_PERIODIC, 500) - mean_after(MFN_PERIODIC, 1)) < 1e-14);
    ck_assert(fabs(mean_after(MFN_NEUMANN, 500) - mean_after(MFN_NEUMANN, 1)) < 1e-14);
    ck_assert(fabs(mean_after(MFN_DIRICHLET, 500)) < 0.001);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {space_is_resolved_to_second_order, time_is_resolved_to_first_order,
                            every_mode_is_damped_as_the_stencil_says,
                            the_total_is_conserved_but_for_an_outside_at_zero, NULL};
    return mfn_test_run("scheme_order", tests);
}
