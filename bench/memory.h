/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * memory.h -- which memory is a peer's, how much it is, and out of the caches with it
 *
 * A peer's memory is what /proc/self/maps has after the peer was opened and did not have before,
 * and the heap, where small pieces are. That holds for every peer alike, whoever allocated or
 * mapped it, as long as nothing else is opened in between and larger pieces do not come from the
 * heap (memory_set_up).
 */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

enum { REGIONS_MAX = 512 };

struct region {
	uintptr_t begin, end;
};

struct regions {
	struct region list[REGIONS_MAX];
	unsigned count;
};

/* Has malloc map whatever is larger than a few pages. Before anything is allocated. */
void memory_set_up(void);

/* Readable memory of this process but for the stack. */
bool regions_read(struct regions *regions, struct bt_err *err);

/* Takes what is in `before` out of `regions`, but for the heap. */
bool regions_subtract(struct regions *regions, const struct regions *before, struct bt_err *err);

/* Reads an octet of each page, so that what is mapped from a file is there. */
void regions_touch(const struct regions *regions);

/* How regions_evict() does it. */
extern const char *const regions_evict_method;

/* Throws every octet of the regions out of all caches. */
void regions_evict(const struct regions *regions);

/* Proportional set size of this process, octets; 0 if the system does not tell. */
size_t memory_pss(void);

#endif
