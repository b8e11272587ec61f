/* SPDX-License-Identifier: MIT */
/* Grows a mycelium and measures it: grow [preset=NAME] [OPTION=VALUE]... [radius=CELLS]
 * [every=STEPS] [boxes=SMALLEST:LARGEST] [image=FILE.png] [gif=FILE.gif]. Prints a line of JSON at
 * the end, or every so many steps, which are eight for the frames of a film if nothing is said.
 * With a radius, growth ends when the colony has it, or after the steps if it never does. */
#include <mfn/mfn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOWEST_V    (-0.095)
#define HIGHEST_V   0.040

#define FRAME_EVERY 8
#define FRAME_MS    80

typedef struct growth {
    mfn_mycelium_config config;
    mfn_box_config boxes;
    double radius;  /* 0: none */
    uint64_t every; /* steps; 0: at the end */
    const char *image, *gif;
} growth;

static const char *value_of(const char *argument, const char *name)
{
    size_t length = strlen(name);
    bool is_it = strncmp(argument, name, length) == 0 && argument[length] == '=';
    return is_it ? argument + length + 1 : NULL;
}

static mfn_status set_option(growth *wanted, const char *argument, mfn_error *err)
{
    for (const mfn_option *option = mfn_mycelium_options(); option->name != NULL; option++) {
        const char *value = value_of(argument, option->name);
        if (value != NULL) {
            return mfn_option_set_text(option, &wanted->config, value, err);
        }
    }
    snprintf(err->text, sizeof err->text, "there is no option '%s'", argument);
    return MFN_INVALID;
}

static mfn_status set(growth *wanted, const char *argument, mfn_error *err)
{
    const char *value = value_of(argument, "preset");
    if (value != NULL) {
        return mfn_mycelium_config_preset(&wanted->config, value, err);
    }
    if ((value = value_of(argument, "radius")) != NULL) {
        wanted->radius = strtod(value, NULL);
        return MFN_OK;
    }
    if ((value = value_of(argument, "every")) != NULL) {
        wanted->every = strtoul(value, NULL, 10);
        return MFN_OK;
    }
    if ((value = value_of(argument, "image")) != NULL) {
        wanted->image = value;
        return MFN_OK;
    }
    if ((value = value_of(argument, "gif")) != NULL) {
        wanted->gif = value;
        return MFN_OK;
    }
    if ((value = value_of(argument, "boxes")) != NULL) {
        char *end = NULL;
        wanted->boxes.min_box_size = strtoul(value, &end, 10);
        wanted->boxes.max_box_size = strtoul(end + (*end == ':'), NULL, 10);
        return MFN_OK;
    }
    return set_option(wanted, argument, err);
}

static void set_picture(mfn_image_options *options)
{
    mfn_image_options_init(options);
    options->colour_bar = false;
    options->min_v = LOWEST_V;
    options->max_v = HIGHEST_V;
}

/* What pictures show, in volts; NULL when memory is short. Free it. */
static double *new_view(const mfn_mycelium *mycelium)
{
    size_t side = mfn_mycelium_grid_size(mycelium);
    double *field_v = malloc(side * side * sizeof *field_v);
    if (field_v == NULL) {
        return NULL;
    }
    mfn_mycelium_display(mycelium, field_v);
    for (size_t i = 0; i < side * side; i++) {
        field_v[i] = LOWEST_V + (HIGHEST_V - LOWEST_V) * field_v[i];
    }
    return field_v;
}

static mfn_status draw(const mfn_mycelium *mycelium, const char *path, mfn_error *err)
{
    double *field_v = new_view(mycelium);
    if (field_v == NULL) {
        return MFN_NO_MEMORY;
    }
    mfn_image_options options;
    set_picture(&options);
    mfn_status status =
        mfn_image_write_png(path, field_v, mfn_mycelium_grid_size(mycelium), &options, err);
    free(field_v);
    return status;
}

static mfn_status begin_film(const growth *wanted, mfn_animation **ret, mfn_error *err)
{
    if (wanted->gif == NULL) {
        return MFN_OK;
    }
    mfn_image_options options;
    set_picture(&options);
    return mfn_animation_new(wanted->gif, (uint32_t)wanted->config.grid_size, &options, FRAME_MS,
                             ret, err);
}

