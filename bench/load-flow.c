/* SPDX-License-Identifier: BSD-3-Clause */
/* load-flow.c -- a UDP socket with queries under way */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>

#include "load-flow.h"

enum {
	BATCH = 32,
	IDENTIFIERS = 65536,
	ANSWER_MAX = 1500,
	STALL = 500000,   /* ns in which a batch is sent if nobody takes the processor away */
	BUFFER = 4 << 20, /* asked for; the kernel gives what it allows */
};

/* A query under way; `since` is 0 in a free place. */
struct place {
	uint64_t since;
	uint64_t query;
	bool is_timed; /* `since` is when it was sent */
};

struct control {
	_Alignas(struct cmsghdr) uint8_t octets[CMSG_SPACE(sizeof(struct timespec))];
};

struct flow {
	struct exchange *exchange;
	int fd;
	uint16_t next, oldest; /* identifiers; those from oldest on may be under way */
	unsigned outstanding;
	struct place places[IDENTIFIERS];

	uint8_t query[BATCH][QUERY_MAX];
	struct iovec query_part[BATCH];
	struct mmsghdr query_message[BATCH];

	uint8_t answer[BATCH][ANSWER_MAX];
	struct control control[BATCH];
	struct iovec answer_part[BATCH];
	struct mmsghdr answer_message[BATCH];
};

