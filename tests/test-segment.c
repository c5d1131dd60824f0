/* SPDX-License-Identifier: BSD-3-Clause */
/* test-segment.c -- segments of the event log, written and read */

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "segments.h"

static void test_round_trip(void **state)
{
	(void)state;
	struct bt_segment_writer *writer = create();
	struct bt_err err;
	put_all(writer);
	assert_int_equal(access(path(".open"), F_OK), 0);
	uint64_t written = bt_segment_written(writer);
	check(err, bt_segment_flush(writer, &err));

	struct notes *notes = read_file(path(".open")); /* while it is written */
	expect_first(notes, ALL);
	assert_string_equal(notes->resolver, "dns1");
	free_notes(notes);

	struct stat st;
	check(err, bt_segment_close(&writer, &err));
	assert_null(writer);
	assert_int_not_equal(access(path(".open"), F_OK), 0);
	assert_int_equal(stat(path(".seg"), &st), 0);
	assert_int_equal(bt_pad8(written), st.st_size);
	notes = read_file(path(".seg"));
	expect_first(notes, ALL);
	free_notes(notes);
}

static void test_events(void **state)
{
	(void)state;
	enum { COUNT = 6000 };
	uint64_t numbers = seed, sequence[4] = {0};
	struct bt_segment_writer *writer = create();
	struct note *put = calloc(COUNT, sizeof(*put));
	struct bt_err err;
	assert_non_null(put);
	for (unsigned i = 0; i < COUNT; i++) {
		unsigned ring = random_below(&numbers, 20) == 0 ? random_below(&numbers, 4) : 0;
		sequence[ring] += random_below(&numbers, 50) == 0 ? random_next(&numbers) >> 8 : 1;
		put[i] = (struct note){.what = 'e',
		    .a = sequence[ring],
		    .b = ring == 3 ? UINT32_MAX : ring,
		    .c = BOOT + (ring == 2),
		    .event = random_event(&numbers)};
		check(err, bt_segment_event(writer, put[i].c, (uint32_t)put[i].b, put[i].a,
			       &put[i].event, &err));
		if (random_below(&numbers, 500) == 0)
			check(err, bt_segment_flush(writer, &err));
	}
	check(err, bt_segment_close(&writer, &err));
	struct notes *notes = read_file(path(".seg"));
	assert_int_equal(notes->count, COUNT + 1);
	for (unsigned i = 0; i < COUNT; i++) {
		const struct note *read = &notes->notes[i + 1];
		if (read->what != 'e' || read->a != put[i].a || read->b != put[i].b ||
		    read->c != put[i].c || !same_event(&read->event, &put[i].event))
			fail_msg("event %u differs", i);
	}
	free_notes(notes);
	free(put);
}

static void test_largest_event(void **state)
{
	(void)state;
	uint8_t bytes[BT_EVENT_ENCODED_MAX];
	struct bt_segment_event before = {0};
	struct bt_event event = {0};
	memset(&event, 0xff, offsetof(struct bt_event, key));
	event.match_count = BT_EVENT_MATCHES_MAX;
	event.time = INT64_MIN;
	event.key_size = event.target_size = BT_KEY_MAX;
	size_t size = bt_event_encode(bytes, &before, UINT64_MAX, UINT32_MAX, UINT64_MAX, &event);
	assert_in_range(size, 600, BT_EVENT_ENCODED_MAX);
}

static void test_typical_size(void **state)
{
	(void)state;
	struct bt_segment_writer *writer = create();
	put_events(writer, 1, 1000);
	assert_true(
	    bt_segment_written(writer) < 40 * 1000); /* a struct bt_event is more than 600 */
	struct bt_err err;
	check(err, bt_segment_close(&writer, &err));
}

static void test_stop(void **state)
{
	(void)state;
	struct bt_segment_writer *writer = create();
	struct bt_err err;
	put_all(writer);
	check(err, bt_segment_close(&writer, &err));
	for (size_t after = 1; after <= ALL; after++) {
		struct bt_segment_visitor visitor;
		struct notes *notes = new_notes(&visitor);
		notes->stop_after = after;
		check(err, bt_segment_read(path(".seg"), &visitor, &err));
		expect_first(notes, after);
		free_notes(notes);
	}
	struct bt_segment_visitor nobody = {0};
	check(err, bt_segment_read(path(".seg"), &nobody, &err));
}

/* ---- names and modes ---- */

static void expect_name(const char *resolver, const char *name)
{
	struct bt_segment_writer *writer;
	struct bt_err err;
	char *file;
	assert_true(asprintf(&file, "%s-00000000000000ff-000012.seg", name) > 0);
	check(err, bt_segment_create(&writer, folder, resolver, 0xff, 12, 0, &err));
	check(err, bt_segment_close(&writer, &err));
	struct notes *notes = read_file(in(folder, file));
	assert_string_equal(notes->resolver, resolver); /* as it was, inside */
	free_notes(notes);
	assert_int_equal(unlink(in(folder, file)), 0);
	free(file);
}

