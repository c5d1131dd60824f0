/* SPDX-License-Identifier: BSD-3-Clause */
/* names.c -- the list that is measured: from text, and sorted */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

enum { CHUNK = 1 << 20 /* octets of keys allocated at once */ };

struct names_chunk {
	struct names_chunk *next;
	size_t used;
	uint8_t bytes[CHUNK];
};

/* ---- text ---- */

/* Splits "name<TAB>family<NEWLINE>" of `size` characters in place. */
static bool take_line(struct line *line, struct bt_key *key, char *text, size_t size,
    struct bt_intern *families, struct bt_err *err)
{
	if (size > 0 && text[size - 1] == '\n')
		text[--size] = '\0';
	char *tab = memchr(text, '\t', size);
	char *end = tab != NULL ? tab : text + size;
	enum bt_name_status status = bt_key_from_text(key, text, (size_t)(end - text));
	if (status != BT_NAME_OK)
		return bt_fail(err, "%s", bt_name_reason(status));
	line->key = key;
	line->family = tab != NULL ? tab + 1 : end;
	if (!bt_intern_add(families, line->family, strlen(line->family), &line->class_id))
		return bt_fail(err, "out of memory");
	return true;
}

static bool each_line(const char *path, struct bt_intern *families,
    bool (*each)(void *ctx, const struct line *line, struct bt_err *err), void *ctx,
    struct bt_err *err)
{
	FILE *file = fopen(path, "r");
	if (file == NULL)
		return bt_fail(err, "%s: %s", path, strerror(errno));
	char *text = NULL;
	size_t room = 0, number = 0;
	bool ok = true;
	for (ssize_t size; ok && (size = getline(&text, &room, file)) >= 0;) {
		struct bt_key key;
		struct line line;
		number++;
		ok = take_line(&line, &key, text, (size_t)size, families, err) &&
		     each(ctx, &line, err);
		if (!ok)
			bt_fail_in(err, "%s:%zu", path, number);
	}
	if (ok && ferror(file))
		ok = bt_fail(err, "%s: %s", path, strerror(errno));
	free(text);
	fclose(file);
	return ok;
}

bool lines_each(const char *path,
    bool (*each)(void *ctx, const struct line *line, struct bt_err *err), void *ctx,
    struct bt_err *err)
{
	struct bt_intern *families = bt_intern_new();
	if (families == NULL)
		return bt_fail(err, "out of memory");
	bool ok = each_line(path, families, each, ctx, err);
	bt_intern_free(&families);
	return ok;
}

/* ---- sort ---- */

/* Three-way radix quicksort (Bentley and Sedgewick, Fast Algorithms for Sorting and Searching
   Strings, 1997). */
static int octet_at(const struct bt_build_name *row, unsigned depth)
{
	return depth < row->key_size ? row->key[depth] : -1;
}

static void swap(struct bt_build_name *a, struct bt_build_name *b)
{
	struct bt_build_name row = *a;
	*a = *b;
	*b = row;
}

static void sort(struct bt_build_name *rows, size_t count, unsigned depth)
{
	while (count > 1) {
		int pivot = octet_at(&rows[count / 2], depth);
		size_t below = 0, at = 0, above = count;
		while (at < above) {
			int octet = octet_at(&rows[at], depth);
			if (octet < pivot)
				swap(&rows[below++], &rows[at++]);
			else if (octet > pivot)
				swap(&rows[at], &rows[--above]);
			else
				at++;
		}
		sort(rows, below, depth);
		sort(rows + above, count - above, depth);
		if (pivot < 0)
			return;
		rows += below;
		count = above - below;
		depth++;
	}
}

/* ---- names ---- */

static uint8_t *keep_key(struct names *names, const struct bt_key *key)
{
	if (names->chunks == NULL || CHUNK - names->chunks->used < key->len) {
		struct names_chunk *chunk = malloc(sizeof(*chunk));
		if (chunk == NULL)
			return NULL;
		chunk->next = names->chunks;
		chunk->used = 0;
		names->chunks = chunk;
	}
	uint8_t *at = names->chunks->bytes + names->chunks->used;
	memcpy(at, key->bytes, key->len);
	names->chunks->used += key->len;
	return at;
}

static bool add(void *ctx, const struct line *line, struct bt_err *err)
{
	struct names *names = ctx;
	if (names->count == names->room) {
		size_t room = names->room + names->room / 2 + 4096;
		struct bt_build_name *rows = realloc(names->rows, room * sizeof(*rows));
		if (rows == NULL)
			return bt_fail(err, "out of memory");
		names->rows = rows;
		names->room = room;
	}
	const uint8_t *key = keep_key(names, line->key);
	if (key == NULL)
		return bt_fail(err, "out of memory");
	names->rows[names->count++] = (struct bt_build_name){
	    .key = key, .key_size = line->key->len, .class_id = line->class_id};
	return true;
}

bool names_read(struct names *names, const char *path, bool sorted, struct bt_err *err)
{
	*names = (struct names){.families = bt_intern_new()};
	if (names->families == NULL)
		return bt_fail(err, "out of memory");
	if (!each_line(path, names->families, add, names, err)) {
		names_free(names);
		return false;
	}
	names->classes = bt_intern_count(names->families);
	if (sorted)
		sort(names->rows, names->count, 0);
	return true;
}

void names_free(struct names *names)
{
	while (names->chunks != NULL) {
		struct names_chunk *next = names->chunks->next;
		free(names->chunks);
		names->chunks = next;
	}
	free(names->rows);
	bt_intern_free(&names->families);
	*names = (struct names){0};
}

const char *names_family(const struct names *names, uint32_t class_id, size_t *size)
{
	return bt_intern_bytes(names->families, class_id, size);
}
