/* SPDX-License-Identifier: BSD-3-Clause */
/* test-guard.c -- what a bad feed cannot take offline, and what of a list counts */

#include "compiles.h"

#include "guard.h"
#include "guard-names.h"
#include "suffixes.h"
#include "vet.h"

#define TEXT(literal) (literal), sizeof(literal) - 1

static struct bt_key key_of(const char *name)
{
	struct bt_key key;
	assert_int_equal(bt_key_from_text(&key, name, strlen(name)), BT_NAME_OK);
	return key;
}

/* ---- the guard ---- */

struct row {
	const char *name;
	uint8_t scope;
	const char *why; /* NULL: let through */
};

static void expect_guarded(
    const struct bt_config_guards *guards, const struct row *rows, size_t count)
{
	struct bt_guard *guard;
	struct bt_err err;
	if (!bt_guard_new(&guard, guards, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < count; i++) {
		struct bt_key key = key_of(rows[i].name);
		const char *why = bt_guard_refuses(guard, &key, rows[i].scope);
		if (strcmp(why != NULL ? why : "", rows[i].why != NULL ? rows[i].why : "") != 0)
			fail_msg("%s %s: expected \"%s\", found \"%s\"", rows[i].name,
			    bt_scope_name(rows[i].scope), rows[i].why, why);
	}
	bt_guard_free(&guard);
	assert_null(guard);
	bt_guard_free(&guard);
}

#define EXPECT_GUARDED(guards, rows)                                                               \
	expect_guarded((guards), (rows), sizeof(rows) / sizeof((rows)[0]))

#define ROOT "it is the root"
#define TLD "it is a top-level domain"
#define SUFFIX "it is a public suffix, below which others have their names"
#define ADDRESS "it is an address, which is no name"

static void guards_suffixes(void **state)
{
	static const struct row rows[] = {
	    {".", BT_SCOPE_SUBTREE, ROOT},
	    {".", BT_SCOPE_BELOW, ROOT},
	    {".", BT_SCOPE_EXACT, NULL},
	    {"com", BT_SCOPE_SUBTREE, TLD},
	    {"com", BT_SCOPE_BELOW, TLD},
	    {"com", BT_SCOPE_EXACT, NULL},
	    {"xn--p1ai", BT_SCOPE_SUBTREE, TLD},
	    {"arpa", BT_SCOPE_SUBTREE, TLD},
	    {"co.uk", BT_SCOPE_SUBTREE, SUFFIX},
	    {"xn--55qx5d.cn", BT_SCOPE_BELOW, SUFFIX},
	    /* of its private part, too */
	    {"github.io", BT_SCOPE_SUBTREE, SUFFIX},
	    {"github.io", BT_SCOPE_EXACT, NULL},
	    {"evil.github.io", BT_SCOPE_SUBTREE, NULL},
	    {"duckdns.org", BT_SCOPE_SUBTREE, SUFFIX},
	    /* wildcards: of countries names of others are below, of companies a customer's */
	    {"ck", BT_SCOPE_SUBTREE, TLD},
	    {"any.ck", BT_SCOPE_SUBTREE, SUFFIX},
	    {"evil.any.ck", BT_SCOPE_SUBTREE, NULL},
	    {"www.ck", BT_SCOPE_SUBTREE, NULL}, /* its exception */
	    {"compute-1.amazonaws.com", BT_SCOPE_SUBTREE, SUFFIX},
	    {"ec2-192-0-2-1.compute-1.amazonaws.com", BT_SCOPE_SUBTREE, NULL},
	    /* one label is no suffix because of that */
	    {"localhost", BT_SCOPE_SUBTREE, NULL},
	    {"evil.com", BT_SCOPE_SUBTREE, NULL},
	    {"amazonaws.com", BT_SCOPE_SUBTREE, NULL},
	    {"com.evil.com", BT_SCOPE_SUBTREE, NULL},
	    /* names that are no host names */
	    {"github\\.io", BT_SCOPE_SUBTREE, NULL},
	    {"\\255.co.uk", BT_SCOPE_SUBTREE, NULL},
	    /* addresses */
	    {"192.0.2.1", BT_SCOPE_EXACT, ADDRESS},
	    {"evil.123", BT_SCOPE_SUBTREE, ADDRESS},
	    {"7", BT_SCOPE_SUBTREE, ADDRESS},
	    {"1.2.3.4.in-addr.arpa", BT_SCOPE_EXACT, NULL},
	};
	static const struct row off[] = {
	    {"com", BT_SCOPE_SUBTREE, NULL},
	    {"github.io", BT_SCOPE_SUBTREE, NULL},
	    {".", BT_SCOPE_SUBTREE, ROOT},
	    {"192.0.2.1", BT_SCOPE_EXACT, ADDRESS},
	};
	static const struct bt_config_guards guards = {.suffixes = true},
					     none = {.suffixes = false};
	(void)state;
	EXPECT_GUARDED(&guards, rows);
	EXPECT_GUARDED(&none, off);
}

/* What is worth a question is told by the list's text, if it is there: that changes no answer. */
static void asks_for_what_can_be_one(void **state)
{
	static const char *const names[] = {"com", "xn--p1ai", "arpa", "onion", "localhost", "bit",
	    "co.uk", "github.io", "evil.github.io", "ck", "any.ck", "www.ck", "evil.any.ck",
	    "city.kawasaki.jp", "any.kawasaki.jp", "compute-1.amazonaws.com",
	    "x.compute-1.amazonaws.com", "xn--55qx5d.cn", "evil.com", "a\\.b.com", "192.0.2.1"};
	struct bt_suffixes *quick, *slow;
	struct bt_err err;
	unsigned found = 0;
	(void)state;
	assert_true(bt_suffixes_new(&quick, true, &err));
	assert_true(bt_suffixes_new(&slow, false, &err));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct bt_key key = key_of(names[i]);
		enum bt_suffix kind = bt_suffixes_kind(slow, &key);
		if (bt_suffixes_kind(quick, &key) != kind)
			fail_msg("%s", names[i]);
		found += kind != BT_SUFFIX_NONE;
	}
	assert_int_equal(found, 11);
	bt_suffixes_free(&quick);
	bt_suffixes_free(&slow);
	assert_null(slow);
	bt_suffixes_free(&slow);
}

