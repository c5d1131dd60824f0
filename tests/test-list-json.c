/* SPDX-License-Identifier: BSD-3-Clause */
/* test-list-json.c -- lists in JSON: what counts, what is skipped, what fails */

#include "lists.h"

#include <stdlib.h>

#define PATH "a URL with a path: its host may be in use for other things"
#define NO_NAME "an indicator that is no name"
#define EMPTY "list: no indicator in it (read as "

/* ---- ThreatFox ---- */

#define IOC(name, type) "{\"ioc_value\":\"" name "\",\"ioc_type\":\"" type "\"}"

#define MANY "\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\","
#define FAMILIES "family=a; family=a; family=a; family=a; family=a; family=a; family=a; family=a; "

static const struct list_row threatfox[] = {
    /* the export: a number, and one record */
    {TEXT("{\n  \"1234\": [\n    {\n"
	  "\"ioc_value\": \"evil.com\", \"ioc_type\": \"domain\", \"threat_type\": \"botnet_cc\",\n"
	  "\"malware\": \"win.trap\", \"malware_alias\": null, \"malware_printable\": \"Trap\",\n"
	  "\"first_seen_utc\": \"2023-03-29 12:00:00\", \"last_seen_utc\": null,\n"
	  "\"confidence_level\": 75, \"reference\": \"https://a.example/b\", \"tags\": \"a,b\",\n"
	  "\"anonymous\": \"0\", \"reporter\": \"x\"}]\n,\n\"1235\": [" IOC(
	      "1.2.3.4:80", "ip:port") "]}\n"),
	"evil.com subtree {family=Trap; confidence=75; first-reported=2023-03-29T12:00:00Z; "
	"reference=https://a.example/b; note=a,b}\n~10 " NO_NAME "\n"},
    /* what the API answers */
    {TEXT("{\"query_status\":\"ok\",\"data\":[{\"id\":\"7\",\"ioc\":\"evil.com\","
	  "\"ioc_type\":\"domain\",\"malware\":\"win.trap\",\"malware_printable\":\"\","
	  "\"confidence_level\":50,\"first_seen\":\"2020-12-08 13:36:27 UTC\",\"last_seen\":null,"
	  "\"tags\":[\"exe\",\"c2\"]}]}"),
	"evil.com subtree {family=win.trap; confidence=50; first-reported=2020-12-08T13:36:27Z; "
	"note=exe; note=c2}\n"},
    {TEXT("[" IOC("evil.com", "domain") "," IOC("EVIL[.]org.", "domain") "]"),
	"evil.com subtree\nevil.org subtree\n"},
    {TEXT("{\"query_status\":\"no_result\",\"data\":\"Nothing\"}"), EMPTY "threatfox)\n"},
    /* URLs */
    {TEXT("[" IOC("http://evil.com:8080/", "url") "," IOC("https://worse.com", "url") "]"),
	"evil.com exact\nworse.com exact\n"},
    {TEXT("[" IOC("https://github.com/x/y.exe", "url") ",\n" IOC("http://192.0.2.1/",
	 "url") ",\n" IOC("evil.com", "domain") ",\n" IOC("https://a.com/?q", "url") "]"),
	"~1 " PATH "\n~2 an address, which is no name\nevil.com subtree\n~4 " PATH "\n"},
    /* a URL in a URL is not where it leads */
    {TEXT("[" IOC("evil.com/r?u=http://good.com/", "url") ",\n" IOC(
	 "evil.com/x//good.com", "url") ",\n" IOC("evil.com?u=http:\\\\\\\\good.com",
	 "url") ",\n" IOC("evil.com/", "url") "]"),
	"~1 " PATH "\n~2 " PATH "\n~3 " PATH "\nevil.com exact\n"},
    {TEXT("[" IOC("d41d8cd98f00b204e9800998ecf8427e", "md5_hash") "]"),
	"~1 " NO_NAME "\n" EMPTY "threatfox), 1 skipped; line 1: " NO_NAME "\n"},
    /* odd */
    {TEXT("[{}, 7, null, [], \"x\",\n" IOC("a b.com", "domain") "," IOC("evil.com", "domain") "]"),
	"!1 a record without an indicator: \"ioc_value\" or \"ioc\"\n"
	"!1 a record without an indicator: \"ioc_value\" or \"ioc\"\n"
	"!1 a record without an indicator: \"ioc_value\" or \"ioc\"\n"
	"!1 a record without an indicator: \"ioc_value\" or \"ioc\"\n"
	"!1 a record without an indicator: \"ioc_value\" or \"ioc\"\n"
	"!2 unexpected character in a name: only letters, digits, '-', '_' and escapes may be\n"
	"evil.com subtree\n"},
    {TEXT("\xef\xbb\xbf[" IOC("evil.com", "domain") "]\r\n"), "evil.com subtree\n"},
    {TEXT("[" IOC("tr\xc3\xa4ger.de", "domain") "]"), "xn--trger-hra.de subtree\n"},
    {TEXT("[" IOC("evil\\u0000.com", "domain") "," IOC("\\u0065vil.com", "domain") "]"),
	"!1 a control character in a name\n"
	"evil.com subtree\n"},
    {TEXT("[{\"ioc\":\"evil.com\",\"ioc_type\":\"domain\",\"confidence_level\":1e300,"
	  "\"reference\":\"a\\u0000b\\nc\\u001bd\"}]"),
	"evil.com subtree {reference=a b c d}\n"},
    {TEXT("[{\"ioc\":\"evil.com\",\"ioc_type\":\"domain\","
	  "\"confidence_level\":123456789012345678901234567890}]"),
	"evil.com subtree\n"},
    /* what decides has room, whatever else is said */
    {TEXT("[{\"ioc\":\"evil.com\",\"ioc_type\":\"domain\",\"malware\":[" MANY MANY
	  "\"b\"],\"confidence_level\":10}]"),
	"evil.com subtree {" FAMILIES FAMILIES "confidence=10}\n"},
    /* no JSON */
    {TEXT("[" IOC("evil.com", "domain") ",\n  {\"ioc\": }]"),
	"evil.com subtree\nlist:2:11: unexpected token\n"},
    {TEXT("[" IOC("evil.com", "domain")), "evil.com subtree\nlist:1:46: expected ',' or ']'\n"},
    {TEXT("[" IOC("evil.com", "domain") "] x"),
	"evil.com subtree\nlist:1:48: expected nothing more\n"},
    {TEXT("[\n{\"ioc\":\"a\",\"ioc\":\"b\"}]"), "list:2:16: duplicate object key\n"},
    {TEXT("{\"a\" [1]}"), "list:1:6: expected ':'\n"},
    {TEXT("{a: 1}"), "list:1:2: expected a key in quotes\n"},
    {TEXT("[{\"ioc\":\"\xff\"}]"), "list:1:9: unable to decode byte 0xff\n"},
    {TEXT("[1e999]"), "list:1:6: real number overflow\n"},
    {TEXT("[\033]"), "list:1:2: invalid token\n"},
    {TEXT(""), "list:1:1: expected an object\n"},
    {TEXT("7"), "list:1:1: expected an object\n"},
};

