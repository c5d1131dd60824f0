/* SPDX-License-Identifier: BSD-3-Clause */
/* test-config.c -- the configuration: what it says, and where it is wrong */

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "configs.h"

/* ---- what is right ---- */

static void has_defaults(void **state)
{
	static const uint8_t zero[16];
	struct bt_config *config = load("lists: []\n");
	(void)state;
	assert_true(config->enabled);
	assert_non_null(strstr(config->state_dir, "/lib/beacontrap"));
	assert_null(config->run_dir);
	assert_null(config->resolver_id);
	assert_int_equal(config->list_count, 0);
	assert_int_equal(config->clients_count, 0);
	assert_int_equal(config->forwarder_count, 0);
	assert_true(config->sinkhole.has_ipv4);
	assert_true(config->sinkhole.has_ipv6);
	assert_memory_equal(config->sinkhole.ipv4, zero, 4);
	assert_memory_equal(config->sinkhole.ipv6, zero, 16);
	assert_int_equal(config->sinkhole.ttl, 10);
	assert_int_equal(config->sinkhole.ede, BT_EDE_TEXT);
	bt_config_free(&config);
	assert_null(config);
	bt_config_free(&config);
}

static void reads_everything(void **state)
{
	struct bt_config *config =
	    load("# all keys\n"
		 "state-dir: /var/state\n"
		 "run-dir: \"/run/trap\"\n"
		 "resolver-id: dns1.example.net\n"
		 "enabled: false\n"
		 "events: { retention: 90m, max-size: 500MiB, clients: subnet }\n"
		 "sinkhole: { ipv4: 192.0.2.1, ipv6: \"2001:db8::1\", ttl: 0, ede: off }\n"
		 "lists:\n"
		 "  - { name: 3cx, file: /lists/3cx.yaml }\n"
		 "  - name: A.b_c-9\n"
		 "    file: /lists/b\n"
		 "    action: nxdomain\n"
		 "    format: hosts\n"
		 "    scope: subtree\n"
		 "    columns: { domain: 3, first-reported: First Seen }\n"
		 "    events: off\n"
		 "  - { name: l, file: /l, action: log, events: count, scope: below }\n"
		 "  - { name: a, file: /a, action: allow, events: full }\n");
	struct in_addr ipv4;
	struct in6_addr ipv6;
	(void)state;
	assert_string_equal(config->state_dir, "/var/state");
	assert_string_equal(config->run_dir, "/run/trap");
	assert_string_equal(config->resolver_id, "dns1.example.net");
	assert_false(config->enabled);
	assert_int_equal(config->events.retention, 90 * 60000);
	assert_int_equal(config->events.max_size, 500 << 20);
	assert_true(config->events.subnets);
	assert_int_equal(inet_pton(AF_INET, "192.0.2.1", &ipv4), 1);
	assert_int_equal(inet_pton(AF_INET6, "2001:db8::1", &ipv6), 1);
	assert_true(config->sinkhole.has_ipv4);
	assert_true(config->sinkhole.has_ipv6);
	assert_memory_equal(config->sinkhole.ipv4, &ipv4, 4);
	assert_memory_equal(config->sinkhole.ipv6, &ipv6, 16);
	assert_int_equal(config->sinkhole.ttl, 0);
	assert_int_equal(config->sinkhole.ede, BT_EDE_OFF);

	const struct bt_config_list *lists = config->lists;
	assert_int_equal(config->list_count, 4);
	assert_string_equal(lists[0].name, "3cx");
	assert_string_equal(lists[0].file, "/lists/3cx.yaml");
	assert_int_equal(lists[0].action, BT_ACTION_SINKHOLE);
	assert_int_equal(lists[0].format, BT_FORMAT_AUTO);
	assert_int_equal(lists[0].events, BT_EVENTS_FULL);
	assert_int_equal(lists[0].scope, 0);
	assert_string_equal(lists[1].name, "A.b_c-9");
	assert_int_equal(lists[1].action, BT_ACTION_NXDOMAIN);
	assert_int_equal(lists[1].format, BT_FORMAT_HOSTS);
	assert_int_equal(lists[1].scope, BT_SCOPE_SUBTREE);
	assert_int_equal(lists[1].events, BT_EVENTS_OFF);
	assert_int_equal(lists[1].column_count, 2);
	assert_string_equal(lists[1].columns[0].key, "domain");
	assert_string_equal(lists[1].columns[0].value, "3");
	assert_string_equal(lists[1].columns[1].key, "first-reported");
	assert_string_equal(lists[1].columns[1].value, "First Seen");
	assert_int_equal(lists[2].column_count, 0);
	assert_int_equal(lists[2].action, BT_ACTION_LOG);
	assert_int_equal(lists[2].scope, BT_SCOPE_BELOW);
	assert_int_equal(lists[2].events, BT_EVENTS_COUNT);
	assert_int_equal(lists[3].action, BT_ACTION_ALLOW);
	assert_int_equal(lists[3].events, BT_EVENTS_FULL);
	bt_config_free(&config);
}

