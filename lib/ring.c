/* SPDX-License-Identifier: BSD-3-Clause */
/* ring.c -- a ring of events from one worker to the writer, in a file */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "ring-counts.h"
#include "ring.h"

enum {
	RING_VERSION = 3, /* of everything below: the layout never changes under one version */
	RING_VERSION_EVENTS = 2, /* the same without pages of counts */
	CACHE_LINE = 64,
	SLOTS_MAX = 1 << 20,
	AHEAD = 4, /* slots that the consumer asks for before it comes to them */
};

static const char ring_magic[8] = "btring\n";

/*
 * Sequence numbers are not counted, they follow: event number N of those published (from 0) was
 * given N + drops before it + 1. So each push ends in a single store, to `published` or to
 * `dropped`, and a kill falls before or after it.
 */
struct header {
	char magic[8];
	uint32_t version;
	uint32_t slot_size;
	uint32_t slots;
	uint32_t number;
	uint64_t boot;
	uint32_t pages, page_lists; /* behind the slots: pages of counts, each of so many lists */
	alignas(CACHE_LINE) _Atomic uint64_t published; /* written by the producer alone */
	alignas(CACHE_LINE) _Atomic uint64_t dropped;   /* as well */
	alignas(CACHE_LINE) _Atomic uint64_t taken;     /* written by the consumer alone */
	_Atomic uint64_t taken_sequence;                /* as well; never behind `taken` */
};

struct slot {
	uint64_t sequence;
	struct bt_event event;
};

/* Octets of a slot that most events take. */
enum { IN_USE = offsetof(struct slot, event.key) + 24 };

static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "counters in shared memory must not need a lock");
static_assert(sizeof(struct header) == 4 * CACHE_LINE, "one line for what each side writes");
static_assert(sizeof(struct slot) % 8 == 0, "slots are aligned");

/* Each side keeps its own counters and what it last saw of the other's, on a line of its own. */
struct bt_ring {
	struct header *header;
	struct slot *slots;
	struct bt_count_page *pages; /* NULL: an older version, that has none */
	uint32_t slot_count;
	size_t size;
	alignas(CACHE_LINE) struct {
		uint64_t published, dropped, taken;
		struct bt_counter counter;
	} producer;
	alignas(CACHE_LINE) struct {
		uint64_t published, taken;
	} consumer;
};

static struct slot *slot_at(const struct bt_ring *ring, uint64_t position)
{
	return &ring->slots[position & (ring->slot_count - 1)];
}

