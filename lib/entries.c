/* SPDX-License-Identifier: BSD-3-Clause */
/* entries.c -- what the lists hold, gathered for the builder */

#include <stdlib.h>
#include <string.h>

#include "entries.h"

enum { CHUNK = 1 << 20 /* octets of keys allocated at once */ };

struct chunk {
	struct chunk *next;
	size_t used;
	uint8_t bytes[CHUNK];
};

struct row {
	const uint8_t *key; /* in a chunk */
	uint32_t meta;
	uint32_t number; /* in the order of adding: the first metadata stands */
	uint16_t list;
	uint8_t scope;
	uint8_t key_size;
};

struct bt_entries {
	struct chunk *chunks; /* the one in use first */
	struct row *rows;
	size_t count, room;
	struct bt_build_name *names;
};

bool bt_entries_new(struct bt_entries **entries, struct bt_err *err)
{
	struct bt_entries *e = calloc(1, sizeof(*e));
	if (e == NULL)
		return bt_fail(err, "out of memory");
	*entries = e;
	return true;
}

void bt_entries_free(struct bt_entries **entries)
{
	struct bt_entries *e = *entries;
	if (e == NULL)
		return;
	while (e->chunks != NULL) {
		struct chunk *next = e->chunks->next;
		free(e->chunks);
		e->chunks = next;
	}
	free(e->rows);
	free(e->names);
	free(e);
	*entries = NULL;
}

static uint8_t *keep_key(struct bt_entries *e, const struct bt_key *key)
{
	if (e->chunks == NULL || CHUNK - e->chunks->used < key->len) {
		struct chunk *chunk = malloc(sizeof(*chunk));
		if (chunk == NULL)
			return NULL;
		chunk->next = e->chunks;
		chunk->used = 0;
		e->chunks = chunk;
	}
	uint8_t *at = e->chunks->bytes + e->chunks->used;
	memcpy(at, key->bytes, key->len);
	e->chunks->used += key->len;
	return at;
}

static bool make_room(struct bt_entries *e)
{
	if (e->count < e->room)
		return true;
	size_t room = e->room + e->room / 2 + 4096;
	struct row *rows = room <= UINT32_MAX ? realloc(e->rows, room * sizeof(*rows)) : NULL;
	if (rows == NULL)
		return false;
	e->rows = rows;
	e->room = room;
	return true;
}

bool bt_entries_add(struct bt_entries *entries, const struct bt_key *key, struct bt_member member,
    struct bt_err *err)
{
	uint8_t *bytes = make_room(entries) ? keep_key(entries, key) : NULL;
	if (bytes == NULL)
		return bt_fail(err, "out of memory with %zu entries", entries->count);
	entries->rows[entries->count] = (struct row){
	    .key = bytes,
	    .meta = member.meta,
	    .number = (uint32_t)entries->count,
	    .list = member.list,
	    .scope = member.scope,
	    .key_size = key->len,
	};
	entries->count++;
	return true;
}

/*****************************************************************************
 *
 *  sort
 */

static int compare_keys(const struct row *a, const struct row *b)
{
	int order = memcmp(a->key, b->key, a->key_size < b->key_size ? a->key_size : b->key_size);
	return order != 0 ? order : a->key_size - b->key_size;
}

static int compare_rows(const void *x, const void *y)
{
	const struct row *a = x, *b = y;
	int order = compare_keys(a, b);
	if (order == 0)
		order = a->list - b->list;
	if (order == 0)
		order = a->number < b->number ? -1 : 1;
	return order;
}

/*****************************************************************************
 *
 *  merge
 */

/* The end of the run of rows with the same key. */
static size_t run_end(const struct bt_entries *e, size_t begin)
{
	size_t end = begin + 1;
	while (end < e->count && compare_keys(&e->rows[begin], &e->rows[end]) == 0)
		end++;
	return end;
}

/* One member a list; returns how many. */
static unsigned unite(const struct row *rows, size_t count, struct bt_member *members)
{
	unsigned n = 0;
	for (size_t i = 0; i < count; i++) {
		if (n > 0 && members[n - 1].list == rows[i].list)
			members[n - 1].scope |= rows[i].scope;
		else
			members[n++] = (struct bt_member){
			    .list = rows[i].list, .scope = rows[i].scope, .meta = rows[i].meta};
	}
	return n;
}

static bool merge(struct bt_entries *e, struct bt_policy_builder *policy, size_t *count,
    uint64_t *duplicates, struct bt_err *err)
{
	struct bt_member *members = malloc(BT_LISTS_MAX * sizeof(*members));
	if (members == NULL)
		return bt_fail(err, "out of memory");
	size_t n = 0;
	uint64_t repeats = 0;
	bool good = true;
	for (size_t begin = 0, end; good && begin < e->count; begin = end) {
		end = run_end(e, begin);
		unsigned size = unite(e->rows + begin, end - begin, members);
		repeats += end - begin - size;
		e->names[n].key = e->rows[begin].key;
		e->names[n].key_size = e->rows[begin].key_size;
		good = bt_policy_add_class(policy, members, size, &e->names[n].class_id, err);
		n++;
	}
	free(members);
	*count = n;
	*duplicates = repeats;
	return good;
}

bool bt_entries_finish(struct bt_entries *entries, struct bt_policy_builder *policy,
    const struct bt_build_name **names, size_t *count, uint64_t *duplicates, struct bt_err *err)
{
	size_t merged = 0;
	uint64_t repeats = 0;
	if (entries->count > 0)
		qsort(entries->rows, entries->count, sizeof(*entries->rows), compare_rows);
	entries->names = malloc((entries->count + 1) * sizeof(*entries->names));
	if (entries->names == NULL)
		return bt_fail(err, "out of memory with %zu entries", entries->count);
	if (!merge(entries, policy, &merged, &repeats, err))
		return false;
	*names = entries->names;
	*count = merged;
	*duplicates = repeats;
	return true;
}
