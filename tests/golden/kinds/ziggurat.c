/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/ziggurat_tables.h"
#include "kinds.h"

#define LAYERS 256

static void compare_table(comparison *cmp, const json_t *list, const double *table)
{
    for (size_t i = 0; i < LAYERS; i++) {
        char what[32];
        snprintf(what, sizeof what, "table[%zu]", i);
        compare_real_value(cmp, what, json_array_get(list, i), table[i], TOLERANCE_NONE);
    }
}

static void compare_inside(comparison *cmp, const json_t *list)
{
    for (size_t i = 0; i < LAYERS; i++) {
        const char *expected = json_string_value(json_array_get(list, i));
        char got[32];
        snprintf(got, sizeof got, "0x%" PRIx64, ziggurat_inside[i]);
        compare_text(cmp, "ki", expected != NULL ? expected : "(nothing)", got);
    }
}

void kind_ziggurat(const record *rec, comparison *cmp)
{
    const char *table = json_string_value(json_object_get(rec->in, "table"));
    if (table == NULL || json_array_size(rec->out) != LAYERS) {
        compare_malformed(cmp, "in.table", "the name of a table of 256 entries");
    } else if (strcmp(table, "ki") == 0) {
        compare_inside(cmp, rec->out);
    } else if (strcmp(table, "wi") == 0) {
        compare_table(cmp, rec->out, ziggurat_width);
    } else if (strcmp(table, "fi") == 0) {
        compare_table(cmp, rec->out, ziggurat_height);
    } else {
        compare_malformed(cmp, "in.table", "ki, wi or fi");
    }
}
