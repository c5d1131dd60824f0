/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * test-golden.c -- the roll-up that the first version wrote, row by row and octet by octet
 *
 * tests/golden/segments/version-1.roll sums up version-1-summed.seg. What zstd makes of a payload
 * is its own affair and changes with it, and so does the seed of a segment: everything else is
 * compared.
 */

#include <zstd.h>

#include "endian.h"
#include "events.h"
#include "file.h"
#include "network.h"
#include "rollup-make.h"
#include "segment-format.h"

enum { BEGUN_DAY = 20777 };

static const int64_t begun = 1795168800000; /* 2026-11-20T10:00:00Z */

static char *folder;

static const char *golden(const char *name)
{
	static char path[4096];
	const char *source = getenv("srcdir");
	snprintf(
	    path, sizeof(path), "%s/tests/golden/segments/%s", source != NULL ? source : ".", name);
	return path;
}

/* ---- rows ---- */

/* What doc/event-format.md says of the events in version-1-summed.seg, by hand. */
static const struct row {
	const char *name, *list;
	enum bt_action action;
	const char *client;
	uint64_t hits;
	int64_t first, last; /* milliseconds since it was begun */
} rows[] = {
    {"evil.example", "campaign", BT_ACTION_SINKHOLE, "10.0.0.1", 1, 1001, 1001},
    {"evil.example", "campaign", BT_ACTION_SINKHOLE, "10.0.0.2", 1, 3300, 3300},
    {"*.evil.example", "campaign", BT_ACTION_SINKHOLE, "10.0.0.1", 1, 2020, 2020},
    {"deep.evil.example", "more", BT_ACTION_NXDOMAIN, "10.0.0.3", 1, 90000, 90000},
    {"beacon.example", "campaign", BT_ACTION_SINKHOLE, "2001:db8::53", 1, 4000, 4000},
    {"only-trial.example", "trial", BT_ACTION_LOG, "10.0.0.3", 1, 100000, 100000},
};

struct told {
	const struct bt_policy *policy;
	uint32_t rows, beats, sources;
};

static bool on_policy(void *ctx, uint64_t digest, const struct bt_policy *policy)
{
	struct told *told = ctx;
	(void)digest;
	told->policy = policy;
	return true;
}

static void expect_row(const struct told *told, const struct bt_roll *roll,
    const struct bt_roll_group *group, uint32_t number)
{
	assert_true(told->rows < sizeof(rows) / sizeof(*rows));
	const struct row *want = &rows[told->rows];
	const struct bt_event *shape = &roll->shape[group->shape];
	const struct bt_roll_row *row = &roll->row[number];
	uint8_t client[BT_ADDRESS_SIZE];
	char name[BT_TEXT_MAX + 1];
	bt_key_to_text(name, shape->key, shape->key_size);
	assert_string_equal(name, want->name);
	assert_string_equal(bt_policy_list(told->policy, shape->list).name, want->list);
	assert_int_equal(shape->action, want->action);
	assert_true(bt_address_read(client, want->client));
	assert_memory_equal(
	    roll->endpoint[roll->endpoint_of[number]].client, client, sizeof(client));
	assert_int_equal(group->day, BEGUN_DAY);
	assert_int_equal(row->hits, want->hits);
	assert_int_equal(row->first_seen, begun + want->first);
	assert_int_equal(row->last_seen, begun + want->last);
}

static bool on_roll(void *ctx, const struct bt_roll *roll)
{
	struct told *told = ctx;
	assert_non_null(told->policy);
	assert_non_null(roll->row);
	for (uint32_t i = 0; i < roll->groups; i++)
		for (uint32_t j = 0; j < roll->group[i].rows; j++, told->rows++)
			expect_row(told, roll, &roll->group[i], roll->group[i].row + j);
	return true;
}

static bool on_beat(void *ctx, const struct bt_beat *beat)
{
	struct told *told = ctx;
	assert_int_equal(beat->kind, told->beats == 0   ? BT_BEAT_START
				     : told->beats == 1 ? BT_BEAT_ALIVE
							: BT_BEAT_STOP);
	assert_int_equal(beat->time, begun + 60000 * (int64_t)told->beats);
	told->beats++;
	return true;
}

static bool on_sources(void *ctx, const struct bt_roll_source *sources, uint32_t count)
{
	struct told *told = ctx;
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(sources[i].boot, 17);
		assert_int_equal(sources[i].number, 1);
		assert_int_equal(sources[i].ring, told->sources + i);
		assert_int_equal(sources[i].first, 1);
		assert_int_equal(sources[i].last, told->sources + i == 0 ? 4 : 2);
		assert_int_equal(sources[i].earliest, begun + 1001);
		assert_int_equal(sources[i].latest, begun + 100000);
	}
	told->sources += count;
	return true;
}

