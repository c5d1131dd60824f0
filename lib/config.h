/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config.h -- the one YAML file that says what to do
 *
 * Unknown keys, wrong types and bad values are errors with file, line, column and what was
 * expected; all of them are reported, not only the first.
 *
 * Threads: a configuration belongs to the one who loaded it and does not change.
 */
#ifndef BT_CONFIG_H
#define BT_CONFIG_H

#include <stdbool.h>

#include "err.h"
#include "format.h"
#include "name.h"
#include "policy.h"

#define BT_FEEDS_FOLDER "lists" /* in the state directory: copies of lists that have a URL */
#define BT_FEED_STATE ".http"   /* behind a copy's name: what the server said of it */

/* Where `beacontrap update` gets a list from. */
struct bt_config_feed {
	char *url;    /* http, https or file; NULL: from nowhere, somebody else keeps the file */
	char *sha256; /* of what comes, in lower-case hexadecimal; NULL: any */
	char *headers_file;  /* lines "Name: value" of the request; NULL: none */
	char *ca_file;       /* certificates to trust; NULL: the system's */
	uint64_t max_size;   /* octets */
	uint64_t timeout;    /* milliseconds, for all of it */
	unsigned max_shrink; /* percent of its names that the list can lose at once */
};

/* Names that the configuration gives. */
struct bt_config_names {
	struct bt_key *keys;
	unsigned count;
};

/* What no list may take offline; see guard.h. */
struct bt_config_guards {
	bool suffixes;
	char **warning_lists; /* paths, as of lists */
	unsigned warning_list_count;
	struct bt_config_names own_zones;
};

struct bt_config_list {
	char *name;
	char *file; /* absolute, or relative to the working folder as the configuration's path is;
		       of a list with a URL: the last good copy */
	enum bt_action action;
	enum bt_events events;
	enum bt_format format;
	uint8_t scope;           /* 0: as the format says */
	struct bt_pair *columns; /* of a table: what a column is for, and its name or number */
	unsigned column_count;
	struct bt_sinkhole sinkhole; /* the configuration's, but for what the list has of its own */
	struct bt_config_feed feed;
	struct bt_config_names accepted; /* in spite of the guards */
	unsigned min_confidence;         /* 0: any */
	bool all_urls;                   /* hosts of URLs with a path count, too */
};

/* Some of the clients, for which lists act otherwise. */
struct bt_config_clients {
	char *name;
	struct bt_network *networks;
	unsigned network_count;
	uint8_t *actions; /* one a list: an enum bt_action or BT_ACTION_NONE */
};

/* How the event log is kept. */
struct bt_config_events {
	uint64_t retention; /* milliseconds; 0: for ever */
	uint64_t max_size;  /* octets; 0: no limit */
	bool subnets;       /* of clients only their networks are recorded */
};

struct bt_config {
	char *path;
	char *state_dir;
	char *run_dir;     /* NULL: none given, rings live in the state directory */
	char *resolver_id; /* NULL: made once and kept in the state directory */
	bool enabled;
	struct bt_sinkhole sinkhole;
	struct bt_config_list *lists;
	unsigned list_count;
	struct bt_config_clients *clients;
	unsigned clients_count;
	struct bt_network *forwarders; /* trusted ones */
	unsigned forwarder_count;
	struct bt_config_events events;
	struct bt_config_guards guards;
};

/*
 * Loads the configuration at `path`. Each problem is handed to problem(ctx, "file:line:column:
 * reason") where that is not NULL; *err holds the first. *config is the caller's.
 */
bool bt_config_load(struct bt_config **config, const char *path,
    void (*problem)(void *ctx, const char *text), void *ctx, struct bt_err *err);

/* Frees the configuration and sets *config to NULL. NULL is fine. */
void bt_config_free(struct bt_config **config);

/*
 * Where the configuration is: `option` if it is not NULL, else $BEACONTRAP_CONFIG, else the
 * compiled-in path under SYSCONFDIR. Borrowed.
 */
const char *bt_config_path(const char *option);

#endif
