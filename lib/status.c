/* SPDX-License-Identifier: BSD-3-Clause */
/* status.c -- what the running plugin has in force, for others to read */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "policy-format.h"
#include "status.h"

enum { FILE_MODE = 0640 };

/*
 * A JSON string, or null. JSON has no way to write what is not UTF-8: such octets become U+FFFD.
 */
static void put_text(FILE *out, const char *text)
{
	if (text == NULL) {
		fputs("null", out);
		return;
	}
	size_t left = strlen(text);
	putc('"', out);
	while (left > 0) {
		const uint8_t *at = (const uint8_t *)text;
		size_t octets = bt_policy_character(at, left);
		if (octets > 0) {
			if (*at == '"' || *at == '\\')
				putc('\\', out);
			fwrite(text, 1, octets, out);
		} else {
			octets = 1;
			fprintf(out, "\\u%04x", *at < 0x80 ? *at : 0xfffdu);
		}
		text += octets;
		left -= octets;
	}
	putc('"', out);
}

static void put_time(FILE *out, int64_t time)
{
	struct tm tm;
	char text[32];
	time_t seconds = (time_t)(time / 1000);
	if (time == 0 || gmtime_r(&seconds, &tm) == NULL ||
	    strftime(text, sizeof(text), "%FT%T", &tm) == 0)
		fputs("null", out);
	else
		fprintf(out, "\"%s.%03dZ\"", text, (int)(time % 1000));
}

static void put_status(FILE *out, const struct bt_status *status)
{
	fprintf(out,
	    "{\n  \"version\": \"%s\",\n  \"pid\": %jd,\n  \"configuration\": ", BT_VERSION,
	    (intmax_t)getpid());
	put_text(out, status->configuration);
	fprintf(out, ",\n  \"enabled\": %s,\n  \"recording\": %s,\n  \"trie\": ",
	    status->enabled ? "true" : "false", status->recording ? "true" : "false");
	put_text(out, status->trie);
	if (status->trie != NULL)
		fprintf(out, ",\n  \"digest\": \"%016" PRIx64 "\"", status->digest);
	else
		fputs(",\n  \"digest\": null", out);
	fprintf(out, ",\n  \"names\": %" PRIu64 ",\n  \"inForceSince\": ", status->names);
	put_time(out, status->in_force_since);
	fputs(",\n  \"loaded\": ", out);
	put_time(out, status->loaded);
	fputs(",\n  \"unprotectedSince\": ", out);
	put_time(out, status->unprotected_since);
	fputs(",\n  \"refused\": ", out);
	put_text(out, status->refused);
	fputs(",\n  \"refusedSince\": ", out);
	put_time(out, status->refused_since);
	fputs("\n}\n", out);
}

static bool make_text(const struct bt_status *status, char **text, size_t *size)
{
	*text = NULL;
	FILE *out = open_memstream(text, size);
	if (out == NULL)
		return false;
	put_status(out, status);
	bool ok = ferror(out) == 0;
	return fclose(out) == 0 && ok;
}

bool bt_status_write(const char *folder, const struct bt_status *status, struct bt_err *err)
{
	char *text, *path = bt_path_join(folder, BT_STATUS_FILE);
	size_t size;
	bool ok = path != NULL && make_text(status, &text, &size);
	if (!ok) {
		bt_fail(err, "%s/" BT_STATUS_FILE ": out of memory", folder);
		text = NULL;
	} else {
		ok = bt_file_replace(path, text, size, FILE_MODE, err);
	}
	free(text);
	free(path);
	return ok;
}

void bt_status_remove(const char *folder)
{
	char *path = bt_path_join(folder, BT_STATUS_FILE);
	if (path != NULL)
		unlink(path);
	free(path);
}
