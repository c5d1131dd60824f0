/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * doctor.h -- the parts of `beacontrap doctor` (private to cmd-doctor.c and doctor-*.c)
 *
 * A check is a function and a line in cmd-doctor.c's table. It tells what it found, each finding a
 * line of what is so and, unless all is well, one of what to do about it. What it read stays in
 * struct bt_doctor for the checks behind it.
 *
 * Threads: one thread.
 */
#ifndef BT_DOCTOR_H
#define BT_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "ask-canary.h"
#include "cli.h"
#include "network.h"

enum bt_health { BT_HEALTH_OK, BT_HEALTH_WARN, BT_HEALTH_FAIL };

struct bt_finding {
	const char *check;
	enum bt_health health;
	char *found, *advice; /* NULL: none; not escaped */
};

enum { BT_DOCTOR_DAYS = 7 /* of the event log that are looked at */ };

/* What the event log says of these days. */
struct bt_recent {
	uint64_t hits, lost;
	uint64_t counted;    /* hits of which no event is kept */
	uint64_t damaged;    /* blocks */
	int64_t last_beat;   /* milliseconds since 1970; 0: there is none */
	uint32_t period;     /* seconds from that one to the next */
	int64_t last_record; /* of beats and hits */
	/* The client that no forwarder named with the most hits. */
	uint64_t most_hits;
	uint8_t most[BT_ADDRESS_SIZE];
};

struct bt_doctor {
	/* Set before the first check. */
	const char *config_path;
	struct bt_server server;

	/* What checks read; NULL, false: they could not. */
	struct bt_config *config;
	char *trie_path;
	struct stat trie_stat;
	struct bt_trie *trie;
	bool answered; /* the plugin did, with: */
	struct bt_canary canary;
	bool running;   /* its process is there */
	bool recording; /* and records, by what it says of itself */
	bool recent_read;
	struct bt_recent recent;

	const char *check; /* that is being made, */
	int64_t now;       /* since then: milliseconds since 1970 */
	struct bt_finding *findings;
	size_t count, room;
	bool no_memory;
};

/* ---- doctor-findings.c ---- */

/* Tells what is so: for people, one line without its end. */
__attribute__((format(printf, 3, 4))) void bt_found(
    struct bt_doctor *doctor, enum bt_health health, const char *format, ...);

/* Tells what to do about the finding before. */
__attribute__((format(printf, 2, 3))) void bt_advise(
    struct bt_doctor *doctor, const char *format, ...);

/* The worst of all findings. */
enum bt_health bt_findings_worst(const struct bt_doctor *doctor);

/* Write all findings to standard output. False: out of memory. */
void bt_findings_text(const struct bt_doctor *doctor);
bool bt_findings_json(const struct bt_doctor *doctor);

void bt_findings_free(struct bt_doctor *doctor);

/* How long `time` is ago by the clock, in words. Returns text. */
const char *bt_ago(char text[static 64], const struct bt_doctor *doctor, int64_t time);

/*
 * A trie that was written a moment ago may not be in force yet: waits a little and returns true, or
 * returns false at once if it was written longer ago.
 */
bool bt_doctor_waits(struct bt_doctor *doctor);

/* A file in a folder: malloc'ed; NULL after a finding. */
char *bt_doctor_path(struct bt_doctor *doctor, const char *folder, const char *name);

const char *bt_doctor_run_dir(const struct bt_doctor *doctor);

/* ---- the checks ---- */

void bt_check_configuration(struct bt_doctor *doctor); /* doctor-lists.c */
void bt_check_trie(struct bt_doctor *doctor);
void bt_check_lists(struct bt_doctor *doctor);
void bt_check_decisions(struct bt_doctor *doctor);
void bt_check_policy(struct bt_doctor *doctor); /* doctor-policy.c */
void bt_check_module(struct bt_doctor *doctor); /* doctor-plugin.c */
void bt_check_status(struct bt_doctor *doctor);
void bt_check_unbound(struct bt_doctor *doctor); /* doctor-unbound.c */
void bt_check_events(struct bt_doctor *doctor);  /* doctor-events.c */
void bt_check_clients(struct bt_doctor *doctor);
void bt_check_clock(struct bt_doctor *doctor); /* doctor-host.c */
void bt_check_disk(struct bt_doctor *doctor);
void bt_check_permissions(struct bt_doctor *doctor);

#endif
