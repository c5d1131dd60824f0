/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * export-queries.c -- indicators as hunting queries of other products
 *
 * Each counts endpoints, with first and last seen, by domain, where its language can.
 */

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "cli.h"
#include "export.h"

bool bt_is_hunted(enum bt_action action)
{
	return action != BT_ACTION_NONE && action != BT_ACTION_ALLOW;
}

/* What of the names a query asks for. */
enum which { WHOLE_TREE, NAME_ALONE, ONLY_BELOW, ANY };

static bool is_of(const struct bt_exported_name *name, enum which which)
{
	bool own = bt_is_hunted(name->own), below = bt_is_hunted(name->below);
	switch (which) {
	case WHOLE_TREE:
		return own && below;
	case NAME_ALONE:
		return own && !below;
	case ONLY_BELOW:
		return below && !own;
	default:
		return own || below;
	}
}

static size_t count_of(const struct bt_exported *exported, enum which which)
{
	size_t count = 0;
	for (size_t i = 0; i < exported->count; i++)
		count += is_of(&exported->names[i], which);
	return count;
}

/* The names, each between `before` and `after`, and `between` between them. */
static void put_names(FILE *out, const struct bt_exported *exported, enum which which,
    const char *before, const char *after, const char *between,
    void (*put)(FILE *out, const char *text))
{
	bool first = true;
	for (size_t i = 0; i < exported->count; i++) {
		if (!is_of(&exported->names[i], which))
			continue;
		fputs(first ? "" : between, out);
		fputs(before, out);
		put(out, exported->names[i].text);
		fputs(after, out);
		first = false;
	}
}

static void put_plain(FILE *out, const char *text)
{
	fputs(text, out);
}

/* In a regular expression in a string, where a backslash has to be escaped itself. */
static void put_pattern(FILE *out, const char *text)
{
	for (; *text != '\0'; text++)
		fprintf(out, *text == '.' ? "\\\\%c" : "%c", *text);
}

/* The queries of a vendor's that know no subtrees. */
static void warn_of_subtrees(const struct bt_exported *exported)
{
	if (count_of(exported, WHOLE_TREE) + count_of(exported, ONLY_BELOW) > 0)
		bt_message("note: this language compares whole names, so that names below the "
			   "listed ones are not found");
}

/* ---- CrowdStrike Falcon ---- */

void bt_export_falcon_event_search(FILE *out, const struct bt_exported *exported)
{
	warn_of_subtrees(exported);
	fputs("event_simpleName=DnsRequest DomainName IN (", out);
	put_names(out, exported, ANY, "", "", ", ", put_plain);
	fputs(")\n"
	      "| stats dc(aid) as endpointCount, earliest(ContextTimeStamp_decimal) as firstSeen, "
	      "latest(ContextTimeStamp_decimal) as lastSeen by DomainName\n"
	      "| convert ctime(firstSeen) ctime(lastSeen)\n",
	    out);
}

void bt_export_falcon_ltr(FILE *out, const struct bt_exported *exported)
{
	warn_of_subtrees(exported);
	fputs("#event_simpleName=DnsRequest\n| in(DomainName, values=[", out);
	put_names(out, exported, ANY, "", "", ", ", put_plain);
	fputs("])\n"
	      "| groupBy([DomainName], function=([count(aid, distinct=true, as=endpointCount), "
	      "min(ContextTimeStamp, as=firstSeen), max(ContextTimeStamp, as=lastSeen)]))\n"
	      "| firstSeen := firstSeen * 1000 | formatTime(format=\"%F %T.%L\", field=firstSeen, "
	      "as=\"firstSeen\")\n"
	      "| lastSeen := lastSeen * 1000 | formatTime(format=\"%F %T.%L\", field=lastSeen, "
	      "as=\"lastSeen\")\n"
	      "| sort(endpointCount, order=desc)\n",
	    out);
}

/* A product's name in a pattern; "DesktopApp" may be "Desktop App" elsewhere. */
static void put_product(FILE *out, const char *product)
{
	for (const char *at = product; *at != '\0'; at++) {
		bool border = at > product && isupper((unsigned char)*at) &&
			      (islower((unsigned char)at[-1]) || islower((unsigned char)at[1]));
		if (isspace((unsigned char)*at)) {
			fputs("\\s?", out);
			continue;
		}
		fputs(border && !isspace((unsigned char)at[-1]) ? "\\s?" : "", out);
		fprintf(out, isalnum((unsigned char)*at) ? "%c" : "\\%c", *at);
	}
}

