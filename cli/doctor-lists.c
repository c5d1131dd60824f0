/* SPDX-License-Identifier: BSD-3-Clause */
/* doctor-lists.c -- configuration, lists, the trie that they became, and what was decided here */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compile.h"
#include "doctor.h"
#include "due.h"
#include "timestamp.h"
#include "trie-names.h"

/* ---- the configuration ---- */

void bt_check_configuration(struct bt_doctor *doctor)
{
	struct bt_err err;
	if (!bt_config_load(&doctor->config, doctor->config_path, NULL, NULL, &err)) {
		doctor->config = NULL;
		bt_found(doctor, BT_HEALTH_FAIL, "%s", err.text);
		bt_advise(doctor, "`beacontrap check-config` shows all problems; a resolver that "
				  "runs goes on with what it has, and does not start again");
		return;
	}
	bt_found(doctor, BT_HEALTH_OK, "%s: %u list%s", doctor->config->path,
	    doctor->config->list_count, doctor->config->list_count == 1 ? "" : "s");
	if (!doctor->config->enabled) {
		bt_found(doctor, BT_HEALTH_WARN, "enabled: false: every name passes");
		bt_advise(doctor, "take it out, and run `beacontrap compile`");
	}
}

/* ---- the trie ---- */

void bt_check_trie(struct bt_doctor *doctor)
{
	struct bt_err err;
	char ago[64];
	doctor->trie_path = bt_doctor_path(doctor, doctor->config->state_dir, BT_TRIE_FILE);
	if (doctor->trie_path == NULL)
		return;
	(void)stat(doctor->trie_path, &doctor->trie_stat); /* what fails here fails to load */
	if (!bt_trie_load(&doctor->trie, doctor->trie_path, &err) ||
	    (!bt_trie_check(doctor->trie, &err) && !bt_fail_in(&err, "%s", doctor->trie_path))) {
		bt_trie_close(&doctor->trie); /* NULL where it did not load */
		bt_found(doctor, BT_HEALTH_FAIL, "%s", err.text);
		bt_advise(doctor, "run `beacontrap compile`; until then the resolver keeps what it "
				  "has loaded, and if it starts anew what was in force before");
		return;
	}
	bt_found(doctor, BT_HEALTH_OK, "%s: %" PRIu64 " names, digest %016" PRIx64 ", written %s",
	    doctor->trie_path, bt_trie_names(doctor->trie), bt_trie_digest(doctor->trie),
	    bt_ago(ago, doctor, (int64_t)doctor->trie_stat.st_mtime * 1000));
}

/* ---- lists ---- */

/* What is wrong with a list's file; NULL: nothing. */
static const char *wrong_with(const char *file, struct stat *st)
{
	if (stat(file, st) != 0 || access(file, R_OK) != 0)
		return strerror(errno);
	if (!S_ISREG(st->st_mode))
		return "is not a regular file";
	return st->st_size == 0 ? "is empty" : NULL;
}

static void check_list(struct bt_doctor *doctor, const struct bt_config_list *list)
{
	struct stat st;
	char ago[64];
	if (bt_list_is_awaited(list)) {
		bt_found(doctor, BT_HEALTH_WARN, "%s: not fetched yet: empty", list->name);
		bt_advise(doctor, "run `beacontrap update`");
		return;
	}
	const char *wrong = wrong_with(list->file, &st);
	if (wrong != NULL) {
		bt_found(doctor, BT_HEALTH_FAIL, "%s: %s: %s", list->name, list->file, wrong);
		bt_advise(doctor, "put it there or take it out of the configuration: nothing new "
				  "compiles before");
		return;
	}
	bt_ago(ago, doctor, (int64_t)st.st_mtime * 1000);
	const struct bt_policy *policy = doctor->trie != NULL ? bt_trie_policy(doctor->trie) : NULL;
	int number = policy != NULL ? bt_policy_find_list(policy, list->name) : -1;
	if (number < 0) {
		bt_found(doctor, BT_HEALTH_OK, "%s: changed %s", list->name, ago);
		return;
	}
	struct bt_list_info in = bt_policy_list(policy, (unsigned)number);
	bool due = bt_is_due(&in, &st, &doctor->trie_stat);
	bt_found(doctor, due ? BT_HEALTH_WARN : BT_HEALTH_OK,
	    "%s: %" PRIu64 " entries in the trie, %s, changed %s%s", list->name, in.entries,
	    bt_action_name(in.action), ago, due ? ", is not what was compiled" : "");
	if (due)
		bt_advise(doctor, "run `beacontrap compile`");
}

void bt_check_lists(struct bt_doctor *doctor)
{
	for (unsigned i = 0; i < doctor->config->list_count; i++)
		check_list(doctor, &doctor->config->lists[i]);
}

/* ---- decisions ---- */

static void tell_pause(struct bt_doctor *doctor, const struct bt_decision *pause)
{
	char client[BT_NETWORK_TEXT], until[BT_TIME_TEXT] = "for good";
	bt_network_write(client, &pause->client);
	if (pause->until != 0)
		bt_time_rfc3339(until, pause->until * 1000);
	bt_found(doctor, BT_HEALTH_WARN,
	    "paused for %s until %s: every name passes, and is recorded",
	    pause->client.bits > 0 ? client : "everybody", until);
	bt_advise(doctor, "`beacontrap overrides --resume` ends it");
}

void bt_check_decisions(struct bt_doctor *doctor)
{
	struct bt_decisions *decisions;
	struct bt_err err;
	unsigned count[BT_DECIDED_KINDS] = {0};
	char *path = bt_doctor_path(doctor, doctor->config->state_dir, BT_DECISIONS_FILE);
	if (path == NULL)
		return;
	bool loaded = bt_decisions_load(&decisions, path, &err);
	free(path);
	if (!loaded) {
		bt_found(doctor, BT_HEALTH_FAIL, "%s", err.text);
		bt_advise(doctor, "repair the file: until then a running resolver keeps what it "
				  "read before, and one that starts has none");
		return;
	}
	for (unsigned i = 0; i < decisions->count; i++) {
		const struct bt_decision *decision = &decisions->list[i];
		if (!bt_decision_holds(decision, doctor->now / 1000))
			continue;
		count[decision->kind]++;
		if (decision->kind == BT_DECIDED_PAUSE)
			tell_pause(doctor, decision);
	}
	bt_found(doctor, BT_HEALTH_OK, "%u allowed and %u blocked here", count[BT_DECIDED_ALLOW],
	    count[BT_DECIDED_BLOCK]);
	bt_decisions_free(&decisions);
}
