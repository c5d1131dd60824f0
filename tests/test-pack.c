/* SPDX-License-Identifier: BSD-3-Clause */
/* test-pack.c -- a packed segment says what it said before */

#include <fcntl.h>

#include "segments.h"

enum { EVENTS = 3000 };

/* Events as clients make them: few names and few clients, many times; and some of any kind. */
static struct bt_event some_event(uint64_t *numbers, int64_t *time)
{
	char name[64];
	if (random_below(numbers, 20) == 0)
		return random_event(numbers);
	snprintf(name, sizeof(name), "h%u.bad%u.example", random_below(numbers, 3),
	    random_below(numbers, 40));
	*time += random_below(numbers, 500);
	struct bt_event event = make_event(name, random_below(numbers, 200), *time);
	event.port = (uint16_t)random_next(numbers);
	event.qtype = random_below(numbers, 2) ? 1 : 28;
	return event;
}

static void put_beat(struct bt_segment_writer *writer, enum bt_beat_kind kind)
{
	struct bt_beat beat = {.time = -3,
	    .boot = BOOT,
	    .policy = 0x77,
	    .pushed = 1000,
	    .dropped = 10,
	    .period = 30,
	    .kind = (uint8_t)kind};
	struct bt_err err;
	check(err, bt_segment_beat(writer, &beat, &err));
}

/* A closed segment with so many events of two rings, beats and gaps between them. */
static void make_segment(unsigned events)
{
	struct bt_segment_writer *writer = create();
	uint64_t numbers = seed, sequences[2] = {0};
	int64_t time = 1700000000000;
	struct bt_err err;
	check(err, bt_segment_policy(writer, 0x77, policy_bytes, policy_size, &err));
	put_beat(writer, BT_BEAT_START);
	for (unsigned i = 0; i < events; i++) {
		struct bt_event event = some_event(&numbers, &time);
		uint32_t ring = random_below(&numbers, 2);
		sequences[ring] += random_below(&numbers, 50) == 0 ? 3 : 1;
		check(err,
		    bt_segment_event(writer, BOOT + ring, ring, sequences[ring], &event, &err));
		if (random_below(&numbers, 200) == 0)
			put_beat(writer, BT_BEAT_ALIVE);
		if (random_below(&numbers, 500) == 0)
			check(err, bt_segment_gap(writer, BOOT, 5, i + 1, i + 7, 42, &err));
	}
	put_beat(writer, BT_BEAT_STOP);
	check(err, bt_segment_close(&writer, &err));
}

static bool pack(void)
{
	struct bt_err err;
	bool packed = false;
	check(err, bt_segment_pack(path(".seg"), NULL, &packed, &err));
	return packed;
}

static struct notes *read_notes(void)
{
	struct bt_segment_visitor visitor;
	struct notes *notes = new_notes(&visitor);
	struct bt_err err;
	check(err, bt_segment_read(path(".seg"), &visitor, &err));
	assert_int_equal(notes->damages, 0);
	return notes;
}

/* The next one of this kind, from *at on. */
static const struct note *next_of(const struct notes *notes, char what, size_t *at)
{
	while (*at < notes->count && notes->notes[*at].what != what)
		++*at;
	return *at < notes->count ? &notes->notes[(*at)++] : NULL;
}

static void expect_same(const struct notes *before, const struct notes *after)
{
	assert_int_equal(before->count, after->count);
	for (const char *what = "hpegb"; *what != '\0'; what++) {
		size_t at[2] = {0};
		const struct note *left, *right;
		while ((left = next_of(before, *what, &at[0])) != NULL) {
			right = next_of(after, *what, &at[1]);
			assert_non_null(right);
			assert_int_equal(left->a, right->a);
			assert_int_equal(left->b, right->b);
			assert_int_equal(left->c, right->c);
			if (*what == 'e')
				assert_true(same_event(&left->event, &right->event));
		}
	}
}

