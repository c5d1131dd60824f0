/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list-yaml.c -- our own list format: indicators with what is known of them
 *
 * blocklists/README.md describes it. An unknown key or a bad value is a bad line and costs only
 * itself; an indicator is left out if its name or its scope is bad. What is no YAML fails.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "list-formats.h"
#include "yaml-doc.h"

enum {
	PAIRS_MAX = 256,    /* pieces of metadata of a list, or of an indicator */
	VALUE_MAX = 4096,   /* octets of one */
	TEXT_MAX = 1 << 26, /* octets of a list, which cost much memory */
};

/* The list as a whole, or one indicator, while it is read. */
struct subject {
	struct bt_pair pairs[PAIRS_MAX]; /* values are borrowed from the document, */
	char *made[PAIRS_MAX];           /* or were made here: malloc'ed */
	unsigned count;
	uint8_t scope;
	bool bad_scope;
	yaml_node_t *domain;     /* of an indicator */
	yaml_node_t *indicators; /* of a list */
};

struct reader {
	struct bt_list_parse *parse;
	struct bt_yaml yaml;
	struct subject list, indicator;
	bool out_of_memory;
};

static void on_problem(void *ctx, unsigned line, unsigned column, const char *reason)
{
	struct reader *r = ctx;
	(void)column;
	bt_list_bad(r->parse, line, reason);
}

static void clear(struct subject *subject, uint8_t scope)
{
	for (unsigned i = 0; i < subject->count; i++) {
		free(subject->made[i]);
		subject->made[i] = NULL;
	}
	subject->count = 0;
	subject->scope = scope;
	subject->bad_scope = false;
	subject->domain = subject->indicators = NULL;
}

/* ---- metadata ---- */

/* Folds lines into one and cuts the last newline, as block scalars have them. */
static void fold(char *text)
{
	size_t length = strlen(text);
	while (length > 0 && text[length - 1] == '\n')
		text[--length] = '\0';
	for (; *text != '\0'; text++)
		if (*text == '\n' || *text == '\t')
			*text = ' ';
}

/* Control characters of ASCII, and in UTF-8 those that Latin 1 had. */
static bool has_control(const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
		if (*c < ' ' || *c == 127 || (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0))
			return true;
	return false;
}

/* The text of a value, on one line; NULL: it is bad, and that was told. */
static const char *line_of(struct bt_yaml *yaml, yaml_node_t *node)
{
	if (bt_yaml_text(yaml, node, "a text") == NULL)
		return NULL;
	char *text = (char *)node->data.scalar.value;
	fold(text);
	if (*text != '\0' && strlen(text) <= VALUE_MAX && !has_control(text))
		return text;
	bt_yaml_problem(yaml, node, "%s, expected a text of at most %d octets",
	    *text == '\0'       ? "found nothing"
	    : has_control(text) ? "a control character in a text"
				: "text too long",
	    VALUE_MAX);
	return NULL;
}

/* Adds a pair. `made` is the value if it was allocated for that; it is the subject's from then. */
static void add(struct bt_yaml *yaml, const yaml_node_t *node, struct subject *to, const char *key,
    const char *value, char *made)
{
	if (to->count == PAIRS_MAX) {
		bt_yaml_problem(yaml, node, "more than %d pieces of metadata", PAIRS_MAX);
		free(made);
		return;
	}
	to->pairs[to->count] = (struct bt_pair){key, value};
	to->made[to->count++] = made;
}

static void read_one(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	const char *text = line_of(yaml, value);
	if (text != NULL)
		add(yaml, value, to, key->as, text, NULL);
}

/* A text, or a sequence of them: a pair each. */
static void read_texts(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	if (value->type != YAML_SEQUENCE_NODE) {
		read_one(yaml, key, value, to);
		return;
	}
	for (size_t i = 0; i < bt_yaml_size(value); i++)
		read_one(yaml, key, bt_yaml_item(yaml, value, i), to);
}

