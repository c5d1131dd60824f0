/* SPDX-License-Identifier: BSD-3-Clause */
/* config-guards.c -- what of a list counts, and what no list may take offline */

#include <stdlib.h>
#include <string.h>

#include "config-read.h"

/* ---- names ---- */

/* As the resolver has it, below the root: nothing that only a report would write. */
static void read_name(struct bt_yaml *yaml, const yaml_node_t *value, struct bt_config_names *names)
{
	static const char expected[] = "a domain name", letters[] = "abcdefghijklmnopqrstuvwxyz"
								    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
								    "0123456789._-\\";
	const char *text = bt_yaml_text(yaml, value, expected);
	if (text == NULL)
		return;
	struct bt_key *key = &names->keys[names->count];
	enum bt_name_status status = bt_key_from_text(key, text, strlen(text));
	if (status == BT_NAME_OK && text[strspn(text, letters)] != '\0')
		status = BT_NAME_BYTE;
	if (status == BT_NAME_OK && key->len > 0)
		names->count++;
	else
		bt_yaml_problem(yaml, value, "\"%.80s\": %s, expected %s", text,
		    status != BT_NAME_OK ? bt_name_reason(status) : "the root", expected);
}

static void read_names(struct bt_yaml *yaml, yaml_node_t *value, struct bt_config_names *names)
{
	struct bt_config_load *load = yaml->ctx;
	if (!bt_yaml_is_sequence(yaml, value, "a sequence of names"))
		return;
	size_t count = bt_yaml_size(value);
	names->keys = calloc(count + 1, sizeof(*names->keys));
	if (names->keys == NULL) {
		load->out_of_memory = true;
		return;
	}
	for (size_t i = 0; i < count; i++)
		read_name(yaml, bt_yaml_item(yaml, value, i), names);
}

/* ---- of a list ---- */

void bt_config_read_accept(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	(void)key;
	read_names(yaml, value, &((struct bt_config_list *)to)->accepted);
}

void bt_config_read_confidence(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	enum { MOST = 100 };
	const char *text = bt_yaml_text(yaml, value, "a number from 0 to 100");
	if (text == NULL)
		return;
	unsigned long confidence = strtoul(text, NULL, 10);
	if (text[strspn(text, "0123456789")] != '\0' || confidence > MOST)
		bt_yaml_problem(yaml, value, "%s \"%.60s\", expected a number from 0 to %d",
		    key->name, text, MOST);
	else
		((struct bt_config_list *)to)->min_confidence = (unsigned)confidence;
}

static const char *url_hosts_name(int i)
{
	static const char *const names[] = {"bare", "all"};
	return i < 2 ? names[i] : NULL;
}

void bt_config_read_url_hosts(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	int hosts = bt_config_choice(yaml, key, value, url_hosts_name);
	if (hosts >= 0)
		((struct bt_config_list *)to)->all_urls = hosts == 1;
}

/* ---- guards ---- */

static void read_warning_lists(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	struct bt_config_load *load = yaml->ctx;
	struct bt_config_guards *guards = to;
	(void)key;
	if (!bt_yaml_is_sequence(yaml, value, "a sequence of paths"))
		return;
	size_t count = bt_yaml_size(value);
	guards->warning_lists = calloc(count + 1, sizeof(*guards->warning_lists));
	load->out_of_memory |= guards->warning_lists == NULL;
	for (size_t i = 0; guards->warning_lists != NULL && i < count; i++) {
		char *path = bt_config_path_of(yaml, bt_yaml_item(yaml, value, i));
		if (path != NULL)
			guards->warning_lists[guards->warning_list_count++] = path;
	}
}

static void read_own_zones(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	(void)key;
	read_names(yaml, value, &((struct bt_config_guards *)to)->own_zones);
}

void bt_config_read_guards(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	static const struct bt_yaml_key keys[] = {
	    {"public-suffixes", bt_config_read_bool, offsetof(struct bt_config_guards, suffixes),
		NULL},
	    {"warning-lists", read_warning_lists, 0, NULL},
	    {"own-zones", read_own_zones, 0, NULL},
	};
	struct bt_config *config = to;
	(void)key;
	bt_yaml_read_keys(yaml, value, keys, sizeof(keys) / sizeof(*keys), &config->guards);
}

void bt_config_free_guards(struct bt_config_guards *guards)
{
	for (unsigned i = 0; i < guards->warning_list_count; i++)
		free(guards->warning_lists[i]);
	free(guards->warning_lists);
	free(guards->own_zones.keys);
}
