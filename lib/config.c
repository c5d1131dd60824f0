/* SPDX-License-Identifier: BSD-3-Clause */
/* config.c -- the one YAML file that says what to do */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config-read.h"
#include "file.h"

#ifndef BT_SYSCONFDIR
#	define BT_SYSCONFDIR "/etc"
#endif
#ifndef BT_STATE_DIR
#	define BT_STATE_DIR "/var/lib/beacontrap"
#endif

enum {
	CONFIG_MAX = 1 << 20,  /* octets of the file */
	TTL_MAX = 86400,       /* a day, in seconds: whoever is blocked in error waits that long */
	RESOLVER_ID_MAX = 255, /* as the event log has it: BT_RESOLVER_MAX */
	RETENTION_DAYS = 400,
	FETCH_MINUTES = 2,
	FETCH_SIZE = 256 << 20,
	SHRINK_PERCENT = 50,
};

static void tell(struct bt_config_load *load, const struct bt_err *problem)
{
	if (load->problems++ == 0)
		load->first = *problem;
	if (load->problem != NULL)
		load->problem(load->ctx, problem->text);
}

static void on_problem(void *ctx, unsigned line, unsigned column, const char *reason)
{
	struct bt_config_load *load = ctx;
	struct bt_err problem;
	bt_fail(&problem, "%s:%u:%u: %s", load->path, line, column, reason);
	tell(load, &problem);
}

/* ---- values, each read into `to` at the offset that its key says ---- */

static void *place(const struct bt_yaml_key *key, void *to)
{
	return (char *)to + key->offset;
}

void bt_config_set_string(struct bt_yaml *yaml, char **to, char *string)
{
	struct bt_config_load *load = yaml->ctx;
	if (string == NULL)
		load->out_of_memory = true;
	free(*to);
	*to = string;
}

/* A path, relative to the folder that the configuration is in. */
static char *resolve(const char *config, const char *path)
{
	const char *slash = strrchr(config, '/');
	char *folder = strndup(config, slash != NULL ? (size_t)(slash + 1 - config) : 0);
	char *joined = folder != NULL ? bt_path_join(folder, path) : NULL;
	free(folder);
	return joined;
}

char *bt_config_path_of(struct bt_yaml *yaml, const yaml_node_t *value)
{
	struct bt_config_load *load = yaml->ctx;
	const char *text = bt_yaml_text(yaml, value, "a path");
	if (text == NULL)
		return NULL;
	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 127) { /* reasons with it are one line */
			bt_yaml_problem(
			    yaml, value, "a control character in a path, expected none");
			return NULL;
		}
	char *path = resolve(load->path, text);
	load->out_of_memory |= path == NULL;
	return path;
}

void bt_config_read_path(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	char *path = bt_config_path_of(yaml, value);
	if (path != NULL)
		bt_config_set_string(yaml, place(key, to), path);
}

const char *bt_config_name(struct bt_yaml *yaml, const yaml_node_t *value, size_t max)
{
	static const char *const expected = "letters, digits, '.', '_' and '-'";
	const char *text = bt_yaml_text(yaml, value, expected);
	if (text == NULL)
		return NULL;
	size_t size =
	    strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
	if (text[size] == '\0' && size <= max)
		return text;
	bt_yaml_problem(
	    yaml, value, "name \"%.80s\", expected at most %zu %s", text, max, expected);
	return NULL;
}

void bt_config_read_bool(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	const char *text = bt_yaml_text(yaml, value, "true or false");
	if (text == NULL)
		return;
	bool yes = strcmp(text, "true") == 0;
	if (yes || strcmp(text, "false") == 0)
		*(bool *)place(key, to) = yes;
	else
		bt_yaml_problem(
		    yaml, value, "%s \"%.60s\", expected true or false", key->name, text);
}

int bt_config_choice(struct bt_yaml *yaml, const struct bt_yaml_key *key, const yaml_node_t *value,
    const char *(*name_at)(int i))
{
	char all[200] = "";
	size_t used = 0;
	for (int i = 0; name_at(i) != NULL && used < sizeof(all); i++) {
		const char *before = i == 0 ? "" : name_at(i + 1) == NULL ? " or " : ", ";
		used +=
		    (size_t)snprintf(all + used, sizeof(all) - used, "%s%s", before, name_at(i));
	}
	const char *text = bt_yaml_text(yaml, value, all);
	if (text == NULL)
		return -1;
	for (int i = 0; name_at(i) != NULL; i++)
		if (strcmp(text, name_at(i)) == 0)
			return i;
	bt_yaml_problem(yaml, value, "unknown %s \"%.60s\", expected %s", key->name, text, all);
	return -1;
}