static bool has_form(const char *text, const char *form)
{
	for (; *form != '\0'; text++, form++)
		if (*form == '9' ? *text < '0' || *text > '9' : *text != *form)
			return false;
	return *text == '\0';
}

/* A day or a second that the calendar has. */
static bool is_date(const char *text)
{
	struct tm tm = {0};
	const char *end = NULL;
	if (has_form(text, "9999-99-99"))
		end = strptime(text, "%Y-%m-%d", &tm);
	else if (has_form(text, "9999-99-99T99:99:99Z"))
		end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (end == NULL)
		return false;
	int month = tm.tm_mon;
	timegm(&tm); /* turns February 30 into March 2 */
	return tm.tm_mon == month;
}

static void read_date(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	const char *text = line_of(yaml, value);
	if (text == NULL)
		return;
	if (!is_date(text))
		bt_yaml_problem(yaml, value,
		    "%s \"%.60s\", expected a date such as 2023-03-29 or 2023-03-29T12:00:00Z",
		    key->name, text);
	else
		add(yaml, value, to, key->as, text, NULL);
}

static void read_confidence(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	const char *text = line_of(yaml, value);
	if (text == NULL)
		return;
	if (!has_form(text, "9") && !has_form(text, "99") && strcmp(text, "100") != 0)
		bt_yaml_problem(
		    yaml, value, "confidence \"%.60s\", expected a number from 0 to 100", text);
	else
		add(yaml, value, to, key->as, text, NULL);
}

static void read_tlp(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	static const char *const colours[] = {
	    "clear", "white", "green", "amber", "amber+strict", "red"};
	const char *text = line_of(yaml, value);
	if (text == NULL)
		return;
	const char *colour = strncasecmp(text, "TLP:", 4) == 0 ? text + 4 : text;
	for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++)
		if (strcasecmp(colour, colours[i]) == 0) {
			add(yaml, value, to, key->as, colours[i], NULL);
			return;
		}
	bt_yaml_problem(yaml, value,
	    "tlp \"%.60s\", expected clear, white, green, amber, amber+strict or red", text);
}

/* ---- context: files and what they have to do with it ---- */

struct file {
	yaml_node_t *sha256, *sha1, *md5, *name, *note;
};

static void keep_node(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	(void)yaml;
	memcpy((char *)to + key->offset, &value, sizeof(value));
}

/* A hash in lower case, in place; false: it is none, and that was told. */
static bool is_hash(struct bt_yaml *yaml, yaml_node_t *node, const char *kind, size_t digits)
{
	if (bt_yaml_text(yaml, node, "a hash") == NULL)
		return false;
	char *text = (char *)node->data.scalar.value;
	if (strlen(text) != digits || strspn(text, "0123456789abcdefABCDEF") != digits) {
		bt_yaml_problem(yaml, node, "%s of %zu characters, expected %zu hexadecimal digits",
		    kind, strlen(text), digits);
		return false;
	}
	for (char *c = text; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'F')
			*c = (char)(*c + ('a' - 'A'));
	return true;
}

/* HEX, or "HEX name", or "HEX name - note", or "HEX - note" */
static void add_hash(struct bt_yaml *yaml, struct subject *to, const char *kind, size_t digits,
    yaml_node_t *hash, const char *name, const char *note)
{
	struct reader *r = yaml->ctx;
	char *text;
	if (hash == NULL || !is_hash(yaml, hash, kind, digits))
		return;
	if (asprintf(&text, "%s%s%s%s%s", (const char *)hash->data.scalar.value,
		name != NULL ? " " : "", name != NULL ? name : "", note != NULL ? " - " : "",
		note != NULL ? note : "") < 0)
		r->out_of_memory = true;
	else
		add(yaml, hash, to, kind, text, text);
}

