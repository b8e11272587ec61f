/* SPDX-License-Identifier: MIT */
#include "codec/cloud_event.h"

#include "base/clock.h"

void mfn__cloud_event_attributes(const mfn__cloud_event *event,
                                 void (*put)(void *context, const char *name, const char *value),
                                 void *context)
{
    char time[MFN__TIME_TEXT_MAX];
    mfn__time_to_text(event->wall_ns, time);
    put(context, "specversion", "1.0");
    put(context, "id", event->id);
    put(context, "source", event->source);
    put(context, "type", event->type);
    if (event->subject != NULL && event->subject[0] != '\0') { /* must not be there and empty */
        put(context, "subject", event->subject);
    }
    put(context, "time", time);
    put(context, "datacontenttype", "application/json");
}

static void put_member(void *context, const char *name, const char *value)
{
    mfn__json_writer *json = context;
    mfn__json_key(json, name);
    mfn__json_text(json, value);
}

void mfn__cloud_event_write(const mfn__cloud_event *event, mfn__json_writer *json)
{
    mfn__json_object_begin(json);
    mfn__cloud_event_attributes(event, put_member, json);
    mfn__json_key(json, "data");
    mfn__json_raw_sized(json, event->data, event->data_size);
    mfn__json_object_end(json);
}
