/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/format.h"

#include "mfn/membrane.h"

#define MV_PER_V          1000.0
#define VALENCE_MAX       3
#define CONCENTRATION_MAX 1e3 /* mol/L */
#define SCALE_MAX_MV      120.0
#define SCALE_COLUMNS     24 /* on either side of zero */
#define BAR_BYTES         256

typedef struct nernst_flags {
    const char *ion;
    const char *valence;                                    /* a text, because it may be negative */
    double concentration_out_molar, concentration_in_molar; /* 0 when not given */
    double temperature_k;
    uint32_t format;
} nernst_flags;

/* clang-format off: one row per option */
static const mfn_option table[] = {
    MFN__TEXT(nernst_flags, ion, "", "K, Na, Cl or Ca: its valence and typical concentrations"),
    {.name = "z_valence",
     .type = MFN_OPTION_TEXT,
     .offset = offsetof(nernst_flags, valence),
     .default_text = "",
     .unit = "",
     .help = "charge of the ion: -3 to 3, not 0; default 1"},
    {.name = "concentration_out_molar",
     .type = MFN_OPTION_REAL,
     .offset = offsetof(nernst_flags, concentration_out_molar),
     .max = CONCENTRATION_MAX,
     .min_open = true,
     .unit = "mol/L",
     .help = "outside the cell"},
    {.name = "concentration_in_molar",
     .type = MFN_OPTION_REAL,
     .offset = offsetof(nernst_flags, concentration_in_molar),
     .max = CONCENTRATION_MAX,
     .min_open = true,
     .unit = "mol/L",
     .help = "inside the cell"},
    MFN__REAL(nernst_flags, temperature_k, 273, 373, "310.0", "K", "temperature"),
    MFN__FORMAT_OPTION(nernst_flags),
    {0},
};
/* clang-format on */

static mfn_status find_ion(const char *symbol, const mfn_ion **ret, mfn_error *err)
{
    size_t count = 0;
    const mfn_ion *ions = mfn_ions(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(ions[i].symbol, symbol) == 0) {
            *ret = &ions[i];
            return MFN_OK;
        }
    }
    return mfn__fail(err, MFN_INVALID, "ion", "--ion: expected K, Na, Cl or Ca, got '%s'", symbol);
}

static mfn_status parse_valence(const char *text, int *ret, mfn_error *err)
{
    for (int z = -VALENCE_MAX; z <= VALENCE_MAX; z++) {
        char digits[8];
        snprintf(digits, sizeof digits, "%d", z);
        if (z != 0 &&
            (strcmp(text, digits) == 0 || (text[0] == '+' && strcmp(text + 1, digits) == 0))) {
            *ret = z;
            return MFN_OK;
        }
    }
    return mfn__fail(err, MFN_INVALID, "z_valence",
                     "--z-valence: expected a whole number from -3 to 3 and not 0, got '%s'", text);
}

