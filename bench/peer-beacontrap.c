/* SPDX-License-Identifier: BSD-3-Clause */
/* peer-beacontrap.c -- our trie: built as `compile` does, opened with verification */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entries.h"
#include "peer.h"

/* ---- build ---- */

struct build {
	struct bt_policy_builder *policy;
	struct bt_entries *entries;
	uint32_t *metas; /* by class number of the text */
	uint32_t count, room;
};

/* The metadata of a family that appears for the first time. */
static bool add_family(struct build *build, const char *family, struct bt_err *err)
{
	if (build->count == build->room) {
		uint32_t room = 2 * build->room + 1024;
		uint32_t *metas = realloc(build->metas, room * sizeof(*metas));
		if (metas == NULL)
			return bt_fail(err, "out of memory");
		build->metas = metas;
		build->room = room;
	}
	const struct bt_pair pair = {"family", family};
	return bt_policy_add_meta(build->policy, &pair, 1, &build->metas[build->count++], err);
}

static bool take(void *ctx, const struct line *line, struct bt_err *err)
{
	struct build *build = ctx;
	if (line->class_id == build->count && !add_family(build, line->family, err))
		return false;
	const struct bt_member member = {
	    .scope = BT_SCOPE_SUBTREE, .meta = build->metas[line->class_id]};
	return bt_entries_add(build->entries, line->key, member, err);
}

static bool write_file(const char *path, const void *bytes, size_t size, struct bt_err *err)
{
	FILE *file = fopen(path, "w");
	bool ok = file != NULL && fwrite(bytes, size, 1, file) == 1;
	if ((file != NULL && fclose(file) != 0) || !ok)
		return bt_fail(err, "%s: %s", path, strerror(errno));
	return true;
}

static bool finish(struct build *build, const char *path, struct bt_err *err)
{
	const struct bt_list_info info = {.name = "list"};
	const struct bt_build_name *names;
	size_t count, policy_size, size;
	uint64_t duplicates;
	void *policy, *bytes;
	if (!bt_policy_add_list(build->policy, &info, err) ||
	    !bt_entries_finish(build->entries, &build->policy, &names, &count, &duplicates, err))
		return false;
	if (!bt_policy_build(build->policy, &policy, &policy_size, err))
		return false;
	bool ok = bt_build(&bytes, &size, names, count, policy, policy_size, err);
	free(policy);
	if (ok) {
		ok = write_file(path, bytes, size, err);
		free(bytes);
	}
	return ok;
}

static bool build(const char *list, const char *path, struct bt_err *err)
{
	const struct bt_sinkhole sinkhole = {.has_ipv4 = true, .has_ipv6 = true, .ttl = 10};
	struct build build = {0};
	bool ok = bt_policy_builder_new(&build.policy, &sinkhole, err) &&
		  bt_entries_new(&build.entries, err) && lines_each(list, take, &build, err) &&
		  finish(&build, path, err);
	bt_entries_free(&build.entries);
	bt_policy_builder_free(&build.policy);
	free(build.metas);
	return ok;
}

/* ---- open and match ---- */

static bool open_trie(void **self, const char *path, struct bt_err *err)
{
	struct bt_trie *trie;
	if (!bt_trie_load(&trie, path, err))
		return false;
	*self = trie;
	return true;
}

static void close_trie(void *self)
{
	struct bt_trie *trie = self;
	bt_trie_close(&trie);
}

static unsigned match(
    void *self, const struct bt_key *key, struct bt_match matches[static BT_MATCHES_MAX])
{
	return bt_trie_match(self, key, matches);
}

static void match_many(void *self, const struct bt_key *const *keys, unsigned count,
    struct bt_match (*matches)[BT_MATCHES_MAX], unsigned *counts)
{
	bt_trie_match_batch(self, keys, count, matches, counts);
}

/* The file numbers classes in an order of its own: a class is told by its family. */
static uint32_t *classes(void *self, const struct names *names, uint32_t *count)
{
	const struct bt_policy *policy = bt_trie_policy(self);
	*count = bt_policy_classes(policy);
	uint32_t *map = calloc(*count + 1u, sizeof(*map));
	for (uint32_t i = 0; map != NULL && i < *count; i++) {
		const char *family =
		    bt_policy_value(policy, bt_policy_member(policy, i, 0), "family");
		if (family == NULL)
			family = "";
		if (!bt_intern_find(names->families, family, strlen(family), &map[i]))
			map[i] = UINT32_MAX;
	}
	return map;
}

const struct peer peer_beacontrap = {
    .name = "beacontrap",
    .what = "the trie file, read and verified",
    .build = build,
    .open = open_trie,
    .close = close_trie,
    .match = match,
    .match_many = match_many,
    .classes = classes,
};
