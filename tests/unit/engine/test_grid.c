/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "engine/grid.h"
#include "suite.h"

#define KERNEL_ALIGNMENT 64
#define UNTOUCHED        (-1.0)

static const uint32_t sides[] = {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 64, 67};

#define SIDE_COUNT (sizeof sides / sizeof sides[0])

static const mfn_boundary boundaries[] = {MFN_PERIODIC, MFN_NEUMANN, MFN_DIRICHLET};
static const char *const boundary_names[] = {"periodic", "neumann", "dirichlet"};

#define BOUNDARY_COUNT (sizeof boundaries / sizeof boundaries[0])

/* Every cell different from every other. */
static double cell(uint32_t row, uint32_t column)
{
    return 1.0 + row * 1000.0 + column;
}

/* A grid with known cells now, and known halos and next cells; release the storage. */
static double *new_grid(uint32_t side, mfn__grid *ret)
{
    size_t doubles = mfn__grid_doubles(side);
    double *storage = mfn__mem_new_aligned(doubles, sizeof *storage);
    ck_assert_ptr_nonnull(storage);
    for (size_t i = 0; i < doubles; i++) {
        storage[i] = UNTOUCHED;
    }
    mfn__grid_init(ret, side, storage);
    for (uint32_t i = 0; i < side; i++) {
        for (uint32_t j = 0; j < side; j++) {
            mfn__grid_row(ret, i)[j] = cell(i, j);
        }
    }
    return storage;
}

static double *next_row(const mfn__grid *grid, uint32_t row)
{
    return grid->next + row * grid->stride;
}

START_TEST(rows_are_aligned_and_lie_inside_their_storage_without_touching)
{
    for (size_t s = 0; s < SIDE_COUNT; s++) {
        uint32_t side = sides[s];
        mfn__grid grid;
        double *storage = new_grid(side, &grid);
        const double *free_from = storage; /* where the row before ended, with its halo */
        for (uint32_t i = 0; i < 2 * side; i++) {
            const double *row = i < side ? mfn__grid_row(&grid, i) : next_row(&grid, i - side);
            ck_assert_uint_eq((uintptr_t)row % KERNEL_ALIGNMENT, 0);
            ck_assert_msg(row - 1 >= free_from, "side %u, row %u", side, i);
            free_from = row + side + 1;
        }
        ck_assert(free_from <= storage + mfn__grid_doubles(side));
        mfn__mem_free(storage);
    }
}
END_TEST

START_TEST(the_halo_continues_the_row)
{
    for (size_t s = 0; s < SIDE_COUNT; s++) {
        uint32_t last = sides[s] - 1;
        mfn__grid grid;
        double *storage = new_grid(sides[s], &grid);
        double *row = mfn__grid_row(&grid, last);
        const double left[] = {cell(last, last), cell(last, 0), 0.0};
        const double right[] = {cell(last, 0), cell(last, last), 0.0};
        for (size_t b = 0; b < BOUNDARY_COUNT; b++) {
            mfn__grid_fill_halo(&grid, grid.now, last, boundaries[b]);
            ck_assert_msg(row[-1] == left[b] && row[last + 1] == right[b],
                          "side %u, %s: expected %g and %g, got %g and %g", sides[s],
                          boundary_names[b], left[b], right[b], row[-1], row[last + 1]);
        }
        for (uint32_t j = 0; j <= last; j++) {
            ck_assert_double_eq(row[j], cell(last, j));
        }
        mfn__mem_free(storage);
    }
}
END_TEST

/* What each boundary puts beyond row 0 (`beyond` is the last row) and beyond the last row (`beyond`
 * is row 0). */
static double outside(mfn_boundary boundary, uint32_t edge, uint32_t beyond, uint32_t column)
{
    return boundary == MFN_DIRICHLET ? 0.0 : cell(boundary == MFN_PERIODIC ? beyond : edge, column);
}

