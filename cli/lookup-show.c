/* SPDX-License-Identifier: BSD-3-Clause */
/* lookup-show.c -- what was found out about a name, in the formats of `beacontrap lookup` */

#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#include "escape.h"
#include "json.h"
#include "lookup.h"

static const char *const answers[] = {
    [BT_ACTION_SINKHOLE] = NULL, /* has addresses */
    [BT_ACTION_NXDOMAIN] = "NXDOMAIN",
    [BT_ACTION_NODATA] = "NODATA",
    [BT_ACTION_REFUSED] = "REFUSED",
    [BT_ACTION_DROP] = "none over UDP, REFUSED over TCP",
    [BT_ACTION_ALLOW] = "as without beacontrap; nothing is recorded",
    [BT_ACTION_LOG] = "as without beacontrap",
};

static void write_indicator(
    char text[static BT_TEXT_MAX + 1], const struct bt_explanation *told, unsigned labels)
{
	bt_key_to_text(text, told->key.bytes, bt_key_ancestor(&told->key, labels));
}

/* ---- text ---- */

static void show_pair(void *ctx, struct bt_pair pair)
{
	(void)ctx;
	fputs("      ", stdout);
	bt_put_escaped(stdout, pair.key);
	fputs(": ", stdout);
	bt_put_escaped(stdout, pair.value);
	putchar('\n');
}

static void show_holding(const struct bt_policy *policy, const struct bt_explanation *told,
    const struct bt_holding *holding)
{
	struct bt_list_info list = bt_policy_list(policy, holding->member.list);
	char name[BT_TEXT_MAX + 1], scope[BT_SCOPE_TEXT];

	write_indicator(name, told, holding->labels);
	printf("    %s: list ", name);
	bt_put_escaped(stdout, list.name);
	printf(", %s, %s%s\n", bt_action_name(list.action),
	    bt_scope_text(scope, holding->member.scope),
	    holding->decides    ? " -- decides"
	    : holding->excepted ? " -- the list excepts the name"
	    : holding->covers   ? ""
				: " -- does not cover it");
	bt_each_pair(policy, holding->member, show_pair, NULL);
}

/* The answer of a sinkhole to a question of this type; NULL: of any. */
static void show_sinkhole(const struct bt_sinkhole *sinkhole, const char *type)
{
	char text4[INET6_ADDRSTRLEN], text6[INET6_ADDRSTRLEN];
	const char *ipv4 = bt_sinkhole_address(sinkhole, AF_INET, text4);
	const char *ipv6 = bt_sinkhole_address(sinkhole, AF_INET6, text6);
	bool any = type == NULL || strcasecmp(type, "ANY") == 0;
	bool a = any || strcasecmp(type, "A") == 0, aaaa = any || strcasecmp(type, "AAAA") == 0;
	if (a)
		printf("A %s", ipv4 != NULL ? ipv4 : "NODATA");
	if (aaaa)
		printf("%sAAAA %s", a ? ", " : "", ipv6 != NULL ? ipv6 : "NODATA");
	if (type == NULL)
		fputs(", other types NODATA", stdout);
	if (!a && !aaaa) {
		bt_put_escaped(stdout, type);
		fputs(" NODATA", stdout);
	}
}

/* What is recorded of a hit, where that goes without saying only of an answer of ours. */
static void show_events(enum bt_events events, enum bt_action action)
{
	if (action == BT_ACTION_ALLOW)
		return;
	if (events == BT_EVENTS_COUNT)
		fputs("; the query is counted, and no event is kept", stdout);
	else if (events == BT_EVENTS_OFF)
		fputs("; nothing is recorded", stdout);
	else if (action == BT_ACTION_LOG)
		fputs("; the query is recorded", stdout);
}

static void show_answer(
    const struct bt_policy *policy, const struct bt_verdict *verdict, const char *type)
{
	const struct bt_list_info list = bt_policy_list(policy, verdict->by.list);
	const struct bt_sinkhole *sinkhole = list.sinkhole;
	fputs("  answer:\n    ", stdout);
	if (verdict->action == BT_ACTION_SINKHOLE)
		show_sinkhole(sinkhole, type);
	else
		fputs(answers[verdict->action], stdout);
	if (verdict->action <= BT_ACTION_NODATA)
		printf("; TTL %" PRIu32 " s", sinkhole->ttl);
	show_events(list.events, verdict->action);
	putchar('\n');
}

