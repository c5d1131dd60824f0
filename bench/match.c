/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * match.c -- lookups in our trie beside what a user could pick instead
 *
 * Measures sizes, builds and opens in child processes first, while this one is small; then opens
 * everything here, holds every peer against the reference, and times those that agree with it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "generate.h"
#include "report.h"
#include "settings.h"

enum {
	EXIT_NO = 1,      /* a peer disagrees */
	EXIT_TROUBLE = 2, /* usage or environment */
};

/* ---- lists: made in a child process, so that this one stays small ---- */

/* The list without its last line. */
static bool make_spoiled(const struct settings *settings, struct bt_err *err)
{
	const struct path list = path_of(settings, "list"), spoiled = path_of(settings, "spoiled");
	void *text;
	size_t size;
	if (!bt_file_read(list.text, SIZE_MAX, &text, &size, err))
		return false;
	for (size--; size > 0 && ((const char *)text)[size - 1] != '\n';)
		size--;
	bool ok = bt_file_replace(spoiled.text, text, size, 0600, err);
	free(text);
	return ok;
}

static bool make_lists(void *ctx, void *result, struct bt_err *err)
{
	const struct settings *settings = ctx;
	const struct path list = path_of(settings, "list"), bare = path_of(settings, "bare"),
			  small = path_of(settings, "small");
	const char *from = settings->quick ? small.text : settings->list;
	if (settings->quick && (!generate_small(from, settings->names, true, settings->seed, err) ||
				   !generate_small(settings->benign, settings->names / 2, false,
				       settings->seed + 1, err)))
		return false;
	return prepare(result, from, list.text, bare.text, settings->names, settings->seed, err) &&
	       generate_hostile(
		   path_of(settings, "hostile").text, settings->children, settings->seed, err) &&
	       (settings->spoil == NULL || make_spoiled(settings, err));
}

static bool measure_costs(
    const struct settings *settings, struct report *report, struct bt_err *err)
{
	const struct path list = path_of(settings, "list"), hostile = path_of(settings, "hostile"),
			  spoiled = path_of(settings, "spoiled");
	unsigned count = 0;
	for (unsigned i = 0; peers[i] != NULL; i++) {
		struct cost unused;
		if (!settings_want(settings, peers[i]))
			continue;
		fprintf(stderr, "building: %s\n", peers[i]->name);
		bool spoil =
		    settings->spoil != NULL && strcmp(settings->spoil, peers[i]->name) == 0;
		if (!cost_measure(&report->costs[count++], peers[i],
			spoil ? spoiled.text : list.text,
			path_of_peer(settings, peers[i], false).text, err) ||
		    !cost_measure(&unused, peers[i], hostile.text,
			path_of_peer(settings, peers[i], true).text, err))
			return false;
	}
	return cost_compile(&report->compile, path_of(settings, "bare").text, err);
}

/* ---- the measurement ---- */

static bool open_peers(
    const struct settings *settings, struct bench *bench, bool hostile, struct bt_err *err)
{
	for (unsigned i = 0; peers[i] != NULL; i++) {
		struct path path = path_of_peer(settings, peers[i], hostile);
		if (settings_want(settings, peers[i]) &&
		    !bench_open(bench, peers[i], path.text, err))
			return false;
	}
	return true;
}

/* A peer that disagrees on one of the lists is told, and not timed on any. */
static bool check_peers(struct report *report, struct bt_err *err)
{
	for (unsigned i = 0; i < report->bench[0]->subject_count; i++) {
		const struct peer *peer = report->bench[0]->subjects[i].peer;
		fprintf(stderr, "checking: %s\n", peer->name);
		if (bench_check(report->bench[0], i, err) &&
		    bench_check(report->bench[1], i, err)) {
			for (unsigned b = 0; b < 2; b++)
				bench_add_rows(report->bench[b], i);
			continue;
		}
		printf("DISAGREES, and is not timed: %s\n", err->text);
		report->disagree++;
		if (i == 0)
			return bt_fail(
			    err, "there is no use in timing others against a wrong trie");
	}
	return true;
}

