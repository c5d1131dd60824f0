/* SPDX-License-Identifier: BSD-3-Clause */
/* test-recover.c -- what a process that died left of its events */

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "drain.h"
#include "writers.h"

/* ---- from a ring to a segment ---- */

/* An event that comes while one looks for losses is none. */
static void test_tail(void **state)
{
	(void)state;
	struct bt_drain drain = {0};
	struct bt_segment_writer *segment = NULL;
	struct bt_policy_store *policies = NULL;
	struct bt_event event = make_event("bad.example", 1, 1);
	struct bt_err err;
	check(err, bt_ring_create(&drain.ring, in(folder, "ring"), 5, 0, 4, &err));
	check(err, bt_policy_store_new(&policies, folder, &err));
	check(err, bt_segment_create(&segment, folder, "dns1", 5, 0, 0, &err));
	bt_drain_begin(&drain);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(bt_ring_push(drain.ring, &event), i < 4);
	check(err, bt_drain_take(&drain, 1, segment, policies, 0, &err));
	check(err, bt_drain_tail(&drain, segment, 0, &err));
	assert_int_equal(drain.next, 2);
	check(err, bt_drain_take(&drain, 10, segment, policies, 0, &err));
	assert_int_equal(drain.pending, 4);
	assert_int_equal(drain.next, 5);
	check(err, bt_drain_tail(&drain, segment, 0, &err)); /* two are lost */
	assert_int_equal(drain.next, 7);
	bt_drain_done(&drain);
	assert_int_equal(bt_ring_taken(drain.ring), 4);
	check(err, bt_segment_close(&segment, &err));
	bt_policy_store_free(&policies);
	bt_ring_close(&drain.ring);
}

/* ---- what a dead process left ---- */

