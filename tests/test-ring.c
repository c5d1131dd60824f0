/* SPDX-License-Identifier: BSD-3-Clause */
/* test-ring.c -- a ring of events from one worker to the writer, in a file */

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "events.h"
#include "ring.h"

enum { BOOT = 0x12345678, SLOTS = 64 };

/* Where things lie in the file; the layout is of this version, for good. */
enum {
	AT_MAGIC = 0,
	AT_VERSION = 8,
	AT_SLOT_SIZE = 12,
	AT_SLOTS = 16,
	AT_PUBLISHED = 64,
	AT_DROPPED = 128,
	AT_TAKEN = 192,
	AT_TAKEN_SEQUENCE = 200,
	AT_FIRST_SLOT = 256,
	SLOT_SIZE = 8 + sizeof(struct bt_event),
	AT_PAGES = 32,
	AT_PAGE_LISTS = 36,
	AT_FIRST_PAGE = AT_FIRST_SLOT + SLOTS * SLOT_SIZE,
	PAGE_SIZE = 24 + 1024 * 40,
};

static char *folder;
static uint64_t seed;

static int set_up(void **state)
{
	(void)state;
	folder = make_folder();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	remove_folder(folder);
	return 0;
}

static const char *path(void)
{
	return in(folder, "ring");
}

static struct bt_ring *create(uint32_t slots)
{
	struct bt_ring *ring = NULL;
	struct bt_err err;
	check(err, bt_ring_create(&ring, path(), BOOT, 3, slots, &err));
	return ring;
}

static struct bt_ring *reopen(void)
{
	struct bt_ring *ring = NULL;
	struct bt_err err;
	check(err, bt_ring_open(&ring, path(), &err));
	return ring;
}

/* Attempt number N pushes event N, so that sequence and content must agree. */
static bool push(struct bt_ring *ring, uint64_t number)
{
	struct bt_event event = make_event("a.example", (uint32_t)number, (int64_t)number);
	return bt_ring_push(ring, &event);
}

static void expect_next(struct bt_ring *ring, uint32_t index, uint64_t number)
{
	uint64_t sequence;
	const struct bt_event *event = bt_ring_next(ring, index, &sequence);
	struct bt_event expected = make_event("a.example", (uint32_t)number, (int64_t)number);
	assert_non_null(event);
	assert_int_equal(sequence, number);
	assert_true(same_event(event, &expected));
}

static void expect_empty(struct bt_ring *ring)
{
	uint64_t sequence;
	assert_null(bt_ring_next(ring, 0, &sequence));
}

/* ---- one thread ---- */

static void test_order(void **state)
{
	(void)state;
	struct bt_ring *ring = create(SLOTS);
	assert_int_equal(bt_ring_boot(ring), BOOT);
	assert_int_equal(bt_ring_number(ring), 3);
	expect_empty(ring);
	for (uint64_t n = 1; n <= 10 * SLOTS; n += 3) { /* more than once around */
		assert_true(push(ring, n) && push(ring, n + 1) && push(ring, n + 2));
		expect_next(ring, 0, n);
		expect_next(ring, 2, n + 2);
		expect_next(ring, 1, n + 1);
		bt_ring_done(ring, 2);
		expect_next(ring, 0, n + 2);
		bt_ring_done(ring, 1);
		expect_empty(ring);
		assert_int_equal(bt_ring_taken(ring), n + 2);
	}
	assert_int_equal(bt_ring_dropped(ring), 0);
	bt_ring_close(&ring);
	assert_null(ring);
	bt_ring_close(&ring);
}

static void test_copies_what_is_in_use(void **state)
{
	(void)state;
	struct bt_ring *ring = create(SLOTS);
	struct bt_event event = make_event("b.example", 1, 1);
	uint64_t sequence;
	memset(event.key + event.key_size, 0xaa, sizeof(event.key) - event.key_size);
	assert_true(bt_ring_push(ring, &event));
	const struct bt_event *copy = bt_ring_next(ring, 0, &sequence);
	for (size_t i = event.key_size; i < sizeof(copy->key); i++)
		assert_int_equal(copy->key[i], 0);
	bt_ring_close(&ring);
}

