/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * large.h -- large pages for large blocks
 *
 * Threads: may be called from any thread.
 */
#ifndef BT_LARGE_H
#define BT_LARGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

enum {
	BT_LARGE_LEAST = 4 << 20, /* octets of a block that is worth it */
	BT_LARGE_PAGE = 2 << 20,
};

/* Where a block of `size` octets is to begin: at a large page if it is worth it, else at a cache
 * line. */
static inline size_t bt_large_begin(size_t size)
{
	return size >= BT_LARGE_LEAST ? BT_LARGE_PAGE : 64;
}

/*
 * Asks the system to have a block of malloc's in large pages, as far as these fit into it: it is
 * faster to fill, and who reads all over it waits less for addresses. Advice: it may do nothing.
 */
static inline void bt_large_pages(void *block, size_t size)
{
	enum { PAGE = 4096 };
	uintptr_t before = (uintptr_t)block % PAGE;
	if (size >= BT_LARGE_LEAST)
		madvise((char *)block - before, before + size, MADV_HUGEPAGE);
}

#endif
