/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ask.c -- a DNS client for the live tests, built on ldns and on nothing of ours
 *
 *     ask -s SERVER -p PORT [-j THREADS] [-t SECONDS] < QUESTIONS
 *     ask -f                prints a port that is free for UDP and TCP on 127.0.0.1
 *     ask -b PORT           ends with status 1 if that port is taken there
 *
 * A question is a line `CLIENT TRANSPORT NAME TYPE [FLAG...]`: the source address, of the server's
 * family; udp or tcp; flags
 *
 *     cd, do, nord
 *     edns                  an OPT record without DO
 *     ecs=ADDRESS/BITS      in it, EDNS Client Subnet (RFC 7871)
 *     mac=XX:XX:...         in it, option 65001: dnsmasq's --add-mac
 *     proxy=ADDRESS         PROXYv2 in front: a proxy at CLIENT speaks for ADDRESS
 *
 * For each an answer is printed, in no certain order:
 *
 *     CLIENT TRANSPORT NAME TYPE RCODE FLAGS QUESTION ANSWER AUTHORITY EDE
 *
 * FLAGS are those of aa, tc, rd, ra, ad, cd that are set, with commas; QUESTION is the name as the
 * server wrote it; ANSWER and AUTHORITY are records as TYPE:TTL:DATA, with commas, in the answer
 * with @OWNER behind if that is not the name asked (of a SOA OWNER/TTL/MINIMUM); EDE is CODE:TEXT
 * with '_' for blanks. "-" stands for nothing. The RCODE of a question that got no answer in time
 * is TIMEOUT.
 */

#include <arpa/inet.h>
#include <ldns/ldns.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	LINE = 2048,
	FIELDS = 12,
	PACKET = 65535,
	OPTIONS = 64, /* octets of EDNS options */
	PROXY = 64,   /* octets of a PROXYv2 header */
	EDNS_SUBNET = 8,
	EDNS_EDE = 15,
	EDNS_MAC = 65001,
};

/* An address with a port, of either family. */
struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} is;
	socklen_t size;
};

static const char *server_name;
static struct address server;
static int timeout_ms = 3000;
static pthread_mutex_t input = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t output = PTHREAD_MUTEX_INITIALIZER;

struct question {
	char line[LINE];
	char *client, *transport, *name, *type;
	const char *ecs, *mac, *proxy; /* NULL: none */
	bool cd, dnssec, edns, nord;
};

static bool read_address(struct address *address, const char *text, unsigned port)
{
	*address = (struct address){.size = sizeof(address->is.in)};
	if (inet_pton(AF_INET, text, &address->is.in.sin_addr) == 1) {
		address->is.in.sin_family = AF_INET;
		address->is.in.sin_port = htons((uint16_t)port);
		return true;
	}
	address->size = sizeof(address->is.in6);
	address->is.in6.sin6_family = AF_INET6;
	address->is.in6.sin6_port = htons((uint16_t)port);
	return inet_pton(AF_INET6, text, &address->is.in6.sin6_addr) == 1;
}

static const void *octets_of(const struct address *address, size_t *size)
{
	bool ipv4 = address->is.any.sa_family == AF_INET;
	*size = ipv4 ? sizeof(address->is.in.sin_addr) : sizeof(address->is.in6.sin6_addr);
	return ipv4 ? (const void *)&address->is.in.sin_addr : &address->is.in6.sin6_addr;
}

static void no_such(const char *what, const char *text)
{
	fprintf(stderr, "ask: %s is no %s\n", text, what);
	exit(2);
}

/* ---- questions ---- */

static const char *value(const char *field, const char *flag)
{
	size_t length = strlen(flag);
	return strncmp(field, flag, length) == 0 && field[length] == '=' ? field + length + 1
									 : NULL;
}

static bool read_question(struct question *q)
{
	char *fields[FIELDS] = {NULL};
	unsigned n = 0;
	pthread_mutex_lock(&input);
	bool got = fgets(q->line, sizeof(q->line), stdin) != NULL;
	pthread_mutex_unlock(&input);
	if (!got)
		return false;
	char *rest = q->line;
	for (char *word; n < FIELDS && (word = strtok_r(rest, " \t\n", &rest)) != NULL;)
		fields[n++] = word;
	if (n < 4) {
		fprintf(stderr, "ask: expected CLIENT TRANSPORT NAME TYPE [FLAG...]\n");
		exit(2);
	}
	q->client = fields[0];
	q->transport = fields[1];
	q->name = fields[2];
	q->type = fields[3];
	q->cd = q->dnssec = q->edns = q->nord = false;
	q->ecs = q->mac = q->proxy = NULL;
	for (unsigned i = 4; i < n; i++) {
		const char *text;
		if ((text = value(fields[i], "ecs")) != NULL)
			q->ecs = text;
		if ((text = value(fields[i], "mac")) != NULL)
			q->mac = text;
		if ((text = value(fields[i], "proxy")) != NULL)
			q->proxy = text;
		q->cd |= strcmp(fields[i], "cd") == 0;
		q->dnssec |= strcmp(fields[i], "do") == 0;
		q->edns |= strcmp(fields[i], "edns") == 0;
		q->nord |= strcmp(fields[i], "nord") == 0;
	}
	return true;
}