static void test_names(void **state)
{
	(void)state;
	char id[BT_RESOLVER_MAX + 2], name[201];
	expect_name("dns1.example-net_A", "dns1.example-net_A");
	expect_name("../../etc/x", "_._.._etc_x");
	expect_name("-rf *", "_rf__");
	expect_name("f\xc3\xbc\n\"", "f____");
	memset(id, 'r', sizeof(id));
	memset(name, 'r', sizeof(name));
	id[BT_RESOLVER_MAX] = name[200] = '\0';
	expect_name(id, name);

	struct bt_segment_writer *writer = NULL;
	struct bt_err err;
	id[BT_RESOLVER_MAX] = 'r';
	id[BT_RESOLVER_MAX + 1] = '\0';
	assert_false(bt_segment_create(&writer, folder, id, 1, 1, 0, &err));
	assert_false(bt_segment_create(&writer, folder, "", 1, 1, 0, &err));
	assert_non_null(strstr(err.text, "1 to 255"));
	assert_null(writer);
}

static void test_mode(void **state)
{
	(void)state;
	mode_t masks[] = {077, 000};
	for (size_t i = 0; i < 2; i++) {
		struct bt_err err;
		mode_t before = umask(masks[i]);
		struct bt_segment_writer *writer = create();
		umask(before);
		assert_int_equal(mode_of(path(".open")), 0640);
		check(err, bt_segment_close(&writer, &err));
		assert_int_equal(mode_of(path(".seg")), 0640);
		assert_int_equal(unlink(path(".seg")), 0);
	}
}

/* A segment that is there is never written over. */
static void test_no_overwriting(void **state)
{
	(void)state;
	struct bt_segment_writer *writer = create(), *second = NULL;
	struct bt_err err;
	assert_false(bt_segment_create(&second, folder, "dns1", BOOT, 7, 0, &err));
	assert_non_null(strstr(err.text, "File exists"));
	put_file(path(".seg"), "mine", 4);
	assert_false(bt_segment_close(&writer, &err));
	assert_null(writer);
	assert_non_null(strstr(err.text, "is there already"));
	size_t size;
	uint8_t *bytes = file_bytes(path(".seg"), &size);
	assert_int_equal(size, 4);
	free(bytes);
}

static void test_folder(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint64_t boot;
		uint32_t number;
		bool open;
	} names[] = {
	    /* as they sort */
	    {"-0000000000000001-000001.seg", 0, 0, false}, /* no resolver */
	    {"a-0000000000000001-000001.seg", 1, 1, false},
	    {"a-0000000000000001-000002.open", 1, 2, true},
	    {"a-0000000000000001-1234567.seg", 1, 1234567, false},
	    {"a-0000000000000001-9999999999.seg", 0, 0, false},
	    {"a-00000000000000FF-000001.seg", 0, 0, false},
	    {"a-b-ffffffffffffffff-000000.seg", UINT64_MAX, 0, false},
	    {"a000000000000000f-000001.seg", 0, 0, false},
	    {"renamed by hand.seg", 0, 0, false},
	};
	enum { NAMES = sizeof(names) / sizeof(*names) };
	struct bt_segment_file *files;
	size_t count;
	struct bt_err err;
	check(err, bt_segment_files(folder, &files, &count, &err));
	assert_int_equal(count, 0);
	bt_segment_files_free(&files, count);
	check(err, bt_segment_files(in(folder, "missing"), &files, &count, &err));
	assert_int_equal(count, 0);

	for (size_t i = 0; i < NAMES; i++)
		put_file(in(folder, names[i].name), "", 0);
	put_file(in(folder, "README"), "", 0);
	put_file(in(folder, ".a-0000000000000001-000001.seg.Xyz"), "", 0); /* rsync at work */
	put_file(in(folder, ".seg"), "", 0);
	check(err, bt_segment_files(folder, &files, &count, &err));
	assert_int_equal(count, NAMES);
	for (size_t i = 0; i < NAMES; i++) {
		assert_string_equal(files[i].path, in(folder, names[i].name));
		assert_int_equal(files[i].boot, names[i].boot);
		assert_int_equal(files[i].number, names[i].number);
		assert_int_equal(files[i].open, names[i].open);
	}
	bt_segment_files_free(&files, count);
	assert_null(files);
	put_file(in(folder, "file"), "", 0);
	assert_false(bt_segment_files(in(folder, "file"), &files, &count, &err));
	assert_non_null(strstr(err.text, "Not a directory"));
}

/* ---- writes that fail ---- */

