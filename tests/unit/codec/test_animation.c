/* SPDX-License-Identifier: MIT */
/* Animations are read back by giflib's decoder, and put together as a viewer does. */
#include <dirent.h>
#include <gif_lib.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "codec/gif_writer.h"
#include "codec/image.h"
#include "suite.h"

#include "mfn/animation.h"

#define SIDE     24
#define CELLS    ((size_t)SIDE * SIDE)
#define DELAY_MS 70

static char folder[] = "/tmp/mfn-test-animation-XXXXXX";
static char path[sizeof folder + 16];

static void make_place(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/film.gif", folder);
}

static void remove_place(void)
{
    unlink(path);
    rmdir(folder);
}

static size_t files_in_place(void)
{
    DIR *entries = opendir(folder);
    ck_assert_ptr_nonnull(entries);
    size_t count = 0;
    for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        count += entry->d_name[0] != '.' || strncmp(entry->d_name, ".mfn-", 5) == 0;
    }
    closedir(entries);
    return count;
}

static mfn_image_options usual_options(void)
{
    mfn_image_options options;
    mfn_image_options_init(&options);
    options.scale = 2;
    options.min_v = -0.08;
    options.max_v = -0.04;
    return options;
}

/* A wave that moves on from frame to frame, partly beyond the ends of the scale. */
static void fill_frame(double *field_v, unsigned number)
{
    for (size_t i = 0; i < CELLS; i++) {
        size_t diagonal = i % SIDE + 2 * (i / SIDE);
        double phase = (double)diagonal + 1.3 * number;
        field_v[i] = -0.06 + 0.025 * sin(0.3 * phase);
    }
}

