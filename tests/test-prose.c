/* SPDX-License-Identifier: BSD-3-Clause */
/* test-prose.c -- indicators in text that people wrote, and what is none */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "markup.h"
#include "prose.h"

enum { FOUND_MAX = 4096 };

struct found {
	char text[FOUND_MAX];
	size_t size;
};

__attribute__((format(printf, 2, 3))) static void add(struct found *found, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int size = vsnprintf(found->text + found->size, FOUND_MAX - found->size, format, args);
	va_end(args);
	assert_in_range(size, 0, FOUND_MAX - found->size - 1);
	found->size += (size_t)size;
}

/* "name", "#hash" or "!reason", each with its line if that is not 1, and a space between. */
static void search(struct found *found, const char *text, size_t size, bool plain)
{
	struct bt_prose prose = {.text = text, .size = size, .plain = plain};
	struct bt_prose_find find;
	found->size = 0;
	found->text[0] = '\0';
	while (bt_prose_next(&prose, &find)) {
		char name[BT_TEXT_MAX + 1];
		const char *space = found->size > 0 ? " | " : "";
		assert_true(find.at >= text && find.at + find.size <= text + size);
		if (find.kind == BT_PROSE_NAME) {
			bt_key_to_text(name, find.key.bytes, find.key.len);
			add(found, "%s%s", space, name);
		} else if (find.kind == BT_PROSE_HASH) {
			add(found, "%s#%.*s", space, (int)find.size, find.at);
		} else {
			add(found, "%s!%s", space, find.reason);
		}
		if (find.line != 1)
			add(found, ":%u", find.line);
	}
}

#define SHA256 "aa124a4b4df12b34e74ee7f6c683b2ebec4ce9a8edcf9be345823b4fdcf5d868"
#define ADDRESS "!an address, not a name"
#define MAIL "!an e-mail address, not a name"

static const struct {
	const char *text, *found, *plain; /* plain: NULL: the same */
} cases[] = {
    {"", "", NULL},
    {"beacons to evil[.]com.", "evil.com", NULL},
    {"evil(.)com, EVIL{.}org; evil[dot]net / evil (DOT) info",
	"evil.com | evil.org | evil.net | evil.info", NULL},
    {"evil [.] com and evil [.]com and evil[.] com", "evil.com | evil.com | evil.com", NULL},
    {"www.evil[.]co.uk", "www.evil.co.uk", NULL},
    {"a[.]b[.]evil[.com b.]evil.com", "a.b.evil.com | b.evil.com", NULL},
    {"(evil[.]com) \"evil[.]org\" <evil[.]net> 'evil[.]info'!",
	"evil.com | evil.org | evil.net | evil.info", NULL},
    {"domain=evil[.]com;x:evil[.]org", "evil.com | evil.org", NULL},
    {"hxxps://evil.com/index.html?x=other.org", "evil.com", NULL},
    {"hxxp[:]//evil[.]com:8080/a/b.php h**p://evil.org meow://evil.net/x",
	"evil.com | evil.org | evil.net", NULL},
    {"https[:]//evil.com/x https://evil[.]org/x", "evil.com | evil.org", NULL},
    {"hxxps://user@evil.com/ hxxps://user[@]evil[.]org/", "evil.com | evil.org", NULL},
    {"write to abuse[@]evil[.]com or abuse@evil[.]com", MAIL " | " MAIL, NULL},
    {"192[.]0[.]2[.]1 and hxxp://192.0.2.1/x", ADDRESS " | " ADDRESS, ADDRESS " | " ADDRESS},
    {"version 18[.]12[.]416 of it", "", NULL},
    {"one\ntwo evil[.]com\n\nevil[.]org", "evil.com:2 | evil.org:4", NULL},
    {"evil[.]\ncom", "", NULL},
    {"\xd0\xb4\xd0\xbe\xd0\xbc\xd0\xb5\xd0\xbd evil[.]com, \xd1\x81\xd0\xb0\xd0\xb9\xd1\x82",
	"evil.com", NULL},
    {"tr\xc3\xa4ger[.]de", "xn--trger-hra.de", NULL},
    {"evil[.]com_ -evil[.]org-", "evil.com | evil.org", NULL},
    {"SHA256: " SHA256, "#" SHA256, NULL},
    {"x" SHA256 " " SHA256 "x 0123456789abcdef0123456789abcdef",
	"#0123456789abcdef0123456789abcdef", NULL},
    {"-" SHA256 "-", "", NULL},
    /* only if it is asked for */
    {"evil.com has ffmpeg.dll, at https://good.example/x.zip, says me@good.example", "",
	"evil.com | ffmpeg.dll | good.example"},
    {"e.g. version 1.2.3 or 10.0.0.1", "", ADDRESS},
    {"[.]com evil[.] [dot]", "", NULL},
    {"..[.]..[.]", "", NULL},
};

static void test_cases(void **state)
{
	(void)state;
	struct found found;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *text = cases[i].text;
		search(&found, text, strlen(text), false);
		if (strcmp(found.text, cases[i].found) != 0)
			fail_msg("\"%s\": \"%s\", not \"%s\"", text, found.text, cases[i].found);
		const char *plain = cases[i].plain == NULL ? cases[i].found : cases[i].plain;
		search(&found, text, strlen(text), true);
		if (strcmp(found.text, plain) != 0)
			fail_msg("\"%s\", plain: \"%s\", not \"%s\"", text, found.text, plain);
	}
}

/* Long labels, names and dots without end: bounded, and said. */
static void test_long(void **state)
{
	(void)state;
	enum { SIZE = 1 << 20 };
	struct found found;
	char *text = malloc(SIZE);
	assert_non_null(text);
	memset(text, 'a', SIZE);
	memcpy(text + SIZE - 6, "[.]com", 6);
	search(&found, text, SIZE, false);
	assert_int_equal(found.text[0], '!');
	for (size_t i = 0; i + 4 <= SIZE; i += 4)
		memcpy(text + i, "a[.]", 4);
	search(&found, text, SIZE - 3, false);
	free(text);
}

static const struct {
	const char *html, *text;
} pages[] = {
    {"<p>evil<b>[.]</b>com</p><p>x", "\fevil[.]com\f\fx"},
    {"a<!-- x\n -->b", "a\nb"},
    {"a<script>if (1 < 2) x='</p>'\n</script >b", "a\f\n\fb"},
    {"a<style>p{}</style>b", "a\f\fb"},
    {"evil&#46;com &#x5b;.&rsqb; &amp;amp; &unknown; & &#xd800; &#0;",
	"evil.com [.] &amp; &unknown; & &#xd800; &#0;"},
    {"1 < 2 > 0", "1 < 2 > 0"},
    {"<a href=\"hxxp://evil.com/?a>b\">x</a>", "x"},
    {"<br", "\f"},
    {"&#128169;", "\xf0\x9f\x92\xa9"},
    {"<td>a</td><td>b", "\fa\f\fb"},
};

static void test_markup(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
		char *text = strdup(pages[i].html);
		assert_non_null(text);
		size_t size = bt_markup_strip(text, strlen(text));
		if (size != strlen(pages[i].text) || memcmp(text, pages[i].text, size) != 0)
			fail_msg("%s: \"%.*s\"", pages[i].html, (int)size, text);
		free(text);
	}
	assert_true(bt_markup_begins("\xef\xbb\xbf \n<!DOCTYPE HTML>", 20));
	assert_false(bt_markup_begins("evil[.]com <html>", 17));
	assert_false(bt_markup_begins("<", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_markup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