/* Until `limit` octets: true; then what the disk takes ends. */
static bool set_limit(rlim_t limit)
{
	struct rlimit both = {limit, RLIM_INFINITY};
	return setrlimit(RLIMIT_FSIZE, &both) == 0;
}

/* In a child, since limits are for good. Nothing may be lost, doubled or torn. */
static void test_disk_full(void **state)
{
	(void)state;
	struct bt_segment_writer *writer = create();
	struct bt_err err;
	uint64_t n = 1;
	put_events(writer, 1, 1);
	check(err, bt_segment_flush(writer, &err));
	struct sigaction ignore = {.sa_handler = SIG_IGN}, action;
	assert_int_equal(sigaction(SIGXFSZ, &ignore, &action), 0);
	struct rlimit before;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);

	assert_true(set_limit(100001));
	for (bool ok = true; ok; n += ok) {
		struct bt_event event =
		    make_event("www.example.com", (uint32_t)n + 1, (int64_t)n + 1);
		ok = bt_segment_event(writer, BOOT, 5, n + 1, &event, &err);
	}
	assert_non_null(strstr(err.text, "cannot write"));
	assert_false(bt_segment_flush(writer, &err));
	assert_false(bt_segment_gap(writer, BOOT, 5, n + 1, n + 1, 42, &err));
	assert_false(bt_segment_beat(writer, &a_beat, &err));

	/* What is there ends with a whole block. */
	struct notes *notes = read_file(path(".open"));
	struct stat st;
	assert_int_equal(stat(path(".open"), &st), 0);
	assert_in_range(st.st_size, 50000, 100000);
	assert_int_equal(notes->damages, 0);
	assert_true(notes->events > 0 && notes->events < n);
	free_notes(notes);

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(sigaction(SIGXFSZ, &action, NULL), 0);
	put_events(writer, n + 1, 10);
	check(err, bt_segment_close(&writer, &err));
	notes = read_file(path(".seg"));
	assert_int_equal(notes->events, n + 10);
	for (uint64_t i = 1; i <= n + 10; i++)
		assert_true(same_note(&(struct note){.what = 'e', .a = i}, &notes->notes[i]));
	free_notes(notes);
}

static void test_removed(void **state)
{
	(void)state;
	struct bt_segment_writer *writer = create();
	struct bt_err err;
	put_events(writer, 1, 1);
	assert_false(bt_segment_removed(writer));
	assert_int_equal(unlink(path(".open")), 0);
	assert_true(bt_segment_removed(writer));
	assert_false(bt_segment_flush(writer, &err));
	assert_non_null(strstr(err.text, "was removed"));
	assert_false(bt_segment_close(&writer, &err));
	assert_null(writer);
}

/* It was written to in 1970; by the clock that has been set meanwhile it is new. */
static void test_age(void **state)
{
	(void)state;
	struct bt_segment_writer *writer = create();
	struct bt_err err;
	struct stat st;
	const struct timespec old[2] = {{.tv_sec = 5}, {.tv_sec = 5}};
	put_events(writer, 1, 1);
	check(err, bt_segment_flush(writer, &err));
	assert_int_equal(utimensat(AT_FDCWD, path(".open"), old, 0), 0);
	check(err, bt_segment_close(&writer, &err));
	assert_int_equal(stat(path(".seg"), &st), 0);
	assert_true(st.st_mtim.tv_sec > 5);
}

/* Who listed the folder before it was closed asks for its old name. */
static void test_closed_meanwhile(void **state)
{
	(void)state;
	struct bt_segment_writer *writer = create();
	struct bt_err err;
	put_events(writer, 1, 3);
	char *open = strdup(path(".open"));
	check(err, bt_segment_close(&writer, &err));
	struct notes *notes = read_file(open);
	assert_int_equal(notes->events, 3);
	assert_int_equal(notes->damages, 0);
	free_notes(notes);
	struct stat st;
	assert_int_equal(stat(path(".seg"), &st), 0);
	assert_int_equal(truncate(path(".seg"), st.st_size - 8), 0);
	notes = read_file(open);
	assert_int_equal(notes->damages, 1); /* nobody is at work there */
	free_notes(notes);
	assert_int_equal(unlink(path(".seg")), 0);
	const struct bt_segment_visitor nobody = {0};
	assert_false(bt_segment_read(open, &nobody, &err));
	assert_non_null(strstr(err.text, ".open: "));
	free(open);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    test(test_round_trip),
	    test(test_events),
	    test(test_largest_event),
	    test(test_typical_size),
	    test(test_stop),
	    test(test_names),
	    test(test_mode),
	    test(test_no_overwriting),
	    test(test_folder),
	    test(test_disk_full),
	    test(test_removed),
	    test(test_age),
	    test(test_closed_meanwhile),
	};
	seed = random_seed();
	return cmocka_run_group_tests(tests, open_policy, close_policy);
}
