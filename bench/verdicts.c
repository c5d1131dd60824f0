/* SPDX-License-Identifier: BSD-3-Clause */
/* verdicts.c -- what the figures decide */

#include <string.h>

#include "report.h"

/* Our trie is the first subject and the first row. */
enum { OURS = 0, LIST = 0 };

static void append(char *text, size_t room, const char *name, double ratio)
{
	size_t used = strlen(text);
	snprintf(text + used, room - used, "%s%s %.2f", used > 0 ? ", " : "", name, ratio);
}

/* The same for single lookups, behind it. */
static void append_single(char *text, size_t room, double ratio)
{
	size_t used = strlen(text);
	snprintf(text + used, room - used, " (one: %.2f)", ratio);
}

/* Which of the list's subjects a row is of. */
static const struct cost *cost_of(const struct report *report, const struct row *row)
{
	return &report->costs[row->subject - report->bench[LIST]->subjects];
}

static double by_ours(const struct report *report, unsigned m, unsigned r, enum state state)
{
	return report->figures[LIST][m][r][state].median /
	       report->figures[LIST][m][OURS][state].median;
}

static double single_by_ours(const struct report *report, unsigned m, unsigned r, enum state state)
{
	return report->figures[LIST][m][r][state].single /
	       report->figures[LIST][m][OURS][state].single;
}

/* Peers that are faster, with how much, and whether one of them is smaller as well. */
static struct verdict smaller_and_faster(const struct report *report, unsigned m, enum state state)
{
	const struct bench *bench = report->bench[LIST];
	struct verdict verdict = {.yes = true};
	char faster[192] = "", both[192] = "";
	snprintf(verdict.question, sizeof(verdict.question),
	    "no peer is both smaller and faster: %s, %s", bench->mixes->list[m].name,
	    state_names[state]);
	for (unsigned r = 1; r < bench->row_count; r++) {
		const struct row *row = &bench->rows[r];
		double ratio = by_ours(report, m, r, state);
		if (row->many || ratio >= 1)
			continue;
		append(faster, sizeof(faster), row->subject->peer->name, ratio);
		if (cost_of(report, row)->resident >= report->costs[OURS].resident)
			continue;
		append(both, sizeof(both), row->subject->peer->name, ratio);
		verdict.yes = false;
	}
	snprintf(verdict.figures, sizeof(verdict.figures), "faster: %s%s%s",
	    faster[0] != '\0' ? faster : "none", verdict.yes ? "" : "; and smaller: ", both);
	return verdict;
}

int report_find_mix(const struct report *report, const char *name)
{
	const struct mixes *mixes = report->bench[LIST]->mixes;
	for (unsigned m = 0; m < mixes->count; m++)
		if (strcmp(mixes->list[m].name, name) == 0)
			return (int)m;
	return -1;
}

/* Whether no peer is faster, for one mix in the cold. */
static struct verdict fastest_in_the_cold(
    const struct report *report, const char *what, const char *mix)
{
	const struct bench *bench = report->bench[LIST];
	struct verdict verdict = {.yes = true};
	int m = report_find_mix(report, mix);
	snprintf(verdict.question, sizeof(verdict.question),
	    "cold, ours is faster than every peer on %s: %s", what, mix);
	for (unsigned r = 1; m >= 0 && r < bench->row_count; r++) {
		double ratio = by_ours(report, (unsigned)m, r, COLD);
		if (bench->rows[r].many)
			continue;
		verdict.yes = verdict.yes && ratio > 1;
		append(verdict.figures, sizeof(verdict.figures), bench->rows[r].subject->peer->name,
		    ratio);
		append_single(verdict.figures, sizeof(verdict.figures),
		    single_by_ours(report, (unsigned)m, r, COLD));
	}
	return verdict;
}

static struct verdict smallest(
    const struct report *report, const char *by, size_t (*size)(const struct cost *cost))
{
	const struct bench *bench = report->bench[LIST];
	struct verdict verdict = {.yes = true};
	char beside[128] = "";
	snprintf(verdict.question, sizeof(verdict.question),
	    "smaller than every exact peer that carries a payload: %s", by);
	for (unsigned r = 1; r < bench->row_count; r++) {
		const struct row *row = &bench->rows[r];
		if (row->many || row->subject == &bench->subjects[OURS])
			continue;
		double ratio =
		    (double)size(cost_of(report, row)) / (double)size(&report->costs[OURS]);
		if (row->subject->peer->keys_alone != NULL) {
			append(beside, sizeof(beside), row->subject->peer->name, ratio);
			continue;
		}
		verdict.yes = verdict.yes && ratio > 1;
		append(verdict.figures, sizeof(verdict.figures), row->subject->peer->name, ratio);
	}
	size_t used = strlen(verdict.figures);
	if (beside[0] != '\0')
		snprintf(verdict.figures + used, sizeof(verdict.figures) - used,
		    "%scarrying none, with classes beside: %s", used > 0 ? "; " : "", beside);
	return verdict;
}

static size_t file_size(const struct cost *cost)
{
	return cost->file;
}

static size_t resident_size(const struct cost *cost)
{
	return cost->resident;
}

unsigned report_verdicts(const struct report *report, struct verdict verdicts[VERDICTS_MAX])
{
	unsigned count = 0;
	for (unsigned m = 0; m < report->bench[LIST]->mixes->count; m++)
		for (enum state s = HOT; s < STATES; s++)
			verdicts[count++] = smaller_and_faster(report, m, s);
	verdicts[count++] = fastest_in_the_cold(report, "hits", "hit");
	verdicts[count++] = fastest_in_the_cold(report, "hits", "below");
	verdicts[count++] = fastest_in_the_cold(report, "misses", "popular");
	verdicts[count++] = fastest_in_the_cold(report, "misses", "near");
	verdicts[count++] = smallest(report, "file", file_size);
	verdicts[count++] = smallest(report, "resident", resident_size);
	return count;
}
