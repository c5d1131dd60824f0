/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * segment-format.h -- the bytes of a segment, for its writer and its reader only
 *
 * doc/event-format.md says the same in words.
 */
#ifndef BT_SEGMENT_FORMAT_H
#define BT_SEGMENT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "segment.h"

#define BT_SEGMENT_MAGIC                                                                           \
	"\x89"                                                                                     \
	"BTSEG\r\n"
#define BT_SEGMENT_SUFFIX_OPEN ".open"
#define BT_SEGMENT_SUFFIX_CLOSED ".seg"
#define BT_SEGMENT_SUFFIX_ROLLUP ".roll"
#define BT_SEGMENT_SUFFIX_PACKING ".new" /* behind that of the one that is made */

enum bt_segment_kind { BT_SEGMENT_KIND_EVENTS = 1, BT_SEGMENT_KIND_ROLLUP };

/* Header: offsets of its fields. The resolver's id follows it, padded with zeros to 8 octets. */
enum {
	BT_HEADER_MAGIC = 0,
	BT_HEADER_VERSION = 8,
	BT_HEADER_KIND = 10,
	BT_HEADER_RESOLVER_SIZE = 12,
	BT_HEADER_BOOT = 16,
	BT_HEADER_NUMBER = 24,
	BT_HEADER_CREATED = 32,
	BT_HEADER_SEED = 40,
	BT_HEADER_PACKED = 48, /* one octet: 1 if it is */
	BT_HEADER_CHECK = 56,
	BT_HEADER_SIZE = 64,
	BT_HEADER_SIZE_MAX = BT_HEADER_SIZE + 256,
};

enum bt_block_type {
	BT_BLOCK_POLICY = 1,
	BT_BLOCK_EVENTS,
	BT_BLOCK_GAP,
	BT_BLOCK_BEAT,
	BT_BLOCK_COUNTS,
	BT_BLOCK_COLUMNS,
	BT_BLOCK_ROLL,
	BT_BLOCK_FORGOTTEN,
	BT_BLOCK_SOURCES,
	BT_BLOCK_ROLL_ROWS,
};

enum { BT_ENCODING_PLAIN, BT_ENCODING_ZSTD };

/* Block: offsets of its header's fields. The payload follows; its size is a multiple of 8. */
enum {
	BT_BLOCK_MAGIC = 0,
	BT_BLOCK_TYPE = 4,
	BT_BLOCK_ENCODING = 5,
	BT_BLOCK_PAYLOAD_SIZE = 8,
	BT_BLOCK_COUNT = 12,
	BT_BLOCK_PLAIN_SIZE = 16,
	BT_BLOCK_CHECK = 24,
	BT_BLOCK_HEADER = 32,
};
#define BT_BLOCK_MAGIC_VALUE UINT32_C(0x4b4c4254) /* "TBLK" */

enum {
	BT_BLOCK_TARGET = 64 << 10, /* octets of a full block */
	BT_EVENT_ENCODED_MAX = 768, /* more than any event takes */
	BT_GAP_SIZE = 40,
	BT_BEAT_SIZE = 48,
	BT_SOURCE_SIZE = 48,
	BT_COUNT_SIZE = 80,
	BT_POLICY_HEADER = 16,
	BT_PAYLOAD_MAX = BT_SEGMENT_POLICY_MAX + BT_POLICY_HEADER + 8,
};

#define BT_BLOCK_PLAIN_MAX BT_PAYLOAD_MAX /* octets of a payload, after it is decompressed */

/* The next multiple of 8. */
static inline size_t bt_pad8(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

/*
 * Completes a block whose payload is there, in place: `size` is that of both, a multiple of 8, and
 * `plain` that of the payload before it was encoded.
 */
void bt_block_seal(uint8_t *block, size_t size, enum bt_block_type type, uint8_t encoding,
    uint32_t count, uint32_t plain, uint64_t seed);

/* The check of a header with its padded resolver id, or of a block with its payload. */
uint64_t bt_header_check(const uint8_t *header, size_t size);
uint64_t bt_block_check(const uint8_t *block, size_t size, uint64_t seed);

/*
 * Reads the header of a file of the event log, with the resolver's id behind it: `size` octets.
 * Fails on what is no such file, and on a damaged header.
 */
bool bt_header_read(
    const char *path, uint8_t header[static BT_HEADER_SIZE_MAX], size_t *size, struct bt_err *err);

/*
 * Events are written as differences to the one before in the same block: *before, all zero at the
 * start of each block. Returns the octets used.
 */
size_t bt_event_encode(uint8_t out[static BT_EVENT_ENCODED_MAX], struct bt_segment_event *before,
    uint64_t boot, uint32_t ring, uint64_t sequence, const struct bt_event *event);

/* One record each. */
void bt_gap_encode(uint8_t out[static BT_GAP_SIZE], uint64_t boot, uint32_t ring, uint64_t first,
    uint64_t last, int64_t time);
void bt_beat_encode(uint8_t out[static BT_BEAT_SIZE], const struct bt_beat *beat);
void bt_count_encode(uint8_t out[static BT_COUNT_SIZE], const struct bt_count *count);

/* False if it is none; then *count is spoiled. */
bool bt_count_decode(const uint8_t record[static BT_COUNT_SIZE], struct bt_count *count);

/*
 * Reads one event at *at and moves past it; *event holds the one before, all zero at the start of
 * each block. False if the octets are no event; then *event is spoiled.
 */
bool bt_event_decode(const uint8_t **at, const uint8_t *end, struct bt_segment_event *event);

/*
 * Reads a segment in memory, as bt_segment_read; `open` says that its writer may be at work.
 * *whole, unless NULL, is where the last whole block ends (0 if not even the header is there).
 */
bool bt_segment_parse(const uint8_t *bytes, size_t size, bool open,
    const struct bt_segment_visitor *visitor, size_t *whole, struct bt_err *err);

/*
 * The block at `at` in a segment whose seed is `seed`: NULL if there is a whole one, else why not.
 * *size is that of its header and payload.
 */
const char *bt_block_look(
    const uint8_t *bytes, size_t size, size_t at, uint64_t seed, size_t *block_size);

/* Syncs the folder that holds `path`, so that a rename in it lasts. */
bool bt_segment_sync_folder(const char *path);

#endif
