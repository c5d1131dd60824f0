/* SPDX-License-Identifier: BSD-3-Clause */
/* report.c -- events to report rows: reading segments, everything once */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "endian.h"
#include "file.h"
#include "large.h"
#include "report-data.h"
#include "segment-folder.h"

enum { PROBLEMS_MAX = 1000 };

/* ---- memory ---- */

bool bt_report_grow(void *row, size_t *room, size_t count, size_t size)
{
	void *memory;
	if (count < *room)
		return true;
	memcpy(&memory, row, sizeof(memory));
	size_t more = *room == 0 ? 16 : *room * 2;
	if (more > SIZE_MAX / size)
		return false;
	void *larger = realloc(memory, more * size);
	if (larger == NULL)
		return false;
	bt_large_pages(larger, more * size);
	memcpy(row, &larger, sizeof(larger));
	*room = more;
	return true;
}

bool bt_report_room(void *row, size_t *room, size_t count, size_t size)
{
	size_t before = *room;
	char *memory;
	if (!bt_report_grow(row, room, count, size))
		return false;
	memcpy(&memory, row, sizeof(memory));
	if (*room > before)
		memset(memory + before * size, 0, (*room - before) * size);
	return true;
}

bool bt_strings_add(struct bt_strings *strings, const char *text, uint32_t *number)
{
	uint32_t count = bt_intern_count(strings->table);
	if (!bt_report_room(&strings->text, &strings->room, count, sizeof(*strings->text)))
		return false;
	if (!bt_intern_add(strings->table, text, strlen(text), number))
		return false;
	if (strings->text[*number] == NULL)
		strings->text[*number] = strdup(text);
	return strings->text[*number] != NULL;
}

struct bt_report_options bt_report_defaults(void)
{
	return (struct bt_report_options){
	    .who = true,
	    .since = INT64_MIN,
	    .until = INT64_MAX,
	    .action = -1,
	    .baseline = INT64_MAX,
	    .now = INT64_MAX,
	};
}

/* What the options point to is kept here. */
static bool set_options(
    struct bt_report *report, const struct bt_report_options *options, struct bt_err *err)
{
	report->options = *options;
	report->folds = options->identify != NULL || options->fold;
	report->tallies_up = options->who || options->wide || options->baseline != INT64_MAX;
	if (options->list != NULL) {
		report->list = strdup(options->list);
		if (report->list == NULL)
			return bt_fail(err, "out of memory");
		report->options.list = report->list;
	}
	if (options->client != NULL) {
		report->client = *options->client;
		report->options.client = &report->client;
	}
	if (options->domain == NULL)
		return true;
	enum bt_name_status status =
	    bt_key_from_text(&report->domain, options->domain, strlen(options->domain));
	report->options.domain = ""; /* report->domain */
	return status == BT_NAME_OK || bt_fail(err, "\"%s\" is not a domain name: %s",
					   options->domain, bt_name_reason(status));
}

static bool make_tables(struct bt_report *report)
{
	struct bt_intern **tables[] = {&report->names, &report->clients, &report->addresses,
	    &report->hours, &report->shapes, &report->indicators, &report->source_table,
	    &report->boot_table, &report->policy_table, &report->counted_table,
	    &report->strings.table};
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		*tables[i] = bt_intern_new();
		if (*tables[i] == NULL)
			return false;
	}
	report->problems = calloc(PROBLEMS_MAX + 2, sizeof(*report->problems));
	return report->problems != NULL;
}

bool bt_report_new(
    struct bt_report **report, const struct bt_report_options *options, struct bt_err *err)
{
	struct bt_report *made = calloc(1, sizeof(*made));
	if (made == NULL)
		return bt_fail(err, "out of memory");
	if (!(make_tables(made) || bt_fail(err, "out of memory")) ||
	    !set_options(made, options, err)) {
		bt_report_free(&made);
		return false;
	}
	*report = made;
	return true;
}

