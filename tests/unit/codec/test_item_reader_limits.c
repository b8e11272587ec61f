/* SPDX-License-Identifier: MIT */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "codec/item_formats.h"
#include "item_files.h"

START_TEST(memory_stays_bounded_however_large_the_file_is)
{
    enum { ITEM_MAX = 4096, SLACK = 262144 };
    static const struct {
        const char *name, *text, *before, *between, *after;
        uint64_t mebibytes;
    } cases[] = {
        {"f.ndjson", "{\"id\": \"a\", \"steps\": 10, \"alpha\": 0.18, \"seed\": 123456}\n", "", "",
         "", 64},
        {"f.json", "{\"id\": \"a\", \"nested\": [{\"x\": [1, 2, 3]}], \"seed\": 123456}", "[",
         ",\n", "]", 32},
        {"f.csv", "a,10,0.18,\"x, \"\"y\"\"\",123456\n", "id,steps,alpha,note,seed\n", "", "", 16},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size = strlen(cases[i].text);
        uint64_t repeat = cases[i].mebibytes * 1048576 / size;
        mfn__buffer block; /* many items a write keep the test quick */
        mfn__buffer_init(&block, SIZE_MAX);
        uint64_t per_block = 1000;
        for (uint64_t k = 0; k < per_block; k++) {
            mfn__buffer_append_text(&block, k > 0 ? cases[i].between : "");
            mfn__buffer_append_text(&block, cases[i].text);
        }
        pipe_feed feed = {.text = block.data,
                          .size = block.size,
                          .step = block.size,
                          .repeat = repeat / per_block,
                          .before = cases[i].before,
                          .between = cases[i].between,
                          .after = cases[i].after};
        int descriptor = -1;
        pthread_t thread = start_feed(&feed, false, &descriptor);
        size_t used_before = mallinfo2().uordblks;
        mfn__item_reader *reader =
            open_reader(descriptor, cases[i].name, MFN__ITEMS_AUTO, ITEM_MAX);
        mfn__item item = {0};
        mfn_error err = {.status = MFN_OK};
        uint64_t count = 0;
        while (mfn__item_reader_next(reader, &item, &err) == MFN_OK) {
            count++;
        }
        ck_assert_msg(err.status == MFN_NOT_FOUND, "%s", err.text);
        ck_assert_uint_eq(count, feed.repeat * per_block);
        ck_assert_uint_le(reader->window.capacity, ITEM_MAX + 65536);
        ck_assert_uint_le(mallinfo2().uordblks, used_before + SLACK);
        mfn__item_reader_free(reader);
        pthread_join(thread, NULL);
        mfn__buffer_deinit(&block);
    }
}
END_TEST

START_TEST(one_endless_item_takes_no_more_memory_than_its_limit)
{
    static const char *const names[] = {"f.ndjson", "f.json", "f.csv"};
    static const char *const starts[] = {"x", "[\"", "a\n\""};
    static const mfn_status expected[] = {MFN_TOO_LARGE, MFN_FORMAT, MFN_TOO_LARGE};
    enum { ITEM_MAX = 100000, CHUNK = 65536 };
    char *chunk = malloc(CHUNK);
    memset(chunk, 'x', CHUNK);
    for (size_t i = 0; i < 3; i++) {
        pipe_feed feed = {.text = chunk,
                          .size = CHUNK,
                          .step = CHUNK,
                          .repeat = 160,
                          .before = starts[i],
                          .between = "",
                          .after = ""};
        int descriptor = -1;
        pthread_t thread = start_feed(&feed, false, &descriptor);
        mfn__item_reader *reader = open_reader(descriptor, names[i], MFN__ITEMS_AUTO, ITEM_MAX);
        mfn__item item = {0};
        ck_assert_int_eq(mfn__item_reader_next(reader, &item, NULL), expected[i]);
        ck_assert_uint_eq(item.size, ITEM_MAX);
        ck_assert_uint_eq(item.end, strlen(starts[i]) + 160 * CHUNK);
        ck_assert_uint_le(reader->window.capacity, ITEM_MAX + CHUNK);
        for (size_t k = 2; k < item.size; k++) {
            ck_assert_int_eq(item.bytes[k], 'x');
        }
        ck_assert_int_eq(mfn__item_reader_next(reader, &item, NULL), MFN_NOT_FOUND);
        mfn__item_reader_free(reader);
        pthread_join(thread, NULL);
    }
    free(chunk);
}
END_TEST

START_TEST(a_failure_to_read_is_no_end_of_file)
{
    static const mfn__item_format formats[] = {MFN__ITEMS_NDJSON, MFN__ITEMS_JSON, MFN__ITEMS_CSV};
    for (size_t i = 0; i < 3; i++) {
        int directory = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        mfn__item_reader *reader = open_reader(directory, "/", formats[i], MAX_ITEM);
        for (int repeat = 0; repeat < 2; repeat++) {
            mfn__item item = {0};
            mfn_error err = {.status = MFN_OK};
            ck_assert_int_eq(mfn__item_reader_next(reader, &item, &err), MFN_IO);
            ck_assert_int_eq(err.status, MFN_IO);
            ck_assert_str_eq(err.text, "cannot read '/': Is a directory");
        }
        ck_assert_int_eq(mfn__item_reader_skip(reader, 1, NULL), MFN_IO);
        mfn__item_reader_free(reader);
    }
}
END_TEST

