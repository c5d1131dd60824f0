/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * test-state.c -- what the plugin has in force, while the trie's file changes under it
 *
 * Without Unbound: threads of this test are its workers.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <jansson.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "compile.h"
#include "events.h"
#include "file.h"
#include "hit.h"
#include "judge.h"
#include "state.h"

enum {
	PATIENCE_MS = 20000, /* until a test that hangs has failed */
	WORKERS = 2,
	SWAPS = 40,
};

static struct bt_state plugin;
static char *folder;

static int64_t monotonic(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Polls; `condition` may be true of what threads do. */
static void wait_for(bool (*condition)(const void *arg), const void *arg, const char *what)
{
	for (int64_t end = monotonic() + PATIENCE_MS; !condition(arg);) {
		if (monotonic() > end)
			fail_msg("waited in vain for %s", what);
		usleep(2000);
	}
}

/* ---- what the plugin said, and what it asked for ---- */

static pthread_mutex_t said_lock = PTHREAD_MUTEX_INITIALIZER;
static char said[65536];

static void log_line(bool error, const char *text)
{
	(void)error;
	pthread_mutex_lock(&said_lock);
	size_t used = strlen(said);
	snprintf(said + used, sizeof(said) - used, "%s\n", text);
	pthread_mutex_unlock(&said_lock);
}

static unsigned times_said(const char *text)
{
	unsigned count = 0;
	pthread_mutex_lock(&said_lock);
	for (const char *at = said; (at = strstr(at, text)) != NULL; at++)
		count++;
	pthread_mutex_unlock(&said_lock);
	return count;
}

static bool was_said(const void *text)
{
	return times_said(text) > 0;
}

static bool covers(const char *name)
{
	struct bt_key key;
	assert_int_equal(bt_key_from_text(&key, name, strlen(name)), BT_NAME_OK);
	struct bt_view view = bt_state_enter(&plugin);
	struct bt_matches matches;
	bool covered = false;
	if (view.trie != NULL) {
		bt_judge_match(&matches, view.trie, &key);
		covered =
		    bt_judge_covers(view.trie, view.decisions, &key, &matches, (int64_t)time(NULL));
	}
	bt_state_leave();
	return covered;
}

static bool is_covered(const void *name)
{
	return covers(name);
}

static bool passes(const void *name)
{
	return !covers(name);
}

static atomic_uint purges, purges_in_vain;

/* Not possible at first. By then the new lists are in force. */
static bool purge(bool anew)
{
	(void)anew;
	if (purges_in_vain > 0) {
		purges_in_vain--;
		return false;
	}
	purges++;
	return true;
}

static bool purged(const void *arg)
{
	(void)arg;
	return purges == 1;
}

/* ---- files ---- */

static void write_file(const char *name, const char *text)
{
	struct bt_err err;
	if (!bt_file_replace(in(folder, name), text, strlen(text), 0644, &err))
		fail_msg("%s", err.text);
}

/* The trie of one list that holds the names, one a line, with `action`. */
static void make_trie(
    const char *names, enum bt_action action, const char *list_name, void **bytes, size_t *size)
{
	struct bt_err err;
	write_file("list.txt", names);
	char name[64], file[4096];
	snprintf(name, sizeof(name), "%s", list_name);
	snprintf(file, sizeof(file), "%s", in(folder, "list.txt"));
	const struct bt_config_list list = {
	    .name = name, .file = file, .action = action, .format = BT_FORMAT_DOMAINS};
	const struct bt_sinkhole sinkhole = {.has_ipv4 = true, .ttl = 10};
	const struct bt_compile_options options = {
	    .lists = &list, .list_count = 1, .sinkhole = &sinkhole};
	if (!bt_compile(&options, bytes, size, NULL, &err))
		fail_msg("%s", err.text);
}

/* Renamed into place. */
static void install(const void *bytes, size_t size)
{
	struct bt_err err;
	if (!bt_file_replace(in(folder, "beacontrap.trie"), bytes, size, 0640, &err))
		fail_msg("%s", err.text);
}

static void install_names(const char *names)
{
	void *bytes;
	size_t size;
	make_trie(names, BT_ACTION_SINKHOLE, "list", &bytes, &size);
	install(bytes, size);
	free(bytes);
}

static void start(unsigned workers)
{
	struct bt_err err;
	if (!bt_state_start(&plugin, workers, &err))
		fail_msg("%s", err.text);
}

static int set_up(void **state)
{
	(void)state;
	char text[8192];
	folder = make_folder();
	snprintf(text, sizeof(text), "state-dir: %s\nresolver-id: test\nlists: []\n", folder);
	write_file("beacontrap.yaml", text);
	setenv("BEACONTRAP_CONFIG", in(folder, "beacontrap.yaml"), 1);
	said[0] = '\0';
	purges = purges_in_vain = 0;
	memset(&plugin, 0, sizeof(plugin));
	plugin.log = log_line;
	plugin.purge = purge;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (plugin.config != NULL)
		bt_state_stop(&plugin);
	struct bt_trie *trie = bt_live_swap(&plugin.live, NULL);
	bt_trie_close(&trie);
	struct bt_decisions *decisions = bt_live_swap(&plugin.decisions, NULL);
	bt_decisions_free(&decisions);
	bt_config_free(&plugin.config);
	free(plugin.trie_path);
	remove_folder(folder);
	return 0;
}

/* ---- status ---- */

static json_t *read_status(void)
{
	json_error_t error;
	json_t *status = json_load_file(in(folder, "status.json"), JSON_REJECT_DUPLICATES, &error);
	if (status == NULL)
		fail_msg("status.json: %s", error.text);
	return status;
}

/* Without moving on: the file is written after what it tells. */
static bool status_is(const char *key, const char *value)
{
	json_t *status = read_status(), *found = json_object_get(status, key);
	if (found == NULL)
		fail_msg("status.json has no %s", key);
	bool same = value == NULL
			? json_is_null(found)
			: json_is_string(found) && strstr(json_string_value(found), value) != NULL;
	json_decref(status);
	return same;
}

static bool refusal_is(const void *text)
{
	return status_is("refused", text) && status_is("refusedSince", text == NULL ? NULL : "Z");
}

static bool is_unprotected(const void *value)
{
	return status_is("unprotectedSince", value);
}

/* ---- tests ---- */

static void test_status(void **state)
{
	(void)state;
	start(1);
	assert_true(status_is("trie", NULL) && status_is("digest", NULL));
	assert_true(status_is("inForceSince", NULL) && status_is("loaded", NULL));
	assert_true(status_is("unprotectedSince", "Z"));
	assert_true(refusal_is("No such file"));
	assert_int_equal(mode_of(in(folder, "status.json")), 0640);
	install_names("a.example\nb.example\n");
	wait_for(is_unprotected, NULL, "a status that says protected");

	json_t *status = read_status();
	assert_string_equal(json_string_value(json_object_get(status, "version")), BT_VERSION);
	assert_int_equal(json_integer_value(json_object_get(status, "pid")), getpid());
	assert_string_equal(json_string_value(json_object_get(status, "configuration")),
	    in(folder, "beacontrap.yaml"));
	assert_string_equal(
	    json_string_value(json_object_get(status, "trie")), in(folder, "beacontrap.trie"));
	assert_true(json_is_true(json_object_get(status, "enabled")));
	assert_true(json_is_true(json_object_get(status, "recording")));
	assert_int_equal(json_integer_value(json_object_get(status, "names")), 2);
	assert_int_equal(json_string_length(json_object_get(status, "digest")), 16);
	json_decref(status);
	assert_true(status_is("inForceSince", "Z") && status_is("loaded", "Z"));
	assert_true(refusal_is(NULL));

	bt_state_stop(&plugin);
	assert_int_not_equal(access(in(folder, "status.json"), F_OK), 0);
}

/* Paths can have any octets, and JSON cannot. */
static void test_status_escapes(void **state)
{
	(void)state;
	struct bt_err err;
	const struct bt_status status = {
	    .configuration = "a\"b\\c\n\x80\xc5\x82", .refused = "\x1b[1m", .refused_since = 1};
	if (!bt_status_write(folder, &status, &err))
		fail_msg("%s", err.text);
	assert_true(status_is("configuration", "a\"b\\c\n\xef\xbf\xbd\xc5\x82"));
	assert_true(status_is("refused", "\x1b[1m"));
	assert_true(status_is("refusedSince", "1970-01-01T00:00:00.001Z"));
}

static void test_names_come_and_go(void **state)
{
	(void)state;
	install_names("a.example\n");
	start(1);
	assert_true(covers("a.example") && covers("www.a.example") && !covers("b.example"));
	purges_in_vain = 3;
	install_names("b.example\n");
	wait_for(is_covered, "b.example", "the new name");
	assert_false(covers("a.example"));
	wait_for(purged, NULL, "the purge");
	assert_int_equal(purges_in_vain, 0);
	install_names("a.example\n");
	wait_for(passes, "b.example", "the name to go");
	assert_true(covers("a.example"));
}

static void test_bad_files(void **state)
{
	(void)state;
	void *bytes;
	size_t size;
	make_trie("a.example\n", BT_ACTION_SINKHOLE, "list", &bytes, &size);
	install(bytes, size);
	start(1);
	json_t *status = read_status();
	const char *digest = json_string_value(json_object_get(status, "digest"));

	install(bytes, size / 2);
	wait_for(refusal_is, "beacontrap.trie", "a short file to be refused");
	assert_true(covers("a.example") && status_is("digest", digest));
	assert_int_equal(times_said("stays in force"), 1);

	unlink(in(folder, "beacontrap.trie"));
	wait_for(refusal_is, "No such file", "a file that is gone to be refused");
	assert_true(covers("a.example") && status_is("digest", digest));
	assert_int_equal(times_said("stays in force"), 2);

	install(bytes, size);
	wait_for(refusal_is, NULL, "the good file");
	assert_int_equal(times_said("is good again"), 1);
	assert_int_equal(times_said("stays in force"), 2);
	assert_int_equal(times_said("1 names in force"), 1);
	assert_int_equal(purges, 0);
	json_decref(status);
	free(bytes);
}

/* Over a stop and a start, as on a reload. */
static void test_again(void **state)
{
	(void)state;
	install_names("a.example\n");
	start(1);
	install("no trie", 7);
	wait_for(was_said, "stays in force", "the refusal");
	bt_state_stop(&plugin);
	start(2);
	assert_true(covers("a.example"));
	assert_int_equal(times_said("stays in force"), 2);
	assert_true(refusal_is("beacontrap.trie"));
	install_names("b.example\n");
	wait_for(is_covered, "b.example", "the new name");
}

/* The previous one at a first start; then the one in its place. */
static void test_previous(void **state)
{
	(void)state;
	install_names("a.example\n");
	assert_int_equal(
	    rename(in(folder, "beacontrap.trie"), in(folder, "beacontrap.trie.prev")), 0);
	start(1);
	assert_true(covers("a.example"));
	assert_true(refusal_is("No such file") && status_is("trie", ".prev"));
	install_names("b.example\n");
	wait_for(is_covered, "b.example", "the new name");
	wait_for(refusal_is, NULL, "the status");
	assert_true(status_is("trie", "beacontrap.trie"));
}

/* The file keeps its inode. */
static void test_written_in_place(void **state)
{
	(void)state;
	void *bytes;
	size_t size;
	install_names("a.example\n");
	start(1);
	make_trie("b.example\n", BT_ACTION_SINKHOLE, "list", &bytes, &size);
	FILE *out = fopen(in(folder, "beacontrap.trie"), "r+");
	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, size, out), size);
	assert_int_equal(ftruncate(fileno(out), (off_t)size), 0);
	assert_int_equal(fclose(out), 0);
	wait_for(is_covered, "b.example", "the new name");
	free(bytes);
}

