/* SPDX-License-Identifier: MIT */
/* Values stream through a small block on the stack in both directions, which is where byte order
 * and width change; an array is never in memory twice. */
#include "codec/npy.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "codec/little_endian.h"
#include "codec/npy_header.h"

#define MAGIC            "\x93NUMPY"
#define MAGIC_BYTES      6
#define VERSION_BYTES    2
#define HEADER_BYTES_MAX 65535 /* what version 1.0 can express; later ones can say more */
#define READ_BYTES       65536

typedef struct npy_source {
    const char *path;
    int descriptor;       /* a file, or: */
    const uint8_t *bytes; /* memory, unless NULL, */
    uint64_t size;        /* of this many bytes */
    uint64_t position;    /* bytes read */
    mfn_error *err;
} npy_source;

/* Reads until `size` bytes or the end of the file. */
static mfn_status read_up_to(npy_source *source, void *ret, size_t size, size_t *ret_size)
{
    if (source->bytes != NULL) {
        uint64_t there = source->size - source->position;
        *ret_size = there < size ? (size_t)there : size;
        memcpy(ret, source->bytes + source->position, *ret_size);
        source->position += *ret_size;
        return MFN_OK;
    }
    char *next = ret;
    size_t left = size;
    while (left > 0) {
        ssize_t got = read(source->descriptor, next, left);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return mfn__fail_errno(source->err, errno, NULL, "cannot read '%s'", source->path);
        }
        if (got == 0) {
            break;
        }
        next += got;
        left -= (size_t)got;
    }
    source->position += size - left;
    *ret_size = size - left;
    return MFN_OK;
}

static mfn_status read_exactly(npy_source *source, void *ret, size_t size, const char *what)
{
    size_t got = 0;
    mfn_status status = read_up_to(source, ret, size, &got);
    if (status == MFN_OK && got < size) {
        return mfn__fail(source->err, MFN_FORMAT, NULL,
                         "'%s': the file ends after %" PRIu64 " bytes, inside %s", source->path,
                         source->position, what);
    }
    return status;
}

/* Reads what stands before the header's text: its length. */
static mfn_status read_prefix(npy_source *source, size_t *ret_length)
{
    uint8_t prefix[MAGIC_BYTES + VERSION_BYTES];
    mfn_status status = read_exactly(source, prefix, sizeof prefix, "the magic bytes");
    if (status != MFN_OK) {
        return status;
    }
    if (memcmp(prefix, MAGIC, MAGIC_BYTES) != 0) {
        return mfn__fail(source->err, MFN_FORMAT, NULL,
                         "'%s': not an .npy file: expected it to begin with \\x93NUMPY",
                         source->path);
    }
    unsigned major = prefix[MAGIC_BYTES];
    unsigned minor = prefix[MAGIC_BYTES + 1];
    if (major < 1 || major > 3 || minor != 0) {
        return mfn__fail(source->err, MFN_FORMAT, "version",
                         "'%s': version: expected 1.0, 2.0 or 3.0, got %u.%u", source->path, major,
                         minor);
    }
    uint8_t bytes[4] = {0};
    status = read_exactly(source, bytes, major == 1 ? 2 : 4, "the header's length");
    if (status != MFN_OK) {
        return status;
    }
    size_t length =
        (size_t)bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 24;
    if (length > HEADER_BYTES_MAX) {
        return mfn__fail(source->err, MFN_FORMAT, "header",
                         "'%s': header: expected at most %d bytes, got %zu", source->path,
                         HEADER_BYTES_MAX, length);
    }
    *ret_length = length;
    return MFN_OK;
}

static mfn_status read_header(npy_source *source, mfn__npy_header *ret)
{
    size_t length = 0;
    mfn_status status = read_prefix(source, &length);
    if (status != MFN_OK) {
        return status;
    }
    char *text = mfn__mem_new(length, 1);
    if (text == NULL) {
        return mfn__fail_memory(source->err);
    }
    status = read_exactly(source, text, length, "the header");
    if (status == MFN_OK) {
        status = mfn__npy_header_parse(text, length, source->path, ret, source->err);
    }
    mfn__mem_free(text);
    return status;
}

