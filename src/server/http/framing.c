/* SPDX-License-Identifier: MIT */
#include "server/http/framing.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"

#define HEADERS_MAX 100

typedef struct reading {
    mfn__http_headers_in *found;
    const char *line_end; /* where the last line ended */
    size_t count;
    const char *problem;
} reading;

/* A field value may hold visible characters, spaces, tabs and bytes from 128 (RFC 9110, 5.5). */
static bool is_field_value(const char *value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)value[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

/* The characters of a token (RFC 9110, 5.6.2): above all no white space before the colon. */
static bool is_token(const char *name, size_t size)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < size; i++) {
        char c = name[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') && (c == '\0' || strchr(others, c) == NULL)) {
            return false;
        }
    }
    return size > 0;
}

/* Keeps a header that the service looks at; those that may be there once are refused the second
 * time. Repeated lists (X-Forwarded-For) keep the last, which the nearest proxy added. */
static bool keep(mfn__http_headers_in *found, const char *name, const char *value)
{
    const struct {
        const char *name;
        const char **kept;
        bool may_repeat;
    } wanted[] = {
        {"Host", &found->host, false},
        {"Content-Length", &found->content_length, false},
        {"Transfer-Encoding", &found->transfer_encoding, false},
        {"Content-Type", &found->content_type, false},
        {"Content-Encoding", &found->content_encoding, false},
        {"Accept", &found->accept, true},
        {"X-API-Key", &found->api_key, false},
        {"X-Request-ID", &found->request_id, false},
        {"X-Forwarded-For", &found->forwarded_for, true},
        {"Origin", &found->origin, false},
        {"Access-Control-Request-Method", &found->cors_method, false},
        {"Access-Control-Request-Headers", &found->cors_headers, true},
        {"Upgrade", &found->upgrade, true},
        {"Connection", &found->connection, true},
        {"Sec-WebSocket-Key", &found->websocket_key, false},
        {"Sec-WebSocket-Version", &found->websocket_version, false},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (strcasecmp(name, wanted[i].name) == 0) {
            bool is_repeated = *wanted[i].kept != NULL;
            *wanted[i].kept = value;
            return !is_repeated || wanted[i].may_repeat;
        }
    }
    return true;
}

/* libmicrohttpd leaves the lines where it received them, with NUL in the place of CR LF. It ends a
 * header at a NUL of the client's, takes a line that begins with NUL or a colon for the end of all
 * headers, and joins a folded line to the name instead of the value; then the next line is not
 * where it should be. A bare LF is refused as well (RFC 9112, 2.2 leaves that open). */
static bool goes_on_at(const char *line_end, size_t lines, const char *next)
{
    static const char ends[4] = {0};
    return next == line_end + 2 * lines && memcmp(line_end, ends, 2 * lines) == 0;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are libmicrohttpd's */
static enum MHD_Result note_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   size_t name_size, const char *value, size_t value_size)
{
    (void)kind;
    reading *self = context;
    const char *text = value != NULL ? value : "";
    if (++self->count > HEADERS_MAX) {
        self->problem = "there are more than 100 headers";
    } else if (!goes_on_at(self->line_end, 1, name)) {
        self->problem = "a header's line is folded, holds NUL, or does not end with CR LF";
    } else if (!is_token(name, name_size)) {
        self->problem = "a header's name holds a character that names may not hold";
    } else if (!is_field_value(text, value_size)) {
        self->problem = "a header's value holds a control character";
    } else if (!keep(self->found, name, text)) {
        self->problem = "a header that may be there once is there twice";
    }
    self->line_end = text + value_size;
    return self->problem == NULL ? MHD_YES : MHD_NO;
}

bool mfn__http_target_is_plain(const char *target)
{
    static const char version[] = "HTTP/1.";
    if (target == NULL) {
        return false;
    }
    const char *at = target;
    while ((unsigned char)*at > ' ' && *at != 0x7f) {
        at++;
    }
    return *at == '\0' && strncmp(at + 1, version, sizeof version - 1) == 0;
}

static const char *head_end(struct MHD_Connection *connection, const char *method)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info != NULL ? method + info->header_size : NULL;
}

const char *mfn__http_framing(struct MHD_Connection *connection, const mfn__http_request_line *line,
                              mfn__http_headers_in *ret)
{
    const char *version = line->version;
    size_t method_size = strlen(line->method);
    *ret = (mfn__http_headers_in){0};
    reading self = {.found = ret, .line_end = version + strlen(version)};
    if (!is_token(line->method, method_size) || line->target != line->method + method_size + 1) {
        return "the method is no word, or is not followed by one space";
    }
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, note_header, &self);
    if (self.problem != NULL) {
        return self.problem;
    }
    if (!goes_on_at(self.line_end, 2, head_end(connection, line->method))) {
        return "the headers do not end with an empty line";
    }
    if (ret->host == NULL && strcmp(version, MHD_HTTP_VERSION_1_1) == 0) {
        return "Host is missing";
    }
    if (ret->content_length != NULL && ret->transfer_encoding != NULL) {
        return "Content-Length and Transfer-Encoding exclude each other";
    }
    if (ret->transfer_encoding != NULL && strcmp(version, MHD_HTTP_VERSION_1_1) != 0) {
        return "Transfer-Encoding belongs to HTTP/1.1";
    }
    if (ret->transfer_encoding != NULL && strcasecmp(ret->transfer_encoding, "chunked") != 0) {
        return "Transfer-Encoding: expected chunked";
    }
    if (ret->content_length != NULL && !mfn__text_to_u64(ret->content_length, &ret->body_bytes)) {
        return "Content-Length: expected a whole number";
    }
    return NULL;
}
