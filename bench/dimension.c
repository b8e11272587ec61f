/* SPDX-License-Identifier: MIT */
/* Measures the dimensions of what has a known one: the tables of docs/dimension.md. Built and run
 * by make measure-dimension, or: bench_dimension sets | surfaces | cascade | aggregates |
 * percolation. */
#include "mfn/dimension.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shapes.h"

#include "mfn/fractal.h"
#include "mfn/growth.h"

static void stop_on(mfn_status status, const mfn_error *err)
{
    if (status != MFN_OK) {
        fprintf(stderr, "bench_dimension: %s\n", err->text);
        exit(1);
    }
}

static void *room(size_t count, size_t size)
{
    void *block = calloc(count, size);
    if (block == NULL) {
        fprintf(stderr, "bench_dimension: no memory\n");
        exit(1);
    }
    return block;
}

static mfn_dimension_config range_of(uint64_t min, uint64_t max, uint64_t ratio)
{
    mfn_dimension_config config;
    mfn_dimension_config_init(&config);
    config.scale_min = min;
    config.scale_max = max;
    config.scale_ratio = ratio;
    return config;
}

static mfn_dimensions dimensions_of(const uint8_t *mask, uint32_t side,
                                    const mfn_dimension_config *config)
{
    mfn_dimensions found;
    mfn_error err = {0};
    stop_on(mfn_dimensions_of_mask(mask, side, side, config, &found, &err), &err);
    return found;
}

static double plain_box_dimension(const uint8_t *mask, uint32_t side)
{
    mfn_box_counting found;
    mfn_error err = {0};
    stop_on(mfn_box_count(mask, side, NULL, &found, &err), &err);
    return found.dimension;
}

static mfn_random *generator(int seed)
{
    char digits[16];
    mfn_random *random = NULL;
    mfn_error err = {0};
    snprintf(digits, sizeof digits, "%d", seed);
    stop_on(mfn_random_new(digits, &random, &err), &err);
    return random;
}

/* Mean, deviation and count of what is added. */
typedef struct series {
    double sum, squares;
    int count;
} series;

static void add(series *to, double value)
{
    to->sum += value;
    to->squares += value * value;
    to->count++;
}

static double mean_of(const series *of)
{
    return of->sum / of->count;
}

static double deviation_of(const series *of)
{
    double mean = mean_of(of);
    return sqrt(fmax(0.0, (of->squares - of->count * mean * mean) / (of->count - 1)));
}

typedef struct known_set {
    const char *name;
    void (*draw)(uint8_t *mask, uint32_t side);
    uint32_t side;
    uint64_t min, ratio;
    double exact;
} known_set;

static void print_interval(const mfn_slope *slope)
{
    printf(" %.4f [%.4f, %.4f] |", slope->value, slope->low, slope->high);
}

static void measure_sets(void)
{
    const double triangle = log(3.0) / log(2.0);
    const double carpet = log(8.0) / log(3.0);
    const double koch = log(4.0) / log(3.0);
    const known_set sets[] = {
        {"filled square", shape_square, 512, 2, 2, 2.0},
        {"filled square", shape_square, 777, 2, 2, 2.0},
        {"line", shape_line, 512, 2, 2, 1.0},
        {"Sierpinski triangle", shape_triangle, 1024, 2, 2, triangle},
        {"Sierpinski triangle", shape_triangle, 1024, 3, 3, triangle},
        {"Sierpinski carpet", shape_carpet, 729, 3, 3, carpet},
        {"Sierpinski carpet", shape_carpet, 729, 2, 2, carpet},
        {"Cantor dust", shape_dust, 729, 3, 3, koch},
        {"Cantor dust", shape_dust, 729, 2, 2, koch},
        {"Koch curve", shape_koch, 1024, 2, 2, koch},
    };
    printf("| set | side | boxes | exact | box | information | correlation | D_box |\n"
           "|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        const known_set *set = &sets[i];
        uint8_t *mask = room(set->side, set->side);
        set->draw(mask, set->side);
        mfn_dimension_config config = range_of(set->min, 0, set->ratio);
        mfn_dimensions found = dimensions_of(mask, set->side, &config);
        printf("| %s | %u | %u to %u by %u | %.4f |", set->name, (unsigned)set->side,
               (unsigned)found.sizes[0], (unsigned)found.sizes[found.scales - 1],
               (unsigned)set->ratio, set->exact);
        print_interval(&found.box);
        print_interval(&found.information);
        print_interval(&found.correlation);
        printf(" %.4f |\n", plain_box_dimension(mask, set->side));
        free(mask);
    }
}

