/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * load-flow.h -- a UDP socket with queries under way
 *
 * Each query that was sent ends once: answered, or lost when no answer came in time. An answer
 * belongs to a query if it has its identifier and repeats its question.
 *
 * Times are of CLOCK_REALTIME in nanoseconds, as the kernel stamps what arrives: so that a client
 * that gets the processor late does not put its own wait on the server's account.
 *
 * Functions print the reason when they return false. One thread.
 */
#ifndef BENCH_LOAD_FLOW_H
#define BENCH_LOAD_FLOW_H

#include <stdbool.h>
#include <stdint.h>
#include <netinet/in.h>

#include "histogram.h"
#include "load-queries.h"

enum { RCODES = 16 };

/* What became of the queries of all flows. */
struct outcome {
	uint64_t sent;
	uint64_t untimed;  /* of these: nobody knows when, so they have no latency */
	uint64_t answered; /* in time, with the right question */
	uint64_t lost;
	uint64_t late;         /* answers after their query was lost, or a second time */
	uint64_t wrong;        /* to a question that was not asked */
	uint64_t with_address; /* of the answered */
	uint64_t late_with_address;
	uint64_t rcode[RCODES];
	struct histogram latency;
};

struct flow;

/* What all flows have in common; outlives them. */
struct exchange {
	const struct queries *queries;
	uint64_t next; /* counts on; query `next % count` is sent next */
	uint64_t timeout;
	struct in_addr address; /* that answers are compared with */
	struct outcome outcome;
};

uint64_t realtime(void);

/* A flow to that server, to be freed with flow_free(). NULL if there is none to have. */
struct flow *flow_new(struct exchange *exchange, const struct sockaddr_in *server);

void flow_free(struct flow *flow);

/* To poll for answers. */
int flow_socket(const struct flow *flow);

unsigned flow_outstanding(const struct flow *flow);

/* Sends up to `wanted` queries; *sent is how many the kernel took. */
bool flow_send(struct flow *flow, unsigned wanted, unsigned *sent);

/* Takes in all answers that have come, and gives up queries that have waited too long. */
bool flow_receive(struct flow *flow);

#endif
