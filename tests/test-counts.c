/* SPDX-License-Identifier: BSD-3-Clause */
/* test-counts.c -- hits without an event: from the worker to the report, each once */

#include <stdatomic.h>
#include <sys/mman.h>

#include "network.h"
#include "rollup.h"
#include "writers.h"

enum { BOOT = 0x1234, TIME = 1700000000 };

#define MS(seconds) ((TIME + (int64_t)(seconds)) * 1000)

/* An event that this list alone has, and decides. */
static struct bt_event event_of(unsigned list, uint64_t digest, uint32_t client)
{
	struct bt_event event = make_event("bad.example", client, MS(0));
	event.policy = digest;
	event.list = (uint16_t)list;
	event.matches[0].class_id = (1u << list) - 1;
	return event;
}

/* ---- what a report says of the lists ---- */

struct sums {
	uint64_t hits[TEST_LISTS + 1]; /* of rows; the last is any other, such as "?" */
	uint64_t counted[TEST_LISTS + 1], lost[TEST_LISTS + 1];
	struct bt_report_coverage coverage;
};

static unsigned list_named(const char *name)
{
	unsigned list = 0;
	while (list < TEST_LISTS && strcmp(test_lists[list], name) != 0)
		list++;
	return list;
}

static struct sums sums_of(const struct bt_report_options *options, const char *first, ...)
{
	struct sums sums = {0};
	struct bt_report *report;
	const struct bt_report_row *rows;
	struct bt_report_counted list;
	size_t count;
	struct bt_err err;
	va_list folders;
	va_start(folders, first);
	check(err, bt_report_new(&report, options, &err));
	for (const char *at = first; at != NULL; at = va_arg(folders, const char *))
		check(err, bt_report_read(report, at, &err));
	va_end(folders);
	if (bt_report_problem(report, 0) != NULL)
		fail_msg("%s", bt_report_problem(report, 0));
	check(err, bt_report_rows(report, &rows, &count, &err));
	for (size_t i = 0; i < count; i++)
		sums.hits[list_named(rows[i].name)] = rows[i].hits;
	for (size_t i = 0; (list = bt_report_counted(report, i)).list != NULL; i++) {
		sums.counted[list_named(list.list)] = list.counted;
		sums.lost[list_named(list.list)] = list.lost;
	}
	sums.coverage = bt_report_coverage(report);
	bt_report_free(&report);
	return sums;
}

static struct bt_report_options by_list(void)
{
	struct bt_report_options options = bt_report_defaults();
	options.by = BT_BY_LIST;
	return options;
}

static struct sums sums(void)
{
	const struct bt_report_options options = by_list();
	return sums_of(&options, folder, NULL);
}

static uint64_t total(const uint64_t *of)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i <= TEST_LISTS; i++)
		sum += of[i];
	return sum;
}

/* ---- through a writer ---- */

/* More than the ring holds, at once: what each list has of events and losses is what it had of
 * hits. */
static void test_exact(void **state)
{
	(void)state;
	uint64_t numbers = seed, hits[TEST_LISTS] = {0}, counted = 0;
	struct bt_writer *writer = start(2);
	for (unsigned i = 0; i < 200000; i++) {
		unsigned list = random_below(&numbers, TEST_LISTS);
		struct bt_event event = event_of(list, POLICY, i);
		struct bt_ring *ring = bt_writer_ring(writer, i % 2);
		if (list == 1 && random_below(&numbers, 2) == 0) {
			bt_ring_count(ring, POLICY, list, event.time, 1);
			counted++;
		} else {
			(void)bt_ring_push(ring, &event);
		}
		hits[list]++;
		if (i % 50000 == 0)
			usleep(60000);
	}
	bt_writer_stop(&writer);
	struct sums found = sums();
	for (unsigned i = 0; i < TEST_LISTS; i++)
		assert_int_equal(found.hits[i], hits[i]);
	assert_int_equal(found.hits[TEST_LISTS], 0);
	assert_int_equal(found.counted[1], counted);
	assert_int_equal(found.coverage.counted, counted);
	assert_true(found.coverage.lost > 0);
	assert_int_equal(total(found.lost), found.coverage.lost);
	assert_int_equal(found.lost[TEST_LISTS], 0);
	assert_int_equal(found.coverage.events + found.coverage.lost + counted, 200000);
}

