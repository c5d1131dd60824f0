/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz-trie.c -- any octets as a trie file: refused; or its entries are no names, which is seen,
 * and lookups are safe; or every lookup equals a linear scan
 *
 * The sizes and checksums are mended first, or nothing but them would be tested.
 */

#include <stdlib.h>
#include <string.h>

#include "trie-format.h"
#include "trie-names.h"
#include "trie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SCANS = 100, AROUND = 8 /* of all names: for one input, around one name */ };

static void need(bool truth)
{
	if (!truth)
		abort();
}

static uint8_t *row(uint8_t *bytes, enum bt_trie_section number)
{
	return bytes + BT_TRIE_AT_SECTIONS + (size_t)number * BT_TRIE_SECTION_ROW;
}

/* Octets that were put in or taken out belong to the codes, which are as long as they are. */
static void mend_sizes(uint8_t *bytes, size_t size)
{
	uint64_t others = BT_TRIE_HEADER_SIZE, at = BT_TRIE_HEADER_SIZE;
	if (bt_get64(bytes + BT_TRIE_AT_SIZE) == size)
		return;
	for (unsigned i = 0; i < BT_TRIE_SECTIONS; i++) {
		uint64_t octets = i != BT_TRIE_CODES ? bt_get64(row(bytes, i) + 8) : 0;
		if (octets > size)
			return;
		others += octets;
	}
	if (others > size)
		return;
	bt_put64(bytes + BT_TRIE_AT_SIZE, size);
	bt_put64(row(bytes, BT_TRIE_CODES) + 8, size - others);
	for (unsigned i = 0; i < BT_TRIE_SECTIONS; i++) {
		bt_put64(row(bytes, i), at);
		at += bt_get64(row(bytes, i) + 8);
	}
}

static void mend_checksums(uint8_t *bytes, size_t size)
{
	for (unsigned i = 0; i < BT_TRIE_SECTIONS; i++) {
		uint8_t *section = row(bytes, i);
		uint64_t at = bt_get64(section), octets = bt_get64(section + 8);
		if (at <= size && octets <= size - at)
			bt_put64(section + 16, XXH3_64bits(bytes + at, octets));
	}
	bt_put64(bytes + BT_TRIE_AT_DIGEST, bt_trie_header_digest(bytes));
	bt_put64(bytes + BT_TRIE_AT_CHECKSUM, XXH3_64bits(bytes, BT_TRIE_AT_CHECKSUM));
}

/* ---- lookups ---- */

/* A trie, and whether its entries are names. */
struct subject {
	const struct bt_trie *trie;
	bool good;
};

struct scan {
	const struct bt_key *key;
	struct bt_match want[BT_MATCHES_MAX];
	unsigned count;
};

/* Names come in key order: ancestors of one, the shortest first. */
static bool scan_name(void *ctx, const uint8_t *key, size_t size, uint32_t class_id)
{
	struct scan *scan = ctx;
	if (size > scan->key->len || (size > 0 && memcmp(key, scan->key->bytes, size) != 0))
		return true;
	need(scan->count < BT_MATCHES_MAX);
	scan->want[scan->count++] =
	    (struct bt_match){.class_id = class_id, .labels = (uint8_t)bt_key_labels(key, size)};
	return true;
}

static void compare_with_scan(const struct subject *subject, const struct bt_key *key)
{
	const struct bt_trie *trie = subject->trie;
	struct scan scan = {.key = key};
	struct bt_match got[BT_MATCHES_MAX], batch[1][BT_MATCHES_MAX];
	unsigned count = bt_trie_match(trie, key, got), batch_count;
	bool stopped;
	bt_trie_match_batch(trie, &key, 1, batch, &batch_count);
	need(count == batch_count && count <= key->labels + 1u);
	for (unsigned i = 0; i < count; i++)
		need(got[i].class_id < bt_policy_classes(bt_trie_policy(trie)));
	if (!subject->good)
		return;
	need(bt_trie_each(trie, scan_name, &scan, &stopped, NULL) && count == scan.count);
	for (unsigned i = 0; i < scan.count; i++)
		need(got[i].class_id == scan.want[i].class_id &&
		     got[i].labels == scan.want[i].labels);
}

