/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-export.c -- indicators in the languages of other products */

#include <stdlib.h>
#include <string.h>

#include "argument-lists.h"
#include "cli.h"
#include "export.h"
#include "trie-names.h"

enum { AS, TRIE };

static const struct bt_option options[] = {
    [AS] = {"as", "DIALECT",
	"falcon-event-search, falcon-ltr, falcon-ltr-files, splunk, kql, esql, sigma, rpz, hosts "
	"or domains",
	0},
    [TRIE] = {"trie", "TRIE", "export this file, not STATE/beacontrap.trie", 't'},
    {NULL, NULL, NULL, 0},
};

/* Of names with other characters than letters, digits, '-' and '_' no query is made. */
enum { PLAIN_NAMES, ALL_NAMES };

static const struct dialect {
	const char *name;
	bt_export *write;
	int takes;
} dialects[] = {
    {"falcon-event-search", bt_export_falcon_event_search, PLAIN_NAMES},
    {"falcon-ltr", bt_export_falcon_ltr, PLAIN_NAMES},
    {"falcon-ltr-files", bt_export_falcon_ltr_files, PLAIN_NAMES},
    {"splunk", bt_export_splunk, PLAIN_NAMES},
    {"kql", bt_export_kql, PLAIN_NAMES},
    {"esql", bt_export_esql, PLAIN_NAMES},
    {"sigma", bt_export_sigma, PLAIN_NAMES},
    {"rpz", bt_export_rpz, ALL_NAMES},
    {"hosts", bt_export_hosts, PLAIN_NAMES},
    {"domains", bt_export_domains, ALL_NAMES},
};

/* ---- gathering ---- */

struct names {
	const struct bt_trie *trie;
	const struct bt_policy *policy;
	const struct dialect *dialect;
	size_t odd; /* that are left out */
	struct bt_exported_name *list;
	size_t count, room;
};

/* A listed name. */
struct listed {
	struct bt_key key;
	uint32_t class_id;
};

static bool has_exception(const struct bt_policy *policy, uint32_t class_id)
{
	for (unsigned i = bt_policy_class_size(policy, class_id); i-- > 0;)
		if (bt_scope_excepted(bt_policy_member(policy, class_id, i).scope) != 0)
			return true;
	return false;
}

/*
 * What is done about a name with so many labels, which is this one or below it. Where lists have
 * exceptions, names above and below say something, too: what is taken out of its list is allowed.
 */
static enum bt_action decide(
    const struct names *names, const struct listed *listed, unsigned labels, unsigned *list)
{
	const struct bt_policy *policy = names->policy;
	struct bt_match matches[BT_MATCHES_MAX] = {
	    {.class_id = listed->class_id, .labels = listed->key.labels}};
	struct bt_verdict verdict = bt_policy_decide(policy, 0, matches, 1, labels);
	*list = verdict.by.list;
	bool excepts = has_exception(policy, listed->class_id);
	if (!bt_policy_excepts(policy) || (!verdict.listed && !excepts))
		return verdict.listed ? verdict.action : BT_ACTION_NONE;
	unsigned count = bt_trie_match(names->trie, &listed->key, matches);
	verdict = bt_policy_decide(policy, 0, matches, count, labels);
	*list = verdict.by.list;
	return verdict.listed ? verdict.action : BT_ACTION_ALLOW;
}

static bool is_plain(const char *text)
{
	return text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_.")] == '\0';
}

static bool add_name(void *ctx, const uint8_t *key, size_t size, uint32_t class_id)
{
	struct names *names = ctx;
	char text[BT_TEXT_MAX + 1];
	struct listed listed = {
	    .key = {.len = (uint8_t)size, .labels = (uint8_t)bt_key_labels(key, size)},
	    .class_id = class_id};
	unsigned labels = listed.key.labels;
	memcpy(listed.key.bytes, key, size);
	bt_key_to_text(text, key, size);
	if (names->dialect->takes == PLAIN_NAMES && !is_plain(text)) {
		names->odd++;
		return true;
	}
	if (names->count == names->room) {
		size_t room = names->room == 0 ? 256 : 2 * names->room;
		struct bt_exported_name *more = realloc(names->list, room * sizeof(*more));
		if (more == NULL)
			return false;
		names->list = more;
		names->room = room;
	}
	struct bt_exported_name *name = &names->list[names->count];
	name->own = decide(names, &listed, labels, &name->own_list);
	name->below = decide(names, &listed, labels + 1, &name->below_list);
	name->text = strdup(text);
	return name->text != NULL && ++names->count > 0;
}

static int by_text(const void *a, const void *b)
{
	const struct bt_exported_name *left = a, *right = b;
	return strcmp(left->text, right->text);
}

static enum bt_exit export_trie(const struct bt_trie *trie, const struct dialect *dialect)
{
	struct names names = {.trie = trie, .policy = bt_trie_policy(trie), .dialect = dialect};
	bool stopped = false;
	struct bt_err err;
	bool ok = bt_trie_each(trie, add_name, &names, &stopped, &err);
	if (!ok || stopped)
		bt_message("%s", ok ? "out of memory" : err.text);
	ok = ok && !stopped;
	if (ok) {
		if (names.count > 0)
			qsort(names.list, names.count, sizeof(*names.list), by_text);
		const struct bt_exported exported = {names.policy, names.list, names.count};
		dialect->write(stdout, &exported);
		if (names.odd > 0)
			bt_message("note: names with other characters than letters, digits, '-' "
				   "and '_' are "
				   "left out: %zu",
			    names.odd);
	}
	for (size_t i = 0; i < names.count; i++)
		free(names.list[i].text);
	free(names.list);
	return ok ? BT_EXIT_OK : BT_EXIT_FAILED;
}

static enum bt_exit run(const struct bt_call *call)
{
	const struct dialect *dialect = NULL;
	if (call->option[AS] == NULL)
		return bt_usage(call, "export: expected --as DIALECT");
	for (size_t i = 0; i < sizeof(dialects) / sizeof(*dialects); i++)
		if (strcmp(dialects[i].name, call->option[AS]) == 0)
			dialect = &dialects[i];
	if (dialect == NULL)
		return bt_usage(call, "export: there is no dialect '%s'", call->option[AS]);
	if (call->arguments > 0 && call->option[TRIE] != NULL)
		return bt_usage(call, "export: --trie or LISTs, not both");
	struct bt_trie *trie = call->arguments > 0
				   ? bt_argument_trie(call->argument, (unsigned)call->arguments,
					 BT_ACTION_SINKHOLE, false)
				   : bt_open_trie(call, call->option[TRIE]);
	if (trie == NULL)
		return BT_EXIT_FAILED;
	enum bt_exit status = export_trie(trie, dialect);
	bt_trie_close(&trie);
	return status;
}

const struct bt_command bt_cmd_export = {
    .name = "export",
    .arguments = "[LIST...]",
    .summary = "Write indicators as queries or lists for other products",
    .options = options,
    .max_arguments = BT_ANY,
    .run = run,
};
