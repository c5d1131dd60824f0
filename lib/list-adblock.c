/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list-adblock.c -- filter lists of ad blockers, as far as they are about names (AdGuard's "DNS
 * filtering rules syntax")
 *
 *     ||evil.com^                 the name and all below it
 *     ||*.evil.com^               all below it
 *     |evil.com^  evil.com        the name alone; so do the names of a line of a hosts file
 *     @@||good.evil.com^          an exception
 *     ||evil.com^$important       not to be excepted but by what is important itself
 *     ||evil.com^$badfilter       takes back the same rule without it, wherever that stands
 *
 * A rule with any other modifier would do more than its author wants if it were applied without it:
 * it is skipped, as are patterns that are more than a name, and rules for what a page looks like.
 */

#include <string.h>

#include "intern.h"
#include "list-formats.h"
#include "refang.h"

enum {
	TAKEN_BACK_MAX = 1 << 20, /* rules that one list may take back: they are kept */
	RULE_MAX = BT_LINE_MAX,
};

struct rule {
	struct bt_line pattern; /* what is left of the line */
	bool except, important, badfilter;
	const char *skipped; /* why; NULL: it is not */
};

/* ---- rules ---- */

static bool begins(struct bt_line line, const char *with)
{
	size_t size = strlen(with);
	return line.size >= size && memcmp(line.at, with, size) == 0;
}

static bool ends(struct bt_line line, const char *with)
{
	size_t size = strlen(with);
	return line.size >= size && memcmp(line.at + line.size - size, with, size) == 0;
}

static void drop_front(struct bt_line *line, size_t size)
{
	line->at += size;
	line->size -= size;
}

/* "##", "#@#", "#?#", "#$#", "#%#" and the like: rules for what a page looks like. */
static bool is_cosmetic(struct bt_line line)
{
	const char *hash = memchr(line.at, '#', line.size);
	if (hash == NULL)
		return memmem(line.at, line.size, "$$", 2) != NULL;
	size_t left = line.size - (size_t)(hash - line.at), at = 1;
	while (at < left && hash[at] != '\0' && strchr("@?$%", hash[at]) != NULL)
		at++;
	return at < left && hash[at] == '#';
}

static void read_modifier(struct rule *rule, struct bt_line modifier)
{
	static const struct {
		const char *name, *reason;
	} known[] = {
	    {"client", "a rule for some clients ($client)"},
	    {"ctag", "a rule for some clients ($ctag)"},
	    {"denyallow", "a rule with exceptions of its own ($denyallow)"},
	    {"dnsrewrite", "a rule with an answer of its own ($dnsrewrite)"},
	    {"dnstype", "a rule for some types ($dnstype)"},
	};
	struct bt_line name = bt_list_until(&modifier, '=');
	bt_list_trim(&name);
	bool plain = modifier.size == 0;
	if (plain && bt_list_is(name, "important")) {
		rule->important = true;
	} else if (plain && bt_list_is(name, "badfilter")) {
		rule->badfilter = true;
	} else {
		rule->skipped = "a rule with a modifier that is not about names";
		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (bt_list_is(name, known[i].name))
				rule->skipped = known[i].reason;
	}
}

static struct rule read_rule(struct bt_line line)
{
	struct rule rule = {.pattern = line};
	if (is_cosmetic(line)) {
		rule.skipped = "a rule about what a page looks like";
		return rule;
	}
	rule.except = begins(line, "@@");
	if (rule.except)
		drop_front(&line, 2);
	if (begins(line, "/")) {
		rule.skipped = "a regular expression or a path, which is no name";
		return rule;
	}
	rule.pattern = bt_list_until(&line, '$');
	bt_list_trim(&rule.pattern);
	while (line.size > 0)
		read_modifier(&rule, bt_list_until(&line, ','));
	return rule;
}

/* ---- rules that are taken back ---- */

/* The rule as octets that are the same for the same rule, however it is written. */
static size_t write_rule(char to[static RULE_MAX + 1], const struct rule *rule)
{
	to[0] = (char)('0' + rule->except + 2 * rule->important);
	for (size_t i = 0; i < rule->pattern.size; i++) {
		char c = rule->pattern.at[i];
		to[1 + i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	return 1 + rule->pattern.size;
}

static bool is_taken_back(const struct bt_intern *taken_back, const struct rule *rule)
{
	char text[RULE_MAX + 1];
	uint32_t id;
	return bt_intern_count(taken_back) > 0 &&
	       bt_intern_find(taken_back, text, write_rule(text, rule), &id);
}

/* Looks at all lines for what they take back, and goes back to the first. */
static bool gather(struct bt_list_parse *parse, struct bt_lines *lines,
    struct bt_intern *taken_back, struct bt_err *err)
{
	char text[RULE_MAX + 1];
	for (struct bt_line line; bt_lines_next(lines, &line);) {
		if (line.size > RULE_MAX || memmem(line.at, line.size, "badfilter", 9) == NULL)
			continue;
		bt_list_trim(&line);
		struct rule rule = read_rule(line);
		uint32_t id;
		if (!rule.badfilter || rule.skipped != NULL)
			continue;
		if (!bt_intern_add(taken_back, text, write_rule(text, &rule), &id))
			return bt_fail(err, "%s: out of memory", parse->path);
		if (bt_intern_count(taken_back) > TAKEN_BACK_MAX)
			return bt_fail(err, "%s:%u: more than %d rules with $badfilter",
			    parse->path, line.number, TAKEN_BACK_MAX);
	}
	return bt_list_ended(parse, lines, err) && bt_list_rewind(parse, lines, err);
}

/* ---- names ---- */

/* "||name^": what is left is the name, and its scope is returned. 0: it is a pattern. */
static uint8_t read_pattern(struct bt_line *pattern)
{
	bool tree = begins(*pattern, "||"), begun = !tree && begins(*pattern, "|");
	drop_front(pattern, tree ? 2 : begun);
	bool barred = ends(*pattern, "|");
	pattern->size -= barred;
	bool ended = ends(*pattern, "^");
	pattern->size -= ended;
	bool below = tree && begins(*pattern, "*.");
	drop_front(pattern, below ? 2 : 0);
	for (size_t i = 0; i < pattern->size; i++)
		if (pattern->at[i] != '\0' && strchr("*/^|:?=&~,", pattern->at[i]) != NULL)
			return 0;
	if (tree && !ended && !barred) { /* "||evil.com" is at least "||evil.com^", "||ev" is not */
		const char *dot = memchr(pattern->at, '.', pattern->size);
		if (dot == NULL || ends(*pattern, "."))
			return 0;
	}
	if (tree)
		return below ? BT_SCOPE_BELOW : BT_SCOPE_SUBTREE;
	return begun || !ended ? BT_SCOPE_EXACT : 0;
}

static bool apply(struct bt_list_parse *parse, const struct rule *rule, struct bt_err *err)
{
	struct bt_line name = rule->pattern;
	struct bt_key key;
	uint8_t scope = read_pattern(&name);
	if (scope == 0) {
		bt_list_skip(parse, name.number, "a pattern, which is more than a name");
		return true;
	}
	if (bt_list_target(name) != BT_TARGET_NONE) {
		bt_list_skip(parse, name.number, "an address, which is no name");
		return true;
	}
	const char *reason = bt_refang_key(&key, name.at, name.size);
	const struct bt_entry entry = {
	    .key = &key,
	    .scope = scope,
	    .except = rule->except,
	    .important = rule->important,
	    .line = name.number,
	};
	if (reason == NULL)
		return bt_list_emit(parse, &entry, err);
	bt_list_bad(parse, name.number, reason);
	return true;
}

/* ---- lines ---- */

static bool is_hosts_line(struct bt_line line)
{
	struct bt_line word = bt_list_word(&line);
	return line.size > 0 && bt_list_target(word) != BT_TARGET_NONE;
}

static bool is_title(struct bt_line line)
{
	return begins(line, "[") && ends(line, "]");
}

static bool read_line(struct bt_list_parse *parse, const struct bt_intern *taken_back,
    struct bt_line line, struct bt_err *err)
{
	if (is_title(line))
		return true;
	if (is_hosts_line(line)) {
		line = bt_list_until(&line, '#');
		bt_list_trim(&line);
		return bt_list_hosts.line(parse, line, err);
	}
	struct rule rule = read_rule(line);
	if (rule.skipped != NULL)
		bt_list_skip(parse, line.number, rule.skipped);
	else if (is_taken_back(taken_back, &rule))
		bt_list_skip(parse, line.number, "a rule that is taken back by $badfilter");
	else if (!rule.badfilter)
		return apply(parse, &rule, err);
	return true;
}

static bool read_lines(struct bt_list_parse *parse, struct bt_lines *lines, struct bt_err *err)
{
	struct bt_intern *taken_back = bt_intern_new();
	bool read = (taken_back != NULL || bt_fail(err, "%s: out of memory", parse->path)) &&
		    gather(parse, lines, taken_back, err);
	for (struct bt_line line; read && bt_list_next(parse, lines, &line);)
		read = read_line(parse, taken_back, line, err);
	bt_intern_free(&taken_back);
	return read && bt_list_ended(parse, lines, err);
}

/* ---- detection ---- */

/* "[Adblock Plus 2.0]" */
static bool begins_list(struct bt_line line)
{
	return is_title(line) && line.size > 8 && strncasecmp(line.at + 1, "adblock", 7) == 0;
}

static bool tells(struct bt_line line)
{
	return begins(line, "||") || begins(line, "@@") || is_cosmetic(line);
}

const struct bt_list_format bt_list_adblock = {
    .begins = begins_list, .tells = tells, .comments = "!#", .lines = read_lines};
