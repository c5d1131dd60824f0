/* SPDX-License-Identifier: BSD-3-Clause */
/* err.c -- a reason that a person can act on */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "err.h"

bool bt_fail(struct bt_err *err, const char *format, ...)
{
	if (err != NULL) {
		va_list args;
		va_start(args, format);
		vsnprintf(err->text, sizeof(err->text), format, args);
		va_end(args);
	}
	return false;
}

bool bt_fail_in(struct bt_err *err, const char *format, ...)
{
	if (err != NULL) {
		struct bt_err reason = *err;
		va_list args;
		va_start(args, format);
		vsnprintf(err->text, sizeof(err->text), format, args);
		va_end(args);
		size_t room = sizeof(err->text) - strlen(err->text) - 1;
		strncat(err->text, ": ", room);
		room = sizeof(err->text) - strlen(err->text) - 1;
		strncat(err->text, reason.text, room);
	}
	return false;
}