static void knows_every_action(void **state)
{
	(void)state;
	for (int i = 0; i < BT_ACTIONS; i++) {
		char text[256];
		snprintf(text, sizeof(text), "lists: [{name: x, file: /x, action: %s}]\n",
		    bt_action_name((enum bt_action)i));
		struct bt_config *config = load(text);
		assert_int_equal(config->lists[0].action, i);
		bt_config_free(&config);
	}
}

static void takes_none_for_an_address(void **state)
{
	struct bt_config *config = load("sinkhole: {ipv4: none, ede: code, ttl: 86400}\n");
	(void)state;
	assert_false(config->sinkhole.has_ipv4);
	assert_true(config->sinkhole.has_ipv6);
	assert_int_equal(config->sinkhole.ede, BT_EDE_CODE);
	assert_int_equal(config->sinkhole.ttl, 86400);
	bt_config_free(&config);
	config = load("sinkhole: {ipv6: none}\n");
	assert_true(config->sinkhole.has_ipv4);
	assert_false(config->sinkhole.has_ipv6);
	bt_config_free(&config);
}

static void keeps_the_longest_names(void **state)
{
	static char text[1024], name[64];
	(void)state;
	memset(name, 'x', 63);
	snprintf(text, sizeof(text), "lists: [{name: %s, file: /x}]\n", name);
	struct bt_config *config = load(text);
	assert_string_equal(config->lists[0].name, name);
	bt_config_free(&config);
}

static void resolves_paths(void **state)
{
	char expected[sizeof(folder) + 64], before[4096];
	static const char text[] = "state-dir: state\nlists: [{name: x, file: lists/x}]\n";
	struct bt_config *config = load(text);
	struct bt_err err;
	(void)state;
	snprintf(expected, sizeof(expected), "%s/state", folder);
	assert_string_equal(config->state_dir, expected);
	snprintf(expected, sizeof(expected), "%s/lists/x", folder);
	assert_string_equal(config->lists[0].file, expected);
	bt_config_free(&config);

	/* a path without a folder: as it stands, for the working folder is the one meant */
	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(folder), 0);
	assert_true(bt_config_load(&config, "conf.yaml", NULL, NULL, &err));
	assert_string_equal(config->state_dir, "state");
	assert_string_equal(config->lists[0].file, "lists/x");
	bt_config_free(&config);
	assert_true(bt_config_load(&config, "./conf.yaml", NULL, NULL, &err));
	assert_string_equal(config->state_dir, "./state");
	bt_config_free(&config);
	assert_int_equal(chdir(before), 0);
}

static void finds_the_file(void **state)
{
	(void)state;
	assert_int_equal(setenv("BEACONTRAP_CONFIG", "/from/environment", 1), 0);
	assert_string_equal(bt_config_path("/from/option"), "/from/option");
	assert_string_equal(bt_config_path(NULL), "/from/environment");
	assert_int_equal(setenv("BEACONTRAP_CONFIG", "", 1), 0);
	assert_non_null(strstr(bt_config_path(NULL), "/beacontrap/beacontrap.yaml"));
	assert_int_equal(unsetenv("BEACONTRAP_CONFIG"), 0);
	assert_non_null(strstr(bt_config_path(NULL), "/beacontrap/beacontrap.yaml"));
}

