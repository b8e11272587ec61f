/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/url.h"
#include "suite.h"

#define URL_MAX 4096

START_TEST(only_plain_http_and_https_urls_pass)
{
    static const struct {
        const char *what, *url;
        bool passes;
    } cases[] = {
        {"http", "http://example.com/a", true},
        {"https with a port and a query", "https://example.com:8443/a?b=c", true},
        {"no path", "https://example.com", true},
        {"an IPv4 address", "http://192.0.2.1/", true},
        {"an IPv6 address", "http://[2001:db8::1]:80/", true},
        {"a scheme in capitals", "HTTPS://example.com/", true},
        {"nothing", "", false},
        {"no scheme", "example.com/hunter2", false},
        {"no host", "http:///", false},
        {"a file", "file:///etc/hunter2", false},
        {"ftp", "ftp://example.com/hunter2", false},
        {"gopher", "gopher://example.com/hunter2", false},
        {"javascript", "javascript:alert(1)", false},
        {"a user", "https://hunter2@example.com/", false},
        {"a user and a password", "https://me:hunter2@example.com/", false},
        {"a fragment", "https://example.com/#hunter2", false},
        {"a space", "https://example.com/hunter2 a", false},
        {"a line break", "https://example.com/\r\nX: hunter2", false},
        {"a DEL", "https://example.com/hunter2\x7f", false},
        {"a port that is none", "https://example.com:hunter2/", false},
        {"a port too large", "https://example.com:65536/", false},
        {"half an IPv6 address", "https://[::1/", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn_error err = {0};
        mfn_status status = mfn__url_check(cases[i].url, "base_url", &err);
        ck_assert_msg(status == (cases[i].passes ? MFN_OK : MFN_INVALID), "%s: %s: %s",
                      cases[i].what, mfn_status_name(status), err.text);
        ck_assert_msg(cases[i].passes || strcmp(err.field, "base_url") == 0, "%s: field '%s'",
                      cases[i].what, err.field);
        ck_assert_msg(strstr(err.text, "hunter2") == NULL, "%s: %s", cases[i].what, err.text);
    }
}
END_TEST

START_TEST(a_url_of_endless_length_is_refused)
{
    static char url[20000] = "http://example.com/";
    memset(url + strlen(url), 'a', sizeof url - 1 - strlen(url));
    mfn_error err = {0};
    ck_assert_int_eq(mfn__url_check(url, "url", &err), MFN_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "too long"));
}
END_TEST

