/* SPDX-License-Identifier: BSD-3-Clause */
/* answer.c -- a verdict to the answer that Unbound sends */

#include <config.h> /* Unbound's; ours is never included with angle brackets */
#include <services/cache/dns.h>
#include <services/mesh.h>
#include <sldns/rrdef.h>
#include <util/data/msgencode.h>
#include <util/data/msgreply.h>
#include <util/module.h>
#include <util/net_help.h>
#include <util/netevent.h>
#include <util/regional.h>

#include "answer.h"

/* The owner of the records that an answer of ours needs, in wire form. */
struct owner {
	uint8_t *name;
	size_t size;
};

/* The name of the deciding indicator: the queried name without its first labels. */
static struct owner indicator(const struct query_info *question, unsigned labels, unsigned keep)
{
	uint8_t *name = question->qname;
	while (labels-- > keep)
		name += *name + 1;
	return (struct owner){name, question->qname_len - (size_t)(name - question->qname)};
}

/* An RRset of one record, in one piece of memory. */
struct rrset {
	struct ub_packed_rrset_key key;
	struct packed_rrset_data data;
	size_t length;
	time_t ttl;
	uint8_t *record;
	uint8_t octets[]; /* the record's: their number in two octets, and they */
};

/* Without a hash: no cache will have it. */
static struct ub_packed_rrset_key *make_rrset(struct regional *region, struct owner owner,
    uint16_t type, uint16_t dclass, uint32_t ttl, const uint8_t *rdata, size_t size)
{
	struct rrset *rrset = regional_alloc_zero(region, sizeof(*rrset) + 2 + size);
	if (rrset == NULL)
		return NULL;
	rrset->octets[0] = (uint8_t)(size >> 8);
	rrset->octets[1] = (uint8_t)size;
	memcpy(rrset->octets + 2, rdata, size);
	rrset->record = rrset->octets;
	rrset->length = size + 2;
	rrset->ttl = (time_t)ttl;

	struct packed_rrset_data *data = &rrset->data;
	data->ttl = (time_t)ttl;
	data->count = 1;
	data->rr_len = &rrset->length;
	data->rr_ttl = &rrset->ttl;
	data->rr_data = &rrset->record;
	data->trust = rrset_trust_ans_noAA;
	data->security = sec_status_insecure;

	struct ub_packed_rrset_key *key = &rrset->key;
	key->entry.key = key;
	key->entry.data = data;
	key->rk.dname = owner.name;
	key->rk.dname_len = owner.size;
	key->rk.type = htons(type);
	key->rk.rrset_class = htons(dclass);
	return key;
}

/*
 * RFC 2308 5: how long a negative answer is kept is the lesser of the SOA's TTL and its MINIMUM.
 * The names mean nothing and exist nowhere (RFC 6761 6.4).
 */
static struct ub_packed_rrset_key *make_soa(
    struct regional *region, struct owner owner, uint16_t dclass, uint32_t ttl)
{
	static const uint8_t names[] = "\012beacontrap\007invalid\0"
				       "\006nobody\007invalid";  /* and the literal's own zero */
	const uint32_t numbers[] = {1, 3600, 1200, 604800, ttl}; /* serial ... MINIMUM */
	uint8_t rdata[sizeof(names) + sizeof(numbers)];
	memcpy(rdata, names, sizeof(names));
	for (unsigned i = 0; i < 5; i++) {
		uint32_t number = htonl(numbers[i]);
		memcpy(rdata + sizeof(names) + 4 * i, &number, sizeof(number));
	}
	return make_rrset(region, owner, LDNS_RR_TYPE_SOA, dclass, ttl, rdata, sizeof(rdata));
}

/*
 * Filled by name, not by construct_reply_info_base(), whose arguments differ between versions of
 * Unbound.
 */
