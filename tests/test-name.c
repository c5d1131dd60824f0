/* SPDX-License-Identifier: BSD-3-Clause */
/* test-name.c -- names to keys and back */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "name.h"

#define A10 "aaaaaaaaaa"
#define A60 A10 A10 A10 A10 A10 A10
#define A61 A60 "a"
#define A62 A60 "aa"
#define A63 A60 "aaa"
#define A64 A60 "aaaa"
#define L16 "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a."
#define L64 L16 L16 L16 L16
#define L127 L64 L16 L16 L16 "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a"
#define Z63                                                                                        \
	"\\000\\000\\000\\000\\000\\000\\000\\000\\000" /* 9 */                                    \
	"\\000\\000\\000\\000\\000\\000\\000\\000\\000" /* 18 */                                   \
	"\\000\\000\\000\\000\\000\\000\\000\\000\\000" /* 27 */                                   \
	"\\000\\000\\000\\000\\000\\000\\000\\000\\000" /* 36 */                                   \
	"\\000\\000\\000\\000\\000\\000\\000\\000\\000" /* 45 */                                   \
	"\\000\\000\\000\\000\\000\\000\\000\\000\\000" /* 54 */                                   \
	"\\000\\000\\000\\000\\000\\000\\000\\000\\000" /* 63 */

static uint64_t random_state;

static unsigned random_below(unsigned limit)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % limit;
}

/* ---- presentation form ---- */

/* What a text means, as the key's labels from the root down, each between bars. */
static const struct {
	const char *text;
	enum bt_name_status status;
	const char *key;
	unsigned key_size;
	const char *back; /* written again; NULL: as `text` */
} texts[] = {
    /* plain names */
    {"com", BT_NAME_OK, "\3com", 4, NULL},
    {"www.example.com", BT_NAME_OK, "\3com\7example\3www", 16, NULL},
    {"www.example.com.", BT_NAME_OK, "\3com\7example\3www", 16, "www.example.com"},
    {"WWW.eXaMpLe.COM", BT_NAME_OK, "\3com\7example\3www", 16, "www.example.com"},
    {"_dmarc.x-y.0", BT_NAME_OK,
	"\1"
	"0"
	"\3x-y\6_dmarc",
	13, NULL},
    {"-", BT_NAME_OK, "\1-", 2, NULL},
    {"xn--bcher-kva.de", BT_NAME_OK, "\2de\015xn--bcher-kva", 17, NULL},
    {"*.example", BT_NAME_OK, "\7example\1*", 10, NULL},
    {"a/b!#%&'+,:;<=>?[]^`{|}~", BT_NAME_OK, "\030a/b!#%&'+,:;<=>?[]^`{|}~", 25,
	"a/b!#%&'+,:\\;<=>?[]^`{|}~"},
    /* the root, nothing, and dots */
    {".", BT_NAME_OK, "", 0, NULL},
    {"", BT_NAME_EMPTY, NULL, 0, NULL},
    {"..", BT_NAME_EMPTY_LABEL, NULL, 0, NULL},
    {".com", BT_NAME_EMPTY_LABEL, NULL, 0, NULL},
    {"a..com", BT_NAME_EMPTY_LABEL, NULL, 0, NULL},
    {"com..", BT_NAME_EMPTY_LABEL, NULL, 0, NULL},
    /* escapes */
    {"a\\.b.com", BT_NAME_OK, "\3com\3a.b", 8, NULL},
    {"a\\.b", BT_NAME_OK, "\3a.b", 4, NULL},
    {"\\.", BT_NAME_OK, "\1.", 2, NULL},
    {"\\\\", BT_NAME_OK, "\1\\", 2, NULL},
    {"\\a\\B.c", BT_NAME_OK, "\1c\2ab", 5, "ab.c"},
    {"\\065", BT_NAME_OK, "\1a", 2, "a"},
    {"\\000.x", BT_NAME_OK, "\1x\1\0", 4, NULL},
    {"\\255", BT_NAME_OK, "\1\377", 2, NULL},
    {"\\046\\092", BT_NAME_OK, "\2.\\", 3, "\\.\\\\"},
    {"\\ ", BT_NAME_OK, "\1 ", 2, "\\032"},
    {"a\\;b", BT_NAME_OK, "\3a;b", 4, NULL},
    {"\\\"\\(\\)\\@\\$", BT_NAME_OK, "\5\"()@$", 6, NULL},
    {"\\0651", BT_NAME_OK, "\2a1", 3, "a1"},
    {"\\256", BT_NAME_ESCAPE, NULL, 0, NULL},
    {"\\999", BT_NAME_ESCAPE, NULL, 0, NULL},
    {"\\25", BT_NAME_ESCAPE, NULL, 0, NULL},
    {"\\2", BT_NAME_ESCAPE, NULL, 0, NULL},
    {"\\12a", BT_NAME_ESCAPE, NULL, 0, NULL},
    {"a\\", BT_NAME_ESCAPE, NULL, 0, NULL},
    {"a\\\n", BT_NAME_ESCAPE, NULL, 0, NULL},
    {"a\\\x7f", BT_NAME_ESCAPE, NULL, 0, NULL},
    {"a\\\xc3\xbc", BT_NAME_ESCAPE, NULL, 0, NULL},
    /* bytes that need an escape */
    {"a b.com", BT_NAME_BYTE, NULL, 0, NULL},
    {"a\tb.com", BT_NAME_BYTE, NULL, 0, NULL},
    {"com\r", BT_NAME_BYTE, NULL, 0, NULL},
    {"b\xc3\xbc"
     "cher.de",
	BT_NAME_BYTE, NULL, 0, NULL},
    {"a\x7f", BT_NAME_BYTE, NULL, 0, NULL},
    /* limits: a label of 63 octets, a name of 255, 127 labels */
    {A63 ".x", BT_NAME_OK, "\1x\77" A63, 66, NULL},
    {A64 ".x", BT_NAME_LONG_LABEL, NULL, 0, NULL},
    {Z63, BT_NAME_OK, NULL, 64, NULL},
    {Z63 "\\000", BT_NAME_LONG_LABEL, NULL, 0, NULL},
    {A61 "." A63 "." A63 "." A63, BT_NAME_OK, NULL, 254, NULL},
    {A61 "." A63 "." A63 "." A63 ".", BT_NAME_OK, NULL, 254, A61 "." A63 "." A63 "." A63},
    {A62 "." A63 "." A63 "." A63, BT_NAME_LONG, NULL, 0, NULL},
    {A61 "." A63 "." A63 "." A63 ".b", BT_NAME_LONG, NULL, 0, NULL},
    {A61 "." A63 "." A63 "." A63 "..", BT_NAME_EMPTY_LABEL, NULL, 0, NULL},
    {L127, BT_NAME_OK, NULL, 254, NULL},
    {L127 ".a", BT_NAME_LONG, NULL, 0, NULL},
    {L127 "a", BT_NAME_LONG, NULL, 0, NULL},
};

