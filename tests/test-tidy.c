/* SPDX-License-Identifier: BSD-3-Clause */
/* test-tidy.c -- old segments go, closed ones are packed, and nothing else */

#include <fcntl.h>

#include "reports.h"
#include "rollup.h"
#include "tidy.h"

enum { HOUR = 3600000 };

static char said[4096];
static unsigned errors;

static void on_log(bool error, const char *text)
{
	size_t used = strlen(said);
	errors += error;
	snprintf(said + used, sizeof(said) - used, "%s\n", text);
}

static const char *seg(unsigned number)
{
	static char name[96];
	snprintf(name, sizeof(name), "events/dns1-0000000000000001-%06u.seg", number);
	return in(folder, name);
}

/* A closed segment that was last written to so long before T. */
static void make_segment(unsigned number, int64_t age)
{
	struct bt_segment_writer *writer = begin("dns1", 1, number);
	put_policy(writer);
	for (unsigned i = 0; i < 500; i++) {
		struct bt_event event = make_event("www.bad.example", i % 20, T + i);
		put(writer, 1, number * 1000 + i + 1, &event);
	}
	end(writer);
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = (T - age) / 1000}};
	assert_int_equal(utimensat(AT_FDCWD, seg(number), times, 0), 0);
}

static bool is_there(unsigned number)
{
	return access(seg(number), F_OK) == 0;
}

static off_t size_of(unsigned number)
{
	struct stat st;
	assert_int_equal(stat(seg(number), &st), 0);
	return st.st_size;
}

static void tidy(uint64_t retention, uint64_t max_size, const atomic_bool *stop)
{
	char *events = strdup(in(folder, "events"));
	const struct bt_tidy_options options = {.events_dir = events,
	    .retention = retention,
	    .max_size = max_size,
	    .stop = stop,
	    .log = on_log};
	said[0] = '\0';
	errors = 0;
	bt_tidy(&options, T);
	assert_int_equal(errors, 0);
	free(events);
}

static void test_retention(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++)
		make_segment(i, (int64_t)(i + 1) * HOUR);
	struct bt_segment_writer *open = begin("dns1", 1, 9);
	char *unfinished;
	assert_true(asprintf(&unfinished, "%s.new", seg(3)) > 0);
	put_file(unfinished, "half", 4);
	tidy(3 * HOUR, 0, NULL);
	assert_int_not_equal(access(unfinished, F_OK), 0);
	free(unfinished);
	assert_true(is_there(0) && is_there(1) && is_there(2));
	assert_false(is_there(3));
	assert_non_null(strstr(said, "-000003.seg: it is older than the retention"));
	assert_int_equal(access(in(folder, "events/dns1-0000000000000001-000009.open"), F_OK), 0);
	tidy(0, 0, NULL); /* for ever */
	assert_string_equal(said, "");
	assert_true(is_there(2));
	struct outcome outcome = report();
	expect_no_problem(&outcome);
	assert_int_equal(outcome.coverage.events, 1500);
	bt_report_free(&outcome.report);
	end(open);
}

/* Written before the clock was set: by that of now it is 50 years old, and the newest there is. */
static void test_clock_not_set(void **state)
{
	(void)state;
	struct stat st;
	make_segment(0, T - 5000);
	make_segment(1, HOUR);
	make_segment(2, 5 * HOUR);
	tidy(3 * HOUR, 0, NULL);
	assert_true(is_there(0) && is_there(1));
	assert_false(is_there(2));
	assert_int_equal(stat(seg(0), &st), 0);
	assert_int_equal(st.st_mtim.tv_sec, T / 1000);
	tidy(0, (uint64_t)size_of(0), NULL);
	assert_true(is_there(0));
	assert_false(is_there(1));
}

static void test_size(void **state)
{
	(void)state;
	const unsigned order[] = {2, 0, 3, 1}; /* from the newest to the oldest */
	for (unsigned i = 0; i < 4; i++)
		make_segment(order[i], (int64_t)(i + 1) * HOUR);
	off_t size = size_of(0);
	tidy(0, (uint64_t)size * 5 / 2, NULL);
	assert_true(is_there(2) && is_there(0));
	assert_false(is_there(3) || is_there(1));
	assert_non_null(strstr(said, "-000001.seg: the log is larger than its maximum"));
	assert_true(size_of(0) < size); /* what stays was packed */
	tidy(0, 1, NULL);
	assert_false(is_there(2) || is_there(0));
}