static mfn_status film(const growth *wanted, const mfn_mycelium *mycelium, uint64_t step,
                       mfn_animation *animation, mfn_error *err)
{
    if (animation == NULL || step % (wanted->every > 0 ? wanted->every : FRAME_EVERY) != 0) {
        return MFN_OK;
    }
    double *field_v = new_view(mycelium);
    mfn_status status =
        field_v != NULL ? mfn_animation_add(animation, field_v, err) : MFN_NO_MEMORY;
    free(field_v);
    return status;
}

static void print(const mfn_mycelium_summary *summary, const mfn_box_counting *box)
{
    printf("{\"steps\": %llu, \"radius\": %.17g, \"tips\": %llu, \"branches\": %llu, "
           "\"fusions\": %llu, \"crossings\": %llu, \"tips_left\": %llu, \"cells\": %llu, "
           "\"length\": %.17g, \"active_length\": %.17g, \"given\": %.17g, \"medium\": %.17g, "
           "\"inside\": %.17g, \"respired\": %.17g, \"dimension\": %.17g, \"r_squared\": %.17g, "
           "\"boxes\": [",
           (unsigned long long)summary->steps_computed, summary->radius,
           (unsigned long long)summary->tips, (unsigned long long)summary->branches,
           (unsigned long long)summary->fusions, (unsigned long long)summary->crossings,
           (unsigned long long)summary->tips_left, (unsigned long long)summary->cells,
           summary->length, summary->active_length, summary->given, summary->medium,
           summary->inside, summary->respired, box->dimension, box->r_squared);
    for (uint32_t i = 0; i < box->scales; i++) {
        printf("%s[%u, %llu]", i > 0 ? ", " : "", (unsigned)box->sizes[i],
               (unsigned long long)box->counts[i]);
    }
    puts("]}");
}

static mfn_status report(const growth *wanted, const mfn_mycelium *mycelium, mfn_error *err)
{
    mfn_mycelium_summary summary;
    mfn_box_counting box;
    mfn_mycelium_summarize(mycelium, &summary);
    mfn_status status = mfn_box_count(mfn_mycelium_mask(mycelium), mfn_mycelium_grid_size(mycelium),
                                      &wanted->boxes, &box, err);
    if (status == MFN_OK) {
        print(&summary, &box);
    }
    return status;
}

static mfn_status grow(const growth *wanted, mfn_mycelium *mycelium, mfn_animation *animation,
                       mfn_error *err)
{
    mfn_status status = film(wanted, mycelium, 0, animation, err);
    mfn_mycelium_summary summary = {0};
    while (status == MFN_OK && summary.steps_computed < wanted->config.steps &&
           (wanted->radius <= 0.0 || summary.radius < wanted->radius)) {
        mfn_mycelium_advance(mycelium, 1);
        mfn_mycelium_summarize(mycelium, &summary);
        status = film(wanted, mycelium, summary.steps_computed, animation, err);
        if (status == MFN_OK && wanted->every > 0 && summary.steps_computed % wanted->every == 0) {
            status = report(wanted, mycelium, err);
        }
    }
    if (status == MFN_OK && wanted->every == 0) {
        status = report(wanted, mycelium, err);
    }
    if (status == MFN_OK && wanted->image != NULL) {
        status = draw(mycelium, wanted->image, err);
    }
    if (status == MFN_OK && animation != NULL) {
        status = mfn_animation_finish(animation, err);
    }
    return status;
}

int main(int argc, char **argv)
{
    growth wanted = {0};
    mfn_error err = {0};
    mfn_status status = MFN_OK;
    mfn_mycelium_config_init(&wanted.config);
    mfn_box_config_init(&wanted.boxes);
    for (int i = 1; i < argc && status == MFN_OK; i++) {
        status = set(&wanted, argv[i], &err);
    }
    mfn_mycelium *mycelium = NULL;
    mfn_animation *animation = NULL;
    if (status == MFN_OK) {
        status = mfn_mycelium_new(&wanted.config, &mycelium, &err);
    }
    if (status == MFN_OK) {
        status = begin_film(&wanted, &animation, &err);
    }
    if (status == MFN_OK) {
        status = grow(&wanted, mycelium, animation, &err);
    }
    if (status != MFN_OK) {
        fprintf(stderr, "grow: %s\n", err.text[0] != '\0' ? err.text : mfn_status_text(status));
    }
    mfn_animation_free(animation);
    mfn_mycelium_free(mycelium);
    return status == MFN_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
