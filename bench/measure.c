/* SPDX-License-Identifier: BSD-3-Clause */
/* measure.c -- how long the peers take */

#include <stdlib.h>

#include "measure.h"

enum {
	HOT_QUERIES = 1000,
	HOT_BATCHES = 20,
	WARM_BATCH = 1000,
	COLD_BATCH = 200,
	SINGLES = 1000, /* lookups timed one by one, a round and state */
};

const char *const state_names[STATES] = {[HOT] = "hot", [WARM] = "warm", [COLD] = "cold"};

/* ---- open and close ---- */

bool bench_open(struct bench *bench, const struct peer *peer, const char *path, struct bt_err *err)
{
	static struct regions before;
	struct subject *subject = &bench->subjects[bench->subject_count];
	*subject = (struct subject){.peer = peer};
	if (!regions_read(&before, err) || !peer->open(&subject->self, path, err))
		return bt_fail_in(err, "%s", peer->name);
	bench->subject_count++;
	return regions_read(&subject->memory, err) &&
	       regions_subtract(&subject->memory, &before, err);
}

void bench_add_rows(struct bench *bench, unsigned number)
{
	const struct subject *subject = &bench->subjects[number];
	bench->rows[bench->row_count++] = (struct row){subject, false};
	if (subject->peer->match_many != NULL)
		bench->rows[bench->row_count++] = (struct row){subject, true};
}

void bench_close(struct bench *bench)
{
	for (unsigned i = 0; i < bench->subject_count; i++)
		bench->subjects[i].peer->close(bench->subjects[i].self);
	for (unsigned m = 0; m < MIXES_MAX; m++)
		for (unsigned r = 0; r < ROWS_MAX; r++)
			for (unsigned s = 0; s < STATES; s++) {
				samples_free(&bench->cells[m][r][s].means);
				samples_free(&bench->cells[m][r][s].each);
			}
	*bench = (struct bench){0};
}

/* ---- a run of lookups ---- */

static struct tick tick;

/* Where the compiler cannot see that the answers are of no use. */
static volatile uint64_t sink;

/*
 * Nanoseconds a lookup. The next key's place is computed from the answer (`sum >> 60` is always 0,
 * which the processor does not know), so that lookups do not overlap.
 */
static double run_one_by_one(
    const struct subject *subject, const struct mix *mix, size_t first, size_t count)
{
	struct bt_match matches[BT_MATCHES_MAX];
	const uint8_t *at = (const uint8_t *)mix->keys[first];
	uint64_t sum = 0, begin = now();
	for (size_t i = 0; i < count; i++) {
		const struct bt_key *key = (const struct bt_key *)at;
		__builtin_prefetch(at + 256);
		unsigned found = subject->peer->match(subject->self, key, matches);
		sum += found;
		if (found > 0)
			sum += matches[found - 1].class_id;
		at += offsetof(struct bt_key, bytes) + key->len + (sum >> 60);
	}
	uint64_t took = now() - begin;
	sink += sum;
	return (double)took / (double)count;
}

static double run_many(
    const struct subject *subject, const struct mix *mix, size_t first, size_t count)
{
	static struct bt_match matches[PEER_MANY][BT_MATCHES_MAX];
	unsigned found[PEER_MANY];
	uint64_t sum = 0, begin = now();
	for (size_t i = 0; i < count; i += PEER_MANY) {
		unsigned n = count - i < PEER_MANY ? (unsigned)(count - i) : PEER_MANY;
		subject->peer->match_many(subject->self, mix->keys + first + i, n, matches, found);
		for (unsigned k = 0; k < n; k++) {
			sum += found[k];
			if (found[k] > 0)
				sum += matches[k][found[k] - 1].class_id;
		}
	}
	uint64_t took = now() - begin;
	sink += sum;
	return (double)took / (double)count;
}

static double run(const struct row *row, const struct mix *mix, size_t first, size_t count)
{
	return (row->many ? run_many : run_one_by_one)(row->subject, mix, first, count);
}

/* Each lookup by itself, between two reads of the clock. */
static void run_singles(
    const struct row *row, const struct mix *mix, size_t first, size_t count, struct samples *each)
{
	struct bt_match matches[BT_MATCHES_MAX];
	if (row->many)
		return;
	for (size_t i = first; i < first + count; i++) {
		uint64_t begin = ticks();
		sink += row->subject->peer->match(row->subject->self, mix->keys[i], matches);
		uint64_t took = ticks() - begin;
		took = took > tick.overhead ? took - tick.overhead : 0;
		samples_add(each, (double)took * tick.ns);
	}
}

/* ---- states ---- */

static size_t at_most(size_t most, size_t count)
{
	return count < most ? count : most;
}

static void run_hot(const struct row *row, const struct mix *mix, struct cell *cell)
{
	size_t count = at_most(HOT_QUERIES, mix->count);
	run(row, mix, 0, count);
	for (unsigned i = 0; i < HOT_BATCHES; i++)
		samples_add(&cell->means, run(row, mix, 0, count));
	run_singles(row, mix, 0, at_most(SINGLES, count), &cell->each);
}

/* Asked once unmeasured, so that the rows before this one leave no trace. */
static void run_warm(
    const struct row *row, const struct mix *mix, unsigned round, struct cell *cell)
{
	run(row, mix, 0, mix->count);
	for (size_t i = 0; i + WARM_BATCH <= mix->count; i += WARM_BATCH)
		samples_add(&cell->means, run(row, mix, i, WARM_BATCH));
	size_t singles = at_most(SINGLES, mix->count);
	size_t first = round * singles % (mix->count - singles + 1);
	run_singles(row, mix, first, singles, &cell->each);
}

static void make_cold(const struct row *row, const struct mix *mix, size_t first)
{
	regions_evict(&row->subject->memory);
	for (size_t i = first; i < first + COLD_BATCH; i++) {
		const volatile uint8_t *key = (const volatile uint8_t *)mix->keys[i];
		for (unsigned at = 0; at < key[0]; at += 32)
			sink += key[at];
	}
}

static void run_cold(const struct row *row, const struct mix *mix, unsigned round, unsigned batches,
    struct cell *cell)
{
	if (mix->count < COLD_BATCH)
		return;
	for (unsigned i = 0; i < batches; i++) {
		size_t first = 2 * (round * batches + i) * COLD_BATCH;
		first %= mix->count - COLD_BATCH + 1;
		make_cold(row, mix, first);
		samples_add(&cell->means, run(row, mix, first, COLD_BATCH));
		if (row->many)
			continue;
		make_cold(row, mix, first);
		run_singles(row, mix, first, COLD_BATCH, &cell->each);
	}
}

void bench_round(struct bench *bench, unsigned round, unsigned cold_batches)
{
	if (tick.ns <= 0)
		tick = tick_measure();
	for (unsigned m = 0; m < bench->mixes->count; m++)
		for (unsigned i = 0; i < bench->row_count; i++) {
			unsigned r = (i + round) % bench->row_count;
			const struct mix *mix = &bench->mixes->list[m];
			const struct row *row = &bench->rows[r];
			struct cell *cells = bench->cells[m][r];
			run_hot(row, mix, &cells[HOT]);
			run_warm(row, mix, round, &cells[WARM]);
			run_cold(row, mix, round, cold_batches, &cells[COLD]);
		}
}
