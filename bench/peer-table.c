/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * peer-table.c -- a hash table of the names: the rival for speed
 *
 * Open addressing with linear probing, at a load of one half. A slot of 8 octets holds 32 bits of
 * the 64-bit hash and where the name's record is; the other bits choose the slot. The record, kept
 * within one cache line, has the class and the whole key, so that answers are exact. A queried name
 * is hashed once, label by label, which gives the hash of each ancestor on the way; label counts
 * that no listed name has are not looked up; all slots are fetched at once.
 */

#include <stdlib.h>
#include <string.h>

#include "peer.h"
#include "store.h"

enum {
	LINE = 64,
	RECORD_HEAD = 3, /* octets of the key, class: little-endian, 16 bits */
	CLASSES_MAX = 1 << 16,
};

struct slot {
	uint32_t tag;
	uint32_t at; /* of the record in the arena; 0: free */
};

/* In front of the arena, so that no record is at 0. */
struct head {
	uint64_t slots;
	uint64_t depths[2]; /* bit n: there are names of n labels */
	uint64_t deepest;
	uint64_t unused[4];
};

struct table {
	struct store store;
	const struct head *head;
	const uint8_t *arena;
	const struct slot *slots;
};

/* ---- hash ---- */

static inline uint64_t load64(const uint8_t *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof(word));
	return word;
}

static inline uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/*
 * The hash of a name and one more label, from the hash of the name: the folded multiplication of
 * wyhash. The label comes with its length octet; up to 7 octets behind it are read.
 */
static inline uint64_t hash_label(uint64_t hash, const uint8_t *label)
{
	unsigned size = label[0] + 1u;
	for (; size > 8; size -= 8, label += 8)
		hash = mix(hash ^ load64(label), 0xa0761d6478bd642full);
	return mix(hash ^ (load64(label) & ~0ull >> (64 - 8 * size)), 0xe7037ed1a0b428dbull);
}

static const uint64_t first_hash = 0x8ebc6af09c88c6e3ull;

static inline uint64_t slot_of(const struct head *head, uint64_t hash)
{
	return (hash >> 32) * head->slots >> 32;
}

static uint64_t hash_key(const uint8_t *key, unsigned size)
{
	uint64_t hash = first_hash;
	for (unsigned at = 0; at < size; at += key[at] + 1u)
		hash = hash_label(hash, key + at);
	return hash;
}

/* ---- build ---- */

struct build {
	struct head head;
	uint8_t *arena;
	size_t used, room, names;
};

/* Room for a record that does not cross into another cache line if it can help it. */
static uint8_t *new_record(struct build *build, size_t size)
{
	size_t left = LINE - build->used % LINE;
	if (left < size && size <= LINE) {
		memset(build->arena + build->used, 0, left);
		build->used += left;
	}
	uint8_t *record = build->arena + build->used;
	build->used += size;
	return record;
}

static bool take(void *ctx, const struct line *line, struct bt_err *err)
{
	struct build *build = ctx;
	const struct bt_key *key = line->key;
	if (build->used + 2 * LINE + BT_KEY_MAX > build->room) {
		size_t room = build->room + build->room / 2 + (1 << 20);
		uint8_t *arena = room <= UINT32_MAX ? realloc(build->arena, room) : NULL;
		if (arena == NULL)
			return bt_fail(err, "out of memory");
		build->arena = arena;
		build->room = room;
	}
	if (line->class_id >= CLASSES_MAX || key->len == 0)
		return bt_fail(err, "the table takes 65536 classes, and not the root");
	uint8_t *record = new_record(build, RECORD_HEAD + key->len);
	record[0] = key->len;
	record[1] = (uint8_t)line->class_id;
	record[2] = (uint8_t)(line->class_id >> 8);
	memcpy(record + RECORD_HEAD, key->bytes, key->len);
	build->head.depths[key->labels / 64] |= 1ull << key->labels % 64;
	if (key->labels > build->head.deepest)
		build->head.deepest = key->labels;
	build->names++;
	return true;
}

static struct slot *fill_slots(const struct build *build)
{
	struct slot *slots = calloc(build->head.slots, sizeof(*slots));
	if (slots == NULL)
		return NULL;
	for (size_t at = sizeof(struct head); at < build->used;) {
		const uint8_t *record = build->arena + at;
		if (record[0] == 0) { /* padding */
			at++;
			continue;
		}
		uint64_t hash = hash_key(record + RECORD_HEAD, record[0]);
		uint64_t i = slot_of(&build->head, hash);
		while (slots[i].at != 0)
			i = i + 1 < build->head.slots ? i + 1 : 0;
		slots[i] = (struct slot){(uint32_t)hash, (uint32_t)at};
		at += RECORD_HEAD + record[0];
	}
	return slots;
}

static bool build(const char *list, const char *path, struct bt_err *err)
{
	struct build build = {.used = sizeof(struct head)};
	struct slot *slots = NULL;
	bool ok = lines_each(list, take, &build, err);
	if (ok) {
		build.head.slots = 2 * build.names + 1;
		memcpy(build.arena, &build.head, sizeof(build.head));
		slots = fill_slots(&build);
		ok = slots != NULL || bt_fail(err, "out of memory");
	}
	const struct store_part parts[] = {
	    {build.arena, build.used}, {slots, build.head.slots * sizeof(*slots)}};
	ok = ok && store_write(path, parts, 2, err);
	free(slots);
	free(build.arena);
	return ok;
}