#define IN_ZONE "it covers names of the resolver's own zones"
#define ABOVE_ZONE IN_ZONE

static void guards_own_zones(void **state)
{
	static const struct row rows[] = {
	    {"corp.example.net", BT_SCOPE_SUBTREE, IN_ZONE},
	    {"corp.example.net", BT_SCOPE_EXACT, IN_ZONE},
	    {"www.corp.example.net", BT_SCOPE_EXACT, IN_ZONE},
	    {"a.b.c.corp.example.net", BT_SCOPE_SUBTREE, IN_ZONE},
	    {"example.net", BT_SCOPE_SUBTREE, ABOVE_ZONE},
	    {"example.net", BT_SCOPE_BELOW, ABOVE_ZONE},
	    {"example.net", BT_SCOPE_EXACT, NULL},
	    {"net", BT_SCOPE_SUBTREE, ABOVE_ZONE},
	    {"xcorp.example.net", BT_SCOPE_SUBTREE, NULL},
	    {"corp.example.net.evil.com", BT_SCOPE_SUBTREE, NULL},
	    {"lan", BT_SCOPE_EXACT, IN_ZONE},
	    {"printer.lan", BT_SCOPE_EXACT, IN_ZONE},
	};
	struct bt_key zones[] = {key_of("corp.example.net"), key_of("lan")};
	const struct bt_config_guards guards = {.own_zones = {.keys = zones, .count = 2}};
	(void)state;
	EXPECT_GUARDED(&guards, rows);
}

#define TOP "it covers a name of the warning list top.json"
#define PLAIN "it covers a name of the warning list plain.txt"
#define ONE "it covers a name of the warning list one.txt"

