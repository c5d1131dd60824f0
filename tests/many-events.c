/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * many-events.c -- a month of one resolver's events, for SQL to compare reports with, and to
 * measure
 *
 *     many-events STATE [HITS [CLIENTS [INDICATORS [DAYS [SEED [DAY]]]]]]
 *
 * Makes STATE/events with packed segments. What they hold goes to STATE/events.csv,
 *
 *     number,time,client,indicator,qname,qtype,action,list
 *
 * and what else the indicators matched, with `decided` 1 for the match that an event is credited
 * to, to STATE/matches.csv:
 *
 *     indicator,list,campaign,family,decided
 *
 * Three fifths of the hits are beacons: infected clients that ask for one indicator each 60, 300 or
 * 3600 seconds, give or take up to half of it, A and AAAA and now and then a retry, for some days.
 * The rest is chance: popular indicators (by Zipf's law), any client, more by day than by night.
 */

#include <arpa/inet.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "network.h"
#include "policy-build.h"
#include "random.h"
#include "segment-format.h"
#include "segment.h"

enum {
	LISTS = 6,
	CLASSES = 200,
	DIGEST = 0x3c3c,
	FIRST_BOOT = 0xb007,
	DAY = 86400000,
	SEGMENT_SIZE = 64 << 20,
	BEAT_MS = 60000,
};

static uint32_t boot = FIRST_BOOT;
static int64_t begin = 1700000000000 / DAY * DAY; /* or DAY days later, with another boot */

struct hit {
	int64_t time;
	uint32_t client, indicator;
	uint8_t aaaa, below; /* asked for AAAA; for a name below the indicator */
};

struct world {
	const char *folder;
	uint64_t hits, numbers;
	uint32_t clients, indicators, days;
	struct bt_policy *policy;
	void *policy_bytes;
	struct hit *hit;
	FILE *events, *matches;
};

static void fail(const char *what)
{
	fprintf(stderr, "many-events: %s\n", what);
	exit(1);
}

/* ---- the policy ---- */

static void add_classes(struct bt_policy_builder *builder, uint64_t *numbers, struct bt_err *err)
{
	for (unsigned i = 0; i < CLASSES; i++) {
		struct bt_member members[LISTS];
		unsigned count = 0;
		uint32_t class_id;
		for (uint16_t list = 0; list < LISTS; list++) {
			char campaign[32], family[32];
			struct bt_pair pairs[] = {{"campaign", campaign}, {"family", family}};
			if (random_below(numbers, 3) != 0 && (list + 1 < LISTS || count > 0))
				continue;
			snprintf(
			    campaign, sizeof(campaign), "Campaign %u", random_below(numbers, 20));
			snprintf(family, sizeof(family), "family-%u", random_below(numbers, 50));
			struct bt_member *member = &members[count++];
			*member = (struct bt_member){.list = list, .scope = BT_SCOPE_SUBTREE};
			if (!bt_policy_add_meta(
				builder, pairs, random_below(numbers, 3), &member->meta, err))
				fail(err->text);
		}
		if (!bt_policy_add_class(builder, members, count, &class_id, err))
			fail(err->text);
	}
}

static void make_policy(struct world *world)
{
	struct bt_policy_builder *builder;
	struct bt_sinkhole sinkhole = {.ttl = 10};
	struct bt_err err;
	size_t size;
	if (!bt_policy_builder_new(&builder, &sinkhole, &err))
		fail(err.text);
	for (unsigned i = 0; i < LISTS; i++) {
		char name[16];
		struct bt_list_info list = {
		    .name = name, .action = i % 3 == 2 ? BT_ACTION_NXDOMAIN : BT_ACTION_SINKHOLE};
		snprintf(name, sizeof(name), "list-%u", i);
		if (!bt_policy_add_list(builder, &list, &err))
			fail(err.text);
	}
	add_classes(builder, &world->numbers, &err);
	if (!bt_policy_build(builder, &world->policy_bytes, &size, &err) ||
	    !bt_policy_open(&world->policy, world->policy_bytes, size, &err))
		fail(err.text);
	bt_policy_builder_free(&builder);
}

/* ---- what is listed ---- */

/* One in five is below the one before it, so that names have several matches. */
static bool has_parent(uint32_t indicator)
{
	return indicator % 5 == 4;
}

static void name_of(char *text, size_t size, uint32_t indicator)
{
	static const char *const tops[] = {"com", "net", "org", "info", "example"};
	uint32_t whole = indicator - has_parent(indicator);
	snprintf(text, size, "%sbeacon-%x-%u.%s", has_parent(indicator) ? "deep." : "",
	    whole * 2654435761u, whole, tops[whole % 5]);
}

static uint32_t class_of(const struct world *world, uint32_t indicator)
{
	return indicator * 7 % bt_policy_classes(world->policy); /* the same are one */
}

static void key_of(struct bt_key *key, const char *text)
{
	if (bt_key_from_text(key, text, strlen(text)) != BT_NAME_OK)
		fail(text);
}

static const char *or_dash(const char *text)
{
	return text == NULL ? "-" : text;
}

static void write_members(const struct world *world, const char *name, uint32_t class_id, bool own)
{
	for (unsigned i = 0; i < bt_policy_class_size(world->policy, class_id); i++) {
		struct bt_member member = bt_policy_member(world->policy, class_id, i);
		fprintf(world->matches, "%s,%s,%s,%s,%d\n", name,
		    bt_policy_list(world->policy, member.list).name,
		    or_dash(bt_policy_value(world->policy, member, "campaign")),
		    or_dash(bt_policy_value(world->policy, member, "family")), own && i == 0);
	}
}

static void write_matches(const struct world *world)
{
	for (uint32_t i = 0; i < world->indicators; i++) {
		char name[64];
		name_of(name, sizeof(name), i);
		write_members(world, name, class_of(world, i), true);
		if (has_parent(i))
			write_members(world, name, class_of(world, i - 1), false);
	}
}

/* ---- hits ---- */

/* Between 0 and 1, without 0. */
static double chance(struct world *world)
{
	return ((double)(random_next(&world->numbers) >> 11) + 1) / 9007199254740993.0;
}

/* Zipf's law by the inverse of its continuous form. */
static uint32_t popular(struct world *world, uint32_t count)
{
	return (uint32_t)(pow((double)count + 1, chance(world)) - 1) % count;
}

static uint64_t add_beacon(struct world *world, uint64_t at, uint64_t until)
{
	static const int64_t periods[] = {60000, 300000, 300000, 3600000, 3600000, 3600000};
	static const unsigned jitters[] = {0, 20, 50};
	int64_t length = (int64_t)world->days * DAY;
	int64_t period = periods[random_below(&world->numbers, 6)];
	int64_t most = period * jitters[random_below(&world->numbers, 3)] / 100;
	int64_t time = (int64_t)(chance(world) * (double)length);
	int64_t end = time + (int64_t)(-log(chance(world)) * 3 * DAY);
	struct hit hit = {.client = random_below(&world->numbers, world->clients),
	    .indicator = popular(world, world->indicators)};
	while (at + 3 <= until && time < end && time < length) {
		hit.time = begin + time;
		hit.aaaa = 0;
		world->hit[at++] = hit;
		hit.time += random_below(&world->numbers, 30);
		hit.aaaa = 1;
		world->hit[at++] = hit;
		if (random_below(&world->numbers, 20) == 0) {
			hit.time += 1000 + random_below(&world->numbers, 4000);
			world->hit[at++] = hit;
		}
		time += period - most + (int64_t)(chance(world) * 2 * (double)most);
	}
	return at;
}

static void add_chance(struct world *world, struct hit *hit)
{
	double hour;
	do {
		hit->time = (int64_t)(chance(world) * world->days * (double)DAY);
		hour = (double)(hit->time % DAY) / DAY;
	} while (chance(world) > 0.55 - 0.45 * cos(2 * M_PI * hour));
	hit->time += begin;
	hit->client = random_below(&world->numbers, world->clients);
	hit->indicator = popular(world, world->indicators);
	hit->aaaa = random_below(&world->numbers, 3) == 0;
	hit->below = random_below(&world->numbers, 4) == 0;
}

static int by_time(const void *a, const void *b)
{
	const struct hit *left = a, *right = b;
	return left->time == right->time ? 0 : left->time < right->time ? -1 : 1;
}

static void make_hits(struct world *world)
{
	uint64_t beacons = world->hits * 3 / 5, at = 0;
	world->hit = calloc(world->hits, sizeof(*world->hit));
	if (world->hit == NULL)
		fail("out of memory");
	while (at + 3 <= beacons)
		at = add_beacon(world, at, beacons);
	for (; at < world->hits; at++)
		add_chance(world, &world->hit[at]);
	qsort(world->hit, world->hits, sizeof(*world->hit), by_time);
}

/* ---- events ---- */

static void address_of(uint8_t address[static 16], uint32_t client)
{
	static const uint8_t mapped[13] = {[10] = 0xff, [11] = 0xff, [12] = 10};
	memset(address, 0, 16);
	if (client % 10 == 9) {
		address[0] = 0x20;
		address[1] = 0x01;
		address[7] = 1;
	} else {
		memcpy(address, mapped, sizeof(mapped));
	}
	address[13] = (uint8_t)(client >> 16);
	address[14] = (uint8_t)(client >> 8);
	address[15] = (uint8_t)client;
}

static struct bt_event event_of(
    struct world *world, const struct hit *hit, char *name, size_t room, char *asked)
{
	struct bt_event event = {.time = hit->time, .policy = DIGEST, .qclass = 1};
	struct bt_member first =
	    bt_policy_member(world->policy, class_of(world, hit->indicator), 0);
	struct bt_key key;
	name_of(name, room, hit->indicator);
	key_of(&key, name);
	event.list = first.list;
	event.action = (uint8_t)bt_policy_list(world->policy, first.list).action;
	event.labels = (uint8_t)key.labels;
	event.matches[event.match_count++] = (struct bt_event_match){
	    .class_id = class_of(world, hit->indicator), .labels = (uint8_t)key.labels};
	if (has_parent(hit->indicator))
		event.matches[event.match_count++] =
		    (struct bt_event_match){.class_id = class_of(world, hit->indicator - 1),
			.labels = (uint8_t)(key.labels - 1)};
	snprintf(asked, room + 8, "%s%s", hit->below ? "www." : "", name);
	key_of(&key, asked);
	event.key_size = key.len;
	memcpy(event.key, key.bytes, key.len);
	event.qtype = hit->aaaa ? 28 : 1;
	event.port = (uint16_t)(1024 + random_below(&world->numbers, 64512));
	address_of(event.client, hit->client);
	return event;
}

static void write_row(const struct world *world, uint64_t number, const struct bt_event *event,
    const char *name, const char *asked)
{
	char client[BT_NETWORK_TEXT];
	struct bt_network network = {.bits = 128};
	memcpy(network.address, event->client, sizeof(network.address));
	bt_network_write(client, &network);
	fprintf(world->events, "%" PRIu64 ",%" PRId64 ",%s,%s,%s,%u,%s,%s\n", number, event->time,
	    client, name, asked, event->qtype, bt_action_name(event->action),
	    bt_policy_list(world->policy, event->list).name);
}

/* ---- segments ---- */

struct log {
	struct bt_segment_writer *writer;
	char *path;
	uint32_t number;
	int64_t beat_at;
};

static void end_segment(struct log *log)
{
	struct bt_err err;
	bool packed;
	if (log->writer == NULL)
		return;
	if (!bt_segment_close(&log->writer, &err) ||
	    !bt_segment_pack(log->path, NULL, &packed, &err))
		fail(err.text);
	free(log->path);
}

static void begin_segment(struct log *log, const struct world *world, int64_t time)
{
	char folder[4096];
	struct bt_err err;
	size_t size;
	const void *bytes = bt_policy_bytes(world->policy, &size);
	end_segment(log);
	snprintf(folder, sizeof(folder), "%s/events", world->folder);
	if (asprintf(&log->path, "%s/dns1-%016x-%06u.seg", folder, boot, log->number) < 0 ||
	    !bt_segment_create(&log->writer, folder, "dns1", boot, log->number++, time, &err) ||
	    !bt_segment_policy(log->writer, DIGEST, bytes, size, &err))
		fail("cannot begin a segment");
}

static void beat_until(struct log *log, int64_t time)
{
	for (; log->beat_at <= time; log->beat_at += BEAT_MS) {
		struct bt_err err;
		struct bt_beat beat = {.time = log->beat_at,
		    .boot = boot,
		    .policy = DIGEST,
		    .kind = log->beat_at == begin ? BT_BEAT_START : BT_BEAT_ALIVE};
		if (!bt_segment_beat(log->writer, &beat, &err))
			fail(err.text);
	}
}

static void write_events(struct world *world)
{
	struct log log = {.beat_at = begin};
	int64_t day = -1;
	for (uint64_t i = 0; i < world->hits; i++) {
		const struct hit *hit = &world->hit[i];
		char name[64], asked[72];
		struct bt_err err;
		if (log.writer == NULL || hit->time / DAY != day ||
		    bt_segment_written(log.writer) >= SEGMENT_SIZE)
			begin_segment(&log, world, hit->time);
		day = hit->time / DAY;
		beat_until(&log, hit->time);
		struct bt_event event = event_of(world, hit, name, sizeof(name), asked);
		if (!bt_segment_event(log.writer, boot, 0, i + 1, &event, &err))
			fail(err.text);
		write_row(world, i + 1, &event, name, asked);
	}
	end_segment(&log);
}

static FILE *open_csv(const struct world *world, const char *name)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", world->folder, name);
	FILE *file = fopen(path, "w");
	if (file == NULL)
		fail(path);
	return file;
}

