/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-doctor.c -- is the whole set-up working? */

#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "timestamp.h"

enum { SERVER, FORMAT };

static const struct bt_option options[] = {
    [SERVER] = {"server", "ADDRESS", "the resolver to ask, ADDRESS[@PORT] (default: 127.0.0.1@53)",
	's'},
    [FORMAT] = {"format", "FORMAT", "text (default) or json", 'f'},
    {NULL, NULL, NULL, 0},
};

/* In this order, for each may use what those before it have read. */
static const struct {
	const char *name;
	bool anyway; /* also without a configuration */
	void (*check)(struct bt_doctor *doctor);
} checks[] = {
    {"configuration", true, bt_check_configuration},
    {"trie", false, bt_check_trie},
    {"policy", false, bt_check_policy},
    {"list", false, bt_check_lists},
    {"decisions", false, bt_check_decisions},
    {"module", true, bt_check_module},
    {"status", false, bt_check_status},
    {"unbound", true, bt_check_unbound},
    {"events", false, bt_check_events},
    {"clients", false, bt_check_clients},
    {"clock", true, bt_check_clock},
    {"disk", false, bt_check_disk},
    {"permissions", false, bt_check_permissions},
};

static void make_checks(struct bt_doctor *doctor)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		doctor->check = checks[i].name;
		doctor->now = bt_time_now();
		if (doctor->config != NULL || checks[i].anyway)
			checks[i].check(doctor);
	}
}

static enum bt_exit show(const struct bt_doctor *doctor, bool json)
{
	bool ok = !doctor->no_memory;
	if (json)
		ok = bt_findings_json(doctor) && ok;
	else
		bt_findings_text(doctor);
	if (!ok) {
		bt_message("out of memory");
		return BT_EXIT_FAILED;
	}
	return bt_findings_worst(doctor) == BT_HEALTH_FAIL ? BT_EXIT_NO : BT_EXIT_OK;
}

static enum bt_exit run(const struct bt_call *call)
{
	const char *format = call->option[FORMAT] != NULL ? call->option[FORMAT] : "text";
	const char *server = call->option[SERVER] != NULL ? call->option[SERVER] : "127.0.0.1@53";
	struct bt_doctor doctor = {.config_path = bt_config_path(call->config)};
	bool json = strcmp(format, "json") == 0;
	if (!json && strcmp(format, "text") != 0)
		return bt_usage(call, "there is no format '%s': expected text or json", format);
	if (!bt_server_read(&doctor.server, server))
		return bt_usage(call, "--server: '%s' is not ADDRESS or ADDRESS@PORT", server);
	make_checks(&doctor);
	enum bt_exit status = show(&doctor, json);
	bt_findings_free(&doctor);
	bt_trie_close(&doctor.trie);
	free(doctor.trie_path);
	bt_config_free(&doctor.config);
	return status;
}

const struct bt_command bt_cmd_doctor = {
    .name = "doctor",
    .arguments = "",
    .summary = "Check the whole set-up, end to end, and say what to do",
    .options = options,
    .run = run,
};
