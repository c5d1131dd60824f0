/* SPDX-License-Identifier: BSD-3-Clause */
/* main.c -- the program: a table of subcommands */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#ifndef BT_VERSION
#	define BT_VERSION "(unknown version)" /* built without configure */
#endif

static const struct bt_command *const commands[] = {
    &bt_cmd_compile,
    &bt_cmd_update,
    &bt_cmd_verify,
    &bt_cmd_dump,
    &bt_cmd_lookup,
    &bt_cmd_check_config,
    &bt_cmd_report,
    &bt_cmd_hunt,
    &bt_cmd_tail,
    &bt_cmd_export,
    &bt_cmd_extract,
    &bt_cmd_metrics,
    &bt_cmd_forget,
    &bt_cmd_rollup,
    &bt_cmd_allow,
    &bt_cmd_block,
    &bt_cmd_pause,
    &bt_cmd_overrides,
    &bt_cmd_doctor,
};

enum { COMMANDS = sizeof(commands) / sizeof(*commands) };

static char program[] = "beacontrap"; /* what getopt's messages begin with */

enum { VERSION };

static const struct bt_option options[] = {
    [VERSION] = {"version", NULL, "show the version", 'V'},
    {NULL, NULL, NULL, 0},
};

static void show_help(FILE *out)
{
	fputs("Usage: beacontrap [-c FILE] SUBCOMMAND [options] [arguments]\n"
	      "\n"
	      "Compiles lists of indicator domains for the Unbound plugin, and reports which "
	      "clients\n"
	      "asked for them.\n"
	      "\n"
	      "Subcommands:\n",
	    out);
	for (int i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-14s%s\n", commands[i]->name, commands[i]->summary);
	bt_options_help(out, options);
	fputs("\nbeacontrap SUBCOMMAND --help shows the options of a subcommand.\n", out);
}

static void show_command_help(const struct bt_command *command)
{
	printf("Usage: beacontrap [-c FILE] %s [options]%s%s\n\n%s.\n", command->name,
	    command->arguments[0] != '\0' ? " " : "", command->arguments, command->summary);
	bt_options_help(stdout, command->options);
}

static enum bt_exit run(const struct bt_command *command, const char *config, int argc, char **argv)
{
	struct bt_call call = {.command = command, .config = config};
	bool help = false;

	argv[0] = program;
	int first = bt_options_read(
	    argc, argv, command->options, call.option, &call.config, &help, &call.before);
	if (first < 0)
		return bt_usage(&call, NULL);
	if (help) {
		show_command_help(command);
		return BT_EXIT_OK;
	}
	call.argument = argv + first;
	call.arguments = argc - first;
	if (call.arguments < command->min_arguments)
		return bt_usage(&call, "%s: expected %s", command->name, command->arguments);
	if (call.arguments > command->max_arguments)
		return bt_usage(&call, "%s: unexpected argument '%s'", command->name,
		    call.argument[command->max_arguments]);
	return command->run(&call);
}

static enum bt_exit dispatch(int argc, char **argv)
{
	const struct bt_call none = {0};
	const char *option[BT_OPTIONS_MAX] = {0};
	const char *config = NULL;
	bool help = false;

	argv[0] = program;
	int first = bt_options_read(argc, argv, options, option, &config, &help, NULL);
	if (first < 0)
		return bt_usage(&none, NULL);
	if (help) {
		show_help(stdout);
		return BT_EXIT_OK;
	}
	if (option[VERSION] != NULL) {
		puts("beacontrap " BT_VERSION);
		return BT_EXIT_OK;
	}
	if (first == argc) {
		show_help(stderr);
		return BT_EXIT_FAILED;
	}
	for (int i = 0; i < COMMANDS; i++)
		if (strcmp(argv[first], commands[i]->name) == 0)
			return run(commands[i], config, argc - first, argv + first);
	return bt_usage(&none, "there is no subcommand '%s'", argv[first]);
}

/*
 * Where standard input, output or error is closed, the next file opened would take its place, and
 * our messages would go into it. A read-only /dev/null stands in: writing to it fails, as it
 * should.
 */
static bool fill_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDONLY) != fd)
			return false;
	return true;
}

/* A result that did not arrive is no success, whatever the subcommand says. */
static enum bt_exit finish(enum bt_exit status)
{
	errno = 0;
	bool failed = ferror(stdout) != 0;
	if (fflush(stdout) != 0 || failed || close(STDOUT_FILENO) != 0) {
		bt_message("standard output: %s", errno != 0 ? strerror(errno) : "write failed");
		return BT_EXIT_FAILED;
	}
	return status;
}

int main(int argc, char **argv)
{
	if (argc < 1 || !fill_descriptors())
		return BT_EXIT_FAILED;
	signal(SIGPIPE, SIG_IGN); /* a closed pipe is a failed write */
	return (int)finish(dispatch(argc, argv));
}
