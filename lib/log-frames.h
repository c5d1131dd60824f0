/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log-frames.h -- the frames of a Frame Streams file, one after the other
 *
 * The format is that of farsightsec/fstrm ("Frame Streams" in fstrm's README and fstrm/control.h):
 * a frame is its length, 32 bits in network order, and that many octets. The length 0 announces a
 * control frame: again a length, then a type, then fields.
 *
 * Threads: none of it is shared.
 */
#ifndef BT_LOG_FRAMES_H
#define BT_LOG_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BT_FRAME_MAX = 1 << 18 /* octets: twice what the largest question and answer come to */ };

/* Up to `size` octets of the file; 0: the end. */
typedef size_t bt_frames_source(void *ctx, void *octets, size_t size);

struct bt_frames {
	bt_frames_source *source;
	void *ctx;
	uint8_t *piece; /* malloc'ed */
	size_t at, end;
	bool ended;
	const char *error; /* NULL, or why there are no more frames: static text */
};

/* Whether a file that begins with these octets is one. */
bool bt_frames_are(const void *octets, size_t size);

/* False if memory runs out. */
bool bt_frames_begin(struct bt_frames *frames, bt_frames_source *source, void *ctx);

/* The next data frame, which stays until the call after. False at the end: see `error`. */
bool bt_frames_next(struct bt_frames *frames, const uint8_t **at, size_t *size);

/* Frees what is held. */
void bt_frames_free(struct bt_frames *frames);

#endif