static void test_full(void **state)
{
	(void)state;
	struct bt_ring *ring = create(SLOTS);
	for (uint64_t n = 1; n <= SLOTS; n++)
		assert_true(push(ring, n));
	for (uint64_t n = SLOTS + 1; n <= SLOTS + 5; n++)
		assert_false(push(ring, n));
	assert_int_equal(bt_ring_dropped(ring), 5);
	assert_int_equal(bt_ring_pushed(ring), SLOTS + 5);
	expect_next(ring, SLOTS - 1, SLOTS);
	bt_ring_done(ring, 1);
	assert_true(push(ring, SLOTS + 6)); /* the gap is exactly what was dropped */
	assert_false(push(ring, SLOTS + 7));
	bt_ring_done(ring, SLOTS - 1);
	expect_next(ring, 0, SLOTS + 6);
	bt_ring_done(ring, 1);
	expect_empty(ring);
	/* What was dropped last shows, though no event comes after it. */
	assert_int_equal(bt_ring_pushed(ring), SLOTS + 7);
	assert_int_equal(bt_ring_taken(ring), SLOTS + 6);
	bt_ring_close(&ring);
}

static void test_lose(void **state)
{
	(void)state;
	struct bt_ring *ring = create(SLOTS);
	bt_ring_lose(ring, 0, 7);
	assert_true(push(ring, 1));
	bt_ring_lose(ring, 3, 7);
	assert_true(push(ring, 5));
	bt_ring_lose(ring, 2, 7);
	assert_int_equal(bt_ring_dropped(ring), 5);
	assert_int_equal(bt_ring_pushed(ring), 7);
	expect_next(ring, 0, 1);
	expect_next(ring, 1, 5);
	bt_ring_close(&ring);
	ring = reopen();
	assert_int_equal(bt_ring_pushed(ring), 7);
	expect_next(ring, 1, 5);
	bt_ring_close(&ring);
}

static void test_one_slot(void **state)
{
	(void)state;
	struct bt_ring *ring = create(1);
	assert_true(push(ring, 1));
	assert_false(push(ring, 2));
	expect_next(ring, 0, 1);
	bt_ring_done(ring, 1);
	assert_true(push(ring, 3));
	expect_next(ring, 0, 3);
	bt_ring_close(&ring);
}

/* ---- hits without an event ---- */

enum { P = 0x77, LISTS = 1024 };

/* The counts of all pages, and the log has them. */
static unsigned take_counts(struct bt_ring *ring, struct bt_count *counts, unsigned max)
{
	unsigned found = 0;
	for (unsigned page = 0; page < BT_COUNT_PAGES; page++) {
		bool left = bt_ring_page_left(ring, page);
		unsigned list = 0, first = found, more;
		while ((more = bt_ring_counts(ring, page, &list, counts + found, 2)) > 0) {
			found += more;
			assert_true(found + 2 <= max);
		}
		bt_ring_counted(ring, page, counts + first, found - first);
		bt_ring_looked(ring, page, left, 1000);
	}
	return found;
}

static void expect_count(const struct bt_count *count, const struct bt_count expected)
{
	assert_int_equal(count->boot, BOOT);
	assert_int_equal(count->ring, 3);
	assert_int_equal(count->epoch, expected.epoch);
	assert_int_equal(count->policy, expected.policy);
	assert_int_equal(count->list, expected.list);
	assert_int_equal(count->from, expected.from);
	assert_int_equal(count->time, expected.time);
	assert_int_equal(count->counted_before, expected.counted_before);
	assert_int_equal(count->counted, expected.counted);
	assert_int_equal(count->dropped_before, expected.dropped_before);
	assert_int_equal(count->dropped, expected.dropped);
}

