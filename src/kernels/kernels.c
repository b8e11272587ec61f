/* SPDX-License-Identifier: MIT */
/* Chooses the variant. The choice is the one piece of process-wide state of the engine: it decides
 * how fast results come, never which. */
#include "kernels/kernels.h"

#include <stdatomic.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "kernels/variants.h"

static const mfn__kernels_table *const variants[] = {
    &mfn__kernels_scalar,
#if defined(__aarch64__)
    &mfn__kernels_neon,
#elif defined(__x86_64__)
    &mfn__kernels_avx2,
    &mfn__kernels_avx512,
#endif
};

#define VARIANT_COUNT (sizeof variants / sizeof variants[0])

static _Atomic(const mfn__kernels_table *) chosen;

static const mfn__kernels_table *best(void)
{
    for (size_t i = VARIANT_COUNT - 1; i > 0; i--) {
        if (variants[i]->is_supported()) {
            return variants[i];
        }
    }
    return variants[0];
}

const mfn__kernels_table *mfn__kernels(void)
{
    const mfn__kernels_table *table = atomic_load_explicit(&chosen, memory_order_acquire);
    if (table == NULL) {
        table = best();
        atomic_store_explicit(&chosen, table, memory_order_release);
    }
    return table;
}

const mfn__kernels_table *const *mfn__kernels_all(size_t *ret_count)
{
    *ret_count = VARIANT_COUNT;
    return variants;
}

static mfn_status unknown_variant(const char *name, mfn_error *err)
{
    char known[64] = "auto";
    for (size_t i = 0; i < VARIANT_COUNT; i++) {
        strncat(known, ", ", sizeof known - strlen(known) - 1);
        strncat(known, variants[i]->name, sizeof known - strlen(known) - 1);
    }
    char shown[32];
    return mfn__fail(err, MFN_INVALID, "simd", "simd: expected one of %s, got '%s'", known,
                     mfn__text_printable(name, strlen(name), shown, sizeof shown));
}

mfn_status mfn__kernels_select(const char *name, mfn_error *err)
{
    const mfn__kernels_table *found = strcmp(name, "auto") == 0 ? best() : NULL;
    for (size_t i = 0; i < VARIANT_COUNT && found == NULL; i++) {
        found = strcmp(name, variants[i]->name) == 0 ? variants[i] : NULL;
    }
    if (found == NULL) {
        return unknown_variant(name, err);
    }
    if (!found->is_supported()) {
        return mfn__fail(err, MFN_UNSUPPORTED, "simd", "simd: this machine has no %s", name);
    }
    atomic_store_explicit(&chosen, found, memory_order_release);
    return MFN_OK;
}
