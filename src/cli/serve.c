/* SPDX-License-Identifier: MIT */
/* The service at the command line: settings from flags and environment, signals, its end. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/load.h"
#include "server/hosted_pipeline.h"
#include "server/http/http_server.h"

#define TICK_MS 100 /* how long a signal may wait */

static atomic_bool wants_reload;

static void on_hangup(int number)
{
    (void)number;
    atomic_store(&wants_reload, true);
}

static void catch_hangup(void)
{
    struct sigaction action = {.sa_handler = on_hangup, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void reload_keys(mfn__service *service)
{
    mfn_error err = {0};
    if (mfn__keyring_reload(service->keyring, &err) == MFN_OK) {
        mfn__logger_say(service->logger, MFN__LOG_INFO, "mfn.api", "API keys read again: %zu",
                        mfn__keyring_count(service->keyring));
    } else {
        mfn__logger_say(service->logger, MFN__LOG_ERROR, "mfn.api",
                        "API keys stay as they were: %s", err.text);
    }
}

/* Until somebody asks to stop. */
static void wait_for_stop(mfn__service *service, const atomic_bool *stop)
{
    while (!atomic_load(stop)) {
        if (atomic_exchange(&wants_reload, false)) {
            reload_keys(service);
        }
        nanosleep(&(struct timespec){.tv_nsec = TICK_MS * MFN__NS_PER_MS}, NULL);
    }
}

/* Finishes what was accepted; the exit code. */
static int finish(mfn__service *service, mfn__http_server *server)
{
    fprintf(stderr, "mfn serve: stopping: no new connections, finishing what was accepted\n");
    size_t left = mfn__http_server_drain(server);
    mfn__http_server_stop(server);
    bool is_finished = service->pipeline == NULL || mfn__hosted_pipeline_finish(service->pipeline);
    mfn__service_free(service);
    if (left > 0) {
        fprintf(stderr, "mfn serve: %zu requests were cut off after the grace time\n", left);
    }
    if (!is_finished) {
        fprintf(stderr, "mfn serve: the pipeline has left work to the next run\n");
    }
    return left > 0 || !is_finished ? MFN__EXIT_FAILED : MFN__EXIT_OK;
}

static int serve(const mfn__settings *settings, mfn__pipeline *pipeline)
{
    mfn__service *service = NULL;
    mfn__http_server *server = NULL;
    mfn_error err = {0};
    const mfn__service_world world = {.log_descriptor = STDOUT_FILENO, .pipeline = pipeline};
    const atomic_bool *stop =
        mfn__interrupt_catch("mfn serve: stopped at once; requests are cut off\n");
    catch_hangup();
    mfn_status status = mfn__service_new(settings, &world, &service, &err);
    if (status == MFN_OK) {
        status = mfn__http_server_start(service, &server, &err);
    }
    if (status != MFN_OK) {
        mfn__service_free(service);
        return mfn__command_fail(
            "serve", &err, mfn_status_is_transient(status) ? MFN__EXIT_FAILED : MFN__EXIT_USAGE);
    }
    fprintf(stderr, "mfn serve: listening at %s; %s\n", mfn__http_server_url(server),
            service->requires_key ? "X-API-Key is required" : "no API key is required");
    wait_for_stop(service, stop);
    return finish(service, server);
}

static void print_help(const mfn__flags *groups)
{
    printf("Usage: mfn serve [flags]\n\n"
           "Serves the API over HTTP until SIGTERM or Ctrl-C, then finishes what it accepted.\n"
           "Every flag can be given as an environment variable: --rate-limit-requests is\n"
           "MFN_RATE_LIMIT_REQUESTS. SIGHUP reads the key file again. docs/api.md describes the\n"
           "API; a running service shows it at /docs.\n\n"
           "Example: mfn serve --port 8000 & curl -s localhost:8000/health\n");
    mfn__arguments_describe(stdout, groups);
}

static const char *from_environment(const char *name)
{
    return getenv(name);
}

int mfn__command_serve(int argc, char **argv)
{
    mfn__settings settings;
    mfn_error err = {0};
    mfn_status status = mfn__settings_load(&settings, from_environment, &err);
    if (status != MFN_OK) {
        return mfn__command_fail("serve", &err, MFN__EXIT_USAGE);
    }
    const mfn__flags groups[] = {{"Service", mfn__settings_options, &settings}, {0}};
    mfn__arguments arguments;
    status = mfn__arguments_parse(argc, argv, groups, NULL, &arguments, &err);
    if (status == MFN_OK && arguments.wants_help) {
        print_help(groups);
        return MFN__EXIT_OK;
    }
    if (status == MFN_OK) {
        status = mfn__settings_check(&settings, &err);
    }
    if (status != MFN_OK) {
        return mfn__command_fail("serve", &err, MFN__EXIT_USAGE);
    }
    mfn__pipeline *pipeline = NULL;
    if (settings.pipeline[0] != '\0' &&
        !mfn__load_pipeline("serve", settings.pipeline, &pipeline)) {
        return MFN__EXIT_USAGE;
    }
    int code = serve(&settings, pipeline);
    mfn__pipeline_free(pipeline);
    return code;
}
