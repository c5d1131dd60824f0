/* SPDX-License-Identifier: BSD-3-Clause */
/* decide.c -- changing what was decided here */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "decide.h"
#include "file.h"

enum { MODE = 0640 };

static const char head[] =
    "# What was decided here, before all lists: `beacontrap allow`, `block`, `pause` write this\n"
    "# file, `beacontrap overrides` shows it.\n";

/* ---- writing ---- */

/* In double quotes, as YAML has it. */
static void put_text(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', out);
		putc(*text, out);
	}
	putc('"', out);
}

static void put_time(FILE *out, const char *key, int64_t seconds)
{
	char text[32];
	time_t time = (time_t)seconds;
	struct tm tm;
	if (seconds != 0 && gmtime_r(&time, &tm) != NULL &&
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		fprintf(out, ", %s: %s", key, text);
}

static void put_decision(FILE *out, const struct bt_decision *decision)
{
	char text[BT_TEXT_MAX + 1], network[BT_NETWORK_TEXT];
	fprintf(out, "  - { action: %s", bt_decided_name(decision->kind));
	if (decision->kind != BT_DECIDED_PAUSE) {
		bt_key_to_text(text, decision->key.bytes, decision->key.len);
		fputs(", name: ", out);
		put_text(out, text);
	}
	if (decision->client.bits > 0) {
		bt_network_write(network, &decision->client);
		fprintf(out, ", client: \"%s\"", network);
	}
	put_time(out, "at", decision->at);
	put_time(out, "until", decision->until);
	if (decision->author[0] != '\0') {
		fputs(", by: ", out);
		put_text(out, decision->author);
	}
	if (decision->reason[0] != '\0') {
		fputs(", reason: ", out);
		put_text(out, decision->reason);
	}
	fputs(" }\n", out);
}

/*
 * What this writes and cannot read would bring all further decisions to nothing: a reason that is
 * no UTF-8, a year after 9999.
 */
static bool can_be_read(const char *path, const char *text, size_t size, struct bt_err *err)
{
	struct bt_decisions *decisions;
	struct bt_err reason;
	if (!bt_decisions_read(&decisions, path, text, size, &reason))
		return bt_fail(err, "not written, since it could not be read: %s", reason.text);
	bt_decisions_free(&decisions);
	return true;
}

/* The file, while nobody else changes it. */
struct draft {
	const char *path;
	int fd;
	struct bt_decisions *decisions;
	bool *struck; /* of each decision, whether it is to go */
};

/* Those that hold and are not struck out, and one more if it is not NULL. */
static bool write_all(
    const struct draft *draft, const struct bt_decision *more, int64_t now, struct bt_err *err)
{
	const struct bt_decisions *decisions = draft->decisions;
	const char *path = draft->path;
	char *text = NULL;
	size_t size = 0;
	unsigned count = 0;
	FILE *out = open_memstream(&text, &size);
	if (out == NULL)
		return bt_fail(err, "%s: out of memory", path);
	fprintf(out, "%sdecisions:", head);
	for (unsigned i = 0; i < decisions->count; i++) {
		if (draft->struck[i] || !bt_decision_holds(&decisions->list[i], now))
			continue;
		fputs(count++ == 0 ? "\n" : "", out);
		put_decision(out, &decisions->list[i]);
	}
	if (more != NULL) {
		fputs(count++ == 0 ? "\n" : "", out);
		put_decision(out, more);
	}
	fputs(count == 0 ? " []\n" : "", out);
	bool ok = fclose(out) == 0
		      ? count <= BT_DECISIONS_MAX ||
			    bt_fail(err, "%s: more than %d decisions", path, BT_DECISIONS_MAX)
		      : bt_fail(err, "%s: out of memory", path);
	ok = ok && can_be_read(path, text, size, err) &&
	     bt_file_replace(path, text, size, MODE, err);
	free(text);
	return ok;
}

/* ---- one writer at a time ---- */

/* Locks the folder that the file is in. -1: *err says why. */
static int lock(const char *path, struct bt_err *err)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash != NULL ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	int fd = folder != NULL ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd < 0 || flock(fd, LOCK_EX) != 0) {
		bt_fail(err, "%s: %s", folder != NULL ? folder : path, strerror(errno));
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	free(folder);
	return fd;
}

static bool same_network(const struct bt_network *a, const struct bt_network *b)
{
	return a->bits == b->bits && memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

static bool same_name(const struct bt_decision *decision, const struct bt_key *key)
{
	return decision->kind != BT_DECIDED_PAUSE && decision->key.len == key->len &&
	       memcmp(decision->key.bytes, key->bytes, key->len) == 0;
}

/* NULL for `key`: whether it is a pause; for `client`: whoever it is for. */
static bool is_about(
    const struct bt_decision *decision, const struct bt_key *key, const struct bt_network *client)
{
	bool same = key != NULL ? same_name(decision, key) : decision->kind == BT_DECIDED_PAUSE;
	return same && (client == NULL || same_network(&decision->client, client));
}

static void close_draft(struct draft *draft)
{
	free(draft->struck);
	bt_decisions_free(&draft->decisions);
	close(draft->fd);
}

static bool open_draft(struct draft *draft, const char *path, struct bt_err *err)
{
	*draft = (struct draft){.path = path, .fd = lock(path, err)};
	if (draft->fd < 0)
		return false;
	bool ok = bt_decisions_load(&draft->decisions, path, err);
	if (ok) {
		draft->struck = calloc(draft->decisions->count + 1u, sizeof(*draft->struck));
		ok = draft->struck != NULL || bt_fail(err, "%s: out of memory", path);
	}
	if (!ok)
		close_draft(draft);
	return ok;
}

bool bt_decide(const char *path, const struct bt_decision *decision, struct bt_err *err)
{
	struct draft draft;
	if (!open_draft(&draft, path, err))
		return false;
	const struct bt_key *key = decision->kind != BT_DECIDED_PAUSE ? &decision->key : NULL;
	for (unsigned i = 0; i < draft.decisions->count; i++)
		draft.struck[i] = is_about(&draft.decisions->list[i], key, &decision->client);
	bool ok = write_all(&draft, decision, decision->at, err);
	close_draft(&draft);
	return ok;
}

bool bt_undecide(const char *path, const struct bt_key *key, const struct bt_network *client,
    unsigned *removed, struct bt_err *err)
{
	struct draft draft;
	int64_t now = (int64_t)time(NULL);
	unsigned count = 0;
	if (!open_draft(&draft, path, err))
		return false;
	for (unsigned i = 0; i < draft.decisions->count; i++) {
		const struct bt_decision *decision = &draft.decisions->list[i];
		draft.struck[i] = is_about(decision, key, client);
		count += draft.struck[i] && bt_decision_holds(decision, now);
	}
	bool ok = write_all(&draft, NULL, now, err);
	close_draft(&draft);
	if (ok)
		*removed = count;
	return ok;
}
