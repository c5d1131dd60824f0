/* SPDX-License-Identifier: BSD-3-Clause */
/* guard.c -- names that no list may take offline */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "guard-names.h"
#include "intern.h"
#include "suffixes.h"

/* What a name is, in a set of protected names with all that are above them. */
enum {
	WARNED = 1,
	ABOVE_WARNED = 2,
	ZONE = 4,
	ABOVE_ZONE = 8,
};

struct mark {
	uint8_t is;
	uint32_t list; /* that warns of it first, or else of what is below it */
};

struct bt_guard {
	bool zones;
	struct bt_suffixes *suffixes; /* NULL: they are not protected */
	struct bt_intern *names;
	struct mark *marks; /* of each name */
	size_t room;
	char **reasons; /* of each warning list */
	unsigned lists;
};

/* ---- the set ---- */

static void add_mark(struct mark *to, struct mark of)
{
	uint8_t warned = of.is & WARNED ? WARNED : WARNED | ABOVE_WARNED;
	if ((to->is & warned) == 0)
		to->list = of.list;
	to->is |= of.is;
}

static bool mark(struct bt_guard *guard, const void *key, size_t size, struct mark of)
{
	uint32_t id, known = bt_intern_count(guard->names);
	if (!bt_intern_add(guard->names, key, size, &id))
		return false;
	if (id >= guard->room) {
		size_t room = guard->room == 0 ? 1024 : guard->room * 2;
		struct mark *larger = realloc(guard->marks, room * sizeof(*larger));
		if (larger == NULL)
			return false;
		guard->marks = larger;
		guard->room = room;
	}
	if (id == known)
		guard->marks[id] = of;
	else
		add_mark(&guard->marks[id], of);
	return true;
}

static bool protect(
    struct bt_guard *guard, const struct bt_key *key, uint8_t itself, uint8_t above, uint32_t list)
{
	for (unsigned labels = 0; labels < key->labels; labels++)
		if (!mark(guard, key->bytes, bt_key_ancestor(key, labels),
			(struct mark){above, list}))
			return false;
	return mark(guard, key->bytes, key->len, (struct mark){itself, list});
}

static const struct mark *find(const struct bt_guard *guard, const void *key, size_t size)
{
	static const struct mark none;
	uint32_t id;
	return bt_intern_find(guard->names, key, size, &id) ? &guard->marks[id] : &none;
}

/* ---- what the configuration says ---- */

static bool take_name(void *ctx, const struct bt_key *key)
{
	struct bt_guard *guard = ctx;
	return protect(guard, key, WARNED, ABOVE_WARNED, guard->lists);
}

static bool read_warning_list(struct bt_guard *guard, const char *path, struct bt_err *err)
{
	const char *slash = strrchr(path, '/');
	char **reason = &guard->reasons[guard->lists];
	if (asprintf(reason, "it covers a name of the warning list %s",
		slash != NULL ? slash + 1 : path) < 0) {
		*reason = NULL;
		return bt_fail(err, "%s: out of memory", path);
	}
	bool read = bt_guard_names_read(path, take_name, guard, err);
	guard->lists++;
	return read;
}

static bool fill(struct bt_guard *guard, const struct bt_config_guards *config, struct bt_err *err)
{
	guard->zones = config->own_zones.count > 0;
	guard->names = bt_intern_new();
	guard->reasons = calloc(config->warning_list_count + 1u, sizeof(*guard->reasons));
	if (guard->names == NULL || guard->reasons == NULL)
		return bt_fail(err, "out of memory");
	if (config->suffixes && !bt_suffixes_new(&guard->suffixes, true, err))
		return false;
	for (unsigned i = 0; i < config->own_zones.count; i++)
		if (!protect(guard, &config->own_zones.keys[i], ZONE, ABOVE_ZONE, 0))
			return bt_fail(err, "out of memory");
	for (unsigned i = 0; i < config->warning_list_count; i++)
		if (!read_warning_list(guard, config->warning_lists[i], err))
			return false;
	return true;
}

bool bt_guard_new(
    struct bt_guard **guard, const struct bt_config_guards *config, struct bt_err *err)
{
	struct bt_guard *made = calloc(1, sizeof(*made));
	if (made == NULL)
		return bt_fail(err, "out of memory");
	if (!fill(made, config, err)) {
		bt_guard_free(&made);
		return false;
	}
	*guard = made;
	return true;
}

void bt_guard_free(struct bt_guard **guard)
{
	struct bt_guard *g = *guard;
	*guard = NULL;
	if (g == NULL)
		return;
	bt_suffixes_free(&g->suffixes);
	bt_intern_free(&g->names);
	free(g->marks);
	for (unsigned i = 0; g->reasons != NULL && i < g->lists; i++)
		free(g->reasons[i]);
	free(g->reasons);
	free(g);
}

/* ---- asking ---- */

/* The first label of a key is the last one of the name. */
static bool is_address(const struct bt_key *key)
{
	size_t size = key->labels > 0 ? key->bytes[0] : 0;
	for (size_t i = 1; i <= size; i++)
		if (key->bytes[i] < '0' || key->bytes[i] > '9')
			return false;
	return size > 0;
}

static bool is_in_zone(const struct bt_guard *guard, const struct bt_key *key)
{
	for (unsigned labels = 0; guard->zones && labels <= key->labels; labels++)
		if (find(guard, key->bytes, bt_key_ancestor(key, labels))->is & ZONE)
			return true;
	return false;
}

/* Of what covers names below it. */
static const char *refuse_tree(const struct bt_guard *guard, const struct bt_key *key)
{
	if (key->labels == 0)
		return "it is the root";
	switch (guard->suffixes != NULL ? bt_suffixes_kind(guard->suffixes, key) : BT_SUFFIX_NONE) {
	case BT_SUFFIX_TOP:
		return "it is a top-level domain";
	case BT_SUFFIX_PUBLIC:
		return "it is a public suffix, below which others have their names";
	default:
		return NULL;
	}
}

const char *bt_guard_refuses(const struct bt_guard *guard, const struct bt_key *key, uint8_t scope)
{
	bool below = scope != BT_SCOPE_EXACT;
	const char *reason = below ? refuse_tree(guard, key) : NULL;
	if (reason != NULL)
		return reason;
	if (is_address(key))
		return "it is an address, which is no name";
	const struct mark *mark = find(guard, key->bytes, key->len);
	if ((mark->is & WARNED) || (below && (mark->is & ABOVE_WARNED)))
		return guard->reasons[mark->list];
	return (below && (mark->is & ABOVE_ZONE)) || is_in_zone(guard, key)
		   ? "it covers names of the resolver's own zones"
		   : NULL;
}
