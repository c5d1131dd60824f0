/* SPDX-License-Identifier: BSD-3-Clause */
/* test-roll.c -- the hits of a day, beside a sum that is made one hit after the other */

#include "events.h"
#include "roll.h"
#include "segment-shapes.h"

enum { HITS = 3000, DAY = 86400000 };

static uint64_t seed;

/* ---- what is kept of a name ---- */

static struct bt_event shape_of(const char *name, unsigned labels, unsigned match)
{
	struct bt_event shape, event = make_event(name, 1, 0);
	event.labels = (uint8_t)labels;
	event.matches[0].labels = (uint8_t)match;
	bt_roll_shape(&shape, &event);
	assert_true(bt_event_valid(&shape));
	return shape;
}

static void expect_name(const struct bt_event *shape, const char *name)
{
	char text[BT_TEXT_MAX + 1];
	bt_key_to_text(text, shape->key, shape->key_size);
	assert_string_equal(text, name);
}

static void test_names(void **state)
{
	(void)state;
	struct bt_event shape = shape_of("bad.example", 2, 2);
	expect_name(&shape, "bad.example");
	shape = shape_of("a.b.bad.example", 2, 2);
	expect_name(&shape, "*.bad.example");
	/* a longer match that does not decide, and a shorter one */
	shape = shape_of("a.b.bad.example", 2, 3);
	expect_name(&shape, "*.b.bad.example");
	shape = shape_of("a.b.bad.example", 4, 1);
	expect_name(&shape, "a.b.bad.example");
	assert_int_equal(shape.qtype, 0);
	assert_int_equal(shape.transport, 0);
	/* what an alias leads to is what is listed */
	struct bt_event event = make_event("good.example", 1, 0);
	struct bt_key target;
	assert_int_equal(bt_key_from_text(&target, "x.bad.example", 13), BT_NAME_OK);
	event.matched = BT_MATCHED_ALIAS;
	memcpy(event.key + event.key_size, target.bytes, target.len);
	event.target_size = target.len;
	event.labels = event.matches[0].labels = 2;
	bt_roll_shape(&shape, &event);
	assert_true(bt_event_valid(&shape));
	expect_name(&shape, "*.bad.example");
	assert_int_equal(shape.matched, BT_MATCHED_NAME);
}

/* ---- sums ---- */

struct sum {
	struct bt_event shape;
	struct bt_columns_endpoint endpoint;
	int64_t day;
	struct bt_roll_row hits;
	bool found;
};

static struct sum sums[HITS];
static size_t sum_count;

/* But for who asked, and when: a shape says nothing of that. */
static bool same_shape(const struct bt_event *a, const struct bt_event *b)
{
	size_t size = bt_event_size(a);
	return bt_event_size(b) == size && a->policy == b->policy &&
	       memcmp(&a->qtype, &b->qtype, size - offsetof(struct bt_event, qtype)) == 0;
}

static bool is_same(const struct sum *sum, const struct bt_event *shape,
    const struct bt_columns_endpoint *endpoint, int64_t day)
{
	return sum->day == day && same_shape(&sum->shape, shape) &&
	       memcmp(&sum->endpoint, endpoint, sizeof(*endpoint)) == 0;
}

static struct sum *find_sum(
    const struct bt_event *shape, const struct bt_columns_endpoint *endpoint, int64_t day)
{
	for (size_t i = 0; i < sum_count; i++)
		if (is_same(&sums[i], shape, endpoint, day))
			return &sums[i];
	return NULL;
}

static void sum_up(const struct bt_event *shape, const struct bt_columns_endpoint *endpoint,
    const struct bt_roll_row *hits)
{
	int64_t day = bt_roll_day(hits->first_seen);
	struct sum *sum = find_sum(shape, endpoint, day);
	if (sum == NULL) {
		sum = &sums[sum_count++];
		memset(sum, 0, sizeof(*sum));
		memcpy(&sum->shape, shape, bt_event_size(shape));
		sum->endpoint = *endpoint;
		sum->day = day;
		sum->hits = *hits;
		return;
	}
	sum->hits.hits += hits->hits;
	if (hits->first_seen < sum->hits.first_seen)
		sum->hits.first_seen = hits->first_seen;
	if (hits->last_seen > sum->hits.last_seen)
		sum->hits.last_seen = hits->last_seen;
}

/* Few names and clients on few days, many times; and some of any kind, at any time. */
static struct bt_event some_event(uint64_t *numbers)
{
	char name[64];
	if (random_below(numbers, 10) == 0)
		return random_event(numbers);
	snprintf(name, sizeof(name), "h%u.bad%u.example", random_below(numbers, 3),
	    random_below(numbers, 10));
	struct bt_event event = make_event(name, random_below(numbers, 50),
	    1700000000000 + random_below(numbers, 3) * (int64_t)DAY + random_below(numbers, DAY));
	event.labels = event.matches[0].labels = (uint8_t)(2 + random_below(numbers, 2));
	return event;
}

static void gather(struct bt_roll_builder *builder, uint64_t *numbers)
{
	sum_count = 0;
	for (unsigned i = 0; i < HITS; i++) {
		struct bt_event shape, event = some_event(numbers);
		struct bt_columns_endpoint endpoint;
		struct bt_roll_row hits = {1 + random_below(numbers, 3), event.time, event.time};
		bt_roll_shape(&shape, &event);
		bt_endpoint_of(&endpoint, &event);
		assert_true(bt_roll_add(builder, &shape, &endpoint, &hits));
		sum_up(&shape, &endpoint, &hits);
	}
	assert_int_equal(bt_roll_count(builder), sum_count);
}