static mfn_animation *begin(const mfn_image_options *options)
{
    mfn_animation *animation = NULL;
    mfn_error err = {.status = MFN_OK};
    mfn_status status = mfn_animation_new(path, SIDE, options, DELAY_MS, &animation, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
    return animation;
}

static void add(mfn_animation *animation, const double *field_v)
{
    mfn_error err = {.status = MFN_OK};
    ck_assert_msg(mfn_animation_add(animation, field_v, &err) == MFN_OK, "%s", err.text);
}

static void finish(mfn_animation *animation)
{
    mfn_error err = {.status = MFN_OK};
    ck_assert_msg(mfn_animation_finish(animation, &err) == MFN_OK, "%s", err.text);
    mfn_animation_free(animation);
}

static GifFileType *decode(void)
{
    int code = 0;
    GifFileType *gif = DGifOpenFileName(path, &code);
    ck_assert_msg(gif != NULL, "%s", GifErrorString(code));
    ck_assert_msg(DGifSlurp(gif) == GIF_OK, "%s", GifErrorString(gif->Error));
    return gif;
}

static GraphicsControlBlock control_of(GifFileType *gif, int frame)
{
    GraphicsControlBlock control;
    ck_assert_int_eq(DGifSavedExtensionToGCB(gif, frame, &control), GIF_OK);
    return control;
}

/* Lays a frame over what is shown. */
static void show(GifFileType *gif, int number, uint8_t *shown)
{
    const SavedImage *frame = &gif->SavedImages[number];
    int spare = control_of(gif, number).TransparentColor;
    for (int y = 0; y < frame->ImageDesc.Height; y++) {
        for (int x = 0; x < frame->ImageDesc.Width; x++) {
            int pixel = frame->RasterBits[y * frame->ImageDesc.Width + x];
            int at = (frame->ImageDesc.Top + y) * gif->SWidth + frame->ImageDesc.Left + x;
            shown[at] = pixel == spare ? shown[at] : (uint8_t)pixel;
        }
    }
}

START_TEST(every_frame_shows_the_pixels_of_the_picture_of_its_field)
{
    enum { FRAMES = 7 };
    make_place();
    for (int has_bar = 0; has_bar < 2; has_bar++) {
        mfn_image_options options = usual_options();
        options.colour_bar = has_bar != 0;
        double field_v[CELLS];
        mfn_animation *animation = begin(&options);
        for (unsigned i = 0; i < FRAMES; i++) {
            fill_frame(field_v, i);
            add(animation, field_v);
        }
        finish(animation);
        GifFileType *gif = decode();
        ck_assert_int_eq(gif->ImageCount, FRAMES);
        uint8_t *shown = calloc((size_t)gif->SWidth, (size_t)gif->SHeight);
        ck_assert_ptr_nonnull(shown);
        for (unsigned i = 0; i < FRAMES; i++) {
            mfn__raster picture = {0};
            fill_frame(field_v, i);
            ck_assert_int_eq(mfn__image_draw(field_v, SIDE, &options, &picture, NULL), MFN_OK);
            ck_assert_int_eq(gif->SWidth, picture.width);
            ck_assert_int_eq(gif->SHeight, picture.height);
            show(gif, (int)i, shown);
            ck_assert_mem_eq(shown, picture.pixels, (size_t)picture.width * picture.height);
            mfn__mem_free(picture.pixels);
        }
        free(shown);
        DGifCloseFile(gif, NULL);
    }
    remove_place();
}
END_TEST

START_TEST(the_palette_is_that_of_a_picture)
{
    make_place();
    mfn_image_options options = usual_options();
    double field_v[CELLS];
    fill_frame(field_v, 0);
    mfn_animation *animation = begin(&options);
    add(animation, field_v);
    finish(animation);
    GifFileType *gif = decode();
    mfn__palette palette;
    mfn__image_palette(&palette);
    ck_assert_int_eq(gif->SColorMap->ColorCount, 256);
    for (int i = 0; i < 256; i++) {
        const GifColorType *colour = &gif->SColorMap->Colors[i];
        const uint8_t rgb[] = {colour->Red, colour->Green, colour->Blue};
        ck_assert_mem_eq(rgb, palette.rgb[i], 3);
    }
    DGifCloseFile(gif, NULL);
    remove_place();
}
END_TEST

START_TEST(it_repeats_for_ever_and_every_frame_has_its_delay)
{
    make_place();
    mfn_image_options options = usual_options();
    double field_v[CELLS];
    mfn_animation *animation = begin(&options);
    for (unsigned i = 0; i < 3; i++) {
        fill_frame(field_v, i);
        add(animation, field_v);
    }
    finish(animation);
    GifFileType *gif = decode();
    const SavedImage *first = &gif->SavedImages[0];
    ck_assert_int_eq(first->ExtensionBlocks[0].Function, APPLICATION_EXT_FUNC_CODE);
    ck_assert_int_eq(first->ExtensionBlocks[0].ByteCount, 11);
    ck_assert_mem_eq(first->ExtensionBlocks[0].Bytes, "NETSCAPE2.0", 11);
    ck_assert_int_eq(first->ExtensionBlocks[1].ByteCount, 3);
    ck_assert_mem_eq(first->ExtensionBlocks[1].Bytes, "\1\0\0", 3);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(control_of(gif, i).DelayTime, DELAY_MS / 10);
    }
    DGifCloseFile(gif, NULL);
    remove_place();
}
END_TEST

START_TEST(a_frame_holds_only_what_changes)
{
    make_place();
    mfn_image_options options = usual_options();
    options.colour_bar = false;
    double field_v[CELLS];
    fill_frame(field_v, 0);
    mfn_animation *animation = begin(&options);
    add(animation, field_v);
    add(animation, field_v);
    field_v[5 * SIDE + 3] = -0.08;
    field_v[7 * SIDE + 9] = -0.04;
    add(animation, field_v);
    finish(animation);
    GifFileType *gif = decode();
    const GifImageDesc *same = &gif->SavedImages[1].ImageDesc;
    ck_assert_int_eq(same->Width * same->Height, 1);
    const GifImageDesc *part = &gif->SavedImages[2].ImageDesc;
    ck_assert_int_eq(part->Left, 3 * 2);
    ck_assert_int_eq(part->Top, 5 * 2);
    ck_assert_int_eq(part->Width, 7 * 2);
    ck_assert_int_eq(part->Height, 3 * 2);
    DGifCloseFile(gif, NULL);
    remove_place();
}
END_TEST