static void measure_surfaces(void)
{
    enum { SIDE = 512, SURFACES = 20 };
    static const double hursts[] = {0.2, 0.35, 0.5, 0.65, 0.8};
    double *field = room((size_t)SIDE * SIDE, sizeof *field);
    uint8_t *mask = room(SIDE, SIDE);
    printf("| Hurst exponent | 2 - H | box | information | correlation | D_box |\n"
           "|---|---|---|---|---|---|\n");
    for (size_t h = 0; h < sizeof hursts / sizeof *hursts; h++) {
        series box = {0}, information = {0}, correlation = {0}, plain = {0};
        for (int seed = 1; seed <= SURFACES; seed++) {
            char digits[16];
            snprintf(digits, sizeof digits, "%d", seed);
            if (shape_brownian(field, SIDE, hursts[h], digits) != 0) {
                exit(1);
            }
            memset(mask, 0, (size_t)SIDE * SIDE);
            shape_crossing(mask, field, SIDE, 0.0);
            mfn_dimensions found = dimensions_of(mask, SIDE, NULL);
            add(&box, found.box.value);
            add(&information, found.information.value);
            add(&correlation, found.correlation.value);
            add(&plain, plain_box_dimension(mask, SIDE));
        }
        printf("| %.2f | %.2f | %.3f ± %.3f | %.3f ± %.3f | %.3f ± %.3f | %.3f ± %.3f |\n",
               hursts[h], 2.0 - hursts[h], mean_of(&box), deviation_of(&box), mean_of(&information),
               deviation_of(&information), mean_of(&correlation), deviation_of(&correlation),
               mean_of(&plain), deviation_of(&plain));
    }
    free(mask);
    free(field);
}

static const double parts[] = {0.1, 0.2, 0.3, 0.4};

static double *cascade(uint32_t side)
{
    double *weights = room((size_t)side * side, sizeof *weights);
    for (uint32_t i = 0; i < side; i++) {
        for (uint32_t j = 0; j < side; j++) {
            double weight = 1.0;
            for (uint32_t bit = 1; bit < side; bit *= 2) {
                weight *= parts[((i & bit) != 0) * 2 + ((j & bit) != 0)];
            }
            weights[(size_t)i * side + j] = weight;
        }
    }
    return weights;
}

static void measure_cascade(void)
{
    enum { SIDE = 512 };
    double *weights = cascade(SIDE);
    mfn_spectrum found;
    mfn_error err = {0};
    stop_on(mfn_spectrum_of_measure(weights, SIDE, SIDE, NULL, &found, &err), &err);
    printf("| q | exact tau | tau | exact alpha | alpha | exact f | f |\n"
           "|---|---|---|---|---|---|---|\n");
    for (uint32_t i = 0; i < found.moments; i += 2) {
        const mfn_moment *moment = &found.moment[i];
        double sum = 0.0;
        double logs = 0.0;
        for (int k = 0; k < 4; k++) {
            sum += pow(parts[k], moment->q);
            logs += pow(parts[k], moment->q) * log2(parts[k]);
        }
        double tau = fabs(moment->q - 1.0) < 1e-9 ? 0.0 : -log2(sum);
        double alpha = -logs / sum;
        printf("| %g | %.4f | %.4f | %.4f | %.4f | %.4f | %.4f |\n", moment->q, tau, moment->tau,
               alpha, moment->alpha.value, moment->q * alpha - tau, moment->f.value);
    }
    free(weights);
}

static void print_growth(const char *lattice, uint64_t particles, const series *all)
{
    printf("| %s | %llu | %d | %.3f ± %.3f | %.3f | %.3f ± %.3f | %.3f ± %.3f | %.3f ± %.3f |\n",
           lattice, (unsigned long long)particles, all[0].count, mean_of(&all[0]),
           deviation_of(&all[0]) / sqrt(all[0].count), deviation_of(&all[0]), mean_of(&all[3]),
           deviation_of(&all[3]) / sqrt(all[3].count), mean_of(&all[1]), deviation_of(&all[1]),
           mean_of(&all[2]), deviation_of(&all[2]));
    fflush(stdout);
}

/* Over the last factor of eight in mass. */
static double last_slope(const mfn_dla_growth *growth)
{
    enum { RECORDS = 6 };
    uint32_t last = growth->records - 1;
    return log((double)growth->mass[last] / (double)growth->mass[last - RECORDS]) /
           log(growth->gyration_radius[last] / growth->gyration_radius[last - RECORDS]);
}

