/* SPDX-License-Identifier: BSD-3-Clause */
/* policy-view.h -- an open policy; for policy*.c alone */
#ifndef BT_POLICY_VIEW_H
#define BT_POLICY_VIEW_H

#include "policy.h"

struct bt_policy {
	const uint8_t *bytes;
	size_t size;

	/* Sections. */
	const uint8_t *lists;
	const uint8_t *sinkhole_rows;
	const uint8_t *groups;
	const uint8_t *actions; /* of each group, one octet a list */
	const uint8_t *networks;
	const uint8_t *forwarders;
	const uint8_t *class_index; /* of class_count + 1: where each class begins in members */
	const uint8_t *members;
	const uint8_t *meta_index;
	const uint8_t *pairs;
	const char *strings;

	uint32_t list_count;
	uint32_t sinkhole_count;
	uint32_t group_count;
	uint32_t network_count;
	uint32_t forwarder_count;
	uint32_t class_count;
	uint32_t member_count;
	uint32_t meta_count;
	uint32_t pair_count;
	uint32_t string_size;
	uint32_t local_class;
	enum bt_ede ede;
	bool enabled;
	bool excepts; /* some membership is an exception */
	struct bt_sinkhole *sinkholes;
	uint32_t *network_parents; /* of each network, the one around it: its number + 1, or 0 */
	uint32_t *forwarder_parents;
	bool *acts; /* of each list, whether it does more than to allow for some group */
};

#endif