static void free_parts(struct bt_report *report)
{
	for (uint32_t i = 0; report->sources != NULL && i < bt_intern_count(report->source_table);
	     i++) {
		bt_ranges_clear(&report->sources[i].seen);
		bt_ranges_clear(&report->sources[i].lost);
	}
	bt_report_free_counts(report);
	for (uint32_t i = 0; report->boots != NULL && i < bt_intern_count(report->boot_table); i++)
		free(report->boots[i].beats);
	for (uint32_t i = 0;
	     report->known_policies != NULL && i < bt_intern_count(report->policy_table); i++)
		free(report->known_policies[i].lists);
	for (size_t i = 0; i < report->strings.room; i++)
		free(report->strings.text[i]);
	for (size_t i = 0; i < report->problem_count; i++)
		free(report->problems[i]);
	for (size_t i = 0; i < report->row_count; i++)
		free((char *)report->rows[i].name);
	for (size_t i = 0; i < report->text_count; i++)
		free(report->texts[i]);
	for (uint32_t i = 0; i < report->named_clients; i++)
		free(report->client_names[i]);
	for (size_t i = 0; i < report->listing_count; i++)
		bt_watched_close(&report->listings[i]);
}

static void free_tables(struct bt_report *r)
{
	struct bt_intern **tables[] = {&r->names, &r->clients, &r->addresses, &r->hours, &r->shapes,
	    &r->indicators, &r->source_table, &r->boot_table, &r->policy_table, &r->counted_table,
	    &r->strings.table};
	struct bt_pairs *pairs[] = {&r->pairs, &r->row_addresses, &r->row_shapes, &r->row_facts,
	    &r->row_indicators, &r->row_days};
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		bt_intern_free(tables[i]);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		bt_pairs_clear(pairs[i]);
	bt_pair_set_clear(&r->row_clients);
}

void bt_report_free(struct bt_report **report)
{
	struct bt_report *r = *report;
	if (r == NULL)
		return;
	free_parts(r);
	void *arrays[] = {r->list, r->tallies, r->client_hit, r->address_hit, r->drafts, r->touched,
	    r->hour_hits, r->facts, r->moments, r->sources, r->boots, r->strings.text, r->resolvers,
	    r->lists, r->known_policies, r->watched, r->listings, r->problems, r->policies,
	    r->subjects, r->block_whos, r->chosen, r->client_names, r->rows, r->endpoints,
	    r->hour_rows, r->texts};
	for (size_t i = 0; i < sizeof(arrays) / sizeof(*arrays); i++)
		free(arrays[i]);
	free_tables(r);
	free(r);
	*report = NULL;
}

/* ---- problems ---- */

void bt_report_problem_add(struct bt_report *report, const char *format, ...)
{
	char *text = NULL;
	if (report->problem_count == PROBLEMS_MAX) {
		text = strdup("there were more problems than are listed here");
	} else if (report->problem_count < PROBLEMS_MAX) {
		va_list args;
		va_start(args, format);
		if (vasprintf(&text, format, args) < 0)
			text = NULL;
		va_end(args);
	}
	if (text != NULL)
		report->problems[report->problem_count++] = text;
}

const char *bt_report_problem(const struct bt_report *report, size_t i)
{
	return i < report->problem_count ? report->problems[i] : NULL;
}

/* ---- what a segment says ---- */

/* Memory ran out: stops the read. */
static bool stop(struct bt_report *report)
{
	report->no_memory = true;
	return false;
}

static void see_time(struct bt_report *report, int64_t time)
{
	struct bt_report_coverage *coverage = &report->coverage;
	bool none = coverage->first == 0 && coverage->last == 0;
	if (none || time < coverage->first)
		coverage->first = time;
	if (none || time > coverage->last)
		coverage->last = time;
}

struct bt_source *bt_report_source(struct bt_report *report, uint64_t boot, uint32_t ring)
{
	uint8_t key[12];
	uint32_t number;
	bt_put64(key, boot);
	bt_put32(key + 8, ring);
	if (!bt_report_room(&report->sources, &report->source_room,
		bt_intern_count(report->source_table), sizeof(*report->sources)) ||
	    !bt_intern_add(report->source_table, key, sizeof(key), &number))
		return NULL;
	return &report->sources[number];
}

