/* SPDX-License-Identifier: BSD-3-Clause */
/* report-data.h -- what a report gathers, for the files that make it up only */
#ifndef BT_REPORT_DATA_H
#define BT_REPORT_DATA_H

#include "intern.h"
#include "name.h"
#include "pair-set.h"
#include "pairs.h"
#include "ranges.h"
#include "report.h"
#include "segment-folder.h"
#include "segment.h"
#include "watched.h"

#define BT_NO_RESOLVER UINT32_MAX

enum { BT_RECENT_HOURS = 64 };

/* Strings, each once, that stay where they are. */
struct bt_strings {
	struct bt_intern *table;
	char **text; /* by number */
	size_t room;
};

/* A ring of a boot: which of its events were seen, and which are lost. */
struct bt_source {
	struct bt_ranges seen, lost;
};

/* One life of a writer. */
struct bt_boot {
	uint32_t resolver; /* in strings; BT_NO_RESOLVER if no header said */
	bool alive;        /* there is a sign of life, the first and the last being these */
	int64_t first, last;
	struct bt_beat *beats;
	size_t beat_count, beat_room;
};

/* How often one client asked for what one row is of. */
struct bt_tally {
	uint32_t row, client;
	uint64_t hits; /* 0: only before the time that is asked about */
	int64_t first_seen, last_seen;
	int64_t ever; /* first seen, whatever time is asked about */
};

/* A row in the making. */
struct bt_draft {
	int64_t time;  /* of its last hit, */
	uint32_t list; /* and the list that this is credited to, in strings, from 1; 0: no hit */
	bool listed;   /* it is shown even if it is never hit */
	uint32_t days;
	uint64_t indicators, addresses;
	uint64_t counted;     /* hits without an event, */
	int64_t counted_last; /* and when the last of them was */

	/* Unless there are tallies, which say it. */
	uint64_t hits, endpoints, forwarders;
	int64_t first_seen, last_seen;
};

/* Something said of a row. */
enum bt_fact_kind {
	BT_FACT_LIST,
	BT_FACT_CAMPAIGN,
	BT_FACT_FAMILY,
	BT_FACT_ACTOR,
	BT_FACT_ACTION,
	BT_FACT_KINDS,
};

struct bt_fact {
	uint32_t row;
	uint32_t kind; /* enum bt_fact_kind */
	uint32_t text; /* in strings */
};

/* A hit's time, for rhythms and days. */
struct bt_moment {
	uint32_t tally;
	int64_t time;
};

/* What a list was when it came into force; another content is another one. */
struct bt_known_list {
	uint32_t name, action; /* in strings */
	uint64_t entries;
	int64_t modified;
	int64_t created; /* of the segment that says so */
};

/* The lists of a policy that any segment holds. */
struct bt_known_policy {
	struct bt_known_list *lists;
	size_t count;
};

struct bt_segment_policy {
	uint64_t digest;
	const struct bt_policy *policy; /* NULL: it is not in the segment */
	int64_t made;                   /* no event of it is older */
};

/* Hits of which there is no event, by the list of a page of a ring (counts.h). */
struct bt_counted {
	bool known;                          /* which list it is: */
	uint64_t policy;                     /* digest, */
	uint16_t list;                       /* and number in it */
	struct bt_ranges counted, dropped;   /* numbers of hits */
	uint64_t counted_hits, dropped_hits; /* of the time that is asked about, */
	int64_t last;                        /* and the last one's */
};

struct bt_counted_list {
	uint32_t name;             /* in strings */
	uint64_t counted, dropped; /* of the time that is asked about */
	uint64_t lost;             /* events, whenever */
	int64_t last;
};

/* From when on a list has been in force everywhere. */
struct bt_watch_since {
	uint32_t name; /* in strings */
	int64_t since;
};

/* What events of one shape come to, whoever asked and when. */
struct bt_subject {
	const struct bt_policy *policy; /* NULL: not known */
	const struct bt_event *event;
	int64_t not_before; /* when the lists that it is of were made: no event of it is older */
	bool wanted;        /* by the filter; if not, the rest says nothing */
	uint32_t list;      /* that it is credited to, in strings */
	size_t first;       /* of its rows in touched[], */
	uint32_t rows;      /* and how many; by client and by day, they follow from each hit */
};