static void guards_warned_names(void **state)
{
	static const struct row rows[] = {
	    {"google.com", BT_SCOPE_SUBTREE, TOP}, {"google.com", BT_SCOPE_BELOW, TOP},
	    {"google.com", BT_SCOPE_EXACT, TOP}, {"evil.google.com", BT_SCOPE_SUBTREE, NULL},
	    {"xgoogle.com", BT_SCOPE_SUBTREE, NULL}, {"com", BT_SCOPE_SUBTREE, TOP},
	    {"com", BT_SCOPE_EXACT, NULL}, {"b.example", BT_SCOPE_BELOW, TOP},
	    {"a.b.example", BT_SCOPE_SUBTREE, TOP}, {"plain.example", BT_SCOPE_EXACT, PLAIN},
	    {"host.plain.example", BT_SCOPE_EXACT, NULL}, {"example", BT_SCOPE_SUBTREE, TOP},
	    {"github.com", BT_SCOPE_SUBTREE, NULL}, /* of which a page is warned of */
	    {"above.example", BT_SCOPE_EXACT,
		ONE}, /* not the list that warns of what is below it */
	};
	struct bt_key zone = key_of("corp.plain.example");
	char *lists[] = {
	    put("top.json",
		"{\"description\":\"x\",\"list\":[\"google.com\",\".a.b.example\",\"x.above."
		"example\",7,\"a b\","
		"\"192.0.2.1\",\"github.com/x\"],\"name\":\"Top\",\"type\":\"hostname\"}",
		1),
	    put("plain.txt", "plain.example\n", 1),
	    put("one.txt", "above.example\n", 1),
	};
	const struct bt_config_guards guards = {.warning_lists = lists,
	    .warning_list_count = 3,
	    .own_zones = {.keys = &zone, .count = 1}};
	(void)state;
	EXPECT_GUARDED(&guards, rows);
}

/* ---- warning lists ---- */

/* Names, one after the other; false at the third. */
struct names {
	char text[256];
	unsigned count;
};

static bool take_name(void *ctx, const struct bt_key *key)
{
	struct names *names = ctx;
	char name[BT_TEXT_MAX + 1];
	assert_true(bt_key_to_text(name, key->bytes, key->len) > 0);
	if (names->count++ == 3)
		return false;
	strcat(strcat(names->text, name), " ");
	return true;
}

static void reads_warning_lists(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		const char *names; /* NULL: it fails */
		const char *error;
	} rows[] = {
	    /* the type may stand behind, and names are what they are in any list */
	    {TEXT("{\"list\":[\"A.com\",\".b.com\",\"*.c.com\"],\"type\":\"hostname\"}"),
		"a.com b.com c.com ", NULL},
	    {TEXT(" \n{\"type\":\"string\",\"list\":[]  "
		  ",\"list2\":[\"x\"],\"v\":{\"list\":[\"y\"]}}"),
		NULL, "list: no name in it"},
	    {TEXT(
		 "{\"type\":\"string\",\"list\":[\"192.0.2.1\",\"a b\",\"\",\".\",\"a.com\\u0000\","
		 "{},null,[\"z.com\"],\"b.com/x\",\"d.com\"]}"),
		"d.com ", NULL},
	    {TEXT("a.com\n0.0.0.0 b.com\n"), "a.com ", NULL},
	    {TEXT("0.0.0.0 a.com b.com\n"), "a.com b.com ", NULL},
	    {TEXT("||a.com^\n@@||b.com^\n"), "a.com ", NULL},
	    /* other types */
	    {TEXT("{\"type\":\"regex\",\"list\":[\"a.com\"]}"), NULL,
		"list: a warning list of the type regex, expected hostname or string"},
	    {TEXT("{\"list\":[\"a.com\"]}"), NULL,
		"list: a warning list of the type (none), expected hostname or string"},
	    {TEXT("{\"type\":\"a\\nb\",\"list\":[\"a.com\"]}"), NULL,
		"list: a warning list of the type (other), expected hostname or string"},
	    /* hostile */
	    {TEXT(""), NULL, "list: no indicator in it"},
	    {TEXT("{"), NULL, "list:"},
	    {TEXT("{\"type\":\"string\",\"list\":[\"a.com\",\n\"b.com\"\n"), NULL, "list:3:1:"},
	    {TEXT("{\"type\":\"string\",\"list\":[\"a.com\"]} x"), NULL, "list:1:36:"},
	    {TEXT("{\"type\":\"string\",\"list\":[\"a.com\",\"\xff\"]}"), NULL, "list:1:"},
	    {TEXT("{\"type\":\"string\",\"list\":\"a.com\"}"), NULL, "list:"},
	    {TEXT("{\"type\":\"string\",\"list\":[\"a.x\",\"b.x\",\"c.x\",\"d.x\"]}"), NULL,
		"list: out of memory"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct names names = {.count = 0};
		struct bt_err err = {""};
		bool ok = bt_guard_names_parse(
		    "list", rows[i].text, rows[i].size, take_name, &names, &err);
		if (ok != (rows[i].names != NULL) ||
		    (ok ? strcmp(names.text, rows[i].names) != 0
			: strncmp(err.text, rows[i].error, strlen(rows[i].error)) != 0))
			fail_msg("of \"%s\": %s\"%s\", \"%s\"", rows[i].text, ok ? "ok, " : "",
			    names.text, err.text);
		for (size_t size = 0; size < rows[i].size; size++) { /* and each beginning */
			names.count = 0;
			names.text[0] = '\0';
			char *copy = malloc(size + 1);
			memcpy(copy, rows[i].text, size);
			(void)bt_guard_names_parse("list", copy, size, take_name, &names, NULL);
			free(copy);
		}
	}
}

