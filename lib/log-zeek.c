/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log-zeek.c -- query logs: Zeek's dns.log, as tab-separated values or as one JSON object a line
 *
 * Zeek writes the octets of a name that are not plain as \xHH, in JSON with two backslashes.
 */

#include "log-format.h"

/* -1: none that is needed. */
static int find_column(struct bt_text name)
{
	switch (bt_text_size(&name)) {
	case 2:
		return memcmp(name.at, "ts", 2) == 0 ? BT_ZEEK_TIME : -1;
	case 5:
		if (memcmp(name.at, "query", 5) == 0)
			return BT_ZEEK_NAME;
		return memcmp(name.at, "qtype", 5) == 0 ? BT_ZEEK_TYPE : -1;
	case 9:
		return memcmp(name.at, "id.orig_h", 9) == 0 ? BT_ZEEK_CLIENT : -1;
	default:
		return -1;
	}
}

/* ---- names ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \xHH -> \DDD, and what Zeek has no escape for. 0: too long for a name. */
static size_t to_presentation(char to[static BT_TEXT_MAX + 4], struct bt_text from)
{
	size_t size = 0;
	while (from.at < from.end) {
		if (size >= BT_TEXT_MAX)
			return 0;
		unsigned char c = (unsigned char)*from.at;
		size_t left = bt_text_size(&from);
		if (c == '\\' && left >= 4 && from.at[1] == 'x' && hex_digit(from.at[2]) >= 0 &&
		    hex_digit(from.at[3]) >= 0) {
			size += bt_log_escape(to + size,
			    (unsigned)(hex_digit(from.at[2]) * 16 + hex_digit(from.at[3])));
			from.at += 4;
		} else if (c == '\\' && left >= 2 && from.at[1] == '\\') {
			size += bt_log_escape(to + size, c);
			from.at += 2;
		} else if (c <= ' ' || c >= 127 || c == '\\') {
			size += bt_log_escape(to + size, c);
			from.at++;
		} else {
			to[size++] = (char)c;
			from.at++;
		}
	}
	return size;
}

static enum bt_log_said read_name(
    struct bt_log_source *source, struct bt_text name, struct bt_log_query *query)
{
	char text[BT_TEXT_MAX + 4];
	if (bt_key_from_text(&query->key, name.at, bt_text_size(&name)) == BT_NAME_OK &&
	    memchr(name.at, '\\', bt_text_size(&name)) == NULL)
		return BT_LOG_QUERY;
	size_t size = to_presentation(text, name);
	if (size == 0)
		return bt_log_bad(source, bt_name_reason(BT_NAME_LONG));
	return bt_log_name(source, (struct bt_text){text, text + size}, query);
}

/* What both forms say, as text; what is not there is empty. */
static enum bt_log_said read_values(struct bt_log_source *source,
    const struct bt_text values[static BT_ZEEK_COLUMNS], struct bt_log_query *query)
{
	struct bt_text name = values[BT_ZEEK_NAME], type = values[BT_ZEEK_TYPE];
	struct bt_text when = values[BT_ZEEK_TIME];
	uint64_t number = 0;
	if (name.at == name.end)
		return BT_LOG_OTHER; /* nobody asked for anything: a reply without its question */
	if (bt_log_seconds(when, &query->time)) {
		if (query->time > INT64_C(100000000000000)) /* milliseconds: JSON::TS_MILLIS */
			query->time /= 1000;
	} else if (!bt_log_stamp(source, &when, &query->time) || when.at < when.end) {
		return bt_log_bad(source, "'ts' is no time");
	}
	if (!bt_log_address(values[BT_ZEEK_CLIENT], query->client))
		return bt_log_bad(source, "'id.orig_h' is no address");
	bt_log_number(type, UINT16_MAX, &number);
	query->qtype = (uint16_t)number;
	return read_name(source, name, query);
}

/* ---- tab-separated ---- */

/* "#separator \x09", "#fields\tts\tuid...": what the columns are. */
static enum bt_log_said read_header(struct bt_log_source *source, struct bt_text text)
{
	if (bt_text_take(&text, "#separator \\x") && bt_text_size(&text) == 2 &&
	    hex_digit(text.at[0]) >= 0 && hex_digit(text.at[1]) >= 0) {
		source->separator = (char)(hex_digit(text.at[0]) * 16 + hex_digit(text.at[1]));
		return BT_LOG_OTHER;
	}
	if (source->separator == '\0')
		source->separator = '\t';
	struct bt_text word = bt_text_until(&text, source->separator);
	if (!bt_text_is(word, "#fields"))
		return BT_LOG_OTHER;
	memset(source->column, 0, sizeof(source->column));
	for (source->columns = 0; text.at < text.end;) {
		word = bt_text_until(&text, source->separator);
		source->columns++;
		int column = find_column(word);
		if (column >= 0)
			source->column[column] = source->columns;
	}
	return BT_LOG_OTHER;
}