/* Compares the size of a regular file, or of what is in memory, with what the header promises,
 * before memory is taken. */
static mfn_status check_size(const npy_source *source, const mfn__npy_header *header,
                             uint64_t max_bytes)
{
    if (header->count > max_bytes / sizeof(double)) {
        return mfn__fail(source->err, MFN_TOO_LARGE, "shape",
                         "'%s': %" PRIu64 " values of %zu bytes are more than the limit of %" PRIu64
                         " bytes",
                         source->path, header->count, sizeof(double), max_bytes);
    }
    struct stat info = {.st_mode = S_IFREG, .st_size = (off_t)source->size};
    if (source->bytes == NULL && fstat(source->descriptor, &info) != 0) {
        return mfn__fail_errno(source->err, errno, NULL, "cannot inspect '%s'", source->path);
    }
    uint64_t expected = source->position + header->count * header->item_bytes;
    if (S_ISREG(info.st_mode) && (uint64_t)info.st_size != expected) {
        return mfn__fail(source->err, MFN_FORMAT, NULL,
                         "'%s': expected %" PRIu64 " bytes as its header says, got %" PRIu64,
                         source->path, expected, (uint64_t)info.st_size);
    }
    return MFN_OK;
}

static double decode_value(const uint8_t *bytes, const mfn__npy_header *header)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < header->item_bytes; i++) {
        unsigned byte = header->is_big_endian ? i : header->item_bytes - 1 - i;
        bits = bits << 8 | bytes[byte];
    }
    if (header->item_bytes == sizeof(double)) {
        double value = 0;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    uint32_t half = (uint32_t)bits;
    float value = 0;
    memcpy(&value, &half, sizeof value);
    return (double)value;
}

static mfn_status read_values(npy_source *source, const mfn__npy_header *header, double *ret)
{
    uint8_t block[READ_BYTES];
    size_t per_block = READ_BYTES / header->item_bytes;
    for (uint64_t done = 0; done < header->count;) {
        uint64_t left = header->count - done;
        size_t now = left < per_block ? (size_t)left : per_block;
        mfn_status status = read_exactly(source, block, now * header->item_bytes, "the values");
        if (status != MFN_OK) {
            return status;
        }
        for (size_t i = 0; i < now; i++) {
            ret[done + i] = decode_value(block + i * header->item_bytes, header);
        }
        done += now;
    }
    size_t trailing = 0;
    mfn_status status = read_up_to(source, block, 1, &trailing);
    if (status == MFN_OK && trailing > 0) {
        status = mfn__fail(source->err, MFN_FORMAT, NULL,
                           "'%s': expected the file to end after its %" PRIu64 " values",
                           source->path, header->count);
    }
    return status;
}

mfn_status mfn__npy_open(const char *path, uint64_t max_bytes, int *ret_descriptor,
                         mfn__npy_header *ret_header, uint64_t *ret_offset, mfn_error *err)
{
    npy_source source = {.path = path, .err = err};
    source.descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (source.descriptor < 0) {
        return mfn__fail_errno(err, errno, NULL, "cannot open '%s'", path);
    }
    mfn__npy_header header = {.item_bytes = sizeof(double)};
    mfn_status status = read_header(&source, &header);
    if (status == MFN_OK) {
        status = check_size(&source, &header, max_bytes);
    }
    if (status != MFN_OK) {
        close(source.descriptor);
        return status;
    }
    *ret_descriptor = source.descriptor;
    *ret_header = header;
    *ret_offset = source.position;
    return MFN_OK;
}

/* What comes after the head, as an array. */
static mfn_status read_array(npy_source *source, const mfn__npy_header *header, mfn_npy_array *ret)
{
    double *values = mfn__mem_new_aligned((size_t)header->count, sizeof *values);
    if (values == NULL) {
        return mfn__fail_memory(source->err);
    }
    mfn_status status = read_values(source, header, values);
    if (status != MFN_OK) {
        mfn__mem_free(values);
        return status;
    }
    *ret =
        (mfn_npy_array){.dimensions = header->dimensions, .count = header->count, .values = values};
    memcpy(ret->shape, header->shape, sizeof ret->shape);
    return MFN_OK;
}

