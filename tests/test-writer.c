/* SPDX-License-Identifier: BSD-3-Clause */
/* test-writer.c -- the thread that takes events out of the rings and keeps the event log */

#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "writers.h"

/* ---- a life ---- */

static void test_life(void **state)
{
	(void)state;
	struct bt_writer *writer = start(2);
	assert_int_equal(count_files(folder, "ring-"), 2);
	assert_int_equal(count_files(folder, "policy-0000000000000077"), 1);
	int64_t before = now_ms();
	assert_true(push(writer, 0, 1) && push(writer, 1, 1) && push(writer, 1, 2));
	await(report_of(folder).hits == 3); /* while it runs */
	assert_true(now_ms() - before < 1000);
	assert_int_equal(count_files(in(folder, "events"), ".open"), 1);
	assert_true(push(writer, 0, 4)); /* at the last moment */
	bt_writer_stop(&writer);
	assert_null(writer);
	bt_writer_stop(&writer);

	expect_events(4, 0);
	assert_int_equal(report_of(folder).endpoints, 3);
	assert_int_equal(count_files(in(folder, "events"), ".open"), 0);
	assert_int_equal(count_files(in(folder, "events"), "dns1-"), 1);
	assert_int_equal(count_files(folder, "ring-"), 0);
	assert_int_equal(count_files(folder, "policy-"), 0);
	assert_string_equal(said, "");
}

static void test_reload(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 5; i++) {
		struct bt_writer *writer = start(1 + i % 3); /* workers may change */
		push_all(writer, 100 * i, 10);
		bt_writer_stop(&writer);
		expect_events((i + 1) * 10, 0);
	}
	assert_int_equal(report_of(folder).coverage.segments, 5);
	assert_int_equal(report_of(folder).coverage.resolvers, 1);
	assert_string_equal(said, "");
}

/* Many laps of the ring, with the writer at work. */
static void test_many(void **state)
{
	(void)state;
	struct bt_writer *writer = start(1);
	push_all(writer, 0, 20 * SLOTS);
	uint64_t lost = bt_ring_dropped(bt_writer_ring(writer, 0));
	bt_writer_stop(&writer);
	expect_events(20 * SLOTS, lost);
}

static void test_segment_size(void **state)
{
	(void)state;
	struct bt_writer_options how = options(1);
	how.segment_size = 4096;
	struct bt_writer *writer = start_with(&how);
	push_all(writer, 0, 2000);
	uint64_t lost = bt_ring_dropped(bt_writer_ring(writer, 0));
	bt_writer_stop(&writer);
	expect_events(2000, lost);
	assert_true(count_files(in(folder, "events"), ".seg") > 3);
	/* Each can be read alone. */
	struct bt_segment_file *files;
	size_t count;
	struct bt_err err;
	check(err, bt_segment_files(in(folder, "events"), &files, &count, &err));
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(mkdir(in(folder, "one"), 0700), 0);
		assert_int_equal(mkdir(in(folder, "one/events"), 0700), 0);
		assert_int_equal(rename(files[i].path, in(folder, "one/events/x.seg")), 0);
		if (report_of(in(folder, "one")).hits > 0)
			assert_string_equal(report_of(in(folder, "one")).list, "alpha");
		remove_folder(strdup(in(folder, "one")));
	}
	bt_segment_files_free(&files, count);
}

/* ---- clients' networks instead of clients ---- */

struct network_of {
	const char *client, *via, *wanted_client, *wanted_via;
};

static const struct network_of networks[] = {
    /* an IPv4 client is one that is mapped: RFC 4291, 2.5.5.2 */
    {"::ffff:192.0.2.129", "::", "::ffff:192.0.2.0", "::"},
    {"::ffff:192.0.2.255", "::ffff:10.1.2.3", "::ffff:192.0.2.0", "::ffff:10.1.2.0"},
    {"2001:db8:1:2ff:a:b:c:d", "::", "2001:db8:1:200::", "::"},
    {"2001:db8:1:2ff:ffff:ffff:ffff:ffff", "2001:db8:ffff:ffff::1",
	"2001:db8:1:200::", "2001:db8:ffff:ff00::"},
    {"::ffff:203.0.113.7", "fe80::1:2:3:4", "::ffff:203.0.113.0", "fe80::"},
    {"2001:db8::1", "::ffff:203.0.113.7", "2001:db8::", "::ffff:203.0.113.0"},
    {"::1", "::", "::", "::"},
    /* one bit from being mapped, and the old form that is IPv4 no more: IPv6 */
    {"::fffe:192.0.2.129", "::", "::", "::"},
    {"::192.0.2.129", "::", "::", "::"},
};