/* The example must be right, and show the defaults. */
static void ships_an_example(void **state)
{
	char example[4096];
	const char *source = getenv("srcdir");
	struct bt_config *config, *plain;
	struct bt_err err;
	(void)state;
	snprintf(
	    example, sizeof(example), "%s/dist/beacontrap.yaml", source != NULL ? source : ".");
	if (!bt_config_load(&config, example, NULL, NULL, &err))
		fail_msg("%s", err.text);
	assert_int_equal(config->list_count, 1);
	assert_string_equal(config->lists[0].name, "3cx");
	bt_config_free(&config);

	/* and so must what it has commented out: "#key: value", "#  key: value" */
	char line[1024];
	FILE *from = fopen(example, "r"), *to = fopen(path, "w");
	assert_non_null(from);
	assert_non_null(to);
	while (fgets(line, sizeof(line), from) != NULL) {
		bool commented = line[0] == '#' && (line[1] >= 'a' || strncmp(line, "#  ", 3) == 0);
		fputs(line[0] == '#' && !commented ? "\n" : line + commented, to);
	}
	fclose(from);
	assert_int_equal(fclose(to), 0);
	if (!bt_config_load(&config, path, NULL, NULL, &err))
		fail_msg("%s", err.text);
	plain = NULL;
	assert_int_equal(config->list_count, 7);
	assert_string_equal(config->resolver_id, "dns1.example.net");
	assert_string_equal(config->state_dir, "/var/lib/beacontrap");
	assert_int_equal(config->lists[0].scope, BT_SCOPE_SUBTREE);
	assert_int_equal(config->clients_count, 3);
	assert_string_equal(config->clients[0].name, "malware-lab");
	assert_int_equal(config->clients[0].actions[0], BT_ACTION_NONE);
	assert_int_equal(config->clients[1].network_count, 2);
	assert_int_equal(config->clients[1].actions[1], BT_ACTION_NONE);
	assert_int_equal(config->clients[2].actions[0], BT_ACTION_LOG);
	assert_int_equal(config->forwarder_count, 2);
	assert_memory_equal(
	    &config->lists[0].sinkhole, &config->sinkhole, sizeof(config->sinkhole));

	struct bt_sinkhole sinkhole = config->sinkhole;
	bt_config_free(&config);
	plain = load("enabled: true\n");
	assert_memory_equal(sinkhole.ipv4, plain->sinkhole.ipv4, 4);
	assert_memory_equal(sinkhole.ipv6, plain->sinkhole.ipv6, 16);
	assert_int_equal(sinkhole.ttl, plain->sinkhole.ttl);
	assert_int_equal(sinkhole.ede, plain->sinkhole.ede);
	bt_config_free(&plain);
}

/* ---- what is wrong, and where ---- */

#define KEYS                                                                                       \
	"state-dir, run-dir, resolver-id, enabled, sinkhole, lists, clients, "                     \
	"trusted-forwarders, events or guards"
#define NAME "expected at most 63 letters, digits, '.', '_' and '-'"

