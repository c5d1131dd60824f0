/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * peer-front.c -- a sorted array, front-coded in blocks of 16 names: the sanity peer
 *
 * A lookup finds the last name that does not stand behind the key: by binary search over the
 * blocks' first names, then along the block. If that name is no ancestor, any ancestor shares no
 * more with the key than it does: the key is shortened to that, on a label border, and looked up
 * again.
 */

#include <stdlib.h>
#include <string.h>

#include "ancestors.h"
#include "peer.h"
#include "store.h"

enum { BLOCK = 16 };

struct head {
	uint64_t names;
	uint64_t bits; /* of a class */
};

struct front {
	struct store store;
	size_t blocks;
	unsigned bits;
	size_t names;
	const uint32_t *offsets; /* of the blocks */
	const uint8_t *octets;   /* u8 size, name; then 15 times: u8 shared, u8 size, suffix */
	const uint8_t *classes;
};

/* ---- build ---- */

/* Writes the name behind the one before it in its block. Returns where the next is to go. */
static uint8_t *put_name(uint8_t *at, const struct bt_build_name *name, bool first)
{
	unsigned shared = 0;
	if (!first) {
		shared = shared_octets(name[-1].key, name[-1].key_size, name->key, name->key_size);
		*at++ = (uint8_t)shared;
	}
	*at++ = (uint8_t)(name->key_size - shared);
	memcpy(at, name->key + shared, name->key_size - shared);
	return at + name->key_size - shared;
}

static bool write_names(const struct names *names, const char *path, struct bt_err *err)
{
	size_t blocks = (names->count + BLOCK - 1) / BLOCK, size = 0;
	for (size_t i = 0; i < names->count; i++)
		size += names->rows[i].key_size + 2u;
	struct head head = {names->count, store_bits(names->classes)};
	size_t packed = store_packed_size(names->count, (unsigned)head.bits);
	uint32_t *offsets = calloc(blocks + 1, sizeof(*offsets));
	uint8_t *octets = malloc(size), *classes = calloc(packed, 1), *at = octets;
	bool ok = offsets != NULL && octets != NULL && classes != NULL && size <= UINT32_MAX;
	if (!ok)
		bt_fail(err, "out of memory");
	for (size_t i = 0; ok && i < names->count; i++) {
		if (i % BLOCK == 0)
			offsets[i / BLOCK] = (uint32_t)(at - octets);
		at = put_name(at, &names->rows[i], i % BLOCK == 0);
		store_pack(classes, i, (unsigned)head.bits, names->rows[i].class_id);
	}
	const struct store_part parts[] = {{&head, sizeof(head)},
	    {offsets, blocks * sizeof(*offsets)}, {octets, (size_t)(at - octets)},
	    {classes, packed}};
	ok = ok && store_write(path, parts, 4, err);
	free(offsets);
	free(octets);
	free(classes);
	return ok;
}

static bool build(const char *list, const char *path, struct bt_err *err)
{
	struct names names;
	if (!names_read(&names, list, true, err))
		return false;
	bool ok = write_names(&names, path, err);
	names_free(&names);
	return ok;
}

/* ---- open ---- */

static void close_front(void *self)
{
	struct front *front = self;
	store_free(&front->store);
	free(front);
}

static bool open_front(void **self, const char *path, struct bt_err *err)
{
	struct front *front = calloc(1, sizeof(*front));
	if (front == NULL)
		return bt_fail(err, "out of memory");
	if (!store_read(&front->store, path, err)) {
		free(front);
		return false;
	}
	const struct store_part *parts = front->store.parts;
	const struct head *head = parts[0].bytes;
	front->names = head->names;
	front->bits = (unsigned)head->bits;
	front->blocks = parts[1].size / sizeof(*front->offsets);
	front->offsets = parts[1].bytes;
	front->octets = parts[2].bytes;
	front->classes = parts[3].bytes;
	*self = front;
	return true;
}

/* ---- match ---- */

/* A name of the array, held against the key. */
struct spot {
	size_t number;
	unsigned size;   /* of the name */
	unsigned shared; /* octets at the front that are the key's as well */
};

static bool is_behind(const uint8_t *name, const uint8_t *key, unsigned size)
{
	int order = memcmp(name + 1, key, name[0] < size ? name[0] : size);
	return order > 0 || (order == 0 && name[0] > size);
}

/* Blocks whose first name does not stand behind the key. */
static size_t blocks_before(const struct front *front, const uint8_t *key, unsigned size)
{
	size_t low = 0, high = front->blocks;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (is_behind(front->octets + front->offsets[middle], key, size))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* The last name of the block that does not stand behind the key; the first one does not. */
static struct spot find_in_block(
    const struct front *front, size_t block, const uint8_t *key, unsigned size)
{
	const uint8_t *at = front->octets + front->offsets[block];
	size_t number = block * BLOCK;
	size_t last = front->names - number < BLOCK ? front->names - 1 : number + BLOCK - 1;
	struct spot spot = {number, at[0], shared_octets(at + 1, at[0], key, size)};
	at += 1 + at[0];
	while (number++ < last) {
		unsigned lcp = at[0], suffix = at[1];
		if (lcp < spot.shared)
			break;
		if (lcp == spot.shared) {
			unsigned more = shared_octets(at + 2, suffix, key + lcp, size - lcp);
			if (more < suffix && (lcp + more == size || at[2 + more] > key[lcp + more]))
				break;
			spot.shared = lcp + more;
		}
		spot.number = number;
		spot.size = lcp + suffix;
		at += 2 + suffix;
	}
	return spot;
}

static unsigned match(
    void *self, const struct bt_key *key, struct bt_match matches[static BT_MATCHES_MAX])
{
	const struct front *front = self;
	unsigned found = 0, labels, size = ancestor_within(key, key->len, &labels);
	while (size > 0) {
		size_t blocks = blocks_before(front, key->bytes, size);
		if (blocks == 0)
			break;
		struct spot spot = find_in_block(front, blocks - 1, key->bytes, size);
		size = ancestor_within(key, spot.shared, &labels);
		if (spot.shared < spot.size)
			continue;
		matches[found++] = (struct bt_match){
		    store_unpack(front->classes, spot.number, front->bits), (uint8_t)labels};
		size = ancestor_within(key, size - 1, &labels);
	}
	reverse_matches(matches, found);
	return found;
}

const struct peer peer_front = {
    .name = "front-coded",
    .what = "sorted array, front-coded in blocks of 16, binary search; huge pages",
    .build = build,
    .open = open_front,
    .close = close_front,
    .match = match,
};
