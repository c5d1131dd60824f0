/* SPDX-License-Identifier: BSD-3-Clause */
/* due.c -- whether a list has changed since the trie was compiled */

#include "due.h"

/* The trie was written in that second, and the list after it. */
static bool in_same_second(const struct stat *list, const struct stat *trie)
{
	return list->st_mtime == trie->st_mtime && list->st_mtim.tv_nsec > trie->st_mtim.tv_nsec;
}

/*
 * A trie says in which second the files that it was made of had changed last. One that was copied
 * from elsewhere, or made of a dump, may not: then its own age has to do. And one that has nothing
 * of the list, nor when that changed, was made before there was a file.
 */
bool bt_is_due(const struct bt_list_info *in, const struct stat *list, const struct stat *trie)
{
	if (in->modified == 0 && in->entries == 0)
		return true;
	bool due =
	    in->modified != 0 ? in->modified != list->st_mtime : list->st_mtime > trie->st_mtime;
	return due || in_same_second(list, trie);
}
