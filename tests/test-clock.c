/* SPDX-License-Identifier: BSD-3-Clause */
/* test-clock.c -- the event log of a machine whose clock is set back, set forward, or not set yet
 */

#include <sys/syscall.h>

#include "clock.h"
#include "writers.h"

enum { DAY = 86400000 };

static int64_t step; /* milliseconds that are added to the time of day */

/* Instead of the C library's: as if somebody set the clock. */
int clock_gettime(clockid_t id, struct timespec *time)
{
	if (syscall(SYS_clock_gettime, id, time) != 0)
		return -1;
	if (id == CLOCK_REALTIME) {
		int64_t by = __atomic_load_n(&step, __ATOMIC_RELAXED);
		time->tv_sec += by / 1000;
	}
	return 0;
}

static void set_clock(int64_t to)
{
	__atomic_store_n(&step, __atomic_load_n(&step, __ATOMIC_RELAXED) + to - bt_clock_real(),
	    __ATOMIC_RELAXED);
}

static void push_now(struct bt_writer *writer, uint32_t client)
{
	struct bt_event event = make_event("bad.example", client, bt_clock_real());
	assert_true(bt_ring_push(bt_writer_ring(writer, 0), &event));
}

static void at_each(const int64_t *times, size_t count)
{
	struct bt_writer_options how = options(1);
	how.retention = (uint64_t)90 * DAY;
	how.segment_size = 4096;
	uint32_t pushed = 0;
	for (unsigned life = 0; life < 2; life++) {
		struct bt_writer *writer = start_with(&how);
		for (size_t i = 0; i < count; i++) {
			set_clock(times[i]);
			for (unsigned n = 0; n < SLOTS / 2; n++)
				push_now(writer, pushed++);
			await(report_of(folder).hits == pushed);
		}
		bt_writer_stop(&writer);
		expect_events(pushed, 0);
		assert_int_equal(report_of(folder).endpoints, pushed);
	}
	assert_int_equal(errors_said, 0);
}

static void test_set_back(void **state)
{
	(void)state;
	int64_t now = bt_clock_real();
	const int64_t times[] = {now, now - 3600000, now - 40 * (int64_t)DAY, now};
	at_each(times, sizeof(times) / sizeof(*times));
	__atomic_store_n(&step, 0, __ATOMIC_RELAXED);
}

/* A small router has no clock of its own: it is 1970 until NTP has answered. */
static void test_not_set_yet(void **state)
{
	(void)state;
	int64_t now = bt_clock_real();
	const int64_t times[] = {5000, 65000, now, now + 60000};
	at_each(times, sizeof(times) / sizeof(*times));
	__atomic_store_n(&step, 0, __ATOMIC_RELAXED);
}

int main(void)
{
	seed = random_seed();
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_set_back, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_not_set_yet, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, open_policy, close_policy);
}