uint64_t realtime(void)
{
	struct timespec time;
	clock_gettime(CLOCK_REALTIME, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* ---- open and close ---- */

static bool open_socket(struct flow *flow, const struct sockaddr_in *server)
{
	int yes = 1, buffer = BUFFER;
	flow->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (flow->fd < 0)
		return false;
	(void)setsockopt(flow->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	return setsockopt(flow->fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof(yes)) == 0 &&
	       connect(flow->fd, (const struct sockaddr *)server, sizeof(*server)) == 0;
}

struct flow *flow_new(struct exchange *exchange, const struct sockaddr_in *server)
{
	struct flow *flow = calloc(1, sizeof(*flow));
	if (flow == NULL) {
		fprintf(stderr, "load: out of memory\n");
		return NULL;
	}
	flow->exchange = exchange;
	if (!open_socket(flow, server)) {
		fprintf(stderr, "load: socket: %s\n", strerror(errno));
		flow_free(flow);
		return NULL;
	}
	for (unsigned i = 0; i < BATCH; i++) {
		flow->query_part[i].iov_base = flow->query[i];
		flow->query_message[i].msg_hdr.msg_iov = &flow->query_part[i];
		flow->query_message[i].msg_hdr.msg_iovlen = 1;
		flow->answer_part[i] = (struct iovec){flow->answer[i], ANSWER_MAX};
		flow->answer_message[i].msg_hdr.msg_iov = &flow->answer_part[i];
		flow->answer_message[i].msg_hdr.msg_iovlen = 1;
		flow->answer_message[i].msg_hdr.msg_control = flow->control[i].octets;
	}
	return flow;
}

void flow_free(struct flow *flow)
{
	if (flow != NULL && flow->fd >= 0)
		close(flow->fd);
	free(flow);
}

int flow_socket(const struct flow *flow)
{
	return flow->fd;
}

unsigned flow_outstanding(const struct flow *flow)
{
	return flow->outstanding;
}

/* ---- queries ---- */

/* False if all identifiers are taken. */
static bool prepare(struct flow *flow, unsigned i, unsigned ahead, uint64_t since)
{
	struct exchange *exchange = flow->exchange;
	uint16_t id = (uint16_t)(flow->next + ahead);
	struct place *place = &flow->places[id];
	if (place->since != 0)
		return false;
	place->since = since;
	place->is_timed = true;
	place->query = (exchange->next + ahead) % exchange->queries->count;
	size_t start = exchange->queries->start[place->query];
	size_t size = exchange->queries->start[place->query + 1] - start;
	memcpy(flow->query[i], exchange->queries->octets + start, size);
	flow->query[i][0] = (uint8_t)(id >> 8);
	flow->query[i][1] = (uint8_t)id;
	flow->query_part[i].iov_len = size;
	return true;
}

/* A server that is not there makes an error of the next call: its query is lost, as over a wire. */
static bool is_refusal(int error)
{
	return error == ECONNREFUSED;
}

/* The client lost its processor somewhere between taking the time and sending the last of them. */
static void forget_times(struct flow *flow, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		flow->places[(uint16_t)(flow->next + i)].is_timed = false;
	flow->exchange->outcome.untimed += count;
}

bool flow_send(struct flow *flow, unsigned wanted, unsigned *sent)
{
	struct exchange *exchange = flow->exchange;
	*sent = 0;
	while (*sent < wanted) {
		unsigned batch = wanted - *sent < BATCH ? wanted - *sent : BATCH, ready = 0;
		uint64_t since = realtime();
		while (ready < batch && prepare(flow, ready, ready, since))
			ready++;
		if (ready == 0)
			return true;
		int taken = sendmmsg(flow->fd, flow->query_message, ready, 0);
		int error = errno;
		if (taken < 0 && is_refusal(error))
			taken = 1;
		unsigned gone = taken > 0 ? (unsigned)taken : 0;
		for (unsigned i = gone; i < ready; i++)
			flow->places[(uint16_t)(flow->next + i)].since = 0;
		if (realtime() > since + STALL)
			forget_times(flow, gone);
		flow->next = (uint16_t)(flow->next + gone);
		flow->outstanding += gone;
		exchange->next += gone;
		exchange->outcome.sent += gone;
		*sent += gone;
		if (taken < 0 && error != EAGAIN && error != EINTR && error != ENOBUFS) {
			fprintf(stderr, "load: send: %s\n", strerror(error));
			return false;
		}
		if (gone < ready)
			return true;
	}
	return true;
}

/* ---- answers ---- */

/* Past the owner's name at `at`, or NULL. */
static const uint8_t *skip_name(const uint8_t *at, const uint8_t *end)
{
	while (at < end) {
		if (*at == 0)
			return at + 1;
		if (*at >= 0xc0)
			return at + 2;
		at += *at + 1;
	}
	return NULL;
}

/* True if the first address among the answer's records is that one. */
static bool has_address(const uint8_t *answer, size_t size, const struct in_addr *address)
{
	const uint8_t *end = answer + size, *at = skip_name(answer + QUERY_HEADER, end);
	unsigned records = (unsigned)(answer[6] << 8 | answer[7]);
	if (at == NULL || end - at < 4)
		return false;
	at += 4;
	while (records-- > 0) {
		at = skip_name(at, end);
		if (at == NULL || end - at < 10)
			return false;
		unsigned type = (unsigned)(at[0] << 8 | at[1]);
		unsigned length = (unsigned)(at[8] << 8 | at[9]);
		at += 10;
		if ((size_t)(end - at) < length)
			return false;
		if (type == 1 && length == sizeof(*address))
			return memcmp(at, address, sizeof(*address)) == 0;
		at += length;
	}
	return false;
}

static uint64_t arrival(const struct msghdr *message)
{
	struct cmsghdr *part = CMSG_FIRSTHDR(message);
	if (part == NULL || part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS)
		return realtime();
	struct timespec time;
	memcpy(&time, CMSG_DATA(part), sizeof(time));
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void take(struct flow *flow, const uint8_t *answer, size_t size, uint64_t when)
{
	struct exchange *exchange = flow->exchange;
	struct outcome *outcome = &exchange->outcome;
	if (size < QUERY_HEADER) {
		outcome->wrong++;
		return;
	}
	bool right_address = has_address(answer, size, &exchange->address);
	struct place *place = &flow->places[answer[0] << 8 | answer[1]];
	if (place->since == 0 || when > place->since + exchange->timeout) {
		outcome->late++; /* give_up() has taken it for lost, or will */
		outcome->late_with_address += right_address;
		return;
	}
	size_t start = exchange->queries->start[place->query] + QUERY_HEADER;
	size_t question = exchange->queries->start[place->query + 1] - start;
	if (size < QUERY_HEADER + question || /* the case of letters, too */
	    memcmp(answer + QUERY_HEADER, exchange->queries->octets + start, question) != 0) {
		outcome->wrong++;
		return;
	}
	outcome->answered++;
	outcome->with_address += right_address;
	outcome->rcode[answer[3] & 15]++;
	if (place->is_timed)
		histogram_add(&outcome->latency, when > place->since ? when - place->since : 0);
	place->since = 0;
	flow->outstanding--;
}

static void give_up(struct flow *flow)
{
	struct exchange *exchange = flow->exchange;
	uint64_t now = 0;
	for (; flow->outstanding > 0; flow->oldest++) {
		struct place *place = &flow->places[flow->oldest];
		if (place->since == 0)
			continue;
		if (now == 0)
			now = realtime();
		if (now < place->since + exchange->timeout)
			return;
		place->since = 0;
		flow->outstanding--;
		exchange->outcome.lost++;
	}
	flow->oldest = flow->next;
}

bool flow_receive(struct flow *flow)
{
	int got;
	do {
		for (unsigned i = 0; i < BATCH; i++)
			flow->answer_message[i].msg_hdr.msg_controllen = sizeof(struct control);
		got = recvmmsg(flow->fd, flow->answer_message, BATCH, 0, NULL);
		for (int i = 0; i < got; i++)
			take(flow, flow->answer[i], flow->answer_message[i].msg_len,
			    arrival(&flow->answer_message[i].msg_hdr));
	} while (got == BATCH || (got < 0 && (errno == EINTR || is_refusal(errno))));
	if (got < 0 && errno != EAGAIN) {
		fprintf(stderr, "load: receive: %s\n", strerror(errno));
		return false;
	}
	give_up(flow);
	return true;
}
