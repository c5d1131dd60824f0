/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * make-events.c -- writes segments as a script on standard input says, with the script's times
 *
 *     make-events FOLDER <script
 *
 *     segment RESOLVER BOOT NUMBER TIME     begins FOLDER/RESOLVER-BOOT-NUMBER
 *     policy TRIE                           the trie in force from here on
 *     beat start|alive|stop TIME [none]     "none": without a trie
 *     event RING SEQUENCE TIME CLIENT NAME  as the trie decides on NAME
 *     gap RING FIRST LAST TIME              those events are lost
 *     count RING EPOCH LIST FROM TIME COUNTED COUNTED DROPPED DROPPED
 *                                           hits without an event: each total before, and with them
 *     close [packed]                        or, at the end, the segment stays open
 *
 * TIMEs are RFC 3339. A '#' begins a comment line. Not listed NAMEs are an error.
 */

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../cli/timestamp.h"
#include "segment.h"
#include "trie.h"

enum { WORDS_MAX = 10 };

struct script {
	const char *folder;
	struct bt_segment_writer *writer;
	struct bt_trie *trie;
	uint64_t boot;
	char path[4096]; /* of the segment, once it is closed */
};

static const struct bt_zone utc = {.name = "UTC"};

static bool client_of(uint8_t client[static 16], const char *text)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	if (inet_pton(AF_INET6, text, client) == 1)
		return true;
	memcpy(client, mapped, sizeof(mapped));
	return inet_pton(AF_INET, text, client + sizeof(mapped)) == 1;
}

static bool fill_event(
    struct bt_event *event, const struct script *script, char *const *word, struct bt_err *err)
{
	struct bt_match matches[BT_MATCHES_MAX];
	struct bt_key key;

	if (bt_key_from_text(&key, word[5], strlen(word[5])) != BT_NAME_OK)
		return bt_fail(err, "bad name %s", word[5]);
	unsigned count = bt_trie_match(script->trie, &key, matches);
	struct bt_verdict verdict =
	    bt_policy_decide(bt_trie_policy(script->trie), 0, matches, count, key.labels);
	if (!verdict.listed)
		return bt_fail(err, "%s is not listed", word[5]);

	*event = (struct bt_event){.policy = bt_trie_digest(script->trie),
	    .port = 53000,
	    .qtype = 1,
	    .qclass = 1,
	    .list = verdict.by.list,
	    .action = (uint8_t)verdict.action,
	    .transport = BT_TRANSPORT_UDP,
	    .labels = verdict.labels,
	    .key_size = key.len};
	memcpy(event->key, key.bytes, key.len);
	while (count-- > 0 && event->match_count < BT_EVENT_MATCHES_MAX)
		event->matches[event->match_count++] = (struct bt_event_match){
		    .class_id = matches[count].class_id, .labels = matches[count].labels};
	if (!client_of(event->client, word[4]))
		return bt_fail(err, "bad client %s", word[4]);
	return bt_time_read(&event->time, word[3], &utc, 0, err);
}

static bool do_segment(struct script *script, char *const *word, struct bt_err *err)
{
	int64_t time;
	uint32_t number = (uint32_t)strtoul(word[3], NULL, 0);
	script->boot = strtoull(word[2], NULL, 0);
	snprintf(script->path, sizeof(script->path), "%s/%s-%016llx-%06u.seg", script->folder,
	    word[1], (unsigned long long)script->boot, number);
	return bt_time_read(&time, word[4], &utc, 0, err) &&
	       bt_segment_create(
		   &script->writer, script->folder, word[1], script->boot, number, time, err);
}

static bool do_policy(struct script *script, char *const *word, struct bt_err *err)
{
	size_t size;
	bt_trie_close(&script->trie);
	if (!bt_trie_load(&script->trie, word[1], err))
		return false;
	const void *bytes = bt_policy_bytes(bt_trie_policy(script->trie), &size);
	return bt_segment_policy(script->writer, bt_trie_digest(script->trie), bytes, size, err);
}

