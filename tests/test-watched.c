/* SPDX-License-Identifier: BSD-3-Clause */
/* test-watched.c -- since when names are listed: kept while they stay, gone when they go */

#include <fcntl.h>
#include <unistd.h>

#include "tries.h"
#include "watched.h"

static char path[4096];

static struct bt_trie *trie_of(const char *const *names, size_t count)
{
	set.count = 0;
	for (size_t i = 0; i < count; i++)
		add_text(&set, names[i]);
	finish_set(&set, 1, &seed);
	return open_trie(&set);
}

static bool renew(const char *const *names, size_t count, int64_t now)
{
	struct bt_err err = {""};
	struct bt_trie *trie = trie_of(names, count);
	bool lost = false;
	if (!bt_watched_renew(path, trie, now * 1000, &lost, &err))
		fail_msg("%s", err.text);
	bt_trie_close(&trie);
	return lost;
}

/* In seconds. */
static int64_t since(const char *name)
{
	struct bt_err err = {""};
	struct bt_watched *watched;
	struct bt_key key = key_of(name);
	if (!bt_watched_open(&watched, path, &err))
		fail_msg("%s", err.text);
	int64_t found = bt_watched_since(watched, key.bytes, key.len);
	bt_watched_close(&watched);
	return found / 1000;
}

static void test_renewed(void **state)
{
	(void)state;
	static const char *const first[] = {"a.example", "b.example"};
	static const char *const second[] = {"b.example", "c.example", "d.b.example"};
	static const char *const third[] = {"a.example", "c.example"};
	assert_false(renew(first, 2, 1000));
	assert_int_equal(since("a.example"), 1001);
	assert_int_equal(since("b.example"), 1001);
	assert_int_equal(since("c.example"), 0);
	assert_false(renew(second, 3, 2000));
	assert_int_equal(since("a.example"), 0);
	assert_int_equal(since("b.example"), 1001);
	assert_int_equal(since("c.example"), 2001);
	assert_int_equal(since("d.b.example"), 2001);
	/* who was gone and came back is new */
	assert_false(renew(third, 2, 3000));
	assert_int_equal(since("a.example"), 3001);
	assert_int_equal(since("c.example"), 2001);
}

static void test_many(void **state)
{
	(void)state;
	enum { NAMES = 2000 };
	static char text[NAMES][32];
	static const char *names[NAMES];
	for (unsigned i = 0; i < NAMES; i++) {
		snprintf(text[i], sizeof(text[i]), "n%u.example", i);
		names[i] = text[i];
	}
	unlink(path);
	renew(names, NAMES / 2, 1000);
	renew(names, NAMES, 2000);
	for (unsigned i = 0; i < NAMES; i++)
		assert_int_equal(since(names[i]), i < NAMES / 2 ? 1001 : 2001);
}

/* Any octet that is not as it was written: refused, and said when it is written anew. */
static void test_damaged(void **state)
{
	(void)state;
	static const char *const names[] = {"a.example"};
	struct bt_err err;
	struct bt_watched *watched;
	unlink(path);
	renew(names, 1, 1000);
	for (off_t at = 0; at < 24 + 12; at++) {
		uint8_t octet;
		int fd = open(path, O_RDWR);
		assert_int_equal(pread(fd, &octet, 1, at), 1);
		octet ^= 0x10;
		assert_int_equal(pwrite(fd, &octet, 1, at), 1);
		assert_false(bt_watched_open(&watched, path, &err));
		octet ^= 0x10;
		assert_int_equal(pwrite(fd, &octet, 1, at), 1);
		close(fd);
	}
	assert_int_equal(since("a.example"), 1001);
	assert_int_equal(truncate(path, 30), 0);
	assert_false(bt_watched_open(&watched, path, &err));
	assert_true(renew(names, 1, 3000));
	assert_int_equal(since("a.example"), 3001);
	unlink(path);
	assert_false(bt_watched_open(&watched, path, &err));
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");
	snprintf(
	    path, sizeof(path), "%s/test-watched.%ld", tmp != NULL ? tmp : "/tmp", (long)getpid());
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_renewed),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_damaged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
