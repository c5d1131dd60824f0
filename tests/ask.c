/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ask.c -- many questions to a resolver, from many addresses, one line an answer
 *
 * The tests' own client: it shares no code with what it tests. Packets are made and read by ldns.
 *
 * Standard input has a question a line:
 *
 *     CLIENT udp|tcp NAME TYPE [FLAG,FLAG...]      flags: cd do edns norec ecs=ADDRESS/BITS -
 *
 * and standard output an answer a line, in the order of the questions:
 *
 *     CLIENT udp|tcp NAME TYPE FLAGS RCODE BITS ECHO ANSWERS SOA SENT RECEIVED EDE
 *
 * RCODE is "timeout" or "closed" if there was no answer. BITS: aa,ad,cd,ra,rd,tc. ECHO is the name
 * as the question section has it. ANSWERS: OWNER/TTL/TYPE/DATA,... in the order of the packet. SOA
 * of the authority section: OWNER/TTL/MINIMUM. SENT and RECEIVED: milliseconds since 1970. EDE:
 * CODE TEXT. What is not there is "-". A question is sent once, never again.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <ldns/ldns.h>

enum {
	FIELDS = 5,
	THREADS_MAX = 64,
	PORTS_MAX = 64,
	UDP_SIZE = 1232,
	PACKET_MAX = 65535,
};

struct question {
	char *line; /* what the fields point into */
	char *client, *transport, *name, *type, *flags;
	char *result;
};

static const char *port = "53";
static int timeout_ms = 5000;
static unsigned rate; /* questions a second; 0: as fast as it goes */
static unsigned thread_count = 1;

static struct question *questions;
static size_t question_count;
static atomic_size_t next_question;
static int64_t started;

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *format, ...)
{
	va_list args;
	fputs("ask: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

static int64_t now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * (int64_t)1000000 + now.tv_nsec / 1000;
}

/*****************************************************************************
 *
 *  the question
 */

static const char *find_flag(const struct question *q, const char *flag)
{
	size_t size = strlen(flag);
	for (const char *at = q->flags; at != NULL; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, flag, size) == 0 && strchr(",=", at[size]) != NULL)
			return at + size;
	}
	return NULL;
}

/* RFC 7871 6: family, source and scope prefix lengths, the address's octets up to the prefix. */
static bool add_subnet(ldns_pkt *packet, const char *text)
{
	uint8_t data[4 + 16] = {0};
	char address[INET6_ADDRSTRLEN] = "";
	unsigned bits = 0;
	if (sscanf(text, "=%45[0-9a-fA-F.:]/%u", address, &bits) != 2)
		return false;
	bool v6 = strchr(address, ':') != NULL;
	if (bits > (v6 ? 128u : 32u) || inet_pton(v6 ? AF_INET6 : AF_INET, address, data + 4) != 1)
		return false;
	data[1] = v6 ? 2 : 1;
	data[2] = (uint8_t)bits;
	ldns_edns_option *option =
	    ldns_edns_new_from_data(LDNS_EDNS_CLIENT_SUBNET, 4 + (bits + 7) / 8, data);
	ldns_edns_option_list *list = ldns_edns_option_list_new();
	if (option == NULL || list == NULL || !ldns_edns_option_list_push(list, option))
		return false;
	ldns_pkt_set_edns_option_list(packet, list);
	return true;
}

static uint8_t *make_query(const struct question *q, uint16_t id, size_t *size)
{
	ldns_rdf *name = ldns_dname_new_frm_str(q->name);
	ldns_rr_type type = ldns_get_rr_type_by_name(q->type);
	if (name == NULL || type == 0)
		die("%s %s is no question", q->name, q->type);
	uint16_t flags = find_flag(q, "norec") != NULL ? 0 : LDNS_RD;
	ldns_pkt *packet = ldns_pkt_query_new(name, type, LDNS_RR_CLASS_IN, flags);
	if (packet == NULL)
		die("out of memory");
	ldns_pkt_set_id(packet, id);
	ldns_pkt_set_cd(packet, find_flag(q, "cd") != NULL);

	const char *subnet = find_flag(q, "ecs");
	bool dnssec = find_flag(q, "do") != NULL;
	if (dnssec || subnet != NULL || find_flag(q, "edns") != NULL)
		ldns_pkt_set_edns_udp_size(packet, UDP_SIZE);
	ldns_pkt_set_edns_do(packet, dnssec);
	if (subnet != NULL && !add_subnet(packet, subnet))
		die("%s is no client subnet", subnet);

	uint8_t *wire = NULL;
	if (ldns_pkt2wire(&wire, packet, size) != LDNS_STATUS_OK)
		die("%s %s: cannot make a packet", q->name, q->type);
	ldns_pkt_free(packet);
	return wire;
}

