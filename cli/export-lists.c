/* SPDX-License-Identifier: BSD-3-Clause */
/* export-lists.c -- indicators as lists that resolvers read */

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "export.h"

/* ---- a response policy zone (draft-vixie-dnsop-dns-rpz) ---- */

/* A name may be too long to stand in a zone, below it. */
enum { OWNER_MAX = 240 /* characters */ };

static void put_addresses(
    FILE *out, const struct bt_exported *exported, const char *owner, unsigned list)
{
	const struct bt_sinkhole *sinkhole = bt_policy_list(exported->policy, list).sinkhole;
	char text[INET6_ADDRSTRLEN];
	const char *ipv4 = bt_sinkhole_address(sinkhole, AF_INET, text);
	if (ipv4 != NULL)
		fprintf(out, "%s %" PRIu32 " A %s\n", owner, sinkhole->ttl, ipv4);
	const char *ipv6 = bt_sinkhole_address(sinkhole, AF_INET6, text);
	if (ipv6 != NULL)
		fprintf(out, "%s %" PRIu32 " AAAA %s\n", owner, sinkhole->ttl, ipv6);
	if (ipv4 == NULL && ipv6 == NULL)
		fprintf(out, "%s CNAME *.\n", owner);
}

/* False: a zone cannot say it. */
static bool put_rule(FILE *out, const struct bt_exported *exported, const char *owner,
    enum bt_action action, unsigned list)
{
	static const char *const targets[BT_ACTIONS] = {
	    [BT_ACTION_NXDOMAIN] = ".",
	    [BT_ACTION_NODATA] = "*.",
	    [BT_ACTION_DROP] = "rpz-drop.",
	    [BT_ACTION_ALLOW] = "rpz-passthru.",
	};
	if (action == BT_ACTION_NONE)
		return true;
	if (action == BT_ACTION_SINKHOLE)
		put_addresses(out, exported, owner, list);
	else if (targets[action] != NULL)
		fprintf(out, "%s CNAME %s\n", owner, targets[action]);
	return action == BT_ACTION_SINKHOLE || targets[action] != NULL;
}

void bt_export_rpz(FILE *out, const struct bt_exported *exported)
{
	size_t left_out = 0;
	fputs("$TTL 60\n"
	      "@ SOA localhost. hostmaster.localhost. 1 3600 600 86400 60\n"
	      "@ NS localhost.\n",
	    out);
	for (size_t i = 0; i < exported->count; i++) {
		const struct bt_exported_name *name = &exported->names[i];
		char below[OWNER_MAX + 8];
		if (strlen(name->text) > OWNER_MAX) {
			left_out++;
			continue;
		}
		snprintf(below, sizeof(below), "*.%s", name->text);
		left_out += !put_rule(out, exported, name->text, name->own, name->own_list);
		left_out += !put_rule(out, exported, below, name->below, name->below_list);
	}
	if (left_out > 0)
		bt_message(
		    "note: %zu rules are left out: a zone cannot say `refused` and `log`, nor "
		    "hold names of more than %d characters",
		    left_out, OWNER_MAX);
}

/* ---- hosts files ---- */

void bt_export_hosts(FILE *out, const struct bt_exported *exported)
{
	bool below = false, other = false;
	for (size_t i = 0; i < exported->count; i++) {
		const struct bt_exported_name *name = &exported->names[i];
		char text[INET6_ADDRSTRLEN];
		below |= bt_is_hunted(name->below);
		if (!bt_is_hunted(name->own))
			continue;
		const struct bt_sinkhole *sinkhole =
		    bt_policy_list(exported->policy, name->own_list).sinkhole;
		const char *address = bt_sinkhole_address(sinkhole, AF_INET, text);
		other |= name->own != BT_ACTION_SINKHOLE || address == NULL;
		fprintf(out, "%s %s\n", address == NULL ? "0.0.0.0" : address, name->text);
	}
	if (below)
		bt_message("note: a hosts file has whole names: names below the listed ones pass");
	if (other)
		bt_message("note: a hosts file knows no other action than an address");
}

/* ---- one name a line ---- */

void bt_export_domains(FILE *out, const struct bt_exported *exported)
{
	bool exact = false;
	for (size_t i = 0; i < exported->count; i++) {
		const struct bt_exported_name *name = &exported->names[i];
		bool own = bt_is_hunted(name->own), below = bt_is_hunted(name->below);
		exact |= own != below;
		if (own || below)
			fprintf(out, "%s\n", name->text);
	}
	if (exact)
		bt_message(
		    "note: a list of domains says nothing of scopes: each is read as the name "
		    "and all below it");
}
