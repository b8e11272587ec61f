/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <string.h>
#include <sys/un.h>

#include "net/url.h"
#include "suite.h"

static bool is_internal(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        return mfn__address_is_internal((const struct sockaddr *)&v4);
    }
    ck_assert_msg(inet_pton(AF_INET6, text, &v6.sin6_addr) == 1, "%s is no address", text);
    return mfn__address_is_internal((const struct sockaddr *)&v6);
}

/* The first and last of each range, with their neighbours outside of it. */
START_TEST(addresses_of_nobody_on_the_internet_are_internal)
{
    static const char *const internal[] = {
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.0.0",
        "169.254.169.254",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.0",
        "192.0.2.1",
        "192.168.0.0",
        "192.168.255.255",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:10.1.2.3",
        "64:ff9b::127.0.0.1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:2::1",
        "2001:20::1",
        "2001:1ff:ffff::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:c0a8:1::1",
        "3fff::1",
        "3fff:fff:ffff::",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fdff:ffff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "feff::1",
        "ff00::1",
        "ff02::1",
        "::ffff:169.254.169.254",
        "1fff::1",
    };
    for (size_t i = 0; i < sizeof internal / sizeof *internal; i++) {
        ck_assert_msg(is_internal(internal[i]), "%s", internal[i]);
    }
}
END_TEST

START_TEST(addresses_of_the_internet_are_not)
{
    static const char *const external[] = {
        "1.1.1.1",          "9.255.255.255",        "11.0.0.0",
        "100.63.255.255",   "100.128.0.0",          "126.255.255.255",
        "128.0.0.0",        "169.253.255.255",      "169.255.0.0",
        "172.15.255.255",   "172.32.0.0",           "192.0.1.1",
        "192.0.3.0",        "192.167.255.255",      "192.169.0.0",
        "198.17.255.255",   "198.20.0.0",           "198.51.101.0",
        "203.0.114.0",      "223.255.255.255",      "2000::1",
        "2001:200::1",      "2001:4860:4860::8888", "2001:db7::1",
        "2001:db9::1",      "2606:4700::1111",      "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8", "2002:808:808::1",      "3ffe::1",
        "3fff:1000::1",
    };
    for (size_t i = 0; i < sizeof external / sizeof *external; i++) {
        ck_assert_msg(!is_internal(external[i]), "%s", external[i]);
    }
}
END_TEST

START_TEST(an_address_of_an_unknown_family_is_internal)
{
    const struct sockaddr_un local = {.sun_family = AF_UNIX};
    ck_assert(mfn__address_is_internal((const struct sockaddr *)&local));
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        addresses_of_nobody_on_the_internet_are_internal,
        addresses_of_the_internet_are_not,
        an_address_of_an_unknown_family_is_internal,
        NULL,
    };
    return mfn_test_run("address", tests);
}
