/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * explain.h -- the verdict for a name, and why it is that one
 *
 * The verdict is bt_judge()'s, as the plugin's is; the steps tell its rules in words.
 *
 * Threads: an explanation belongs to one thread.
 */
#ifndef BT_EXPLAIN_H
#define BT_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "judge.h"

/* A listed name that is the name asked for or an ancestor of it, in one of its lists. */
struct bt_holding {
	struct bt_member member;
	uint8_t labels; /* of the listed name */
	bool covers;    /* false: its scope leaves the name out */
	bool excepted;  /* the list itself has an exception for the name */
	bool decides;
};

enum { BT_STEPS_MAX = 12 };

struct bt_explanation {
	struct bt_key key;
	struct bt_verdict verdict;
	const char *group;           /* of the client, as the policy has it; "": of none */
	struct bt_holding *holdings; /* most specific first, then by list */
	size_t count;
	char *steps[BT_STEPS_MAX]; /* sentences, not escaped */
	unsigned step_count;
};

/* `decisions` may be NULL. */
bool bt_explain(struct bt_explanation **explanation, const struct bt_trie *trie,
    const struct bt_decisions *decisions, const struct bt_question *question, struct bt_err *err);

/* Frees the explanation and sets *explanation to NULL. NULL is fine. */
void bt_explanation_free(struct bt_explanation **explanation);

#endif