static void on_damage(void *ctx, uint64_t offset, const char *reason)
{
	(void)ctx;
	fail_msg("damaged at %llu: %s", (unsigned long long)offset, reason);
}

static void test_rows(void **state)
{
	struct told told = {0};
	const struct bt_segment_visitor visitor = {.policy = on_policy,
	    .beat = on_beat,
	    .sources = on_sources,
	    .roll = on_roll,
	    .roll_rows = true,
	    .damage = on_damage,
	    .ctx = &told};
	struct bt_err err;
	(void)state;
	check(err, bt_segment_read(golden("version-1.roll"), &visitor, &err));
	assert_int_equal(told.rows, sizeof(rows) / sizeof(*rows));
	assert_int_equal(told.beats, 3);
	assert_int_equal(told.sources, 2);
}

/* ---- octets ---- */

struct file {
	uint8_t *bytes;
	size_t size, first; /* where its first block begins */
};

static struct file read_file(const char *path)
{
	struct file file;
	void *bytes;
	struct bt_err err;
	check(err, bt_file_read(path, 1 << 20, &bytes, &file.size, &err));
	file.bytes = bytes;
	assert_true(file.size >= BT_HEADER_SIZE);
	file.first = BT_HEADER_SIZE + bt_pad8(bt_get16(file.bytes + BT_HEADER_RESOLVER_SIZE));
	assert_true(file.size >= file.first);
	return file;
}

/* A block's payload before it was compressed: malloc'ed. *at moves past it. */
static uint8_t *plain_of(const struct file *file, size_t *at)
{
	const uint8_t *block = file->bytes + *at;
	size_t size;
	assert_null(bt_block_look(
	    file->bytes, file->size, *at, bt_get64(file->bytes + BT_HEADER_SEED), &size));
	size_t plain = bt_get32(block + BT_BLOCK_PLAIN_SIZE);
	const uint8_t *payload = block + BT_BLOCK_HEADER;
	uint8_t *octets = malloc(plain + 1);
	assert_non_null(octets);
	if (block[BT_BLOCK_ENCODING] == BT_ENCODING_PLAIN)
		memcpy(octets, payload, plain);
	else {
		size_t frame = ZSTD_findFrameCompressedSize(payload, size - BT_BLOCK_HEADER);
		assert_false(ZSTD_isError(frame));
		assert_int_equal(ZSTD_decompress(octets, plain, payload, frame), plain);
	}
	*at += size;
	return octets;
}

static void expect_same_block(const struct file *a, size_t *at, const struct file *b, size_t *there)
{
	const uint8_t *left = a->bytes + *at, *right = b->bytes + *there;
	uint8_t *left_plain = plain_of(a, at), *right_plain = plain_of(b, there);
	assert_int_equal(left[BT_BLOCK_TYPE], right[BT_BLOCK_TYPE]);
	assert_int_equal(bt_get32(left + BT_BLOCK_COUNT), bt_get32(right + BT_BLOCK_COUNT));
	assert_int_equal(
	    bt_get32(left + BT_BLOCK_PLAIN_SIZE), bt_get32(right + BT_BLOCK_PLAIN_SIZE));
	assert_memory_equal(left_plain, right_plain, bt_get32(left + BT_BLOCK_PLAIN_SIZE));
	free(left_plain);
	free(right_plain);
}

/* Their headers but for the seed and the check, and their blocks but for the same. */
static void expect_same(const struct file *a, const struct file *b)
{
	size_t at = a->first, there = b->first;
	assert_int_equal(at, there);
	assert_memory_equal(a->bytes, b->bytes, BT_HEADER_SEED);
	assert_memory_equal(a->bytes + BT_HEADER_PACKED, b->bytes + BT_HEADER_PACKED,
	    BT_HEADER_CHECK - BT_HEADER_PACKED);
	assert_memory_equal(
	    a->bytes + BT_HEADER_SIZE, b->bytes + BT_HEADER_SIZE, at - BT_HEADER_SIZE);
	while (at < a->size && there < b->size)
		expect_same_block(a, &at, b, &there);
	assert_int_equal(at, a->size);
	assert_int_equal(there, b->size);
}

static void test_octets(void **state)
{
	struct bt_rollup_part part = {.path = strdup(golden("version-1-summed.seg")),
	    .boot = 17,
	    .number = 1,
	    .day = BEGUN_DAY};
	struct bt_rollup_sum sum;
	struct bt_err err;
	(void)state;
	assert_non_null(part.path);
	check(err, bt_rollup_make(in(folder, "made.roll"), &part, 1, &sum, &err));
	struct file made = read_file(in(folder, "made.roll"));
	struct file old = read_file(golden("version-1.roll"));
	expect_same(&made, &old);
	free(made.bytes);
	free(old.bytes);
	free(part.path);
}

static int set_up(void **state)
{
	(void)state;
	folder = make_folder();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	remove_folder(folder);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test_setup_teardown(test_octets, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
