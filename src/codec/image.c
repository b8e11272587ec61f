/* SPDX-License-Identifier: MIT */
/* The field is drawn with one colour per cell, scaled by a whole factor so that cells stay sharp. A
 * colour bar to its right has five ticks in mV. The palette holds the colour map, a little thinned
 * out, and three colours for paper, ink and frame. */
#include "codec/image.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "codec/font.h"
#include "codec/png_writer.h"

#define SCALE_MAX     64
#define WANTED_PIXELS 512
#define FIELD_PIXELS  16384 /* limit of side * scale */
#define FIELD_LIMIT_V                                                                              \
    1e6                    /* labels stay short, and fit into 64 bits in units of their last digit \
                            */
#define BAR_PIXELS_MIN  64 /* room for the labels beside a tiny field */
#define TEXT_UNIT       256 /* pixels of the field for each pixel of a dot of the text */
#define TICKS           5
#define DECIMALS_MAX    9
#define LABEL_BYTES_MAX 48

/* Measures of the colour bar, times the text's scale. */
#define MARGIN    6
#define GAP       8
#define BAR_WIDTH 12
#define TICK      4

enum { MAP_COLOURS = 253, PAPER = MFN__IMAGE_PAPER, INK, FRAME }; /* the palette */
static_assert(PAPER == MAP_COLOURS, "paper follows the colour map");

/* Where things are, in pixels. */
typedef struct layout {
    uint32_t scale, text_scale;
    uint32_t margin;
    uint32_t field, bar_height;
    uint32_t bar_x, label_end; /* labels are aligned at their right */
    uint32_t width, height;
} layout;

/* Ends of the colour scale, and their labels from top to bottom; one label when they are equal. */
typedef struct colour_scale {
    double min_v, max_v;
    uint32_t labels;
    char text[TICKS][LABEL_BYTES_MAX];
} colour_scale;

void mfn_image_options_init(mfn_image_options *options)
{
    *options = (mfn_image_options){.size = sizeof *options, .colour_bar = true};
}

static mfn_status check_end(const char *name, double value_v, mfn_error *err)
{
    if (fabs(value_v) <= FIELD_LIMIT_V) {
        return MFN_OK;
    }
    char text[MFN__REAL_TEXT_MAX];
    mfn__real_to_text(value_v, text);
    return mfn__fail(err, MFN_INVALID, name, "%s: expected -1e6 .. 1e6 V, got %s", name, text);
}

static mfn_status check_options(const mfn_image_options *options, uint32_t side, mfn_error *err)
{
    if (options->size != sizeof *options) {
        return mfn__fail(err, MFN_INVALID, "size",
                         "size: expected %zu, got %zu: fill the options with "
                         "mfn_image_options_init",
                         sizeof *options, options->size);
    }
    if (options->scale > SCALE_MAX) {
        return mfn__fail(err, MFN_INVALID, "scale", "scale: expected 0 .. %d, got %" PRIu32,
                         SCALE_MAX, options->scale);
    }
    uint64_t scale = options->scale > 0 ? options->scale : 1;
    if (side == 0 || side * scale > FIELD_PIXELS) {
        return mfn__fail(err, MFN_INVALID, "side",
                         "side: expected 1 .. %" PRIu64 " for a scale of %" PRIu64 ", got %" PRIu32,
                         FIELD_PIXELS / scale, scale, side);
    }
    mfn_status status = check_end("min_v", options->min_v, err);
    if (status == MFN_OK) {
        status = check_end("max_v", options->max_v, err);
    }
    if (status == MFN_OK && options->min_v > options->max_v) {
        status = mfn__fail(err, MFN_INVALID, "max_v",
                           "max_v: expected at least min_v; leave both 0 for the field's extremes");
    }
    return status;
}

static mfn_status find_extremes(const double *field_v, uint32_t side, colour_scale *ret,
                                mfn_error *err)
{
    double min_v = field_v[0];
    double max_v = field_v[0];
    for (size_t i = 0; i < (size_t)side * side; i++) {
        if (!(fabs(field_v[i]) <= FIELD_LIMIT_V)) {
            char text[MFN__REAL_TEXT_MAX];
            mfn__real_to_text(field_v[i], text);
            return mfn__fail(err, MFN_INVALID, "field_v",
                             "field_v: row %zu, column %zu: expected -1e6 .. 1e6 V, got %s",
                             i / side, i % side, text);
        }
        min_v = field_v[i] < min_v ? field_v[i] : min_v;
        max_v = field_v[i] > max_v ? field_v[i] : max_v;
    }
    ret->min_v = min_v;
    ret->max_v = max_v;
    return MFN_OK;
}

