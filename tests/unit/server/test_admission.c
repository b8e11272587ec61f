/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdatomic.h>

#include "base/mem.h"
#include "server/admission.h"
#include "suite.h"

static mfn__admission *admission_new(uint64_t threads, uint64_t cost_max, uint64_t pending_max,
                                     const mfn__clock *clock)
{
    const mfn__admission_options options = {threads, cost_max, pending_max, clock};
    mfn__admission *admission = NULL;
    mfn_error err = {0};
    ck_assert_msg(mfn__admission_new(&options, &admission, &err) == MFN_OK, "%s", err.text);
    return admission;
}

/* A door that work waits behind, so that tests decide when it is done. */
typedef struct door {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned behind; /* pieces that have begun */
    unsigned open_for;
} door;

static void door_init(door *self)
{
    *self = (door){0};
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->changed, NULL);
}

static void door_deinit(door *self)
{
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->mutex);
}

static void wait_behind(void *argument)
{
    door *self = argument;
    pthread_mutex_lock(&self->mutex);
    const unsigned number = self->behind++;
    pthread_cond_broadcast(&self->changed);
    while (self->open_for <= number) {
        pthread_cond_wait(&self->changed, &self->mutex);
    }
    pthread_mutex_unlock(&self->mutex);
}

static void door_open(door *self, unsigned count)
{
    pthread_mutex_lock(&self->mutex);
    self->open_for = count;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->mutex);
}

static void door_await(door *self, unsigned count)
{
    pthread_mutex_lock(&self->mutex);
    while (self->behind < count) {
        pthread_cond_wait(&self->changed, &self->mutex);
    }
    pthread_mutex_unlock(&self->mutex);
}

/* Until so many pieces are left; the state follows the end of the work by some instructions. */
static mfn__admission_state look_when_left(mfn__admission *admission, uint64_t left)
{
    mfn__admission_state state;
    do {
        mfn__admission_look(admission, &state);
    } while (state.waiting + state.running != left);
    return state;
}

START_TEST(lets_in_what_fits_and_turns_the_rest_away)
{
    door gate;
    door_init(&gate);
    mfn__admission *admission = admission_new(1, 100, 10, NULL);
    double retry_after_s = 0.0;
    ck_assert(mfn__admission_enter(admission, 60, wait_behind, &gate, &retry_after_s));
    door_await(&gate, 1);
    ck_assert(mfn__admission_enter(admission, 40, wait_behind, &gate, &retry_after_s));
    ck_assert(!mfn__admission_enter(admission, 1, wait_behind, &gate, &retry_after_s));
    ck_assert_double_ge(retry_after_s, 1.0);
    ck_assert(mfn__admission_enter(admission, 0, wait_behind, &gate, &retry_after_s));
    mfn__admission_state state;
    mfn__admission_look(admission, &state);
    ck_assert_uint_eq(state.running, 1);
    ck_assert_uint_eq(state.waiting, 2);
    ck_assert_uint_eq(state.pending_cost, 100);
    ck_assert_uint_eq(state.turned_away, 1);
    door_open(&gate, 1);
    state = look_when_left(admission, 2);
    ck_assert_uint_eq(state.pending_cost, 40);
    ck_assert(mfn__admission_enter(admission, 60, wait_behind, &gate, &retry_after_s));
    door_open(&gate, 4);
    state = look_when_left(admission, 0);
    ck_assert_uint_eq(state.pending_cost, 0);
    mfn__admission_free(admission);
    ck_assert_uint_eq(gate.behind, 4);
    door_deinit(&gate);
}
END_TEST

START_TEST(a_huge_piece_is_let_in_when_nothing_else_is_there)
{
    door gate;
    door_init(&gate);
    mfn__admission *admission = admission_new(2, 100, 10, NULL);
    double retry_after_s = 0.0;
    ck_assert(mfn__admission_enter(admission, UINT64_MAX, wait_behind, &gate, &retry_after_s));
    ck_assert(!mfn__admission_enter(admission, 0, wait_behind, &gate, &retry_after_s));
    ck_assert(!mfn__admission_enter(admission, UINT64_MAX, wait_behind, &gate, &retry_after_s));
    door_open(&gate, 1);
    look_when_left(admission, 0);
    ck_assert(mfn__admission_enter(admission, 1, wait_behind, &gate, &retry_after_s));
    ck_assert(!mfn__admission_enter(admission, 101, wait_behind, &gate, &retry_after_s));
    door_open(&gate, 2);
    mfn__admission_free(admission);
    door_deinit(&gate);
}
END_TEST

