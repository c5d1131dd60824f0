/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-tail.c -- hits as they come, to look at or to ship */

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cli.h"
#include "tail-format.h"

enum { FOLLOW, FORMAT, CURSOR, SINCE, LIST, CLIENT, ZONE };

enum { LOOK_MS = 200 };

static const struct bt_option options[] = {
    [FOLLOW] = {"follow", NULL, "go on, and show hits as they come", 'f'},
    [FORMAT] = {"format", "FORMAT", "text (default), json or ecs", 0},
    [CURSOR] = {"cursor", "FILE", "go on where FILE says, and keep it up to date", 0},
    [SINCE] = {"since", "TIME", "only from then on: 7d, 2026-11-23, 2026-11-23T10:00", 's'},
    [LIST] = {"list", "NAME", "only hits that are credited to this list", 'l'},
    [CLIENT] = {"client", "NETWORK", "only clients in it", 0},
    [ZONE] = {"tz", "ZONE", "of --since and the text: UTC (default), +02:00, Europe/Berlin", 'z'},
    {NULL, NULL, NULL, 0},
};

/* What is shown, and how. */
struct showing {
	const struct bt_tail_format *format;
	struct bt_zone zone;
	int64_t since;
	const char *list;
	struct bt_network client;
	bool by_client, no_memory;
	bool saved; /* the cursor, once */
	uint64_t lines;
};

static volatile sig_atomic_t ending;

static void on_signal(int number)
{
	(void)number;
	ending = 1;
}

/* ---- what comes ---- */

static bool is_wanted(const struct showing *showing, const struct bt_tailed *tailed)
{
	const struct bt_event *event = &tailed->record->event;
	if (event->time < showing->since)
		return false;
	if (showing->by_client && !bt_network_has(&showing->client, event->client))
		return false;
	return showing->list == NULL ||
	       (tailed->policy != NULL && event->list < bt_policy_lists(tailed->policy) &&
		   strcmp(bt_policy_list(tailed->policy, event->list).name, showing->list) == 0);
}

static bool on_event(void *ctx, const struct bt_tailed *event)
{
	struct showing *showing = ctx;
	if (ending)
		return false; /* before it is shown, or it would be again next time */
	if (is_wanted(showing, event)) {
		showing->no_memory = !showing->format->event(stdout, event, &showing->zone);
		showing->lines++;
	}
	return !showing->no_memory && !ferror(stdout);
}

static bool on_lost(void *ctx, const struct bt_lost *lost)
{
	struct showing *showing = ctx;
	if (lost->time >= showing->since) {
		showing->no_memory = !showing->format->lost(stdout, lost, &showing->zone);
		showing->lines++;
	}
	return !showing->no_memory && !ferror(stdout);
}

static void on_problem(void *ctx, const char *text)
{
	(void)ctx;
	bt_message("warning: %s", text);
}

/* ---- looks ---- */

/* Lines first, and only when they are out of our hands the cursor: at least once, never less. */
static bool look(struct bt_tail *tail, struct showing *showing, const char *cursor)
{
	const struct bt_tail_visitor visitor = {on_event, on_lost, on_problem, showing};
	struct bt_err err;
	uint64_t before = showing->lines;
	if (!bt_tail_look(tail, &visitor, &err)) {
		bt_message("%s", err.text);
		return false;
	}
	if (showing->no_memory) {
		bt_message("out of memory");
		return false;
	}
	/* A write that failed took its lines with it: there may be nothing left to flush. */
	if (fflush(stdout) != 0 || ferror(stdout))
		return false; /* main() says why */
	if (cursor == NULL || (showing->saved && showing->lines == before))
		return true;
	showing->saved = bt_tail_save(tail, cursor, &err);
	if (!showing->saved)
		bt_message("%s", err.text);
	return showing->saved;
}

static enum bt_exit tail_folder(
    const struct bt_call *call, const char *folder, struct showing *showing)
{
	const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
	const char *cursor = call->option[CURSOR];
	struct bt_tail *tail;
	struct bt_err err;
	if (!bt_tail_new(&tail, folder, &err)) {
		bt_message("%s", err.text);
		return BT_EXIT_FAILED;
	}
	bool ok = cursor == NULL || bt_tail_load(tail, cursor, &err);
	if (!ok)
		bt_message("%s", err.text);
	ok = ok && look(tail, showing, cursor);
	while (ok && call->option[FOLLOW] != NULL && !ending) {
		(void)nanosleep(&pause, NULL); /* a signal ends it */
		ok = look(tail, showing, cursor);
	}
	bt_tail_free(&tail);
	return ok ? BT_EXIT_OK : BT_EXIT_FAILED;
}

/* ---- options ---- */

static bool read_options(const struct bt_call *call, struct showing *showing)
{
	static const struct bt_tail_format *const formats[] = {
	    &bt_tail_text, &bt_tail_json, &bt_tail_ecs};
	const char *format = call->option[FORMAT] != NULL ? call->option[FORMAT] : "text";
	const char *zone = call->option[ZONE] != NULL ? call->option[ZONE] : "UTC";
	struct bt_err err;
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (strcmp(formats[i]->name, format) == 0)
			showing->format = formats[i];
	if (showing->format == NULL) {
		bt_usage(call, "there is no format '%s': expected text, json or ecs", format);
		return false;
	}
	if (!bt_zone_read(&showing->zone, zone, &err)) {
		bt_usage(call, "--tz: %s", err.text);
		return false;
	}
	if (call->option[SINCE] != NULL && !bt_time_read(&showing->since, call->option[SINCE],
					       &showing->zone, bt_time_now(), &err)) {
		bt_usage(call, "--since: %s", err.text);
		return false;
	}
	showing->list = call->option[LIST];
	showing->by_client = call->option[CLIENT] != NULL;
	return !showing->by_client || bt_read_network(call, &showing->client, call->option[CLIENT]);
}

static enum bt_exit run(const struct bt_call *call)
{
	struct showing showing = {.since = INT64_MIN};
	/* A line that waits for its reader is written to its end; only the pause is cut short. */
	const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct stat st;
	if (!read_options(call, &showing))
		return BT_EXIT_FAILED;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (call->arguments > 0) {
		if (stat(call->argument[0], &st) == 0 && S_ISDIR(st.st_mode))
			return tail_folder(call, call->argument[0], &showing);
		bt_message("%s: is no folder", call->argument[0]);
		return BT_EXIT_FAILED;
	}
	struct bt_config *config = bt_open_config(call);
	if (config == NULL)
		return BT_EXIT_FAILED;
	enum bt_exit status = tail_folder(call, config->state_dir, &showing);
	bt_config_free(&config);
	return status;
}

const struct bt_command bt_cmd_tail = {
    .name = "tail",
    .arguments = "[DIR]",
    .summary = "Show hits, one a line, as they come",
    .options = options,
    .max_arguments = 1,
    .run = run,
};
