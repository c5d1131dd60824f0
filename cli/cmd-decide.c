/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-decide.c -- what is decided here and now: to allow or block a name, to pause */

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "decide.h"
#include "escape.h"
#include "timestamp.h"

enum { CLIENT, REASON, FOR };

static const struct bt_option name_options[] = {
    [CLIENT] = {"client", "NETWORK", "for these clients alone, an address or 10.1.0.0/16", 0},
    [REASON] = {"reason", "TEXT", "why: kept with the decision, and shown", 0},
    [FOR] = {"for", "TIME", "ends by itself after 30s, 10m, 2h, 7d, 2w; without it, never", 0},
    {NULL, NULL, NULL, 0},
};

static const struct bt_option pause_options[] = {
    [CLIENT] = {"client", "NETWORK", "for these clients alone, an address or 10.1.0.0/16", 0},
    [REASON] = {"reason", "TEXT", "why: kept with the decision, and shown", 0},
    {NULL, NULL, NULL, 0},
};

/* Whoever became root to do it. */
static const char *author(void)
{
	const char *name = getenv("SUDO_USER");
	if (name != NULL && name[0] != '\0')
		return name;
	const struct passwd *user = getpwuid(getuid());
	return user != NULL ? user->pw_name : "";
}

static bool is_line(const char *text)
{
	size_t length = 0;
	for (; text[length] != '\0'; length++)
		if ((unsigned char)text[length] < ' ' || text[length] == 127)
			return false;
	return length > 0 && length <= BT_REASON_MAX;
}

/* What both have: when it ends, for whom, why. False after a message. */
static bool read_terms(const struct bt_call *call, const char *length, struct bt_decision *decision)
{
	const char *client = call->option[CLIENT], *reason = call->option[REASON];
	decision->at = bt_time_now() / 1000;
	if (length != NULL) {
		int64_t milliseconds;
		if (!bt_duration_read(&milliseconds, length) || milliseconds < 1000) {
			bt_usage(call,
			    "'%s' is no length of time: expected a number with s, m, h, d or w",
			    length);
			return false;
		}
		decision->until = decision->at + milliseconds / 1000;
	}
	if (client != NULL && !bt_read_network(call, &decision->client, client))
		return false;
	if (reason != NULL && !is_line(reason)) {
		bt_usage(call, "the reason: expected one line of at most %d octets", BT_REASON_MAX);
		return false;
	}
	decision->author = author();
	decision->reason = reason != NULL ? reason : "";
	return true;
}

static void show(const struct bt_decision *decision)
{
	char text[BT_TEXT_MAX + 1] = "", until[BT_TIME_TEXT], client[BT_NETWORK_TEXT];
	if (decision->kind == BT_DECIDED_PAUSE) {
		fputs("paused: what would be stopped passes, and is recorded", stdout);
	} else {
		bt_key_to_text(text, decision->key.bytes, decision->key.len);
		printf("%s and all below it: %s", text,
		    decision->kind == BT_DECIDED_ALLOW ? "allowed" : "blocked");
	}
	if (decision->client.bits > 0) {
		bt_network_write(client, &decision->client);
		printf(" for %s", client);
	}
	if (decision->until != 0)
		printf(", until %s", bt_time_rfc3339(until, decision->until * 1000));
	puts("\n"
	     "in force within 2 seconds where the resolver runs; `beacontrap overrides` lists what "
	     "was decided");
}

static enum bt_exit keep(const struct bt_call *call, const struct bt_decision *decision)
{
	struct bt_err err;
	char *path = bt_decisions_path(call);
	if (path == NULL)
		return BT_EXIT_FAILED;
	bool kept = bt_decide(path, decision, &err);
	free(path);
	if (!kept) {
		bt_message("%s", err.text);
		return BT_EXIT_FAILED;
	}
	show(decision);
	return BT_EXIT_OK;
}

/* All of a country, or everything: perhaps what is wanted, and more likely a slip. */
static void warn_of_much(const struct bt_decision *decision)
{
	if (decision->key.labels < 2)
		bt_message("warning: this is about every name below a top-level one; `beacontrap "
			   "overrides --remove` takes it back");
}

static enum bt_exit decide(const struct bt_call *call, enum bt_decided kind)
{
	struct bt_decision decision = {.kind = kind};
	if (!bt_read_name(&decision.key, call->argument[0]) ||
	    !read_terms(call, call->option[FOR], &decision))
		return BT_EXIT_FAILED;
	warn_of_much(&decision);
	return keep(call, &decision);
}

static enum bt_exit allow(const struct bt_call *call)
{
	return decide(call, BT_DECIDED_ALLOW);
}

static enum bt_exit block(const struct bt_call *call)
{
	return decide(call, BT_DECIDED_BLOCK);
}

static enum bt_exit pause_(const struct bt_call *call)
{
	struct bt_decision decision = {.kind = BT_DECIDED_PAUSE};
	return read_terms(call, call->argument[0], &decision) ? keep(call, &decision)
							      : BT_EXIT_FAILED;
}

const struct bt_command bt_cmd_allow = {
    .name = "allow",
    .arguments = "NAME",
    .summary = "Let a name and all below it through, whatever lists say",
    .options = name_options,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = allow,
};

const struct bt_command bt_cmd_block = {
    .name = "block",
    .arguments = "NAME",
    .summary = "Block a name and all below it, whatever lists say",
    .options = name_options,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = block,
};

const struct bt_command bt_cmd_pause = {
    .name = "pause",
    .arguments = "TIME",
    .summary = "For a while only record what would be stopped",
    .options = pause_options,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = pause_,
};
