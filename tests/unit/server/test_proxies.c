/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <string.h>

#include "server/proxies.h"
#include "suite.h"

static struct sockaddr_storage address_of(const char *text)
{
    struct sockaddr_storage ret = {0};
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
        memcpy(&ret, &in, sizeof in);
    } else {
        ck_assert_int_eq(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
        memcpy(&ret, &in6, sizeof in6);
    }
    return ret;
}

START_TEST(believes_only_what_trusted_proxies_wrote)
{
    static const struct {
        const char *why, *trusted, *peer, *forwarded, *client;
    } cases[] = {
        {"no proxies", "", "1.2.3.4", NULL, "1.2.3.4"},
        {"nobody is trusted", "", "1.2.3.4", "9.9.9.9", "1.2.3.4"},
        {"a trusted proxy", "1.2.3.4", "1.2.3.4", "9.9.9.9", "9.9.9.9"},
        {"another peer", "1.2.3.4", "1.2.3.5", "9.9.9.9", "1.2.3.5"},
        {"a network", "10.0.0.0/8", "10.200.3.4", "9.9.9.9", "9.9.9.9"},
        {"just outside of it", "10.0.0.0/8", "11.0.0.0", "9.9.9.9", "11.0.0.0"},
        {"bits inside a byte", "10.1.16.0/20", "10.1.31.255", "9.9.9.9", "9.9.9.9"},
        {"just outside of those", "10.1.16.0/20", "10.1.32.0", "9.9.9.9", "10.1.32.0"},
        {"what the client itself claimed stands in front", "10.0.0.0/8", "10.0.0.1",
         "6.6.6.6, 9.9.9.9", "9.9.9.9"},
        {"two proxies", "10.0.0.0/8", "10.0.0.1", "6.6.6.6, 9.9.9.9 , 10.0.0.2", "9.9.9.9"},
        {"proxies all the way", "10.0.0.0/8", "10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3"},
        {"no address", "10.0.0.0/8", "10.0.0.1", "9.9.9.9, unknown", "10.0.0.1"},
        {"an empty entry", "10.0.0.0/8", "10.0.0.1", "9.9.9.9,", "10.0.0.1"},
        {"nothing forwarded", "10.0.0.0/8", "10.0.0.1", "", "10.0.0.1"},
        {"no header", "10.0.0.0/8", "10.0.0.1", NULL, "10.0.0.1"},
        {"version 6", "::1", "::1", "2001:db8::7", "2001:db8::7"},
        {"version 4 in version 6", "127.0.0.1", "::ffff:127.0.0.1", "9.9.9.9", "9.9.9.9"},
        {"several, with spaces", " 1.1.1.1 ,, ::1 , 2.2.0.0/16", "2.2.9.9", "9.9.9.9", "9.9.9.9"},
        {"everybody", "0.0.0.0/0", "8.8.8.8", "9.9.9.9", "9.9.9.9"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mfn__proxies *proxies = NULL;
        mfn_error err = {0};
        ck_assert_msg(mfn__proxies_new(cases[i].trusted, &proxies, &err) == MFN_OK, "%s: %s",
                      cases[i].why, err.text);
        struct sockaddr_storage peer = address_of(cases[i].peer);
        char client[MFN__CLIENT_TEXT_MAX];
        mfn__proxies_find_client(proxies, (const struct sockaddr *)&peer, cases[i].forwarded,
                                 client);
        ck_assert_msg(strcmp(client, cases[i].client) == 0, "%s: expected %s, got %s", cases[i].why,
                      cases[i].client, client);
        mfn__proxies_free(proxies);
    }
}
END_TEST

START_TEST(a_peer_without_an_internet_address_is_unknown)
{
    mfn__proxies *proxies = NULL;
    ck_assert_int_eq(mfn__proxies_new("", &proxies, NULL), MFN_OK);
    const struct sockaddr local = {.sa_family = AF_UNIX};
    char client[MFN__CLIENT_TEXT_MAX];
    mfn__proxies_find_client(proxies, &local, NULL, client);
    ck_assert_str_eq(client, "unknown");
    mfn__proxies_find_client(proxies, NULL, NULL, client);
    ck_assert_str_eq(client, "unknown");
    mfn__proxies_free(proxies);
}
END_TEST

START_TEST(refuses_what_is_no_network)
{
    static const char *const wrong[] = {"nowhere",   "1.2.3",      "1.2.3.4/33", "::1/129",
                                        "1.2.3.4/x", "1.2.3.4/-1", "1.2.3.4/",   "1.1.1.1 2.2.2.2"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        mfn__proxies *proxies = NULL;
        mfn_error err = {0};
        ck_assert_msg(mfn__proxies_new(wrong[i], &proxies, &err) == MFN_INVALID, "%s passed",
                      wrong[i]);
        ck_assert_str_eq(err.field, "trusted_proxies");
        ck_assert_ptr_null(proxies);
    }
}
END_TEST

START_TEST(a_client_has_all_addresses_of_its_ipv6_network)
{
    static const char *const cases[][2] = {{"192.0.2.7", "192.0.2.7"},
                                           {"unknown", "unknown"},
                                           {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
                                           {"2001:db8:1:2::9", "2001:db8:1:2::"},
                                           {"2001:db8:1:3::9", "2001:db8:1:3::"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char client[MFN__CLIENT_TEXT_MAX];
        mfn__proxies_limited_client(cases[i][0], client);
        ck_assert_str_eq(client, cases[i][1]);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        believes_only_what_trusted_proxies_wrote, a_peer_without_an_internet_address_is_unknown,
        refuses_what_is_no_network, a_client_has_all_addresses_of_its_ipv6_network, NULL};
    return mfn_test_run("proxies", tests);
}
