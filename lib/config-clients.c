/* SPDX-License-Identifier: BSD-3-Clause */
/* config-clients.c -- groups of clients, and who speaks for others */

#include <stdlib.h>
#include <string.h>

#include "config-read.h"

/* Clients that are being read. */
struct group {
	struct bt_config_clients *clients;
	uint8_t *chosen; /* of each list: it is named */
	bool chooses;    /* there is a `lists` */
	int action;      /* of all lists but those that allow; -1: their own */
};

/* A sequence of networks; a problem with one is told, and it is left out. */
static void read_networks(
    struct bt_yaml *yaml, yaml_node_t *value, struct bt_network **networks, unsigned *count)
{
	struct bt_config_load *load = yaml->ctx;
	if (!bt_yaml_is_sequence(yaml, value, "a sequence of networks"))
		return;
	size_t size = bt_yaml_size(value);
	if (size > BT_NETWORKS_MAX) {
		bt_yaml_problem(
		    yaml, value, "%zu networks, expected at most %d", size, BT_NETWORKS_MAX);
		return;
	}
	free(*networks);
	*networks = calloc(size + 1, sizeof(**networks));
	*count = 0;
	load->out_of_memory |= *networks == NULL;
	for (size_t i = 0; *networks != NULL && i < size; i++) {
		yaml_node_t *item = bt_yaml_item(yaml, value, i);
		const char *text = bt_yaml_text(yaml, item, "a network");
		const char *expected =
		    text != NULL ? bt_network_read(&(*networks)[*count], text) : NULL;
		if (expected != NULL)
			bt_yaml_problem(
			    yaml, item, "network \"%.60s\", expected %s", text, expected);
		else if (text != NULL)
			++*count;
	}
}

void bt_config_read_forwarders(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	struct bt_config *config = to;
	(void)key;
	read_networks(yaml, value, &config->forwarders, &config->forwarder_count);
}

/* ---- the keys of a group ---- */

static void read_name(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	const struct bt_config_load *load = yaml->ctx;
	const struct group *group = to;
	const char *name = bt_config_name(yaml, value, BT_LIST_NAME_MAX);
	(void)key;
	if (name == NULL)
		return;
	for (const struct bt_config_clients *other = load->config->clients; other < group->clients;
	     other++)
		if (other->name != NULL && strcmp(other->name, name) == 0) {
			bt_yaml_problem(yaml, value,
			    "a second group of the name \"%s\", expected one of its own", name);
			return;
		}
	bt_config_set_string(yaml, &group->clients->name, strdup(name));
}

static void read_group_networks(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	struct bt_config_clients *clients = ((struct group *)to)->clients;
	(void)key;
	read_networks(yaml, value, &clients->networks, &clients->network_count);
}