static size_t pages_at(uint32_t slots)
{
	size_t end = sizeof(struct header) + (size_t)slots * sizeof(struct slot);
	return (end + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

static size_t file_size(const struct header *header)
{
	return header->version == RING_VERSION_EVENTS
		   ? sizeof(struct header) + (size_t)header->slots * sizeof(struct slot)
		   : pages_at(header->slots) + BT_COUNT_PAGES * sizeof(struct bt_count_page);
}

static bool good_slot_count(uint32_t slots)
{
	return slots > 0 && slots <= SLOTS_MAX && (slots & (slots - 1)) == 0;
}

/* ---- the producer's side ---- */

/* In this order: a kill in between leaves a loss whose list is not known, not one too many. */
static void lose(struct bt_ring *ring, uint64_t policy, unsigned list, int64_t time, uint64_t count)
{
	ring->producer.dropped += count;
	atomic_store_explicit(&ring->header->dropped, ring->producer.dropped, memory_order_release);
	struct bt_list_count *of = bt_count_of(&ring->producer.counter, policy, list, time);
	atomic_store_explicit(&of->last, time, memory_order_relaxed);
	bt_count_add(&of->dropped, count);
}

void bt_ring_lose(struct bt_ring *ring, uint64_t count, int64_t time)
{
	if (count > 0)
		lose(ring, 0, 0, time, count);
}

void bt_ring_count(
    struct bt_ring *ring, uint64_t policy, unsigned list, int64_t time, uint64_t count)
{
	struct bt_list_count *of = bt_count_of(&ring->producer.counter, policy, list, time);
	atomic_store_explicit(&of->last, time, memory_order_relaxed);
	bt_count_add(&of->counted, count);
}

bool bt_ring_push(struct bt_ring *ring, const struct bt_event *event)
{
	if (ring->producer.published - ring->producer.taken >= ring->slot_count) {
		ring->producer.taken =
		    atomic_load_explicit(&ring->header->taken, memory_order_acquire);
		if (ring->producer.published - ring->producer.taken >= ring->slot_count) {
			lose(ring, event->policy, event->list, event->time, 1);
			return false;
		}
	}
	struct slot *slot = slot_at(ring, ring->producer.published);
	slot->sequence = ring->producer.published + ring->producer.dropped + 1;
	memcpy(&slot->event, event, bt_event_size(event));
	atomic_store_explicit(
	    &ring->header->published, ++ring->producer.published, memory_order_release);
	/* The worker comes back after some microseconds of other work: by then it is there. */
	const char *next = (const char *)slot_at(ring, ring->producer.published);
	for (size_t at = 0; at < IN_USE; at += CACHE_LINE)
		__builtin_prefetch(next + at, 1);
	return true;
}

/* ---- the consumer's side ---- */

const struct bt_event *bt_ring_next(struct bt_ring *ring, uint32_t index, uint64_t *sequence)
{
	if (index >= ring->consumer.published - ring->consumer.taken) {
		ring->consumer.published =
		    atomic_load_explicit(&ring->header->published, memory_order_acquire);
		if (index >= ring->consumer.published - ring->consumer.taken)
			return NULL;
	}
	const char *ahead = (const char *)slot_at(ring, ring->consumer.taken + index + AHEAD);
	for (size_t at = 0; at < IN_USE; at += CACHE_LINE)
		__builtin_prefetch(ahead + at);
	const struct slot *slot = slot_at(ring, ring->consumer.taken + index);
	*sequence = slot->sequence;
	return &slot->event;
}

void bt_ring_done(struct bt_ring *ring, uint32_t count)
{
	if (count == 0)
		return;
	ring->consumer.taken += count;
	/* In this order: a kill in between leaves slots known to be taken, not lost ones. */
	atomic_store_explicit(&ring->header->taken_sequence,
	    slot_at(ring, ring->consumer.taken - 1)->sequence, memory_order_release);
	atomic_store_explicit(&ring->header->taken, ring->consumer.taken, memory_order_release);
}

uint64_t bt_ring_taken(const struct bt_ring *ring)
{
	return atomic_load_explicit(&ring->header->taken_sequence, memory_order_relaxed);
}

bool bt_ring_page_left(const struct bt_ring *ring, unsigned page)
{
	return ring->pages != NULL && bt_count_left(&ring->pages[page]);
}

unsigned bt_ring_counts(const struct bt_ring *ring, unsigned page, unsigned *list,
    struct bt_count *counts, unsigned max)
{
	unsigned found =
	    ring->pages == NULL ? 0 : bt_count_changes(&ring->pages[page], list, counts, max);
	for (unsigned i = 0; i < found; i++) {
		counts[i].boot = bt_ring_boot(ring);
		counts[i].ring = bt_ring_number(ring);
	}
	return found;
}

void bt_ring_counted(
    struct bt_ring *ring, unsigned page, const struct bt_count *counts, unsigned count)
{
	bt_count_logged(&ring->pages[page], counts, count);
}

void bt_ring_looked(struct bt_ring *ring, unsigned page, bool left, int64_t time)
{
	if (ring->pages != NULL)
		bt_count_looked(&ring->pages[page], left, time);
}

/* ---- both sides ---- */

uint64_t bt_ring_boot(const struct bt_ring *ring)
{
	return ring->header->boot;
}

uint32_t bt_ring_number(const struct bt_ring *ring)
{
	return ring->header->number;
}

/* Read again until no push came in between, so that the sum is one that was true at some moment. */
uint64_t bt_ring_pushed(const struct bt_ring *ring)
{
	const struct header *header = ring->header;
	uint64_t published = atomic_load_explicit(&header->published, memory_order_acquire);
	for (;;) {
		uint64_t dropped = atomic_load_explicit(&header->dropped, memory_order_acquire);
		uint64_t again = atomic_load_explicit(&header->published, memory_order_acquire);
		if (again == published)
			return published + dropped;
		published = again;
	}
}

uint64_t bt_ring_dropped(const struct bt_ring *ring)
{
	return atomic_load_explicit(&ring->header->dropped, memory_order_acquire);
}

/* ---- the file ---- */

static bool fail_errno(const char *path, const char *what, int code, struct bt_err *err)
{
	return bt_fail(err, "%s: %s: %s", path, what, strerror(code));
}

/* Maps `size` octets of the file; takes over nothing of the descriptor. */
static bool map_file(
    struct bt_ring **ring, const char *path, int fd, size_t size, struct bt_err *err)
{
	struct bt_ring *made = aligned_alloc(CACHE_LINE, sizeof(*made));
	if (made == NULL)
		return bt_fail(err, "%s: out of memory", path);
	memset(made, 0, sizeof(*made));
	/* Pages are touched now, so that no worker waits for them later. */
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (at == MAP_FAILED) {
		free(made);
		return fail_errno(path, "cannot map it", errno, err);
	}
	made->header = at;
	made->slots = (struct slot *)(made->header + 1);
	made->size = size;
	*ring = made;
	return true;
}

void bt_ring_close(struct bt_ring **ring)
{
	if (*ring == NULL)
		return;
	munmap((*ring)->header, (*ring)->size);
	free(*ring);
	*ring = NULL;
}

/* An empty file of `size` octets that the disk has set aside. */
static int make_file(const char *path, size_t size, struct bt_err *err)
{
	unlink(path);
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0) {
		fail_errno(path, "cannot make the ring", errno, err);
		return -1;
	}
	int code;
	do
		code = posix_fallocate(fd, 0, (off_t)size);
	while (code == EINTR);
	if (code == 0 && fchmod(fd, 0640) != 0)
		code = errno;
	if (code == 0)
		return fd;
	fail_errno(path, "cannot set aside room for the ring", code, err);
	close(fd);
	unlink(path);
	return -1;
}

/* Where its header says. */
static void find_parts(struct bt_ring *ring)
{
	ring->slot_count = ring->header->slots;
	if (ring->header->version == RING_VERSION_EVENTS)
		return;
	char *pages = (char *)ring->header + pages_at(ring->slot_count);
	ring->pages = (struct bt_count_page *)(void *)pages;
	ring->producer.counter.pages = ring->pages;
}

static bool create_at(struct bt_ring **ring, const char *path, const char *temporary,
    const struct header *header, struct bt_err *err)
{
	int fd = make_file(temporary, file_size(header), err);
	if (fd < 0)
		return false;
	struct bt_ring *made = NULL;
	bool ok = map_file(&made, temporary, fd, file_size(header), err);
	close(fd);
	if (ok) {
		memcpy(made->header, header, sizeof(*header));
		find_parts(made);
		bt_count_begin(made->pages, bt_clock_real());
		ok = rename(temporary, path) == 0 ||
		     fail_errno(path, "cannot make the ring", errno, err);
	}
	if (!ok) {
		bt_ring_close(&made);
		unlink(temporary);
		return false;
	}
	*ring = made;
	return true;
}

bool bt_ring_create(struct bt_ring **ring, const char *path, uint64_t boot, uint32_t number,
    uint32_t slots, struct bt_err *err)
{
	if (!good_slot_count(slots))
		return bt_fail(err, "%s: a ring has a power of two of slots, at most %d, not %u",
		    path, SLOTS_MAX, slots);
	struct header header = {
	    .version = RING_VERSION,
	    .slot_size = sizeof(struct slot),
	    .slots = slots,
	    .number = number,
	    .boot = boot,
	    .pages = BT_COUNT_PAGES,
	    .page_lists = BT_LISTS_MAX,
	};
	memcpy(header.magic, ring_magic, sizeof(header.magic));

	/* Under another name until it is whole: who finds `path` finds a ring. */
	char *temporary;
	if (asprintf(&temporary, "%s.new", path) < 0)
		return bt_fail(err, "%s: out of memory", path);
	bool ok = create_at(ring, path, temporary, &header, err);
	free(temporary);
	return ok;
}

/* ---- what another process left ---- */

static bool check_header(
    const struct header *header, size_t size, const char *path, struct bt_err *err)
{
	if (memcmp(header->magic, ring_magic, sizeof(header->magic)) != 0)
		return bt_fail(err, "%s: is not a ring", path);
	bool known = header->version == RING_VERSION || header->version == RING_VERSION_EVENTS;
	if (!known || header->slot_size != sizeof(struct slot))
		return bt_fail(err,
		    "%s: is a ring of version %u with slots of %u octets; "
		    "this program knows version %d with %zu",
		    path, header->version, header->slot_size, RING_VERSION, sizeof(struct slot));
	if (header->version == RING_VERSION &&
	    (header->pages != BT_COUNT_PAGES || header->page_lists != BT_LISTS_MAX))
		return bt_fail(err,
		    "%s: is a ring with %u pages of counts of %u lists; "
		    "this program knows %d of %d",
		    path, header->pages, header->page_lists, BT_COUNT_PAGES, BT_LISTS_MAX);
	if (!good_slot_count(header->slots) || size != file_size(header))
		return bt_fail(err, "%s: has %zu octets, which is not what %u slots take", path,
		    size, header->slots);
	return true;
}

static bool check_events(const struct bt_ring *ring, const char *path, struct bt_err *err)
{
	uint64_t published = ring->producer.published, dropped = ring->producer.dropped;
	uint64_t taken = ring->producer.taken, last = 0;
	uint64_t pushed = published + dropped;

	if (taken > published || published - taken > ring->slot_count || pushed < published ||
	    bt_ring_taken(ring) > pushed)
		return bt_fail(err, "%s: the ring's counters contradict each other", path);
	for (uint64_t at = taken; at < published; at++) {
		const struct slot *slot = slot_at(ring, at);
		if (slot->sequence <= at || slot->sequence - at - 1 > dropped ||
		    slot->sequence <= last || !bt_event_valid(&slot->event))
			return bt_fail(err, "%s: the ring's slot %llu holds no event", path,
			    (unsigned long long)(at & (ring->slot_count - 1)));
		last = slot->sequence;
	}
	return true;
}

static bool open_checked(struct bt_ring **ring, const char *path, int fd, struct bt_err *err)
{
	static const struct header largest = {.version = RING_VERSION, .slots = SLOTS_MAX};
	struct stat st;
	if (fstat(fd, &st) != 0)
		return fail_errno(path, "cannot open the ring", errno, err);
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(struct header) ||
	    st.st_size > (off_t)file_size(&largest))
		return bt_fail(err, "%s: is not a ring", path);
	struct header header;
	if (pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header))
		return bt_fail(err, "%s: cannot be read", path);
	if (!check_header(&header, (size_t)st.st_size, path, err) ||
	    !map_file(ring, path, fd, (size_t)st.st_size, err))
		return false;
	struct bt_ring *made = *ring;
	find_parts(made);
	made->producer.published = atomic_load(&made->header->published);
	made->producer.dropped = atomic_load(&made->header->dropped);
	made->producer.taken = atomic_load(&made->header->taken);
	made->consumer.published = made->producer.published;
	made->consumer.taken = made->producer.taken;
	if (made->pages != NULL && !bt_count_good(made->pages))
		return bt_fail(err, "%s: the ring's pages of counts contradict each other", path);
	return check_events(made, path, err);
}

bool bt_ring_open(struct bt_ring **ring, const char *path, struct bt_err *err)
{
	/* Without O_NONBLOCK, opening a FIFO would wait for its writer. */
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return fail_errno(path, "cannot open the ring", errno, err);
	struct bt_ring *made = NULL;
	bool ok = open_checked(&made, path, fd, err);
	close(fd);
	if (ok)
		*ring = made;
	else
		bt_ring_close(&made);
	return ok;
}
