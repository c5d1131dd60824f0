/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * load.c -- load on a DNS server, and how it bears it
 *
 * Full: as many queries as it takes, with never more than a window of them under way. Paced: so
 * many a second, whether answers come or not, so that a server that stalls cannot slow down who
 * measures it. The result is one object of JSON.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/prctl.h>

#include "load-flow.h"

static const char usage_text[] =
    "usage: bench/load --server ADDRESS --port N --names FILE [OPTION...]\n"
    "\n"
    "  --names FILE      what to ask for the address of: one name a line, in that order, over and "
    "over\n"
    "  --once            ask for each name once, and end\n"
    "  --seconds S       ask for so long (1)\n"
    "  --rate N          so many queries a second, instead of as many as the server answers\n"
    "  --window N        at most so many queries under way, without --rate (100)\n"
    "  --sockets N       client ports (4)\n"
    "  --timeout S       a query without an answer is lost after that (1)\n"
    "  --address A       count the answers that have this IPv4 address\n"
    "\n"
    "Exit status: 0, also when queries are lost, 2 usage or environment.\n";

enum {
	SOCKETS_MAX = 64,
	BURST = 500000,    /* ns; the queries of so long may be sent at once, when paced */
	TICK = 50000,      /* ns between looks at the sockets, when paced */
	PATIENCE = 100000, /* ns without an answer until the client sleeps, at full load */
	SLEEP = 10,        /* ms at most */
	SECOND = 1000000000,
};

struct settings {
	const char *names;
	struct sockaddr_in server;
	struct in_addr address;
	double seconds, rate, timeout;
	unsigned window, sockets;
	bool once;
};

struct load {
	const struct settings *settings;
	struct exchange exchange;
	struct flow *flows[SOCKETS_MAX];
	uint64_t begun, ended;
	uint64_t answered; /* until `ended` */
	uint64_t left_out; /* queries that were due and not sent */
};

/* ---- options ---- */

static bool number(const char *text, double least, double most, double *value)
{
	char *end;
	errno = 0;
	*value = strtod(text, &end);
	return errno == 0 && end != text && *end == '\0' && *value >= least && *value <= most;
}

static bool whole(const char *text, unsigned most, unsigned *value)
{
	double wanted;
	if (!number(text, 1, most, &wanted))
		return false;
	*value = (unsigned)wanted;
	return true;
}

static bool take_option(struct settings *settings, int option, const char *value)
{
	unsigned port;
	switch (option) {
	case 's':
		return inet_pton(AF_INET, value, &settings->server.sin_addr) == 1;
	case 'p':
		if (!whole(value, 65535, &port))
			return false;
		settings->server.sin_port = htons((uint16_t)port);
		return true;
	case 'n':
		settings->names = value;
		return true;
	case 'o':
		settings->once = true;
		return true;
	case 'S':
		return number(value, 0.01, 1e6, &settings->seconds);
	case 'r':
		return number(value, 1, 1e8, &settings->rate);
	case 'w':
		return whole(value, 60000, &settings->window);
	case 'k':
		return whole(value, SOCKETS_MAX, &settings->sockets);
	case 't':
		return number(value, 0.001, 60, &settings->timeout);
	case 'a':
		return inet_pton(AF_INET, value, &settings->address) == 1;
	default:
		return false;
	}
}

static bool parse(struct settings *settings, int argc, char **argv)
{
	static const struct option options[] = {
	    {"server", required_argument, NULL, 's'},
	    {"port", required_argument, NULL, 'p'},
	    {"names", required_argument, NULL, 'n'},
	    {"once", no_argument, NULL, 'o'},
	    {"seconds", required_argument, NULL, 'S'},
	    {"rate", required_argument, NULL, 'r'},
	    {"window", required_argument, NULL, 'w'},
	    {"sockets", required_argument, NULL, 'k'},
	    {"timeout", required_argument, NULL, 't'},
	    {"address", required_argument, NULL, 'a'},
	    {0},
	};
	*settings = (struct settings){
	    .server.sin_family = AF_INET, .seconds = 1, .timeout = 1, .window = 100, .sockets = 4};
	int option;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!take_option(settings, option, optarg))
			return false;
	if (settings->window < settings->sockets)
		settings->sockets = settings->window;
	return optind == argc && settings->names != NULL && settings->server.sin_port != 0 &&
	       settings->server.sin_addr.s_addr != 0;
}

/* ---- the load ---- */

static unsigned outstanding(const struct load *load)
{
	unsigned sum = 0;
	for (unsigned i = 0; i < load->settings->sockets; i++)
		sum += flow_outstanding(load->flows[i]);
	return sum;
}

static bool receive(struct load *load)
{
	for (unsigned i = 0; i < load->settings->sockets; i++)
		if (!flow_receive(load->flows[i]))
			return false;
	return true;
}

static void sleep_for_answers(const struct load *load)
{
	struct pollfd sockets[SOCKETS_MAX];
	for (unsigned i = 0; i < load->settings->sockets; i++)
		sockets[i] = (struct pollfd){.fd = flow_socket(load->flows[i]), .events = POLLIN};
	poll(sockets, load->settings->sockets, SLEEP);
}

/* How many may still be sent. */
static uint64_t left(const struct load *load)
{
	uint64_t count = load->exchange.queries->count, sent = load->exchange.outcome.sent;
	return load->settings->once ? count - sent : UINT64_MAX;
}

