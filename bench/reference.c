/* SPDX-License-Identifier: BSD-3-Clause */
/* reference.c -- the right answers */

#include "reference.h"

bool reference_new(struct reference *reference, const struct names *names, struct bt_err *err)
{
	*reference = (struct reference){names, bt_intern_new()};
	for (size_t i = 0; i < names->count; i++) {
		const struct bt_build_name *row = &names->rows[i];
		uint32_t number;
		if (reference->keys == NULL ||
		    !bt_intern_add(reference->keys, row->key, row->key_size, &number)) {
			reference_free(reference);
			return bt_fail(err, "out of memory");
		}
		if (number != i) {
			reference_free(reference);
			char text[BT_TEXT_MAX + 1];
			bt_key_to_text(text, row->key, row->key_size);
			return bt_fail(err, "%s is in the list twice", text);
		}
	}
	return true;
}

void reference_free(struct reference *reference)
{
	bt_intern_free(&reference->keys);
}

unsigned reference_match(const struct reference *reference, const struct bt_key *key,
    struct bt_match matches[static BT_MATCHES_MAX])
{
	unsigned count = 0;
	for (unsigned labels = 0; labels <= key->labels; labels++) {
		uint32_t number;
		size_t size = bt_key_ancestor(key, labels);
		if (bt_intern_find(reference->keys, key->bytes, size, &number))
			matches[count++] =
			    (struct bt_match){.class_id = reference->names->rows[number].class_id,
				.labels = (uint8_t)labels};
	}
	return count;
}