static const struct {
	const char *text;
	size_t size;
	const char *expected;
} wrong[] = {
    /* no configuration */
    {TEXT(""), "1:1: empty; expected a mapping\n"},
    {TEXT("# nothing\n\n"), "3:1: empty; expected a mapping\n"},
    {TEXT("just text\n"),
	"1:1: found a text, expected a mapping with keys such as \"state-dir\"\n"},
    {TEXT("- enabled\n"),
	"1:1: found a sequence, expected a mapping with keys such as \"state-dir\"\n"},
    /* no YAML */
    {TEXT("enabled: true\nlists: [\n"),
	"3:1: did not find expected node content (while parsing a flow node)\n"},
    {TEXT("enabled: true\n state-dir: x\n"),
	"2:11: mapping values are not allowed in this context\n"},
    {TEXT("enabled: \"tr\xff\"\n"), "1:13: invalid leading UTF-8 octet\n"},
    {TEXT("enabled: tr\0ue\n"), "1:12: control characters are not allowed\n"},
    {TEXT("a: &b c\nd: *b\n"), "1:4: anchors and aliases are not supported\n"},
    {TEXT("enabled: true\n---\nenabled: true\n"), "2:1: a second document; expected one\n"},
    /* keys */
    {TEXT("enabled: true\ncolour: red\n"), "2:1: unknown key \"colour\", expected " KEYS "\n"},
    {TEXT("state_dir: x\n"), "1:1: unknown key \"state_dir\", expected \"state-dir\"?\n"},
    {TEXT("sinkhole: {ipv5: 0.0.0.0}\n"), "1:12: unknown key \"ipv5\", expected \"ipv4\"?\n"},
    {TEXT("sinkhole: {address: 0.0.0.0}\n"),
	"1:12: unknown key \"address\", expected ipv4, ipv6, ttl or ede\n"},
    {TEXT("lists:\n  - name: x\n    file: x\n    acton: log\n"),
	"4:5: unknown key \"acton\", expected \"action\"?\n"},
    {TEXT("enabled: true\nenabled: false\n"),
	"2:1: key \"enabled\" a second time, expected it once\n"},
    {TEXT("lists: [{name: a, file: b, name: c}]\n"),
	"1:28: key \"name\" a second time, expected it once\n"},
    {TEXT("[a]: b\n"), "1:1: found a sequence, expected a key\n"},
    /* keys of later versions */
    {TEXT("on-missing-trie: serve\n"), "1:1: unknown key \"on-missing-trie\", expected " KEYS "\n"},
    /* types */
    {TEXT("state-dir: [x]\n"), "1:12: found a sequence, expected a path\n"},
    {TEXT("run-dir: {x: y}\n"), "1:10: found a mapping, expected a path\n"},
    {TEXT("state-dir:\n"), "1:11: found nothing, expected a path\n"},
    {TEXT("state-dir: \"\"\n"), "1:12: found nothing, expected a path\n"},
    {TEXT("state-dir: \"a\\0b\"\n"), "1:12: a zero octet in a text, expected a path\n"},
    {TEXT("state-dir: \"a\\nb\"\n"), "1:12: a control character in a path, expected none\n"},
    {TEXT("sinkhole: 192.0.2.1\n"),
	"1:11: found a text, expected a mapping with keys such as \"ipv4\"\n"},
    {TEXT("sinkhole:\n"), "1:10: found nothing, expected a mapping with keys such as \"ipv4\"\n"},
    {TEXT("lists: {name: x}\n"), "1:8: found a mapping, expected a sequence of lists\n"},
    {TEXT("lists:\n"), "1:7: found nothing, expected a sequence of lists\n"},
    {TEXT("lists: [x]\n"), "1:9: found a text, expected a mapping with keys such as \"name\"\n"},
    /* values */
    {TEXT("enabled: yes\n"), "1:10: enabled \"yes\", expected true or false\n"},
    {TEXT("enabled: [true]\n"), "1:10: found a sequence, expected true or false\n"},
    {TEXT("resolver-id: a b\n"),
	"1:14: name \"a b\", expected at most 255 letters, digits, '.', '_' and '-'\n"},
    {TEXT("resolver-id: a/b\n"),
	"1:14: name \"a/b\", expected at most 255 letters, digits, '.', '_' and '-'\n"},
    {TEXT("sinkhole: {ipv4: 192.0.2.256}\n"),
	"1:18: \"192.0.2.256\", expected an IPv4 address or none\n"},
    {TEXT("sinkhole: {ipv4: \"::1\"}\n"), "1:18: \"::1\", expected an IPv4 address or none\n"},
    {TEXT("sinkhole:\n  ipv4: [192.0.2.1]\n"),
	"2:9: found a sequence, expected an IPv4 address or none\n"},
    {TEXT("sinkhole:\n  ipv6: 192.0.2.1\n"),
	"2:9: \"192.0.2.1\", expected an IPv6 address or none\n"},
    {TEXT("sinkhole: {ttl: soon}\n"), "1:17: ttl \"soon\", expected 0 to 86400 seconds\n"},
    {TEXT("sinkhole: {ttl: -1}\n"), "1:17: ttl \"-1\", expected 0 to 86400 seconds\n"},
    {TEXT("sinkhole: {ttl: 10s}\n"), "1:17: ttl \"10s\", expected 0 to 86400 seconds\n"},
    {TEXT("sinkhole: {ttl: 86401}\n"), "1:17: ttl \"86401\", expected 0 to 86400 seconds\n"},
    {TEXT("sinkhole: {ttl: 18446744073709551617}\n"),
	"1:17: ttl \"18446744073709551617\", expected 0 to 86400 seconds\n"},
    {TEXT("sinkhole: {ttl: 1.5}\n"), "1:17: ttl \"1.5\", expected 0 to 86400 seconds\n"},
    {TEXT("sinkhole: {ede: on}\n"), "1:17: unknown ede \"on\", expected off, code or text\n"},
    /* names that are protected, or accepted */
    {TEXT("guards: {own-zones: [., \"a[.]b\", a..b]}\n"),
	"1:22: \".\": the root, expected a domain name\n"
	"1:25: \"a[.]b\": unexpected character in a name (write an international name as xn--...), "
	"expected a domain name\n"
	"1:34: \"a..b\": empty label (two dots in a row, or a dot in front), expected a domain "
	"name\n"},
    {TEXT("lists: [{name: x, file: x, accept: [\"a[.]b\"]}]\n"),
	"1:37: \"a[.]b\": unexpected character in a name (write an international name as xn--...), "
	"expected a domain name\n"},
    /* lists */
    {TEXT("lists: [{name: x}]\n"),
	"1:9: a list without a file, expected the key \"file\" or \"url\"\n"},
    {TEXT("lists: [{file: x}]\n"), "1:9: a list without a name, expected the key \"name\"\n"},
    {TEXT("lists: [{}]\n"), "1:9: a list without a name, expected the key \"name\"\n"
			    "1:9: a list without a file, expected the key \"file\" or \"url\"\n"},
    {TEXT("lists: [{name: x, url: \"ftp://a/b\"}]\n"),
	"1:24: url \"ftp://a/b\", expected a URL with http:, https: or file:\n"},
    {TEXT("lists: [{name: x, url: \"https://\"}]\n"),
	"1:24: url \"https://\", expected a URL with http:, https: or file:\n"},
    {TEXT("lists: [{name: x, url: \"https://a/b c\"}]\n"),
	"1:24: url \"https://a/b c\", expected a URL with http:, https: or file:\n"},
    {TEXT("lists: [{name: x, file: x, fetch: {timeout: 1m}}]\n"),
	"1:9: \"fetch\" of a list that is not fetched, expected the key \"url\"\n"},
    {TEXT("lists: [{name: x, url: \"https://a/b\", fetch: {sha256: 12, timeout: 5, max-size: none, "
	  "max-shrink: 101%}}]\n"),
	"1:55: sha256 \"12\", expected 64 hexadecimal digits\n"
	"1:68: timeout \"5\", expected an age such as 30s, 90m, 12h, 400d or 8w\n"
	"1:81: max-size \"none\", expected a size such as 500MiB or 4GiB\n"
	"1:99: max-shrink \"101%\", expected a share such as 50%\n"},
    {TEXT("lists: [{name: x, file: x, accept: [a..b, [c]], min-confidence: 101, url-hosts: "
	  "some}]\n"),
	"1:37: \"a..b\": empty label (two dots in a row, or a dot in front), expected a domain "
	"name\n"
	"1:43: found a sequence, expected a domain name\n"
	"1:65: min-confidence \"101\", expected a number from 0 to 100\n"
	"1:81: unknown url-hosts \"some\", expected bare or all\n"},
    {TEXT("guards: {public-suffixes: 1, own-zones: x, warning-lists: [[]]}\n"),
	"1:27: public-suffixes \"1\", expected true or false\n"
	"1:41: found a text, expected a sequence of names\n"
	"1:60: found a sequence, expected a path\n"},
    {TEXT("lists: [{name: a b, file: x}]\n"), "1:16: name \"a b\", " NAME "\n"},
    {TEXT("lists: [{name: a/b, file: x}]\n"), "1:16: name \"a/b\", " NAME "\n"},
    {TEXT("lists: [{name: \xc3\xa4, file: x}]\n"), "1:16: name \"\xc3\xa4\", " NAME "\n"},
    {TEXT("lists: [{name: \"\\e[2J\", file: x}]\n"), "1:16: name \"?[2J\", " NAME "\n"},
    {TEXT("lists: [{name: x234567890123456789012345678901234567890123456789012345678901234, "
	  "file: x}]\n"),
	"1:16: name \"x234567890123456789012345678901234567890123456789012345678901234\", " NAME
	"\n"},
    {TEXT("lists:\n- {name: x, file: x}\n- {name: y, file: x}\n- {file: x, name: x}\n"),
	"4:19: a second list of the name \"x\", expected one of its own\n"},
    {TEXT(
	 "lists:\n- {name: x, url: 'http://a/', file: c}\n- {name: y, file: c}\n"
	 "- {name: z, url: 'http://a/'}\n- {name: z.http, url: 'http://a/'}\n- {name: v, file: d}\n"
	 "- {name: w, url: 'http://a/', file: d}\n"),
	"3:3: an update of the list \"x\" writes its file, expected another\n"
	"5:3: an update of the list \"z\" writes its file, expected another\n"
	"7:3: an update of it writes the file of the list \"v\", expected another\n"},
    {TEXT("lists: [{name: x, file: x, action: explode}]\n"),
	"1:36: unknown action \"explode\", expected sinkhole, nxdomain, nodata, refused, drop, "
	"allow or log\n"},
    {TEXT("lists: [{name: x, file: x, format: cvs}]\n"),
	"1:36: unknown format \"cvs\", expected auto, domains, hosts, adblock, dnsmasq, unbound, "
	"rpz, zeek, csv, threatfox, stix, misp, text or yaml\n"},
    {TEXT("lists: [{name: x, file: x, columns: {domain: [], host: 1, host: 2, hosst: 3}}]\n"),
	"1:46: found a sequence, expected a column's name or number\n"
	"1:59: key \"host\" a second time, expected it once\n"
	"1:68: unknown key \"hosst\", expected \"host\"?\n"},
    {TEXT("lists: [{name: x, file: x, scope: wide}]\n"),
	"1:35: unknown scope \"wide\", expected exact, below or subtree\n"},
    {TEXT("events: {retention: 400}\n"),
	"1:21: retention \"400\", expected an age such as 90m, 12h, 400d or 8w, or none\n"},
    {TEXT("events: {retention: 0d, max-size: 9999999999TiB}\n"),
	"1:21: retention \"0d\", expected an age such as 90m, 12h, 400d or 8w, or none\n"
	"1:35: max-size \"9999999999TiB\", expected a size such as 500MiB or 4GiB, or none\n"},
    {TEXT("events: {max-size: -4GiB}\n"),
	"1:20: max-size \"-4GiB\", expected a size such as 500MiB or 4GiB, or none\n"},
    {TEXT("events: {clients: some}\n"),
	"1:19: unknown clients \"some\", expected full or subnet\n"},
    {TEXT("events: full\n"),
	"1:9: found a text, expected a mapping with keys such as \"retention\"\n"},
    {TEXT("lists: [{name: x, file: x, events: none}]\n"),
	"1:36: unknown events \"none\", expected full, count or off\n"},
    {TEXT("lists: [{name: x, file: x, events: {a: b}}]\n"),
	"1:36: found a mapping, expected full, count or off\n"},
    /* all at once, in the order of the file */
    {TEXT("state-dir: []\n"
	  "colour: red\n"
	  "sinkhole: { ttl: soon, ipv4: x }\n"
	  "lists:\n"
	  "  - { name: one, file: x, action: explode }\n"
	  "  - { file: x }\n"
	  "enabled: maybe\n"),
	"1:12: found a sequence, expected a path\n"
	"2:1: unknown key \"colour\", expected " KEYS "\n"
	"3:18: ttl \"soon\", expected 0 to 86400 seconds\n"
	"3:30: \"x\", expected an IPv4 address or none\n"
	"5:35: unknown action \"explode\", expected sinkhole, nxdomain, nodata, refused, drop, "
	"allow or log\n"
	"6:5: a list without a name, expected the key \"name\"\n"
	"7:10: enabled \"maybe\", expected true or false\n"},
};

