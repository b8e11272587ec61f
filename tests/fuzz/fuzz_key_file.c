/* SPDX-License-Identifier: MIT */
/* Any text is a list of keys, each of which is written and read again the same, or an error that
 * does not show what stood in the place of a hash. */
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "server/key_file.h"

#define SECRET "mfn_0123456789"

/* Whether the secret is in the text, as a hash and nowhere else. */
static bool stands_for_hash(const uint8_t *data, size_t size)
{
    static const char place[] = "sha256: " SECRET;
    const uint8_t *found = memmem(data, size, place, sizeof place - 1);
    if (found == NULL) {
        return false;
    }
    const uint8_t *secret = memmem(data, size, SECRET, sizeof SECRET - 1);
    const uint8_t *after = found + sizeof place - 1;
    return secret > found &&
           memmem(after, (size_t)(data + size - after), SECRET, sizeof SECRET - 1) == NULL;
}

static void check_entry(const mfn__key_entry *entry)
{
    mfn__buffer text;
    mfn__key_list again = {0};
    fuzz_require(mfn__key_name_check(entry->name, NULL) == MFN_OK);
    mfn__buffer_init(&text, SIZE_MAX);
    mfn__buffer_append_text(&text, "keys:\n");
    mfn__key_entry_write(entry, 2, &text);
    fuzz_require(text.status == MFN_OK);
    fuzz_require(mfn__key_file_parse(text.data, text.size, "again", &again, NULL) == MFN_OK);
    fuzz_require(again.count == 1);
    fuzz_require(strcmp(again.items[0].name, entry->name) == 0 &&
                 memcmp(again.items[0].sha256, entry->sha256, sizeof entry->sha256) == 0 &&
                 again.items[0].scopes == entry->scopes &&
                 again.items[0].requests_per_window == entry->requests_per_window);
    mfn__key_list_deinit(&again);
    mfn__buffer_deinit(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mfn__key_list list = {0};
    mfn_error err = {.status = MFN_OK};
    mfn_status status = mfn__key_file_parse((const char *)data, size, "keys.yaml", &list, &err);
    if (status != MFN_OK) {
        fuzz_require(err.status == status && err.text[0] != '\0');
        fuzz_require(list.count == 0 && list.items == NULL);
        fuzz_require(!stands_for_hash(data, size) || strstr(err.text, SECRET) == NULL);
        return 0;
    }
    for (size_t i = 0; i < list.count; i++) {
        check_entry(&list.items[i]);
    }
    mfn__key_list_deinit(&list);
    return 0;
}
