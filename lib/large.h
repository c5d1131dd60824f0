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

/*
 * Asks the system to have a block of malloc's in large pages, as far as these fit into it: it is
 * faster to fill, and who reads all over it waits less for addresses. Advice: it may do nothing.
 */
static inline void bt_large_pages(void *block, size_t size)
{
	enum { PAGE = 4096, LEAST = 4 << 20 };
	uintptr_t before = (uintptr_t)block % PAGE;
	if (size >= LEAST)
		madvise((char *)block - before, before + size, MADV_HUGEPAGE);
}

#endif
