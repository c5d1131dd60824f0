/* SPDX-License-Identifier: BSD-3-Clause */
/* guard-names.c -- the names of a warning list */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard-names.h"
#include "json-walk.h"
#include "list.h"
#include "refang.h"
#include "unpack.h"

enum { TEXT_MAX = 256 << 20 /* octets */ };

struct names {
	const char *path;
	bool (*take)(void *ctx, const struct bt_key *key);
	void *ctx;
	uint64_t count;
};

static bool hand_over(struct names *names, const struct bt_key *key, struct bt_err *err)
{
	names->count++;
	return names->take(names->ctx, key) || bt_fail(err, "%s: out of memory", names->path);
}

/* ---- MISP's ---- */

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"

/* What the list says of itself, wherever in it that stands: to the end of it. */
static bool is_misp(struct bt_json_walk *walk, char type[static 41])
{
	bool listed = false;
	snprintf(type, 41, "(none)");
	if (!bt_json_comes(walk, '{'))
		return false;
	bt_json_enter(walk, '{');
	while (bt_json_next(walk))
		if (bt_json_is(walk, "list") && bt_json_comes(walk, '[')) {
			listed = true;
			bt_json_enter(walk, '[');
			while (bt_json_next(walk))
				bt_json_skip(walk);
		} else if (bt_json_is(walk, "type")) {
			json_t *value = bt_json_value(walk);
			const char *text = json_string_value(value);
			if (text != NULL) /* it goes into a reason, of one line */
				snprintf(type, 41, "%s",
				    strspn(text, LETTERS) == strlen(text) ? text : "(other)");
			json_decref(value);
		} else {
			bt_json_skip(walk);
		}
	return listed;
}

/*
 * ".example.com" stands for what is below, and so for the name. Whoever warns of a page does not
 * warn of all of its host.
 */
static bool take_string(struct names *names, const char *text, size_t size, struct bt_err *err)
{
	struct bt_key key;
	while (size > 0 && text[0] == '.') {
		text++;
		size--;
	}
	return memchr(text, '/', size) != NULL || bt_refang_tree(&key, text, size) != NULL ||
	       hand_over(names, &key, err);
}

static bool read_items(struct names *names, struct bt_json_walk *walk, struct bt_err *err)
{
	bool ok = true;
	bt_json_enter(walk, '[');
	while (ok && bt_json_next(walk)) {
		json_t *value = bt_json_value(walk);
		ok = !json_is_string(value) ||
		     take_string(names, json_string_value(value), json_string_length(value), err);
		json_decref(value);
	}
	return ok;
}

/* What is no JSON was told before. */
static bool read_misp(struct names *names, struct bt_json_walk *walk, struct bt_err *err)
{
	bool ok = true;
	bt_json_enter(walk, '{');
	while (ok && bt_json_next(walk))
		if (bt_json_is(walk, "list") && bt_json_comes(walk, '['))
			ok = read_items(names, walk, err);
		else
			bt_json_skip(walk);
	return ok && (names->count > 0 || bt_fail(err, "%s: no name in it", names->path));
}

/* ---- any list ---- */

static bool take_entry(void *ctx, const struct bt_entry *entry, struct bt_err *err)
{
	struct names *names = ctx;
	return entry->except || hand_over(names, entry->key, err);
}

bool bt_guard_names_parse(const char *path, const char *text, size_t size,
    bool (*take)(void *ctx, const struct bt_key *key), void *ctx, struct bt_err *err)
{
	struct names names = {.path = path, .take = take, .ctx = ctx};
	const struct bt_list_reader reader = {.entry = take_entry, .ctx = &names};
	struct bt_json_walk walk, first;
	char type[41];
	bt_json_begin(&walk, text, size);
	first = walk;
	if (!is_misp(&first, type))
		return bt_list_parse(path, text, size, BT_FORMAT_AUTO, &reader, NULL, err) &&
		       (names.count > 0 || bt_fail(err, "%s: no name in it", path));
	if (!bt_json_finish(&first, path, err))
		return false;
	if (strcmp(type, "hostname") != 0 && strcmp(type, "string") != 0)
		return bt_fail(err,
		    "%s: a warning list of the type %s, expected hostname or string", path, type);
	return read_misp(&names, &walk, err);
}

bool bt_guard_names_read(const char *path, bool (*take)(void *ctx, const struct bt_key *key),
    void *ctx, struct bt_err *err)
{
	struct bt_unpack *input;
	size_t size;
	if (!bt_unpack_open_bounded(&input, path, err))
		return false;
	char *text = bt_unpack_read_all(input, TEXT_MAX, &size);
	const char *error = bt_unpack_error(input);
	bool read = false;
	if (text == NULL)
		bt_fail(err, "%s: out of memory", path);
	else if (error != NULL)
		bt_fail(err, "%s: %s", path, error);
	else if (size > TEXT_MAX)
		bt_fail(err, "%s: more than %d octets of a warning list", path, TEXT_MAX);
	else
		read = bt_guard_names_parse(path, text, size, take, ctx, err);
	free(text);
	bt_unpack_close(&input);
	return read;
}