/* Calls each() for every value of that key in the lists' metadata. */
static size_t each_value(const struct bt_exported *exported, const char *key, FILE *out,
    void (*each)(FILE *out, const char *value, bool first))
{
	size_t count = 0;
	for (unsigned i = 0; i < bt_policy_lists(exported->policy); i++) {
		uint32_t meta = bt_policy_list(exported->policy, i).meta;
		for (unsigned j = 0; j < bt_policy_meta_size(exported->policy, meta); j++) {
			struct bt_pair pair = bt_policy_pair(exported->policy, meta, j);
			if (strcmp(pair.key, key) != 0)
				continue;
			if (each != NULL)
				each(out, pair.value, count == 0);
			count++;
		}
	}
	return count;
}

static void put_images(FILE *out, const char *product, bool first)
{
	fputs(first ? "" : " OR ", out);
	fputs("(event_platform=Win ImageFileName=/\\\\", out);
	put_product(out, product);
	fputs("\\.exe$/i) OR (event_platform=Mac ImageFileName=/\\/", out);
	put_product(out, product);
	fputs("/i)", out);
}

/* A value goes on after the hash: with the file's name, and a note. */
static void put_hash(FILE *out, const char *value, bool first)
{
	fprintf(out, "%s%.*s", first ? "" : ", ", (int)strcspn(value, " "), value);
}

void bt_export_falcon_ltr_files(FILE *out, const struct bt_exported *exported)
{
	size_t products = each_value(exported, "product", NULL, NULL);
	size_t hashes = each_value(exported, "sha256", NULL, NULL);
	if (products + hashes == 0) {
		bt_message("the lists name no product and no file hashes in their context");
		return;
	}
	fputs("#event_simpleName=/^(PeVersionInfo|ProcessRollup2)$/ AND (", out);
	each_value(exported, "product", out, put_images);
	if (hashes > 0) {
		fputs(products > 0 ? " OR in(SHA256HashData, values=["
				   : "in(SHA256HashData, values=[",
		    out);
		each_value(exported, "sha256", out, put_hash);
		fputs("])", out);
	}
	fputs(")\n| ImageFileName = /.+(\\\\|\\/)(?<FileName>.+)$/i\n"
	      "| groupBy([event_platform, FileName, SHA256HashData], "
	      "function=count(aid, distinct=true, as=endpointCount))\n",
	    out);
}

/* ---- Splunk: the Network Resolution data model's fields ---- */

void bt_export_splunk(FILE *out, const struct bt_exported *exported)
{
	fputs("tag=network tag=resolution tag=dns (", out);
	put_names(out, exported, WHOLE_TREE, "query=\"", "\"", " OR ", put_plain);
	fputs(count_of(exported, WHOLE_TREE) > 0 ? " OR " : "", out);
	put_names(out, exported, WHOLE_TREE, "query=\"*.", "\"", " OR ", put_plain);
	fputs(
	    count_of(exported, WHOLE_TREE) > 0 && count_of(exported, NAME_ALONE) > 0 ? " OR " : "",
	    out);
	put_names(out, exported, NAME_ALONE, "query=\"", "\"", " OR ", put_plain);
	fputs(count_of(exported, ONLY_BELOW) < count_of(exported, ANY) &&
		      count_of(exported, ONLY_BELOW) > 0
		  ? " OR "
		  : "",
	    out);
	put_names(out, exported, ONLY_BELOW, "query=\"*.", "\"", " OR ", put_plain);
	fputs(")\n"
	      "| eval DomainName=lower(rtrim(query, \".\"))\n"
	      "| stats dc(src) as endpointCount, count as hits, min(_time) as firstSeen, "
	      "max(_time) as lastSeen by DomainName\n"
	      "| sort - endpointCount\n"
	      "| convert timeformat=\"%F %T\" ctime(firstSeen) ctime(lastSeen)\n",
	    out);
}

/* ---- Kusto: Microsoft Sentinel's normalised DNS events (ASIM) ---- */