/* The text in memory of exactly its size, so that the sanitizer sees a read past its end. */
static enum bt_name_status key_from(struct bt_key *key, const char *text)
{
	size_t size = strlen(text);
	char *copy = malloc(size + 1);
	assert_non_null(copy);
	char *exact = realloc(memcpy(copy, text, size), size > 0 ? size : 1);
	assert_non_null(exact);
	enum bt_name_status status = bt_key_from_text(key, exact, size);
	free(exact);
	return status;
}

static void reads_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct bt_key key, before;
		memset(&key, 0xa5, sizeof(key));
		before = key;
		enum bt_name_status status = key_from(&key, texts[i].text);
		if (status != texts[i].status)
			fail_msg("'%s': %s", texts[i].text, bt_name_reason(status));
		if (status != BT_NAME_OK) {
			assert_memory_equal(&key, &before, sizeof(key)); /* only on success */
			continue;
		}
		assert_int_equal(key.len, texts[i].key_size);
		if (texts[i].key != NULL)
			assert_memory_equal(key.bytes, texts[i].key, key.len);

		char text[BT_TEXT_MAX + 1];
		size_t length = bt_key_to_text(text, key.bytes, key.len);
		assert_int_equal(length, strlen(text));
		assert_string_equal(text, texts[i].back != NULL ? texts[i].back : texts[i].text);
	}
}

static void counts_labels(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		unsigned labels;
	} rows[] = {{".", 0}, {"com", 1}, {"a\\.b.com.", 2}, {L127, 127}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bt_key key;
		assert_int_equal(key_from(&key, rows[i].text), BT_NAME_OK);
		assert_int_equal(key.labels, rows[i].labels);
		assert_int_equal(bt_key_labels(key.bytes, key.len), rows[i].labels);
	}
}

