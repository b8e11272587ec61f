/* SPDX-License-Identifier: MIT */
/* The id of a request is the result's, or the SHA-256 of the ids of all its results: whoever gets
 * the same results again gets them under the same id. What is signed are the bytes as they are
 * sent, after compression, because that is the body that most receivers can still get at. */
#include "publishers/webhook/request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "codec/cloud_event.h"
#include "codec/gzip.h"
#include "codec/sha256.h"

#define BODY_BYTES_MAX      ((size_t)1 << 30)
#define SIGNATURE_BYTES_MAX 4096
#define ATTRIBUTE_BYTES_MAX 65536

#define EVENT_SOURCE        "/mfn"
#define EVENT_TYPE          "io.mycelium-fractal-net.simulation.complete"

const char *const mfn__webhook_reserved_headers[] = {
    "webhook-id",        "webhook-timestamp", "webhook-signature",
    "idempotency-key",   "content-encoding",  "content-length",
    "transfer-encoding", "connection",        NULL,
};

static mfn__cloud_event event_of(const mfn__parcel *parcel)
{
    return (mfn__cloud_event){
        .id = parcel->result_id,
        .source = EVENT_SOURCE,
        .type = EVENT_TYPE,
        .subject = parcel->simulation_id,
        .wall_ns = parcel->wall_ns,
        .data = parcel->bytes,
        .data_size = parcel->size,
    };
}

static void append_result(mfn__buffer *body, const mfn__parcel *parcel, uint32_t envelope)
{
    if (envelope != MFN__WEBHOOK_STRUCTURED) {
        mfn__buffer_append(body, parcel->bytes, parcel->size);
        return;
    }
    const mfn__cloud_event event = event_of(parcel);
    mfn__json_writer json;
    mfn__json_start(&json, body, 0);
    mfn__cloud_event_write(&event, &json);
}

/* The body before compression; a single result without envelope is borrowed. */
static mfn_status make_body(mfn__webhook_request *request,
                            const mfn__webhook_publisher_options *options, mfn_error *err)
{
    bool is_array = options->batch_size > 1;
    if (!is_array && options->envelope != MFN__WEBHOOK_STRUCTURED) {
        return MFN_OK;
    }
    if (is_array) {
        mfn__buffer_append_char(&request->body, '[');
    }
    for (size_t i = 0; i < request->count; i++) {
        if (i > 0) {
            mfn__buffer_append_text(&request->body, ", ");
        }
        append_result(&request->body, request->parcels[i], options->envelope);
    }
    if (is_array) {
        mfn__buffer_append_char(&request->body, ']');
    }
    return mfn__buffer_check(&request->body, "the request's body", err);
}

static mfn_status compress(mfn__webhook_request *request, const void **body, size_t *size,
                           mfn_error *err)
{
    mfn__buffer packed;
    mfn__buffer_init(&packed, BODY_BYTES_MAX);
    mfn_status status = mfn__gzip_encode(*body, *size, &packed, err);
    if (status != MFN_OK) {
        mfn__buffer_deinit(&packed);
        return status;
    }
    mfn__buffer_deinit(&request->body);
    request->body = packed;
    *body = packed.data;
    *size = packed.size;
    return MFN_OK;
}

static mfn_status make_id(const mfn__webhook_request *request, bool is_array,
                          char ret[MFN__SHA256_HEX_SIZE], mfn_error *err)
{
    if (!is_array) {
        snprintf(ret, MFN__SHA256_HEX_SIZE, "%s", request->parcels[0]->result_id);
        return MFN_OK;
    }
    mfn__buffer ids;
    mfn__buffer_init(&ids, BODY_BYTES_MAX);
    for (size_t i = 0; i < request->count; i++) {
        mfn__buffer_append_text(&ids, request->parcels[i]->result_id);
    }
    mfn_status status = mfn__buffer_check(&ids, "the ids of the results", err);
    if (status == MFN_OK) {
        mfn__sha256_hex(ids.data, ids.size, ret);
    }
    mfn__buffer_deinit(&ids);
    return status;
}

/* CloudEvents, HTTP binding, 3.1.3.2: all but printable ASCII is percent-encoded, and so are space,
 * double quote and percent. */