/* ---- open ---- */

static void close_table(void *self)
{
	struct table *table = self;
	store_free(&table->store);
	free(table);
}

static bool open_table(void **self, const char *path, struct bt_err *err)
{
	struct table *table = calloc(1, sizeof(*table));
	if (table == NULL)
		return bt_fail(err, "out of memory");
	if (!store_read(&table->store, path, err)) {
		free(table);
		return false;
	}
	table->arena = table->store.parts[0].bytes;
	table->head = (const void *)table->arena;
	table->slots = table->store.parts[1].bytes;
	*self = table;
	return true;
}

/* ---- match ---- */

/* An ancestor of the key, or the key, that could be listed. */
struct ancestor {
	uint64_t hash;
	uint64_t slot;
	uint8_t size, labels;
};

static inline unsigned hash_ancestors(const struct table *table, const struct bt_key *key,
    struct ancestor ancestors[static BT_LABELS_MAX])
{
	unsigned count = 0, size = 0;
	unsigned most =
	    key->labels < table->head->deepest ? key->labels : (unsigned)table->head->deepest;
	uint64_t hash = first_hash;
	for (unsigned labels = 1; labels <= most; labels++) {
		hash = hash_label(hash, key->bytes + size);
		size += key->bytes[size] + 1u;
		if (!(table->head->depths[labels / 64] >> labels % 64 & 1))
			continue;
		uint64_t slot = slot_of(table->head, hash);
		__builtin_prefetch(&table->slots[slot]);
		ancestors[count++] = (struct ancestor){hash, slot, (uint8_t)size, (uint8_t)labels};
	}
	return count;
}

/* As memcmp, for sizes that are small. */
static inline bool equal(const uint8_t *a, const uint8_t *b, unsigned size)
{
	for (; size > 8; size -= 8, a += 8, b += 8)
		if (load64(a) != load64(b))
			return false;
	return ((load64(a) ^ load64(b)) & ~0ull >> (64 - 8 * size)) == 0;
}

/* The first slot from the ancestor's own on that is free or has its tag. */
static inline void probe(const struct table *table, struct ancestor *ancestor)
{
	const struct slot *slot = &table->slots[ancestor->slot];
	const struct slot *end = table->slots + table->head->slots;
	while (slot->at != 0 && slot->tag != (uint32_t)ancestor->hash)
		if (++slot == end)
			slot = table->slots;
	ancestor->slot = (uint64_t)(slot - table->slots);
}

/* The ancestor's record if it is listed, else NULL. */
static inline const uint8_t *find(
    const struct table *table, const struct bt_key *key, struct ancestor *ancestor)
{
	for (;;) {
		probe(table, ancestor);
		uint32_t at = table->slots[ancestor->slot].at;
		if (at == 0)
			return NULL;
		const uint8_t *record = table->arena + at;
		if (record[0] == ancestor->size &&
		    equal(record + RECORD_HEAD, key->bytes, ancestor->size))
			return record;
		if (++ancestor->slot == table->head->slots)
			ancestor->slot = 0;
	}
}

static inline struct bt_match match_of(const uint8_t *record, const struct ancestor *ancestor)
{
	return (struct bt_match){(uint32_t)(record[1] | record[2] << 8), ancestor->labels};
}

static inline unsigned find_all(const struct table *table, const struct bt_key *key,
    struct ancestor *ancestors, unsigned count, struct bt_match *matches)
{
	unsigned found = 0;
	for (unsigned i = 0; i < count; i++) {
		const uint8_t *record = find(table, key, &ancestors[i]);
		if (record != NULL)
			matches[found++] = match_of(record, &ancestors[i]);
	}
	return found;
}

static unsigned match(
    void *self, const struct bt_key *key, struct bt_match matches[static BT_MATCHES_MAX])
{
	const struct table *table = self;
	struct ancestor ancestors[BT_LABELS_MAX];
	return find_all(table, key, ancestors, hash_ancestors(table, key, ancestors), matches);
}

/* All slots of all keys are fetched, then the records that have the right tag, then compared. */
static void match_many(void *self, const struct bt_key *const *keys, unsigned count,
    struct bt_match (*matches)[BT_MATCHES_MAX], unsigned *counts)
{
	const struct table *table = self;
	struct ancestor ancestors[PEER_MANY][BT_LABELS_MAX];
	unsigned depths[PEER_MANY];
	for (unsigned k = 0; k < count; k++)
		depths[k] = hash_ancestors(table, keys[k], ancestors[k]);
	for (unsigned k = 0; k < count; k++)
		for (unsigned i = 0; i < depths[k]; i++) {
			probe(table, &ancestors[k][i]);
			uint32_t at = table->slots[ancestors[k][i].slot].at;
			if (at != 0)
				__builtin_prefetch(table->arena + at);
		}
	for (unsigned k = 0; k < count; k++)
		counts[k] = find_all(table, keys[k], ancestors[k], depths[k], matches[k]);
}

const struct peer peer_table = {
    .name = "suffix-table",
    .what = "hash table of the names, load 0.5, 8-octet slots, keys kept; huge pages",
    .build = build,
    .open = open_table,
    .close = close_table,
    .match = match,
    .match_many = match_many,
};