/* What must be true of anything that can be read. */
static void expect_sound(const struct bt_roll *roll)
{
	uint32_t row = 0;
	for (uint32_t i = 0; i < roll->groups; i++) {
		const struct bt_roll_group *group = &roll->group[i];
		uint64_t hits = 0;
		assert_true(group->shape < roll->shapes && group->row == row && group->rows > 0);
		for (uint32_t j = 0; j < group->rows; j++, row++) {
			assert_true(row < roll->rows && roll->endpoint_of[row] < roll->endpoints);
			assert_true(j == 0 || roll->endpoint_of[row] > roll->endpoint_of[row - 1]);
			if (roll->row == NULL)
				continue;
			const struct bt_roll_row *one = &roll->row[row];
			assert_true(one->hits > 0 && one->first_seen <= one->last_seen &&
				    one->first_seen >= group->first_seen &&
				    one->last_seen <= group->last_seen);
			hits += one->hits;
		}
		assert_true(roll->row == NULL || hits == group->hits);
		assert_int_equal(bt_roll_day(group->first_seen), group->day);
		assert_int_equal(bt_roll_day(group->last_seen), group->day);
	}
	assert_int_equal(row, roll->rows);
}

static void expect_sums(const struct bt_roll *roll)
{
	for (uint32_t i = 0; i < roll->groups; i++) {
		const struct bt_roll_group *group = &roll->group[i];
		for (uint32_t j = group->row; j < group->row + group->rows; j++) {
			struct sum *sum = find_sum(&roll->shape[group->shape],
			    &roll->endpoint[roll->endpoint_of[j]], group->day);
			assert_non_null(sum);
			assert_false(sum->found);
			sum->found = true;
			assert_int_equal(roll->row[j].hits, sum->hits.hits);
			assert_int_equal(roll->row[j].first_seen, sum->hits.first_seen);
			assert_int_equal(roll->row[j].last_seen, sum->hits.last_seen);
		}
	}
	assert_int_equal(roll->rows, sum_count);
}

struct octets {
	uint8_t *bytes[2];
	size_t size[2];
};

/* NULL, or why not. */
static const char *read_octets(
    struct bt_roll_buffer **buffer, struct bt_roll *roll, const struct octets *octets)
{
	const char *reason =
	    bt_roll_read(buffer, roll, octets->bytes[0], octets->size[0], (uint32_t)sum_count);
	if (reason != NULL)
		return reason;
	expect_sound(roll);
	return bt_roll_read_rows(*buffer, roll, octets->bytes[1], octets->size[1]);
}

static void test_sums(void **state)
{
	(void)state;
	struct bt_roll_builder *builder = bt_roll_new();
	struct bt_roll_buffer *buffer = NULL;
	uint64_t numbers = seed;
	assert_non_null(builder);
	for (unsigned round = 0; round < 3; round++) { /* builder and buffer are used again */
		struct octets octets;
		struct bt_roll roll;
		gather(builder, &numbers);
		assert_true(bt_roll_finish(builder, octets.bytes, octets.size));
		assert_int_equal((octets.size[0] | octets.size[1]) % 8, 0);
		assert_int_equal(bt_roll_count(builder), 0);
		assert_null(read_octets(&buffer, &roll, &octets));
		expect_sound(&roll);
		expect_sums(&roll);
		free(octets.bytes[0]);
		free(octets.bytes[1]);
	}
	bt_roll_buffer_free(&buffer);
	bt_roll_free(&builder);
}

/* Cut anywhere, and with bits turned anywhere: refused, or sound. */
static void test_damage(void **state)
{
	(void)state;
	struct bt_roll_builder *builder = bt_roll_new();
	struct bt_roll_buffer *buffer = NULL;
	uint64_t numbers = seed + 1;
	struct octets octets;
	struct bt_roll roll;
	gather(builder, &numbers);
	assert_true(bt_roll_finish(builder, octets.bytes, octets.size));
	for (unsigned part = 0; part < 2; part++) {
		size_t whole = octets.size[part];
		for (size_t size = 0; size < whole; size += 1 + random_below(&numbers, 40)) {
			octets.size[part] = size;
			if (whole - size >= 8)
				assert_non_null(read_octets(&buffer, &roll, &octets));
		}
		octets.size[part] = whole;
		for (unsigned i = 0; i < 2000; i++) {
			size_t at = random_below(&numbers, (unsigned)whole);
			uint8_t bit = (uint8_t)(1 << random_below(&numbers, 8));
			octets.bytes[part][at] ^= bit;
			if (read_octets(&buffer, &roll, &octets) == NULL)
				expect_sound(&roll);
			octets.bytes[part][at] ^= bit;
		}
	}
	assert_null(read_octets(&buffer, &roll, &octets));
	free(octets.bytes[0]);
	free(octets.bytes[1]);
	bt_roll_buffer_free(&buffer);
	bt_roll_free(&builder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_sums),
	    cmocka_unit_test(test_damage),
	};
	seed = random_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
