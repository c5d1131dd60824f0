/* SPDX-License-Identifier: BSD-3-Clause */
/* yaml-doc.c -- a YAML document with places to point at, over libyaml */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "yaml-doc.h"

/* ---- loading ---- */

static bool fail_at(
    struct bt_err *err, const char *path, const yaml_mark_t *mark, const char *reason)
{
	return bt_fail(err, "%s:%zu:%zu: %s", path, mark->line + 1, mark->column + 1, reason);
}

/* At a place of which only the number of octets before it is known. */
static bool fail_at_octet(
    struct bt_err *err, const char *path, const char *text, size_t before, const char *reason)
{
	yaml_mark_t mark = {0};
	for (size_t i = 0; i < before; i++) {
		mark.column++;
		if (text[i] == '\n') {
			mark.line++;
			mark.column = 0;
		}
	}
	return fail_at(err, path, &mark, reason);
}

static bool fail_parse(struct bt_err *err, const char *path, const yaml_parser_t *parser,
    const char *text, size_t size)
{
	if (parser->problem == NULL)
		return bt_fail(err, "%s: out of memory", path);
	if (parser->error == YAML_READER_ERROR) {
		size_t before = parser->problem_offset;
		return fail_at_octet(
		    err, path, text, before < size ? before : size, parser->problem);
	}
	fail_at(err, path, &parser->problem_mark, parser->problem);
	if (parser->context != NULL && err != NULL) {
		size_t used = strlen(err->text);
		snprintf(err->text + used, sizeof(err->text) - used, " (%s)", parser->context);
	}
	return false;
}

static bool has_anchor(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor != NULL;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.anchor != NULL;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.anchor != NULL;
	default:
		return event->type == YAML_ALIAS_EVENT;
	}
}

/* How far the scan is: open mappings and sequences, and documents begun. */
struct scan {
	unsigned depth, documents;
};

/* Why we do not take this event, or NULL. */
static const char *object_to(struct scan *scan, const yaml_event_t *event)
{
	if (has_anchor(event))
		return "anchors and aliases are not supported";
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return scan->documents++ > 0 ? "a second document; expected one" : NULL;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return scan->depth++ == BT_YAML_DEPTH_MAX ? "nested too deep" : NULL;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		scan->depth--;
		return NULL;
	case YAML_STREAM_END_EVENT:
		return scan->documents == 0 ? "empty; expected a mapping" : NULL;
	default:
		return NULL;
	}
}

/*
 * libyaml compares each %TAG with all before it, hours of work for a long text of them, and we have
 * no use for any. They begin a line, and before them stands \n, \r, NEL, LS, PS or a byte
 * order mark: by the last octets of those.
 */
static bool check_directives(const char *path, const char *text, size_t size, struct bt_err *err)
{
	static const char directive[] = "%TAG", ends[] = "\n\r\x85\xa8\xa9\xbf";
	const char *at = text, *end = text + size;
	while ((at = memmem(at, (size_t)(end - at), directive, sizeof(directive) - 1)) != NULL) {
		if (at == text || memchr(ends, at[-1], sizeof(ends) - 1) != NULL)
			return fail_at_octet(
			    err, path, text, (size_t)(at - text), "%TAG is not supported");
		at++;
	}
	return true;
}

/*
 * Looks at the whole text once before libyaml builds a document of it: there aliases would be
 * followed without a word, and the time for anchors grows with the square of their number.
 */
