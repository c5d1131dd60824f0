/* SPDX-License-Identifier: BSD-3-Clause */
/* fuzz-warning.c -- any octets as a warning list: names that are names, or a reason of one line */

#include <stdlib.h>
#include <string.h>

#include "guard-names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool on_name(void *ctx, const struct bt_key *key)
{
	if (bt_key_labels(key->bytes, key->len) != key->labels || key->labels == 0)
		abort();
	++*(size_t *)ctx;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text =
	    malloc(size > 0 ? size : 1); /* of its own, so that a sanitizer knows its end */
	size_t names = 0;
	struct bt_err err = {""};
	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	if (bt_guard_names_parse("list", text, size, on_name, &names, &err)) {
		if (names == 0)
			abort();
	} else if (strncmp(err.text, "list:", 5) != 0 || strpbrk(err.text, "\n\r\033") != NULL) {
		abort();
	}
	free(text);
	return 0;
}