/* ---- sinkhole ---- */

static void read_address(
    struct bt_yaml *yaml, yaml_node_t *value, int family, void *address, bool *has)
{
	const char *expected =
	    family == AF_INET ? "an IPv4 address or none" : "an IPv6 address or none";
	const char *text = bt_yaml_text(yaml, value, expected);
	if (text == NULL)
		return;
	*has = strcmp(text, "none") != 0;
	if (*has && inet_pton(family, text, address) != 1)
		bt_yaml_problem(yaml, value, "\"%.60s\", expected %s", text, expected);
}

static void read_ipv4(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	struct bt_sinkhole *sinkhole = to;
	(void)key;
	read_address(yaml, value, AF_INET, sinkhole->ipv4, &sinkhole->has_ipv4);
}

static void read_ipv6(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	struct bt_sinkhole *sinkhole = to;
	(void)key;
	read_address(yaml, value, AF_INET6, sinkhole->ipv6, &sinkhole->has_ipv6);
}

static void read_ttl(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	struct bt_sinkhole *sinkhole = to;
	const char *text = bt_yaml_text(yaml, value, "a number of seconds");
	if (text == NULL)
		return;
	(void)key;
	unsigned long ttl = strtoul(text, NULL, 10);
	if (text[strspn(text, "0123456789")] != '\0' || ttl > TTL_MAX)
		bt_yaml_problem(
		    yaml, value, "ttl \"%.60s\", expected 0 to %d seconds", text, TTL_MAX);
	else
		sinkhole->ttl = (uint32_t)ttl;
}

static const char *ede_name(int i)
{
	static const char *const names[] = {
	    [BT_EDE_OFF] = "off", [BT_EDE_CODE] = "code", [BT_EDE_TEXT] = "text"};
	return i < 3 ? names[i] : NULL;
}

static void read_ede(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	int ede = bt_config_choice(yaml, key, value, ede_name);
	if (ede >= 0)
		((struct bt_sinkhole *)to)->ede = (enum bt_ede)ede;
}

static void read_sinkhole(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	static const struct bt_yaml_key keys[] = {
	    {"ipv4", read_ipv4, 0, NULL},
	    {"ipv6", read_ipv6, 0, NULL},
	    {"ttl", read_ttl, 0, NULL},
	    {"ede", read_ede, 0, NULL},
	};
	bt_yaml_read_keys(yaml, value, keys, sizeof(keys) / sizeof(keys[0]), place(key, to));
}

/* ---- lists ---- */

enum { OWN_IPV4, OWN_IPV6, OWN_TTL }; /* of a list, as bits */

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

