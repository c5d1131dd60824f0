/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * segment-visit.h -- what a block of a segment holds, for segment-read.c only
 *
 * Threads: a reader belongs to one thread.
 */
#ifndef BT_SEGMENT_VISIT_H
#define BT_SEGMENT_VISIT_H

#include "segment-format.h"

struct bt_block {
	uint8_t type, encoding;
	uint32_t count, plain_size;
	const uint8_t *payload, *end;
	const uint8_t *behind; /* where the next block begins */
};

struct bt_segment_reader {
	const struct bt_segment_visitor *visitor;
	const uint8_t *bytes;
	size_t size;
	uint64_t seed;
	uint64_t patience;    /* octets of what was no block that may still be hashed */
	struct bt_held *held; /* the last one */
	struct bt_columns_buffer *columns;
	struct bt_roll_buffer *rolls;
	struct bt_roll roll; /* whose rows are to come; without rows: none */
};

/* What lives until the read ends: policies, and what they lie in. */
struct bt_held {
	struct bt_held *before;
	struct bt_policy *policy;
	uint8_t *bytes; /* a payload that was decompressed */
};

/* What a block's visit came to. */
enum bt_visit { BT_VISIT_GO_ON, BT_VISIT_STOP, BT_VISIT_DAMAGED, BT_VISIT_NO_MEMORY };

/*
 * Gives what the block holds to the visitor. *reason is why it is damaged: static text, or *err's.
 * *block is spoiled.
 */
enum bt_visit bt_segment_visit(struct bt_segment_reader *reader, struct bt_block *block,
    const char **reason, struct bt_err *err);

/* Frees what lives until the read ends. */
void bt_segment_let_go(struct bt_segment_reader *reader);

#endif
