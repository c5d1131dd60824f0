/* SPDX-License-Identifier: BSD-3-Clause */
/* config-lists.c -- `lists` */

#include <stdlib.h>
#include <string.h>

#include "config-read.h"

enum { FETCH_MINUTES = 2, FETCH_SIZE = 256 << 20, SHRINK_PERCENT = 50 };

static void read_list_name(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	struct bt_config_load *load = yaml->ctx;
	struct bt_config_list *list = to;
	const char *name = bt_config_name(yaml, value, BT_LIST_NAME_MAX);
	(void)key;
	if (name == NULL)
		return;
	if (strcmp(name, BT_LOCAL_LIST) == 0) {
		bt_yaml_problem(yaml, value,
		    "a list of the name \"" BT_LOCAL_LIST
		    "\", which is that of local decisions, expected another");
		return;
	}
	for (const struct bt_config_list *other = load->config->lists; other < list; other++)
		if (other->name != NULL && strcmp(other->name, name) == 0) {
			bt_yaml_problem(yaml, value,
			    "a second list of the name \"%s\", expected one of its own", name);
			return;
		}
	bt_config_set_string(yaml, &list->name, strdup(name));
}

const char *bt_config_action(int i)
{
	return i < BT_ACTIONS ? bt_action_name((enum bt_action)i) : NULL;
}

static void read_action(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	int action = bt_config_choice(yaml, key, value, bt_config_action);
	if (action >= 0)
		((struct bt_config_list *)to)->action = (enum bt_action)action;
}

static const char *format_name(int i)
{
	return i < BT_FORMATS ? bt_format_name((enum bt_format)i) : NULL;
}

static void read_format(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	int format = bt_config_choice(yaml, key, value, format_name);
	if (format >= 0)
		((struct bt_config_list *)to)->format = (enum bt_format)format;
}

static const char *scope_name(int i)
{
	int scope = i + BT_SCOPE_EXACT;
	return scope <= BT_SCOPE_SUBTREE ? bt_scope_name((uint8_t)scope) : NULL;
}

static void read_scope(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	int scope = bt_config_choice(yaml, key, value, scope_name);
	if (scope >= 0)
		((struct bt_config_list *)to)->scope = (uint8_t)(scope + BT_SCOPE_EXACT);
}

/* A column's name in the header of a table, or its number. */
static void read_column(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	struct bt_config_load *load = yaml->ctx;
	struct bt_config_list *list = to;
	const char *text = bt_yaml_text(yaml, value, "a column's name or number");
	if (text == NULL)
		return;
	char *copy = strdup(text);
	if (copy == NULL)
		load->out_of_memory = true;
	else
		list->columns[list->column_count++] = (struct bt_pair){key->name, copy};
}

static void read_columns(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	static const struct bt_yaml_key keys[] = {
	    {"domain", read_column, 0, NULL},
	    {"host", read_column, 0, NULL},
	    {"url", read_column, 0, NULL},
	    {"indicator", read_column, 0, NULL},
	    {"type", read_column, 0, NULL},
	    {"family", read_column, 0, NULL},
	    {"campaign", read_column, 0, NULL},
	    {"actor", read_column, 0, NULL},
	    {"confidence", read_column, 0, NULL},
	    {"first-reported", read_column, 0, NULL},
	    {"expires", read_column, 0, NULL},
	    {"reference", read_column, 0, NULL},
	    {"source", read_column, 0, NULL},
	    {"note", read_column, 0, NULL},
	};
	enum { KEYS = sizeof(keys) / sizeof(keys[0]) };
	struct bt_config_load *load = yaml->ctx;
	struct bt_config_list *list = to;
	(void)key;
	list->columns = calloc(KEYS, sizeof(*list->columns));
	if (list->columns == NULL)
		load->out_of_memory = true;
	else
		bt_yaml_read_keys(yaml, value, keys, KEYS, list);
}

static const char *events_name(int i)
{
	static const char *const names[] = {
	    [BT_EVENTS_FULL] = "full", [BT_EVENTS_COUNT] = "count", [BT_EVENTS_OFF] = "off"};
	return i <= BT_EVENTS_OFF ? names[i] : NULL;
}

static void read_events(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	int events = bt_config_choice(yaml, key, value, events_name);
	if (events >= 0)
		((struct bt_config_list *)to)->events = (enum bt_events)events;
}

