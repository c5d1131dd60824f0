/* SPDX-License-Identifier: BSD-3-Clause */
/* test-list-rpz.c -- response policy zones: rules, exceptions, and what else stands in them */

#include "lists.h"

#define HEAD                                                                                       \
	"$TTL 300\n@ IN SOA localhost. root.localhost. (\n  1 ; serial\n  3600 600\n\t86400\n60 "  \
	")\n"                                                                                      \
	" NS localhost.\n"
#define ORIGIN "$ORIGIN rpz.example.\n" HEAD
#define EMPTY "list: no indicator in it (read as rpz)"

static const struct list_row zones[] = {
    /* actions */
    {TEXT(HEAD "evil.com CNAME .\nEVIL.org. 300 IN CNAME *.\nc.com CNAME rpz-drop.\n"),
	"evil.com exact\nevil.org exact\nc.com exact\n"},
    {TEXT(HEAD "*.evil.com CNAME .\nevil.com CNAME .\n"), "evil.com below\nevil.com exact\n"},
    {TEXT(HEAD "good.com CNAME rpz-passthru.\n*.good.com CNAME RPZ-PassThru.\n"),
	"good.com except-exact\ngood.com except-below\n"},
    {TEXT(ORIGIN "good.com CNAME Good.com.\nb.com CNAME b.com\n*.c.com CNAME *.c.com.\n"),
	"good.com except-exact\nb.com exact\nc.com below\n"},
    {TEXT(HEAD "t.com CNAME rpz-tcp-only.\nevil.com CNAME .\n"),
	"~8 a rule that asks for TCP (rpz-tcp-only)\nevil.com exact\n"},
    {TEXT(HEAD "evil.com A 192.0.2.1\n A 192.0.2.2\n\tAAAA 2001:db8::1\nb.com TXT \"a;b ( \" c\n"
	       "c.com CNAME *.garden.example.\n"),
	"evil.com exact\nb.com exact\nc.com exact\n"},
    /* what stands below a wildcard that passes, in whatever order */
    {TEXT(HEAD "bad.good.com CNAME .\n*.bad.good.com CNAME .\n*.good.com CNAME rpz-passthru.\n"
	       "good.com CNAME .\nx.bad.good.com CNAME rpz-passthru.\n"
	       "x.good.com CNAME rpz-passthru.\nother.com CNAME .\n"),
	"bad.good.com important-exact\nbad.good.com important-below\ngood.com except-below\n"
	"good.com exact\nx.bad.good.com important-except-exact\nx.good.com except-exact\n"
	"other.com exact\n"},
    /* a comment where lines belong together */
    {TEXT("rpz.example. SOA a. b. (\n; serial\n1 2 3 4 5 )\nbad.good.com.rpz.example. CNAME .\n"
	  "*.good.com.rpz.example. CNAME rpz-passthru.\n"),
	"bad.good.com important-exact\ngood.com except-below\n"},
    /* origins */
    {TEXT(ORIGIN "evil.com CNAME .\nb.com.rpz.example. CNAME .\nc.com. CNAME .\n"),
	"evil.com exact\nb.com exact\n!11 a name outside of the zone\n"},
    {TEXT("rpz.example. SOA a. b. 1 2 3 4 5\nevil.com CNAME .\nb.com.rpz.example. CNAME .\n"),
	"evil.com exact\nb.com exact\n"},
    {TEXT(ORIGIN "$ORIGIN com.rpz.example.\nevil CNAME .\n$ORIGIN sub\na CNAME .\n"),
	"evil.com exact\na.sub.com exact\n"},
    {TEXT(ORIGIN "evil.com CNAME rpz-passthru\nb.com CNAME .\n"),
	"!9 an action without a dot behind, which is a name of the zone\nb.com exact\n"},
    {TEXT("evil.com CNAME .\n"), "evil.com exact\n"},
    /* other triggers, and what is no rule */
    {TEXT(ORIGIN
	 "32.1.2.0.192.rpz-ip CNAME .\n24.0.2.0.192.rpz-client-ip CNAME rpz-drop.\n"
	 "ns.evil.com.rpz-nsdname CNAME .\n32.1.2.0.192.rpz-nsip CNAME .\nevil.com CNAME .\n"),
	"~9 a trigger by the address in an answer (rpz-ip)\n"
	"~10 a trigger by the client's address (rpz-client-ip)\n"
	"~11 a trigger by a name server's name (rpz-nsdname)\n"
	"~12 a trigger by a name server's address (rpz-nsip)\nevil.com exact\n"},
    {TEXT(ORIGIN "* CNAME .\nb.com NS ns.b.com.\nevil.com CNAME .\n@ TXT x\n"),
	"~9 a rule for every name\n~10 a record that no rule is made of (SOA, NS, DS, DNAME)\n"
	"evil.com exact\n"},
    /* bad records cost themselves alone */
    {TEXT(HEAD "a..b CNAME .\n A 192.0.2.1\nevil.com CNAME .\n"),
	"!8 Syntax error, could not parse the RR\n"
	"!9 a record without an owner, after one that is bad\nevil.com exact\n"},
    {TEXT(
	 HEAD "a.com CNAME ( .\nevil.com CNAME .\nb.com CNAME ) .\nc.com TXT \"x\ne.com CNAME .\n"),
	"!8 a parenthesis without an end\nevil.com exact\n!10 parentheses that do not match\n"
	"!11 a quoted text without an end\ne.com exact\n"},
    {TEXT(HEAD "a.com CNAME\nb.com\nc.com FOO bar\nf.com A x\ne.com CH TXT x\nevil.com CNAME .\n"),
	"!8 Syntax error, value expected\n!9 Syntax error, could not parse the RR's TTL\n"
	"!10 Syntax error, could not parse the RR's rdata\n"
	"!11 Syntax error, could not parse the RR's rdata\n"
	"!12 a record of another class than IN\nevil.com exact\n"},
    {TEXT(HEAD "a\0b.com CNAME .\n$INCLUDE /etc/passwd\n$GENERATE 1-9 a$ CNAME .\n$ORIGIN\n"
	       "evil.com CNAME ."),
	"!8 a zero octet\n!9 a directive other than $ORIGIN and $TTL\n"
	"!10 a directive other than $ORIGIN and $TTL\n!11 expected a name after $ORIGIN\n"
	"evil.com exact\n"},
    {TEXT("\xef\xbb\xbf" HEAD "evil.com CNAME . ; why\r\n; c\r\n\r\n  ; d\r\n"),
	"evil.com exact\n"},
    {TEXT(HEAD "a.com CNAME ("), "!8 a parenthesis without an end\n" EMPTY
				 ", 1 bad lines; line 8: a parenthesis without an end\n"},
    {TEXT(HEAD), EMPTY "\n"},
    {TEXT(""), EMPTY "\n"},
};