/*****************************************************************************
 *
 *  the wire
 */

/* A socket from the client's address to the resolver on the loopback address of its family. */
static int open_socket(const struct question *q, bool tcp)
{
	bool v6 = strchr(q->client, ':') != NULL;
	struct addrinfo *from, *to;
	const struct addrinfo hints = {
	    .ai_family = v6 ? AF_INET6 : AF_INET,
	    .ai_socktype = tcp ? SOCK_STREAM : SOCK_DGRAM,
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	};
	if (getaddrinfo(q->client, "0", &hints, &from) != 0)
		die("%s is no address", q->client);
	if (getaddrinfo(v6 ? "::1" : "127.0.0.1", port, &hints, &to) != 0)
		die("%s is no port", port);

	const struct timeval limit = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
	const int one = 1;
	int fd = socket(from->ai_family, from->ai_socktype | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket: %s", strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, from->ai_addr, from->ai_addrlen) < 0)
		die("cannot ask from %s: %s", q->client, strerror(errno));
	bool connected = connect(fd, to->ai_addr, to->ai_addrlen) == 0;
	freeaddrinfo(from);
	freeaddrinfo(to);
	if (connected)
		return fd;
	close(fd);
	return -1;
}

static bool send_query(int fd, bool tcp, const uint8_t *wire, size_t size)
{
	uint8_t frame[2 + PACKET_MAX];
	frame[0] = (uint8_t)(size >> 8);
	frame[1] = (uint8_t)size;
	memcpy(frame + 2, wire, size);
	const uint8_t *at = tcp ? frame : wire;
	size_t all = tcp ? size + 2 : size;
	return send(fd, at, all, MSG_NOSIGNAL) == (ssize_t)all;
}

/* Octets that came, 0 at the end of a stream, -1 with errno. */
static ssize_t receive_frame(int fd, uint8_t *reply)
{
	uint8_t length[2];
	ssize_t got = recv(fd, length, sizeof(length), MSG_WAITALL);
	if (got < 2)
		return got < 0 ? -1 : 0;
	return recv(fd, reply, (size_t)length[0] << 8 | length[1], MSG_WAITALL);
}

/* NULL, or what went wrong in a word. */
static const char *exchange(
    const struct question *q, uint16_t id, const uint8_t *wire, size_t size, ldns_pkt **answer)
{
	bool tcp = strcmp(q->transport, "tcp") == 0;
	int fd = open_socket(q, tcp);
	if (fd < 0)
		return "closed";
	uint8_t reply[PACKET_MAX];
	ssize_t got = send_query(fd, tcp, wire, size) ? 1 : -1;
	while (got > 0) {
		got = tcp ? receive_frame(fd, reply) : recv(fd, reply, sizeof(reply), 0);
		if (got >= 2 && (reply[0] << 8 | reply[1]) == id)
			break;
	}
	int reason = errno;
	close(fd);
	if (got < 0 && (reason == EAGAIN || reason == EWOULDBLOCK))
		return "timeout";
	if (got <= 0)
		return "closed";
	return ldns_wire2pkt(answer, reply, (size_t)got) == LDNS_STATUS_OK ? NULL : "garbled";
}

/*****************************************************************************
 *
 *  the answer
 */

/* A field must not have the separator in it. */
static void put_rdf(FILE *out, const ldns_rdf *rdf)
{
	char *text = ldns_rdf2str(rdf);
	for (char *c = text; c != NULL && *c != '\0'; c++)
		fputc(*c == ' ' ? '_' : *c, out);
	free(text);
}

static void put_record(FILE *out, const ldns_rr *rr)
{
	char *type = ldns_rr_type2str(ldns_rr_get_type(rr));
	put_rdf(out, ldns_rr_owner(rr));
	fprintf(out, "/%" PRIu32 "/%s", ldns_rr_ttl(rr), type);
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		fputc(i == 0 ? '/' : '_', out);
		put_rdf(out, ldns_rr_rdf(rr, i));
	}
	free(type);
}

