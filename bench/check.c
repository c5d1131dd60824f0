/* SPDX-License-Identifier: BSD-3-Clause */
/* check.c -- every peer held against the reference, before it is timed */

#include <stdlib.h>
#include <string.h>

#include "measure.h"

struct check {
	const struct bench *bench;
	const struct subject *subject;
	uint32_t *classes; /* of the peer's numbers, the names'; NULL: they are the same */
	uint32_t class_count;
};

static uint32_t class_of(const struct check *check, uint32_t class_id)
{
	if (check->classes == NULL)
		return class_id;
	return class_id < check->class_count ? check->classes[class_id] : UINT32_MAX;
}

static bool fail(const struct check *check, const struct bt_key *key, unsigned found,
    unsigned expected, struct bt_err *err)
{
	char text[BT_TEXT_MAX + 1];
	bt_key_to_text(text, key->bytes, key->len);
	return bt_fail(err, "%s: %u matches, the reference has %u%s: %.300s",
	    check->subject->peer->name, found, expected, found == expected ? " others" : "", text);
}

/* Holds an answer against the reference. */
static bool compare(const struct check *check, const struct bt_key *key,
    const struct bt_match *matches, unsigned found, struct bt_err *err)
{
	struct bt_match right[BT_MATCHES_MAX];
	unsigned expected = reference_match(check->bench->reference, key, right);
	if (found != expected)
		return fail(check, key, found, expected, err);
	for (unsigned i = 0; i < found; i++)
		if (class_of(check, matches[i].class_id) != right[i].class_id ||
		    matches[i].labels != right[i].labels)
			return fail(check, key, found, expected, err);
	return true;
}

static bool check_key(const struct check *check, const struct bt_key *key, struct bt_err *err)
{
	struct bt_match matches[BT_MATCHES_MAX];
	const struct subject *subject = check->subject;
	unsigned found = subject->peer->match(subject->self, key, matches);
	return compare(check, key, matches, found, err);
}

static bool check_many(
    const struct check *check, const struct mix *mix, size_t first, struct bt_err *err)
{
	static struct bt_match matches[PEER_MANY][BT_MATCHES_MAX];
	unsigned found[PEER_MANY];
	const struct subject *subject = check->subject;
	unsigned count =
	    mix->count - first < PEER_MANY ? (unsigned)(mix->count - first) : PEER_MANY;
	subject->peer->match_many(subject->self, mix->keys + first, count, matches, found);
	for (unsigned k = 0; k < count; k++)
		if (!compare(check, mix->keys[first + k], matches[k], found[k], err))
			return bt_fail_in(err, "several keys at once");
	return true;
}

static bool check_names(const struct check *check, struct bt_err *err)
{
	const struct names *names = check->bench->names;
	for (size_t i = 0; i < names->count; i++) {
		const struct bt_build_name *row = &names->rows[i];
		struct {
			struct bt_key key;
			uint8_t behind[8];
		} padded = {.key = {.len = row->key_size,
				.labels = (uint8_t)bt_key_labels(row->key, row->key_size)}};
		memcpy(padded.key.bytes, row->key, row->key_size);
		if (!check_key(check, &padded.key, err))
			return false;
	}
	return true;
}

static bool check_mix(const struct check *check, const struct mix *mix, struct bt_err *err)
{
	for (size_t i = 0; i < mix->count; i++)
		if (!check_key(check, mix->keys[i], err))
			return false;
	for (size_t i = 0; check->subject->peer->match_many != NULL && i < mix->count;
	     i += PEER_MANY)
		if (!check_many(check, mix, i, err))
			return false;
	return true;
}

bool bench_check(const struct bench *bench, unsigned number, struct bt_err *err)
{
	const struct subject *subject = &bench->subjects[number];
	struct check check = {.bench = bench, .subject = subject};
	if (subject->peer->classes != NULL) {
		check.classes =
		    subject->peer->classes(subject->self, bench->names, &check.class_count);
		if (check.classes == NULL)
			return bt_fail(err, "%s: no classes: out of memory", subject->peer->name);
	}
	bool ok = check_names(&check, err);
	for (unsigned i = 0; ok && i < bench->mixes->count; i++)
		ok = check_mix(&check, &bench->mixes->list[i], err);
	free(check.classes);
	return ok;
}
