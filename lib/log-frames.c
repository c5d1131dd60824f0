/* SPDX-License-Identifier: BSD-3-Clause */
/* log-frames.c -- the frames of a Frame Streams file, one after the other */

#include <stdlib.h>
#include <string.h>

#include "log-frames.h"

enum {
	LENGTH = 4,
	CONTROL_MAX = 512, /* octets of a control frame */
	START = 2,         /* types of control frames */
	CONTENT_TYPE = 1,  /* type of a field */
};

static const char dnstap[] = "protobuf:dnstap.Dnstap";

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

bool bt_frames_are(const void *octets, size_t size)
{
	const uint8_t *at = octets;
	return size >= 3 * (size_t)LENGTH && get32(at) == 0 && get32(at + LENGTH) <= CONTROL_MAX &&
	       get32(at + 2 * (size_t)LENGTH) == START;
}

bool bt_frames_begin(struct bt_frames *frames, bt_frames_source *source, void *ctx)
{
	*frames = (struct bt_frames){.source = source, .ctx = ctx};
	frames->piece = malloc(BT_FRAME_MAX);
	return frames->piece != NULL;
}

void bt_frames_free(struct bt_frames *frames)
{
	free(frames->piece);
	frames->piece = NULL;
}

/* Whether the next `size` octets, BT_FRAME_MAX at most, are there. */
static bool have(struct bt_frames *frames, size_t size)
{
	while (frames->end - frames->at < size && !frames->ended) {
		memmove(frames->piece, frames->piece + frames->at, frames->end - frames->at);
		frames->end -= frames->at;
		frames->at = 0;
		size_t got = frames->source(
		    frames->ctx, frames->piece + frames->end, BT_FRAME_MAX - frames->end);
		frames->ended = got == 0;
		frames->end += got;
	}
	return frames->end - frames->at >= size;
}

/* Takes a length, up to `most`, and sees that so much follows. */
static bool take_length(struct bt_frames *frames, size_t most, size_t *length)
{
	if (!have(frames, LENGTH)) {
		if (frames->end > frames->at)
			frames->error = "ends in the middle of a frame";
		return false;
	}
	*length = get32(frames->piece + frames->at);
	frames->at += LENGTH;
	if (*length > most)
		frames->error = "is broken: a frame is longer than any can be";
	else if (!have(frames, *length))
		frames->error = "ends in the middle of a frame";
	return frames->error == NULL;
}

/* What kind of frames there are, if a control frame says so at all, must be ours. */
static bool take_control(struct bt_frames *frames)
{
	size_t size;
	if (!take_length(frames, CONTROL_MAX, &size)) {
		if (frames->error == NULL)
			frames->error = "ends in the middle of a frame";
		return false;
	}
	const uint8_t *at = frames->piece + frames->at, *end = at + size;
	frames->at += size;
	if (size < LENGTH || get32(at) != START)
		return true;
	for (at += LENGTH; end - at >= 2 * LENGTH;) {
		size_t type = get32(at), length = get32(at + LENGTH);
		at += 2 * LENGTH;
		if (length > (size_t)(end - at))
			break;
		if (type == CONTENT_TYPE &&
		    (length != sizeof(dnstap) - 1 || memcmp(at, dnstap, length) != 0)) {
			frames->error = "holds frames of another kind than dnstap";
			return false;
		}
		at += length;
	}
	return true;
}

bool bt_frames_next(struct bt_frames *frames, const uint8_t **at, size_t *size)
{
	size_t length;
	do {
		if (frames->error != NULL || !take_length(frames, BT_FRAME_MAX - LENGTH, &length))
			return false;
	} while (length == 0 && take_control(frames));
	if (frames->error != NULL)
		return false;
	*at = frames->piece + frames->at;
	*size = length;
	frames->at += length;
	return true;
}
