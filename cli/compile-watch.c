/* SPDX-License-Identifier: BSD-3-Clause */
/* compile-watch.c -- what is said while lists are compiled */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "compile-watch.h"
#include "escape.h"

enum { BAD_LINES_SHOWN = 20 /* of each list */ };

/* ---- bad lines ---- */

/* The list whose file `text`, "file:line: reason", is about. */
static unsigned list_of(const struct bt_compile_options *compile, const char *text)
{
	for (unsigned i = 0; i < compile->list_count; i++) {
		size_t size = strlen(compile->lists[i].file);
		if (strncmp(text, compile->lists[i].file, size) == 0 && text[size] == ':')
			return i;
	}
	return compile->list_count;
}

static void on_bad(void *ctx, const char *text)
{
	struct bt_compile_watch *watch = ctx;
	uint64_t before = watch->bad[list_of(watch->options, text)]++;
	if (before == 0)
		bt_fail(&watch->first, "%s", text);
	if (watch->all_errors || before < BAD_LINES_SHOWN) {
		bt_progress_clear(watch->progress);
		bt_message("%s", text);
	}
}

/* ---- what is left out ---- */

static void show_first(const struct bt_left_out *what)
{
	unsigned shown =
	    what->count < BT_LEFT_OUT_SHOWN ? (unsigned)what->count : BT_LEFT_OUT_SHOWN;
	char text[BT_TEXT_MAX + 1];
	for (unsigned i = 0; i < shown; i++) {
		const struct bt_key *name = &what->first[i].name;
		printf("  line %u", what->first[i].line);
		if (what->first[i].has_name) {
			bt_key_to_text(text, name->bytes, name->len);
			printf("  %s", text);
		}
		putchar('\n');
	}
	if (what->count > shown)
		printf("  and %" PRIu64 " more\n", what->count - shown);
	if (what->refused)
		puts("  `accept: [NAME, ...]` of the list lets them through");
}

static void explain(const struct bt_config_list *list, const struct bt_left_out *what)
{
	bt_put_escaped(stdout, list->file);
	printf(": %s %" PRIu64 ": %s\n", what->refused ? "refused" : "skipped", what->count,
	    what->reason);
	show_first(what);
}

static void on_left_out(
    void *ctx, const struct bt_config_list *list, const struct bt_left_out *what)
{
	const struct bt_compile_watch *watch = ctx;
	bt_progress_clear(watch->progress);
	if (watch->explain)
		explain(list, what);
	else
		bt_message("%s: %s %" PRIu64 ": %s (line %u%s)", list->file,
		    what->refused ? "refused" : "skipped", what->count, what->reason,
		    what->first[0].line, what->count == 1 ? "" : " and others");
}

/* ---- the whole ---- */

static void on_progress(void *ctx, const char *what, unsigned percent)
{
	struct bt_compile_watch *watch = ctx;
	bt_progress_show(watch->progress, what, percent);
}

bool bt_compile_watch_begin(struct bt_compile_watch *watch, struct bt_compile_options *options,
    struct bt_progress *progress)
{
	watch->bad = calloc(options->list_count + 1u, sizeof(*watch->bad));
	if (watch->bad == NULL)
		return false;
	watch->options = options;
	watch->progress = progress;
	options->bad = on_bad;
	options->left_out = on_left_out;
	options->progress = on_progress;
	options->ctx = watch;
	return true;
}

void bt_compile_watch_end(struct bt_compile_watch *watch)
{
	for (unsigned i = 0; !watch->all_errors && i <= watch->options->list_count; i++)
		if (watch->bad[i] > BAD_LINES_SHOWN)
			bt_message("%s: and %" PRIu64 " more bad lines (--all-errors shows them)",
			    i < watch->options->list_count ? watch->options->lists[i].file
							   : "lists",
			    watch->bad[i] - BAD_LINES_SHOWN);
	free(watch->bad);
	watch->bad = NULL;
}
