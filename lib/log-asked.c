/* SPDX-License-Identifier: BSD-3-Clause */
/* log-asked.c -- questions that a log has told of, and whose replies are to come */

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "log-asked.h"

enum {
	SETS = 4096,
	WAYS = 8,
	PATIENCE_MS = 120000, /* longer than any resolver goes on asking */
};

/* A question, by its hash. */
struct entry {
	uint64_t hash; /* 0: free */
	int64_t time;
};

struct bt_log_asked {
	struct entry entries[SETS][WAYS];
	uint8_t next[SETS]; /* to be pushed out */
};

struct bt_log_asked *bt_log_asked_new(void)
{
	return calloc(1, sizeof(struct bt_log_asked));
}

void bt_log_asked_free(struct bt_log_asked **asked)
{
	free(*asked);
	*asked = NULL;
}

static uint64_t hash_of(const struct bt_log_query *query)
{
	uint8_t what[BT_ADDRESS_SIZE + 2 + BT_KEY_MAX];
	memcpy(what, query->client, BT_ADDRESS_SIZE);
	memcpy(what + BT_ADDRESS_SIZE, &query->qtype, 2);
	memcpy(what + BT_ADDRESS_SIZE + 2, query->key.bytes, query->key.len);
	uint64_t hash = XXH3_64bits(what, BT_ADDRESS_SIZE + 2u + query->key.len);
	return hash == 0 ? 1 : hash;
}

void bt_log_asked_note(struct bt_log_asked *asked, const struct bt_log_query *query)
{
	uint64_t hash = hash_of(query);
	size_t set = hash % SETS;
	struct entry *entries = asked->entries[set];
	unsigned way = 0;
	while (way < WAYS && entries[way].hash != 0)
		way++;
	if (way == WAYS)
		way = asked->next[set]++ % WAYS;
	entries[way] = (struct entry){hash, query->time};
}

/* Lines of several threads are not always in the order of their times. */
static bool is_recent(const struct entry *entry, int64_t time)
{
	uint64_t apart = entry->time < time ? (uint64_t)time - (uint64_t)entry->time
					    : (uint64_t)entry->time - (uint64_t)time;
	return apart <= PATIENCE_MS;
}

bool bt_log_asked_take(struct bt_log_asked *asked, const struct bt_log_query *query)
{
	uint64_t hash = hash_of(query);
	struct entry *entries = asked->entries[hash % SETS];
	for (unsigned way = 0; way < WAYS; way++) {
		if (entries[way].hash != hash)
			continue;
		bool recent = is_recent(&entries[way], query->time);
		entries[way].hash = 0;
		if (recent)
			return true;
	}
	return false;
}