static void has_reasons(void **state)
{
	(void)state;
	for (enum bt_name_status s = BT_NAME_OK; s <= BT_NAME_WIRE; s++) {
		assert_non_null(bt_name_reason(s));
		assert_null(strchr(bt_name_reason(s), '\n'));
	}
}

/* ---- wire form ---- */

#define WIRE63 "\77" A63

static const struct {
	const char *wire;
	size_t size;
	enum bt_name_status status;
	const char *text;
} wires[] = {
    {"\0", 1, BT_NAME_OK, "."},
    {"\3com\0", 5, BT_NAME_OK, "com"},
    {"\3WwW\7eXAMPLE\3cOm\0", 17, BT_NAME_OK, "www.example.com"},
    {"\3com\0\xff\xff", 7, BT_NAME_OK, "com"}, /* what follows the root is not the name */
    {"\4a.\\\0\1x\0", 8, BT_NAME_OK, "a\\.\\\\\\000.x"},
    {"\2[]\0", 4, BT_NAME_OK, "[]"}, /* beside the letters: '@' '[' '`' '{' have no case */
    {"\3A_Z\0", 5, BT_NAME_OK, "a_z"},
    {"\2\xc0\xde\0", 4, BT_NAME_OK, "\\192\\222"}, /* case is ASCII's alone */
    {WIRE63 "\0", 65, BT_NAME_OK, A63},
    {WIRE63 WIRE63 WIRE63 "\75" A61 "\0", 255, BT_NAME_OK, A63 "." A63 "." A63 "." A61},
    {WIRE63 WIRE63 WIRE63 "\76" A62 "\0", 256, BT_NAME_LONG, NULL},
    {WIRE63 WIRE63 WIRE63 "\75" A61 "\1a\0", 257, BT_NAME_LONG, NULL},
    /* cut off */
    {"", 0, BT_NAME_WIRE, NULL},
    {"\3", 1, BT_NAME_WIRE, NULL},
    {"\3co", 3, BT_NAME_WIRE, NULL},
    {"\3com", 4, BT_NAME_WIRE, NULL},
    {WIRE63 WIRE63 WIRE63 "\75" A61, 254, BT_NAME_WIRE, NULL},
    /* compressed, and the two label types that nobody uses */
    {"\xc0\x0c", 2, BT_NAME_WIRE, NULL},
    {"\3www\xc0\x0c\0", 7, BT_NAME_WIRE, NULL},
    {"\100" A64 "\0", 66, BT_NAME_WIRE, NULL},
    {"\x81"
     "a\0",
	3, BT_NAME_WIRE, NULL},
};

static void reads_wire(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wires) / sizeof(*wires); i++) {
		uint8_t *wire = malloc(wires[i].size > 0 ? wires[i].size : 1);
		assert_non_null(wire);
		memcpy(wire, wires[i].wire, wires[i].size);
		struct bt_key key, before;
		memset(&key, 0xa5, sizeof(key));
		before = key;
		enum bt_name_status status = bt_key_from_wire(&key, wire, wires[i].size);
		free(wire);
		if (status != wires[i].status)
			fail_msg("wire form %zu: %s", i, bt_name_reason(status));
		if (status != BT_NAME_OK) {
			assert_memory_equal(&key, &before, sizeof(key));
			continue;
		}
		char text[BT_TEXT_MAX + 1];
		bt_key_to_text(text, key.bytes, key.len);
		assert_string_equal(text, wires[i].text);
	}
}

/* ---- octets that are no key ---- */

static void refuses_bad_keys(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t size;
	} bad[] = {
	    {"\0", 1},                          /* an empty label */
	    {"\3com\0", 5},                     /* the root label has no place in a key */
	    {"\3co", 3},                        /* cut off */
	    {"\3com\1", 5},                     /* cut off behind the length */
	    {"\3Com", 4},                       /* upper case */
	    {"\100" A64, 65},                   /* a label of 64 octets */
	    {"\xc0\x0c", 2},                    /* a pointer */
	    {WIRE63 WIRE63 WIRE63 WIRE63, 256}, /* longer than a name may be */
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char text[BT_TEXT_MAX + 1] = "before";
		uint8_t wire[BT_NAME_MAX];
		const uint8_t *bytes = (const uint8_t *)bad[i].bytes;
		assert_int_equal(bt_key_labels(bytes, bad[i].size), -1);
		assert_int_equal(bt_key_to_wire(wire, bytes, bad[i].size), 0);
		assert_int_equal(bt_key_to_text(text, bytes, bad[i].size), 0);
		assert_string_equal(text, "");
	}
}

