/* SPDX-License-Identifier: MIT */
/* A frame holds only the rectangle that differs from what is shown already, and in it the pixels
 * that stay are transparent: less to write, and nothing is lost. giflib writes in pieces of a few
 * bytes, which are collected here. Its own memory is not of base/mem.h. */
#include "codec/gif_writer.h"

#include <assert.h>
#include <gif_lib.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#define SIDE_MAX        65535
#define PALETTE_COLOURS 256
#define PALETTE_BITS    8
#define FLUSH_BYTES     65536 /* collected before the file gets them */
#define ROOM_BYTES      (FLUSH_BYTES + 4096)

struct mfn__gif_writer {
    mfn__gif_form form;
    GifFileType *gif;
    mfn__whole_file file;
    mfn__buffer pending; /* written by giflib, not yet in the file */
    uint8_t *shown;      /* the picture after the last frame */
    uint8_t *line;
    uint64_t frames;
    mfn_status status; /* of the writing inside giflib */
    mfn_error fault;
};

typedef struct rectangle {
    uint32_t left, top, width, height;
} rectangle;

static void flush(mfn__gif_writer *writer)
{
    if (writer->status == MFN_OK) {
        writer->status = mfn__buffer_check(&writer->pending, "the GIF", &writer->fault);
    }
    if (writer->status == MFN_OK) {
        writer->status = mfn__whole_file_write(&writer->file, writer->pending.data,
                                               writer->pending.size, &writer->fault);
    }
    mfn__buffer_clear(&writer->pending);
}

/* giflib takes any other number than `count` for a failure. */
static int put_bytes(GifFileType *gif, const GifByteType *bytes, int count)
{
    mfn__gif_writer *writer = gif->UserData;
    mfn__buffer_append(&writer->pending, bytes, (size_t)count);
    if (writer->pending.size >= FLUSH_BYTES || writer->pending.status != MFN_OK) {
        flush(writer);
    }
    return writer->status == MFN_OK ? count : 0;
}

static mfn_status gif_failed(const mfn__gif_writer *writer, int code, mfn_error *err)
{
    if (writer->status != MFN_OK) {
        if (err != NULL) {
            *err = writer->fault;
        }
        return writer->status;
    }
    if (code == E_GIF_ERR_NOT_ENOUGH_MEM) {
        return mfn__fail_memory(err);
    }
    const char *text = GifErrorString(code);
    return mfn__fail(err, MFN_INTERNAL, NULL, "giflib: %s", text != NULL ? text : "unknown error");
}

static bool put_screen(const mfn__gif_writer *writer, const mfn__palette *palette)
{
    GifColorType colours[PALETTE_COLOURS];
    for (size_t i = 0; i < PALETTE_COLOURS; i++) {
        colours[i] = (GifColorType){
            .Red = palette->rgb[i][0], .Green = palette->rgb[i][1], .Blue = palette->rgb[i][2]};
    }
    ColorMapObject map = {
        .ColorCount = PALETTE_COLOURS, .BitsPerPixel = PALETTE_BITS, .Colors = colours};
    return EGifPutScreenDesc(writer->gif, (int)writer->form.width, (int)writer->form.height,
                             PALETTE_BITS, 0, &map) == GIF_OK;
}

/* Netscape's extension, which every viewer knows: repeat for ever. */
static bool put_loop(const mfn__gif_writer *writer)
{
    static const uint8_t forever[] = {1, 0, 0};
    GifFileType *gif = writer->gif;
    return EGifPutExtensionLeader(gif, APPLICATION_EXT_FUNC_CODE) == GIF_OK &&
           EGifPutExtensionBlock(gif, 11, "NETSCAPE2.0") == GIF_OK &&
           EGifPutExtensionBlock(gif, sizeof forever, forever) == GIF_OK &&
           EGifPutExtensionTrailer(gif) == GIF_OK;
}

static mfn_status check_form(const mfn__gif_form *form, mfn_error *err)
{
    assert(form->delay_cs <= UINT16_MAX);
    if (form->width < 1 || form->width > SIDE_MAX || form->height < 1 || form->height > SIDE_MAX) {
        return mfn__fail(err, MFN_INVALID, "size",
                         "size: a GIF has 1 .. %d pixels a side, got %" PRIu32 " x %" PRIu32,
                         SIDE_MAX, form->width, form->height);
    }
    return MFN_OK;
}

/* Everything but giflib's part. */
static mfn_status prepare(mfn__gif_writer *writer, const char *path, mfn_error *err)
{
    writer->shown = mfn__mem_new_aligned(writer->form.width, writer->form.height);
    writer->line = mfn__mem_new(writer->form.width, 1);
    if (writer->shown == NULL || writer->line == NULL) {
        return mfn__fail_memory(err);
    }
    return mfn__whole_file_begin(&writer->file, path, err);
}

static mfn_status begin(mfn__gif_writer *writer, const mfn__palette *palette, mfn_error *err)
{
    int code = 0;
    writer->gif = EGifOpen(writer, put_bytes, &code);
    if (writer->gif == NULL) {
        return gif_failed(writer, code, err);
    }
    EGifSetGifVersion(writer->gif, true);
    if (!put_screen(writer, palette) || !put_loop(writer)) {
        return gif_failed(writer, writer->gif->Error, err);
    }
    return MFN_OK;
}

