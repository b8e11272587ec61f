/* SPDX-License-Identifier: MIT */
/* The C library's C11 threads, made of POSIX threads. ThreadSanitizer follows those alone: in a
 * thread of librdkafka, which uses the others, it would crash. Linked into the test programs of a
 * build with that sanitizer, these take the place of the C library's. librdkafka itself is not
 * built with it: its atomic counters are not seen, so what it reports in there is ignored. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

const char *__tsan_default_suppressions(void);

const char *__tsan_default_suppressions(void)
{
    return "race:librdkafka.so\ncalled_from_lib:librdkafka.so\nmutex:librdkafka.so\n";
}

typedef struct start {
    thrd_start_t run;
    void *argument;
} start;

static int result_of(int code)
{
    switch (code) {
    case 0:
        return thrd_success;
    case EBUSY:
        return thrd_busy;
    case ETIMEDOUT:
        return thrd_timedout;
    case ENOMEM:
        return thrd_nomem;
    default:
        return thrd_error;
    }
}

static void *run_thread(void *opaque)
{
    start begun = *(start *)opaque;
    free(opaque);
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): the result of one kind inside of the other */
    return (void *)(intptr_t)begun.run(begun.argument);
}

int thrd_create(thrd_t *ret, thrd_start_t run, void *argument)
{
    start *begun = malloc(sizeof *begun);
    if (begun == NULL) {
        return thrd_nomem;
    }
    *begun = (start){run, argument};
    int code = pthread_create(ret, NULL, run_thread, begun);
    if (code != 0) {
        free(begun);
    }
    return result_of(code);
}

int thrd_join(thrd_t thread, int *ret)
{
    void *value = NULL;
    int code = pthread_join(thread, &value);
    if (ret != NULL) {
        *ret = (int)(intptr_t)value;
    }
    return result_of(code);
}

int thrd_detach(thrd_t thread)
{
    return result_of(pthread_detach(thread));
}

int mtx_init(mtx_t *mutex, int type)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, (type & mtx_recursive) != 0 ? PTHREAD_MUTEX_RECURSIVE
                                                                       : PTHREAD_MUTEX_NORMAL);
    int code = pthread_mutex_init((pthread_mutex_t *)mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return result_of(code);
}

void mtx_destroy(mtx_t *mutex)
{
    pthread_mutex_destroy((pthread_mutex_t *)mutex);
}

int mtx_lock(mtx_t *mutex)
{
    return result_of(pthread_mutex_lock((pthread_mutex_t *)mutex));
}

int mtx_trylock(mtx_t *mutex)
{
    return result_of(pthread_mutex_trylock((pthread_mutex_t *)mutex));
}

int mtx_unlock(mtx_t *mutex)
{
    return result_of(pthread_mutex_unlock((pthread_mutex_t *)mutex));
}

int cnd_init(cnd_t *condition)
{
    return result_of(pthread_cond_init((pthread_cond_t *)condition, NULL));
}

void cnd_destroy(cnd_t *condition)
{
    pthread_cond_destroy((pthread_cond_t *)condition);
}

int cnd_signal(cnd_t *condition)
{
    return result_of(pthread_cond_signal((pthread_cond_t *)condition));
}

int cnd_broadcast(cnd_t *condition)
{
    return result_of(pthread_cond_broadcast((pthread_cond_t *)condition));
}

int cnd_wait(cnd_t *condition, mtx_t *mutex)
{
    return result_of(pthread_cond_wait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex));
}

int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex,
                  const struct timespec *restrict end)
{
    return result_of(
        pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, end));
}
