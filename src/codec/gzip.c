/* SPDX-License-Identifier: MIT */
/* zlib in both directions, a chunk of output at a time, so that the limit of the buffer stops a
 * small input from filling the memory. No time stamp is written: equal bytes give equal gzip. */
#define ZLIB_CONST

#include "codec/gzip.h"

#include <stdbool.h>
#include <zlib.h>

#include "base/error.h"
#include "base/mem.h"

#define CHUNK_BYTES       16384
#define GZIP_WINDOW       (MAX_WBITS + 16)  /* zlib's way of saying gzip and nothing else */
#define MEMORY_LEVEL      8                 /* zlib's default */
#define PORTION_BYTES_MAX ((size_t)1 << 30) /* zlib counts in unsigned int */

static void *allocate(void *context, unsigned count, unsigned size)
{
    (void)context;
    return mfn__mem_new(count, size);
}

static void release(void *context, void *block)
{
    (void)context;
    mfn__mem_free(block);
}

/* zlib between the input and a buffer. */
typedef struct gzip_pump {
    z_stream stream;
    size_t left; /* input that zlib does not know of yet */
    mfn__buffer *ret;
    size_t ret_start;
    Bytef chunk[CHUNK_BYTES];
} gzip_pump;

static void pump_init(gzip_pump *pump, const void *bytes, size_t size, mfn__buffer *ret)
{
    pump->stream =
        (z_stream){.zalloc = allocate, .zfree = release, .next_in = (const Bytef *)bytes};
    pump->left = size;
    pump->ret = ret;
    pump->ret_start = ret->size;
}

static void pump_prepare(gzip_pump *pump)
{
    if (pump->stream.avail_in == 0) {
        size_t portion = pump->left < PORTION_BYTES_MAX ? pump->left : PORTION_BYTES_MAX;
        pump->stream.avail_in = (uInt)portion;
        pump->left -= portion;
    }
    pump->stream.next_out = pump->chunk;
    pump->stream.avail_out = CHUNK_BYTES;
}

static void pump_collect(gzip_pump *pump)
{
    mfn__buffer_append(pump->ret, pump->chunk, CHUNK_BYTES - pump->stream.avail_out);
}

/* Takes back what was appended, unless all went well. */
static mfn_status pump_end(gzip_pump *pump, mfn_status status)
{
    if (status != MFN_OK && pump->ret->data != NULL) {
        pump->ret->size = pump->ret_start;
        pump->ret->data[pump->ret_start] = '\0';
    }
    return status;
}

mfn_status mfn__gzip_encode(const void *bytes, size_t size, mfn__buffer *ret, mfn_error *err)
{
    gzip_pump pump;
    pump_init(&pump, bytes, size, ret);
    if (deflateInit2(&pump.stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        return mfn__fail_memory(err);
    }
    int result = Z_OK;
    while (result == Z_OK && ret->status == MFN_OK) {
        pump_prepare(&pump);
        result = deflate(&pump.stream, pump.left == 0 ? Z_FINISH : Z_NO_FLUSH);
        pump_collect(&pump);
    }
    deflateEnd(&pump.stream);
    return pump_end(&pump, mfn__buffer_check(ret, "the compressed content", err));
}

/* All members of the input, which are one after another (RFC 1952, section 2.2). */
static mfn_status inflate_all(gzip_pump *pump, mfn_error *err)
{
    z_stream *stream = &pump->stream;
    for (;;) {
        pump_prepare(pump);
        int result = inflate(stream, Z_NO_FLUSH);
        pump_collect(pump);
        if (pump->ret->status != MFN_OK) {
            return mfn__buffer_check(pump->ret, "the content of the gzip", err);
        }
        switch (result) {
        case Z_OK:
            break;
        case Z_STREAM_END:
            if (stream->avail_in == 0 && pump->left == 0) {
                return MFN_OK;
            }
            inflateReset(stream);
            break;
        case Z_BUF_ERROR: /* it wants more than there is */
            return mfn__fail(err, MFN_FORMAT, NULL, "the gzip ends too early");
        case Z_MEM_ERROR:
            return mfn__fail_memory(err);
        default:
            return mfn__fail(err, MFN_FORMAT, NULL, "this is no gzip: %s",
                             stream->msg != NULL ? stream->msg : "wrong data");
        }
    }
}

mfn_status mfn__gzip_decode(const void *bytes, size_t size, mfn__buffer *ret, mfn_error *err)
{
    gzip_pump pump;
    pump_init(&pump, bytes, size, ret);
    if (inflateInit2(&pump.stream, GZIP_WINDOW) != Z_OK) {
        return mfn__fail_memory(err);
    }
    mfn_status status = inflate_all(&pump, err);
    inflateEnd(&pump.stream);
    return pump_end(&pump, status);
}
