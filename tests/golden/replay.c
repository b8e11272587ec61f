/* SPDX-License-Identifier: MIT */
/* mfn_replay PATH...: replays recorded vectors (data/README.md) against the code.
 *
 * A path is a .jsonl file or a folder of them. Each record is replayed by its kind's function in
 * kinds/; where kernels take part, once under each variant that this machine can run. Prints the
 * records that are compared with something better than what was recorded, and why, the first
 * failure of each kind, a table, and last "N passed, N failed". Exits 0 when something was replayed
 * and nothing failed, 1 otherwise, 2 for wrong usage. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "kernels/kernels.h"
#include "kinds.h"

#define FILE_MAX_BYTES ((size_t)1 << 31)

enum { EXIT_USAGE = 2 };

typedef struct replay_tally {
    size_t passed, failed, not_covered;
    size_t corrected; /* of the passed: right where the reference is not */
} replay_tally;

typedef struct replay_run {
    replay_tally *tallies;   /* one per kind */
    replay_tally unreadable; /* lines and files that are no record of a documented kind */
} replay_run;

/* One record under one kernel variant. */
static void replay_under(const char *variant, const vector_kind *kind, const record *rec,
                         comparison *cmp)
{
    mfn_error err;
    mfn_status status = mfn__kernels_select(variant, &err);
    if (compare_success(cmp, "mfn__kernels_select", status, &err)) {
        kind->replay(rec, cmp);
    }
}

static void replay_record(replay_run *run, const vector_kind *kind, const record *rec)
{
    comparison cmp = {.verdict = kind->replay == NULL ? COMPARE_NOT_COVERED : COMPARE_PASSED};
    size_t count;
    const mfn__kernels_table *const *variants = mfn__kernels_all(&count);
    const char *variant = "auto";
    if (kind->every_variant) {
        for (size_t i = 0; i < count && cmp.verdict == COMPARE_PASSED; i++) {
            if (variants[i]->is_supported()) {
                variant = variants[i]->name;
                replay_under(variant, kind, rec, &cmp);
            }
        }
    } else if (kind->replay != NULL) {
        replay_under(variant, kind, rec, &cmp);
    }
    replay_tally *tally = &run->tallies[kind - kinds];
    tally->passed += cmp.verdict == COMPARE_PASSED;
    tally->corrected += cmp.verdict == COMPARE_PASSED && cmp.corrected != NULL;
    tally->not_covered += cmp.verdict == COMPARE_NOT_COVERED;
    tally->failed += cmp.verdict == COMPARE_FAILED;
    if (cmp.corrected != NULL) {
        printf("corrected %s: %s\n", rec->id, cmp.corrected);
    }
    if (cmp.verdict == COMPARE_FAILED && tally->failed == 1) {
        printf("FAILED %s (kernels: %s): %s\n  expected %s\n  got      %s\n", rec->id, variant,
               cmp.what, cmp.expected, cmp.got);
    }
}

/* Requests to the service may carry seeds beyond 64 bits as plain integers; no kind that is
 * replayed has them, so such a line only needs to be readable. */
static json_t *parse(const char *line, size_t size, json_error_t *syntax)
{
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL;
    json_t *json = json_loadb(line, size, flags, syntax);
    if (json == NULL && json_error_code(syntax) == json_error_numeric_overflow) {
        json = json_loadb(line, size, flags | JSON_DECODE_INT_AS_REAL, syntax);
    }
    return json;
}

static void replay_line(replay_run *run, const char *path, size_t number, const char *line,
                        size_t size)
{
    json_error_t syntax;
    mfn_error err;
    record rec;
    json_t *json = parse(line, size, &syntax);
    if (json == NULL) {
        printf("FAILED %s:%zu: column %d: %s\n", path, number, syntax.column, syntax.text);
        run->unreadable.failed++;
        return;
    }
    if (record_read(json, &rec, &err) != MFN_OK) {
        printf("FAILED %s:%zu: %s\n", path, number, err.text);
        run->unreadable.failed++;
        goto done;
    }
    const vector_kind *kind = kinds;
    while (kind->name != NULL && strcmp(kind->name, rec.kind) != 0) {
        kind++;
    }
    if (kind->name == NULL) {
        printf("FAILED %s:%zu: %s: unknown kind '%s'\n", path, number, rec.id, rec.kind);
        run->unreadable.failed++;
        goto done;
    }
    replay_record(run, kind, &rec);
done:
    json_decref(json);
}

