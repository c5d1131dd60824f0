/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * test-live.c -- readers while the trie is swapped under them
 *
 * A trie's pages are made inaccessible as soon as the swap has given it back, and closed some swaps
 * later: a reader that still has it dies of it, with or without a sanitizer.
 *
 * BT_LOOKUPS is the number of lookups of the long test, 10 million without it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "build.h"
#include "live.h"
#include "policy-build.h"
#include "random.h"
#include "trie.h"

enum {
	KINDS = 8,     /* of tries, which differ in the class of all their names */
	NAMES = 200,   /* in each: `example` and names below it */
	RETIRED = 8,   /* tries that wait to be closed */
	READERS = 2,   /* of the long test */
	CHANGES = 10,  /* of the trie, that each reader sees at least */
	SECONDS = 120, /* until a test that hangs has failed */
};

/* ---- tries: every name of one has the same class, and no two kinds have a class in common ---- */

struct kind {
	void *bytes;
	size_t size;
	uint32_t class_id;
	uint64_t digest;
};

struct edition {
	struct bt_trie *trie;
	void *bytes; /* whole pages; the trie's */
	size_t room;
};

static struct bt_key keys[NAMES];
static struct kind kinds[KINDS];
static uint64_t seed;

static int compare(const void *x, const void *y)
{
	const struct bt_key *a = x, *b = y;
	int order = memcmp(a->bytes, b->bytes, a->len < b->len ? a->len : b->len);
	return order != 0 ? order : a->len - b->len;
}

static void make_keys(void)
{
	for (unsigned i = 0; i < NAMES; i++) {
		char text[32] = "example";
		if (i > 0)
			snprintf(text, sizeof(text), "n%u.example", i);
		assert_int_equal(bt_key_from_text(&keys[i], text, strlen(text)), BT_NAME_OK);
	}
	qsort(keys, NAMES, sizeof(keys[0]), compare);
}

static void make_policy(void **bytes, size_t *size)
{
	struct bt_policy_builder *builder;
	struct bt_err err;
	const struct bt_sinkhole sinkhole = {.has_ipv4 = true, .ttl = 10};
	assert_true(bt_policy_builder_new(&builder, &sinkhole, &err));
	for (unsigned i = 0; i < KINDS; i++) {
		char name[16];
		snprintf(name, sizeof(name), "list%u", i);
		const struct bt_list_info list = {.name = name};
		assert_true(bt_policy_add_list(builder, &list, &err));
		const struct bt_member member = {.list = (uint16_t)i, .scope = BT_SCOPE_SUBTREE};
		assert_true(bt_policy_add_class(builder, &member, 1, &kinds[i].class_id, &err));
	}
	assert_true(bt_policy_build(builder, bytes, size, &err));
	bt_policy_builder_free(&builder);
}

static struct edition open_edition(unsigned number)
{
	const struct kind *kind = &kinds[number % KINDS];
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct edition edition = {.room = (kind->size + page - 1) / page * page};
	struct bt_err err = {""};
	edition.bytes = aligned_alloc(page, edition.room);
	assert_non_null(edition.bytes);
	memcpy(edition.bytes, kind->bytes, kind->size);
	if (!bt_trie_open(&edition.trie, edition.bytes, kind->size, &err))
		fail_msg("%s", err.text);
	return edition;
}

static void close_edition(struct edition *edition)
{
	if (edition->trie != NULL)
		assert_int_equal(
		    mprotect(edition->bytes, edition->room, PROT_READ | PROT_WRITE), 0);
	bt_trie_close(&edition->trie);
}

static int set_up(void **state)
{
	(void)state;
	struct bt_build_name names[NAMES];
	struct bt_err err = {""};
	void *policy;
	size_t policy_size;
	make_keys();
	make_policy(&policy, &policy_size);
	for (unsigned k = 0; k < KINDS; k++) {
		for (unsigned i = 0; i < NAMES; i++)
			names[i] = (struct bt_build_name){.key = keys[i].bytes,
			    .key_size = keys[i].len,
			    .class_id = kinds[k].class_id};
		if (!bt_build(
			&kinds[k].bytes, &kinds[k].size, names, NAMES, policy, policy_size, &err))
			fail_msg("%s", err.text);
		struct edition edition = open_edition(k);
		kinds[k].digest = bt_trie_digest(edition.trie);
		close_edition(&edition);
	}
	free(policy);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (unsigned k = 0; k < KINDS; k++)
		free(kinds[k].bytes);
	return 0;
}