/* What is there; settle_sinkholes() adds the rest. */
static void read_list_sinkhole(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	static const struct bt_yaml_key keys[] = {
	    [OWN_IPV4] = {"ipv4", read_ipv4, 0, NULL},
	    [OWN_IPV6] = {"ipv6", read_ipv6, 0, NULL},
	    [OWN_TTL] = {"ttl", read_ttl, 0, NULL},
	};
	struct bt_config_load *load = yaml->ctx;
	struct bt_config_list *list = to;
	(void)key;
	load->own[list - load->config->lists] = (uint8_t)bt_yaml_read_keys(
	    yaml, value, keys, sizeof(keys) / sizeof(keys[0]), &list->sinkhole);
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
	    {"sinkhole", read_list_sinkhole, 0, NULL},
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

static void read_lists(
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

/* What a list's sinkhole does not say is as everywhere, wherever in the file that stands. */
static void settle_sinkholes(struct bt_config_load *load)
{
	struct bt_config *config = load->config;
	for (unsigned i = 0; i < config->list_count; i++) {
		struct bt_sinkhole own = config->lists[i].sinkhole,
				   *settled = &config->lists[i].sinkhole;
		*settled = config->sinkhole;
		if (load->own[i] & 1u << OWN_IPV4) {
			settled->has_ipv4 = own.has_ipv4;
			memcpy(settled->ipv4, own.ipv4, sizeof(own.ipv4));
		}
		if (load->own[i] & 1u << OWN_IPV6) {
			settled->has_ipv6 = own.has_ipv6;
			memcpy(settled->ipv6, own.ipv6, sizeof(own.ipv6));
		}
		if (load->own[i] & 1u << OWN_TTL)
			settled->ttl = own.ttl;
	}
}

/* ---- the file ---- */

static void read_resolver_id(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	const char *id = bt_config_name(yaml, value, RESOLVER_ID_MAX);
	if (id != NULL)
		bt_config_set_string(yaml, place(key, to), strdup(id));
}

static void read_document(struct bt_config_load *load)
{
	static const struct bt_yaml_key keys[] = {
	    {"state-dir", bt_config_read_path, offsetof(struct bt_config, state_dir), NULL},
	    {"run-dir", bt_config_read_path, offsetof(struct bt_config, run_dir), NULL},
	    {"resolver-id", read_resolver_id, offsetof(struct bt_config, resolver_id), NULL},
	    {"enabled", bt_config_read_bool, offsetof(struct bt_config, enabled), NULL},
	    {"sinkhole", read_sinkhole, offsetof(struct bt_config, sinkhole), NULL},
	    {"lists", read_lists, 0, NULL},
	    {"clients", bt_config_clients_later, 0, NULL},
	    {"trusted-forwarders", bt_config_read_forwarders, 0, NULL},
	    {"events", bt_config_read_events, 0, NULL},
	    {"guards", bt_config_read_guards, 0, NULL},
	};
	bt_yaml_read_keys(&load->yaml, bt_yaml_root(&load->yaml), keys,
	    sizeof(keys) / sizeof(keys[0]), load->config);
	if (load->out_of_memory)
		return;
	settle_files(load);
	check_files(load);
	settle_sinkholes(load);
	bt_config_read_clients(load);
}

static struct bt_config *new_config(const char *path)
{
	struct bt_config *config = calloc(1, sizeof(*config));
	if (config == NULL)
		return NULL;
	config->path = strdup(path);
	config->state_dir = strdup(BT_STATE_DIR);
	config->enabled = true;
	config->sinkhole = (struct bt_sinkhole){/* 0.0.0.0 and :: */
	    .has_ipv4 = true,
	    .has_ipv6 = true,
	    .ttl = 10,
	    .ede = BT_EDE_TEXT};
	config->guards.suffixes = true;
	config->events = (struct bt_config_events){
	    .retention = RETENTION_DAYS * UINT64_C(86400000), .max_size = UINT64_C(4) << 30};
	if (config->path == NULL || config->state_dir == NULL)
		bt_config_free(&config);
	return config;
}

/* False: what is wrong was told. */
static bool load_document(struct bt_config_load *load)
{
	struct bt_err reason;
	void *text;
	size_t size;
	bool ok = bt_file_read(load->path, CONFIG_MAX, &text, &size, &reason);
	if (ok) {
		ok = bt_yaml_load(&load->yaml, load->path, text, size, &reason);
		free(text);
	}
	if (!ok)
		tell(load, &reason);
	return ok;
}

bool bt_config_load(struct bt_config **config, const char *path,
    void (*problem)(void *ctx, const char *text), void *ctx, struct bt_err *err)
{
	struct bt_config_load load = {.path = path, .problem = problem, .ctx = ctx};
	load.yaml.problem = on_problem;
	load.yaml.ctx = &load;
	if (!load_document(&load))
		return bt_fail(err, "%s", load.first.text);

	load.config = new_config(path);
	if (load.config != NULL)
		read_document(&load);
	free(load.own);
	bt_yaml_unload(&load.yaml);
	if (load.config == NULL || load.out_of_memory) {
		struct bt_err reason;
		bt_fail(&reason, "%s: out of memory", path);
		tell(&load, &reason);
	}
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
		for (unsigned j = 0; j < c->lists[i].column_count; j++)
			free((char *)(uintptr_t)c->lists[i].columns[j].value);
		free(c->lists[i].columns);
		free(c->lists[i].feed.url);
		free(c->lists[i].feed.sha256);
		free(c->lists[i].feed.headers_file);
		free(c->lists[i].feed.ca_file);
		free(c->lists[i].accepted.keys);
	}
	free(c->lists);
	for (unsigned i = 0; i < c->clients_count; i++) {
		free(c->clients[i].name);
		free(c->clients[i].networks);
		free(c->clients[i].actions);
	}
	free(c->clients);
	bt_config_free_guards(&c->guards);
	free(c->forwarders);
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
