/* SPDX-License-Identifier: BSD-3-Clause */
/* events.h -- folders, policies and events for the tests of the event log */
#ifndef BT_TEST_EVENTS_H
#define BT_TEST_EVENTS_H

#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <setjmp.h>
#include <unistd.h>

#include <cmocka.h>

#include "err.h"
#include "event.h"
#include "policy-build.h"
#include "random.h"

/* Fails with the reason unless the call succeeded. */
#define check(err, call)                                                                           \
	do {                                                                                       \
		if (!(call))                                                                       \
			fail_msg("%s: %s", #call, (err).text);                                     \
	} while (0)

/* ---- folders ---- */

static inline char *make_folder(void)
{
	const char *parent = getenv("TMPDIR");
	char *path;
	assert_true(asprintf(&path, "%s/beacontrap-XXXXXX", parent != NULL ? parent : "/tmp") > 0);
	assert_non_null(mkdtemp(path));
	return path;
}

static inline int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

/* Removes what is there, and the path too. */
static inline void remove_folder(char *path)
{
	assert_int_equal(nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(path);
}

/* "FOLDER/NAME" until the fourth next call. */
static inline const char *in(const char *folder, const char *name)
{
	static char paths[4][4096];
	static unsigned next;
	char *path = paths[next++ % 4];
	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static inline unsigned mode_of(const char *path)
{
	struct stat st;
	if (lstat(path, &st) != 0)
		fail_msg("%s is not there", path);
	return st.st_mode & 07777;
}

static inline void put_file(const char *path, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* ---- processes ---- */

/* A child that ends with its parent, also when a test that failed has forgotten it. */
static inline pid_t fork_child(void)
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return child;
}

/* ---- policies ---- */

enum { TEST_LISTS = 3, TEST_CLASSES = 7 /* every set of these lists but the empty one */ };

static const char *const test_lists[TEST_LISTS] = {"alpha", "beta", "watch"};

/* Class number C is held by the lists that are bits of C + 1, as subtrees. */
static inline void make_policy(struct bt_policy **policy, void **bytes)
{
	struct bt_policy_builder *builder;
	struct bt_sinkhole sinkhole = {.ttl = 10};
	struct bt_err err;
	size_t size;

	check(err, bt_policy_builder_new(&builder, &sinkhole, &err));
	for (unsigned i = 0; i < TEST_LISTS; i++) {
		struct bt_list_info list = {.name = test_lists[i],
		    .action = i == 2 ? BT_ACTION_LOG : BT_ACTION_SINKHOLE,
		    .entries = 100 + i,
		    .modified = 1000 + i};
		check(err, bt_policy_add_list(builder, &list, &err));
	}
	for (unsigned set = 1; set <= TEST_CLASSES; set++) {
		struct bt_member members[TEST_LISTS];
		unsigned count = 0;
		uint32_t class_id;
		for (uint16_t i = 0; i < TEST_LISTS; i++)
			if (set >> i & 1)
				members[count++] =
				    (struct bt_member){.list = i, .scope = BT_SCOPE_SUBTREE};
		check(err, bt_policy_add_class(builder, members, count, &class_id, &err));
		assert_int_equal(class_id, set - 1);
	}
	check(err, bt_policy_build(builder, bytes, &size, &err));
	bt_policy_builder_free(&builder);
	check(err, bt_policy_open(policy, *bytes, size, &err));
}

/* ---- events ---- */

/* A query for `name` from 10.x.y.z, N being xyz, that list alpha's class 0 at `name` decides. */
static inline struct bt_event make_event(const char *name, uint32_t client, int64_t time)
{
	struct bt_event event = {.time = time,
	    .policy = 0x77,
	    .client = {[10] = 0xff, [11] = 0xff, [12] = 10},
	    .port = 53000,
	    .qtype = 1,
	    .qclass = 1,
	    .match_count = 1};
	struct bt_key key;
	assert_int_equal(bt_key_from_text(&key, name, strlen(name)), BT_NAME_OK);
	memcpy(event.key, key.bytes, key.len);
	event.key_size = key.len;
	event.labels = event.matches[0].labels = key.labels;
	event.client[13] = (uint8_t)(client >> 16);
	event.client[14] = (uint8_t)(client >> 8);
	event.client[15] = (uint8_t)client;
	return event;
}

/* A key of that many octets, or one less. */
static inline uint8_t random_name(uint8_t *key, unsigned size, uint64_t *state)
{
	unsigned used = 0;
	while (used + 1u < size) {
		unsigned room = size - used - 1u, label = 1 + random_below(state, 63);
		label = label < room ? label : room;
		key[used] = (uint8_t)label;
		for (unsigned i = 1; i <= label; i++) {
			uint8_t octet = (uint8_t)random_next(state);
			bool upper = octet >= 'A' && octet <= 'Z';
			key[used + i] = upper ? 'z' : octet;
		}
		used += label + 1;
	}
	return (uint8_t)used;
}

/* Any event that is valid, extremes more often than chance would have them. */
static inline struct bt_event random_event(uint64_t *state)
{
	struct bt_event event = {0};
	unsigned size = random_below(state, 4) == 0 ? BT_KEY_MAX : random_below(state, 40);
	int64_t times[] = {INT64_MIN, INT64_MAX, 0, -1, 1700000000000};
	event.time = random_below(state, 8) == 0 ? times[random_below(state, 5)]
						 : 1700000000000 + random_below(state, 100000);
	event.policy = random_below(state, 5);
	for (unsigned i = 0; i < 16; i++)
		event.client[i] = (uint8_t)random_next(state);
	if (random_below(state, 2) == 0) {
		memset(event.client, 0, 10);
		memset(event.client + 10, 0xff, 2);
	}
	event.port = (uint16_t)random_next(state);
	event.qtype = (uint16_t)(random_next(state) >> random_below(state, 16));
	event.qclass = random_below(state, 2) == 0 ? 1 : (uint16_t)random_next(state);
	event.list = (uint16_t)(random_next(state) >> random_below(state, 16));
	event.action = (uint8_t)random_next(state);
	event.transport = (uint8_t)random_next(state);
	event.key_size = random_name(event.key, size, state);
	unsigned name_size = event.key_size;
	const uint8_t *name = event.key;
	if (random_below(state, 4) == 0) {
		event.matched = (uint8_t)(1 + random_below(state, BT_MATCHED_KINDS - 1));
		name = event.key + event.key_size;
		name_size = event.target_size = random_name(
		    event.key + event.key_size, random_below(state, BT_KEY_MAX + 1), state);
	}
	if (random_below(state, 4) == 0)
		event.via[random_below(state, 16)] = event.device[random_below(state, 6)] = 7;
	unsigned labels = (unsigned)bt_key_labels(name, name_size);
	event.labels = (uint8_t)random_below(state, labels + 1);
	event.match_count = (uint8_t)random_below(state, BT_EVENT_MATCHES_MAX + 1);
	for (unsigned i = 0; i < event.match_count; i++) {
		event.matches[i].class_id =
		    (uint32_t)(random_next(state) >> random_below(state, 32));
		event.matches[i].labels = (uint8_t)random_below(state, labels + 1);
	}
	return event;
}

static inline bool same_event(const struct bt_event *a, const struct bt_event *b)
{
	return a->key_size == b->key_size && memcmp(a, b, bt_event_size(a)) == 0;
}

#endif
