/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "codec/npy.h"
#include "suite.h"

#define ROOM_BYTES 1000000
#define PATH_BYTES 64

/* A file that lives in memory and the path it can be opened under. */
typedef struct memory_file {
    int descriptor;
    char path[PATH_BYTES];
} memory_file;

static memory_file file_with(const void *bytes, size_t size)
{
    memory_file file = {.descriptor = memfd_create("npy", MFD_CLOEXEC)};
    ck_assert_int_ge(file.descriptor, 0);
    ck_assert_int_eq(write(file.descriptor, bytes, size), (ssize_t)size);
    snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.descriptor);
    return file;
}

/* The prefix of a version and the header, unpadded, before `data`. */
static size_t assemble(unsigned char *ret, unsigned major, const char *header, const void *data,
                       size_t data_size)
{
    size_t length = strlen(header);
    size_t length_bytes = major == 1 ? 2 : 4;
    memcpy(ret, "\x93NUMPY", 6);
    ret[6] = (unsigned char)major;
    ret[7] = 0;
    memset(ret + 8, 0, length_bytes);
    ret[8] = (unsigned char)(length & 0xFF);
    ret[9] = (unsigned char)(length >> 8);
    memcpy(ret + 8 + length_bytes, header, length);
    memcpy(ret + 8 + length_bytes + length, data, data_size);
    return 8 + length_bytes + length + data_size;
}

static mfn_status read_bytes(const void *bytes, size_t size, uint64_t max_bytes, mfn_npy_array *ret,
                             mfn_error *err)
{
    memory_file file = file_with(bytes, size);
    mfn_status status = mfn_npy_read(file.path, max_bytes, ret, err);
    close(file.descriptor);
    return status;
}

START_TEST(the_head_of_an_array_has_the_bytes_that_numpy_writes)
{
    static const struct {
        uint32_t dimensions;
        uint64_t shape[MFN_NPY_DIMENSIONS_MAX];
        const char *shape_text;
        size_t size;
    } rows[] = {
        {0, {0}, "()", 128},
        {1, {3}, "(3,)", 128},
        {1, {0}, "(0,)", 128},
        {2, {64, 64}, "(64, 64)", 128},
        {3, {10, 4, 0}, "(10, 4, 0)", 128},
        {2, {UINT64_MAX, 0}, "(18446744073709551615, 0)", 128},
        {8,
         {2, 1000000000000, 0, 1000000000000, 1000000000000, 0, 0, 0},
         "(2, 1000000000000, 0, 1000000000000, 1000000000000, 0, 0, 0)",
         192},
    };
    static const double values[4096];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char dictionary[256];
        int length =
            snprintf(dictionary, sizeof dictionary,
                     "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }", rows[i].shape_text);
        mfn__buffer out;
        mfn__buffer_init(&out, ROOM_BYTES);
        mfn_error err = {.status = MFN_OK};
        mfn_status status = mfn__npy_encode(values, rows[i].shape, rows[i].dimensions, &out, &err);
        ck_assert_msg(status == MFN_OK, "%s: %s", rows[i].shape_text, err.text);
        size_t text_size = rows[i].size - 10;
        const char prefix[10] = {'\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, (char)text_size, 0};
        ck_assert_mem_eq(out.data, prefix, sizeof prefix);
        ck_assert_mem_eq(out.data + 10, dictionary, (size_t)length);
        for (size_t at = 10 + (size_t)length; at < rows[i].size - 1; at++) {
            ck_assert_msg(out.data[at] == ' ', "%s: byte %zu", rows[i].shape_text, at);
        }
        ck_assert_int_eq(out.data[rows[i].size - 1], '\n');
        mfn__buffer_deinit(&out);
    }
}
END_TEST

