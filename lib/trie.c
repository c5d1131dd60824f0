/* SPDX-License-Identifier: BSD-3-Clause */
/* trie.c -- the compiled lists, read only */

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "trie-view.h"

/* ---- open and close ---- */

/* All but the file's bytes. */
static void free_trie(struct bt_trie *trie)
{
	bt_policy_close(&trie->policy);
	free(trie);
}

bool bt_trie_open(struct bt_trie **trie, void *bytes, size_t size, struct bt_err *err)
{
	struct bt_trie *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return bt_fail(err, "out of memory");
	t->bytes = bytes;
	t->size = size;
	if (!bt_trie_verify(t, err)) {
		free_trie(t);
		return false;
	}
	*trie = t;
	return true;
}

bool bt_trie_load(struct bt_trie **trie, const char *path, struct bt_err *err)
{
	void *bytes;
	size_t size;
	if (!bt_file_read(path, BT_TRIE_MAX, &bytes, &size, err))
		return false;
	if (bt_trie_open(trie, bytes, size, err))
		return true;
	free(bytes);
	return bt_fail_in(err, "%s", path);
}

void bt_trie_close(struct bt_trie **trie)
{
	if (*trie == NULL)
		return;
	free((*trie)->bytes);
	free_trie(*trie);
	*trie = NULL;
}

/* ---- the rest ---- */

const struct bt_policy *bt_trie_policy(const struct bt_trie *trie)
{
	return trie->policy;
}

uint64_t bt_trie_names(const struct bt_trie *trie)
{
	return trie->names;
}

size_t bt_trie_size(const struct bt_trie *trie)
{
	return trie->size;
}

size_t bt_trie_memory(const struct bt_trie *trie)
{
	return sizeof(*trie) + trie->size;
}

uint64_t bt_trie_digest(const struct bt_trie *trie)
{
	return trie->digest;
}
