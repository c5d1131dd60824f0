/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log.h -- the query logs of other tools, one question after the other
 *
 * What is read and where it is described: Unbound's log-queries (unbound.conf(5)), dnsmasq's
 * log-queries, which is Pi-hole's log too (dnsmasq(8)), BIND's query log (ARM, "the queries
 * category"), Zeek's dns.log (docs.zeek.org), dnstap (dnstap.info) and Pi-hole's FTL database
 * (docs.pi-hole.net). Files may be compressed with gzip, xz or zstd. None of them is ever in memory
 * as a whole.
 *
 * Threads: a call belongs to one thread.
 */
#ifndef BT_LOG_H
#define BT_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "name.h"
#include "network.h"

/* One question that a client asked. */
struct bt_log_query {
	int64_t time; /* milliseconds since 1970-01-01 UTC */
	uint8_t client[BT_ADDRESS_SIZE];
	uint16_t qtype; /* 0: not known */
	struct bt_key key;
};

enum { BT_LOG_AUTO = -1, BT_LOG_FORMAT_COUNT = 7 };

/* "unbound", ...: number of the format, -1 if there is none of that name. */
int bt_log_format_from_name(const char *name);

/* For messages. */
#define BT_LOG_FORMATS "unbound, dnsmasq, bind, zeek-tsv, zeek-json, dnstap or ftl"

struct bt_log_options {
	int format; /* BT_LOG_AUTO: what the beginning of the file looks like */
	/* Of times that say no zone: */
	bool named_zone; /* that of the process's TZ; else: */
	int32_t offset;  /* seconds east of UTC */
	int year;        /* of times that say none; 0: the last in which the file may have it */
	/* Each question; it is borrowed. False ends the reading. */
	bool (*query)(void *ctx, const struct bt_log_query *query);
	void *ctx;
};

/* What a file turned out to hold. */
struct bt_log_stats {
	const char *format; /* NULL: the file is empty */
	const char *unit;   /* what its records are: "line", "frame" or "row" */
	uint64_t records;
	uint64_t queries;
	uint64_t other; /* records of the format that are no questions */
	uint64_t alien; /* lines of other programs in a system's log, and empty ones */
	uint64_t bad;
	uint64_t first_bad;  /* number of the record, from 1 */
	const char *reason;  /* of it: static text */
	int64_t first, last; /* times of questions; 0 if there are none */
	bool stopped;        /* by the callback */
	bool refused;        /* it could not be read, or not to its end */
};

/*
 * Reads a log; path "-" is standard input. False if it cannot be read to its end, or if nothing in
 * it is of its format: *stats is what was read until then, *err begins with the path.
 */
bool bt_log_read(const char *path, const struct bt_log_options *options, struct bt_log_stats *stats,
    struct bt_err *err);

#endif
