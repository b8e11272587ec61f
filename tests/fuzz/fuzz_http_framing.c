/* SPDX-License-Identifier: MIT */
/* The bytes are what a client sends, through libmicrohttpd: every request that the check of the
 * headers lets pass has one meaning also for a reader who takes them line by line. */
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "fuzz.h"
#include "server/http/framing.h"

#define HEADER_BYTES_MAX ((size_t)32 << 10)
#define ROUNDS_MAX       64

/* The input, and how many requests were let pass. */
typedef struct feed {
    const char *bytes;
    size_t size;
    unsigned requests;
} feed;

static feed fed;

/* What stands in the head of the first request, line by line. */
typedef struct head {
    unsigned hosts, lengths, codings;
    bool is_odd, is_1_1; /* odd: other readers could read a line in another way */
} head;

static void read_line(const char *line, size_t size, head *ret)
{
    static const struct {
        const char *name;
        size_t offset;
    } counted[] = {{"Host", offsetof(head, hosts)},
                   {"Content-Length", offsetof(head, lengths)},
                   {"Transfer-Encoding", offsetof(head, codings)}};
    ret->is_odd = ret->is_odd || memchr(line, '\0', size) != NULL ||
                  memchr(line, '\r', size) != NULL || line[0] == ' ' || line[0] == '\t';
    const char *colon = memchr(line, ':', size);
    size_t name_size = colon != NULL ? (size_t)(colon - line) : size;
    while (name_size > 0 && (line[name_size - 1] == ' ' || line[name_size - 1] == '\t')) {
        name_size--;
        ret->is_odd = true;
    }
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        if (strlen(counted[i].name) == name_size &&
            strncasecmp(line, counted[i].name, name_size) == 0) {
            unsigned *count = (unsigned *)(void *)((char *)ret + counted[i].offset);
            ++*count;
        }
    }
}

/* Where the last line ends. After libmicrohttpd has put NUL where lines end, and where the colon of
 * a line without a name stood, four such bytes with two line feeds read as CR LF CR LF: nobody
 * could tell them apart. */
static const char *find_end(const char *at, const char *end)
{
    for (; end - at >= 4; at++) {
        unsigned feeds = 0;
        unsigned others = 0;
        for (unsigned i = 0; i < 4; i++) {
            feeds += at[i] == '\n';
            others += at[i] == '\r' || at[i] == '\0' || at[i] == ':';
        }
        if (feeds == 2 && others == 2 && at[3] == '\n') {
            return at;
        }
    }
    return NULL;
}

static void read_first(const char *line, size_t size, head *ret)
{
    ret->is_1_1 = size > 8 && memcmp(line + size - 8, "HTTP/1.1", 8) == 0;
    ret->is_odd = memchr(line, '\0', size) != NULL || memchr(line, '\r', size) != NULL;
}

static bool read_head(const char *bytes, size_t size, head *ret)
{
    const char *at = bytes;
    const char *end = bytes + size;
    *ret = (head){0};
    while (at < end && (*at == '\r' || *at == '\n' || *at == '\0')) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        at = line_end != NULL ? line_end + 1 : end; /* libmicrohttpd skips such lines */
    }
    const char *last = find_end(at, end);
    for (bool is_first = true; last != NULL && at < last; is_first = false) {
        const char *line_end = memchr(at, '\n', (size_t)(last - at));
        size_t length = (size_t)((line_end != NULL ? line_end : last) - at);
        bool ends_well =
            line_end == NULL || (length > 0 && (line_end[-1] == '\r' || line_end[-1] == '\0'));
        length -= line_end != NULL && ends_well;
        if (is_first && memmem(at, length, "\0HTTP/1.", 8) != NULL) {
            return false; /* reads as the end of the target, and nobody could tell */
        }
        if (is_first) {
            read_first(at, length, ret);
        } else {
            read_line(at, length, ret);
        }
        ret->is_odd = ret->is_odd || !ends_well;
        at = line_end != NULL ? line_end + 1 : last;
    }
    return last != NULL;
}

static void check_passed(const mfn__http_headers_in *headers)
{
    head seen;
    if (fed.requests > 1 || !read_head(fed.bytes, fed.size, &seen)) {
        return;
    }
    fuzz_require(seen.hosts <= 1 && seen.lengths <= 1 && seen.codings <= 1);
    fuzz_require(!seen.is_1_1 || seen.hosts == 1);
    fuzz_require(seen.lengths + seen.codings <= 1 && !seen.is_odd);
    fuzz_require((headers->content_length != NULL) == (seen.lengths == 1));
    fuzz_require((headers->transfer_encoding != NULL) == (seen.codings == 1));
}

static char odd_target;

static void *on_target(void *argument, const char *target, struct MHD_Connection *connection)
{
    (void)argument, (void)connection;
    return mfn__http_target_is_plain(target) ? NULL : &odd_target;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are libmicrohttpd's */
static enum MHD_Result on_request(void *argument, struct MHD_Connection *connection,
                                  const char *url, const char *method, const char *version,
                                  const char *part, size_t *part_size, void **request_context)
{
    static char begun;
    if (*request_context == &odd_target) {
        return MHD_NO;
    }
    (void)argument, (void)part;
    if (*request_context == NULL) {
        *request_context = &begun;
        mfn__http_headers_in headers;
        fed.requests++;
        if (mfn__http_framing(connection, &(mfn__http_request_line){method, url, version},
                              &headers) != NULL) {
            return MHD_NO;
        }
        check_passed(&headers);
        return MHD_YES;
    }
    if (*part_size > 0) {
        *part_size = 0;
        return MHD_YES;
    }
    static char body[] = "fine";
    struct MHD_Response *response =
        MHD_create_response_from_buffer(4, body, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result queued = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return queued;
}

static struct MHD_Daemon *the_daemon(void)
{
    static struct MHD_Daemon *server;
    if (server == NULL) {
        server = MHD_start_daemon(MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, on_request, NULL,
                                  MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADER_BYTES_MAX,
                                  MHD_OPTION_URI_LOG_CALLBACK, on_target, NULL, MHD_OPTION_END);
        fuzz_require(server != NULL);
    }
    return server;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int ends[2];
    fuzz_require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    if (size > HEADER_BYTES_MAX) {
        size = HEADER_BYTES_MAX;
    }
    fuzz_require(send(ends[0], data, size, MSG_NOSIGNAL) == (ssize_t)size);
    shutdown(ends[0], SHUT_WR);
    fed = (feed){(const char *)data, size, 0};
    struct MHD_Daemon *server = the_daemon();
    struct sockaddr_storage nobody = {.ss_family = AF_UNIX};
    fuzz_require(MHD_add_connection(server, ends[1], (struct sockaddr *)&nobody,
                                    sizeof(sa_family_t)) == MHD_YES);
    const union MHD_DaemonInfo *info = NULL;
    for (unsigned i = 0; i < ROUNDS_MAX; i++) {
        MHD_run(server);
        info = MHD_get_daemon_info(server, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
        if (info->num_connections == 0) {
            break;
        }
    }
    close(ends[0]);
    for (unsigned i = 0; i < ROUNDS_MAX && info->num_connections > 0; i++) {
        MHD_run(server);
        info = MHD_get_daemon_info(server, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    }
    fuzz_require(info->num_connections == 0);
    return 0;
}
