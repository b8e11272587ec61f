/* SPDX-License-Identifier: MIT */
#include "mfn/version.h"

#include <gif_lib.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <png.h>
#include <sqlite3.h>
#include <stdio.h>
#include <yaml.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/format.h"
#include "codec/json_writer.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

/* giflib cannot be asked for its version. */
#define TEXT(number)    TEXT_OF(number)
#define TEXT_OF(number) #number
#define GIFLIB_VERSION                                                                             \
    TEXT(GIFLIB_MAJOR) "." TEXT(GIFLIB_MINOR) "." TEXT(GIFLIB_RELEASE) /* of its header */

typedef struct version_options {
    uint32_t format;
} version_options;

static const mfn_option table[] = {MFN__FORMAT_OPTION(version_options), {0}};

int mfn__command_version(int argc, char **argv)
{
    version_options options;
    mfn_options_set_defaults(table, &options);
    const mfn__flags groups[] = {{"Flags", table, &options}, {0}};
    mfn__arguments arguments;
    mfn_error err;
    if (mfn__arguments_parse(argc, argv, groups, NULL, &arguments, &err) != MFN_OK) {
        return mfn__command_fail("version", &err, MFN__EXIT_USAGE);
    }
    if (arguments.wants_help) {
        printf("Usage: mfn version [flags]\n\nPrints versions and the kernels in use.\n");
        mfn__arguments_describe(stdout, groups);
        return MFN__EXIT_OK;
    }
    const struct {
        const char *name, *value;
    } facts[] = {
        {"version", mfn_version()},
        {"numeric_version", mfn_numeric_version()},
        {"simd", mfn_simd_name()},
        {"compiler", COMPILER},
        {"jansson", JANSSON_VERSION},
        {"libyaml", yaml_get_version_string()},
        {"libpng", png_get_libpng_ver(NULL)},
        {"giflib", GIFLIB_VERSION},
        {"sqlite", sqlite3_libversion()},
        {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
    };
    size_t count = sizeof facts / sizeof facts[0];
    if (options.format == MFN__FORMAT_TEXT) {
        printf("mfn %s\n", mfn_version());
        for (size_t i = 1; i < count; i++) {
            printf("  %-16s %s\n", facts[i].name, facts[i].value);
        }
        return MFN__EXIT_OK;
    }
    mfn__buffer text;
    mfn__json_writer json;
    mfn__format_json_begin(&text, &json);
    mfn__json_object_begin(&json);
    for (size_t i = 0; i < count; i++) {
        mfn__json_key(&json, facts[i].name);
        mfn__json_text(&json, facts[i].value);
    }
    mfn__json_object_end(&json);
    return mfn__format_json_end(&text, "version");
}