/* ---- decisions ---- */

/* What is decided while it runs holds, and is over when its time is; a broken file changes nothing.
 */
static void test_decisions(void **state)
{
	(void)state;
	void *bytes;
	size_t size;
	char text[200];
	time_t soon = time(NULL) + 2;
	make_trie("a.example\n", BT_ACTION_SINKHOLE, "one", &bytes, &size);
	install(bytes, size);
	start(1);
	assert_false(covers("b.example"));
	write_file(BT_DECISIONS_FILE, "decisions: [ { action: block, name: b.example } ]\n");
	wait_for(is_covered, "b.example", "the decision");
	assert_true(covers("a.example"));
	write_file(BT_DECISIONS_FILE, "decisions: [ { action: block } ]\n");
	wait_for(was_said, "no name, expected the key", "a word about the broken file");
	assert_true(covers("b.example"));
	strftime(text, sizeof(text),
	    "decisions: [ { action: pause, until: %Y-%m-%dT%H:%M:%SZ } ]\n", gmtime(&soon));
	write_file(BT_DECISIONS_FILE, text);
	wait_for(was_said, "paused: what lists would stop", "the pause");
	assert_true(passes("b.example"));
	wait_for(was_said, "the pause is over", "the end of the pause");
	free(bytes);
}

/* ---- workers ---- */

