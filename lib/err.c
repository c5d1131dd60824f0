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
		size_t used = strlen(err->text);
		for (const char *c = ": "; *c != '\0' && used + 1 < sizeof(err->text); c++)
			err->text[used++] = *c;
		for (const char *c = reason.text; *c != '\0' && used + 1 < sizeof(err->text); c++)
			err->text[used++] = *c;
		err->text[used] = '\0';
	}
	return false;
}
