/* SPDX-License-Identifier: MIT */
/* A receiver of webhooks for trying things out and for small installations: what it answers with
 * 2xx is on disk, when an output was given. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/option_table.h"
#include "base/text.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/seen_ids.h"
#include "cli/webhook_options.h"
#include "cli/webhook_receiver.h"
#include "codec/gzip.h"
#include "codec/json_slice.h"

#define NAME           "webhook listen"
#define BODY_BYTES_MAX ((size_t)16 << 20)
#define SERVE_WAIT_MS  100 /* how long a signal may wait */
#define GRACE_NS       (5 * MFN__NS_PER_S)
#define COUNT_MAX      1000000000
#define SHOWN_BYTES    80
#define FILE_MODE      0666

typedef struct listen_flags {
    const char *address, *secret_file, *tolerance, *output;
    uint64_t port, count, status;
    double timeout;
} listen_flags;

static const mfn_option table[] = {
    MFN__TEXT(listen_flags, address, "127.0.0.1", "IP address to listen on"),
    MFN__WHOLE(listen_flags, port, 0, 65535, "8088", "", "port; 0: any that is free"),
    MFN__TEXT(listen_flags, secret_file, NULL, "file of keys, one per line"),
    MFN__TEXT(listen_flags, tolerance, "5m", "how far a timestamp may be from now"),
    MFN__WHOLE(listen_flags, count, 0, COUNT_MAX, "0", "",
               "end after so many different deliveries; 0: never"),
    MFN__TEXT(listen_flags, output, NULL, "append each body as a line to this file"),
    MFN__WHOLE(listen_flags, status, 200, 599, "200", "", "answer to a good delivery"),
    MFN__REAL(listen_flags, timeout, 0.1, 3600, "30.0", "s", "the longest that a request may take"),
    {0},
};

/* One use of the command. */
typedef struct task {
    listen_flags flags;
    int64_t tolerance_s;
    mfn__webhook_secrets secrets;
    mfn__seen_ids seen;
    int output;   /* -1: none */
    bool is_torn; /* the output ends in a part of a line that could not be taken back */
    uint64_t distinct, repeats, refused;
    mfn_error err;
} task;

/* A delivery while it is judged. */
typedef struct delivery {
    const mfn__webhook_request *request;
    const char *content; /* the body, unpacked */
    size_t content_size;
    mfn__buffer unpacked;
    mfn__json_slice json;
    bool is_json;
    mfn__seen seen;
    unsigned status;
} delivery;

void mfn__webhook_listen_help(void)
{
    const mfn__flags groups[] = {{"Flags", table, NULL}, {0}};
    printf("Usage: mfn webhook listen [flags]\n\n"
           "Receives webhooks and prints a line for each. With keys (--secret-file, or the\n"
           "environment variable " MFN__WEBHOOK_SECRET_VARIABLE ") a delivery without a good "
           "signature gets 401.\n"
           "With --output, a delivery is on disk before it is answered, and one that comes again\n"
           "with the same webhook-id while this runs is not written again. With a --status other\n"
           "than 2xx nothing is written.\n\n"
           "SIGINT or SIGTERM ends it.\n\n"
           "Example: mfn webhook listen --secret-file keys.txt --output results.ndjson\n");
    mfn__arguments_describe(stdout, groups);
}

static void print_moment(unsigned status)
{
    char time[MFN__TIME_TEXT_MAX];
    mfn__time_to_text(mfn__clock_wall_ns(mfn__clock_system()), time);
    printf("%s  %u", time, status);
}

static void on_refused(void *context, unsigned status, const char *reason)
{
    task *self = context;
    self->refused++;
    print_moment(status);
    printf("  refused: %s\n", reason);
    fflush(stdout);
}