static void reads_threatfox(void **state)
{
	(void)state;
	EXPECT_LISTS(BT_FORMAT_THREATFOX, threatfox);
}

/* ---- STIX ---- */

#define MORE "a pattern that is more than names joined by OR"
#define PATTERN(pattern) "{\"type\":\"indicator\",\"pattern\":\"" pattern "\"}"
#define BUNDLE(objects) "{\"type\":\"bundle\",\"id\":\"bundle--1\",\"objects\":[" objects "]}"
#define WITH(member)                                                                               \
	"{\"type\":\"indicator\",\"pattern\":\"[domain-name:value='evil.com']\"," member "}"

static const struct list_row stix[] = {
    {TEXT(BUNDLE("\n{\"type\":\"relationship\",\"relationship_type\":\"indicates\","
		 "\"source_ref\":\"indicator--1\",\"target_ref\":\"malware--1\"},\n"
		 "{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--1\","
		 "\"pattern_type\":\"stix\",\"pattern\":\"[domain-name:value = "
		 "'evil.com']\","
		 "\"valid_from\":\"2023-03-29T12:00:00.123Z\",\"valid_until\":\"2999-01-"
		 "01T00:00:00Z\","
		 "\"confidence\":85,\"name\":\"C2\",\"labels\":[\"a\",\"b\"],\"revoked\":"
		 "false,"
		 "\"external_references\":[{\"source_name\":\"x\",\"url\":\"https://"
		 "a.example/\"}]},"
		 "{\"type\":\"relationship\",\"relationship_type\":\"indicates\","
		 "\"source_ref\":\"indicator--1\",\"target_ref\":\"campaign--1\"},"
		 "{\"type\":\"relationship\",\"relationship_type\":\"related-to\","
		 "\"source_ref\":\"indicator--1\",\"target_ref\":\"intrusion-set--1\"},"
		 "{\"type\":\"intrusion-set\",\"id\":\"intrusion-set--1\",\"name\":\"No\"},"
		 "{\"type\":\"campaign\",\"id\":\"campaign--1\",\"name\":\"Spring\"},"
		 "{\"type\":\"malware\",\"id\":\"malware--1\",\"name\":\"Trap\"}")),
	"evil.com subtree {expires=2999-01-01T00:00:00Z; confidence=85; "
	"first-reported=2023-03-29T12:00:00Z; family=Trap; campaign=Spring; "
	"note=C2; note=a; "
	"note=b; reference=https://a.example/}\n"},
    {TEXT(BUNDLE(PATTERN("[domain-name:value = 'a.com' OR domain-name:value = 'b.com']"))),
	"a.com subtree\nb.com subtree\n"},
    {TEXT(BUNDLE(PATTERN("[domain-name:value='a.com'] OR [url:value = 'http://b.com/']"))),
	"a.com subtree\nb.com exact\n"},
    {TEXT(BUNDLE(PATTERN("[(domain-name:value IN ('a.com','b.com')) OR "
			 "ipv4-addr:value = '1.2.3.4']"))),
	"a.com subtree\nb.com subtree\n~1 " NO_NAME "\n"},
    {TEXT(BUNDLE(PATTERN("[file:hashes.'SHA-256' = 'ab' OR domain-name:value = 'a.com']"))),
	"~1 " NO_NAME "\na.com subtree\n"},
    {TEXT(BUNDLE(PATTERN("[url:value = 'https://github.com/x']") "," PATTERN(
	 "[domain-name:value='a.com']"))),
	"~1 " PATH "\na.com subtree\n"},
    {TEXT("[" PATTERN("[domain-name:value = 'a.com']") "]"), "a.com subtree\n"},
    /* what says more than a name */
    {TEXT(BUNDLE(PATTERN("[domain-name:value = 'a.com' AND ipv4-addr:value = '1.2.3.4']"))),
	"~1 " MORE "\n" EMPTY "stix), 1 skipped; line 1: " MORE "\n"},
    {TEXT(BUNDLE(PATTERN("[domain-name:value != 'a.com']") ",\n" PATTERN(
	 "[domain-name:"
	 "value LIKE "
	 "'%.a.com']") ",\n" PATTERN("[NOT domain-name:value = 'a.com']") ",\n" PATTERN("[domain-"
											"name:"
											"value "
											"MATCHES "
											"'a']") ","
												"\n" PATTERN(
												    "[domain-name:value = 'a.com'] FOLLOWEDBY [domain-name:value = "
												    "'b.com']") ",\n" PATTERN("[domain-name:value = 'a.com'] WITHIN 5 "
															      "SECONDS") ",\n" PATTERN("[domain-name:"
																		       "value = "
																		       "'a.com'") ","
																				  "\n" PATTERN("domain-name:value = 'a.com']") ",\n" PATTERN("[domain-name:value = 'a.com") ",\n" PATTERN(
																				      "[domain-name:value = 'a\\\\'") ",\n" PATTERN("[domain-name:value = 'b.com']"))),
	"~1 " MORE "\n~2 " MORE "\n~3 " MORE "\n~4 " MORE "\n~5 " MORE "\n~6 " MORE "\n~7 " MORE
	"\n~8 " MORE "\n~9 " MORE "\n~10 " MORE "\nb.com subtree\n"},
    /* what does not count */
    {TEXT(BUNDLE(WITH("\"revoked\":true") ",\n" WITH(
	 "\"valid_until\":\"2020-01-01T00:00:"
	 "00.000Z\"") ",\n" WITH("\"pattern_type\":\"snort\"") ",\n" WITH("\"indicator_types\":["
									  "\"benign\"]") ",\n" WITH("\""
												    "x"
												    "\""
												    ":"
												    "1"))),
	"~1 an indicator that was revoked\nevil.com subtree {expires=2020-01-01T00:00:00Z}\n"
	"~3 a pattern in another language\n~4 an indicator of what is "
	"benign\nevil.com subtree\n"},
    {TEXT(BUNDLE("7,{\"type\":\"indicator\"},{\"type\":\"malware\",\"id\":"
		 "\"a\\u0000b\",\"name\":\"x\"}," WITH("\"x\":1"))),
	"!1 an indicator without a pattern\nevil.com subtree\n"},
    {TEXT(BUNDLE(PATTERN("[domain-name:value = 'a\\\\'b.com']") "," WITH("\"id\":7"))),
	"!1 unexpected character in a name: only letters, digits, '-', '_' and "
	"escapes may be\n"
	"evil.com subtree\n"},
    {TEXT("{\"type\":\"bundle\",\"objects\":{}}"), "list:1:28: expected an array\n"},
    {TEXT("{\"type\":\"bundle\"}"), EMPTY "stix)\n"},
};

