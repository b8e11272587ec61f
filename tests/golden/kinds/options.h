/* SPDX-License-Identifier: MIT */
/* The reference's configuration objects read into option tables. */
#ifndef GOLDEN_OPTIONS_H
#define GOLDEN_OPTIONS_H

#include <jansson.h>

#include "mfn/option.h"
#include "mfn/simulation.h"

/* Sets one option from a value of a record, as its text would. null leaves the default. A seed
 * given as a JSON number is refused: it has nowhere to live. */
mfn_status options_set(const mfn_option *table, void *options, const char *name,
                       const json_t *value, mfn_error *err);

/* Sets every member of `object`. */
mfn_status options_set_all(const mfn_option *table, void *options, json_t *object, mfn_error *err);

/* A simulation's configuration from {"grid_size": …, "seed" or "random_seed": …}, checked. Texts
 * are borrowed from `object`. */
mfn_status options_of_simulation(mfn_model_id model, json_t *object, mfn_simulation_config *ret,
                                 mfn_error *err);

#endif
