/* SPDX-License-Identifier: BSD-3-Clause */
/* test-report.c -- events to report rows, against a plain count */

#include "reports.h"

/* ---- a plain count ---- */

enum { NAMES = 60, CLIENTS = 12, COUNT = 4000 };

/* Names below each other, so that --domain and the scopes have something to tell apart. */
static const char *name_number(unsigned n)
{
	static char name[64];
	static const struct {
		const char *before, *after;
	} forms[] = {{"n", ".example"}, {"a.n", ".example"}, {"b.a.n", ".example"}, {"n", ".test"},
	    {"n", ""}};
	snprintf(name, sizeof(name), "%s%u%s", forms[n % 5].before, n / 5, forms[n % 5].after);
	return name;
}

struct plain {
	char domain[64], list[16];
	uint64_t hits;
	int64_t first, last;
	uint64_t by_client[CLIENTS];
	int64_t client_first[CLIENTS], client_last[CLIENTS];
	bool named;
};

static bool is_below(const char *name, const char *domain)
{
	size_t size = strlen(name), tail = strlen(domain);
	return size >= tail && strcmp(name + size - tail, domain) == 0 &&
	       (size == tail || name[size - tail - 1] == '.');
}

/* An event for name n or a name below it, with any matches on its ancestors. */
static struct bt_event random_hit(
    uint64_t *numbers, unsigned *name, unsigned *client, unsigned *lists)
{
	*name = random_below(numbers, NAMES);
	*client = random_below(numbers, CLIENTS);
	char asked[128];
	snprintf(
	    asked, sizeof(asked), "%s%s", random_below(numbers, 2) ? "x." : "", name_number(*name));
	struct bt_event event = make_event(asked, *client, T + random_below(numbers, 500) * 10);
	if (asked[1] == '.' && asked[0] == 'x')
		event.labels--;
	event.list = (uint16_t)random_below(numbers, TEST_LISTS);
	event.match_count = (uint8_t)(1 + random_below(numbers, event.labels));
	*lists = 0;
	for (unsigned i = 0; i < event.match_count; i++) {
		uint32_t set = 1 + random_below(numbers, TEST_CLASSES);
		if (i == 0)
			set |= 1u << event.list;
		event.matches[i].class_id = set - 1;
		event.matches[i].labels = (uint8_t)(event.labels - i);
		*lists |= set;
	}
	return event;
}

static void count_plainly(struct plain *plain, const struct bt_event *event, unsigned client)
{
	const char *list = test_lists[event->list];
	if (plain->hits == 0 || event->time > plain->last ||
	    (event->time == plain->last && strcmp(list, plain->list) < 0))
		strcpy(plain->list, list);
	if (plain->hits == 0 || event->time < plain->first)
		plain->first = event->time;
	if (plain->hits == 0 || event->time > plain->last)
		plain->last = event->time;
	if (plain->by_client[client] == 0 || event->time < plain->client_first[client])
		plain->client_first[client] = event->time;
	if (plain->by_client[client] == 0 || event->time > plain->client_last[client])
		plain->client_last[client] = event->time;
	plain->by_client[client]++;
	plain->hits++;
}

static unsigned endpoints_of(const struct plain *plain)
{
	unsigned count = 0;
	for (unsigned i = 0; i < CLIENTS; i++)
		count += plain->by_client[i] > 0;
	return count;
}

static int by_endpoints(const void *a, const void *b)
{
	const struct plain *left = a, *right = b;
	unsigned counts[] = {endpoints_of(left), endpoints_of(right)};
	if (counts[0] != counts[1])
		return counts[0] > counts[1] ? -1 : 1;
	return strcmp(left->domain, right->domain);
}