static void test_same(void **state)
{
	(void)state;
	static const unsigned counts[] = {0, 1, 2, EVENTS, BT_COLUMNS_EVENTS + 10};
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		make_segment(counts[i]);
		struct stat plain, packed;
		assert_int_equal(stat(path(".seg"), &plain), 0);
		struct notes *before = read_notes();
		assert_true(pack());
		struct notes *after = read_notes();
		expect_same(before, after);
		assert_int_equal(stat(path(".seg"), &packed), 0);
		assert_int_equal(packed.st_mode, plain.st_mode);
		assert_int_not_equal(access(path(".seg.new"), F_OK), 0);
		if (counts[i] >= EVENTS)
			assert_true(packed.st_size * 2 < plain.st_size);
		assert_false(pack()); /* it is packed already */
		free_notes(before);
		free_notes(after);
		unlink(path(".seg"));
	}
}

/* ---- many at once ---- */

struct sums {
	uint64_t events, sequences, times, ports, names, clients;
};

static void add(struct sums *sums, const struct bt_event *event, uint64_t sequence)
{
	sums->events++;
	sums->sequences += sequence;
	sums->times += (uint64_t)event->time;
	sums->ports += event->port;
	sums->names += event->key_size * 31u + event->key[event->key_size / 2];
	for (unsigned i = 0; i < 16; i++)
		sums->clients += event->client[i] * (i + 1u) + event->via[i];
}

static bool sum_event(void *ctx, const struct bt_segment_event *record)
{
	add(ctx, &record->event, record->sequence);
	return true;
}

static bool sum_columns(void *ctx, const struct bt_columns *columns)
{
	struct bt_segment_event record;
	uint32_t at = 0;
	for (uint32_t i = 0; i < columns->runs; i++)
		for (uint32_t j = 0; j < columns->run[i].count; j++) {
			const struct bt_columns_run *run = &columns->run[i];
			bt_columns_event(&record, columns, at++, run, run->first + j);
			add(ctx, &record.event, run->first + j);
		}
	assert_int_equal(at, columns->events);
	return true;
}

static void test_columns(void **state)
{
	(void)state;
	struct sums one = {0}, many = {0};
	struct bt_segment_visitor visitor = {.event = sum_event, .ctx = &one};
	struct bt_err err;
	make_segment(EVENTS);
	assert_true(pack());
	check(err, bt_segment_read(path(".seg"), &visitor, &err));
	visitor.columns = sum_columns;
	visitor.ctx = &many;
	check(err, bt_segment_read(path(".seg"), &visitor, &err));
	assert_int_equal(one.events, EVENTS);
	assert_memory_equal(&one, &many, sizeof(one));
}

/* ---- what is not packed ---- */

static void flip(size_t at, unsigned bit)
{
	uint8_t octet;
	int fd = open(path(".seg"), O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &octet, 1, (off_t)at), 1);
	octet ^= (uint8_t)(1u << bit);
	assert_int_equal(pwrite(fd, &octet, 1, (off_t)at), 1);
	close(fd);
}

static void test_damaged(void **state)
{
	(void)state;
	struct stat st;
	make_segment(50);
	assert_int_equal(stat(path(".seg"), &st), 0);
	for (size_t at = 0; at < (size_t)st.st_size; at += 13) {
		flip(at, at % 8);
		struct bt_err err;
		bool packed = true;
		check(err, bt_segment_pack(path(".seg"), NULL, &packed, &err));
		assert_false(packed); /* what is left of it can still be read where it is */
		flip(at, at % 8);
	}
	assert_true(pack());
}

/* Each bit of a packed one: what is not as it was is said, and nothing is made up. */
static void test_flips(void **state)
{
	(void)state;
	struct stat st;
	make_segment(60);
	assert_true(pack());
	struct notes *whole = read_notes();
	assert_int_equal(stat(path(".seg"), &st), 0);
	for (size_t at = BT_HEADER_SIZE; at < (size_t)st.st_size; at++) {
		struct bt_segment_visitor visitor;
		struct notes *notes = new_notes(&visitor);
		struct bt_err err;
		flip(at, at % 8);
		if (bt_segment_read(path(".seg"), &visitor, &err)) {
			assert_true(notes->damages > 0);
			assert_true(notes->events == 0 || notes->events == whole->events);
		}
		free_notes(notes);
		flip(at, at % 8);
	}
	free_notes(whole);
}

