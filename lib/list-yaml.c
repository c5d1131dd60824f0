/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list-yaml.c -- our own list format: indicators with what is known of them
 *
 * blocklists/README.md describes it. An unknown key or a bad value is a bad line, and the rest of
 * the list stands; only what is no YAML at all fails the list.
 */

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "list-formats.h"
#include "refang.h"
#include "yaml-doc.h"

enum {
	PAIRS_MAX = 64,  /* of a list, or of an indicator */
	HASHES_MAX = 48, /* among them */
	HASH_TEXT = 320, /* characters: the hash, the file, the note */
};

/* Metadata as it is gathered. Values are borrowed from the document or lie in hashes[]. */
struct pairs {
	struct bt_pair at[PAIRS_MAX];
	unsigned count;
	char hashes[HASHES_MAX][HASH_TEXT];
	unsigned hash_count;
};

struct reader {
	struct bt_list_parse *parse;
	yaml_document_t doc;
	struct pairs list;      /* of the whole list */
	struct pairs indicator; /* of the one at hand */
	yaml_node_t *indicators;
	uint8_t scope;
};

__attribute__((format(printf, 3, 4))) static void bad(
    struct reader *r, const yaml_node_t *node, const char *format, ...)
{
	char reason[300];
	va_list args;
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	for (char *c = reason; *c != '\0'; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?';
	bt_list_bad(r->parse, bt_yaml_line(node), reason);
}

/*****************************************************************************
 *
 *  values
 */

static bool is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if (iscntrl((unsigned char)*text))
			return false;
	return true;
}

static void add_text(
    struct reader *r, struct pairs *pairs, const char *key, const yaml_node_t *node)
{
	const char *text = bt_yaml_text(node);
	if (text == NULL || text[0] == '\0' || !is_printable(text))
		bad(r, node, "%s: expected one line of text", key);
	else if (pairs->count == PAIRS_MAX)
		bad(r, node, "%s: more than %d values", key, PAIRS_MAX);
	else
		pairs->at[pairs->count++] = (struct bt_pair){key, text};
}

/* A text, or a sequence of them: a pair each. */
static void add_texts(
    struct reader *r, struct pairs *pairs, const char *key, const yaml_node_t *node)
{
	if (node->type != YAML_SEQUENCE_NODE) {
		add_text(r, pairs, key, node);
		return;
	}
	for (size_t i = 0; i < bt_yaml_size(node); i++)
		add_text(r, pairs, key, bt_yaml_item(&r->doc, node, i));
}