static void knows_where_lists_come_from(void **state)
{
	(void)state;
	struct bt_config *config =
	    load("state-dir: /s\n"
		 "lists:\n"
		 "  - {name: a, url: \"https://a.example/x.yml?k=1.txt\"}\n"
		 "  - name: b\n"
		 "    url: \"file:///x\"\n"
		 "    file: /b.txt\n"
		 "    fetch: {sha256: "
		 "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef,\n"
		 "      headers-file: /h, ca-file: /c, timeout: 5s, max-size: 1KiB, "
		 "max-shrink: 0%}\n");
	const struct bt_config_list *a = &config->lists[0], *b = &config->lists[1];
	assert_string_equal(a->file, "/s/lists/a.yaml");
	assert_null(a->feed.sha256);
	assert_int_equal(a->feed.timeout, 120000);
	assert_int_equal(a->feed.max_size, 256 << 20);
	assert_int_equal(a->feed.max_shrink, 50);
	assert_string_equal(b->file, "/b.txt");
	assert_string_equal(
	    b->feed.sha256, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	assert_string_equal(b->feed.headers_file, "/h");
	assert_string_equal(b->feed.ca_file, "/c");
	assert_int_equal(b->feed.timeout, 5000);
	assert_int_equal(b->feed.max_size, 1024);
	assert_int_equal(b->feed.max_shrink, 0);
	bt_config_free(&config);
}

static void knows_what_counts(void **state)
{
	(void)state;
	struct bt_config *config =
	    load("lists: [{name: a, file: a}, {name: b, file: b, accept: [github.io, CO.uk.], "
		 "min-confidence: 70, url-hosts: all}]\n"
		 "guards: {public-suffixes: false, warning-lists: [w.json, /x.txt], own-zones: "
		 "[corp.example]}\n");
	const struct bt_config_list *a = &config->lists[0], *b = &config->lists[1];
	char text[BT_TEXT_MAX + 1];
	assert_int_equal(a->accepted.count, 0);
	assert_int_equal(a->min_confidence, 0);
	assert_false(a->all_urls);
	assert_int_equal(b->accepted.count, 2);
	bt_key_to_text(text, b->accepted.keys[1].bytes, b->accepted.keys[1].len);
	assert_string_equal(text, "co.uk");
	assert_int_equal(b->min_confidence, 70);
	assert_true(b->all_urls);
	assert_false(config->guards.suffixes);
	assert_int_equal(config->guards.warning_list_count, 2);
	assert_non_null(strstr(config->guards.warning_lists[0], "/w.json"));
	assert_string_equal(config->guards.warning_lists[1], "/x.txt");
	assert_int_equal(config->guards.own_zones.count, 1);
	bt_config_free(&config);
	config = load("enabled: true\n");
	assert_true(config->guards.suffixes);
	bt_config_free(&config);
}

static void tells_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		expect_problems(wrong[i].text, wrong[i].size, wrong[i].expected);
}