static void read_file(struct bt_yaml *yaml, yaml_node_t *node, struct subject *to)
{
	static const struct bt_yaml_key keys[] = {
	    {"sha256", keep_node, offsetof(struct file, sha256), NULL},
	    {"sha1", keep_node, offsetof(struct file, sha1), NULL},
	    {"md5", keep_node, offsetof(struct file, md5), NULL},
	    {"name", keep_node, offsetof(struct file, name), NULL},
	    {"note", keep_node, offsetof(struct file, note), NULL},
	};
	struct file file = {0};
	bt_yaml_read_keys(yaml, node, keys, sizeof(keys) / sizeof(keys[0]), &file);
	if (file.sha256 == NULL && file.sha1 == NULL && file.md5 == NULL) {
		if (node->type == YAML_MAPPING_NODE)
			bt_yaml_problem(yaml, node, "a file without a hash, expected \"sha256\"");
		return;
	}
	const char *name = file.name != NULL ? line_of(yaml, file.name) : NULL;
	const char *note = file.note != NULL ? line_of(yaml, file.note) : NULL;
	add_hash(yaml, to, "sha256", 64, file.sha256, name, note);
	add_hash(yaml, to, "sha1", 40, file.sha1, name, note);
	add_hash(yaml, to, "md5", 32, file.md5, name, note);
}

static void read_files(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	(void)key;
	if (!bt_yaml_is_sequence(yaml, value, "a sequence of files"))
		return;
	for (size_t i = 0; i < bt_yaml_size(value); i++)
		read_file(yaml, bt_yaml_item(yaml, value, i), to);
}

static void read_context(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	static const struct bt_yaml_key keys[] = {
	    {"product", read_texts, 0, "product"},
	    {"platforms", read_texts, 0, "platform"},
	    {"vulnerability", read_texts, 0, "vulnerability"},
	    {"files", read_files, 0, NULL},
	};
	(void)key;
	bt_yaml_read_keys(yaml, value, keys, sizeof(keys) / sizeof(keys[0]), to);
}

/* ---- keys of a list and of an indicator ---- */

static void read_scope(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	struct subject *subject = to;
	const char *text = bt_yaml_text(yaml, value, "exact, below or subtree");
	int scope = text != NULL ? bt_scope_from_name(text) : -1;
	(void)key;
	subject->bad_scope = scope < 0;
	if (scope >= 0)
		subject->scope = (uint8_t)scope;
	else if (text != NULL)
		bt_yaml_problem(
		    yaml, value, "scope \"%.60s\", expected exact, below or subtree", text);
}

/* A list has the first LIST_KEYS of them, an indicator all but the first LIST_ONLY. */
static const struct bt_yaml_key keys[] = {
    {"name", read_one, 0, "name"},
    {"description", read_one, 0, "description"},
    {"indicators", keep_node, offsetof(struct subject, indicators), NULL},
    {"source", read_one, 0, "source"},
    {"campaign", read_one, 0, "campaign"},
    {"actor", read_one, 0, "actor"},
    {"family", read_one, 0, "family"},
    {"confidence", read_confidence, 0, "confidence"},
    {"first-reported", read_date, 0, "first-reported"},
    {"expires", read_date, 0, "expires"},
    {"tlp", read_tlp, 0, "tlp"},
    {"reference", read_texts, 0, "reference"},
    {"references", read_texts, 0, "reference"},
    {"note", read_texts, 0, "note"},
    {"context", read_context, 0, NULL},
    {"scope", read_scope, 0, NULL},
    {"domain", keep_node, offsetof(struct subject, domain), NULL},
};

enum {
	KEYS = sizeof(keys) / sizeof(keys[0]),
	LIST_KEYS = KEYS - 1, /* no "domain" */
	LIST_ONLY = 3,
};

static bool is_key(const char *word, size_t size)
{
	for (size_t i = 0; i < LIST_KEYS; i++)
		if (strlen(keys[i].name) == size && memcmp(keys[i].name, word, size) == 0)
			return true;
	return false;
}

