/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pages.h -- memory that goes back to the system when it is freed
 *
 * For what is large and rarely needed in a process that lives long and is not ours: malloc may keep
 * what is freed for the next who asks, and does so for the largest blocks that it has seen. To
 * forbid it that (mallopt(3)) costs the resolver time, and malloc_trim(3) holds its arena.
 *
 * Threads: as malloc.
 */
#ifndef BT_PAGES_H
#define BT_PAGES_H

#include <stddef.h>

/* Of `size` octets, zero; aligned for everything but cache lines. NULL if memory runs out. */
void *bt_pages_new(size_t size);

/* As realloc: NULL, and the old memory stays, if memory runs out. */
void *bt_pages_resize(void *memory, size_t size);

/* NULL is fine. */
void bt_pages_free(void *memory);

#endif
