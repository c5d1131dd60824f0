/* SPDX-License-Identifier: BSD-3-Clause */
/* test-damage.c -- segments that are torn, damaged, foreign or forged */

#include "segments.h"

/* ---- torn ---- */

static void expect_torn(const uint8_t *bytes, size_t size, size_t cut, unsigned blocks)
{
	size_t whole, last = block_at(bytes, size, blocks);
	struct bt_err err;
	struct notes *notes = parse(bytes, cut, true, &whole, &err);
	assert_non_null(notes);
	expect_first(notes, notes_after[blocks]);
	assert_int_equal(whole, last);
	free_notes(notes);

	/* In a closed segment it is damage, unless it is cut between blocks. */
	notes = parse(bytes, cut, false, &whole, &err);
	assert_non_null(notes);
	assert_int_equal(notes->damages, cut > last ? 1 : 0);
	if (cut > last) {
		assert_int_equal(notes->notes[--notes->count].a, last);
		assert_non_null(strstr(notes->reason, "cut off"));
	}
	expect_first(notes, notes_after[blocks]);
	free_notes(notes);

	/* And it is recovered from: for the last block, since this syncs. */
	uint64_t gone = 99;
	if (blocks < 5)
		return;
	unlink(path(".seg"));
	put_file(path(".open"), bytes, cut);
	check(err, bt_segment_recover(path(".open"), &gone, &err));
	assert_int_equal(gone, cut - last);
	assert_int_not_equal(access(path(".open"), F_OK), 0);
	notes = read_file(path(".seg"));
	expect_first(notes, notes_after[blocks]);
	free_notes(notes);
}

static void test_truncations(void **state)
{
	(void)state;
	size_t size;
	uint8_t *bytes = all_bytes(&size);
	assert_int_equal(block_at(bytes, size, 6), size);
	unsigned blocks = 0;
	for (size_t cut = header_size(bytes); cut <= size; cut++) {
		while (blocks < 6 && block_at(bytes, size, blocks + 1) <= cut)
			blocks++;
		expect_torn(bytes, size, cut, blocks);
	}
	free(bytes);
}

/* Not even its header: there was never anything in it. */
static void test_torn_header(void **state)
{
	(void)state;
	size_t size;
	uint8_t *bytes = all_bytes(&size);
	assert_int_equal(unlink(path(".seg")), 0);
	for (size_t cut = 0; cut < header_size(bytes); cut++) {
		struct bt_err err;
		uint64_t gone;
		struct notes *notes = parse(bytes, cut, true, NULL, &err);
		assert_non_null(notes);
		assert_int_equal(notes->count, 0);
		free_notes(notes);
		assert_null(parse(bytes, cut, false, NULL, &err));
		put_file(path(".open"), bytes, cut);
		check(err, bt_segment_recover(path(".open"), &gone, &err));
		assert_int_equal(gone, cut);
		assert_int_not_equal(access(path(".open"), F_OK), 0);
		assert_int_not_equal(access(path(".seg"), F_OK), 0);
	}
	free(bytes);
}

static void test_recover_refuses(void **state)
{
	(void)state;
	struct bt_err err;
	uint64_t cut = 99;
	put_file(in(folder, "x.open"),
	    "this is somebody's text, longer than a header is, "
	    "and nothing that should be cut or removed",
	    91);
	assert_false(bt_segment_recover(in(folder, "x.open"), &cut, &err));
	assert_non_null(strstr(err.text, "x.open: is not a segment"));
	put_file(in(folder, "y.open"), "short", 5);
	assert_false(bt_segment_recover(in(folder, "y.open"), &cut, &err));
	put_file(in(folder, "z.seg"), "", 0);
	assert_false(bt_segment_recover(in(folder, "z.seg"), &cut, &err));
	assert_false(bt_segment_recover(in(folder, "missing.open"), &cut, &err));
	assert_int_equal(access(in(folder, "x.open"), F_OK), 0);
	assert_int_equal(access(in(folder, "y.open"), F_OK), 0);
	assert_int_equal(cut, 99);
}

/* ---- damaged ---- */

/* With one block damaged, the rest is read. */
static void expect_without(const struct notes *notes, unsigned block)
{
	size_t from = notes_after[block], to = notes_after[block + 1];
	assert_int_equal(notes->damages, 1);
	assert_int_equal(notes->count, ALL - (to - from) + 1);
	for (size_t i = 0, n = 0; i < notes->count; i++) {
		if (notes->notes[i].what == 'd') {
			assert_int_equal(i, from);
			n = to;
			continue;
		}
		assert_true(same_note(&all_notes[n], &notes->notes[i]));
		n++;
	}
}

