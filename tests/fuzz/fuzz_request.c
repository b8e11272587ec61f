/* SPDX-License-Identifier: MIT */
/* The first line says what a body is for ("simulate", "features raw", "nernst strict"), the rest is
 * the body: it is refused with faults that are JSON, or becomes a request within the bounds of its
 * table. What computes little is computed too: its answer is JSON. */
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "fuzz.h"
#include "server/operations/operations.h"
#include "server/request.h"

#define LINE_MAX_BYTES 64
#define COST_MAX       20000
#define ANSWER_MAX     ((size_t)16 << 20)

static const mfn__operation *find_operation(const char *name, size_t size)
{
    for (size_t i = 0; mfn__operations[i] != NULL; i++) {
        const mfn__operation *operation = mfn__operations[i];
        if (operation->request_size > 0 && strlen(operation->name) == size &&
            memcmp(operation->name, name, size) == 0) {
            return operation;
        }
    }
    return NULL;
}

static void require_json(const char *text, size_t size)
{
    json_t *value = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    fuzz_require(value != NULL);
    json_decref(value);
}

static void check_faults(const mfn__faults *faults)
{
    fuzz_require(faults->count > 0 && faults->count <= MFN__FAULTS_MAX);
    mfn__refusal refusal = {.status = 422, .code = "validation_error", .faults = faults};
    for (int as_problem = 0; as_problem < 2; as_problem++) {
        mfn__buffer text;
        mfn__json_writer json;
        mfn__buffer_init(&text, ANSWER_MAX);
        mfn__json_start(&json, &text, 0);
        mfn__refusal_write_json(&refusal, "id", 0, "/path", as_problem == 1, &json);
        fuzz_require(text.status == MFN_OK);
        require_json(text.data, text.size);
        mfn__buffer_deinit(&text);
    }
}

static void check_field(const mfn_option *option, const void *field)
{
    double number = 0.0;
    const char *text = NULL;
    uint64_t whole = 0;
    switch (option->type) {
    case MFN_OPTION_REAL:
        memcpy(&number, field, sizeof number);
        fuzz_require(number >= option->min && number <= option->max);
        break;
    case MFN_OPTION_WHOLE:
        memcpy(&whole, field, sizeof whole);
        number = option->min < 0.0 ? (double)(int64_t)whole : (double)whole;
        fuzz_require(number >= option->min && number <= option->max);
        break;
    case MFN_OPTION_DIGITS:
        memcpy(&text, field, sizeof text);
        fuzz_require(text[0] != '\0' && text[strspn(text, "0123456789")] == '\0');
        break;
    case MFN_OPTION_TEXT:
        memcpy(&text, field, sizeof text);
        fuzz_require(option->max <= 0.0 || (double)strlen(text) <= option->max);
        break;
    default:
        break;
    }
}

static mfn__service *the_service(void)
{
    static mfn__settings settings;
    static mfn__service *service;
    if (service == NULL) {
        settings = (mfn__settings){0};
        mfn_options_set_defaults(mfn__settings_options, &settings);
        fuzz_require(mfn__settings_check(&settings, NULL) == MFN_OK);
        int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
        fuzz_require(mfn__service_new(&settings, &(mfn__service_world){.log_descriptor = quiet},
                                      &service, NULL) == MFN_OK);
    }
    return service;
}

static void run_operation(const mfn__operation *operation, void *request)
{
    atomic_bool cancel = false;
    mfn_error err = {0};
    mfn__call call = {.service = the_service(),
                      .request_id = "id",
                      .client = "127.0.0.1",
                      .request = request,
                      .cancel = &cancel,
                      .status = 200};
    mfn__buffer_init(&call.answer, ANSWER_MAX);
    mfn_status status = operation->run(&call, &err);
    if (status == MFN_OK && call.content_type == NULL) {
        require_json(call.answer.data, call.answer.size);
    }
    fuzz_require(status == MFN_OK || call.refusal.status != 0 || err.text[0] != '\0');
    mfn__buffer_deinit(&call.answer);
}

static void check_request(const mfn__operation *operation, void *request)
{
    const mfn_option *option = mfn__operation_fields(operation);
    for (; option != NULL && option->name != NULL; option++) {
        check_field(option, (const char *)request + option->offset);
    }
    uint64_t cost = operation->cost != NULL ? operation->cost(request) : 0;
    if (strcmp(operation->tag, MFN__TAG_COMPUTE) == 0 && cost <= COST_MAX) {
        run_operation(operation, request);
    }
}

static mfn_status read_json(const mfn__operation *operation, bool is_strict, const char *body,
                            size_t size, json_t **ret_document, void *request, mfn__faults *faults)
{
    const mfn_option *fields = mfn__operation_fields(operation);
    mfn_status status = mfn__request_parse(body, size, fields, ret_document, faults);
    if (status == MFN_OK) {
        status =
            mfn__request_read(*ret_document, fields, operation->others, is_strict, request, faults);
    }
    if (status == MFN_OK && operation->read != NULL) {
        status = operation->read(*ret_document, request, faults);
    }
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *line_end = size > 0 ? memchr(data, '\n', size) : NULL;
    char line[LINE_MAX_BYTES] = "";
    if (line_end == NULL || (size_t)(line_end - data) >= sizeof line) {
        return 0;
    }
    memcpy(line, data, (size_t)(line_end - data));
    const char *body = (const char *)line_end + 1;
    size_t body_size = size - (size_t)(line_end + 1 - data);
    const mfn__operation *operation = find_operation(line, strcspn(line, " "));
    bool is_raw = strstr(line, " raw") != NULL;
    if (operation == NULL ||
        (is_raw ? operation->read_raw == NULL : !mfn__text_is_utf8(body, body_size))) {
        return 0;
    }
    void *request = mfn__mem_new(1, operation->request_size);
    mfn__faults *faults = mfn__mem_new(1, sizeof *faults);
    json_t *document = NULL;
    fuzz_require(request != NULL && faults != NULL);
    mfn_status status =
        is_raw ? operation->read_raw("application/x-npy", body, body_size, request, faults)
               : read_json(operation, strstr(line, " strict") != NULL, body, body_size, &document,
                           request, faults);
    if (status == MFN_OK) {
        fuzz_require(faults->count == 0);
        check_request(operation, request);
    } else {
        check_faults(faults);
    }
    if (operation->release != NULL) {
        operation->release(request);
    }
    json_decref(document);
    mfn__mem_free(faults);
    mfn__mem_free(request);
    return 0;
}
