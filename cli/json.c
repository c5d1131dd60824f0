/* SPDX-License-Identifier: BSD-3-Clause */
/* json.c -- a little over jansson: what the JSON writers share */

#include <stdlib.h>

#include "escape.h"
#include "json.h"

json_t *bt_json_text(const char *text)
{
	json_t *value = json_string(text);
	if (value != NULL)
		return value;
	char *escaped = NULL;
	size_t size;
	FILE *out = open_memstream(&escaped, &size);
	if (out == NULL)
		return NULL;
	bt_put_escaped(out, text);
	if (fclose(out) == 0)
		value = json_string(escaped);
	free(escaped);
	return value;
}

json_t *bt_json_number(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

bool bt_json_add_pair(json_t *object, struct bt_pair pair)
{
	json_t *key = bt_json_text(pair.key);
	json_t *values = json_object_get(object, json_string_value(key));
	bool ok = key != NULL;
	if (ok && values == NULL) {
		values = json_array();
		ok = json_object_set_new(object, json_string_value(key), values) == 0;
	}
	ok = ok && json_array_append_new(values, bt_json_text(pair.value)) == 0;
	json_decref(key);
	return ok;
}

/* Write errors stay in the stream, where main() looks for them. */
bool bt_json_write(FILE *out, json_t *value)
{
	char *text = value != NULL ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	json_decref(value);
	if (text == NULL)
		return false;
	fputs(text, out);
	free(text);
	return true;
}