#define BT_NOT_WANTED UINT32_MAX

/* Who asked: as endpoints are counted, and the address. */
struct bt_who {
	uint32_t client;  /* or BT_NOT_WANTED, and the other says nothing */
	uint32_t address; /* in addresses, if endpoints are not these */
};

struct bt_report {
	struct bt_report_options options; /* its pointers: into the next three, or NULL */
	char *list;
	struct bt_key domain;
	struct bt_network client;

	/* What was asked for, and by whom. */
	struct bt_intern *names;     /* of rows: keys of names, addresses, texts, days */
	uint32_t last_row;           /* that was asked for */
	struct bt_intern *clients;   /* addresses, or what is counted for them: report-who.c */
	bool folds;                  /* endpoints are not addresses, */
	struct bt_intern *addresses; /* which are counted, too */
	struct bt_pairs row_addresses;
	bool *address_hit; /* of which there is any */
	size_t address_hit_room;
	bool tallies_up;          /* more is asked about than how many endpoints a row has */
	struct bt_pairs pairs;    /* numbers of a row and a client, */
	struct bt_tally *tallies; /* by number of the pair */
	size_t tally_room;
	struct bt_pair_set row_clients; /* or, without tallies, only which there are, */
	bool *client_hit;               /* and of which client there is any */
	size_t client_hit_room;
	struct bt_draft *drafts; /* by number of the row */
	size_t draft_room;
	uint32_t *touched; /* rows of subjects, side by side */
	size_t touched_count, touched_room;
	struct bt_intern *hours; /* numbers of an hour since 1970, */
	uint64_t *hour_hits;     /* and the hits in it */
	size_t hour_room;
	struct {
		int64_t hour;
		uint32_t number;   /* + 1; 0: none */
	} recent[BT_RECENT_HOURS]; /* by their last bits */
	int64_t last_day;          /* of the last hit, */
	uint32_t last_day_row;

	/* Of a wide report. */
	struct bt_intern *shapes;   /* what of an event its facts follow from */
	struct bt_pairs row_shapes; /* of which they are noted */
	struct bt_pairs row_facts;  /* numbers of a row, and of a text with its kind */
	struct bt_fact *facts;      /* by number of the pair */
	size_t fact_room;
	struct bt_intern *indicators; /* keys */
	struct bt_pairs row_indicators, row_days;
	struct bt_moment *moments;
	size_t moment_count, moment_room;

	/* How far that can be trusted. */
	struct bt_intern *source_table; /* boot and ring */
	struct bt_source *sources;
	size_t source_room;
	struct bt_intern *boot_table;
	struct bt_boot *boots;
	size_t boot_room;
	struct bt_strings strings;
	uint32_t *resolvers; /* in strings, sorted by name */
	size_t resolver_count;
	struct bt_known_list *lists; /* sorted by name once a read is over */
	size_t list_count;
	struct bt_intern *policy_table; /* digests */
	struct bt_known_policy *known_policies;
	size_t known_policy_room;
	struct bt_watch_since *watched; /* sorted by name's number */
	size_t watched_count;
	struct bt_watched **listings; /* of each folder: NULL if it has none */
	size_t listing_count;
	struct bt_intern *counted_table; /* boot, ring, epoch and list */
	struct bt_counted *counted;
	size_t counted_room;
	struct bt_counted_list *counted_lists; /* sorted by name once a read is over */
	size_t counted_list_count, counted_list_room;
	char **problems; /* ends with NULL */
	size_t problem_count;
	struct bt_report_coverage coverage;

	/* The folder that is being read. */
	const struct bt_segment_file *files;
	size_t file_count;
	bool *summed;      /* by file: a roll-up has it */
	bool roll_damaged; /* the roll-up that is being read */

	/* The segment that is being read. */
	const char *path;
	uint32_t resolver;
	int64_t created;
	struct bt_segment_policy *policies;
	size_t policy_count, policy_room;
	bool no_memory;
	struct bt_subject *subjects; /* of the shapes in a block, and who its endpoints are */
	struct bt_who *block_whos;
	uint32_t subject_room, who_room;
	uint32_t *chosen; /* events of columns that are new */
	uint32_t chosen_count;

