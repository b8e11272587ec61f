/* SPDX-License-Identifier: MIT */
/* The operations as one page of HTML: no script, no outside resource, readable on a phone and in
 * the dark. */
#include <string.h>

#include "server/openapi.h"
#include "server/service.h"
#include "server/streams/stream.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<title>MyceliumFractalNet API</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n"
    ":root { color-scheme: light dark; }\n"
    "body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; "
    "}\n"
    "h1 { font-size: 1.6rem; line-height: 1.2; }\n"
    "h2 { font-size: 1.1rem; margin: .25rem 0; }\n"
    "section { border-top: 1px solid #8886; padding: .5rem 0; }\n"
    "section p { margin: .25rem 0 .5rem; }\n"
    "code, pre { font: 14px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }\n"
    "h2 code { font-size: 1.1rem; }\n"
    "pre { background: #8882; padding: .75rem; white-space: pre-wrap; border-radius: .4rem; }\n"
    "table { border-collapse: collapse; width: 100%; }\n"
    "th, td { text-align: left; padding: .25rem .75rem .25rem 0; vertical-align: top; }\n"
    "tr { border-bottom: 1px solid #8883; }\n"
    ".method { display: inline-block; min-width: 3.5rem; }\n"
    ".key { opacity: .8; font-size: .9rem; }\n"
    "@media (max-width: 40rem) {\n"
    "  thead, td:empty { display: none; }\n"
    "  tr { display: block; padding: .4rem 0; }\n"
    "  td { display: block; padding: 0; }\n"
    "  .default::before { content: \"default: \"; }\n"
    "}\n"
    "</style>\n</head>\n<body>\n<h1>MyceliumFractalNet API</h1>\n"
    "<p>Bio-inspired fields and fractal features, deterministic: the same request, the same bits. "
    "This page and <a href=\"openapi.json\">openapi.json</a> come from the tables that check the "
    "requests.</p>\n"
    "<p>A key goes into the header <code>X-API-Key</code>. Every answer carries "
    "<code>X-Request-ID</code>. Refusals are JSON with <code>detail</code>, "
    "<code>error_code</code>, <code>message</code>, <code>details</code>, "
    "<code>request_id</code> and <code>timestamp</code>.</p>\n";

static void escape(const char *text, mfn__buffer *ret)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            mfn__buffer_append_text(ret, "&lt;");
            break;
        case '>':
            mfn__buffer_append_text(ret, "&gt;");
            break;
        case '&':
            mfn__buffer_append_text(ret, "&amp;");
            break;
        case '"':
            mfn__buffer_append_text(ret, "&quot;");
            break;
        default:
            mfn__buffer_append_char(ret, *text);
        }
    }
}

static void write_fields(const mfn__operation *operation, mfn__buffer *ret)
{
    mfn__buffer_append_text(ret, "<table>\n<thead><tr><th>field</th><th>default</th><th>takes</th>"
                                 "<th>meaning</th></tr></thead>\n<tbody>\n");
    for (const mfn_option *at = mfn__operation_fields(operation); at != NULL && at->name != NULL;
         at++) {
        char expected[256];
        mfn_option_expected(at, expected, sizeof expected);
        mfn__buffer_append_format(ret, "<tr><td><code>%s</code></td>", at->name);
        if (at->default_text != NULL) {
            mfn__buffer_append_text(ret, "<td class=\"default\">");
            escape(at->default_text, ret);
        } else {
            mfn__buffer_append_text(ret, "<td>required");
        }
        mfn__buffer_append_text(ret, "</td><td>");
        escape(expected, ret);
        mfn__buffer_append_text(ret, "</td><td>");
        escape(at->help, ret);
        mfn__buffer_append_text(ret, "</td></tr>\n");
    }
    for (size_t i = 0; operation->others != NULL && operation->others[i] != NULL; i++) {
        mfn__buffer_append_format(ret, "<tr><td><code>%s</code></td><td></td><td><code>",
                                  operation->others[i]);
        escape(operation->other_schemas[i], ret);
        mfn__buffer_append_text(ret, "</code></td><td></td></tr>\n");
    }
    mfn__buffer_append_text(ret, "</tbody>\n</table>\n");
}

static void write_example(const mfn__operation *operation, mfn__buffer *ret)
{
    if (operation->example == NULL) {
        return;
    }
    mfn__buffer_append_format(ret,
                              "<pre>curl -s localhost:8000%s -H 'Content-Type: application/json' "
                              "-d '",
                              operation->path);
    escape(operation->example, ret);
    mfn__buffer_append_text(ret, "'</pre>\n");
}

static void write_operation(const mfn__operation *operation, mfn__buffer *ret)
{
    mfn__buffer_append_format(ret,
                              "<section id=\"%s\">\n<h2><span class=\"method\">%s</span> "
                              "<code>%s</code></h2>\n<p>",
                              operation->name, operation->method, operation->path);
    escape(operation->summary, ret);
    mfn__buffer_append_text(
        ret, operation->is_public ? " <span class=\"key\">(no key needed)</span></p>\n" : "</p>\n");
    if (operation->request_size > 0) {
        write_fields(operation, ret);
        write_example(operation, ret);
    }
    mfn__buffer_append_text(ret, "</section>\n");
}

/* A stream looks like an operation whose fields are those of its subscription. */
static void write_stream(const mfn__stream_kind *kind, mfn__buffer *ret)
{
    const mfn__operation shown = {.name = kind->name,
                                  .method = "GET",
                                  .path = kind->path,
                                  .summary = kind->summary,
                                  .fields = kind->fields,
                                  .others = kind->others,
                                  .other_schemas = kind->other_schemas,
                                  .request_size = kind->request_size};
    write_operation(&shown, ret);
}

void mfn__docs_page_write(const mfn__operation *const *operations, mfn__buffer *ret)
{
    mfn__buffer_append_text(ret, head);
    mfn__buffer_append_text(ret, "<p class=\"key\">API version " MFN__API_VERSION "</p>\n");
    for (; *operations != NULL; operations++) {
        write_operation(*operations, ret);
    }
    for (const mfn__stream_kind *const *at = mfn__stream_kinds; *at != NULL; at++) {
        write_stream(*at, ret);
    }
    mfn__buffer_append_text(ret, "</body>\n</html>\n");
}
