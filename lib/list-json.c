/* SPDX-License-Identifier: BSD-3-Clause */
/* list-json.c -- what the formats in JSON share */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "list-json.h"

/* "{" or "[", and then what can come: "[Adblock Plus]" is something else. */
bool bt_list_is_json(const char *at, size_t size)
{
	static const char space[] = " \t\r\n";
	size_t i = 0;
	while (i < size && at[i] != '\0' && strchr(space, at[i]) != NULL)
		i++;
	if (i == size || (at[i] != '{' && at[i] != '['))
		return false;
	bool object = at[i++] == '{';
	while (i < size && at[i] != '\0' && strchr(space, at[i]) != NULL)
		i++;
	return i < size && at[i] == (object ? '"' : '{');
}

/* ---- members ---- */

static struct bt_line line_of(const json_t *string)
{
	struct bt_line line = {.at = "", .size = 0};
	if (json_is_string(string)) {
		line.at = json_string_value(string);
		line.size = json_string_length(string);
	}
	return line;
}

struct bt_line bt_list_json_line(const json_t *object, const char *key)
{
	return line_of(json_object_get(object, key));
}

bool bt_list_json_true(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	return json_is_true(value) || (json_is_number(value) && json_number_value(value) == 1) ||
	       bt_list_is(line_of(value), "1") || bt_list_is(line_of(value), "true");
}

/* "2023-03-29T12:00:00.000Z" and "...00+00:00" without what is more than a second, and as Z. */
static struct bt_line shorten_date(struct bt_line date, char room[static 32])
{
	enum { SECONDS = sizeof("2023-03-29T12:00:00") - 1 };
	size_t at = SECONDS;
	if (date.size <= SECONDS || date.at[10] != 'T')
		return date;
	if (date.at[at] == '.')
		for (at++; at < date.size && date.at[at] >= '0' && date.at[at] <= '9';)
			at++;
	struct bt_line zone = {.at = date.at + at, .size = date.size - at};
	if (!bt_list_is(zone, "Z") && !bt_list_is(zone, "+00:00"))
		return date;
	memcpy(room, date.at, SECONDS);
	room[SECONDS] = 'Z';
	return (struct bt_line){.at = room, .size = SECONDS + 1};
}

void bt_list_json_add_value(struct bt_list_meta *meta, const char *key, const json_t *value)
{
	char room[32];
	struct bt_line line = line_of(value);
	if (json_is_number(value)) {
		double number = json_number_value(value);
		if (!(number >= 0 && number <= 1e9))
			return;
		int size = snprintf(room, sizeof(room), "%.0f", number);
		line = (struct bt_line){.at = room, .size = (size_t)size};
	} else if (strcmp(key, "expires") == 0 || strcmp(key, "first-reported") == 0) {
		line = shorten_date(line, room);
	}
	bt_list_meta_add(meta, key, line);
}

void bt_list_json_add(
    struct bt_list_meta *meta, const char *key, const json_t *object, const char *member)
{
	const json_t *value = json_object_get(object, member);
	if (!json_is_array(value)) {
		bt_list_json_add_value(meta, key, value);
		return;
	}
	for (size_t i = 0; i < json_array_size(value); i++)
		bt_list_json_add_value(meta, key, json_array_get(value, i));
}

/* ---- indicators ---- */

const char *bt_list_json_host(const struct bt_list_parse *parse, struct bt_list_found *found)
{
	unsigned line = found->name.number;
	const char *reason = bt_list_host_of_url(parse, &found->name, found->name);
	found->name.number = line;
	found->scope = BT_SCOPE_EXACT;
	return reason;
}

bool bt_list_json_emit(
    struct bt_list_parse *parse, const struct bt_list_found *found, struct bt_err *err)
{
	struct bt_key key;
	const struct bt_line name = found->name;
	const struct bt_entry entry = {
	    .key = &key,
	    .scope = found->scope,
	    .pairs = found->meta.pairs,
	    .pair_count = found->meta.count,
	    .line = name.number,
	};
	return !bt_list_key(parse, &key, name, found->scope != BT_SCOPE_EXACT) ||
	       bt_list_emit(parse, &entry, err);
}
