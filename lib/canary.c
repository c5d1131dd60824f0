/* SPDX-License-Identifier: BSD-3-Clause */
/* canary.c -- what the plugin says of itself, as an answer to a question of DNS */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "canary.h"

void bt_canary_write(
    char text[static BT_CANARY_STRINGS][BT_CANARY_TEXT], const struct bt_canary *canary)
{
	snprintf(text[0], BT_CANARY_TEXT, "version=%s", canary->version);
	snprintf(text[1], BT_CANARY_TEXT, "digest=%016" PRIx64, canary->digest);
	snprintf(text[2], BT_CANARY_TEXT, "names=%" PRIu64, canary->names);
	snprintf(text[3], BT_CANARY_TEXT, "enabled=%s", canary->enabled ? "yes" : "no");
}

static bool is_key(const char *text, size_t size, const char *key)
{
	return strlen(key) == size && memcmp(text, key, size) == 0;
}

bool bt_canary_read(struct bt_canary *canary, const char *text)
{
	const char *value = strchr(text, '=');
	if (value == NULL)
		return false;
	size_t size = (size_t)(value++ - text);
	if (is_key(text, size, "version"))
		snprintf(canary->version, sizeof(canary->version), "%s", value);
	else if (is_key(text, size, "digest"))
		canary->digest = strtoull(value, NULL, 16);
	else if (is_key(text, size, "names"))
		canary->names = strtoull(value, NULL, 10);
	else if (is_key(text, size, "enabled"))
		canary->enabled = strcmp(value, "yes") == 0;
	return true;
}
