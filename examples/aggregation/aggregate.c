/* SPDX-License-Identifier: MIT */
/* Diffusion-limited aggregation, coloured by when a cell was reached:
 * aggregate [seed=DIGITS] [OPTION=VALUE]... [image=FILE.png] [gif=FILE.gif], where the options are
 * those of mfn_dla_options. Prints how many particles came, and the cluster's dimension. */
#include <mfn/mfn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTS    60  /* in which it grows: one frame each */
#define FIRST    0.3 /* share of the colours at which the first cells begin; 0 is empty */
#define FRAME_MS 80

typedef struct wanted {
    mfn_dla_config config;
    const char *seed, *image, *gif;
    mfn_image_options picture;
} wanted;

typedef struct cluster {
    mfn_dla *dla;
    mfn_random *random;
    mfn_animation *animation;
    uint8_t *mask;
    double *field; /* 0 where the cell is empty, else when it was reached: FIRST .. 1 */
} cluster;

static mfn_status set(wanted *want, const char *argument, mfn_error *err)
{
    const struct {
        const char *name;
        const char **ret;
    } texts[] = {{"seed=", &want->seed}, {"image=", &want->image}, {"gif=", &want->gif}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strncmp(argument, texts[i].name, strlen(texts[i].name)) == 0) {
            *texts[i].ret = argument + strlen(texts[i].name);
            return MFN_OK;
        }
    }
    for (const mfn_option *option = mfn_dla_options(); option->name != NULL; option++) {
        size_t length = strlen(option->name);
        if (strncmp(argument, option->name, length) == 0 && argument[length] == '=') {
            return mfn_option_set_text(option, &want->config, argument + length + 1, err);
        }
    }
    snprintf(err->text, sizeof err->text, "there is no option '%s'", argument);
    return MFN_INVALID;
}

static mfn_status begin(const wanted *want, cluster *grown, mfn_error *err)
{
    uint32_t side = (uint32_t)want->config.grid_size;
    mfn_status status = mfn_dla_new(&want->config, &grown->dla, err);
    if (status == MFN_OK) {
        status = mfn_random_new(want->seed, &grown->random, err);
    }
    if (status == MFN_OK && want->gif != NULL) {
        status =
            mfn_animation_new(want->gif, side, &want->picture, FRAME_MS, &grown->animation, err);
    }
    if (status != MFN_OK) {
        return status;
    }
    grown->mask = calloc((size_t)side * side, 1);
    grown->field = calloc((size_t)side * side, sizeof *grown->field);
    return grown->mask != NULL && grown->field != NULL ? MFN_OK : MFN_NO_MEMORY;
}

/* Colours the cells that are new, and takes a picture of all. */
static mfn_status show(const wanted *want, cluster *grown, unsigned part, mfn_error *err)
{
    size_t cells = (size_t)want->config.grid_size * want->config.grid_size;
    mfn_dla_draw(grown->dla, grown->mask);
    for (size_t i = 0; i < cells; i++) {
        if (grown->mask[i] != 0 && grown->field[i] <= 0.0) {
            grown->field[i] = FIRST + (1.0 - FIRST) * part / PARTS;
        }
    }
    return grown->animation != NULL ? mfn_animation_add(grown->animation, grown->field, err)
                                    : MFN_OK;
}

static mfn_status grow(const wanted *want, cluster *grown, mfn_error *err)
{
    mfn_status status = show(want, grown, 0, err);
    for (unsigned part = 1; part <= PARTS && status == MFN_OK; part++) {
        mfn_dla_growth growth;
        mfn_dla_measure(grown->dla, &growth);
        uint64_t goal = want->config.particles * part / PARTS;
        if (goal > growth.particles) {
            mfn_dla_advance(grown->dla, grown->random, goal - growth.particles);
        }
        status = show(want, grown, part, err);
    }
    if (status == MFN_OK && grown->animation != NULL) {
        status = mfn_animation_finish(grown->animation, err);
    }
    if (status == MFN_OK && want->image != NULL) {
        status = mfn_image_write_png(want->image, grown->field, (uint32_t)want->config.grid_size,
                                     &want->picture, err);
    }
    return status;
}

static void report(const cluster *grown)
{
    mfn_dla_growth growth;
    mfn_dla_measure(grown->dla, &growth);
    printf("%llu particles, radius %.1f cells, mass dimension %.3f\n",
           (unsigned long long)growth.particles, growth.radius, growth.dimension.value);
}

int main(int argc, char **argv)
{
    wanted want = {.seed = "42"};
    cluster grown = {0};
    mfn_error err = {0};
    mfn_status status = MFN_OK;
    mfn_dla_config_init(&want.config);
    mfn_image_options_init(&want.picture);
    want.picture.colour_bar = false;
    want.picture.max_v = 1.0;
    for (int i = 1; i < argc && status == MFN_OK; i++) {
        status = set(&want, argv[i], &err);
    }
    if (status == MFN_OK) {
        status = begin(&want, &grown, &err);
    }
    if (status == MFN_OK) {
        status = grow(&want, &grown, &err);
    }
    if (status == MFN_OK) {
        report(&grown);
    } else {
        fprintf(stderr, "aggregate: %s\n",
                err.text[0] != '\0' ? err.text : mfn_status_text(status));
    }
    free(grown.field);
    free(grown.mask);
    mfn_animation_free(grown.animation);
    mfn_random_free(grown.random);
    mfn_dla_free(grown.dla);
    return status == MFN_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
