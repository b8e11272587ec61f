/* SPDX-License-Identifier: MIT */
#include "server/route.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Whether `size` bytes of a path are those of the operation; copies what stands for {id}. */
static bool matches(const mfn__operation *operation, const char *path, size_t size,
                    char ret_argument[MFN__PATH_ARGUMENT_MAX])
{
    const char *brace = strchr(operation->path, '{');
    size_t fixed = brace != NULL ? (size_t)(brace - operation->path) : strlen(operation->path);
    if (size < fixed || memcmp(path, operation->path, fixed) != 0) {
        return false;
    }
    if (brace == NULL) {
        return size == fixed;
    }
    size_t rest = size - fixed;
    if (rest == 0 || rest >= MFN__PATH_ARGUMENT_MAX || memchr(path + fixed, '/', rest) != NULL) {
        return false;
    }
    memcpy(ret_argument, path + fixed, rest);
    ret_argument[rest] = '\0';
    return true;
}

static void allow(mfn__route *route, const char *method)
{
    size_t used = strlen(route->allow);
    snprintf(route->allow + used, sizeof route->allow - used, "%s%s", used > 0 ? ", " : "", method);
}

void mfn__route_find(const mfn__operation *const *operations, const char *method, const char *path,
                     mfn__route *ret)
{
    *ret = (mfn__route){.status = 404};
    size_t size = strlen(path);
    bool has_slash = size > 1 && path[size - 1] == '/';
    for (; *operations != NULL; operations++) {
        const mfn__operation *operation = *operations;
        if (matches(operation, path, size, ret->argument)) {
            ret->of_path = ret->of_path != NULL ? ret->of_path : operation;
            if (strcmp(operation->method, method) == 0) {
                ret->status = 200;
                ret->operation = operation;
                ret->allow[0] = '\0';
                return;
            }
            ret->status = 405;
            allow(ret, operation->method);
        } else if (has_slash && ret->status == 404 &&
                   matches(operation, path, size - 1, ret->argument)) {
            ret->of_path = operation;
            ret->status = 307;
            ret->path_size = size - 1;
        }
    }
}