/* What a file is called does not tell what is in it. */
static void reads_files(void **state)
{
	struct names names = {.count = 0};
	struct bt_err err = {""};
	(void)state;
	assert_true(
	    bt_guard_names_read(put("misp.txt", "{\"type\":\"string\",\"list\":[\"a.com\"]}", 1),
		take_name, &names, &err));
	assert_true(bt_guard_names_read(put("x.json", "b.com\n", 1), take_name, &names, &err));
	assert_string_equal(names.text, "a.com b.com ");
	assert_false(bt_guard_names_read(in_folder("missing"), take_name, &names, &err));
	assert_non_null(strstr(err.text, "missing: No such file"));
}

/* ---- expiry and confidence ---- */

static void vets(void **state)
{
	enum { NOON = 1680091200 /* 2023-03-29T12:00:00Z */ };
#define OVER "an indicator that has expired"
#define UNSURE "a confidence below the list's min-confidence"
	static const struct {
		const char *list[2], *own[2]; /* expires, confidence */
		unsigned least;
		int64_t now;
		const char *why;
	} rows[] = {
	    {{NULL}, {NULL}, 100, NOON, NULL},
	    {{NULL}, {"2023-03-28"}, 0, NOON, OVER},
	    {{NULL}, {"2023-03-28"}, 0, 0, NULL},
	    {{NULL}, {"2023-03-29"}, 0, NOON, NULL}, /* a day ends with itself */
	    {{NULL}, {"2023-03-29T11:59:59Z"}, 0, NOON, OVER},
	    {{NULL}, {"2023-03-29T12:00:00Z"}, 0, NOON, NULL},
	    {{NULL}, {"2023-03-29T12:00:00Z"}, 0, NOON + 1, OVER},
	    {{"2023-03-28"}, {NULL}, 0, NOON, OVER},
	    {{"2023-03-28"}, {"2024-01-01"}, 0, NOON, NULL}, /* the own one counts */
	    {{"2024-01-01"}, {"2023-03-28"}, 0, NOON, OVER},
	    {{NULL}, {NULL, "49"}, 50, NOON, UNSURE},
	    {{NULL}, {NULL, "50"}, 50, NOON, NULL},
	    {{NULL}, {NULL, "9"}, 50, NOON, UNSURE},
	    {{NULL}, {NULL, "100"}, 50, NOON, NULL},
	    {{NULL}, {NULL, "0"}, 0, NOON, NULL},
	    {{NULL}, {NULL, "0"}, 1, NOON, UNSURE},
	    {{NULL, "49"}, {NULL}, 50, NOON, UNSURE},
	    {{NULL, "49"}, {NULL, "85"}, 50, NOON, NULL},
	    {{NULL, "85"}, {NULL, "49"}, 50, NOON, UNSURE},
	    {{NULL}, {"2023-03-28", "0"}, 50, NOON, OVER},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static const char *const keys[] = {"expires", "confidence"};
		struct bt_pair list[3] = {{"family", "x"}}, own[3] = {{"family", "x"}};
		unsigned listed = 1, owned = 1;
		for (unsigned k = 0; k < 2; k++) {
			if (rows[i].list[k] != NULL)
				list[listed++] = (struct bt_pair){keys[k], rows[i].list[k]};
			if (rows[i].own[k] != NULL)
				own[owned++] = (struct bt_pair){keys[k], rows[i].own[k]};
		}
		struct bt_key key = key_of("a.com");
		const struct bt_config_list settings = {.min_confidence = rows[i].least};
		const struct bt_entry entry = {.key = &key,
		    .scope = BT_SCOPE_SUBTREE,
		    .pairs = own,
		    .pair_count = owned,
		    .line = 1};
		struct bt_vet vet;
		bool refused = true;
		bt_vet_begin(&vet, NULL, NULL, rows[i].now);
		bt_vet_list(&vet, &settings, 0);
		bt_vet_meta(&vet, list, listed);
		const char *why = bt_vet_entry(&vet, &entry, &refused);
		assert_false(refused);
		if (rows[i].why == NULL ? why != NULL
					: why == NULL || strcmp(why, rows[i].why) != 0)
			fail_msg("row %zu: expected %s, found %s", i, rows[i].why, why);
	}
}