struct worker {
	pthread_t thread;
	unsigned number;
	uint64_t judged;
	const char *wrong;
	atomic_bool stop;
};

/* List, action and digest of a verdict are of one trie: "one" sinks, "two" says NXDOMAIN. */
static const char *judge_once(const struct worker *worker, const struct bt_key *key)
{
	static const struct bt_client nobody;
	struct bt_matches matches = {.count = 0};
	const struct bt_asked asked = {
	    .name = key, .matched = key, .matches = &matches, .client = &nobody};
	struct bt_hit hit;
	const char *wrong = NULL;
	struct bt_view view = bt_state_enter(&plugin);
	if (view.trie != NULL)
		bt_judge_match(&matches, view.trie, key);
	if (view.trie == NULL || !bt_hit_judge(&hit, &view, &asked)) {
		wrong = "a listed name passed";
	} else {
		const struct bt_policy *policy = bt_trie_policy(view.trie);
		const char *list = bt_policy_list(policy, hit.verdict.by.list).name;
		enum bt_action action =
		    strcmp(list, "one") == 0 ? BT_ACTION_SINKHOLE : BT_ACTION_NXDOMAIN;
		if (hit.verdict.action != action || hit.event.policy != bt_trie_digest(view.trie))
			wrong = "a verdict is from two tries";
		bt_state_record(&plugin, worker->number, &hit.event);
	}
	bt_state_leave();
	return wrong;
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct bt_key key;
	bt_key_from_text(&key, "www.a.example", 13);
	while (!worker->stop && worker->wrong == NULL) {
		worker->wrong = judge_once(worker, &key);
		worker->judged++;
		if (worker->judged % 64 == 0)
			sched_yield();
	}
	return NULL;
}