/* By size, roll-ups go last, whatever their age; by age, as segments do. */
static void test_rollups(void **state)
{
	(void)state;
	struct bt_rollup_tally tally;
	struct bt_err err;
	char *events = strdup(in(folder, "events")), *rollup;
	assert_true(asprintf(&rollup, "%s/dns1-0000000000000001-000001.roll", events) > 0);
	make_segment(0, HOUR);
	make_segment(1, 5 * HOUR);
	char *aside = strdup(in(folder, "aside"));
	assert_int_equal(rename(seg(0), aside), 0);
	const struct bt_rollup_options options = {.events_dir = events, .now = T + 48 * HOUR};
	check(err, bt_rollup(&options, &tally, &err));
	assert_int_equal(tally.rollups, 1);
	assert_int_equal(rename(aside, seg(0)), 0);
	struct stat st;
	assert_int_equal(stat(rollup, &st), 0);
	tidy(0, (uint64_t)st.st_size, NULL);
	assert_false(is_there(0) || is_there(1));
	assert_int_equal(access(rollup, F_OK), 0);
	struct outcome outcome = report();
	assert_int_equal(outcome.coverage.events, 500);
	bt_report_free(&outcome.report);
	tidy(6 * HOUR, 0, NULL);
	assert_int_equal(access(rollup, F_OK), 0);
	/* one that goes by its age makes room for a segment that is young */
	make_segment(2, HOUR);
	tidy(4 * HOUR, (uint64_t)size_of(2), NULL);
	assert_int_not_equal(access(rollup, F_OK), 0);
	assert_true(is_there(2));
	free(aside);
	free(rollup);
	free(events);
}

/* Packing keeps a segment's time, or it would live anew; and it ends when it is told to. */
static void test_packs(void **state)
{
	(void)state;
	struct stat before, after;
	atomic_bool stop = true;
	make_segment(0, 5 * HOUR);
	assert_int_equal(stat(seg(0), &before), 0);
	tidy(0, 0, &stop);
	assert_int_equal(size_of(0), before.st_size);
	stop = false;
	tidy(0, 0, &stop);
	assert_int_equal(stat(seg(0), &after), 0);
	assert_true(after.st_size < before.st_size);
	assert_int_equal(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
	tidy(4 * HOUR, 0, NULL);
	assert_false(is_there(0));
}

/* An open segment whose writer goes on elsewhere already; its name ends there. */
static void make_complete(uint64_t boot, unsigned number)
{
	struct bt_segment_writer *writer = begin("dns1", boot, number);
	struct bt_event event = make_event("www.bad.example", 1, T);
	struct bt_err err;
	put_policy(writer);
	put(writer, 1, number + 1, &event);
	check(err, bt_segment_end(&writer, &err));
}

/* Segments that are complete are closed and packed; others, and those of others, stay open. */
static void test_closes(void **state)
{
	(void)state;
	const atomic_uint complete = 2;
	char *events = strdup(in(folder, "events"));
	struct bt_tidy_options options = {
	    .events_dir = events, .boot = 1, .complete = &complete, .log = on_log};
	for (unsigned number = 0; number < 3; number++)
		make_complete(1, number);
	make_complete(2, 0);
	said[0] = '\0';
	bt_tidy_close(&options);
	assert_string_equal(said, "");
	assert_true(is_there(0) && is_there(1));
	assert_false(bt_segment_is_packed(seg(1)));
	bt_tidy(&options, T);
	assert_true(bt_segment_is_packed(seg(1)));
	assert_int_equal(access(in(folder, "events/dns1-0000000000000001-000002.open"), F_OK), 0);
	assert_int_equal(access(in(folder, "events/dns1-0000000000000002-000000.open"), F_OK), 0);

	/* one that cannot be closed is said, and is no reason to leave the others */
	make_complete(1, 0);
	make_complete(1, 1);
	assert_int_equal(unlink(seg(1)), 0);
	bt_tidy_close(&options);
	assert_non_null(strstr(said, "-000000.seg is there already; it is tried again"));
	assert_true(is_there(1));
	free(events);
}

/* A folder that is not there is said by those who write to it. */
static void test_nothing(void **state)
{
	(void)state;
	tidy(1, 1, NULL);
	assert_int_equal(rmdir(in(folder, "events")), 0);
	tidy(1, 1, NULL);
	assert_string_equal(said, "");
	assert_int_equal(mkdir(in(folder, "events"), 0700), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    test(test_retention),
	    test(test_clock_not_set),
	    test(test_size),
	    test(test_rollups),
	    test(test_packs),
	    test(test_closes),
	    test(test_nothing),
	};
	seed = random_seed();
	return cmocka_run_group_tests(tests, open_policy, close_policy);
}