START_TEST(a_written_array_reads_back_with_all_its_bits)
{
    enum { COUNT = 3 * 5000 }; /* more than one block */
    char folder[] = "/tmp/mfn-test-npy-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char *path = mfn__path_join(folder, "a.npy");
    double *values = mfn__mem_new(COUNT, sizeof *values);
    for (size_t i = 0; i < COUNT; i++) {
        values[i] = ldexp(1.0 + (double)i, (int)(i % 2000) - 1070);
    }
    values[0] = (double)NAN;
    values[1] = -0.0;
    values[2] = (double)INFINITY;
    mfn_error err = {.status = MFN_OK};
    const uint64_t shape[] = {3, 50, 100};
    ck_assert_msg(mfn_npy_write(path, values, shape, 3, &err) == MFN_OK, "%s", err.text);
    mfn_npy_array array = {0};
    ck_assert_msg(mfn_npy_read(path, 8 * COUNT, &array, &err) == MFN_OK, "%s", err.text);
    ck_assert_uint_eq(array.dimensions, 3);
    ck_assert_mem_eq(array.shape, shape, sizeof shape);
    ck_assert_uint_eq(array.count, COUNT);
    ck_assert_mem_eq(array.values, values, COUNT * sizeof *values);

    mfn__buffer file;
    mfn__buffer encoded;
    mfn__buffer_init(&file, ROOM_BYTES);
    mfn__buffer_init(&encoded, ROOM_BYTES);
    ck_assert_int_eq(mfn__file_read_whole(path, &file, NULL), MFN_OK);
    ck_assert_int_eq(mfn__npy_encode(values, shape, 3, &encoded, NULL), MFN_OK);
    ck_assert_uint_eq(file.size, encoded.size);
    ck_assert_mem_eq(file.data, encoded.data, file.size);
    mfn__buffer_deinit(&file);
    mfn__buffer_deinit(&encoded);
    mfn_npy_free(&array);
    ck_assert_ptr_null(array.values);
    mfn_npy_free(&array);
    mfn_npy_free(NULL);
    mfn__mem_free(values);
    unlink(path);
    rmdir(folder);
    mfn__mem_free(path);
}
END_TEST

START_TEST(every_type_version_and_spelling_of_numpy_is_understood)
{
    static const unsigned char one_and_minus_two[4][16] = {
        {0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0xC0},
        {0x3F, 0xF0, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0},
        {0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0},
        {0x3F, 0x80, 0, 0, 0xC0, 0, 0, 0},
    };
    static const struct {
        const char *sentence, *header;
        unsigned major, data, size;
    } rows[] = {
        {"little-endian doubles", "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n", 1,
         0, 16},
        {"big-endian doubles", "{'descr': '>f8', 'fortran_order': False, 'shape': (2,), }\n", 1, 1,
         16},
        {"little-endian floats", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", 1,
         2, 8},
        {"big-endian floats", "{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }\n", 1, 3,
         8},
        {"version 2", "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n", 2, 0, 16},
        {"version 3", "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n", 3, 0, 16},
        {"another order of keys", "{'shape': (2,), 'descr': '<f8', 'fortran_order': False}", 1, 0,
         16},
        {"double quotes", "{\"shape\": (2,), \"descr\": \"<f8\", \"fortran_order\": False}", 1, 0,
         16},
        {"no spaces", "{'shape':(2,),'descr':'<f8','fortran_order':False}", 1, 0, 16},
        {"many spaces", " { 'shape' : ( 2 , ) , 'descr' : '<f8' , 'fortran_order' : False , } \n ",
         1, 0, 16},
        {"Fortran order of one dimension is C order",
         "{'descr': '<f8', 'fortran_order': True, 'shape': (2,), }\n", 1, 0, 16},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned char bytes[512];
        size_t size = assemble(bytes, rows[i].major, rows[i].header,
                               one_and_minus_two[rows[i].data], rows[i].size);
        mfn_npy_array array = {0};
        mfn_error err = {.status = MFN_OK};
        mfn_status status = read_bytes(bytes, size, 16, &array, &err);
        ck_assert_msg(status == MFN_OK, "%s: %s", rows[i].sentence, err.text);
        ck_assert_uint_eq(array.dimensions, 1);
        ck_assert_uint_eq(array.count, 2);
        ck_assert_msg(array.values[0] == 1.0 && array.values[1] == -2.0, "%s: %g, %g",
                      rows[i].sentence, array.values[0], array.values[1]);
        mfn_npy_free(&array);
    }
}
END_TEST