static void expect_row(const struct bt_report_row *row, const struct plain *plain)
{
	assert_string_equal(row->name, plain->domain);
	assert_int_equal(row->hits, plain->hits);
	assert_int_equal(row->endpoints, endpoints_of(plain));
	assert_int_equal(row->first_seen, plain->first);
	assert_int_equal(row->last_seen, plain->last);
	assert_string_equal(row->list, plain->list);
	for (uint64_t i = 0; i < row->endpoints; i++) {
		const struct bt_report_endpoint *who = &row->who[i];
		unsigned client = who->client[15];
		assert_in_range(client, 0, CLIENTS - 1);
		assert_int_equal(who->hits, plain->by_client[client]);
		assert_int_equal(who->first_seen, plain->client_first[client]);
		assert_int_equal(who->last_seen, plain->client_last[client]);
		if (i > 0)
			assert_true(who[-1].hits > who->hits ||
				    (who[-1].hits == who->hits &&
					memcmp(who[-1].client, who->client, 16) < 0));
	}
}

struct hit {
	struct bt_event event;
	unsigned name, client, lists;
};

static void expect_same(const struct hit *hits, const struct bt_report_options *filter, int list)
{
	struct plain *plain = calloc(NAMES, sizeof(*plain));
	size_t count = 0;
	assert_non_null(plain);
	for (unsigned i = 0; i < NAMES; i++)
		strcpy(plain[i].domain, name_number(i));
	for (unsigned i = 0; i < COUNT; i++)
		if (hits[i].event.time >= filter->since && hits[i].event.time < filter->until &&
		    (list < 0 || hits[i].lists >> list & 1) &&
		    (filter->domain == NULL ||
			is_below(plain[hits[i].name].domain, filter->domain)))
			count_plainly(&plain[hits[i].name], &hits[i].event, hits[i].client);
	for (unsigned i = 0; i < NAMES; i++)
		if (plain[i].hits > 0)
			plain[count++] = plain[i];
	qsort(plain, count, sizeof(*plain), by_endpoints);

	struct outcome outcome = report_with(filter);
	expect_no_problem(&outcome);
	assert_int_equal(outcome.coverage.events, COUNT);
	assert_int_equal(outcome.count, count);
	for (size_t i = 0; i < count; i++)
		expect_row(&outcome.rows[i], &plain[i]);
	bt_report_free(&outcome.report);
	free(plain);
}

static void test_oracle(void **state)
{
	(void)state;
	uint64_t numbers = seed, sequence[3] = {0};
	struct hit *hits = calloc(COUNT, sizeof(*hits));
	struct bt_segment_writer *writers[3];
	assert_non_null(hits);
	for (unsigned i = 0; i < 3; i++) { /* of two resolvers */
		writers[i] = begin(i < 2 ? "dns1" : "dns2", i + 1, i);
		put_policy(writers[i]);
	}
	for (unsigned i = 0; i < COUNT; i++) {
		unsigned to = random_below(&numbers, 3);
		hits[i].event =
		    random_hit(&numbers, &hits[i].name, &hits[i].client, &hits[i].lists);
		put(writers[to], to + 1, ++sequence[to], &hits[i].event);
	}
	for (unsigned i = 0; i < 3; i++)
		end(writers[i]);

	struct bt_report_options all = bt_report_defaults();
	expect_same(hits, &all, -1);
	for (int list = 0; list < TEST_LISTS; list++) {
		struct bt_report_options filter = bt_report_defaults();
		filter.list = test_lists[list];
		expect_same(hits, &filter, list);
	}
	for (unsigned i = 0; i < 20; i++) {
		struct bt_report_options filter = bt_report_defaults();
		filter.since = T + random_below(&numbers, 5000);
		filter.until = filter.since + random_below(&numbers, 3000);
		filter.domain = i % 2 ? name_number(random_below(&numbers, NAMES)) : NULL;
		int list = (int)random_below(&numbers, 4) - 1;
		filter.list = list < 0 ? NULL : test_lists[list];
		expect_same(hits, &filter, list);
	}
	free(hits);
}

/* ---- the filter ---- */