static struct bt_boot *find_boot(struct bt_report *report, uint64_t boot)
{
	uint32_t count = bt_intern_count(report->boot_table), number;
	if (!bt_report_room(&report->boots, &report->boot_room, count, sizeof(*report->boots)) ||
	    !bt_intern_add(report->boot_table, &boot, sizeof(boot), &number))
		return NULL;
	if (number == count)
		report->boots[number].resolver = BT_NO_RESOLVER;
	return &report->boots[number];
}

bool bt_report_see_life(struct bt_report *report, uint64_t boot, int64_t first, int64_t last)
{
	struct bt_boot *of = find_boot(report, boot);
	if (of == NULL)
		return false;
	if (!of->alive || first < of->first)
		of->first = first;
	if (!of->alive || last > of->last)
		of->last = last;
	of->alive = true;
	see_time(report, first);
	see_time(report, last);
	return true;
}

/* A resolver called "?" is one whose header was damaged: another segment may name it. */
static bool on_header(void *ctx, const char *resolver, uint64_t boot, int64_t created)
{
	struct bt_report *report = ctx;
	report->created = created;
	if (strcmp(resolver, "?") == 0)
		return true;
	struct bt_boot *of = find_boot(report, boot);
	return (of != NULL && bt_strings_add(&report->strings, resolver, &of->resolver)) ||
	       stop(report);
}

static bool known_list(
    struct bt_report *report, const struct bt_list_info *list, struct bt_known_list *known)
{
	*known = (struct bt_known_list){
	    .entries = list->entries, .modified = list->modified, .created = report->created};
	return bt_strings_add(&report->strings, list->name, &known->name) &&
	       bt_strings_add(&report->strings, bt_action_name(list->action), &known->action);
}

static bool add_list(struct bt_report *report, const struct bt_list_info *list)
{
	struct bt_known_list known;
	if (!known_list(report, list, &known))
		return false;
	for (size_t i = 0; i < report->list_count; i++) {
		if (report->lists[i].name != known.name)
			continue;
		if (report->lists[i].created <= known.created)
			report->lists[i] = known;
		return true;
	}
	struct bt_known_list *more =
	    realloc(report->lists, (report->list_count + 1) * sizeof(*more));
	if (more == NULL)
		return false;
	report->lists = more;
	report->lists[report->list_count++] = known;
	return true;
}

/* A list is made before it comes into force. Its time is in seconds, and clocks differ. */
static int64_t made_at(const struct bt_policy *policy)
{
	enum { TOLERANCE_MS = 60000 };
	int64_t newest = 0;
	for (unsigned i = 0; policy != NULL && i < bt_policy_lists(policy); i++) {
		int64_t modified = bt_policy_list(policy, i).modified;
		newest = modified > newest ? modified : newest;
	}
	return newest > 0 && newest < INT64_MAX / 1000 ? newest * 1000 - TOLERANCE_MS : INT64_MIN;
}

static bool add_policy(struct bt_report *report, uint64_t digest, const struct bt_policy *policy)
{
	if (!bt_report_room(&report->policies, &report->policy_room, report->policy_count,
		sizeof(*report->policies)))
		return false;
	report->policies[report->policy_count++] =
	    (struct bt_segment_policy){digest, policy, made_at(policy)};
	return true;
}

/* What its lists are, for as long as the report lives. */
static bool know_policy(struct bt_report *report, uint64_t digest, const struct bt_policy *policy)
{
	uint32_t count = bt_intern_count(report->policy_table), number;
	unsigned lists = bt_policy_lists(policy);
	if (!bt_report_room(&report->known_policies, &report->known_policy_room, count,
		sizeof(*report->known_policies)) ||
	    !bt_intern_add(report->policy_table, &digest, sizeof(digest), &number))
		return false;
	struct bt_known_policy *known = &report->known_policies[number];
	if (known->lists != NULL)
		return true;
	known->lists = calloc((size_t)lists + 1, sizeof(*known->lists));
	if (known->lists == NULL)
		return false;
	for (unsigned i = 0; i < lists; i++) {
		struct bt_list_info list = bt_policy_list(policy, i);
		if (!known_list(report, &list, &known->lists[i]))
			return false;
		known->count++;
	}
	return true;
}