static uint64_t number(int argc, char **argv, int which, uint64_t otherwise)
{
	return which < argc ? strtoull(argv[which], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	char events[4096];
	if (argc < 2)
		return 2;
	struct world world = {.folder = argv[1],
	    .hits = number(argc, argv, 2, 1000000),
	    .clients = (uint32_t)number(argc, argv, 3, 10000),
	    .indicators = (uint32_t)number(argc, argv, 4, 5000),
	    .days = (uint32_t)number(argc, argv, 5, 30),
	    .numbers = number(argc, argv, 6, 1)};
	uint64_t day = number(argc, argv, 7, 0);
	boot += (uint32_t)day;
	begin += (int64_t)day * DAY;
	snprintf(events, sizeof(events), "%s/events", world.folder);
	if (world.hits < 3 || world.clients == 0 || world.indicators == 0 || world.days == 0 ||
	    (mkdir(world.folder, 0755) != 0 && access(world.folder, W_OK) != 0) ||
	    (mkdir(events, 0755) != 0 && access(events, W_OK) != 0))
		fail("cannot be made");
	world.events = open_csv(&world, "events.csv");
	world.matches = open_csv(&world, "matches.csv");
	make_policy(&world);
	write_matches(&world);
	make_hits(&world);
	write_events(&world);
	if (fclose(world.events) != 0 || fclose(world.matches) != 0)
		fail("cannot write");
	bt_policy_close(&world.policy);
	free(world.policy_bytes);
	free(world.hit);
	return 0;
}
