/* SPDX-License-Identifier: MIT */
/* Sets of known dimension as masks. Each sets the cells of `mask`, side * side zeroed bytes. */
#ifndef MFN_TEST_SHAPES_H
#define MFN_TEST_SHAPES_H

#include <stdint.h>

/* A mask of zeros; release with free. */
uint8_t *shape_new(uint32_t side);

void shape_square(uint8_t *mask, uint32_t side);   /* every cell: 2 */
void shape_line(uint8_t *mask, uint32_t side);     /* one row: 1 */
void shape_triangle(uint8_t *mask, uint32_t side); /* Sierpinski's, side 2^n: ln 3 / ln 2 */
void shape_carpet(uint8_t *mask, uint32_t side);   /* Sierpinski's, side 3^n: ln 8 / ln 3 */
void shape_dust(uint8_t *mask, uint32_t side);     /* Cantor's in both axes, 3^n: ln 4 / ln 3 */
void shape_koch(uint8_t *mask, uint32_t side);     /* Koch's curve: ln 4 / ln 3 */

/* A surface with the Fourier spectrum of a fractional Brownian surface of Hurst exponent `hurst`,
 * side * side values in `ret`: its graph has dimension 3 - hurst, its lines of equal height 2 -
 * hurst. Returns 0, or -1 without memory. */
int shape_brownian(double *ret, uint32_t side, double hurst, const char *seed);

/* The cells above `level` that have a neighbour (of four) below it, and those neighbours. */
void shape_crossing(uint8_t *mask, const double *field, uint32_t side, double level);

#endif
