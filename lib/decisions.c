/* SPDX-License-Identifier: BSD-3-Clause */
/* decisions.c -- what was decided here: reading, and asking */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "decisions.h"
#include "file.h"
#include "yaml-doc.h"

enum { FILE_MOST = 8 << 20 /* octets */ };

static const char *const kinds[] = {
    [BT_DECIDED_BLOCK] = "block", [BT_DECIDED_ALLOW] = "allow", [BT_DECIDED_PAUSE] = "pause"};

const char *bt_decided_name(enum bt_decided kind)
{
	return kinds[kind];
}

/* ---- reading ---- */

struct reader {
	struct bt_yaml yaml; /* its ctx is this reader */
	const char *path;
	struct bt_decisions *decisions;
	struct bt_err first; /* problem */
	unsigned problems;
	bool out_of_memory;
};

static void on_problem(void *ctx, unsigned line, unsigned column, const char *reason)
{
	struct reader *r = ctx;
	if (r->problems++ == 0)
		bt_fail(&r->first, "%s:%u:%u: %s", r->path, line, column, reason);
}

static void read_kind(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	const char *text = bt_yaml_text(yaml, value, "allow, block or pause");
	struct bt_decision *decision = to;
	(void)key;
	decision->kind = BT_DECIDED_KINDS;
	for (int i = 0; text != NULL && i < BT_DECIDED_KINDS; i++)
		if (strcmp(text, kinds[i]) == 0)
			decision->kind = (enum bt_decided)i;
	if (text != NULL && decision->kind == BT_DECIDED_KINDS)
		bt_yaml_problem(
		    yaml, value, "action \"%.60s\", expected allow, block or pause", text);
}

static void read_name(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	const char *text = bt_yaml_text(yaml, value, "a domain name");
	struct bt_decision *decision = to;
	(void)key;
	if (text == NULL)
		return;
	enum bt_name_status status = bt_key_from_text(&decision->key, text, strlen(text));
	if (status != BT_NAME_OK)
		bt_yaml_problem(yaml, value, "name \"%.80s\": %s", text, bt_name_reason(status));
}

static void read_client(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	const char *text = bt_yaml_text(yaml, value, "a network");
	struct bt_decision *decision = to;
	(void)key;
	const char *expected = text != NULL ? bt_network_read(&decision->client, text) : NULL;
	if (expected != NULL)
		bt_yaml_problem(yaml, value, "client \"%.60s\", expected %s", text, expected);
}

static void read_time(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	static const char *const expected = "a time such as 2026-01-31T12:00:00Z";
	const char *text = bt_yaml_text(yaml, value, expected);
	struct tm tm = {0};
	if (text == NULL)
		return;
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (end == NULL || *end != '\0')
		bt_yaml_problem(
		    yaml, value, "%s \"%.60s\", expected %s", key->name, text, expected);
	else
		*(int64_t *)(void *)((char *)to + key->offset) = timegm(&tm);
}

static void read_text(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	struct reader *r = yaml->ctx;
	const char *text = bt_yaml_text(yaml, value, "a text");
	const char **field = (const char **)(void *)((char *)to + key->offset);
	if (text == NULL)
		return;
	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 127 || c - text == BT_REASON_MAX) {
			bt_yaml_problem(yaml, value,
			    "%s with a control character or more than %d octets, expected a line",
			    key->name, BT_REASON_MAX);
			return;
		}
	char *copy = strdup(text);
	r->out_of_memory |= copy == NULL;
	if (copy != NULL) {
		free((char *)*field);
		*field = copy;
	}
}