struct data {
	struct names names;
	struct reference reference;
	struct mixes mixes;
};

static bool read_data(
    const struct settings *settings, struct data *data, bool hostile, struct bt_err *err)
{
	const struct path list = path_of(settings, hostile ? "hostile" : "list");
	if (!names_read(&data->names, list.text, false, err) ||
	    !reference_new(&data->reference, &data->names, err))
		return false;
	if (hostile)
		return mixes_make_hostile(
		    &data->mixes, &data->reference, settings->queries / 5, settings->seed, err);
	return mixes_make(&data->mixes, &data->reference, settings->benign, settings->queries,
	    settings->seed, err);
}

static void free_data(struct data *data)
{
	mixes_free(&data->mixes);
	reference_free(&data->reference);
	names_free(&data->names);
}

static void print_verdicts(const struct report *report)
{
	static struct verdict verdicts[VERDICTS_MAX];
	unsigned count = report_verdicts(report, verdicts);
	printf("\nverdicts (x ours)\n");
	for (unsigned i = 0; i < count; i++)
		printf("  %-3s  %-66s  %s\n", verdicts[i].yes ? "yes" : "NO", verdicts[i].question,
		    verdicts[i].figures);
}

static void measure(const struct settings *settings, struct report *report)
{
	report_print_head(report, stdout);
	report_print_costs(report, stdout);
	fflush(stdout);
	for (unsigned round = 0; round < settings->rounds; round++) {
		fprintf(stderr, "round %u of %u\n", round + 1, settings->rounds);
		for (unsigned b = 0; b < 2; b++)
			bench_round(report->bench[b], round, settings->cold_batches);
	}
	report_figures(report);
	report_print_times(report, stdout);
	if (!report->quick)
		report_print_goals(report, stdout);
	if (settings->quick)
		printf("\nquick: all that is timed agrees; the times mean nothing\n");
	else
		print_verdicts(report);
}

static bool run(struct settings *settings, struct report *report, struct bt_err *err)
{
	static struct bench benches[2];
	static struct data data[2];
	bool ok =
	    run_in_child(make_lists, settings, &report->prepared, sizeof(report->prepared), err) &&
	    measure_costs(settings, report, err);
	for (unsigned b = 0; ok && b < 2; b++) {
		ok = read_data(settings, &data[b], b == 1, err);
		benches[b] = (struct bench){.names = &data[b].names,
		    .reference = &data[b].reference,
		    .mixes = &data[b].mixes};
		report->bench[b] = &benches[b];
		ok = ok && open_peers(settings, &benches[b], b == 1, err);
	}
	ok = ok && check_peers(report, err);
	if (ok) {
		report->classes = data[0].names.classes;
		measure(settings, report);
		ok = settings->json == NULL || report_write_json(report, settings->json, err);
	}
	for (unsigned b = 0; b < 2; b++) {
		bench_close(&benches[b]);
		free_data(&data[b]);
	}
	return ok;
}

int main(int argc, char **argv)
{
	static struct report report;
	struct settings settings;
	struct bt_err err;
	struct path benign;

	memory_set_up();
	if (!settings_take(&settings, argc, argv))
		return EXIT_TROUBLE;
	if (!folder_make(&settings, &err)) {
		fprintf(stderr, "bench/match: %s\n", err.text);
		return EXIT_TROUBLE;
	}
	if (settings.quick) {
		benign = path_of(&settings, "benign");
		settings.benign = benign.text;
	}
	report.seed = settings.seed;
	report.rounds = settings.rounds;
	report.quick = settings.quick;
	report.cpu = pin_to_cpu(settings.cpu);
	bool ok = run(&settings, &report, &err);
	folder_remove(&settings);
	if (!ok)
		fprintf(stderr, "bench/match: %s\n", err.text);
	if (report.disagree > 0)
		return EXIT_NO;
	return ok ? EXIT_SUCCESS : EXIT_TROUBLE;
}