static void put_answers(FILE *out, const ldns_pkt *packet)
{
	const ldns_rr_list *list = ldns_pkt_answer(packet);
	size_t count = ldns_rr_list_rr_count(list);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			fputc(',', out);
		put_record(out, ldns_rr_list_rr(list, i));
	}
	fputs(count == 0 ? "- " : " ", out);
}

static void put_soa(FILE *out, const ldns_pkt *packet)
{
	const ldns_rr_list *list = ldns_pkt_authority(packet);
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);
		if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_SOA || ldns_rr_rd_count(rr) != 7)
			continue;
		put_rdf(out, ldns_rr_owner(rr));
		fprintf(out, "/%" PRIu32 "/", ldns_rr_ttl(rr));
		put_rdf(out, ldns_rr_rdf(rr, 6));
		fputc(' ', out);
		return;
	}
	fputs("- ", out);
}

static void put_bits(FILE *out, const ldns_pkt *packet)
{
	const struct {
		const char *name;
		bool set;
	} bits[] = {
	    {"aa", ldns_pkt_aa(packet)},
	    {"ad", ldns_pkt_ad(packet)},
	    {"cd", ldns_pkt_cd(packet)},
	    {"ra", ldns_pkt_ra(packet)},
	    {"rd", ldns_pkt_rd(packet)},
	    {"tc", ldns_pkt_tc(packet)},
	};
	const char *between = "";
	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		if (bits[i].set) {
			fprintf(out, "%s%s", between, bits[i].name);
			between = ",";
		}
	fputs(*between == '\0' ? "- " : " ", out);
}

/* RFC 8914 2: a code of two octets, then text. */
static void put_ede(FILE *out, ldns_pkt *packet)
{
	ldns_edns_option_list *list = ldns_pkt_edns_get_option_list(packet);
	for (size_t i = 0; list != NULL && i < ldns_edns_option_list_get_count(list); i++) {
		const ldns_edns_option *option = ldns_edns_option_list_get_option(list, i);
		size_t size = ldns_edns_get_size(option);
		const uint8_t *data = ldns_edns_get_data(option);
		if (ldns_edns_get_code(option) != LDNS_EDNS_EDE || size < 2)
			continue;
		fprintf(out, "%d%s", data[0] << 8 | data[1], size > 2 ? " " : "");
		for (size_t j = 2; j < size; j++)
			fputc(data[j] >= ' ' && data[j] < 127 ? data[j] : '?', out);
		return;
	}
	fputc('-', out);
}

static void put_packet(FILE *out, ldns_pkt *packet, int64_t sent, int64_t received)
{
	char *rcode = ldns_pkt_rcode2str(ldns_pkt_get_rcode(packet));
	fprintf(out, "%s ", rcode);
	free(rcode);
	put_bits(out, packet);
	put_rdf(out, ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(packet), 0)));
	fputc(' ', out);
	put_answers(out, packet);
	put_soa(out, packet);
	fprintf(out, "%" PRId64 " %" PRId64 " ", sent / 1000, received / 1000);
	put_ede(out, packet);
}

static void ask(struct question *q, uint16_t id)
{
	size_t size;
	uint8_t *wire = make_query(q, id, &size);
	ldns_pkt *answer = NULL;
	int64_t sent = now_us();
	const char *problem = exchange(q, id, wire, size, &answer);
	int64_t received = now_us();
	free(wire);
	if (problem == NULL && ldns_rr_list_rr_count(ldns_pkt_question(answer)) != 1)
		problem = "garbled";

	FILE *out = open_memstream(&q->result, &size);
	if (out == NULL)
		die("out of memory");
	fprintf(out, "%s %s %s %s %s ", q->client, q->transport, q->name, q->type, q->flags);
	if (problem != NULL)
		fprintf(out, "%s - - - - %" PRId64 " %" PRId64 " -", problem, sent / 1000,
		    received / 1000);
	else
		put_packet(out, answer, sent, received);
	fclose(out);
	ldns_pkt_free(answer);
}

