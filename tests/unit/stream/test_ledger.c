/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "stream/ledger.h"
#include "suite.h"

static char folder[64];
static char path[96];

static void in_new_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/mfn-ledger-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/deep/state.db", folder);
}

static mfn__ledger *opened(void)
{
    mfn__ledger *ledger = NULL;
    mfn_error err = {0};
    ck_assert_msg(mfn__ledger_open(path, &ledger, &err) == MFN_OK, "%s", err.text);
    return ledger;
}

static const mfn__file_identity some_file = {1, 2, UINT64_MAX, -5, "abc"};

START_TEST(what_was_committed_is_there_after_opening_again)
{
    in_new_folder();
    mfn__ledger *ledger = opened();
    mfn__file_entry entry;
    uint64_t target = 0;
    ck_assert_int_eq(mfn__ledger_begin(ledger, NULL), MFN_OK);
    ck_assert_int_eq(mfn__ledger_file(ledger, &some_file, "a.json", &entry, NULL), MFN_OK);
    ck_assert_uint_eq(entry.items_done, 0);
    entry.items_done = 7;
    ck_assert_int_eq(mfn__ledger_file_update(ledger, &entry, NULL), MFN_OK);
    ck_assert_int_eq(mfn__ledger_target(ledger, "out", &target, NULL), MFN_OK);
    ck_assert_int_eq(mfn__ledger_receipt_add(ledger, target, "id-1", "one.json", NULL), MFN_OK);
    ck_assert_int_eq(mfn__ledger_number_set(ledger, target, "length", 99, NULL), MFN_OK);
    ck_assert_int_eq(mfn__ledger_commit(ledger, NULL), MFN_OK);
    mfn__ledger_close(ledger);

    ledger = opened();
    mfn__file_entry again;
    uint64_t same_target = 0;
    char name[MFN__NAME_MAX];
    int64_t length = 0;
    bool is_taken = false;
    ck_assert_int_eq(mfn__ledger_begin(ledger, NULL), MFN_OK);
    ck_assert_int_eq(mfn__ledger_file(ledger, &some_file, "b.json", &again, NULL), MFN_OK);
    ck_assert_uint_eq(again.id, entry.id);
    ck_assert_uint_eq(again.items_done, 7);
    ck_assert_int_eq(mfn__ledger_target(ledger, "out", &same_target, NULL), MFN_OK);
    ck_assert_uint_eq(same_target, target);
    ck_assert_int_eq(mfn__ledger_receipt(ledger, target, "id-1", name, NULL), MFN_OK);
    ck_assert_str_eq(name, "one.json");
    ck_assert_int_eq(mfn__ledger_receipt(ledger, target, "id-2", name, NULL), MFN_NOT_FOUND);
    ck_assert_int_eq(mfn__ledger_name_is_taken(ledger, target, "one.json", &is_taken, NULL),
                     MFN_OK);
    ck_assert(is_taken);
    ck_assert_int_eq(mfn__ledger_number(ledger, target, "length", &length, NULL), MFN_OK);
    ck_assert_int_eq(length, 99);
    ck_assert_int_eq(mfn__ledger_number(ledger, target, "other", &length, NULL), MFN_OK);
    ck_assert_int_eq(length, 0);
    mfn__ledger_rollback(ledger);
    mfn__ledger_close(ledger);
}
END_TEST

START_TEST(what_was_rolled_back_never_happened)
{
    in_new_folder();
    mfn__ledger *ledger = opened();
    uint64_t target = 0;
    ck_assert_int_eq(mfn__ledger_begin(ledger, NULL), MFN_OK);
    ck_assert_int_eq(mfn__ledger_target(ledger, "out", &target, NULL), MFN_OK);
    ck_assert_int_eq(mfn__ledger_receipt_add(ledger, target, "id-1", "one.json", NULL), MFN_OK);
    mfn__ledger_rollback(ledger);
    char name[MFN__NAME_MAX];
    ck_assert_int_eq(mfn__ledger_begin(ledger, NULL), MFN_OK);
    ck_assert_int_eq(mfn__ledger_receipt(ledger, target, "id-1", name, NULL), MFN_NOT_FOUND);
    mfn__ledger_rollback(ledger);
    mfn__ledger_close(ledger);
}
END_TEST

START_TEST(every_part_of_the_identity_counts)
{
    in_new_folder();
    mfn__ledger *ledger = opened();
    mfn__file_identity others[5];
    for (size_t i = 0; i < 5; i++) {
        others[i] = some_file;
    }
    others[0].device++;
    others[1].inode++;
    others[2].size_bytes--;
    others[3].modified_ns++;
    snprintf(others[4].digest, sizeof others[4].digest, "abd");
    mfn__file_entry first;
    ck_assert_int_eq(mfn__ledger_begin(ledger, NULL), MFN_OK);
    ck_assert_int_eq(mfn__ledger_file(ledger, &some_file, "a", &first, NULL), MFN_OK);
    for (size_t i = 0; i < 5; i++) {
        mfn__file_entry other;
        ck_assert_int_eq(mfn__ledger_file(ledger, &others[i], "a", &other, NULL), MFN_OK);
        ck_assert_uint_ne(other.id, first.id);
    }
    mfn__ledger_rollback(ledger);
    mfn__ledger_close(ledger);
}
END_TEST

START_TEST(a_second_owner_is_refused)
{
    in_new_folder();
    mfn__ledger *ledger = opened();
    mfn__ledger *second = NULL;
    mfn_error err = {0};
    ck_assert_int_eq(mfn__ledger_open(path, &second, &err), MFN_BUSY);
    ck_assert_ptr_nonnull(strstr(err.text, "in use by another mfn"));
    mfn__ledger_close(ledger);
    mfn__ledger_close(opened());
}
END_TEST

START_TEST(a_file_that_is_no_ledger_is_refused_and_kept)
{
    in_new_folder();
    static const char text[] = "these are the only notes that I have, and they are no database";
    char parent[80];
    snprintf(parent, sizeof parent, "%s/deep", folder);
    ck_assert_int_eq(mfn__file_make_directory(parent, NULL), MFN_OK);
    ck_assert_int_eq(mfn__file_write_whole(path, text, sizeof text - 1, NULL), MFN_OK);
    mfn__ledger *ledger = NULL;
    mfn_error err = {0};
    ck_assert_int_eq(mfn__ledger_open(path, &ledger, &err), MFN_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "move it away"));
    mfn__buffer kept;
    mfn__buffer_init(&kept, 1000);
    ck_assert_int_eq(mfn__file_read_whole(path, &kept, NULL), MFN_OK);
    ck_assert_str_eq(kept.data, text);
    mfn__buffer_deinit(&kept);
}
END_TEST

START_TEST(opening_survives_failure_of_every_allocation)
{
    in_new_folder();
    mfn__ledger *ledger = NULL;
    for (int64_t allocation = 0;; allocation++) {
        mfn__mem_fail_after(allocation);
        mfn_status status = mfn__ledger_open(path, &ledger, NULL);
        mfn__mem_fail_after(-1);
        if (status == MFN_OK) {
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
        ck_assert_ptr_null(ledger);
    }
    mfn__ledger_close(ledger);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        what_was_committed_is_there_after_opening_again,
        what_was_rolled_back_never_happened,
        every_part_of_the_identity_counts,
        a_second_owner_is_refused,
        a_file_that_is_no_ledger_is_refused_and_kept,
        opening_survives_failure_of_every_allocation,
        NULL,
    };
    return mfn_test_run("ledger", tests);
}
