/* SPDX-License-Identifier: BSD-3-Clause */
/* vet.c -- which indicators of a list count, whatever format they came in */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vet.h"

enum { UNKNOWN = 101 /* a confidence */ };

void bt_vet_begin(
    struct bt_vet *vet, const struct bt_guard *guard, const struct bt_config *config, int64_t now)
{
	time_t seconds = (time_t)now;
	struct tm tm;
	*vet = (struct bt_vet){.guard = guard, .config = config, .confidence = UNKNOWN};
	if (gmtime_r(&seconds, &tm) == NULL ||
	    strftime(vet->now, sizeof(vet->now), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		vet->now[0] = '\0'; /* before everything */
}

static bool is_taking(unsigned action)
{
	return action < BT_ACTIONS && action != BT_ACTION_ALLOW && action != BT_ACTION_LOG;
}

void bt_vet_list(struct bt_vet *vet, const struct bt_config_list *list, unsigned number)
{
	const struct bt_config *config = vet->config;
	vet->list = list;
	vet->takes_away = is_taking(list->action);
	for (unsigned i = 0; config != NULL && i < config->clients_count; i++)
		vet->takes_away |= is_taking(config->clients[i].actions[number]);
	vet->expires[0] = '\0';
	vet->confidence = UNKNOWN;
}

static const char *find(const struct bt_pair *pairs, unsigned count, const char *key)
{
	for (unsigned i = 0; i < count; i++)
		if (strcmp(pairs[i].key, key) == 0)
			return pairs[i].value;
	return NULL;
}

static unsigned read_confidence(const char *text)
{
	unsigned long confidence = strtoul(text, NULL, 10);
	return confidence < UNKNOWN ? (unsigned)confidence : UNKNOWN;
}

void bt_vet_meta(struct bt_vet *vet, const struct bt_pair *pairs, unsigned count)
{
	const char *expires = find(pairs, count, "expires"),
		   *confidence = find(pairs, count, "confidence");
	if (expires != NULL && strlen(expires) < sizeof(vet->expires))
		strcpy(vet->expires, expires);
	if (confidence != NULL)
		vet->confidence = read_confidence(confidence);
}

/* Both are in UTC, and in the order of time as texts. A day ends with itself. */
static bool is_over(const struct bt_vet *vet, const char *expires)
{
	return expires[0] != '\0' && strncmp(expires, vet->now, strlen(expires)) < 0;
}

static bool is_accepted(const struct bt_config_list *list, const struct bt_key *key)
{
	for (unsigned i = 0; i < list->accepted.count; i++) {
		const struct bt_key *accepted = &list->accepted.keys[i];
		if (accepted->len == key->len && memcmp(accepted->bytes, key->bytes, key->len) == 0)
			return true;
	}
	return false;
}

/* What lets pass, or only looks, takes nothing offline. */
static const char *refuse(const struct bt_vet *vet, const struct bt_entry *entry)
{
	const struct bt_config_list *list = vet->list;
	if (vet->guard == NULL || entry->except || !vet->takes_away)
		return NULL;
	const char *reason =
	    bt_guard_refuses(vet->guard, entry->key, list->scope != 0 ? list->scope : entry->scope);
	return reason == NULL || is_accepted(list, entry->key) ? NULL : reason;
}

const char *bt_vet_entry(const struct bt_vet *vet, const struct bt_entry *entry, bool *refused)
{
	const char *expires = find(entry->pairs, entry->pair_count, "expires"),
		   *confidence = find(entry->pairs, entry->pair_count, "confidence");
	*refused = false;
	if (is_over(vet, expires != NULL ? expires : vet->expires))
		return "an indicator that has expired";
	if ((confidence != NULL ? read_confidence(confidence) : vet->confidence) <
	    vet->list->min_confidence)
		return "a confidence below the list's min-confidence";
	const char *reason = refuse(vet, entry);
	*refused = reason != NULL;
	return reason;
}