static struct reply_info *make_reply(
    struct regional *region, unsigned rcode, uint32_t ttl, unsigned rrsets)
{
	struct reply_info *rep = regional_alloc_zero(region, sizeof(*rep));
	if (rep == NULL)
		return NULL;
	rep->rrsets = regional_alloc_zero(region, sizeof(*rep->rrsets) * (rrsets + 1u));
	if (rep->rrsets == NULL)
		return NULL;
	rep->flags = (uint16_t)(BIT_QR | BIT_RA | rcode);
	rep->qdcount = 1;
	rep->ttl = (time_t)ttl;
	rep->prefetch_ttl = (time_t)ttl;
	rep->serve_expired_ttl = (time_t)ttl;
	rep->security = sec_status_insecure; /* never secure; and `unchecked` would be SERVFAIL */
	rep->reason_bogus = LDNS_EDE_NONE;
	return rep;
}

static struct reply_info *make_negative(
    struct module_qstate *qstate, unsigned rcode, struct owner zone, uint16_t dclass, uint32_t ttl)
{
	struct reply_info *rep = make_reply(qstate->region, rcode, ttl, 1);
	if (rep == NULL)
		return NULL;
	rep->rrsets[0] = make_soa(qstate->region, zone, dclass, ttl);
	rep->ns_numrrsets = rep->rrset_count = 1;
	return rep->rrsets[0] != NULL ? rep : NULL;
}

/* A, AAAA and ANY get what addresses there are; every other type exists but has no data. */
static struct reply_info *make_sinkhole(struct module_qstate *qstate, struct owner zone,
    uint16_t dclass, const struct bt_sinkhole *sinkhole)
{
	uint16_t qtype = qstate->qinfo.qtype;
	bool any = qtype == LDNS_RR_TYPE_ANY;
	bool a = sinkhole->has_ipv4 && (any || qtype == LDNS_RR_TYPE_A);
	bool aaaa = sinkhole->has_ipv6 && (any || qtype == LDNS_RR_TYPE_AAAA);
	if (!a && !aaaa)
		return make_negative(qstate, LDNS_RCODE_NOERROR, zone, dclass, sinkhole->ttl);

	struct owner name = {qstate->qinfo.qname, qstate->qinfo.qname_len};
	struct reply_info *rep = make_reply(qstate->region, LDNS_RCODE_NOERROR, sinkhole->ttl, 2);
	if (rep == NULL)
		return NULL;
	if (a)
		rep->rrsets[rep->rrset_count++] = make_rrset(qstate->region, name, LDNS_RR_TYPE_A,
		    dclass, sinkhole->ttl, sinkhole->ipv4, sizeof(sinkhole->ipv4));
	if (aaaa)
		rep->rrsets[rep->rrset_count++] =
		    make_rrset(qstate->region, name, LDNS_RR_TYPE_AAAA, dclass, sinkhole->ttl,
			sinkhole->ipv6, sizeof(sinkhole->ipv6));
	rep->an_numrrsets = rep->rrset_count;
	for (size_t i = 0; i < rep->rrset_count; i++)
		if (rep->rrsets[i] == NULL)
			return NULL;
	return rep;
}

static bool has_stream_client(const struct module_qstate *qstate)
{
	for (const struct mesh_reply *r = qstate->mesh_info->reply_list; r != NULL; r = r->next)
		if (r->query_reply.c->type != comm_udp)
			return true;
	return false;
}

static bool give_message(struct module_qstate *qstate, struct reply_info *rep)
{
	if (rep == NULL)
		return false;
	struct dns_msg *msg = regional_alloc_zero(qstate->region, sizeof(*msg));
	if (msg == NULL)
		return false;
	msg->qinfo = qstate->qinfo;
	msg->rep = rep;
	qstate->return_msg = msg;
	qstate->return_rcode = LDNS_RCODE_NOERROR;
	return true;
}

static bool give_rcode(struct module_qstate *qstate, int rcode)
{
	qstate->return_msg = NULL;
	qstate->return_rcode = rcode;
	return true;
}

/* Without it there is no place for an option. */
static bool has_edns(const struct module_qstate *qstate)
{
	for (const struct mesh_reply *r = qstate->mesh_info->reply_list; r != NULL; r = r->next)
		if (r->edns.edns_present)
			return true;
	return false;
}

/* RFC 8914 4.16: Blocked. An answer without the option is still an answer. */
static void explain(struct module_qstate *qstate, enum bt_ede ede, const char *list)
{
	char text[16 + BT_LIST_NAME_MAX] = "listed in ";
	if (ede == BT_EDE_OFF || !has_edns(qstate))
		return;
	strncat(text, list, BT_LIST_NAME_MAX);
	(void)edns_opt_list_append_ede(&qstate->edns_opts_front_out, qstate->region,
	    LDNS_EDE_BLOCKED, ede == BT_EDE_TEXT ? text : NULL);
}

