/* SPDX-License-Identifier: BSD-3-Clause */
/* settings.h -- what bench/match is asked to do, and the folder where it does it */
#ifndef BENCH_SETTINGS_H
#define BENCH_SETTINGS_H

#include "peer.h"

struct settings {
	const char *list, *benign, *json;
	const char *only;  /* names of peers, with commas between them; NULL: all */
	const char *spoil; /* name of the peer that gets a list without its last line */
	size_t names;      /* at least so many */
	size_t queries;    /* of a mix */
	size_t children;   /* of the hostile list's wide suffix */
	uint64_t seed;
	unsigned rounds;
	unsigned cold_batches; /* a round */
	int cpu;               /* -1: any */
	bool quick;
	char folder[4096];
};

/* False after a message if the arguments make no sense. Ends the program for --help. */
bool settings_take(struct settings *settings, int argc, char **argv);

bool settings_want(const struct settings *settings, const struct peer *peer);

/* A fresh folder in $TMPDIR; and away with it and all that is in it. */
bool folder_make(struct settings *settings, struct bt_err *err);
void folder_remove(const struct settings *settings);

/* A file in the folder. */
struct path {
	char text[8192];
};

struct path path_of(const struct settings *settings, const char *name);

/* The peer's own file; that of the hostile list, or of the other. */
struct path path_of_peer(const struct settings *settings, const struct peer *peer, bool hostile);

#endif
