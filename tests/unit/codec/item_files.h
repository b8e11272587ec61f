/* SPDX-License-Identifier: MIT */
/* Files and pipes for the tests of the item reader. */
#ifndef MFN_TEST_ITEM_FILES_H
#define MFN_TEST_ITEM_FILES_H

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "codec/item_reader.h"
#include "suite.h"

#define MAX_ITEM 64

/* A file that lives in memory and holds `text`. */
static inline int file_with(const char *text, size_t size)
{
    int descriptor = memfd_create("items", MFD_CLOEXEC);
    ck_assert_int_ge(descriptor, 0);
    for (size_t done = 0; done < size;) {
        ssize_t written = write(descriptor, text + done, size - done);
        ck_assert_int_gt(written, 0);
        done += (size_t)written;
    }
    ck_assert_int_eq(lseek(descriptor, 0, SEEK_SET), 0);
    return descriptor;
}

static inline mfn__item_reader *open_reader(int descriptor, const char *name,
                                            mfn__item_format format, size_t max_item)
{
    mfn__item_reader *reader = NULL;
    mfn_error err = {.status = MFN_OK};
    mfn_status status = mfn__item_reader_new(descriptor, name, format, max_item, &reader, &err);
    ck_assert_msg(status == MFN_OK, "%s", err.text);
    return reader;
}

/* What a thread writes into a pipe, `step` bytes a time. */
typedef struct pipe_feed {
    int descriptor;
    const char *text;
    size_t size, step;
    uint64_t repeat;
    const char *before, *between, *after;
} pipe_feed;

static inline void write_piece(int descriptor, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t written = write(descriptor, text, size);
        if (written <= 0) {
            return; /* the reader is gone: its test fails on its own */
        }
        text += written;
        size -= (size_t)written;
    }
}

static inline void *feed_pipe(void *context)
{
    const pipe_feed *feed = context;
    write_piece(feed->descriptor, feed->before, strlen(feed->before));
    for (uint64_t round = 0; round < feed->repeat; round++) {
        if (round > 0) {
            write_piece(feed->descriptor, feed->between, strlen(feed->between));
        }
        for (size_t done = 0; done < feed->size; done += feed->step) {
            size_t left = feed->size - done;
            write_piece(feed->descriptor, feed->text + done, left < feed->step ? left : feed->step);
        }
    }
    write_piece(feed->descriptor, feed->after, strlen(feed->after));
    close(feed->descriptor);
    return NULL;
}

/* In packet mode each read returns what one write brought. */
static inline pthread_t start_feed(pipe_feed *feed, bool packets, int *ret_descriptor)
{
    int ends[2];
    pthread_t thread;
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC | (packets ? O_DIRECT : 0)), 0);
    feed->descriptor = ends[1];
    ck_assert_int_eq(pthread_create(&thread, NULL, feed_pipe, feed), 0);
    *ret_descriptor = ends[0];
    return thread;
}

#endif
