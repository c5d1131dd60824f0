/* SPDX-License-Identifier: BSD-3-Clause */
/* prepare.c -- the list as all peers read it */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generate.h"
#include "prepare.h"

struct job {
	FILE *file;
	struct bt_intern *known;
	struct prepared *prepared;
};

static bool take(void *ctx, const struct line *line, struct bt_err *err)
{
	struct job *job = ctx;
	uint32_t number, count = bt_intern_count(job->known);
	if (!bt_intern_add(job->known, line->key->bytes, line->key->len, &number))
		return bt_fail(err, "out of memory");
	if (number < count) {
		job->prepared->repeats++;
		return true;
	}
	char text[BT_TEXT_MAX + 1];
	bt_key_to_text(text, line->key->bytes, line->key->len);
	fprintf(job->file, "%s\t%s\n", text, line->family);
	job->prepared->real++;
	return true;
}

static bool grow(struct job *job, const char *to, size_t count, uint64_t seed, struct bt_err *err)
{
	struct names real;
	fflush(job->file);
	if (!names_read(&real, to, false, err))
		return false;
	job->prepared->generated = count - job->prepared->real;
	bool ok = generate_more(job->file, job->known, &real, job->prepared->generated, seed, err);
	names_free(&real);
	return ok;
}

static bool write_bare(const char *list, const char *bare, struct bt_err *err)
{
	FILE *in = fopen(list, "r"), *out = fopen(bare, "w");
	char *text = NULL;
	size_t room = 0;
	bool ok = in != NULL && out != NULL;
	while (ok && getline(&text, &room, in) >= 0)
		ok = fprintf(out, "%.*s\n", (int)strcspn(text, "\t\n"), text) > 0;
	free(text);
	if (in != NULL)
		fclose(in);
	if ((out != NULL && fclose(out) != 0) || !ok)
		return bt_fail(err, "%s: %s", bare, strerror(errno));
	return true;
}

bool prepare(struct prepared *prepared, const char *from, const char *to, const char *bare,
    size_t count, uint64_t seed, struct bt_err *err)
{
	struct job job = {fopen(to, "w"), bt_intern_new(), prepared};
	*prepared = (struct prepared){0};
	bool ok = job.file != NULL || bt_fail(err, "%s: %s", to, strerror(errno));
	if (ok && job.known == NULL)
		ok = bt_fail(err, "out of memory");
	ok = ok && lines_each(from, take, &job, err);
	if (ok && count > prepared->real)
		ok = grow(&job, to, count, seed, err);
	bt_intern_free(&job.known);
	if (job.file != NULL && fclose(job.file) != 0 && ok)
		ok = bt_fail(err, "%s: %s", to, strerror(errno));
	return ok && write_bare(to, bare, err);
}