/* "---", "%YAML 1.1" or "campaign: ..." */
static bool begins(struct bt_line line)
{
	struct bt_line word = bt_list_word(&line);
	if (word.size == 3 && memcmp(word.at, "---", 3) == 0)
		return true;
	if (word.size == 5 && memcmp(word.at, "%YAML", 5) == 0)
		return true;
	return word.size > 1 && word.at[word.size - 1] == ':' && is_key(word.at, word.size - 1);
}

/* ---- the list ---- */

static bool emit(struct reader *r, const yaml_node_t *domain, struct bt_err *err)
{
	const struct subject *indicator = &r->indicator;
	const char *text = bt_yaml_text(&r->yaml, domain, "a domain name");
	struct bt_key key;
	if (text == NULL)
		return true;
	const struct bt_line name = {
	    .at = text, .size = strlen(text), .number = (unsigned)domain->start_mark.line + 1};
	if (!bt_list_key(r->parse, &key, name, indicator->scope != BT_SCOPE_EXACT))
		return true;
	const struct bt_entry entry = {
	    .key = &key,
	    .scope = indicator->scope,
	    .pairs = indicator->pairs,
	    .pair_count = indicator->count,
	    .line = name.number,
	};
	return bt_list_emit(r->parse, &entry, err);
}

static bool read_indicator(struct reader *r, yaml_node_t *node, struct bt_err *err)
{
	struct subject *indicator = &r->indicator;
	clear(indicator, r->list.scope);
	if (node->type == YAML_MAPPING_NODE) {
		bt_yaml_read_keys(&r->yaml, node, keys + LIST_ONLY, KEYS - LIST_ONLY, indicator);
		if (indicator->domain == NULL)
			bt_yaml_problem(
			    &r->yaml, node, "an indicator without a name, expected \"domain\"");
		if (indicator->domain == NULL || indicator->bad_scope)
			return true;
		node = indicator->domain;
	}
	if (r->out_of_memory)
		return bt_fail(err, "%s: out of memory", r->parse->path);
	return emit(r, node, err);
}

static bool read_head(struct reader *r, struct bt_err *err)
{
	const struct bt_list_reader *out = r->parse->reader;
	yaml_node_t *root = bt_yaml_root(&r->yaml);
	bt_yaml_read_keys(&r->yaml, root, keys, LIST_KEYS, &r->list);
	const yaml_node_t *indicators = r->list.indicators;
	if (r->out_of_memory)
		return bt_fail(err, "%s: out of memory", r->parse->path);
	if (indicators == NULL || indicators->type != YAML_SEQUENCE_NODE) {
		const yaml_node_t *at = indicators != NULL ? indicators : root;
		return bt_fail(err, "%s:%zu:%zu: expected \"indicators\", a sequence",
		    r->parse->path, at->start_mark.line + 1, at->start_mark.column + 1);
	}
	if (r->list.count > 0 && out->list != NULL &&
	    !out->list(out->ctx, r->list.pairs, r->list.count, err))
		return bt_fail_in(err, "%s", r->parse->path);
	return true;
}

static bool read_list(struct reader *r, struct bt_err *err)
{
	bool ok = read_head(r, err);
	for (size_t i = 0; ok && i < bt_yaml_size(r->list.indicators); i++)
		ok = read_indicator(r, bt_yaml_item(&r->yaml, r->list.indicators, i), err);
	return ok;
}

static bool read_text(
    struct bt_list_parse *parse, const char *text, size_t size, struct bt_err *err)
{
	struct reader *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return bt_fail(err, "%s: out of memory", parse->path);
	r->parse = parse;
	r->yaml.problem = on_problem;
	r->yaml.ctx = r;
	clear(&r->list, BT_SCOPE_SUBTREE);
	bool ok = bt_yaml_load(&r->yaml, parse->path, text, size, err);
	if (ok) {
		ok = read_list(r, err);
		bt_yaml_unload(&r->yaml);
	}
	clear(&r->list, 0);
	clear(&r->indicator, 0);
	free(r);
	return ok;
}

const struct bt_list_format bt_list_yaml = {.begins = begins, .text = read_text, .most = TEXT_MAX};
