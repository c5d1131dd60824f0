/* SPDX-License-Identifier: BSD-3-Clause */
/* progress.c -- how far something is, in a line on standard error that comes and goes */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "escape.h"
#include "progress.h"

enum { PERCENT = 8 /* columns of " 100 %", and some that stay free */ };

#define SECONDS_BETWEEN 0.1

double bt_seconds_since(const struct timespec *then)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

void bt_progress_start(struct bt_progress *progress)
{
	const char *terminal = getenv("TERM");
	*progress = (struct bt_progress){.columns = bt_columns(stderr)};
	if (terminal == NULL || strcmp(terminal, "dumb") == 0)
		progress->columns = 0;
}

void bt_progress_clear(struct bt_progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}

/* Cuts the text to that many octets, between two characters: none has less octets than columns. */
static void cut(char *text, size_t size)
{
	if (strlen(text) <= size)
		return;
	while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
		size--;
	text[size] = '\0';
}

static void draw(struct bt_progress *progress, unsigned percent)
{
	char *text = NULL;
	size_t size, room = progress->columns > PERCENT ? progress->columns - PERCENT : 0;
	FILE *out = open_memstream(&text, &size);
	if (out == NULL)
		return;
	bt_put_escaped(out, progress->what);
	if (fclose(out) == 0) {
		cut(text, room);
		fputs(text, stderr);
		if (percent <= 100)
			fprintf(stderr, " %3u %%", percent);
		progress->shown = true;
	}
	free(text);
}

void bt_progress_show(struct bt_progress *progress, const char *what, unsigned percent)
{
	const char *slash = strrchr(what, '/');
	const char *name = slash != NULL ? slash + 1 : what;
	bool same = strncmp(progress->what, name, sizeof(progress->what) - 1) == 0;
	if (progress->columns == 0 ||
	    (same && bt_seconds_since(&progress->since) < SECONDS_BETWEEN))
		return;
	snprintf(progress->what, sizeof(progress->what), "%s", name);
	clock_gettime(CLOCK_MONOTONIC, &progress->since);
	bt_progress_clear(progress);
	draw(progress, percent);
}