static uint64_t hits_with(const struct bt_report_options *filter)
{
	struct outcome outcome = report_with(filter);
	uint64_t hits = outcome.count == 0 ? 0 : outcome.rows[0].hits;
	assert_int_equal(outcome.coverage.events, 10); /* before the filter */
	bt_report_free(&outcome.report);
	return hits;
}

static void test_filter(void **state)
{
	(void)state;
	static const struct {
		int64_t since, until;
		const char *list, *domain;
		uint64_t hits;
	} cases[] = {
	    {INT64_MIN, INT64_MAX, NULL, NULL, 10},
	    {0, 10, NULL, NULL, 10},
	    {3, 7, NULL, NULL, 4}, /* the end is not in it */
	    {10, 20, NULL, NULL, 0},
	    {INT64_MIN, INT64_MAX, "alpha", NULL, 10},
	    {INT64_MIN, INT64_MAX, "beta", NULL, 0},
	    {INT64_MIN, INT64_MAX, "no-such-list", NULL, 0},
	    {INT64_MIN, INT64_MAX, NULL, "www.bad.example", 10},
	    {INT64_MIN, INT64_MAX, NULL, "WWW.bad.example.", 10},
	    {INT64_MIN, INT64_MAX, NULL, "bad.example", 10},
	    {INT64_MIN, INT64_MAX, NULL, ".", 10},
	    {INT64_MIN, INT64_MAX, NULL, "d.example", 0}, /* whole labels */
	    {INT64_MIN, INT64_MAX, NULL, "x.www.bad.example", 0},
	};
	put_hits(1, 10);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bt_report_options filter = bt_report_defaults();
		filter.since = cases[i].since;
		filter.until = cases[i].until;
		filter.list = cases[i].list;
		filter.domain = cases[i].domain;
		if (filter.since != INT64_MIN) {
			filter.since += T;
			filter.until += T;
		}
		if (hits_with(&filter) != cases[i].hits)
			fail_msg("case %zu", i);
	}
	struct bt_report_options filter = bt_report_defaults();
	struct bt_report *made = NULL;
	struct bt_err err;
	filter.domain = "two..dots";
	assert_false(bt_report_new(&made, &filter, &err));
	assert_non_null(strstr(err.text, "\"two..dots\" is not a domain name: empty label"));
	assert_null(made);
}

/* What list matched beyond its scope does not make it that list's. */
static void test_scope(void **state)
{
	(void)state;
	struct bt_policy_builder *builder;
	struct bt_sinkhole sinkhole = {.ttl = 10};
	struct bt_list_info names[] = {{.name = "one"}, {.name = "two"}};
	struct bt_member members[] = {
	    {.list = 0, .scope = BT_SCOPE_SUBTREE}, {.list = 1, .scope = BT_SCOPE_EXACT}};
	void *bytes;
	size_t size;
	uint32_t class_id;
	struct bt_err err;
	check(err, bt_policy_builder_new(&builder, &sinkhole, &err));
	check(err, bt_policy_add_list(builder, &names[0], &err));
	check(err, bt_policy_add_list(builder, &names[1], &err));
	check(err, bt_policy_add_class(builder, members, 2, &class_id, &err));
	check(err, bt_policy_build(builder, &bytes, &size, &err));
	bt_policy_builder_free(&builder);

	struct bt_segment_writer *writer = begin("dns1", 1, 0);
	check(err, bt_segment_policy(writer, DIGEST, bytes, size, &err));
	struct bt_event event = make_event("bad.example", 1, T);
	put(writer, 1, 1, &event);
	event = make_event("www.bad.example", 1, T);
	event.labels = event.matches[0].labels = 2;
	put(writer, 1, 2, &event);
	event.matches[0].class_id = 0x7fffffff; /* of another policy: no class of this one */
	put(writer, 1, 3, &event);
	event.list = 999;
	event.time++;
	put(writer, 1, 4, &event);
	end(writer);
	free(bytes);

	struct bt_report_options filter = bt_report_defaults();
	uint64_t expected[] = {3, 1};
	for (size_t i = 0; i < 2; i++) {
		filter.list = names[i].name;
		struct outcome outcome = report_with(&filter);
		assert_int_equal(outcome.count, 1);
		assert_int_equal(outcome.rows[0].hits, expected[i]);
		bt_report_free(&outcome.report);
	}
	struct outcome outcome = report();
	assert_int_equal(outcome.rows[0].hits, 4);
	assert_string_equal(outcome.rows[0].list, "?"); /* the last hit's number is no list */
	bt_report_free(&outcome.report);
}