mfn_status mfn__gif_writer_new(const char *path, const mfn__gif_form *form,
                               const mfn__palette *palette, mfn__gif_writer **ret, mfn_error *err)
{
    mfn_status status = check_form(form, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn__gif_writer *writer = mfn__mem_new(1, sizeof *writer);
    if (writer == NULL) {
        return mfn__fail_memory(err);
    }
    writer->form = *form;
    writer->file.descriptor = -1;
    mfn__buffer_init(&writer->pending, ROOM_BYTES);
    status = prepare(writer, path, err);
    if (status == MFN_OK) {
        status = begin(writer, palette, err);
    }
    if (status != MFN_OK) {
        mfn__gif_writer_free(writer);
        return status;
    }
    *ret = writer;
    return MFN_OK;
}

/* Columns of one row that differ from what is shown: from *first up to *end; false when none do. */
static bool find_changes(const uint8_t *new_row, const uint8_t *shown, uint32_t width,
                         uint32_t *first, uint32_t *end)
{
    if (memcmp(new_row, shown, width) == 0) {
        return false;
    }
    *first = 0;
    *end = width;
    while (new_row[*first] == shown[*first]) {
        ++*first;
    }
    while (new_row[*end - 1] == shown[*end - 1]) {
        --*end;
    }
    return true;
}

/* The smallest rectangle with all that changes; a single pixel when nothing does, because every
 * frame takes its time. */
static rectangle changed_part(const mfn__gif_writer *writer, const mfn__raster *frame)
{
    if (writer->frames == 0) {
        return (rectangle){0, 0, frame->width, frame->height};
    }
    uint32_t left = frame->width;
    uint32_t right = 0;
    uint32_t top = frame->height;
    uint32_t bottom = 0;
    for (uint32_t y = 0; y < frame->height; y++) {
        size_t start = (size_t)y * frame->width;
        uint32_t first = 0;
        uint32_t end = 0;
        if (find_changes(frame->pixels + start, writer->shown + start, frame->width, &first,
                         &end)) {
            top = top < y ? top : y;
            bottom = y + 1;
            left = left < first ? left : first;
            right = right > end ? right : end;
        }
    }
    if (bottom == 0) {
        return (rectangle){0, 0, 1, 1};
    }
    return (rectangle){left, top, right - left, bottom - top};
}

static bool put_control(const mfn__gif_writer *writer)
{
    GraphicsControlBlock control = {
        .DisposalMode = DISPOSE_DO_NOT,
        .DelayTime = (int)writer->form.delay_cs,
        .TransparentColor = writer->frames > 0 ? writer->form.spare : NO_TRANSPARENT_COLOR,
    };
    GifByteType bytes[4];
    size_t size = EGifGCBToExtension(&control, bytes);
    return EGifPutExtension(writer->gif, GRAPHICS_EXT_FUNC_CODE, (int)size, bytes) == GIF_OK;
}

/* giflib wants lines that it may write to. */
static bool put_line(const mfn__gif_writer *writer, const uint8_t *pixels, const uint8_t *shown,
                     uint32_t width)
{
    for (uint32_t x = 0; x < width; x++) {
        bool stays = writer->frames > 0 && pixels[x] == shown[x];
        assert(stays || writer->frames == 0 || pixels[x] != writer->form.spare);
        writer->line[x] = stays ? writer->form.spare : pixels[x];
    }
    return EGifPutLine(writer->gif, writer->line, (int)width) == GIF_OK;
}

mfn_status mfn__gif_writer_add(mfn__gif_writer *writer, const mfn__raster *frame, mfn_error *err)
{
    assert(frame->width == writer->form.width && frame->height == writer->form.height);
    rectangle part = changed_part(writer, frame);
    bool is_written = put_control(writer) &&
                      EGifPutImageDesc(writer->gif, (int)part.left, (int)part.top, (int)part.width,
                                       (int)part.height, false, NULL) == GIF_OK;
    for (uint32_t y = 0; y < part.height && is_written; y++) {
        size_t start = (size_t)(part.top + y) * frame->width + part.left;
        is_written = put_line(writer, frame->pixels + start, writer->shown + start, part.width);
    }
    if (!is_written) {
        return gif_failed(writer, writer->gif->Error, err);
    }
    memcpy(writer->shown, frame->pixels, (size_t)frame->width * frame->height);
    writer->frames++;
    return MFN_OK;
}

mfn_status mfn__gif_writer_commit(mfn__gif_writer *writer, mfn_error *err)
{
    assert(writer->frames > 0);
    int code = 0;
    int closed = EGifCloseFile(writer->gif, &code); /* frees it in any case */
    writer->gif = NULL;
    flush(writer);
    if (closed != GIF_OK || writer->status != MFN_OK) {
        return gif_failed(writer, code, err);
    }
    return mfn__whole_file_commit(&writer->file, err);
}

void mfn__gif_writer_free(mfn__gif_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    if (writer->gif != NULL) {
        (void)EGifCloseFile(writer->gif, NULL);
    }
    mfn__whole_file_abort(&writer->file);
    mfn__buffer_deinit(&writer->pending);
    mfn__mem_free(writer->line);
    mfn__mem_free(writer->shown);
    mfn__mem_free(writer);
}