/* Appends a label whose size and octets are the input's. */
static void add_label(struct bt_key *key, const uint8_t *data, size_t size)
{
	size_t octets = size > 0 ? 1 + data[0] % 8u : 0;
	if (size < octets + 1 || key->len + octets + 1 > BT_KEY_MAX)
		return;
	key->bytes[key->len++] = (uint8_t)octets;
	memcpy(key->bytes + key->len, data + 1, octets);
	key->len = (uint8_t)(key->len + octets);
	key->labels++;
}

static void cut_label(struct bt_key *key)
{
	if (key->labels == 0)
		return;
	key->len = (uint8_t)bt_key_ancestor(key, key->labels - 1u);
	key->labels--;
}

/* The same with one octet changed; not if that makes it no key. */
static void look_beside(const struct subject *subject, struct bt_key key, size_t at, int step)
{
	key.bytes[at] = (uint8_t)(key.bytes[at] + step);
	if (bt_key_labels(key.bytes, key.len) == key.labels)
		compare_with_scan(subject, &key);
}

/* The name, a child, its neighbours in order, names that part from it earlier, parent, sibling. */
static void look_around(
    const struct subject *subject, struct bt_key key, const uint8_t *data, size_t size)
{
	struct bt_key child = key;
	compare_with_scan(subject, &key);
	add_label(&child, data, size);
	compare_with_scan(subject, &child);
	if (key.len == 0)
		return;
	for (int step = -1; step <= 1; step += 2) {
		look_beside(subject, key, key.len - 1u, step);
		look_beside(subject, key, size % key.len, step);
	}
	cut_label(&key);
	compare_with_scan(subject, &key);
	add_label(&key, data, size);
	compare_with_scan(subject, &key);
}

/* ---- all names ---- */

struct walk {
	const struct subject *subject;
	const uint8_t *data;
	size_t size;
	uint64_t count;
	uint64_t stride; /* names from one that is looked around to the next */
};

static bool check_name(void *ctx, const uint8_t *bytes, size_t size, uint32_t class_id)
{
	struct walk *walk = ctx;
	int labels = bt_key_labels(bytes, size);
	need(labels >= 0);
	struct bt_key key = {.len = (uint8_t)size, .labels = (uint8_t)labels};
	memcpy(key.bytes, bytes, size);

	struct bt_match matches[BT_MATCHES_MAX];
	unsigned count = bt_trie_match(walk->subject->trie, &key, matches);
	need(count > 0 && matches[count - 1].labels == labels &&
	     matches[count - 1].class_id == class_id);
	need(class_id < bt_policy_classes(bt_trie_policy(walk->subject->trie)));

	size_t from = walk->count * 31 % walk->size;
	if (walk->count++ % walk->stride == 0)
		look_around(walk->subject, key, walk->data + from, walk->size - from);
	return true;
}

static void check_trie(const struct bt_trie *trie, const uint8_t *data, size_t size)
{
	const struct subject subject = {.trie = trie, .good = bt_trie_check(trie, NULL)};
	struct walk walk = {.subject = &subject, .data = data, .size = size};
	bool stopped;
	walk.stride = bt_trie_names(trie) * AROUND / SCANS + 1;
	if (subject.good) {
		need(bt_trie_each(trie, check_name, &walk, &stopped, NULL) && !stopped);
		need(walk.count == bt_trie_names(trie) && walk.count > 0);
	}
	struct bt_key key = {0};
	for (size_t at = 0; at < 64 && at < size; at += 1u + data[size - 1 - at]) {
		add_label(&key, data + size - 1 - at, at + 1);
		compare_with_scan(&subject, &key);
	}
	static const char *const asked[] = {
	    "com", "example.com", "a.example.com", "b.a.t", "x.y.z.t"};
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		need(bt_key_from_text(&key, asked[i], strlen(asked[i])) == BT_NAME_OK);
		look_around(&subject, key, data, size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bt_trie *trie;
	struct bt_err err = {""};
	uint8_t *bytes = malloc(size + 1);
	if (bytes == NULL)
		return 0;
	if (size > 0)
		memcpy(bytes, data, size);
	if (size >= BT_TRIE_HEADER_SIZE) {
		mend_sizes(bytes, size);
		mend_checksums(bytes, size);
	}
	if (bt_trie_open(&trie, bytes, size, &err)) {
		check_trie(trie, data, size);
		bt_trie_close(&trie);
	} else {
		need(err.text[0] != '\0');
		free(bytes);
	}
	return 0;
}
