/* SPDX-License-Identifier: BSD-3-Clause */
/* doctor-events.c -- do events arrive, and of whom? */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "intern.h"
#include "out.h"
#include "segment-folder.h"
#include "segment.h"

enum {
	PERIOD_DEFAULT = 60, /* seconds between heartbeats, where they do not say */
	MISSING = 3,         /* heartbeats until the writer is thought to be stuck */
	HITS_ENOUGH = 100,   /* to say something of the clients */
	PERCENT_MOST = 80,
};

static const int64_t ms_a_day = 86400 * 1000;

/* ---- reading ---- */

struct reading {
	struct bt_recent recent;
	int64_t since;
	struct bt_intern *clients;
	uint64_t *hits; /* by number of the client */
	size_t room;
	bool no_memory;
};

static void see(struct bt_recent *recent, int64_t time)
{
	if (time > recent->last_record)
		recent->last_record = time;
}

static bool count_client(struct reading *reading, const uint8_t client[BT_ADDRESS_SIZE])
{
	uint32_t number;
	if (!bt_intern_add(reading->clients, client, BT_ADDRESS_SIZE, &number))
		return false;
	if (number >= reading->room) {
		size_t room = reading->room * 2 + 64;
		uint64_t *more = realloc(reading->hits, room * sizeof(*more));
		if (more == NULL)
			return false;
		memset(more + reading->room, 0, (room - reading->room) * sizeof(*more));
		reading->hits = more;
		reading->room = room;
	}
	struct bt_recent *recent = &reading->recent;
	if (++reading->hits[number] > recent->most_hits) {
		recent->most_hits = reading->hits[number];
		memcpy(recent->most, client, sizeof(recent->most));
	}
	return true;
}

static bool on_event(void *ctx, const struct bt_segment_event *record)
{
	static const uint8_t nobody[BT_ADDRESS_SIZE];
	struct reading *reading = ctx;
	const struct bt_event *event = &record->event;
	see(&reading->recent, event->time);
	if (event->time < reading->since)
		return true;
	reading->recent.hits++;
	if (memcmp(event->via, nobody, sizeof(nobody)) != 0)
		return true;
	reading->no_memory |= !count_client(reading, event->client);
	return !reading->no_memory;
}

static bool on_gap(
    void *ctx, uint64_t boot, uint32_t ring, uint64_t first, uint64_t last, int64_t time)
{
	struct reading *reading = ctx;
	(void)boot;
	(void)ring;
	if (time >= reading->since)
		reading->recent.lost += last - first + 1;
	return true;
}

static bool on_beat(void *ctx, const struct bt_beat *beat)
{
	struct bt_recent *recent = &((struct reading *)ctx)->recent;
	see(recent, beat->time);
	if (beat->time < recent->last_beat)
		return true;
	recent->last_beat = beat->time;
	recent->period = beat->period != 0 ? beat->period : PERIOD_DEFAULT;
	return true;
}

/* A ring's totals are in the segments of one folder once. */
static bool on_count(void *ctx, const struct bt_count *count)
{
	struct reading *reading = ctx;
	see(&reading->recent, count->time);
	if (count->time >= reading->since)
		reading->recent.counted += count->counted - count->counted_before;
	return true;
}

static void on_damage(void *ctx, uint64_t offset, const char *reason)
{
	(void)offset;
	(void)reason;
	((struct reading *)ctx)->recent.damaged++;
}

/* A segment that was closed before these days has nothing of them. */
static bool is_old(const struct reading *reading, const struct bt_segment_file *file)
{
	struct stat st;
	return !file->open && stat(file->path, &st) == 0 &&
	       (int64_t)st.st_mtime * 1000 < reading->since;
}

/* *gone: one of the segments was closed, and so renamed, before it could be read. */
static bool read_segments(struct bt_doctor *doctor, struct reading *reading, const char *folder,
    bool *gone, struct bt_err *err)
{
	const struct bt_segment_visitor visitor = {
	    .event = on_event,
	    .gap = on_gap,
	    .beat = on_beat,
	    .count = on_count,
	    .damage = on_damage,
	    .ctx = reading,
	};
	struct bt_segment_file *files;
	size_t count;
	struct bt_err wrong;
	if (!bt_segment_files(folder, &files, &count, err))
		return false;
	*gone = false;
	for (size_t i = 0; i < count && !reading->no_memory && !*gone; i++) {
		if (is_old(reading, &files[i]) || bt_segment_read(files[i].path, &visitor, &wrong))
			continue;
		*gone = files[i].open && access(files[i].path, F_OK) != 0;
		if (*gone)
			continue;
		bt_found(doctor, BT_HEALTH_WARN, "%s", wrong.text);
		bt_advise(doctor, "reports lack what was in it: take it out of the folder");
	}
	bt_segment_files_free(&files, count);
	return !reading->no_memory || bt_fail(err, "%s: out of memory", folder);
}

