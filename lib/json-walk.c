/* SPDX-License-Identifier: BSD-3-Clause */
/* json-walk.c -- a JSON text, member by member */

#include <string.h>

#include "json-walk.h"

void bt_json_begin(struct bt_json_walk *walk, const char *text, size_t size)
{
	*walk = (struct bt_json_walk){.text = text, .size = size, .line = 1};
}

/* ---- places ---- */

static void move(struct bt_json_walk *walk, size_t octets)
{
	const char *from = walk->text + walk->at, *end = from + octets;
	for (const char *at = from; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++) {
		walk->line++;
		walk->begin = (size_t)(at + 1 - walk->text);
	}
	walk->at += octets;
}

static void skip_space(struct bt_json_walk *walk)
{
	size_t at = walk->at;
	while (
	    at < walk->size && walk->text[at] != '\0' && strchr(" \t\r\n", walk->text[at]) != NULL)
		at++;
	move(walk, at - walk->at);
}

static bool fail(struct bt_json_walk *walk, const char *reason)
{
	if (!walk->failed)
		bt_fail(&walk->error, "%u:%zu: %s", walk->line, walk->at - walk->begin + 1, reason);
	walk->failed = true;
	return false;
}

bool bt_json_comes(struct bt_json_walk *walk, char c)
{
	skip_space(walk);
	return !walk->failed && walk->at < walk->size && walk->text[walk->at] == c;
}

static bool take(struct bt_json_walk *walk, char c)
{
	if (!bt_json_comes(walk, c))
		return false;
	walk->at++;
	return true;
}

/* ---- values ---- */

/* jansson's reason without what it quotes of the text, which may hold anything. */
static void fail_value(struct bt_json_walk *walk, json_error_t *error, bool cut)
{
	char *quote = strstr(error->text, " near ");
	if (quote != NULL)
		*quote = '\0';
	if (cut && json_error_code(error) == json_error_premature_end_of_input) {
		fail(walk, "a value of more than 8 MiB");
		return;
	}
	/* the position is behind the octet that was one too many */
	size_t left = walk->size - walk->at;
	size_t octets = error->position > 1 ? (size_t)error->position - 1 : 0;
	move(walk, octets < left ? octets : left);
	fail(walk, error->text);
}

json_t *bt_json_value(struct bt_json_walk *walk)
{
	const size_t flags = JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES |
			     JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL;
	json_error_t error;
	skip_space(walk);
	if (walk->failed)
		return NULL;
	size_t left = walk->size - walk->at;
	bool cut = left > BT_JSON_VALUE;
	json_t *value =
	    json_loadb(walk->text + walk->at, cut ? BT_JSON_VALUE : left, flags, &error);
	if (value == NULL)
		fail_value(walk, &error, cut);
	else
		move(walk, (size_t)error.position);
	return value;
}

void bt_json_skip(struct bt_json_walk *walk)
{
	json_decref(bt_json_value(walk));
}

/* ---- members ---- */

bool bt_json_enter(struct bt_json_walk *walk, char c)
{
	if (walk->depth == BT_JSON_DEPTH)
		return fail(walk, "too deep");
	if (!take(walk, c))
		return fail(walk, c == '{' ? "expected an object" : "expected an array");
	walk->closing[walk->depth++] = c == '{' ? '}' : ']';
	walk->fresh = true;
	return true;
}

static bool read_key(struct bt_json_walk *walk)
{
	if (!bt_json_comes(walk, '"'))
		return fail(walk, "expected a key in quotes");
	json_t *key = bt_json_value(walk);
	if (key == NULL)
		return false;
	size_t length = json_string_length(key);
	if (length < BT_JSON_KEY)
		memcpy(walk->key, json_string_value(key), length + 1);
	json_decref(key);
	return take(walk, ':') || fail(walk, "expected ':'");
}

bool bt_json_next(struct bt_json_walk *walk)
{
	if (walk->failed || walk->depth == 0)
		return false;
	char closing = walk->closing[walk->depth - 1];
	bool fresh = walk->fresh;
	walk->fresh = false;
	if (take(walk, closing)) {
		walk->depth--;
		return false;
	}
	if (!fresh && !take(walk, ','))
		return fail(walk, closing == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
	walk->key[0] = '\0';
	if (closing == '}')
		return read_key(walk);
	skip_space(walk);
	return true;
}

bool bt_json_is(const struct bt_json_walk *walk, const char *key)
{
	return strcmp(walk->key, key) == 0;
}

/* ---- the end ---- */

bool bt_json_ended(const struct bt_json_walk *walk, const char *path, struct bt_err *err)
{
	return !walk->failed || bt_fail(err, "%s:%s", path, walk->error.text);
}

bool bt_json_finish(struct bt_json_walk *walk, const char *path, struct bt_err *err)
{
	skip_space(walk);
	if (walk->at < walk->size)
		fail(walk, "expected nothing more");
	return bt_json_ended(walk, path, err);
}