static void put_address(uint8_t to[static 16], const char *text)
{
	assert_int_equal(inet_pton(AF_INET6, text, to), 1);
}

static bool is_network_of(void *ctx, const struct bt_segment_event *record)
{
	const struct bt_event *event = &record->event;
	static const uint8_t nobody[BT_DEVICE_SIZE];
	size_t *seen = ctx;
	uint8_t client[16], via[16];
	put_address(client, networks[*seen].wanted_client);
	put_address(via, networks[*seen].wanted_via);
	assert_memory_equal(event->client, client, sizeof(client));
	assert_memory_equal(event->via, via, sizeof(via));
	assert_memory_equal(event->device, nobody, sizeof(nobody));
	assert_int_equal(event->port, 0);
	++*seen;
	return true;
}

static void test_subnets(void **state)
{
	(void)state;
	enum { COUNT = sizeof(networks) / sizeof(*networks) };
	struct bt_writer_options how = options(1);
	how.subnets = true;
	struct bt_writer *writer = start_with(&how);
	for (size_t i = 0; i < COUNT; i++) {
		struct bt_event event = make_event("bad.example", 0, 1700000000000);
		put_address(event.client, networks[i].client);
		put_address(event.via, networks[i].via);
		memset(event.device, 0xd0, sizeof(event.device));
		event.port = 53210;
		assert_true(bt_ring_push(bt_writer_ring(writer, 0), &event));
	}
	bt_writer_stop(&writer);

	struct bt_segment_file *files;
	size_t count, seen = 0;
	struct bt_err err;
	check(err, bt_segment_files(in(folder, "events"), &files, &count, &err));
	assert_int_equal(count, 1);
	const struct bt_segment_visitor visitor = {.ctx = &seen, .event = is_network_of};
	check(err, bt_segment_read(files[0].path, &visitor, &err));
	assert_int_equal(seen, COUNT);
	bt_segment_files_free(&files, count);
}

/* ---- folders, locks and modes ---- */

static void test_modes(void **state)
{
	(void)state;
	mode_t masks[] = {077, 000};
	for (size_t i = 0; i < 2; i++) {
		mode_t before = umask(masks[i]);
		struct bt_writer_options how = options(1);
		char *run_dir = strdup(in(folder, "run"));
		how.run_dir = run_dir;
		how.resolver_id = NULL;
		struct bt_writer *writer = start_with(&how);
		push_all(writer, 0, 1);
		await(count_files(in(folder, "events"), ".open") == 1);
		umask(before);
		struct {
			const char *path;
			unsigned mode;
		} expected[] = {
		    {"lock", 0640},
		    {"resolver-id", 0640},
		    {"events", 02750},
		    {"run", 02750},
		    {"run/lock", 0640},
		    {"run/policy-0000000000000077", 0640},
		};
		for (size_t n = 0; n < sizeof(expected) / sizeof(*expected); n++)
			assert_int_equal(mode_of(in(folder, expected[n].path)), expected[n].mode);
		struct bt_segment_file *files;
		size_t count;
		struct bt_err err;
		check(err, bt_segment_files(in(folder, "events"), &files, &count, &err));
		for (size_t n = 0; n < count; n++)
			await(mode_of(files[n].path) == 0640); /* made, then changed */
		bt_segment_files_free(&files, count);
		DIR *dir = opendir(run_dir);
		for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
			if (entry->d_name[0] != '.')
				assert_int_equal(mode_of(in(run_dir, entry->d_name)), 0640);
		closedir(dir);
		assert_int_equal(count_files(folder, "ring-"), 0);
		assert_int_equal(count_files(run_dir, "ring-"), 1);
		bt_writer_stop(&writer);
		remove_folder(run_dir);
		assert_int_equal(unlink(in(folder, "resolver-id")), 0);
		assert_int_equal(unlink(in(folder, "lock")), 0);
		remove_folder(strdup(in(folder, "events")));
	}
}

