/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * peer-marisa.c -- libmarisa: the rival for size
 *
 * A recursive LOUDS trie, whose common-prefix search gives all listed ancestors at once. Its keys
 * are the labels in reverse order with dots between them: a tenth less than ours with their
 * length octets. Dots in labels are escaped, and what it finds counts if it ends on a border.
 * It numbers its keys; the classes are an array of as many bits each as they need.
 */

#include <stdlib.h>

#include "marisa-c.h"
#include "peer.h"
#include "store.h"

struct dictionary {
	struct store store;
	struct marisa_trie *trie;
	const uint8_t *classes;
	unsigned bits;
};

/* ---- keys ---- */

enum { DOTTED_MAX = 2 * BT_KEY_MAX };

static unsigned put_octet(uint8_t *dotted, unsigned at, uint8_t octet)
{
	if (octet == '.' || octet == '\\')
		dotted[at++] = '\\';
	dotted[at++] = octet == '.' ? '-' : octet;
	return at;
}

/*
 * Key -> labels with dots between them. Returns its size; ends[] is where each label ends. What
 * begins with a listed key and has a dot or its end there is below it: no other octet is a dot.
 */
static unsigned dot(const uint8_t *key, unsigned size, uint8_t dotted[static DOTTED_MAX],
    uint16_t ends[static BT_LABELS_MAX])
{
	unsigned out = 0, labels = 0;
	for (unsigned at = 0; at < size;) {
		unsigned end = at + key[at] + 1u;
		if (at > 0)
			dotted[out++] = '.';
		while (++at < end)
			out = put_octet(dotted, out, key[at]);
		ends[labels++] = (uint16_t)out;
	}
	return out;
}

/* ---- build ---- */

static bool write_trie(const struct names *names, struct marisa_key *keys, bool small,
    const char *path, struct bt_err *err)
{
	size_t size;
	void *trie = marisa_build(keys, names->count, small, &size);
	uint64_t bits = store_bits(names->classes);
	size_t packed = store_packed_size(names->count, (unsigned)bits);
	uint8_t *classes = calloc(packed, 1);
	bool ok = (trie != NULL && classes != NULL) || bt_fail(err, "marisa cannot build it");
	for (size_t i = 0; ok && i < names->count; i++)
		store_pack(classes, keys[i].id, (unsigned)bits, names->rows[i].class_id);
	const struct store_part parts[] = {{&bits, sizeof(bits)}, {trie, size}, {classes, packed}};
	ok = ok && store_write(path, parts, 3, err);
	free(trie);
	free(classes);
	return ok;
}

/* The keys, dotted, in `arena`. */
static void dot_all(const struct names *names, struct marisa_key *keys, uint8_t *arena)
{
	uint16_t ends[BT_LABELS_MAX];
	for (size_t i = 0; i < names->count; i++) {
		const struct bt_build_name *row = &names->rows[i];
		keys[i] = (struct marisa_key){arena, dot(row->key, row->key_size, arena, ends), 0};
		arena += keys[i].size;
	}
}

static bool build_with(const char *list, const char *path, bool small, struct bt_err *err)
{
	struct names names;
	if (!names_read(&names, list, false, err))
		return false;
	size_t room = DOTTED_MAX;
	for (size_t i = 0; i < names.count; i++)
		room += 2u * names.rows[i].key_size;
	struct marisa_key *keys = malloc(names.count * sizeof(*keys));
	uint8_t *arena = malloc(room);
	bool ok = (keys != NULL && arena != NULL) || bt_fail(err, "out of memory");
	if (ok)
		dot_all(&names, keys, arena);
	ok = ok && write_trie(&names, keys, small, path, err);
	free(arena);
	free(keys);
	names_free(&names);
	return ok;
}

static bool build(const char *list, const char *path, struct bt_err *err)
{
	return build_with(list, path, false, err);
}

static bool build_small(const char *list, const char *path, struct bt_err *err)
{
	return build_with(list, path, true, err);
}

/* ---- open ---- */

static void close_dictionary(void *self)
{
	struct dictionary *dictionary = self;
	if (dictionary->trie != NULL)
		marisa_close(dictionary->trie);
	store_free(&dictionary->store);
	free(dictionary);
}

static bool open_dictionary(void **self, const char *path, struct bt_err *err)
{
	struct dictionary *dictionary = calloc(1, sizeof(*dictionary));
	if (dictionary == NULL)
		return bt_fail(err, "out of memory");
	if (!store_read(&dictionary->store, path, err)) {
		free(dictionary);
		return false;
	}
	const struct store_part *parts = dictionary->store.parts;
	dictionary->bits = (unsigned)*(const uint64_t *)parts[0].bytes;
	dictionary->classes = parts[2].bytes;
	dictionary->trie = marisa_open(parts[1].bytes, parts[1].size);
	if (dictionary->trie == NULL) {
		close_dictionary(dictionary);
		return bt_fail(err, "%s: marisa cannot open it", path);
	}
	*self = dictionary;
	return true;
}

static size_t keys_alone(void *self)
{
	const struct dictionary *dictionary = self;
	return dictionary->store.parts[1].size;
}

/* ---- match ---- */

static unsigned match(
    void *self, const struct bt_key *key, struct bt_match matches[static BT_MATCHES_MAX])
{
	struct dictionary *dictionary = self;
	struct marisa_found found[DOTTED_MAX];
	uint8_t dotted[DOTTED_MAX];
	uint16_t ends[BT_LABELS_MAX];
	unsigned size = dot(key->bytes, key->len, dotted, ends);
	unsigned count = marisa_prefixes(dictionary->trie, dotted, size, found, DOTTED_MAX);
	unsigned matched = 0, labels = 0;
	for (unsigned i = 0; i < count; i++) {
		while (labels < key->labels && ends[labels] < found[i].size)
			labels++;
		if (labels == key->labels || ends[labels] != found[i].size)
			continue;
		matches[matched++] = (struct bt_match){
		    store_unpack(dictionary->classes, found[i].id, dictionary->bits),
		    (uint8_t)(labels + 1)};
	}
	return matched;
}

const struct peer peer_marisa = {
    .name = "marisa",
    .what = "libmarisa, common-prefix search, its defaults, bit-packed classes; huge pages",
    .build = build,
    .open = open_dictionary,
    .close = close_dictionary,
    .match = match,
    .keys_alone = keys_alone,
};

const struct peer peer_marisa_small = {
    .name = "marisa-small",
    .what = "the same, as small as it goes: 8 tries, the smallest cache",
    .build = build_small,
    .open = open_dictionary,
    .close = close_dictionary,
    .match = match,
    .keys_alone = keys_alone,
};