/* ---- copies ---- */

static void copy(const char *from, const char *to, size_t cut)
{
	FILE *file = fopen(from, "rb");
	uint8_t bytes[65536];
	assert_non_null(file);
	size_t size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	assert_true(size > cut && size < sizeof(bytes));
	put_file(to, bytes, size - cut);
}

static void test_copies(void **state)
{
	(void)state;
	struct bt_segment_writer *writer = begin("dns1", 1, 0);
	struct bt_err err;
	put_policy(writer);
	put_beat(writer, 1, BT_BEAT_START, T, true);
	for (unsigned i = 1; i <= 10; i++) {
		struct bt_event event = make_event("bad.example", i, T + i);
		put(writer, 1, i, &event);
		if (i == 5) {
			check(err, bt_segment_gap(writer, 1, 0, 100, 104, T, &err));
			check(err, bt_segment_flush(writer, &err));
			copy(in(folder, "events/dns1-0000000000000001-000000.open"),
			    in(folder, "early"), 0);
		}
	}
	check(err, bt_segment_gap(writer, 1, 0, 103, 110, T, &err)); /* in part the same */
	put_beat(writer, 1, BT_BEAT_STOP, T + MINUTE, true);
	end(writer);
	char *closed = strdup(in(folder, "events/dns1-0000000000000001-000000.seg"));

	struct outcome alone = report();
	assert_int_equal(alone.coverage.events, 10);
	assert_int_equal(alone.coverage.duplicates, 0);
	assert_int_equal(alone.coverage.lost, 11);
	bt_report_free(&alone.report);

	/* rsync brought it while it was open, and again: once whole, once half. */
	copy(in(folder, "early"), in(folder, "events/dns1-0000000000000001-000000.open"), 7);
	copy(closed, in(folder, "events/renamed.seg"), 0);
	copy(closed, in(folder, "events/half.seg"), 90);
	free(closed);
	struct outcome outcome = report();
	assert_int_equal(outcome.count, 1);
	assert_int_equal(outcome.rows[0].hits, 10);
	assert_int_equal(outcome.coverage.events, 10);
	assert_int_equal(outcome.coverage.duplicates, 5 + 10 + 10);
	assert_int_equal(outcome.coverage.lost, 11);
	assert_int_equal(outcome.coverage.segments, 4);
	assert_int_equal(outcome.coverage.down, 0);
	assert_int_equal(outcome.coverage.unprotected, 0);
	assert_int_equal(outcome.coverage.damaged, 1); /* half-copied files are said */
	assert_non_null(strstr(bt_report_problem(outcome.report, 0), "half.seg: at offset "));
	assert_null(bt_report_problem(outcome.report, 1));
	/* And read again as a whole, as DIR DIR may be given twice. */
	check(err, bt_report_read(outcome.report, folder, &err));
	assert_int_equal(bt_report_coverage(outcome.report).events, 10);
	assert_int_equal(bt_report_coverage(outcome.report).lost, 11);
	bt_report_free(&outcome.report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    test(test_oracle),
	    test(test_filter),
	    test(test_scope),
	    test(test_copies),
	};
	seed = random_seed();
	return cmocka_run_group_tests(tests, open_policy, close_policy);
}
