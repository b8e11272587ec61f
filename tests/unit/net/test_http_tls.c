/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "folder.h"
#include "http_place.h"
#include "suite.h"
#include "tls_peer.h"

typedef struct tls_place {
    http_place here; /* its own peer speaks no TLS */
    const char *folder;
    tls_peer *secure;
} tls_place;

static void tls_place_make(tls_place *self, tls_peer_options options)
{
    http_place_make(&self->here, 4, 4);
    self->folder = mfn_test_folder();
    options.folder = self->folder;
    options.name = "first";
    options.subject = options.subject != NULL ? options.subject : "IP:127.0.0.1";
    self->secure = tls_peer_new(&options);
}

static void tls_place_drop(tls_place *self)
{
    http_place_drop(&self->here);
    tls_peer_free(self->secure);
}

static mfn__http_exchange *ask(tls_place *self, const char *host)
{
    http_place_clear(&self->here);
    mfn__http_exchange *exchange = http_place_add(&self->here, host, "/");
    snprintf(self->here.urls[0], HTTP_PLACE_URL_MAX, "https://%s:%d/?key=hunter2", host,
             tls_peer_port(self->secure));
    http_place_perform(&self->here);
    return exchange;
}

static void expect_paused(const mfn__http_exchange *exchange, const char *what)
{
    mfn__advice advice = {0};
    mfn_error err = {0};
    mfn_status status = mfn__http_judge(exchange, NULL, &advice, &err);
    ck_assert_msg(status == MFN_ACCESS, "%s: %s: %s", what, mfn_status_name(status), err.text);
    ck_assert_msg(advice.trouble == MFN__TROUBLE_PAUSED, "%s: %s", what, err.text);
    ck_assert_msg(strstr(err.text, "hunter2") == NULL, "%s: %s", what, err.text);
}

