/* SPDX-License-Identifier: BSD-3-Clause */
/* tail.c -- events of a log as they come, each at least once */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "ranges.h"
#include "segment-folder.h"
#include "tail.h"

enum { CURSOR_MAX = 16 << 20 };

static const char cursor_begin[] = "#beacontrap cursor 1\n";

/* A ring of a boot: what of it was handed out. */
struct ring {
	uint64_t boot;
	uint32_t number;
	struct bt_ranges done;
	bool there; /* in the log as it is now */
};

/* A file as it was at the last look. */
struct known {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec written;
};

struct bt_tail {
	char *events_dir;
	struct ring *rings;
	size_t ring_count;
	struct known *known; /* of the last look */
	size_t known_count;

	/* The look that is under way. */
	const struct bt_tail_visitor *visitor;
	const char *path;
	char resolver[BT_RESOLVER_MAX + 1];
	struct policy {
		uint64_t digest;
		const struct bt_policy *policy;
	} * policies;
	size_t policy_count;
	bool no_memory, stopped;
	bool partial; /* something was not read */
};

static bool stop(struct bt_tail *tail)
{
	tail->no_memory = true;
	return false;
}

/* ---- what was handed out ---- */

static struct ring *find_ring(struct bt_tail *tail, uint64_t boot, uint32_t number)
{
	for (size_t i = tail->ring_count; i-- > 0;)
		if (tail->rings[i].boot == boot && tail->rings[i].number == number)
			return &tail->rings[i];
	struct ring *more = realloc(tail->rings, (tail->ring_count + 1) * sizeof(*more));
	if (more == NULL)
		return NULL;
	tail->rings = more;
	more[tail->ring_count] = (struct ring){.boot = boot, .number = number};
	return &more[tail->ring_count++];
}

/* ---- what segments say ---- */

static bool on_header(void *ctx, const char *resolver, uint64_t boot, int64_t created)
{
	struct bt_tail *tail = ctx;
	(void)boot;
	(void)created;
	snprintf(tail->resolver, sizeof(tail->resolver), "%s", resolver);
	return true;
}

static bool on_policy(void *ctx, uint64_t digest, const struct bt_policy *policy)
{
	struct bt_tail *tail = ctx;
	struct policy *more =
	    realloc(tail->policies, (tail->policy_count + 1) * sizeof(*tail->policies));
	if (more == NULL)
		return stop(tail);
	tail->policies = more;
	more[tail->policy_count++] = (struct policy){digest, policy};
	return true;
}

static const struct bt_policy *find_policy(const struct bt_tail *tail, uint64_t digest)
{
	for (size_t i = tail->policy_count; i-- > 0;)
		if (tail->policies[i].digest == digest)
			return tail->policies[i].policy;
	return NULL;
}

static bool on_event(void *ctx, const struct bt_segment_event *record)
{
	struct bt_tail *tail = ctx;
	struct ring *ring = find_ring(tail, record->boot, record->ring);
	if (ring == NULL)
		return stop(tail);
	ring->there = true;
	if (bt_ranges_has(&ring->done, record->sequence))
		return true;
	const struct bt_tailed event = {
	    tail->resolver, record, find_policy(tail, record->event.policy)};
	if (!tail->visitor->event(tail->visitor->ctx, &event)) {
		tail->stopped = true;
		return false;
	}
	return bt_ranges_add(&ring->done, record->sequence, record->sequence) || stop(tail);
}

static bool on_gap(
    void *ctx, uint64_t boot, uint32_t number, uint64_t first, uint64_t last, int64_t time)
{
	struct bt_tail *tail = ctx;
	struct ring *ring = find_ring(tail, boot, number);
	if (ring == NULL)
		return stop(tail);
	ring->there = true;
	if (bt_ranges_has(&ring->done, first) && bt_ranges_has(&ring->done, last))
		return true;
	const struct bt_lost lost = {tail->resolver, boot, first, last, number, time};
	if (!tail->visitor->lost(tail->visitor->ctx, &lost)) {
		tail->stopped = true;
		return false;
	}
	return bt_ranges_add(&ring->done, first, last) || stop(tail);
}

static void on_damage(void *ctx, uint64_t offset, const char *reason)
{
	const struct bt_tail *tail = ctx;
	char text[512];
	snprintf(text, sizeof(text), "%s: at offset %" PRIu64 ": %s", tail->path, offset, reason);
	tail->visitor->problem(tail->visitor->ctx, text);
}

/* ---- a look ---- */

static bool same_file(const struct known *a, const struct known *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->written.tv_sec == b->written.tv_sec && a->written.tv_nsec == b->written.tv_nsec;
}

static bool was_there(const struct bt_tail *tail, const struct known *file)
{
	for (size_t i = 0; i < tail->known_count; i++)
		if (same_file(&tail->known[i], file))
			return true;
	return false;
}

