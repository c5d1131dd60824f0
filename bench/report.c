/* SPDX-License-Identifier: BSD-3-Clause */
/* report.c -- the figures as a table */

#include <string.h>
#include <sys/utsname.h>

#include "report.h"

void report_figures(struct report *report)
{
	for (unsigned b = 0; b < 2; b++)
		for (unsigned m = 0; m < MIXES_MAX; m++)
			for (unsigned r = 0; r < report->bench[b]->row_count; r++)
				for (unsigned s = 0; s < STATES; s++) {
					struct cell *cell = &report->bench[b]->cells[m][r][s];
					report->figures[b][m][r][s] =
					    (struct figure){samples_at(&cell->means, 0.5),
						samples_at(&cell->means, 0.99),
						samples_at(&cell->each, 0.5),
						samples_at(&cell->each, 0.99)};
				}
}

const char *report_row_name(const struct row *row, char name[static 64])
{
	if (row->many)
		snprintf(name, 64, "%s x%d", row->subject->peer->name, PEER_MANY);
	else
		snprintf(name, 64, "%s", row->subject->peer->name);
	return name;
}

/* ---- head ---- */

static void print_processor(FILE *to)
{
	char line[256];
	FILE *file = fopen("/proc/cpuinfo", "r");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "model name", 10) == 0 && strchr(line, ':') != NULL) {
			fprintf(to, "%s", strchr(line, ':') + 2);
			fclose(file);
			return;
		}
	if (file != NULL)
		fclose(file);
	fprintf(to, "unknown processor\n");
}

static void print_mixes(const struct mixes *mixes, FILE *to)
{
	for (unsigned i = 0; i < mixes->count; i++) {
		const struct mix *mix = &mixes->list[i];
		fprintf(to, "  %-12s %7zu queries, %5.1f %% covered, %.2f matches each: %s\n",
		    mix->name, mix->count, 100.0 * (double)mix->hits / (double)mix->count,
		    (double)mix->matches / (double)mix->count, mix->what);
	}
}

void report_print_head(const struct report *report, FILE *to)
{
	struct utsname system;
	const struct bench *bench = report->bench[0];
	fprintf(to, "beacontrap %s, bench/match\n\n", BT_VERSION);
	fprintf(to, "list        %zu names, %u classes", bench->names->count, report->classes);
	if (report->prepared.generated > 0)
		fprintf(to, "; %llu of the names are generated, by a Markov chain over the others",
		    (unsigned long long)report->prepared.generated);
	fprintf(to, "\npopular     %zu names, %zu of them covered and left out\n",
	    bench->mixes->benign, bench->mixes->covered);
	fprintf(to, "hostile     %zu names, a list of its own\n", report->bench[1]->names->count);
	fprintf(to, "processor   ");
	print_processor(to);
	if (uname(&system) == 0)
		fprintf(to, "system      %s %s %s; compiler %s\n", system.sysname, system.release,
		    system.machine, __VERSION__);
	fprintf(to, "run         seed %llu, %u rounds of all peers in turn, on CPU %d\n",
	    (unsigned long long)report->seed, report->rounds, report->cpu);
	fprintf(to, "cold        after %s\n", regions_evict_method);
	fprintf(to, "\nqueries\n");
	print_mixes(bench->mixes, to);
	print_mixes(report->bench[1]->mixes, to);
	fprintf(to, "\npeers\n");
	for (unsigned i = 0; i < bench->subject_count; i++)
		fprintf(to, "  %-14s %s\n", bench->subjects[i].peer->name,
		    bench->subjects[i].peer->what);
}

/* ---- costs ---- */

static void print_cost(const struct report *report, unsigned i, FILE *to)
{
	const struct cost *cost = &report->costs[i], *ours = &report->costs[0];
	double names = (double)report->bench[0]->names->count;
	fprintf(to, "  %-14s %7.2f %5.2f %9.2f %5.2f %9.3f %8.1f %9.2f",
	    report->bench[0]->subjects[i].peer->name, (double)cost->file / names,
	    (double)cost->file / (double)ours->file, (double)cost->resident / names,
	    (double)cost->resident / (double)ours->resident, cost->build_seconds,
	    (double)cost->build_peak / names, cost->open_seconds * 1e3);
	if (cost->keys_alone > 0)
		fprintf(to, "   %.2f without the classes", (double)cost->keys_alone / names);
	fprintf(to, "\n");
}

void report_print_costs(const struct report *report, FILE *to)
{
	double names = (double)report->bench[0]->names->count;
	fprintf(to,
	    "\nsize in octets a name, build from the text list (peak: octets a name of the whole\n"
	    "process), open; x: by ours\n\n"
	    "  peer              file     x  resident     x  build, s     peak  open, ms\n");
	for (unsigned i = 0; i < report->bench[0]->subject_count; i++)
		print_cost(report, i, to);
	fprintf(to, "  bt_compile of the names alone, without families: %.3f s, peak %.1f\n",
	    report->compile.build_seconds, (double)report->compile.build_peak / names);
}

/* ---- times ---- */

static void print_row(const struct report *report, unsigned b, unsigned m, unsigned r, FILE *to)
{
	char name[64];
	fprintf(to, "  %-16s", report_row_name(&report->bench[b]->rows[r], name));
	for (unsigned s = 0; s < STATES; s++) {
		const struct figure *figure = &report->figures[b][m][r][s];
		const struct figure *ours = &report->figures[b][m][0][s];
		fprintf(to, "  %7.1f %5.2f %7.1f", figure->median,
		    ours->median > 0 ? figure->median / ours->median : 0, figure->p99);
		if (figure->single > 0)
			fprintf(to, " %7.0f %7.0f", figure->single, figure->single_p99);
		else
			fprintf(to, " %7s %7s", "-", "-");
	}
	fprintf(to, "\n");
}

void report_print_times(const struct report *report, FILE *to)
{
	fprintf(to,
	    "\nnanoseconds a lookup; median and p99 of the means of batches, x: median by ours; "
	    "one: median and\np99 of single lookups\n\n  %-16s",
	    "");
	for (unsigned s = 0; s < STATES; s++)
		fprintf(to, "  %-37s", state_names[s]);
	fprintf(to, "\n  %-16s", "");
	for (unsigned s = 0; s < STATES; s++)
		fprintf(to, "   median     x     p99     one     p99");
	fprintf(to, "\n");
	for (unsigned b = 0; b < 2; b++)
		for (unsigned m = 0; m < report->bench[b]->mixes->count; m++) {
			fprintf(to, "%s\n", report->bench[b]->mixes->list[m].name);
			for (unsigned r = 0; r < report->bench[b]->row_count; r++)
				print_row(report, b, m, r, to);
		}
}
