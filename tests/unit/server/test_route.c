/* SPDX-License-Identifier: MIT */
#include "server/route.h"
#include "suite.h"

static const mfn__operation get_thing = {.name = "get", .method = "GET", .path = "/thing"};
static const mfn__operation put_thing = {.name = "put", .method = "PUT", .path = "/thing"};
static const mfn__operation post_jobs = {.name = "post", .method = "POST", .path = "/jobs"};
static const mfn__operation get_job = {.name = "job", .method = "GET", .path = "/jobs/{id}"};
static const mfn__operation *const operations[] = {&get_thing, &put_thing, &post_jobs, &get_job,
                                                   NULL};

START_TEST(finds_operations_by_method_and_path)
{
    static const struct {
        const char *why, *method, *path;
        unsigned status;
        const mfn__operation *operation;
        const char *allow, *argument;
        size_t path_size;
    } cases[] = {
        {"a path", "GET", "/thing", 200, &get_thing, "", "", 0},
        {"the same path, another method", "PUT", "/thing", 200, &put_thing, "", "", 0},
        {"a method that it does not know", "POST", "/thing", 405, NULL, "GET, PUT", "", 0},
        {"HEAD is a method of its own", "HEAD", "/jobs", 405, NULL, "POST", "", 0},
        {"an id in the path", "GET", "/jobs/a-1", 200, &get_job, "", "a-1", 0},
        {"an id that is empty leads to the path before it", "POST", "/jobs/", 307, NULL, "", "", 5},
        {"an id with a slash", "GET", "/jobs/a/b", 404, NULL, "", "", 0},
        {"a slash too many", "GET", "/thing/", 307, NULL, "", "", 6},
        {"a longer name", "GET", "/things", 404, NULL, "", "", 0},
        {"a shorter name", "GET", "/thin", 404, NULL, "", "", 0},
        {"two slashes", "GET", "//thing", 404, NULL, "", "", 0},
        {"dots are names like others", "GET", "/thing/../thing", 404, NULL, "", "", 0},
        {"the root", "GET", "/", 404, NULL, "", "", 0},
        {"nothing", "GET", "", 404, NULL, "", "", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn__route route;
        mfn__route_find(operations, cases[i].method, cases[i].path, &route);
        ck_assert_msg(route.status == cases[i].status, "%s: expected %u, got %u", cases[i].why,
                      cases[i].status, route.status);
        ck_assert_msg(route.operation == cases[i].operation, "%s: another operation", cases[i].why);
        ck_assert_str_eq(route.allow, cases[i].allow);
        if (route.status == 200) {
            ck_assert_str_eq(route.argument, cases[i].argument);
        }
        ck_assert_uint_eq(route.path_size, cases[i].path_size);
    }
}
END_TEST

START_TEST(an_id_that_is_too_long_is_not_found)
{
    char path[MFN__PATH_ARGUMENT_MAX + 16] = "/jobs/";
    for (size_t i = 6; i < 6 + MFN__PATH_ARGUMENT_MAX; i++) {
        path[i] = 'x';
    }
    mfn__route route;
    mfn__route_find(operations, "GET", path, &route);
    ck_assert_uint_eq(route.status, 404);
    path[6 + MFN__PATH_ARGUMENT_MAX - 1] = '\0';
    mfn__route_find(operations, "GET", path, &route);
    ck_assert_uint_eq(route.status, 200);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {finds_operations_by_method_and_path,
                            an_id_that_is_too_long_is_not_found, NULL};
    return mfn_test_run("route", tests);
}
