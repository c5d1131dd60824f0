/* SPDX-License-Identifier: BSD-3-Clause */
/* goals.c -- the few figures that count, with what ours must reach, beside the peers' */

#include <math.h>

#include "report.h"

enum { LIST = 0 };

struct goal {
	const char *what;
	double must, aim;
	const char *mix; /* of times */
	enum state state;
	double (*cost)(const struct cost *cost, double names); /* of costs */
};

static double file_octets(const struct cost *cost, double names)
{
	return (double)cost->file / names;
}

static double resident_octets(const struct cost *cost, double names)
{
	return (double)cost->resident / names;
}

static double build_seconds(const struct cost *cost, double names)
{
	return cost->build_seconds * 1e6 / names;
}

static double build_octets(const struct cost *cost, double names)
{
	return (double)cost->build_peak / names;
}

static double open_milliseconds(const struct cost *cost, double names)
{
	return cost->open_seconds * 1e9 / names;
}

static const struct goal goals[] = {
    {.what = "file, octets a name", .must = 12, .aim = 8, .cost = file_octets},
    {.what = "resident, octets a name", .must = 12, .aim = 8, .cost = resident_octets},
    {.what = "miss, hot, ns", .must = 60, .aim = 30, .mix = "popular", .state = HOT},
    {.what = "miss, cold, ns", .must = 200, .aim = 130, .mix = "popular", .state = COLD},
    {.what = "hit, hot, ns", .must = 150, .aim = 90, .mix = "hit", .state = HOT},
    {.what = "hit, cold, ns", .must = 350, .aim = 230, .mix = "hit", .state = COLD},
    {.what = "build, s for 1 M names", .must = 1.0, .aim = 0.4, .cost = build_seconds},
    {.what = "its peak, octets a name", .must = 120, .aim = 64, .cost = build_octets},
    {.what = "open, ms for 1 M names", .must = 60, .aim = 20, .cost = open_milliseconds},
};

/* Of the row's subject, number `r` among the rows. */
static double value(const struct report *report, const struct goal *goal, unsigned r)
{
	const struct bench *bench = report->bench[LIST];
	if (goal->cost != NULL)
		return goal->cost(&report->costs[bench->rows[r].subject - bench->subjects],
		    (double)bench->names->count);
	int m = report_find_mix(report, goal->mix);
	return m < 0 ? NAN : report->figures[LIST][m][r][goal->state].median;
}

void report_print_goals(const struct report *report, FILE *to)
{
	const struct bench *bench = report->bench[LIST];
	fprintf(to, "\ngoals\n\n  %-24s %6s %6s", "", "must", "aim");
	for (unsigned r = 0; r < bench->row_count; r++)
		if (!bench->rows[r].many)
			fprintf(to, " %12s", bench->rows[r].subject->peer->name);
	fprintf(to, "\n");
	for (size_t i = 0; i < sizeof(goals) / sizeof(goals[0]); i++) {
		const struct goal *goal = &goals[i];
		fprintf(to, "  %-24s %6.4g %6.4g", goal->what, goal->must, goal->aim);
		for (unsigned r = 0; r < bench->row_count; r++)
			if (!bench->rows[r].many)
				fprintf(to, " %12.4g", value(report, goal, r));
		fprintf(to, "   %s\n", value(report, goal, 0) <= goal->must ? "yes" : "NO");
	}
}
