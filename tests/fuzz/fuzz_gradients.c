/* SPDX-License-Identifier: MIT */
/* Any bytes are gradients within the limit or an error; gradients written as lines of JSON read the
 * same. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/number.h"
#include "codec/gradients_text.h"
#include "fuzz.h"

#define BYTES_MAX   ((uint64_t)1 << 16)
#define WINDOW_ITEM 64

static mfn_status read_bytes(const void *data, size_t size, mfn__gradient_list *ret, mfn_error *err)
{
    mfn__byte_window window;
    fuzz_require(mfn__window_init(&window, fuzz_file(data, size), "f", WINDOW_ITEM, NULL) ==
                 MFN_OK);
    mfn_status status = mfn__gradient_list_read(&window, BYTES_MAX, ret, err);
    mfn__window_deinit(&window);
    return status;
}

static void append_value(mfn__buffer *text, float value)
{
    char shown[MFN__REAL_TEXT_MAX];
    if (isfinite(value)) {
        mfn__real_to_text((double)value, shown);
        mfn__buffer_append_text(text, shown);
    } else {
        mfn__buffer_append_text(text, isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
    }
}

static void check_round_trip(const mfn__gradient_list *list)
{
    mfn__buffer text;
    mfn__gradient_list again = {0};
    mfn__buffer_init(&text, SIZE_MAX);
    for (uint64_t i = 0; i < list->count; i++) {
        for (uint64_t k = 0; k < list->dimension; k++) {
            mfn__buffer_append_text(&text, k == 0 ? "[" : ", ");
            append_value(&text, list->values[i * list->dimension + k]);
        }
        mfn__buffer_append_text(&text, "]\n");
    }
    fuzz_require(read_bytes(text.data, text.size, &again, NULL) == MFN_OK);
    fuzz_require(again.count == list->count && again.dimension == list->dimension);
    for (uint64_t i = 0; i < list->count * list->dimension; i++) {
        fuzz_require(memcmp(&again.values[i], &list->values[i], sizeof(float)) == 0 ||
                     (isnan(again.values[i]) && isnan(list->values[i])));
    }
    mfn__gradient_list_deinit(&again);
    mfn__buffer_deinit(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mfn__gradient_list list = {0};
    mfn_error err = {.status = MFN_OK};
    mfn_status status = read_bytes(data, size, &list, &err);
    if (status != MFN_OK) {
        fuzz_require(err.status == status && err.text[0] != '\0' && list.values == NULL);
        return 0;
    }
    fuzz_require(list.count * list.dimension * sizeof(float) <= BYTES_MAX);
    check_round_trip(&list);
    mfn__gradient_list_deinit(&list);
    return 0;
}