static bool read_recent(struct bt_doctor *doctor, const char *folder)
{
	struct bt_err err;
	bool ok, gone = false;
	size_t found = doctor->count;
	unsigned tries = 3;
	do {
		struct reading reading = {
		    .since = doctor->now - BT_DOCTOR_DAYS * ms_a_day, .clients = bt_intern_new()};
		ok = reading.clients != NULL ? read_segments(doctor, &reading, folder, &gone, &err)
					     : bt_fail(&err, "out of memory");
		bt_intern_free(&reading.clients);
		free(reading.hits);
		doctor->recent = reading.recent;
	} while (ok && gone && doctor->count == found && --tries > 0);
	if (!ok)
		bt_found(doctor, BT_HEALTH_FAIL, "%s", err.text);
	return ok;
}

/* ---- do they arrive? ---- */

static void tell_beat(struct bt_doctor *doctor, const char *folder)
{
	const struct bt_recent *recent = &doctor->recent;
	char ago[64], counted[64] = "";
	if (recent->counted > 0)
		snprintf(counted, sizeof(counted), ", and %" PRIu64 " that are only counted",
		    recent->counted);
	bt_ago(ago, doctor, recent->last_beat);
	if (recent->last_beat == 0) {
		bt_found(doctor, doctor->running ? BT_HEALTH_FAIL : BT_HEALTH_WARN,
		    "%s: no heartbeat in %d days", folder, BT_DOCTOR_DAYS);
		bt_advise(doctor, "see the resolver's log for why it does not record");
	} else if (doctor->now - recent->last_beat > (int64_t)recent->period * MISSING * 1000) {
		bt_found(doctor, doctor->running ? BT_HEALTH_FAIL : BT_HEALTH_WARN,
		    "the last heartbeat was %s", ago);
		bt_advise(doctor, doctor->running
				      ? "see the resolver's log: nothing is recorded at the moment"
				      : "start Unbound");
	} else {
		bt_found(doctor, BT_HEALTH_OK, "heartbeat %s, %" PRIu64 " hits in %d days%s", ago,
		    recent->hits, BT_DOCTOR_DAYS, counted);
	}
}

void bt_check_events(struct bt_doctor *doctor)
{
	char *folder = bt_doctor_path(doctor, doctor->config->state_dir, "events");
	if (folder == NULL)
		return;
	doctor->recent_read = read_recent(doctor, folder);
	if (doctor->recent_read)
		tell_beat(doctor, folder);
	if (doctor->recent.lost > 0) {
		bt_found(doctor, BT_HEALTH_WARN, "%" PRIu64 " hits in %d days are not in the log",
		    doctor->recent.lost, BT_DOCTOR_DAYS);
		bt_advise(doctor, "the resolver's log says when a ring was full, or a disk");
	}
	if (doctor->recent.damaged > 0) {
		bt_found(doctor, BT_HEALTH_WARN, "%" PRIu64 " damaged blocks in the log",
		    doctor->recent.damaged);
		bt_advise(doctor, "`beacontrap report` names them: look after the disk");
	}
	free(folder);
}

/* ---- of whom? ---- */

void bt_check_clients(struct bt_doctor *doctor)
{
	const struct bt_recent *recent = &doctor->recent;
	char client[BT_CLIENT_TEXT];
	if (!doctor->recent_read)
		return;
	if (recent->hits < HITS_ENOUGH ||
	    recent->most_hits <=
		recent->hits / 100 * PERCENT_MOST + recent->hits % 100 * PERCENT_MOST / 100) {
		bt_found(
		    doctor, BT_HEALTH_OK, "no address makes most hits of %d days", BT_DOCTOR_DAYS);
		return;
	}
	bt_client_show(client, recent->most);
	bt_found(doctor, BT_HEALTH_WARN,
	    "%s makes %" PRIu64 " of %" PRIu64 " hits in %d days: a forwarder hides the clients?",
	    client, recent->most_hits, recent->hits, BT_DOCTOR_DAYS);
	bt_advise(doctor,
	    "if it is one, have it name them (dnsmasq: add-subnet=32,128 and add-mac), and put %s "
	    "into trusted-forwarders",
	    client);
}
