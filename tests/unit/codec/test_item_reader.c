/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>

#include "base/buffer.h"
#include "codec/item_formats.h"
#include "codec/item_reader.h"
#include "item_files.h"

/* Reads to the end and writes down what came: one line per item, "ok 0 line 1 0..8 {…}" or the
 * status with the error and the item's bytes. Frees the reader. */
static void transcribe(mfn__item_reader *reader, mfn__buffer *ret)
{
    for (;;) {
        mfn__item item = {0};
        mfn_error err = {.status = MFN_OK};
        mfn_status status = mfn__item_reader_next(reader, &item, &err);
        if (status == MFN_NOT_FOUND) {
            break;
        }
        const char *text = status == MFN_OK ? item.job : item.bytes;
        size_t size = status == MFN_OK ? item.job_size : item.size;
        mfn__buffer_append_format(ret, "%s %" PRIu64 " line %" PRIu64 " %" PRIu64 "..%" PRIu64 " ",
                                  status == MFN_OK ? "ok" : mfn_status_name(status), item.index,
                                  item.line, item.offset, item.end);
        mfn__buffer_append(ret, text, size);
        if (status != MFN_OK) {
            mfn__buffer_append_format(ret, " (%s)", err.text);
        }
        mfn__buffer_append_char(ret, '\n');
        ck_assert_msg(status == MFN_OK || status == MFN_FORMAT || status == MFN_TOO_LARGE, "%s",
                      err.text);
        ck_assert_int_eq(err.status, status);
    }
    mfn__item_reader_free(reader);
    ck_assert_int_eq(ret->status, MFN_OK);
}

typedef struct items_case {
    const char *what, *text, *expected;
} items_case;

static void check_cases(const items_case *cases, size_t count, mfn__item_format format)
{
    for (size_t i = 0; i < count; i++) {
        mfn__buffer got;
        mfn__buffer_init(&got, SIZE_MAX);
        int descriptor = file_with(cases[i].text, strlen(cases[i].text));
        transcribe(open_reader(descriptor, "f", format, MAX_ITEM), &got);
        const char *text = got.size > 0 ? got.data : "";
        ck_assert_msg(strcmp(text, cases[i].expected) == 0, "%s:\n%s\nexpected:\n%s", cases[i].what,
                      text, cases[i].expected);
        mfn__buffer_deinit(&got);
    }
}

#define CHECK_CASES(cases, format) check_cases(cases, sizeof(cases) / sizeof((cases)[0]), format)

static const items_case ndjson_cases[] = {
    {"an empty file", "", "MFN_FORMAT 0 line 1 0..0  (f: the file is empty)\n"},
    {"nothing but white space", " \n\r\n", "MFN_FORMAT 0 line 3 4..4  (f: the file is empty)\n"},
    {"one line", "{}\n", "ok 0 line 1 0..3 {}\n"},
    {"no line break at the end", "{}", "ok 0 line 1 0..2 {}\n"},
    {"lines that end in CRLF", "{1}\r\n{2}\r\n", "ok 0 line 1 0..5 {1}\nok 1 line 2 5..10 {2}\n"},
    {"blank lines are no items", "\n{1}\n \t\n\n{2}\n\n",
     "ok 0 line 2 1..5 {1}\nok 1 line 5 9..13 {2}\n"},
    {"blanks around a line", "  {1} \t\n", "ok 0 line 1 2..8 {1}\n"},
    {"a byte order mark", "\xEF\xBB\xBF{1}\n", "ok 0 line 1 3..7 {1}\n"},
    {"a byte order mark and nothing else", "\xEF\xBB\xBF",
     "MFN_FORMAT 0 line 1 3..3  (f: the file is empty)\n"},
    {"a part of a byte order mark is content", "\xEF\xBB!", "ok 0 line 1 0..3 \xEF\xBB!\n"},
    {"a line that is not JSON is the job's business", "junk\n{2}\n",
     "ok 0 line 1 0..5 junk\nok 1 line 2 5..9 {2}\n"},
    {"a line of exactly the limit",
     "0123456789012345678901234567890123456789012345678901234567890123\n{2}",
     "ok 0 line 1 0..65 0123456789012345678901234567890123456789012345678901234567890123\n"
     "ok 1 line 2 65..68 {2}\n"},
    {"a line one byte too long is cut and the next one is fine",
     "0123456789012345678901234567890123456789012345678901234567890123!\n{2}",
     "MFN_TOO_LARGE 0 line 1 0..66 "
     "0123456789012345678901234567890123456789012345678901234567890123 (f:1: an item of 65 bytes "
     "is larger than the limit of 64 bytes)\nok 1 line 2 66..69 {2}\n"},
};