static bool do_beat(struct script *script, char *const *word, struct bt_err *err)
{
	struct bt_beat beat = {.boot = script->boot,
	    .policy = word[3] == NULL ? bt_trie_digest(script->trie) : 0,
	    .kind = strcmp(word[1], "start") == 0  ? BT_BEAT_START
		    : strcmp(word[1], "stop") == 0 ? BT_BEAT_STOP
						   : BT_BEAT_ALIVE};
	return bt_time_read(&beat.time, word[2], &utc, 0, err) &&
	       bt_segment_beat(script->writer, &beat, err);
}

static bool do_event(struct script *script, char *const *word, struct bt_err *err)
{
	struct bt_event event;
	return fill_event(&event, script, word, err) &&
	       bt_segment_event(script->writer, script->boot, (uint32_t)strtoul(word[1], NULL, 0),
		   strtoull(word[2], NULL, 0), &event, err);
}

static bool do_gap(struct script *script, char *const *word, struct bt_err *err)
{
	int64_t time;
	return bt_time_read(&time, word[4], &utc, 0, err) &&
	       bt_segment_gap(script->writer, script->boot, (uint32_t)strtoul(word[1], NULL, 0),
		   strtoull(word[2], NULL, 0), strtoull(word[3], NULL, 0), time, err);
}

static bool do_count(struct script *script, char *const *word, struct bt_err *err)
{
	int list = bt_policy_find_list(bt_trie_policy(script->trie), word[3]);
	struct bt_count count = {.boot = script->boot,
	    .ring = (uint32_t)strtoul(word[1], NULL, 0),
	    .epoch = (uint32_t)strtoul(word[2], NULL, 0),
	    .policy = bt_trie_digest(script->trie),
	    .list = (uint16_t)list,
	    .counted_before = strtoull(word[6], NULL, 0),
	    .counted = strtoull(word[7], NULL, 0),
	    .dropped_before = strtoull(word[8], NULL, 0),
	    .dropped = strtoull(word[9], NULL, 0)};
	return (list >= 0 || bt_fail(err, "there is no list %s", word[3])) &&
	       bt_time_read(&count.from, word[4], &utc, 0, err) &&
	       bt_time_read(&count.time, word[5], &utc, 0, err) &&
	       bt_segment_counts(script->writer, &count, 1, err);
}

static bool do_close(struct script *script, char *const *word, struct bt_err *err)
{
	bool packed = true;
	return bt_segment_close(&script->writer, err) &&
	       (word[1] == NULL || bt_segment_pack(script->path, NULL, &packed, err)) &&
	       (packed || bt_fail(err, "%s: was not packed", script->path));
}

static const struct {
	const char *name;
	int words; /* at least, with the name */
	bool (*run)(struct script *script, char *const *word, struct bt_err *err);
} statements[] = {
    {"segment", 5, do_segment},
    {"policy", 2, do_policy},
    {"beat", 3, do_beat},
    {"event", 6, do_event},
    {"gap", 5, do_gap},
    {"count", 10, do_count},
    {"close", 1, do_close},
};

static bool run_line(struct script *script, char *line, struct bt_err *err)
{
	char *word[WORDS_MAX + 1] = {NULL}, *rest = line;
	int words = 0;
	while (words < WORDS_MAX && (word[words] = strtok_r(rest, " \t\n", &rest)) != NULL)
		words++;
	if (words == 0 || word[0][0] == '#')
		return true;
	for (size_t i = 0; i < sizeof(statements) / sizeof(*statements); i++)
		if (strcmp(statements[i].name, word[0]) == 0 && words >= statements[i].words)
			return statements[i].run(script, word, err);
	return bt_fail(err, "bad statement '%s'", word[0]);
}

int main(int argc, char **argv)
{
	struct script script = {.folder = argv[1]};
	struct bt_err err;
	char line[2048];

	if (argc != 2)
		return 2;
	for (int number = 1; fgets(line, sizeof(line), stdin) != NULL; number++)
		if (!run_line(&script, line, &err)) {
			fprintf(stderr, "make-events: line %d: %s\n", number, err.text);
			return 1;
		}
	bt_trie_close(&script.trie);
	if (script.writer != NULL) /* the segment stays open, as one whose writer was killed */
		_exit(bt_segment_flush(script.writer, &err) ? 0 : 1);
	return 0;
}
