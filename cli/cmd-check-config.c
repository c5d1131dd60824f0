/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-check-config.c -- everything that is wrong with the configuration, at once */

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "compile.h"
#include "escape.h"

static const struct bt_option options[] = {
    {NULL, NULL, NULL, 0},
};

/* What is wrong with a list's file, without reading it; NULL: nothing. */
static const char *wrong_with(const char *file)
{
	struct stat st;
	if (stat(file, &st) < 0 || access(file, R_OK) < 0)
		return strerror(errno);
	if (S_ISDIR(st.st_mode))
		return "is a folder, not a file";
	if (!S_ISREG(st.st_mode))
		return "is not a regular file";
	return st.st_size == 0 ? "is empty" : NULL;
}

static bool check_lists(const struct bt_config *config)
{
	bool ok = true;
	for (unsigned i = 0; i < config->list_count; i++) {
		const struct bt_config_list *list = &config->lists[i];
		bool awaited = bt_list_is_awaited(list);
		const char *wrong = awaited ? NULL : wrong_with(list->file);
		if (awaited)
			bt_message(
			    "list '%s': not fetched yet (`beacontrap update`): empty", list->name);
		else if (wrong != NULL)
			bt_message("list '%s': %s: %s", list->name, list->file, wrong);
		ok = ok && wrong == NULL;
	}
	return ok;
}

static void show_text(const char *label, const char *text)
{
	printf("  %-12s", label);
	bt_put_escaped(stdout, text);
	putchar('\n');
}

static void show_answer(const struct bt_sinkhole *sinkhole)
{
	char text4[INET6_ADDRSTRLEN], text6[INET6_ADDRSTRLEN];
	const char *ipv4 = bt_sinkhole_address(sinkhole, AF_INET, text4);
	const char *ipv6 = bt_sinkhole_address(sinkhole, AF_INET6, text6);

	printf("A %s, AAAA %s, TTL %" PRIu32 " s", ipv4 != NULL ? ipv4 : "NODATA",
	    ipv6 != NULL ? ipv6 : "NODATA", sinkhole->ttl);
}

static void show_sinkhole(const struct bt_sinkhole *sinkhole)
{
	static const char *const ede[] = {
	    [BT_EDE_OFF] = "off", [BT_EDE_CODE] = "code", [BT_EDE_TEXT] = "text"};

	printf("  %-12s", "sinkhole");
	show_answer(sinkhole);
	printf(", EDE %s\n", ede[sinkhole->ede]);
}

static bool same_answer(const struct bt_sinkhole *a, const struct bt_sinkhole *b)
{
	return a->ttl == b->ttl && a->has_ipv4 == b->has_ipv4 && a->has_ipv6 == b->has_ipv6 &&
	       (!a->has_ipv4 || memcmp(a->ipv4, b->ipv4, sizeof(a->ipv4)) == 0) &&
	       (!a->has_ipv6 || memcmp(a->ipv6, b->ipv6, sizeof(a->ipv6)) == 0);
}

/* With its own answer, where it has one. */
static void show_list(const struct bt_config *config, const struct bt_config_list *list)
{
	fputs("    ", stdout);
	bt_put_escaped(stdout, list->name);
	printf(": %s", bt_action_name(list->action));
	if (!same_answer(&list->sinkhole, &config->sinkhole)) {
		fputs(" (", stdout);
		show_answer(&list->sinkhole);
		putchar(')');
	}
	fputs(", ", stdout);
	bt_put_escaped(stdout, list->file);
	putchar('\n');
}

/* A group's lists that are in force, with their actions, if these are not simply all. */
static void show_in_force(const struct bt_config *config, const struct bt_config_clients *clients)
{
	unsigned none = 0, own = 0;
	for (unsigned i = 0; i < config->list_count; i++) {
		none += clients->actions[i] == BT_ACTION_NONE;
		own += clients->actions[i] == config->lists[i].action;
	}
	if (own == config->list_count || none == config->list_count) {
		fputs(own == config->list_count ? "all lists" : "no list", stdout);
		return;
	}
	const char *before = "";
	for (unsigned i = 0; i < config->list_count; i++) {
		if (clients->actions[i] == BT_ACTION_NONE)
			continue;
		fputs(before, stdout);
		bt_put_escaped(stdout, config->lists[i].name);
		printf(" %s", bt_action_name(clients->actions[i]));
		before = ", ";
	}
}

static void show_clients(const struct bt_config *config)
{
	if (config->clients_count > 0)
		printf("  %-12s%u\n", "clients", config->clients_count);
	for (unsigned i = 0; i < config->clients_count; i++) {
		const struct bt_config_clients *clients = &config->clients[i];
		fputs("    ", stdout);
		bt_put_escaped(stdout, clients->name);
		printf(": %u network%s, ", clients->network_count,
		    clients->network_count == 1 ? "" : "s");
		show_in_force(config, clients);
		putchar('\n');
	}
	if (config->forwarder_count > 0)
		printf("  %-12s%u\n", "forwarders", config->forwarder_count);
	for (unsigned i = 0; i < config->forwarder_count; i++) {
		char text[BT_NETWORK_TEXT];
		bt_network_write(text, &config->forwarders[i]);
		printf("    %s\n", text);
	}
}

static void show_summary(const struct bt_config *config)
{
	bt_put_escaped(stdout, config->path);
	puts(": ok");
	show_text("state-dir", config->state_dir);
	show_text(
	    "run-dir", config->run_dir != NULL ? config->run_dir : "(in the state directory)");
	show_text("resolver-id",
	    config->resolver_id != NULL ? config->resolver_id : "(made at the first start)");
	show_text("enabled", config->enabled ? "yes" : "no");
	show_sinkhole(&config->sinkhole);
	printf("  %-12s%u\n", "lists", config->list_count);
	for (unsigned i = 0; i < config->list_count; i++)
		show_list(config, &config->lists[i]);
	show_clients(config);
}

static enum bt_exit run(const struct bt_call *call)
{
	struct bt_config *config = bt_open_config(call);
	if (config == NULL) /* a message said what is wrong with it, or with reading it */
		return wrong_with(bt_config_path(call->config)) == NULL ? BT_EXIT_NO
									: BT_EXIT_FAILED;
	enum bt_exit status = check_lists(config) ? BT_EXIT_OK : BT_EXIT_NO;
	if (status == BT_EXIT_OK)
		show_summary(config);
	bt_config_free(&config);
	return status;
}

const struct bt_command bt_cmd_check_config = {
    .name = "check-config",
    .arguments = "",
    .summary = "Check the configuration: all of its problems at once",
    .options = options,
    .run = run,
};