static void expect_refused(const struct bt_writer_options *how, const char *reason)
{
	struct bt_writer *writer = NULL;
	struct bt_err err;
	assert_false(bt_writer_start(&writer, how, &err));
	if (strstr(err.text, reason) == NULL)
		fail_msg("another reason: %s", err.text);
	assert_null(writer);
}

static void test_two_writers(void **state)
{
	(void)state;
	struct bt_writer_options how = options(1);
	char *run_dir = strdup(in(folder, "run")), *other = strdup(in(folder, "other"));
	how.run_dir = run_dir;
	struct bt_writer *writer = start_with(&how);
	expect_refused(&how, folder);
	expect_refused(&how, "another running resolver uses this folder");
	/* Its rings are somebody's as well, whatever the state directory. */
	assert_int_equal(mkdir(other, 0700), 0);
	how.state_dir = other;
	expect_refused(&how, run_dir);
	push_all(writer, 0, 3);
	bt_writer_stop(&writer);
	expect_events(3, 0);

	how.state_dir = folder;
	how.run_dir = in(folder, "."); /* the same folder, called otherwise */
	writer = start_with(&how);
	bt_writer_stop(&writer);
	free(run_dir);
	free(other);
}

static void test_refusals(void **state)
{
	(void)state;
	struct bt_writer_options how = options(0);
	expect_refused(&how, "at least one ring");
	how = options(1);
	how.slots = 100;
	expect_refused(&how, "power of two");
	how = options(1);
	how.state_dir = in(folder, "missing");
	expect_refused(&how, "missing");
	how = options(1);
	how.resolver_id = "two words";
	expect_refused(&how, "resolver-id");
	put_file(in(folder, "resolver-id"), "\n", 1);
	how.resolver_id = NULL;
	expect_refused(&how, "resolver-id: a resolver's id has 1 to 255");
	assert_int_equal(count_files(folder, "ring-"), 0);
}

static void test_resolver_id(void **state)
{
	(void)state;
	struct bt_writer_options how = options(1);
	char made[256] = "";
	how.resolver_id = NULL;
	for (int i = 0; i < 2; i++) { /* made once */
		struct bt_writer *writer = start_with(&how);
		bt_writer_stop(&writer);
		FILE *file = fopen(in(folder, "resolver-id"), "r");
		char line[256] = "";
		assert_non_null(file);
		assert_non_null(fgets(line, sizeof(line), file));
		fclose(file);
		if (i == 1)
			assert_string_equal(line, made);
		strcpy(made, line);
	}
	assert_int_equal(report_of(folder).coverage.resolvers, 1);
	put_file(in(folder, "resolver-id"), "by-hand\r\n", 9);
	struct bt_writer *writer = start_with(&how);
	bt_writer_stop(&writer);
	assert_int_equal(count_files(in(folder, "events"), "by-hand-"), 1);
	assert_int_equal(report_of(folder).coverage.resolvers, 2);
}

/* ---- signals ---- */

static void test_signals_are_blocked(void **state)
{
	(void)state;
	struct bt_writer *writer = start(1);
	unsigned threads = 0;
	DIR *dir = opendir("/proc/self/task");
	if (dir == NULL) {
		bt_writer_stop(&writer);
		skip();
	}
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		char path[512], line[256];
		unsigned long long blocked = 0;
		if (entry->d_name[0] == '.' || atol(entry->d_name) == syscall(SYS_gettid))
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%s/status", entry->d_name);
		FILE *file = fopen(path, "r");
		assert_non_null(file);
		while (fgets(line, sizeof(line), file) != NULL)
			sscanf(line, "SigBlk: %llx", &blocked);
		fclose(file);
		int signals[] = {SIGHUP, SIGTERM, SIGINT, SIGUSR1, SIGPIPE, SIGXFSZ, SIGALRM};
		for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
			threads += (blocked >> (signals[i] - 1) & 1) != 0;
	}
	closedir(dir);
	bt_writer_stop(&writer);
	assert_true(threads >= 7); /* a sanitizer may have a thread of its own */
	sigset_t mine;
	assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &mine), 0);
	assert_false(sigismember(&mine, SIGTERM));
}

