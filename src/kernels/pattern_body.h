/* SPDX-License-Identifier: MIT */
/* The pattern kernels, once for all instruction sets; sources in engine/patterns/patterns.c.
 *
 * Per cell, with L(x) as in step_columns.h and the step dt:
 *   u' = u + dt (D_u L(u) + f(u, v))      v' = v + dt (D_v L(v) + g(u, v))
 * clipped to [0, 1] where the model asks for it. */
#ifndef MFN_KERNELS_PATTERN_BODY_H
#define MFN_KERNELS_PATTERN_BODY_H

#include "kernels/pattern.h"
#include "kernels/step_columns.h"

typedef struct reaction {
    double f, g;
} reaction;

/* `rate` are the model's own parameters; `kind` is a constant. */
ALWAYS_INLINE reaction react_pattern(mfn__pattern_kind kind, double u, double v, const double *rate)
{
    switch (kind) {
    case MFN__GRAY_SCOTT: { /* feed, kill */
        double turnover = (u * v) * v;
        return (reaction){rate[0] * (1.0 - u) - turnover, turnover - (rate[0] + rate[1]) * v};
    }
    case MFN__GIERER_MEINHARDT: { /* production, decay of u, decay of v, basal production */
        double made = rate[0] * (u * u);
        return (reaction){(made / v - rate[1] * u) + rate[3], made - rate[2] * v};
    }
    case MFN__SCHNAKENBERG: { /* supply of u, supply of v */
        double turnover = (u * u) * v;
        return (reaction){(rate[0] - u) + turnover, rate[1] - turnover};
    }
    case MFN__FITZHUGH_NAGUMO: /* rate of v, decay of v, bias */
        return (reaction){(u - (u * u) * u) - v, rate[0] * ((u - rate[1] * v) - rate[2])};
    case MFN__LOGISTIC_INHIBITOR: /* growth of u, rate of v */
        return (reaction){rate[0] * (u * (1.0 - u)) - v, rate[1] * (u - v)};
    case MFN__PATTERN_COUNT:
        break;
    }
    return (reaction){0.0, 0.0};
}

ALWAYS_INLINE uint64_t pattern_row(const step_row *row, const mfn__step_rows *rows, const double *p,
                                   mfn__pattern_kind kind, bool right_first)
{
    const double *u = row->potential.now;
    const double *v = row->activator.now;
    double *next_u = row->potential.next;
    double *next_v = row->activator.next;
    const double diffusion_u = p[MFN__DIFFUSION_U];
    const double diffusion_v = p[MFN__DIFFUSION_V];
    const double time_step = p[MFN__TIME_STEP];
    const double rate[] = {p[MFN__FIRST_RATE], p[MFN__FIRST_RATE + 1], p[MFN__FIRST_RATE + 2],
                           p[MFN__FIRST_RATE + 3]};
    size_t stride = rows->stride;
    uint64_t nan_cells = 0;

    NO_OVERLAP
    for (size_t j = 0; j < rows->columns; j++) {
        reaction now = react_pattern(kind, u[j], v[j], rate);
        double new_u =
            u[j] + time_step * (diffusion_u * laplacian(u + j, stride, right_first) + now.f);
        double new_v =
            v[j] + time_step * (diffusion_v * laplacian(v + j, stride, right_first) + now.g);
        bool is_bounded = kind == MFN__LOGISTIC_INHIBITOR; /* as the morphogens of 4.1 */
        next_u[j] = is_bounded ? clip(new_u, 0.0, 1.0) : new_u;
        next_v[j] = is_bounded ? clip(new_v, 0.0, 1.0) : new_v;
        nan_cells += new_u != new_u;
        nan_cells += new_v != new_v;
    }
    return nan_cells;
}

ALWAYS_INLINE void step_pattern(const mfn__step_rows *rows, const double *parameters,
                                mfn__pattern_kind kind)
{
    uint64_t nan_cells = 0;
    for (size_t i = 0; i < rows->rows; i++) {
        const step_row row = {
            .potential = field_row(rows->potential, i * rows->stride),
            .activator = field_row(rows->activator, i * rows->stride),
        };
        nan_cells += rows->boundary == MFN_DIRICHLET
                         ? pattern_row(&row, rows, parameters, kind, true)
                         : pattern_row(&row, rows, parameters, kind, false);
        fill_halo(row.potential.next, rows->columns, rows->boundary);
        fill_halo(row.activator.next, rows->columns, rows->boundary);
    }
    rows->counts->nan_cells += nan_cells;
}

#define PATTERN_KERNEL(name, kind)                                                                 \
    static void name(const mfn__step_rows *rows, const mfn__step_coefficients *coefficients)       \
    {                                                                                              \
        step_pattern(rows, coefficients->pattern, kind);                                           \
    }

PATTERN_KERNEL(gray_scott, MFN__GRAY_SCOTT)
PATTERN_KERNEL(gierer_meinhardt, MFN__GIERER_MEINHARDT)
PATTERN_KERNEL(schnakenberg, MFN__SCHNAKENBERG)
PATTERN_KERNEL(fitzhugh_nagumo, MFN__FITZHUGH_NAGUMO)
PATTERN_KERNEL(logistic_inhibitor, MFN__LOGISTIC_INHIBITOR)

#define PATTERN_KERNELS                                                                            \
    {                                                                                              \
        [MFN__GRAY_SCOTT] = gray_scott, [MFN__GIERER_MEINHARDT] = gierer_meinhardt,                \
        [MFN__SCHNAKENBERG] = schnakenberg, [MFN__FITZHUGH_NAGUMO] = fitzhugh_nagumo,              \
        [MFN__LOGISTIC_INHIBITOR] = logistic_inhibitor,                                            \
    }

#endif