static const items_case json_cases[] = {
    {"an empty file", "", "MFN_FORMAT 0 line 1 0..0  (f: the file is empty)\n"},
    {"one object", "{\"a\": 1}", "ok 0 line 1 0..8 {\"a\": 1}\n"},
    {"white space around it", " \n {\"a\": 1}\n ", "ok 0 line 2 3..11 {\"a\": 1}\n"},
    {"a byte order mark", "\xEF\xBB\xBF{}", "ok 0 line 1 3..5 {}\n"},
    {"an array", "[{}, {\"b\": [1, {}]} ]",
     "ok 0 line 1 1..3 {}\nok 1 line 1 5..19 {\"b\": [1, {}]}\n"},
    {"an empty array holds no jobs", "[ ]\n", ""},
    {"an array over several lines", "[\n  {},\n  {}\n]\n",
     "ok 0 line 2 4..6 {}\nok 1 line 3 10..12 {}\n"},
    {"elements that are no objects are the job's business", "[1, \"x]\", null]",
     "ok 0 line 1 1..2 1\nok 1 line 1 4..8 \"x]\"\nok 2 line 1 10..14 null\n"},
    {"objects one after another", "{}{}\n{\"a\": \"}\"}",
     "ok 0 line 1 0..2 {}\nok 1 line 1 2..4 {}\nok 2 line 2 5..15 {\"a\": \"}\"}\n"},
    {"brackets and quotes inside texts", "[{\"a\\\"}]\": \"\\\\\"}]",
     "ok 0 line 1 1..16 {\"a\\\"}]\": \"\\\\\"}\n"},
    {"a line break inside a text is the job's business", "[{\"a\": \"x\ny\"}, {}]",
     "ok 0 line 1 1..13 {\"a\": \"x\ny\"}\nok 1 line 2 15..17 {}\n"},
    {"a bracket that is not closed", "[{},\n {\"b\": [1}",
     "ok 0 line 1 1..3 {}\n"
     "MFN_FORMAT 1 line 2 6..15 {\"b\": [1} (f:2:10: '}' closes a '[')\n"},
    {"an object closed as a list", "{]", "MFN_FORMAT 0 line 1 0..2 {] (f:1:2: ']' closes a '{')\n"},
    {"the end of the file inside an object", "[{}, {\"b\": 1",
     "ok 0 line 1 1..3 {}\n"
     "MFN_FORMAT 1 line 1 5..12 {\"b\": 1 (f:1:6: the bracket that opens here is not closed)\n"},
    {"the end of the file inside a text", "[{}, \"b",
     "ok 0 line 1 1..3 {}\n"
     "MFN_FORMAT 1 line 1 5..7 \"b (f:1:6: the text that starts here is not closed)\n"},
    {"a missing quote is found where it is missing", "{\"a\": \"x,\n \"b\": 1}",
     "MFN_FORMAT 0 line 1 0..18 {\"a\": \"x,\n \"b\": 1} (f:1:7: the text that starts here is not "
     "closed)\n"},
    {"the end of the file inside an array", "[{}",
     "ok 0 line 1 1..3 {}\n"
     "MFN_FORMAT 1 line 1 3..3  (f:1:4: expected ',' and the next job, or ']')\n"},
    {"an array that is not even begun", "[",
     "MFN_FORMAT 0 line 1 1..1  (f:1:2: a job is missing here)\n"},
    {"a comma before the end", "[{},]",
     "ok 0 line 1 1..3 {}\nMFN_FORMAT 1 line 1 4..5 ] (f:1:5: a job is missing here)\n"},
    {"two commas", "[{},,{}]",
     "ok 0 line 1 1..3 {}\nMFN_FORMAT 1 line 1 4..8 ,{}] (f:1:5: a job is missing here)\n"},
    {"garbage between elements", "[{} x {}]",
     "ok 0 line 1 1..3 {}\n"
     "MFN_FORMAT 1 line 1 4..9 x {}] (f:1:5: expected ',' and the next job, or ']')\n"},
    {"junk after an array", "[{}] {}",
     "ok 0 line 1 1..3 {}\n"
     "MFN_FORMAT 1 line 1 5..7 {} (f:1:6: expected the end of the file after ']')\n"},
    {"objects with commas between them", "{},{}",
     "ok 0 line 1 0..2 {}\n"
     "MFN_FORMAT 1 line 1 2..5 ,{} (f:1:3: expected '{' or the end of the file; objects with "
     "commas between them stand in [ ])\n"},
    {"no JSON at all", "hello",
     "MFN_FORMAT 0 line 1 0..5 hello (f:1:1: expected '{' and a job, or "
     "'[' and a list of jobs)\n"},
    {"columns count characters", "[\"\xC3\xA9\xC3\xA9\" x",
     "ok 0 line 1 1..7 \"\xC3\xA9\xC3\xA9\"\n"
     "MFN_FORMAT 1 line 1 8..9 x (f:1:7: expected ',' and the next job, or ']')\n"},
    {"a job that is too large is cut and the next one is fine",
     "[{\"a\": \"01234567890123456789012345678901234567890123456789012345678901\"}, {}]",
     "MFN_TOO_LARGE 0 line 1 1..72 "
     "{\"a\": \"012345678901234567890123456789012345678901234567890123456 (f:1: an item of 71 "
     "bytes is larger than the limit of 64 bytes)\nok 1 line 1 74..76 {}\n"},
    {"65 levels of brackets are too many",
     "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
     "MFN_FORMAT 0 line 1 1..66 [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ "
     "(f:1:66: more than 64 levels of brackets)\n"},
};