static void test_counts(void **state)
{
	(void)state;
	struct bt_ring *ring = create(1);
	struct bt_count counts[16];
	assert_int_equal(take_counts(ring, counts, 16), 0);
	bt_ring_count(ring, P, 5, 70, 1);
	bt_ring_count(ring, P, LISTS - 1, 80, 3);
	bt_ring_count(ring, P, 5, 90, 1);
	assert_true(push(ring, 1));
	assert_false(push(ring, 2)); /* of list 0 */
	assert_false(push(ring, 3));
	assert_int_equal(take_counts(ring, counts, 16), 3);
	expect_count(&counts[0],
	    (struct bt_count){.epoch = 1, .policy = P, .from = 3, .time = 3, .dropped = 2});
	expect_count(&counts[1],
	    (struct bt_count){
		.epoch = 1, .policy = P, .list = 5, .from = 70, .time = 90, .counted = 2});
	expect_count(&counts[2],
	    (struct bt_count){
		.epoch = 1, .policy = P, .list = LISTS - 1, .from = 70, .time = 80, .counted = 3});
	assert_int_equal(take_counts(ring, counts, 16), 0);

	/* What the log has is told from what is new, also by the next process. */
	bt_ring_count(ring, P, 5, 2000, 1);
	bt_ring_close(&ring);
	ring = reopen();
	assert_int_equal(take_counts(ring, counts, 16), 1);
	expect_count(&counts[0], (struct bt_count){.epoch = 1,
				     .policy = P,
				     .list = 5,
				     .from = 1000,
				     .time = 2000,
				     .counted_before = 2,
				     .counted = 3});
	bt_ring_close(&ring);
	ring = reopen();
	assert_int_equal(take_counts(ring, counts, 16), 0);
	bt_ring_close(&ring);
}

static void test_pages(void **state)
{
	(void)state;
	struct bt_ring *ring = create(SLOTS);
	struct bt_count counts[32];
	bt_ring_count(ring, P, 7, 10, 1);
	bt_ring_count(ring, P + 1, 7, 11, 2);
	bt_ring_count(ring, P, 7, 12, 4); /* that policy again, and another page */
	assert_int_equal(take_counts(ring, counts, 32), 3);
	for (unsigned i = 0; i < 3; i++)
		expect_count(&counts[i], (struct bt_count){.epoch = i + 1,
					     .policy = P + i % 2,
					     .list = 7,
					     .from = 10 + i,
					     .time = 10 + i,
					     .counted = 1u << i});

	/* All pages in use: the hit counts, and its list is not known. */
	for (unsigned i = 0; i < 6; i++)
		bt_ring_count(ring, 100 + i, 9, 20 + i, 1);
	bt_ring_count(ring, P, LISTS, 30, 5); /* as of a list that no policy has */
	assert_int_equal(take_counts(ring, counts, 32), 4);
	expect_count(&counts[0], (struct bt_count){.from = 30, .time = 30, .counted = 3 + 5});
	/* Two had become free above, and the third is that of the one before. */
	expect_count(&counts[1],
	    (struct bt_count){
		.epoch = 4, .policy = 100, .list = 9, .from = 20, .time = 20, .counted = 1});

	/* They are free again. */
	bt_ring_count(ring, 105, 9, 40, 1);
	assert_int_equal(take_counts(ring, counts, 32), 1);
	expect_count(&counts[0],
	    (struct bt_count){
		.epoch = 7, .policy = 105, .list = 9, .from = 40, .time = 40, .counted = 1});
	bt_ring_close(&ring);
}

static void test_losses_without_a_ring(void **state)
{
	(void)state;
	struct bt_ring *ring = create(SLOTS);
	struct bt_count counts[4];
	bt_ring_lose(ring, 3, 50);
	bt_ring_count(ring, 0, 0, 60, 4);
	assert_int_equal(take_counts(ring, counts, 4), 1);
	expect_count(
	    &counts[0], (struct bt_count){.from = 60, .time = 60, .counted = 4, .dropped = 3});
	bt_ring_close(&ring);
}

/* What a plugin of before there were counts has left. */
static void test_version_2(void **state)
{
	(void)state;
	struct bt_ring *ring = create(SLOTS);
	uint64_t version = 2, nothing = 0;
	struct bt_count counts[4];
	for (uint64_t n = 1; n <= SLOTS + 3; n++)
		push(ring, n);
	bt_ring_done(ring, 10);
	bt_ring_close(&ring);
	int fd = open(path(), O_RDWR);
	assert_int_equal(pwrite(fd, &version, 4, AT_VERSION), 4);
	assert_int_equal(pwrite(fd, &nothing, 8, AT_PAGES), 8);
	assert_int_equal(ftruncate(fd, AT_FIRST_PAGE), 0);
	close(fd);

	ring = reopen();
	assert_int_equal(bt_ring_pushed(ring), SLOTS + 3);
	for (uint32_t i = 0; i < SLOTS - 10; i++)
		expect_next(ring, i, 11 + i);
	assert_int_equal(take_counts(ring, counts, 4), 0);
	bt_ring_close(&ring);
}