static void bounds_what_it_reads(void **state)
{
	static char text[(1 << 20) + 2];
	char *at = stpcpy(text, "lists: [");
	(void)state;
	for (unsigned i = 0; i < BT_LISTS_MAX; i++) /* with that of local decisions one too many */
		at += sprintf(at, "{name: l%u, file: f}, ", i);
	strcpy(at, "]\n");
	expect_problems(text, strlen(text), "1:8: 1024 lists, expected at most 1023\n");

	memset(text, ' ', sizeof(text) - 1);
	struct bt_config *config;
	struct bt_err err;
	put(text, sizeof(text) - 1);
	assert_false(bt_config_load(&config, path, NULL, NULL, &err));
	assert_memory_equal(err.text, path, strlen(path));
	assert_non_null(strstr(err.text, "more than the 1048576 that are read"));
}

static void tells_of_files_that_cannot_be_read(void **state)
{
	static struct problems problems;
	struct bt_config *config;
	struct bt_err err;
	(void)state;
	unlink(path);
	assert_false(bt_config_load(&config, path, on_problem, &problems, &err));
	assert_int_equal(problems.count, 1);
	assert_memory_equal(err.text, path, strlen(path));
	assert_non_null(strstr(err.text, "No such file"));
	assert_false(bt_config_load(&config, folder, NULL, NULL, &err));
	assert_memory_equal(err.text, folder, strlen(folder));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(has_defaults),
	    cmocka_unit_test(reads_everything),
	    cmocka_unit_test(knows_every_action),
	    cmocka_unit_test(takes_none_for_an_address),
	    cmocka_unit_test(keeps_the_longest_names),
	    cmocka_unit_test(resolves_paths),
	    cmocka_unit_test(finds_the_file),
	    cmocka_unit_test(ships_an_example),
	    cmocka_unit_test(knows_where_lists_come_from),
	    cmocka_unit_test(knows_what_counts),
	    cmocka_unit_test(tells_what_is_wrong),
	    cmocka_unit_test(bounds_what_it_reads),
	    cmocka_unit_test(tells_of_files_that_cannot_be_read),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