static const items_case csv_cases[] = {
    {"an empty file", "", "MFN_FORMAT 0 line 1 0..0  (f: the file is empty)\n"},
    {"a header row alone holds no jobs", "id,steps\n", ""},
    {"numbers, truth values and texts",
     "id,steps,alpha,turing_enabled,model\na,10,1e-1,TRUE,mfn-v4.1\n",
     "ok 0 line 2 36..60 {\"id\": \"a\", \"steps\": 10, \"alpha\": 1e-1, \"turing_enabled\": true, "
     "\"model\": \"mfn-v4.1\"}\n"},
    {"an id is a text, whatever it looks like", "id\n007\n12\ntrue\n",
     "ok 0 line 2 3..7 {\"id\": \"007\"}\nok 1 line 3 7..10 {\"id\": \"12\"}\n"
     "ok 2 line 4 10..15 {\"id\": \"true\"}\n"},
    {"what only looks like a number is a text", "a,b,c,d,e,f\n01,1.,.5,+1,0x1,1e\n",
     "ok 0 line 2 12..31 {\"a\": \"01\", \"b\": \"1.\", \"c\": \".5\", \"d\": \"+1\", \"e\": "
     "\"0x1\", \"f\": \"1e\"}\n"},
    {"numbers that are numbers", "a,b,c,d\n-0,0.5,1E+2,123456789012345678901234567890\n",
     "ok 0 line 2 8..51 {\"a\": -0, \"b\": 0.5, \"c\": 1E+2, \"d\": "
     "123456789012345678901234567890}\n"},
    {"empty cells are left out", "a,b,c\n,,\n1,\"\",3\n",
     "ok 0 line 2 6..9 {}\nok 1 line 3 9..16 {\"a\": 1, \"c\": 3}\n"},
    {"quotes hold commas, quotes and line breaks", "a,b\n\"x,\"\"y\"\"\",\"p\nq\"\n1,2\n",
     "ok 0 line 2 4..20 {\"a\": \"x,\\\"y\\\"\", \"b\": \"p\\nq\"}\n"
     "ok 1 line 4 20..24 {\"a\": 1, \"b\": 2}\n"},
    {"a number in quotes is a number", "a\n\"64\"\n", "ok 0 line 2 2..7 {\"a\": 64}\n"},
    {"CRLF, a byte order mark and no line break at the end",
     "\xEF\xBB\xBF"
     "a,b\r\n1,2\r\n3,4",
     "ok 0 line 2 8..13 {\"a\": 1, \"b\": 2}\nok 1 line 3 13..16 {\"a\": 3, \"b\": 4}\n"},
    {"a carriage return at the very end", "a\n\"1\"\r", "ok 0 line 2 2..6 {\"a\": 1}\n"},
    {"blanks around names and cells", " a , \"b\" ,\" c \"\n 1 ,\t2,3\n",
     "MFN_FORMAT 0 line 1 1..25 a , \"b\" ,\" c \"\n 1 ,\t2,3\n (f:1:6: header row: a quote inside "
     "a cell that does not start with one)\n"},
    {"blanks around names and plain cells", " a ,\" b \"\n 1 ,\t2\n",
     "ok 0 line 2 11..17 {\"a\": 1, \"b\": 2}\n"},
    {"blank lines are no rows", "a\n\n1\n \n2\n",
     "ok 0 line 3 3..5 {\"a\": 1}\nok 1 line 5 7..9 {\"a\": 2}\n"},
    {"too few cells", "a,b\n1\n1,2\n",
     "MFN_FORMAT 0 line 2 4..6 1 (f:2:1: the row has 1 cells, the header row has 2)\n"
     "ok 1 line 3 6..10 {\"a\": 1, \"b\": 2}\n"},
    {"too many cells", "a,b\n1,2,3\n",
     "MFN_FORMAT 0 line 2 4..10 1,2,3 (f:2:1: the row has 3 cells, the header row has 2)\n"},
    {"text after a closing quote", "a,b\n\"x\"y,2\n1,2\n",
     "MFN_FORMAT 0 line 2 4..11 \"x\"y,2 (f:2:4: text after a closing quote; write two quotes for "
     "one inside a cell)\nok 1 line 3 11..15 {\"a\": 1, \"b\": 2}\n"},
    {"a quote inside a plain cell", "a\n5\" nails\n1\n",
     "MFN_FORMAT 0 line 2 2..11 5\" nails (f:2:2: a quote inside a cell that does not start with "
     "one)\nok 1 line 3 11..13 {\"a\": 1}\n"},
    {"a quote that is not closed", "a,b\n1,\"x\n3,4\n",
     "MFN_FORMAT 0 line 2 4..13 1,\"x\n3,4\n (f:2:3: the quote that opens here is not closed)\n"},
    {"a name twice", "a,b,a\n1,2,3\n4,5,6\n",
     "MFN_FORMAT 0 line 1 0..18 a,b,a\n1,2,3\n4,5,6\n (f:1:1: columns 1 and 3 are both named "
     "'a')\n"},
    {"a column without a name", "a,,c\n1,2,3\n",
     "MFN_FORMAT 0 line 1 0..11 a,,c\n1,2,3\n (f:1:1: column 2: its name in the header row is "
     "empty)\n"},
    {"a name that is not UTF-8", "a\xFF\n1\n",
     "MFN_FORMAT 0 line 1 0..5 a\xFF\n1\n (f:1:1: column 1: its name is not UTF-8 text)\n"},
    {"a cell that is not UTF-8", "a\n\xFF\n1\n",
     "MFN_FORMAT 0 line 2 2..4 \xFF (f:2:1: the cell 'a' is not UTF-8 text)\n"
     "ok 1 line 3 4..6 {\"a\": 1}\n"},
    {"a row that is too large is cut and the next one is fine",
     "a\n01234567890123456789012345678901234567890123456789012345678901234\n1\n",
     "MFN_TOO_LARGE 0 line 2 2..68 "
     "0123456789012345678901234567890123456789012345678901234567890123 (f:2: an item of 65 bytes "
     "is larger than the limit of 64 bytes)\nok 1 line 3 68..70 {\"a\": 1}\n"},
    {"a header row that is too large",
     "a1234567890123456789012345678901234567890123456789012345678901234\n1\n",
     "MFN_TOO_LARGE 0 line 1 0..68 "
     "a123456789012345678901234567890123456789012345678901234567890123 (f: the header row is "
     "larger than the limit of 64 bytes)\n"},
};