/* Whether an answer of ours is in the name's way. */
static bool is_stopped(const struct bt_verdict *verdict)
{
	return bt_is_hit(verdict) && verdict->action != BT_ACTION_LOG;
}

bool bt_lookup_text(
    const struct bt_policy *policy, const struct bt_explanation *told, const char *type)
{
	bool bold = bt_colour(stdout);
	char name[BT_TEXT_MAX + 1];

	write_indicator(name, told, told->key.labels);
	printf("%s%s: %s%s\n", bold ? "\033[1m" : "", name,
	    told->verdict.listed ? bt_action_name(told->verdict.action) : "not listed",
	    bold ? "\033[0m" : "");
	puts("  why:");
	for (unsigned i = 0; i < told->step_count; i++) {
		fputs("    ", stdout);
		bt_put_escaped(stdout, told->steps[i]);
		putchar('\n');
	}
	if (told->verdict.listed)
		show_answer(policy, &told->verdict, type);
	if (told->count > 0)
		puts("  indicators:");
	for (size_t i = 0; i < told->count; i++)
		show_holding(policy, told, &told->holdings[i]);
	if (is_stopped(&told->verdict))
		printf("  to let it through:\n    beacontrap allow %s\n", name);
	return true;
}

/* ---- json ---- */

static void add_pair(void *ctx, struct bt_pair pair)
{
	json_t **metadata = ctx;
	if (*metadata != NULL && !bt_json_add_pair(*metadata, pair)) {
		json_decref(*metadata);
		*metadata = NULL;
	}
}

static json_t *holding_object(const struct bt_policy *policy, const struct bt_explanation *told,
    const struct bt_holding *holding)
{
	struct bt_list_info list = bt_policy_list(policy, holding->member.list);
	json_t *metadata = json_object();
	char name[BT_TEXT_MAX + 1], scope[BT_SCOPE_TEXT];

	write_indicator(name, told, holding->labels);
	bt_each_pair(policy, holding->member, add_pair, &metadata);
	return json_pack("{ss so ss ss sb sb sb so}", "indicator", name, "list",
	    bt_json_text(list.name), "action", bt_action_name(list.action), "scope",
	    bt_scope_text(scope, holding->member.scope), "covers", holding->covers, "excepted",
	    holding->excepted, "decides", holding->decides, "metadata", metadata);
}

static json_t *answer_object(const struct bt_policy *policy, const struct bt_verdict *verdict)
{
	char ipv4[INET6_ADDRSTRLEN], ipv6[INET6_ADDRSTRLEN];

	if (!verdict->listed)
		return json_null();
	const struct bt_sinkhole *sinkhole = bt_policy_list(policy, verdict->by.list).sinkhole;
	if (verdict->action == BT_ACTION_SINKHOLE)
		return json_pack("{ss? ss? sI}", "A", bt_sinkhole_address(sinkhole, AF_INET, ipv4),
		    "AAAA", bt_sinkhole_address(sinkhole, AF_INET6, ipv6), "ttl",
		    (json_int_t)sinkhole->ttl);
	if (verdict->action <= BT_ACTION_NODATA)
		return json_pack("{sI}", "ttl", (json_int_t)sinkhole->ttl);
	return json_object();
}

bool bt_lookup_json(const struct bt_policy *policy, const struct bt_explanation *told)
{
	json_t *holdings = json_array(), *why = json_array();
	char name[BT_TEXT_MAX + 1];

	bool ok = holdings != NULL && why != NULL;
	for (size_t i = 0; ok && i < told->count; i++)
		ok = json_array_append_new(
			 holdings, holding_object(policy, told, &told->holdings[i])) == 0;
	for (unsigned i = 0; ok && i < told->step_count; i++)
		ok = json_array_append_new(why, bt_json_text(told->steps[i])) == 0;
	if (!ok) {
		json_decref(holdings);
		json_decref(why);
		return false;
	}
	write_indicator(name, told, told->key.labels);
	char unblock[BT_TEXT_MAX + 32];
	snprintf(unblock, sizeof(unblock), "beacontrap allow %s", name);
	return bt_json_write(stdout,
	    json_pack("{ss sb ss? so so so ss?}", "name", name, "listed", told->verdict.listed,
		"action", told->verdict.listed ? bt_action_name(told->verdict.action) : NULL,
		"indicators", holdings, "why", why, "answer", answer_object(policy, &told->verdict),
		"unblock", is_stopped(&told->verdict) ? unblock : NULL));
}
