/* SPDX-License-Identifier: BSD-3-Clause */
/* html-text.c -- text from outside, into HTML */

#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "html-text.h"

static void put_markup(FILE *out, const char *text, const char *end)
{
	for (; text < end; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			fputc(*text, out);
		}
	}
}

/* What escape.h makes of it; NULL if memory runs out. */
static char *escaped(const char *text, size_t *size)
{
	char *made = NULL;
	FILE *memory = open_memstream(&made, size);
	if (memory == NULL)
		return NULL;
	bt_put_escaped(memory, text);
	if (fclose(memory) == 0)
		return made;
	free(made);
	return NULL;
}

void bt_html_text(FILE *out, const char *text)
{
	size_t size;
	char *safe = escaped(text, &size);
	if (safe != NULL)
		put_markup(out, safe, safe + size);
	free(safe);
}

void bt_html_name(FILE *out, const char *name, bool live)
{
	size_t size;
	char *safe = escaped(name, &size);
	if (safe == NULL)
		return;
	const char *dot = live ? NULL : strrchr(safe, '.');
	if (dot == NULL) {
		put_markup(out, safe, safe + size);
	} else {
		put_markup(out, safe, dot);
		fputs("[.]", out);
		put_markup(out, dot + 1, safe + size);
	}
	free(safe);
}
