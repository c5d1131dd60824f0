/* SPDX-License-Identifier: BSD-3-Clause */
/* config-events.c -- the configuration's `events`: how the event log is kept */

#include "config-read.h"

static const char *clients_name(int i)
{
	static const char *const names[] = {"full", "subnet"};
	return i < 2 ? names[i] : NULL;
}

static void read_clients(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	int clients = bt_config_choice(yaml, key, value, clients_name);
	if (clients >= 0)
		((struct bt_config_events *)to)->subnets = clients == 1;
}

void bt_config_read_events(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	static const struct bt_yaml_key keys[] = {
	    {"retention", bt_config_read_age_limit, offsetof(struct bt_config_events, retention),
		NULL},
	    {"max-size", bt_config_read_size_limit, offsetof(struct bt_config_events, max_size),
		NULL},
	    {"clients", read_clients, 0, NULL},
	};
	struct bt_config *config = to;
	(void)key;
	bt_yaml_read_keys(yaml, value, keys, sizeof(keys) / sizeof(*keys), &config->events);
}
