/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show-events.c -- all that the segments in a folder say of each event, for the live tests
 *
 *     show-events FOLDER
 *
 * A line for each event, in the order in which they were written:
 *
 *     CLIENT TRANSPORT VIA DEVICE NAME TYPE ACTION LIST INDICATOR HOW TARGET
 *
 * and for each record of hits without an event, those that it adds:
 *
 *     LIST counted COUNTED dropped DROPPED
 *
 * TYPE is a number. HOW is name, alias or service; with name there is no TARGET. "-" stands for
 * nothing.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network.h"
#include "segment-folder.h"
#include "segment.h"

enum { POLICIES = 64 };

/* The names of the lists of every policy that came by. */
struct policies {
	unsigned count;
	uint64_t digest[POLICIES];
	const struct bt_policy *policy[POLICIES];
};

static const char *const transports[] = {"udp", "tcp", "tls", "https"};
static const char *const hows[] = {"name", "alias", "service"};

static void print_address(const uint8_t address[static BT_ADDRESS_SIZE])
{
	static const uint8_t none[BT_ADDRESS_SIZE];
	struct bt_network network = {.bits = 128};
	char text[BT_NETWORK_TEXT];
	memcpy(network.address, address, sizeof(network.address));
	bt_network_write(text, &network);
	printf("%s ", memcmp(address, none, sizeof(none)) == 0 ? "-" : text);
}

static void print_device(const uint8_t device[static BT_DEVICE_SIZE])
{
	static const uint8_t none[BT_DEVICE_SIZE];
	if (memcmp(device, none, sizeof(none)) == 0)
		printf("- ");
	else
		printf("%02x:%02x:%02x:%02x:%02x:%02x ", device[0], device[1], device[2], device[3],
		    device[4], device[5]);
}

static void print_name(const uint8_t *key, unsigned size)
{
	char text[BT_TEXT_MAX + 1];
	bt_key_to_text(text, key, size);
	fputs(text, stdout);
}

/* Octets of a key's first labels: each has its length in front. */
static unsigned size_of(const uint8_t *key, unsigned labels)
{
	unsigned size = 0;
	while (labels-- > 0)
		size += key[size] + 1u;
	return size;
}

static bool on_policy(void *ctx, uint64_t digest, const struct bt_policy *policy)
{
	struct policies *policies = ctx;
	if (policies->count == POLICIES)
		return false;
	policies->digest[policies->count] = digest;
	policies->policy[policies->count++] = policy;
	return true;
}

static const char *list_of(const struct policies *policies, uint64_t digest, unsigned list)
{
	for (unsigned i = 0; i < policies->count; i++)
		if (policies->digest[i] == digest)
			return bt_policy_list(policies->policy[i], list).name;
	return "?";
}

static bool on_event(void *ctx, const struct bt_segment_event *record)
{
	const struct bt_event *event = &record->event;
	unsigned size;
	const uint8_t *name = bt_event_name(event, &size);
	print_address(event->client);
	printf("%s ", transports[event->transport]);
	print_address(event->via);
	print_device(event->device);
	print_name(event->key, event->key_size);
	printf(" %u %s %s ", event->qtype, bt_action_name((enum bt_action)event->action),
	    list_of(ctx, event->policy, event->list));
	print_name(name, size_of(name, event->labels));
	printf(" %s ", hows[event->matched]);
	if (event->matched == BT_MATCHED_NAME)
		printf("-");
	else
		print_name(name, size);
	putchar('\n');
	return true;
}

static bool on_count(void *ctx, const struct bt_count *count)
{
	printf("%s counted %" PRIu64 " dropped %" PRIu64 "\n",
	    list_of(ctx, count->policy, count->list), count->counted - count->counted_before,
	    count->dropped - count->dropped_before);
	return true;
}

int main(int argc, char **argv)
{
	struct bt_segment_file *files;
	struct bt_err err;
	size_t count;
	if (argc != 2 || !bt_segment_files(argv[1], &files, &count, &err))
		return 2;
	for (size_t i = 0; i < count; i++) {
		struct policies policies = {0};
		const struct bt_segment_visitor visitor = {
		    .policy = on_policy, .event = on_event, .count = on_count, .ctx = &policies};
		if (!bt_segment_read(files[i].path, &visitor, &err)) {
			fprintf(stderr, "show-events: %s\n", err.text);
			return 2;
		}
	}
	bt_segment_files_free(&files, count);
	return fflush(stdout) == 0 ? 0 : 2;
}