static bool check(const char *path, const void *text, size_t size, struct bt_err *err)
{
	yaml_parser_t parser;
	yaml_event_t event;
	struct scan scan = {0};
	bool ok = true, end = false;

	if (!yaml_parser_initialize(&parser))
		return bt_fail(err, "%s: out of memory", path);
	yaml_parser_set_input_string(&parser, text, size);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	while (ok && !end) {
		if (!yaml_parser_parse(&parser, &event)) {
			ok = fail_parse(err, path, &parser, text, size);
			break;
		}
		const char *reason = object_to(&scan, &event);
		end = event.type == YAML_STREAM_END_EVENT;
		if (reason != NULL)
			ok = fail_at(err, path, &event.start_mark, reason);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return ok;
}

bool bt_yaml_load(
    struct bt_yaml *yaml, const char *path, const void *text, size_t size, struct bt_err *err)
{
	yaml_parser_t parser;
	if (!check_directives(path, text, size, err) || !check(path, text, size, err))
		return false;
	if (!yaml_parser_initialize(&parser))
		return bt_fail(err, "%s: out of memory", path);
	yaml_parser_set_input_string(&parser, text, size);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	bool loaded = yaml_parser_load(&parser, &yaml->document) != 0;
	if (!loaded)
		fail_parse(err, path, &parser, text, size);
	yaml_parser_delete(&parser);
	return loaded;
}

void bt_yaml_unload(struct bt_yaml *yaml)
{
	yaml_document_delete(&yaml->document);
}

yaml_node_t *bt_yaml_root(struct bt_yaml *yaml)
{
	return yaml_document_get_root_node(&yaml->document);
}

/* ---- problems ---- */

void bt_yaml_problem(struct bt_yaml *yaml, const yaml_node_t *node, const char *format, ...)
{
	char reason[400];
	va_list args;
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	for (char *c = reason; *c != '\0'; c++) /* text of the file may end up on a terminal */
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
	yaml->problem(yaml->ctx, (unsigned)node->start_mark.line + 1,
	    (unsigned)node->start_mark.column + 1, reason);
}

static const char *kind_of(const yaml_node_t *node)
{
	switch (node->type) {
	case YAML_MAPPING_NODE:
		return "a mapping";
	case YAML_SEQUENCE_NODE:
		return "a sequence";
	default:
		return node->data.scalar.length == 0 ? "nothing" : "a text";
	}
}

/* ---- values ---- */

const char *bt_yaml_text(struct bt_yaml *yaml, const yaml_node_t *node, const char *expected)
{
	if (node->type != YAML_SCALAR_NODE || node->data.scalar.length == 0) {
		bt_yaml_problem(yaml, node, "found %s, expected %s", kind_of(node), expected);
		return NULL;
	}
	const char *text = (const char *)node->data.scalar.value;
	if (strlen(text) != node->data.scalar.length) {
		bt_yaml_problem(yaml, node, "a zero octet in a text, expected %s", expected);
		return NULL;
	}
	return text;
}

bool bt_yaml_is_sequence(struct bt_yaml *yaml, const yaml_node_t *node, const char *expected)
{
	if (node->type == YAML_SEQUENCE_NODE)
		return true;
	bt_yaml_problem(yaml, node, "found %s, expected %s", kind_of(node), expected);
	return false;
}

size_t bt_yaml_size(const yaml_node_t *sequence)
{
	return (size_t)(sequence->data.sequence.items.top - sequence->data.sequence.items.start);
}

yaml_node_t *bt_yaml_item(struct bt_yaml *yaml, const yaml_node_t *sequence, size_t i)
{
	return yaml_document_get_node(&yaml->document, sequence->data.sequence.items.start[i]);
}

/* ---- keys ---- */

/* Edits between two words: Levenshtein's distance, row by row. Long words are far from all. */
static unsigned distance(const char *a, const char *b)
{
	enum { WORD_MAX = 31 };
	unsigned row[WORD_MAX + 1];
	size_t width = strlen(b);
	if (width > WORD_MAX || strlen(a) > WORD_MAX)
		return WORD_MAX;
	for (unsigned j = 0; j <= width; j++)
		row[j] = j;
	for (unsigned i = 1; *a != '\0'; a++, i++) {
		unsigned corner = row[0];
		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			unsigned swap = corner + (*a != b[j - 1]);
			unsigned add = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
			corner = row[j];
			row[j] = swap < add ? swap : add;
		}
	}
	return row[width];
}

/* The key that was probably meant, or NULL. */
static const char *find_near(const char *name, const struct bt_yaml_key *keys, size_t count)
{
	const char *near = NULL;
	unsigned least = 3; /* edits that make it another word */
	for (size_t i = 0; i < count; i++) {
		unsigned edits = distance(name, keys[i].name);
		if (edits < least && edits < strlen(name)) {
			least = edits;
			near = keys[i].name;
		}
	}
	return near;
}

static void complain_of_key(struct bt_yaml *yaml, const yaml_node_t *node, const char *name,
    const struct bt_yaml_key *keys, size_t count)
{
	const char *near = find_near(name, keys, count);
	if (near != NULL) {
		bt_yaml_problem(yaml, node, "unknown key \"%s\", expected \"%s\"?", name, near);
		return;
	}
	char all[300];
	size_t used = 0;
	for (size_t i = 0; i < count && used < sizeof(all); i++) {
		const char *before = i == 0 ? "" : i + 1 == count ? " or " : ", ";
		used +=
		    (size_t)snprintf(all + used, sizeof(all) - used, "%s%s", before, keys[i].name);
	}
	bt_yaml_problem(yaml, node, "unknown key \"%.60s\", expected %s", name, all);
}

static void read_pair(struct bt_yaml *yaml, const yaml_node_pair_t *pair,
    const struct bt_yaml_key *keys, size_t count, void *to, uint64_t *seen)
{
	const yaml_node_t *key = yaml_document_get_node(&yaml->document, pair->key);
	const char *name = bt_yaml_text(yaml, key, "a key");
	if (name == NULL)
		return;
	size_t i = 0;
	while (i < count && strcmp(keys[i].name, name) != 0)
		i++;
	if (i == count) {
		complain_of_key(yaml, key, name, keys, count);
	} else if ((*seen & UINT64_C(1) << i) != 0) {
		bt_yaml_problem(yaml, key, "key \"%s\" a second time, expected it once", name);
	} else {
		*seen |= UINT64_C(1) << i;
		keys[i].read(
		    yaml, &keys[i], yaml_document_get_node(&yaml->document, pair->value), to);
	}
}

uint64_t bt_yaml_read_keys(
    struct bt_yaml *yaml, yaml_node_t *map, const struct bt_yaml_key *keys, size_t count, void *to)
{
	uint64_t seen = 0;
	if (map->type != YAML_MAPPING_NODE) {
		bt_yaml_problem(yaml, map, "found %s, expected a mapping with keys such as \"%s\"",
		    kind_of(map), keys[0].name);
		return 0;
	}
	const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
	for (; pair < map->data.mapping.pairs.top; pair++)
		read_pair(yaml, pair, keys, count, to, &seen);
	return seen;
}
