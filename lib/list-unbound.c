/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list-unbound.c -- local zones and local data of Unbound (unbound.conf(5))
 *
 *     local-zone: "evil.com" always_null       the name and all below it
 *     local-zone: "good.evil.com" transparent  an exception
 *     local-data: "evil.com A 0.0.0.0"         the name alone
 *
 * A zone is of a type that answers, or of one that lets pass. Data with an address of somebody's
 * network, or of another type, blocks nothing and is skipped, as are all other options.
 */

#include <string.h>

#include "list-formats.h"
#include "refang.h"

/* The next word, which may stand in quotes; '#' begins a comment outside of them. */
static struct bt_line next_word(struct bt_line *line)
{
	bt_list_trim(line);
	if (line->size > 0 && (line->at[0] == '"' || line->at[0] == '\'')) {
		char quote = line->at[0];
		line->at++;
		line->size--;
		return bt_list_until(line, quote);
	}
	if (line->size > 0 && line->at[0] == '#')
		line->size = 0;
	return bt_list_word(line);
}

/* "option:" in front of the line, without the colon; of size 0: there is none. */
static struct bt_line next_option(struct bt_line *line)
{
	struct bt_line option = *line;
	if (memchr(line->at, ':', line->size) == NULL)
		option.size = 0;
	else
		option = bt_list_until(line, ':');
	bt_list_trim(&option);
	return option;
}

static bool is_one_of(struct bt_line word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bt_list_is(word, words[i]))
			return true;
	return false;
}

static bool read_zone(struct bt_list_parse *parse, struct bt_line line, struct bt_err *err)
{
	static const char *const answer[] = {"always_null", "always_nxdomain", "always_nodata",
	    "always_refuse", "always_deny", "static", "redirect", "refuse", "deny", "inform_deny",
	    "inform_redirect", "block_a"};
	static const char *const pass[] = {
	    "transparent", "always_transparent", "typetransparent", "inform", "nodefault"};
	struct bt_line name = next_word(&line), type = next_word(&line);
	bool except = is_one_of(type, pass, sizeof(pass) / sizeof(*pass));
	if (except || is_one_of(type, answer, sizeof(answer) / sizeof(*answer)))
		return bt_list_emit_tree(parse, name, except, err);
	bt_list_bad(parse, line.number,
	    type.size == 0 ? "a local zone without a type" : "a local zone of an unknown type");
	return true;
}

/* Class and TTL are optional and come before the type. */
static struct bt_line next_type(struct bt_line *data)
{
	struct bt_line word = bt_list_word(data);
	while (
	    word.size > 0 && (bt_list_is(word, "IN") || (word.at[0] >= '0' && word.at[0] <= '9')))
		word = bt_list_word(data);
	return word;
}

static bool read_data(struct bt_list_parse *parse, struct bt_line line, struct bt_err *err)
{
	struct bt_line data = next_word(&line);
	bt_list_trim(&data);
	struct bt_line name = bt_list_word(&data), type = next_type(&data);
	struct bt_line address = bt_list_word(&data);
	struct bt_key key;
	if ((!bt_list_is(type, "A") && !bt_list_is(type, "AAAA")) ||
	    bt_list_target(address) != BT_TARGET_NOWHERE) {
		bt_list_skip(parse, line.number, "local data with a content, which blocks nothing");
		return true;
	}
	const char *reason = bt_refang_key(&key, name.at, name.size);
	const struct bt_entry entry = {.key = &key, .scope = BT_SCOPE_EXACT, .line = line.number};
	if (reason == NULL)
		return bt_list_emit(parse, &entry, err);
	bt_list_bad(parse, line.number, reason);
	return true;
}

static bool read_line(struct bt_list_parse *parse, struct bt_line line, struct bt_err *err)
{
	struct bt_line option = next_option(&line);
	if (option.size == 0)
		bt_list_bad(parse, line.number, "expected an option such as local-zone:");
	else if (bt_list_is(option, "local-zone"))
		return read_zone(parse, line, err);
	else if (bt_list_is(option, "local-data"))
		return read_data(parse, line, err);
	else if (next_word(&line).size > 0) /* not the title of a part, as "server:" is */
		bt_list_skip(parse, line.number, "an option that is not about names");
	return true;
}

static bool tells(struct bt_line line)
{
	struct bt_line option = next_option(&line);
	return bt_list_is(option, "local-zone") || bt_list_is(option, "local-data") ||
	       bt_list_is(option, "server");
}

const struct bt_list_format bt_list_unbound = {.tells = tells, .comments = "#", .line = read_line};