/* ---- in a compile ---- */

static char told[4096]; /* what was left out of the lists */

static void on_left_out(
    void *ctx, const struct bt_config_list *list, const struct bt_left_out *what)
{
	size_t used = strlen(told);
	(void)ctx;
	used += (size_t)snprintf(told + used, sizeof(told) - used, "%s: %s %u, %s, lines",
	    list->name, what->refused ? "refused" : "skipped", (unsigned)what->count, what->reason);
	for (unsigned k = 0; k < what->count && k < BT_LEFT_OUT_SHOWN; k++)
		used += (size_t)snprintf(told + used, sizeof(told) - used, " %u%s",
		    what->first[k].line, what->first[k].has_name ? "" : "?");
	strcat(told, "\n");
}

/* Compiles the lists, guarded, with this configuration. */
static bool compile_guarded(struct run *run, struct bt_compile_options *options)
{
	static const struct bt_sinkhole sinkhole = {.has_ipv4 = true, .ttl = 10};
	options->lists = run->lists;
	options->list_count = run->count;
	options->sinkhole = &sinkhole;
	options->left_out = on_left_out;
	told[0] = '\0';
	bool ok = bt_compile(options, &run->bytes, &run->size, &run->result, &run->err);
	if (ok)
		free(run->bytes);
	return ok;
}

static const struct bt_config_guards suffixes = {.suffixes = true};

static void compiles_what_is_let_through(void **state)
{
	struct bt_compile_options options = {.guards = &suffixes};
	struct bt_key accepted[] = {key_of("github.io")};
	struct run run = {0};
	(void)state;
	char *path = put("feed",
	    "com\ngithub.io\nco.uk\nevil.com\nhttp://github.com/x\na.7\norg\nnet\nde\nfr\nnl\n", 1);
	add(&run, "feed", path, BT_ACTION_SINKHOLE);
	run.lists[0].accepted = (struct bt_config_names){accepted, 1};
	if (!compile_guarded(&run, &options))
		fail_msg("%s", run.err.text);
	assert_string_equal(told, "feed: refused 6, " TLD ", lines 1 7 8 9 10\n"
				  "feed: refused 1, " SUFFIX ", lines 3\n"
				  "feed: skipped 1, a URL with a path: its host may be in use for "
				  "other things, lines 5?\n"
				  "feed: refused 1, " ADDRESS ", lines 6\n");
	assert_int_equal(run.result.refused, 8);
	assert_int_equal(run.result.skipped, 9); /* those that are refused among them */
	assert_int_equal(run.result.entries, 2);
	assert_int_equal(run.result.names, 2);

	options.guards = NULL;
	assert_true(compile_guarded(&run, &options));
	assert_int_equal(run.result.refused, 0);
	assert_int_equal(run.result.names, 10);
}