START_TEST(the_descriptor_is_closed_whatever_happens)
{
    mfn__item_reader *reader = NULL;
    mfn_error err = {.status = MFN_OK};
    int descriptor = file_with("", 0);
    ck_assert_int_eq(mfn__item_reader_new(descriptor, "f", MFN__ITEMS_AUTO, 15, &reader, &err),
                     MFN_INVALID);
    ck_assert_str_eq(err.field, "max_item_bytes");
    ck_assert_int_eq(fcntl(descriptor, F_GETFD), -1);
    descriptor = file_with("", 0);
    mfn__item_reader_free(open_reader(descriptor, "f", MFN__ITEMS_AUTO, 16));
    ck_assert_int_eq(fcntl(descriptor, F_GETFD), -1);
}
END_TEST

START_TEST(reading_survives_failure_of_every_allocation)
{
    static const char text[] = "a,b\n1,\"x \"\"y\"\"\"\n2,z\n";
    int64_t failures = 0;
    for (int64_t i = 0; failures >= 0; i++) {
        mfn__item_reader *reader = NULL;
        mfn_error err = {.status = MFN_OK};
        int descriptor = file_with(text, strlen(text));
        mfn__mem_fail_after(i);
        mfn_status status =
            mfn__item_reader_new(descriptor, "f", MFN__ITEMS_CSV, MAX_ITEM, &reader, &err);
        mfn__item item = {0};
        while (status == MFN_OK) {
            status = mfn__item_reader_next(reader, &item, &err);
        }
        if (reader != NULL && status == MFN_NO_MEMORY) {
            ck_assert_int_eq(mfn__item_reader_next(reader, &item, &err), MFN_NO_MEMORY);
        }
        mfn__mem_fail_after(-1);
        ck_assert_int_eq(fcntl(descriptor, F_GETFD), reader != NULL ? FD_CLOEXEC : -1);
        mfn__item_reader_free(reader);
        if (status == MFN_NO_MEMORY) {
            failures++;
            continue;
        }
        ck_assert_int_eq(status, MFN_NOT_FOUND);
        ck_assert_int_ge(failures, 6);
        failures = -1;
    }
}
END_TEST

/* Offsets must fit together and the bytes must be those of the file. */
static void check_reading(const char *text, size_t size, mfn__item_format format)
{
    mfn__item_reader *reader = open_reader(file_with(text, size), "f", format, MAX_ITEM);
    uint64_t last_end = 0;
    for (uint64_t index = 0;; index++) {
        mfn__item item = {0};
        mfn_error err = {.status = MFN_OK};
        mfn_status status = mfn__item_reader_next(reader, &item, &err);
        if (status == MFN_NOT_FOUND) {
            break;
        }
        ck_assert_msg(status == MFN_OK || status == MFN_FORMAT || status == MFN_TOO_LARGE, "%s",
                      err.text);
        ck_assert_uint_eq(item.index, index);
        ck_assert_uint_ge(item.offset, last_end);
        ck_assert_uint_ge(item.end, item.offset + item.size);
        ck_assert_uint_le(item.end, size);
        ck_assert_uint_le(item.size, MAX_ITEM);
        ck_assert_uint_le(index, size);
        ck_assert_mem_eq(item.bytes, text + item.offset, item.size);
        last_end = item.end;
    }
    mfn__item_reader_free(reader);
}

START_TEST(damaged_files_never_crash_and_keep_their_offsets)
{
    static const char seed_text[] =
        "[{\"id\": \"a\\\"b\", \"n\": [1, 2]},\r\n {\"id\": 2}, \"x\" ]\n"
        "a,b,\"c\"\n1,\"x\"\"y\",3\n\n{\"id\": 3}\n{\"seed\": 12345678901234567890}\n";
    static const char bytes[] = "{}[]:,\"\\ \t\n\r0x\xc3\xa9\xff\xef\xbb\xbf";
    static const mfn__item_format formats[] = {MFN__ITEMS_NDJSON, MFN__ITEMS_JSON, MFN__ITEMS_CSV};
    uint32_t state = 7;
    for (int round = 0; round < 3000; round++) {
        char text[sizeof seed_text];
        memcpy(text, seed_text, sizeof text);
        for (int change = 0; change < 1 + round % 6; change++) {
            state = state * 1664525U + 1013904223U;
            text[(state >> 8) % (sizeof text - 1)] = bytes[(state >> 20) % sizeof bytes];
        }
        state = state * 1664525U + 1013904223U;
        size_t start = (state >> 10) % (sizeof text / 2);
        check_reading(text + start, sizeof text - 1 - start, formats[round % 3]);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {memory_stays_bounded_however_large_the_file_is,
                            one_endless_item_takes_no_more_memory_than_its_limit,
                            a_failure_to_read_is_no_end_of_file,
                            the_descriptor_is_closed_whatever_happens,
                            reading_survives_failure_of_every_allocation,
                            damaged_files_never_crash_and_keep_their_offsets,
                            NULL};
    return mfn_test_run("item_reader_limits", tests);
}
