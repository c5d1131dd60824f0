/* SPDX-License-Identifier: BSD-3-Clause */
/* format.c -- the formats that a list can have */

#include <string.h>

#include "format.h"

#define NAME(constant, name) [BT_FORMAT_##constant] = #name,

static const char *const names[BT_FORMATS] = {[BT_FORMAT_AUTO] = "auto", BT_FORMAT_ROWS(NAME)};

const char *bt_format_name(enum bt_format format)
{
	return (unsigned)format < BT_FORMATS ? names[format] : "unknown";
}

int bt_format_from_name(const char *name)
{
	for (int i = 0; i < BT_FORMATS; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return -1;
}
