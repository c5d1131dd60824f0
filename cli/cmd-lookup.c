/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-lookup.c -- which indicators cover a name, which one decides, and why */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "explain.h"
#include "lookup.h"
#include "timestamp.h"

enum { TRIE, FORMAT, NAMES, CLIENT, TYPE };

static const struct bt_option options[] = {
    [TRIE] = {"trie", "TRIE", "look in this file, not in STATE/beacontrap.trie", 't'},
    [FORMAT] = {"format", "FORMAT", "text (default) or json", 'f'},
    [NAMES] = {"file", "NAMES", "look up the names in this file, one a line; -: standard input", 0},
    [CLIENT] = {"client", "ADDRESS", "what this client gets; without it, one of no group", 0},
    [TYPE] = {"type", "TYPE", "the answer to a question of this type, as A, AAAA or HTTPS", 0},
    {NULL, NULL, NULL, 0},
};

bool bt_is_hit(const struct bt_verdict *verdict)
{
	return verdict->listed && verdict->action != BT_ACTION_ALLOW;
}

struct bt_question bt_ask(const struct bt_asker *asker, const struct bt_key *key)
{
	struct bt_question question = {.key = key, .now = asker->now};
	memcpy(question.client, asker->client, sizeof(question.client));
	return question;
}

static enum bt_exit look_up(
    const struct bt_asker *asker, const struct bt_key *key, bool json, bool first)
{
	const struct bt_policy *policy = bt_trie_policy(asker->trie);
	const struct bt_question question = bt_ask(asker, key);
	struct bt_explanation *told;
	struct bt_err err;

	if (!bt_explain(&told, asker->trie, asker->decisions, &question, &err)) {
		bt_message("%s", err.text);
		return BT_EXIT_FAILED;
	}
	if (json && !first)
		puts(",");
	bool shown =
	    json ? bt_lookup_json(policy, told) : bt_lookup_text(policy, told, asker->type);
	enum bt_exit status = !shown                      ? BT_EXIT_FAILED
			      : bt_is_hit(&told->verdict) ? BT_EXIT_OK
							  : BT_EXIT_NO;
	if (!shown)
		bt_message("out of memory");
	bt_explanation_free(&told);
	return status;
}

/* The worst of what became of each. */
static enum bt_exit look_up_arguments(
    const struct bt_call *call, const struct bt_asker *asker, bool json)
{
	enum bt_exit worst = BT_EXIT_OK;
	struct bt_key key;
	for (int i = 0; i < call->arguments && bt_read_name(&key, call->argument[i]); i++) {
		enum bt_exit status = look_up(asker, &key, json, i == 0);
		worst = status > worst ? status : worst;
	}
	return worst;
}

/* Those beside the trie that is in force; a trie that was named stands alone. */
static bool open_decisions(const struct bt_call *call, struct bt_decisions **decisions)
{
	return call->option[TRIE] != NULL || bt_open_decisions(call, decisions);
}

/*
 * The trie that is in force. Where the file cannot be read, that is the one before it, as in the
 * resolver.
 */
static struct bt_trie *open_trie(const struct bt_call *call)
{
	struct bt_trie *trie = NULL;
	struct bt_err err, none;
	if (call->option[TRIE] != NULL)
		return bt_open_trie(call, call->option[TRIE]);
	char *path = bt_trie_path(call, NULL), *previous = NULL;
	if (path != NULL && !bt_trie_load(&trie, path, &err)) {
		bt_message("%s", err.text);
		if (asprintf(&previous, "%s.prev", path) >= 0 &&
		    bt_trie_load(&trie, previous, &none))
			bt_message("warning: this is what %s says, the last good one", previous);
	}
	free(previous);
	free(path);
	return trie;
}

static enum bt_exit run(const struct bt_call *call)
{
	const char *format = call->option[FORMAT] != NULL ? call->option[FORMAT] : "text";
	const char *names = call->option[NAMES];
	bool json = strcmp(format, "json") == 0;
	struct bt_key key;

	if (!json && strcmp(format, "text") != 0)
		return bt_usage(call, "there is no format '%s': expected text or json", format);
	if (call->arguments == 0 && names == NULL)
		return bt_usage(call, "lookup: expected NAME... or --file");
	if (call->arguments > 0 && names != NULL)
		return bt_usage(call, "lookup: NAMEs or --file, not both");
	for (int i = 0; i < call->arguments; i++)
		if (!bt_read_name(&key, call->argument[i]))
			return BT_EXIT_FAILED;
	struct bt_asker asker = {.now = bt_time_now() / 1000, .type = call->option[TYPE]};
	const char *client = call->option[CLIENT];
	if (client != NULL && !bt_address_read(asker.client, client))
		return bt_usage(call, "'%s' is no address", client);
	struct bt_trie *trie = open_trie(call);
	struct bt_decisions *decisions = NULL;
	if (trie == NULL || !open_decisions(call, &decisions)) {
		bt_trie_close(&trie);
		return BT_EXIT_FAILED;
	}
	asker.trie = trie;
	asker.decisions = decisions;

	fputs(json ? "{\"names\":[\n" : "", stdout);
	enum bt_exit status = names != NULL ? bt_lookup_file(&asker, names, json)
					    : look_up_arguments(call, &asker, json);
	fputs(json ? "\n]}\n" : "", stdout);
	bt_decisions_free(&decisions);
	bt_trie_close(&trie);
	return status;
}

const struct bt_command bt_cmd_lookup = {
    .name = "lookup",
    .arguments = "NAME... | --file NAMES",
    .summary = "Show which indicators cover a name, which one decides, and why",
    .options = options,
    .max_arguments = BT_ANY,
    .run = run,
};