/* ---- what was swapped out ---- */

static struct edition retired[RETIRED];
static struct sigaction first; /* what SIGSEGV did when the program began */

static void retire(struct edition edition, unsigned number)
{
	const struct kind *kind = &kinds[number % KINDS];
	close_edition(&retired[number % RETIRED]);
	/* What is there already, but a write, for ThreadSanitizer to see. */
	memcpy(edition.bytes, kind->bytes, kind->size);
	assert_int_equal(mprotect(edition.bytes, edition.room, PROT_NONE), 0);
	retired[number % RETIRED] = edition;
}

static void close_retired(void)
{
	for (unsigned i = 0; i < RETIRED; i++)
		close_edition(&retired[i]);
}

static void on_fault(int number, siginfo_t *info, void *context)
{
	static const char text[] = "a reader has a trie that was swapped out\n";
	(void)number, (void)context;
	for (unsigned i = 0; i < RETIRED; i++)
		if ((uintptr_t)info->si_addr - (uintptr_t)retired[i].bytes < retired[i].room) {
			(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
			_exit(1);
		}
	sigaction(SIGSEGV, &first, NULL); /* it happens again */
}

/* In the test itself: cmocka puts a handler of its own in place before each. */
static void say_what_faults(void)
{
	const struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
	assert_int_equal(sigaction(SIGSEGV, &action, NULL), 0);
}

/* A swap that waits lets no signal through; in a thread that does nothing, SIGALRM ends the test.
 */
static void *wait_for_alarm(void *arg)
{
	while (pause() < 0)
		;
	return arg;
}

static int begin_test(void **state)
{
	(void)state;
	alarm(SECONDS);
	return 0;
}

static int end_test(void **state)
{
	(void)state;
	alarm(0);
	return 0;
}

/* ---- readers: they say what is wrong, for the test's own thread to fail with ---- */

static const struct kind *find_kind(const struct bt_trie *trie)
{
	for (unsigned i = 0; i < KINDS; i++)
		if (kinds[i].digest == bt_trie_digest(trie))
			return &kinds[i];
	return NULL;
}

/* NULL, or what is wrong. */
static const char *look_up(const struct bt_trie *trie, const struct kind *kind, unsigned number)
{
	struct bt_match matches[BT_MATCHES_MAX];
	const struct bt_key *key = &keys[number % NAMES];
	unsigned count = bt_trie_match(trie, key, matches);
	if (count != key->labels)
		return "a lookup has too few matches or too many";
	for (unsigned i = 0; i < count; i++)
		if (matches[i].class_id != kind->class_id)
			return "a read section has lookups from two tries";
	return NULL;
}

static const char *look_up_many(const struct bt_trie *trie, unsigned lookups, uint64_t *numbers)
{
	const char *wrong = NULL;
	const struct kind *kind = find_kind(trie);
	if (kind == NULL)
		return "a trie has a digest that none of the tries has";
	for (unsigned i = 0; wrong == NULL && i < lookups; i++)
		wrong = look_up(trie, kind, (unsigned)random_next(numbers));
	return wrong;
}

static void expect_live(struct bt_live *live, const struct bt_trie *trie)
{
	assert_ptr_equal(bt_live_enter(live), trie);
	bt_live_leave();
}

/* ---- tests ---- */

static void test_swap(void **state)
{
	(void)state;
	struct bt_live live = {NULL};
	struct edition a = open_edition(0), b = open_edition(1);
	expect_live(&live, NULL);
	assert_null(bt_live_swap(&live, a.trie));
	expect_live(&live, a.trie);
	assert_ptr_equal(bt_live_swap(&live, b.trie), a.trie);
	expect_live(&live, b.trie);
	assert_ptr_equal(bt_live_swap(&live, NULL), b.trie);
	expect_live(&live, NULL);
	close_edition(&a);
	close_edition(&b);
}

static void test_two_at_once(void **state)
{
	(void)state;
	struct bt_live one = {NULL}, other = {NULL};
	struct edition a = open_edition(0), b = open_edition(1);
	bt_live_swap(&one, a.trie);
	bt_live_swap(&other, b.trie);
	assert_ptr_equal(bt_live_enter(&one), a.trie);
	assert_ptr_equal(bt_live_enter(&other), b.trie);
	bt_live_leave();
	bt_live_leave();
	close_edition(&a);
	close_edition(&b);
}

struct slow {
	struct bt_live *live;
	atomic_bool inside, leaving;
	const char *wrong;
};

/* Stays in a read section long after it saw that there is a newer trie. */
static void *read_slowly(void *arg)
{
	struct slow *slow = arg;
	uint64_t numbers = seed;
	const struct bt_trie *trie = bt_live_enter(slow->live), *newer = trie;
	slow->inside = true;
	while (newer == trie) {
		newer = bt_live_enter(slow->live);
		bt_live_leave();
	}
	slow->wrong = look_up_many(trie, 50000, &numbers);
	slow->leaving = true;
	bt_live_leave();
	return NULL;
}

static void test_waits_for_reader(void **state)
{
	(void)state;
	struct bt_live live = {NULL};
	struct slow slow = {.live = &live};
	struct edition a = open_edition(0), b = open_edition(1);
	pthread_t thread;
	bt_live_swap(&live, a.trie);
	assert_int_equal(pthread_create(&thread, NULL, read_slowly, &slow), 0);
	while (!slow.inside)
		sched_yield();
	assert_ptr_equal(bt_live_swap(&live, b.trie), a.trie);
	bool had_left = slow.leaving;
	pthread_join(thread, NULL);
	assert_true(had_left);
	if (slow.wrong != NULL)
		fail_msg("%s", slow.wrong);
	close_edition(&a);
	close_edition(&b);
}

struct idle {
	struct bt_live *live;
	sem_t ready, enough;
};

static void *be_idle(void *arg)
{
	struct idle *idle = arg;
	bt_live_register();
	(void)bt_live_enter(idle->live);
	bt_live_leave();
	sem_post(&idle->ready);
	sem_wait(&idle->enough);
	return NULL;
}

/* Swaps in the child, where the idle threads are not any more. */
static void swap_after_fork(struct bt_live *live, struct bt_trie *trie)
{
	int status;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		bt_live_swap(live, trie);
		bool right = bt_live_enter(live) == trie;
		bt_live_leave();
		_exit(right ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* Threads hold nobody up that are in no read section, or ended; and they can be many. */
static void test_idle_threads(void **state)
{
	(void)state;
	enum { THREADS = 40 };
	struct bt_live live = {NULL};
	struct idle idle = {.live = &live};
	struct edition a = open_edition(0);
	pthread_t threads[THREADS];
	sem_init(&idle.ready, 0, 0);
	sem_init(&idle.enough, 0, 0);
	for (unsigned round = 0; round < 5; round++) {
		for (unsigned i = 0; i < THREADS; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, be_idle, &idle), 0);
		for (unsigned i = 0; i < THREADS; i++)
			sem_wait(&idle.ready);
		assert_null(bt_live_swap(&live, a.trie));
		swap_after_fork(&live, NULL);
		for (unsigned i = 0; i < THREADS; i++)
			sem_post(&idle.enough);
		for (unsigned i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
		assert_ptr_equal(bt_live_swap(&live, NULL), a.trie);
	}
	close_edition(&a);
	sem_destroy(&idle.ready);
	sem_destroy(&idle.enough);
}

/* ---- two readers and a writer ---- */

struct reader {
	struct bt_live *live;
	pthread_t thread;
	uint64_t numbers;
	uint64_t wanted, lookups;
	uint64_t sections, changes;
	const char *wrong;
	atomic_bool done;
};

/* One read section, now and then with another one in it. */
static const char *read_once(struct reader *reader, const struct bt_trie **trie)
{
	*trie = bt_live_enter(reader->live);
	unsigned lookups = 1 + random_below(&reader->numbers, 16);
	const char *wrong = look_up_many(*trie, lookups, &reader->numbers);
	if (wrong == NULL && lookups == 1) {
		const struct bt_trie *inner = bt_live_enter(reader->live);
		wrong = look_up_many(inner, 1, &reader->numbers);
		bt_live_leave();
		if (wrong == NULL)
			wrong = look_up_many(*trie, 1, &reader->numbers);
		lookups = 3;
	}
	bt_live_leave();
	reader->lookups += lookups;
	reader->sections++;
	return wrong;
}

static void *read_on(void *arg)
{
	struct reader *reader = arg;
	const struct bt_trie *trie, *last = NULL;
	while (reader->wrong == NULL &&
	       (reader->lookups < reader->wanted || reader->changes < CHANGES)) {
		reader->wrong = read_once(reader, &trie);
		reader->changes += trie != last; /* compared only */
		last = trie;
	}
	reader->done = true;
	return NULL;
}

static bool all_done(struct reader readers[READERS])
{
	for (unsigned i = 0; i < READERS; i++)
		if (!readers[i].done)
			return false;
	return true;
}

static unsigned swap_until_done(
    struct bt_live *live, struct edition current, struct reader readers[READERS])
{
	unsigned swaps = 0;
	while (!all_done(readers)) {
		struct edition next = open_edition(swaps + 1);
		assert_ptr_equal(bt_live_swap(live, next.trie), current.trie);
		retire(current, swaps++);
		current = next;
	}
	assert_ptr_equal(bt_live_swap(live, NULL), current.trie);
	close_edition(&current);
	return swaps;
}

static void test_lookups(void **state)
{
	(void)state;
	struct bt_live live = {NULL};
	struct reader readers[READERS] = {0};
	const char *given = getenv("BT_LOOKUPS");
	uint64_t wanted = given != NULL ? strtoull(given, NULL, 10) : 10000000;
	struct edition edition = open_edition(0);
	struct timespec start, end;
	alarm(SECONDS + (unsigned)(wanted / 20000));
	say_what_faults();
	clock_gettime(CLOCK_MONOTONIC, &start);
	bt_live_swap(&live, edition.trie);
	for (unsigned i = 0; i < READERS; i++) {
		readers[i].live = &live;
		readers[i].numbers = seed + i;
		readers[i].wanted = wanted / READERS;
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_on, &readers[i]), 0);
	}
	unsigned swaps = swap_until_done(&live, edition, readers);
	for (unsigned i = 0; i < READERS; i++)
		pthread_join(readers[i].thread, NULL);
	close_retired();
	clock_gettime(CLOCK_MONOTONIC, &end);
	double seconds =
	    (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
	for (unsigned i = 0; i < READERS; i++) {
		printf("reader %u: %llu lookups in %llu read sections saw %llu changes of trie\n",
		    i, (unsigned long long)readers[i].lookups,
		    (unsigned long long)readers[i].sections,
		    (unsigned long long)readers[i].changes);
		if (readers[i].wrong != NULL)
			fail_msg("%s", readers[i].wrong);
	}
	printf("%u swaps in %.2f s\n", swaps, seconds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_swap, begin_test, end_test),
	    cmocka_unit_test_setup_teardown(test_two_at_once, begin_test, end_test),
	    cmocka_unit_test_setup_teardown(test_waits_for_reader, begin_test, end_test),
	    cmocka_unit_test_setup_teardown(test_idle_threads, begin_test, end_test),
	    cmocka_unit_test_setup_teardown(test_lookups, begin_test, end_test),
	};
	pthread_t thread;
	seed = random_seed();
	if (pthread_create(&thread, NULL, wait_for_alarm, NULL) != 0)
		return 1;
	sigaction(SIGSEGV, NULL, &first);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
