/* SPDX-License-Identifier: BSD-3-Clause */
/* argument-lists.c -- lists that are named on the command line, and a trie of them */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "argument-lists.h"
#include "cli.h"
#include "compile.h"

enum { BAD_LINES_SHOWN = 20 };

const struct bt_sinkhole bt_argument_sinkhole = {
    .has_ipv4 = true, .has_ipv6 = true, .ttl = 10, .ede = BT_EDE_TEXT};

/* "feeds/3cx.yaml" -> "3cx": malloc'ed, NULL if memory runs out. */
static char *name_of(const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *base = slash != NULL ? slash + 1 : file;
	const char *dot = strrchr(base, '.');
	return dot != NULL && dot != base ? strndup(base, (size_t)(dot - base)) : strdup(base);
}

void bt_argument_lists_free(struct bt_config_list *lists, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		free(lists[i].name);
	free(lists);
}

struct bt_config_list *bt_argument_lists(
    char *const *files, unsigned count, const struct bt_config_list *like)
{
	struct bt_config_list *lists = calloc(count, sizeof(*lists));
	for (unsigned i = 0; lists != NULL && i < count; i++) {
		lists[i] = *like;
		lists[i].file = files[i];
		lists[i].name = name_of(lists[i].file);
		if (lists[i].name != NULL && strcmp(lists[i].name, BT_LOCAL_LIST) == 0) {
			bt_message("%s would be the list '%s', which is that of local decisions: "
				   "rename it",
			    lists[i].file, lists[i].name);
			bt_argument_lists_free(lists, i + 1);
			return NULL;
		}
		for (unsigned j = 0; lists[i].name != NULL && j < i; j++)
			if (strcmp(lists[i].name, lists[j].name) == 0) {
				bt_message("%s and %s would both be the list '%s': rename one",
				    lists[j].file, lists[i].file, lists[i].name);
				bt_argument_lists_free(lists, i + 1);
				return NULL;
			}
		if (lists[i].name == NULL) {
			bt_argument_lists_free(lists, i);
			lists = NULL;
		}
	}
	if (lists == NULL)
		bt_message("out of memory");
	return lists;
}

static void say_bad(void *ctx, const char *text)
{
	uint64_t *bad = ctx;
	if ((*bad)++ < BAD_LINES_SHOWN)
		bt_message("%s", text);
}

struct bt_trie *bt_argument_trie(
    char *const *files, unsigned count, enum bt_action action, bool past)
{
	const struct bt_config_list like = {.action = action, .format = BT_FORMAT_AUTO};
	struct bt_trie *trie = NULL;
	uint64_t bad = 0;
	struct bt_compile_result result;
	struct bt_err err;
	void *bytes;
	size_t size;
	if (count >= BT_LISTS_MAX) {
		bt_message("more than %d lists", BT_LISTS_MAX - 1);
		return NULL;
	}
	struct bt_config_list *lists = bt_argument_lists(files, count, &like);
	if (lists == NULL)
		return NULL;
	const struct bt_compile_options options = {.lists = lists,
	    .list_count = count,
	    .sinkhole = &bt_argument_sinkhole,
	    .dated = true,
	    .past = past,
	    .bad = say_bad,
	    .ctx = &bad};
	bool compiled = bt_compile(&options, &bytes, &size, &result, &err);
	bool ok = compiled && bt_trie_open(&trie, bytes, size, &err);
	if (compiled && !ok)
		free(bytes);
	bt_argument_lists_free(lists, count);
	if (bad > BAD_LINES_SHOWN)
		bt_message("and %" PRIu64 " more bad lines in the lists", bad - BAD_LINES_SHOWN);
	if (!ok)
		bt_message("%s", err.text);
	return ok ? trie : NULL;
}