	/* The outcome. */
	struct bt_report_row *rows;
	size_t row_count;
	struct bt_report_endpoint *endpoints;
	uint64_t endpoint_count, forwarder_count; /* distinct */
	struct bt_report_hour *hour_rows;
	size_t hour_count;
	char **client_names; /* by number */
	uint32_t named_clients;
	char **texts; /* that rows point to */
	size_t text_count, text_room;
};

/*
 * Room for one more than `count` in a row of elements of `size` octets. `row` points to the pointer
 * to its first; both follow. New elements hold anything.
 */
bool bt_report_grow(void *row, size_t *room, size_t count, size_t size);

/* As bt_report_grow, and new elements are zero. */
bool bt_report_room(void *row, size_t *room, size_t count, size_t size);

bool bt_strings_add(struct bt_strings *strings, const char *text, uint32_t *number);

/* What lives as long as the subject is borrowed; touched[] grows. False if memory runs out. */
bool bt_report_subject(struct bt_report *report, struct bt_subject *subject,
    const struct bt_policy *policy, const struct bt_event *event);

/* False if memory runs out. */
bool bt_report_find_who(struct bt_report *report, const struct bt_subject *subject,
    const struct bt_columns_endpoint *endpoint, int64_t time, struct bt_who *who);

/* Whether that client is a forwarder that does not say for whom it asks. */
bool bt_report_is_forwarder(const struct bt_report *report, uint32_t client);

/* What a client is called, by its key in clients: malloc'ed; NULL if memory runs out. */
char *bt_report_client_name(const struct bt_report *report, const uint8_t *key, size_t size);

/* Fills in client_names. False if memory runs out. */
bool bt_report_name_clients(struct bt_report *report);

/* Counts a hit of a wanted subject by a wanted client. False if memory runs out. */
bool bt_report_hit(struct bt_report *report, const struct bt_subject *subject,
    const struct bt_who *who, int64_t time);

/* As bt_report_hit, many hits of one day; the hours that they were in are not known. */
bool bt_report_hits(struct bt_report *report, const struct bt_subject *subject,
    const struct bt_who *who, const struct bt_roll_row *hits);

/* Without tallies: what is counted of a row; and of an endpoint of it. */
void bt_report_sum(struct bt_draft *draft, const struct bt_roll_row *hits);
bool bt_report_join(struct bt_report *report, uint32_t row, uint32_t client);

/* The list that the last hit is credited to: of several at a time, the first by name. */
void bt_report_credit(struct bt_report *report, uint32_t row, uint32_t list, int64_t time);

/* Whether hits of this time are asked about; *earlier: at least to tell what is new since. */
bool bt_report_asks(const struct bt_report *report, int64_t time, bool *earlier);

/* The row of the day that has this moment. False if memory runs out. */
bool bt_report_day_row(struct bt_report *report, int64_t time, uint32_t *row);

/* Where endpoints are not addresses, these are counted, too. */
bool bt_report_address(struct bt_report *report, uint32_t row, uint32_t address);

/* Counts an event that is new to the report; `policy` may be NULL. False if memory runs out. */
bool bt_report_count(
    struct bt_report *report, const struct bt_policy *policy, const struct bt_event *event);

/* Notes that there is a hit of that client. False if memory runs out. */
bool bt_report_mark(struct bt_report *report, uint32_t client);

/* The policy that the open segment has for this digest, NULL if none. */
const struct bt_policy *bt_report_policy(const struct bt_report *report, uint64_t digest);

/* When the lists of that policy were made, in milliseconds, as far as that is known. */
int64_t bt_report_made_at(const struct bt_report *report, uint64_t digest);

/* Says once a segment that the names of these events' lists are not known. */
bool bt_report_check_policy(struct bt_report *report, uint64_t digest);

struct bt_source *bt_report_source(struct bt_report *report, uint64_t boot, uint32_t ring);

/* Signs of life of a boot from `first` to `last`. False if memory runs out. */
bool bt_report_see_life(struct bt_report *report, uint64_t boot, int64_t first, int64_t last);

/* Says that something is wrong, once more. */
__attribute__((format(printf, 2, 3))) void bt_report_problem_add(
    struct bt_report *report, const char *format, ...);

/* Reads a file of the event log; counts it in *count if it can be read. False if memory runs out.
 */
