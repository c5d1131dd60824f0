/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * feeds.c -- how fast lists are read, and what memory that takes
 *
 *     bench/feeds FOLDER [--quick]
 *
 * Writes 1,000,000 entries in each format that lists can have into FOLDER, and reads each file
 * three times in a process of its own, from the file to the entry callback, which counts. Shown is
 * the fastest, and the most memory that the process had, less what it begins with. Ends with 1 if
 * an entry is missing, or domains or hosts are slower than the goal.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "list.h"

enum { ENTRIES = 1000000, ROUNDS = 3 };

static const double GOAL = 2e6; /* lines a second, of the formats that most lists have */

/* What is before the entries and behind them; of an entry, what is before its name and behind it.
 */
static const struct form {
	const char *name;
	enum bt_format format;
	const char *head, *before, *behind;
	bool must;        /* keep the goal */
	const char *tail; /* NULL: nothing */
} forms[] = {
    {"domains", BT_FORMAT_DOMAINS, "# a list\n", "", "\n", true, NULL},
    {"wildcards", BT_FORMAT_DOMAINS, "# of wildcards\n", "*.", "\n", true, NULL},
    {"hosts", BT_FORMAT_HOSTS, "# a hosts file\n", "0.0.0.0 ", "\n", true, NULL},
    {"adblock", BT_FORMAT_ADBLOCK, "[Adblock Plus 2.0]\n", "||", "^\n", false, NULL},
    {"dnsmasq", BT_FORMAT_DNSMASQ, "", "local=/", "/\n", false, NULL},
    {"unbound", BT_FORMAT_UNBOUND, "server:\n", "local-zone: \"", "\" always_null\n", false, NULL},
    {"rpz", BT_FORMAT_RPZ, "$TTL 60\n", "", " CNAME .\n", false, NULL},
    {"zeek", BT_FORMAT_ZEEK, "#fields\tindicator\tindicator_type\tmeta.source\tmeta.url\n", "",
	"\tIntel::DOMAIN\tcert\thttps://cert.example/7\n", false, NULL},
    {"csv", BT_FORMAT_CSV, "first_seen,domain,malware,confidence\n", "2026-11-26 10:11:12,",
	",\"Trapper\",85\n", false, NULL},
    {"threatfox", BT_FORMAT_THREATFOX, "{\"query_status\":\"ok\",\"data\":[\n", "{\"ioc\":\"",
	"\",\"ioc_type\":\"domain\",\"malware\":\"win.trap\",\"confidence_level\":75},\n", false,
	"{\"ioc\":\"192.0.2.1:80\",\"ioc_type\":\"ip:port\"}]}\n"},
    {"stix", BT_FORMAT_STIX, "{\"type\":\"bundle\",\"objects\":[\n",
	"{\"type\":\"indicator\",\"pattern_type\":\"stix\",\"pattern\":\"[domain-name:value = '",
	"']\",\"valid_from\":\"2023-03-29T12:00:00Z\",\"confidence\":85},\n", false,
	"{\"type\":\"identity\"}]}\n"},
    {"misp", BT_FORMAT_MISP, "{\"Event\":{\"info\":\"Trap\",\"Attribute\":[\n",
	"{\"type\":\"domain\",\"value\":\"", "\",\"to_ids\":true},\n", false,
	"{\"type\":\"ip-dst\",\"value\":\"192.0.2.1\",\"to_ids\":true}]}}\n"},
    {"text", BT_FORMAT_TEXT, "What was seen\n", "It is hxxp://", "/ now.\n", false, NULL},
    {"yaml", BT_FORMAT_YAML, "family: Trapper\nindicators:\n", "- ", "\n", false, NULL},
};