static uint8_t *put16(uint8_t *at, unsigned number)
{
	at[0] = (uint8_t)(number >> 8);
	at[1] = (uint8_t)number;
	return at + 2;
}

/* The address is cut to the octets that its bits need: RFC 7871 6. */
static uint8_t *put_subnet(uint8_t *at, const char *text)
{
	char name[INET6_ADDRSTRLEN] = "";
	struct address address;
	unsigned bits;
	size_t size;
	if (sscanf(text, "%45[^/]/%u", name, &bits) != 2 || bits > 128 ||
	    !read_address(&address, name, 0))
		no_such("subnet", text);
	const void *octets = octets_of(&address, &size);
	size = (bits + 7) / 8 < size ? (bits + 7) / 8 : size;
	at = put16(at, EDNS_SUBNET);
	at = put16(at, 4 + (unsigned)size);
	at = put16(at, address.is.any.sa_family == AF_INET ? 1 : 2);
	at = put16(at, bits << 8);
	memcpy(at, octets, size);
	return at + size;
}

static uint8_t *put_mac(uint8_t *at, const char *text)
{
	uint8_t octets[16];
	size_t size = 0;
	const char *rest = text;
	for (int used; size < sizeof(octets) && sscanf(rest, "%2hhx%n", &octets[size], &used) == 1;
	     size++)
		rest += used + (rest[used] == ':');
	if (*rest != '\0')
		no_such("MAC address", text);
	at = put16(at, EDNS_MAC);
	at = put16(at, (unsigned)size);
	memcpy(at, octets, size);
	return at + size;
}

static void set_options(ldns_pkt *packet, const struct question *q)
{
	uint8_t options[OPTIONS], *end = options;
	if (q->ecs != NULL)
		end = put_subnet(end, q->ecs);
	if (q->mac != NULL)
		end = put_mac(end, q->mac);
	if (end > options)
		ldns_pkt_set_edns_data(packet,
		    ldns_rdf_new_frm_data(LDNS_RDF_TYPE_UNKNOWN, (size_t)(end - options), options));
}

/* ldns_pkt_query_new keeps the name's case. */
static uint8_t *make_packet(const struct question *q, size_t *size)
{
	uint8_t *wire = NULL;
	ldns_rdf *name = ldns_dname_new_frm_str(q->name);
	uint16_t flags = (uint16_t)((q->nord ? 0 : LDNS_RD) | (q->cd ? LDNS_CD : 0));
	ldns_rr_type type = ldns_get_rr_type_by_name(q->type);
	ldns_pkt *packet =
	    name != NULL ? ldns_pkt_query_new(name, type, LDNS_RR_CLASS_IN, flags) : NULL;
	if (packet == NULL) {
		fprintf(stderr, "ask: cannot ask for %s %s\n", q->name, q->type);
		exit(2);
	}
	ldns_pkt_set_random_id(packet);
	if (q->edns || q->dnssec || q->ecs != NULL || q->mac != NULL)
		ldns_pkt_set_edns_udp_size(packet, 1232);
	set_options(packet, q);
	ldns_pkt_set_edns_do(packet, q->dnssec);
	if (ldns_pkt2wire(&wire, packet, size) != LDNS_STATUS_OK)
		exit(2);
	ldns_pkt_free(packet);
	return wire;
}

/* ---- the network ---- */

