/* SPDX-License-Identifier: BSD-3-Clause */
/* lookup-file.c -- the names in a file, many at a time, and the hits among them */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "escape.h"
#include "lines.h"
#include "lookup.h"
#include "refang.h"

enum { BAD_LINES_SHOWN = 20 };

struct search {
	const struct bt_asker *asker;
	const struct bt_policy *policy;
	const char *path;
	bool json;
	uint64_t hits, bad;

	/* names that wait to be looked up */
	struct bt_key keys[BT_BATCH_MAX];
	unsigned count;
	struct bt_match matches[BT_BATCH_MAX][BT_MATCHES_MAX];
	struct bt_matches found;
};

/* ---- hits ---- */

static void put_name(const struct bt_key *key, unsigned labels)
{
	char text[BT_TEXT_MAX + 1];
	bt_key_to_text(text, key->bytes, bt_key_ancestor(key, labels));
	fputs(text, stdout);
}

/* "name, action, indicator, list, scope, key=value ..." */
static void show_columns(
    const struct search *s, const struct bt_key *key, const struct bt_verdict *verdict)
{
	put_name(key, key->labels);
	printf("\t%s\t", bt_action_name(verdict->action));
	put_name(key, verdict->labels);
	putchar('\t');
	bt_put_field(stdout, bt_policy_list(s->policy, verdict->by.list).name);
	printf("\t%s", bt_scope_name(bt_scope_listed(verdict->by.scope)));
	for (unsigned i = 0; i < bt_policy_meta_size(s->policy, verdict->by.meta); i++) {
		struct bt_pair pair = bt_policy_pair(s->policy, verdict->by.meta, i);
		putchar('\t');
		bt_put_key(stdout, pair.key);
		putchar('=');
		bt_put_field(stdout, pair.value);
	}
	putchar('\n');
}

static bool show_object(const struct search *s, const struct bt_key *key)
{
	struct bt_explanation *told;
	struct bt_err err;
	const struct bt_question question = bt_ask(s->asker, key);
	if (!bt_explain(&told, s->asker->trie, s->asker->decisions, &question, &err)) {
		bt_message("%s", err.text);
		return false;
	}
	if (s->hits > 0)
		puts(",");
	bool shown = bt_lookup_json(s->policy, told);
	if (!shown)
		bt_message("out of memory");
	bt_explanation_free(&told);
	return shown;
}

/* Looks up the names that wait. False after a message, or if nobody takes the result. */
static bool look_up(struct search *s)
{
	const struct bt_key *keys[BT_BATCH_MAX];
	unsigned counts[BT_BATCH_MAX];
	for (unsigned i = 0; i < s->count; i++)
		keys[i] = &s->keys[i];
	bt_trie_match_batch(s->asker->trie, keys, s->count, s->matches, counts);
	for (unsigned i = 0; i < s->count; i++) {
		if (counts[i] == 0 && s->asker->decisions == NULL)
			continue;
		const struct bt_question question = bt_ask(s->asker, keys[i]);
		struct bt_judgement judgement;
		s->found.count = counts[i];
		memcpy(s->found.list, s->matches[i], counts[i] * sizeof(*s->matches[i]));
		bt_judge(&judgement, s->asker->trie, s->asker->decisions, &question, &s->found);
		const struct bt_verdict verdict = judgement.verdict;
		if (!bt_is_hit(&verdict))
			continue;
		if (!s->json)
			show_columns(s, keys[i], &verdict);
		else if (!show_object(s, keys[i]))
			return false;
		s->hits++;
	}
	s->count = 0;
	return !ferror(stdout);
}

/* ---- lines ---- */

static void trim(struct bt_line *line)
{
	static const char space[] = " \t\r\v\f";
	while (line->size > 0 && memchr(space, line->at[0], sizeof(space) - 1) != NULL) {
		line->at++;
		line->size--;
	}
	while (line->size > 0 && memchr(space, line->at[line->size - 1], sizeof(space) - 1) != NULL)
		line->size--;
}

static void complain(struct search *s, const struct bt_line *line, const char *reason)
{
	enum { SHOWN = 80 /* characters of the line */ };
	if (s->bad++ >= BAD_LINES_SHOWN)
		return;
	bool whole = line->size <= SHOWN;
	bt_message("%s:%u: '%.*s%s' is no domain name: %s", s->path, line->number,
	    whole ? (int)line->size : SHOWN, line->at, whole ? "" : "...", reason);
}

/* Empty lines and comments say nothing; the names of the others wait. */
static void take_line(struct search *s, struct bt_line line)
{
	trim(&line);
	if (line.size == 0 ? !line.cut : line.at[0] == '#')
		return;
	const char *reason =
	    line.cut ? "line too long" : bt_refang_key(&s->keys[s->count], line.at, line.size);
	if (reason == NULL)
		s->count++;
	else
		complain(s, &line, reason);
}

static bool read_lines(struct search *s, struct bt_lines *lines)
{
	for (struct bt_line line; bt_lines_next(lines, &line);) {
		take_line(s, line);
		bool ready = bt_lines_ready(lines);
		if ((s->count == BT_BATCH_MAX || !ready) && !look_up(s))
			return false;
		if (!ready) /* what is known so far is shown before waiting for more */
			fflush(stdout);
	}
	if (lines->error != 0)
		bt_message("%s: %s", s->path, strerror(lines->error));
	return look_up(s) && lines->error == 0;
}

static enum bt_exit search_in(struct search *s, int fd)
{
	struct bt_lines lines;
	if (!bt_lines_of_file(&lines, fd)) {
		bt_message("out of memory");
		return BT_EXIT_FAILED;
	}
	bool read = read_lines(s, &lines);
	bt_lines_free(&lines);
	if (s->bad > BAD_LINES_SHOWN)
		bt_message("%s: and %" PRIu64 " more lines that are no domain names", s->path,
		    s->bad - BAD_LINES_SHOWN);
	if (!read)
		return BT_EXIT_FAILED;
	if (s->hits > 0)
		return BT_EXIT_OK;
	return s->bad > 0 ? BT_EXIT_FAILED : BT_EXIT_NO;
}

enum bt_exit bt_lookup_file(const struct bt_asker *asker, const char *path, bool json)
{
	bool input = strcmp(path, "-") == 0;
	struct search *s = calloc(1, sizeof(*s));
	int fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	enum bt_exit status = BT_EXIT_FAILED;
	if (s == NULL || fd < 0) {
		bt_message("%s: %s", path, strerror(errno));
	} else {
		s->asker = asker;
		s->policy = bt_trie_policy(asker->trie);
		s->path = input ? "standard input" : path;
		s->json = json;
		status = search_in(s, fd);
	}
	if (fd >= 0 && !input)
		close(fd);
	free(s);
	return status;
}
