/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * report-options.h -- the options of the subcommands that print report rows, and their output
 *
 * Such a subcommand begins its table of options with BT_REPORT_OPTIONS; its own follow from
 * BT_REPORT_OWN on.
 *
 * Threads: one thread.
 */
#ifndef BT_REPORT_OPTIONS_H
#define BT_REPORT_OPTIONS_H

#include "cli.h"
#include "identities.h"
#include "out.h"

enum {
	BT_REPORT_FORMAT,
	BT_REPORT_BY,
	BT_REPORT_WIDE,
	BT_REPORT_ENDPOINTS,
	BT_REPORT_ALL,
	BT_REPORT_SINCE,
	BT_REPORT_UNTIL,
	BT_REPORT_ZONE,
	BT_REPORT_LIST,
	BT_REPORT_UNDER,
	BT_REPORT_CLIENT,
	BT_REPORT_ACTION,
	BT_REPORT_MIN_ENDPOINTS,
	BT_REPORT_SORT,
	BT_REPORT_LIMIT,
	BT_REPORT_CREDITED,
	BT_REPORT_BASELINE,
	BT_REPORT_AS_OF,
	BT_REPORT_IDENTITIES,
	BT_REPORT_FOLD,
	BT_REPORT_CONTEXT,
	BT_REPORT_LIVE,
	BT_REPORT_FAIL_ON_HITS,
	BT_REPORT_OWN,
};

/* clang-format off */
#define BT_REPORT_OPTIONS \
	[BT_REPORT_FORMAT] = {"format", "FORMAT", BT_OUT_NAMES " (default: table)", 'f'}, \
	[BT_REPORT_BY] = {"by", "WHAT", "rows by indicator (default), list, campaign, family, client, qname or day", 'b'}, \
	[BT_REPORT_WIDE] = {"wide", NULL, "more columns: status, days, rhythm, lists, campaign, ...", 'w'}, \
	[BT_REPORT_ENDPOINTS] = {"endpoints", NULL, "show who asked, under each row", 'e'}, \
	[BT_REPORT_ALL] = {"all", NULL, "also indicators that nobody asked for", 'a'}, \
	[BT_REPORT_SINCE] = {"since", "TIME", "only from then on: 7d, 2026-11-23, 2026-11-23T10:00", 's'}, \
	[BT_REPORT_UNTIL] = {"until", "TIME", "only before then", 'u'}, \
	[BT_REPORT_ZONE] = {"tz", "ZONE", "of times for people and in options: UTC (default), +02:00, Europe/Berlin", 'z'}, \
	[BT_REPORT_LIST] = {"list", "NAME", "only hits with a match in this list", 'l'}, \
	[BT_REPORT_UNDER] = {"domain", "NAME", "only indicators that are this name or below it", 'd'}, \
	[BT_REPORT_CLIENT] = {"client", "NETWORK", "only clients in it", 0}, \
	[BT_REPORT_ACTION] = {"action", "ACTION", "only hits with this action: sinkhole, nxdomain, ..., log", 0}, \
	[BT_REPORT_MIN_ENDPOINTS] = {"min-endpoints", "N", "only rows with so many endpoints or more", 0}, \
	[BT_REPORT_SORT] = {"sort", "COLUMN", "endpoints (default), hits, first, last or name", 0}, \
	[BT_REPORT_LIMIT] = {"limit", "N", "only the first N rows", 0}, \
	[BT_REPORT_CREDITED] = {"credited", NULL, "by list, campaign, family: only the deciding match counts", 0}, \
	[BT_REPORT_BASELINE] = {"baseline", "TIME", "with --wide: endpoints not seen before then are new", 0}, \
	[BT_REPORT_AS_OF] = {"as-of", "TIME", "what is active, and what does not run, as of then (default: now)", 0}, \
	[BT_REPORT_IDENTITIES] = {"identities", "FILE,...", "count devices: leases of dnsmasq, hosts files, CSV (ip,from,to,device)", 0}, \
	[BT_REPORT_FOLD] = {"fold-ipv6", NULL, "IPv6 addresses count by their first 64 bits", 0}, \
	[BT_REPORT_CONTEXT] = {"context", NULL, "show what the lists say of themselves", 0}, \
	[BT_REPORT_LIVE] = {"live-names", NULL, "markdown and html: names as they are, not evil[.]com", 0}, \
	[BT_REPORT_FAIL_ON_HITS] = {"fail-on-hits", NULL, "exit with status 1 if there are hits", 0}
/* clang-format on */

/* What the options point to. */
struct bt_report_call {
	const struct bt_out *out;
	struct bt_view view;
	char domain[BT_TEXT_MAX + 1];
	struct bt_network client;
	struct bt_identities *identities; /* NULL: none */
};

/* Frees what the options brought. */
void bt_report_options_free(struct bt_report_call *made);

/* Reads the options into *call, which must stay where it is. False after a message. */
bool bt_report_options_read(struct bt_report_call *made, const struct bt_call *call);

/*
 * Computes the rows of what was read, and writes them to standard output; problems go to standard
 * error.
 */
enum bt_exit bt_report_show(
    struct bt_report_call *made, const struct bt_call *call, struct bt_report *report);

#endif
