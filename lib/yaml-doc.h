/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * yaml-doc.h -- a YAML document with places to point at, over libyaml
 *
 * What is wrong with the content is a problem: it is handed to a callback with its place, and
 * reading goes on, so that a person hears of everything at once. Only what is no YAML fails. One
 * document a text, no anchors and aliases, bounded depth: hostile text costs no more than its size.
 *
 * Threads: a document belongs to one thread.
 */
#ifndef BT_YAML_DOC_H
#define BT_YAML_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yaml.h>

#include "err.h"

enum {
	BT_YAML_DEPTH_MAX = 16, /* mappings and sequences inside each other */
	BT_YAML_KEYS_MAX = 64,  /* in one table of keys */
};

struct bt_yaml {
	yaml_document_t document;
	/* Takes each problem, one line without control characters; line and column from 1. */
	void (*problem)(void *ctx, unsigned line, unsigned column, const char *reason);
	void *ctx;
};

struct bt_yaml_key {
	const char *name;
	/* Reads the key's value into `to`, or tells what is wrong with it by bt_yaml_problem. */
	void (*read)(
	    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to);
	size_t offset;  /* for the use of read(): where in `to` the value goes, */
	const char *as; /* and under which name */
};

/*
 * Parses the text; `problem` and `ctx` are set by the caller before. *err is "path:line:column:
 * reason". An empty text is no YAML here.
 */
bool bt_yaml_load(
    struct bt_yaml *yaml, const char *path, const void *text, size_t size, struct bt_err *err);

/* Frees the document. */
void bt_yaml_unload(struct bt_yaml *yaml);

/* Hands a problem at this node to the callback. */
__attribute__((format(printf, 3, 4))) void bt_yaml_problem(
    struct bt_yaml *yaml, const yaml_node_t *node, const char *format, ...);

/*
 * Reads a mapping by a table of `count` keys. A key that is unknown, or there a second time, and a
 * node that is no mapping are problems. Returns the keys that were there, as bits.
 */
uint64_t bt_yaml_read_keys(
    struct bt_yaml *yaml, yaml_node_t *map, const struct bt_yaml_key *keys, size_t count, void *to);

/*
 * The text of a scalar, not empty. Anything else is a problem, "found ..., expected `expected`",
 * and NULL. Borrowed from the document.
 */
const char *bt_yaml_text(struct bt_yaml *yaml, const yaml_node_t *node, const char *expected);

/*
 * The items of a sequence, NULL after the last. Anything else is a problem and has no items.
 */
bool bt_yaml_is_sequence(struct bt_yaml *yaml, const yaml_node_t *node, const char *expected);
size_t bt_yaml_size(const yaml_node_t *sequence);
yaml_node_t *bt_yaml_item(struct bt_yaml *yaml, const yaml_node_t *sequence, size_t i);

/* The root node; a loaded document has one. */
yaml_node_t *bt_yaml_root(struct bt_yaml *yaml);

#endif
