/* SPDX-License-Identifier: BSD-3-Clause */
/* entries.c -- what the lists hold, gathered for the builder */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "entries-sort.h"
#include "entries.h"

enum { CHUNK = 1 << 18 /* octets of keys that are allocated at once */ };

struct chunk {
	struct chunk *next;
	size_t used;
	uint8_t bytes[CHUNK];
};

struct bt_entries {
	struct chunk *chunks; /* the one in use first */
	struct bt_entry_row *rows;
	size_t count, room;
	void *sorted; /* bt_entry_item, and after that bt_build_name in the same memory */
};

/* ---- gathering ---- */

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
	free(e->sorted);
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
	struct bt_entry_row *rows =
	    room <= UINT32_MAX ? realloc(e->rows, room * sizeof(*rows)) : NULL;
	if (rows == NULL)
		return false;
	e->rows = rows;
	e->room = room;
	return true;
}

bool bt_entries_add(struct bt_entries *entries, const struct bt_key *key, struct bt_member member,
    struct bt_err *err)
{
	const uint8_t *bytes = make_room(entries) ? keep_key(entries, key) : NULL;
	if (bytes == NULL)
		return bt_fail(err, "out of memory with %zu entries", entries->count);
	entries->rows[entries->count++] = (struct bt_entry_row){
	    .key = bytes,
	    .meta = member.meta,
	    .list = member.list,
	    .scope = member.scope,
	    .key_size = key->len,
	};
	return true;
}

/* ---- merging ---- */

struct merge {
	struct bt_entries *entries;
	struct bt_policy_builder *policy;
	struct bt_member members[BT_MEMBERS_MAX]; /* of the name at hand */
	uint64_t duplicates;

	/* The last class of one member: in most lists neighbours share theirs. */
	struct bt_member last;
	uint32_t last_class;
	bool has_last;
};

static const struct bt_entry_row *row_of(const struct bt_entries *e, size_t i)
{
	return &e->rows[((const struct bt_entry_item *)e->sorted)[i].row];
}

static bool same_key(const struct bt_entry_row *a, const struct bt_entry_row *b)
{
	return a->key_size == b->key_size && memcmp(a->key, b->key, a->key_size) == 0;
}

/* Makes members of the name's entries, one a list. Returns how many; *next is the next name's. */
static unsigned unite(struct merge *m, size_t at, size_t *next)
{
	const struct bt_entries *e = m->entries;
	const struct bt_entry_row *first = row_of(e, at);
	unsigned count = 0;
	for (; at < e->count && same_key(first, row_of(e, at)); at++) {
		const struct bt_entry_row *row = row_of(e, at);
		if (count > 0 && m->members[count - 1].list == row->list) {
			m->members[count - 1].scope |= row->scope;
			m->duplicates++;
		} else {
			m->members[count++] = (struct bt_member){
			    .list = row->list, .scope = row->scope, .meta = row->meta};
		}
	}
	*next = at;
	return count;
}

static bool find_class(struct merge *m, unsigned count, uint32_t *class_id, struct bt_err *err)
{
	const struct bt_member *first = &m->members[0];
	if (count == 1 && m->has_last && first->list == m->last.list &&
	    first->scope == m->last.scope && first->meta == m->last.meta) {
		*class_id = m->last_class;
		return true;
	}
	if (!bt_policy_add_class(m->policy, m->members, count, class_id, err))
		return false;
	if (count == 1) {
		m->last = *first;
		m->last_class = *class_id;
		m->has_last = true;
	}
	return true;
}

/*
 * Writes names over the items that they were made of: a name is never written before its items,
 * nor further on, are read, as each name has one item at least.
 */
static bool merge(struct merge *m, size_t *count, struct bt_err *err)
{
	const struct bt_entries *e = m->entries;
	size_t names = 0;
	for (size_t at = 0, next; at < e->count; at = next) {
		const struct bt_entry_row *row = row_of(e, at);
		struct bt_build_name name = {.key = row->key, .key_size = row->key_size};
		unsigned members = unite(m, at, &next);
		if (!find_class(m, members, &name.class_id, err))
			return false;
		memcpy((struct bt_build_name *)e->sorted + names++, &name, sizeof(name));
	}
	*count = names;
	return true;
}

bool bt_entries_finish(struct bt_entries *entries, struct bt_policy_builder *policy,
    const struct bt_build_name **names, size_t *count, uint64_t *duplicates, struct bt_err *err)
{
	static_assert(sizeof(struct bt_build_name) <= sizeof(struct bt_entry_item), "in place");
	struct merge *m = calloc(1, sizeof(*m));
	entries->sorted = malloc((entries->count + 1) * sizeof(struct bt_entry_item));
	if (m == NULL || entries->sorted == NULL) {
		free(m);
		return bt_fail(err, "out of memory with %zu entries", entries->count);
	}
	bt_entries_sort(entries->rows, entries->count, entries->sorted);
	m->entries = entries;
	m->policy = policy;
	size_t merged;
	bool good = merge(m, &merged, err);
	if (good) {
		*names = entries->sorted;
		*count = merged;
		*duplicates = m->duplicates;
	}
	free(m);
	return good;
}
