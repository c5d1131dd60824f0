/* SPDX-License-Identifier: BSD-3-Clause */
/* test-coverage.c -- how far a report can be trusted, and what it says of that */

#include "reports.h"

/* ---- time without a writer, or without a trie ---- */

static void test_down(void **state)
{
	(void)state;
	struct bt_segment_writer *writer = begin("dns1", 1, 0);
	int64_t t = T;
	put_beat(writer, 1, BT_BEAT_START, t, true);
	for (int i = 0; i < 5; i++)
		put_beat(writer, 1, BT_BEAT_ALIVE, t += MINUTE, true);
	put_beat(writer, 1, BT_BEAT_ALIVE, t += 3 * MINUTE, true); /* two missing */
	put_beat(writer, 1, BT_BEAT_ALIVE, t += 4 * MINUTE, true); /* three missing */
	struct bt_event event = make_event("bad.example", 1, t + 30000);
	put(writer, 1, 1, &event); /* killed after this */
	end(writer);
	struct outcome outcome = report();
	assert_int_equal(outcome.coverage.down, 4 * MINUTE);
	assert_int_equal(outcome.coverage.first, T);
	assert_int_equal(outcome.coverage.last, t + 30000);
	bt_report_free(&outcome.report);

	/* Down for a day; then a reload that takes no time; another resolver meanwhile. */
	writer = begin("dns1", 2, 0);
	put_beat(writer, 2, BT_BEAT_START, t += DAY, true);
	put_beat(writer, 2, BT_BEAT_STOP, t, true);
	end(writer);
	writer = begin("dns1", 3, 0);
	put_beat(writer, 3, BT_BEAT_START, t, true);
	put_beat(writer, 3, BT_BEAT_STOP, t + MINUTE, true);
	end(writer);
	writer = begin("dns2", 4, 0);
	put_beat(writer, 4, BT_BEAT_START, T - DAY, true);
	put_beat(writer, 4, BT_BEAT_STOP, T - DAY + 1000, true);
	end(writer);
	outcome = report();
	assert_int_equal(outcome.coverage.down, 4 * MINUTE + DAY - 30000);
	assert_int_equal(outcome.coverage.unprotected, 0);
	assert_int_equal(outcome.coverage.first, T - DAY);
	assert_int_equal(outcome.coverage.last, t + MINUTE);
	assert_int_equal(outcome.coverage.resolvers, 2);
	assert_string_equal(bt_report_resolver(outcome.report, 0), "dns1");
	assert_string_equal(bt_report_resolver(outcome.report, 1), "dns2");
	assert_null(bt_report_resolver(outcome.report, 2));
	bt_report_free(&outcome.report);
}

static void test_paused(void **state)
{
	(void)state;
	static const bool paused[] = {false, true, true, false};
	struct bt_segment_writer *writer = begin("dns1", 1, 0);
	for (unsigned i = 0; i < sizeof(paused); i++) {
		const struct bt_beat beat = {.boot = 1,
		    .time = T + (int64_t)i * MINUTE,
		    .policy = DIGEST,
		    .kind = i == 0 ? BT_BEAT_START : BT_BEAT_ALIVE,
		    .paused = paused[i]};
		struct bt_err err;
		check(err, bt_segment_beat(writer, &beat, &err));
	}
	end(writer);
	struct outcome outcome = report();
	assert_int_equal(outcome.coverage.paused, 2 * MINUTE);
	assert_int_equal(outcome.coverage.unprotected, 0);
	bt_report_free(&outcome.report);
}

