/* SPDX-License-Identifier: BSD-3-Clause */
/* config-feed.c -- a list's `url` and `fetch`: where it comes from, and on what terms */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config-read.h"
#include "file.h"

enum { URL_MAX = 2048, SHA256_DIGITS = 64, PERCENT = 100 };

/* Whether we would ask there at all; what the rest of it is worth is seen by who does. */
static bool is_url(const char *text)
{
	static const char *const schemes[] = {"http://", "https://", "file:///"};
	size_t size = strlen(text);
	for (size_t i = 0; i < size; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
		if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0)
			return size > strlen(schemes[i]) && size <= URL_MAX;
	return false;
}

void bt_config_read_url(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	static const char expected[] = "a URL with http:, https: or file:";
	struct bt_config_list *list = to;
	const char *text = bt_yaml_text(yaml, value, expected);
	if (text == NULL)
		return;
	if (is_url(text))
		bt_config_set_string(yaml, &list->feed.url, strdup(text));
	else
		bt_yaml_problem(
		    yaml, value, "%s \"%.80s\", expected %s", key->name, text, expected);
}

static void read_sha256(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	struct bt_config_feed *feed = to;
	const char *text = bt_yaml_text(yaml, value, "64 hexadecimal digits");
	if (text == NULL)
		return;
	if (strlen(text) != SHA256_DIGITS ||
	    strspn(text, "0123456789abcdefABCDEF") != SHA256_DIGITS) {
		bt_yaml_problem(
		    yaml, value, "%s \"%.80s\", expected 64 hexadecimal digits", key->name, text);
		return;
	}
	char *digits = strdup(text);
	for (char *c = digits; c != NULL && *c != '\0'; c++)
		*c = *c >= 'A' && *c <= 'F' ? (char)(*c - 'A' + 'a') : *c;
	bt_config_set_string(yaml, &feed->sha256, digits);
}

static void read_percent(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	static const char expected[] = "a share such as 50%";
	struct bt_config_feed *feed = to;
	const char *text = bt_yaml_text(yaml, value, expected);
	if (text == NULL)
		return;
	char *end;
	unsigned long percent = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || strcmp(end, "%") != 0 || percent > PERCENT)
		bt_yaml_problem(
		    yaml, value, "%s \"%.60s\", expected %s", key->name, text, expected);
	else
		feed->max_shrink = (unsigned)percent;
}

void bt_config_read_fetch(
    struct bt_yaml *yaml, const struct bt_yaml_key *key, yaml_node_t *value, void *to)
{
	static const struct bt_yaml_key keys[] = {
	    {"sha256", read_sha256, 0, NULL},
	    {"headers-file", bt_config_read_path, offsetof(struct bt_config_feed, headers_file),
		NULL},
	    {"ca-file", bt_config_read_path, offsetof(struct bt_config_feed, ca_file), NULL},
	    {"max-size", bt_config_read_size, offsetof(struct bt_config_feed, max_size), NULL},
	    {"timeout", bt_config_read_age, offsetof(struct bt_config_feed, timeout), NULL},
	    {"max-shrink", read_percent, 0, NULL},
	};
	struct bt_config_list *list = to;
	(void)key;
	bt_yaml_read_keys(yaml, value, keys, sizeof(keys) / sizeof(*keys), &list->feed);
}

/* The end of a URL's path, by which YAML is told. */
static bool is_yaml(const char *url)
{
	size_t size = strcspn(url, "?#");
	return (size > 5 && strncasecmp(url + size - 5, ".yaml", 5) == 0) ||
	       (size > 4 && strncasecmp(url + size - 4, ".yml", 4) == 0);
}

char *bt_config_feed_file(const struct bt_config *config, const struct bt_config_list *list)
{
	char name[sizeof(BT_FEEDS_FOLDER) + BT_LIST_NAME_MAX + sizeof("/.yaml")];
	snprintf(name, sizeof(name), "%s/%s%s", BT_FEEDS_FOLDER, list->name,
	    is_yaml(list->feed.url) ? ".yaml" : "");
	return bt_path_join(config->state_dir, name);
}