/* ---- the file ---- */

static void test_reopen(void **state)
{
	(void)state;
	struct bt_ring *ring = create(SLOTS);
	for (uint64_t n = 1; n <= SLOTS + 3; n++)
		push(ring, n);
	bt_ring_done(ring, 10);
	bt_ring_close(&ring);

	ring = reopen();
	assert_int_equal(bt_ring_boot(ring), BOOT);
	assert_int_equal(bt_ring_number(ring), 3);
	assert_int_equal(bt_ring_taken(ring), 10);
	assert_int_equal(bt_ring_pushed(ring), SLOTS + 3);
	for (uint32_t i = 0; i < SLOTS - 10; i++)
		expect_next(ring, i, 11 + i);
	bt_ring_done(ring, SLOTS - 10);
	expect_empty(ring);
	bt_ring_close(&ring);

	ring = reopen();
	expect_empty(ring);
	assert_int_equal(bt_ring_taken(ring), SLOTS);
	bt_ring_close(&ring);
}

static void test_mode_and_replacement(void **state)
{
	(void)state;
	mode_t masks[] = {077, 000, 027};
	for (size_t i = 0; i < 3; i++) {
		put_file(path(), "something else", 14);
		mode_t before = umask(masks[i]);
		struct bt_ring *ring = create(SLOTS);
		umask(before);
		assert_int_equal(mode_of(path()), 0640);
		expect_empty(ring);
		bt_ring_close(&ring);
		assert_int_not_equal(access(in(folder, "ring.new"), F_OK), 0);
	}
	/* The disk has set it aside. */
	struct stat st;
	assert_int_equal(stat(path(), &st), 0);
	assert_true(st.st_blocks * 512 >= st.st_size);
}

static void test_create_refuses(void **state)
{
	(void)state;
	uint32_t slots[] = {0, 3, 100, 1u << 31};
	struct bt_ring *ring = NULL;
	struct bt_err err;
	for (size_t i = 0; i < 4; i++) {
		assert_false(bt_ring_create(&ring, path(), BOOT, 0, slots[i], &err));
		assert_non_null(strstr(err.text, "power of two"));
	}
	assert_false(bt_ring_create(&ring, in(folder, "no/such"), BOOT, 0, SLOTS, &err));
	assert_non_null(strstr(err.text, "no/such"));
	assert_null(ring);
}

