/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ask-canary.h -- asks a resolver whether the plugin is in it
 *
 * Threads: one thread.
 */
#ifndef BT_ASK_CANARY_H
#define BT_ASK_CANARY_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "canary.h"
#include "err.h"

enum { BT_ASK_SECONDS = 2 /* to wait for an answer */ };

struct bt_server {
	const char *text; /* as it was given */
	struct sockaddr_storage address;
	socklen_t size;
};

struct bt_canary_reply {
	bool known;              /* the plugin answered; else somebody else did: */
	char rcode[32];          /* "NXDOMAIN", ... */
	struct bt_canary canary; /* if known */
};

/* "ADDRESS" or "ADDRESS@PORT"; *server borrows the text. False: it is no such thing. */
bool bt_server_read(struct bt_server *server, const char *text);

/* Fails if there is no answer. */
bool bt_ask_canary(
    struct bt_canary_reply *reply, const struct bt_server *server, struct bt_err *err);

#endif
