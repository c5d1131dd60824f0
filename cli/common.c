/* SPDX-License-Identifier: BSD-3-Clause */
/* common.c -- what every subcommand does the same way */

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"
#include "escape.h"
#include "file.h"
#include "refang.h"

__attribute__((format(printf, 1, 0))) static void say(const char *format, va_list args)
{
	char *text;
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	fputs("beacontrap: ", stderr);
	bt_put_escaped(stderr, text != NULL ? text : "out of memory");
	fputc('\n', stderr);
	free(text);
}

void bt_message(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say(format, args);
	va_end(args);
}

enum bt_exit bt_usage(const struct bt_call *call, const char *format, ...)
{
	if (format != NULL) {
		va_list args;
		va_start(args, format);
		say(format, args);
		va_end(args);
	}
	fprintf(stderr, "Try 'beacontrap %s%s--help'.\n",
	    call->command != NULL ? call->command->name : "", call->command != NULL ? " " : "");
	return BT_EXIT_FAILED;
}

static void show_problem(void *ctx, const char *text)
{
	*(bool *)ctx = true;
	bt_message("%s", text);
}

struct bt_config *bt_open_config(const struct bt_call *call)
{
	struct bt_config *config;
	struct bt_err err;
	bool shown = false;

	if (bt_config_load(&config, bt_config_path(call->config), show_problem, &shown, &err))
		return config;
	if (!shown)
		bt_message("%s", err.text);
	return NULL;
}

/* A file in the configured state directory. */
static char *state_path(const struct bt_call *call, const char *name)
{
	struct bt_config *config = bt_open_config(call);
	if (config == NULL)
		return NULL;
	char *path = bt_path_join(config->state_dir, name);
	bt_config_free(&config);
	if (path == NULL)
		bt_message("out of memory");
	return path;
}

char *bt_trie_path(const struct bt_call *call, const char *option)
{
	if (option == NULL)
		return state_path(call, BT_TRIE_FILE);
	char *path = strdup(option);
	if (path == NULL)
		bt_message("out of memory");
	return path;
}

char *bt_decisions_path(const struct bt_call *call)
{
	return state_path(call, BT_DECISIONS_FILE);
}

bool bt_open_decisions(const struct bt_call *call, struct bt_decisions **decisions)
{
	struct bt_err err;
	char *path = bt_decisions_path(call);
	bool opened = path != NULL && bt_decisions_load(decisions, path, &err);
	if (path != NULL && !opened)
		bt_message("%s", err.text);
	free(path);
	return opened;
}

struct bt_trie *bt_open_trie(const struct bt_call *call, const char *option)
{
	struct bt_trie *trie = NULL;
	struct bt_err err;
	char *path = bt_trie_path(call, option);
	if (path != NULL && !bt_trie_load(&trie, path, &err)) {
		bt_message("%s", err.text);
		trie = NULL;
	}
	free(path);
	return trie;
}

static bool has_key(const struct bt_policy *policy, uint32_t meta, const char *key)
{
	unsigned pairs = bt_policy_meta_size(policy, meta);
	for (unsigned i = 0; i < pairs; i++)
		if (strcmp(bt_policy_pair(policy, meta, i).key, key) == 0)
			return true;
	return false;
}

void bt_each_pair(const struct bt_policy *policy, struct bt_member member,
    void (*each)(void *ctx, struct bt_pair pair), void *ctx)
{
	unsigned own = bt_policy_meta_size(policy, member.meta);
	for (unsigned i = 0; i < own; i++)
		each(ctx, bt_policy_pair(policy, member.meta, i));

	uint32_t list = bt_policy_list(policy, member.list).meta;
	unsigned inherited = bt_policy_meta_size(policy, list);
	for (unsigned i = 0; i < inherited; i++) {
		struct bt_pair pair = bt_policy_pair(policy, list, i);
		if (!has_key(policy, member.meta, pair.key))
			each(ctx, pair);
	}
}

const char *bt_sinkhole_address(
    const struct bt_sinkhole *sinkhole, int family, char text[static INET6_ADDRSTRLEN])
{
	if (!(family == AF_INET ? sinkhole->has_ipv4 : sinkhole->has_ipv6))
		return NULL;
	const void *address = family == AF_INET ? sinkhole->ipv4 : sinkhole->ipv6;
	return inet_ntop(family, address, text, INET6_ADDRSTRLEN);
}

bool bt_read_name(struct bt_key *key, const char *text)
{
	const char *reason = bt_refang_key(key, text, strlen(text));
	if (reason != NULL)
		bt_message("'%s' is no domain name: %s", text, reason);
	return reason == NULL;
}

bool bt_read_network(const struct bt_call *call, struct bt_network *network, const char *text)
{
	const char *expected = bt_network_read(network, text);
	if (expected != NULL)
		bt_usage(call, "'%s' is no network: expected %s", text, expected);
	return expected == NULL;
}

bool bt_colour(FILE *stream)
{
	const char *refused = getenv("NO_COLOR"), *terminal = getenv("TERM");
	return isatty(fileno(stream)) && (refused == NULL || *refused == '\0') &&
	       terminal != NULL && strcmp(terminal, "dumb") != 0;
}

unsigned bt_columns(FILE *stream)
{
	struct winsize size;
	if (!isatty(fileno(stream)))
		return 0;
	if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return 80;
}
