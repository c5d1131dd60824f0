/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-extract.c -- indicators out of reports, as a list of ours */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "escape.h"
#include "extract-file.h"
#include "intern.h"
#include "json.h"
#include "prose.h"

enum { PLAIN, CAMPAIGN, VERBOSE };

static const struct bt_option options[] = {
    [PLAIN] = {"plain", NULL, "also names that are not defanged, if they are no files' names", 0},
    [CAMPAIGN] = {"campaign", "TEXT", "what the reports are about", 0},
    [VERBOSE] = {"verbose", NULL, "say what looked like an indicator and is none", 0},
    {NULL, NULL, NULL, 0},
};

struct extract {
	bool plain, verbose;
	struct bt_intern *names;  /* keys */
	struct bt_intern *hashes; /* in lower case */
	uint64_t others;
};

/* ---- out of a file ---- */

static bool add_hash(struct extract *to, const struct bt_prose_find *find)
{
	char hash[64];
	uint32_t number;
	for (size_t i = 0; i < find->size; i++)
		hash[i] = find->at[i] >= 'A' && find->at[i] <= 'F' ? (char)(find->at[i] | 0x20)
								   : find->at[i];
	return bt_intern_add(to->hashes, hash, find->size, &number);
}

static void note_other(struct extract *to, const char *path, const struct bt_prose_find *find)
{
	to->others++;
	if (to->verbose)
		bt_message("%s:%u: %s: %.*s", path, find->line, find->reason,
		    (int)(find->size < 200 ? find->size : 200), find->at);
}

/* False if memory runs out. */
static bool read_text(struct extract *to, const char *path, const char *text, size_t size)
{
	struct bt_prose prose = {.text = text, .size = size, .plain = to->plain};
	struct bt_prose_find find;
	uint32_t number;
	bool ok = true;
	while (ok && bt_prose_next(&prose, &find)) {
		if (find.kind == BT_PROSE_NAME)
			ok = bt_intern_add(to->names, find.key.bytes, find.key.len, &number);
		else if (find.kind == BT_PROSE_HASH)
			ok = add_hash(to, &find);
		else
			note_other(to, path, &find);
	}
	return ok;
}

static bool read_file(struct extract *to, const char *path)
{
	struct bt_err err;
	char *text;
	size_t size;
	if (!bt_extract_file(path, &text, &size, &err)) {
		bt_message("%s", err.text);
		return false;
	}
	bool ok = read_text(to, path, text, size);
	free(text);
	if (!ok)
		bt_message("%s: out of memory", path);
	return ok;
}

/* ---- to a list ---- */

/* A double-quoted scalar of YAML, which a string of JSON is. */
static bool put_value(const char *key, const char *value)
{
	fputs(key, stdout);
	bool ok = bt_json_write(stdout, bt_json_text(value));
	putchar('\n');
	return ok;
}

static void put_hashes(const struct bt_intern *hashes)
{
	if (bt_intern_count(hashes) > 0)
		puts("context:\n  files:");
	for (uint32_t i = 0; i < bt_intern_count(hashes); i++) {
		size_t size;
		const char *hash = bt_intern_bytes(hashes, i, &size);
		printf("    - %s: %.*s\n",
		    size == 32   ? "md5"
		    : size == 40 ? "sha1"
				 : "sha256",
		    (int)size, hash);
	}
}

/* The last dot is defanged, so that nothing makes a link of it. */
static void put_name(const uint8_t *key, size_t size)
{
	char text[BT_TEXT_MAX + 1];
	bt_key_to_text(text, key, size);
	const char *dot = strrchr(text, '.');
	if (dot == NULL)
		printf("  - %s\n", text);
	else
		printf("  - %.*s[.]%s\n", (int)(dot - text), text, dot + 1);
}

static bool put_list(const struct extract *from, const struct bt_call *call)
{
	const char *campaign = call->option[CAMPAIGN];
	bool ok = put_value("name: ", bt_file_name(call->argument[0]));
	for (int i = 0; i < call->arguments; i++)
		ok = put_value(
			 i == 0 ? "references:\n  - " : "  - ", bt_file_name(call->argument[i])) &&
		     ok;
	if (campaign != NULL)
		ok = put_value("campaign: ", campaign) && ok;
	put_hashes(from->hashes);
	puts("scope: subtree\nindicators:");
	for (uint32_t i = 0; i < bt_intern_count(from->names); i++) {
		size_t size;
		const uint8_t *key = bt_intern_bytes(from->names, i, &size);
		put_name(key, size);
	}
	return ok;
}

static enum bt_exit extract(struct extract *to, const struct bt_call *call)
{
	for (int i = 0; i < call->arguments; i++)
		if (!read_file(to, call->argument[i]))
			return BT_EXIT_FAILED;
	if (to->others > 0)
		bt_message("%llu that look like indicators and are none%s",
		    (unsigned long long)to->others, to->verbose ? "" : ": --verbose shows them");
	if (bt_intern_count(to->names) == 0) {
		bt_message("there is no %sname in it%s", to->plain ? "" : "defanged ",
		    to->plain ? "" : "; --plain takes others, too");
		return BT_EXIT_NO;
	}
	if (put_list(to, call))
		return BT_EXIT_OK;
	bt_message("out of memory");
	return BT_EXIT_FAILED;
}

static enum bt_exit run(const struct bt_call *call)
{
	struct extract to = {
	    .plain = call->option[PLAIN] != NULL,
	    .verbose = call->option[VERBOSE] != NULL,
	    .names = bt_intern_new(),
	    .hashes = bt_intern_new(),
	};
	enum bt_exit status = BT_EXIT_FAILED;
	if (call->arguments == 0)
		status = bt_usage(call, "extract: expected FILEs");
	else if (to.names == NULL || to.hashes == NULL)
		bt_message("out of memory");
	else
		status = extract(&to, call);
	bt_intern_free(&to.names);
	bt_intern_free(&to.hashes);
	return status;
}

const struct bt_command bt_cmd_extract = {
    .name = "extract",
    .arguments = "FILE...",
    .summary = "Find the indicators in reports (text, HTML, PDF), and print them as a list",
    .options = options,
    .max_arguments = BT_ANY,
    .run = run,
};