static bool add_lists(struct bt_report *report, const struct bt_policy *policy)
{
	for (unsigned i = 0; i < bt_policy_lists(policy); i++) {
		struct bt_list_info list = bt_policy_list(policy, i);
		if (!bt_list_is_idle(&list) && !add_list(report, &list))
			return false;
	}
	return true;
}

static bool on_policy(void *ctx, uint64_t digest, const struct bt_policy *policy)
{
	struct bt_report *report = ctx;
	return (know_policy(report, digest, policy) && add_lists(report, policy) &&
		   add_policy(report, digest, policy)) ||
	       stop(report);
}

bool bt_report_add_source(
    struct bt_report *report, const struct bt_policy *policy, const struct bt_report_source *source)
{
	if (source->first != 0 || source->last != 0) {
		see_time(report, source->first);
		see_time(report, source->last);
	}
	report->coverage.logs++;
	report->coverage.queries += source->queries;
	report->coverage.unread += source->unread;
	return add_lists(report, policy);
}

const struct bt_policy *bt_report_policy(const struct bt_report *report, uint64_t digest)
{
	for (size_t i = report->policy_count; i-- > 0;) {
		if (report->policies[i].digest == digest)
			return report->policies[i].policy;
	}
	return NULL;
}

int64_t bt_report_made_at(const struct bt_report *report, uint64_t digest)
{
	for (size_t i = report->policy_count; i-- > 0;)
		if (report->policies[i].digest == digest)
			return report->policies[i].made;
	return INT64_MIN;
}

bool bt_report_check_policy(struct bt_report *report, uint64_t digest)
{
	for (size_t i = report->policy_count; i-- > 0;) {
		if (report->policies[i].digest == digest)
			return true;
	}
	bt_report_problem_add(report,
	    "%s: has events of policy %016llx but not the policy: "
	    "their list is shown as \"?\"",
	    report->path, (unsigned long long)digest);
	return add_policy(report, digest, NULL);
}

static bool on_event(void *ctx, const struct bt_segment_event *record)
{
	struct bt_report *report = ctx;
	const struct bt_event *event = &record->event;
	struct bt_source *source = bt_report_source(report, record->boot, record->ring);
	if (source == NULL)
		return stop(report);
	if (bt_ranges_has(&source->seen, record->sequence)) {
		report->coverage.duplicates++;
		return true;
	}
	if (!bt_ranges_add(&source->seen, record->sequence, record->sequence) ||
	    !bt_report_see_life(report, record->boot, event->time, event->time) ||
	    !bt_report_check_policy(report, event->policy) ||
	    !bt_report_count(report, bt_report_policy(report, event->policy), event))
		return stop(report);
	report->coverage.events++;
	report->coverage.misdated += event->time < bt_report_made_at(report, event->policy);
	return true;
}

static bool on_columns(void *ctx, const struct bt_columns *columns)
{
	struct bt_report *report = ctx;
	return bt_report_columns(report, columns) || stop(report);
}

static bool on_gap(
    void *ctx, uint64_t boot, uint32_t ring, uint64_t first, uint64_t last, int64_t time)
{
	struct bt_report *report = ctx;
	struct bt_source *source = bt_report_source(report, boot, ring);
	see_time(report, time);
	return (source != NULL && bt_ranges_add(&source->lost, first, last)) || stop(report);
}

static bool on_beat(void *ctx, const struct bt_beat *beat)
{
	struct bt_report *report = ctx;
	struct bt_boot *boot = find_boot(report, beat->boot);
	if (boot == NULL || !bt_report_see_life(report, beat->boot, beat->time, beat->time) ||
	    !bt_report_room(&boot->beats, &boot->beat_room, boot->beat_count, sizeof(*beat)))
		return stop(report);
	boot->beats[boot->beat_count++] = *beat;
	report->coverage.subnets |= beat->subnets;
	return true;
}

static bool on_count(void *ctx, const struct bt_count *count)
{
	struct bt_report *report = ctx;
	return bt_report_add_count(report, count) || stop(report);
}

static void on_damage(void *ctx, uint64_t offset, const char *reason)
{
	struct bt_report *report = ctx;
	report->coverage.damaged++;
	bt_report_problem_add(
	    report, "%s: at offset %llu: %s", report->path, (unsigned long long)offset, reason);
}