/* "-70.1 mV". Whole numbers do the rounding, so that no locale has a say. */
static void format_label(double value_v, unsigned decimals, char ret[LABEL_BYTES_MAX])
{
    uint64_t unit = 1;
    for (unsigned i = 0; i < decimals; i++) {
        unit *= 10;
    }
    long long scaled = llround(value_v * 1000.0 * (double)unit);
    uint64_t magnitude = (uint64_t)llabs(scaled);
    snprintf(ret, LABEL_BYTES_MAX, "%s%" PRIu64 "%s%.*" PRIu64 " mV", scaled < 0 ? "-" : "",
             magnitude / unit, decimals > 0 ? "." : "", (int)decimals, magnitude % unit);
}

/* Labels show at least three digits of the distance between two of them. */
static void label_scale(colour_scale *colours)
{
    double step_mv = (colours->max_v - colours->min_v) * 1000.0 / (TICKS - 1);
    bool is_flat = !(step_mv > 0);
    unsigned decimals = is_flat ? 3 : 0;
    double shown = step_mv;
    while (!is_flat && shown < 100 && decimals < DECIMALS_MAX) {
        shown *= 10;
        decimals++;
    }
    colours->labels = is_flat ? 1 : TICKS;
    for (uint32_t i = 0; i < colours->labels; i++) {
        double value_v =
            (colours->max_v * (TICKS - 1 - i) + colours->min_v * i) / (double)(TICKS - 1);
        format_label(value_v, decimals, colours->text[i]);
    }
}

static layout arrange(uint32_t side, const mfn_image_options *options, const colour_scale *colours)
{
    uint32_t wanted = WANTED_PIXELS / side;
    uint32_t chosen = wanted < 1 ? 1 : wanted > SCALE_MAX ? SCALE_MAX : wanted;
    layout place = {.scale = options->scale > 0 ? options->scale : chosen};
    place.field = side * place.scale;
    place.width = place.field;
    place.height = place.field;
    if (!options->colour_bar) {
        return place;
    }
    uint32_t rounded = (place.field + TEXT_UNIT / 2) / TEXT_UNIT;
    uint32_t unit = rounded > 1 ? rounded : 1;
    uint32_t label_width = 0;
    for (uint32_t i = 0; i < colours->labels; i++) {
        uint32_t width = mfn__font_width(colours->text[i], unit);
        label_width = width > label_width ? width : label_width;
    }
    place.text_scale = unit;
    place.margin = MARGIN * unit;
    place.bar_height = place.field > BAR_PIXELS_MIN ? place.field : BAR_PIXELS_MIN;
    place.bar_x = place.margin + place.field + GAP * unit;
    place.label_end = place.bar_x + (BAR_WIDTH + 2 * TICK) * unit + label_width;
    place.width = place.label_end + place.margin;
    place.height = place.bar_height + 2 * place.margin;
    return place;
}

static uint8_t map_index(double value_v, const colour_scale *colours)
{
    if (!(colours->max_v > colours->min_v)) {
        return MAP_COLOURS / 2;
    }
    double share = (value_v - colours->min_v) / (colours->max_v - colours->min_v);
    double inside = share > 0 ? share < 1 ? share : 1 : 0;
    return (uint8_t)(inside * (MAP_COLOURS - 1) + 0.5);
}

static void draw_field(const mfn__raster *raster, const double *field_v, uint32_t side,
                       const layout *place, const colour_scale *colours)
{
    for (uint32_t row = 0; row < side; row++) {
        const double *cells = field_v + (size_t)row * side;
        uint32_t y = place->margin + row * place->scale;
        uint8_t *first = raster->pixels + (size_t)y * raster->width + place->margin;
        for (uint32_t column = 0; column < side; column++) {
            memset(first + (size_t)column * place->scale, map_index(cells[column], colours),
                   place->scale);
        }
        for (uint32_t i = 1; i < place->scale; i++) {
            memcpy(first + (size_t)i * raster->width, first, place->field);
        }
    }
}