/* Only what takes something away, for whomever, is guarded against. */
static void guards_by_action(void **state)
{
	uint8_t log[] = {BT_ACTION_LOG}, drop[] = {BT_ACTION_DROP}, none[] = {BT_ACTION_NONE};
	struct bt_config_clients clients = {.name = (char[]){"some"}, .actions = NULL};
	struct bt_config config = {.clients = &clients, .clients_count = 1};
	const struct {
		enum bt_action action;
		uint8_t *group;
		unsigned refused;
	} rows[] = {
	    {BT_ACTION_SINKHOLE, none, 1},
	    {BT_ACTION_NXDOMAIN, log, 1},
	    {BT_ACTION_NODATA, none, 1},
	    {BT_ACTION_REFUSED, none, 1},
	    {BT_ACTION_DROP, none, 1},
	    {BT_ACTION_LOG, log, 0},
	    {BT_ACTION_LOG, none, 0},
	    {BT_ACTION_LOG, drop, 1},
	    {BT_ACTION_ALLOW, none, 0},
	};
	(void)state;
	char *path = put("feed", "com\nevil.com\n", 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bt_compile_options options = {.config = &config, .guards = &suffixes};
		struct run run = {0};
		clients.actions = rows[i].group;
		add(&run, "feed", path, rows[i].action);
		if (!compile_guarded(&run, &options))
			fail_msg("%s", run.err.text);
		assert_int_equal(run.result.refused, rows[i].refused);
		assert_int_equal(run.result.names, 2 - rows[i].refused);
	}
}

static void lets_exceptions_pass(void **state)
{
	struct bt_compile_options options = {.guards = &suffixes};
	struct run run = {0};
	(void)state;
	add(&run, "feed", put("feed", "||evil.com^\n@@||com^\n", 1), BT_ACTION_SINKHOLE);
	assert_true(compile_guarded(&run, &options));
	assert_int_equal(run.result.refused, 0);
	assert_int_equal(run.result.exceptions, 1);
}

/* The list's own scope is what counts. */
static void guards_by_scope(void **state)
{
	struct bt_compile_options options = {.guards = &suffixes};
	struct run run = {0};
	(void)state;
	add(&run, "hosts", put("hosts", "0.0.0.0 com\n0.0.0.0 evil.com\n", 1), BT_ACTION_SINKHOLE);
	assert_true(compile_guarded(&run, &options));
	assert_int_equal(run.result.refused, 0);
	run.lists[0].scope = BT_SCOPE_SUBTREE;
	assert_true(compile_guarded(&run, &options));
	assert_int_equal(run.result.refused, 1);
}

static void leaves_out_what_is_over(void **state)
{
	struct bt_compile_options options = {.guards = &suffixes};
	struct run run = {0};
	(void)state;
	add(&run, "yaml",
	    put("list.yaml",
		"expires: 2020-03-28\nconfidence: 20\nindicators:\n- a.com\n"
		"- { domain: b.com, expires: 2999-04-01, confidence: 70 }\n"
		"- { domain: c.com, expires: 2999-04-01 }\n",
		1),
	    BT_ACTION_SINKHOLE);
	add(&run, "csv",
	    put("list.csv",
		"domain,valid_until,confidence\n"
		"d.com,2020-03-28,\ne.com,,10\nf.com,,\ng.com,2999-03-29,70\n",
		1),
	    BT_ACTION_ALLOW);
	run.lists[0].min_confidence = run.lists[1].min_confidence = 50;
	if (!compile_guarded(&run, &options))
		fail_msg("%s", run.err.text);
	assert_string_equal(told, "yaml: skipped 1, " OVER ", lines 4\n"
				  "yaml: skipped 1, " UNSURE ", lines 6\n"
				  "csv: skipped 1, " OVER ", lines 2\n"
				  "csv: skipped 1, " UNSURE ", lines 3\n");
	assert_int_equal(run.result.skipped, 4);
	assert_int_equal(run.result.entries, 3);

	/* who looks for what was asked for then, wants what was listed then */
	options.past = true;
	assert_true(compile_guarded(&run, &options));
	assert_string_equal(told, "yaml: skipped 2, " UNSURE ", lines 4 6\n"
				  "csv: skipped 1, " UNSURE ", lines 3\n");
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(guards_suffixes),
	    cmocka_unit_test(asks_for_what_can_be_one),
	    cmocka_unit_test(guards_own_zones),
	    IN_A_FOLDER(guards_warned_names),
	    cmocka_unit_test(reads_warning_lists),
	    IN_A_FOLDER(reads_files),
	    cmocka_unit_test(vets),
	    IN_A_FOLDER(compiles_what_is_let_through),
	    IN_A_FOLDER(guards_by_action),
	    IN_A_FOLDER(lets_exceptions_pass),
	    IN_A_FOLDER(guards_by_scope),
	    IN_A_FOLDER(leaves_out_what_is_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
