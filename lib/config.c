/* SPDX-License-Identifier: BSD-3-Clause */
/* config.c -- the one YAML file that says what to do */

#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "file.h"
#include "yaml-doc.h"

#ifndef BT_SYSCONFDIR
#define BT_SYSCONFDIR "/etc"
#endif
#ifndef BT_STATE_DIR
#define BT_STATE_DIR "/var/lib/beacontrap"
#endif

enum {
	CONFIG_MAX = 1 << 20, /* octets of the file */
	TTL_MAX = 86400,      /* a day, in seconds: longer answers would outlive every false positive */
};

/* A load under way: where we are, what came of it so far. */
struct load {
	struct bt_config *config;
	yaml_document_t doc;
	const char *path;
	void (*problem)(void *ctx, const char *text);
	void *ctx;
	unsigned problems;
	struct bt_err first;
};

/*****************************************************************************
 *
 *  problems
 */

__attribute__((format(printf, 3, 4))) static void complain(
    struct load *load, const yaml_node_t *node, const char *format, ...)
{
	char reason[400];
	struct bt_err text;
	va_list args;
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	for (char *c = reason; *c != '\0'; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?'; /* values from the file must not reach a terminal as they are */
	bt_fail(&text, "%s:%u:%u: %s", load->path, bt_yaml_line(node), bt_yaml_column(node), reason);
	if (load->problems++ == 0)
		load->first = text;
	if (load->problem != NULL)
		load->problem(load->ctx, text.text);
}

/* The scalar's text, or a complaint and NULL. */
static const char *text_of(struct load *load, const yaml_node_t *node, const char *expected)
{
	const char *text = bt_yaml_text(node);
	if (text == NULL || text[0] == '\0') {
		complain(load, node, "expected %s, found %s", expected,
		    text != NULL ? "nothing" : bt_yaml_kind(node));
		return NULL;
	}
	return text;
}

static void set_string(struct load *load, const yaml_node_t *node, char **to, char *value)
{
	if (value == NULL) {
		complain(load, node, "out of memory");
		return;
	}
	free(*to);
	*to = value;
}

/*****************************************************************************
 *
 *  values
 */

/* A path, relative to the configuration's folder. */
static char *resolve(const struct load *load, const char *path)
{
	const char *slash = strrchr(load->path, '/');
	if (path[0] == '/' || slash == NULL)
		return strdup(path);
	char *folder = strndup(load->path, (size_t)(slash - load->path) + 1);
	char *joined = folder != NULL ? bt_path_join(folder, path) : NULL;
	free(folder);
	return joined;
}

static void set_path(struct load *load, const yaml_node_t *node, char **to)
{
	const char *text = text_of(load, node, "a path");
	if (text != NULL)
		set_string(load, node, to, resolve(load, text));
}

static void set_bool(struct load *load, const yaml_node_t *node, bool *to)
{
	const char *text = text_of(load, node, "true or false");
	if (text == NULL)
		return;
	if (strcmp(text, "true") == 0)
		*to = true;
	else if (strcmp(text, "false") == 0)
		*to = false;
	else
		complain(load, node, "expected true or false, found \"%s\"", text);
}

/* An identifier that is safe in file names, reports and log lines. */
static bool is_identifier(const char *text, size_t max)
{
	size_t length = strspn(
	    text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
	return length > 0 && length <= max && text[length] == '\0' && text[0] != '.' &&
	    text[0] != '-';
}

static void set_identifier(struct load *load, const yaml_node_t *node, char **to, size_t max)
{
	const char *text = text_of(load, node, "a name");
	if (text == NULL)
		return;
	if (!is_identifier(text, max))
		complain(load, node,
		    "\"%s\": expected at most %zu letters, digits, '.', '_' and '-', a letter, a digit "
		    "or '_' first",
		    text, max);
	else
		set_string(load, node, to, strdup(text));
}

/* One of `count` names; *to is its number. */
static void set_choice(struct load *load, const yaml_node_t *node, const char *what, int count,
    const char *(*name)(int), int *to)
{
	char all[256] = "";
	for (int i = 0; i < count; i++) {
		strncat(all, i == 0 ? "" : i == count - 1 ? " or " : ", ", sizeof(all) - strlen(all) - 1);
		strncat(all, name(i), sizeof(all) - strlen(all) - 1);
	}
	const char *text = text_of(load, node, all);
	if (text == NULL)
		return;
	for (int i = 0; i < count; i++)
		if (strcmp(text, name(i)) == 0) {
			*to = i;
			return;
		}
	complain(load, node, "unknown %s \"%s\"; expected %s", what, text, all);
}

static const char *action_name(int i)
{
	return bt_action_name((enum bt_action)i);
}

static const char *format_name(int i)
{
	return bt_format_name((enum bt_format)i);
}

static const char *scope_name(int i)
{
	return bt_scope_name((uint8_t)(i + BT_SCOPE_EXACT));
}

static const char *ede_name(int i)
{
	static const char *const names[] = {
	    [BT_EDE_OFF] = "off", [BT_EDE_CODE] = "code", [BT_EDE_TEXT] = "text"};
	return names[i];
}

static const char *events_name(int i)
{
	static const char *const names[] = {"full", "off"};
	return names[i];
}

/*****************************************************************************
 *
 *  sections
 */

struct key {
	const char *name;
	void (*read)(struct load *load, yaml_node_t *node, void *to);
};

static bool seen_before(struct load *load, const yaml_node_t *map, size_t i, const char *name)
{
	for (size_t j = 0; j < i; j++) {
		yaml_node_t *key, *value;
		bt_yaml_pair(&load->doc, map, j, &key, &value);
		const char *other = bt_yaml_text(key);
		if (other != NULL && strcmp(other, name) == 0)
			return true;
	}
	return false;
}

static void complain_of_key(
    struct load *load, const yaml_node_t *node, const char *name, const struct key *keys)
{
	char all[256] = "";
	for (; keys->name != NULL; keys++) {
		strncat(all, all[0] != '\0' ? ", " : "", sizeof(all) - strlen(all) - 1);
		strncat(all, keys->name, sizeof(all) - strlen(all) - 1);
	}
	complain(load, node, "unknown key \"%s\"; expected one of %s", name, all);
}

static void read_map(struct load *load, yaml_node_t *map, const struct key *keys, void *to)
{
	if (map->type != YAML_MAPPING_NODE) {
		complain(load, map, "expected a mapping, found %s", bt_yaml_kind(map));
		return;
	}
	for (size_t i = 0; i < bt_yaml_size(map); i++) {
		yaml_node_t *key, *value;
		bt_yaml_pair(&load->doc, map, i, &key, &value);
		const char *name = text_of(load, key, "a key");
		if (name == NULL)
			continue;
		const struct key *known = keys;
		while (known->name != NULL && strcmp(known->name, name) != 0)
			known++;
		if (known->name == NULL)
			complain_of_key(load, key, name, keys);
		else if (seen_before(load, map, i, name))
			complain(load, key, "key \"%s\" a second time", name);
		else
			known->read(load, value, to);
	}
}

static void read_address(
    struct load *load, yaml_node_t *node, int family, void *address, bool *present)
{
	const char *kind = family == AF_INET ? "an IPv4 address or none" : "an IPv6 address or none";
	const char *text = text_of(load, node, kind);
	if (text == NULL)
		return;
	*present = strcmp(text, "none") != 0;
	if (*present && inet_pton(family, text, address) != 1)
		complain(load, node, "\"%s\": expected %s", text, kind);
}

static void read_ipv4(struct load *load, yaml_node_t *node, void *to)
{
	struct bt_sinkhole *sinkhole = to;
	read_address(load, node, AF_INET, sinkhole->ipv4, &sinkhole->has_ipv4);
}

static void read_ipv6(struct load *load, yaml_node_t *node, void *to)
{
	struct bt_sinkhole *sinkhole = to;
	read_address(load, node, AF_INET6, sinkhole->ipv6, &sinkhole->has_ipv6);
}

static void read_ttl(struct load *load, yaml_node_t *node, void *to)
{
	struct bt_sinkhole *sinkhole = to;
	const char *text = text_of(load, node, "seconds");
	if (text == NULL)
		return;
	char *end;
	unsigned long ttl = strtoul(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || *end != '\0' || strlen(text) > 9 || ttl > TTL_MAX)
		complain(load, node, "\"%s\": expected 0 to %d seconds", text, TTL_MAX);
	else
		sinkhole->ttl = (uint32_t)ttl;
}

static void read_ede(struct load *load, yaml_node_t *node, void *to)
{
	struct bt_sinkhole *sinkhole = to;
	int ede = (int)sinkhole->ede;
	set_choice(load, node, "value", 3, ede_name, &ede);
	sinkhole->ede = (enum bt_ede)ede;
}

static void read_sinkhole(struct load *load, yaml_node_t *node, void *to)
{
	static const struct key keys[] = {{"ipv4", read_ipv4}, {"ipv6", read_ipv6},
	    {"ttl", read_ttl}, {"ede", read_ede}, {NULL, NULL}};
	read_map(load, node, keys, &((struct bt_config *)to)->sinkhole);
}

static void read_list_name(struct load *load, yaml_node_t *node, void *to)
{
	set_identifier(load, node, &((struct bt_config_list *)to)->name, BT_LIST_NAME_MAX);
}

static void read_list_file(struct load *load, yaml_node_t *node, void *to)
{
	set_path(load, node, &((struct bt_config_list *)to)->file);
}

static void read_list_action(struct load *load, yaml_node_t *node, void *to)
{
	struct bt_config_list *list = to;
	int action = (int)list->action;
	set_choice(load, node, "action", BT_ACTIONS, action_name, &action);
	list->action = (enum bt_action)action;
}

static void read_list_format(struct load *load, yaml_node_t *node, void *to)
{
	struct bt_config_list *list = to;
	int format = (int)list->format;
	set_choice(load, node, "format", BT_FORMATS, format_name, &format);
	list->format = (enum bt_format)format;
}

static void read_list_scope(struct load *load, yaml_node_t *node, void *to)
{
	int scope = -1;
	set_choice(load, node, "scope", 3, scope_name, &scope);
	if (scope >= 0)
		((struct bt_config_list *)to)->scope = (uint8_t)(scope + BT_SCOPE_EXACT);
}

static void read_list_events(struct load *load, yaml_node_t *node, void *to)
{
	int events = 0;
	set_choice(load, node, "value", 2, events_name, &events);
	((struct bt_config_list *)to)->events = events == 1 ? BT_EVENTS_OFF : BT_EVENTS_FULL;
}

static void check_list(struct load *load, const yaml_node_t *node, unsigned number)
{
	const struct bt_config_list *lists = load->config->lists;
	if (lists[number].name == NULL)
		complain(load, node, "a list without a good name");
	if (lists[number].file == NULL)
		complain(load, node, "a list without a file");
	for (unsigned i = 0; i < number && lists[number].name != NULL; i++)
		if (lists[i].name != NULL && strcmp(lists[i].name, lists[number].name) == 0)
			complain(load, node, "a second list named \"%s\"", lists[i].name);
}

static void read_lists(struct load *load, yaml_node_t *node, void *to)
{
	static const struct key keys[] = {{"name", read_list_name}, {"file", read_list_file},
	    {"action", read_list_action}, {"format", read_list_format},
	    {"scope", read_list_scope}, {"events", read_list_events}, {NULL, NULL}};
	struct bt_config *config = to;
	size_t count = bt_yaml_size(node);
	if (node->type != YAML_SEQUENCE_NODE) {
		complain(load, node, "expected a sequence of lists, found %s", bt_yaml_kind(node));
		return;
	}
	if (count > BT_LISTS_MAX) {
		complain(load, node, "%zu lists, more than %d", count, BT_LISTS_MAX);
		return;
	}
	config->lists = calloc(count > 0 ? count : 1, sizeof(*config->lists));
	if (config->lists == NULL) {
		complain(load, node, "out of memory");
		return;
	}
	config->list_count = (unsigned)count;
	for (unsigned i = 0; i < count; i++) {
		yaml_node_t *item = bt_yaml_item(&load->doc, node, i);
		read_map(load, item, keys, &config->lists[i]);
		if (item->type == YAML_MAPPING_NODE)
			check_list(load, item, i);
	}
}

static void read_state_dir(struct load *load, yaml_node_t *node, void *to)
{
	set_path(load, node, &((struct bt_config *)to)->state_dir);
}

static void read_run_dir(struct load *load, yaml_node_t *node, void *to)
{
	set_path(load, node, &((struct bt_config *)to)->run_dir);
}

static void read_resolver_id(struct load *load, yaml_node_t *node, void *to)
{
	set_identifier(load, node, &((struct bt_config *)to)->resolver_id, 255);
}

static void read_enabled(struct load *load, yaml_node_t *node, void *to)
{
	set_bool(load, node, &((struct bt_config *)to)->enabled);
}

/*****************************************************************************
 *
 *  the file
 */

static bool set_defaults(struct bt_config *config, const char *path)
{
	config->path = strdup(path);
	config->state_dir = strdup(BT_STATE_DIR);
	config->enabled = true;
	/* 0.0.0.0 and :: */
	config->sinkhole = (struct bt_sinkhole){
	    .has_ipv4 = true, .has_ipv6 = true, .ttl = 10, .ede = BT_EDE_TEXT};
	return config->path != NULL && config->state_dir != NULL;
}

static void read_document(struct load *load)
{
	static const struct key keys[] = {{"state-dir", read_state_dir}, {"run-dir", read_run_dir},
	    {"resolver-id", read_resolver_id}, {"enabled", read_enabled},
	    {"sinkhole", read_sinkhole}, {"lists", read_lists}, {NULL, NULL}};
	yaml_node_t *root = yaml_document_get_root_node(&load->doc);
	if (root != NULL)
		read_map(load, root, keys, load->config);
}

bool bt_config_load(struct bt_config **config, const char *path,
    void (*problem)(void *ctx, const char *text), void *ctx, struct bt_err *err)
{
	struct load load = {.path = path, .problem = problem, .ctx = ctx};
	void *text;
	size_t size;
	bool read = bt_file_read(path, CONFIG_MAX, &text, &size, &load.first);
	bool parsed = read && bt_yaml_load(&load.doc, path, text, size, &load.first);
	if (read)
		free(text);
	if (!parsed) {
		if (problem != NULL)
			problem(ctx, load.first.text);
		return bt_fail(err, "%s", load.first.text);
	}
	load.config = calloc(1, sizeof(*load.config));
	if (load.config == NULL || !set_defaults(load.config, path)) {
		load.problems++;
		bt_fail(&load.first, "%s: out of memory", path);
	} else {
		read_document(&load);
	}
	yaml_document_delete(&load.doc);
	if (load.problems > 0) {
		bt_config_free(&load.config);
		return bt_fail(err, "%s", load.first.text);
	}
	*config = load.config;
	return true;
}

void bt_config_free(struct bt_config **config)
{
	struct bt_config *c = *config;
	if (c == NULL)
		return;
	for (unsigned i = 0; i < c->list_count; i++) {
		free(c->lists[i].name);
		free(c->lists[i].file);
	}
	free(c->lists);
	free(c->path);
	free(c->state_dir);
	free(c->run_dir);
	free(c->resolver_id);
	free(c);
	*config = NULL;
}

const char *bt_config_path(const char *option)
{
	if (option != NULL)
		return option;
	const char *path = getenv("BEACONTRAP_CONFIG");
	return path != NULL && path[0] != '\0' ? path : BT_SYSCONFDIR "/beacontrap/beacontrap.yaml";
}