static void kill_child(pid_t child)
{
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

/* Nothing of it in the log yet, the policy's name neither. */
static void test_leftover_rings(void **state)
{
	(void)state;
	_Atomic int *ready =
	    mmap(NULL, sizeof(*ready), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(ready, MAP_FAILED);
	block_events();
	pid_t child = fork_child();
	if (child == 0) {
		struct bt_writer *writer = start(2);
		for (uint32_t i = 0; i < SLOTS + 5; i++)
			push(writer, 0, i);
		for (uint32_t i = 0; i < 3; i++)
			push(writer, 1, i);
		*ready = 1;
		for (;;)
			pause();
	}
	await(*ready == 1);
	kill_child(child);
	munmap(ready, sizeof(*ready));
	unblock_events();
	put_file(in(folder, "ring-00000000000000aa-0.new"), "", 0);

	struct bt_writer *writer = start(1);
	expect_events(SLOTS + 3, 5); /* as soon as the start returns */
	assert_int_equal(count_files(folder, "ring-"), 1);
	assert_true(was_said("recovered"));
	bt_writer_stop(&writer);
	expect_events(SLOTS + 3, 5);
}

/* Segment `number` of boot 5, with events `first` to `last` of its ring 0. */
static void make_segment(uint32_t number, uint64_t first, uint64_t last)
{
	struct bt_segment_writer *segment = NULL;
	struct bt_err err;
	size_t size;
	const void *bytes = bt_policy_bytes(policy, &size);
	check(err, bt_segment_create(&segment, in(folder, "events"), "dns1", 5, number, 0, &err));
	check(err, bt_segment_policy(segment, POLICY, bytes, size, &err));
	for (uint64_t n = first; n <= last; n++) {
		struct bt_event event = make_event("bad.example", (uint32_t)n, (int64_t)n);
		check(err, bt_segment_event(segment, 5, 0, n, &event, &err));
	}
	check(err, bt_segment_close(&segment, &err));
}

/* Killed after the block was written and before the ring heard of that: not a second time. */
static void test_half_taken(void **state)
{
	(void)state;
	struct bt_ring *ring = NULL;
	struct bt_err err;
	assert_int_equal(mkdir(in(folder, "events"), 0700), 0);
	make_segment(8, 1, 2);
	make_segment(9, 3, 6);
	make_segment(10, 1, 0); /* begun by a start that was killed as well */
	check(err, bt_ring_create(&ring, in(folder, "ring-0000000000000005-0"), 5, 0, 16, &err));
	for (uint32_t n = 1; n <= 18; n++) {
		struct bt_event event = make_event("bad.example", n, n);
		assert_int_equal(bt_ring_push(ring, &event), n <= 16);
	}
	bt_ring_done(ring, 2);
	bt_ring_close(&ring);
	size_t size;
	const void *bytes = bt_policy_bytes(policy, &size);
	put_file(in(folder, "policy-0000000000000077"), bytes, size);

	struct bt_writer *writer = start(1);
	assert_int_equal(count_files(folder, "ring-0000000000000005"), 0);
	assert_int_equal(count_files(in(folder, "events"), "0000000000000005-000011.seg"), 1);
	expect_events(16, 2); /* and no duplicates */
	bt_writer_stop(&writer);
}

static void test_foreign_ring(void **state)
{
	(void)state;
	put_file(in(folder, "ring-00000000000000aa-0"), "no ring", 7);
	struct bt_writer *writer = start(1);
	push_all(writer, 0, 1);
	bt_writer_stop(&writer);
	assert_true(was_said("is not a ring"));
	assert_int_equal(count_files(folder, "ring-"), 1); /* not ours to remove */
	expect_events(1, 0);
}

static void test_torn_segment(void **state)
{
	(void)state;
	pid_t child = fork_child();
	if (child == 0) {
		struct bt_writer *writer = start(1);
		push_all(writer, 0, 5);
		for (;;)
			pause();
	}
	await(count_files(in(folder, "events"), ".open") == 1 && report_of(folder).hits == 5);
	kill_child(child);
	/* As if it had died half-way through its last write, before the ring heard of that. */
	struct bt_segment_file *files;
	size_t count;
	struct bt_err err;
	check(err, bt_segment_files(in(folder, "events"), &files, &count, &err));
	assert_int_equal(count, 1);
	int fd = open(files[0].path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "TBLK\2\0\0\0 half", 13), 13);
	close(fd);
	bt_segment_files_free(&files, count);
	struct bt_writer *writer = start(1);
	assert_true(was_said("cut 13 octets"));
	bt_writer_stop(&writer);
	expect_events(5, 0);
}

/* ---- kill -9 at any moment ---- */

enum { ROUNDS = 40, RINGS = 2 };

/* What the children of all rounds did, in memory that outlives them. */
struct account {
	struct {
		_Atomic uint32_t begun, done; /* calls of push */
		_Atomic uint32_t refused;     /* of those done */
	} ring[RINGS];
};

struct pusher {
	struct bt_writer *writer;
	struct account *account;
	unsigned ring, round;
};

static void *push_for_ever(void *arg)
{
	struct pusher *p = arg;
	uint64_t numbers = seed + p->round * RINGS + p->ring;
	for (uint32_t n = 0;; n++) {
		uint32_t client = p->round << 17 | p->ring << 16 | (n & 0xffff);
		p->account->ring[p->ring].begun = n + 1;
		if (!push(p->writer, p->ring, client))
			p->account->ring[p->ring].refused++;
		p->account->ring[p->ring].done = n + 1;
		if (n % 64 == 0)
			usleep(random_below(&numbers, 2000));
	}
	return NULL;
}

static void run_child(struct account *account, unsigned round)
{
	struct bt_writer_options how = options(RINGS);
	how.segment_size = 16384;
	struct bt_writer *writer = start_with(&how);
	struct pusher pushers[RINGS];
	pthread_t threads[RINGS];
	for (unsigned i = 0; i < RINGS; i++) {
		pushers[i] = (struct pusher){writer, account, i, round};
		pthread_create(&threads[i], NULL, push_for_ever, &pushers[i]);
	}
	for (;;)
		pause();
}

/* The events of one ring in one round: each that came back, once; none that was not begun. */
struct tally {
	uint32_t events[ROUNDS][RINGS];
	uint8_t *seen; /* by client */
};

static bool count_event(void *ctx, const struct bt_segment_event *record)
{
	struct tally *tally = ctx;
	const uint8_t *client = record->event.client;
	uint32_t number = (uint32_t)client[13] << 16 | (uint32_t)client[14] << 8 | client[15];
	if (tally->seen[number]++)
		fail_msg("event %x is there twice", number);
	tally->events[number >> 17][number >> 16 & 1]++;
	return true;
}

static void read_all(struct tally *tally)
{
	const struct bt_segment_visitor visitor = {.event = count_event, .ctx = tally};
	struct bt_segment_file *files;
	size_t count;
	struct bt_err err;
	check(err, bt_segment_files(in(folder, "events"), &files, &count, &err));
	for (size_t i = 0; i < count; i++)
		check(err, bt_segment_read(files[i].path, &visitor, &err));
	bt_segment_files_free(&files, count);
}

static void test_kill(void **state)
{
	(void)state;
	uint64_t numbers = seed, events = 0, lost_at_least = 0, lost_at_most = 0;
	struct account *accounts = mmap(NULL, ROUNDS * sizeof(*accounts), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct tally *tally = calloc(1, sizeof(*tally));
	assert_ptr_not_equal(accounts, MAP_FAILED);
	assert_non_null(tally);
	tally->seen = calloc(1, 1 << 24);
	assert_non_null(tally->seen);
	assert_true(ROUNDS <= 128);

	for (unsigned round = 0; round < ROUNDS; round++) {
		pid_t child = fork_child();
		if (child == 0)
			run_child(&accounts[round], round);
		/* Now and then while it still clears up after the one before. */
		bool early = random_below(&numbers, 3) == 0;
		if (!early)
			await(accounts[round].ring[0].begun > 0);
		usleep(random_below(&numbers, early ? 20000 : 120000));
		kill_child(child);
	}
	struct bt_writer *writer = start(1);
	bt_writer_stop(&writer);
	assert_int_equal(count_files(folder, "ring-"), 0);
	read_all(tally);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < RINGS; i++) {
			uint32_t there = tally->events[round][i];
			uint32_t begun = accounts[round].ring[i].begun;
			uint32_t done = accounts[round].ring[i].done;
			uint32_t refused = accounts[round].ring[i].refused;
			/* The last push may have been cut off, after it or before it was counted.
			 */
			if (there < done - refused || there > begun - refused)
				fail_msg("round %u ring %u: %u of %u events, %u refused", round, i,
				    there, begun, refused);
			events += there;
			lost_at_least += refused;
			lost_at_most += refused + (begun - done);
		}
	}
	struct totals totals = report_of(folder);
	assert_int_equal(totals.coverage.events, events);
	assert_int_equal(totals.coverage.duplicates, 0);
	assert_int_equal(totals.endpoints, events);
	assert_string_equal(totals.list, "alpha");
	assert_in_range(totals.coverage.lost, lost_at_least, lost_at_most);
	assert_true(events > 1000);
	free(tally->seen);
	free(tally);
	munmap(accounts, ROUNDS * sizeof(*accounts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    test(test_tail),
	    test(test_leftover_rings),
	    test(test_half_taken),
	    test(test_foreign_ring),
	    test(test_torn_segment),
	    test(test_kill),
	};
	seed = random_seed();
	return cmocka_run_group_tests(tests, open_policy, close_policy);
}