static void put_attribute(void *context, const char *name, const char *value)
{
    mfn__http_headers *headers = context;
    if (strcmp(name, "datacontenttype") == 0) {
        return; /* which is Content-Type in HTTP */
    }
    char header[64];
    snprintf(header, sizeof header, "ce-%s", name);
    mfn__buffer encoded;
    mfn__buffer_init(&encoded, ATTRIBUTE_BYTES_MAX);
    for (const unsigned char *at = (const unsigned char *)value; *at != '\0'; at++) {
        if (*at > ' ' && *at < 0x7f && *at != '"' && *at != '%') {
            mfn__buffer_append_char(&encoded, (char)*at);
        } else {
            mfn__buffer_append_format(&encoded, "%%%02X", *at);
        }
    }
    if (encoded.status != MFN_OK) {
        headers->text.status = encoded.status;
    } else if (encoded.size > 0) {
        mfn__http_headers_add(headers, header, encoded.data);
    }
    mfn__buffer_deinit(&encoded);
}

static const char *content_type(const mfn__webhook_publisher_options *options)
{
    if (options->envelope != MFN__WEBHOOK_STRUCTURED) {
        return "application/json";
    }
    return options->batch_size > 1 ? "application/cloudevents-batch+json"
                                   : "application/cloudevents+json";
}

static mfn_status add_signature(mfn__webhook_request *request, const mfn__webhook_keys *keys,
                                const char *id, int64_t timestamp_s,
                                const mfn__http_exchange *exchange, mfn_error *err)
{
    mfn__buffer signature;
    mfn__buffer_init(&signature, SIGNATURE_BYTES_MAX);
    mfn_status status = mfn__webhook_sign(keys, id, timestamp_s, exchange->body,
                                          exchange->body_size, &signature, err);
    if (status == MFN_OK) {
        mfn__http_headers_add(&request->headers, "webhook-signature", signature.data);
    }
    mfn__buffer_deinit(&signature);
    return status;
}

static mfn_status make_headers(mfn__webhook_request *request,
                               const mfn__webhook_publisher_options *options,
                               const mfn__webhook_keys *keys, int64_t timestamp_s,
                               mfn__http_exchange *exchange, mfn_error *err)
{
    mfn__http_headers *headers = &request->headers;
    mfn__http_headers_add_all(headers, &options->headers);
    if (!mfn__http_headers_have(&options->headers, "Content-Type")) {
        mfn__http_headers_add(headers, "Content-Type", content_type(options));
    }
    if (options->compression == MFN__WEBHOOK_GZIP) {
        mfn__http_headers_add(headers, "Content-Encoding", "gzip");
    }
    if (options->envelope == MFN__WEBHOOK_BINARY) {
        const mfn__cloud_event event = event_of(request->parcels[0]);
        mfn__cloud_event_attributes(&event, put_attribute, headers);
    }
    char id[MFN__SHA256_HEX_SIZE];
    mfn_status status = make_id(request, options->batch_size > 1, id, err);
    if (status != MFN_OK) {
        return status;
    }
    char timestamp[32];
    snprintf(timestamp, sizeof timestamp, "%" PRId64, timestamp_s);
    mfn__http_headers_add(headers, "webhook-id", id);
    mfn__http_headers_add(headers, "webhook-timestamp", timestamp);
    mfn__http_headers_add(headers, "Idempotency-Key", id);
    if (keys != NULL) {
        status = add_signature(request, keys, id, timestamp_s, exchange, err);
    }
    return status == MFN_OK ? mfn__http_headers_end(headers, &exchange->headers, err) : status;
}

mfn_status mfn__webhook_request_make(mfn__webhook_request *request,
                                     const mfn__webhook_publisher_options *options,
                                     const mfn__webhook_keys *keys, int64_t timestamp_s,
                                     mfn__http_exchange *ret, mfn_error *err)
{
    mfn__buffer_init(&request->body, BODY_BYTES_MAX);
    mfn__http_headers_init(&request->headers);
    mfn_status status = make_body(request, options, err);
    if (status != MFN_OK) {
        return status;
    }
    bool is_borrowed = request->body.size == 0;
    ret->method = "POST";
    ret->url = options->webhook_url;
    ret->access = &options->access;
    ret->body = is_borrowed ? request->parcels[0]->bytes : request->body.data;
    ret->body_size = is_borrowed ? request->parcels[0]->size : request->body.size;
    if (options->compression == MFN__WEBHOOK_GZIP) {
        status = compress(request, &ret->body, &ret->body_size, err);
    }
    return status == MFN_OK ? make_headers(request, options, keys, timestamp_s, ret, err) : status;
}

void mfn__webhook_request_deinit(mfn__webhook_request *request)
{
    mfn__buffer_deinit(&request->body);
    mfn__http_headers_deinit(&request->headers);
}
