/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list-stix.c -- bundles of STIX 2 (OASIS, STIX Version 2.1: 4.7 Indicator, 9 STIX Patterning)
 *
 *     "pattern": "[domain-name:value = 'evil.com' OR url:value = 'http://worse.com/']"
 *
 * Of a pattern only names that are joined by OR can be applied; any other says more, and is skipped
 * as a whole. A domain name is the name and all below it; a URL counts if it is about all of its
 * host. The malware, tool, campaign, threat actor or intrusion set that a relationship of the same
 * bundle says it indicates is the indicator's family, campaign or actor. What is revoked, over, or
 * of type `benign` is skipped.
 */

#include <string.h>

#include "list-json.h"

enum { TERMS_MAX = 1024 /* comparisons of a pattern */ };

struct bundle {
	struct bt_list_parse *parse;
	json_t *names;     /* id -> [key of metadata, name], of what can be indicated */
	json_t *indicates; /* id of an indicator -> ids of what it indicates */
};

/* ---- patterns ---- */

struct term {
	struct bt_line path; /* "domain-name:value" */
	struct bt_line text; /* between its quotes: escapes are still there */
};

static void skip_space(struct bt_line *rest)
{
	while (rest->size > 0 && rest->at[0] != '\0' && strchr(" \t\r\n", rest->at[0]) != NULL) {
		rest->at++;
		rest->size--;
	}
}

static bool take(struct bt_line *rest, char c)
{
	skip_space(rest);
	if (rest->size == 0 || rest->at[0] != c)
		return false;
	rest->at++;
	rest->size--;
	return true;
}

/* Letters, digits and what else a path, or a word such as OR, is made of. */
static struct bt_line take_word(struct bt_line *rest)
{
	skip_space(rest);
	struct bt_line word = *rest;
	for (word.size = 0; word.size < rest->size; word.size++) {
		char c = word.at[word.size];
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    (c == '\0' || strchr("-_:.", c) == NULL))
			break;
	}
	rest->at += word.size;
	rest->size -= word.size;
	return word;
}

static bool take_string(struct bt_line *rest, struct bt_line *text)
{
	if (!take(rest, '\''))
		return false;
	size_t at = 0;
	while (at < rest->size && rest->at[at] != '\'')
		at += rest->at[at] == '\\' ? 2 : 1;
	if (at >= rest->size)
		return false;
	*text = *rest;
	text->size = at;
	rest->at += at + 1;
	rest->size -= at + 1;
	return true;
}

static bool add_term(struct term *terms, unsigned *count, struct bt_line path, struct bt_line text)
{
	if (*count == TERMS_MAX)
		return false;
	terms[(*count)++] = (struct term){path, text};
	return true;
}

/* path = 'text', or path IN ('text', 'text', ...) */
static bool read_comparison(struct bt_line *rest, struct term *terms, unsigned *count)
{
	struct bt_line path = take_word(rest), text;
	if (path.size == 0)
		return false;
	if (path.at[path.size - 1] == '.' && !take_string(rest, &text)) /* hashes.'SHA-256' */
		return false;
	if (take(rest, '=')) {
		take(rest, '='); /* STIX 2.0 has both */
		return take_string(rest, &text) && add_term(terms, count, path, text);
	}
	if (!bt_list_is(take_word(rest), "IN") || !take(rest, '('))
		return false;
	do
		if (!take_string(rest, &text) || !add_term(terms, count, path, text))
			return false;
	while (take(rest, ','));
	return take(rest, ')');
}

/* Comparisons joined by OR: how they are grouped makes no difference, but that it adds up. */
static bool read_pattern(struct bt_line rest, struct term *terms, unsigned *count)
{
	unsigned open = 0;
	*count = 0;
	do {
		while (take(&rest, '[') || take(&rest, '('))
			open++;
		if (!read_comparison(&rest, terms, count))
			return false;
		while (take(&rest, ']') || take(&rest, ')'))
			if (open-- == 0)
				return false;
	} while (bt_list_is(take_word(&rest), "OR"));
	skip_space(&rest);
	return open == 0 && rest.size == 0;
}

