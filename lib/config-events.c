/* SPDX-License-Identifier: BSD-3-Clause */
/* config-events.c -- the configuration's `events`: how the event log is kept */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config-read.h"

enum { DAY_MS = 86400000, NAME_OF_UNIT_MAX = 4 };

struct unit {
	char name[NAME_OF_UNIT_MAX];
	uint64_t size;
};

/* A number and its unit, without anything between. False: it is none, or too large. */
static bool read_quantity(
    const char *text, const struct unit *units, size_t count, uint64_t max, uint64_t *quantity)
{
	char *end;
	errno = 0;
	unsigned long long number = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || errno != 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(end, units[i].name) != 0)
			continue;
		if (number > max / units[i].size)
			return false;
		*quantity = number * units[i].size;
		return true;
	}
	return false;
}

/* "none" is 0. */
static void read_limit(struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value,
    const struct unit *units, size_t count, const char *expected, uint64_t *limit)
{
	uint64_t quantity = 0;
	const char *text = bt_yaml_text(yaml, value, expected);
	if (text == NULL)
		return;
	if (strcmp(text, "none") != 0 &&
	    (!read_quantity(text, units, count, INT64_MAX, &quantity) || quantity == 0))
		bt_yaml_problem(
		    yaml, value, "%s \"%.60s\", expected %s", key->name, text, expected);
	else
		*limit = quantity;
}

static void read_retention(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	static const struct unit units[] = {
	    {"m", 60000}, {"h", 3600000}, {"d", DAY_MS}, {"w", UINT64_C(7) * DAY_MS}};
	struct bt_config_events *events = to;
	read_limit(yaml, key, value, units, sizeof(units) / sizeof(*units),
	    "an age such as 90m, 12h, 400d or 8w, or none", &events->retention);
}

static void read_max_size(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	static const struct unit units[] = {
	    {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", UINT64_C(1) << 40}};
	struct bt_config_events *events = to;
	read_limit(yaml, key, value, units, sizeof(units) / sizeof(*units),
	    "a size such as 500MiB or 4GiB, or none", &events->max_size);
}

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
	    {"retention", read_retention, 0, NULL},
	    {"max-size", read_max_size, 0, NULL},
	    {"clients", read_clients, 0, NULL},
	};
	struct bt_config *config = to;
	(void)key;
	bt_yaml_read_keys(yaml, value, keys, sizeof(keys) / sizeof(*keys), &config->events);
}