void bt_export_kql(FILE *out, const struct bt_exported *exported)
{
	fputs("let indicators = datatable(DomainName: string, Own: bool, Below: bool) [\n", out);
	put_names(out, exported, WHOLE_TREE, "    \"", "\", true, true,\n", "", put_plain);
	put_names(out, exported, NAME_ALONE, "    \"", "\", true, false,\n", "", put_plain);
	put_names(out, exported, ONLY_BELOW, "    \"", "\", false, true,\n", "", put_plain);
	fputs("];\n"
	      "_Im_Dns(domain_has_any = toscalar(indicators | summarize make_list(DomainName)))\n"
	      "| extend Labels = split(tolower(trim_end(@\"\\.\", DnsQuery)), \".\")\n"
	      "| mv-expand Level = range(0, array_length(Labels) - 1) to typeof(int)\n"
	      "| extend DomainName = strcat_array(array_slice(Labels, Level, -1), \".\")\n"
	      "| join kind=inner indicators on DomainName\n"
	      "| where (Level == 0 and Own) or (Level > 0 and Below)\n"
	      "| summarize endpointCount = count_distinct(SrcIpAddr), hits = count(), "
	      "firstSeen = min(TimeGenerated), lastSeen = max(TimeGenerated) by DomainName\n"
	      "| sort by endpointCount desc, DomainName asc\n",
	    out);
}

/* ---- ES|QL over the Elastic Common Schema ---- */

void bt_export_esql(FILE *out, const struct bt_exported *exported)
{
	static const struct {
		enum which which;
		const char *before;
	} parts[] = {{WHOLE_TREE, "(.*\\\\.)?("}, {NAME_ALONE, "("}, {ONLY_BELOW, ".*\\\\.("}};
	bool first = true;
	fputs("FROM logs-*\n| EVAL DomainName = TO_LOWER(dns.question.name)\n| WHERE ", out);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (count_of(exported, parts[i].which) == 0)
			continue;
		fprintf(out, "%sDomainName RLIKE \"%s", first ? "" : "\n    OR ", parts[i].before);
		put_names(out, exported, parts[i].which, "", "", "|", put_pattern);
		fputs(")\"", out);
		first = false;
	}
	fputs("\n"
	      "| STATS endpointCount = COUNT_DISTINCT(source.ip), hits = COUNT(*), "
	      "firstSeen = MIN(@timestamp), lastSeen = MAX(@timestamp) BY DomainName\n"
	      "| SORT endpointCount DESC, DomainName\n",
	    out);
}

/* ---- Sigma (https://sigmahq.io/docs/basics/rules.html) ---- */

/* A rule's id follows from its names: the same list is the same rule. */
static void put_id(FILE *out, const struct bt_exported *exported)
{
	XXH3_state_t *state = XXH3_createState();
	if (state == NULL)
		return;
	XXH3_128bits_reset(state);
	for (size_t i = 0; i < exported->count; i++)
		XXH3_128bits_update(
		    state, exported->names[i].text, strlen(exported->names[i].text) + 1);
	XXH128_hash_t hash = XXH3_128bits_digest(state);
	XXH3_freeState(state);
	/* as a UUID of version 8 (RFC 9562, 5.8) */
	fprintf(out,
	    "id: %08" PRIx64 "-%04" PRIx64 "-8%03" PRIx64 "-%04" PRIx64 "-%012" PRIx64 "\n",
	    hash.high64 >> 32, hash.high64 >> 16 & 0xffff, hash.high64 & 0xfff,
	    (hash.low64 >> 48 & 0x3fff) | 0x8000, hash.low64 & UINT64_C(0xffffffffffff));
}

static void put_selection(
    FILE *out, const struct bt_exported *exported, const char *key, const char *dot, bool own)
{
	bool any = false;
	for (size_t i = 0; i < exported->count; i++) {
		const struct bt_exported_name *name = &exported->names[i];
		if (!bt_is_hunted(own ? name->own : name->below))
			continue;
		if (!any)
			fprintf(out, "    %s:\n", key);
		any = true;
		fprintf(out, "            - '%s%s'\n", dot, name->text);
	}
}

void bt_export_sigma(FILE *out, const struct bt_exported *exported)
{
	bool own = count_of(exported, ANY) > count_of(exported, ONLY_BELOW);
	bool below = count_of(exported, ANY) > count_of(exported, NAME_ALONE);
	fputs("title: DNS query for a listed domain\n", out);
	put_id(out, exported);
	fputs("status: experimental\n"
	      "description: A client asked for a domain name that is an indicator of compromise.\n"
	      "logsource:\n    category: dns\n"
	      "detection:\n",
	    out);
	if (own) {
		fputs("    names:\n    ", out);
		put_selection(out, exported, "query", "", true);
	}
	if (below) {
		fputs("    below:\n    ", out);
		put_selection(out, exported, "query|endswith", ".", false);
	}
	fprintf(out,
	    "    condition: %s\n"
	    "fields:\n    - src_ip\n    - query\n"
	    "falsepositives:\n    - The names are sinkholed or were taken over since.\n"
	    "level: high\n",
	    own && below ? "names or below"
	    : own        ? "names"
			 : "below");
}
