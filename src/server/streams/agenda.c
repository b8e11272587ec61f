/* SPDX-License-Identifier: MIT */
#include "server/streams/agenda.h"

#include "base/mem.h"

#define FIRST_CAPACITY 64

void mfn__agenda_deinit(mfn__agenda *agenda)
{
    mfn__mem_free(agenda->heap);
    *agenda = (mfn__agenda){0};
}

static void put(mfn__agenda *agenda, size_t place, mfn__agenda_entry *entry)
{
    agenda->heap[place] = entry;
    entry->place = place;
}

static void rise(mfn__agenda *agenda, size_t place, mfn__agenda_entry *entry)
{
    while (place > 1 && agenda->heap[place / 2]->due_ns > entry->due_ns) {
        put(agenda, place, agenda->heap[place / 2]);
        place /= 2;
    }
    put(agenda, place, entry);
}

static void sink(mfn__agenda *agenda, size_t place, mfn__agenda_entry *entry)
{
    for (;;) {
        size_t child = 2 * place;
        if (child < agenda->count &&
            agenda->heap[child + 1]->due_ns < agenda->heap[child]->due_ns) {
            child++;
        }
        if (child > agenda->count || agenda->heap[child]->due_ns >= entry->due_ns) {
            break;
        }
        put(agenda, place, agenda->heap[child]);
        place = child;
    }
    put(agenda, place, entry);
}

mfn_status mfn__agenda_add(mfn__agenda *agenda, mfn__agenda_entry *entry)
{
    if (agenda->count + 1 >= agenda->capacity) {
        size_t capacity = agenda->capacity > 0 ? 2 * agenda->capacity : FIRST_CAPACITY;
        mfn__agenda_entry **heap =
            mfn__mem_resize(agenda->heap, capacity, sizeof(mfn__agenda_entry *));
        if (heap == NULL) {
            return MFN_NO_MEMORY;
        }
        agenda->heap = heap;
        agenda->capacity = capacity;
    }
    agenda->count++;
    rise(agenda, agenda->count, entry);
    return MFN_OK;
}

void mfn__agenda_remove(mfn__agenda *agenda, mfn__agenda_entry *entry)
{
    size_t place = entry->place;
    if (place == 0) {
        return;
    }
    mfn__agenda_entry *last = agenda->heap[agenda->count--];
    entry->place = 0;
    if (last == entry) {
        return;
    }
    if (place > 1 && agenda->heap[place / 2]->due_ns > last->due_ns) {
        rise(agenda, place, last);
    } else {
        sink(agenda, place, last);
    }
}

mfn__agenda_entry *mfn__agenda_first(const mfn__agenda *agenda)
{
    return agenda->count > 0 ? agenda->heap[1] : NULL;
}
