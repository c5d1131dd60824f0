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
		char reason[sizeof(err->text)];
		memcpy(reason, err->text, sizeof(reason));
		va_list args;
		va_start(args, format);
		int used = vsnprintf(err->text, sizeof(err->text), format, args);
		va_end(args);
		if (used >= 0 && (size_t)used < sizeof(err->text))
			snprintf(err->text + used, sizeof(err->text) - (size_t)used, ": %s", reason);
	}
	return false;
}
