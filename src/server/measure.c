/* SPDX-License-Identifier: MIT */
#include "server/measure.h"

#include <math.h>

#include "base/error.h"
#include "base/mem.h"

#include "mfn/fractal.h"

#define ACTIVE_V  (-0.060)
#define CHARGED_V 0.01

static size_t cells_of(const mfn_simulation *simulation)
{
    size_t side = mfn_simulation_grid_size(simulation);
    return side * side;
}

mfn_status mfn__measure_dimension(const mfn_simulation *simulation, double *ret, mfn_error *err)
{
    size_t cells = cells_of(simulation);
    const double *field_v = mfn_simulation_field_v(simulation);
    uint8_t *mask = mfn__mem_new(cells, 1);
    if (mask == NULL) {
        return mfn__fail_memory(err);
    }
    for (size_t i = 0; i < cells; i++) {
        mask[i] = field_v[i] > ACTIVE_V;
    }
    mfn_box_counting counting;
    mfn_status status =
        mfn_box_count(mask, mfn_simulation_grid_size(simulation), NULL, &counting, err);
    mfn__mem_free(mask);
    *ret = status == MFN_OK ? counting.dimension : 0.0;
    return status;
}

uint64_t mfn__measure_charged_cells(const mfn_simulation *simulation)
{
    size_t cells = cells_of(simulation);
    const double *field_v = mfn_simulation_field_v(simulation);
    uint64_t count = 0;
    for (size_t i = 0; i < cells; i++) {
        count += fabs(field_v[i]) > CHARGED_V;
    }
    return count;
}

double mfn__measure_energy(const mfn_simulation *simulation)
{
    size_t cells = cells_of(simulation);
    const double *field_v = mfn_simulation_field_v(simulation);
    double sum = 0.0;
    for (size_t i = 0; i < cells; i++) {
        sum += field_v[i] * field_v[i];
    }
    return sum;
}

/* At place `i` of a line of `side` values that are `stride` apart. */
static double slope(const double *line, size_t i, size_t side, size_t stride)
{
    size_t before = i > 0 ? i - 1 : 0;
    size_t after = i + 1 < side ? i + 1 : side - 1;
    return (line[after * stride] - line[before * stride]) / (double)(after - before);
}

double mfn__measure_roughness(const mfn_simulation *simulation)
{
    size_t side = mfn_simulation_grid_size(simulation);
    const double *field_v = mfn_simulation_field_v(simulation);
    if (side < 2) {
        return 0.0;
    }
    double sum = 0.0;
    for (size_t y = 0; y < side; y++) {
        for (size_t x = 0; x < side; x++) {
            double across = slope(field_v + y * side, x, side, 1);
            double down = slope(field_v + x, y, side, side);
            sum += across * across + down * down;
        }
    }
    return sum / (double)(side * side);
}
