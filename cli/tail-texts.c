/* SPDX-License-Identifier: BSD-3-Clause */
/* tail-texts.c -- what lines say of an event, as text; and the lines for people */

#include <inttypes.h>
#include <ldns/ldns.h>
#include <string.h>

#include "escape.h"
#include "tail-format.h"

static const char *const transports[] = {"udp", "tcp", "tls", "https"};
static const char *const hows[] = {"name", "alias", "service"};

static void show_address(char text[static BT_NETWORK_TEXT], const uint8_t address[static 16])
{
	static const uint8_t none[16];
	struct bt_network network = {.bits = 128};
	text[0] = '\0';
	if (memcmp(address, none, sizeof(none)) == 0)
		return;
	memcpy(network.address, address, sizeof(network.address));
	bt_network_write(text, &network);
}

static void show_device(char text[static 18], const uint8_t mac[static BT_DEVICE_SIZE])
{
	static const uint8_t none[BT_DEVICE_SIZE];
	text[0] = '\0';
	if (memcmp(mac, none, sizeof(none)) != 0)
		snprintf(text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		    mac[4], mac[5]);
}

static void show_type(char text[static 16], uint16_t type)
{
	char *name = ldns_rr_type2str(type);
	snprintf(text, 16, "%s", name == NULL ? "?" : name);
	free(name);
}

static void show_class(char text[static 16], uint16_t qclass)
{
	char *name = ldns_rr_class2str(qclass);
	snprintf(text, 16, "%s", name == NULL ? "?" : name);
	free(name);
}

/* The first labels of the name that matched. */
static void show_indicator(char text[static BT_TEXT_MAX + 1], const struct bt_event *event)
{
	unsigned whole, size = 0;
	const uint8_t *name = bt_event_name(event, &whole);
	for (unsigned i = 0; i < event->labels; i++)
		size += name[size] + 1u;
	bt_key_to_text(text, name, size);
}

/* The membership that decided, among the matches. */
static bool find_member(
    struct bt_member *by, const struct bt_policy *policy, const struct bt_event *event)
{
	for (unsigned i = 0; policy != NULL && i < event->match_count; i++) {
		const struct bt_event_match *match = &event->matches[i];
		unsigned count = bt_policy_class_size(policy, match->class_id);
		for (unsigned j = 0; match->labels == event->labels && j < count; j++) {
			*by = bt_policy_member(policy, match->class_id, j);
			if (by->list == event->list)
				return true;
		}
	}
	return false;
}

void bt_hit_texts(struct bt_hit_texts *texts, const struct bt_tailed *tailed)
{
	const struct bt_segment_event *record = tailed->record;
	const struct bt_event *event = &record->event;
	unsigned size;
	const uint8_t *matched = bt_event_name(event, &size);
	snprintf(texts->id, sizeof(texts->id), "%s/%016" PRIx64 "/%" PRIu32 "/%" PRIu64,
	    tailed->resolver, record->boot, record->ring, record->sequence);
	bt_time_rfc3339(texts->time, event->time);
	show_address(texts->client, event->client);
	show_address(texts->via, event->via);
	show_device(texts->device, event->device);
	bt_key_to_text(texts->name, event->key, event->key_size);
	bt_key_to_text(texts->matched, matched, size);
	show_indicator(texts->indicator, event);
	show_type(texts->type, event->qtype);
	show_class(texts->qclass, event->qclass);
	texts->transport = event->transport < 4 ? transports[event->transport] : "?";
	texts->how = event->matched < BT_MATCHED_KINDS ? hows[event->matched] : "?";
	texts->action = bt_action_name(event->action);
	bool listed = tailed->policy != NULL && event->list < bt_policy_lists(tailed->policy);
	texts->list = listed ? bt_policy_list(tailed->policy, event->list).name : "?";
	texts->known = find_member(&texts->by, tailed->policy, event);
}

const char *bt_hit_value(
    const struct bt_hit_texts *texts, const struct bt_tailed *event, const char *key)
{
	const char *value = texts->known ? bt_policy_value(event->policy, texts->by, key) : NULL;
	return value == NULL ? "" : value;
}

/* ---- for people ---- */

static bool put_event(FILE *out, const struct bt_tailed *event, const struct bt_zone *zone)
{
	struct bt_hit_texts texts;
	char time[BT_TIME_TEXT];
	bt_hit_texts(&texts, event);
	fprintf(
	    out, "%s  %-15s  ", bt_time_show(time, event->record->event.time, zone), texts.client);
	bt_put_escaped(out, texts.name);
	fprintf(out, " %s  %s", texts.type, texts.action);
	if (strcmp(texts.indicator, texts.name) != 0)
		fprintf(out, " by %s", texts.indicator);
	fputs(" in ", out);
	bt_put_escaped(out, texts.list);
	if (event->record->event.matched != BT_MATCHED_NAME)
		fprintf(out, ", which %s %s leads to", texts.how, texts.matched);
	if (texts.via[0] != '\0')
		fprintf(out, ", through %s", texts.via);
	if (texts.device[0] != '\0')
		fprintf(out, ", device %s", texts.device);
	fputc('\n', out);
	return true;
}

static bool put_lost(FILE *out, const struct bt_lost *lost, const struct bt_zone *zone)
{
	char time[BT_TIME_TEXT];
	fprintf(out, "%s  LOST %" PRIu64 " hits of ", bt_time_show(time, lost->time, zone),
	    lost->last - lost->first + 1);
	bt_put_escaped(out, lost->resolver);
	fputc('\n', out);
	return true;
}

const struct bt_tail_format bt_tail_text = {"text", put_event, put_lost};
