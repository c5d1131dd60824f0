/* SPDX-License-Identifier: BSD-3-Clause */
/* segments.h -- segments for tests, and what their reader is told */
#ifndef BT_TEST_SEGMENTS_H
#define BT_TEST_SEGMENTS_H

#include "endian.h"
#include "events.h"
#include "file.h"
#include "segment-folder.h"
#include "segment-format.h"

enum { BOOT = 0x123456789abc };

static char *folder;
static uint64_t seed;
static struct bt_policy *policy;
static void *policy_bytes;
static size_t policy_size;

static inline int set_up(void **state)
{
	(void)state;
	folder = make_folder();
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	remove_folder(folder);
	return 0;
}

static inline const char *path(const char *suffix)
{
	static char name[64];
	snprintf(name, sizeof(name), "dns1-0000123456789abc-000007%s", suffix);
	return in(folder, name);
}

static inline struct bt_segment_writer *create(void)
{
	struct bt_segment_writer *writer = NULL;
	struct bt_err err;
	check(err, bt_segment_create(&writer, folder, "dns1", BOOT, 7, 1700000000123, &err));
	return writer;
}

/* ---- what a reader was told, in order ---- */

struct note {
	char what;        /* h p e g b d: as the visitor's functions */
	uint64_t a, b, c; /* sequence; first, last; kind; offset */
	struct bt_event event;
};

struct notes {
	struct note *notes;
	size_t count, room, events, damages;
	char reason[512]; /* of the last damage */
	char resolver[BT_RESOLVER_MAX + 1];
	size_t stop_after;
};

static inline bool note(struct notes *notes, struct note what)
{
	if (notes->count == notes->room) {
		notes->room = notes->room * 2 + 16;
		notes->notes = realloc(notes->notes, notes->room * sizeof(what));
		assert_non_null(notes->notes);
	}
	notes->notes[notes->count++] = what;
	return notes->stop_after == 0 || notes->count < notes->stop_after;
}

static inline bool on_header(void *ctx, const char *resolver, uint64_t boot, int64_t created)
{
	struct notes *notes = ctx;
	snprintf(notes->resolver, sizeof(notes->resolver), "%s", resolver);
	return note(notes, (struct note){.what = 'h', .a = boot, .b = (uint64_t)created});
}

static inline bool on_policy(void *ctx, uint64_t digest, const struct bt_policy *read)
{
	size_t size;
	const void *bytes = bt_policy_bytes(read, &size);
	assert_int_equal(size, policy_size);
	assert_memory_equal(bytes, policy_bytes, size);
	return note(ctx, (struct note){.what = 'p', .a = digest});
}

static inline bool on_event(void *ctx, const struct bt_segment_event *record)
{
	struct notes *notes = ctx;
	struct note event = {
	    .what = 'e', .a = record->sequence, .b = record->ring, .c = record->boot};
	memcpy(&event.event, &record->event, bt_event_size(&record->event));
	notes->events++;
	return note(notes, event);
}

static inline bool on_gap(
    void *ctx, uint64_t boot, uint32_t ring, uint64_t first, uint64_t last, int64_t time)
{
	assert_int_equal(boot, BOOT);
	assert_int_equal(ring, 5);
	assert_int_equal(time, 42);
	return note(ctx, (struct note){.what = 'g', .a = first, .b = last});
}

static inline bool on_beat(void *ctx, const struct bt_beat *beat)
{
	assert_int_equal(beat->boot, BOOT);
	assert_int_equal(beat->time, -3);
	assert_int_equal(beat->policy, 0x77);
	assert_int_equal(beat->pushed, 1000);
	assert_int_equal(beat->dropped, 10);
	assert_int_equal(beat->period, 30);
	return note(ctx, (struct note){.what = 'b', .a = beat->kind});
}

static inline void on_damage(void *ctx, uint64_t offset, const char *reason)
{
	struct notes *notes = ctx;
	snprintf(notes->reason, sizeof(notes->reason), "%s", reason);
	notes->damages++;
	note(notes, (struct note){.what = 'd', .a = offset});
}

static inline struct notes *new_notes(struct bt_segment_visitor *visitor)
{
	struct notes *notes = calloc(1, sizeof(*notes));
	assert_non_null(notes);
	*visitor = (struct bt_segment_visitor){
	    .header = on_header,
	    .policy = on_policy,
	    .event = on_event,
	    .gap = on_gap,
	    .beat = on_beat,
	    .damage = on_damage,
	    .ctx = notes,
	};
	return notes;
}

static inline void free_notes(struct notes *notes)
{
	if (notes != NULL)
		free(notes->notes);
	free(notes);
}

static inline struct notes *read_file(const char *file)
{
	struct bt_segment_visitor visitor;
	struct notes *notes = new_notes(&visitor);
	struct bt_err err;
	check(err, bt_segment_read(file, &visitor, &err));
	return notes;
}