START_TEST(scalars_and_empty_arrays_have_their_shape)
{
    static const struct {
        const char *header;
        uint32_t dimensions;
        uint64_t count;
    } rows[] = {
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (), }", 0, 1},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (0,), }", 1, 0},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (3, 0, 4), }", 3, 0},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1), }", 8, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned char bytes[512];
        size_t size = assemble(bytes, 1, rows[i].header, "\0\0\0\0\0\0\0\x40", 8 * rows[i].count);
        mfn_npy_array array = {0};
        mfn_error err = {.status = MFN_OK};
        ck_assert_msg(read_bytes(bytes, size, 8, &array, &err) == MFN_OK, "%s", err.text);
        ck_assert_uint_eq(array.dimensions, rows[i].dimensions);
        ck_assert_uint_eq(array.count, rows[i].count);
        ck_assert(array.count == 0 || array.values[0] == 2.0);
        mfn_npy_free(&array);
    }
}
END_TEST

#define TYPE  "'descr': '<f8', "
#define ORDER "'fortran_order': False, "
#define SHAPE "'shape': (1,), "

START_TEST(a_header_that_numpy_would_not_write_is_refused_with_its_fault)
{
    static const struct {
        const char *sentence, *header, *expected;
    } rows[] = {
        {"empty", "", "header: expected '{', got ''"},
        {"not a dictionary", "[1]", "header: expected '{', got '[1]'"},
        {"not closed", "{" TYPE ORDER SHAPE, "header: expected a key in quotes, got ''"},
        {"something after it", "{" TYPE ORDER SHAPE "} x", "expected nothing after '}', got 'x'"},
        {"two dictionaries", "{" TYPE ORDER SHAPE "}{}", "expected nothing after '}', got '{}'"},
        {"no descr", "{" ORDER SHAPE "}", "the key 'descr' is missing"},
        {"no fortran_order", "{" TYPE SHAPE "}", "the key 'fortran_order' is missing"},
        {"no shape", "{" TYPE ORDER "}", "the key 'shape' is missing"},
        {"a key twice", "{" TYPE TYPE ORDER SHAPE "}", "expected each key once"},
        {"an unknown key", "{" TYPE ORDER SHAPE "'x': 1}", "'fortran_order' or 'shape', got ''x'"},
        {"a key without quotes", "{descr: '<f8'}", "expected a key in quotes, got 'descr"},
        {"an endless key",
         "{'"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "': 1}",
         "expected a key in quotes"},
        {"a key that is not closed", "{'descr", "expected a key in quotes, got ''descr'"},
        {"no colon", "{'descr' '<f8'}", "descr: expected ':'"},
        {"no comma", "{'descr': '<f8' " ORDER SHAPE "}", "header: expected ',' or '}'"},
        {"two commas", "{'descr': '<f8',, " ORDER SHAPE "}", "expected a key in quotes, got ',"},
        {"whole numbers", "{'descr': '<i8', " ORDER SHAPE "}",
         "descr: expected float64 or float32"},
        {"half floats", "{'descr': '<f2', " ORDER SHAPE "}", "got '<f2': save"},
        {"complex numbers", "{'descr': '<c16', " ORDER SHAPE "}", "got '<c16': save"},
        {"no byte order", "{'descr': '|f8', " ORDER SHAPE "}", "got '|f8': save"},
        {"Python objects", "{'descr': '|O', " ORDER SHAPE "}", "got '|O': save"},
        {"a structure", "{'descr': [('a', '<f8')], " ORDER SHAPE "}", "got '[('a'"},
        {"an order that is a number", "{" TYPE "'fortran_order': 0, " SHAPE "}",
         "fortran_order: expected True or False, got '0"},
        {"Fortran order", "{" TYPE "'fortran_order': True, 'shape': (1, 1)}",
         "fortran_order: expected False, got True"},
        {"a list as shape", "{" TYPE ORDER "'shape': [1]}", "shape: expected a tuple"},
        {"a number as shape", "{" TYPE ORDER "'shape': 1}", "shape: expected a tuple"},
        {"a number in brackets", "{" TYPE ORDER "'shape': (1)}", "as in (1,), got (1)"},
        {"a shape that is not closed", "{" TYPE ORDER "'shape': (1,", "tuple of whole numbers"},
        {"a lone comma", "{" TYPE ORDER "'shape': (,)}", "tuple of whole numbers"},
        {"no comma in the shape", "{" TYPE ORDER "'shape': (1 1)}", "shape: expected ',' or ')'"},
        {"a negative dimension", "{" TYPE ORDER "'shape': (-1,)}", "got '-1,)}'"},
        {"a fraction", "{" TYPE ORDER "'shape': (1.0,)}", "shape: expected ',' or ')'"},
        {"a dimension of 2^64", "{" TYPE ORDER "'shape': (18446744073709551616,)}",
         "dimensions below 2^64, got '18446744073709551616"},
        {"a dimension of 20 nines", "{" TYPE ORDER "'shape': (99999999999999999999,)}",
         "dimensions below 2^64"},
        {"a product of 2^64", "{" TYPE ORDER "'shape': (4294967296, 4294967296)}",
         "fewer than 2^64 values"},
        {"nine dimensions", "{" TYPE ORDER "'shape': (1, 1, 1, 1, 1, 1, 1, 1, 1)}",
         "at most 8 dimensions"},
        {"nested tuples", "{" TYPE ORDER "'shape': ((((((((((1,),),),),),),),),),)}",
         "tuple of whole numbers"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned char bytes[512];
        size_t size = assemble(bytes, 1, rows[i].header, "12345678", 8);
        mfn_npy_array array = {.count = 99};
        mfn_error err = {.status = MFN_OK};
        mfn_status status = read_bytes(bytes, size, ROOM_BYTES, &array, &err);
        ck_assert_msg(status == MFN_FORMAT, "%s: status %d", rows[i].sentence, status);
        ck_assert_msg(strstr(err.text, rows[i].expected) != NULL, "%s: \"%s\" lacks \"%s\"",
                      rows[i].sentence, err.text, rows[i].expected);
        ck_assert_msg(strstr(err.text, "/proc/self/fd/") != NULL, "%s: \"%s\" names no file",
                      rows[i].sentence, err.text);
        ck_assert_msg(array.count == 99, "%s: wrote the output", rows[i].sentence);
    }
}
END_TEST

START_TEST(a_file_cut_off_anywhere_or_with_a_byte_too_many_is_refused)
{
    unsigned char bytes[512];
    size_t size = assemble(bytes, 1, "{" TYPE ORDER SHAPE "}\n", "12345678z", 9);
    for (size_t cut = 0; cut <= size; cut++) {
        mfn_npy_array array = {0};
        mfn_error err = {.status = MFN_OK};
        mfn_status status = read_bytes(bytes, cut, ROOM_BYTES, &array, &err);
        ck_assert_msg(status == (cut == size - 1 ? MFN_OK : MFN_FORMAT), "%zu bytes: %s", cut,
                      err.text);
        mfn_npy_free(&array);
    }
}
END_TEST

START_TEST(a_pipe_is_checked_like_a_file)
{
    unsigned char bytes[512];
    size_t size = assemble(bytes, 1, "{" TYPE ORDER SHAPE "}\n", "\0\0\0\0\0\0\0\x40z", 9);
    static const struct {
        int change; /* of the number of bytes */
        mfn_status status;
        const char *expected;
    } rows[] = {
        {-1, MFN_OK, ""},
        {-2, MFN_FORMAT, "inside the values"},
        {0, MFN_FORMAT, "expected the file to end after its 1 values"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int ends[2];
        char path[PATH_BYTES];
        size_t sent = size - (size_t)-rows[i].change;
        ck_assert_int_eq(pipe(ends), 0);
        ck_assert_int_eq(write(ends[1], bytes, sent), (ssize_t)sent);
        snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
        close(ends[1]);
        mfn_npy_array array = {0};
        mfn_error err = {.status = MFN_OK};
        ck_assert_int_eq(mfn_npy_read(path, ROOM_BYTES, &array, &err), rows[i].status);
        ck_assert_msg(strstr(err.text, rows[i].expected) != NULL, "%s", err.text);
        mfn_npy_free(&array);
        close(ends[0]);
    }
}
END_TEST

START_TEST(other_files_and_versions_and_sizes_are_refused)
{
    static const struct {
        const char *sentence, *bytes, *expected;
        size_t size;
        mfn_status status;
    } rows[] = {
        {"an archive", "PK\3\4abcdefghijkl", "not an .npy file", 16, MFN_FORMAT},
        {"version 0.0", "\x93NUMPY\0\0\2\0{}", "version: expected 1.0, 2.0 or 3.0, got 0.0", 12,
         MFN_FORMAT},
        {"version 4.0", "\x93NUMPY\4\0\2\0\0\0{}", "got 4.0", 14, MFN_FORMAT},
        {"version 1.1", "\x93NUMPY\1\1\2\0{}", "got 1.1", 12, MFN_FORMAT},
        {"a header of 4 GiB", "\x93NUMPY\2\0\xff\xff\xff\xff{}",
         "header: expected at most 65535 bytes, got 4294967295", 14, MFN_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mfn_npy_array array = {0};
        mfn_error err = {.status = MFN_OK};
        mfn_status status = read_bytes(rows[i].bytes, rows[i].size, ROOM_BYTES, &array, &err);
        ck_assert_msg(status == rows[i].status, "%s: status %d", rows[i].sentence, status);
        ck_assert_msg(strstr(err.text, rows[i].expected) != NULL, "%s: \"%s\" lacks \"%s\"",
                      rows[i].sentence, err.text, rows[i].expected);
    }
}
END_TEST

START_TEST(an_array_above_the_limit_is_refused_before_memory_is_taken)
{
    static const char *const headers[] = {
        "{" TYPE ORDER "'shape': (2305843009213693952,)}",
        "{'descr': '<f4', " ORDER "'shape': (3,)}",
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        unsigned char bytes[512];
        size_t size = assemble(bytes, 1, headers[i], "123456789012", 12);
        mfn_npy_array array = {0};
        mfn_error err = {.status = MFN_OK};
        ck_assert_int_eq(read_bytes(bytes, size, 23, &array, &err), MFN_TOO_LARGE);
        ck_assert_msg(strstr(err.text, "limit of 23 bytes") != NULL, "%s", err.text);
    }
}
END_TEST

START_TEST(a_file_shorter_than_its_header_says_is_refused_before_memory_is_taken)
{
    unsigned char bytes[512];
    size_t size = assemble(bytes, 1, "{" TYPE ORDER "'shape': (1000,)}", "12345678", 8);
    mfn_npy_array array = {0};
    mfn_error err = {.status = MFN_OK};
    mfn__mem_fail_after(1); /* the header's text succeeds, the values would not */
    mfn_status status = read_bytes(bytes, size, ROOM_BYTES, &array, &err);
    mfn__mem_fail_after(-1);
    ck_assert_int_eq(status, MFN_FORMAT);
    ck_assert_msg(strstr(err.text, "as its header says, got") != NULL, "%s", err.text);
}
END_TEST

START_TEST(paths_that_cannot_be_read_are_named)
{
    static const struct {
        const char *path;
        mfn_status status;
    } rows[] = {{"/nowhere/a.npy", MFN_NOT_FOUND}, {"/", MFN_IO}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mfn_npy_array array = {0};
        mfn_error err = {.status = MFN_OK};
        ck_assert_int_eq(mfn_npy_read(rows[i].path, ROOM_BYTES, &array, &err), rows[i].status);
        ck_assert_msg(strstr(err.text, rows[i].path) != NULL, "%s", err.text);
    }
}
END_TEST

START_TEST(arrays_that_cannot_be_written_are_refused)
{
    static const struct {
        uint32_t dimensions;
        uint64_t shape[9];
        mfn_status status;
        const char *field;
    } rows[] = {
        {9, {1, 1, 1, 1, 1, 1, 1, 1, 1}, MFN_INVALID, "dimensions"},
        {2, {UINT64_C(1) << 32, UINT64_C(1) << 32}, MFN_INVALID, "shape"},
        {1, {UINT64_C(1) << 61}, MFN_TOO_LARGE, "shape"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mfn__buffer out;
        mfn__buffer_init(&out, ROOM_BYTES);
        mfn_error err = {.status = MFN_OK};
        double value = 1;
        ck_assert_int_eq(mfn__npy_encode(&value, rows[i].shape, rows[i].dimensions, &out, &err),
                         rows[i].status);
        ck_assert_str_eq(err.field, rows[i].field);
        ck_assert_uint_eq(out.size, 0);
        mfn__buffer_deinit(&out);
    }
}
END_TEST

START_TEST(reading_and_writing_survive_failure_of_every_allocation)
{
    char folder[] = "/tmp/mfn-test-npy-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char *path = mfn__path_join(folder, "a.npy");
    const double values[] = {1, 2, 3, 4};
    const uint64_t shape[] = {2, 2};
    mfn_status status = MFN_NO_MEMORY;
    int64_t successes = 0;
    for (; status != MFN_OK; successes++) {
        mfn__mem_fail_after(successes);
        status = mfn_npy_write(path, values, shape, 2, NULL);
        mfn__mem_fail_after(-1);
        ck_assert(status == MFN_OK || status == MFN_NO_MEMORY);
        ck_assert_int_eq(access(path, F_OK), status == MFN_OK ? 0 : -1);
    }
    ck_assert_int_gt(successes, 3);
    status = MFN_NO_MEMORY;
    for (successes = 0; status != MFN_OK; successes++) {
        mfn_npy_array array = {0};
        mfn__mem_fail_after(successes);
        status = mfn_npy_read(path, ROOM_BYTES, &array, NULL);
        mfn__mem_fail_after(-1);
        ck_assert(status == MFN_OK || status == MFN_NO_MEMORY);
        mfn_npy_free(&array);
    }
    ck_assert_int_eq(successes, 3); /* the header's text and the values */
    unlink(path);
    ck_assert_msg(rmdir(folder) == 0, "temporary files are left behind in %s", folder);
    mfn__mem_free(path);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        the_head_of_an_array_has_the_bytes_that_numpy_writes,
        a_written_array_reads_back_with_all_its_bits,
        every_type_version_and_spelling_of_numpy_is_understood,
        scalars_and_empty_arrays_have_their_shape,
        a_header_that_numpy_would_not_write_is_refused_with_its_fault,
        a_file_cut_off_anywhere_or_with_a_byte_too_many_is_refused,
        a_pipe_is_checked_like_a_file,
        other_files_and_versions_and_sizes_are_refused,
        an_array_above_the_limit_is_refused_before_memory_is_taken,
        a_file_shorter_than_its_header_says_is_refused_before_memory_is_taken,
        paths_that_cannot_be_read_are_named,
        arrays_that_cannot_be_written_are_refused,
        reading_and_writing_survive_failure_of_every_allocation,
        NULL,
    };
    return mfn_test_run("npy", tests);
}
