/* SPDX-License-Identifier: BSD-3-Clause */
/* trie-index-nodes.c -- making the index: radix trees over the separators */

#include "trie-index-make.h"

enum { SKIP_MAX = 32, SLOT_BITS = 6 };

static const struct bt_separator *separator(const struct bt_index_maker *m, size_t number)
{
	return (const struct bt_separator *)m->separators.items + number;
}

/* 57 bits at least from bit `at` on, the first one on top. Those of a separator may end before. */
static uint64_t load_bits(const struct bt_index_maker *m, const struct bt_separator *s, unsigned at)
{
	if (at >= s->bits)
		return 0;
	return __builtin_bswap64(bt_get64(bt_index_octets(m, s->octets_at) + at / 8)) << at % 8;
}

static unsigned load_slot(const struct bt_index_maker *m, size_t number, unsigned at)
{
	return (unsigned)(load_bits(m, separator(m, number), at) >> (64 - SLOT_BITS));
}

/* Bits from the task's on that a node can skip: all its separators are alike there. */
static unsigned count_skip(const struct bt_index_maker *m, const struct bt_task *task)
{
	const struct bt_separator *first = separator(m, task->begin);
	const struct bt_separator *last = separator(m, task->end - 1);
	unsigned alike = first->bits - 1 - task->at;
	if (first != last) {
		uint64_t differ = load_bits(m, first, task->at) ^ load_bits(m, last, task->at);
		alike = differ != 0 ? (unsigned)__builtin_clzll(differ) : SKIP_MAX;
	}
	return alike < SKIP_MAX ? alike : SKIP_MAX;
}

bool bt_index_add_task(struct bt_index_maker *maker, const struct bt_task *task)
{
	struct bt_task *to = bt_array_grow(&maker->tasks, 1, sizeof(*to));
	struct bt_node *node = bt_array_grow(&maker->nodes, 1, sizeof(*node));
	if (to == NULL || node == NULL || maker->nodes.count >= BT_INDEX_NODE)
		return false;
	*to = *task;
	return true;
}

static bool add_leaf(struct bt_index_maker *m, uint32_t block)
{
	uint32_t *leaf = bt_array_grow(&m->leaves, 1, sizeof(*leaf));
	if (leaf == NULL || m->leaves.count > UINT32_MAX)
		return false;
	*leaf = block;
	return true;
}

/* A node's slots, from separators that are alike before bit `at`: its children and leaves. */
static bool fill_slots(
    struct bt_index_maker *m, struct bt_node *node, const struct bt_task *task, unsigned at)
{
	uint32_t block = task->block; /* at the slot's begin */
	uint32_t leaf = block;        /* the last one that was added */
	size_t next = task->begin;
	if (!add_leaf(m, leaf))
		return false;
	for (unsigned slot = 0; slot < 1u << SLOT_BITS; slot++) {
		struct bt_task child = {.begin = next, .at = (uint16_t)(at + SLOT_BITS)};
		while (next < task->end && load_slot(m, next, at) == slot)
			next++;
		if (child.begin < next && separator(m, child.begin)->bits <= child.at)
			block = separator(m, child.begin++)->block; /* begins where the slot does */
		if (child.begin < next) {
			child.end = next;
			child.block = block;
			node->children |= (uint64_t)1 << slot;
			if (!bt_index_add_task(m, &child))
				return false;
			block = separator(m, next - 1)->block;
		} else if (block != leaf) {
			leaf = block;
			node->bounds |= (uint64_t)1 << slot;
			if (!add_leaf(m, leaf))
				return false;
		}
	}
	return block == leaf || add_leaf(m, block);
}

/* Fills in the node of a task, and adds tasks for its children, which get neighbouring numbers. */
static bool make_node(struct bt_index_maker *m, size_t number)
{
	const struct bt_task task = ((const struct bt_task *)m->tasks.items)[number];
	const struct bt_separator *first = separator(m, task.begin);
	unsigned skip = count_skip(m, &task);
	struct bt_node node = {
	    .first_child = (uint32_t)m->nodes.count,
	    .first_leaf = (uint32_t)m->leaves.count,
	    .skipped = (uint32_t)(load_bits(m, first, task.at) >> 32 >> (32 - skip)),
	    .at = task.at,
	    .skip = (uint8_t)skip,
	};
	if (!fill_slots(m, &node, &task, task.at + skip))
		return false;
	node.leaves = (uint8_t)(m->leaves.count - node.first_leaf);
	((struct bt_node *)m->nodes.items)[number] = node;
	return true;
}

bool bt_index_make_nodes(struct bt_index_maker *maker)
{
	for (size_t i = 0; i < maker->nodes.count; i++)
		if (!make_node(maker, i))
			return false;
	return true;
}