/* In the log with the next heartbeat, and when a policy goes. */
static void test_soon(void **state)
{
	(void)state;
	struct bt_writer_options how = options(1);
	struct bt_err err;
	how.beat_seconds = 1;
	struct bt_writer *writer = start_with(&how);
	bt_ring_count(bt_writer_ring(writer, 0), POLICY, 1, MS(0), 5);
	await(sums().counted[1] == 5);
	bt_ring_count(bt_writer_ring(writer, 0), POLICY, 1, MS(0), 2);
	await(sums().counted[1] == 7);
	bt_writer_stop(&writer);

	writer = start(1); /* with one a minute */
	for (uint64_t digest = POLICY; digest < POLICY + 30; digest++) {
		check(err, bt_writer_policy(writer, digest, policy, &err));
		bt_ring_count(bt_writer_ring(writer, 0), digest, 2, MS(0), 1);
		await(sums().counted[2] >= digest - POLICY);
	}
	bt_writer_stop(&writer);
	assert_int_equal(sums().counted[1], 7);
	assert_int_equal(sums().counted[2], 30);
	assert_int_equal(total(sums().hits), 37);
}

/* The disk takes nothing while policies come and go: the number stays. */
static void test_no_page(void **state)
{
	(void)state;
	block_events();
	struct bt_writer *writer = start(1);
	struct bt_err err;
	for (uint64_t digest = POLICY; digest < POLICY + 9; digest++) {
		check(err, bt_writer_policy(writer, digest, policy, &err));
		bt_ring_count(bt_writer_ring(writer, 0), digest, 0, MS(0), 3);
	}
	bt_ring_lose(bt_writer_ring(writer, 0), 4, MS(0));
	unblock_events();
	bt_writer_stop(&writer);
	struct sums found = sums();
	assert_int_equal(found.counted[0], 4 * 3);
	assert_int_equal(found.counted[TEST_LISTS], 5 * 3);
	assert_int_equal(found.lost[TEST_LISTS], 4);
	assert_int_equal(total(found.hits), 9 * 3 + 4);
}

/* ---- a process that is killed ---- */

struct account {
	_Atomic uint64_t begun, done;
};

static void hit_for_ever(struct account *account)
{
	struct bt_writer_options how = options(1);
	how.beat_seconds = 1;
	how.segment_size = 4096;
	struct bt_writer *writer = start_with(&how);
	uint64_t numbers = seed, known = POLICY;
	struct bt_err err;
	for (uint64_t n = account->begun + 1;; n++) {
		uint64_t digest = POLICY + n / 20000 % 7;
		unsigned list = random_below(&numbers, TEST_LISTS);
		struct bt_event event = event_of(list, digest, (uint32_t)n);
		if (digest != known)
			check(err, bt_writer_policy(writer, digest, policy, &err));
		known = digest;
		account->begun = n;
		if (n % 3 == 0)
			bt_ring_count(bt_writer_ring(writer, 0), digest, list, event.time, 1);
		else
			(void)bt_ring_push(bt_writer_ring(writer, 0), &event);
		account->done = n;
		if (n % 64 == 0)
			usleep(100);
	}
}

/* Each time at most the one hit that it was at is in the dark. */
static void test_kill(void **state)
{
	(void)state;
	enum { ROUNDS = 8 };
	uint64_t numbers = seed;
	struct account *account =
	    mmap(NULL, sizeof(*account), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(account, MAP_FAILED);
	for (unsigned i = 0; i < ROUNDS; i++) {
		pid_t child = fork_child();
		if (child == 0)
			hit_for_ever(account);
		usleep(20000 + random_below(&numbers, 200000));
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, NULL, 0), child);
		struct bt_writer *writer = start(1);
		struct sums found = sums();
		bt_writer_stop(&writer);
		assert_int_equal(found.coverage.duplicates, 0);
		assert_in_range(
		    found.coverage.events + found.coverage.lost + found.coverage.counted,
		    account->done - i, account->begun);
		assert_in_range(total(found.hits), account->done - i - 1, account->begun);
		assert_true(found.lost[TEST_LISTS] <= i + 1);
		assert_true(found.counted[0] > 0 && found.counted[1] > 0 && found.counted[2] > 0);
	}
	munmap(account, sizeof(*account));
}

/* ---- from segments ---- */

static const char *path_of(unsigned number, const char *suffix)
{
	static char name[96];
	snprintf(name, sizeof(name), "events/dns1-%016x-%06u%s", BOOT, number, suffix);
	return in(folder, name);
}

/* Totals of list 1, of hits that came in the seconds from..to. */
static struct bt_count count_of(
    int64_t from, int64_t to, uint64_t before, uint64_t counted, uint64_t dropped)
{
	return (struct bt_count){.boot = BOOT,
	    .epoch = 1,
	    .policy = POLICY,
	    .list = 1,
	    .from = MS(from),
	    .time = MS(to),
	    .counted_before = before,
	    .counted = counted,
	    .dropped_before = dropped,
	    .dropped = dropped};
}

