/* SPDX-License-Identifier: MIT */
/* The kernels of bench_machine.c for one width of vectors; included once for each. */
typedef double NAME(vector) __attribute__((vector_size(VECTOR_BYTES)));

/* Adding 0 and multiplying by 1 keep the values as they are. */
TARGET ALWAYS_INLINE void NAME(arithmetic)(operation what)
{
    NAME(vector) value[CHAINS];
    NAME(vector) zero = {0.0};
    NAME(vector) one = zero + 1.0;
    KEEP(zero);
    KEEP(one);
    UNROLLED
    for (int k = 0; k < CHAINS; k++) {
        value[k] = one;
    }
    for (int i = 0; i < ROUNDS; i++) {
        UNROLLED
        for (int k = 0; k < CHAINS; k++) {
            bool adds = what == ADD || (what == BOTH && k % 2 == 0);
            value[k] = adds ? value[k] + zero : value[k] * one;
            KEEP(value[k]);
        }
    }
}

TARGET static void NAME(add)(void)
{
    NAME(arithmetic)(ADD);
}

TARGET static void NAME(multiply)(void)
{
    NAME(arithmetic)(MULTIPLY);
}

TARGET static void NAME(both)(void)
{
    NAME(arithmetic)(BOTH);
}

TARGET static void NAME(read)(double *to, const double *from, size_t bytes)
{
    (void)to;
    for (size_t i = 0; i < bytes / sizeof *from; i += COPY_STEP / sizeof *from) {
        UNROLLED
        for (size_t k = 0; k < COPY_STEP; k += VECTOR_BYTES) {
            NAME(vector) value;
            memcpy(&value, from + i + k / sizeof *from, sizeof value);
            KEEP(value);
        }
    }
}

TARGET static void NAME(copy)(double *to, const double *from, size_t bytes)
{
    for (size_t i = 0; i < bytes / 2 / sizeof *from; i += COPY_STEP / sizeof *from) {
        UNROLLED
        for (size_t k = 0; k < COPY_STEP; k += VECTOR_BYTES) {
            NAME(vector) value;
            memcpy(&value, from + i + k / sizeof *from, sizeof value);
            KEEP(value);
            memcpy(to + i + k / sizeof *from, &value, sizeof value);
        }
    }
}

static const machine_kernels NAME(kernels) = {
    .lanes = VECTOR_BYTES / sizeof(double),
    .chains = CHAINS,
    .arithmetic = {NAME(add), NAME(multiply), NAME(both)},
    .read = NAME(read),
    .copy = NAME(copy),
};

#undef NAME
#undef TARGET
#undef VECTOR_BYTES
#undef CHAINS