static void replay_file(replay_run *run, const char *path)
{
    mfn__buffer text;
    mfn__buffer_init(&text, FILE_MAX_BYTES);
    mfn_error err;
    if (mfn__file_read_whole(path, &text, &err) != MFN_OK) {
        printf("FAILED %s\n", err.text);
        run->unreadable.failed++;
    }
    size_t number = 0;
    for (size_t start = 0; start < text.size;) {
        const char *line = text.data + start;
        const char *end = memchr(line, '\n', text.size - start);
        size_t size = end != NULL ? (size_t)(end - line) : text.size - start;
        number++;
        if (size > 0) {
            replay_line(run, path, number, line, size);
        }
        start += size + 1;
    }
    mfn__buffer_deinit(&text);
}

static int is_vector_file(const struct dirent *entry)
{
    return mfn__text_ends_with(entry->d_name, ".jsonl") ? 1 : 0;
}

static void replay_folder(replay_run *run, const char *path)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_vector_file, alphasort);
    if (count <= 0) {
        printf("FAILED %s: %s\n", path, count < 0 ? strerror(errno) : "no .jsonl file in it");
        run->unreadable.failed++;
    }
    for (int i = 0; i < count; i++) {
        char *file = mfn__path_join(path, entries[i]->d_name);
        if (file != NULL) {
            replay_file(run, file);
        } else {
            printf("FAILED %s/%s: out of memory\n", path, entries[i]->d_name);
            run->unreadable.failed++;
        }
        mfn__mem_free(file);
        free(entries[i]);
    }
    free(entries);
}

/* Prints the table; returns the exit code. */
static int summarize(const replay_run *run)
{
    replay_tally sum = {0};
    printf("\n%-16s %8s %10s %8s %12s\n", "kind", "passed", "corrected", "failed", "not covered");
    for (const vector_kind *kind = kinds; kind->name != NULL; kind++) {
        const replay_tally *tally = &run->tallies[kind - kinds];
        sum.passed += tally->passed;
        sum.failed += tally->failed;
        sum.corrected += tally->corrected;
        sum.not_covered += tally->not_covered;
        if (tally->passed + tally->failed + tally->not_covered > 0) {
            printf("%-16s %8zu %10zu %8zu %12zu\n", kind->name, tally->passed, tally->corrected,
                   tally->failed, tally->not_covered);
        }
    }
    if (run->unreadable.failed > 0) {
        printf("%-16s %8d %10d %8zu %12d\n", "(unreadable)", 0, 0, run->unreadable.failed, 0);
        sum.failed += run->unreadable.failed;
    }
    if (sum.passed + sum.failed == 0) {
        printf("nothing was replayed\n");
    }
    printf("%zu corrected\n%zu not covered\n", sum.corrected, sum.not_covered);
    printf("%zu passed, %zu failed\n", sum.passed, sum.failed);
    return sum.failed == 0 && sum.passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: mfn_replay PATH...\n"
                        "Replays the vectors of .jsonl files, or of folders of them.\n");
        return EXIT_USAGE;
    }
    size_t kind_count = 0;
    while (kinds[kind_count].name != NULL) {
        kind_count++;
    }
    replay_run run = {.tallies = mfn__mem_new(kind_count, sizeof *run.tallies)};
    if (run.tallies == NULL) {
        fprintf(stderr, "mfn_replay: out of memory\n");
        return EXIT_FAILURE;
    }
    for (int i = 1; i < argc; i++) {
        struct stat info;
        if (stat(argv[i], &info) == 0 && S_ISDIR(info.st_mode)) {
            replay_folder(&run, argv[i]);
        } else {
            replay_file(&run, argv[i]);
        }
    }
    int exit_code = summarize(&run);
    mfn__mem_free(run.tallies);
    return exit_code;
}