static void make_segment(unsigned number, const struct bt_count *counts, unsigned count)
{
	struct bt_segment_writer *segment = NULL;
	struct bt_err err;
	size_t size;
	const void *bytes = bt_policy_bytes(policy, &size);
	mkdir(in(folder, "events"), 0700);
	check(err,
	    bt_segment_create(&segment, in(folder, "events"), "dns1", BOOT, number, MS(0), &err));
	check(err, bt_segment_policy(segment, POLICY, bytes, size, &err));
	struct bt_event event = event_of(1, POLICY, 1);
	check(err, bt_segment_event(segment, BOOT, 0, number + 1, &event, &err));
	check(err, bt_segment_counts(segment, counts, count, &err));
	check(err, bt_segment_close(&segment, &err));
}

/* Whatever is cut out: what two times have between them is what each has. */
static void test_times(void **state)
{
	(void)state;
	const struct bt_count counts[] = {
	    count_of(0, 59, 0, 10, 0),
	    count_of(60, 110, 10, 12, 0),
	    count_of(600, 601, 12, 112, 0),
	};
	make_segment(0, counts, 2);
	make_segment(1, counts + 2, 1);
	struct bt_report_options options = by_list();
	assert_int_equal(sums().counted[1], 112);
	assert_int_equal(sums().hits[1], 114); /* with the events */
	options.since = MS(60);
	assert_int_equal(sums_of(&options, folder, NULL).counted[1], 102);
	assert_int_equal(sums_of(&options, folder, NULL).hits[1], 102);
	options.until = MS(110);
	assert_int_equal(sums_of(&options, folder, NULL).counted[1], 0);
	options.until = MS(601);
	assert_int_equal(sums_of(&options, folder, NULL).counted[1], 2);
	options.since = INT64_MIN;
	assert_int_equal(sums_of(&options, folder, NULL).counted[1], 12);

	/* What only events tell leaves them out; they are in the coverage all the same. */
	options = by_list();
	options.domain = "bad.example";
	assert_int_equal(sums_of(&options, folder, NULL).hits[1], 2);
	assert_int_equal(sums_of(&options, folder, NULL).counted[1], 112);
	options = by_list();
	options.list = "alpha";
	assert_int_equal(total(sums_of(&options, folder, NULL).hits), 0);
	options.list = "beta";
	assert_int_equal(sums_of(&options, folder, NULL).hits[1], 114);
	options.by = BT_BY_INDICATOR;
	assert_int_equal(sums_of(&options, folder, NULL).coverage.counted, 112);
}

/* The row of a list that has counts alone. */
static void test_row(void **state)
{
	(void)state;
	struct bt_count count = count_of(0, 59, 0, 10, 0);
	struct bt_report_options options = by_list();
	struct bt_report *report;
	const struct bt_report_row *rows;
	size_t rows_count;
	struct bt_err err;
	count.list = 2;
	make_segment(0, &count, 1);
	options.now = MS(60);
	options.sort = BT_SORT_NAME;
	options.wide = true;
	check(err, bt_report_new(&report, &options, &err));
	check(err, bt_report_read(report, folder, &err));
	check(err, bt_report_rows(report, &rows, &rows_count, &err));
	assert_int_equal(rows_count, 2);
	assert_string_equal(rows[1].name, "watch");
	assert_int_equal(rows[1].hits, 10);
	assert_int_equal(rows[1].endpoints, 0);
	assert_int_equal(rows[1].first_seen, 0);
	assert_int_equal(rows[1].last_seen, 0);
	assert_int_equal(rows[1].status, BT_STATUS_ACTIVE);
	bt_report_free(&report);
}

/* Copies in any order, and parts that say the same again. */
static void test_once(void **state)
{
	(void)state;
	const struct bt_count counts[] = {
	    count_of(0, 59, 0, 10, 0), count_of(60, 110, 10, 12, 0), count_of(600, 601, 12, 112, 0),
	    count_of(0, 700, 0, 113, 0), /* by one who did not know what the log had */
	};
	struct bt_report_options options = by_list();
	char *whole = folder;
	make_segment(0, counts, 2);
	make_segment(1, counts + 2, 2);
	char *part = make_folder();
	folder = part;
	make_segment(1, counts + 2, 2);
	folder = whole;
	assert_int_equal(sums_of(&options, part, whole, part, whole, NULL).counted[1], 113);
	options.since = MS(60);
	assert_int_equal(sums_of(&options, whole, part, NULL).counted[1], 103);
	assert_int_equal(sums_of(&options, whole, NULL).counted[1], 103);

	/* Of one block that is not there, the totals around it tell. */
	assert_int_equal(unlink(path_of(1, ".seg")), 0);
	make_segment(1,
	    &(struct bt_count){.boot = BOOT,
		.epoch = 1,
		.policy = POLICY,
		.list = 1,
		.time = MS(800),
		.counted_before = 113,
		.counted = 120},
	    1);
	options.since = INT64_MIN;
	assert_int_equal(sums_of(&options, whole, NULL).counted[1], 120);
	remove_folder(part);
}