/* RFC 1035 3.3.14: strings with their lengths in front. Returns the octets used. */
static size_t write_strings(uint8_t *rdata, const struct bt_canary *canary)
{
	char text[BT_CANARY_STRINGS][BT_CANARY_TEXT];
	size_t used = 0;
	bt_canary_write(text, canary);
	for (unsigned i = 0; i < BT_CANARY_STRINGS; i++) {
		size_t length = strlen(text[i]);
		rdata[used++] = (uint8_t)length;
		memcpy(rdata + used, text[i], length);
		used += length;
	}
	return used;
}

static struct reply_info *make_canary(struct module_qstate *qstate, const struct bt_canary *canary)
{
	struct owner name = {qstate->qinfo.qname, qstate->qinfo.qname_len};
	uint8_t rdata[BT_CANARY_STRINGS * BT_CANARY_TEXT];
	if (qstate->qinfo.qtype != LDNS_RR_TYPE_TXT)
		return make_negative(qstate, LDNS_RCODE_NOERROR, name, LDNS_RR_CLASS_IN, 0);
	struct reply_info *rep = make_reply(qstate->region, LDNS_RCODE_NOERROR, 0, 1);
	if (rep == NULL)
		return NULL;
	rep->rrsets[0] = make_rrset(qstate->region, name, LDNS_RR_TYPE_TXT, LDNS_RR_CLASS_IN, 0,
	    rdata, write_strings(rdata, canary));
	rep->an_numrrsets = rep->rrset_count = 1;
	return rep->rrsets[0] != NULL ? rep : NULL;
}

void bt_answer_canary(struct module_qstate *qstate, const struct bt_canary *canary)
{
	if (!give_message(qstate, make_canary(qstate, canary)))
		give_rcode(qstate, LDNS_RCODE_REFUSED);
	qstate->no_cache_store = 1;
}

void bt_answer(struct module_qstate *qstate, const struct bt_verdict *verdict,
    const struct bt_sinkhole *sinkhole, const char *list, unsigned labels)
{
	struct owner zone = indicator(&qstate->qinfo, labels, verdict->labels);
	uint16_t dclass =
	    qstate->qinfo.qclass == LDNS_RR_CLASS_ANY ? LDNS_RR_CLASS_IN : qstate->qinfo.qclass;
	bool given = false;
	switch (verdict->action) {
	case BT_ACTION_SINKHOLE:
		given = give_message(qstate, make_sinkhole(qstate, zone, dclass, sinkhole));
		break;
	case BT_ACTION_NXDOMAIN:
		given = give_message(qstate,
		    make_negative(qstate, LDNS_RCODE_NXDOMAIN, zone, dclass, sinkhole->ttl));
		break;
	case BT_ACTION_NODATA:
		given = give_message(
		    qstate, make_negative(qstate, LDNS_RCODE_NOERROR, zone, dclass, sinkhole->ttl));
		break;
	case BT_ACTION_DROP:
		/* on a stream, a drop would close it with its other queries */
		if (has_stream_client(qstate)) {
			given = give_rcode(qstate, LDNS_RCODE_REFUSED);
		} else {
			qstate->is_drop = 1;
			given = give_rcode(qstate, LDNS_RCODE_NOERROR);
		}
		break;
	case BT_ACTION_REFUSED:
		given = give_rcode(qstate, LDNS_RCODE_REFUSED);
		break;
	case BT_ACTION_ALLOW:
	case BT_ACTION_LOG:
	case BT_ACTIONS:
	case BT_ACTION_NONE:
		break;
	}
	if (!given)
		give_rcode(qstate, LDNS_RCODE_REFUSED);
	qstate->no_cache_store = 1;
	explain(qstate, sinkhole->ede, list);
}

void bt_answer_failure(struct module_qstate *qstate)
{
	give_rcode(qstate, LDNS_RCODE_SERVFAIL);
	qstate->no_cache_store = 1;
}
