/* SPDX-License-Identifier: BSD-3-Clause */
/* config-sinkhole.c -- `sinkhole`, of all lists and of one */

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "config-read.h"

enum { TTL_MAX = 86400 }; /* a day, in seconds: whoever is blocked in error waits that long */

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

void bt_config_read_sinkhole(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	static const struct bt_yaml_key keys[] = {
	    {"ipv4", read_ipv4, 0, NULL},
	    {"ipv6", read_ipv6, 0, NULL},
	    {"ttl", read_ttl, 0, NULL},
	    {"ede", read_ede, 0, NULL},
	};
	struct bt_config *config = to;
	(void)key;
	bt_yaml_read_keys(yaml, value, keys, sizeof(keys) / sizeof(keys[0]), &config->sinkhole);
}

/* ---- of a list ---- */

enum { OWN_IPV4, OWN_IPV6, OWN_TTL }; /* of a list, as bits */

/* What is there; bt_config_settle_sinkholes() adds the rest. */
void bt_config_read_list_sinkhole(
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

/* What a list's sinkhole does not say is as everywhere, wherever in the file that stands. */
void bt_config_settle_sinkholes(struct bt_config_load *load)
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
