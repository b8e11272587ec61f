/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target over every file of the folders given: without libFuzzer, the corpus is a test.
 */
#include <dirent.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/mem.h"
#include "fuzz.h"

#define INPUT_BYTES_MAX ((size_t)1 << 24)

static void replay_file(const char *path)
{
    mfn__buffer bytes;
    mfn_error err = {.status = MFN_OK};
    mfn__buffer_init(&bytes, INPUT_BYTES_MAX);
    if (mfn__file_read_whole(path, &bytes, &err) != MFN_OK) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    printf("%s\n", path);
    fflush(stdout);
    LLVMFuzzerTestOneInput((const uint8_t *)(bytes.data != NULL ? bytes.data : ""), bytes.size);
    mfn__buffer_deinit(&bytes);
}

static int replay_folder(const char *folder)
{
    int files = 0;
    DIR *stream = opendir(folder);
    if (stream == NULL) {
        perror(folder);
        return 0;
    }
    for (const struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        if (entry->d_name[0] != '.') {
            char *path = mfn__path_join(folder, entry->d_name);
            fuzz_require(path != NULL);
            replay_file(path);
            mfn__mem_free(path);
            files++;
        }
    }
    closedir(stream);
    return files;
}

int main(int count, char **arguments)
{
    int files = 0;
    for (int i = 1; i < count; i++) {
        files += replay_folder(arguments[i]);
    }
    printf("%d inputs\n", files);
    return files > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