static void reads_zones(void **state)
{
	(void)state;
	EXPECT_LISTS(BT_FORMAT_RPZ, zones);
}

static void detects_zones(void **state)
{
	static const char *const texts[] = {
	    ORIGIN "evil.com CNAME .\n",
	    "; a comment\n@ 300 IN SOA a. b. 1 2 3 4 5\nevil.com CNAME .\n",
	    "evil.com CNAME .\nb.com 60 IN CNAME *.\nc.com IN CNAME rpz-drop.\n",
	};
	const struct bt_list_reader reader = {
	    .entry = list_on_entry, .bad = list_on_bad, .skipped = list_on_skipped};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		static struct list_text seen;
		struct bt_list_reader with = reader;
		struct bt_list_stats stats;
		with.ctx = &seen;
		assert_true(bt_list_parse(
		    "list", texts[i], strlen(texts[i]), BT_FORMAT_AUTO, &with, &stats, NULL));
		assert_int_equal(stats.format, BT_FORMAT_RPZ);
	}
}

static void stays_inside(void **state)
{
	(void)state;
	expect_nothing_of_beginnings(BT_FORMAT_RPZ, zones, sizeof(zones) / sizeof(*zones));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_zones),
	    cmocka_unit_test(detects_zones),
	    cmocka_unit_test(stays_inside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