static void test_bit_flips_in_blocks(void **state)
{
	(void)state;
	size_t size;
	uint8_t *bytes = all_bytes(&size);
	for (unsigned block = 0; block < 6; block++) {
		size_t from = block_at(bytes, size, block), to = block_at(bytes, size, block + 1);
		for (size_t bit = from * 8; bit < to * 8; bit++) {
			struct bt_err err;
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			struct notes *notes = parse(bytes, size, false, NULL, &err);
			assert_non_null(notes);
			expect_without(notes, block);
			free_notes(notes);
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
	free(bytes);
}

/* In the header: refused by name, or the events are read though the resolver is not known. */
static void test_bit_flips_in_header(void **state)
{
	(void)state;
	size_t size;
	uint8_t *bytes = all_bytes(&size);
	for (size_t bit = 0; bit < header_size(bytes) * 8; bit++) {
		struct bt_err err = {""};
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		struct notes *notes = parse(bytes, size, false, NULL, &err);
		if (bit < 12 * 8) { /* magic, version, kind */
			assert_null(notes);
			assert_true(strlen(err.text) > 10);
		} else if (bit / 8 >= BT_HEADER_SEED && bit / 8 < BT_HEADER_SEED + 8) {
			assert_null(notes);
			assert_non_null(strstr(err.text, "damaged header"));
		} else {
			assert_non_null(notes);
			assert_int_equal(notes->damages, 1);
			assert_int_equal(notes->events, ALL_EVENTS);
			assert_string_equal(notes->resolver, "?");
		}
		free_notes(notes);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	free(bytes);
}

/* Two damaged blocks in a row are one damage, as are zeros where blocks were. */
static void test_hole(void **state)
{
	(void)state;
	size_t size;
	struct bt_err err;
	uint8_t *bytes = all_bytes(&size);
	size_t from = block_at(bytes, size, 1), to = block_at(bytes, size, 3);
	memset(bytes + from, 0, to - from);
	struct notes *notes = parse(bytes, size, true, NULL, &err);
	assert_non_null(notes);
	assert_int_equal(notes->damages, 1);
	assert_int_equal(notes->events, ALL_EVENTS - 3);
	free_notes(notes);
	free(bytes);
}

/* ---- from another version, and from nobody ---- */

static void expect_refused(uint8_t *bytes, size_t size, const char *reason)
{
	struct bt_err err;
	assert_null(parse(bytes, size, false, NULL, &err));
	assert_non_null(strstr(err.text, reason));
	put_file(in(folder, "x.seg"), bytes, size);
	assert_false(bt_segment_read(in(folder, "x.seg"), &(struct bt_segment_visitor){0}, &err));
	assert_non_null(strstr(err.text, reason));
	assert_non_null(strstr(err.text, "x.seg: "));
}

static void test_foreign(void **state)
{
	(void)state;
	size_t size;
	uint8_t *bytes = all_bytes(&size);
	bt_put16(bytes + BT_HEADER_VERSION, 2);
	expect_refused(bytes, size, "version 2; this program knows version 1");
	bt_put16(bytes + BT_HEADER_VERSION, 1);
	bt_put16(bytes + BT_HEADER_KIND, 3);
	expect_refused(bytes, size, "kind 3");
	memcpy(bytes, "SQLite format 3", 16);
	expect_refused(bytes, size, "is not a segment");
	expect_refused(bytes, 0, "is not a segment");
	free(bytes);
	struct bt_err err;
	assert_false(bt_segment_read(in(folder, "no.seg"), &(struct bt_segment_visitor){0}, &err));
	assert_non_null(strstr(err.text, "No such file"));
}

/* Makes block number 1 another, with a checksum that is right. */
static void forge(uint8_t *bytes, size_t size, void (*change)(uint8_t *block))
{
	uint8_t *block = bytes + block_at(bytes, size, 1);
	change(block);
	bt_put64(block + BT_BLOCK_CHECK,
	    bt_block_check(block, block_size(block), bt_get64(bytes + BT_HEADER_SEED)));
}

static void set_type(uint8_t *block)
{
	block[BT_BLOCK_TYPE] = 200;
}

static void set_encoding(uint8_t *block)
{
	block[BT_BLOCK_ENCODING] = 2;
}

static void set_compressed(uint8_t *block)
{
	block[BT_BLOCK_ENCODING] = BT_ENCODING_ZSTD;
}

static void set_count_up(uint8_t *block)
{
	bt_put32(block + BT_BLOCK_COUNT, 4);
}

static void set_count_down(uint8_t *block)
{
	bt_put32(block + BT_BLOCK_COUNT, 2);
}

static void set_flags(uint8_t *block)
{
	block[BT_BLOCK_HEADER] = 0xff;
}

static void set_gap(uint8_t *block)
{
	bt_put32(block + BT_BLOCK_COUNT, 9);
	block[BT_BLOCK_TYPE] = BT_BLOCK_GAP;
}

static void set_beat(uint8_t *block)
{
	block[BT_BLOCK_TYPE] = BT_BLOCK_BEAT;
}

static void set_policy(uint8_t *block)
{
	block[BT_BLOCK_TYPE] = BT_BLOCK_POLICY;
}

/* What is whole but not understood is left out and said; a new type of block is only left out. */
static void test_not_understood(void **state)
{
	(void)state;
	static const struct {
		void (*change)(uint8_t *block);
		const char *reason; /* NULL: no damage */
	} cases[] = {
	    {set_type, NULL},
	    {set_encoding, "an encoding"},
	    {set_compressed, "a compressed block"},
	    {set_count_up, "no event"},
	    {set_count_down, "more than its events"},
	    {set_flags, "no event"},
	    {set_gap, "no gap"},
	    {set_beat, "no heartbeat"},
	    {set_policy, "policy"},
	};
	size_t size;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bt_err err;
		uint8_t *bytes = all_bytes(&size);
		forge(bytes, size, cases[i].change);
		struct notes *notes = parse(bytes, size, false, NULL, &err);
		assert_non_null(notes);
		assert_int_equal(notes->damages, cases[i].reason == NULL ? 0 : 1);
		if (cases[i].reason != NULL)
			assert_non_null(strstr(notes->reason, cases[i].reason));
		assert_in_range(notes->events, ALL_EVENTS - 3, ALL_EVENTS);
		free_notes(notes);
		free(bytes);
		assert_int_equal(unlink(path(".seg")), 0);
	}
}

/*
 * Octets that clients chose stand inside of blocks. When such a block is damaged, a block in it
 * that looks whole must not be taken for one: its author does not know the segment's seed.
 */
static void test_block_in_block(void **state)
{
	(void)state;
	uint8_t inner[BT_BLOCK_HEADER + BT_EVENT_ENCODED_MAX] = {0};
	struct bt_segment_event before = {0};
	struct bt_event event = make_event("innocent.example", 1, 1);
	size_t used = BT_BLOCK_HEADER +
		      bt_event_encode(inner + BT_BLOCK_HEADER, &before, BOOT, 5, 99, &event);
	bt_put32(inner + BT_BLOCK_MAGIC, BT_BLOCK_MAGIC_VALUE);
	inner[BT_BLOCK_TYPE] = BT_BLOCK_EVENTS;
	bt_put32(inner + BT_BLOCK_PAYLOAD_SIZE, (uint32_t)bt_pad8(used) - BT_BLOCK_HEADER);
	bt_put32(inner + BT_BLOCK_COUNT, 1);
	bt_put64(inner + BT_BLOCK_CHECK, bt_block_check(inner, bt_pad8(used), 0));

	struct bt_segment_writer *writer = create();
	struct bt_err err;
	size_t size;
	check(err, bt_segment_policy(writer, 1, inner, bt_pad8(used), &err));
	check(err, bt_segment_close(&writer, &err));
	uint8_t *bytes = file_bytes(path(".seg"), &size);
	for (int seeded = 0; seeded < 2; seeded++) {
		bytes[block_at(bytes, size, 0)] ^= 1;
		struct notes *notes = parse(bytes, size, false, NULL, &err);
		assert_non_null(notes);
		assert_int_equal(notes->events, seeded); /* with the seed it would have worked */
		free_notes(notes);
		bytes[block_at(bytes, size, 0)] ^= 1;
		uint8_t *copy =
		    bytes + block_at(bytes, size, 0) + BT_BLOCK_HEADER + BT_POLICY_HEADER;
		bt_put64(copy + BT_BLOCK_CHECK,
		    bt_block_check(copy, bt_pad8(used), bt_get64(bytes + BT_HEADER_SEED)));
	}
	free(bytes);
}

/* A megabyte of false blocks, each claiming all the rest: no more than a few times its size. */
static void test_patience(void **state)
{
	(void)state;
	enum { SIZE = 1 << 20 };
	size_t size;
	struct bt_err err;
	uint8_t *whole = all_bytes(&size);
	uint8_t *bytes = calloc(1, SIZE);
	assert_non_null(bytes);
	memcpy(bytes, whole, header_size(whole));
	for (size_t at = header_size(whole); at + BT_BLOCK_HEADER <= SIZE; at += BT_BLOCK_HEADER) {
		bt_put32(bytes + at, BT_BLOCK_MAGIC_VALUE);
		bt_put32(bytes + at + BT_BLOCK_PAYLOAD_SIZE,
		    (uint32_t)((SIZE - at - BT_BLOCK_HEADER) & ~7u));
	}
	struct timespec before, after;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
	struct notes *notes = parse(bytes, SIZE, false, NULL, &err);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
	assert_non_null(notes);
	assert_int_equal(notes->damages, 1);
	assert_int_equal(notes->events, 0);
	/* 16 GiB would be hashed otherwise: a second at the very least. */
	assert_true(
	    (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 <
	    1000);
	free_notes(notes);
	free(bytes);
	free(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    test(test_truncations),
	    test(test_torn_header),
	    test(test_recover_refuses),
	    test(test_bit_flips_in_blocks),
	    test(test_bit_flips_in_header),
	    test(test_hole),
	    test(test_foreign),
	    test(test_not_understood),
	    test(test_block_in_block),
	    test(test_patience),
	};
	seed = random_seed();
	return cmocka_run_group_tests(tests, open_policy, close_policy);
}