START_TEST(the_number_of_pieces_is_bounded_however_cheap_they_are)
{
    door gate;
    door_init(&gate);
    mfn__admission *admission = admission_new(2, 100, 3, NULL);
    double retry_after_s = 0.0;
    for (int i = 0; i < 3; i++) {
        ck_assert(mfn__admission_enter(admission, 0, wait_behind, &gate, &retry_after_s));
    }
    ck_assert(!mfn__admission_enter(admission, 0, wait_behind, &gate, &retry_after_s));
    ck_assert_double_ge(retry_after_s, 1.0);
    door_open(&gate, 3);
    mfn__admission_free(admission);
    ck_assert_uint_eq(gate.behind, 3);
    door_deinit(&gate);
}
END_TEST

typedef struct numbered {
    unsigned number;
    unsigned *next;
} numbered;

static void expect_turn(void *argument)
{
    const numbered *self = argument;
    ck_assert_uint_eq(*self->next, self->number);
    ++*self->next;
}

START_TEST(work_is_done_in_the_order_of_arrival)
{
    enum { PIECES = 200 };
    unsigned next = 0;
    numbered pieces[PIECES];
    mfn__admission *admission = admission_new(1, UINT64_MAX, 16, NULL);
    for (unsigned i = 0; i < PIECES; i++) { /* many times around the ring */
        pieces[i] = (numbered){i, &next};
        double retry_after_s = 0.0;
        while (!mfn__admission_enter(admission, 1, expect_turn, &pieces[i], &retry_after_s)) {
        }
    }
    mfn__admission_free(admission);
    ck_assert_uint_eq(next, PIECES);
}
END_TEST

/* A clock that work moves. */
typedef struct time_source {
    atomic_llong now_ns;
    int64_t step_ns;
} time_source;

static int64_t now_of(void *context)
{
    time_source *source = context;
    return atomic_load(&source->now_ns);
}

static void spend_time(void *argument)
{
    time_source *source = argument;
    atomic_fetch_add(&source->now_ns, source->step_ns);
}

static void work_alone(mfn__admission *admission, time_source *source, uint64_t cost, double s)
{
    double retry_after_s = 0.0;
    source->step_ns = (int64_t)(s * (double)MFN__NS_PER_S);
    ck_assert(mfn__admission_enter(admission, cost, spend_time, source, &retry_after_s));
    look_when_left(admission, 0);
}

START_TEST(the_measured_speed_tells_when_to_come_again)
{
    time_source source = {.now_ns = 5};
    const mfn__clock clock = {.monotonic_ns = now_of, .wall_ns = now_of, .context = &source};
    mfn__admission *admission = admission_new(1, 1000, 4, &clock);
    mfn__admission_state state;
    mfn__admission_look(admission, &state);
    ck_assert_double_eq(state.cost_per_s, 0.0);
    work_alone(admission, &source, 500, 5.0); /* 100 a second */
    mfn__admission_look(admission, &state);
    ck_assert_double_eq_tol(state.cost_per_s, 100.0, 1e-9);
    door gate;
    door_init(&gate);
    static const struct {
        const char *why;
        uint64_t cost;
        double wait_s;
    } cases[] = {
        {"600 too many", 700, 6.0},
        {"10 too many are done in no time, but seconds are what headers tell", 110, 1.0},
        {"one that never fits waits for all", 5000, 9.0},
    };
    double retry_after_s = 0.0;
    ck_assert(mfn__admission_enter(admission, 900, wait_behind, &gate, &retry_after_s));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert(
            !mfn__admission_enter(admission, cases[i].cost, wait_behind, &gate, &retry_after_s));
        ck_assert_msg(retry_after_s > cases[i].wait_s - 1e-6 &&
                          retry_after_s < cases[i].wait_s + 1e-6,
                      "%s: %f", cases[i].why, retry_after_s);
    }
    door_open(&gate, 1);
    mfn__admission_free(admission);
    door_deinit(&gate);
}
END_TEST

START_TEST(the_speed_follows_the_machine_and_small_pieces_do_not_rule_it)
{
    time_source source = {.now_ns = 5};
    const mfn__clock clock = {.monotonic_ns = now_of, .wall_ns = now_of, .context = &source};
    mfn__admission *admission = admission_new(4, 1000000, 4, &clock);
    mfn__admission_state state;
    work_alone(admission, &source, 1000, 1.0);
    mfn__admission_look(admission, &state);
    ck_assert_double_eq_tol(state.cost_per_s, 4000.0, 1e-6); /* of four threads */
    for (int i = 0; i < 20; i++) {
        work_alone(admission, &source, 0, 0.0001);
    }
    mfn__admission_look(admission, &state);
    ck_assert_double_gt(state.cost_per_s, 3900.0);
    for (int i = 0; i < 50; i++) {
        work_alone(admission, &source, 100, 1.0);
    }
    mfn__admission_look(admission, &state);
    ck_assert_double_lt(state.cost_per_s, 420.0);
    ck_assert_double_ge(state.cost_per_s, 400.0);
    mfn__admission_free(admission);
}
END_TEST

