/* SPDX-License-Identifier: BSD-3-Clause */
/* policy-store.c -- the policies that events in the rings refer to */

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "policy-store.h"

enum { POLICIES_KEPT = 16 /* no ring is so slow that it refers to an older one */ };

#define PREFIX "policy-"

struct kept {
	struct kept *older;
	uint64_t digest;
	size_t size;
	void *bytes;
	bool written; /* in the segment that is open; the writing thread's */
};

/* Entries are added by any thread, and used and freed by the writing thread alone. */
struct bt_policy_store {
	char *folder;
	pthread_mutex_t lock; /* over the list, not over what its entries hold */
	struct kept *newest;
	uint64_t octets;          /* of policies in the open segment */
	uint64_t present;         /* the last digest that was found to be in the open segment */
	_Atomic uint64_t unknown; /* the last digest that was looked for in vain; any thread */
};

static void free_kept(struct kept *kept)
{
	if (kept == NULL)
		return;
	free(kept->bytes);
	free(kept);
}

bool bt_policy_store_new(struct bt_policy_store **store, const char *folder, struct bt_err *err)
{
	struct bt_policy_store *made = calloc(1, sizeof(*made));
	if (made == NULL || (made->folder = strdup(folder)) == NULL) {
		free(made);
		return bt_fail(err, "%s: out of memory", folder);
	}
	pthread_mutex_init(&made->lock, NULL);
	*store = made;
	return true;
}

void bt_policy_store_free(struct bt_policy_store **store)
{
	if (*store == NULL)
		return;
	for (struct kept *kept = (*store)->newest, *older; kept != NULL; kept = older) {
		older = kept->older;
		free_kept(kept);
	}
	pthread_mutex_destroy(&(*store)->lock);
	free((*store)->folder);
	free(*store);
	*store = NULL;
}

static char *file_path(const struct bt_policy_store *store, uint64_t digest)
{
	char *path;
	return asprintf(&path, "%s/" PREFIX "%016llx", store->folder, (unsigned long long)digest) <
		       0
		   ? NULL
		   : path;
}

/* ---- the list ---- */

/* Takes over *kept; what has its digest already becomes the newest instead. */
static void push(struct bt_policy_store *store, struct kept *kept)
{
	pthread_mutex_lock(&store->lock);
	struct kept **at = &store->newest;
	while (*at != NULL && (*at)->digest != kept->digest)
		at = &(*at)->older;
	struct kept *newest = kept, *spare = NULL;
	if (*at != NULL) {
		spare = kept;
		newest = *at;
		*at = newest->older;
	}
	newest->older = store->newest;
	store->newest = newest;
	pthread_mutex_unlock(&store->lock);
	free_kept(spare);
}

static struct kept *find(struct bt_policy_store *store, uint64_t digest)
{
	pthread_mutex_lock(&store->lock);
	struct kept *kept = store->newest;
	while (kept != NULL && kept->digest != digest)
		kept = kept->older;
	pthread_mutex_unlock(&store->lock);
	return kept;
}

/* Takes what is too old out of the list. */
static struct kept *cut(struct bt_policy_store *store)
{
	struct kept *old = NULL;
	unsigned count = 0;
	pthread_mutex_lock(&store->lock);
	for (struct kept *kept = store->newest; kept != NULL; kept = kept->older) {
		if (++count == POLICIES_KEPT) {
			old = kept->older;
			kept->older = NULL;
		}
	}
	pthread_mutex_unlock(&store->lock);
	return old;
}

static void forget_old(struct bt_policy_store *store)
{
	for (struct kept *kept = cut(store), *older; kept != NULL; kept = older) {
		older = kept->older;
		char *path = file_path(store, kept->digest);
		if (path != NULL)
			unlink(path);
		free(path);
		free_kept(kept);
	}
}

/* ---- in and out ---- */

bool bt_policy_store_add(struct bt_policy_store *store, uint64_t digest, const void *bytes,
    size_t size, struct bt_err *err)
{
	struct kept *made = calloc(1, sizeof(*made));
	if (made == NULL || (made->bytes = malloc(size + 1)) == NULL) {
		free(made);
		return bt_fail(err, "out of memory for a policy of %zu octets", size);
	}
	memcpy(made->bytes, bytes, size);
	made->size = size;
	made->digest = digest;
	push(store, made);
	store->unknown = 0;
	return true;
}

bool bt_policy_store_save(const struct bt_policy_store *store, uint64_t digest, const void *bytes,
    size_t size, struct bt_err *err)
{
	char *path = file_path(store, digest);
	if (path == NULL)
		return bt_fail(err, "out of memory");
	bool ok = access(path, F_OK) == 0 || bt_file_replace(path, bytes, size, 0640, err);
	free(path);
	return ok;
}

/* The file that a dead process left; NULL if there is none that is a policy. */
static struct kept *load(struct bt_policy_store *store, uint64_t digest)
{
	struct kept *made = calloc(1, sizeof(*made));
	char *path = file_path(store, digest);
	struct bt_policy *policy = NULL;
	bool ok = made != NULL && path != NULL &&
		  bt_file_read(path, BT_SEGMENT_POLICY_MAX, &made->bytes, &made->size, NULL) &&
		  bt_policy_open(&policy, made->bytes, made->size, NULL);
	bt_policy_close(&policy);
	free(path);
	if (!ok) {
		free_kept(made);
		return NULL;
	}
	made->digest = digest;
	push(store, made);
	return find(store, digest);
}

void bt_policy_store_begin(struct bt_policy_store *store)
{
	forget_old(store);
	store->octets = store->present = 0;
	store->unknown = 0;
	pthread_mutex_lock(&store->lock);
	for (struct kept *kept = store->newest; kept != NULL; kept = kept->older)
		kept->written = false;
	pthread_mutex_unlock(&store->lock);
}

bool bt_policy_store_write(struct bt_policy_store *store, uint64_t digest,
    struct bt_segment_writer *segment, struct bt_err *err)
{
	if (digest == 0 || digest == store->present || digest == store->unknown)
		return true;
	struct kept *kept = find(store, digest);
	if (kept == NULL)
		kept = load(store, digest);
	if (kept == NULL) {
		store->unknown = digest;
		return true;
	}
	if (!kept->written) {
		if (!bt_segment_policy(segment, digest, kept->bytes, kept->size, err))
			return false;
		kept->written = true;
		store->octets += kept->size;
	}
	store->present = digest;
	forget_old(store);
	return true;
}

uint64_t bt_policy_store_octets(const struct bt_policy_store *store)
{
	return store->octets;
}

void bt_policy_store_clean(const struct bt_policy_store *store)
{
	DIR *dir = opendir(store->folder);
	if (dir == NULL)
		return;
	const struct dirent *entry;
	while ((entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0)
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
}
