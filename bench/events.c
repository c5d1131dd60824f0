/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * events.c -- what recording a hit costs a worker, and how many the writer takes
 *
 *     bench/events FOLDER [--quick]
 *
 * A push, and a count of a hit that is to have no event, are measured in a worker that does other
 * work in between, which throws the ring out of the processor's nearest cache, less the same work
 * without pushes; and alone. Then a worker paces hits of many names and clients at 250,000 a second
 * into a real writer, whose rings and log are in FOLDER: what is dropped is counted, and the
 * processor time of all but the worker.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../tests/random.h"
#include "writer.h"

enum {
	ROUNDS = 9,
	WORK_OCTETS = 256 << 10, /* touched between two pushes */
	PER_SECOND = 250000,
	BURST = 250, /* hits at once, each millisecond */
	EVENTS = 4096,
};

static volatile uint8_t sink;

static double now_ns(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double cpu_seconds(clockid_t clock)
{
	struct timespec time;
	clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
	const double *left = a, *right = b;
	return *left < *right ? -1 : *left > *right;
}

/* ---- events as they come ---- */

static void make_event(struct bt_event *event, uint64_t *numbers)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	char text[64];
	struct bt_key key;
	memset(event, 0, sizeof(*event));
	snprintf(text, sizeof(text), "www.beacon-%u.example", random_below(numbers, 5000));
	(void)bt_key_from_text(&key, text, strlen(text));
	event->key_size = key.len;
	memcpy(event->key, key.bytes, key.len);
	event->labels = 2;
	event->match_count = 1;
	event->matches[0].class_id = random_below(numbers, 200);
	event->matches[0].labels = 2;
	event->qtype = event->qclass = 1;
	memcpy(event->client, mapped, sizeof(mapped));
	event->client[12] = 10;
	event->client[14] = (uint8_t)random_below(numbers, 40);
	event->client[15] = (uint8_t)random_next(numbers);
	event->port = (uint16_t)random_next(numbers);
}

/* ---- a push, or a count ---- */

static void work(const uint8_t *memory, unsigned round)
{
	for (unsigned i = 0; i < WORK_OCTETS; i += 64)
		sink = (uint8_t)(sink + memory[i + round % 64]);
}

static void push(struct bt_ring *ring, const struct bt_event *event)
{
	(void)bt_ring_push(ring, event);
}

static void count(struct bt_ring *ring, const struct bt_event *event)
{
	bt_ring_count(ring, 1, event->port % 32, event->time, 1);
}

/* Nanoseconds a push, with that much work before each. */
static double push_ns(struct bt_ring *ring,
    void (*push_one)(struct bt_ring *ring, const struct bt_event *event),
    const struct bt_event *events, const uint8_t *memory, unsigned pushes, bool busy)
{
	double begun = now_ns(), waits = 0;
	for (unsigned i = 0; i < pushes; i++) {
		if (busy)
			work(memory, i);
		if (ring != NULL)
			push_one(ring, &events[i % EVENTS]);
		if (ring != NULL && i % 4096 == 4095) { /* room again */
			double from = now_ns();
			uint64_t sequence;
			uint32_t taken = 0;
			while (bt_ring_next(ring, taken, &sequence) != NULL)
				taken++;
			bt_ring_done(ring, taken);
			waits += now_ns() - from;
		}
	}
	return (now_ns() - begun - waits) / pushes;
}

static bool measure_push(const char *folder, const char *what,
    void (*push_one)(struct bt_ring *ring, const struct bt_event *event),
    const struct bt_event *events, bool quick)
{
	char path[4096];
	struct bt_ring *ring;
	struct bt_err err;
	uint8_t *memory = calloc(1, WORK_OCTETS + 64);
	double busy[ROUNDS], tight[ROUNDS];
	unsigned rounds = quick ? 1 : ROUNDS, pushes = quick ? 5000 : 40000;
	snprintf(path, sizeof(path), "%s/ring", folder);
	if (memory == NULL || !bt_ring_create(&ring, path, 1, 0, 16384, &err)) {
		fprintf(stderr, "bench/events: %s\n", memory == NULL ? "out of memory" : err.text);
		free(memory);
		return false;
	}
	for (unsigned i = 0; i < rounds; i++) {
		double without = push_ns(NULL, NULL, events, memory, pushes, true);
		busy[i] = push_ns(ring, push_one, events, memory, pushes, true) - without;
		tight[i] = push_ns(ring, push_one, events, memory, 10 * pushes, false);
	}
	qsort(busy, rounds, sizeof(*busy), by_value);
	qsort(tight, rounds, sizeof(*tight), by_value);
	printf("%s %.0f ns (%.0f-%.0f) between other work, %.0f ns (%.0f-%.0f) alone; "
	       "must: 50\n",
	    what, busy[rounds / 2], busy[0], busy[rounds - 1], tight[rounds / 2], tight[0],
	    tight[rounds - 1]);
	bt_ring_close(&ring);
	remove(path);
	free(memory);
	return true;
}

/* ---- the writer ---- */

static bool measure_writer(const char *folder, struct bt_event *events, bool quick)
{
	const struct bt_writer_options options = {.state_dir = folder, .rings = 1};
	const struct timespec millisecond = {.tv_nsec = 1000000};
	unsigned seconds = quick ? 1 : 20;
	uint64_t pushed = 0, target = (uint64_t)seconds * PER_SECOND;
	struct bt_writer *writer;
	struct bt_err err;
	if (!bt_writer_start(&writer, &options, &err)) {
		fprintf(stderr, "bench/events: %s\n", err.text);
		return false;
	}
	struct bt_ring *ring = bt_writer_ring(writer, 0);
	double begun = now_ns(), process = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
	double worker = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
	while (pushed < target) {
		uint64_t due = (uint64_t)((now_ns() - begun) * PER_SECOND / 1e9);
		for (; pushed < due && pushed < target; pushed++) {
			events[pushed % EVENTS].time = 1700000000000 + (int64_t)(pushed / BURST);
			(void)bt_ring_push(ring, &events[pushed % EVENTS]);
		}
		nanosleep(&millisecond, NULL);
	}
	double lasted = (now_ns() - begun) / 1e9;
	process = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - process;
	worker = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - worker;
	uint64_t dropped = bt_ring_dropped(ring);
	bt_writer_stop(&writer);
	printf("the writer  %.0f hits/s for %.0f s: %" PRIu64
	       " dropped; it takes %.0f %% of a processor\n",
	    (double)pushed / lasted, lasted, dropped, (process - worker) / lasted * 100);
	return true;
}

int main(int argc, char **argv)
{
	bool quick = argc > 2 && strcmp(argv[2], "--quick") == 0;
	uint64_t numbers = 1;
	if (argc < 2 || argc > 3 || (argc == 3 && !quick)) {
		fputs("usage: bench/events FOLDER [--quick]\n", stderr);
		return 2;
	}
	struct bt_event *events = calloc(EVENTS, sizeof(*events));
	if (events == NULL)
		return 2;
	for (unsigned i = 0; i < EVENTS; i++)
		make_event(&events[i], &numbers);
	bool ok = measure_push(argv[1], "a push     ", push, events, quick) &&
		  measure_push(argv[1], "a count    ", count, events, quick) &&
		  measure_writer(argv[1], events, quick);
	free(events);
	return ok ? 0 : 1;
}
