/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "observe/registry.h"
#include "suite.h"

#define TEXT_MAX ((size_t)1 << 22)
#define THREADS  4
#define EACH     20000

static const double bounds[] = {0.5, 1, 2.5};
static const mfn__family requests = {.name = "t_requests_total",
                                     .type = MFN__COUNTER,
                                     .help = "Requests",
                                     .labels = {"path", "code"}};
static const mfn__family level = {.name = "t_level", .type = MFN__GAUGE, .help = "Level"};
static const mfn__family seconds = {.name = "t_seconds",
                                    .type = MFN__HISTOGRAM,
                                    .help = "Seconds",
                                    .labels = {"path"},
                                    .buckets = bounds,
                                    .bucket_count = 3};
static const mfn__family *const families[] = {&requests, &level, &seconds, NULL};

static mfn__registry *new_registry(void)
{
    mfn__registry *registry = NULL;
    ck_assert_int_eq(mfn__registry_new(families, &registry, NULL), MFN_OK);
    return registry;
}

/* Release with mfn__buffer_deinit. */
static mfn__buffer written(const mfn__registry *registry)
{
    mfn__buffer text;
    mfn__buffer_init(&text, TEXT_MAX);
    mfn__registry_write(registry, &text);
    ck_assert_int_eq(text.status, MFN_OK);
    return text;
}

START_TEST(numbers_come_in_the_text_format)
{
    mfn__registry *registry = new_registry();
    const char *const fine[] = {"/a", "200"};
    const char *const odd[] = {"/\"\\\n", "404"};
    mfn__series_add(mfn__registry_series(registry, &requests, fine), 2);
    mfn__series_add(mfn__registry_series(registry, &requests, fine), 1);
    mfn__series_add(mfn__registry_series(registry, &requests, odd), 1);
    mfn__series_set(mfn__registry_series(registry, &level, NULL), -0.25);
    static const double observed[] = {0.5, 0.6, 2, 100};
    for (size_t i = 0; i < 4; i++) {
        mfn__series_observe(mfn__registry_series(registry, &seconds, fine), observed[i]);
    }
    mfn__buffer text = written(registry);
    ck_assert_str_eq(text.data, "# HELP t_requests_total Requests\n"
                                "# TYPE t_requests_total counter\n"
                                "t_requests_total{path=\"/a\",code=\"200\"} 3.0\n"
                                "t_requests_total{path=\"/\\\"\\\\\\n\",code=\"404\"} 1.0\n"
                                "# HELP t_level Level\n"
                                "# TYPE t_level gauge\n"
                                "t_level -0.25\n"
                                "# HELP t_seconds Seconds\n"
                                "# TYPE t_seconds histogram\n"
                                "t_seconds_bucket{path=\"/a\",le=\"0.5\"} 1.0\n"
                                "t_seconds_bucket{path=\"/a\",le=\"1.0\"} 2.0\n"
                                "t_seconds_bucket{path=\"/a\",le=\"2.5\"} 3.0\n"
                                "t_seconds_bucket{path=\"/a\",le=\"+Inf\"} 4.0\n"
                                "t_seconds_count{path=\"/a\"} 4.0\n"
                                "t_seconds_sum{path=\"/a\"} 103.1\n");
    mfn__buffer_deinit(&text);
    mfn__registry_free(registry);
}
END_TEST

START_TEST(a_family_that_is_full_counts_the_rest_together)
{
    mfn__registry *registry = new_registry();
    for (int i = 0; i < 1500; i++) {
        char path[16];
        snprintf(path, sizeof path, "/%d", i);
        const char *const values[] = {path, "200"};
        mfn__series_add(mfn__registry_series(registry, &requests, values), 1);
    }
    mfn__buffer text = written(registry);
    ck_assert_ptr_nonnull(
        strstr(text.data, "t_requests_total{path=\"other\",code=\"other\"} 500.0\n"));
    mfn__buffer_deinit(&text);
    mfn__registry_free(registry);
}
END_TEST

static void *count_often(void *argument)
{
    mfn__registry *registry = argument;
    for (int i = 0; i < EACH; i++) {
        char path[8];
        snprintf(path, sizeof path, "/%d", i % 10);
        const char *const values[] = {path, "200"};
        mfn__series_add(mfn__registry_series(registry, &requests, values), 1);
        mfn__series_observe(mfn__registry_series(registry, &seconds, values), 1.0);
    }
    return NULL;
}

START_TEST(many_threads_count_exactly_while_one_reads)
{
    mfn__registry *registry = new_registry();
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, count_often, registry), 0);
    }
    for (int i = 0; i < 20; i++) {
        mfn__buffer text = written(registry);
        mfn__buffer_deinit(&text);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    mfn__buffer text = written(registry);
    for (int i = 0; i < 10; i++) {
        char line[128];
        snprintf(line, sizeof line, "t_requests_total{path=\"/%d\",code=\"200\"} %d.0\n", i,
                 THREADS * EACH / 10);
        ck_assert_msg(strstr(text.data, line) != NULL, "no %s", line);
    }
    mfn__buffer_deinit(&text);
    mfn__registry_free(registry);
}
END_TEST

START_TEST(the_process_describes_itself)
{
    mfn__buffer text;
    mfn__buffer_init(&text, TEXT_MAX);
    mfn__process_metrics_write(&text);
    static const char *const names[] = {"process_cpu_seconds_total",
                                        "process_open_fds",
                                        "process_max_fds",
                                        "process_resident_memory_bytes",
                                        "process_virtual_memory_bytes",
                                        "process_start_time_seconds"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char start[80];
        snprintf(start, sizeof start, "\n%s ", names[i]);
        const char *found = strstr(text.data, start);
        ck_assert_msg(found != NULL, "no %s", names[i]);
        double value = strtod(found + strlen(start), NULL);
        ck_assert_msg(value > 0.0 || i == 0, "%s: %g", names[i], value);
    }
    mfn__buffer_deinit(&text);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        numbers_come_in_the_text_format, a_family_that_is_full_counts_the_rest_together,
        many_threads_count_exactly_while_one_reads, the_process_describes_itself, NULL};
    return mfn_test_run("registry", tests);
}