/* Prints the text at the first pointer that leads to something. */
static void print_at(const mfn__json_slice *json, const char *const pointers[2])
{
    mfn__json_slice found;
    for (size_t i = 0; i < 2; i++) {
        if (mfn__json_slice_at(json, pointers[i], &found, NULL) == MFN_OK &&
            found.size <= BODY_BYTES_MAX) {
            mfn__buffer text;
            char shown[SHOWN_BYTES];
            mfn__buffer_init(&text, BODY_BYTES_MAX);
            mfn__json_slice_text(&found, &text);
            if (text.data != NULL) {
                printf(" %s", mfn__text_printable(text.data, text.size, shown, sizeof shown));
            }
            mfn__buffer_deinit(&text);
            return;
        }
    }
}

static void print_content(const delivery *given)
{
    static const char *const event[2] = {"/event", "/data/event"}; /* the second in CloudEvents */
    static const char *const id[2] = {"/simulation_id", "/data/simulation_id"};
    if (!given->is_json) {
        printf(" no JSON");
    } else if (given->json.kind == MFN__JSON_ARRAY) {
        size_t items = 0;
        mfn__json_slice item;
        for (size_t position = 0; mfn__json_slice_next(&given->json, &position, &item);) {
            items++;
        }
        printf(" array of %zu", items);
    } else {
        print_at(&given->json, event);
        print_at(&given->json, id);
    }
}

static void print_delivery(const task *self, const delivery *given, const char *reason)
{
    const mfn__webhook_delivery *sent = &given->request->delivery;
    const char *id = sent->id != NULL ? sent->id : "-";
    bool is_refused = reason[0] != '\0';
    char shown[SHOWN_BYTES];
    print_moment(given->status);
    printf("  %s  %zu bytes ", mfn__text_printable(id, strlen(id), shown, sizeof shown),
           sent->size);
    if (is_refused) {
        printf(" refused: %s", reason);
    } else {
        printf(" %s ", self->secrets.keys != NULL ? "verified" : "unsigned");
        print_content(given);
        printf("%s", given->seen == MFN__SEEN_SAME         ? "  (a repeat)"
                     : given->seen == MFN__SEEN_OTHER_BODY ? "  (a repeat with another body)"
                                                           : "");
    }
    putchar('\n');
    fflush(stdout);
}

static unsigned check_signature(const task *self, const delivery *given, mfn_error *err)
{
    int64_t now_s = mfn__clock_wall_ns(mfn__clock_system()) / MFN__NS_PER_S;
    if (self->secrets.keys == NULL) {
        return 0;
    }
    mfn_status status = mfn__webhook_verify(self->secrets.keys, &given->request->delivery, now_s,
                                            self->tolerance_s, err);
    return status == MFN_OK ? 0 : status == MFN_INVALID ? 401 : 503;
}

static unsigned unpack(delivery *given, mfn_error *err)
{
    const mfn__webhook_delivery *sent = &given->request->delivery;
    const char *encoding = given->request->encoding;
    given->content = sent->body;
    given->content_size = sent->size;
    if (encoding == NULL || strcasecmp(encoding, "identity") == 0) {
        return 0;
    }
    if (strcasecmp(encoding, "gzip") != 0) {
        (void)mfn__fail(err, MFN_UNSUPPORTED, NULL, "Content-Encoding: expected gzip");
        return 415;
    }
    mfn_status status = mfn__gzip_decode(sent->body, sent->size, &given->unpacked, err);
    given->content = given->unpacked.data != NULL ? given->unpacked.data : "";
    given->content_size = given->unpacked.size;
    return status == MFN_OK ? 0 : status == MFN_FORMAT ? 400 : status == MFN_TOO_LARGE ? 413 : 503;
}

