/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log-asked.h -- questions that a log has told of, and whose replies are to come
 *
 * A log may have a line for each question, for each reply, or for both, and may begin or change
 * anywhere: so a reply is a question of its own only if no question of the same client, name and
 * type stands shortly before it. The table is bounded; a question that is pushed out of it, by
 * thousands of others that wait, counts twice.
 *
 * Threads: a table belongs to one thread.
 */
#ifndef BT_LOG_ASKED_H
#define BT_LOG_ASKED_H

#include <stdbool.h>

#include "log.h"

struct bt_log_asked;

/* NULL if memory runs out. */
struct bt_log_asked *bt_log_asked_new(void);

/* NULL is fine. */
void bt_log_asked_free(struct bt_log_asked **asked);

/* A question: its reply is expected. */
void bt_log_asked_note(struct bt_log_asked *asked, const struct bt_log_query *query);

/* Whether that reply was expected; it is no more then. */
bool bt_log_asked_take(struct bt_log_asked *asked, const struct bt_log_query *query);

#endif
