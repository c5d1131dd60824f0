/* SPDX-License-Identifier: BSD-3-Clause */
/* reports.h -- segments for tests, and the reports of them */
#ifndef BT_TEST_REPORTS_H
#define BT_TEST_REPORTS_H

#include "events.h"
#include "policy.h"
#include "report.h"
#include "segment.h"

enum { DAY = 86400000, MINUTE = 60000, DIGEST = 0x77 };
static const int64_t T = 1700000000000;

static char *folder;
static uint64_t seed;
static struct bt_policy *policy;
static void *policy_bytes;

static inline int set_up(void **state)
{
	(void)state;
	folder = make_folder();
	assert_int_equal(mkdir(in(folder, "events"), 0700), 0);
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	remove_folder(folder);
	return 0;
}

/* ---- segments ---- */

static inline struct bt_segment_writer *begin(const char *resolver, uint64_t boot, uint32_t number)
{
	struct bt_segment_writer *writer;
	struct bt_err err;
	check(err, bt_segment_create(
		       &writer, in(folder, "events"), resolver, boot, number, T + number, &err));
	return writer;
}

static inline void put_policy(struct bt_segment_writer *writer)
{
	struct bt_err err;
	size_t size;
	const void *bytes = bt_policy_bytes(policy, &size);
	check(err, bt_segment_policy(writer, DIGEST, bytes, size, &err));
}

static inline void put(struct bt_segment_writer *writer, uint64_t boot, uint64_t sequence,
    const struct bt_event *event)
{
	struct bt_err err;
	check(err, bt_segment_event(writer, boot, 0, sequence, event, &err));
}

static inline void put_beat(struct bt_segment_writer *writer, uint64_t boot, enum bt_beat_kind kind,
    int64_t time, bool safe)
{
	struct bt_beat beat = {
	    .boot = boot, .time = time, .policy = safe ? DIGEST : 0, .kind = (uint8_t)kind};
	struct bt_err err;
	check(err, bt_segment_beat(writer, &beat, &err));
}

static inline void end(struct bt_segment_writer *writer)
{
	struct bt_err err;
	check(err, bt_segment_close(&writer, &err));
}

static inline void put_hits(uint64_t boot, unsigned count)
{
	struct bt_segment_writer *writer = begin("dns1", boot, 0);
	put_policy(writer);
	for (unsigned i = 0; i < count; i++) {
		struct bt_event event = make_event("www.bad.example", i, T + i);
		put(writer, boot, i + 1, &event);
	}
	end(writer);
}

/* ---- reports ---- */

struct outcome {
	struct bt_report *report;
	const struct bt_report_row *rows;
	size_t count;
	struct bt_report_coverage coverage;
};

static inline struct outcome report_with(const struct bt_report_options *filter)
{
	struct outcome outcome;
	struct bt_err err;
	check(err, bt_report_new(&outcome.report, filter, &err));
	check(err, bt_report_read(outcome.report, folder, &err));
	check(err, bt_report_rows(outcome.report, &outcome.rows, &outcome.count, &err));
	outcome.coverage = bt_report_coverage(outcome.report);
	return outcome;
}

static inline struct outcome report(void)
{
	struct bt_report_options options = bt_report_defaults();
	return report_with(&options);
}

static inline void expect_no_problem(const struct outcome *outcome)
{
	const char *problem = bt_report_problem(outcome->report, 0);
	if (problem != NULL)
		fail_msg("%s", problem);
}

/* ---- for the group ---- */

static inline int open_policy(void **state)
{
	(void)state;
	make_policy(&policy, &policy_bytes);
	return 0;
}

static inline int close_policy(void **state)
{
	(void)state;
	bt_policy_close(&policy);
	free(policy_bytes);
	return 0;
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

#endif
