/* SPDX-License-Identifier: BSD-3-Clause */
/* writers.h -- writers for tests, and a look at what they wrote */
#ifndef BT_TEST_WRITERS_H
#define BT_TEST_WRITERS_H

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "events.h"
#include "report.h"
#include "segment.h"
#include "segment-folder.h"
#include "writer.h"

enum { SLOTS = 256, PATIENCE_MS = 20000, POLICY = 0x77 };

static char *folder;
static uint64_t seed;
static struct bt_policy *policy;
static void *policy_bytes;

/* ---- what the writer said ---- */

static pthread_mutex_t said_lock = PTHREAD_MUTEX_INITIALIZER;
static char said[65536];
static unsigned errors_said;

static inline void log_line(bool error, const char *text)
{
	pthread_mutex_lock(&said_lock);
	size_t used = strlen(said);
	snprintf(said + used, sizeof(said) - used, "%s\n", text);
	errors_said += error;
	pthread_mutex_unlock(&said_lock);
}

static inline bool was_said(const char *text)
{
	pthread_mutex_lock(&said_lock);
	bool found = strstr(said, text) != NULL;
	pthread_mutex_unlock(&said_lock);
	return found;
}

static inline int set_up(void **state)
{
	(void)state;
	folder = make_folder();
	said[0] = '\0';
	errors_said = 0;
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	remove_folder(folder);
	return 0;
}

/* ---- helpers ---- */

static inline struct bt_writer_options options(unsigned rings)
{
	return (struct bt_writer_options){.state_dir = folder,
	    .resolver_id = "dns1",
	    .rings = rings,
	    .slots = SLOTS,
	    .log = log_line};
}

static inline struct bt_writer *start_with(const struct bt_writer_options *how)
{
	struct bt_writer *writer = NULL;
	struct bt_err err;
	check(err, bt_writer_start(&writer, how, &err));
	check(err, bt_writer_policy(writer, POLICY, policy, &err));
	return writer;
}

static inline struct bt_writer *start(unsigned rings)
{
	struct bt_writer_options how = options(rings);
	return start_with(&how);
}

static inline bool push(struct bt_writer *writer, unsigned ring, uint32_t client)
{
	struct bt_event event = make_event("bad.example", client, 1700000000000 + client);
	return bt_ring_push(bt_writer_ring(writer, ring), &event);
}

static inline void push_all(struct bt_writer *writer, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++)
		while (!push(writer, 0, i))
			usleep(1000);
}

struct totals {
	struct bt_report_coverage coverage;
	uint64_t hits, endpoints, rows;
	char list[64]; /* of the first row */
};

static inline struct totals report_of(const char *state_dir)
{
	const struct bt_report_options all = bt_report_defaults();
	struct totals totals = {0};
	struct bt_report *report;
	const struct bt_report_row *rows;
	size_t count;
	struct bt_err err;
	check(err, bt_report_new(&report, &all, &err));
	check(err, bt_report_read(report, state_dir, &err));
	if (bt_report_problem(report, 0) != NULL)
		fail_msg("%s", bt_report_problem(report, 0));
	check(err, bt_report_rows(report, &rows, &count, &err));
	totals.coverage = bt_report_coverage(report);
	totals.rows = count;
	for (size_t i = 0; i < count; i++) {
		totals.hits += rows[i].hits;
		totals.endpoints += rows[i].endpoints;
	}
	if (count > 0)
		snprintf(totals.list, sizeof(totals.list), "%s", rows[0].list);
	bt_report_free(&report);
	return totals;
}

static inline void expect_events(uint64_t events, uint64_t lost)
{
	struct totals totals = report_of(folder);
	assert_int_equal(totals.coverage.events, events);
	assert_int_equal(totals.hits, events);
	assert_int_equal(totals.coverage.duplicates, 0);
	assert_int_equal(totals.coverage.damaged, 0);
	assert_int_equal(totals.coverage.lost, lost);
	if (events > 0)
		assert_string_equal(totals.list, "alpha");
}

static inline int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits for what is about to become true. */
#define await(condition)                                                                           \
	do {                                                                                       \
		int64_t give_up = now_ms() + PATIENCE_MS;                                          \
		while (!(condition)) {                                                             \
			if (now_ms() > give_up)                                                    \
				fail_msg("in vain: %s", #condition);                               \
			usleep(2000);                                                              \
		}                                                                                  \
	} while (0)

static inline unsigned count_files(const char *path, const char *part)
{
	unsigned count = 0;
	DIR *dir = opendir(path);
	if (dir == NULL)
		return 0;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		count += entry->d_name[0] != '.' && strstr(entry->d_name, part) != NULL;
	closedir(dir);
	return count;
}

/* ---- a disk that takes nothing ---- */

/* A file where the folder should be: nothing can be written until it goes. */
static inline void block_events(void)
{
	put_file(in(folder, "events"), "", 0);
}

static inline void unblock_events(void)
{
	assert_int_equal(unlink(in(folder, "events")), 0);
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
