/* SPDX-License-Identifier: BSD-3-Clause */
/* ask-canary.c -- asks a resolver whether the plugin is in it */

#include <errno.h>
#include <ldns/ldns.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask-canary.h"

enum { PACKET = 1232 /* octets; an answer has far less */ };

bool bt_server_read(struct bt_server *server, const char *text)
{
	const struct addrinfo hints = {
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_DGRAM};
	char address[64];
	struct addrinfo *found;
	size_t size = strcspn(text, "@");
	const char *port = text[size] == '@' ? text + size + 1 : "53";
	if (size >= sizeof(address) || *port == '\0')
		return false;
	memcpy(address, text, size);
	address[size] = '\0';
	if (getaddrinfo(address, port, &hints, &found) != 0)
		return false;
	server->text = text;
	memcpy(&server->address, found->ai_addr, found->ai_addrlen);
	server->size = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

/* ---- the question ---- */

static uint8_t *make_question(size_t *size)
{
	uint8_t *wire = NULL;
	ldns_rdf *name = ldns_dname_new_frm_str(BT_CANARY_NAME);
	ldns_pkt *packet =
	    name != NULL ? ldns_pkt_query_new(name, LDNS_RR_TYPE_TXT, LDNS_RR_CLASS_IN, LDNS_RD)
			 : NULL;
	if (packet == NULL)
		return NULL;
	ldns_pkt_set_random_id(packet);
	if (ldns_pkt2wire(&wire, packet, size) != LDNS_STATUS_OK)
		wire = NULL;
	ldns_pkt_free(packet);
	return wire;
}

/* Connected, so that a closed port is told at once. */
static ssize_t exchange(const struct bt_server *server, const uint8_t *question, size_t size,
    uint8_t answer[static PACKET])
{
	int fd = socket(server->address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	ssize_t got = -1;
	if (connect(fd, (const struct sockaddr *)&server->address, server->size) == 0 &&
	    send(fd, question, size, 0) == (ssize_t)size) {
		int ready = poll(&wait, 1, BT_ASK_SECONDS * 1000);
		if (ready == 0)
			errno = ETIMEDOUT;
		else if (ready == 1)
			got = recv(fd, answer, PACKET, 0);
	}
	int code = errno;
	close(fd);
	errno = code;
	return got;
}

/* ---- the answer ---- */

static void read_string(struct bt_canary_reply *reply, const ldns_rdf *string)
{
	char text[256]; /* the longest string, and a zero octet */
	size_t size = ldns_rdf_size(string);
	if (size == 0)
		return;
	memcpy(text, ldns_rdf_data(string) + 1, size - 1); /* behind its length */
	text[size - 1] = '\0';
	reply->known |= bt_canary_read(&reply->canary, text);
}

static void read_answer(struct bt_canary_reply *reply, const ldns_pkt *packet)
{
	memset(reply, 0, sizeof(*reply));
	char *rcode = ldns_pkt_rcode2str(ldns_pkt_get_rcode(packet));
	snprintf(reply->rcode, sizeof(reply->rcode), "%s", rcode != NULL ? rcode : "?");
	free(rcode);
	const ldns_rr_list *answer = ldns_pkt_answer(packet);
	for (size_t i = 0; i < ldns_rr_list_rr_count(answer); i++) {
		const ldns_rr *record = ldns_rr_list_rr(answer, i);
		for (size_t j = 0;
		     ldns_rr_get_type(record) == LDNS_RR_TYPE_TXT && j < ldns_rr_rd_count(record);
		     j++)
			read_string(reply, ldns_rr_rdf(record, j));
	}
	reply->known = reply->known && reply->canary.version[0] != '\0';
}

bool bt_ask_canary(
    struct bt_canary_reply *reply, const struct bt_server *server, struct bt_err *err)
{
	uint8_t answer[PACKET];
	size_t size;
	uint8_t *question = make_question(&size);
	if (question == NULL)
		return bt_fail(err, "out of memory");
	ssize_t got = exchange(server, question, size, answer);
	ldns_pkt *packet = NULL;
	bool ok = false;
	if (got < 0)
		bt_fail(err, "%s", errno == ETIMEDOUT ? "no answer" : strerror(errno));
	else if (got < 2 || memcmp(answer, question, 2) != 0 ||
		 ldns_wire2pkt(&packet, answer, (size_t)got) != LDNS_STATUS_OK)
		bt_fail(err, "what comes back is no answer");
	else
		ok = true;
	if (ok)
		read_answer(reply, packet);
	ldns_pkt_free(packet);
	free(question);
	return ok;
}
