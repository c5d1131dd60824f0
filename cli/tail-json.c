/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tail-json.c -- hits as JSON, an object a line: flat with our keys, or with those of the Elastic
 * Common Schema (ECS 8, https://www.elastic.co/guide/en/ecs/current)
 */

#include <string.h>

#include "json.h"
#include "tail-format.h"

/* Adds a text, unless it is empty. */
static bool add(json_t *object, const char *key, const char *text)
{
	return text[0] == '\0' || json_object_set_new(object, key, bt_json_text(text)) == 0;
}

static bool add_number(json_t *object, const char *key, uint64_t number)
{
	return json_object_set_new(object, key, bt_json_number(number)) == 0;
}

/* An array of one text or two; an empty one is left out. */
static bool add_array(json_t *object, const char *key, const char *first, const char *second)
{
	json_t *array = json_array();
	bool ok = true;
	if (first[0] != '\0')
		ok = json_array_append_new(array, bt_json_text(first)) == 0;
	if (ok && second[0] != '\0')
		ok = json_array_append_new(array, bt_json_text(second)) == 0;
	ok = json_object_set_new(object, key, array) == 0 && ok;
	return ok;
}

/* Takes over the object; `ok`: it is complete. */
static bool put_line(FILE *out, json_t *object, bool ok)
{
	if (object == NULL || !ok) {
		json_decref(object);
		return false;
	}
	ok = bt_json_write(out, object);
	fputc('\n', out);
	return ok;
}

/* The names of all lists with a match, each once. */
static bool add_lists(json_t *object, const struct bt_tailed *tailed)
{
	const struct bt_event *event = &tailed->record->event;
	bool seen[BT_LISTS_MAX] = {false};
	json_t *array = json_array();
	bool ok = true;
	for (unsigned i = 0; tailed->policy != NULL && i < event->match_count; i++) {
		uint32_t class_id = event->matches[i].class_id;
		unsigned count = bt_policy_class_size(tailed->policy, class_id);
		for (unsigned j = 0; ok && j < count; j++) {
			struct bt_member member = bt_policy_member(tailed->policy, class_id, j);
			unsigned list = member.list;
			if (bt_scope_listed(member.scope) == 0)
				continue; /* an exception */
			if (!seen[list])
				ok = json_array_append_new(array,
					 bt_json_text(bt_policy_list(tailed->policy, list).name)) ==
				     0;
			seen[list] = true;
		}
	}
	return json_object_set_new(object, "lists", array) == 0 && ok;
}

/* ---- flat ---- */

static bool put_event(FILE *out, const struct bt_tailed *event, const struct bt_zone *zone)
{
	struct bt_hit_texts texts;
	json_t *object = json_object();
	(void)zone;
	bt_hit_texts(&texts, event);
	bool ok = add(object, "time", texts.time) && add(object, "id", texts.id) &&
		  add(object, "resolver", event->resolver) && add(object, "client", texts.client) &&
		  add(object, "via", texts.via) && add(object, "device", texts.device) &&
		  add_number(object, "port", event->record->event.port) &&
		  add(object, "transport", texts.transport) && add(object, "name", texts.name) &&
		  add(object, "type", texts.type) && add(object, "class", texts.qclass) &&
		  add(object, "matched", texts.how) && add(object, "matchedName", texts.matched) &&
		  add(object, "indicator", texts.indicator) && add(object, "list", texts.list) &&
		  add_lists(object, event) && add(object, "action", texts.action) &&
		  add(object, "campaign", bt_hit_value(&texts, event, "campaign")) &&
		  add(object, "family", bt_hit_value(&texts, event, "family")) &&
		  add(object, "actor", bt_hit_value(&texts, event, "actor"));
	return put_line(out, object, ok);
}

static bool put_lost(FILE *out, const struct bt_lost *lost, const struct bt_zone *zone)
{
	char time[BT_TIME_TEXT];
	json_t *object = json_object();
	(void)zone;
	bool ok = add(object, "time", bt_time_rfc3339(time, lost->time)) &&
		  add(object, "resolver", lost->resolver) &&
		  add_number(object, "lost", lost->last - lost->first + 1);
	return put_line(out, object, ok);
}

const struct bt_tail_format bt_tail_json = {"json", put_event, put_lost};

/* ---- the Elastic Common Schema ---- */

/* "allowed" for what is only watched. */
static bool add_verdict(json_t *object, const struct bt_hit_texts *texts)
{
	bool stopped = strcmp(texts->action, "log") != 0 && strcmp(texts->action, "allow") != 0;
	return add(object, "event.kind", "alert") &&
	       add_array(object, "event.category", "network", "intrusion_detection") &&
	       add_array(object, "event.type", stopped ? "denied" : "allowed", "protocol") &&
	       add(object, "event.action",
		   strcmp(texts->action, "sinkhole") == 0 ? "sinkholed" : texts->action) &&
	       add(object, "event.outcome", "success");
}

static bool add_observer(json_t *object, const char *resolver)
{
	return add(object, "ecs.version", "8.11.0") && add(object, "observer.hostname", resolver) &&
	       add(object, "observer.vendor", "beacontrap") &&
	       add(object, "observer.product", "beacontrap") && add(object, "observer.type", "dns");
}

static bool add_threat(
    json_t *object, const struct bt_hit_texts *texts, const struct bt_tailed *event)
{
	return add(object, "rule.name", texts->indicator) &&
	       add(object, "rule.ruleset", texts->list) &&
	       add(object, "threat.indicator.type", "domain-name") &&
	       add(object, "threat.indicator.name", texts->indicator) &&
	       add(object, "threat.indicator.provider", texts->list) &&
	       add(object, "threat.feed.name", texts->list) &&
	       add(object, "threat.group.name", bt_hit_value(texts, event, "actor")) &&
	       add(object, "threat.software.name", bt_hit_value(texts, event, "family"));
}

static bool put_ecs_event(FILE *out, const struct bt_tailed *event, const struct bt_zone *zone)
{
	struct bt_hit_texts texts;
	json_t *object = json_object();
	(void)zone;
	bt_hit_texts(&texts, event);
	bool ok =
	    add(object, "@timestamp", texts.time) && add_observer(object, event->resolver) &&
	    add(object, "event.id", texts.id) &&
	    add_number(object, "event.sequence", event->record->sequence) &&
	    add_verdict(object, &texts) && add(object, "client.ip", texts.client) &&
	    add(object, "client.mac", texts.device) && add(object, "source.ip", texts.client) &&
	    add_number(object, "client.port", event->record->event.port) &&
	    add(object, "network.protocol", "dns") &&
	    add(object, "network.transport", strcmp(texts.transport, "udp") == 0 ? "udp" : "tcp") &&
	    add(object, "dns.type", "query") && add(object, "dns.question.name", texts.name) &&
	    add(object, "dns.question.type", texts.type) &&
	    add(object, "dns.question.class", texts.qclass) && add_threat(object, &texts, event) &&
	    add_array(object, "related.ip", texts.client, texts.via) &&
	    add_array(object, "related.hosts", texts.name, "");
	return put_line(out, object, ok);
}

static bool put_ecs_lost(FILE *out, const struct bt_lost *lost, const struct bt_zone *zone)
{
	char time[BT_TIME_TEXT], message[64];
	json_t *object = json_object();
	(void)zone;
	snprintf(message, sizeof(message), "%llu hits were lost",
	    (unsigned long long)(lost->last - lost->first + 1));
	bool ok = add(object, "@timestamp", bt_time_rfc3339(time, lost->time)) &&
		  add_observer(object, lost->resolver) &&
		  add(object, "event.kind", "pipeline_error") && add(object, "message", message);
	return put_line(out, object, ok);
}

const struct bt_tail_format bt_tail_ecs = {"ecs", put_ecs_event, put_ecs_lost};
