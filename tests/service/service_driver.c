/* SPDX-License-Identifier: MIT */
/* The service with a clock and an entropy source that a test moves, for recorded exchanges.
 *
 * Reads its settings from the environment, prints "listening URL" and then obeys one command per
 * line of standard input, each answered by "ok":
 *     advance SECONDS     both clocks move on
 *     step SECONDS        each look at the monotonic clock moves it on by so much from now on
 *     entropy HEX         the next random bytes for keys, nonces and key names
 *     end                 drains and stops */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "server/http/http_server.h"

#define WALL_START_S 1700000000.0
#define LINE_MAX_    65536
#define SCRIPT_MAX   32768

/* The recording client's clock was a double of seconds, and so is this one. */
static double now_s = WALL_START_S;
static atomic_int_fast64_t now_ns; /* the same */
static atomic_int_fast64_t step_ns, stepped_ns;

static void set_clock(double seconds)
{
    now_s = seconds;
    double whole = floor(seconds);
    atomic_store(&now_ns, (int64_t)whole * MFN__NS_PER_S + (int64_t)((seconds - whole) * 1e9));
}

static int64_t monotonic_ns(void *context)
{
    (void)context;
    int64_t step = atomic_load(&step_ns);
    return atomic_load(&now_ns) + atomic_fetch_add(&stepped_ns, step) + step;
}

static int64_t wall_ns(void *context)
{
    (void)context;
    return atomic_load(&now_ns);
}

/* Bytes that are handed out first; system entropy after them. */
static struct {
    pthread_mutex_t mutex;
    unsigned char bytes[SCRIPT_MAX];
    size_t size, used;
} script = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static mfn_status fill(void *context, void *ret, size_t size, mfn_error *err)
{
    (void)context;
    pthread_mutex_lock(&script.mutex);
    bool is_scripted = script.size - script.used >= size;
    if (is_scripted) {
        memcpy(ret, script.bytes + script.used, size);
        script.used += size;
    }
    pthread_mutex_unlock(&script.mutex);
    const mfn__entropy *system = mfn__entropy_system();
    return is_scripted ? MFN_OK : system->fill(system->context, ret, size, err);
}

static void add_entropy(const char *hex)
{
    pthread_mutex_lock(&script.mutex);
    script.size = 0;
    script.used = 0;
    for (; script.size < sizeof script.bytes && hex[0] != '\0' && hex[1] != '\0'; hex += 2) {
        const char digits[] = {hex[0], hex[1], '\0'};
        script.bytes[script.size++] = (unsigned char)strtoul(digits, NULL, 16);
    }
    pthread_mutex_unlock(&script.mutex);
}

static const char *from_environment(const char *name)
{
    return getenv(name);
}

static int die(const mfn_error *err)
{
    fprintf(stderr, "service_driver: %s\n", err->text);
    return 2;
}

static void obey(void)
{
    static char line[LINE_MAX_];
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "advance ", 8) == 0) {
            set_clock(now_s + strtod(line + 8, NULL));
        } else if (strncmp(line, "step ", 5) == 0) {
            atomic_store(&step_ns, (int64_t)(strtod(line + 5, NULL) * 1e9));
        } else if (strncmp(line, "entropy ", 8) == 0) {
            add_entropy(line + 8);
        } else if (strcmp(line, "end") == 0) {
            return;
        }
        printf("ok\n");
    }
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    set_clock(WALL_START_S);
    static const mfn__clock clock = {monotonic_ns, wall_ns, NULL};
    static const mfn__entropy entropy = {fill, NULL};
    const mfn__service_world world = {.clock = &clock, .entropy = &entropy, .log_descriptor = 2};
    mfn__settings settings;
    mfn__service *service = NULL;
    mfn__http_server *server = NULL;
    mfn_error err = {0};
    if (mfn__settings_load(&settings, from_environment, &err) != MFN_OK ||
        mfn__service_new(&settings, &world, &service, &err) != MFN_OK ||
        mfn__http_server_start(service, &server, &err) != MFN_OK) {
        mfn__service_free(service);
        return die(&err);
    }
    printf("listening %s\n", mfn__http_server_url(server));
    obey();
    mfn__http_server_drain(server);
    mfn__http_server_stop(server);
    mfn__service_free(service);
    printf("ended\n");
    return 0;
}
