/* SPDX-License-Identifier: BSD-3-Clause */
/* feed.c -- whether what came for a list may take the place of the copy that is there */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "feed.h"
#include "intern.h"
#include "lines.h"
#include "list.h"
#include "unpack.h"

enum {
	PERCENT = 100,
	HEAD_LINES = 100, /* in which a list says how many entries it has */
	COUNT_SLACK = 1,  /* percent of them that may be missing: what is an entry is told otherwise
			     here and there */
	PIECE = 1 << 16,
};

/* ---- the digest ---- */

static bool digest_file(int fd, char hex[static 2 * EVP_MAX_MD_SIZE + 1])
{
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	unsigned char piece[PIECE], octets[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	ssize_t got = 0;
	bool ok = digest != NULL && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1;
	while (ok && (got = read(fd, piece, sizeof(piece))) > 0)
		ok = EVP_DigestUpdate(digest, piece, (size_t)got) == 1;
	ok = ok && got == 0 && EVP_DigestFinal_ex(digest, octets, &size) == 1;
	EVP_MD_CTX_free(digest);
	for (unsigned i = 0; i < size; i++)
		snprintf(hex + 2 * i, 3, "%02x", octets[i]);
	return ok;
}

static bool check_digest(const char *path, const char *expected, struct bt_err *err)
{
	char hex[2 * EVP_MAX_MD_SIZE + 1] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool digested = fd >= 0 && digest_file(fd, hex);
	if (!digested)
		bt_fail(err, "its SHA-256 cannot be had: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return digested && (strcmp(hex, expected) == 0 ||
			       bt_fail(err, "its SHA-256 is %s, not %s", hex, expected));
}

/* ---- the file as it is ---- */

static bool begins_as(const char *at, size_t size, const char *text)
{
	return size >= strlen(text) && strncasecmp(at, text, strlen(text)) == 0;
}

/* A page of a portal or of an error; a list of the format text may be one. */
static bool is_page(const char *at, size_t size)
{
	while (size > 0 && (unsigned char)*at <= ' ') {
		at++;
		size--;
	}
	return begins_as(at, size, "<!doctype html") || begins_as(at, size, "<html") ||
	       begins_as(at, size, "<head");
}

/* "# Number of entries: 12,345": 12345; 0: the line says nothing of the kind. */
static uint64_t read_count(struct bt_line line)
{
	static const char title[] = "number of entries:";
	uint64_t count = 0;
	size_t at = 0;
	if (line.size == 0 || memchr("#!;/", line.at[0], 4) == NULL)
		return 0;
	while (at < line.size && !begins_as(line.at + at, line.size - at, title))
		at++;
	for (at += sizeof(title) - 1; at < line.size; at++) {
		char c = line.at[at];
		if (c >= '0' && c <= '9' && count < UINT32_MAX)
			count = count * 10 + (uint64_t)(c - '0');
		else if (c != ' ' && c != ',' && c != '.' && c != '\'')
			break;
	}
	return count;
}

static uint64_t find_count(struct bt_lines *lines)
{
	uint64_t count = 0;
	struct bt_line line;
	for (int i = 0; i < HEAD_LINES && count == 0 && bt_lines_next(lines, &line); i++)
		count = read_count(line);
	return count;
}

static size_t read_octets(void *input, void *octets, size_t size)
{
	return bt_unpack_read(input, octets, size);
}

/* What the file says of itself: the entries that it should have, 0 if it does not say. */
static bool look_at(const struct bt_feed_check *check, uint64_t *count, struct bt_err *err)
{
	struct bt_unpack *input;
	struct bt_lines lines;
	size_t size;
	if (!bt_unpack_open_bounded(&input, check->fresh, err))
		return false;
	bool ok = bt_unpack_size(input) > 0 || bt_fail(err, "it is empty");
	if (ok && !bt_lines_of_source(&lines, read_octets, input)) {
		ok = bt_fail(err, "out of memory");
	} else if (ok) {
		const char *at = bt_lines_peek(&lines, &size);
		ok = check->list->format == BT_FORMAT_TEXT || !is_page(at, size) ||
		     bt_fail(err, "it is a page of HTML, not a list");
		*count = find_count(&lines);
		bt_lines_free(&lines);
	}
	bt_unpack_close(&input);
	return ok;
}

/* ---- the names in it ---- */

struct names {
	struct bt_intern *set; /* each a key, its scope, and whether it is an exception */
	struct bt_list_stats stats;
};

enum { NAME_SIZE = BT_KEY_MAX + 2 };

static bool take_entry(void *ctx, const struct bt_entry *entry, struct bt_err *err)
{
	struct names *names = ctx;
	uint8_t name[NAME_SIZE];
	uint32_t id;
	memcpy(name, entry->key->bytes, entry->key->len);
	name[entry->key->len] = entry->scope;
	name[entry->key->len + 1] = entry->except;
	return bt_intern_add(names->set, name, entry->key->len + 2u, &id) ||
	       bt_fail(err, "out of memory");
}

static bool read_names(
    struct names *names, const struct bt_config_list *list, const char *path, struct bt_err *err)
{
	const struct bt_list_reader reader = {.entry = take_entry,
	    .ctx = names,
	    .columns = list->columns,
	    .column_count = list->column_count,
	    .all_urls = list->all_urls};
	names->set = bt_intern_new();
	if (names->set == NULL)
		return bt_fail(err, "out of memory");
	if (bt_list_read(path, list->format, &reader, &names->stats, err))
		return true;
	bt_intern_free(&names->set);
	return false;
}

static void tell_name(
    const struct bt_feed_check *check, bool added, const uint8_t *bytes, size_t size)
{
	char text[BT_TEXT_MAX + 4], *at = text;
	if (check->differs == NULL)
		return;
	if (bytes[size - 1]) /* an exception */
		*at++ = '!';
	if (bytes[size - 2] == BT_SCOPE_BELOW)
		at = stpcpy(at, "*.");
	bt_key_to_text(at, bytes, size - 2);
	check->differs(check->ctx, added, text);
}

/* How many of `these` are not among `those`. */
static uint64_t count_missing(const struct bt_feed_check *check, bool added,
    const struct names *these, const struct names *those)
{
	uint64_t missing = 0;
	uint32_t found;
	for (uint32_t id = 0; these->set != NULL && id < bt_intern_count(these->set); id++) {
		size_t size;
		const uint8_t *name = bt_intern_bytes(these->set, id, &size);
		if (those->set != NULL && bt_intern_find(those->set, name, size, &found))
			continue;
		missing++;
		tell_name(check, added, name, size);
	}
	return missing;
}

/* ---- the verdict ---- */

static bool check_count(const struct names *fresh, uint64_t said, struct bt_err *err)
{
	const struct bt_list_stats *stats = &fresh->stats;
	uint64_t found = stats->entries + stats->bad + stats->skipped;
	return found >= said - said * COUNT_SLACK / PERCENT ||
	       bt_fail(err,
		   "it says that it has %" PRIu64 " entries, and %" PRIu64
		   " came: it seems to be cut off",
		   said, found);
}

static bool check_shrink(
    const struct bt_feed_check *check, const struct bt_feed_change *change, struct bt_err *err)
{
	uint64_t most = check->list->feed.max_shrink;
	return check->may_shrink || change->names >= change->before ||
	       (change->before - change->names) * PERCENT <= change->before * most ||
	       bt_fail(err,
		   "it has %" PRIu64 " names, where %" PRIu64 " were: more than %" PRIu64
		   " %% less (max-shrink; --force takes it)",
		   change->names, change->before, most);
}

static bool judge(const struct bt_feed_check *check, const struct names *fresh,
    const struct bt_feed_change *change, uint64_t said, struct bt_err *err)
{
	if (fresh->stats.bad > fresh->stats.entries)
		return bt_fail(err,
		    "it has more bad lines (%" PRIu64 ") than good ones (%" PRIu64 ")",
		    fresh->stats.bad, fresh->stats.entries);
	if (fresh->stats.exceptions == fresh->stats.entries &&
	    check->list->action != BT_ACTION_ALLOW)
		return bt_fail(err, "it has only exceptions");
	return check_count(fresh, said, err) && check_shrink(check, change, err);
}

/* Reasons of readers begin with the path of a file that will be gone. */
static bool without_path(const char *path, struct bt_err *err)
{
	size_t size = strlen(path);
	if (strncmp(err->text, path, size) == 0 && err->text[size] == ':') {
		size += err->text[size + 1] == ' ' ? 2 : 1;
		memmove(err->text, err->text + size, strlen(err->text + size) + 1);
	}
	return false;
}

bool bt_feed_check(
    const struct bt_feed_check *check, struct bt_feed_change *change, struct bt_err *err)
{
	const struct bt_config_list *list = check->list;
	struct names fresh = {.set = NULL}, before = {.set = NULL};
	uint64_t said = 0;
	if (list->feed.sha256 != NULL && !check_digest(check->fresh, list->feed.sha256, err))
		return false;
	if (!look_at(check, &said, err) || !read_names(&fresh, list, check->fresh, err))
		return without_path(check->fresh, err);
	read_names(&before, list, list->file, NULL); /* if it cannot be read, it is none */
	change->names = bt_intern_count(fresh.set);
	change->before = before.set != NULL ? bt_intern_count(before.set) : 0;
	change->added = count_missing(check, true, &fresh, &before);
	change->removed = count_missing(check, false, &before, &fresh);
	bool ok = judge(check, &fresh, change, said, err);
	bt_intern_free(&fresh.set);
	bt_intern_free(&before.set);
	return ok;
}
