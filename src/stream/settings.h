/* SPDX-License-Identifier: MIT */
/* A section of the pipeline file checked against an option table, with all its errors at once. */
#ifndef MFN_STREAM_SETTINGS_H
#define MFN_STREAM_SETTINGS_H

#include "base/buffer.h"
#include "codec/yaml.h"

#include "mfn/option.h"
#include "mfn/status.h"

#define MFN__FIELD_MAX (sizeof(((mfn_error *)NULL)->field))

/* Collects one line per problem: "pipeline.yaml:3:9: connector.port: expected …, got …". */
typedef struct mfn__problems {
    mfn__buffer lines;
    size_t count;
    char field[MFN__FIELD_MAX]; /* the key at fault in the first problem, "" when there is none */
    mfn__buffer wrong_keys;     /* of all problems, each with a line break behind it */
} mfn__problems;

void mfn__problems_init(mfn__problems *problems);
void mfn__problems_deinit(mfn__problems *problems);
void mfn__problems_add(mfn__problems *problems, const char *path, unsigned line, unsigned column,
                       const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Whether `text` mentions one of the wrong keys from offset `start` of their list on: what it says
 * may come from a value that is not the one that was meant. */
bool mfn__problems_concern(const mfn__problems *problems, size_t start, const char *text);

/* Fills `options` from defaults and the map's values. `section` ("connector", "publishers[0]")
 * prefixes names in messages. Several tables may share one map (a kind's own and the common
 * ones): each is passed in `tables` with its struct in `options`. Keys in `ignore` (ends with
 * NULL) belong to somebody else. Unknown keys suggest the nearest name; options without default
 * must be given, and a null value is not given. A `map` of NULL stands for a section that the file
 * does not have. Texts in `options` are borrowed from the document. */
void mfn__settings_apply(const mfn__yaml *yaml, const mfn__yaml_node *map, const char *section,
                         const mfn_option *const *tables, void *const *options, size_t table_count,
                         const char *const *ignore, mfn__problems *problems);

#endif
