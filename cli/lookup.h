/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lookup.h -- the parts of `beacontrap lookup` (private to cmd-lookup.c and lookup*.c)
 *
 * Threads: one thread.
 */
#ifndef BT_LOOKUP_H
#define BT_LOOKUP_H

#include <stdbool.h>

#include "cli.h"
#include "explain.h"

/* What the plugin would record: "not listed" and `allow` are none. */
bool bt_is_hit(const struct bt_verdict *verdict);

/* Who is asked for. */
struct bt_asker {
	const struct bt_trie *trie;
	const struct bt_decisions *decisions; /* NULL: none */
	uint8_t client[BT_ADDRESS_SIZE];
	int64_t now;      /* Unix seconds */
	const char *type; /* of the record; NULL: A, AAAA and others */
};

struct bt_question bt_ask(const struct bt_asker *asker, const struct bt_key *key);

/* Writes an explanation to standard output: lines for people; an object. False: out of memory. */
bool bt_lookup_text(
    const struct bt_policy *policy, const struct bt_explanation *told, const char *type);
bool bt_lookup_json(const struct bt_policy *policy, const struct bt_explanation *told);

/*
 * Looks up the names in a file ("-": standard input), one a line, and shows the hits: a line of
 * columns each, or with `json` an object each, commas between them. BT_EXIT_OK if there was one.
 */
enum bt_exit bt_lookup_file(const struct bt_asker *asker, const char *path, bool json);

#endif