/* The ion that the flags describe: one of the table, with the concentrations that were given. */
static mfn_status choose_ion(const nernst_flags *flags, mfn_ion *ret, mfn_error *err)
{
    *ret = (mfn_ion){.symbol = "", .name = "", .valence = 1};
    mfn_status status = MFN_OK;
    if (flags->ion[0] != '\0') {
        const mfn_ion *found = NULL;
        status = find_ion(flags->ion, &found, err);
        if (status == MFN_OK) {
            *ret = *found;
        }
    }
    int known_valence = ret->valence;
    if (status == MFN_OK && flags->valence[0] != '\0') {
        status = parse_valence(flags->valence, &ret->valence, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    if (ret->symbol[0] != '\0' && ret->valence != known_valence) {
        return mfn__fail(err, MFN_INVALID, "z_valence",
                         "--z-valence: expected %+d, the charge of %s, or no --ion, got %+d",
                         known_valence, ret->symbol, ret->valence);
    }
    ret->outside_molar =
        flags->concentration_out_molar > 0.0 ? flags->concentration_out_molar : ret->outside_molar;
    ret->inside_molar =
        flags->concentration_in_molar > 0.0 ? flags->concentration_in_molar : ret->inside_molar;
    if (!(ret->outside_molar > 0.0) || !(ret->inside_molar > 0.0)) {
        const char *flag =
            ret->outside_molar > 0.0 ? "--concentration-in-molar" : "--concentration-out-molar";
        return mfn__fail(err, MFN_INVALID, "concentration",
                         "%s: expected a concentration above 0 mol/L, or an --ion that has one",
                         flag);
    }
    return MFN_OK;
}

/* A line with zero in its middle and a bar that ends at the potential. */
static void draw_bar(double potential_mv, char ret[BAR_BYTES])
{
    int end = (int)lround(potential_mv / SCALE_MAX_MV * SCALE_COLUMNS);
    end = end < -SCALE_COLUMNS ? -SCALE_COLUMNS : end > SCALE_COLUMNS ? SCALE_COLUMNS : end;
    size_t used = 0;
    for (int column = -SCALE_COLUMNS; column <= SCALE_COLUMNS; column++) {
        bool is_filled = (column >= end && column < 0) || (column > 0 && column <= end);
        const char *mark = column == 0 ? "|" : is_filled ? "\xe2\x96\x88" : " ";
        size_t size = strlen(mark);
        memcpy(ret + used, mark, size);
        used += size;
    }
    while (used > 0 && ret[used - 1] == ' ') {
        used--;
    }
    ret[used] = '\0';
}

static int print_table(const nernst_flags *flags)
{
    size_t count = 0;
    const mfn_ion *ions = mfn_ions(&count);
    printf("Nernst potentials at %g K, inside minus outside\n\n"
           "ion   valence  outside mol/L  inside mol/L        mV\n",
           flags->temperature_k);
    bool has_clamped = false;
    for (size_t i = 0; i < count; i++) {
        double potential_v = 0.0;
        bool is_clamped = false;
        mfn_error err = {0};
        mfn_status status =
            mfn_nernst_v(&ions[i], flags->temperature_k, &potential_v, &is_clamped, &err);
        if (status != MFN_OK) {
            return mfn__command_fail("nernst", &err, MFN__EXIT_FAILED);
        }
        char bar[BAR_BYTES];
        draw_bar(potential_v * MV_PER_V, bar);
        printf("%-4s %8d %14g %13g %9.2f%s %s\n", ions[i].symbol, ions[i].valence,
               ions[i].outside_molar, ions[i].inside_molar, potential_v * MV_PER_V,
               is_clamped ? "*" : " ", bar);
        has_clamped = has_clamped || is_clamped;
    }
    if (has_clamped) {
        printf("\n* concentrations below %g mol/L count as that\n", MFN_CONCENTRATION_MIN);
    }
    return MFN__EXIT_OK;
}

static int print_json(const mfn_ion *ion, const nernst_flags *flags, double potential_v,
                      bool is_clamped)
{
    mfn__buffer text;
    mfn__json_writer json;
    mfn__format_json_begin(&text, &json);
    mfn__json_object_begin(&json);
    mfn__json_key(&json, "potential_mV");
    mfn__json_real(&json, potential_v * MV_PER_V);
    mfn__json_key(&json, "z_valence");
    mfn__json_i64(&json, ion->valence);
    mfn__json_key(&json, "concentration_out_molar");
    mfn__json_real(&json, ion->outside_molar);
    mfn__json_key(&json, "concentration_in_molar");
    mfn__json_real(&json, ion->inside_molar);
    mfn__json_key(&json, "temperature_k");
    mfn__json_real(&json, flags->temperature_k);
    mfn__json_key(&json, "clamped");
    mfn__json_bool(&json, is_clamped);
    mfn__json_object_end(&json);
    return mfn__format_json_end(&text, "nernst");
}

static int print_one(const nernst_flags *flags, const mfn_ion *ion)
{
    double potential_v = 0.0;
    bool is_clamped = false;
    mfn_error err = {0};
    if (mfn_nernst_v(ion, flags->temperature_k, &potential_v, &is_clamped, &err) != MFN_OK) {
        return mfn__command_fail("nernst", &err, MFN__EXIT_FAILED);
    }
    if (flags->format == MFN__FORMAT_JSON) {
        return print_json(ion, flags, potential_v, is_clamped);
    }
    printf("%s%s%.6f mV\n", ion->symbol, ion->symbol[0] != '\0' ? "  " : "",
           potential_v * MV_PER_V);
    if (is_clamped) {
        printf("(concentrations below %g mol/L count as that)\n", MFN_CONCENTRATION_MIN);
    }
    return MFN__EXIT_OK;
}

static void print_help(const mfn__flags *groups)
{
    printf("Usage: mfn nernst [flags]\n\n"
           "The potential at which an ion is at rest across a membrane, inside minus outside, by\n"
           "Nernst's equation. Without an ion or concentrations: a table of common ones.\n\n"
           "Example: mfn nernst --ion K --temperature-k 293\n"
           "         mfn nernst --z-valence=-1 --concentration-out-molar 0.12 \\\n"
           "             --concentration-in-molar 0.004\n");
    mfn__arguments_describe(stdout, groups);
}

int mfn__command_nernst(int argc, char **argv)
{
    nernst_flags flags = {0};
    mfn_options_set_defaults(table, &flags);
    const mfn__flags groups[] = {{"Ion", table, &flags}, {0}};
    mfn__arguments arguments;
    mfn_error err = {0};
    mfn_status status = mfn__arguments_parse(argc, argv, groups, NULL, &arguments, &err);
    if (status == MFN_OK && arguments.wants_help) {
        print_help(groups);
        return MFN__EXIT_OK;
    }
    bool wants_table = flags.ion[0] == '\0' && flags.valence[0] == '\0' &&
                       flags.concentration_out_molar == 0.0 && flags.concentration_in_molar == 0.0;
    if (status == MFN_OK && wants_table && flags.format == MFN__FORMAT_TEXT) {
        return print_table(&flags);
    }
    mfn_ion ion;
    if (status == MFN_OK) {
        status = choose_ion(&flags, &ion, &err);
    }
    if (status != MFN_OK) {
        return mfn__command_fail("nernst", &err, MFN__EXIT_USAGE);
    }
    return print_one(&flags, &ion);
}
