/* SPDX-License-Identifier: BSD-3-Clause */
/* intern.c -- byte strings to dense numbers, each string kept once */

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "intern.h"
#include "pages.h"

enum { FIRST_SLOTS = 256, FIRST_STRINGS = 256, FIRST_OCTETS = 4096 };

/* Part of the hash beside the number: most probes that miss never touch the arena. */
struct slot {
	uint32_t hash;
	uint32_t id; /* EMPTY: a free slot */
};

#define EMPTY UINT32_MAX

struct bt_intern {
	struct slot *slots; /* a power of two of them, at most three quarters in use */
	size_t slot_count;
	size_t *ends; /* where each string ends in the arena; it begins where the one before ends */
	size_t ends_room;
	uint8_t *arena;
	size_t arena_room;
	uint32_t count;
};

static void empty_slots(struct slot *slots, size_t count)
{
	memset(slots, 0xff, count * sizeof(*slots)); /* every id EMPTY */
}

static struct slot *new_slots(size_t count)
{
	if (count > SIZE_MAX / sizeof(struct slot))
		return NULL;
	struct slot *slots = bt_pages_new(count * sizeof(*slots));
	if (slots != NULL)
		empty_slots(slots, count);
	return slots;
}

struct bt_intern *bt_intern_new(void)
{
	struct bt_intern *table = calloc(1, sizeof(*table));
	if (table == NULL)
		return NULL;
	table->slots = new_slots(FIRST_SLOTS);
	table->ends = bt_pages_new(FIRST_STRINGS * sizeof(*table->ends));
	table->arena = bt_pages_new(FIRST_OCTETS);
	table->slot_count = FIRST_SLOTS;
	table->ends_room = FIRST_STRINGS;
	table->arena_room = FIRST_OCTETS;
	if (table->slots == NULL || table->ends == NULL || table->arena == NULL)
		bt_intern_free(&table);
	return table;
}

void bt_intern_free(struct bt_intern **table)
{
	if (*table == NULL)
		return;
	bt_pages_free((*table)->slots);
	bt_pages_free((*table)->ends);
	bt_pages_free((*table)->arena);
	free(*table);
	*table = NULL;
}

void bt_intern_clear(struct bt_intern *table)
{
	empty_slots(table->slots, table->slot_count);
	table->count = 0;
}

uint32_t bt_intern_count(const struct bt_intern *table)
{
	return table->count;
}

static size_t start_of(const struct bt_intern *table, uint32_t id)
{
	return id == 0 ? 0 : table->ends[id - 1];
}

const void *bt_intern_bytes(const struct bt_intern *table, uint32_t id, size_t *size)
{
	size_t start = start_of(table, id);
	*size = table->ends[id] - start;
	return table->arena + start;
}

static bool is_string(const struct bt_intern *table, uint32_t id, const void *bytes, size_t size)
{
	size_t have;
	const void *string = bt_intern_bytes(table, id, &have);
	return have == size && (size == 0 || memcmp(string, bytes, size) == 0);
}

static uint32_t hash_of(const void *bytes, size_t size)
{
	return (uint32_t)XXH3_64bits(bytes, size);
}

/* The slot of the string, or the free one where it would go. */
static struct slot *find_slot(
    const struct bt_intern *table, uint32_t hash, const void *bytes, size_t size)
{
	size_t mask = table->slot_count - 1;
	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		struct slot *slot = table->slots + i;
		if (slot->id == EMPTY)
			return slot;
		if (slot->hash == hash && is_string(table, slot->id, bytes, size))
			return slot;
	}
}

static bool grow_slots(struct bt_intern *table)
{
	if (table->slot_count > SIZE_MAX / 2)
		return false;
	size_t count = table->slot_count * 2, mask = count - 1;
	struct slot *slots = new_slots(count);
	if (slots == NULL)
		return false;
	for (size_t i = 0; i < table->slot_count; i++) {
		if (table->slots[i].id == EMPTY)
			continue;
		size_t at = table->slots[i].hash & mask;
		while (slots[at].id != EMPTY)
			at = (at + 1) & mask;
		slots[at] = table->slots[i];
	}
	bt_pages_free(table->slots);
	table->slots = slots;
	table->slot_count = count;
	return true;
}

static bool grow_ends(struct bt_intern *table)
{
	if (table->count < table->ends_room)
		return true;
	if (table->ends_room > SIZE_MAX / 2 / sizeof(*table->ends))
		return false;
	size_t room = table->ends_room * 2;
	size_t *ends = bt_pages_resize(table->ends, room * sizeof(*ends));
	if (ends == NULL)
		return false;
	table->ends = ends;
	table->ends_room = room;
	return true;
}

static bool grow_arena(struct bt_intern *table, size_t size)
{
	size_t used = start_of(table, table->count);
	if (size <= table->arena_room - used)
		return true;
	size_t room = table->arena_room;
	while (size > room - used) {
		if (room > SIZE_MAX / 2)
			return false;
		room *= 2;
	}
	uint8_t *arena = bt_pages_resize(table->arena, room);
	if (arena == NULL)
		return false;
	table->arena = arena;
	table->arena_room = room;
	return true;
}

bool bt_intern_find(const struct bt_intern *table, const void *bytes, size_t size, uint32_t *id)
{
	const struct slot *slot = find_slot(table, hash_of(bytes, size), bytes, size);
	if (slot->id == EMPTY)
		return false;
	*id = slot->id;
	return true;
}

bool bt_intern_add(struct bt_intern *table, const void *bytes, size_t size, uint32_t *id)
{
	uint32_t hash = hash_of(bytes, size);
	struct slot *slot = find_slot(table, hash, bytes, size);
	if (slot->id != EMPTY) {
		*id = slot->id;
		return true;
	}
	if (table->count == EMPTY || !grow_ends(table) || !grow_arena(table, size))
		return false;
	if (table->count >= table->slot_count / 4 * 3) {
		if (!grow_slots(table))
			return false;
		slot = find_slot(table, hash, bytes, size);
	}
	size_t start = start_of(table, table->count);
	if (size > 0)
		memcpy(table->arena + start, bytes, size);
	table->ends[table->count] = start + size;
	*slot = (struct slot){.hash = hash, .id = table->count};
	*id = table->count++;
	return true;
}