START_TEST(a_server_without_trust_gets_no_request)
{
    static const struct {
        const char *what;
        tls_peer_options options;
        bool is_authority_given;
    } cases[] = {
        {"an authority that nobody knows", {0}, false},
        {"a certificate of another name", {.subject = "DNS:other.test"}, true},
        {"an expired certificate", {.is_expired = true}, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tls_place place;
        tls_place_make(&place, cases[i].options);
        if (cases[i].is_authority_given) {
            place.here.access.ca_file = tls_peer_certificate_file(place.secure);
        }
        const mfn__http_exchange *exchange = ask(&place, "127.0.0.1");
        expect_paused(exchange, cases[i].what);
        ck_assert_str_eq(exchange->problem.field, "ca_file");
        ck_assert_int_eq(exchange->status, 0);
        ck_assert_uint_eq(tls_peer_requests(place.secure), 0);
        tls_place_drop(&place);
    }
}
END_TEST

START_TEST(a_given_authority_is_trusted)
{
    tls_place place;
    tls_place_make(&place, (tls_peer_options){.subject = "DNS:name.test"});
    place.here.access.ca_file = tls_peer_certificate_file(place.secure);
    http_place_expect(ask(&place, "name.test"), 200, "secure");
    expect_paused(ask(&place, "127.0.0.1"), "the same by another name");
    tls_place_drop(&place);
}
END_TEST

START_TEST(checking_can_be_switched_off)
{
    tls_place place;
    tls_place_make(&place, (tls_peer_options){.subject = "DNS:other.test", .is_expired = true});
    place.here.access.verify_tls = false;
    http_place_expect(ask(&place, "127.0.0.1"), 200, "secure");
    place.here.access.verify_tls = true;
    expect_paused(ask(&place, "127.0.0.1"), "and on again");
    tls_place_drop(&place);
}
END_TEST

START_TEST(files_that_cannot_be_used_are_named_to_be_mended)
{
    static const struct {
        const char *what;
        bool is_authority, is_certificate, is_there;
    } cases[] = {
        {"no file of authorities", true, false, false},
        {"no authority in the file", true, false, true},
        {"no file of the certificate", false, true, false},
        {"no certificate in the file", false, true, true},
        {"no key for the certificate", false, true, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tls_place place;
        tls_place_make(&place, (tls_peer_options){.asks_for_certificate = true});
        const char *path = mfn_test_path(place.folder, "empty.pem");
        if (cases[i].is_there) {
            mfn_test_write(path, "hunter2\n");
        }
        mfn__http_access *access = &place.here.access;
        access->ca_file = cases[i].is_authority ? path : tls_peer_certificate_file(place.secure);
        access->client_certificate_file = cases[i].is_certificate ? path : "";
        access->client_key_file = cases[i].is_certificate ? tls_peer_key_file(place.secure) : "";
        if (i == 4) {
            access->client_certificate_file = tls_peer_certificate_file(place.secure);
            access->client_key_file = path;
        }
        const mfn__http_exchange *exchange = ask(&place, "127.0.0.1");
        expect_paused(exchange, cases[i].what);
        ck_assert_str_eq(exchange->problem.field,
                         cases[i].is_authority ? "ca_file" : "client_certificate_file");
        ck_assert_uint_eq(tls_peer_requests(place.secure), 0);
        tls_place_drop(&place);
    }
}
END_TEST

START_TEST(the_client_shows_its_certificate_where_one_is_wanted)
{
    tls_place place;
    tls_place_make(&place, (tls_peer_options){.insists_on_certificate = true});
    mfn__http_access *access = &place.here.access;
    access->ca_file = tls_peer_certificate_file(place.secure);
    expect_paused(ask(&place, "127.0.0.1"), "without a certificate");
    ck_assert_uint_eq(tls_peer_requests(place.secure), 0);
    access->client_certificate_file = tls_peer_certificate_file(place.secure);
    access->client_key_file = tls_peer_key_file(place.secure);
    http_place_expect(ask(&place, "127.0.0.1"), 200, "secure");
    ck_assert_uint_eq(tls_peer_certificates(place.secure), 1);
    tls_place_drop(&place);
}
END_TEST

START_TEST(another_host_does_not_see_the_client_certificate)
{
    tls_place place;
    char answer[HTTP_PLACE_URL_MAX];
    const char *folder = mfn_test_folder();
    tls_peer *other = tls_peer_new(&(tls_peer_options){.folder = folder,
                                                       .name = "other",
                                                       .subject = "DNS:other.test",
                                                       .asks_for_certificate = true});
    snprintf(answer, sizeof answer,
             "HTTP/1.1 302 Found\r\nLocation: https://other.test:%d/\r\nContent-Length: 0\r\n"
             "Connection: close\r\n\r\n",
             tls_peer_port(other));
    tls_place_make(&place, (tls_peer_options){.answer = answer, .asks_for_certificate = true});
    mfn__http_access *access = &place.here.access;
    access->verify_tls = false;
    access->allow_other_hosts = true;
    access->client_certificate_file = tls_peer_certificate_file(place.secure);
    access->client_key_file = tls_peer_key_file(place.secure);
    http_place_expect(ask(&place, "127.0.0.1"), 200, "secure");
    ck_assert_uint_eq(tls_peer_certificates(place.secure), 1);
    ck_assert_uint_eq(tls_peer_requests(other), 1);
    ck_assert_uint_eq(tls_peer_certificates(other), 0);
    tls_place_drop(&place);
    tls_peer_free(other);
}
END_TEST

START_TEST(no_redirect_leads_out_of_tls)
{
    tls_place place;
    tls_place_make(&place, (tls_peer_options){.answer = "HTTP/1.1 302 Found\r\n"
                                                        "Location: http://127.0.0.1:1/\r\n"
                                                        "Content-Length: 0\r\n"
                                                        "Connection: close\r\n\r\n"});
    place.here.access.ca_file = tls_peer_certificate_file(place.secure);
    place.here.access.allow_other_hosts = true;
    const mfn__http_exchange *exchange = ask(&place, "127.0.0.1");
    ck_assert_int_eq(exchange->problem.status, MFN_INVALID);
    ck_assert_ptr_nonnull(strstr(exchange->problem.text, "changes the scheme"));
    tls_place_drop(&place);
}
END_TEST

START_TEST(a_peer_that_speaks_no_tls_is_a_passing_problem)
{
    tls_place place;
    tls_place_make(&place, (tls_peer_options){0});
    mfn__http_exchange *exchange = http_place_add(&place.here, "127.0.0.1", "/");
    snprintf(place.here.urls[0], HTTP_PLACE_URL_MAX, "https://127.0.0.1:%d/?key=hunter2",
             http_peer_port(place.here.peer));
    exchange->timeout_s = 0.3; /* its peer waits for the end of what it takes for a request */
    http_place_perform(&place.here);
    mfn__advice advice = {0};
    mfn_error err = {0};
    ck_assert_int_ne(mfn__http_judge(exchange, NULL, &advice, &err), MFN_OK);
    ck_assert_int_eq(advice.trouble, MFN__TROUBLE_PASSING);
    ck_assert_ptr_null(strstr(err.text, "hunter2"));
    tls_place_drop(&place);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_server_without_trust_gets_no_request,
        a_given_authority_is_trusted,
        checking_can_be_switched_off,
        files_that_cannot_be_used_are_named_to_be_mended,
        the_client_shows_its_certificate_where_one_is_wanted,
        another_host_does_not_see_the_client_certificate,
        no_redirect_leads_out_of_tls,
        a_peer_that_speaks_no_tls_is_a_passing_problem,
        NULL,
    };
    return mfn_test_run("http_tls", tests);
}
