/* SPDX-License-Identifier: MIT */
/* Files for tests that need real ones. */
#ifndef MFN_TEST_FOLDER_H
#define MFN_TEST_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#define MFN_TEST_PATH_MAX 256

/* Makes a new empty folder; its path stays valid for the rest of the test. */
const char *mfn_test_folder(void);

/* folder/name, in one of a few buffers that are used in turn. */
const char *mfn_test_path(const char *folder, const char *name);

void mfn_test_write(const char *path, const char *text);
void mfn_test_read(const char *path, char *ret, size_t size); /* the whole file, NUL-terminated */
bool mfn_test_exists(const char *path);
size_t mfn_test_count(const char *folder); /* entries, hidden ones included */

#endif