START_TEST(nothing_is_there_before_the_end_and_nothing_is_left_without_one)
{
    make_place();
    mfn_image_options options = usual_options();
    double field_v[CELLS];
    fill_frame(field_v, 0);
    mfn_animation *animation = begin(&options);
    add(animation, field_v);
    ck_assert_int_ne(access(path, F_OK), 0);
    mfn_animation_free(animation);
    ck_assert_uint_eq(files_in_place(), 0);
    animation = begin(&options);
    mfn_error err = {.status = MFN_OK};
    ck_assert_int_eq(mfn_animation_finish(animation, &err), MFN_INVALID);
    ck_assert_str_eq(err.text, "an animation needs at least one frame, got none");
    mfn_animation_free(animation);
    ck_assert_uint_eq(files_in_place(), 0);
    remove_place();
}
END_TEST

START_TEST(what_cannot_be_an_animation_is_refused_by_name)
{
    make_place();
    const size_t size = sizeof(mfn_image_options);
    const struct {
        const char *sentence, *field, *expected;
        uint32_t side, delay_ms;
        mfn_image_options options;
    } rows[] = {
        {"no range", "max_v", "one colour scale", 8, 50, {size, 1, true, 0, 0}},
        {"a range upside down", "max_v", "at least min_v", 8, 50, {size, 1, true, 1, 0}},
        {"no cells", "side", "got 0", 0, 50, {size, 1, true, 0, 1}},
        {"too many pixels", "side", "got 16385", 16385, 50, {size, 1, true, 0, 1}},
        {"too large a scale", "scale", "got 65", 8, 50, {size, 65, true, 0, 1}},
        {"too fast",
         "delay_ms",
         "multiple of 10 in [20, 60000], got 10",
         8,
         10,
         {size, 1, true, 0, 1}},
        {"too slow", "delay_ms", "got 60010", 8, 60010, {size, 1, true, 0, 1}},
        {"between two hundredths", "delay_ms", "got 55", 8, 55, {size, 1, true, 0, 1}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mfn_animation *animation = NULL;
        mfn_error err = {.status = MFN_OK};
        mfn_status status = mfn_animation_new(path, rows[i].side, &rows[i].options,
                                              rows[i].delay_ms, &animation, &err);
        ck_assert_msg(status == MFN_INVALID, "%s: status %d", rows[i].sentence, status);
        ck_assert_str_eq(err.field, rows[i].field);
        ck_assert_msg(strstr(err.text, rows[i].expected) != NULL, "%s: \"%s\" lacks \"%s\"",
                      rows[i].sentence, err.text, rows[i].expected);
        ck_assert_ptr_null(animation);
        ck_assert_uint_eq(files_in_place(), 0);
    }
    remove_place();
}
END_TEST

START_TEST(a_field_that_cannot_be_drawn_leaves_the_animation_as_it_was)
{
    make_place();
    mfn_image_options options = usual_options();
    double field_v[CELLS];
    fill_frame(field_v, 0);
    mfn_animation *animation = begin(&options);
    add(animation, field_v);
    field_v[1] = (double)NAN;
    mfn_error err = {.status = MFN_OK};
    ck_assert_int_eq(mfn_animation_add(animation, field_v, &err), MFN_INVALID);
    ck_assert_str_eq(err.field, "field_v");
    finish(animation);
    GifFileType *gif = decode();
    ck_assert_int_eq(gif->ImageCount, 1);
    DGifCloseFile(gif, NULL);
    remove_place();
}
END_TEST

START_TEST(a_picture_beyond_the_format_is_refused)
{
    make_place();
    const mfn__gif_form form = {.width = 65536, .height = 2, .delay_cs = 5};
    mfn__palette palette = {0};
    mfn__gif_writer *writer = NULL;
    mfn_error err = {.status = MFN_OK};
    ck_assert_int_eq(mfn__gif_writer_new(path, &form, &palette, &writer, &err), MFN_INVALID);
    ck_assert_str_eq(err.text, "size: a GIF has 1 .. 65535 pixels a side, got 65536 x 2");
    remove_place();
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_told_at_the_beginning)
{
    mfn_image_options options = usual_options();
    mfn_animation *animation = NULL;
    mfn_error err = {.status = MFN_OK};
    mfn_status status =
        mfn_animation_new("/no/such/folder/a.gif", SIDE, &options, 50, &animation, &err);
    ck_assert_int_eq(status, MFN_NOT_FOUND);
    ck_assert_msg(strstr(err.text, "/no/such/folder") != NULL, "%s", err.text);
}
END_TEST

/* As a full disk does: what was written so far stays, the rest fails. */
static void limit_files(rlim_t bytes)
{
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit = {bytes, RLIM_INFINITY};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_file_that_cannot_grow_fails_with_its_reason_and_leaves_nothing)
{
    make_place();
    mfn_image_options options = usual_options();
    options.scale = 16;
    double field_v[CELLS];
    /* In the middle of a frame, and with the last bytes. */
    static const unsigned frames[] = {200, 1};
    for (size_t i = 0; i < 2; i++) {
        mfn_animation *animation = begin(&options);
        limit_files(100);
        mfn_error err = {.status = MFN_OK};
        mfn_status status = MFN_OK;
        for (unsigned k = 0; k < frames[i] && status == MFN_OK; k++) {
            fill_frame(field_v, k);
            status = mfn_animation_add(animation, field_v, &err);
        }
        ck_assert_int_eq(status == MFN_OK, frames[i] == 1);
        if (status == MFN_OK) {
            status = mfn_animation_finish(animation, &err);
        }
        limit_files(RLIM_INFINITY);
        ck_assert_int_eq(status, MFN_NO_SPACE);
        ck_assert_msg(strstr(err.text, "film.gif': File too large") != NULL, "%s", err.text);
        mfn_animation_free(animation);
        ck_assert_uint_eq(files_in_place(), 0);
    }
    remove_place();
}
END_TEST

START_TEST(making_one_survives_failure_of_every_allocation)
{
    make_place();
    mfn_image_options options = usual_options();
    double field_v[CELLS];
    fill_frame(field_v, 0);
    mfn_status status = MFN_NO_MEMORY;
    int64_t successes = 0;
    for (; status != MFN_OK; successes++) {
        mfn_animation *animation = NULL;
        mfn_error err = {.status = MFN_OK};
        mfn__mem_fail_after(successes);
        status = mfn_animation_new(path, SIDE, &options, DELAY_MS, &animation, &err);
        if (status == MFN_OK) {
            status = mfn_animation_add(animation, field_v, &err);
        }
        if (status == MFN_OK) {
            status = mfn_animation_finish(animation, &err);
        }
        mfn__mem_fail_after(-1);
        mfn_animation_free(animation);
        ck_assert_msg(status == MFN_OK || status == MFN_NO_MEMORY, "allocation %lld: %s",
                      (long long)successes, err.text);
        ck_assert_uint_eq(files_in_place(), status == MFN_OK);
    }
    ck_assert_int_gt(successes, 5);
    remove_place();
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        every_frame_shows_the_pixels_of_the_picture_of_its_field,
        the_palette_is_that_of_a_picture,
        it_repeats_for_ever_and_every_frame_has_its_delay,
        a_frame_holds_only_what_changes,
        nothing_is_there_before_the_end_and_nothing_is_left_without_one,
        what_cannot_be_an_animation_is_refused_by_name,
        a_field_that_cannot_be_drawn_leaves_the_animation_as_it_was,
        a_picture_beyond_the_format_is_refused,
        a_folder_that_is_not_there_is_told_at_the_beginning,
        a_file_that_cannot_grow_fails_with_its_reason_and_leaves_nothing,
        making_one_survives_failure_of_every_allocation,
        NULL,
    };
    return mfn_test_run("animation", tests);
}