/* Undoes the escapes of a string: \' and \\. */
static struct bt_line unescape(struct bt_line text, char room[static BT_LINE_MAX])
{
	size_t used = 0;
	if (memchr(text.at, '\\', text.size) == NULL)
		return text;
	for (size_t i = 0; i < text.size && used < BT_LINE_MAX; i++) {
		if (text.at[i] == '\\')
			i++;
		if (i < text.size)
			room[used++] = text.at[i];
	}
	return (struct bt_line){.at = room, .size = used, .number = text.number};
}

/* ---- indicators ---- */

static void add_indicated(struct bundle *b, struct bt_list_meta *meta, const json_t *indicator)
{
	const json_t *ids =
	    json_object_get(b->indicates, json_string_value(json_object_get(indicator, "id")));
	for (size_t i = 0; i < json_array_size(ids); i++) {
		const json_t *name =
		    json_object_get(b->names, json_string_value(json_array_get(ids, i)));
		const char *key = json_string_value(json_array_get(name, 0));
		if (key != NULL)
			bt_list_json_add_value(meta, key, json_array_get(name, 1));
	}
}

static void read_meta(struct bundle *b, struct bt_list_meta *meta, const json_t *indicator)
{
	const json_t *references = json_object_get(indicator, "external_references");
	bt_list_json_add(meta, "expires", indicator, "valid_until");
	bt_list_json_add(meta, "confidence", indicator, "confidence");
	bt_list_json_add(meta, "first-reported", indicator, "valid_from");
	add_indicated(b, meta, indicator);
	bt_list_json_add(meta, "note", indicator, "name");
	bt_list_json_add(meta, "note", indicator, "labels");
	for (size_t i = 0; i < json_array_size(references); i++)
		bt_list_json_add(meta, "reference", json_array_get(references, i), "url");
}

/* NULL, or why nothing of it counts. */
static const char *why_not(const json_t *indicator)
{
	const json_t *types = json_object_get(indicator, "indicator_types");
	struct bt_line language = bt_list_json_line(indicator, "pattern_type");
	if (bt_list_json_true(indicator, "revoked"))
		return "an indicator that was revoked";
	if (language.size > 0 && !bt_list_is(language, "stix"))
		return "a pattern in another language";
	for (size_t i = 0; i < json_array_size(types); i++) {
		const char *type = json_string_value(json_array_get(types, i));
		if (type != NULL && strcmp(type, "benign") == 0)
			return "an indicator of what is benign";
	}
	return NULL;
}

static bool read_term(struct bundle *b, const struct term *term, struct bt_list_found *found,
    unsigned line, struct bt_err *err)
{
	char room[BT_LINE_MAX];
	const char *skipped = NULL;
	found->name = unescape(term->text, room);
	found->name.number = line;
	found->scope = BT_SCOPE_SUBTREE;
	if (bt_list_is(term->path, "url:value"))
		skipped = bt_list_json_host(b->parse, found);
	else if (!bt_list_is(term->path, "domain-name:value"))
		skipped = "an indicator that is no name";
	if (skipped == NULL)
		return bt_list_json_emit(b->parse, found, err);
	bt_list_skip(b->parse, line, skipped);
	return true;
}

static bool read_indicator(
    struct bundle *b, const json_t *indicator, unsigned line, struct bt_err *err)
{
	struct term terms[TERMS_MAX];
	unsigned count = 0;
	const char *skipped = why_not(indicator);
	struct bt_line pattern = bt_list_json_line(indicator, "pattern");
	if (pattern.size == 0) {
		bt_list_bad(b->parse, line, "an indicator without a pattern");
		return true;
	}
	if (skipped == NULL && !read_pattern(pattern, terms, &count))
		skipped = "a pattern that is more than names joined by OR";
	if (skipped != NULL) {
		bt_list_skip(b->parse, line, skipped);
		return true;
	}
	struct bt_list_found found = {.scope = BT_SCOPE_SUBTREE};
	read_meta(b, &found.meta, indicator);
	bool read = true;
	for (unsigned i = 0; read && i < count; i++)
		read = read_term(b, &terms[i], &found, line, err);
	return read;
}

/* ---- what indicators indicate ---- */

