/* SPDX-License-Identifier: BSD-3-Clause */
/* pages.c -- memory that goes back to the system when it is freed */

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "pages.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

/* One watches over the ends of malloc's memory, and the other does not know mremap(2). */

void *bt_pages_new(size_t size)
{
	return calloc(1, size);
}

void *bt_pages_resize(void *memory, size_t size)
{
	return realloc(memory, size);
}

void bt_pages_free(void *memory)
{
	free(memory);
}

#else

enum { STEP = 1 << 20 };

/* What lies before the memory. */
struct head {
	alignas(max_align_t) size_t whole; /* octets, with it */
};

void *bt_pages_new(size_t size)
{
	if (size > SIZE_MAX / 2)
		return NULL;
	size_t whole = sizeof(struct head) + size;
	struct head *head =
	    mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (head == MAP_FAILED)
		return NULL;
	head->whole = whole;
	return head + 1;
}

void *bt_pages_resize(void *memory, size_t size)
{
	struct head *head = memory;
	if (memory == NULL)
		return bt_pages_new(size);
	if (size > SIZE_MAX / 2)
		return NULL;
	size_t whole = sizeof(struct head) + size;
	head = mremap(head - 1, head[-1].whole, whole, MREMAP_MAYMOVE);
	if (head == MAP_FAILED)
		return NULL;
	head->whole = whole;
	return head + 1;
}

/*
 * In steps: who maps memory meanwhile waits for one of them, and not for all, which takes long
 * where this thread has to give way to others in the middle of it.
 */
void bt_pages_free(void *memory)
{
	if (memory == NULL)
		return;
	struct head *head = (struct head *)memory - 1;
	size_t whole = head->whole;
	for (size_t at = 0; at < whole; at += STEP)
		madvise((char *)head + at, whole - at < STEP ? whole - at : STEP, MADV_DONTNEED);
	munmap(head, whole);
}

#endif
