/* SPDX-License-Identifier: BSD-3-Clause */
/* format.h -- the formats that a list can have */
#ifndef BT_FORMAT_H
#define BT_FORMAT_H

enum bt_format {
	BT_FORMAT_AUTO, /* look at the file's first lines */
	BT_FORMAT_DOMAINS,
	BT_FORMAT_HOSTS,
	BT_FORMAT_YAML,
	BT_FORMATS
};

/* "auto", "domains", ...; and back, -1 if there is no such format. */
const char *bt_format_name(enum bt_format format);
int bt_format_from_name(const char *name);

#endif