static void reads_stix(void **state)
{
	(void)state;
	EXPECT_LISTS(BT_FORMAT_STIX, stix);
}

/* ---- MISP ---- */

#define ATTRIBUTE(type, value) "{\"type\":\"" type "\",\"value\":\"" value "\",\"to_ids\":true}"
#define EVENT(members) "{\"Event\":{" members "}}"
#define ATTRIBUTES(some) EVENT("\"Attribute\":[" some "]")

static const struct list_row misp[] = {
    {TEXT("{\"Event\": {\"Attribute\": [\n{\"type\": \"domain\", \"value\": \"evil.com\", "
	  "\"to_ids\": true,"
	  "\"comment\": \"C2\", \"first_seen\": \"2023-03-29T12:00:00.000000+00:00\","
	  "\"Tag\": [{\"name\": \"misp-galaxy:malpedia=\\\"Trap\\\"\"}]}],\n"
	  "\"Object\": [{\"name\": \"domain-ip\", \"Attribute\": [\n" ATTRIBUTE(
	      "hostname", "www.worse.com") "]}],\n"
					   "\"info\": \"Spring\", \"date\": \"2023-03-28\", "
					   "\"Orgc\": {\"name\": \"CERT\"},"
					   "\"Tag\": [{\"name\": \"tlp:green\"}, {\"name\": "
					   "\"misp-galaxy:threat-actor=\\\"Bear\\\"\"}]}}"),
	"evil.com subtree {campaign=Spring; source=CERT; first-reported=2023-03-29T12:00:00Z; "
	"note=C2; family=Trap; note=tlp:green; actor=Bear}\n"
	"www.worse.com exact {campaign=Spring; source=CERT; first-reported=2023-03-28; "
	"note=tlp:green; actor=Bear}\n"},
    {TEXT(ATTRIBUTES(ATTRIBUTE("domain|ip", "evil.com|192.0.2.1") "," ATTRIBUTE("hostname|port",
	 "a.evil.com|80") "," ATTRIBUTE("url", "http://b.com/") ",\n" ATTRIBUTE("url",
	 "https://github.com/x") "," ATTRIBUTE("ip-dst", "192.0.2.1"))),
	"evil.com subtree\na.evil.com exact\nb.com exact\n~2 " PATH "\n~2 " NO_NAME "\n"},
    {TEXT("{\"response\":[" ATTRIBUTES(ATTRIBUTE("domain", "a.com")) "," ATTRIBUTES(
	 ATTRIBUTE("domain", "b.com")) "]}"),
	"a.com subtree\nb.com subtree\n"},
    {TEXT("[" ATTRIBUTES(ATTRIBUTE("domain", "a.com")) "]"), "a.com subtree\n"},
    {TEXT(ATTRIBUTES(
	 "{\"type\":\"domain\",\"value\":\"a.com\",\"to_ids\":false},\n"
	 "{\"type\":\"domain\",\"value\":\"b.com\"},\n"
	 "{\"type\":\"domain\",\"value\":\"c.com\",\"to_ids\":true,\"deleted\":true},\n"
	 "{\"type\":\"domain\",\"value\":\"e.com\",\"to_ids\":\"1\",\"deleted\":\"0\"}")),
	"~1 an attribute that is not for detection (to_ids)\n"
	"~2 an attribute that is not for detection (to_ids)\n"
	"~3 an attribute that was deleted\ne.com subtree\n"},
    {TEXT(ATTRIBUTES("7,{},[]," ATTRIBUTE("domain", "a.com"))),
	"!1 an attribute without a value\n!1 an attribute without a value\n"
	"!1 an attribute without a value\na.com subtree\n"},
    {TEXT(EVENT("\"Attribute\":{}")), "list:1:23: expected an array\n"},
    {TEXT(EVENT("\"Attribute\":null")), "list:1:23: expected an array\n"},
    {TEXT(EVENT("\"info\":7")), EMPTY "misp)\n"},
};