static void read_decision(struct reader *r, yaml_node_t *node, struct bt_decision *decision)
{
	enum { ACTION, NAME };
	static const struct bt_yaml_key keys[] = {
	    [ACTION] = {"action", read_kind, 0, NULL},
	    [NAME] = {"name", read_name, 0, NULL},
	    {"client", read_client, 0, NULL},
	    {"at", read_time, offsetof(struct bt_decision, at), NULL},
	    {"until", read_time, offsetof(struct bt_decision, until), NULL},
	    {"by", read_text, offsetof(struct bt_decision, author), NULL},
	    {"reason", read_text, offsetof(struct bt_decision, reason), NULL},
	};
	decision->author = strdup("");
	decision->reason = strdup("");
	if (decision->author == NULL || decision->reason == NULL) {
		r->out_of_memory = true;
		return;
	}
	uint64_t seen =
	    bt_yaml_read_keys(&r->yaml, node, keys, sizeof(keys) / sizeof(keys[0]), decision);
	if (node->type != YAML_MAPPING_NODE)
		return;
	bool has_name = (seen & UINT64_C(1) << NAME) != 0;
	if ((seen & UINT64_C(1) << ACTION) == 0)
		bt_yaml_problem(&r->yaml, node, "no action, expected the key \"action\"");
	else if (decision->kind == BT_DECIDED_PAUSE ? has_name : !has_name)
		bt_yaml_problem(&r->yaml, node, "%s, expected %s",
		    has_name ? "a pause with a name" : "no name",
		    has_name ? "none" : "the key \"name\"");
}

static void read_decisions(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	struct reader *r = yaml->ctx;
	struct bt_decisions *d = to;
	(void)key;
	if (!bt_yaml_is_sequence(yaml, value, "a sequence of decisions"))
		return;
	size_t count = bt_yaml_size(value);
	if (count > BT_DECISIONS_MAX) {
		bt_yaml_problem(
		    yaml, value, "%zu decisions, expected at most %d", count, BT_DECISIONS_MAX);
		return;
	}
	d->list = calloc(count + 1, sizeof(*d->list));
	if (d->list == NULL) {
		r->out_of_memory = true;
		return;
	}
	d->count = (unsigned)count;
	for (size_t i = 0; i < count; i++)
		read_decision(r, bt_yaml_item(yaml, value, i), &d->list[i]);
}

static void read_document(struct reader *r)
{
	static const struct bt_yaml_key keys[] = {{"decisions", read_decisions, 0, NULL}};
	bt_yaml_read_keys(&r->yaml, bt_yaml_root(&r->yaml), keys, 1, r->decisions);
}

/* ---- order ---- */

static int compare_keys(const struct bt_key *a, const struct bt_key *b)
{
	int order = memcmp(a->bytes, b->bytes, a->len < b->len ? a->len : b->len);
	return order != 0 ? order : a->len - b->len;
}

/* The one made last stands last, and so is found first. */
static int compare(const void *x, const void *y)
{
	const struct bt_decision *a = x, *b = y;
	bool pause = a->kind == BT_DECIDED_PAUSE;
	if (pause != (b->kind == BT_DECIDED_PAUSE))
		return pause ? 1 : -1;
	int order = pause ? 0 : compare_keys(&a->key, &b->key);
	if (order == 0)
		order = (int)a->kind - (int)b->kind;
	return order != 0 ? order : a->at < b->at ? -1 : a->at > b->at;
}

static bool is_above(const struct bt_key *above, const struct bt_key *key)
{
	return above->len <= key->len && memcmp(above->bytes, key->bytes, above->len) == 0;
}

static bool settle(struct bt_decisions *d)
{
	d->around = calloc(d->count + 1u, sizeof(*d->around));
	if (d->around == NULL)
		return false;
	if (d->count > 0)
		qsort(d->list, d->count, sizeof(*d->list), compare);
	for (unsigned i = 0; i < d->count; i++) {
		d->by_client |= d->list[i].client.bits > 0;
		d->names += d->list[i].kind != BT_DECIDED_PAUSE;
	}
	for (unsigned i = 0; i < d->names; i++) {
		unsigned around = i;
		while (around > 0 && !is_above(&d->list[around - 1].key, &d->list[i].key))
			around = d->around[around - 1];
		d->around[i] = around;
	}
	return true;
}

