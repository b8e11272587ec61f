/* SPDX-License-Identifier: MIT */
/* The first byte chooses format and limit, the others are the file. Items follow one another, hold
 * the bytes of the file, stay within the limit, and skipping them ends at the same place. */
#include <string.h>

#include "codec/item_reader.h"
#include "codec/job.h"
#include "fuzz.h"

static void check_item(const mfn__item *item, mfn_status status, const uint8_t *file, size_t size,
                       size_t limit)
{
    fuzz_require(item->size <= limit && item->end >= item->offset + item->size);
    fuzz_require(item->end <= size && item->line >= 1);
    fuzz_require(item->size == 0 || memcmp(item->bytes, file + item->offset, item->size) == 0);
    if (status == MFN_OK) {
        mfn__job job;
        if (mfn__job_parse(item->job, item->job_size, NULL, &job, NULL) == MFN_OK) {
            mfn__job_deinit(&job);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    mfn__item_format format = (mfn__item_format)(MFN__ITEMS_JSON + data[0] % 3);
    size_t limit = (size_t)16 << (data[0] / 3 % 8);
    const uint8_t *file = data + 1;
    size--;

    mfn__item_reader *reader = NULL;
    mfn__item item;
    mfn_status status =
        mfn__item_reader_new(fuzz_file(file, size), "f", format, limit, &reader, NULL);
    fuzz_require(status == MFN_OK);
    uint64_t count = 0;
    uint64_t last_end = 0;
    while ((status = mfn__item_reader_next(reader, &item, NULL)) != MFN_NOT_FOUND) {
        fuzz_require(status == MFN_OK || status == MFN_FORMAT || status == MFN_TOO_LARGE);
        fuzz_require(item.index == count++ && item.offset >= last_end);
        check_item(&item, status, file, size, limit);
        last_end = item.end;
    }
    mfn__item_reader_free(reader);

    status = mfn__item_reader_new(fuzz_file(file, size), "f", format, limit, &reader, NULL);
    fuzz_require(status == MFN_OK);
    fuzz_require(mfn__item_reader_skip(reader, count, NULL) == MFN_OK);
    fuzz_require(mfn__item_reader_next(reader, &item, NULL) == MFN_NOT_FOUND);
    mfn__item_reader_free(reader);
    return 0;
}