/*****************************************************************************
 *
 *  all of them
 */

static void read_questions(void)
{
	char *line = NULL;
	size_t room = 0, capacity = 0;
	while (getline(&line, &room, stdin) >= 0) {
		char *field[FIELDS] = {0}, *rest = line;
		unsigned count = 0;
		while (count < FIELDS && (field[count] = strtok_r(rest, " \t\n", &rest)) != NULL)
			count++;
		if (count < FIELDS - 1)
			die("line %zu: expected CLIENT udp|tcp NAME TYPE [FLAGS]", question_count + 1);
		if (question_count == capacity) {
			capacity = capacity * 2 + 1024;
			questions = reallocarray(questions, capacity, sizeof(*questions));
			if (questions == NULL)
				die("out of memory");
		}
		questions[question_count++] = (struct question){line, field[0], field[1], field[2],
		    field[3], count == FIELDS ? field[4] : "-", NULL};
		line = NULL;
		room = 0;
	}
	free(line);
}

static void wait_for_turn(size_t number)
{
	if (rate == 0)
		return;
	int64_t due = started + (int64_t)(number * 1000000 / rate);
	int64_t wait = due - now_us();
	if (wait > 0)
		(void)poll(NULL, 0, (int)((wait + 999) / 1000));
}

static void *work(void *arg)
{
	size_t number;
	(void)arg;
	while ((number = atomic_fetch_add(&next_question, 1)) < question_count) {
		wait_for_turn(number);
		ask(&questions[number], (uint16_t)(number * 40503 + 1));
	}
	return NULL;
}

static void ask_all(void)
{
	pthread_t threads[THREADS_MAX];
	started = now_us();
	for (unsigned i = 0; i < thread_count; i++)
		if (pthread_create(&threads[i], NULL, work, NULL) != 0)
			die("cannot start a thread");
	for (unsigned i = 0; i < thread_count; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < question_count; i++) {
		puts(questions[i].result);
		free(questions[i].result);
		free(questions[i].line);
	}
	free(questions);
}

/* Ports that are free for both UDP and TCP, for servers that the tests start. */
static void find_ports(unsigned count)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(in);
	int taken[PORTS_MAX];
	for (unsigned i = 0; i < count;) {
		int udp = socket(AF_INET, SOCK_DGRAM, 0);
		in.sin_port = 0;
		taken[i] = socket(AF_INET, SOCK_STREAM, 0);
		if (udp < 0 || taken[i] < 0 || bind(taken[i], (struct sockaddr *)&in, size) < 0 ||
		    getsockname(taken[i], (struct sockaddr *)&in, &size) < 0)
			die("no free port: %s", strerror(errno));
		bool both = bind(udp, (struct sockaddr *)&in, size) == 0;
		close(udp);
		if (both) { /* held until the end, so that the next one differs */
			printf("%u\n", ntohs(in.sin_port));
			i++;
		} else {
			close(taken[i]);
		}
	}
}

static unsigned read_number(const char *text, unsigned long max)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);
	if (end == text || *end != '\0' || number == 0 || number > max)
		die("%s is not a number from 1 to %lu", text, max);
	return (unsigned)number;
}

int main(int argc, char **argv)
{
	int option;
	while ((option = getopt(argc, argv, "p:j:r:t:f:")) != -1)
		switch (option) {
		case 'p':
			port = optarg;
			break;
		case 'j':
			thread_count = read_number(optarg, THREADS_MAX);
			break;
		case 'r':
			rate = read_number(optarg, 1000000);
			break;
		case 't':
			timeout_ms = (int)read_number(optarg, 600000);
			break;
		case 'f':
			find_ports(read_number(optarg, PORTS_MAX));
			return 0;
		default:
			fputs("usage: ask [-p PORT] [-j THREADS] [-r QUESTIONS-A-SECOND] [-t MS] "
			      "<QUESTIONS\n       ask -f COUNT    (prints free ports)\n",
			    stderr);
			return 2;
		}
	read_questions();
	ask_all();
	return 0;
}
