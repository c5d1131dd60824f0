/* SPDX-License-Identifier: BSD-3-Clause */
/* targets.c -- the names that an answer leads to */

#include <config.h> /* Unbound's; ours is never included with angle brackets */
#include <sldns/rrdef.h>
#include <util/data/msgreply.h>
#include <util/data/packed_rrset.h>

#include "targets.h"

enum {
	RDLENGTH_SIZE = 2, /* octets in front of a record's data, as Unbound keeps them */
	PRIORITY_SIZE = 2, /* in front of the target: RFC 9460 2.2 */
};

/* Octets of a record in front of its target; 0: it has none. */
static size_t target_at(uint16_t type, enum bt_matched *how)
{
	switch (type) {
	case LDNS_RR_TYPE_CNAME:
	case LDNS_RR_TYPE_DNAME:
		*how = BT_MATCHED_ALIAS;
		return RDLENGTH_SIZE;
	case LDNS_RR_TYPE_SVCB:
	case LDNS_RR_TYPE_HTTPS:
		*how = BT_MATCHED_SERVICE;
		return RDLENGTH_SIZE + PRIORITY_SIZE;
	default:
		return 0;
	}
}

bool bt_targets_may_be(const struct ub_packed_rrset_key *rrset)
{
	enum bt_matched how;
	return target_at(ntohs(rrset->rk.type), &how) > 0;
}

bool bt_targets_of(const struct ub_packed_rrset_key *rrset, bt_target *each, void *ctx)
{
	const struct packed_rrset_data *data = rrset->entry.data;
	enum bt_matched how;
	size_t at = target_at(ntohs(rrset->rk.type), &how);
	for (size_t i = 0; at > 0 && i < data->count; i++) {
		const uint8_t *name = data->rr_data[i] + at;
		if (data->rr_len[i] > at && name[0] != 0 &&
		    each(ctx, name, data->rr_len[i] - at, how))
			return true;
	}
	return false;
}

bool bt_targets_each(const struct reply_info *answer, bt_target *each, void *ctx)
{
	for (size_t i = 0; i < answer->an_numrrsets; i++)
		if (bt_targets_of(answer->rrsets[i], each, ctx))
			return true;
	return false;
}
