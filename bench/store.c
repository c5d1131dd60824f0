/* SPDX-License-Identifier: BSD-3-Clause */
/* store.c -- files of the peers that bring no file format of their own: for this machine only */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store.h"

enum {
	PAGE = 4096,    /* octets, */
	HUGE = 2 << 20, /* and of a huge page */
};

/* In front of the parts: the size of each. */
struct head {
	uint64_t sizes[STORE_PARTS];
	uint64_t unused[8 - STORE_PARTS];
};

static size_t align(size_t size, size_t to)
{
	return (size + to - 1) / to * to;
}

/* ---- write ---- */

static bool put(FILE *file, const void *bytes, size_t size)
{
	static const uint8_t zeros[STORE_ALIGN];
	size_t padding = align(size, STORE_ALIGN) - size;
	return (size == 0 || fwrite(bytes, size, 1, file) == 1) &&
	       (padding == 0 || fwrite(zeros, padding, 1, file) == 1);
}

bool store_write(
    const char *path, const struct store_part *parts, unsigned count, struct bt_err *err)
{
	FILE *file = fopen(path, "w");
	if (file == NULL)
		return bt_fail(err, "%s: %s", path, strerror(errno));
	struct head head = {0};
	for (unsigned i = 0; i < count; i++)
		head.sizes[i] = parts[i].size;
	bool ok = put(file, &head, sizeof(head));
	for (unsigned i = 0; ok && i < count; i++)
		ok = put(file, parts[i].bytes, parts[i].size);
	if (fclose(file) != 0 || !ok)
		return bt_fail(err, "%s: %s", path, strerror(errno));
	return true;
}

/* ---- read ---- */

/*
 * Begins on the border of a huge page and ends with the page that is needed last: whole huge pages,
 * where the system gives them, and small ones for the rest.
 */
static uint8_t *map_huge(size_t size)
{
	size_t room = size + HUGE;
	uint8_t *bytes =
	    mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (bytes == MAP_FAILED)
		return NULL;
	size_t before = align((uintptr_t)bytes, HUGE) - (uintptr_t)bytes;
	if (before > 0)
		munmap(bytes, before);
	munmap(bytes + before + size, room - before - size);
	madvise(bytes + before, size, MADV_HUGEPAGE);
	return bytes + before;
}

static size_t mapped_size(const struct store *store)
{
	return align(store->size + STORE_ALIGN, PAGE);
}

static bool read_all(int fd, uint8_t *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = read(fd, bytes + done, size - done);
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

static void find_parts(struct store *store)
{
	const struct head *head = (const void *)store->bytes;
	const uint8_t *at = store->bytes + align(sizeof(*head), STORE_ALIGN);
	for (unsigned i = 0; i < STORE_PARTS; i++) {
		store->parts[i] = (struct store_part){at, head->sizes[i]};
		at += align(head->sizes[i], STORE_ALIGN);
	}
}

bool store_read(struct store *store, const char *path, struct bt_err *err)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0) {
		bt_fail(err, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	store->size = (size_t)st.st_size;
	store->bytes = map_huge(mapped_size(store));
	bool ok = store->bytes != NULL && read_all(fd, store->bytes, store->size);
	if (!ok) {
		bt_fail(err, "%s: cannot be read into memory", path);
		store_free(store);
	} else {
		find_parts(store);
	}
	close(fd);
	return ok;
}

void store_free(struct store *store)
{
	if (store->bytes != NULL)
		munmap(store->bytes, mapped_size(store));
	store->bytes = NULL;
}

/* ---- classes ---- */

unsigned store_bits(uint32_t classes)
{
	unsigned bits = 0;
	while (bits < 32 && 1ull << bits < classes)
		bits++;
	return bits;
}

size_t store_packed_size(size_t count, unsigned bits)
{
	return (count * bits + 7) / 8 + sizeof(uint64_t);
}

void store_pack(uint8_t *packed, size_t i, unsigned bits, uint32_t class_id)
{
	uint64_t word;
	uint8_t *at = packed + i * bits / 8;
	memcpy(&word, at, sizeof(word));
	word |= (uint64_t)class_id << (i * bits % 8);
	memcpy(at, &word, sizeof(word));
}