/* ---- random names ---- */

/* A random name in wire form; its labels hold any octets, or mostly common ones. */
static size_t random_wire(uint8_t wire[BT_NAME_MAX])
{
	size_t at = 0;
	unsigned labels = random_below(8) == 0 ? 127 : random_below(8);
	unsigned longest = random_below(4) == 0 ? 63 : 8;
	bool any = random_below(2) == 0;
	while (labels-- > 0) {
		unsigned length = labels > 60 ? 1 : 1 + random_below(longest);
		if (at + length + 1 > BT_KEY_MAX)
			break;
		wire[at++] = (uint8_t)length;
		while (length-- > 0)
			wire[at++] = any ? (uint8_t)random_below(256)
					 : (uint8_t) "abcABC.\\_-0@"[random_below(12)];
	}
	wire[at++] = 0;
	return at;
}

static void lower_wire(uint8_t *wire, size_t size)
{
	for (size_t at = 0; at + 1 < size; at += wire[at] + 1u)
		for (size_t i = 1; i <= wire[at]; i++)
			if (wire[at + i] >= 'A' && wire[at + i] <= 'Z')
				wire[at + i] = (uint8_t)(wire[at + i] + 'a' - 'A');
}

static void makes_round_trips(void **state)
{
	(void)state;
	for (int round = 0; round < 20000; round++) {
		uint8_t wire[BT_NAME_MAX], again[BT_NAME_MAX];
		size_t size = random_wire(wire);
		struct bt_key key, second;
		assert_int_equal(bt_key_from_wire(&key, wire, size), BT_NAME_OK);
		assert_int_equal(key.len, size - 1);
		lower_wire(wire, size);
		assert_int_equal(bt_key_to_wire(again, key.bytes, key.len), size);
		assert_memory_equal(wire, again, size);

		char text[BT_TEXT_MAX + 1];
		size_t length = bt_key_to_text(text, key.bytes, key.len);
		assert_in_range(length, 1, BT_TEXT_MAX);
		assert_int_equal(bt_key_from_text(&second, text, length), BT_NAME_OK);
		assert_int_equal(second.len, key.len);
		assert_int_equal(second.labels, key.labels);
		assert_memory_equal(second.bytes, key.bytes, key.len);
	}
}

/* ---- ancestors ---- */

/* Whether wire form `up` is `name` or an ancestor of it, label by label from the end. */
static bool is_ancestor(const uint8_t *up, const uint8_t *name)
{
	const uint8_t *labels[2][BT_LABELS_MAX];
	unsigned count[2] = {0, 0};
	for (const uint8_t *at = up; *at != 0; at += *at + 1)
		labels[0][count[0]++] = at;
	for (const uint8_t *at = name; *at != 0; at += *at + 1)
		labels[1][count[1]++] = at;
	if (count[0] > count[1])
		return false;
	for (unsigned i = 1; i <= count[0]; i++) {
		const uint8_t *a = labels[0][count[0] - i], *b = labels[1][count[1] - i];
		if (*a != *b || memcmp(a, b, *a + 1u) != 0)
			return false;
	}
	return true;
}

/* Names over a tiny alphabet, so that ancestors and near misses are frequent. */
static size_t random_related(uint8_t wire[BT_NAME_MAX])
{
	size_t at = 0;
	for (unsigned labels = random_below(5); labels > 0; labels--) {
		unsigned length = 1 + random_below(2);
		wire[at++] = (uint8_t)length;
		while (length-- > 0)
			wire[at++] = (uint8_t) "ab\1"[random_below(3)];
	}
	wire[at++] = 0;
	return at;
}

