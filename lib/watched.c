/* SPDX-License-Identifier: BSD-3-Clause */
/* watched.c -- since when each listed name has been listed */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "endian.h"
#include "file.h"
#include "trie-names.h"
#include "watched.h"

enum { HEADER = 24, VERSION = 1, ENTRY = 12, FILE_MODE = 0640 };

static const char magic[8] = "btwatch\n";

struct bt_watched {
	uint8_t *bytes;
	const uint8_t *hashes, *times;
	uint32_t count;
};

/* ---- what there is ---- */

static bool is_whole(const uint8_t *bytes, size_t size)
{
	return size >= HEADER && memcmp(bytes, magic, sizeof(magic)) == 0 &&
	       bt_get32(bytes + 8) == VERSION &&
	       size == HEADER + (size_t)bt_get32(bytes + 12) * ENTRY &&
	       bt_get64(bytes + 16) == XXH3_64bits(bytes + HEADER, size - HEADER);
}

bool bt_watched_open(struct bt_watched **watched, const char *path, struct bt_err *err)
{
	void *bytes;
	size_t size;
	if (!bt_file_read(path, SIZE_MAX, &bytes, &size, err))
		return false;
	struct bt_watched *made = is_whole(bytes, size) ? malloc(sizeof(*made)) : NULL;
	if (made == NULL) {
		bt_fail(err, is_whole(bytes, size) ? "%s: out of memory" : "%s: is damaged", path);
		free(bytes);
		return false;
	}
	made->bytes = bytes;
	made->count = bt_get32(made->bytes + 12);
	made->hashes = made->bytes + HEADER;
	made->times = made->hashes + (size_t)made->count * 8;
	*watched = made;
	return true;
}

void bt_watched_close(struct bt_watched **watched)
{
	if (*watched == NULL)
		return;
	free((*watched)->bytes);
	free(*watched);
	*watched = NULL;
}

static uint64_t hash_at(const struct bt_watched *watched, uint32_t i)
{
	return bt_get64(watched->hashes + (size_t)i * 8);
}

/* The first that is not below `hash`, from `low` on. */
static uint32_t find(const struct bt_watched *watched, uint32_t low, uint64_t hash)
{
	uint32_t high = watched->count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (hash_at(watched, middle) < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint32_t seconds_at(const struct bt_watched *watched, uint32_t i)
{
	return bt_get32(watched->times + (size_t)i * 4);
}

int64_t bt_watched_since(const struct bt_watched *watched, const uint8_t *key, size_t size)
{
	uint64_t hash = XXH3_64bits(key, size);
	uint32_t at = find(watched, 0, hash);
	return at < watched->count && hash_at(watched, at) == hash
		   ? (int64_t)seconds_at(watched, at) * 1000
		   : 0;
}

/* ---- what there is to be ---- */

struct hashes {
	uint64_t *hash;
	size_t count;
};

static bool add_name(void *ctx, const uint8_t *key, size_t size, uint32_t class_id)
{
	struct hashes *hashes = ctx;
	(void)class_id;
	hashes->hash[hashes->count++] = XXH3_64bits(key, size);
	return true;
}

static int ascending(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
	return left < right ? -1 : left > right;
}

/* All names' hashes, sorted: the caller's. */
static bool hash_names(struct hashes *hashes, const struct bt_trie *trie, struct bt_err *err)
{
	bool stopped;
	hashes->count = 0;
	hashes->hash = malloc(((size_t)bt_trie_names(trie) + 1) * sizeof(*hashes->hash));
	if (hashes->hash == NULL)
		return bt_fail(err, "out of memory");
	if (!bt_trie_each(trie, add_name, hashes, &stopped, err)) {
		free(hashes->hash);
		return false;
	}
	if (hashes->count > 0)
		qsort(hashes->hash, hashes->count, sizeof(*hashes->hash), ascending);
	return true;
}

/* Both are sorted: one walk through either. */
static void put_names(
    uint8_t *bytes, const struct hashes *hashes, const struct bt_watched *before, uint32_t now)
{
	uint8_t *out = bytes + HEADER, *times = out + hashes->count * 8;
	uint32_t at = 0;
	for (size_t i = 0; i < hashes->count; i++) {
		uint64_t hash = hashes->hash[i];
		while (before != NULL && at < before->count && hash_at(before, at) < hash)
			at++;
		bool known = before != NULL && at < before->count && hash_at(before, at) == hash;
		bt_put64(out + i * 8, hash);
		bt_put32(times + i * 4, known ? seconds_at(before, at) : now);
	}
	memcpy(bytes, magic, sizeof(magic));
	bt_put32(bytes + 8, VERSION);
	bt_put32(bytes + 12, (uint32_t)hashes->count);
	bt_put64(bytes + 16, XXH3_64bits(out, hashes->count * ENTRY));
}

bool bt_watched_renew(
    const char *path, const struct bt_trie *trie, int64_t now, bool *lost, struct bt_err *err)
{
	struct bt_watched *before = NULL;
	struct hashes hashes;
	struct bt_err unread;
	*lost = access(path, F_OK) == 0 && !bt_watched_open(&before, path, &unread);
	bool ok = hash_names(&hashes, trie, err);
	if (ok) {
		size_t size = HEADER + hashes.count * ENTRY;
		uint8_t *bytes = malloc(size);
		ok = bytes != NULL || bt_fail(err, "%s: out of memory", path);
		if (ok) {
			/* the resolver has it a moment later */
			put_names(bytes, &hashes, before, (uint32_t)(now / 1000 + 1));
			ok = bt_file_replace(path, bytes, size, FILE_MODE, err);
		}
		free(bytes);
		free(hashes.hash);
	}
	bt_watched_close(&before);
	return ok;
}
