/* SPDX-License-Identifier: MIT */
#include "folder.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATHS_AT_ONCE 8

const char *mfn_test_folder(void)
{
    static char folder[MFN_TEST_PATH_MAX];
    snprintf(folder, sizeof folder, "/tmp/mfn-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    return folder;
}

const char *mfn_test_path(const char *folder, const char *name)
{
    static char paths[PATHS_AT_ONCE][MFN_TEST_PATH_MAX];
    static size_t next;
    char *path = paths[next++ % PATHS_AT_ONCE];
    snprintf(path, MFN_TEST_PATH_MAX, "%.120s/%.120s", folder, name);
    return path;
}

void mfn_test_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_msg(file != NULL, "cannot write %s", path);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

void mfn_test_read(const char *path, char *ret, size_t size)
{
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "cannot read %s", path);
    size_t used = fread(ret, 1, size - 1, file);
    ret[used] = '\0';
    fclose(file);
}

bool mfn_test_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

size_t mfn_test_count(const char *folder)
{
    DIR *listing = opendir(folder);
    ck_assert_msg(listing != NULL, "cannot list %s", folder);
    size_t count = 0;
    for (const struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 ? 1 : 0;
    }
    closedir(listing);
    return count;
}
