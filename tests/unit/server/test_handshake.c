/* SPDX-License-Identifier: MIT */
#include "server/websocket/handshake.h"
#include "suite.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="

START_TEST(the_answer_to_the_key_of_the_standard_is_that_of_the_standard)
{
    char accept[MFN__WS_ACCEPT_MAX];
    ck_assert_int_eq(mfn__ws_accept(KEY, accept, NULL), MFN_OK);
    ck_assert_str_eq(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="); /* RFC 6455, section 1.3 */
}
END_TEST

START_TEST(requests_are_judged_by_their_headers)
{
    static const struct {
        const char *why;
        mfn__ws_request request;
        unsigned status;
    } cases[] = {
        {"as in the standard", {"GET", "HTTP/1.1", "websocket", "Upgrade", KEY, "13"}, 101},
        {"as Firefox writes it",
         {"GET", "HTTP/1.1", "WebSocket", "keep-alive, Upgrade", KEY, "13"},
         101},
        {"another method", {"POST", "HTTP/1.1", "websocket", "Upgrade", KEY, "13"}, 405},
        {"an older HTTP", {"GET", "HTTP/1.0", "websocket", "Upgrade", KEY, "13"}, 426},
        {"no upgrade", {"GET", "HTTP/1.1", NULL, NULL, NULL, NULL}, 426},
        {"an upgrade that is not for this hop",
         {"GET", "HTTP/1.1", "websocket", "keep-alive", KEY, "13"},
         426},
        {"an upgrade to something else", {"GET", "HTTP/1.1", "h2c", "Upgrade", KEY, "13"}, 426},
        {"a word that holds the word",
         {"GET", "HTTP/1.1", "websockets", "Upgrade", KEY, "13"},
         426},
        {"another version", {"GET", "HTTP/1.1", "websocket", "Upgrade", KEY, "8"}, 426},
        {"no version", {"GET", "HTTP/1.1", "websocket", "Upgrade", KEY, NULL}, 426},
        {"no key", {"GET", "HTTP/1.1", "websocket", "Upgrade", NULL, "13"}, 400},
        {"a short key", {"GET", "HTTP/1.1", "websocket", "Upgrade", "c2hvcnQ=", "13"}, 400},
        {"a key of 18 bytes",
         {"GET", "HTTP/1.1", "websocket", "Upgrade", "dGhlIHNhbXBsZSBub25jZTEy", "13"},
         400},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *problem = NULL;
        unsigned status = mfn__ws_judge(&cases[i].request, &problem);
        ck_assert_msg(status == cases[i].status, "%s: %u", cases[i].why, status);
        ck_assert_msg(status == 101 || problem != NULL, "%s: no reason", cases[i].why);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {the_answer_to_the_key_of_the_standard_is_that_of_the_standard,
                            requests_are_judged_by_their_headers, NULL};
    return mfn_test_run("handshake", tests);
}