static void measure_aggregates(void)
{
    static const struct {
        const char *name;
        uint32_t lattice;
        uint64_t particles;
        uint32_t side;
        int seeds;
        uint64_t largest_box;
    } cases[] = {
        {"none", MFN_DLA_NO_LATTICE, 10000, 768, 100, 64},
        {"none", MFN_DLA_NO_LATTICE, 100000, 2560, 40, 256},
        {"none", MFN_DLA_NO_LATTICE, 1000000, 8192, 10, 256},
        {"square", MFN_DLA_SQUARE, 10000, 768, 100, 64},
        {"square", MFN_DLA_SQUARE, 100000, 2560, 40, 256},
        {"square", MFN_DLA_SQUARE, 1000000, 8192, 10, 256},
    };
    printf("| lattice | particles | seeds | mass dimension | deviation | last doublings | box | "
           "correlation |\n|---|---|---|---|---|---|---|---|\n");
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mfn_dla_config config;
        mfn_dla_config_init(&config);
        config.grid_size = cases[c].side;
        config.particles = cases[c].particles;
        config.lattice = cases[c].lattice;
        const mfn_dimension_config range = range_of(4, cases[c].largest_box, 2);
        uint8_t *mask = room(cases[c].side, cases[c].side);
        series all[4] = {{0}};
        for (int seed = 1; seed <= cases[c].seeds; seed++) {
            mfn_random *random = generator(seed);
            mfn_dla_growth growth;
            mfn_error err = {0};
            stop_on(mfn_dla_grow(&config, random, mask, &growth, &err), &err);
            mfn_random_free(random);
            if (growth.reached_edge) {
                fprintf(stderr, "bench_dimension: a cluster reached the edge\n");
                exit(1);
            }
            mfn_dimensions found = dimensions_of(mask, cases[c].side, &range);
            add(&all[0], growth.dimension.value);
            add(&all[1], found.box.value);
            add(&all[2], found.correlation.value);
            add(&all[3], last_slope(&growth));
        }
        print_growth(cases[c].name, config.particles, all);
        free(mask);
    }
}

/* Of one side: the largest cluster's mass without edges, and with them whether the field is crossed
 * and what the largest cluster's dimensions are. */
typedef struct percolation_series {
    series mass, crossed, box, correlation;
} percolation_series;

static void measure_fields(uint32_t side, int trials, percolation_series *ret)
{
    enum { MEASURED = 50, SIDE_LEAST = 256 };
    mfn_percolation_config config;
    mfn_percolation_config_init(&config);
    config.grid_size = side;
    config.keep = MFN_PERCOLATION_LARGEST;
    uint8_t *mask = room(side, side);
    mfn_random *random = generator((int)side);
    for (int trial = 0; trial < trials; trial++) {
        mfn_percolation found;
        mfn_error err = {0};
        config.boundary = MFN_PERCOLATION_PERIODIC;
        stop_on(mfn_percolation_fill(&config, random, mask, &found, &err), &err);
        add(&ret->mass, (double)found.largest);
        config.boundary = MFN_PERCOLATION_OPEN;
        stop_on(mfn_percolation_fill(&config, random, mask, &found, &err), &err);
        add(&ret->crossed, found.spans ? 1.0 : 0.0);
        if (trial < MEASURED && side >= SIDE_LEAST) {
            mfn_dimensions dimensions = dimensions_of(mask, side, NULL);
            add(&ret->box, dimensions.box.value);
            add(&ret->correlation, dimensions.correlation.value);
        }
    }
    mfn_random_free(random);
    free(mask);
}

static void print_fields(uint32_t side, const percolation_series *all, double exponent)
{
    printf("| %u | %d | %.3f | %.1f ± %.1f |", (unsigned)side, all->mass.count,
           mean_of(&all->crossed), mean_of(&all->mass),
           deviation_of(&all->mass) / sqrt(all->mass.count));
    if (exponent > 0.0) {
        printf(" %.3f |", exponent);
    } else {
        printf(" |");
    }
    if (all->box.count > 0) {
        printf(" %.3f ± %.3f | %.3f ± %.3f |\n", mean_of(&all->box), deviation_of(&all->box),
               mean_of(&all->correlation), deviation_of(&all->correlation));
    } else {
        printf(" | |\n");
    }
    fflush(stdout);
}

static void measure_percolation(void)
{
    enum { SIZES = 6 };
    static const int trials[SIZES] = {2000, 2000, 2000, 2000, 1000, 500};
    double x[SIZES], y[SIZES];
    printf("| side | fields | crossed | mass, periodic | exponent | box | correlation |\n"
           "|---|---|---|---|---|---|---|\n");
    for (int k = 0; k < SIZES; k++) {
        percolation_series all = {0};
        uint32_t side = 32u << k;
        measure_fields(side, trials[k], &all);
        x[k] = log((double)side);
        y[k] = log(mean_of(&all.mass));
        print_fields(side, &all, k > 0 ? (y[k] - y[k - 1]) / (x[k] - x[k - 1]) : 0.0);
    }
    mfn_slope slope;
    mfn_slope_fit(x, y, SIZES, &slope);
    printf("\nSlope over all sides: %.4f [%.4f, %.4f]; 91/48 = %.4f.\n", slope.value, slope.low,
           slope.high, 91.0 / 48.0);
}

static const struct {
    const char *name;
    void (*measure)(void);
} tables[] = {
    {"sets", measure_sets},
    {"surfaces", measure_surfaces},
    {"cascade", measure_cascade},
    {"aggregates", measure_aggregates},
    {"percolation", measure_percolation},
};

int main(int argc, char **argv)
{
    int printed = 0;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        if (argc < 2 || strcmp(argv[1], tables[i].name) == 0) {
            printf("%s%s:\n\n", printed > 0 ? "\n" : "", tables[i].name);
            tables[i].measure();
            printed++;
        }
    }
    if (printed == 0) {
        fprintf(stderr, "usage: bench_dimension [sets|surfaces|cascade|aggregates|percolation]\n");
        return 2;
    }
    return 0;
}
