/* SPDX-License-Identifier: BSD-3-Clause */
/* yaml-doc.c -- a YAML document with places to point at, over libyaml */

#include <string.h>

#include "yaml-doc.h"

bool bt_yaml_load(yaml_document_t *doc, const char *path, const void *text, size_t size,
    struct bt_err *err)
{
	yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser))
		return bt_fail(err, "%s: out of memory", path);
	yaml_parser_set_input_string(&parser, text, size);
	bool loaded = yaml_parser_load(&parser, doc) != 0;
	if (!loaded) {
		const char *problem = parser.problem != NULL ? parser.problem : "out of memory";
		bool placed = parser.problem_mark.line > 0 || parser.problem_mark.column > 0 ||
		    parser.error != YAML_READER_ERROR;
		if (placed)
			bt_fail(err, "%s:%zu:%zu: %s", path, parser.problem_mark.line + 1,
			    parser.problem_mark.column + 1, problem);
		else
			bt_fail(err, "%s: octet %zu: %s", path, parser.problem_offset, problem);
	}
	yaml_parser_delete(&parser);
	return loaded;
}

const char *bt_yaml_text(const yaml_node_t *node)
{
	if (node->type != YAML_SCALAR_NODE)
		return NULL;
	const char *text = (const char *)node->data.scalar.value;
	return strlen(text) == node->data.scalar.length ? text : NULL;
}

size_t bt_yaml_size(const yaml_node_t *node)
{
	if (node->type == YAML_MAPPING_NODE)
		return (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
	if (node->type == YAML_SEQUENCE_NODE)
		return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	return 0;
}

void bt_yaml_pair(yaml_document_t *doc, const yaml_node_t *node, size_t i, yaml_node_t **key,
    yaml_node_t **value)
{
	const yaml_node_pair_t *pair = node->data.mapping.pairs.start + i;
	*key = yaml_document_get_node(doc, pair->key);
	*value = yaml_document_get_node(doc, pair->value);
}

yaml_node_t *bt_yaml_item(yaml_document_t *doc, const yaml_node_t *node, size_t i)
{
	return yaml_document_get_node(doc, node->data.sequence.items.start[i]);
}

unsigned bt_yaml_line(const yaml_node_t *node)
{
	return (unsigned)node->start_mark.line + 1;
}

unsigned bt_yaml_column(const yaml_node_t *node)
{
	return (unsigned)node->start_mark.column + 1;
}

const char *bt_yaml_kind(const yaml_node_t *node)
{
	return node->type == YAML_MAPPING_NODE ? "a mapping"
	    : node->type == YAML_SEQUENCE_NODE ? "a sequence"
					       : "a scalar";
}