static const char *key_of_type(struct bt_line type)
{
	static const struct {
		const char *type, *key;
	} rows[] = {
	    {"malware", "family"},
	    {"tool", "family"},
	    {"campaign", "campaign"},
	    {"threat-actor", "actor"},
	    {"intrusion-set", "actor"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (bt_list_is(type, rows[i].type))
			return rows[i].key;
	return NULL;
}

/* A string that can be a key of jansson's objects: without a zero octet. */
static const char *id_of(const json_t *object, const char *member)
{
	const json_t *id = json_object_get(object, member);
	const char *text = json_string_value(id);
	return text != NULL && strlen(text) == json_string_length(id) ? text : NULL;
}

/* False: memory ran out. */
static bool keep_name(struct bundle *b, const json_t *object, const char *key)
{
	json_t *name = json_object_get(object, "name");
	const char *id = id_of(object, "id");
	return id == NULL || name == NULL ||
	       json_object_set_new(b->names, id, json_pack("[sO]", key, name)) == 0;
}

static bool keep_relationship(struct bundle *b, const json_t *object)
{
	const char *from = id_of(object, "source_ref"), *to = id_of(object, "target_ref");
	if (from == NULL || to == NULL || bt_list_json_true(object, "revoked") ||
	    !bt_list_is(bt_list_json_line(object, "relationship_type"), "indicates"))
		return true;
	json_t *targets = json_object_get(b->indicates, from);
	if (targets == NULL) {
		targets = json_array();
		if (json_object_set_new(b->indicates, from, targets) != 0)
			return false;
	}
	return json_array_append_new(targets, json_string(to)) == 0;
}

/* ---- the bundle, in two rounds, since its objects stand in any order ---- */

typedef bool take_object(struct bundle *b, const json_t *object, unsigned line, struct bt_err *err);

static bool gather(struct bundle *b, const json_t *object, unsigned line, struct bt_err *err)
{
	struct bt_line type = bt_list_json_line(object, "type");
	const char *key = key_of_type(type);
	(void)line;
	bool kept = key != NULL                        ? keep_name(b, object, key)
		    : bt_list_is(type, "relationship") ? keep_relationship(b, object)
						       : true;
	return kept || bt_fail(err, "%s: out of memory", b->parse->path);
}

static bool apply(struct bundle *b, const json_t *object, unsigned line, struct bt_err *err)
{
	if (!bt_list_is(bt_list_json_line(object, "type"), "indicator"))
		return true;
	return read_indicator(b, object, line, err);
}

static bool read_objects(
    struct bundle *b, struct bt_json_walk *walk, take_object *take_it, struct bt_err *err)
{
	bool read = true;
	bt_json_enter(walk, '[');
	while (read && bt_json_next(walk)) {
		unsigned line = walk->line;
		json_t *object = bt_json_value(walk);
		read = object == NULL || take_it(b, object, line, err);
		json_decref(object);
	}
	return read;
}

/* A bundle, or the array of objects in it alone. */
static bool read_round(
    struct bundle *b, const char *text, size_t size, take_object *take_it, struct bt_err *err)
{
	struct bt_json_walk walk;
	bool read = true;
	bt_json_begin(&walk, text, size);
	if (bt_json_comes(&walk, '[')) {
		read = read_objects(b, &walk, take_it, err);
	} else {
		bt_json_enter(&walk, '{');
		while (read && bt_json_next(&walk))
			if (bt_json_is(&walk, "objects"))
				read = read_objects(b, &walk, take_it, err);
			else
				bt_json_skip(&walk);
	}
	return read && bt_json_finish(&walk, b->parse->path, err);
}

static bool read_text(
    struct bt_list_parse *parse, const char *text, size_t size, struct bt_err *err)
{
	struct bundle b = {.parse = parse, .names = json_object(), .indicates = json_object()};
	bool read = ((b.names != NULL && b.indicates != NULL) ||
			bt_fail(err, "%s: out of memory", parse->path)) &&
		    read_round(&b, text, size, gather, err) &&
		    read_round(&b, text, size, apply, err);
	json_decref(b.names);
	json_decref(b.indicates);
	return read;
}

static bool looks(const char *at, size_t size)
{
	return bt_list_is_json(at, size) && (memmem(at, size, "\"bundle\"", 8) != NULL ||
						memmem(at, size, "\"spec_version\"", 14) != NULL);
}

const struct bt_list_format bt_list_stix = {
    .looks = looks, .text = read_text, .most = BT_LIST_JSON_MAX};
