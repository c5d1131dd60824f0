/* SPDX-License-Identifier: BSD-3-Clause */
/* settings.c -- what bench/match is asked to do, and the folder where it does it */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "settings.h"

/* ---- usage ---- */

static const char usage_text[] =
    "usage: bench/match --list FILE --benign FILE [OPTION...]\n"
    "       bench/match --quick\n"
    "\n"
    "  --list FILE     what is listed: \"name<TAB>family\" lines\n"
    "  --benign FILE   popular names, one a line\n"
    "  --names N       grow the list to N names with generated ones\n"
    "  --rounds N      how often everything is measured (11)\n"
    "  --seed N        of queries and generated names (1)\n"
    "  --cpu N         stay on that CPU (the last one)\n"
    "  --only A,B      only these peers beside ours\n"
    "  --json FILE     write the figures there, too\n"
    "  --spoil PEER    build it from a list that lacks a name: it must be found out\n"
    "  --quick         generated lists, one round: that all peers agree, and no verdicts\n"
    "\n"
    "Exit status: 0, 1 if a peer does not answer as the reference does, 2 usage or environment.\n";

static bool number(const char *text, unsigned long long most, unsigned long long *value)
{
	char *end;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && *value <= most;
}

static bool take_option(struct settings *settings, int option, const char *value)
{
	unsigned long long n = 0;
	switch (option) {
	case 'l':
		settings->list = value;
		return true;
	case 'b':
		settings->benign = value;
		return true;
	case 'j':
		settings->json = value;
		return true;
	case 'o':
		settings->only = value;
		return true;
	case 'S':
		settings->spoil = value;
		return true;
	case 'q':
		settings->quick = true;
		return true;
	}
	if (!number(value, 1u << 30, &n))
		return false;
	switch (option) {
	case 'n':
		settings->names = n;
		return true;
	case 'r':
		settings->rounds = (unsigned)n;
		return n > 0;
	case 's':
		settings->seed = n;
		return true;
	case 'c':
		settings->cpu = (int)n;
		return true;
	}
	return false;
}

static void make_quick(struct settings *settings)
{
	settings->names = settings->names > 0 ? settings->names : 20000;
	settings->queries = 10000;
	settings->children = 5000;
	settings->rounds = 1;
	settings->cold_batches = 1;
}

bool settings_take(struct settings *settings, int argc, char **argv)
{
	static const struct option options[] = {
	    {"list", required_argument, NULL, 'l'},
	    {"benign", required_argument, NULL, 'b'},
	    {"names", required_argument, NULL, 'n'},
	    {"rounds", required_argument, NULL, 'r'},
	    {"seed", required_argument, NULL, 's'},
	    {"cpu", required_argument, NULL, 'c'},
	    {"only", required_argument, NULL, 'o'},
	    {"json", required_argument, NULL, 'j'},
	    {"spoil", required_argument, NULL, 'S'},
	    {"quick", no_argument, NULL, 'q'},
	    {"help", no_argument, NULL, 'h'},
	    {0},
	};
	*settings = (struct settings){.queries = 100000,
	    .children = 100000,
	    .seed = 1,
	    .rounds = 11,
	    .cold_batches = 5,
	    .cpu = -1};
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option == 'h') {
			fputs(usage_text, stdout);
			exit(0);
		}
		if (option == '?')
			return false;
		if (!take_option(settings, option, optarg)) {
			fprintf(stderr, "bench/match: '%s' is no good number\n", optarg);
			return false;
		}
	}
	if (settings->quick)
		make_quick(settings);
	bool lists = settings->list != NULL && settings->benign != NULL;
	if (optind == argc && lists != settings->quick)
		return true;
	fputs(usage_text, stderr);
	return false;
}

/* ---- files ---- */

struct path path_of(const struct settings *settings, const char *name)
{
	struct path path;
	snprintf(path.text, sizeof(path.text), "%s/%s", settings->folder, name);
	return path;
}

struct path path_of_peer(const struct settings *settings, const struct peer *peer, bool hostile)
{
	char name[128];
	snprintf(name, sizeof(name), "%s%s", hostile ? "hostile-" : "", peer->name);
	return path_of(settings, name);
}

bool settings_want(const struct settings *settings, const struct peer *peer)
{
	if (settings->only == NULL || peer == peers[0])
		return true;
	size_t size = strlen(peer->name);
	for (const char *at = settings->only; at != NULL; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, peer->name, size) == 0 && (at[size] == ',' || at[size] == '\0'))
			return true;
	}
	return false;
}

bool folder_make(struct settings *settings, struct bt_err *err)
{
	const char *parent = getenv("TMPDIR");
	snprintf(settings->folder, sizeof(settings->folder), "%s/bench-match.XXXXXX",
	    parent != NULL && parent[0] != '\0' ? parent : "/tmp");
	if (mkdtemp(settings->folder) == NULL)
		return bt_fail(err, "%s: %s", settings->folder, strerror(errno));
	return true;
}

void folder_remove(const struct settings *settings)
{
	static const char *const ours[] = {"small", "list", "bare", "spoiled", "benign", "hostile"};
	for (unsigned i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		unlink(path_of(settings, ours[i]).text);
	for (unsigned i = 0; peers[i] != NULL; i++) {
		unlink(path_of_peer(settings, peers[i], false).text);
		unlink(path_of_peer(settings, peers[i], true).text);
	}
	rmdir(settings->folder);
}