static void reads_misp(void **state)
{
	(void)state;
	EXPECT_LISTS(BT_FORMAT_MISP, misp);
}

/* ---- all of them ---- */

static void detects_formats(void **state)
{
	static struct list_text seen;
	static const struct {
		const struct list_row *row;
		const char *told;
	} rows[] = {
	    {&threatfox[0], "evil.com subtree {family"},
	    {&stix[0], "evil.com subtree {expires"},
	    {&misp[0], "evil.com subtree {campaign"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		read_list(&seen, BT_FORMAT_AUTO, rows[i].row->text, rows[i].row->size);
		assert_string_equal(seen.text, rows[i].row->expected);
		assert_memory_equal(seen.text, rows[i].told, strlen(rows[i].told));
	}
}

static void keeps_bounds(void **state)
{
	static struct list_text seen;
	enum { LARGE = 9 << 20 };
	char *text = malloc(LARGE);
	(void)state;
	assert_non_null(text);
	memset(text, '[', LARGE);
	read_list(&seen, BT_FORMAT_THREATFOX, text, 100000);
	assert_non_null(strstr(seen.text, ": maximum parsing depth reached\n"));
	read_list(&seen, BT_FORMAT_MISP, text, 100000);
	assert_string_equal(seen.text, "list:1:2: expected an object\n");
	memset(text, 'x', LARGE);
	memcpy(text, "[\n\"", 3);
	read_list(&seen, BT_FORMAT_THREATFOX, text, LARGE);
	assert_string_equal(seen.text, "list:2:1: a value of more than 8 MiB\n");
	free(text);
}

static void stays_inside(void **state)
{
	(void)state;
	expect_nothing_of_beginnings(
	    BT_FORMAT_THREATFOX, threatfox, sizeof(threatfox) / sizeof(*threatfox));
	expect_nothing_of_beginnings(BT_FORMAT_STIX, stix, sizeof(stix) / sizeof(*stix));
	expect_nothing_of_beginnings(BT_FORMAT_MISP, misp, sizeof(misp) / sizeof(*misp));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_threatfox),
	    cmocka_unit_test(reads_stix),
	    cmocka_unit_test(reads_misp),
	    cmocka_unit_test(detects_formats),
	    cmocka_unit_test(keeps_bounds),
	    cmocka_unit_test(stays_inside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