/* ---- folders ---- */

/* A segment that was open when the folder was listed may be closed, and renamed, by now. */
static const char *closed_now(const char *path, bool open, char **closed)
{
	size_t stem = strlen(path) - strlen(".open");
	if (!open || access(path, F_OK) == 0 || asprintf(closed, "%.*s.seg", (int)stem, path) < 0)
		return path;
	return access(*closed, F_OK) == 0 ? *closed : path;
}

/* A closed segment has nothing that is later than its last change. */
static bool is_too_old(const struct bt_report *report, const struct bt_segment_file *file)
{
	struct stat st;
	return report->options.recent && !file->open && stat(file->path, &st) == 0 &&
	       (int64_t)st.st_mtime * 1000 + 1000 < report->options.since;
}

/* Rows of roll-ups are needed for what is asked of single endpoints. */
static bool asks_rows(const struct bt_report *report)
{
	return report->tallies_up || report->options.by == BT_BY_CLIENT ||
	       report->options.client != NULL;
}

bool bt_report_read_file(
    struct bt_report *report, const struct bt_segment_file *file, unsigned *count)
{
	const struct bt_segment_visitor visitor = {
	    .header = on_header,
	    .policy = on_policy,
	    .event = on_event,
	    .columns = on_columns,
	    .gap = on_gap,
	    .beat = on_beat,
	    .count = on_count,
	    .sources = bt_report_on_sources,
	    .roll = bt_report_on_roll,
	    .roll_rows = asks_rows(report),
	    .damage = on_damage,
	    .ctx = report,
	};
	struct bt_err err;
	char *closed = NULL;
	if (is_too_old(report, file))
		return true;
	report->path = closed_now(file->path, file->open, &closed);
	report->policy_count = 0;
	if (bt_segment_read(report->path, &visitor, &err))
		*count += 1;
	else
		bt_report_problem_add(report, "%s", err.text);
	free(closed);
	return !report->no_memory;
}

static bool read_folder(struct bt_report *report, const char *folder, struct bt_err *err)
{
	struct bt_segment_file *files;
	size_t count;
	if (!bt_segment_files(folder, &files, &count, err))
		return false;
	report->files = files;
	report->file_count = count;
	report->summed = calloc(count + 1, sizeof(*report->summed));
	bool ok = report->summed != NULL && bt_report_rolls(report, folder, err);
	for (size_t i = 0; ok && i < count; i++)
		ok = report->summed[i] ||
		     bt_report_read_file(report, &files[i], &report->coverage.segments);
	free(report->summed);
	report->summed = NULL;
	report->files = NULL;
	bt_segment_files_free(&files, count);
	return (ok && bt_report_measure(report)) || bt_fail(err, "%s: out of memory", folder);
}

/* Since when names are listed there. Without that, the report knows less. */
static bool add_listing(struct bt_report *report, const char *state_dir, struct bt_err *err)
{
	char *path = bt_path_join(state_dir, BT_WATCHED_FILE);
	struct bt_watched **more =
	    realloc(report->listings, (report->listing_count + 1) * sizeof(struct bt_watched *));
	struct bt_err unread;
	if (more != NULL) {
		report->listings = more;
		more[report->listing_count++] = NULL;
	}
	if (path == NULL || more == NULL) {
		free(path);
		return bt_fail(err, "%s: out of memory", state_dir);
	}
	if (access(path, F_OK) == 0 &&
	    !bt_watched_open(&more[report->listing_count - 1], path, &unread))
		bt_report_problem_add(report, "%s", unread.text);
	free(path);
	return true;
}

bool bt_report_read(struct bt_report *report, const char *state_dir, struct bt_err *err)
{
	struct stat st;
	if (stat(state_dir, &st) != 0)
		return bt_fail(err, "%s: %s", state_dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return bt_fail(err, "%s: is not a folder", state_dir);
	char *folder = bt_path_join(state_dir, "events");
	if (folder == NULL)
		return bt_fail(err, "%s: out of memory", state_dir);
	bool ok = read_folder(report, folder, err) && add_listing(report, state_dir, err);
	free(folder);
	return ok;
}
