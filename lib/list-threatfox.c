/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list-threatfox.c -- indicators as ThreatFox (abuse.ch) gives them in JSON
 *
 *     {"1234": [{"ioc_value": "evil.com", "ioc_type": "domain", ...}], ...}         its export
 *     {"query_status": "ok", "data": [{"ioc": "evil.com", ...}, ...]}     what its API answers
 *
 * A domain is the name and all below it; a URL counts if it is about all of its host.
 */

#include <string.h>

#include "list-json.h"

static bool either(struct bt_line *line, const json_t *record, const char *a, const char *b)
{
	*line = bt_list_json_line(record, a);
	if (line->size == 0)
		*line = bt_list_json_line(record, b);
	return line->size > 0;
}

static void read_meta(struct bt_list_meta *meta, const json_t *record)
{
	const char *family = bt_list_json_line(record, "malware_printable").size > 0
				 ? "malware_printable"
				 : "malware";
	bt_list_json_add(meta, "family", record, family);
	bt_list_json_add(meta, "confidence", record, "confidence_level");
	bt_list_json_add(meta, "first-reported", record, "first_seen_utc");
	bt_list_json_add(meta, "first-reported", record, "first_seen");
	bt_list_json_add(meta, "reference", record, "reference");
	bt_list_json_add(meta, "note", record, "tags");
}

static bool read_record(
    struct bt_list_parse *parse, const json_t *record, unsigned line, struct bt_err *err)
{
	struct bt_list_found found = {.scope = BT_SCOPE_SUBTREE};
	const char *skipped = NULL;
	struct bt_line type = bt_list_json_line(record, "ioc_type");
	if (!either(&found.name, record, "ioc_value", "ioc")) {
		bt_list_bad(parse, line, "a record without an indicator: \"ioc_value\" or \"ioc\"");
		return true;
	}
	found.name.number = line;
	if (bt_list_is(type, "url"))
		skipped = bt_list_json_host(parse, &found);
	else if (!bt_list_is(type, "domain"))
		skipped = "an indicator that is no name";
	if (skipped != NULL) {
		bt_list_skip(parse, line, skipped);
		return true;
	}
	read_meta(&found.meta, record);
	return bt_list_json_emit(parse, &found, err);
}

/* False, of this and what follows, only if a callback failed. */
static bool read_records(struct bt_list_parse *parse, struct bt_json_walk *walk, struct bt_err *err)
{
	bool read = true;
	bt_json_enter(walk, '[');
	while (read && bt_json_next(walk)) {
		unsigned line = walk->line;
		json_t *record = bt_json_value(walk);
		read = record == NULL || read_record(parse, record, line, err);
		json_decref(record);
	}
	return read;
}

static bool read_export(struct bt_list_parse *parse, struct bt_json_walk *walk, struct bt_err *err)
{
	bool read = true;
	bt_json_enter(walk, '{');
	while (read && bt_json_next(walk))
		if (bt_json_comes(walk, '['))
			read = read_records(parse, walk, err);
		else
			bt_json_skip(walk);
	return read;
}

static bool read_text(
    struct bt_list_parse *parse, const char *text, size_t size, struct bt_err *err)
{
	struct bt_json_walk walk;
	bt_json_begin(&walk, text, size);
	bool read = bt_json_comes(&walk, '[') ? read_records(parse, &walk, err)
					      : read_export(parse, &walk, err);
	return read && bt_json_finish(&walk, parse->path, err);
}

static bool looks(const char *at, size_t size)
{
	return bt_list_is_json(at, size) && (memmem(at, size, "\"ioc_value\"", 11) != NULL ||
						memmem(at, size, "\"ioc_type\"", 10) != NULL);
}

const struct bt_list_format bt_list_threatfox = {
    .looks = looks, .text = read_text, .most = BT_LIST_JSON_MAX};
