/* SPDX-License-Identifier: BSD-3-Clause */
/* fuzz-name.c -- any octets as text, as wire form and as a key: what is taken comes back the same
 */

#include <stdlib.h>
#include <string.h>

#include "name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(int truth)
{
	if (!truth)
		abort();
}

static void need_same(const struct bt_key *a, const struct bt_key *b)
{
	need(a->len == b->len && a->labels == b->labels && memcmp(a->bytes, b->bytes, a->len) == 0);
}

static void check_key(const struct bt_key *key)
{
	struct bt_key again;
	uint8_t wire[BT_NAME_MAX];
	char text[BT_TEXT_MAX + 1];

	need(bt_key_labels(key->bytes, key->len) == key->labels);
	need(bt_key_ancestor(key, key->labels) == key->len);

	size_t size = bt_key_to_wire(wire, key->bytes, key->len);
	need(size == key->len + 1u && bt_key_from_wire(&again, wire, size) == BT_NAME_OK);
	need_same(key, &again);

	size = bt_key_to_text(text, key->bytes, key->len);
	need(size == strlen(text) && bt_key_from_text(&again, text, size) == BT_NAME_OK);
	need_same(key, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bt_key key;
	if (bt_key_from_text(&key, (const char *)data, size) == BT_NAME_OK)
		check_key(&key);
	if (bt_key_from_wire(&key, data, size) == BT_NAME_OK)
		check_key(&key);

	int labels = bt_key_labels(data, size);
	if (labels >= 0) {
		key = (struct bt_key){.len = (uint8_t)size, .labels = (uint8_t)labels};
		if (size > 0)
			memcpy(key.bytes, data, size);
		check_key(&key);
	}
	return 0;
}
