/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * names.h -- the list that is measured: names, each with a class
 *
 * As text it is a file of `name<TAB>family` lines, each name once. The family is the payload; class
 * numbers are those of the families in the order of their first appearance.
 */
#ifndef BENCH_NAMES_H
#define BENCH_NAMES_H

#include "build.h"
#include "err.h"
#include "intern.h"
#include "name.h"

/* A line of the text. Everything is borrowed for the length of the call. */
struct line {
	const struct bt_key *key;
	const char *family; /* "" if the line has none */
	uint32_t class_id;
};

/* Calls each() for every line until it returns false. *err begins with the path. */
bool lines_each(const char *path,
    bool (*each)(void *ctx, const struct line *line, struct bt_err *err), void *ctx,
    struct bt_err *err);

struct names {
	struct bt_build_name *rows;
	size_t count, room;
	uint32_t classes;
	struct names_chunk *chunks; /* where the keys are */
	struct bt_intern *families; /* by class */
};

/* Reads the text; sorted by key octets if asked to. names_free() what it filled. */
bool names_read(struct names *names, const char *path, bool sorted, struct bt_err *err);

void names_free(struct names *names);

/* The family of a class. */
const char *names_family(const struct names *names, uint32_t class_id, size_t *size);

#endif
