/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "net/http_link.h"
#include "suite.h"

START_TEST(the_next_link_is_found_among_others)
{
    static const struct {
        const char *what, *value, *target; /* NULL: there is none */
    } cases[] = {
        {"alone", "<http://h/2>; rel=\"next\"", "http://h/2"},
        {"without quotes", "</2>;rel=next", "/2"},
        {"in capitals", "</2>; REL=NEXT", "/2"},
        {"after others", "</1>; rel=\"prev\", </9>; rel=\"last\", </2>; rel=\"next\"", "/2"},
        {"before others", "</2>; rel=\"next\", </9>; rel=\"last\"", "/2"},
        {"the first of two", "</2>; rel=next, </3>; rel=next", "/2"},
        {"one relation of several", "</2>; rel=\"last next\"", "/2"},
        {"with blanks", " \t< /2>\t;\trel = \"\tnext \"", " /2"},
        {"after other parameters", "</2>; title=\"a, b; rel=x\"; rel=\"next\"", "/2"},
        {"after an escaped quote", "</2>; title=\"a\\\", b\"; rel=\"next\"", "/2"},
        {"after a parameter without value", "</2>; crossorigin; rel=\"next\"", "/2"},
        {"a comma in the target", "</2?a,b;c>; rel=\"next\"", "/2?a,b;c"},
        {"an empty target", "<>; rel=next", ""},
        {"empty elements", ",, </2>; rel=next,", "/2"},
        {"nothing", "", NULL},
        {"no link", "next", NULL},
        {"no relation", "</2>", NULL},
        {"another relation", "</2>; rel=\"last\"", NULL},
        {"a longer word", "</2>; rel=\"nextpage\"", NULL},
        {"a shorter word", "</2>; rel=\"nex\"", NULL},
        {"only the first rel counts", "</1>; rel=prev; rel=next", NULL},
        {"in a title", "</2>; title=\"rel=next\"", NULL},
        {"in another parameter", "</2>; xrel=next", NULL},
        {"of the link before", "</2>, rel=next", NULL},
        {"no end of the target", "</2; rel=next", NULL},
        {"no end of the quotes", "</2>; title=\"; rel=next", NULL},
        {"a backslash at the end", "</2>; title=\"\\", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *target = NULL;
        size_t length = 0;
        bool found = mfn__http_link_find_next(cases[i].value, &target, &length);
        ck_assert_msg(found == (cases[i].target != NULL), "%s", cases[i].what);
        ck_assert_msg(!found || (length == strlen(cases[i].target) &&
                                 memcmp(target, cases[i].target, length) == 0),
                      "%s: %.*s", cases[i].what, (int)length, target);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {the_next_link_is_found_among_others, NULL};
    return mfn_test_run("http_link", tests);
}
