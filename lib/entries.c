/* SPDX-License-Identifier: BSD-3-Clause */
/* entries.c -- what the lists hold, gathered for the builder */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "entries-sort.h"
#include "entries.h"
#include "large.h"

enum { SLACK = sizeof(uint64_t) /* octets behind the records, for bt_entry_octets */ };

struct bt_entries {
	uint8_t *records;
	size_t used, room; /* octets */
	struct bt_entry_item *items;
	size_t count, items_room;
	uint8_t *keys; /* of the names, one after the other, when it is finished */
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
	if (*entries == NULL)
		return;
	free((*entries)->records);
	free((*entries)->items);
	free((*entries)->keys);
	free(*entries);
	*entries = NULL;
}

static bool make_room(struct bt_entries *e, size_t more)
{
	if (more > e->room - e->used) {
		size_t room = e->room + e->room / 2 + (1 << 16);
		uint8_t *records = realloc(e->records, room + SLACK);
		if (records == NULL)
			return false;
		bt_large_pages(records, room);
		e->records = records;
		e->room = room;
	}
	if (e->count == e->items_room) {
		size_t room = e->items_room + e->items_room / 2 + (1 << 12);
		struct bt_entry_item *items = realloc(e->items, room * sizeof(*items));
		if (items == NULL)
			return false;
		bt_large_pages(items, room * sizeof(*items));
		e->items = items;
		e->items_room = room;
	}
	return true;
}

bool bt_entries_add(struct bt_entries *entries, const struct bt_key *key, struct bt_member member,
    struct bt_err *err)
{
	struct bt_entries *e = entries;
	const struct bt_entry_head head = {
	    .list = member.list, .scope = member.scope, .key_size = key->len};
	size_t size = sizeof(head) + key->len;
	if (size > UINT32_MAX - e->used)
		return bt_fail(err, "more than 4 GiB of names, with %zu entries", e->count);
	if (!make_room(e, size))
		return bt_fail(err, "out of memory with %zu entries", e->count);
	memcpy(e->records + e->used, &head, sizeof(head));
	memcpy(e->records + e->used + sizeof(head), key->bytes, key->len);
	e->items[e->count++] = (struct bt_entry_item){
	    .octets = bt_entry_octets(key->bytes, key->len, 0),
	    .at = (uint32_t)e->used,
	    .meta = member.meta,
	};
	e->used += size;
	return true;
}

/* ---- merging ---- */

enum { AHEAD = 16 /* items, whose records are on their way from memory */ };

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

static bool same_key(const struct bt_entries *e, uint32_t a, uint32_t b)
{
	unsigned size = bt_entry_head(e->records, a).key_size;
	return size == bt_entry_head(e->records, b).key_size &&
	       memcmp(bt_entry_key(e->records, a), bt_entry_key(e->records, b), size) == 0;
}

/* Makes members of the name's entries, one a list. Returns how many; *next is the next name's. */
static unsigned unite(struct merge *m, size_t at, size_t *next)
{
	const struct bt_entries *e = m->entries;
	uint32_t first = e->items[at].at;
	unsigned count = 0;
	do {
		const struct bt_entry_item *item = &e->items[at++];
		struct bt_entry_head head = bt_entry_head(e->records, item->at);
		if (count > 0 && m->members[count - 1].list == head.list) {
			m->members[count - 1].scope |= head.scope;
			m->duplicates++;
		} else {
			m->members[count++] = (struct bt_member){
			    .list = head.list, .scope = head.scope, .meta = item->meta};
		}
		if (at + AHEAD < e->count)
			__builtin_prefetch(e->records + e->items[at + AHEAD].at);
	} while (at < e->count && same_key(e, first, e->items[at].at));
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
 * nor further on, are read, as each name has one item at least. Their keys are copied so that who
 * goes through the names goes through memory.
 */
static bool merge(struct merge *m, size_t *count, struct bt_err *err)
{
	const struct bt_entries *e = m->entries;
	uint8_t *key = e->keys;
	size_t names = 0;
	for (size_t at = 0, next; at < e->count; at = next) {
		uint32_t record = e->items[at].at;
		struct bt_build_name name = {
		    .key = key, .key_size = bt_entry_head(e->records, record).key_size};
		memcpy(key, bt_entry_key(e->records, record), name.key_size);
		key += name.key_size;
		unsigned members = unite(m, at, &next);
		if (!find_class(m, members, &name.class_id, err))
			return false;
		memcpy((struct bt_build_name *)(void *)e->items + names++, &name, sizeof(name));
	}
	*count = names;
	return true;
}

/* Counts names for their lists, and gives frequent classes low numbers. */
static bool number_classes(struct bt_policy_builder **policy, struct bt_build_name *names,
    size_t count, struct bt_err *err)
{
	uint32_t classes = bt_policy_count_classes(*policy);
	uint32_t *times = calloc((size_t)classes + 1, sizeof(*times));
	uint32_t *numbers = calloc((size_t)classes + 1, sizeof(*numbers));
	bool good = (times != NULL && numbers != NULL) || bt_fail(err, "out of memory");
	for (size_t i = 0; good && i < count; i++) {
		bt_policy_count_name(*policy, names[i].class_id);
		times[names[i].class_id]++;
	}
	good = good && bt_policy_renumber(policy, times, numbers, err);
	for (size_t i = 0; good && i < count; i++)
		names[i].class_id = numbers[names[i].class_id];
	free(times);
	free(numbers);
	return good;
}

bool bt_entries_finish(struct bt_entries *entries, struct bt_policy_builder **policy,
    const struct bt_build_name **names, size_t *count, uint64_t *duplicates, struct bt_err *err)
{
	static_assert(sizeof(struct bt_build_name) <= sizeof(struct bt_entry_item), "in place");
	struct merge *m = calloc(1, sizeof(*m));
	entries->keys = malloc(entries->used + 1);
	if (m == NULL || entries->keys == NULL) {
		free(m);
		return bt_fail(err, "out of memory with %zu entries", entries->count);
	}
	bt_large_pages(entries->keys, entries->used);
	bt_entries_sort(entries->records, entries->items, entries->count);
	m->entries = entries;
	m->policy = *policy;
	size_t merged = 0;
	bool good =
	    merge(m, &merged, err) && number_classes(policy, (void *)entries->items, merged, err);
	if (good) {
		*names = (const void *)entries->items;
		*count = merged;
		*duplicates = m->duplicates;
		free(entries->records);
		entries->records = NULL;
	}
	free(m);
	return good;
}