/* A clock that was set back: lives that seem to overlap. */
static void test_overlap(void **state)
{
	(void)state;
	int64_t lives[][2] = {{0, 10}, {1, 2}, {10, 11}, {13, 14}}; /* minutes */
	for (uint64_t i = 0; i < 4; i++) {
		struct bt_segment_writer *writer = begin("dns1", i + 1, 0);
		put_beat(writer, i + 1, BT_BEAT_START, T + lives[i][0] * MINUTE, true);
		for (int64_t t = lives[i][0] + 1; t <= lives[i][1]; t++)
			put_beat(writer, i + 1, BT_BEAT_ALIVE, T + t * MINUTE, true);
		end(writer);
	}
	struct outcome outcome = report();
	assert_int_equal(outcome.coverage.down, 2 * MINUTE);
	bt_report_free(&outcome.report);
}

static void test_period(void **state)
{
	(void)state;
	struct bt_segment_writer *writer = begin("dns1", 1, 0);
	struct bt_err err;
	for (int i = 0; i < 3; i++) { /* beats each 10 minutes, on purpose */
		struct bt_beat beat = {
		    .boot = 1, .time = T + i * 10 * MINUTE, .policy = 1, .period = 600};
		check(err, bt_segment_beat(writer, &beat, &err));
	}
	end(writer);
	struct outcome outcome = report();
	assert_int_equal(outcome.coverage.down, 0);
	bt_report_free(&outcome.report);
}

static void test_unprotected(void **state)
{
	(void)state;
	struct bt_segment_writer *writer = begin("dns1", 1, 0);
	put_beat(writer, 1, BT_BEAT_START, T, false);
	put_beat(writer, 1, BT_BEAT_ALIVE, T + MINUTE, false);
	put_beat(writer, 1, BT_BEAT_ALIVE, T + MINUTE + 5000, true);
	put_beat(writer, 1, BT_BEAT_ALIVE, T + 2 * MINUTE, true);
	put_beat(writer, 1, BT_BEAT_ALIVE, T + 3 * MINUTE, false);
	put_beat(writer, 1, BT_BEAT_STOP, T + 4 * MINUTE, false);
	end(writer);
	writer = begin("dns1", 2, 0);
	put_beat(writer, 2, BT_BEAT_START, T + 10 * MINUTE, true);
	end(writer);
	struct outcome outcome = report();
	assert_int_equal(outcome.coverage.unprotected, 2 * MINUTE + 5000);
	assert_int_equal(outcome.coverage.down, 6 * MINUTE);
	bt_report_free(&outcome.report);
}

/* Times that make no sense must not overflow anything. */
static void test_mad_times(void **state)
{
	(void)state;
	struct bt_segment_writer *writer = begin("dns1", 1, 0);
	struct bt_err err;
	int64_t times[] = {INT64_MIN, INT64_MAX, 0, -1, T};
	for (size_t i = 0; i < 5; i++) {
		struct bt_event event = make_event("bad.example", 1, times[i]);
		put(writer, 1, i + 1, &event);
		put_beat(writer, 1, BT_BEAT_ALIVE, times[i], i % 2);
		check(err, bt_segment_gap(writer, 1, 0, 1, UINT64_MAX, times[i], &err));
	}
	end(writer);
	writer = begin("dns1", 2, 0);
	put_beat(writer, 2, BT_BEAT_ALIVE, INT64_MAX, true);
	put_beat(writer, 2, BT_BEAT_ALIVE, INT64_MIN, true);
	end(writer);
	struct outcome outcome = report();
	assert_int_equal(outcome.coverage.lost, UINT64_MAX);
	assert_int_equal(outcome.coverage.down, INT64_MAX);
	assert_int_equal(outcome.rows[0].first_seen, INT64_MIN);
	assert_int_equal(outcome.rows[0].hits, 4); /* the end of time is not in any period */
	bt_report_free(&outcome.report);
}

static void test_known_lists(void **state)
{
	(void)state;
	put_hits(1, 1);
	struct outcome outcome = report();
	for (size_t i = 0; i < TEST_LISTS; i++) {
		struct bt_report_list list = bt_report_list(outcome.report, i);
		assert_string_equal(list.name, test_lists[i]);
		assert_string_equal(list.action, i == 2 ? "log" : "sinkhole");
		assert_int_equal(list.entries, 100 + i);
		assert_int_equal(list.modified, 1000 + i);
	}
	assert_null(bt_report_list(outcome.report, TEST_LISTS).name);
	bt_report_free(&outcome.report);
}