START_TEST(ndjson_gives_one_item_per_line)
{
    CHECK_CASES(ndjson_cases, MFN__ITEMS_NDJSON);
}
END_TEST

START_TEST(json_gives_the_elements_of_an_array_or_objects_in_a_row)
{
    CHECK_CASES(json_cases, MFN__ITEMS_JSON);
}
END_TEST

START_TEST(csv_gives_one_job_per_row)
{
    CHECK_CASES(csv_cases, MFN__ITEMS_CSV);
}
END_TEST

START_TEST(the_file_name_chooses_the_format)
{
    static const struct {
        const char *name;
        mfn__item_format format;
    } cases[] = {
        {"a.ndjson", MFN__ITEMS_NDJSON},
        {"a.jsonl", MFN__ITEMS_NDJSON},
        {"dir.csv/a.JSONL", MFN__ITEMS_NDJSON},
        {"a.csv", MFN__ITEMS_CSV},
        {"a.CSV", MFN__ITEMS_CSV},
        {"a.json", MFN__ITEMS_JSON},
        {"csv", MFN__ITEMS_JSON},
        {"", MFN__ITEMS_JSON},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mfn__item_reader *reader =
            open_reader(file_with("", 0), cases[i].name, MFN__ITEMS_AUTO, MAX_ITEM);
        ck_assert_msg(reader->format == cases[i].format, "%s", cases[i].name);
        mfn__item_reader_free(reader);
    }
    mfn__item_reader_free(NULL);
}
END_TEST