START_TEST(the_rows_beyond_the_edges_continue_the_field)
{
    for (size_t s = 0; s < SIDE_COUNT; s++) {
        uint32_t last = sides[s] - 1;
        mfn__grid grid;
        double *storage = new_grid(sides[s], &grid);
        for (size_t b = 0; b < BOUNDARY_COUNT; b++) {
            for (uint32_t i = 0; i <= last; i++) {
                mfn__grid_fill_halo_rows(&grid, grid.now, i, boundaries[b]);
            }
            for (uint32_t j = 0; j <= last; j++) {
                const double *first = mfn__grid_row(&grid, 0) + j;
                ck_assert_double_eq(*(first - grid.stride), outside(boundaries[b], 0, last, j));
                ck_assert_double_eq(mfn__grid_row(&grid, last)[j + grid.stride],
                                    outside(boundaries[b], last, 0, j));
                ck_assert_double_eq(*first, cell(0, j));
            }
        }
        mfn__mem_free(storage);
    }
}
END_TEST

START_TEST(swapping_makes_the_written_state_the_current_one)
{
    mfn__grid grid;
    double *storage = new_grid(9, &grid);
    const double *was_now = mfn__grid_row(&grid, 3);
    const double *was_next = next_row(&grid, 3);
    mfn__grid_swap(&grid);
    ck_assert_ptr_eq(mfn__grid_row(&grid, 3), was_next);
    ck_assert_ptr_eq(next_row(&grid, 3), was_now);
    mfn__grid_swap(&grid);
    ck_assert_ptr_eq(mfn__grid_row(&grid, 3), was_now);
    mfn__mem_free(storage);
}
END_TEST

START_TEST(a_packed_grid_has_all_cells_in_order_in_either_buffer)
{
    for (size_t s = 0; s < SIDE_COUNT; s++) {
        uint32_t side = sides[s];
        mfn__grid grid;
        double *storage = new_grid(side, &grid);
        for (int swapped = 0; swapped < 2; swapped++) {
            const double *packed = mfn__grid_packed(&grid);
            ck_assert_ptr_eq(mfn__grid_packed(&grid), packed);
            ck_assert(packed >= storage);
            ck_assert(packed + (size_t)side * side <= storage + mfn__grid_doubles(side));
            for (uint32_t i = 0; i < side; i++) {
                for (uint32_t j = 0; j < side; j++) {
                    ck_assert_double_eq(packed[(size_t)i * side + j], cell(i, j));
                    ck_assert_double_eq(mfn__grid_row(&grid, i)[j], cell(i, j));
                }
            }
            for (uint32_t i = 0; i < side; i++) {
                memcpy(next_row(&grid, i), mfn__grid_row(&grid, i), side * sizeof(double));
            }
            mfn__grid_swap(&grid);
        }
        mfn__mem_free(storage);
    }
}
END_TEST

START_TEST(a_step_makes_the_packed_copy_anew)
{
    mfn__grid grid;
    double *storage = new_grid(5, &grid);
    mfn__grid_packed(&grid);
    for (uint32_t i = 0; i < 5; i++) {
        for (uint32_t j = 0; j < 5; j++) {
            next_row(&grid, i)[j] = -cell(i, j);
        }
    }
    mfn__grid_swap(&grid);
    const double *packed = mfn__grid_packed(&grid);
    ck_assert_double_eq(packed[0], -cell(0, 0));
    ck_assert_double_eq(packed[24], -cell(4, 4));
    mfn__mem_free(storage);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        rows_are_aligned_and_lie_inside_their_storage_without_touching,
        the_halo_continues_the_row,
        the_rows_beyond_the_edges_continue_the_field,
        swapping_makes_the_written_state_the_current_one,
        a_packed_grid_has_all_cells_in_order_in_either_buffer,
        a_step_makes_the_packed_copy_anew,
        NULL,
    };
    return mfn_test_run("grid", tests);
}
