/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "codec/font.h"
#include "codec/image.h"
#include "suite.h"

#define ROOM_BYTES  10000000
#define LAST_COLOUR 252 /* of the colours that a picture's palette has for the field */
#define TINY_PIXELS 5   /* side of the field of pictures whose colour bar is what is looked at */

/* A picture decoded by libpng: three bytes per pixel. */
typedef struct picture {
    uint32_t width, height;
    uint8_t *rgb;
} picture;

static picture decode(const mfn__buffer *bytes)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    ck_assert_msg(png_image_begin_read_from_memory(&image, bytes->data, bytes->size), "%s",
                  image.message);
    image.format = PNG_FORMAT_RGB;
    picture result = {image.width, image.height, malloc(PNG_IMAGE_SIZE(image))};
    ck_assert_ptr_nonnull(result.rgb);
    ck_assert_msg(png_image_finish_read(&image, NULL, result.rgb, 0, NULL), "%s", image.message);
    return result;
}

static const uint8_t *pixel(const picture *image, uint32_t x, uint32_t y)
{
    return image->rgb + 3 * ((size_t)y * image->width + x);
}

static picture draw(const double *field_v, uint32_t side, const mfn_image_options *options)
{
    mfn__buffer bytes;
    mfn__buffer_init(&bytes, ROOM_BYTES);
    mfn_error err = {.status = MFN_OK};
    mfn_status status = mfn__image_encode_png(field_v, side, options, &bytes, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
    picture result = decode(&bytes);
    mfn__buffer_deinit(&bytes);
    return result;
}

static bool is_colour(const uint8_t *rgb, uint8_t red, uint8_t green, uint8_t blue)
{
    return rgb[0] == red && rgb[1] == green && rgb[2] == blue;
}

/* The colour of a share of the scale, in the steps that a palette has. */
static bool is_map_colour(const uint8_t *rgb, double share)
{
    uint8_t expected[3];
    mfn_image_colour(floor(share * LAST_COLOUR + 0.5) / LAST_COLOUR, expected);
    return memcmp(rgb, expected, 3) == 0;
}

/* True when something black is on row `y`, from column `x` on. */
static bool row_has_ink(const picture *image, uint32_t x, uint32_t y)
{
    for (; x < image->width; x++) {
        if (is_colour(pixel(image, x, y), 0, 0, 0)) {
            return true;
        }
    }
    return false;
}

START_TEST(every_pixel_of_a_cell_has_the_colour_of_its_value)
{
    enum { SIDE = 7, SCALE = 3 };
    double field_v[SIDE * SIDE];
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        field_v[i] = -0.095 + 0.135 * (double)(i * i % 49) / 48.0;
    }
    mfn_image_options options;
    mfn_image_options_init(&options);
    options.scale = SCALE;
    options.colour_bar = false;
    options.min_v = -0.095;
    options.max_v = 0.04;
    picture image = draw(field_v, SIDE, &options);
    ck_assert_uint_eq(image.width, SIDE * SCALE);
    ck_assert_uint_eq(image.height, SIDE * SCALE);
    for (uint32_t y = 0; y < image.height; y++) {
        for (uint32_t x = 0; x < image.width; x++) {
            double share = (field_v[y / SCALE * SIDE + x / SCALE] + 0.095) / 0.135;
            ck_assert_msg(is_map_colour(pixel(&image, x, y), share), "x %u, y %u", x, y);
        }
    }
    free(image.rgb);
}
END_TEST

START_TEST(values_beyond_the_ends_of_the_scale_take_the_end_colours)
{
    const double field_v[] = {-1.0, 0.0, 0.1, 5.0};
    mfn_image_options options;
    mfn_image_options_init(&options);
    options.scale = 1;
    options.colour_bar = false;
    options.max_v = 0.1;
    picture image = draw(field_v, 2, &options);
    ck_assert(is_map_colour(pixel(&image, 0, 0), 0));
    ck_assert(is_map_colour(pixel(&image, 1, 0), 0));
    ck_assert(is_map_colour(pixel(&image, 0, 1), 1));
    ck_assert(is_map_colour(pixel(&image, 1, 1), 1));
    free(image.rgb);
}
END_TEST