/* NULL: refused. */
static inline struct notes *parse(
    const uint8_t *bytes, size_t size, bool open, size_t *whole, struct bt_err *err)
{
	struct bt_segment_visitor visitor;
	struct notes *notes = new_notes(&visitor);
	uint8_t *exact = malloc(size > 0 ? size : 1); /* so that a sanitizer sees where it ends */
	assert_non_null(exact);
	memcpy(exact, bytes, size);
	bool ok = bt_segment_parse(exact, size, open, &visitor, whole, err);
	free(exact);
	if (ok)
		return notes;
	free_notes(notes);
	return NULL;
}

static inline uint8_t *file_bytes(const char *file, size_t *size)
{
	void *bytes;
	struct bt_err err;
	check(err, bt_file_read(file, SIZE_MAX, &bytes, size, &err));
	return bytes;
}

/* ---- one of each ---- */

static const struct bt_beat a_beat = {.time = -3,
    .boot = BOOT,
    .policy = 0x77,
    .pushed = 1000,
    .dropped = 10,
    .period = 30,
    .kind = 1};

static inline void put_events(struct bt_segment_writer *writer, uint64_t first, unsigned count)
{
	struct bt_err err;
	for (uint64_t n = first; n < first + count; n++) {
		struct bt_event event = make_event("www.example.com", (uint32_t)n, (int64_t)n);
		check(err, bt_segment_event(writer, BOOT, 5, n, &event, &err));
	}
}

/* header policy events(1-3) gap(4-9) events(10-11) beat events(12) */
static inline void put_all(struct bt_segment_writer *writer)
{
	struct bt_err err;
	check(err, bt_segment_policy(writer, 0x77, policy_bytes, policy_size, &err));
	put_events(writer, 1, 3);
	check(err, bt_segment_gap(writer, BOOT, 5, 4, 9, 42, &err));
	put_events(writer, 10, 2);
	check(err, bt_segment_beat(writer, &a_beat, &err));
	put_events(writer, 12, 1);
}

static const struct note all_notes[] = {
    {.what = 'h', .a = BOOT, .b = 1700000000123},
    {.what = 'p', .a = 0x77},
    {.what = 'e', .a = 1},
    {.what = 'e', .a = 2},
    {.what = 'e', .a = 3},
    {.what = 'g', .a = 4, .b = 9},
    {.what = 'e', .a = 10},
    {.what = 'e', .a = 11},
    {.what = 'b', .a = 1},
    {.what = 'e', .a = 12},
};
enum { ALL = sizeof(all_notes) / sizeof(*all_notes), ALL_EVENTS = 6 };

static inline bool same_note(const struct note *a, const struct note *b)
{
	if (a->what != b->what || a->a != b->a)
		return false;
	if (a->what != 'e')
		return a->b == b->b;
	struct bt_event event = make_event("www.example.com", (uint32_t)a->a, (int64_t)a->a);
	return b->b == 5 && b->c == BOOT && same_event(&event, &b->event);
}

static inline void expect_first(const struct notes *notes, size_t count)
{
	assert_int_equal(notes->count, count);
	for (size_t i = 0; i < count; i++)
		if (!same_note(&all_notes[i], &notes->notes[i]))
			fail_msg("note %zu is %c %llu", i, notes->notes[i].what,
			    (unsigned long long)notes->notes[i].a);
}

/* ---- the bytes of that ---- */

static inline uint8_t *all_bytes(size_t *size)
{
	struct bt_segment_writer *writer = create();
	struct bt_err err;
	put_all(writer);
	check(err, bt_segment_close(&writer, &err));
	return file_bytes(path(".seg"), size);
}

static inline size_t header_size(const uint8_t *bytes)
{
	return BT_HEADER_SIZE + bt_pad8(bt_get16(bytes + BT_HEADER_RESOLVER_SIZE));
}

static inline size_t block_size(const uint8_t *block)
{
	return BT_BLOCK_HEADER + bt_get32(block + BT_BLOCK_PAYLOAD_SIZE);
}

/* Where block number `n` begins, the size if there is none. */
static inline size_t block_at(const uint8_t *bytes, size_t size, unsigned n)
{
	size_t at = header_size(bytes);
	while (n-- > 0 && at < size)
		at += block_size(bytes + at);
	return at;
}

/* How many notes the whole blocks before `end` give. */
static const size_t notes_after[] = {1, 2, 5, 6, 8, 9, 10};

/* ---- for the group ---- */

static inline int open_policy(void **state)
{
	(void)state;
	make_policy(&policy, &policy_bytes);
	bt_policy_bytes(policy, &policy_size);
	return 0;
}

static inline int close_policy(void **state)
{
	(void)state;
	bt_policy_close(&policy);
	free(policy_bytes);
	return 0;
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

#endif
