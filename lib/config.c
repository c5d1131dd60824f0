/* SPDX-License-Identifier: BSD-3-Clause */
/* config.c -- the one YAML file that says what to do */

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
	RESOLVER_ID_MAX = 255, /* as the event log has it: BT_RESOLVER_MAX */
	RETENTION_DAYS = 400,
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
	    {"sinkhole", bt_config_read_sinkhole, 0, NULL},
	    {"lists", bt_config_read_lists, 0, NULL},
	    {"clients", bt_config_clients_later, 0, NULL},
	    {"trusted-forwarders", bt_config_read_forwarders, 0, NULL},
	    {"events", bt_config_read_events, 0, NULL},
	    {"guards", bt_config_read_guards, 0, NULL},
	};
	bt_yaml_read_keys(&load->yaml, bt_yaml_root(&load->yaml), keys,
	    sizeof(keys) / sizeof(keys[0]), load->config);
	if (load->out_of_memory)
		return;
	bt_config_settle_lists(load);
	bt_config_settle_sinkholes(load);
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
	bt_config_free_lists(c);
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
