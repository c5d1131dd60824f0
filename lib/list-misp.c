/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list-misp.c -- events as MISP exports them in JSON (MISP core format, draft-dulaunoy)
 *
 *     {"Event": {"info": "...", "Attribute": [{"type": "domain", "value": "evil.com", ...}],
 *         "Object": [{"Attribute": [...]}], "Tag": [{"name": "..."}], ...}}
 *
 * or {"response": [...]} of such, or an array of them. A domain is the name and all below it, a
 * hostname the name alone; of "domain|ip" the first half counts; a URL does if it is about all of
 * its host. Attributes that are not meant for detection (to_ids), or deleted, are skipped. The
 * event's info is the campaign; of the tags, galaxies tell actor and family, others are notes.
 */

#include <string.h>

#include "list-json.h"

struct event {
	struct bt_list_parse *parse;
	json_t *known; /* what the event says of itself: without attributes and objects */
};

/* ---- metadata ---- */

/* misp-galaxy:threat-actor="Silent Tester" */
static bool add_galaxy(struct bt_list_meta *meta, struct bt_line tag)
{
	static const struct {
		const char *galaxy, *key;
	} rows[] = {
	    {"misp-galaxy:threat-actor", "actor"},
	    {"misp-galaxy:mitre-intrusion-set", "actor"},
	    {"misp-galaxy:malpedia", "family"},
	    {"misp-galaxy:mitre-malware", "family"},
	    {"misp-galaxy:mitre-tool", "family"},
	    {"misp-galaxy:tool", "family"},
	    {"misp-galaxy:ransomware", "family"},
	    {"misp-galaxy:botnet", "family"},
	    {"misp-galaxy:rat", "family"},
	    {"misp-galaxy:stealer", "family"},
	    {"misp-galaxy:banker", "family"},
	};
	struct bt_line name = bt_list_until(&tag, '=');
	if (tag.size < 2 || tag.at[0] != '"' || tag.at[tag.size - 1] != '"')
		return false;
	const struct bt_line value = {.at = tag.at + 1, .size = tag.size - 2};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (bt_list_is(name, rows[i].galaxy)) {
			bt_list_meta_add(meta, rows[i].key, value);
			return true;
		}
	return false;
}

static void add_tags(struct bt_list_meta *meta, const json_t *of)
{
	const json_t *tags = json_object_get(of, "Tag");
	for (size_t i = 0; i < json_array_size(tags); i++) {
		struct bt_line tag = bt_list_json_line(json_array_get(tags, i), "name");
		if (!add_galaxy(meta, tag))
			bt_list_meta_add(meta, "note", tag);
	}
}

static void read_meta(struct bt_list_meta *meta, const struct event *event, const json_t *attribute)
{
	bool seen = bt_list_json_line(attribute, "first_seen").size > 0;
	bt_list_json_add(meta, "campaign", event->known, "info");
	bt_list_json_add(meta, "source", json_object_get(event->known, "Orgc"), "name");
	bt_list_json_add(
	    meta, "first-reported", seen ? attribute : event->known, seen ? "first_seen" : "date");
	bt_list_json_add(meta, "note", attribute, "comment");
	add_tags(meta, attribute);
	add_tags(meta, event->known);
}

/* ---- attributes ---- */

/* What of the value is the name, and how far it reaches. NULL, or why it is skipped. */
static const char *settle(
    const struct bt_list_parse *parse, struct bt_list_found *found, struct bt_line type)
{
	unsigned line = found->name.number;
	found->scope = BT_SCOPE_EXACT;
	if (bt_list_is(type, "domain") || bt_list_is(type, "domain|ip"))
		found->scope = BT_SCOPE_SUBTREE;
	else if (bt_list_is(type, "url"))
		return bt_list_json_host(parse, found);
	else if (!bt_list_is(type, "hostname") && !bt_list_is(type, "hostname|port"))
		return "an indicator that is no name";
	if (memchr(type.at, '|', type.size) != NULL)
		found->name = bt_list_until(&found->name, '|');
	found->name.number = line;
	return NULL;
}

static bool read_attribute(
    const struct event *event, const json_t *attribute, unsigned line, struct bt_err *err)
{
	struct bt_list_found found = {.name = bt_list_json_line(attribute, "value")};
	found.name.number = line;
	if (!json_is_object(attribute) || found.name.size == 0) {
		bt_list_bad(event->parse, line, "an attribute without a value");
		return true;
	}
	const char *skipped = settle(event->parse, &found, bt_list_json_line(attribute, "type"));
	if (skipped == NULL && bt_list_json_true(attribute, "deleted"))
		skipped = "an attribute that was deleted";
	if (skipped == NULL && !bt_list_json_true(attribute, "to_ids"))
		skipped = "an attribute that is not for detection (to_ids)";
	if (skipped != NULL) {
		bt_list_skip(event->parse, line, skipped);
		return true;
	}
	read_meta(&found.meta, event, attribute);
	return bt_list_json_emit(event->parse, &found, err);
}