START_TEST(the_scale_is_chosen_for_a_picture_of_about_512_pixels)
{
    static const struct {
        uint32_t side, scale, pixels;
    } rows[] = {{1, 0, 64},    {4, 0, 256},   {8, 0, 512},  {64, 0, 512},
                {100, 0, 500}, {600, 0, 600}, {10, 64, 640}};
    double *field_v = mfn__mem_new(600 * 600, sizeof *field_v);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mfn_image_options options;
        mfn_image_options_init(&options);
        options.colour_bar = false;
        options.scale = rows[i].scale;
        picture image = draw(field_v, rows[i].side, &options);
        ck_assert_msg(image.width == rows[i].pixels && image.height == rows[i].pixels,
                      "side %u: %u x %u, expected %u", rows[i].side, image.width, image.height,
                      rows[i].pixels);
        free(image.rgb);
    }
    mfn__mem_free(field_v);
}
END_TEST

START_TEST(the_colour_bar_runs_from_the_highest_value_down_to_the_lowest_with_five_labels)
{
    const double field_v[] = {-0.095, 0.04, 0.0, -0.07};
    mfn_image_options options;
    mfn_image_options_init(&options);
    options.scale = TINY_PIXELS;
    picture image = draw(field_v, 2, &options);
    const uint32_t margin = 6;
    const uint32_t bar_x = margin + 2 * TINY_PIXELS + 8;
    const uint32_t bar_width = 12;
    const uint32_t bar_height = image.height - 2 * margin;
    for (uint32_t y = 0; y < bar_height; y++) {
        double share = 1.0 - y / (double)(bar_height - 1);
        const uint8_t *left = pixel(&image, bar_x, margin + y);
        ck_assert_msg(is_map_colour(left, share - 0.001) || is_map_colour(left, share + 0.001),
                      "row %u of the bar", y);
        ck_assert_mem_eq(left, pixel(&image, bar_x + bar_width - 1, margin + y), 3);
    }
    uint32_t labels = 0;
    for (uint32_t y = 1; y < image.height; y++) {
        labels += row_has_ink(&image, bar_x + bar_width, y) &&
                  !row_has_ink(&image, bar_x + bar_width, y - 1);
    }
    ck_assert_uint_eq(labels, 5);
    for (uint32_t y = 0; y < image.height; y++) {
        ck_assert_msg(is_colour(pixel(&image, image.width - 1, y), 255, 255, 255),
                      "row %u: a label touches the right edge", y);
    }
    ck_assert(!row_has_ink(&image, 0, 0));
    ck_assert(!row_has_ink(&image, 0, image.height - 1));
    free(image.rgb);
}
END_TEST

/* The right end of the picture's first label, against the same text drawn by the font. */
static void check_top_label(const double *field_v, const char *text)
{
    mfn_image_options options;
    mfn_image_options_init(&options);
    options.scale = TINY_PIXELS;
    picture image = draw(field_v, 2, &options);
    uint32_t width = mfn__font_width(text, 1);
    uint8_t pixels[64 * MFN__FONT_HEIGHT * 6] = {0};
    mfn__raster raster = {pixels, width, MFN__FONT_HEIGHT};
    mfn__font_draw(&raster, 0, 0, 1, 1, text);
    const uint32_t margin = 6;
    for (uint32_t y = 0; y < MFN__FONT_HEIGHT; y++) {
        for (uint32_t x = 0; x < width; x++) {
            const uint8_t *drawn =
                pixel(&image, image.width - margin - width + x, margin - MFN__FONT_HEIGHT / 2 + y);
            ck_assert_msg(is_colour(drawn, 0, 0, 0) == (pixels[y * width + x] == 1),
                          "label '%s': x %u, y %u", text, x, y);
        }
    }
    free(image.rgb);
}

