/* SPDX-License-Identifier: BSD-3-Clause */
/* load-queries.c -- the names of a file as DNS queries for addresses, in wire form */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load-queries.h"

/* One question, recursion wanted; the identifier comes when it is sent. */
static const uint8_t header[QUERY_HEADER] = {0, 0, 0x01, 0, 0, 1};
static const uint8_t type_a_class_in[4] = {0, 1, 0, 1};

/* The size of the query, or 0 if the text is no name. */
static size_t make_query(uint8_t query[static QUERY_MAX], const char *name, size_t size)
{
	if (size > 0 && name[size - 1] == '.')
		size--;
	if (size == 0 || size > 253)
		return 0;
	memcpy(query, header, sizeof(header));
	uint8_t *length = query + sizeof(header);
	uint8_t *at = length + 1;
	for (size_t i = 0; i <= size; i++) {
		if (i < size && name[i] != '.') {
			*at++ = (uint8_t)name[i];
			continue;
		}
		if (at - length < 2 || at - length > 64)
			return 0;
		*length = (uint8_t)(at - length - 1);
		length = at++;
	}
	*length = 0;
	memcpy(at, type_a_class_in, sizeof(type_a_class_in));
	return (size_t)(at - query) + sizeof(type_a_class_in);
}

struct room {
	size_t octets;
	size_t starts;
};

static bool make_room(struct queries *queries, struct room *room, size_t used)
{
	if (used + QUERY_MAX > room->octets) {
		size_t more = room->octets * 2 + 64 * (size_t)QUERY_MAX;
		uint8_t *octets = realloc(queries->octets, more);
		if (octets == NULL)
			return false;
		queries->octets = octets;
		room->octets = more;
	}
	if (queries->count + 2 > room->starts) {
		size_t more = room->starts * 2 + 64;
		size_t *start = realloc(queries->start, more * sizeof(*start));
		if (start == NULL)
			return false;
		queries->start = start;
		room->starts = more;
	}
	return true;
}

static bool read_lines(struct queries *queries, FILE *file, const char *path)
{
	struct room room = {0};
	size_t used = 0, line_number = 0, space = 0;
	char *line = NULL;
	ssize_t got;
	bool good = true;
	while (good && (got = getline(&line, &space, file)) >= 0) {
		line_number++;
		size_t size = (size_t)got;
		while (size > 0 && (line[size - 1] == '\n' || line[size - 1] == '\r'))
			size--;
		if (!make_room(queries, &room, used)) {
			fprintf(stderr, "load: out of memory\n");
			good = false;
			break;
		}
		size_t octets = make_query(queries->octets + used, line, size);
		if (octets == 0) {
			fprintf(stderr, "load: %s:%zu: expected a name\n", path, line_number);
			good = false;
		} else {
			queries->start[queries->count++] = used;
			used += octets;
			queries->start[queries->count] = used;
		}
	}
	free(line);
	return good;
}

bool queries_read(struct queries *queries, const char *path)
{
	*queries = (struct queries){0};
	FILE *file = fopen(path, "r");
	if (file == NULL) {
		fprintf(stderr, "load: %s: %s\n", path, strerror(errno));
		return false;
	}
	bool good = read_lines(queries, file, path);
	if (good && ferror(file)) {
		fprintf(stderr, "load: %s: cannot be read\n", path);
		good = false;
	}
	fclose(file);
	if (good && queries->count == 0) {
		fprintf(stderr, "load: %s: no name in it\n", path);
		good = false;
	}
	return good;
}

void queries_free(struct queries *queries)
{
	free(queries->octets);
	free(queries->start);
	*queries = (struct queries){0};
}
