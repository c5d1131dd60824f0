/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * build-huffman.c -- how many bits each of some codes should have
 *
 * Huffman, A Method for the Construction of Minimum-Redundancy Codes, 1952, with the two queues of
 * van Leeuwen, 1976: symbols in the order of their weight, and what was joined of them, which comes
 * in that order by itself. If a code gets too long, all weights are halved, until none is.
 */

#include <stdbool.h>
#include <stdlib.h>

#include "build-huffman.h"

struct node {
	uint64_t weight;
	unsigned symbol; /* of a leaf */
	unsigned parent;
};

struct tree {
	struct node nodes[2 * BT_HUFFMAN_MAX]; /* leaves by weight, then what was joined */
	unsigned leaves;
};

static int by_weight(const void *a, const void *b)
{
	const struct node *x = a, *y = b;
	if (x->weight != y->weight)
		return x->weight < y->weight ? -1 : 1;
	return x->symbol < y->symbol ? -1 : x->symbol > y->symbol;
}

/* The lighter of the next leaf and the next joined node. */
static unsigned take_lighter(
    const struct tree *tree, unsigned *leaf, unsigned *joined, unsigned end)
{
	const struct node *nodes = tree->nodes;
	if (*joined == end ||
	    (*leaf < tree->leaves && nodes[*leaf].weight <= nodes[*joined].weight))
		return (*leaf)++;
	return (*joined)++;
}

/* Returns the number of nodes; the last is the root. */
static unsigned join(struct tree *tree)
{
	unsigned leaf = 0, joined = tree->leaves, end = tree->leaves;
	while (end < 2 * tree->leaves - 1) {
		unsigned a = take_lighter(tree, &leaf, &joined, end);
		unsigned b = take_lighter(tree, &leaf, &joined, end);
		tree->nodes[end].weight = tree->nodes[a].weight + tree->nodes[b].weight;
		tree->nodes[a].parent = tree->nodes[b].parent = end++;
	}
	return end;
}

/* False if a code has more bits than that. */
static bool measure(const struct tree *tree, unsigned count, uint8_t *bits, unsigned most)
{
	unsigned depths[2 * BT_HUFFMAN_MAX];
	depths[count - 1] = 0;
	for (unsigned i = count - 1; i-- > 0;) {
		depths[i] = depths[tree->nodes[i].parent] + 1;
		if (depths[i] > most)
			return false;
		if (i < tree->leaves)
			bits[tree->nodes[i].symbol] = (uint8_t)depths[i];
	}
	return true;
}

void bt_huffman(uint8_t *bits, const uint32_t *times, unsigned count, unsigned most)
{
	struct tree tree;
	for (unsigned halved = 0;; halved++) {
		tree.leaves = 0;
		for (unsigned i = 0; i < count; i++) {
			bits[i] = 0;
			if (times[i] > 0)
				tree.nodes[tree.leaves++] =
				    (struct node){.weight = (times[i] >> halved) + 1, .symbol = i};
		}
		if (tree.leaves == 1)
			bits[tree.nodes[0].symbol] = 1;
		if (tree.leaves <= 1)
			return;
		qsort(tree.nodes, tree.leaves, sizeof(tree.nodes[0]), by_weight);
		if (measure(&tree, join(&tree), bits, most))
			return;
	}
}
