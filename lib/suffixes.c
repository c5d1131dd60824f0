/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * suffixes.c -- names below which the names of others are: top-level domains, public suffixes
 *
 * libpsl walks through its automaton for each question, a quarter of a microsecond, and lists have
 * a million names. So the text of the list, if it is there and not older, first tells which names
 * are worth a question.
 */

#include <libpsl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "intern.h"
#include "lines.h"
#include "refang.h"
#include "suffixes.h"

enum { TEXT_MAX = 1 << 24 /* octets of the list */ };

struct bt_suffixes {
	psl_ctx_t *psl;
	struct bt_intern *rules; /* keys of names in the list; NULL: there is no text of it */
	struct bt_intern *wild;  /* and of those with a wildcard below */
};

/* ---- the text (https://github.com/publicsuffix/list/wiki/Format) ---- */

/* A rule is up to the first white space; "!" excepts, which libpsl knows. */
static bool add_rule(struct bt_suffixes *s, struct bt_line line)
{
	struct bt_key key;
	size_t size = 0;
	uint32_t id;
	while (size < line.size && (unsigned char)line.at[size] > ' ')
		size++;
	bool wild = size > 2 && memcmp(line.at, "*.", 2) == 0;
	if (size == 0 || line.at[0] == '/' || line.at[0] == '!' ||
	    bt_refang_tree(&key, line.at, size) != NULL)
		return true;
	return bt_intern_add(s->rules, key.bytes, key.len, &id) &&
	       (!wild || bt_intern_add(s->wild, key.bytes, key.len, &id));
}

static bool add_rules(struct bt_suffixes *s, const char *text, size_t size)
{
	struct bt_lines lines;
	s->rules = bt_intern_new();
	s->wild = bt_intern_new();
	bool added = s->rules != NULL && s->wild != NULL;
	bt_lines_of_text(&lines, text, size);
	for (struct bt_line line; added && bt_lines_next(&lines, &line);)
		added = add_rule(s, line);
	return added;
}

/* It stands beside the file that libpsl knows of: malloc'ed, or NULL. */
static char *find_text(void)
{
	struct stat st;
	const char *dist = psl_dist_filename();
	const char *slash = dist != NULL ? strrchr(dist, '/') : NULL;
	char *path;
	if (slash == NULL ||
	    asprintf(&path, "%.*s/public_suffix_list.dat", (int)(slash - dist), dist) < 0)
		return NULL;
	if (stat(path, &st) == 0 && st.st_mtime >= psl_builtin_file_time())
		return path;
	free(path);
	return NULL;
}

/* False: memory ran out. */
static bool read_text(struct bt_suffixes *s)
{
	void *text;
	size_t size;
	char *path = find_text();
	bool ok = true;
	if (path != NULL && bt_file_read(path, TEXT_MAX, &text, &size, NULL)) {
		ok = add_rules(s, text, size);
		free(text);
	}
	free(path);
	return ok;
}

/* ---- the question ---- */

bool bt_suffixes_new(struct bt_suffixes **suffixes, bool quick, struct bt_err *err)
{
	struct bt_suffixes *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return bt_fail(err, "out of memory");
	s->psl = psl_latest(NULL);
	bool listed = s->psl != NULL && psl_suffix_count(s->psl) != 0;
	if (listed && (!quick || read_text(s))) {
		*suffixes = s;
		return true;
	}
	bt_suffixes_free(&s);
	return bt_fail(err, "%s",
	    listed ? "out of memory"
		   : "libpsl has no list of public suffixes "
		     "(guards: { public-suffixes: false } does without)");
}

void bt_suffixes_free(struct bt_suffixes **suffixes)
{
	struct bt_suffixes *s = *suffixes;
	if (s == NULL)
		return;
	psl_free(s->psl);
	bt_intern_free(&s->rules);
	bt_intern_free(&s->wild);
	free(s);
	*suffixes = NULL;
}

static bool is_worth_asking(const struct bt_suffixes *s, const struct bt_key *key)
{
	uint32_t id;
	return s->rules == NULL || bt_intern_find(s->rules, key->bytes, key->len, &id) ||
	       bt_intern_find(s->wild, key->bytes, bt_key_ancestor(key, key->labels - 1u), &id);
}

/* Whether all the names beside this one are private suffixes, too. */
static bool is_by_wildcard(const struct bt_suffixes *s, const char *name)
{
	char sibling[BT_TEXT_MAX + 2];
	const char *dot = strchr(name, '.');
	if (dot == NULL)
		return false;
	snprintf(sibling, sizeof(sibling), "-%s", dot);
	return psl_is_public_suffix2(s->psl, sibling, PSL_TYPE_PRIVATE | PSL_TYPE_NO_STAR_RULE);
}

enum bt_suffix bt_suffixes_kind(const struct bt_suffixes *s, const struct bt_key *key)
{
	char name[BT_TEXT_MAX + 1];
	if (key->labels == 0 || !is_worth_asking(s, key) ||
	    bt_key_to_text(name, key->bytes, key->len) == 0)
		return BT_SUFFIX_NONE;
	if (psl_is_public_suffix2(s->psl, name, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE))
		return key->labels == 1 ? BT_SUFFIX_TOP : BT_SUFFIX_PUBLIC;
	if (psl_is_public_suffix2(s->psl, name, PSL_TYPE_PRIVATE | PSL_TYPE_NO_STAR_RULE) &&
	    !is_by_wildcard(s, name))
		return BT_SUFFIX_PUBLIC;
	return BT_SUFFIX_NONE;
}
