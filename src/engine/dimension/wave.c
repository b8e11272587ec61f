/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/mem.h"
#include "engine/bits.h"
#include "engine/dimension/angle.h"
#include "engine/dimension/fourier.h"

#include "mfn/morphology.h"

#define HALF_TURN_DEGREES 180.0
#define PI                3.141592653589793
#define RING_HALF_WIDTH   1.5  /* the peak's ring and one on either side */
#define ANISOTROPY_MIN    1e-9 /* below it a direction is rounding noise */

/* Signed number of waves across the side. */
static double waves(uint32_t index, uint32_t side)
{
    return index <= side / 2 ? (double)index : (double)index - (double)side;
}

static bool is_flat(const double *field, size_t cells)
{
    for (size_t i = 1; i < cells; i++) {
        if (field[i] != field[0]) {
            return false;
        }
    }
    return true;
}

/* Power of every mode, in the real parts; the mean's mode is 0. Values are scaled to their largest
 * so that squares of any field are finite. */
static void find_power(mfn__fourier *fourier, const double *field, mfn__complex *modes)
{
    size_t cells = (size_t)fourier->length * fourier->length;
    double largest = 0.0;
    for (size_t i = 0; i < cells; i++) {
        double off = fabs(0.5 * field[i] - 0.5 * field[0]);
        largest = off > largest ? off : largest;
    }
    for (size_t i = 0; i < cells; i++) {
        modes[i] = (mfn__complex){(0.5 * field[i] - 0.5 * field[0]) / largest, 0.0};
    }
    mfn__fourier_transform_square(fourier, modes);
    for (size_t i = 0; i < cells; i++) {
        modes[i].re = modes[i].re * modes[i].re + modes[i].im * modes[i].im;
    }
    modes[0].re = 0.0;
}

/* The whole |k| whose ring has most power; `rings` is zeroed and side long. */
static uint32_t strongest_ring(const mfn__complex *power, uint32_t side, double *rings)
{
    for (uint32_t i = 0; i < side; i++) {
        double ky = waves(i, side);
        for (uint32_t j = 0; j < side; j++) {
            double kx = waves(j, side);
            rings[(uint32_t)(sqrt(kx * kx + ky * ky) + 0.5)] += power[(size_t)i * side + j].re;
        }
    }
    uint32_t best = 1;
    for (uint32_t k = 2; k < side; k++) {
        best = rings[k] > rings[best] ? k : best;
    }
    return best;
}

typedef struct ring_sums {
    double all, power, waves; /* all: of every mode, the others within the ring */
    double along, across;     /* of power * cos and sin of twice the angle */
} ring_sums;

static ring_sums sum_ring(const mfn__complex *power, uint32_t side, uint32_t ring)
{
    ring_sums sums = {0};
    for (uint32_t i = 0; i < side; i++) {
        double ky = waves(i, side);
        for (uint32_t j = 0; j < side; j++) {
            double kx = waves(j, side);
            double square = kx * kx + ky * ky;
            double k = sqrt(square);
            double p = power[(size_t)i * side + j].re;
            sums.all += p;
            if (square > 0.0 && fabs(k - (double)ring) < RING_HALF_WIDTH) {
                sums.power += p;
                sums.waves += p * k;
                sums.along += p * (kx * kx - ky * ky) / square;
                sums.across += p * (2.0 * kx * ky) / square;
            }
        }
    }
    return sums;
}

static mfn_wave wave_of(const ring_sums *sums, uint32_t side)
{
    double order = sqrt(sums->along * sums->along + sums->across * sums->across) / sums->power;
    mfn_wave wave = {
        .wavelength = (double)side * sums->power / sums->waves,
        .anisotropy = order,
        .power_share = sums->power / sums->all,
    };
    if (order > ANISOTROPY_MIN) {
        double degrees = mfn__angle(sums->across, sums->along) * (HALF_TURN_DEGREES / PI / 2.0);
        wave.orientation = degrees < HALF_TURN_DEGREES ? degrees : 0.0;
    }
    return wave;
}

mfn_status mfn_wave_of_field(const double *field, uint32_t side, mfn_wave *ret, mfn_error *err)
{
    if (side < 2 || side > MFN__SIDE_MAX) {
        return mfn__fail(err, MFN_INVALID, "side",
                         "side: expected a whole number in [2, %d], got %u", MFN__SIDE_MAX,
                         (unsigned)side);
    }
    size_t cells = (size_t)side * side;
    if (is_flat(field, cells)) {
        *ret = (mfn_wave){0};
        return MFN_OK;
    }
    mfn__fourier fourier = {0};
    mfn_status status = mfn__fourier_init(&fourier, side, err);
    mfn__complex *modes = mfn__mem_new(cells, sizeof *modes);
    double *rings = mfn__mem_new(side + 2, sizeof *rings);
    if (status == MFN_OK && (modes == NULL || rings == NULL)) {
        status = mfn__fail_memory(err);
    }
    if (status == MFN_OK) {
        find_power(&fourier, field, modes);
        ring_sums sums = sum_ring(modes, side, strongest_ring(modes, side, rings));
        *ret = wave_of(&sums, side);
    }
    mfn__fourier_deinit(&fourier);
    mfn__mem_free(modes);
    mfn__mem_free(rings);
    return status;
}
