/* SPDX-License-Identifier: BSD-3-Clause */
/* memory.c -- which memory is a peer's, how much it is, and out of the caches with it */

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __x86_64__
#	include <x86intrin.h>
#endif

#include "memory.h"

enum {
	PAGE = 4096,
	LINE = 64,
	MAPPED_FROM = 64 << 10, /* octets: larger pieces do not come from the heap */
};

void memory_set_up(void)
{
	mallopt(M_MMAP_THRESHOLD, MAPPED_FROM);
}

/* ---- regions ---- */

static struct region heap;

static bool add(struct regions *regions, uintptr_t begin, uintptr_t end, struct bt_err *err)
{
	if (begin >= end)
		return true;
	if (regions->count == REGIONS_MAX)
		return bt_fail(err, "this process has more mappings than bench/memory.c takes");
	regions->list[regions->count++] = (struct region){begin, end};
	return true;
}

/* "begin-end rwxp offset device inode path" */
static bool add_line(struct regions *regions, const char *line, struct bt_err *err)
{
	uintptr_t begin, end;
	char rights[5];
	if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &begin, &end, rights) != 3)
		return bt_fail(err, "/proc/self/maps: not understood");
	if (strstr(line, "[heap]") != NULL)
		heap = (struct region){begin, end};
	else if (rights[0] == 'r' && strstr(line, "[stack") == NULL && strstr(line, "[v") == NULL)
		return add(regions, begin, end, err);
	return true;
}

bool regions_read(struct regions *regions, struct bt_err *err)
{
	char line[4096 + 100];
	FILE *file = fopen("/proc/self/maps", "r");
	if (file == NULL)
		return bt_fail(err, "/proc/self/maps: %s", strerror(errno));
	bool ok = true;
	regions->count = 0;
	while (ok && fgets(line, sizeof(line), file) != NULL)
		ok = add_line(regions, line, err);
	fclose(file);
	return ok;
}

/* Both are in ascending order and without overlaps. */
bool regions_subtract(struct regions *regions, const struct regions *before, struct bt_err *err)
{
	struct regions left = {.count = 0};
	for (unsigned i = 0; i < regions->count; i++) {
		uintptr_t at = regions->list[i].begin, end = regions->list[i].end;
		for (unsigned j = 0; j < before->count; j++) {
			const struct region *old = &before->list[j];
			if (old->end <= at || old->begin >= end)
				continue;
			if (!add(&left, at, old->begin, err))
				return false;
			at = old->end;
		}
		if (!add(&left, at, end, err))
			return false;
	}
	*regions = left;
	return true;
}

/* What AddressSanitizer poisons is touched like the rest. */
__attribute__((no_sanitize("address"))) void regions_touch(const struct regions *regions)
{
	for (unsigned i = 0; i < regions->count; i++)
		for (uintptr_t at = regions->list[i].begin; at < regions->list[i].end; at += PAGE)
			(void)*(const volatile uint8_t *)at;
}

/* ---- eviction ---- */

#ifdef __x86_64__

const char *const regions_evict_method = "clflush of every cache line of the peer's memory";

static void flush(const struct region *region)
{
	for (uintptr_t at = region->begin; at < region->end; at += LINE)
		_mm_clflush((const void *)at);
}

void regions_evict(const struct regions *regions)
{
	for (unsigned i = 0; i < regions->count; i++)
		flush(&regions->list[i]);
	flush(&heap);
	_mm_mfence();
}

#else

const char *const regions_evict_method = "a walk over 256 MB of other memory";

enum { WALK = 256 << 20 };

void regions_evict(const struct regions *regions)
{
	static volatile uint8_t *other;
	(void)regions;
	if (other == NULL)
		other = calloc(WALK, 1);
	for (size_t at = 0; other != NULL && at < WALK; at += LINE)
		other[at]++;
}

#endif

/* ---- sizes ---- */

size_t memory_pss(void)
{
	char line[256];
	size_t kib = 0;
	FILE *file = fopen("/proc/self/smaps_rollup", "r");
	if (file == NULL)
		return 0;
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "Pss: %zu kB", &kib) == 1)
			break;
	fclose(file);
	return kib * 1024;
}