static int find_list(const struct bt_config *config, const char *name)
{
	for (unsigned i = 0; i < config->list_count; i++)
		if (config->lists[i].name != NULL && strcmp(config->lists[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* `none`, or names of lists. */
static void read_chosen(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	const struct bt_config_load *load = yaml->ctx;
	struct group *group = to;
	(void)key;
	group->chooses = true;
	if (value->type == YAML_SCALAR_NODE) {
		const char *text = bt_yaml_text(yaml, value, "none or a sequence of lists");
		if (text != NULL && strcmp(text, "none") != 0)
			bt_yaml_problem(yaml, value,
			    "lists \"%.60s\", expected none or a sequence of lists", text);
		return;
	}
	if (!bt_yaml_is_sequence(yaml, value, "none or a sequence of lists"))
		return;
	for (size_t i = 0; i < bt_yaml_size(value); i++) {
		yaml_node_t *item = bt_yaml_item(yaml, value, i);
		const char *name = bt_yaml_text(yaml, item, "the name of a list");
		int list = name != NULL ? find_list(load->config, name) : -1;
		if (list >= 0)
			group->chosen[list] = 1;
		else if (name != NULL)
			bt_yaml_problem(yaml, item,
			    "list \"%.60s\", expected the name of one of the lists", name);
	}
}

static void read_group_action(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	struct group *group = to;
	group->action = bt_config_choice(yaml, key, value, bt_config_action);
	if (group->action == BT_ACTION_ALLOW) {
		bt_yaml_problem(
		    yaml, value, "action \"allow\", expected another, or \"lists: none\"");
		group->action = -1;
	}
}

/* ---- a group ---- */

/*
 * Without `lists` all are in force. With it only those that are named, and those that allow, unless
 * one of these is named, too.
 */
static void settle(const struct bt_config *config, const struct group *group)
{
	bool exempt = group->chooses, chooses_allow = false;
	for (unsigned i = 0; i < config->list_count; i++)
		if (group->chosen[i]) {
			exempt = false;
			chooses_allow |= config->lists[i].action == BT_ACTION_ALLOW;
		}
	for (unsigned i = 0; i < config->list_count; i++) {
		enum bt_action own = config->lists[i].action;
		bool allows = own == BT_ACTION_ALLOW;
		bool in_force =
		    !group->chooses || group->chosen[i] || (allows && !exempt && !chooses_allow);
		group->clients->actions[i] =
		    (uint8_t)(!in_force                     ? BT_ACTION_NONE
			      : allows || group->action < 0 ? own
							    : (enum bt_action)group->action);
	}
}

static void read_group(
    struct bt_config_load *load, yaml_node_t *node, struct bt_config_clients *clients)
{
	enum { NAME, NETWORKS }; /* the ones that a group must have */
	static const struct bt_yaml_key keys[] = {
	    [NAME] = {"name", read_name, 0, NULL},
	    [NETWORKS] = {"networks", read_group_networks, 0, NULL},
	    {"lists", read_chosen, 0, NULL},
	    {"action", read_group_action, 0, NULL},
	};
	struct group group = {.clients = clients, .action = -1};
	clients->actions = calloc(load->config->list_count + 1u, 1);
	group.chosen = calloc(load->config->list_count + 1u, 1);
	if (clients->actions == NULL || group.chosen == NULL) {
		free(group.chosen);
		load->out_of_memory = true;
		return;
	}
	uint64_t seen =
	    bt_yaml_read_keys(&load->yaml, node, keys, sizeof(keys) / sizeof(keys[0]), &group);
	for (int i = NAME; node->type == YAML_MAPPING_NODE && i <= NETWORKS; i++)
		if ((seen & UINT64_C(1) << i) == 0)
			bt_yaml_problem(&load->yaml, node,
			    "clients without %s, expected the key \"%s\"", keys[i].name,
			    keys[i].name);
	settle(load->config, &group);
	free(group.chosen);
}

/* ---- all groups ---- */

struct owned {
	struct bt_network network;
	unsigned group;
};

static int by_network(const void *a, const void *b)
{
	const struct owned *x = a, *y = b;
	int order = memcmp(&x->network, &y->network, sizeof(x->network));
	return order != 0 ? order : x->group < y->group ? -1 : x->group > y->group;
}

static void tell_owner(struct bt_config_load *load, const struct owned *owned, const char *owner)
{
	char text[BT_NETWORK_TEXT];
	bt_network_write(text, &owned->network);
	bt_yaml_problem(&load->yaml, bt_yaml_item(&load->yaml, load->clients, owned->group),
	    "network %s, which %s has, expected each in one group", text,
	    owner != NULL ? owner : "another group");
}

static void check_owners(struct bt_config_load *load)
{
	const struct bt_config *config = load->config;
	size_t all = 0, count = 0;
	for (unsigned i = 0; i < config->clients_count; i++)
		all += config->clients[i].network_count;
	struct owned *owned = calloc(all + 1, sizeof(*owned));
	if (owned == NULL) {
		load->out_of_memory = true;
		return;
	}
	for (unsigned i = 0; i < config->clients_count; i++)
		for (unsigned j = 0; j < config->clients[i].network_count; j++)
			owned[count++] = (struct owned){config->clients[i].networks[j], i};
	qsort(owned, count, sizeof(*owned), by_network);
	for (size_t i = 1; i < count; i++) {
		const struct owned *before = &owned[i - 1], *this = &owned[i];
		if (memcmp(&before->network, &this->network, sizeof(this->network)) == 0 &&
		    before->group != this->group)
			tell_owner(load, this, config->clients[before->group].name);
	}
	free(owned);
}

void bt_config_clients_later(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	struct bt_config_load *load = yaml->ctx;
	(void)key;
	(void)to;
	if (bt_yaml_is_sequence(yaml, value, "a sequence of groups of clients"))
		load->clients = value;
}

void bt_config_read_clients(struct bt_config_load *load)
{
	struct bt_config *config = load->config;
	size_t count = load->clients != NULL ? bt_yaml_size(load->clients) : 0;
	if (count >= BT_GROUPS_MAX) {
		bt_yaml_problem(&load->yaml, load->clients,
		    "%zu groups of clients, expected at most %d", count, BT_GROUPS_MAX - 1);
		return;
	}
	config->clients = calloc(count + 1, sizeof(*config->clients));
	if (config->clients == NULL) {
		load->out_of_memory = true;
		return;
	}
	config->clients_count = (unsigned)count;
	for (size_t i = 0; i < count; i++)
		read_group(load, bt_yaml_item(&load->yaml, load->clients, i), &config->clients[i]);
	check_owners(load);
}
