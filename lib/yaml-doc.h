/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * yaml-doc.h -- a YAML document with places to point at, over libyaml
 *
 * One document a file. Nodes belong to the document. Threads: a document belongs to one thread.
 */
#ifndef BT_YAML_DOC_H
#define BT_YAML_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "err.h"

/* Reads the document. *err is "path:line:column: reason". An empty text has no root. */
bool bt_yaml_load(yaml_document_t *doc, const char *path, const void *text, size_t size,
    struct bt_err *err);

/* The text of a scalar, NULL for any other node. A zero octet inside makes it NULL too. */
const char *bt_yaml_text(const yaml_node_t *node);

/* Number of pairs of a mapping or items of a sequence; 0 for a scalar. */
size_t bt_yaml_size(const yaml_node_t *node);

/* Pair `i` of a mapping, item `i` of a sequence. */
void bt_yaml_pair(yaml_document_t *doc, const yaml_node_t *node, size_t i, yaml_node_t **key,
    yaml_node_t **value);
yaml_node_t *bt_yaml_item(yaml_document_t *doc, const yaml_node_t *node, size_t i);

/* Where it stands, from 1. */
unsigned bt_yaml_line(const yaml_node_t *node);
unsigned bt_yaml_column(const yaml_node_t *node);

/* "a mapping", "a sequence", "a scalar": for "expected ..., found ...". */
const char *bt_yaml_kind(const yaml_node_t *node);

#endif