static void prefix_is_ancestor(void **state)
{
	(void)state;
	unsigned yes = 0;
	for (int round = 0; round < 100000; round++) {
		uint8_t a[BT_NAME_MAX], b[BT_NAME_MAX];
		struct bt_key up, name;
		assert_int_equal(bt_key_from_wire(&up, a, random_related(a)), BT_NAME_OK);
		assert_int_equal(bt_key_from_wire(&name, b, random_related(b)), BT_NAME_OK);
		bool prefix = up.len <= name.len && memcmp(up.bytes, name.bytes, up.len) == 0;
		assert_int_equal(prefix, is_ancestor(a, b));
		if (prefix) {
			yes++;
			assert_int_equal(bt_key_ancestor(&name, up.labels), up.len);
		}
		assert_int_equal(bt_key_ancestor(&name, name.labels + 1u), name.len);
		assert_int_equal(bt_key_ancestor(&name, 0), 0);
	}
	assert_in_range(yes, 1000, 99000);
}

static void counts_ancestors(void **state)
{
	(void)state;
	struct bt_key key;
	assert_int_equal(key_from(&key, "www.example.com"), BT_NAME_OK);
	assert_int_equal(bt_key_ancestor(&key, 0), 0);
	assert_int_equal(bt_key_ancestor(&key, 1), 4);
	assert_int_equal(bt_key_ancestor(&key, 2), 12);
	assert_int_equal(bt_key_ancestor(&key, 3), 16);
	assert_int_equal(bt_key_ancestor(&key, 4), 16);
	assert_int_equal(bt_key_ancestor(&key, UINT32_MAX), 16);
}

/* ---- the short way of plain names ---- */

/* Writes the text with character number `at` as an escape, which takes the long way. */
static size_t write_escaped(char *to, const char *text, size_t size, size_t at)
{
	memcpy(to, text, at);
	snprintf(to + at, 5, "\\%03u", (unsigned)(uint8_t)text[at]);
	memcpy(to + at + 4, text + at + 1, size - at - 1);
	return size + 3;
}

static void expect_one_way(const char *text, size_t size, size_t escaped)
{
	char longer[128];
	struct bt_key a, b;
	enum bt_name_status status = bt_key_from_text(&a, text, size);
	size_t longer_size = write_escaped(longer, text, size, escaped);
	if (status != bt_key_from_text(&b, longer, longer_size))
		fail_msg("%d for '%.*s'", (int)status, (int)size, text);
	if (status == BT_NAME_OK &&
	    (a.len != b.len || a.labels != b.labels || memcmp(a.bytes, b.bytes, a.len) != 0))
		fail_msg("another key for '%.*s'", (int)size, text);
}

/* Every octet in every place of names of every size around those that the short way takes. */
static void has_one_way(void **state)
{
	(void)state;
	for (size_t size = 2; size < 72; size++)
		for (size_t at = 0; at < size; at++) {
			char text[72];
			for (size_t i = 0; i < size; i++)
				text[i] = "abcXYZ019-_."[random_below(i % 7 == 3 ? 12 : 11)];
			size_t escaped = at > 1 ? 0 : size - 1;
			text[escaped] = 'q';
			for (unsigned octet = 0; octet < 256; octet++) {
				text[at] = (char)octet;
				if (at != escaped && (octet != '\\' || at + 1 != escaped))
					expect_one_way(text, size, escaped);
			}
		}
}

static void finds_upper_case(void **state)
{
	(void)state;
	for (unsigned size = 1; size <= BT_LABEL_MAX; size++)
		for (unsigned at = 1; at <= size; at++) {
			uint8_t key[BT_LABEL_MAX + 1];
			memset(key, random_below(2) == 0 ? 'a' : 0xc1, sizeof(key));
			key[0] = (uint8_t)size;
			for (unsigned octet = 0; octet < 256; octet++) {
				bool upper = octet >= 'A' && octet <= 'Z';
				key[at] = (uint8_t)octet;
				assert_int_equal(bt_key_labels(key, size + 1), upper ? -1 : 1);
			}
		}
}

int main(void)
{
	const char *seed = getenv("BT_SEED");
	random_state = seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
	print_message("BT_SEED=%ju\n", (uintmax_t)random_state);

	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_texts),
	    cmocka_unit_test(counts_labels),
	    cmocka_unit_test(has_reasons),
	    cmocka_unit_test(reads_wire),
	    cmocka_unit_test(refuses_bad_keys),
	    cmocka_unit_test(makes_round_trips),
	    cmocka_unit_test(prefix_is_ancestor),
	    cmocka_unit_test(counts_ancestors),
	    cmocka_unit_test(has_one_way),
	    cmocka_unit_test(finds_upper_case),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