bool bt_report_read_file(
    struct bt_report *report, const struct bt_segment_file *file, unsigned *count);

/* ---- report-rolls.c ---- */

/* Reads the folder's roll-ups, as far as they say what is asked, and notes in summed[] of what. */
bool bt_report_rolls(struct bt_report *report, const char *folder, struct bt_err *err);

/* Callbacks of a segment's reader: struct bt_segment_visitor. */
bool bt_report_on_sources(void *ctx, const struct bt_roll_source *sources, uint32_t count);
bool bt_report_on_roll(void *ctx, const struct bt_roll *roll);

/* ---- report-columns.c ---- */

/* Room for what is found of so many shapes and endpoints. */
bool bt_report_block_room(struct bt_report *report, uint32_t shapes, uint32_t endpoints);

#define BT_NOT_ASKED (BT_NOT_WANTED - 1) /* of an endpoint: nobody wanted to know its number */

/* Counts the events of a packed segment, many at once. False if memory runs out. */
bool bt_report_columns(struct bt_report *report, const struct bt_columns *columns);

/* The row for that name; false if memory runs out. */
bool bt_report_row(struct bt_report *report, const void *name, size_t size, uint32_t *row);

/* Goes through the memberships that cover the name that an event matched. */
struct bt_member_walk {
	const struct bt_policy *policy;
	const struct bt_event *event;
	unsigned labels; /* of the name */
	unsigned match, next;
};

struct bt_member_walk bt_walk_members(const struct bt_policy *policy, const struct bt_event *event);

/* The next one, and how many labels its listed name has. False: there are no more. */
bool bt_next_member(struct bt_member_walk *walk, struct bt_member *member, unsigned *labels);

/* What the row of a membership is called; NULL: a row is not of memberships. */
const char *bt_report_text(
    const struct bt_report *report, const struct bt_policy *policy, struct bt_member member);

#define BT_REPORT_NOTHING "-" /* the row of hits that have no such thing */

/* The key of the name that an event is credited to: its size, and where it is. */
const uint8_t *bt_report_indicator(const struct bt_event *event, size_t *size);

/* The number of the unit of time, since 1970, that has this moment. */
static inline int64_t bt_floor_to(int64_t time, int64_t unit)
{
	return time / unit - (time % unit < 0);
}

/* What heartbeats and gaps come to, after a read. False if memory runs out. */
bool bt_report_measure(struct bt_report *report);

/* From when on the list with that name has been as it is, everywhere. 0: not known. */
int64_t bt_report_watched(const struct bt_report *report, uint32_t list);

/* The lists of the policy with that digest, NULL if no segment so far has it. */
const struct bt_known_policy *bt_report_known_policy(
    const struct bt_report *report, uint64_t digest);

/* ---- report-counts.c ---- */

/* False if memory runs out; so for the next two. */
bool bt_report_add_count(struct bt_report *report, const struct bt_count *count);

/* What counts come to by list, once it is known how many events were lost. */
bool bt_report_sum_counts(struct bt_report *report);

/* Adds them to the rows' hits, if rows are of lists. */
bool bt_report_count_rows(struct bt_report *report);

void bt_report_free_counts(struct bt_report *report);

/*
 * Notes in rows by indicator from when on the log would have shown a hit, everywhere: by what is
 * kept beside the tries, which knows better than lists that change as a whole. Rows are by their
 * number.
 */
void bt_report_note_listed(struct bt_report *report);

/* ---- report-wide.c ---- */

/* Notes what a wide report says of a row, from hits of one day. False if memory runs out. */
bool bt_report_note(struct bt_report *report, uint32_t row, uint32_t tally,
    const struct bt_subject *subject, const struct bt_roll_row *hits);

/* Notes what a membership says: its list, and if the report is wide more. False if memory runs out.
 */
bool bt_report_note_member(struct bt_report *report, uint32_t row, const struct bt_policy *policy,
    struct bt_member member);

/* The rhythm of each tally: malloc'ed, the caller's. False if memory runs out. */
bool bt_report_rhythms(struct bt_report *report, struct bt_rhythm **rhythms);

/* Fills in the rows' texts, while rows[] is by number of the row. False if memory runs out. */
bool bt_report_say_facts(struct bt_report *report);

#endif
