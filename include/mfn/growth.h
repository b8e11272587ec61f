/* SPDX-License-Identifier: MIT */
/* Growth with a known answer: diffusion-limited aggregation and site percolation, models of their
 * own and checks of what measures dimensions (mfn/dimension.h).
 *
 * Both fill a mask of grid_size * grid_size bytes, row-major: 1 for occupied cells, 0 for others.
 * The outcome depends on the configuration and the generator's state alone. Not thread-safe in the
 * generator: one thread per generator. On failure mask and generator may have changed. */
#ifndef MFN_GROWTH_H
#define MFN_GROWTH_H

#include <stdbool.h>

#include "mfn/dimension.h"
#include "mfn/random.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mfn_dla_lattice {
    MFN_DLA_NO_LATTICE, /* discs in the plane */
    MFN_DLA_SQUARE,     /* cells; large clusters grow four arms and a smaller dimension */
} mfn_dla_lattice;

/* One particle after the other walks at random from far away and stays where it touches the
 * cluster (Witten and Sander, Phys. Rev. Lett. 47, 1981). A particle is one cell wide. */
typedef struct mfn_dla_config {
    size_t size;        /* sizeof(mfn_dla_config), set by the init function */
    uint64_t grid_size; /* cells per side */
    uint64_t particles; /* growth ends with so many, or where the cluster comes near the edge */
    uint32_t lattice;   /* mfn_dla_lattice */
} mfn_dla_config;

#define MFN_DLA_RECORDS_MAX 48

typedef struct mfn_dla_growth {
    uint64_t particles; /* that make up the cluster, the seed in the middle included */
    double radius;      /* cells: the farthest particle's distance from the seed */
    bool reached_edge;  /* the grid, not the number of particles, ended the growth */

    /* Radius of gyration, in cells, when the cluster had 64, 96, 128, 192, ... particles, and the
     * slope of ln mass over ln radius: the mass dimension of this one cluster. Clusters differ;
     * averages over many are what is known (docs/dimension.md). */
    uint32_t records;
    uint64_t mass[MFN_DLA_RECORDS_MAX];
    double gyration_radius[MFN_DLA_RECORDS_MAX];
    mfn_slope dimension;
} mfn_dla_growth;

/* Bounds, units and defaults of the fields. Static. */
MFN_API const mfn_option *mfn_dla_options(void);
MFN_API void mfn_dla_config_init(mfn_dla_config *config);
MFN_CHECKED MFN_API mfn_status mfn_dla_config_check(const mfn_dla_config *config, mfn_error *err);

/* One cluster as it grows. Not thread-safe: one thread per cluster. */
typedef struct mfn_dla mfn_dla;

/* The seed alone, in the middle. `config` may be NULL for the defaults. `*ret` is set only on
 * MFN_OK. Release with mfn_dla_free. */
MFN_CHECKED MFN_API mfn_status mfn_dla_new(const mfn_dla_config *config, mfn_dla **ret,
                                           mfn_error *err);
MFN_API void mfn_dla_free(mfn_dla *dla); /* NULL is allowed */

/* Adds up to so many particles and returns how many: fewer when growth has ended. Growing in parts
 * gives the cluster of growing at once. */
MFN_API uint64_t mfn_dla_advance(mfn_dla *dla, mfn_random *random, uint64_t particles);

MFN_API void mfn_dla_measure(const mfn_dla *dla, mfn_dla_growth *ret);

/* Sets the cells that hold a particle, and clears the others. Of particles that share a cell it
 * shows one: without a lattice they need not sit in cells. */
MFN_API void mfn_dla_draw(const mfn_dla *dla, uint8_t *ret_mask);

/* All of it at once. `config` may be NULL for the defaults; `ret_mask` and `ret` when not wanted.
 */
MFN_CHECKED MFN_API mfn_status mfn_dla_grow(const mfn_dla_config *config, mfn_random *random,
                                            uint8_t *ret_mask, mfn_dla_growth *ret, mfn_error *err);

typedef enum mfn_percolation_boundary {
    MFN_PERCOLATION_OPEN,
    MFN_PERCOLATION_PERIODIC, /* opposite edges are neighbours: no edge cuts clusters off */
} mfn_percolation_boundary;

typedef enum mfn_percolation_keep {
    MFN_PERCOLATION_ALL,
    MFN_PERCOLATION_LARGEST,  /* of equal ones the first in reading order */
    MFN_PERCOLATION_SPANNING, /* those that join the first row with the last; perhaps none */
} mfn_percolation_keep;

/* Every cell is occupied independently; neighbours share a side (Stauffer and Aharony, Introduction
 * to Percolation Theory, 1994). One uniform draw per cell, row by row: the same cells stay occupied
 * when the probability grows. */
typedef struct mfn_percolation_config {
    size_t size;        /* sizeof(mfn_percolation_config), set by the init function */
    uint64_t grid_size; /* cells per side */
    double probability; /* that a cell is occupied; the critical one is 0.592746 */
    uint32_t boundary;  /* mfn_percolation_boundary */
    uint32_t keep;      /* mfn_percolation_keep: which clusters the mask shows */
} mfn_percolation_config;

typedef struct mfn_percolation {
    uint64_t occupied; /* cells, whatever is kept */
    uint64_t clusters;
    uint64_t largest; /* cells of the largest cluster */
    bool spans;       /* some cluster joins the first row with the last */
} mfn_percolation;

MFN_API const mfn_option *mfn_percolation_options(void);
MFN_API void mfn_percolation_config_init(mfn_percolation_config *config);
MFN_CHECKED MFN_API mfn_status mfn_percolation_config_check(const mfn_percolation_config *config,
                                                            mfn_error *err);

/* `config` may be NULL for the defaults, `ret` when not wanted. */
MFN_CHECKED MFN_API mfn_status mfn_percolation_fill(const mfn_percolation_config *config,
                                                    mfn_random *random, uint8_t *ret_mask,
                                                    mfn_percolation *ret, mfn_error *err);

#ifdef __cplusplus
}
#endif

#endif
