/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list-dnsmasq.c -- what dnsmasq does not ask the world for (dnsmasq(8))
 *
 *     local=/evil.com/            never asked for: no such name, and none below
 *     server=/evil.com/           the same
 *     address=/evil.com/          the same; also with # or an address that leads nowhere
 *     server=/good.evil.com/#     but these are asked for as others are: an exception
 *
 * Several names may stand between the slashes. A server or an address of somebody's network blocks
 * nothing and is skipped, as are all other options.
 */

#include <string.h>

#include "list-formats.h"

enum meaning { BLOCKS, EXCEPTS, OTHER };

/* A comment begins at a '#' with white space before it: elsewhere that is a value. */
static void cut_comment(struct bt_line *line)
{
	for (size_t i = 1; i < line->size; i++)
		if (line->at[i] == '#' && (line->at[i - 1] == ' ' || line->at[i - 1] == '\t')) {
			line->size = i;
			break;
		}
	bt_list_trim(line);
}

/* What a line with this option and this text behind the last slash does. */
static enum meaning meaning_of(struct bt_line option, struct bt_line target)
{
	if (bt_list_is(option, "address"))
		return target.size == 0 || bt_list_is(target, "#") ||
			       bt_list_target(target) == BT_TARGET_NOWHERE
			   ? BLOCKS
			   : OTHER;
	return target.size == 0 ? BLOCKS : bt_list_is(target, "#") ? EXCEPTS : OTHER;
}

static bool is_about_names(struct bt_line option, struct bt_line value)
{
	return value.size > 0 && value.at[0] == '/' &&
	       (bt_list_is(option, "address") || bt_list_is(option, "local") ||
		   bt_list_is(option, "server"));
}

/* "option=value" in two. */
static struct bt_line split(struct bt_line *line)
{
	struct bt_line option = bt_list_until(line, '=');
	bt_list_trim(&option);
	bt_list_trim(line);
	return option;
}

static bool read_line(struct bt_list_parse *parse, struct bt_line line, struct bt_err *err)
{
	cut_comment(&line);
	struct bt_line option = split(&line);
	if (!is_about_names(option, line)) {
		bt_list_skip(parse, line.number, "an option that is not about names");
		return true;
	}
	const char *last = memrchr(line.at, '/', line.size);
	size_t size = (size_t)(last - line.at);
	struct bt_line target = line;
	target.at += size + 1;
	target.size -= size + 1;
	enum meaning meaning = meaning_of(option, target);
	if (size == 0) {
		bt_list_bad(parse, line.number, "expected a name between two slashes");
		return true;
	}
	if (meaning == OTHER) {
		bt_list_skip(parse, line.number, "an address or a server, which blocks nothing");
		return true;
	}
	line.size = size;
	bt_list_until(&line, '/');
	do {
		struct bt_line name = bt_list_until(&line, '/');
		if (!bt_list_emit_tree(parse, name, meaning == EXCEPTS, err))
			return false;
	} while (line.size > 0);
	return true;
}

static bool tells(struct bt_line line)
{
	struct bt_line option = split(&line);
	return is_about_names(option, line);
}

const struct bt_list_format bt_list_dnsmasq = {.tells = tells, .comments = "#", .line = read_line};