static void draw_bar(const mfn__raster *raster, const layout *place, const colour_scale *colours)
{
    uint32_t unit = place->text_scale;
    uint32_t last = place->bar_height - 1;
    mfn__raster_fill(raster, place->bar_x - unit, place->margin - unit, (BAR_WIDTH + 2) * unit,
                     place->bar_height + 2 * unit, FRAME);
    for (uint32_t y = 0; y <= last; y++) {
        double value_v = (colours->max_v * (last - y) + colours->min_v * y) / last;
        mfn__raster_fill(raster, place->bar_x, place->margin + y, BAR_WIDTH * unit, 1,
                         map_index(value_v, colours));
    }
    for (uint32_t i = 0; i < colours->labels; i++) {
        uint32_t y =
            place->margin + (colours->labels > 1 ? i * last / (colours->labels - 1) : last / 2);
        mfn__raster_fill(raster, place->bar_x + (BAR_WIDTH + 1) * unit, y - unit / 2, TICK * unit,
                         unit, INK);
        uint32_t x = place->label_end - mfn__font_width(colours->text[i], unit);
        mfn__font_draw(raster, x, y - MFN__FONT_HEIGHT * unit / 2, unit, INK, colours->text[i]);
    }
}

void mfn__image_palette(mfn__palette *ret)
{
    static const uint8_t others[][3] = {
        [PAPER - MAP_COLOURS] = {255, 255, 255},
        [INK - MAP_COLOURS] = {0, 0, 0},
        [FRAME - MAP_COLOURS] = {128, 128, 128},
    };
    for (uint32_t i = 0; i < MAP_COLOURS; i++) {
        mfn_image_colour(i / (double)(MAP_COLOURS - 1), ret->rgb[i]);
    }
    memcpy(ret->rgb + MAP_COLOURS, others, sizeof others);
}

mfn_status mfn__image_measure(uint32_t side, const mfn_image_options *options, uint32_t *ret_width,
                              uint32_t *ret_height, mfn_error *err)
{
    mfn_status status = check_options(options, side, err);
    if (status != MFN_OK) {
        return status;
    }
    if (!(options->min_v < options->max_v)) {
        return mfn__fail(err, MFN_INVALID, "max_v",
                         "max_v: expected more than min_v, as all frames share one colour scale");
    }
    colour_scale colours = {.min_v = options->min_v, .max_v = options->max_v};
    label_scale(&colours);
    layout place = arrange(side, options, &colours);
    *ret_width = place.width;
    *ret_height = place.height;
    return MFN_OK;
}

mfn_status mfn__image_draw(const double *field_v, uint32_t side, const mfn_image_options *options,
                           mfn__raster *ret, mfn_error *err)
{
    mfn_image_options defaults;
    if (options == NULL) {
        mfn_image_options_init(&defaults);
        options = &defaults;
    }
    mfn_status status = check_options(options, side, err);
    if (status != MFN_OK) {
        return status;
    }
    colour_scale colours = {0};
    status = find_extremes(field_v, side, &colours, err);
    if (status != MFN_OK) {
        return status;
    }
    if (options->min_v < options->max_v) {
        colours.min_v = options->min_v;
        colours.max_v = options->max_v;
    }
    label_scale(&colours);
    layout place = arrange(side, options, &colours);
    mfn__raster raster = {mfn__mem_new_aligned(place.width, place.height), place.width,
                          place.height};
    if (raster.pixels == NULL) {
        return mfn__fail_memory(err);
    }
    mfn__raster_fill(&raster, 0, 0, raster.width, raster.height, PAPER);
    draw_field(&raster, field_v, side, &place, &colours);
    if (options->colour_bar) {
        draw_bar(&raster, &place, &colours);
    }
    *ret = raster;
    return MFN_OK;
}

mfn_status mfn__image_encode_png(const double *field_v, uint32_t side,
                                 const mfn_image_options *options, mfn__buffer *out, mfn_error *err)
{
    mfn__raster raster = {0};
    mfn_status status = mfn__image_draw(field_v, side, options, &raster, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn__palette palette;
    mfn__image_palette(&palette);
    status = mfn__png_encode(&raster, &palette, out, err);
    mfn__mem_free(raster.pixels);
    return status;
}

mfn_status mfn_image_write_png(const char *path, const double *field_v, uint32_t side,
                               const mfn_image_options *options, mfn_error *err)
{
    mfn__buffer bytes;
    mfn__buffer_init(&bytes, SIZE_MAX);
    mfn_status status = mfn__image_encode_png(field_v, side, options, &bytes, err);
    if (status == MFN_OK) {
        status = mfn__file_write_whole(path, bytes.data, bytes.size, err);
    }
    mfn__buffer_deinit(&bytes);
    return status;
}