static void read_list(struct bt_yaml *yaml, yaml_node_t *node, struct bt_config_list *list)
{
	enum { NAME, FILE_, URL, FETCH }; /* the ones that depend on each other */
	static const struct bt_yaml_key keys[] = {
	    [NAME] = {"name", read_list_name, 0, NULL},
	    [FILE_] = {"file", bt_config_read_path, offsetof(struct bt_config_list, file), NULL},
	    [URL] = {"url", bt_config_read_url, 0, NULL},
	    [FETCH] = {"fetch", bt_config_read_fetch, 0, NULL},
	    {"action", read_action, 0, NULL},
	    {"format", read_format, 0, NULL},
	    {"scope", read_scope, 0, NULL},
	    {"columns", read_columns, 0, NULL},
	    {"accept", bt_config_read_accept, 0, NULL},
	    {"min-confidence", bt_config_read_confidence, 0, NULL},
	    {"url-hosts", bt_config_read_url_hosts, 0, NULL},
	    {"events", read_events, 0, NULL},
	    {"sinkhole", bt_config_read_list_sinkhole, 0, NULL},
	};
	list->feed = (struct bt_config_feed){.max_size = FETCH_SIZE,
	    .timeout = UINT64_C(60000) * FETCH_MINUTES,
	    .max_shrink = SHRINK_PERCENT};
	uint64_t seen = bt_yaml_read_keys(yaml, node, keys, sizeof(keys) / sizeof(keys[0]), list);
	if (list->column_count > 0 && list->format == BT_FORMAT_AUTO)
		list->format = BT_FORMAT_CSV; /* nothing else has columns to be told of */
	if (node->type != YAML_MAPPING_NODE)
		return;
	if ((seen & 1u << NAME) == 0)
		bt_yaml_problem(yaml, node, "a list without a name, expected the key \"name\"");
	if ((seen & (1u << FILE_ | 1u << URL)) == 0)
		bt_yaml_problem(
		    yaml, node, "a list without a file, expected the key \"file\" or \"url\"");
	if ((seen & (1u << URL | 1u << FETCH)) == 1u << FETCH)
		bt_yaml_problem(yaml, node,
		    "\"fetch\" of a list that is not fetched, expected the key \"url\"");
}

void bt_config_read_lists(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	struct bt_config_load *load = yaml->ctx;
	struct bt_config *config = to;
	(void)key;
	if (!bt_yaml_is_sequence(yaml, value, "a sequence of lists"))
		return;
	size_t count = bt_yaml_size(value);
	if (count >= BT_LISTS_MAX) { /* one is that of local decisions */
		bt_yaml_problem(
		    yaml, value, "%zu lists, expected at most %d", count, BT_LISTS_MAX - 1);
		return;
	}
	config->lists = calloc(count + 1, sizeof(*config->lists));
	load->own = calloc(count + 1, sizeof(*load->own));
	if (config->lists == NULL || load->own == NULL) {
		load->out_of_memory = true;
		return;
	}
	config->list_count = (unsigned)count;
	load->lists = value;
	for (size_t i = 0; i < count; i++)
		read_list(yaml, bt_yaml_item(yaml, value, i), &config->lists[i]);
}

/* Lists that say only where they come from are kept in the state directory. */
static void settle_files(struct bt_config_load *load)
{
	struct bt_config *config = load->config;
	for (unsigned i = 0; i < config->list_count; i++) {
		struct bt_config_list *list = &config->lists[i];
		if (list->file != NULL || list->feed.url == NULL || list->name == NULL)
			continue;
		list->file = bt_config_feed_file(config, list);
		load->out_of_memory |= list->file == NULL;
	}
}

/* Whether an update of one writes the other's file. */
static bool overwrites(const struct bt_config_list *list, const struct bt_config_list *other)
{
	if (list->feed.url == NULL || list->file == NULL || other->file == NULL)
		return false;
	size_t size = strlen(list->file);
	return strncmp(other->file, list->file, size) == 0 &&
	       (other->file[size] == '\0' || strcmp(other->file + size, BT_FEED_STATE) == 0);
}

static void check_files(struct bt_config_load *load)
{
	const struct bt_config_list *lists = load->config->lists;
	for (unsigned i = 0; i < load->config->list_count; i++)
		for (unsigned j = 0; j < i; j++) {
			const char *name = lists[j].name != NULL ? lists[j].name : "";
			const yaml_node_t *node = bt_yaml_item(&load->yaml, load->lists, i);
			if (overwrites(&lists[j], &lists[i]))
				bt_yaml_problem(&load->yaml, node,
				    "an update of the list \"%s\" writes its file, expected "
				    "another",
				    name);
			else if (overwrites(&lists[i], &lists[j]))
				bt_yaml_problem(&load->yaml, node,
				    "an update of it writes the file of the list \"%s\", expected "
				    "another",
				    name);
		}
}

void bt_config_settle_lists(struct bt_config_load *load)
{
	settle_files(load);
	check_files(load);
}

void bt_config_free_lists(struct bt_config *config)
{
	for (unsigned i = 0; i < config->list_count; i++) {
		struct bt_config_list *list = &config->lists[i];
		free(list->name);
		free(list->file);
		for (unsigned j = 0; j < list->column_count; j++)
			free((char *)(uintptr_t)list->columns[j].value);
		free(list->columns);
		free(list->feed.url);
		free(list->feed.sha256);
		free(list->feed.headers_file);
		free(list->feed.ca_file);
		free(list->accepted.keys);
	}
	free(config->lists);
}