/* Appends the JSON as one line: a line break can only stand where a space can. */
static mfn_status write_line(task *self, const delivery *given, mfn_error *err)
{
    mfn__buffer line;
    mfn__buffer_init(&line, BODY_BYTES_MAX + 2);
    mfn__buffer_append_text(&line, self->is_torn ? "\n" : "");
    size_t json_start = line.size;
    mfn__buffer_append(&line, given->json.bytes, given->json.size);
    mfn__buffer_append_char(&line, '\n');
    mfn_status status = mfn__buffer_check(&line, "the line", err);
    for (size_t i = json_start; status == MFN_OK && i + 1 < line.size; i++) {
        line.data[i] = line.data[i] == '\n' || line.data[i] == '\r' ? ' ' : line.data[i];
    }
    off_t end = lseek(self->output, 0, SEEK_END);
    if (status == MFN_OK) {
        status = mfn__file_write_all(self->output, line.data, line.size, self->flags.output, err);
    }
    if (status == MFN_OK && fsync(self->output) != 0) {
        status = mfn__fail_errno(err, errno, "output", "cannot sync '%s'", self->flags.output);
    }
    if (status == MFN_OK) {
        self->is_torn = false;
    } else if (ftruncate(self->output, end) != 0) {
        self->is_torn = true;
    }
    mfn__buffer_deinit(&line);
    return status;
}

/* Keeps a good delivery and counts it. */
static unsigned keep(task *self, delivery *given, mfn_error *err)
{
    const char *id = given->request->delivery.id;
    bool has_id = id != NULL && id[0] != '\0';
    mfn__seen_id digests;
    if (has_id) {
        mfn__sha256(id, strlen(id), digests.id);
        mfn__sha256(given->content, given->content_size, digests.body);
        given->seen = mfn__seen_ids_look(&self->seen, &digests);
    }
    mfn_status status = MFN_OK;
    bool is_accepted = self->flags.status < 300;
    if (given->seen == MFN__SEEN_NEW && self->output >= 0 && is_accepted) {
        status = write_line(self, given, err);
        if (status != MFN_OK) {
            fprintf(stderr, "mfn " NAME ": %s\n", err->text);
            return 503;
        }
    }
    if (given->seen == MFN__SEEN_NEW && has_id) {
        status = mfn__seen_ids_add(&self->seen, &digests, err);
    }
    if (status != MFN_OK) {
        return 503;
    }
    self->distinct += given->seen == MFN__SEEN_NEW;
    self->repeats += given->seen != MFN__SEEN_NEW;
    return 0;
}

static unsigned on_request(void *context, const mfn__webhook_request *request,
                           char reason[MFN__WEBHOOK_REASON_MAX])
{
    task *self = context;
    delivery given = {.request = request, .seen = MFN__SEEN_NEW};
    mfn_error err = {0};
    mfn_error json_err = {0};
    mfn__buffer_init(&given.unpacked, BODY_BYTES_MAX);
    unsigned problem = check_signature(self, &given, &err);
    if (problem == 0) {
        problem = unpack(&given, &err);
    }
    if (problem == 0) {
        given.is_json = mfn__json_slice_whole(given.content, given.content_size, &given.json,
                                              &json_err) == MFN_OK;
        if (!given.is_json && self->output >= 0) {
            (void)mfn__fail(&err, MFN_FORMAT, NULL, "the body is no JSON: %s", json_err.text);
            problem = 422;
        }
    }
    if (problem == 0) {
        problem = keep(self, &given, &err);
    }
    given.status = problem != 0 ? problem : (unsigned)self->flags.status;
    self->refused += problem != 0;
    print_delivery(self, &given, problem != 0 ? err.text : "");
    snprintf(reason, MFN__WEBHOOK_REASON_MAX, "%s",
             problem != 0                  ? err.text
             : given.seen == MFN__SEEN_NEW ? "received"
                                           : "received before");
    mfn__buffer_deinit(&given.unpacked);
    return given.status;
}

static bool is_done(const task *self)
{
    return self->flags.count > 0 && self->distinct >= self->flags.count;
}