/* ---- losses ---- */

static void test_gap(void **state)
{
	(void)state;
	block_events();
	struct bt_writer *writer = start(2);
	for (uint32_t i = 1; i <= SLOTS + 10; i++)
		assert_int_equal(push(writer, 0, i), i <= SLOTS);
	assert_true(push(writer, 1, 1));
	await(was_said("cannot"));
	unblock_events();
	await(report_of(folder).coverage.events == SLOTS + 1);
	/* Before anything is pushed again: the end of the sequence is known to be lost. */
	await(report_of(folder).coverage.lost == 10);
	assert_true(push(writer, 0, 1));
	bt_writer_stop(&writer);
	expect_events(SLOTS + 2, 10);
	assert_true(was_said("is written again"));
	assert_true(was_said("10 events were lost"));
}

static void test_complains_once(void **state)
{
	(void)state;
	block_events();
	struct bt_writer *writer = start(1);
	push_all(writer, 0, 3);
	await(was_said("cannot make it") || was_said("Not a directory") || was_said("File exists"));
	int64_t until = now_ms() + 1600; /* three tries */
	await(now_ms() > until);
	pthread_mutex_lock(&said_lock);
	unsigned errors = errors_said;
	pthread_mutex_unlock(&said_lock);
	bt_writer_stop(&writer);
	assert_in_range(errors, 1, 2); /* one of them of the start */

	/* What could not be written at the end either waits for the next start. */
	assert_int_equal(count_files(folder, "ring-"), 1);
	assert_true(was_said("waits in"));
	unblock_events();
	expect_events(0, 0);
	writer = start(1);
	bt_writer_stop(&writer);
	expect_events(3, 0);
	assert_int_equal(count_files(folder, "ring-"), 0);
}

/* Somebody tidies up. */
static void test_folder_removed(void **state)
{
	(void)state;
	struct bt_writer *writer = start(1);
	push_all(writer, 0, 5);
	await(report_of(folder).hits == 5);
	remove_folder(strdup(in(folder, "events")));
	push_all(writer, 100, 7);
	await(report_of(folder).hits == 7);
	push_all(writer, 200, 2);
	bt_writer_stop(&writer);
	expect_events(9, 0);
	assert_true(was_said("was removed"));
}