START_TEST(labels_are_in_millivolts_with_as_many_decimals_as_tell_them_apart)
{
    static const struct {
        double low_v, high_v;
        const char *text;
    } rows[] = {
        {-0.095, 0.04, "40.0 mV"},    {-0.07, -0.0695, "-69.500 mV"},
        {-0.0001, 0.0, "0.0000 mV"},  {-5.0, 5.0, "5000 mV"},
        {-1e6, 1e6, "1000000000 mV"}, {-0.07, -0.07 + 1e-10, "-69.999999900 mV"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const double field_v[] = {rows[i].low_v, rows[i].high_v, rows[i].low_v, rows[i].high_v};
        check_top_label(field_v, rows[i].text);
    }
}
END_TEST

START_TEST(a_constant_field_is_drawn_in_the_middle_colour_with_one_label)
{
    static const double levels_v[] = {-0.07, 0.0, 1e6, 5e-324};
    for (size_t i = 0; i < sizeof levels_v / sizeof levels_v[0]; i++) {
        const double field_v[] = {levels_v[i], levels_v[i], levels_v[i], levels_v[i]};
        mfn_image_options options;
        mfn_image_options_init(&options);
        options.scale = 32;
        picture image = draw(field_v, 2, &options);
        ck_assert(is_map_colour(pixel(&image, 6, 6), 0.5));
        ck_assert(is_map_colour(pixel(&image, 6 + 63, 6 + 63), 0.5));
        uint32_t labels = 0;
        for (uint32_t y = 1; y < image.height; y++) {
            labels += row_has_ink(&image, 0, y) && !row_has_ink(&image, 0, y - 1);
        }
        ck_assert_uint_eq(labels, 1);
        free(image.rgb);
    }
}
END_TEST

START_TEST(the_smallest_range_is_stretched_over_all_colours)
{
    const double field_v[] = {0.0, 5e-324, 0.0, 5e-324};
    picture image = draw(field_v, 2, NULL);
    ck_assert(is_map_colour(pixel(&image, 6, 6), 0));
    ck_assert(is_map_colour(pixel(&image, 6 + 127, 6), 1));
    free(image.rgb);
}
END_TEST

START_TEST(what_cannot_be_drawn_is_refused_by_name)
{
    static const struct {
        const char *sentence, *field, *expected;
        uint32_t side;
        double cell_v; /* of row 1, column 0 */
        mfn_image_options options;
    } rows[] = {
        {"no cells",
         "side",
         "expected 1 .. 16384",
         0,
         0,
         {sizeof(mfn_image_options), 0, true, 0, 0}},
        {"too many pixels",
         "side",
         "expected 1 .. 256 for a scale of 64, got 257",
         257,
         0,
         {sizeof(mfn_image_options), 64, true, 0, 0}},
        {"a huge side",
         "side",
         "got 4294967295",
         UINT32_MAX,
         0,
         {sizeof(mfn_image_options), 0, true, 0, 0}},
        {"a scale of 65",
         "scale",
         "expected 0 .. 64, got 65",
         2,
         0,
         {sizeof(mfn_image_options), 65, true, 0, 0}},
        {"options of another size", "size", "mfn_image_options_init", 2, 0, {8, 0, true, 0, 0}},
        {"a scale upside down",
         "max_v",
         "at least min_v",
         2,
         0,
         {sizeof(mfn_image_options), 0, true, 0.1, 0}},
        {"a lower end that is NaN",
         "min_v",
         "got nan",
         2,
         0,
         {sizeof(mfn_image_options), 0, true, (double)NAN, 0}},
        {"an endless upper end",
         "max_v",
         "got inf",
         2,
         0,
         {sizeof(mfn_image_options), 0, true, 0, (double)INFINITY}},
        {"a cell that is NaN",
         "field_v",
         "row 1, column 0: expected -1e6 .. 1e6 V, got nan",
         2,
         (double)NAN,
         {sizeof(mfn_image_options), 0, true, 0, 0}},
        {"an infinite cell",
         "field_v",
         "row 1, column 0: expected -1e6 .. 1e6 V, got -inf",
         2,
         (double)-INFINITY,
         {sizeof(mfn_image_options), 0, true, 0, 0}},
        {"a cell of two million volts",
         "field_v",
         "got 2000000.0",
         2,
         2e6,
         {sizeof(mfn_image_options), 0, true, 0, 0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const double field_v[] = {0, 0, rows[i].cell_v, 0};
        mfn__buffer out;
        mfn__buffer_init(&out, ROOM_BYTES);
        mfn_error err = {.status = MFN_OK};
        mfn_status status =
            mfn__image_encode_png(field_v, rows[i].side, &rows[i].options, &out, &err);
        ck_assert_msg(status == MFN_INVALID, "%s: status %d", rows[i].sentence, status);
        ck_assert_str_eq(err.field, rows[i].field);
        ck_assert_msg(strstr(err.text, rows[i].expected) != NULL, "%s: \"%s\" lacks \"%s\"",
                      rows[i].sentence, err.text, rows[i].expected);
        ck_assert_uint_eq(out.size, 0);
        mfn__buffer_deinit(&out);
    }
}
END_TEST

START_TEST(the_same_field_gives_the_same_bytes_in_memory_and_in_a_file)
{
    char folder[] = "/tmp/mfn-test-image-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char *path = mfn__path_join(folder, "a.png");
    const double field_v[] = {-0.07, -0.06, -0.05, 0.01};
    mfn__buffer encoded;
    mfn__buffer file;
    mfn__buffer_init(&encoded, ROOM_BYTES);
    mfn__buffer_init(&file, ROOM_BYTES);
    mfn_error err = {.status = MFN_OK};
    ck_assert_int_eq(mfn__image_encode_png(field_v, 2, NULL, &encoded, &err), MFN_OK);
    ck_assert_msg(mfn_image_write_png(path, field_v, 2, NULL, &err) == MFN_OK, "%s", err.text);
    ck_assert_int_eq(mfn__file_read_whole(path, &file, &err), MFN_OK);
    ck_assert_uint_eq(file.size, encoded.size);
    ck_assert_mem_eq(file.data, encoded.data, file.size);
    mfn__buffer_deinit(&encoded);
    mfn__buffer_deinit(&file);
    unlink(path);
    rmdir(folder);
    mfn__mem_free(path);
}
END_TEST

START_TEST(a_buffer_that_is_too_small_keeps_what_it_held)
{
    const double field_v[] = {-0.07, -0.06, -0.05, 0.01};
    mfn__buffer out;
    mfn__buffer_init(&out, 300);
    mfn__buffer_append_text(&out, "before");
    mfn_error err = {.status = MFN_OK};
    ck_assert_int_eq(mfn__image_encode_png(field_v, 2, NULL, &out, &err), MFN_TOO_LARGE);
    ck_assert_msg(strstr(err.text, "limit of 300 bytes") != NULL, "%s", err.text);
    ck_assert_str_eq(out.data, "before");
    mfn__buffer_deinit(&out);
}
END_TEST

START_TEST(drawing_survives_failure_of_every_allocation)
{
    const double field_v[] = {-0.07, -0.06, -0.05, 0.01};
    mfn_status status = MFN_NO_MEMORY;
    int64_t successes = 0;
    for (; status != MFN_OK; successes++) {
        mfn__buffer out;
        mfn__buffer_init(&out, ROOM_BYTES);
        mfn_error err = {.status = MFN_OK};
        mfn__mem_fail_after(successes);
        status = mfn__image_encode_png(field_v, 2, NULL, &out, &err);
        mfn__mem_fail_after(-1);
        ck_assert_msg(status == MFN_OK || status == MFN_NO_MEMORY, "allocation %lld: %s",
                      (long long)successes, err.text);
        ck_assert(status == MFN_OK || out.size == 0);
        mfn__buffer_deinit(&out);
    }
    ck_assert_int_gt(successes, 5);
}
END_TEST

START_TEST(the_colour_map_runs_from_dark_violet_to_yellow_and_grows_lighter_all_the_way)
{
    double before[2] = {-1, -1}; /* two steps back: rounding to bytes may hold up a single one */
    for (int i = 0; i <= 255; i++) {
        uint8_t rgb[3];
        mfn_image_colour(i / 255.0, rgb);
        double linear[3];
        for (int k = 0; k < 3; k++) {
            linear[k] = pow(rgb[k] / 255.0, 2.2);
        }
        double luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
        ck_assert_msg(luminance > before[i % 2], "colour %d is darker than colour %d", i, i - 2);
        before[i % 2] = luminance;
    }
    static const struct {
        double value;
        uint8_t nearest;
    } rows[] = {{-1, 0}, {(double)NAN, 0}, {0, 0}, {1, 255}, {7, 255}, {(double)INFINITY, 255}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t rgb[3];
        uint8_t expected[3];
        mfn_image_colour(rows[i].value, rgb);
        mfn_image_colour(rows[i].nearest / 255.0, expected);
        ck_assert_mem_eq(rgb, expected, 3);
    }
    uint8_t low[3];
    uint8_t high[3];
    mfn_image_colour(0, low);
    mfn_image_colour(1, high);
    ck_assert(low[2] > low[0] && low[0] > low[1]);
    ck_assert(high[0] > 200 && high[1] > 200 && high[2] < 100);
}
END_TEST

START_TEST(every_character_of_a_label_has_a_glyph_of_its_own)
{
    static const char characters[] = "0123456789-.mV";
    uint8_t seen[sizeof characters - 1][64];
    for (size_t i = 0; i < sizeof characters - 1; i++) {
        const char text[] = {characters[i], '\0'};
        uint8_t blank[64] = {0};
        memset(seen[i], 0, sizeof seen[i]);
        mfn__raster raster = {seen[i], 5, MFN__FONT_HEIGHT};
        mfn__font_draw(&raster, 0, 0, 1, 1, text);
        ck_assert_msg(memcmp(seen[i], blank, sizeof blank) != 0, "'%s' is blank", text);
        for (size_t k = 0; k < i; k++) {
            ck_assert_msg(memcmp(seen[i], seen[k], sizeof seen[i]) != 0, "'%c' looks like '%c'",
                          characters[i], characters[k]);
        }
    }
    ck_assert_uint_eq(mfn__font_width("", 2), 0);
    ck_assert_uint_eq(mfn__font_width("0", 2), 10);
    ck_assert_uint_eq(mfn__font_width("00", 2), 22);
}
END_TEST

START_TEST(text_that_leaves_the_picture_is_cut_off_at_its_edge)
{
    uint8_t pixels[11 * 4 + 1] = {0};
    mfn__raster raster = {pixels, 11, 4};
    mfn__font_draw(&raster, 8, 1, 2, 1, "88");
    ck_assert_uint_eq(pixels[11 * 4], 0);
    ck_assert_uint_eq(pixels[1 * 11 + 10], 1);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        every_pixel_of_a_cell_has_the_colour_of_its_value,
        values_beyond_the_ends_of_the_scale_take_the_end_colours,
        the_scale_is_chosen_for_a_picture_of_about_512_pixels,
        the_colour_bar_runs_from_the_highest_value_down_to_the_lowest_with_five_labels,
        labels_are_in_millivolts_with_as_many_decimals_as_tell_them_apart,
        a_constant_field_is_drawn_in_the_middle_colour_with_one_label,
        the_smallest_range_is_stretched_over_all_colours,
        what_cannot_be_drawn_is_refused_by_name,
        the_same_field_gives_the_same_bytes_in_memory_and_in_a_file,
        a_buffer_that_is_too_small_keeps_what_it_held,
        drawing_survives_failure_of_every_allocation,
        the_colour_map_runs_from_dark_violet_to_yellow_and_grows_lighter_all_the_way,
        every_character_of_a_label_has_a_glyph_of_its_own,
        text_that_leaves_the_picture_is_cut_off_at_its_edge,
        NULL,
    };
    return mfn_test_run("image", tests);
}
