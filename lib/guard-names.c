/* SPDX-License-Identifier: BSD-3-Clause */
/* guard-names.c -- the names of a warning list */

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "guard-names.h"
#include "json-walk.h"
#include "list.h"
#include "refang.h"

enum { MISP_MAX = 256 << 20 /* octets */ };

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

/* ".example.com" stands for what is below, and so for the name. */
static bool take_string(struct names *names, const char *text, size_t size, struct bt_err *err)
{
	struct bt_key key;
	if (size > 0 && text[0] == '.') {
		text++;
		size--;
	}
	return bt_refang_key(&key, text, size) != NULL || hand_over(names, &key, err);
}

static bool walk_list(struct names *names, struct bt_json_walk *walk, struct bt_err *err)
{
	bool ok = bt_json_enter(walk, '[');
	while (ok && bt_json_next(walk)) {
		json_t *value = bt_json_value(walk);
		ok = value == NULL || !json_is_string(value) ||
		     take_string(names, json_string_value(value), json_string_length(value), err);
		json_decref(value);
	}
	return ok;
}

static bool has_names(const struct names *names, struct bt_json_walk *walk, struct bt_err *err)
{
	json_t *type = bt_json_value(walk);
	const char *is = json_string_value(type);
	bool ok = is != NULL && (strcmp(is, "hostname") == 0 || strcmp(is, "string") == 0);
	if (!ok && type != NULL)
		bt_fail(err, "%s:%u: a warning list of the type %.40s, expected hostname or string",
		    names->path, walk->line, is != NULL ? is : "(none)");
	json_decref(type);
	return ok;
}

/* What is wrong with the JSON is said before anything else that comes of it. */
static bool read_misp(struct names *names, const char *text, size_t size, struct bt_err *err)
{
	struct bt_json_walk walk;
	struct bt_err reason = {""};
	bool ok = true;
	bt_json_begin(&walk, text, size);
	bt_json_enter(&walk, '{');
	while (ok && bt_json_next(&walk)) {
		if (bt_json_is(&walk, "type"))
			ok = has_names(names, &walk, &reason);
		else if (bt_json_is(&walk, "list"))
			ok = walk_list(names, &walk, &reason);
		else
			bt_json_skip(&walk);
	}
	return bt_json_ended(&walk, names->path, err) && (ok || bt_fail(err, "%s", reason.text));
}

static bool is_misp(const char *path)
{
	size_t size = strlen(path);
	return size > 5 && strcmp(path + size - 5, ".json") == 0;
}

static bool read_file_of_misp(struct names *names, struct bt_err *err)
{
	void *text;
	size_t size;
	if (!bt_file_read(names->path, MISP_MAX, &text, &size, err))
		return false;
	bool read = read_misp(names, text, size, err);
	free(text);
	return read && (names->count > 0 || bt_fail(err, "%s: no name in it", names->path));
}

/* ---- any list ---- */

static bool take_entry(void *ctx, const struct bt_entry *entry, struct bt_err *err)
{
	struct names *names = ctx;
	return entry->except || hand_over(names, entry->key, err);
}

bool bt_guard_names_read(const char *path, bool (*take)(void *ctx, const struct bt_key *key),
    void *ctx, struct bt_err *err)
{
	struct names names = {.path = path, .take = take, .ctx = ctx};
	const struct bt_list_reader reader = {.entry = take_entry, .ctx = &names};
	return is_misp(path) ? read_file_of_misp(&names, err)
			     : bt_list_read(path, BT_FORMAT_AUTO, &reader, NULL, err);
}