START_TEST(a_redacted_url_has_no_secrets)
{
    static const struct {
        const char *what, *url, *shown;
    } cases[] = {
        {"a plain one stays", "https://example.com/a/b", "https://example.com/a/b"},
        {"the port stays", "http://example.com:81/a", "http://example.com:81/a"},
        {"an IPv6 address stays", "http://[2001:db8::1]/a", "http://[2001:db8::1]/a"},
        {"the query goes", "https://example.com/a?key=hunter2", "https://example.com/a"},
        {"user and password go", "https://me:hunter2@example.com/a", "https://example.com/a"},
        {"the fragment goes", "https://example.com/a#hunter2", "https://example.com/a"},
        {"a segment like a key goes", "https://example.com/hook/0123456789abcdef/x",
         "https://example.com/hook/…/x"},
        {"and the last one too", "https://example.com/T0AB12CD3/B0123456789ABCDEF",
         "https://example.com/T0AB12CD3/…"},
        {"long words stay", "https://example.com/internationalisation/a",
         "https://example.com/internationalisation/a"},
        {"long numbers stay", "https://example.com/20261123060000000/a",
         "https://example.com/20261123060000000/a"},
        {"what cannot be read is not shown", "hunter2", "(a URL)"},
        {"nor is a broken port", "https://example.com:hunter2/", "(a URL)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char shown[URL_MAX];
        mfn__url_redact(cases[i].url, shown, sizeof shown);
        ck_assert_msg(strcmp(shown, cases[i].shown) == 0, "%s: %s", cases[i].what, shown);
    }
}
END_TEST

START_TEST(a_redacted_url_is_cut_between_characters)
{
    static const char url[] = "http://e.com/caf\xc3\xa9/0123456789abcdef/\xe2\x82\xac/x";
    for (size_t size = 1; size < sizeof url; size++) {
        char shown[sizeof url];
        mfn__url_redact(url, shown, size);
        ck_assert_msg(strlen(shown) < size, "%zu: %s", size, shown);
        ck_assert_msg(mfn__text_is_utf8(shown, strlen(shown)), "%zu: %s", size, shown);
    }
}
END_TEST

START_TEST(references_resolve_as_in_rfc_3986)
{
    static const struct {
        const char *base, *reference, *result; /* NULL: refused */
    } cases[] = {
        {"http://a/b/c/d?q", "g", "http://a/b/c/g"},
        {"http://a/b/c/d?q", "./g", "http://a/b/c/g"},
        {"http://a/b/c/d?q", "g/", "http://a/b/c/g/"},
        {"http://a/b/c/d?q", "/g", "http://a/g"},
        {"http://a/b/c/d?q", "?y", "http://a/b/c/d?y"},
        {"http://a/b/c/d?q", "g?y", "http://a/b/c/g?y"},
        {"http://a/b/c/d?q", "../g", "http://a/b/g"},
        {"http://a/b/c/d?q", "../../g", "http://a/g"},
        {"http://a/b/c/d?q", "../../../g", "http://a/g"},
        {"http://a/b/c/d?q", "//g/x", "http://g/x"},
        {"https://a/b", "//g/x", "https://g/x"},
        {"http://a/b", "https://g/x", "https://g/x"},
        {"http://a/b", "g#part", "http://a/g"},
        {"http://a:81/b", "/g?cursor=a%2Fb", "http://a:81/g?cursor=a%2Fb"},
        {"http://a/b", "x y", NULL},
        {"http://a/b", "x\r\ny", NULL},
        {"http://a/b", "http://[::1", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn__buffer url;
        mfn__buffer_init(&url, URL_MAX);
        mfn_error err = {0};
        mfn_status status = mfn__url_resolve(cases[i].base, cases[i].reference, &url, &err);
        if (cases[i].result != NULL) {
            ck_assert_msg(status == MFN_OK && strcmp(url.data, cases[i].result) == 0,
                          "%s + %s: %s %s", cases[i].base, cases[i].reference, err.text, url.data);
        } else {
            ck_assert_msg(status == MFN_FORMAT && url.size == 0, "%s + %s: %s", cases[i].base,
                          cases[i].reference, url.data);
        }
        mfn__buffer_deinit(&url);
    }
}
END_TEST

START_TEST(resolving_names_the_limit_and_survives_failing_memory)
{
    mfn__buffer url;
    mfn_error err = {0};
    mfn__buffer_init(&url, 8);
    ck_assert_int_eq(mfn__url_resolve("http://a/b", "/cd", &url, &err), MFN_TOO_LARGE);
    mfn__buffer_deinit(&url);
    mfn__buffer_init(&url, URL_MAX);
    mfn__mem_fail_after(0);
    ck_assert_int_eq(mfn__url_resolve("http://a/b", "/cd", &url, &err), MFN_NO_MEMORY);
    mfn__mem_fail_after(-1);
    mfn__buffer_deinit(&url);
}
END_TEST

START_TEST(origins_are_scheme_host_and_port)
{
    static const struct {
        const char *a, *b;
        bool same_host, same_origin;
    } cases[] = {
        {"http://a/x", "http://a/y?z", true, true},
        {"http://a/x", "http://a:80/y", true, true},
        {"https://a/x", "https://a:443/y", true, true},
        {"http://A.example/", "HTTP://a.EXAMPLE/", true, true},
        {"http://a/", "http://a:81/", false, false},
        {"http://a/", "http://b/", false, false},
        {"http://a/", "https://a/", false, false},
        {"http://a:81/", "https://a:81/", true, false},
        {"http://a/", "http://a.b/", false, false},
        {"http://a/", "no URL", false, false},
        {"no URL", "no URL", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_msg(mfn__url_same_host(cases[i].a, cases[i].b) == cases[i].same_host,
                      "host of %s and %s", cases[i].a, cases[i].b);
        ck_assert_msg(mfn__url_same_origin(cases[i].a, cases[i].b) == cases[i].same_origin,
                      "origin of %s and %s", cases[i].a, cases[i].b);
        ck_assert_msg(mfn__url_same_origin(cases[i].b, cases[i].a) == cases[i].same_origin,
                      "origin of %s and %s", cases[i].b, cases[i].a);
    }
}
END_TEST

START_TEST(a_query_is_percent_encoded)
{
    mfn__buffer url;
    mfn__buffer_init(&url, URL_MAX);
    mfn__buffer_append_text(&url, "http://a/b");
    mfn__url_add_query(&url, "page size", "10");
    mfn__url_add_query(&url, "q", "a&b=c/d?e#f%+\r\n\xc3\xa9");
    mfn__url_add_query(&url, "plain", "AZaz09-._~");
    mfn__url_add_query(&url, "empty", "");
    ck_assert_str_eq(url.data, "http://a/b?page%20size=10"
                               "&q=a%26b%3Dc%2Fd%3Fe%23f%25%2B%0D%0A%C3%A9"
                               "&plain=AZaz09-._~&empty=");
    mfn__buffer_deinit(&url);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        only_plain_http_and_https_urls_pass,
        a_url_of_endless_length_is_refused,
        a_redacted_url_has_no_secrets,
        a_redacted_url_is_cut_between_characters,
        references_resolve_as_in_rfc_3986,
        resolving_names_the_limit_and_survives_failing_memory,
        origins_are_scheme_host_and_port,
        a_query_is_percent_encoded,
        NULL,
    };
    return mfn_test_run("url", tests);
}