/* ---- what is not as it should be ---- */

static void test_unknown_policy(void **state)
{
	(void)state;
	struct bt_segment_writer *writer = begin("dns1", 1, 0);
	for (unsigned i = 0; i < 3; i++) {
		struct bt_event event = make_event("bad.example", i, T + i);
		put(writer, 1, i + 1, &event);
	}
	end(writer);
	struct outcome outcome = report();
	assert_int_equal(outcome.rows[0].hits, 3);
	assert_string_equal(outcome.rows[0].list, "?");
	assert_non_null(strstr(bt_report_problem(outcome.report, 0), ".seg: has events of policy"));
	assert_null(bt_report_problem(outcome.report, 1)); /* once */
	bt_report_free(&outcome.report);
	/* Policies are looked for in the same segment only, whatever was read before. */
	put_hits(2, 1);
	writer = begin("dns1", 3, 0);
	struct bt_event event = make_event("bad.example", 9, T + 9);
	put(writer, 3, 1, &event);
	end(writer);
	outcome = report();
	assert_int_equal(outcome.rows[0].hits + outcome.rows[1].hits, 5);
	assert_string_equal(outcome.rows[0].name, "bad.example");
	assert_string_equal(outcome.rows[0].list, "?");
	assert_string_equal(outcome.rows[1].list, "alpha");
	assert_non_null(bt_report_problem(outcome.report, 1));
	assert_null(bt_report_problem(outcome.report, 2));
	bt_report_free(&outcome.report);
}

static void test_problems(void **state)
{
	(void)state;
	put_hits(1, 3);
	put_file(in(folder, "events/a.seg"), "no segment", 10);
	put_file(in(folder, "events/b.open"), "", 0); /* just begun: nothing to say */
	put_file(in(folder, "events/README"), "what is this", 12);
	assert_int_equal(mkdir(in(folder, "events/c.seg"), 0700), 0);
	struct outcome outcome = report();
	assert_int_equal(outcome.rows[0].hits, 3);
	assert_non_null(strstr(bt_report_problem(outcome.report, 0), "a.seg: is not a segment"));
	assert_non_null(strstr(bt_report_problem(outcome.report, 1), "c.seg: is a folder"));
	assert_null(bt_report_problem(outcome.report, 2));
	assert_int_equal(outcome.coverage.segments, 2);
	bt_report_free(&outcome.report);
}

static void test_nothing(void **state)
{
	(void)state;
	struct outcome outcome = report();
	assert_int_equal(outcome.count, 0);
	assert_int_equal(outcome.coverage.first, 0);
	assert_int_equal(outcome.coverage.last, 0);
	bt_report_free(&outcome.report);
	assert_int_equal(rmdir(in(folder, "events")), 0);
	outcome = report();
	expect_no_problem(&outcome);
	assert_int_equal(outcome.count, 0);
	assert_null(bt_report_resolver(outcome.report, 0));
	assert_null(bt_report_list(outcome.report, 0).name);
	struct bt_err err;
	assert_false(bt_report_read(outcome.report, in(folder, "missing"), &err));
	assert_non_null(strstr(err.text, "missing: No such file"));
	put_file(in(folder, "file"), "", 0);
	assert_false(bt_report_read(outcome.report, in(folder, "file"), &err));
	bt_report_free(&outcome.report);
	assert_null(outcome.report);
	bt_report_free(&outcome.report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    test(test_down),
	    test(test_paused),
	    test(test_overlap),
	    test(test_period),
	    test(test_unprotected),
	    test(test_mad_times),
	    test(test_known_lists),
	    test(test_unknown_policy),
	    test(test_problems),
	    test(test_nothing),
	};
	seed = random_seed();
	return cmocka_run_group_tests(tests, open_policy, close_policy);
}