/* At every octet: the blocks before are read, and the cut is said. */
static void test_cuts(void **state)
{
	(void)state;
	struct stat st;
	void *bytes;
	size_t size;
	struct bt_err err;
	make_segment(60);
	assert_true(pack());
	assert_int_equal(stat(path(".seg"), &st), 0);
	check(err, bt_file_read(path(".seg"), SIZE_MAX, &bytes, &size, &err));
	for (size_t cut = BT_HEADER_SIZE; cut < size; cut++) {
		struct bt_segment_visitor visitor;
		struct notes *notes = new_notes(&visitor);
		put_file(path(".seg"), bytes, cut);
		if (bt_segment_read(path(".seg"), &visitor, &err))
			assert_int_equal(notes->events, 0); /* they are in the last block */
		free_notes(notes);
	}
	free(bytes);
}

/* A process that died while it packed left a file that nobody takes for a segment. */
static void test_died(void **state)
{
	(void)state;
	struct bt_segment_file *files;
	size_t count;
	struct bt_err err;
	make_segment(EVENTS);
	put_file(path(".seg.new"), "half", 4);
	check(err, bt_segment_files(folder, &files, &count, &err));
	assert_int_equal(count, 1);
	bt_segment_files_free(&files, count);
	assert_true(pack());
	assert_int_not_equal(access(path(".seg.new"), F_OK), 0);
	struct notes *notes = read_notes();
	assert_int_equal(notes->events, EVENTS);
	free_notes(notes);
}

/* Root packs and forgets for a resolver that has another user, who has to read it. */
static void test_owner(void **state)
{
	(void)state;
	struct stat st;
	const struct bt_network everybody = {0};
	struct bt_err err;
	uint64_t forgotten;
	if (geteuid() != 0)
		skip();
	make_segment(50);
	assert_int_equal(chown(path(".seg"), 12345, 54321), 0);
	assert_true(pack());
	assert_int_equal(stat(path(".seg"), &st), 0);
	assert_int_equal(st.st_uid, 12345);
	assert_int_equal(st.st_gid, 54321);
	check(err, bt_segment_forget(path(".seg"), &everybody, &forgotten, &err));
	assert_int_equal(forgotten, 50);
	assert_int_equal(stat(path(".seg"), &st), 0);
	assert_int_equal(st.st_uid, 12345);
	assert_int_equal(st.st_mode & 0777, 0640);
}

/* Events in an encoding that is not known here: nobody can say that the client is not there. */
static void test_forget_not_understood(void **state)
{
	(void)state;
	const struct bt_network nobody = {.address = {1}, .bits = 128};
	struct bt_err err;
	uint64_t forgotten;
	size_t size;
	make_segment(10);
	check(err, bt_segment_forget(path(".seg"), &nobody, &forgotten, &err));
	assert_int_equal(forgotten, 0);
	uint8_t *bytes = file_bytes(path(".seg"), &size);
	uint8_t *longer = realloc(bytes, size + BT_BLOCK_HEADER + 8);
	assert_non_null(longer);
	memset(longer + size, 0, BT_BLOCK_HEADER + 8);
	bt_block_seal(longer + size, BT_BLOCK_HEADER + 8, BT_BLOCK_EVENTS, 9, 1, 8,
	    bt_get64(longer + BT_HEADER_SEED));
	put_file(path(".seg"), longer, size + BT_BLOCK_HEADER + 8);
	free(longer);
	assert_false(bt_segment_forget(path(".seg"), &nobody, &forgotten, &err));
	assert_non_null(strstr(err.text, ".seg: is damaged, and stays as it is"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    test(test_same),
	    test(test_columns),
	    test(test_damaged),
	    test(test_flips),
	    test(test_cuts),
	    test(test_died),
	    test(test_owner),
	    test(test_forget_not_understood),
	};
	seed = random_seed();
	return cmocka_run_group_tests(tests, open_policy, close_policy);
}
