/* SPDX-License-Identifier: MIT */
/* A JSON file of jobs: the elements of one array, or objects one after another. Only strings and
 * brackets are looked at. When these do not fit together, nobody knows where the next item starts:
 * what is left of the file becomes one unusable item. */
#include "codec/item_formats.h"

#define LEVELS_MAX 64

typedef struct json_problem {
    const char *reason; /* NULL: none */
    mfn__item_place place;
} json_problem;

/* Goes past a string whose opening quote is next. A line break inside hints at a missing quote: the
 * first such string is remembered in `suspect`. */
static bool skip_string(mfn__item_reader *reader, mfn__item_place *suspect)
{
    mfn__byte_window *window = &reader->window;
    mfn__item_place begin = mfn__items_here(reader);
    mfn__window_advance(window);
    for (int byte = mfn__window_peek(window); byte != MFN__WINDOW_END;
         byte = mfn__window_peek(window)) {
        mfn__window_advance(window);
        if (byte == '"') {
            return true;
        }
        if (byte == '\n' && suspect->line == 0) {
            *suspect = begin;
        }
        if (byte == '\\' && mfn__window_peek(window) != MFN__WINDOW_END) {
            mfn__window_advance(window);
        }
    }
    if (suspect->line == 0) {
        *suspect = begin;
    }
    return false;
}

/* Goes past brackets up to the one that closes the first. Bit k of `objects` says that level k is
 * an object. */
static json_problem skip_brackets(mfn__item_reader *reader)
{
    mfn__byte_window *window = &reader->window;
    mfn__item_place begin = mfn__items_here(reader);
    mfn__item_place suspect = {0};
    uint64_t objects = 0;
    unsigned level = 0;
    for (int byte = mfn__window_peek(window); byte != MFN__WINDOW_END;
         byte = mfn__window_peek(window)) {
        if (byte == '"') {
            skip_string(reader, &suspect);
            continue;
        }
        if (byte == '{' || byte == '[') {
            if (level == LEVELS_MAX) {
                return (json_problem){"more than 64 levels of brackets", mfn__items_here(reader)};
            }
            objects = objects << 1 | (byte == '{');
            level++;
        } else if (byte == '}' || byte == ']') {
            if ((objects & 1) != (byte == '}')) {
                return (json_problem){byte == '}' ? "'}' closes a '['" : "']' closes a '{'",
                                      mfn__items_here(reader)};
            }
            objects >>= 1;
            level--;
        }
        mfn__window_advance(window);
        if (level == 0) {
            return (json_problem){0};
        }
    }
    if (suspect.line != 0) {
        return (json_problem){"the text that starts here is not closed", suspect};
    }
    return (json_problem){"the bracket that opens here is not closed", begin};
}

static bool ends_bare_value(int byte)
{
    return byte == MFN__WINDOW_END || byte == ',' || byte == ']' || byte == '}' || byte == ' ' ||
           byte == '\t' || byte == '\r' || byte == '\n';
}

static json_problem skip_value(mfn__item_reader *reader)
{
    mfn__byte_window *window = &reader->window;
    mfn__item_place begin = mfn__items_here(reader);
    int byte = mfn__window_peek(window);
    if (byte == '{' || byte == '[') {
        return skip_brackets(reader);
    }
    if (byte == '"') {
        mfn__item_place suspect = {0};
        bool closed = skip_string(reader, &suspect);
        return closed ? (json_problem){0}
                      : (json_problem){"the text that starts here is not closed", suspect};
    }
    if (ends_bare_value(byte)) {
        return (json_problem){"a job is missing here", begin};
    }
    for (; !ends_bare_value(byte); byte = mfn__window_peek(window)) {
        mfn__window_advance(window);
    }
    return (json_problem){0};
}

/* Goes to the first byte of the next element. MFN_NOT_FOUND: there is none. */
static mfn_status find_element(mfn__item_reader *reader, json_problem *ret)
{
    mfn__byte_window *window = &reader->window;
    int byte = mfn__window_peek(window);
    if (reader->json_place == MFN__JSON_BEGIN && byte == '[') {
        mfn__window_advance(window);
        reader->json_place = MFN__JSON_ARRAY_BEGIN;
    } else if (reader->json_place == MFN__JSON_BEGIN) {
        reader->json_place = MFN__JSON_OBJECTS;
    }
    mfn__window_skip_space(window);
    byte = mfn__window_peek(window);
    bool in_array = reader->json_place == MFN__JSON_ARRAY_BEGIN ||
                    reader->json_place == MFN__JSON_ARRAY_ELEMENT;
    if (in_array && byte == ']') {
        mfn__window_advance(window);
        reader->json_place = MFN__JSON_DONE;
        mfn__window_skip_space(window);
        byte = mfn__window_peek(window);
    }
    *ret = (json_problem){NULL, mfn__items_here(reader)};
    switch (reader->json_place) {
    case MFN__JSON_ARRAY_ELEMENT:
        if (byte == ',') {
            mfn__window_advance(window);
            mfn__window_skip_space(window);
        } else {
            ret->reason = "expected ',' and the next job, or ']'";
        }
        return MFN_OK;
    case MFN__JSON_OBJECTS:
        ret->reason = byte == '{' ? NULL
                      : byte == ','
                          ? "expected '{' or the end of the file; objects with commas between them "
                            "stand in [ ]"
                          : "expected '{' and a job, or '[' and a list of jobs";
        break;
    case MFN__JSON_DONE:
        ret->reason = "expected the end of the file after ']'";
        break;
    default:
        return MFN_OK;
    }
    return byte == MFN__WINDOW_END ? MFN_NOT_FOUND : MFN_OK;
}

mfn_status mfn__items_next_json(mfn__item_reader *reader, mfn__item *ret, mfn_error *err)
{
    json_problem problem = {0};
    mfn_status status = find_element(reader, &problem);
    if (status != MFN_OK) {
        return status;
    }
    mfn__items_open(reader, ret);
    if (problem.reason == NULL) {
        problem = skip_value(reader);
    }
    if (problem.reason != NULL) {
        mfn__items_close_with_rest(reader, ret);
        return mfn__items_fail(reader, problem.place, err, "%s", problem.reason);
    }
    if (reader->json_place == MFN__JSON_ARRAY_BEGIN) {
        reader->json_place = MFN__JSON_ARRAY_ELEMENT;
    }
    return mfn__items_close(reader, ret, mfn__window_item_size(&reader->window), err);
}
