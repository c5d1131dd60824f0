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

bool bt_targets_each(const struct reply_info *answer,
    bool (*each)(void *ctx, const uint8_t *name, size_t size, enum bt_matched how), void *ctx)
{
	for (size_t i = 0; i < answer->an_numrrsets; i++) {
		const struct ub_packed_rrset_key *rrset = answer->rrsets[i];
		const struct packed_rrset_data *data = rrset->entry.data;
		enum bt_matched how;
		size_t at = target_at(ntohs(rrset->rk.type), &how);
		for (size_t k = 0; at > 0 && k < data->count; k++)
			if (data->rr_len[k] > at &&
			    each(ctx, data->rr_data[k] + at, data->rr_len[k] - at, how))
				return true;
	}
	return false;
}