static void test_disk_full(void **state)
{
	(void)state;
	struct rlimit before, limit;
	struct bt_writer *writer = start(1);
	uint32_t pushed = 0;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 20000;
	push_all(writer, pushed, 1);
	await(report_of(folder).hits == 1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (; pushed < 10000 && !was_said("cannot write"); pushed += SLOTS) {
		for (uint32_t i = 0; i < SLOTS; i++)
			push(writer, 0, pushed + i);
		usleep(60000);
	}
	assert_true(was_said("File too large"));
	expect_events(report_of(folder).hits, report_of(folder).coverage.lost); /* readable */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	await(was_said("is written again"));
	push_all(writer, pushed, 10);
	uint64_t all = bt_ring_pushed(bt_writer_ring(writer, 0));
	uint64_t lost = bt_ring_dropped(bt_writer_ring(writer, 0));
	bt_writer_stop(&writer);
	expect_events(all - lost, lost);
}

/* ---- a flood from addresses that nobody has ---- */

enum { FLOOD = 200000 };

static void pour(struct bt_writer *writer)
{
	uint64_t numbers = seed;
	for (unsigned i = 0; i < FLOOD; i++) {
		char name[32];
		snprintf(name, sizeof(name), "x%u.bad.example", (unsigned)random_next(&numbers));
		struct bt_event event =
		    make_event(name, (uint32_t)random_next(&numbers), 1700000000000);
		event.policy = POLICY;
		(void)bt_ring_push(bt_writer_ring(writer, 0), &event);
	}
}

static uint64_t log_size(void)
{
	struct bt_segment_file *files;
	size_t count;
	struct bt_err err;
	uint64_t size = 0;
	check(err, bt_segment_files(in(folder, "events"), &files, &count, &err));
	for (size_t i = 0; i < count; i++) {
		struct stat st;
		size += stat(files[i].path, &st) == 0 ? (uint64_t)st.st_size : 0;
	}
	bt_segment_files_free(&files, count);
	return size;
}

/* Faster than any writer: what the ring cannot hold is lost, and counted to the last one. */
static void test_flood(void **state)
{
	(void)state;
	struct bt_writer *writer = start(1);
	pour(writer);
	uint64_t lost = bt_ring_dropped(bt_writer_ring(writer, 0));
	bt_writer_stop(&writer);
	assert_true(lost > 0);
	expect_events(FLOOD - lost, lost);
}

/* And the disk has an end that was set. */
static void test_flood_is_bounded(void **state)
{
	(void)state;
	struct bt_writer_options how = options(1);
	struct bt_writer *writer = NULL;
	struct bt_err err;
	how.slots = 1 << 16;
	how.segment_size = 1 << 16;
	how.max_size = 1 << 18;
	check(err, bt_writer_start(&writer, &how, &err));
	check(err, bt_writer_policy(writer, POLICY, policy, &err));
	pour(writer);
	await(log_size() < how.max_size + 4 * how.segment_size &&
	      was_said("larger than its maximum"));
	bt_writer_stop(&writer);
}

/* ---- heartbeats and policies ---- */

static void test_unprotected(void **state)
{
	(void)state;
	struct bt_writer_options how = options(1);
	struct bt_writer *writer = NULL;
	struct bt_err err;
	check(err, bt_writer_start(&writer, &how, &err));
	await(report_of(folder).coverage.segments == 1 && report_of(folder).coverage.first != 0);
	int64_t until = now_ms() + 300;
	await(now_ms() > until);
	check(err, bt_writer_policy(writer, POLICY, policy, &err));
	await(report_of(folder).coverage.unprotected > 0); /* at once, not a minute later */
	int64_t unprotected = report_of(folder).coverage.unprotected;
	assert_in_range(unprotected, 250, PATIENCE_MS);
	until = now_ms() + 200;
	await(now_ms() > until);
	bt_writer_stop(&writer);
	assert_int_equal(report_of(folder).coverage.unprotected, unprotected);
	assert_int_equal(report_of(folder).coverage.down, 0);

	writer = start(1);
	bt_writer_stop(&writer);
	writer = start(1);
	check(err, bt_writer_policy(writer, 0, NULL, &err)); /* the trie went away */
	until = now_ms() + 300;
	await(now_ms() > until);
	bt_writer_stop(&writer);
	assert_true(report_of(folder).coverage.unprotected >= unprotected + 250);
}

static void test_many_policies(void **state)
{
	(void)state;
	struct bt_writer *writer = start(1);
	struct bt_err err;
	uint32_t client = 0;
	for (uint64_t digest = 1; digest <= 40; digest++) {
		check(err, bt_writer_policy(writer, digest, policy, &err));
		check(err, bt_writer_policy(writer, digest, policy, &err)); /* twice is once */
		for (int i = 0; i < 3; i++) {
			struct bt_event event = make_event("bad.example", client++, 1);
			event.policy = digest;
			assert_true(bt_ring_push(bt_writer_ring(writer, 0), &event));
		}
		if (digest % 8 == 0)
			await(report_of(folder).hits == client);
	}
	assert_true(count_files(folder, "policy-") <= 16);
	bt_writer_stop(&writer);
	expect_events(client, 0); /* with all their lists' names */
	assert_int_equal(count_files(folder, "policy-"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    test(test_life),
	    test(test_reload),
	    test(test_many),
	    test(test_segment_size),
	    test(test_modes),
	    test(test_subnets),
	    test(test_two_writers),
	    test(test_refusals),
	    test(test_resolver_id),
	    test(test_signals_are_blocked),
	    test(test_gap),
	    test(test_complains_once),
	    test(test_folder_removed),
	    test(test_disk_full),
	    test(test_flood),
	    test(test_flood_is_bounded),
	    test(test_unprotected),
	    test(test_many_policies),
	};
	seed = random_seed();
	return cmocka_run_group_tests(tests, open_policy, close_policy);
}
