/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-hunt.c -- who asked for what is listed, by the query logs of other tools */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "argument-lists.h"
#include "cli.h"
#include "log.h"
#include "report-options.h"
#include "trie-names.h"

enum { TRIE = BT_REPORT_OWN, LOG_FORMAT, YEAR };

static const struct bt_option options[] = {
    BT_REPORT_OPTIONS,
    [TRIE] = {"trie", "FILE", "look for what is in this trie, instead of LISTs", 't'},
    [LOG_FORMAT] = {"log-format", "FORMAT", "of the LOGs, where it is not to be told by looking",
	0},
    [YEAR] = {"year", "YEAR", "of times in LOGs that say none; by default, the last possible one",
	0},
    {NULL, NULL, NULL, 0},
};

struct hunt {
	const struct bt_trie *trie;
	const struct bt_policy *policy;
	struct bt_report *report;
	struct bt_log_options log;
	uint64_t queries, hits, bad;
	unsigned files;
	bool failed; /* a file could not be read, or not to its end */
	bool no_memory;
};

/* ---- questions ---- */

/* As the resolver would have recorded it. */
static bool add_hit(struct hunt *hunt, const struct bt_log_query *query,
    const struct bt_verdict *verdict, const struct bt_match *matches, unsigned count)
{
	struct bt_event event = {
	    .time = query->time,
	    .policy = bt_trie_digest(hunt->trie),
	    .qtype = query->qtype,
	    .qclass = 1,
	    .list = verdict->by.list,
	    .action = (uint8_t)verdict->action,
	    .labels = verdict->labels,
	    .matched = BT_MATCHED_NAME,
	    .key_size = query->key.len,
	};
	memcpy(event.client, query->client, sizeof(event.client));
	memcpy(event.key, query->key.bytes, query->key.len);
	bt_event_note_matches(&event, hunt->policy, verdict, matches, count, query->key.labels);
	hunt->hits++;
	hunt->no_memory = !bt_report_add(hunt->report, hunt->policy, &event);
	return !hunt->no_memory;
}

static bool on_query(void *ctx, const struct bt_log_query *query)
{
	struct hunt *hunt = ctx;
	struct bt_match matches[BT_MATCHES_MAX];
	unsigned count = bt_trie_match(hunt->trie, &query->key, matches);
	if (count == 0)
		return true;
	unsigned group = bt_policy_group(hunt->policy, query->client);
	const struct bt_verdict verdict =
	    bt_policy_decide(hunt->policy, group, matches, count, query->key.labels);
	return !verdict.listed || verdict.action == BT_ACTION_ALLOW ||
	       add_hit(hunt, query, &verdict, matches, count);
}

/* ---- logs ---- */