enum { FORMS = sizeof(forms) / sizeof(*forms) };

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Names as lists have them: of all lengths, and no two alike. */
static bool write_list(const char *path, const struct form *form, unsigned entries)
{
	FILE *out = fopen(path, "w");
	if (out == NULL)
		return false;
	fputs(form->head, out);
	for (unsigned i = 0; i < entries; i++) {
		char name[64];
		snprintf(name, sizeof(name), "%s%x.beacon-%u.%s", i % 3 == 0 ? "www." : "",
		    i * 2654435761U, i, i % 2 == 0 ? "example.com" : "org");
		fprintf(out, "%s%s%s", form->before, name, form->behind);
	}
	if (form->tail != NULL)
		fputs(form->tail, out);
	return fclose(out) == 0;
}

static bool on_entry(void *ctx, const struct bt_entry *entry, struct bt_err *err)
{
	uint64_t *count = ctx;
	(void)entry;
	(void)err;
	++*count;
	return true;
}

/* In the child: seconds of the fastest round; 0: it did not find all of them. */
static double read_list(const char *path, const struct form *form, unsigned entries)
{
	double best = 0;
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t count = 0;
		const struct bt_list_reader reader = {.entry = on_entry, .ctx = &count};
		struct bt_list_stats stats;
		struct bt_err err;
		double begin = now();
		enum bt_format format =
		    form->format == BT_FORMAT_TEXT ? BT_FORMAT_TEXT : BT_FORMAT_AUTO;
		if (!bt_list_read(path, format, &reader, &stats, &err)) {
			fprintf(stderr, "%s\n", err.text);
			return 0;
		}
		double seconds = now() - begin;
		if (stats.format != form->format || count != entries || stats.bad > 0)
			return 0;
		best = best == 0 || seconds < best ? seconds : best;
	}
	return best;
}

/* Octets that the process had in memory at most, so far. */
static long peak(int who)
{
	struct rusage usage;
	return getrusage(who, &usage) == 0 ? usage.ru_maxrss << 10 : 0;
}

/* Runs the child. False: it failed. */
static bool measure(
    const char *path, const struct form *form, unsigned entries, double *seconds, long *octets)
{
	int pipes[2];
	struct {
		double seconds;
		long octets;
	} told = {0, 0};
	if (pipe(pipes) != 0)
		return false;
	pid_t child = fork();
	if (child == 0) {
		long before = peak(RUSAGE_SELF);
		told.seconds = read_list(path, form, entries);
		told.octets = peak(RUSAGE_SELF) - before;
		_exit(write(pipes[1], &told, sizeof(told)) == sizeof(told) ? 0 : 1);
	}
	close(pipes[1]);
	bool got = child > 0 && read(pipes[0], &told, sizeof(told)) == sizeof(told);
	close(pipes[0]);
	*seconds = told.seconds;
	*octets = told.octets;
	return (child < 0 || waitpid(child, NULL, 0) == child) && got && told.seconds > 0;
}

int main(int argc, char **argv)
{
	bool quick = argc > 2 && strcmp(argv[2], "--quick") == 0, ok = true;
	unsigned entries = quick ? 1000 : ENTRIES;
	char path[4096];
	if (argc < 2 || argc > 3 || (argc == 3 && !quick)) {
		fputs("usage: bench/feeds FOLDER [--quick]\n", stderr);
		return 2;
	}
	snprintf(path, sizeof(path), "%s/list", argv[1]);
	printf("%u entries, the best of %d:\n", entries, ROUNDS);
	for (size_t i = 0; i < FORMS; i++) {
		double seconds;
		long octets;
		fflush(stdout);
		if (!write_list(path, &forms[i], entries) ||
		    !measure(path, &forms[i], entries, &seconds, &octets)) {
			printf("  %-9s not all of it was read\n", forms[i].name);
			ok = false;
			continue;
		}
		double rate = entries / seconds;
		bool slow = forms[i].must && !quick && rate < GOAL;
		printf("  %-9s %6.2f M lines/s  %6.1f MB of memory%s\n", forms[i].name, rate / 1e6,
		    (double)octets / 1e6, slow ? "  TOO SLOW" : "");
		ok &= !slow;
	}
	remove(path);
	return ok ? 0 : 1;
}
