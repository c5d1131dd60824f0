/* SPDX-License-Identifier: BSD-3-Clause */
/* test-rhythm.c -- how regularly an endpoint asks, against beacons that were made so */

#include "events.h"
#include "random.h"
#include "rhythm.h"

enum { TIMES = 6000, T0 = 1700000000 };

static uint64_t seed;

struct stream {
	int64_t times[TIMES];
	size_t count;
};

/* A question as a client's resolver asks it: A, AAAA soon after, and now and then a retry. */
static void ask(struct stream *stream, int64_t time, uint64_t *numbers)
{
	stream->times[stream->count++] = time;
	stream->times[stream->count++] = time + random_below(numbers, 30);
	if (random_below(numbers, 4) == 0)
		stream->times[stream->count++] = time + 5000;
}

/* A beacon that sleeps `period`, give or take `jitter` percent of it, evenly. */
static struct stream beacon(int64_t period, unsigned jitter, unsigned count, uint64_t *numbers)
{
	struct stream stream = {.count = 0};
	int64_t time = T0 * INT64_C(1000), most = period * jitter / 100;
	for (unsigned i = 0; i < count; i++) {
		ask(&stream, time, numbers);
		time += period - most + random_below(numbers, (uint32_t)(2 * most + 1));
	}
	/* as several resolvers' logs bring them: not in order */
	for (size_t i = stream.count; i > 1; i--) {
		size_t j = random_below(numbers, (uint32_t)i);
		int64_t swap = stream.times[i - 1];
		stream.times[i - 1] = stream.times[j];
		stream.times[j] = swap;
	}
	return stream;
}

static void expect_near(double value, double expected, double within, const char *what)
{
	if (value < expected - within || value > expected + within)
		fail_msg("%s: %f, not %f", what, value, expected);
}

static void test_beacons(void **state)
{
	(void)state;
	static const int64_t periods[] = {60000, 300000, 3600000};
	static const unsigned jitters[] = {0, 20, 50};
	uint64_t numbers = seed;
	for (size_t i = 0; i < 3; i++) {
		for (size_t j = 0; j < 3; j++) {
			struct stream made = beacon(periods[i], jitters[j], 1500, &numbers);
			struct bt_rhythm rhythm = bt_rhythm_of(made.times, made.count);
			assert_int_equal(rhythm.moments, 1500);
			/* within five standard deviations of a median of so many, and more */
			expect_near((double)rhythm.interval / (double)periods[i], 1,
			    0.001 + jitters[j] / 700.0, "interval");
			/* the median of an even spread is half of it */
			expect_near(rhythm.jitter, jitters[j] / 200.0, 0.002 + jitters[j] / 1250.0,
			    "jitter");
		}
	}
}

/* Memoryless: the time to the next question is exponential (von Neumann's way to draw it). */
static int64_t exponential(int64_t mean, uint64_t *numbers)
{
	for (int64_t whole = 0;; whole++) {
		uint32_t first = random_below(numbers, 1 << 30), last = first, run = 1;
		for (;; run++) {
			uint32_t next = random_below(numbers, 1 << 30);
			if (next >= last)
				break;
			last = next;
		}
		if (run % 2 == 1)
			return whole * mean + (int64_t)((double)first / (1 << 30) * (double)mean);
	}
}

static void test_browsing(void **state)
{
	(void)state;
	uint64_t numbers = seed;
	struct stream stream = {.count = 0};
	int64_t time = T0 * INT64_C(1000);
	for (unsigned i = 0; i < 1500; i++) {
		ask(&stream, time, &numbers);
		time += exponential(240000, &numbers);
	}
	struct bt_rhythm rhythm = bt_rhythm_of(stream.times, stream.count);
	/* more than any beacon that has half of its period to play with */
	if (rhythm.jitter < 0.5)
		fail_msg("browsing has a jitter of %f", rhythm.jitter);
}

static void test_few(void **state)
{
	(void)state;
	int64_t none[1] = {0}, one[] = {5}, two[] = {70000, 10000},
		far[] = {INT64_MAX, INT64_MIN, 0};
	int64_t same[] = {7, 7, 7}, edge[] = {0, 10000, 10001, 20002};

	struct bt_rhythm rhythm = bt_rhythm_of(none, 0);
	assert_int_equal(rhythm.moments, 0);
	assert_int_equal(rhythm.interval, 0);
	rhythm = bt_rhythm_of(one, 1);
	assert_int_equal(rhythm.moments, 1);
	assert_int_equal(rhythm.hours, 1);
	assert_int_equal(rhythm.interval, 0);
	rhythm = bt_rhythm_of(two, 2);
	assert_int_equal(rhythm.interval, 60000);
	assert_true(rhythm.jitter < 0); /* of one interval nothing can be said */
	rhythm = bt_rhythm_of(far, 3);
	assert_int_equal(rhythm.moments, 3);
	assert_int_equal(rhythm.interval, INT64_MAX);
	assert_true(rhythm.jitter >= 0 && rhythm.jitter < 0.001);
	rhythm = bt_rhythm_of(same, 3);
	assert_int_equal(rhythm.moments, 1);
	/* 10 s belong to a moment, and it does not grow by what it takes in */
	rhythm = bt_rhythm_of(edge, 4);
	assert_int_equal(rhythm.moments, 3);
}

static void test_middle(void **state)
{
	(void)state;
	struct bt_rhythm some[] = {
	    {.moments = 9, .hours = 1, .interval = 300, .jitter = 0.5},
	    {.moments = 1, .hours = 1, .jitter = -1},
	    {.moments = 9, .hours = 2, .interval = 100, .jitter = 0.1},
	    {.moments = 2, .hours = 2, .interval = 900, .jitter = -1},
	    {.moments = 9, .hours = 2, .interval = 200, .jitter = 0.3},
	};
	struct bt_rhythm middle = bt_rhythm_middle(some, 5);
	assert_int_equal(middle.moments, 30);
	assert_int_equal(middle.hours, 8);
	assert_int_equal(middle.interval, 200); /* the lower of the middle two */
	expect_near(middle.jitter, 0.3, 1e-9, "jitter");
	assert_int_equal(bt_rhythm_middle(some, 0).interval, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_beacons),
	    cmocka_unit_test(test_browsing),
	    cmocka_unit_test(test_few),
	    cmocka_unit_test(test_middle),
	};
	seed = random_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