static bool is_over(const struct load *load, uint64_t now)
{
	if (load->settings->once)
		return left(load) == 0;
	return now >= load->begun + (uint64_t)(load->settings->seconds * SECOND);
}

/*
 * The client looks for answers all the time as long as some come, so that the server does not have
 * to wake it up; and lets others have its processor when none do, as then the upstream is at work.
 */
static bool run_full(struct load *load)
{
	const struct settings *settings = load->settings;
	unsigned window = settings->window / settings->sockets, sent;
	uint64_t now, progress = load->begun;
	while (!is_over(load, now = realtime())) {
		uint64_t before = load->exchange.outcome.answered;
		for (unsigned i = 0; i < settings->sockets; i++) {
			struct flow *flow = load->flows[i];
			if (!flow_receive(flow))
				return false;
			uint64_t free = window - flow_outstanding(flow), most = left(load);
			if (!flow_send(flow, (unsigned)(free < most ? free : most), &sent))
				return false;
		}
		if (load->exchange.outcome.answered > before)
			progress = now;
		else if (now > progress + PATIENCE)
			sleep_for_answers(load);
	}
	return true;
}

/*
 * Queries that were due while the client had no processor are left out, but for a few: sent all at
 * once, they would not fit into the server's socket, and be lost through no fault of the server's.
 */
static bool run_paced(struct load *load)
{
	const struct settings *settings = load->settings;
	uint64_t now, given = 0; /* of the queries that were due: sent or left out */
	uint64_t burst = (uint64_t)(settings->rate * BURST / SECOND) + 1;
	for (unsigned turn = 0; !is_over(load, now = realtime()); turn++) {
		uint64_t due = (uint64_t)((double)(now - load->begun) * settings->rate / SECOND);
		if (due > given + burst && !settings->once) {
			load->left_out += due - given - burst;
			given = due - burst;
		}
		uint64_t wanted = due - given, most = left(load);
		unsigned sent;
		if (!flow_send(load->flows[turn % settings->sockets],
			(unsigned)(wanted < most ? wanted : most), &sent))
			return false;
		given += sent;
		if (!receive(load))
			return false;
		struct timespec tick = {.tv_nsec = TICK};
		nanosleep(&tick, NULL);
	}
	return true;
}

static bool run(struct load *load)
{
	prctl(PR_SET_TIMERSLACK, 1UL);
	load->begun = realtime();
	if (!(load->settings->rate > 0 ? run_paced(load) : run_full(load)))
		return false;
	load->ended = realtime();
	load->answered = load->exchange.outcome.answered;
	while (outstanding(load) > 0) {
		sleep_for_answers(load);
		if (!receive(load))
			return false;
	}
	return true;
}

/* ---- the result ---- */

static void print_result(const struct load *load)
{
	static const char *const names[RCODES] = {
	    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};
	static const double quantiles[] = {0.5, 0.9, 0.99, 0.999, 1};
	const struct outcome *outcome = &load->exchange.outcome;
	const struct {
		const char *name;
		uint64_t count;
	} counts[] = {
	    {"sent", outcome->sent},
	    {"left_out", load->left_out},
	    {"untimed", outcome->untimed},
	    {"answered", outcome->answered},
	    {"lost", outcome->lost},
	    {"late", outcome->late},
	    {"wrong", outcome->wrong},
	    {"with_address", outcome->with_address},
	    {"late_with_address", outcome->late_with_address},
	};
	printf("{");
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		printf("\"%s\": %" PRIu64 ", ", counts[i].name, counts[i].count);
	double seconds = (double)(load->ended - load->begun) / SECOND;
	printf("\"seconds\": %.6f, \"per_second\": %.1f, \"rcodes\": {", seconds,
	    (double)load->answered / seconds);
	const char *between = "";
	for (unsigned i = 0; i < RCODES; i++) {
		if (outcome->rcode[i] == 0)
			continue;
		if (names[i] != NULL)
			printf("%s\"%s\": %" PRIu64, between, names[i], outcome->rcode[i]);
		else
			printf("%s\"%u\": %" PRIu64, between, i, outcome->rcode[i]);
		between = ", ";
	}
	printf("}, \"latency_us\": {");
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(*quantiles); i++)
		printf("%s\"p%g\": %.1f", i > 0 ? ", " : "", quantiles[i] * 100,
		    (double)histogram_quantile(&outcome->latency, quantiles[i]) / 1000);
	printf("}}\n");
}

int main(int argc, char **argv)
{
	struct settings settings;
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage_text, stdout);
		return 0;
	}
	if (!parse(&settings, argc, argv)) {
		fputs(usage_text, stderr);
		return 2;
	}
	struct queries queries;
	struct load load = {
	    .settings = &settings,
	    .exchange = {.queries = &queries,
		.timeout = (uint64_t)(settings.timeout * SECOND),
		.address = settings.address},
	};
	bool good = queries_read(&queries, settings.names);
	for (unsigned i = 0; good && i < settings.sockets; i++) {
		load.flows[i] = flow_new(&load.exchange, &settings.server);
		good = load.flows[i] != NULL;
	}
	if (good && (good = run(&load)))
		print_result(&load);
	for (unsigned i = 0; i < settings.sockets; i++)
		flow_free(load.flows[i]);
	queries_free(&queries);
	return good ? 0 : 2;
}