static const char *file_name(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* What a log was read as, and what of it could not be. */
static void say_stats(const char *path, const struct bt_log_stats *stats)
{
	if (stats->format == NULL && stats->refused)
		return; /* which was said */
	if (stats->format == NULL)
		bt_message("%s: empty", file_name(path));
	else
		bt_message("%s: %s, %" PRIu64 " %ss, %" PRIu64 " queries", file_name(path),
		    stats->format, stats->records, stats->unit, stats->queries);
	if (stats->bad > 0)
		bt_message("%s: %" PRIu64 " bad %s%s, the first is %s %" PRIu64 ": %s",
		    file_name(path), stats->bad, stats->unit, stats->bad == 1 ? "" : "s",
		    stats->unit, stats->first_bad, stats->reason);
}

static bool read_log(struct hunt *hunt, const char *path, struct bt_log_stats *stats)
{
	struct bt_err err;
	bool read = bt_log_read(path, &hunt->log, stats, &err);
	if (!read) {
		bt_message("%s", err.text);
		hunt->failed = true;
	}
	hunt->files++;
	hunt->queries += stats->queries;
	hunt->bad += stats->bad;
	const struct bt_report_source source = {
	    stats->first, stats->last, stats->queries, stats->bad};
	if (!hunt->no_memory)
		hunt->no_memory = !bt_report_add_source(hunt->report, hunt->policy, &source);
	if (hunt->no_memory)
		bt_message("out of memory");
	return !hunt->no_memory;
}

/* The rows, and then what they were made of: who looks at a terminal sees it, a pipe does not. */
static enum bt_exit hunt_logs(
    struct hunt *hunt, struct bt_report_call *made, const struct bt_call *call)
{
	char *const *logs = call->argument + (call->before > 0 ? call->before : 0);
	int count = (int)(call->argument + call->arguments - logs);
	struct bt_log_stats *stats = calloc((size_t)count, sizeof(*stats));
	bool read = stats != NULL;
	for (int i = 0; read && i < count; i++)
		read = read_log(hunt, logs[i], &stats[i]);
	enum bt_exit status = read ? bt_report_show(made, call, hunt->report) : BT_EXIT_FAILED;
	fflush(stdout);
	for (int i = 0; read && i < count; i++)
		say_stats(logs[i], &stats[i]);
	free(stats);
	if (read)
		bt_message("%u file%s, %" PRIu64 " queries, %" PRIu64 " hits, %" PRIu64
			   " bad lines",
		    hunt->files, hunt->files == 1 ? "" : "s", hunt->queries, hunt->hits, hunt->bad);
	return hunt->failed ? BT_EXIT_FAILED : status;
}

/* ---- all of it ---- */

static bool add_indicator(void *ctx, const uint8_t *key, size_t size, uint32_t class_id)
{
	const struct hunt *hunt = ctx;
	return bt_report_add_indicator(hunt->report, hunt->policy, key, size, class_id);
}

static bool add_all(struct hunt *hunt)
{
	struct bt_err err;
	bool stopped = false;
	if (bt_trie_each(hunt->trie, add_indicator, hunt, &stopped, &err) && !stopped)
		return true;
	bt_message("%s", stopped ? "out of memory" : err.text);
	return false;
}

static enum bt_exit hunt_for(struct bt_trie *trie, struct bt_report_call *made,
    const struct bt_call *call, int format, int year)
{
	struct hunt hunt = {.trie = trie, .policy = bt_trie_policy(trie)};
	enum bt_exit status = BT_EXIT_FAILED;
	struct bt_err err;
	hunt.log = (struct bt_log_options){.format = format,
	    .named_zone = made->view.zone.named,
	    .offset = made->view.zone.offset,
	    .year = year,
	    .query = on_query,
	    .ctx = &hunt};
	if (!bt_report_new(&hunt.report, &made->view.options, &err)) {
		bt_message("%s", err.text);
		return BT_EXIT_FAILED;
	}
	if (made->view.context) /* else the answers' TTL would be shown, and nobody got any */
		made->view.policy = hunt.policy;
	if (!made->view.all || add_all(&hunt))
		status = hunt_logs(&hunt, made, call);
	bt_report_free(&hunt.report);
	return status;
}

/* -1: it is none; 0: nobody says. */
static int read_year(const char *text)
{
	enum { FIRST = 1970, LAST = 9999 };
	char *end;
	if (text == NULL)
		return 0;
	long year = strtol(text, &end, 10);
	return *text < '1' || *text > '9' || *end != '\0' || year < FIRST || year > LAST
		   ? -1
		   : (int)year;
}

/* False after a message. */
static bool check_usage(const struct bt_call *call, int format)
{
	const char *path = call->option[TRIE];
	if (call->option[LOG_FORMAT] != NULL && format < 0)
		bt_usage(call, "there is no log format '%s': expected " BT_LOG_FORMATS,
		    call->option[LOG_FORMAT]);
	else if (read_year(call->option[YEAR]) < 0)
		bt_usage(call, "'%s' is no year: expected 1970 to 9999", call->option[YEAR]);
	else if (path == NULL && call->before <= 0)
		bt_usage(call, "hunt: expected LISTs, then --, then LOGs; or --trie FILE");
	else if (path != NULL && call->before > 0)
		bt_usage(call, "hunt: LISTs and --trie exclude each other");
	else if (call->before == call->arguments || call->arguments == 0)
		bt_usage(call, "hunt: there are no LOGs");
	else
		return true;
	return false;
}

static enum bt_exit run(const struct bt_call *call)
{
	const char *path = call->option[TRIE], *name = call->option[LOG_FORMAT];
	int format = name == NULL ? BT_LOG_AUTO : bt_log_format_from_name(name);
	int year = read_year(call->option[YEAR]);
	struct bt_report_call made;
	if (!check_usage(call, format) || !bt_report_options_read(&made, call))
		return BT_EXIT_FAILED;
	struct bt_trie *trie = path != NULL ? bt_open_trie(call, path)
					    : bt_argument_trie(call->argument,
						  (unsigned)call->before, BT_ACTION_LOG, true);
	enum bt_exit status =
	    trie == NULL ? BT_EXIT_FAILED : hunt_for(trie, &made, call, format, year);
	bt_trie_close(&trie);
	bt_report_options_free(&made);
	return status;
}

const struct bt_command bt_cmd_hunt = {
    .name = "hunt",
    .arguments = "LIST... -- LOG...",
    .summary = "Report who asked for what is listed, by the query logs of other tools",
    .options = options,
    .max_arguments = BT_ANY,
    .run = run,
};
