/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cli.h -- what the subcommands of `beacontrap` share
 *
 * A subcommand is one file, cmd-NAME.c, that defines one struct bt_command, and one line in
 * main.c's table. Its options are a table, from which both getopt_long and --help are made.
 */
#ifndef BT_CLI_H
#define BT_CLI_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>

#include "config.h"
#include "decisions.h"
#include "err.h"
#include "trie.h"

#define BT_TRIE_FILE "beacontrap.trie"

enum bt_exit {
	BT_EXIT_OK,
	BT_EXIT_NO,     /* the answer is "no", or a check failed */
	BT_EXIT_FAILED, /* wrong usage, or something around us is wrong */
};

enum { BT_OPTIONS_MAX = 32, BT_ANY = 1 << 20 /* number of arguments: no limit */ };

struct bt_option {
	const char *name;  /* long form, without dashes; NULL ends a table */
	const char *value; /* what the help calls its value; NULL: it takes none */
	const char *help;
	char letter; /* short form; 0: none */
};

struct bt_call;

struct bt_command {
	const char *name;
	const char *arguments; /* as the help shows them */
	const char *summary;   /* one line */
	const struct bt_option *options;
	int min_arguments, max_arguments;
	enum bt_exit (*run)(const struct bt_call *call);
};

/* One call of a subcommand. */
struct bt_call {
	const struct bt_command *command;
	const char *config; /* of -c; NULL: not given */
	/* By index in the command's table: the value ("" where there is none), NULL: not given. */
	const char *option[BT_OPTIONS_MAX];
	char **argument;
	int arguments;
	int before; /* how many of them stand in front of "--"; -1: there is none */
};

extern const struct bt_command bt_cmd_compile, bt_cmd_verify, bt_cmd_dump, bt_cmd_lookup,
    bt_cmd_check_config, bt_cmd_report, bt_cmd_hunt, bt_cmd_tail, bt_cmd_export, bt_cmd_extract,
    bt_cmd_metrics, bt_cmd_forget, bt_cmd_rollup, bt_cmd_allow, bt_cmd_block, bt_cmd_pause,
    bt_cmd_overrides, bt_cmd_doctor, bt_cmd_update;

/* ---- options.c ---- */

/*
 * Reads the options of argv[1..] by `table` into option[], and returns the index of the first
 * argument; -1 after a message about what is wrong. Every command also knows -c, into *config, and
 * -h, into *help. Arguments are moved behind the options, *before: how many of them stood in front
 * of "--", -1 if there is none. `before` NULL: stops at the first argument, so that a subcommand
 * keeps its options.
 */
int bt_options_read(int argc, char **argv, const struct bt_option *table, const char **option,
    const char **config, bool *help, int *before);

/* The options of `table` and the common ones, one a line. */
void bt_options_help(FILE *out, const struct bt_option *table);

/* ---- common.c ---- */

/* "beacontrap: " and the text, escaped, as a line on standard error. */
__attribute__((format(printf, 1, 2))) void bt_message(const char *format, ...);

/* As bt_message, then a hint at --help. Returns BT_EXIT_FAILED. */
__attribute__((format(printf, 2, 3))) enum bt_exit bt_usage(
    const struct bt_call *call, const char *format, ...);

/* The configuration; NULL after messages about every problem in it. */
struct bt_config *bt_open_config(const struct bt_call *call);

/*
 * The path of the trie that is meant: `option` (of --trie), or the configured one if that is NULL.
 * Malloc'ed, the caller's; NULL after a message.
 */
char *bt_trie_path(const struct bt_call *call, const char *option);

/* Opens that trie; NULL after a message. */
struct bt_trie *bt_open_trie(const struct bt_call *call, const char *option);

/*
 * STATE/local.yaml: malloc'ed, the caller's; NULL after a message.
 */
char *bt_decisions_path(const struct bt_call *call);

/* What was decided here. False after a message. */
bool bt_open_decisions(const struct bt_call *call, struct bt_decisions **decisions);

/*
 * Calls each() for every metadata pair of a membership: the indicator's own, then its list's where
 * the indicator has no such key.
 */
void bt_each_pair(const struct bt_policy *policy, struct bt_member member,
    void (*each)(void *ctx, struct bt_pair pair), void *ctx);

/* The sinkhole's address for a family, AF_INET or AF_INET6, as text; NULL: it has none. */
const char *bt_sinkhole_address(
    const struct bt_sinkhole *sinkhole, int family, char text[static INET6_ADDRSTRLEN]);

/* Name as a user writes it, defanged or not -> key. False after a message. */
bool bt_read_name(struct bt_key *key, const char *text);

/* An address or a network as a user writes it. False after a message. */
bool bt_read_network(const struct bt_call *call, struct bt_network *network, const char *text);

/* Whether `stream` is a terminal that takes colour, and its user wants it. */
bool bt_colour(FILE *stream);

/* Columns of the terminal that `stream` is; 0 if it is none. */
unsigned bt_columns(FILE *stream);

#endif