static void start_workers(struct worker workers[WORKERS])
{
	for (unsigned i = 0; i < WORKERS; i++) {
		workers[i].number = i;
		workers[i].stop = false;
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
}

static void join_workers(struct worker workers[WORKERS])
{
	for (unsigned i = 0; i < WORKERS; i++) {
		workers[i].stop = true;
		pthread_join(workers[i].thread, NULL);
		if (workers[i].wrong != NULL)
			fail_msg("%s", workers[i].wrong);
	}
}

static bool has_list(const void *name)
{
	struct bt_view view = bt_state_enter(&plugin);
	bool has = view.trie != NULL && bt_policy_find_list(bt_trie_policy(view.trie), name) >= 0;
	bt_state_leave();
	return has;
}

/* Tries come and go under workers; now and then everything stops and starts, as on a reload. */
static void test_workers(void **state)
{
	(void)state;
	struct worker workers[WORKERS] = {0};
	void *one, *two;
	size_t one_size, two_size;
	make_trie("a.example\n", BT_ACTION_SINKHOLE, "one", &one, &one_size);
	make_trie("b.example\nexample\n", BT_ACTION_NXDOMAIN, "two", &two, &two_size);
	install(one, one_size);
	start(WORKERS);
	start_workers(workers);
	for (unsigned i = 1; i <= SWAPS; i++) {
		if (i % 2 != 0)
			install(two, two_size);
		else
			install(one, one_size);
		wait_for(has_list, i % 2 != 0 ? "two" : "one", "the new list");
		if (i % 10 == 0) {
			join_workers(workers);
			bt_state_stop(&plugin);
			start(WORKERS);
			start_workers(workers);
		}
	}
	join_workers(workers);
	printf("%llu and %llu verdicts over %u swaps\n", (unsigned long long)workers[0].judged,
	    (unsigned long long)workers[1].judged, (unsigned)SWAPS);
	free(one);
	free(two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_status, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_status_escapes, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_names_come_and_go, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_bad_files, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_again, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_previous, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_written_in_place, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_decisions, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_workers, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