static void check_byte_by_byte(const items_case *cases, size_t count, mfn__item_format format)
{
    for (size_t i = 0; i < count; i++) {
        pipe_feed feed = {.text = cases[i].text,
                          .size = strlen(cases[i].text),
                          .step = 1,
                          .repeat = 1,
                          .before = "",
                          .after = ""};
        mfn__buffer got;
        mfn__buffer_init(&got, SIZE_MAX);
        int descriptor = -1;
        pthread_t thread = start_feed(&feed, true, &descriptor);
        transcribe(open_reader(descriptor, "f", format, MAX_ITEM), &got);
        pthread_join(thread, NULL);
        ck_assert_msg(strcmp(got.size > 0 ? got.data : "", cases[i].expected) == 0, "%s:\n%s",
                      cases[i].what, got.data);
        mfn__buffer_deinit(&got);
    }
}

START_TEST(reading_byte_by_byte_gives_the_same_items)
{
    check_byte_by_byte(ndjson_cases, sizeof ndjson_cases / sizeof ndjson_cases[0],
                       MFN__ITEMS_NDJSON);
    check_byte_by_byte(json_cases, sizeof json_cases / sizeof json_cases[0], MFN__ITEMS_JSON);
    check_byte_by_byte(csv_cases, sizeof csv_cases / sizeof csv_cases[0], MFN__ITEMS_CSV);
}
END_TEST

START_TEST(skipping_leads_to_the_same_item_as_reading)
{
    static const struct {
        const char *name, *text;
        uint64_t items;
    } cases[] = {
        {"f.ndjson",
         "{1}\n\n0123456789012345678901234567890123456789012345678901234567890123456789"
         "\n{2}\n{3}\n",
         4},
        {"f.json", "[{}, {\"a\": 1}, x, {}] junk", 5},
        {"f.csv", "a,b\n1,2\n1\n3,4\n\"x\"y,2\n5,6\n", 5},
        {"f.json", "", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (uint64_t skipped = 0; skipped <= cases[i].items; skipped++) {
            mfn__item_reader *readers[2];
            for (int k = 0; k < 2; k++) {
                readers[k] = open_reader(file_with(cases[i].text, strlen(cases[i].text)),
                                         cases[i].name, MFN__ITEMS_AUTO, MAX_ITEM);
            }
            mfn__item read = {0};
            mfn__item after = {0};
            for (uint64_t k = 0; k < skipped; k++) {
                mfn_status status = mfn__item_reader_next(readers[0], &read, NULL);
                ck_assert_int_ne(status, MFN_NOT_FOUND);
            }
            ck_assert_int_eq(mfn__item_reader_skip(readers[1], skipped, NULL), MFN_OK);
            mfn_status expected = mfn__item_reader_next(readers[0], &read, NULL);
            ck_assert_int_eq(mfn__item_reader_next(readers[1], &after, NULL), expected);
            ck_assert_msg((expected == MFN_NOT_FOUND) == (skipped == cases[i].items), "%s",
                          cases[i].text);
            if (expected == MFN_OK) {
                ck_assert_uint_eq(after.index, skipped);
                ck_assert_uint_eq(after.offset, read.offset);
                ck_assert_uint_eq(after.line, read.line);
                ck_assert_uint_eq(after.job_size, read.job_size);
                ck_assert_mem_eq(after.job, read.job, read.job_size);
            }
            mfn__item_reader_free(readers[0]);
            mfn__item_reader_free(readers[1]);
        }
    }
}
END_TEST

START_TEST(skipping_more_items_than_there_are_is_said)
{
    mfn__item_reader *reader =
        open_reader(file_with("{1}\n{2}\n", 8), "f.ndjson", MFN__ITEMS_AUTO, MAX_ITEM);
    mfn_error err = {.status = MFN_OK};
    ck_assert_int_eq(mfn__item_reader_skip(reader, 3, &err), MFN_NOT_FOUND);
    ck_assert_str_eq(err.text, "f.ndjson: expected at least 3 items, found 2");
    mfn__item_reader_free(reader);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {ndjson_gives_one_item_per_line,
                            json_gives_the_elements_of_an_array_or_objects_in_a_row,
                            csv_gives_one_job_per_row,
                            the_file_name_chooses_the_format,
                            reading_byte_by_byte_gives_the_same_items,
                            skipping_leads_to_the_same_item_as_reading,
                            skipping_more_items_than_there_are_is_said,
                            NULL};
    return mfn_test_run("item_reader", tests);
}