static int serve(task *self)
{
    const atomic_bool *stop = mfn__interrupt_catch("mfn " NAME ": stopped at once\n");
    const mfn__webhook_receiver_options options = {
        .address = self->flags.address,
        .port = (uint16_t)self->flags.port,
        .body_bytes_max = BODY_BYTES_MAX,
        .request_ns_max = (int64_t)(self->flags.timeout * (double)MFN__NS_PER_S),
        .context = self,
        .receive = on_request,
        .refused = on_refused,
    };
    mfn__webhook_receiver *receiver = NULL;
    if (mfn__webhook_receiver_open(&options, &receiver, &self->err) != MFN_OK) {
        return mfn__command_fail(
            NAME, &self->err, self->err.status == MFN_INVALID ? MFN__EXIT_USAGE : MFN__EXIT_FAILED);
    }
    printf("Listening on %s\n", mfn__webhook_receiver_url(receiver));
    fflush(stdout);
    mfn_status status = MFN_OK;
    while (status == MFN_OK && !is_done(self) && !atomic_load(stop)) {
        status = mfn__webhook_receiver_serve(receiver, SERVE_WAIT_MS, &self->err);
    }
    if (status == MFN_OK) {
        mfn__webhook_receiver_finish(receiver, GRACE_NS);
    }
    mfn__webhook_receiver_free(receiver);
    if (status != MFN_OK) {
        return mfn__command_fail(NAME, &self->err, MFN__EXIT_FAILED);
    }
    printf("%" PRIu64 " received, %" PRIu64 " repeated, %" PRIu64 " refused\n", self->distinct,
           self->repeats, self->refused);
    return self->flags.count > 0 && !is_done(self) ? MFN__EXIT_FAILED : MFN__EXIT_OK;
}

/* Opens the output; what stands in it already stays. */
static mfn_status open_output(task *self)
{
    const char *path = self->flags.output;
    if (path == NULL) {
        return MFN_OK;
    }
    self->output = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, FILE_MODE);
    if (self->output < 0) {
        return mfn__fail_errno(&self->err, errno, "output", "cannot open '%s'", path);
    }
    char last = '\n';
    off_t size = lseek(self->output, 0, SEEK_END);
    if (size > 0 && pread(self->output, &last, 1, size - 1) == 1 && last != '\n') {
        return mfn__file_write_all(self->output, "\n", 1, path, &self->err);
    }
    char *folder = mfn__path_folder(path);
    mfn_status status = folder != NULL ? mfn__file_sync_directory(folder, &self->err)
                                       : mfn__fail_memory(&self->err);
    mfn__mem_free(folder);
    return status;
}

int mfn__webhook_listen_command(int argc, char **argv)
{
    task self = {.output = -1};
    mfn_options_set_defaults(table, &self.flags);
    const mfn__flags groups[] = {{"Flags", table, &self.flags}, {0}};
    mfn__arguments arguments;
    mfn_status status = mfn__arguments_parse(argc, argv, groups, NULL, &arguments, &self.err);
    if (status == MFN_OK && arguments.wants_help) {
        mfn__webhook_listen_help();
        return MFN__EXIT_OK;
    }
    if (status == MFN_OK) {
        status = mfn__webhook_tolerance_parse(self.flags.tolerance, &self.tolerance_s, &self.err);
    }
    if (status == MFN_OK) {
        status = mfn__webhook_secrets_load(self.flags.secret_file, &self.secrets, &self.err);
    }
    int code = MFN__EXIT_OK;
    if (status != MFN_OK) {
        code = mfn__command_fail(NAME, &self.err, MFN__EXIT_USAGE);
    } else if (open_output(&self) != MFN_OK) {
        code = mfn__command_fail(NAME, &self.err, MFN__EXIT_FAILED);
    } else {
        code = serve(&self);
    }
    if (self.output >= 0) {
        close(self.output);
    }
    mfn__seen_ids_deinit(&self.seen);
    mfn__webhook_secrets_deinit(&self.secrets);
    return code;
}