mfn_status mfn_npy_read(const char *path, uint64_t max_bytes, mfn_npy_array *ret, mfn_error *err)
{
    npy_source source = {.path = path, .err = err};
    mfn__npy_header header = {.item_bytes = sizeof(double)};
    mfn_status status =
        mfn__npy_open(path, max_bytes, &source.descriptor, &header, &source.position, err);
    if (status == MFN_OK) {
        status = read_array(&source, &header, ret);
        close(source.descriptor);
    }
    return status;
}

mfn_status mfn__npy_decode(const void *bytes, size_t size, const char *name, uint64_t max_bytes,
                           mfn_npy_array *ret, mfn_error *err)
{
    npy_source source = {.path = name, .bytes = bytes, .size = size, .err = err};
    mfn__npy_header header = {.item_bytes = sizeof(double)};
    mfn_status status = read_header(&source, &header);
    if (status == MFN_OK) {
        status = check_size(&source, &header, max_bytes);
    }
    return status == MFN_OK ? read_array(&source, &header, ret) : status;
}

void mfn_npy_free(mfn_npy_array *array)
{
    if (array != NULL) {
        mfn__mem_free(array->values);
        *array = (mfn_npy_array){0};
    }
}

/* The number of values of an array to be written. */
static mfn_status count_values(const uint64_t *shape, uint32_t dimensions, uint64_t *ret,
                               mfn_error *err)
{
    if (dimensions > MFN_NPY_DIMENSIONS_MAX) {
        return mfn__fail(err, MFN_INVALID, "dimensions",
                         "dimensions: expected at most %d, got %" PRIu32, MFN_NPY_DIMENSIONS_MAX,
                         dimensions);
    }
    uint64_t count = 1;
    for (uint32_t i = 0; i < dimensions; i++) {
        if (__builtin_mul_overflow(count, shape[i], &count)) {
            return mfn__fail(err, MFN_INVALID, "shape",
                             "shape: expected fewer than 2^64 values in all, got more");
        }
    }
    *ret = count;
    return MFN_OK;
}

mfn_status mfn_npy_write(const char *path, const double *values, const uint64_t *shape,
                         uint32_t dimensions, mfn_error *err)
{
    uint64_t count = 0;
    mfn_status status = count_values(shape, dimensions, &count, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn__whole_file file;
    status = mfn__whole_file_begin(&file, path, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn__buffer header;
    mfn__buffer_init(&header, HEADER_BYTES_MAX);
    mfn__npy_header_write(shape, dimensions, &header);
    status = mfn__buffer_check(&header, "the header", err);
    if (status == MFN_OK) {
        status = mfn__whole_file_write(&file, header.data, header.size, err);
    }
    mfn__buffer_deinit(&header);
    for (uint64_t done = 0; status == MFN_OK && done < count;) {
        uint8_t block[READ_BYTES];
        uint64_t left = count - done;
        size_t now = left < sizeof block / 8 ? (size_t)left : sizeof block / 8;
        mfn__reals_to_little_endian(values + done, now, block);
        status = mfn__whole_file_write(&file, block, 8 * now, err);
        done += now;
    }
    if (status != MFN_OK) {
        mfn__whole_file_abort(&file);
        return status;
    }
    return mfn__whole_file_commit(&file, err);
}

mfn_status mfn__npy_encode(const double *values, const uint64_t *shape, uint32_t dimensions,
                           mfn__buffer *out, mfn_error *err)
{
    uint64_t count = 0;
    mfn_status status = count_values(shape, dimensions, &count, err);
    if (status != MFN_OK) {
        return status;
    }
    if (count > SIZE_MAX / 8) {
        return mfn__fail(err, MFN_TOO_LARGE, "shape",
                         "shape: %" PRIu64 " values do not fit into memory", count);
    }
    mfn__npy_header_write(shape, dimensions, out);
    char *room = mfn__buffer_reserve(out, (size_t)count * 8);
    if (room != NULL) {
        mfn__reals_to_little_endian(values, (size_t)count, (uint8_t *)room);
        mfn__buffer_added(out, (size_t)count * 8);
    }
    return mfn__buffer_check(out, "the array", err);
}