static int connect_from(const struct question *q, bool tcp)
{
	struct address from;
	if (!read_address(&from, q->client, 0))
		no_such("address", q->client);
	int fd = socket(server.is.any.sa_family, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, &from.is.any, from.size) != 0) {
		perror(q->client);
		exit(2);
	}
	if (connect(fd, &server.is.any, server.size) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool readable(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	return poll(&wait, 1, timeout_ms) == 1;
}

static bool read_all(int fd, uint8_t *to, size_t size)
{
	for (size_t got = 0; got < size;) {
		ssize_t n = readable(fd) ? recv(fd, to + got, size - got, 0) : 0;
		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	return true;
}

/* Octets of the PROXYv2 header, 0 for none: haproxy's proxy-protocol.txt, 2.2. */
static size_t make_proxy(uint8_t header[PROXY], const struct question *q, bool tcp)
{
	static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";
	struct address client;
	size_t size;
	if (q->proxy == NULL)
		return 0;
	if (!read_address(&client, q->proxy, 0))
		no_such("address", q->proxy);
	const void *octets = octets_of(&client, &size);
	uint8_t *at = header;
	memcpy(at, signature, 12);
	at += 12;
	*at++ = 0x21; /* version 2, PROXY */
	*at++ = (uint8_t)((size == 4 ? 0x10 : 0x20) | (tcp ? 1 : 2));
	at = put16(at, 2 * (unsigned)size + 4);
	memcpy(at, octets, size);        /* from */
	memcpy(at + size, octets, size); /* to: nobody looks at it */
	at = put16(at + 2 * size, 4242);
	at = put16(at, 53);
	return (size_t)(at - header);
}

/* Octets of the answer, 0 for none. */
static size_t exchange(const struct question *q, const uint8_t *wire, size_t size, uint8_t *answer)
{
	bool tcp = strcmp(q->transport, "tcp") == 0;
	uint8_t header[PROXY], length[2];
	ssize_t extra = (ssize_t)make_proxy(header, q, tcp);
	int fd = connect_from(q, tcp);
	size_t got = 0;
	if (fd < 0)
		return 0;
	if (extra > 0 && send(fd, header, (size_t)extra, MSG_NOSIGNAL | MSG_MORE) != extra)
		got = 0;
	else if (tcp) {
		put16(length, (unsigned)size);
		if (send(fd, length, 2, MSG_NOSIGNAL | MSG_MORE) == 2 &&
		    send(fd, wire, size, MSG_NOSIGNAL) == (ssize_t)size &&
		    read_all(fd, length, 2)) {
			got = (size_t)(length[0] << 8 | length[1]);
			if (!read_all(fd, answer, got))
				got = 0;
		}
	} else if (send(fd, wire, size, 0) == (ssize_t)size && readable(fd)) {
		ssize_t n = recv(fd, answer, PACKET, 0);
		got = n > 0 ? (size_t)n : 0;
	}
	close(fd);
	return got;
}

/* ---- answers ---- */

static void add(char *to, const char *text)
{
	size_t used = strlen(to);
	int n = snprintf(to + used, LINE - used, "%s%s", used > 0 ? "," : "", text);
	if (n < 0 || (size_t)n >= LINE - used)
		strcpy(to, "TOO-LONG");
}

static void without_blanks(char *text)
{
	for (; *text != '\0'; text++)
		if (*text == ' ' || *text == '\t' || *text == '\n')
			*text = '_';
}

/* `name` is the one whose records bear no owner; NULL: none bears one. */
static void add_record(char *to, const ldns_rr *rr, const ldns_rdf *name)
{
	char text[LINE];
	char *type = ldns_rr_type2str(ldns_rr_get_type(rr));
	if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA) {
		char *owner = ldns_rdf2str(ldns_rr_owner(rr));
		snprintf(text, sizeof(text), "SOA:%s/%u/%u", owner, ldns_rr_ttl(rr),
		    ldns_rdf2native_int32(ldns_rr_rdf(rr, 6)));
		free(owner);
	} else {
		bool other = name != NULL && ldns_dname_compare(name, ldns_rr_owner(rr)) != 0;
		char *owner = ldns_rdf2str(ldns_rr_owner(rr)), *rest = text;
		size_t room = sizeof(text);
		snprintf(text, room, "%s:%u", type, ldns_rr_ttl(rr));
		for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
			char *data = ldns_rdf2str(ldns_rr_rdf(rr, i));
			room -= strlen(rest);
			rest += strlen(rest);
			snprintf(rest, room, "%c%s", i == 0 ? ':' : ' ', data);
			free(data);
		}
		room -= strlen(rest);
		rest += strlen(rest);
		snprintf(rest, room, "%s%s", other ? "@" : "", other ? owner : "");
		free(owner);
	}
	free(type);
	without_blanks(text);
	add(to, text);
}

static void add_records(char *to, const ldns_rr_list *list, const ldns_rdf *name)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++)
		add_record(to, ldns_rr_list_rr(list, i), name);
}

/* RFC 8914: options are pairs of code and length, then the data. */
static void add_ede(char *to, const ldns_pkt *packet)
{
	ldns_rdf *options = ldns_pkt_edns(packet) ? ldns_pkt_edns_data(packet) : NULL;
	const uint8_t *at = options != NULL ? ldns_rdf_data(options) : NULL;
	size_t left = options != NULL ? ldns_rdf_size(options) : 0;
	while (left >= 4) {
		unsigned code = (unsigned)(at[0] << 8 | at[1]);
		size_t size = (size_t)(at[2] << 8 | at[3]);
		if (size > left - 4)
			return;
		if (code == EDNS_EDE && size >= 2) {
			char text[LINE];
			snprintf(text, sizeof(text), "%u:%.*s", (unsigned)(at[4] << 8 | at[5]),
			    (int)size - 2, (const char *)at + 6);
			without_blanks(text);
			add(to, text);
		}
		at += 4 + size;
		left -= 4 + size;
	}
}