bool bt_decisions_read(struct bt_decisions **decisions, const char *path, const void *text,
    size_t size, struct bt_err *err)
{
	struct reader r = {.path = path, .decisions = calloc(1, sizeof(*r.decisions))};
	if (r.decisions == NULL)
		return bt_fail(err, "%s: out of memory", path);
	r.yaml.problem = on_problem;
	r.yaml.ctx = &r;
	bool read = size <= FILE_MOST ? text == NULL || bt_yaml_load(&r.yaml, path, text, size, err)
				      : bt_fail(err, "%s: larger than %d octets", path, FILE_MOST);
	if (read && text != NULL) {
		read_document(&r);
		bt_yaml_unload(&r.yaml);
	}
	if (read && r.problems > 0)
		read = bt_fail(err, "%s", r.first.text);
	else if (read && (r.out_of_memory || !settle(r.decisions)))
		read = bt_fail(err, "%s: out of memory", path);
	if (!read) {
		bt_decisions_free(&r.decisions);
		return false;
	}
	*decisions = r.decisions;
	return true;
}

bool bt_decisions_load(struct bt_decisions **decisions, const char *path, struct bt_err *err)
{
	void *text = NULL;
	size_t size = 0;
	bool there = access(path, F_OK) == 0 || errno != ENOENT;
	if (!there)
		return bt_decisions_read(decisions, path, NULL, 0, err);
	bool read = bt_file_read(path, FILE_MOST, &text, &size, err) &&
		    bt_decisions_read(decisions, path, text, size, err);
	free(text);
	return read;
}

void bt_decisions_free(struct bt_decisions **decisions)
{
	struct bt_decisions *d = *decisions;
	if (d == NULL)
		return;
	for (unsigned i = 0; d->list != NULL && i < d->count; i++) {
		free((char *)d->list[i].author);
		free((char *)d->list[i].reason);
	}
	free(d->list);
	free(d->around);
	free(d);
	*decisions = NULL;
}

/* ---- asking ---- */

/* How many decisions there are about names that are not above the key in order. */
static unsigned count_up_to(const struct bt_decisions *d, const struct bt_key *key)
{
	unsigned low = 0;
	for (unsigned high = d->names; low < high;) {
		unsigned middle = low + (high - low) / 2;
		if (compare_keys(&d->list[middle].key, key) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Goes through those about the name and names above it, the longest first. */
static const struct bt_decision *next(
    const struct bt_decisions *d, unsigned *at, const struct bt_key *key)
{
	while (*at > 0) {
		const struct bt_decision *decision = &d->list[*at - 1];
		*at = d->around[*at - 1];
		if (is_above(&decision->key, key))
			return decision;
	}
	return NULL;
}

const struct bt_decision *bt_decisions_find(const struct bt_decisions *decisions,
    const struct bt_key *key, const uint8_t client[static BT_ADDRESS_SIZE], int64_t now)
{
	const struct bt_decision *decision = NULL;
	if (decisions == NULL || decisions->count == 0)
		return NULL;
	unsigned at = count_up_to(decisions, key);
	while ((decision = next(decisions, &at, key)) != NULL)
		if (bt_decision_holds(decision, now) && bt_network_has(&decision->client, client))
			return decision;
	return NULL;
}

const struct bt_decision *bt_decisions_pause(
    const struct bt_decisions *decisions, const uint8_t client[static BT_ADDRESS_SIZE], int64_t now)
{
	for (unsigned i = decisions != NULL ? decisions->count : 0; i-- > 0;) {
		const struct bt_decision *decision = &decisions->list[i];
		if (decision->kind != BT_DECIDED_PAUSE)
			return NULL;
		if (bt_decision_holds(decision, now) && bt_network_has(&decision->client, client))
			return decision;
	}
	return NULL;
}

bool bt_decisions_block(const struct bt_decisions *decisions, const struct bt_key *key, int64_t now)
{
	const struct bt_decision *decision = NULL;
	if (decisions == NULL || decisions->count == 0)
		return false;
	unsigned at = count_up_to(decisions, key);
	while ((decision = next(decisions, &at, key)) != NULL)
		if (decision->kind == BT_DECIDED_BLOCK && bt_decision_holds(decision, now))
			return true;
	return false;
}