/* Packing and forgetting leave them; what is none is damage. */
static void test_rewritten(void **state)
{
	(void)state;
	struct bt_count counts[BT_COUNTS_BATCH];
	struct bt_network client = {.bits = 128};
	struct bt_event event = event_of(1, POLICY, 1);
	struct bt_err err;
	uint64_t forgotten;
	bool packed;
	for (unsigned i = 0; i < BT_COUNTS_BATCH; i++)
		counts[i] = count_of(60 * i, 60 * i + 59, 1000 + 10 * i, 1010 + 10 * i, i);
	memcpy(client.address, event.client, sizeof(client.address));
	make_segment(0, counts, BT_COUNTS_BATCH);
	assert_int_equal(sums().counted[1], 10 * BT_COUNTS_BATCH);
	check(err, bt_segment_pack(path_of(0, ".seg"), NULL, &packed, &err));
	assert_true(packed);
	assert_int_equal(sums().counted[1], 10 * BT_COUNTS_BATCH);
	assert_int_equal(sums().hits[1], 10 * BT_COUNTS_BATCH + 1);
	check(err, bt_segment_forget(path_of(0, ".seg"), &client, &forgotten, &err));
	assert_int_equal(forgotten, 1);
	assert_int_equal(sums().hits[1], 10 * BT_COUNTS_BATCH);

	struct bt_count less[] = {count_of(0, 1, 5, 4, 0), count_of(0, 1, 0, 1, 0)};
	make_segment(1, &less[0], 1);
	less[1].boot = 0;
	make_segment(2, &less[1], 1);
	less[1].boot = BOOT;
	less[1].dropped_before = 1;
	make_segment(3, &less[1], 1);
	const struct bt_report_options options = by_list();
	struct bt_report *report;
	check(err, bt_report_new(&report, &options, &err));
	check(err, bt_report_read(report, folder, &err));
	assert_int_equal(bt_report_coverage(report).damaged, 3);
	assert_non_null(strstr(bt_report_problem(report, 0), "counts no hits"));
	bt_report_free(&report);
}

/* A roll-up has them in place of the segments that it sums up, also when these are gone. */
static void test_rolled_up(void **state)
{
	(void)state;
	const struct bt_count counts[] = {
	    count_of(0, 59, 0, 10, 0),
	    count_of(60, 110, 10, 12, 0),
	    count_of(600, 601, 12, 112, 0),
	};
	const struct bt_rollup_options rollup = {
	    .events_dir = in(folder, "events"), .now = MS(3 * 86400)};
	struct bt_rollup_tally tally;
	struct bt_report_options options = by_list();
	struct bt_network client = {.bits = 128};
	struct bt_event event = event_of(1, POLICY, 1);
	uint64_t forgotten;
	struct bt_err err;
	make_segment(0, counts, 2);
	make_segment(1, counts + 2, 1);
	check(err, bt_rollup(&rollup, &tally, &err));
	assert_int_equal(tally.rollups, 1);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(sums().coverage.rollups, 1);
		assert_int_equal(sums().coverage.segments, 0);
		assert_int_equal(sums().counted[1], 112);
		assert_int_equal(sums().hits[1], 114);
		unlink(path_of(0, ".seg"));
		unlink(path_of(1, ".seg"));
	}
	options.since = MS(-1);
	options.until = MS(601);
	assert_int_equal(sums_of(&options, folder, NULL).counted[1], 12);
	memcpy(client.address, event.client, sizeof(client.address));
	check(err, bt_rollup_forget(path_of(0, ".roll"), &client, &forgotten, &err));
	assert_int_equal(forgotten, 2);
	assert_int_equal(sums().hits[1], 112);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    test(test_exact),
	    test(test_soon),
	    test(test_no_page),
	    test(test_kill),
	    test(test_times),
	    test(test_row),
	    test(test_once),
	    test(test_rewritten),
	    test(test_rolled_up),
	};
	seed = random_seed();
	return cmocka_run_group_tests(tests, open_policy, close_policy);
}
