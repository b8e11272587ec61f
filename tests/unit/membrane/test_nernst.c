/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "suite.h"

#include "mfn/membrane.h"

#define MV                      1e-3
#define ION(z, outside, inside) (&(mfn_ion){NULL, NULL, (z), (outside), (inside)})

START_TEST(common_ions_have_their_textbook_potentials)
{
    static const struct {
        const char *symbol;
        double expected_mv;
    } cases[] = {{"K", -89.01}, {"Na", 66.56}, {"Cl", -90.85}, {"Ca", 101.52}};
    size_t count = 0;
    const mfn_ion *ions = mfn_ions(&count);
    ck_assert_uint_eq(count, 4);
    for (size_t i = 0; i < count; i++) {
        double got = 0.0;
        mfn_error err = {0};
        ck_assert_str_eq(ions[i].symbol, cases[i].symbol);
        ck_assert_msg(mfn_nernst_v(&ions[i], MFN_BODY_TEMPERATURE, &got, NULL, &err) == MFN_OK,
                      "%s: %s", ions[i].symbol, err.text);
        ck_assert_msg(fabs(got - cases[i].expected_mv * MV) < 0.005 * MV, "%s: %g mV",
                      ions[i].symbol, got / MV);
    }
}
END_TEST

START_TEST(low_concentrations_are_clamped_and_that_is_told)
{
    static const struct {
        double outside, inside;
        bool is_clamped;
    } cases[] = {{0.0, 0.1, true},   {-5.0, 0.1, true},  {0.1, 1e-9, true},
                 {1e-9, 1e-8, true}, {1e-6, 1.0, false}, {0.1, 1e-6, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double got = 0.0;
        double expected = 0.0;
        bool is_clamped = !cases[i].is_clamped;
        ck_assert_int_eq(
            mfn_nernst_v(ION(1, cases[i].outside, cases[i].inside), 310.0, &got, &is_clamped, NULL),
            MFN_OK);
        ck_assert_int_eq(
            mfn_nernst_v(ION(1, fmax(cases[i].outside, 1e-6), fmax(cases[i].inside, 1e-6)), 310.0,
                         &expected, NULL, NULL),
            MFN_OK);
        ck_assert(got == expected && is_clamped == cases[i].is_clamped);
    }
}
END_TEST

START_TEST(what_has_no_potential_is_refused_by_name)
{
    static const struct {
        const char *field;
        int valence;
        double outside, inside, temperature_k;
    } cases[] = {
        {"valence", 0, 0.1, 0.1, 310.0},
        {"outside_molar", 1, NAN, 0.1, 310.0},
        {"outside_molar", 1, INFINITY, 0.1, 310.0},
        {"inside_molar", 1, 0.1, -INFINITY, 310.0},
        {"temperature_k", 1, 0.1, 0.2, NAN},
        {"temperature_k", 1, 0.1, 0.2, INFINITY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double got = 7.0;
        mfn_error err = {0};
        ck_assert_int_eq(mfn_nernst_v(ION(cases[i].valence, cases[i].outside, cases[i].inside),
                                      cases[i].temperature_k, &got, NULL, &err),
                         MFN_INVALID);
        ck_assert_str_eq(err.field, cases[i].field);
        ck_assert(got == 7.0);
    }
    double got = 7.0;
    ck_assert_int_eq(mfn_nernst_v(ION(1, 1e308, 1e-6), 310.0, &got, NULL, NULL), MFN_UNSTABLE);
    ck_assert_int_eq(mfn_nernst_v(ION(1, 1e300, 1e-6), 1e308, &got, NULL, NULL), MFN_UNSTABLE);
    ck_assert(got == 7.0);
}
END_TEST

/* The squid's giant axon (Hodgkin and Katz, 1949): P_K : P_Na : P_Cl = 1 : 0.04 : 0.45. */
static const mfn_permeation squid[] = {
    {1, 1.0, 0.010, 0.345}, {1, 0.04, 0.455, 0.072}, {-1, 0.45, 0.540, 0.061}};

START_TEST(the_squid_axon_rests_where_hodgkin_and_katz_found_it)
{
    double got = 0.0;
    ck_assert_int_eq(mfn_ghk_v(squid, 3, 293.0, &got, NULL), MFN_OK);
    ck_assert_msg(fabs(got - -59.0 * MV) < 2.0 * MV, "%g mV", got / MV);
}
END_TEST

START_TEST(one_ion_alone_has_its_nernst_potential)
{
    static const int valences[] = {-3, -2, -1, 1, 2, 3};
    for (size_t i = 0; i < sizeof valences / sizeof *valences; i++) {
        const mfn_permeation ion = {valences[i], 0.7, 0.12, 0.004};
        double expected = 0.0;
        double got = 0.0;
        mfn_error err = {0};
        ck_assert_int_eq(mfn_nernst_v(ION(valences[i], 0.12, 0.004), 310.0, &expected, NULL, NULL),
                         MFN_OK);
        ck_assert_msg(mfn_ghk_v(&ion, 1, 310.0, &got, &err) == MFN_OK, "%s", err.text);
        ck_assert_msg(fabs(got - expected) < 1e-14, "%d: expected %.17g, got %.17g", valences[i],
                      expected, got);
    }
}
END_TEST

START_TEST(the_closed_form_and_the_search_agree)
{
    double closed = 0.0;
    double searched = 0.0;
    mfn_permeation ions[4] = {squid[0], squid[1], squid[2], {2, 0.0, 0.01, 0.02}};
    ck_assert_int_eq(mfn_ghk_v(squid, 3, 310.0, &closed, NULL), MFN_OK);
    ck_assert_int_eq(mfn_ghk_v(ions, 4, 310.0, &searched, NULL), MFN_OK); /* nothing of it flows */
    ck_assert_msg(fabs(closed - searched) < 1e-14, "%.17g, %.17g", closed, searched);
    ions[3] = (mfn_permeation){2, 1.0, 0.010, 1e-7}; /* calcium flows in */
    ck_assert_int_eq(mfn_ghk_v(ions, 4, 310.0, &searched, NULL), MFN_OK);
    ck_assert(searched > closed);
}
END_TEST

START_TEST(equal_sides_have_no_potential_between_them)
{
    const mfn_permeation ions[] = {{1, 1.0, 0.1, 0.1}, {2, 0.5, 0.01, 0.01}, {-1, 2.0, 0.1, 0.1}};
    double got = 1.0;
    ck_assert_int_eq(mfn_ghk_v(ions, 3, 310.0, &got, NULL), MFN_OK);
    ck_assert(fabs(got) < 1e-15);
}
END_TEST

/* Without a closed form, the answer has to satisfy the equation that defines it. */
START_TEST(at_the_potential_found_no_current_flows)
{
    static const struct {
        const char *why;
        mfn_permeation ions[3];
    } cases[] = {
        {"calcium against potassium", {{1, 1, 0.005, 0.14}, {2, 4, 0.002, 1e-7}, {1, 0, 1, 1}}},
        {"each on one side only", {{2, 1, 0.0, 0.1}, {3, 0.1, 0.2, 0.0}, {-2, 3, 0.01, 0.0}}},
        {"next to zero", {{2, 1, 0.1, 0.10001}, {1, 1, 0.1, 0.1}, {-1, 1, 0.1, 0.1}}},
        {"far from zero", {{2, 1, 1e-30, 1.0}, {1, 1e-9, 1e-6, 1.0}, {-3, 1e-9, 1.0, 1e-6}}},
    };
    const double rt_per_f = MFN_GAS_CONSTANT * 310.0 / MFN_FARADAY_CONSTANT;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double got = 0.0;
        mfn_error err = {0};
        ck_assert_msg(mfn_ghk_v(cases[i].ions, 3, 310.0, &got, &err) == MFN_OK, "%s: %s",
                      cases[i].why, err.text);
        long double net = 0.0L;
        long double gross = 0.0L;
        for (size_t k = 0; k < 3; k++) {
            const mfn_permeation *ion = &cases[i].ions[k];
            long double x = (long double)ion->valence * (long double)(got / rt_per_f);
            long double out = x / -expm1l(-x) * (long double)ion->inside_molar;
            long double in = x / expm1l(x) * (long double)ion->outside_molar;
            long double factor = (long double)(ion->permeability * ion->valence);
            net += factor * (out - in);
            gross += fabsl(factor * out) + fabsl(factor * in);
        }
        ck_assert_msg(fabsl(net) < 1e-14L * gross, "%s: %.17g V leaves %Lg of the current",
                      cases[i].why, got, net / gross);
    }
}
END_TEST

START_TEST(a_potential_out_of_reach_is_refused)
{
    static const mfn_permeation cases[][2] = {
        {{1, 1.0, 1e3, 0.0}, {2, 1e-300, 0.0, 1e-3}},
        {{1, 1e12, 1e3, 0.0}, {1, 1e-300, 0.0, 1e-10}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double got = 7.0;
        mfn_error err = {0};
        ck_assert_int_eq(mfn_ghk_v(cases[i], 2, 310.0, &got, &err), MFN_UNSTABLE);
        ck_assert_str_eq(err.field, "permeability");
        ck_assert(got == 7.0);
    }
    double got = 7.0;
    ck_assert_int_eq(mfn_ghk_v(squid, 3, 1e308, &got, NULL), MFN_UNSTABLE);
    ck_assert(got == 7.0);
}
END_TEST

START_TEST(monovalent_ions_have_the_same_range_as_others)
{
    const mfn_permeation ions[] = {
        {1, 1e-200, 1e-200, 0.0}, {-1, 1.0, 1e-5, 1e-200}, {1, 1e-200, 0.0, 1e-200}};
    double got = 7.0;
    mfn_error err = {0};
    ck_assert_int_eq(mfn_ghk_v(ions, 3, 310.0, &got, &err), MFN_UNSTABLE);
    ck_assert_str_eq(err.field, "permeability");
    ck_assert(got == 7.0);
}
END_TEST

START_TEST(several_ions_are_checked_one_by_one)
{
    static const struct {
        const char *field;
        mfn_permeation ion;
        double temperature_k;
    } cases[] = {
        {"valence", {0, 1, 0.1, 0.1}, 310.0},
        {"valence", {4, 1, 0.1, 0.1}, 310.0},
        {"permeability", {1, -1, 0.1, 0.1}, 310.0},
        {"permeability", {1, NAN, 0.1, 0.1}, 310.0},
        {"permeability", {1, 2e12, 0.1, 0.1}, 310.0},
        {"outside_molar", {1, 1, INFINITY, 0.1}, 310.0},
        {"outside_molar", {1, 1, 1001.0, 0.1}, 310.0},
        {"inside_molar", {1, 1, 0.1, -0.1}, 310.0},
        {"temperature_k", {1, 1, 0.1, 0.1}, 0.0},
        {"temperature_k", {1, 1, 0.1, 0.1}, NAN},
        {"permeability", {1, 0, 0.1, 0.1}, 310.0},
        {"permeability", {1, 1, 0.0, 0.1}, 310.0},
        {"permeability", {-1, 1, 0.1, 0.0}, 310.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double got = 7.0;
        mfn_error err = {0};
        ck_assert_int_eq(mfn_ghk_v(&cases[i].ion, 1, cases[i].temperature_k, &got, &err),
                         MFN_INVALID);
        ck_assert_msg(strcmp(err.field, cases[i].field) == 0, "case %zu: %s", i, err.text);
        ck_assert(got == 7.0);
    }
    ck_assert_int_eq(mfn_ghk_v(squid, 0, 310.0, &(double){0}, NULL), MFN_INVALID);
}
END_TEST

START_TEST(the_engine_takes_the_valences_of_living_cells_and_its_own_clamp)
{
    double got = 0.0;
    bool is_clamped = false;
    mfn_membrane_config config;
    mfn_membrane_config_init(&config);
    config.ion_clamp_min = 0.01;
    ck_assert_int_eq(
        mfn_membrane_nernst_v(&config, ION(1, 0.1, 0.001), NULL, &got, &is_clamped, NULL), MFN_OK);
    double expected = 0.0;
    ck_assert_int_eq(mfn_nernst_v(ION(1, 0.1, 0.01), 310.0, &expected, NULL, NULL), MFN_OK);
    ck_assert(got == expected && is_clamped);
    static const int wrong[] = {0, 3, -3};
    for (size_t i = 0; i < 3; i++) {
        mfn_error err = {0};
        ck_assert_int_eq(
            mfn_membrane_nernst_v(NULL, ION(wrong[i], 0.1, 0.1), NULL, &got, NULL, &err),
            MFN_INVALID);
        ck_assert_str_eq(err.field, "valence");
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {common_ions_have_their_textbook_potentials,
                            low_concentrations_are_clamped_and_that_is_told,
                            what_has_no_potential_is_refused_by_name,
                            the_squid_axon_rests_where_hodgkin_and_katz_found_it,
                            one_ion_alone_has_its_nernst_potential,
                            the_closed_form_and_the_search_agree,
                            equal_sides_have_no_potential_between_them,
                            at_the_potential_found_no_current_flows,
                            a_potential_out_of_reach_is_refused,
                            monovalent_ions_have_the_same_range_as_others,
                            several_ions_are_checked_one_by_one,
                            the_engine_takes_the_valences_of_living_cells_and_its_own_clamp,
                            NULL};
    return mfn_test_run("nernst", tests);
}