/* As on a full disk: an error at creation, not a signal at the first push. */
static void test_no_room(void **state)
{
	(void)state;
	pid_t child = fork_child();
	if (child == 0) {
		struct rlimit limit = {4096, 4096};
		struct bt_ring *ring = NULL;
		struct bt_err err;
		signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
			_exit(2);
		bool made = bt_ring_create(&ring, path(), BOOT, 0, SLOTS, &err);
		_exit(!made && strstr(err.text, "room") != NULL ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_not_equal(access(path(), F_OK), 0);
	assert_int_not_equal(access(in(folder, "ring.new"), F_OK), 0);
}

/* ---- what is no ring ---- */

struct wrong {
	const char *what;
	long at; /* octets there become `value` */
	uint64_t value;
	unsigned size;
	const char *reason;
};

static const struct wrong wrongs[] = {
    {"magic", AT_MAGIC, 'x', 1, "is not a ring"},
    {"version", AT_VERSION, 1, 4, "version 1"},
    {"an older version's size", AT_VERSION, 2, 4, "octets"},
    {"pages", AT_PAGES, 4, 4, "4 pages of counts of 1024 lists"},
    {"lists of a page", AT_PAGE_LISTS, 1025, 4, "5 pages of counts of 1025 lists"},
    {"no page without a list", AT_FIRST_PAGE, 0, 4, "pages of counts contradict"},
    {"state of a page", AT_FIRST_PAGE + PAGE_SIZE, 3, 4, "pages of counts contradict"},
    {"use of a page", AT_FIRST_PAGE + 4 * PAGE_SIZE, 1, 4, "pages of counts contradict"},
    {"other byte order", AT_VERSION, 0x01000000, 4, "version 16777216"},
    {"slot size", AT_SLOT_SIZE, 64, 4, "slots of 64"},
    {"fewer slots", AT_SLOTS, SLOTS / 2, 4, "octets"},
    {"more slots", AT_SLOTS, SLOTS * 2, 4, "octets"},
    {"no slots", AT_SLOTS, 0, 4, "octets"},
    {"no power of two", AT_SLOTS, SLOTS - 1, 4, "octets"},
    {"far too many slots", AT_SLOTS, 0xffffffff, 4, "octets"},
    {"too few published", AT_PUBLISHED, 1, 8, "contradict"},
    {"too many published", AT_PUBLISHED, SLOTS + 3, 8, "contradict"},
    {"counters overflow", AT_DROPPED, UINT64_MAX - 2, 8, "contradict"},
    {"taken ahead", AT_TAKEN, 99, 8, "contradict"},
    {"taken sequence ahead", AT_TAKEN_SEQUENCE, 99, 8, "contradict"},
    /* The ring has 6 events, of which 2 are taken: slot 2 is the first that is looked at. */
    {"sequence 0", AT_FIRST_SLOT + 2 * SLOT_SIZE, 0, 8, "slot 2 holds no event"},
    {"sequence twice", AT_FIRST_SLOT + 3 * SLOT_SIZE, 3, 8, "slot 3 holds no event"},
    {"sequence above drops", AT_FIRST_SLOT + 4 * SLOT_SIZE, 6, 8, "slot 4 holds no event"},
    {"matches", AT_FIRST_SLOT + 2 * SLOT_SIZE + 8 + offsetof(struct bt_event, match_count), 9, 1,
	"slot 2 holds no event"},
    {"labels", AT_FIRST_SLOT + 2 * SLOT_SIZE + 8 + offsetof(struct bt_event, labels), 3, 1,
	"slot 2 holds no event"},
    {"match labels", AT_FIRST_SLOT + 2 * SLOT_SIZE + 8 + offsetof(struct bt_event, matches) + 4, 3,
	1, "slot 2 holds no event"},
    {"key", AT_FIRST_SLOT + 5 * SLOT_SIZE + 8 + offsetof(struct bt_event, key), 200, 1,
	"slot 5 holds no event"},
    {"key size", AT_FIRST_SLOT + 5 * SLOT_SIZE + 8 + offsetof(struct bt_event, key_size), 255, 1,
	"slot 5 holds no event"},
    {"matched", AT_FIRST_SLOT + 5 * SLOT_SIZE + 8 + offsetof(struct bt_event, matched),
	BT_MATCHED_KINDS, 1, "slot 5 holds no event"},
    {"no target", AT_FIRST_SLOT + 5 * SLOT_SIZE + 8 + offsetof(struct bt_event, matched),
	BT_MATCHED_ALIAS, 1, "slot 5 holds no event"},
    {"target", AT_FIRST_SLOT + 5 * SLOT_SIZE + 8 + offsetof(struct bt_event, target_size), 2, 1,
	"slot 5 holds no event"},
};

static void make_six(void)
{
	struct bt_ring *ring = create(SLOTS);
	for (uint64_t n = 1; n <= 6; n++)
		assert_true(push(ring, n));
	bt_ring_done(ring, 2);
	bt_ring_close(&ring);
}

static void expect_refused(const char *what, const char *reason)
{
	struct bt_ring *ring = NULL;
	struct bt_err err;
	if (bt_ring_open(&ring, path(), &err))
		fail_msg("%s: was not refused", what);
	if (strstr(err.text, reason) == NULL || strstr(err.text, path()) == NULL)
		fail_msg("%s: refused for another reason: %s", what, err.text);
	assert_null(ring);
}

static void test_open_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++) {
		make_six();
		int fd = open(path(), O_WRONLY);
		assert_int_equal(
		    pwrite(fd, &wrongs[i].value, wrongs[i].size, wrongs[i].at), wrongs[i].size);
		close(fd);
		expect_refused(wrongs[i].what, wrongs[i].reason);
	}
}

