/* SPDX-License-Identifier: BSD-3-Clause */
/* report.h -- the figures as a table and as JSON, and what they decide */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdio.h>

#include "cost.h"
#include "measure.h"
#include "prepare.h"

/* Nanoseconds a lookup. */
struct figure {
	double median, p99;        /* of batch means */
	double single, single_p99; /* median and p99 of single lookups; 0 for match_many() */
};

struct report {
	struct prepared prepared;
	uint32_t classes;
	uint64_t seed;
	unsigned rounds;
	int cpu;
	bool quick;             /* no times: nothing is decided */
	struct bench *bench[2]; /* the list, the hostile list; the first subject and row is ours */
	struct cost costs[PEERS_MAX]; /* of the list's subjects */
	struct cost compile;          /* of bt_compile(), the names alone */
	unsigned disagree;            /* peers that are not timed */
	struct figure figures[2][MIXES_MAX][ROWS_MAX][STATES];
};

/* Fills figures[]. Before what is below. */
void report_figures(struct report *report);

/* "beacontrap", or "beacontrap x16" for match_many(). */
const char *report_row_name(const struct row *row, char name[static 64]);

/* Number of the list's mix of that name; -1: there is none. */
int report_find_mix(const struct report *report, const char *name);

void report_print_head(const struct report *report, FILE *to);
void report_print_costs(const struct report *report, FILE *to);
void report_print_times(const struct report *report, FILE *to);

/* The few figures that count, with what ours must reach, beside the peers'. */
void report_print_goals(const struct report *report, FILE *to);

bool report_write_json(const struct report *report, const char *path, struct bt_err *err);

/* A question that the figures answer. */
struct verdict {
	char question[96];
	char figures[416];
	bool yes;
};

enum { VERDICTS_MAX = MIXES_MAX * STATES + 8 };

unsigned report_verdicts(const struct report *report, struct verdict verdicts[VERDICTS_MAX]);

#endif
