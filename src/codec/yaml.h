/* SPDX-License-Identifier: MIT */
/* A YAML document as a tree that knows where each value stands, for error messages. */
#ifndef MFN_CODEC_YAML_H
#define MFN_CODEC_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "mfn/option.h"

typedef enum mfn__yaml_type { MFN__YAML_SCALAR, MFN__YAML_LIST, MFN__YAML_MAP } mfn__yaml_type;

/* Owned by its document. */
typedef struct mfn__yaml_node {
    mfn__yaml_type type;
    unsigned line, column; /* 1-based */
    const char *text;      /* SCALAR: after ${VAR} and ${VAR:-default} were replaced */
    const char *source;    /* SCALAR: before; messages show this one, as variables hold secrets */
    bool quoted;
    bool is_faulty;                   /* it has a fault: its value is not to be used */
    const struct mfn__yaml_node *key; /* of this value in its map; NULL for the root and in lists */
    size_t count;                     /* LIST, MAP: entries */
    struct mfn__yaml_node *const *values; /* LIST, MAP */
    struct mfn__yaml_node *const *keys;   /* MAP: scalars */
    mfn_texts texts; /* LIST, MAP: the values as texts; none when one of them is no text */
} mfn__yaml_node;

typedef struct mfn__yaml mfn__yaml;

/* Parses one document of at most 1 MiB and 10,000 values. Refuses aliases, tags, duplicate keys,
 * several documents and more than 32 levels. Variables are replaced inside values after parsing, so
 * that they never change the structure; an unset one without default is an error; "$$" is a
 * dollar. Errors read "pipeline.yaml:3:9: …". */
mfn_status mfn__yaml_load(const char *path, mfn__yaml **ret, mfn_error *err);

/* What is wrong with one value while the rest of the document can be looked at: an unset variable,
 * a key that is there already. Owned by the document. */
typedef struct mfn__yaml_fault {
    unsigned line, column;
    const char *text;
    const struct mfn__yaml_fault *next; /* in the order of the document */
} mfn__yaml_fault;

/* As mfn__yaml_load, but such faults are kept in the document, so that they can be told beside what
 * else is wrong. */
mfn_status mfn__yaml_load_with_faults(const char *path, mfn__yaml **ret, mfn_error *err);
const mfn__yaml_fault *mfn__yaml_faults(const mfn__yaml *yaml); /* NULL: none */
bool mfn__yaml_has_faults(const mfn__yaml_node *node);          /* it, or what is in it */

/* As mfn__yaml_load for text in memory; `path` is for messages. */
mfn_status mfn__yaml_parse(const char *text, size_t size, const char *path, mfn__yaml **ret,
                           mfn_error *err);
void mfn__yaml_free(mfn__yaml *yaml);
const mfn__yaml_node *mfn__yaml_root(const mfn__yaml *yaml);
const char *mfn__yaml_path(const mfn__yaml *yaml);

/* True for "key:", "key: ~" and "key: null": the value was not given. */
bool mfn__yaml_is_null(const mfn__yaml_node *node);

/* The texts of a list, of a map, or of one scalar that stands for a list of one. Borrowed from the
 * document. False when a value in it is a list, a map or null. */
bool mfn__yaml_texts(const mfn__yaml_node *node, mfn_texts *ret);

/* The entry of a list or map for which mfn__yaml_texts is false, or NULL. */
const mfn__yaml_node *mfn__yaml_first_not_text(const mfn__yaml_node *node);

/* The value of a key, or NULL. */
const mfn__yaml_node *mfn__yaml_get(const mfn__yaml_node *map, const char *key);

#endif