/* Where there are drops, only the order tells that a slot was not written. */
static void test_open_refuses_order(void **state)
{
	(void)state;
	uint64_t dropped = 3, sequence = 5;
	make_six();
	int fd = open(path(), O_WRONLY);
	assert_int_equal(pwrite(fd, &dropped, 8, AT_DROPPED), 8);
	assert_int_equal(pwrite(fd, &sequence, 8, AT_FIRST_SLOT + 2 * SLOT_SIZE), 8);
	assert_int_equal(pwrite(fd, &sequence, 8, AT_FIRST_SLOT + 3 * SLOT_SIZE), 8);
	close(fd);
	expect_refused("order", "slot 3 holds no event");
}

static void test_open_refuses_files(void **state)
{
	(void)state;
	make_six();
	struct stat st;
	assert_int_equal(stat(path(), &st), 0);
	off_t sizes[] = {st.st_size - 1, st.st_size + 1, 300, 256, 255, 0};
	const char *reasons[] = {
	    "octets", "octets", "octets", "octets", "not a ring", "not a ring"};
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(truncate(path(), sizes[i]), 0);
		expect_refused("size", reasons[i]);
	}
	assert_int_equal(unlink(path()), 0);
	expect_refused("nothing", "No such file");
	assert_int_equal(mkfifo(path(), 0600), 0);
	expect_refused("fifo", "not a ring");
	assert_int_equal(unlink(path()), 0);
	put_file(in(folder, "target"), "", 0);
	assert_int_equal(symlink("target", path()), 0);
	expect_refused("link", "symbolic links");
	assert_int_equal(unlink(path()), 0);
	assert_int_equal(mkdir(path(), 0700), 0);
	expect_refused("folder", "directory");
}

/* ---- two threads ---- */

enum { ATTEMPTS = 300000, POLICY_EVERY = 1000 };

/* Between events, hits without: of one policy after the other. */
static void *produce(void *arg)
{
	struct bt_ring *ring = arg;
	for (uint64_t n = 1; n <= ATTEMPTS; n++) {
		struct bt_event event = make_event("a.example", (uint32_t)n, (int64_t)n);
		event.policy = 1 + n / POLICY_EVERY;
		event.list = (uint16_t)(n % 10);
		bt_ring_push(ring, &event);
		bt_ring_count(ring, event.policy, 20 + event.list, event.time, 2);
	}
	return NULL;
}

struct sums {
	uint64_t counted, dropped, unknown;
};

/* Each difference once, of the list that its hits were of. */
static unsigned sum_counts(struct bt_ring *ring, struct sums *sums)
{
	static struct bt_count counts[8 * LISTS];
	unsigned found = take_counts(ring, counts, 8 * LISTS);
	for (unsigned i = 0; i < found; i++) {
		uint64_t counted = counts[i].counted - counts[i].counted_before;
		uint64_t dropped = counts[i].dropped - counts[i].dropped_before;
		sums->counted += counted;
		sums->dropped += dropped;
		if (counts[i].epoch == 0) {
			sums->unknown += counted + dropped;
			continue;
		}
		assert_true(counted == 0 || (counts[i].list >= 20 && counts[i].list < 30));
		assert_true(dropped == 0 || counts[i].list < 10);
		assert_in_range(counts[i].policy, 1, 1 + ATTEMPTS / POLICY_EVERY);
	}
	return found;
}

