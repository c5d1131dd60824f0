/* SPDX-License-Identifier: BSD-3-Clause */
/* options.c -- a table of options to getopt_long and to the help */

#include <getopt.h>
#include <string.h>

#include "cli.h"

static const struct bt_option common[] = {
    {"config", "FILE", "the configuration (default: $BEACONTRAP_CONFIG, else the system's)", 'c'},
    {"help", NULL, "show this help", 'h'},
    {NULL, NULL, NULL, 0},
};

enum { COMMON = 256, TABLE = COMMON + sizeof(common) / sizeof(*common) };

struct parser {
	struct option longs[BT_OPTIONS_MAX + TABLE - COMMON + 1];
	char shorts[2 * (BT_OPTIONS_MAX + TABLE - COMMON) + 2];
	int letters[128]; /* letter -> number of its option */
	unsigned count;
};

static void add(struct parser *parser, const struct bt_option *option, int number)
{
	parser->longs[parser->count++] = (struct option){
	    option->name, option->value != NULL ? required_argument : no_argument, NULL, number};
	if (option->letter == 0)
		return;
	parser->letters[(unsigned char)option->letter] = number;
	strncat(parser->shorts, &option->letter, 1);
	if (option->value != NULL)
		strcat(parser->shorts, ":");
}

enum { ARGUMENT = 1 /* what getopt_long() calls it, where it is told "-" */ };

int bt_options_read(int argc, char **argv, const struct bt_option *table, const char **option,
    const char **config, bool *help, int *before)
{
	struct parser parser = {.shorts = "+"};
	int arguments = 0;
	if (before != NULL)
		parser.shorts[0] = '-';
	for (int i = 0; common[i].name != NULL; i++)
		add(&parser, &common[i], COMMON + i);
	for (int i = 0; table[i].name != NULL; i++)
		add(&parser, &table[i], TABLE + i);

	int found;
	optind = 0; /* glibc: begin anew */
	while ((found = getopt_long(argc, argv, parser.shorts, parser.longs, NULL)) != -1) {
		if (found == '?')
			return -1;
		if (found == ARGUMENT) {
			argv[1 + arguments++] = optarg;
			continue;
		}
		int number = found < COMMON ? parser.letters[found] : found;
		if (number >= TABLE)
			option[number - TABLE] = optarg != NULL ? optarg : "";
		else if (common[number - COMMON].value != NULL)
			*config = optarg;
		else
			*help = true;
	}
	if (before != NULL)
		*before = strcmp(argv[optind - 1], "--") == 0 ? arguments : -1;
	int first = optind - arguments;
	memmove(argv + first, argv + 1, (size_t)arguments * sizeof(*argv));
	return first;
}

static int width_of(const struct bt_option *option)
{
	size_t width = strlen(option->name);
	if (option->value != NULL)
		width += 1 + strlen(option->value);
	return (int)width;
}

static void show(FILE *out, const struct bt_option *table, int width)
{
	for (; table->name != NULL; table++) {
		if (table->letter != 0)
			fprintf(out, "  -%c, --%s", table->letter, table->name);
		else
			fprintf(out, "      --%s", table->name);
		if (table->value != NULL)
			fprintf(out, " %s", table->value);
		fprintf(out, "%*s  %s\n", width - width_of(table), "", table->help);
	}
}

static int widest(const struct bt_option *table, int width)
{
	for (; table->name != NULL; table++)
		width = width_of(table) > width ? width_of(table) : width;
	return width;
}

void bt_options_help(FILE *out, const struct bt_option *table)
{
	int width = widest(table, widest(common, 0));
	fputs("\nOptions:\n", out);
	show(out, table, width);
	show(out, common, width);
}