static const char *or_nothing(const char *text)
{
	return text[0] != '\0' ? text : "-";
}

static void describe(const struct question *q, const ldns_pkt *packet)
{
	char flags[LINE] = "", answer[LINE] = "", authority[LINE] = "", ede[LINE] = "";
	char *rcode = ldns_pkt_rcode2str(ldns_pkt_get_rcode(packet));
	ldns_rr *asked = ldns_rr_list_rr(ldns_pkt_question(packet), 0);
	char *name = asked != NULL ? ldns_rdf2str(ldns_rr_owner(asked)) : strdup("-");
	if (ldns_pkt_aa(packet))
		add(flags, "aa");
	if (ldns_pkt_tc(packet))
		add(flags, "tc");
	if (ldns_pkt_rd(packet))
		add(flags, "rd");
	if (ldns_pkt_ra(packet))
		add(flags, "ra");
	if (ldns_pkt_ad(packet))
		add(flags, "ad");
	if (ldns_pkt_cd(packet))
		add(flags, "cd");
	add_records(answer, ldns_pkt_answer(packet), asked != NULL ? ldns_rr_owner(asked) : NULL);
	add_records(authority, ldns_pkt_authority(packet), NULL);
	add_ede(ede, packet);
	pthread_mutex_lock(&output);
	printf("%s %s %s %s %s %s %s %s %s %s\n", q->client, q->transport, q->name, q->type, rcode,
	    or_nothing(flags), name, or_nothing(answer), or_nothing(authority), or_nothing(ede));
	pthread_mutex_unlock(&output);
	free(name);
	free(rcode);
}

static void give_up(const struct question *q, const char *why)
{
	pthread_mutex_lock(&output);
	printf("%s %s %s %s %s - - - - -\n", q->client, q->transport, q->name, q->type, why);
	pthread_mutex_unlock(&output);
}

static void ask(const struct question *q, uint8_t *answer)
{
	size_t size;
	uint8_t *wire = make_packet(q, &size);
	size_t got = exchange(q, wire, size, answer);
	ldns_pkt *packet = NULL;
	if (got == 0)
		give_up(q, "TIMEOUT");
	else if (got < 2 || memcmp(answer, wire, 2) != 0 ||
		 ldns_wire2pkt(&packet, answer, got) != LDNS_STATUS_OK)
		give_up(q, "BROKEN");
	else
		describe(q, packet);
	ldns_pkt_free(packet);
	free(wire);
}

static void *work(void *unused)
{
	struct question q;
	uint8_t *answer = malloc(PACKET);
	(void)unused;
	while (answer != NULL && read_question(&q))
		ask(&q, answer);
	free(answer);
	return NULL;
}

static int bind_port(int type, in_port_t port, in_port_t *bound)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = port};
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, type, 0);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
	    getsockname(fd, (struct sockaddr *)&at, &size) == 0) {
		*bound = at.sin_port;
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Whether the port (0: any one) is free for both; *bound is the one. */
static bool is_free(in_port_t port, in_port_t *bound)
{
	int udp = bind_port(SOCK_DGRAM, port, bound);
	int tcp = udp >= 0 ? bind_port(SOCK_STREAM, *bound, bound) : -1;
	if (udp >= 0)
		close(udp);
	if (tcp >= 0)
		close(tcp);
	return tcp >= 0;
}

static int print_free_port(void)
{
	in_port_t port;
	for (unsigned tries = 0; tries < 100; tries++)
		if (is_free(0, &port))
			return printf("%u\n", ntohs(port)) > 0 ? 0 : 2;
	return 2;
}

int main(int argc, char **argv)
{
	pthread_t threads[64];
	unsigned count = 1, server_port = 0;
	for (int c; (c = getopt(argc, argv, "b:fs:p:j:t:")) != -1;) {
		if (c == 'f')
			return print_free_port();
		else if (c == 'b')
			return is_free(htons((uint16_t)atoi(optarg)), &(in_port_t){0}) ? 0 : 1;
		else if (c == 's')
			server_name = optarg;
		else if (c == 'p')
			server_port = (unsigned)atoi(optarg);
		else if (c == 'j' && atoi(optarg) >= 1 && atoi(optarg) <= 64)
			count = (unsigned)atoi(optarg);
		else if (c == 't' && atoi(optarg) >= 1)
			timeout_ms = atoi(optarg) * 1000;
		else
			return 2;
	}
	if (server_name == NULL || !read_address(&server, server_name, server_port))
		return 2;
	for (unsigned i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, work, NULL) != 0)
			return 2;
	for (unsigned i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	return fflush(stdout) == 0 ? 0 : 2;
}
