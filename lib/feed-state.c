/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * feed-state.c -- what the server said of the copy of a list, so that it need not send it again
 *
 *     source 5c0ff1ce5c0ff1ce          XXH3-64 of the URL, which may hold a key; its seed is that
 *                                      of the digest that the file must have, or 0
 *     copy 104857 1795731085.123456789 octets of the file, and when it changed
 *     etag "abc"
 *     modified Thu, 26 Nov 2026 10:00:00 GMT
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "feed.h"
#include "file.h"

enum { STATE_MAX = 8192, STATE_MODE = 0640 };

static char *state_path(const struct bt_config_list *list)
{
	char *path;
	return asprintf(&path, "%s" BT_FEED_STATE, list->file) < 0 ? NULL : path;
}

/* The lines that say what it is about. False: there is no copy. */
static bool write_subject(char text[static STATE_MAX], const struct bt_config_list *list)
{
	struct stat st;
	const char *url = list->feed.url, *sha256 = list->feed.sha256;
	uint64_t seed = sha256 != NULL ? XXH3_64bits(sha256, strlen(sha256)) : 0;
	if (stat(list->file, &st) != 0)
		return false;
	snprintf(text, STATE_MAX, "source %016" PRIx64 "\ncopy %lld %lld.%09ld\n",
	    (uint64_t)XXH3_64bits_withSeed(url, strlen(url), seed), (long long)st.st_size,
	    (long long)st.st_mtime, (long)st.st_mtim.tv_nsec);
	return true;
}

/* The rest of a line that begins with that word: malloc'ed; NULL: there is none. */
static char *find_value(const char *text, const char *word)
{
	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, word, strlen(word)) != 0)
			continue;
		line += strlen(word);
		return strndup(line, strcspn(line, "\n"));
	}
	return NULL;
}

void bt_feed_state_load(struct bt_feed_state *state, const struct bt_config_list *list)
{
	char subject[STATE_MAX], *path = state_path(list);
	void *text = NULL;
	size_t size;
	*state = (struct bt_feed_state){NULL, NULL};
	if (path != NULL && write_subject(subject, list) &&
	    bt_file_read(path, STATE_MAX, &text, &size, NULL) && strlen(text) == size &&
	    strncmp(text, subject, strlen(subject)) == 0) {
		state->etag = find_value((char *)text + strlen(subject), "etag ");
		state->modified = find_value((char *)text + strlen(subject), "modified ");
	}
	free(text);
	free(path);
}

bool bt_feed_state_save(
    const struct bt_feed_state *state, const struct bt_config_list *list, struct bt_err *err)
{
	char text[STATE_MAX], *path = state_path(list);
	if (path == NULL)
		return bt_fail(err, "%s: out of memory", list->file);
	bool ok = write_subject(text, list) || bt_fail(err, "%s: is gone", list->file);
	if (ok) {
		size_t used = strlen(text);
		if (state->etag != NULL)
			used += (size_t)snprintf(
			    text + used, sizeof(text) - used, "etag %s\n", state->etag);
		if (state->modified != NULL && used < sizeof(text))
			used += (size_t)snprintf(
			    text + used, sizeof(text) - used, "modified %s\n", state->modified);
		ok = used < sizeof(text)
			 ? bt_file_replace(path, text, used, STATE_MODE, err)
			 : bt_fail(err, "%s: the server says too much of the file", path);
	}
	free(path);
	return ok;
}

void bt_feed_state_reset(struct bt_feed_state *state)
{
	free(state->etag);
	free(state->modified);
	*state = (struct bt_feed_state){NULL, NULL};
}
