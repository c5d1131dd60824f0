/* SPDX-License-Identifier: BSD-3-Clause */
/* config-read.h -- a configuration that is being read; for config*.c alone */
#ifndef BT_CONFIG_READ_H
#define BT_CONFIG_READ_H

#include "config.h"
#include "yaml-doc.h"

/* A load under way. */
struct bt_config_load {
	struct bt_yaml yaml; /* its ctx is this load */
	struct bt_config *config;
	const char *path;
	void (*problem)(void *ctx, const char *text);
	void *ctx;
	struct bt_err first; /* of the problems */
	unsigned problems;
	bool out_of_memory;
	uint8_t *own;         /* of each list: what its sinkhole has of its own */
	yaml_node_t *lists;   /* NULL: none */
	yaml_node_t *clients; /* to be read when the lists are known; NULL: none */
};

/* A string of ours at that place. NULL: out of memory. */
void bt_config_set_string(struct bt_yaml *yaml, char **to, char *string);

/* A name that is safe in file names, reports and lines of a log; NULL: told. */
const char *bt_config_name(struct bt_yaml *yaml, const yaml_node_t *value, size_t max);

/* One of the names that name_at() gives for 0, 1, ... until NULL. Its number, or -1: told. */
int bt_config_choice(struct bt_yaml *yaml, const struct bt_yaml_key *key, const yaml_node_t *value,
    const char *(*name_at)(int i));

/* A path, relative to the folder of the configuration: malloc'ed. NULL: told. */
char *bt_config_path_of(struct bt_yaml *yaml, const yaml_node_t *value);

void bt_config_read_bool(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to);

/* Such a path, into the char * at the key's offset. */
void bt_config_read_path(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to);

/* ---- config-quantity.c ---- */

/* Ages in milliseconds and sizes in octets, above zero, into the uint64_t at the key's offset. */
void bt_config_read_age(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to);
void bt_config_read_size(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to);

/* The same, or "none", which is 0. */
void bt_config_read_age_limit(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to);
void bt_config_read_size_limit(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to);

/* ---- config-sinkhole.c ---- */

/* `sinkhole`; and that of a list, which has what it says until it is settled */
void bt_config_read_sinkhole(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to);
void bt_config_read_list_sinkhole(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to);

/* Gives the lists' sinkholes what they do not say, when all is read. */
void bt_config_settle_sinkholes(struct bt_config_load *load);

/* ---- config-lists.c ---- */

/* `lists` */
void bt_config_read_lists(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to);

/* Gives each its file, and sees that they do not overwrite each other, when all is read. */
void bt_config_settle_lists(struct bt_config_load *load);

/* Frees what they have. */
void bt_config_free_lists(struct bt_config *config);

/* Names of actions, for bt_config_choice. */
const char *bt_config_action(int i);

/* ---- config-feed.c ---- */

/* A list's `url` and `fetch` */
void bt_config_read_url(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to);
void bt_config_read_fetch(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to);

/* Where the copy of a list with a URL is, if its `file` says nothing: malloc'ed. NULL: no memory */
char *bt_config_feed_file(const struct bt_config *config, const struct bt_config_list *list);

/* ---- config-guards.c ---- */

/* A list's `accept`, `min-confidence` and `url-hosts` */
void bt_config_read_accept(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to);
void bt_config_read_confidence(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to);
void bt_config_read_url_hosts(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to);

/* `guards` */
void bt_config_read_guards(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to);

/* Frees what they have. */
void bt_config_free_guards(struct bt_config_guards *guards);

/* ---- config-clients.c ---- */

/* `clients`: notes where they are. */
void bt_config_clients_later(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to);

/* The clients, when the lists are known. */
void bt_config_read_clients(struct bt_config_load *load);

/* `trusted-forwarders` */
void bt_config_read_forwarders(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to);

/* ---- config-events.c ---- */

/* `events` */
void bt_config_read_events(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to);

#endif