static bool look_at(struct bt_tail *tail, const char *path)
{
	const struct bt_segment_visitor visitor = {
	    .header = on_header,
	    .policy = on_policy,
	    .event = on_event,
	    .gap = on_gap,
	    .damage = on_damage,
	    .ctx = tail,
	};
	struct bt_err err;
	tail->path = path;
	tail->policy_count = 0;
	snprintf(tail->resolver, sizeof(tail->resolver), "?");
	if (!bt_segment_read(path, &visitor, &err)) {
		tail->partial = true;
		if (access(path, F_OK) == 0)
			tail->visitor->problem(tail->visitor->ctx, err.text);
	}
	return !tail->no_memory && !tail->stopped;
}

/* Those that changed; what is known of all is kept for the next look. */
static bool look_at_all(
    struct bt_tail *tail, const struct bt_segment_file *files, size_t count, struct bt_err *err)
{
	struct known *now = calloc(count + 1, sizeof(*now));
	size_t known = 0;
	bool go_on = true;
	if (now == NULL)
		return bt_fail(err, "%s: out of memory", tail->events_dir);
	for (size_t i = 0; go_on && i < count; i++) {
		struct stat st;
		if (stat(files[i].path, &st) != 0) {
			tail->partial = true; /* renamed since the folder was listed: next time */
			continue;
		}
		now[known] = (struct known){st.st_dev, st.st_ino, st.st_size, st.st_mtim};
		if (!was_there(tail, &now[known]))
			go_on = look_at(tail, files[i].path);
		known += go_on;
	}
	free(tail->known);
	tail->known = now;
	tail->known_count = known;
	return !tail->no_memory || bt_fail(err, "%s: out of memory", tail->events_dir);
}

bool bt_tail_look(struct bt_tail *tail, const struct bt_tail_visitor *visitor, struct bt_err *err)
{
	struct bt_segment_file *files;
	size_t count;
	if (!bt_segment_files(tail->events_dir, &files, &count, err))
		return false;
	tail->visitor = visitor;
	tail->stopped = tail->partial = false;
	bool ok = look_at_all(tail, files, count, err);
	tail->partial |= tail->stopped;
	bt_segment_files_free(&files, count);
	return ok;
}

/* ---- the cursor ---- */

static bool read_line(struct bt_tail *tail, const char *line)
{
	uint64_t boot, first, last;
	uint32_t number;
	int end = 0;
	if (sscanf(line, "%16" SCNx64 " %" SCNu32 " %" SCNu64 " %" SCNu64 "%n", &boot, &number,
		&first, &last, &end) != 4 ||
	    line[end] != '\0' || boot == 0 || first == 0 || first > last)
		return false;
	struct ring *ring = find_ring(tail, boot, number);
	return ring != NULL && bt_ranges_add(&ring->done, first, last);
}

bool bt_tail_load(struct bt_tail *tail, const char *path, struct bt_err *err)
{
	void *text;
	size_t size, begin = sizeof(cursor_begin) - 1;
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return true;
	if (!bt_file_read(path, CURSOR_MAX, &text, &size, err))
		return false;
	bool ok = size >= begin && memcmp(text, cursor_begin, begin) == 0;
	char *rest = (char *)text + (ok ? begin : size), *line;
	while (ok && (line = strsep(&rest, "\n")) != NULL && (*line != '\0' || rest != NULL))
		ok = read_line(tail, line);
	free(text);
	return ok || bt_fail(err, "%s: is no cursor of `beacontrap tail`", path);
}

/* Rings that are not in the log any more will not come back; it takes a whole look to know that. */
bool bt_tail_save(const struct bt_tail *tail, const char *path, struct bt_err *err)
{
	char *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size);
	if (memory == NULL)
		return bt_fail(err, "%s: out of memory", path);
	fputs(cursor_begin, memory);
	for (size_t i = 0; i < tail->ring_count; i++) {
		const struct ring *ring = &tail->rings[i];
		for (size_t j = 0; (ring->there || tail->partial) && j < ring->done.count; j++)
			fprintf(memory, "%016" PRIx64 " %" PRIu32 " %" PRIu64 " %" PRIu64 "\n",
			    ring->boot, ring->number, ring->done.ranges[j].first,
			    ring->done.ranges[j].last);
	}
	bool ok = fclose(memory) == 0 || bt_fail(err, "%s: out of memory", path);
	ok = ok && bt_file_replace(path, text, size, 0640, err);
	free(text);
	return ok;
}

/* ---- begin and end ---- */

bool bt_tail_new(struct bt_tail **tail, const char *state_dir, struct bt_err *err)
{
	struct bt_tail *made = calloc(1, sizeof(*made));
	char *folder = bt_path_join(state_dir, "events");
	if (made == NULL || folder == NULL) {
		free(made);
		free(folder);
		return bt_fail(err, "%s: out of memory", state_dir);
	}
	made->events_dir = folder;
	*tail = made;
	return true;
}

void bt_tail_free(struct bt_tail **tail)
{
	if (*tail == NULL)
		return;
	for (size_t i = 0; i < (*tail)->ring_count; i++)
		bt_ranges_clear(&(*tail)->rings[i].done);
	free((*tail)->rings);
	free((*tail)->known);
	free((*tail)->policies);
	free((*tail)->events_dir);
	free(*tail);
	*tail = NULL;
}
