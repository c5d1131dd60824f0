/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * prose.h -- indicators in text that people wrote, in whatever language
 *
 *     beacons to evil[.]com (also hxxps://www.evil.com/x and evil [dot] org), SHA-256 9f86d0...
 *
 * What counts is what was made harmless on purpose: names with a defanged dot, and hosts of URLs
 * with a defanged scheme. Plain names count only if that is asked for: most names in a report are
 * of files, and of who wrote it. How people defang is gathered from what iocextract and ioc-fanger
 * undo.
 *
 * Threads: no shared state.
 */
#ifndef BT_PROSE_H
#define BT_PROSE_H

#include <stdbool.h>
#include <stddef.h>

#include "name.h"

enum bt_prose_kind {
	BT_PROSE_NAME,
	BT_PROSE_HASH, /* 32, 40 or 64 hexadecimal digits: MD5, SHA-1 or SHA-256 */
	BT_PROSE_OTHER /* it looks like an indicator, and is none: `reason` */
};

/* Where one is in a text; begin with zeros but for the first three. */
struct bt_prose {
	const char *text; /* borrowed */
	size_t size;
	bool plain; /* names and URLs count as they are */
	size_t at;
	unsigned newlines; /* before `at` */
};

struct bt_prose_find {
	enum bt_prose_kind kind;
	unsigned line;      /* from 1 */
	const char *at;     /* where it stands, */
	size_t size;        /* and its octets there */
	struct bt_key key;  /* of a name */
	bool has_path;      /* the name is the host of a URL that has one */
	const char *reason; /* static text */
};

/* The next one. False: there is none. */
bool bt_prose_next(struct bt_prose *prose, struct bt_prose_find *find);

#endif