static void test_two_threads(void **state)
{
	(void)state;
	struct bt_ring *ring = create(SLOTS);
	pthread_t producer;
	uint64_t last = 0, taken = 0, missing = 0, numbers = seed;
	struct sums sums = {0};
	assert_int_equal(pthread_create(&producer, NULL, produce, ring), 0);
	for (bool more = true; more;) {
		uint64_t sequence;
		/* In this order: after the last push, one more look finds everything. */
		more = bt_ring_pushed(ring) < ATTEMPTS;
		uint32_t count = 0, most = 1 + random_below(&numbers, SLOTS);
		while (count < most && bt_ring_next(ring, count, &sequence) != NULL) {
			assert_int_equal(bt_ring_next(ring, count, &sequence)->time, sequence);
			assert_true(sequence > last);
			missing += sequence - last - 1;
			last = sequence;
			count++;
		}
		bt_ring_done(ring, count);
		taken += count;
		more |= count > 0;
		if (random_below(&numbers, 4) == 0)
			sum_counts(ring, &sums);
	}
	pthread_join(producer, NULL);
	assert_int_equal(bt_ring_pushed(ring), ATTEMPTS);
	assert_int_equal(missing + (ATTEMPTS - last), bt_ring_dropped(ring));
	assert_int_equal(taken + bt_ring_dropped(ring), ATTEMPTS);
	sum_counts(ring, &sums);
	assert_int_equal(sum_counts(ring, &sums), 0);
	assert_int_equal(sums.counted, 2 * ATTEMPTS);
	assert_int_equal(sums.dropped, bt_ring_dropped(ring));
	bt_ring_close(&ring);
}

/* ---- a process that is killed ---- */

struct account {
	_Atomic uint64_t begun, done;
};

static void push_for_ever(struct bt_ring *ring, struct account *account)
{
	for (uint64_t n = 1;; n++) {
		account->begun = n;
		push(ring, n);
		bt_ring_count(ring, 0x77 + n / 5000, 1, (int64_t)n, 1);
		account->done = n;
	}
}

static uint64_t take_some(struct bt_ring *ring, uint64_t last, uint64_t *missing)
{
	uint64_t sequence;
	uint32_t count = 0;
	for (; count < SLOTS && bt_ring_next(ring, count, &sequence) != NULL; count++) {
		expect_next(ring, count, sequence);
		assert_true(sequence > last);
		*missing += sequence - last - 1;
		last = sequence;
	}
	bt_ring_done(ring, count);
	return last;
}

static void sum_kill(struct bt_ring *ring, struct sums *sums)
{
	struct bt_count counts[32];
	unsigned found = take_counts(ring, counts, 32);
	for (unsigned i = 0; i < found; i++) {
		sums->counted += counts[i].counted - counts[i].counted_before;
		sums->dropped += counts[i].dropped - counts[i].dropped_before;
	}
}

static void kill_round(struct account *account, unsigned microseconds)
{
	struct bt_ring *ring = create(SLOTS);
	uint64_t last = 0, missing = 0;
	struct sums sums = {0};
	account->begun = account->done = 0;
	pid_t child = fork_child();
	if (child == 0)
		push_for_ever(ring, account);
	/* Taken while it pushes; then it dies, and the ring is opened by somebody else. */
	struct timespec start, now;
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		last = take_some(ring, last, &missing);
		sum_kill(ring, &sums);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - start.tv_sec) * 1000000 + (now.tv_nsec - start.tv_nsec) / 1000 <
		 (long)microseconds);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	bt_ring_close(&ring);

	ring = reopen();
	last = take_some(ring, last, &missing);
	expect_empty(ring);
	/* Every attempt that came back is there or counted; at most the last is in the dark. */
	uint64_t pushed = bt_ring_pushed(ring);
	assert_true(pushed >= account->done && pushed <= account->begun);
	assert_int_equal(missing + (pushed - last), bt_ring_dropped(ring));
	sum_kill(ring, &sums);
	assert_in_range(sums.counted, account->done, account->begun);
	assert_true(bt_ring_dropped(ring) - sums.dropped <= 1);
	bt_ring_close(&ring);
}

static void test_kill(void **state)
{
	(void)state;
	uint64_t numbers = seed;
	struct account *account =
	    mmap(NULL, sizeof(*account), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(account, MAP_FAILED);
	for (unsigned i = 0; i < 40; i++)
		kill_round(account, random_below(&numbers, 4000));
	munmap(account, sizeof(*account));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_copies_what_is_in_use, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_full, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_lose, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_one_slot, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_counts, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_pages, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_losses_without_a_ring, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_version_2, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_reopen, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_mode_and_replacement, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_create_refuses, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_no_room, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_open_refuses, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_open_refuses_order, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_open_refuses_files, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_two_threads, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_kill, set_up, tear_down),
	};
	seed = random_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