enum bt_log_said bt_log_zeek_tsv(
    struct bt_log_source *source, const char *at, size_t size, struct bt_log_query *query)
{
	struct bt_text text = {at, at + size}, values[BT_ZEEK_COLUMNS] = {{at, at}};
	unsigned number = 0, found = 0;
	if (size > 0 && *at == '#')
		return read_header(source, text);
	if (source->columns == 0)
		return bt_log_bad(source, "no #fields line before it");
	if (source->column[BT_ZEEK_TIME] == 0 || source->column[BT_ZEEK_CLIENT] == 0 ||
	    source->column[BT_ZEEK_NAME] == 0)
		return bt_log_bad(source, "#fields has no ts, id.orig_h and query");
	for (int i = 0; i < BT_ZEEK_COLUMNS; i++)
		values[i] = (struct bt_text){at, at};
	while (text.at < text.end && found < BT_ZEEK_COLUMNS) {
		struct bt_text value = bt_text_until(&text, source->separator);
		number++;
		for (int i = 0; i < BT_ZEEK_COLUMNS; i++)
			if (source->column[i] == number) {
				values[i] = value;
				found++;
			}
	}
	if (number < source->column[BT_ZEEK_NAME])
		return bt_log_bad(source, "fewer columns than #fields says");
	if (bt_text_is(values[BT_ZEEK_NAME], "-") || bt_text_is(values[BT_ZEEK_NAME], "(empty)"))
		return BT_LOG_OTHER;
	return read_values(source, values, query);
}

/* ---- JSON ---- */

static void skip_space(struct bt_text *text)
{
	while (text->at < text->end && (*text->at == ' ' || *text->at == '\t' || *text->at == '\r'))
		text->at++;
}

/* Takes a string, without its quotes and as it is written. */
static bool take_string(struct bt_text *text, struct bt_text *string)
{
	if (!bt_text_take(text, "\""))
		return false;
	string->at = text->at;
	for (; text->at < text->end && *text->at != '"'; text->at++)
		if (*text->at == '\\' && ++text->at == text->end)
			return false;
	if (text->at == text->end)
		return false;
	string->end = text->at++;
	return true;
}

/* Takes any value: a string without its quotes; of what is nested, all of it. */
static bool take_value(struct bt_text *text, struct bt_text *value)
{
	unsigned depth = 0;
	struct bt_text inner;
	if (text->at < text->end && *text->at == '"')
		return take_string(text, value);
	value->at = text->at;
	while (text->at < text->end) {
		char c = *text->at;
		if (depth == 0 && (c == ',' || c == '}'))
			break;
		if (c == '"') {
			if (!take_string(text, &inner))
				return false;
			continue;
		}
		if (c == '[' || c == '{')
			depth++;
		else if ((c == ']' || c == '}') && depth-- == 0)
			return false;
		text->at++;
	}
	value->end = text->at;
	while (value->end > value->at && value->end[-1] == ' ')
		value->end--;
	return depth == 0 && value->at < value->end;
}

/* The escapes of a string undone, into room for `most` octets. False: none of JSON, or too long. */
static bool unescape(char *to, size_t most, struct bt_text *string)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
	size_t size = 0;
	while (string->at < string->end) {
		char c = *string->at++;
		if (size == most)
			return false;
		if (c == '\\') {
			c = *string->at++; /* take_string() saw that it is there */
			const char *found = c == '\0' ? NULL : strchr(from, c);
			if (found != NULL) {
				c = into[found - from];
			} else {
				unsigned value = 0;
				if (c != 'u' || bt_text_size(string) < 4)
					return false;
				for (int i = 0; i < 4; i++) {
					int digit = hex_digit(*string->at++);
					if (digit < 0)
						return false;
					value = value * 16 + (unsigned)digit;
				}
				if (value > 255) /* names are octets */
					return false;
				c = (char)value;
			}
		}
		to[size++] = c;
	}
	*string = (struct bt_text){to, to + size};
	return true;
}

enum bt_log_said bt_log_zeek_json(
    struct bt_log_source *source, const char *at, size_t size, struct bt_log_query *query)
{
	struct bt_text text = {at, at + size}, values[BT_ZEEK_COLUMNS], key, value;
	char room[4 * BT_TEXT_MAX];
	bool more = false;
	for (int i = 0; i < BT_ZEEK_COLUMNS; i++)
		values[i] = (struct bt_text){at, at};
	skip_space(&text);
	if (!bt_text_take(&text, "{"))
		return bt_log_bad(source, "is no JSON object");
	skip_space(&text);
	while (more || !bt_text_take(&text, "}")) {
		if (!take_string(&text, &key))
			return bt_log_bad(source, "is no JSON object: expected a key");
		skip_space(&text);
		if (!bt_text_take(&text, ":"))
			return bt_log_bad(source, "is no JSON object: expected ':'");
		skip_space(&text);
		if (!take_value(&text, &value))
			return bt_log_bad(source, "is no JSON object: expected a value");
		int column = find_column(key);
		if (column >= 0)
			values[column] = value;
		skip_space(&text);
		more = bt_text_take(&text, ",");
		if (!more && (text.at == text.end || *text.at != '}'))
			return bt_log_bad(source, "is no JSON object: expected ',' or '}'");
		skip_space(&text);
	}
	skip_space(&text);
	if (text.at < text.end)
		return bt_log_bad(source, "something follows the JSON object");
	if (values[BT_ZEEK_CLIENT].at == values[BT_ZEEK_CLIENT].end)
		return bt_log_bad(source, "the JSON object has no 'id.orig_h'");
	struct bt_text *name = &values[BT_ZEEK_NAME];
	if (memchr(name->at, '\\', bt_text_size(name)) != NULL &&
	    !unescape(room, sizeof(room), name))
		return bt_log_bad(source, "'query' is no JSON string of a name");
	return read_values(source, values, query);
}