static void count_up(void *argument)
{
    atomic_fetch_add((atomic_uint *)argument, 1);
}

START_TEST(free_waits_for_all_that_was_let_in)
{
    for (int round = 0; round < 50; round++) {
        atomic_uint done = 0;
        mfn__admission *admission = admission_new(3, 1000, 100, NULL);
        for (int i = 0; i < 100; i++) {
            double retry_after_s = 0.0;
            ck_assert(mfn__admission_enter(admission, 10, count_up, &done, &retry_after_s));
        }
        mfn__admission_free(admission);
        ck_assert_uint_eq(done, 100);
    }
}
END_TEST

enum { GUESTS = 4, TRIES = 5000, COST_MAX = 50, PENDING_MAX = 20 };

typedef struct guest {
    mfn__admission *admission;
    atomic_uint *done;
    unsigned let_in, turned_away;
} guest;

static void *come_in(void *argument)
{
    guest *self = argument;
    for (unsigned i = 0; i < TRIES; i++) {
        double retry_after_s = 0.0;
        if (mfn__admission_enter(self->admission, i % 30, count_up, self->done, &retry_after_s)) {
            self->let_in++;
        } else {
            self->turned_away++;
        }
        mfn__admission_state state;
        mfn__admission_look(self->admission, &state);
        ck_assert_uint_le(state.waiting + state.running, PENDING_MAX);
        ck_assert_uint_le(state.pending_cost, COST_MAX);
    }
    return NULL;
}

START_TEST(threads_lose_no_work_and_stay_within_bounds)
{
    atomic_uint done = 0;
    mfn__admission *admission = admission_new(2, COST_MAX, PENDING_MAX, NULL);
    pthread_t threads[GUESTS];
    guest guests[GUESTS];
    unsigned let_in = 0, turned_away = 0;
    for (int i = 0; i < GUESTS; i++) {
        guests[i] = (guest){.admission = admission, .done = &done};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, come_in, &guests[i]), 0);
    }
    for (int i = 0; i < GUESTS; i++) {
        pthread_join(threads[i], NULL);
        let_in += guests[i].let_in;
        turned_away += guests[i].turned_away;
    }
    mfn__admission_state state;
    mfn__admission_look(admission, &state);
    ck_assert_uint_eq(state.turned_away, turned_away);
    mfn__admission_free(admission);
    ck_assert_uint_eq(done, let_in);
    ck_assert_uint_eq(let_in + turned_away, GUESTS * TRIES);
}
END_TEST

START_TEST(new_refuses_options_and_survives_failure_of_every_allocation)
{
    static const struct {
        mfn__admission_options options;
        const char *field;
    } cases[] = {
        {{0, 1, 1, NULL}, "threads"},
        {{100000, 1, 1, NULL}, "threads"},
        {{1, 1, 0, NULL}, "pending_max"},
        {{1, 1, UINT64_MAX, NULL}, "pending_max"},
    };
    mfn__admission *admission = NULL;
    mfn_error err = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_int_eq(mfn__admission_new(&cases[i].options, &admission, &err), MFN_INVALID);
        ck_assert_str_eq(err.field, cases[i].field);
    }
    const mfn__admission_options options = {2, 10, 10, NULL};
    int64_t allocations = 0;
    for (;; allocations++) {
        mfn__mem_fail_after(allocations);
        mfn_status status = mfn__admission_new(&options, &admission, &err);
        mfn__mem_fail_after(-1);
        if (status == MFN_OK) {
            break;
        }
        ck_assert_int_eq(status, MFN_NO_MEMORY);
        ck_assert_ptr_null(admission);
    }
    ck_assert_int_eq(allocations, 3);
    mfn__admission_free(admission);
    mfn__admission_free(NULL);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {lets_in_what_fits_and_turns_the_rest_away,
                            a_huge_piece_is_let_in_when_nothing_else_is_there,
                            the_number_of_pieces_is_bounded_however_cheap_they_are,
                            work_is_done_in_the_order_of_arrival,
                            the_measured_speed_tells_when_to_come_again,
                            the_speed_follows_the_machine_and_small_pieces_do_not_rule_it,
                            free_waits_for_all_that_was_let_in,
                            threads_lose_no_work_and_stay_within_bounds,
                            new_refuses_options_and_survives_failure_of_every_allocation,
                            NULL};
    return mfn_test_run("admission", tests);
}
