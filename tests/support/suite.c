/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <stdlib.h>

/* Generous: sanitizers and emulators are slow, and a hang is all that this guards against. */
#define TEST_TIMEOUT_S 300

int mfn_test_run(const char *name, const TTest *const *tests)
{
    Suite *suite = suite_create(name);
    TCase *cases = tcase_create(name);
    tcase_set_timeout(cases, TEST_TIMEOUT_S);
    for (size_t i = 0; tests[i] != NULL; i++) {
        tcase_add_test(cases, tests[i]);
    }
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