static bool is_date(const char *text)
{
	static const char form[] = "dddd-dd-dd";
	for (unsigned i = 0; i < sizeof(form) - 1; i++)
		if (form[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
			return false;
	return text[10] == '\0' || text[10] == 'T' || text[10] == ' ';
}

static void add_date(
    struct reader *r, struct pairs *pairs, const char *key, const yaml_node_t *node)
{
	const char *text = bt_yaml_text(node);
	if (text == NULL || !is_date(text))
		bad(r, node, "%s: expected a date, as 2023-03-29 or 2023-03-29T12:00:00Z", key);
	else
		add_text(r, pairs, key, node);
}

static void add_confidence(
    struct reader *r, struct pairs *pairs, const char *key, const yaml_node_t *node)
{
	const char *text = bt_yaml_text(node);
	char *end;
	if (text == NULL || !isdigit((unsigned char)text[0]) || strtoul(text, &end, 10) > 100 ||
	    *end != '\0')
		bad(r, node, "%s: expected a number from 0 to 100", key);
	else
		add_text(r, pairs, key, node);
}

static void add_tlp(struct reader *r, struct pairs *pairs, const char *key, const yaml_node_t *node)
{
	static const char *const known[] = {"clear", "white", "green", "amber", "amber+strict", "red"};
	const char *text = bt_yaml_text(node);
	for (size_t i = 0; text != NULL && i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(text, known[i]) == 0) {
			add_text(r, pairs, key, node);
			return;
		}
	bad(r, node, "%s: expected clear, green, amber, amber+strict or red", key);
}

static bool is_hash(const char *text)
{
	size_t digits = strspn(text, "0123456789abcdefABCDEF");
	return text[digits] == '\0' && (digits == 64 || digits == 40 || digits == 32);
}

/* {sha256: ..., file: ..., note: ...} -> sha256 = "HEX FILE (NOTE)" */
static void add_hash(
    struct reader *r, struct pairs *pairs, const char *key, const yaml_node_t *node)
{
	const char *hash = NULL, *file = NULL, *note = NULL;
	if (node->type != YAML_MAPPING_NODE) {
		bad(r, node, "%s: expected {sha256: ..., file: ..., note: ...}", key);
		return;
	}
	for (size_t i = 0; i < bt_yaml_size(node); i++) {
		yaml_node_t *name, *value;
		bt_yaml_pair(&r->doc, node, i, &name, &value);
		const char *field = bt_yaml_text(name);
		const char *text = bt_yaml_text(value);
		const char **to = field == NULL ? NULL
		    : strcmp(field, "sha256") == 0 ? &hash
		    : strcmp(field, "file") == 0 ? &file
		    : strcmp(field, "note") == 0 ? &note
						 : NULL;
		if (to == NULL || text == NULL || !is_printable(text))
			bad(r, name, "%s: expected sha256, file or note, each one line of text", key);
		else
			*to = text;
	}
	if (hash == NULL || !is_hash(hash) || strlen(hash) != 64) {
		bad(r, node, "%s: expected a sha256 of 64 hexadecimal digits", key);
	} else if (pairs->hash_count == HASHES_MAX || pairs->count == PAIRS_MAX) {
		bad(r, node, "%s: more than %d hashes", key, HASHES_MAX);
	} else {
		char *text = pairs->hashes[pairs->hash_count++];
		snprintf(text, HASH_TEXT, "%s%s%s%s%s%s", hash, file != NULL ? " " : "",
		    file != NULL ? file : "", note != NULL ? " (" : "", note != NULL ? note : "",
		    note != NULL ? ")" : "");
		pairs->at[pairs->count++] = (struct bt_pair){"sha256", text};
	}
}

static void add_hashes(
    struct reader *r, struct pairs *pairs, const char *key, const yaml_node_t *node)
{
	if (node->type != YAML_SEQUENCE_NODE)
		add_hash(r, pairs, key, node);
	for (size_t i = 0; node->type == YAML_SEQUENCE_NODE && i < bt_yaml_size(node); i++)
		add_hash(r, pairs, key, bt_yaml_item(&r->doc, node, i));
}

/*****************************************************************************
 *
 *  keys
 */

/* Metadata keys, of a list and of an indicator alike: in the file, and in the trie. */
static const struct {
	const char *name, *key;
	void (*add)(struct reader *, struct pairs *, const char *key, const yaml_node_t *);
} metadata[] = {
    {"description", "description", add_text},
    {"source", "source", add_text},
    {"campaign", "campaign", add_text},
    {"actor", "actor", add_text},
    {"family", "family", add_text},
    {"confidence", "confidence", add_confidence},
    {"first-reported", "first-reported", add_date},
    {"last-reported", "last-reported", add_date},
    {"expires", "expires", add_date},
    {"tlp", "tlp", add_tlp},
    {"reference", "reference", add_texts},
    {"references", "reference", add_texts},
    {"product", "product", add_texts},
    {"platform", "platform", add_texts},
    {"platforms", "platform", add_texts},
    {"vulnerability", "vulnerability", add_texts},
    {"note", "note", add_texts},
    {"notes", "note", add_texts},
    {"hash", "sha256", add_hashes},
    {"hashes", "sha256", add_hashes},
};

static bool add_metadata(
    struct reader *r, struct pairs *pairs, const char *name, const yaml_node_t *value)
{
	for (size_t i = 0; i < sizeof(metadata) / sizeof(metadata[0]); i++)
		if (strcmp(metadata[i].name, name) == 0) {
			metadata[i].add(r, pairs, metadata[i].key, value);
			return true;
		}
	return false;
}

static void set_scope(struct reader *r, const yaml_node_t *node, uint8_t *scope)
{
	const char *text = bt_yaml_text(node);
	int value = text != NULL ? bt_scope_from_name(text) : -1;
	if (value < 0)
		bad(r, node, "scope: expected exact, below or subtree");
	else
		*scope = (uint8_t)value;
}

/*****************************************************************************
 *
 *  indicators
 */

static bool emit(struct reader *r, const yaml_node_t *domain, uint8_t scope, struct bt_err *err)
{
	struct bt_key key;
	const char *text = bt_yaml_text(domain);
	const char *reason = text == NULL
	    ? "expected a domain name"
	    : bt_refang_key(&key, text, strlen(text));
	if (reason != NULL) {
		bad(r, domain, "%s", reason);
		return true;
	}
	const struct bt_entry entry = {.key = &key, .scope = scope, .pairs = r->indicator.at,
	    .pair_count = r->indicator.count, .line = bt_yaml_line(domain)};
	return bt_list_emit(r->parse, &entry, err);
}

static bool read_indicator(struct reader *r, const yaml_node_t *node, struct bt_err *err)
{
	const yaml_node_t *domain = NULL;
	uint8_t scope = r->scope;
	r->indicator.count = r->indicator.hash_count = 0;
	if (node->type != YAML_MAPPING_NODE)
		return emit(r, node, scope, err);
	for (size_t i = 0; i < bt_yaml_size(node); i++) {
		yaml_node_t *key, *value;
		bt_yaml_pair(&r->doc, node, i, &key, &value);
		const char *name = bt_yaml_text(key);
		if (name != NULL && strcmp(name, "domain") == 0)
			domain = value;
		else if (name != NULL && strcmp(name, "scope") == 0)
			set_scope(r, value, &scope);
		else if (name == NULL || !add_metadata(r, &r->indicator, name, value))
			bad(r, key, "unknown key \"%s\" of an indicator", name != NULL ? name : "?");
	}
	if (domain == NULL) {
		bad(r, node, "an indicator without a domain");
		return true;
	}
	return emit(r, domain, scope, err);
}

static void read_head(struct reader *r, const yaml_node_t *root)
{
	for (size_t i = 0; i < bt_yaml_size(root); i++) {
		yaml_node_t *key, *value;
		bt_yaml_pair(&r->doc, root, i, &key, &value);
		const char *name = bt_yaml_text(key);
		if (name != NULL && strcmp(name, "indicators") == 0)
			r->indicators = value;
		else if (name != NULL && strcmp(name, "scope") == 0)
			set_scope(r, value, &r->scope);
		else if (name == NULL || !add_metadata(r, &r->list, name, value))
			bad(r, key, "unknown key \"%s\" of a list", name != NULL ? name : "?");
	}
}

static bool read_list(struct reader *r, struct bt_err *err)
{
	const struct bt_list_reader *out = r->parse->reader;
	yaml_node_t *root = yaml_document_get_root_node(&r->doc);
	if (root == NULL)
		return true; /* empty: the caller says so */
	if (root->type != YAML_MAPPING_NODE)
		return bt_fail(err, "%s:%u:%u: expected a mapping with `indicators`, found %s",
		    r->parse->path, bt_yaml_line(root), bt_yaml_column(root), bt_yaml_kind(root));
	read_head(r, root);
	if (r->indicators == NULL || r->indicators->type != YAML_SEQUENCE_NODE)
		return bt_fail(err, "%s: expected a sequence `indicators`", r->parse->path);
	if (out->list != NULL && !out->list(out->ctx, r->list.at, r->list.count, err))
		return false;
	for (size_t i = 0; i < bt_yaml_size(r->indicators); i++)
		if (!read_indicator(r, bt_yaml_item(&r->doc, r->indicators, i), err))
			return false;
	return true;
}

bool bt_list_yaml(struct bt_list_parse *parse, const char *text, size_t size, struct bt_err *err)
{
	struct reader *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return bt_fail(err, "%s: out of memory", parse->path);
	r->parse = parse;
	r->scope = BT_SCOPE_SUBTREE;
	bool read = false;
	if (bt_yaml_load(&r->doc, parse->path, text, size, err)) {
		read = read_list(r, err);
		yaml_document_delete(&r->doc);
	}
	free(r);
	return read;
}
