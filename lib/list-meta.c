/* SPDX-License-Identifier: BSD-3-Clause */
/* list-meta.c -- what formats of columns say of an indicator */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "list-meta.h"

/* In UTF-8, those that Latin 1 had are two octets. */
static void drop_controls(char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c < ' ' || c == 127)
			text[i] = ' ';
		else if (c == 0xc2 && i + 1 < size && (unsigned char)text[i + 1] >= 0x80 &&
			 (unsigned char)text[i + 1] < 0xa0)
			text[i] = text[i + 1] = ' ';
	}
}

static bool is_confidence(const char *text)
{
	size_t size = strlen(text);
	return strspn(text, "0123456789") == size &&
	       (size == 1 || size == 2 || strcmp(text, "100") == 0);
}

/* As our YAML writes it: in place, with room for one character more. */
static bool make_date(char *text)
{
	static const char *const forms[] = {
	    "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%dT%H:%M:%SZ"};
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		struct tm tm = {0};
		const char *end = strptime(text, forms[i], &tm);
		if (end == NULL || *end != '\0' || tm.tm_sec > 59)
			continue;
		int month = tm.tm_mon;
		timegm(&tm); /* turns February 30 into March 2 */
		if (tm.tm_mon != month || tm.tm_year < 0 || tm.tm_year > 9999 - 1900)
			return false;
		strftime(text, sizeof("9999-12-31T23:59:59Z"),
		    i == 0 ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M:%SZ", &tm);
		return true;
	}
	return false;
}

void bt_list_meta_add(struct bt_list_meta *meta, const char *key, struct bt_line value)
{
	enum { DATE_ROOM = sizeof("9999-12-31T23:59:59Z") };
	char *text = meta->text + meta->used;
	bool expires = strcmp(key, "expires") == 0, confidence = strcmp(key, "confidence") == 0;
	bool decides = expires || confidence;
	unsigned pairs = BT_META_PAIRS + (decides ? BT_META_DECIDING_PAIRS : 0);
	size_t most = BT_META_TEXT + (decides ? BT_META_DECIDING_TEXT : 0);
	bt_list_trim(&value);
	size_t room = value.size < DATE_ROOM ? DATE_ROOM : value.size + 1;
	if (value.size == 0 || meta->count >= pairs || meta->used + room > most)
		return;
	memcpy(text, value.at, value.size);
	text[value.size] = '\0';
	drop_controls(text, value.size);
	if (confidence && !is_confidence(text))
		return;
	if ((expires || strcmp(key, "first-reported") == 0) && !make_date(text))
		return;
	meta->pairs[meta->count++] = (struct bt_pair){key, text};
	meta->used += strlen(text) + 1;
}
