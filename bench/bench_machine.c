/* SPDX-License-Identifier: MIT */
/* What one core of this machine can do at most: additions, multiplications and both at once in
 * double precision, and bytes read, or copied (read and written), in each cache and in memory. One
 * line per figure: NAME PER_SECOND. Half of each cache is used.
 *
 * Empty assembly takes every value in and hands it out again, so that compilers can neither remove
 * nor merge the operations. Each figure is the best of several tries: a peak, not a mean. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define TRIES            7
#define TRY_S            0.02
#define ROUNDS           2000
#define COPY_STEP        512 /* bytes in one turn of the loop */
#define MEMORY_PER_CACHE 8   /* so many times the largest cache is surely memory */

#if defined(__aarch64__)
#define VECTOR_REGISTER "w"
#elif defined(__x86_64__)
#define VECTOR_REGISTER "v"
#else
#error "bench_machine: say which constraint stands for this machine's vector registers"
#endif

#define KEEP(value)   __asm__ volatile("" : "+" VECTOR_REGISTER(value))
#define UNROLLED      _Pragma("GCC unroll 24")
#define ALWAYS_INLINE static inline __attribute__((always_inline))

typedef enum operation { ADD, MULTIPLY, BOTH } operation;

typedef void (*memory_kernel)(double *to, const double *from, size_t bytes);

typedef struct machine_kernels {
    size_t lanes, chains;
    void (*arithmetic[3])(void);
    memory_kernel read, copy;
} machine_kernels;

/* Chains: operations that do not wait for each other, enough to hide their latency and few enough
 * for the registers. */
#define NAME(kernel) kernel##_2
#define TARGET
#define VECTOR_BYTES 16
#define CHAINS       12
#include "machine_kernels.h"

#if defined(__x86_64__)
#define NAME(kernel) kernel##_4
#define TARGET       __attribute__((target("avx2")))
#define VECTOR_BYTES 32
#define CHAINS       12
#include "machine_kernels.h"

#define NAME(kernel) kernel##_8
#define TARGET       __attribute__((target("avx512f,avx512dq,avx512vl")))
#define VECTOR_BYTES 64
#define CHAINS       24
#include "machine_kernels.h"
#endif

static const machine_kernels *best_kernels(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl")) {
        return &kernels_8;
    }
    if (__builtin_cpu_supports("avx2")) {
        return &kernels_4;
    }
#endif
    return &kernels_2;
}

static int64_t now_ns(void)
{
    return mfn__clock_monotonic_ns(mfn__clock_system());
}

static double seconds_since(int64_t start_ns)
{
    return (double)(now_ns() - start_ns) / (double)MFN__NS_PER_S;
}

static void measure_arithmetic(const machine_kernels *kernels)
{
    static const char *const names[] = {"add", "multiply", "add_and_multiply"};
    for (size_t what = 0; what < sizeof names / sizeof names[0]; what++) {
        double best = 0.0;
        for (int i = 0; i < TRIES; i++) {
            double calls = 0.0;
            int64_t start_ns = now_ns();
            double seconds = 0.0;
            while (seconds < TRY_S) {
                kernels->arithmetic[what]();
                calls += 1.0;
                seconds = seconds_since(start_ns);
            }
            double rate = calls * ROUNDS * (double)(kernels->chains * kernels->lanes) / seconds;
            best = rate > best ? rate : best;
        }
        printf("%s %.6g\n", names[what], best);
    }
}

/* Both kernels go through `bytes` of memory in one call. */
static double measure_memory(memory_kernel kernel, double *buffer, size_t bytes)
{
    double best = 0.0;
    for (int i = 0; i < TRIES; i++) {
        double calls = 0.0;
        int64_t start_ns = now_ns();
        double seconds = 0.0;
        while (seconds < TRY_S) {
            kernel(buffer + bytes / 2 / sizeof *buffer, buffer, bytes);
            calls += 1.0;
            seconds = seconds_since(start_ns);
        }
        double rate = calls * (double)bytes / seconds;
        best = rate > best ? rate : best;
    }
    return best;
}

static void measure_level(const machine_kernels *kernels, const char *name, double *buffer,
                          size_t bytes)
{
    bytes -= bytes % (2 * (size_t)COPY_STEP);
    printf("%s_bytes %zu\n", name, bytes);
    printf("%s_read %.6g\n", name, measure_memory(kernels->read, buffer, bytes));
    printf("%s_copy %.6g\n", name, measure_memory(kernels->copy, buffer, bytes));
}

static bool take_bytes(const char *text, size_t *ret_bytes)
{
    char *end = NULL;
    unsigned long long bytes = strtoull(text, &end, 10);
    *ret_bytes = (size_t)bytes;
    return *end == '\0' && bytes >= 1 << 12 && bytes < (unsigned long long)1 << 32;
}

int main(int argc, char **argv)
{
    static const char *const levels[] = {"L1", "L2", "L3"};
    size_t sizes[3];
    bool is_understood = argc == 4;
    for (int i = 0; i < 3 && is_understood; i++) {
        is_understood = take_bytes(argv[i + 1], &sizes[i]);
    }
    if (!is_understood) {
        fprintf(stderr, "usage: bench_machine L1_BYTES L2_BYTES L3_BYTES\n");
        return EXIT_FAILURE;
    }
    size_t largest = MEMORY_PER_CACHE * sizes[2];
    double *buffer = mfn__mem_new_aligned(largest / sizeof *buffer, sizeof *buffer);
    if (buffer == NULL) {
        fprintf(stderr, "bench_machine: no memory\n");
        return EXIT_FAILURE;
    }
    memset(buffer, 0, largest);
    const machine_kernels *kernels = best_kernels();
    printf("lanes %zu\n", kernels->lanes);
    measure_arithmetic(kernels);
    for (int i = 0; i < 3; i++) {
        measure_level(kernels, levels[i], buffer, sizes[i] / 2);
    }
    measure_level(kernels, "memory", buffer, largest);
    mfn__mem_free(buffer);
    return EXIT_SUCCESS;
}
