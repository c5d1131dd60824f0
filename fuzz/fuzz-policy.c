/* SPDX-License-Identifier: BSD-3-Clause */
/* fuzz-policy.c -- any octets as a policy: refused, or everything in it can be read */

#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "trie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_meta(const struct bt_policy *policy, uint32_t meta)
{
	for (unsigned i = 0; i < bt_policy_meta_size(policy, meta); i++) {
		struct bt_pair pair = bt_policy_pair(policy, meta, i);
		if (strchr(pair.key, '\n') != NULL || strchr(pair.value, '\n') != NULL)
			abort();
	}
}

static void read_class(const struct bt_policy *policy, uint32_t class_id)
{
	unsigned count = bt_policy_class_size(policy, class_id);
	if (count == 0 || count > bt_policy_lists(policy))
		abort();
	for (unsigned i = 0; i < count; i++) {
		struct bt_member member = bt_policy_member(policy, class_id, i);
		read_meta(policy, member.meta);
		bt_policy_value(policy, member, "family");
	}
	for (uint8_t labels = 0; labels < 3; labels++) {
		const struct bt_match matches[] = {
		    {.class_id = 0, .labels = 0}, {.class_id = class_id, .labels = 1}};
		struct bt_verdict verdict = bt_policy_decide(policy, 0, matches, 2, labels);
		if (verdict.listed && !bt_scope_covers(verdict.by.scope, verdict.labels, labels))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bt_policy *policy;
	struct bt_err err;
	if (!bt_policy_open(&policy, data, size, &err)) {
		if (err.text[0] == '\0')
			abort();
		return 0;
	}
	for (unsigned i = 0; i < bt_policy_lists(policy); i++) {
		struct bt_list_info list = bt_policy_list(policy, i);
		if (bt_policy_find_list(policy, list.name) != (int)i)
			abort();
		read_meta(policy, list.meta);
	}
	for (uint32_t i = 0; i < bt_policy_classes(policy); i++)
		read_class(policy, i);
	bt_policy_close(&policy);
	return 0;
}
