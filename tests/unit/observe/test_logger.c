/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "observe/logger.h"
#include "suite.h"

#define WALL_NS    (INT64_C(1700000000) * MFN__NS_PER_S + 123456789)
#define TEXT_MAX   65536
#define THREADS    4
#define LINES_EACH 200

static int64_t fixed_ns(void *context)
{
    (void)context;
    return WALL_NS;
}

static const mfn__clock clock_at_rest = {fixed_ns, fixed_ns, NULL};

static mfn__logger *open_logger(bool is_json, mfn__log_level level, int *ret_reader)
{
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    *ret_reader = ends[0];
    mfn__logger *logger = NULL;
    const mfn__logger_options options = {level, is_json, "dev", ends[1], &clock_at_rest};
    ck_assert_int_eq(mfn__logger_new(&options, &logger, NULL), MFN_OK);
    return logger;
}

static const char *read_all(int reader)
{
    static char text[TEXT_MAX];
    ssize_t size = read(reader, text, sizeof text - 1);
    text[size > 0 ? size : 0] = '\0';
    return text;
}

static mfn__log_record full_record(const char *message)
{
    static const mfn__log_extra extras[] = {{"key", "env-1"}};
    mfn__log_record record = mfn__log_record_of(MFN__LOG_INFO, "mfn.api", message);
    record.request_id = "0123456789abcdef";
    record.endpoint = "/nernst";
    record.method = "POST";
    record.client_ip = "127.0.0.1";
    record.status = 200;
    record.duration_ms = 3.14159;
    record.extras = extras;
    record.extra_count = 1;
    return record;
}

START_TEST(a_json_line_has_the_known_keys_in_their_order)
{
    int reader = -1;
    mfn__logger *logger = open_logger(true, MFN__LOG_INFO, &reader);
    mfn__log_record record = full_record("Request completed: POST /nernst -> 200");
    mfn__logger_write(logger, &record);
    ck_assert_str_eq(
        read_all(reader),
        "{\"timestamp\": \"2023-11-14T22:13:20.123456Z\", \"level\": \"INFO\", \"logger\": "
        "\"mfn.api\", \"message\": \"Request completed: POST /nernst -> 200\", \"env\": \"dev\", "
        "\"request_id\": \"0123456789abcdef\", \"endpoint\": \"/nernst\", \"method\": \"POST\", "
        "\"client_ip\": \"127.0.0.1\", \"status\": 200, \"duration_ms\": 3.14, \"key\": "
        "\"env-1\"}\n");
    mfn__logger_free(logger);
}
END_TEST

START_TEST(a_text_line_is_short)
{
    int reader = -1;
    mfn__logger *logger = open_logger(false, MFN__LOG_INFO, &reader);
    mfn__log_record record = full_record("done");
    mfn__logger_write(logger, &record);
    ck_assert_str_eq(read_all(reader),
                     "2023-11-14 22:13:20 INFO     [01234567] mfn.api: done key=env-1\n");
    mfn__logger_say(logger, MFN__LOG_ERROR, "mfn.api", "no %s", "luck");
    ck_assert_str_eq(read_all(reader), "2023-11-14 22:13:20 ERROR    mfn.api: no luck\n");
    mfn__logger_free(logger);
}
END_TEST

START_TEST(lines_below_the_level_are_left_out)
{
    int reader = -1;
    mfn__logger *logger = open_logger(true, MFN__LOG_WARNING, &reader);
    mfn__logger_say(logger, MFN__LOG_INFO, "mfn.api", "unimportant");
    ck_assert_str_eq(read_all(reader), "");
    ck_assert(!mfn__logger_wants(logger, MFN__LOG_INFO));
    ck_assert(mfn__logger_wants(logger, MFN__LOG_CRITICAL));
    mfn__logger_free(logger);
}
END_TEST

START_TEST(nothing_from_outside_breaks_a_line)
{
    static const char *const hostile[] = {"a\nb",     "\x1b[31mred", "\"}, {\"level\": \"x",
                                          "\xff\xfe", "\x7f\x01\r",  "\xe2\x80\xa8"};
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        for (int is_json = 0; is_json < 2; is_json++) {
            int reader = -1;
            mfn__logger *logger = open_logger(is_json != 0, MFN__LOG_INFO, &reader);
            mfn__log_record record = full_record(hostile[i]);
            record.request_id = hostile[i];
            record.endpoint = hostile[i];
            mfn__logger_write(logger, &record);
            const char *text = read_all(reader);
            ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
            for (const char *at = text; *at != '\n'; at++) {
                ck_assert_msg((unsigned char)*at >= ' ' && *at != 0x7f, "case %zu: %d", i, *at);
            }
            if (is_json != 0) {
                json_t *line = json_loads(text, 0, NULL);
                ck_assert_msg(line != NULL, "case %zu: %s", i, text);
                ck_assert_str_eq(json_string_value(json_object_get(line, "level")), "INFO");
                json_decref(line);
            }
            mfn__logger_free(logger);
        }
    }
}
END_TEST

static void *say_often(void *logger)
{
    for (int i = 0; i < LINES_EACH; i++) {
        mfn__logger_say(logger, MFN__LOG_INFO, "mfn.api", "%060d", i);
    }
    return NULL;
}

START_TEST(lines_of_many_threads_stay_whole)
{
    char path[] = "/tmp/mfn-logger-XXXXXX";
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    unlink(path);
    mfn__logger *logger = NULL;
    const mfn__logger_options options = {MFN__LOG_INFO, false, "dev", file, &clock_at_rest};
    ck_assert_int_eq(mfn__logger_new(&options, &logger, NULL), MFN_OK);
    ck_assert_int_ne(fcntl(file, F_SETFL, O_APPEND), -1);
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, say_often, logger), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    mfn__logger_free(logger);
    FILE *stream = fdopen(file, "r");
    rewind(stream);
    char line[256];
    size_t count = 0;
    while (fgets(line, sizeof line, stream) != NULL) {
        ck_assert_uint_eq(strlen(line), strlen("2023-11-14 22:13:20 INFO     mfn.api: \n") + 60);
        count++;
    }
    ck_assert_uint_eq(count, THREADS * LINES_EACH);
    fclose(stream);
}
END_TEST

START_TEST(a_pipe_that_nobody_reads_costs_the_line_alone)
{
    int reader = -1;
    mfn__logger *logger = open_logger(true, MFN__LOG_INFO, &reader);
    for (int i = 0; i < 5000; i++) {
        mfn__logger_say(logger, MFN__LOG_INFO, "mfn.api", "full");
    }
    ck_assert_uint_gt(strlen(read_all(reader)), 0);
    mfn__logger_free(logger);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {a_json_line_has_the_known_keys_in_their_order,
                            a_text_line_is_short,
                            lines_below_the_level_are_left_out,
                            nothing_from_outside_breaks_a_line,
                            lines_of_many_threads_stay_whole,
                            a_pipe_that_nobody_reads_costs_the_line_alone,
                            NULL};
    return mfn_test_run("logger", tests);
}
