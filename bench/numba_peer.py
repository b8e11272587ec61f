# SPDX-License-Identifier: MIT
"""The default simulation of mfn-v4.1 in Numba, as one would write it for speed: one fused pass over the
three fields per step, all steps in one call, rows shared out to threads. The growth events are drawn
before, because no draw depends on the fields. The results equal ours bit by bit."""
import numba
import numpy as np


@numba.njit
def laplacian(up, down, left, right, centre):
    return up + down + left + right - 4.0 * centre


@numba.njit
def clip(value, low, high):
    value = low if value < low else value
    return high if value > high else value


@numba.njit
def inner(x, j):
    return laplacian(x[0][j], x[2][j], x[1][j - np.uint64(1)], x[1][j + np.uint64(1)], x[1][j])


@numba.njit
def outer(x, j, left, right):
    return laplacian(x[0][j], x[2][j], x[1][left], x[1][right], x[1][j])


@numba.njit
def new_activator(a, h, l):
    return a + (0.1 * l + 0.01 * (a * (1.0 - a) - h))


@numba.njit
def new_inhibitor(a, h, l):
    return h + (0.05 * l + 0.02 * (a - h))


@numba.njit
def new_potential(v, a, l):
    v = v + 0.18 * l
    return clip(v + 0.005 if a > 0.75 else v, -0.095, 0.040)


@numba.njit
def around(field, i):
    """The rows above, at and below row i."""
    side = len(field)
    return field[(i - 1) % side], field[i], field[(i + 1) % side]


@numba.njit
def row(v, a, h, nv, na, nh, i):
    """Three loops, because with more arrays than these in a loop LLVM gives vectors up."""
    v, a, h, nv, na, nh = around(v, i), around(a, i), around(h, i), nv[i], na[i], nh[i]
    zero, one, last = np.uint64(0), np.uint64(1), np.uint64(len(nv) - 1)
    for j in range(one, last):
        nh[j] = clip(new_inhibitor(a[1][j], h[1][j], inner(h, j)), 0.0, 1.0)
    for j in range(one, last):
        na[j] = new_activator(a[1][j], h[1][j], inner(a, j))
    for j in range(one, last):
        nv[j] = new_potential(v[1][j], na[j], inner(v, j))
        na[j] = clip(na[j], 0.0, 1.0)
    for j, left, right in ((zero, last, one), (last, last - one, zero)):
        nh[j] = clip(new_inhibitor(a[1][j], h[1][j], outer(h, j, left, right)), 0.0, 1.0)
        na[j] = new_activator(a[1][j], h[1][j], outer(a, j, left, right))
        nv[j] = new_potential(v[1][j], na[j], outer(v, j, left, right))
        na[j] = clip(na[j], 0.0, 1.0)


@numba.njit
def run_alone(v, a, h, nv, na, nh, rows, columns, heights):
    for step in range(len(rows)):
        if rows[step] >= 0:
            v[rows[step], columns[step]] += heights[step]
        for i in range(len(v)):
            row(v, a, h, nv, na, nh, i)
        v, a, h, nv, na, nh = nv, na, nh, v, a, h
    return v


@numba.njit(parallel=True)
def run_together(v, a, h, nv, na, nh, rows, columns, heights):
    for step in range(len(rows)):
        if rows[step] >= 0:
            v[rows[step], columns[step]] += heights[step]
        for i in numba.prange(len(v)):
            row(v, a, h, nv, na, nh, i)
        v, a, h, nv, na, nh = nv, na, nh, v, a, h
    return v


def events(random, side, steps):
    rows, columns, heights = np.full(steps, -1), np.zeros(steps, int), np.zeros(steps)
    for step in range(steps):
        if random.random() < 0.25:
            rows[step], columns[step] = random.integers(0, side), random.integers(0, side)
            heights[step] = random.normal(0.02, 0.005)
    return rows, columns, heights


def prepare(draw, side, steps, seed):
    """What run takes; `draw` is numpy_peer's."""
    random, *fields = draw(side, seed)
    return *fields, *(np.empty_like(field) for field in fields), *events(random, side, steps)


def run(prepared, threads):
    """The last field."""
    if threads == 1:
        return run_alone(*prepared)
    numba.set_num_threads(threads)
    return run_together(*prepared)
