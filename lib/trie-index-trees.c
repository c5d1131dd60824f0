/* SPDX-License-Identifier: BSD-3-Clause */
/* trie-index-trees.c -- making the index: search trees over the separators */

#include "trie-index-make.h"

static const struct bt_separator *separator(const struct bt_index_maker *m, size_t number)
{
	return (const struct bt_separator *)m->separators.items + number;
}

/* Octet `at` of a separator; there are zeros behind its end. */
static uint8_t octet(const struct bt_index_maker *m, const struct bt_separator *s, unsigned at)
{
	return at < s->size ? bt_index_octets(m, s->octets_at)[at] : 0;
}

static uint32_t window(const struct bt_index_maker *m, const struct bt_separator *s, unsigned at)
{
	uint32_t octets = 0;
	for (unsigned i = 0; i < BT_WINDOW; i++)
		octets = octets << 8 | octet(m, s, at + i);
	return octets;
}

/* Octets from the task's on that need no window: all its separators have the same. */
static unsigned count_skip(const struct bt_index_maker *m, const struct bt_task *task)
{
	const struct bt_separator *first = separator(m, task->begin);
	const struct bt_separator *last = separator(m, task->end - 1);
	unsigned skip = 0;
	while (skip < BT_SKIP_MAX && task->at + skip + 1 < last->size &&
	       octet(m, first, task->at + skip) == octet(m, last, task->at + skip))
		skip++;
	return skip;
}

bool bt_index_add_task(struct bt_index_maker *maker, const struct bt_task *task)
{
	struct bt_task *to = bt_array_grow(&maker->tasks, 1, sizeof(*to));
	struct bt_tree *tree = bt_array_grow(&maker->trees, 1, sizeof(*tree));
	if (to == NULL || tree == NULL || maker->trees.count >= BT_INDEX_TREE)
		return false;
	*to = *task;
	return true;
}

/* ---- windows ---- */

static struct bt_line *line(const struct bt_index_maker *m, size_t number)
{
	return (struct bt_line *)m->lines.items + number;
}

/* Lines for `count` windows that are not above any key. */
static bool add_lines(struct bt_index_maker *m, size_t count)
{
	size_t from = m->lines.count;
	if (bt_array_grow(&m->lines, count, sizeof(struct bt_line)) == NULL ||
	    m->lines.count > UINT32_MAX)
		return false;
	for (size_t i = from; i < m->lines.count; i++)
		for (unsigned j = 0; j < BT_LINE; j++)
			line(m, i)->windows[j] = INT32_MAX;
	return true;
}

/* The lowest window below line `number` of a level, down to the last level. */
static int32_t lowest(
    const struct bt_index_maker *m, const struct bt_tree *tree, unsigned level, size_t number)
{
	for (; level + 1u < tree->levels; level++)
		number *= BT_LINE + 1;
	return line(m, tree->lines[level] + number)->windows[0];
}

/* Makes room for the tree's windows, and levels above them so that the first has one line. */
static bool add_levels(struct bt_index_maker *m, struct bt_tree *tree)
{
	size_t counts[BT_LEVELS_MAX];
	size_t count = (tree->count + BT_LINE - 1u) / BT_LINE;
	unsigned levels = 0;
	for (counts[levels++] = count; count > 1; counts[levels++] = count)
		count = (count + BT_LINE) / (BT_LINE + 1);
	tree->levels = (uint8_t)levels;
	for (unsigned level = 0; level < levels; level++) {
		tree->lines[level] = (uint32_t)m->lines.count;
		if (!add_lines(m, counts[levels - 1 - level]))
			return false;
	}
	return true;
}

/* Above the last level: the lowest window below each line's children but the first. */
static void fill_levels(struct bt_index_maker *m, const struct bt_tree *tree)
{
	for (unsigned level = tree->levels - 1u; level-- > 0;) {
		size_t lines = tree->lines[level + 1] - tree->lines[level];
		size_t end = level + 2u < tree->levels ? tree->lines[level + 2] : m->lines.count;
		size_t children = end - tree->lines[level + 1];
		for (size_t i = 0; i < lines; i++) {
			size_t first = i * (BT_LINE + 1) + 1;
			for (unsigned j = 0; j < BT_LINE && first + j < children; j++)
				line(m, tree->lines[level] + i)->windows[j] =
				    lowest(m, tree, level + 1, first + j);
		}
	}
}

/* ---- trees ---- */

static bool add_ref(struct bt_index_maker *m, uint32_t to)
{
	uint32_t *ref = bt_array_grow(&m->refs, 1, sizeof(*ref));
	if (ref == NULL || m->refs.count > UINT32_MAX)
		return false;
	*ref = to;
	return true;
}

/* Separators of a tree that have the same window. */
struct group {
	size_t begin, end;
	uint32_t window;
};

static bool next_group(
    const struct bt_index_maker *m, const struct bt_task *task, unsigned at, struct group *group)
{
	group->begin = group->end;
	if (group->begin == task->end)
		return false;
	group->window = window(m, separator(m, group->begin), at);
	while (group->end < task->end && window(m, separator(m, group->end), at) == group->window)
		group->end++;
	return true;
}

/* Where keys with the group's window go: into its block, if that says it all, or another tree. */
static bool add_group(
    struct bt_index_maker *m, const struct group *group, unsigned at, uint32_t before)
{
	const struct bt_separator *only = separator(m, group->begin);
	if (group->end - group->begin == 1 && only->size <= at + BT_WINDOW)
		return add_ref(m, only->block);
	return add_ref(m, BT_INDEX_TREE | (uint32_t)m->trees.count) &&
	       bt_index_add_task(m, &(struct bt_task){.begin = group->begin,
					.end = group->end,
					.block = before,
					.at = at + BT_WINDOW});
}

static bool add_groups(struct bt_index_maker *m, const struct bt_task *task, struct bt_tree *tree)
{
	struct group group = {.end = task->begin};
	uint32_t before = task->block;
	tree->first_ref = (uint32_t)m->refs.count;
	if (!add_ref(m, before))
		return false;
	for (; next_group(m, task, tree->at + tree->skip, &group); tree->count++) {
		if (!add_group(m, &group, tree->at + tree->skip, before))
			return false;
		before = separator(m, group.end - 1)->block;
	}
	tree->last = before;
	return true;
}

static void fill_windows(
    struct bt_index_maker *m, const struct bt_task *task, const struct bt_tree *tree)
{
	struct group group = {.end = task->begin};
	size_t first = tree->lines[tree->levels - 1];
	for (size_t i = 0; next_group(m, task, tree->at + tree->skip, &group); i++)
		line(m, first + i / BT_LINE)->windows[i % BT_LINE] = bt_window(group.window);
}

static bool make_tree(struct bt_index_maker *m, size_t number)
{
	const struct bt_task task = ((const struct bt_task *)m->tasks.items)[number];
	unsigned skip = count_skip(m, &task);
	struct bt_tree tree = {.at = (uint16_t)task.at, .skip = (uint8_t)skip};
	for (unsigned i = 0; i < skip; i++)
		tree.skipped = tree.skipped << 8 | octet(m, separator(m, task.begin), task.at + i);
	if (!add_groups(m, &task, &tree) || !add_levels(m, &tree))
		return false;
	fill_windows(m, &task, &tree);
	fill_levels(m, &tree);
	((struct bt_tree *)m->trees.items)[number] = tree;
	return true;
}

bool bt_index_make_trees(struct bt_index_maker *maker)
{
	for (size_t i = 0; i < maker->trees.count; i++)
		if (!make_tree(maker, i))
			return false;
	return true;
}
