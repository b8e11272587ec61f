/* SPDX-License-Identifier: MIT */
/* The main program of a unit test: each test runs in a process of its own, with a time limit. */
#ifndef MFN_TEST_SUITE_H
#define MFN_TEST_SUITE_H

#include <check.h>

/* Runs the tests (the array ends with NULL) and returns the exit code for main. */
int mfn_test_run(const char *name, const TTest *const *tests);

#endif