/* False, of this and what follows, only if a callback failed or memory ran out. */
static bool read_attributes(
    const struct event *event, struct bt_json_walk *walk, struct bt_err *err)
{
	bool read = true;
	bt_json_enter(walk, '[');
	while (read && bt_json_next(walk)) {
		unsigned line = walk->line;
		json_t *attribute = bt_json_value(walk);
		read = attribute == NULL || read_attribute(event, attribute, line, err);
		json_decref(attribute);
	}
	return read;
}

static bool read_objects(const struct event *event, struct bt_json_walk *walk, struct bt_err *err)
{
	bool read = true;
	bt_json_enter(walk, '[');
	while (read && bt_json_next(walk)) {
		bt_json_enter(walk, '{');
		while (read && bt_json_next(walk))
			if (bt_json_is(walk, "Attribute"))
				read = read_attributes(event, walk, err);
			else
				bt_json_skip(walk);
	}
	return read;
}

/* ---- events ---- */

static bool is_walked(const struct bt_json_walk *walk)
{
	return bt_json_is(walk, "Attribute") || bt_json_is(walk, "Object");
}

/* One by one, for all of them may be more than a value can be. */
static void skip_all(struct bt_json_walk *walk)
{
	bt_json_enter(walk, '[');
	while (bt_json_next(walk))
		bt_json_skip(walk);
}

/* What the event says of itself may stand behind its attributes. The walk is a copy. */
static bool gather(struct event *event, struct bt_json_walk walk)
{
	bool kept = event->known != NULL;
	bt_json_enter(&walk, '{');
	while (kept && bt_json_next(&walk)) {
		if (is_walked(&walk)) {
			skip_all(&walk);
			continue;
		}
		json_t *value = bt_json_value(&walk);
		if (value != NULL && (bt_json_is(&walk, "info") || bt_json_is(&walk, "date") ||
					 bt_json_is(&walk, "Orgc") || bt_json_is(&walk, "Tag")))
			kept = json_object_set(event->known, walk.key, value) == 0;
		json_decref(value);
	}
	return kept;
}

static bool read_event(struct bt_list_parse *parse, struct bt_json_walk *walk, struct bt_err *err)
{
	struct event event = {.parse = parse, .known = json_object()};
	bool read = gather(&event, *walk) || bt_fail(err, "%s: out of memory", parse->path);
	bt_json_enter(walk, '{');
	while (read && bt_json_next(walk))
		if (!is_walked(walk))
			bt_json_skip(walk);
		else if (bt_json_is(walk, "Object"))
			read = read_objects(&event, walk, err);
		else
			read = read_attributes(&event, walk, err);
	json_decref(event.known);
	return read;
}

/* {"Event": {...}} */
static bool read_holder(struct bt_list_parse *parse, struct bt_json_walk *walk, struct bt_err *err)
{
	bool read = true;
	bt_json_enter(walk, '{');
	while (read && bt_json_next(walk))
		if (bt_json_is(walk, "Event"))
			read = read_event(parse, walk, err);
		else
			bt_json_skip(walk);
	return read;
}

static bool read_holders(struct bt_list_parse *parse, struct bt_json_walk *walk, struct bt_err *err)
{
	bool read = true;
	bt_json_enter(walk, '[');
	while (read && bt_json_next(walk))
		read = read_holder(parse, walk, err);
	return read;
}

static bool read_text(
    struct bt_list_parse *parse, const char *text, size_t size, struct bt_err *err)
{
	struct bt_json_walk walk;
	bool read = true;
	bt_json_begin(&walk, text, size);
	if (bt_json_comes(&walk, '[')) {
		read = read_holders(parse, &walk, err);
	} else {
		bt_json_enter(&walk, '{');
		while (read && bt_json_next(&walk))
			if (bt_json_is(&walk, "response") && bt_json_comes(&walk, '['))
				read = read_holders(parse, &walk, err);
			else if (bt_json_is(&walk, "Event"))
				read = read_event(parse, &walk, err);
			else
				bt_json_skip(&walk);
	}
	return read && bt_json_finish(&walk, parse->path, err);
}

static bool looks(const char *at, size_t size)
{
	return bt_list_is_json(at, size) && memmem(at, size, "\"Event\"", 7) != NULL;
}

const struct bt_list_format bt_list_misp = {
    .looks = looks, .text = read_text, .most = BT_LIST_JSON_MAX};
