/* SPDX-License-Identifier: BSD-3-Clause */
/* config-quantity.c -- ages and sizes in a configuration: a number and its unit */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config-read.h"

enum { MINUTE_MS = 60000, DAY_MS = 86400000, NAME_OF_UNIT_MAX = 4 };

struct unit {
	char name[NAME_OF_UNIT_MAX];
	uint64_t size;
};

struct kind {
	const struct unit *units;
	size_t count;
	const char *expected;
};

#define KIND(units, expected)                                                                      \
	{                                                                                          \
		units, sizeof(units) / sizeof(*(units)), expected                                  \
	}

static const struct unit age_units[] = {{"s", 1000}, {"m", MINUTE_MS}, {"h", 60 * MINUTE_MS},
    {"d", DAY_MS}, {"w", UINT64_C(7) * DAY_MS}};
static const struct unit size_units[] = {
    {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", UINT64_C(1) << 40}};

/* Without anything between. False: it is none, or too large. */
static bool read_quantity(const char *text, const struct kind *kind, uint64_t *quantity)
{
	char *end;
	errno = 0;
	unsigned long long number = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || errno != 0)
		return false;
	for (size_t i = 0; i < kind->count; i++) {
		if (strcmp(end, kind->units[i].name) != 0)
			continue;
		if (number > INT64_MAX / kind->units[i].size)
			return false;
		*quantity = number * kind->units[i].size;
		return true;
	}
	return false;
}

/* `none`: what may stand for no limit, which is 0; NULL: nothing. */
static void read_kind(struct bt_yaml *yaml, const struct bt_yaml_key *key, const yaml_node_t *value,
    void *to, const struct kind *kind, const char *none)
{
	uint64_t quantity = 0;
	const char *text = bt_yaml_text(yaml, value, kind->expected);
	if (text == NULL)
		return;
	bool unlimited = none != NULL && strcmp(text, none) == 0;
	if (unlimited || (read_quantity(text, kind, &quantity) && quantity > 0))
		*(uint64_t *)(void *)((char *)to + key->offset) = quantity;
	else
		bt_yaml_problem(
		    yaml, value, "%s \"%.60s\", expected %s", key->name, text, kind->expected);
}

void bt_config_read_age(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	static const struct kind kind = KIND(age_units, "an age such as 30s, 90m, 12h, 400d or 8w");
	read_kind(yaml, key, value, to, &kind, NULL);
}

void bt_config_read_age_limit(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	static const struct kind kind =
	    KIND(age_units, "an age such as 90m, 12h, 400d or 8w, or none");
	read_kind(yaml, key, value, to, &kind, "none");
}

void bt_config_read_size(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	static const struct kind kind = KIND(size_units, "a size such as 500MiB or 4GiB");
	read_kind(yaml, key, value, to, &kind, NULL);
}

void bt_config_read_size_limit(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	static const struct kind kind = KIND(size_units, "a size such as 500MiB or 4GiB, or none");
	read_kind(yaml, key, value, to, &kind, "none");
}
