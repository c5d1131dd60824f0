/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * answer.h -- a verdict to the answer that Unbound sends
 *
 * Threads: from the worker that owns the query state; memory comes from the query's region.
 */
#ifndef BT_ANSWER_H
#define BT_ANSWER_H

#include <stdbool.h>

#include "canary.h"
#include "policy.h"

struct module_qstate;

/*
 * Makes the answer for a verdict other than `allow` and `log` the result of the query state, and
 * keeps it out of the cache. `list` is the list that the verdict is credited to, `labels` the
 * number of labels of the queried name. If the region has no memory left, the answer is REFUSED: a
 * listed name never gets through.
 */
void bt_answer(struct module_qstate *qstate, const struct bt_verdict *verdict,
    const struct bt_sinkhole *sinkhole, const char *list, unsigned labels);

/*
 * Makes what the plugin says of itself the result of a question for the canary's name: a TXT
 * record, and no data of any other type. Not cached, neither here nor by the client.
 */
void bt_answer_canary(struct module_qstate *qstate, const struct bt_canary *canary);

/* The answer is SERVFAIL: who asks again may get a better one. It is not cached. */
void bt_answer_failure(struct module_qstate *qstate);

#endif
