/* SPDX-License-Identifier: MIT */
/* libpng reports failures by longjmp. The function that calls setjmp keeps all its state in the
 * session, so that no local variable is lost on the way back. Level and filter suit scaled cells:
 * rows repeat exactly, and prediction between palette indices would only make noise. */
#include "codec/png_writer.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>

#include "base/error.h"
#include "base/mem.h"

#define PALETTE_COLOURS   256
#define COMPRESSION_LEVEL 3

typedef struct png_session {
    png_structp png;
    png_infop info;
    mfn__buffer *out;
    bool is_out_of_memory;
    char message[96]; /* libpng's */
} png_session;

static png_voidp allocate(png_structp png, png_alloc_size_t size)
{
    png_session *session = png_get_mem_ptr(png);
    void *block = mfn__mem_new(size, 1);
    session->is_out_of_memory |= block == NULL;
    return block;
}

static void release(png_structp png, png_voidp block)
{
    (void)png;
    mfn__mem_free(block);
}

static void put_bytes(png_structp png, png_bytep bytes, size_t size)
{
    png_session *session = png_get_io_ptr(png);
    mfn__buffer_append(session->out, bytes, size);
    if (session->out->status != MFN_OK) {
        png_error(png, "the buffer is full");
    }
}

static void flush(png_structp png)
{
    (void)png;
}

static void on_error(png_structp png, png_const_charp message)
{
    png_session *session = png_get_error_ptr(png);
    snprintf(session->message, sizeof session->message, "%s", message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void set_palette(png_session *session, const mfn__palette *palette)
{
    png_color colours[PALETTE_COLOURS];
    for (size_t i = 0; i < PALETTE_COLOURS; i++) {
        colours[i] = (png_color){
            .red = palette->rgb[i][0], .green = palette->rgb[i][1], .blue = palette->rgb[i][2]};
    }
    png_set_PLTE(session->png, session->info, colours, PALETTE_COLOURS);
}

/* False after libpng gave up; the session then says why. */
static bool write_picture(png_session *session, const mfn__raster *raster,
                          const mfn__palette *palette)
{
    if (setjmp(png_jmpbuf(session->png)) != 0) {
        return false;
    }
    session->info = png_create_info_struct(session->png);
    if (session->info == NULL) {
        return false;
    }
    png_set_write_fn(session->png, session, put_bytes, flush);
    png_set_user_limits(session->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_IHDR(session->png, session->info, raster->width, raster->height, 8,
                 PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_set_sRGB(session->png, session->info, PNG_sRGB_INTENT_PERCEPTUAL);
    set_palette(session, palette);
    png_set_compression_level(session->png, COMPRESSION_LEVEL);
    png_set_filter(session->png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
    png_write_info(session->png, session->info);
    for (uint32_t y = 0; y < raster->height; y++) {
        png_write_row(session->png, raster->pixels + (size_t)y * raster->width);
    }
    png_write_end(session->png, session->info);
    return true;
}

mfn_status mfn__png_encode(const mfn__raster *raster, const mfn__palette *palette, mfn__buffer *out,
                           mfn_error *err)
{
    size_t start = out->size;
    png_session session = {.out = out};
    session.png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &session, on_error, on_warning,
                                            &session, allocate, release);
    if (session.png == NULL) {
        return mfn__fail_memory(err);
    }
    bool is_written = write_picture(&session, raster, palette);
    png_destroy_write_struct(&session.png, &session.info);
    if (is_written) {
        return MFN_OK;
    }
    mfn_status status = mfn__buffer_check(out, "the picture", err);
    if (status == MFN_OK && session.is_out_of_memory) {
        status = mfn__fail_memory(err);
    } else if (status == MFN_OK) {
        status = mfn__fail(err, MFN_INTERNAL, NULL, "libpng: %s", session.message);
    }
    if (out->data != NULL) {
        out->size = start;
        out->data[start] = '\0';
    }
    return status;
}
