/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fetch.h -- files from URLs, several at once (libcurl)
 *
 * http, https and file. Certificates are verified, redirects bounded and never from https to http;
 * what needs a header of ours, which may be a secret, is not redirected at all. Proxies are those
 * of the environment, as for every client of libcurl. A URL may hold a secret, too: no reason names
 * it.
 *
 * Threads: one thread at a time.
 */
#ifndef BT_FETCH_H
#define BT_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

enum bt_fetched {
	BT_FETCHED_FAILED, /* for the reason in err; there is no file */
	BT_FETCHED_NEW,
	BT_FETCHED_SAME, /* the server says that what we have is what it has; there is no file */
};

/* One file. What is asked is the caller's and borrowed. */
struct bt_fetch {
	const char *url;
	const char *path;         /* where it goes: what is there is removed */
	const char *headers_file; /* lines "Name: value", and comments with '#'; NULL: none */
	const char *ca_file;      /* certificates to trust (PEM); NULL: the system's */
	const char *etag;         /* of what we have (RFC 9110 8.8.3, 8.8.2); NULL: ask for all */
	const char *modified;
	uint64_t
	    max_size; /* octets, as they come out of what they were compressed with to be sent */
	uint64_t timeout; /* milliseconds, for all of it */

	enum bt_fetched fetched;
	char *new_etag, *new_modified; /* of the new file: malloc'ed; NULL: the server has none */
	uint64_t octets;               /* that came */
	struct bt_err err;             /* without the URL */
};

/*
 * Fetches them all; each says what became of it. progress(): how many are done, and octets so far;
 * may be NULL. False: nothing was fetched.
 */
bool bt_fetch_all(struct bt_fetch *fetches, unsigned count,
    void (*progress)(void *ctx, unsigned done, uint64_t octets), void *ctx, struct bt_err *err);

/* Frees what bt_fetch_all() left in it. */
void bt_fetch_reset(struct bt_fetch *fetch);

#endif
