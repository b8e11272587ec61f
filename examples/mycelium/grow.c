/* SPDX-License-Identifier: MIT */
/* Grows a mycelium and measures it: grow [preset=NAME] [OPTION=VALUE]... [radius=CELLS]
 * [every=STEPS] [boxes=SMALLEST:LARGEST] [image=FILE.png]. Prints a line of JSON at the end, or
 * every so many steps. With a radius, growth ends when the colony has it, or after the steps if it
 * never does. */
#include <mfn/mfn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct growth {
    mfn_mycelium_config config;
    mfn_box_config boxes;
    double radius;  /* 0: none */
    uint64_t every; /* steps; 0: at the end */
    const char *image;
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
    if ((value = value_of(argument, "boxes")) != NULL) {
        char *end = NULL;
        wanted->boxes.min_box_size = strtoul(value, &end, 10);
        wanted->boxes.max_box_size = strtoul(end + (*end == ':'), NULL, 10);
        return MFN_OK;
    }
    return set_option(wanted, argument, err);
}

static mfn_status draw(const mfn_mycelium *mycelium, const char *path, mfn_error *err)
{
    size_t side = mfn_mycelium_grid_size(mycelium);
    double *field_v = malloc(side * side * sizeof *field_v);
    if (field_v == NULL) {
        return MFN_NO_MEMORY;
    }
    mfn_mycelium_field_v(mycelium, field_v);
    mfn_image_options options;
    mfn_image_options_init(&options);
    options.colour_bar = false;
    options.min_v = MFN_MYCELIUM_LOWEST_V;
    options.max_v = MFN_MYCELIUM_HIGHEST_V;
    mfn_status status = mfn_image_write_png(path, field_v, (uint32_t)side, &options, err);
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

/* Steps until somebody wants to look. */
static uint64_t steps_at_once(const growth *wanted, uint64_t left)
{
    uint64_t steps = wanted->radius > 0.0 ? 1 : wanted->every > 0 ? wanted->every : left;
    return steps < left ? steps : left;
}

static mfn_status grow(const growth *wanted, mfn_mycelium *mycelium, mfn_error *err)
{
    mfn_status status = MFN_OK;
    mfn_mycelium_summary summary = {0};
    while (status == MFN_OK && summary.steps_computed < wanted->config.steps &&
           (wanted->radius <= 0.0 || summary.radius < wanted->radius)) {
        uint64_t left = wanted->config.steps - summary.steps_computed;
        mfn_mycelium_advance(mycelium, steps_at_once(wanted, left));
        mfn_mycelium_summarize(mycelium, &summary);
        if (wanted->every > 0 && summary.steps_computed % wanted->every == 0) {
            status = report(wanted, mycelium, err);
        }
    }
    if (status == MFN_OK && wanted->every == 0) {
        status = report(wanted, mycelium, err);
    }
    if (status == MFN_OK && wanted->image != NULL) {
        status = draw(mycelium, wanted->image, err);
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
    if (status == MFN_OK) {
        status = mfn_mycelium_new(&wanted.config, &mycelium, &err);
    }
    if (status == MFN_OK) {
        status = grow(&wanted, mycelium, &err);
    }
    if (status != MFN_OK) {
        fprintf(stderr, "grow: %s\n", err.text[0] != '\0' ? err.text : mfn_status_text(status));
    }
    mfn_mycelium_free(mycelium);
    return status == MFN_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
