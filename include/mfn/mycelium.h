/* SPDX-License-Identifier: MIT */
/* A mycelium that grows: hyphal tips that extend, branch and fuse on a medium that they deplete.
 *
 * The quantities and processes are those of Boswell, Jacobs, Davidson, Gadd and Ritz (Bull. Math.
 * Biol. 65, 447, 2003, and 69, 605, 2007), with tips off the lattice as in Boswell and Hopkins
 * (Fungal Ecol. 1, 143, 2008) and the mass flow of Heaton, Lopez, Maini, Fricker and Jones (Phys.
 * Rev. E 86, 021905, 2012). docs/mycelium.md has the equations and where the numbers come from.
 *
 * Lengths are in cells (10 micrometres with the defaults), times in steps (2 minutes), nutrient in
 * units: what it costs to build one cell length of hypha. Same configuration, same bits. */
#ifndef MFN_MYCELIUM_H
#define MFN_MYCELIUM_H

#include <stddef.h>
#include <stdint.h>

#include "mfn/option.h"

#ifdef __cplusplus
extern "C" {
#endif

/* s is the substrate inside a hypha, e that in the medium, both in units per cell. */
typedef struct mfn_mycelium_config {
    size_t size;               /* sizeof(mfn_mycelium_config), set by the init function */
    uint64_t grid_size;        /* cells per side, 16 .. 1024 */
    uint64_t steps;            /* of mfn_mycelium_run */
    uint64_t tips;             /* that leave the inoculum, in even directions, 1 .. 64 */
    double inoculum;           /* units that it holds */
    double nutrient;           /* e at the beginning; in patches where there are any */
    uint64_t patches;          /* round ones at random places that hold it; 0: it is everywhere */
    double patch_radius;       /* cells */
    double background;         /* part of the nutrient that is between patches */
    double nutrient_diffusion; /* of e, cells^2 per step */
    double uptake;             /* u: a cell of hypha takes up u e per step */
    double maintenance;        /* units per cell of hypha and step */
    double internal_diffusion; /* of s along hyphae, cells^2 per step */
    double mass_flow;          /* 1: fluid flows through hyphae as fast as tips make room */
    double extension;          /* v: a tip grows v s / (half_saturation + s) cells per step */
    double half_saturation;    /* units per cell */
    double branching;          /* b: a cell of hypha branches with the rate b s per step */
    double branch_angle_deg;   /* mean angle between a branch and its hypha */
    double branch_spread_deg;  /* and its standard deviation */
    double wobble;             /* turning of tips, radians per square root of a cell */
    double autotropism;        /* turning away from hyphae, radians per cell and density/cell */
    double anastomosis;        /* probability that a tip fuses with a hypha that it meets */
    const char *seed;          /* borrowed: decimal digits */
} mfn_mycelium_config;

MFN_API const mfn_option *mfn_mycelium_options(void);
MFN_API void mfn_mycelium_config_init(mfn_mycelium_config *config);
MFN_CHECKED MFN_API mfn_status mfn_mycelium_config_check(const mfn_mycelium_config *config,
                                                         mfn_error *err);

/* A named set of values for some of the options. */
typedef struct mfn_mycelium_preset {
    const char *name;  /* "rich" */
    const char *title; /* one line */
} mfn_mycelium_preset;

/* All presets; the array is static. */
MFN_API const mfn_mycelium_preset *mfn_mycelium_presets(size_t *ret_count);

/* Sets the options that the preset names. MFN_INVALID when there is no such preset. */
MFN_CHECKED MFN_API mfn_status mfn_mycelium_config_preset(mfn_mycelium_config *config,
                                                          const char *name, mfn_error *err);

/* One colony. Not thread-safe: one thread per mycelium; different ones are independent. */
typedef struct mfn_mycelium mfn_mycelium;

/* A fresh inoculum in the middle. Takes all its memory here, at most 120 bytes per cell, of which a
 * system that gives out pages when they are used commits only what the colony reaches. `*ret` is
 * set only on MFN_OK. Release with mfn_mycelium_free. */
MFN_CHECKED MFN_API mfn_status mfn_mycelium_new(const mfn_mycelium_config *config,
                                                mfn_mycelium **ret, mfn_error *err);
MFN_API void mfn_mycelium_free(mfn_mycelium *mycelium); /* NULL is allowed */

/* Grows for so many steps, whatever the configured number: whole or in pieces, same bits. The time
 * of a step is proportional to the hyphae that are there, plus the medium's. */
MFN_API void mfn_mycelium_advance(mfn_mycelium *mycelium, uint64_t steps);

/* Grows for the steps that are left of the configured number. */
MFN_API void mfn_mycelium_run(mfn_mycelium *mycelium);

/* Borrowed: grid_size * grid_size bytes, row-major, 1 where there is a hypha; valid until the
 * mycelium is freed, and follows it as it grows. */
MFN_API const uint8_t *mfn_mycelium_mask(const mfn_mycelium *mycelium);
MFN_API uint32_t mfn_mycelium_grid_size(const mfn_mycelium *mycelium);

/* Write grid_size * grid_size values, row-major: e; s, which is 0 where there is no hypha; and for
 * pictures a quantity in [0, 1]: 0.6 + 0.4 s / (half_saturation + s) on hyphae, 1 where there is a
 * tip, at most 0.25 elsewhere, in proportion to what is left of the nutrient. */
MFN_API void mfn_mycelium_nutrient(const mfn_mycelium *mycelium, double *ret);
MFN_API void mfn_mycelium_substrate(const mfn_mycelium *mycelium, double *ret);
MFN_API void mfn_mycelium_display(const mfn_mycelium *mycelium, double *ret);

/* The same as a potential, for what takes one: 0 is MFN_MYCELIUM_LOWEST_V, 1 is
 * MFN_MYCELIUM_HIGHEST_V, volts. Hyphae lie above the -60 mV of the features' low threshold and
 * nothing else does, so D_box is the dimension of the mask. */
#define MFN_MYCELIUM_LOWEST_V  (-0.095)
#define MFN_MYCELIUM_HIGHEST_V 0.040
MFN_API void mfn_mycelium_field_v(const mfn_mycelium *mycelium, double *ret);

/* A tip that grows, in cells from the upper left corner, and its direction, of length 1. */
typedef struct mfn_mycelium_tip {
    double x, y, direction_x, direction_y;
} mfn_mycelium_tip;

/* `index` is below the summary's number of tips. */
MFN_API mfn_mycelium_tip mfn_mycelium_tip_at(const mfn_mycelium *mycelium, uint64_t index);

typedef struct mfn_mycelium_summary {
    uint64_t steps_computed;
    uint64_t tips;        /* that grow: the first ones + branches - fusions - tips_left */
    uint64_t branches;    /* so far */
    uint64_t fusions;     /* tips that ended in a hypha */
    uint64_t crossings;   /* hyphae that tips met and grew across */
    uint64_t tips_left;   /* tips that grew out of the grid */
    uint64_t cells;       /* that hold a hypha */
    double length;        /* cells of hypha grown */
    double active_length; /* of those that paid their maintenance in the last step */
    double radius;        /* cells from the inoculum to the farthest hypha */
    /* Units: given = medium + inside + length + respired, up to rounding. */
    double given, medium, inside, respired;
} mfn_mycelium_summary;

MFN_API void mfn_mycelium_summarize(const mfn_mycelium *mycelium, mfn_mycelium_summary *ret);

#ifdef __cplusplus
}
#endif

#endif
