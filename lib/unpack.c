/* SPDX-License-Identifier: BSD-3-Clause */
/* unpack.c -- the octets of a file, seen through gzip, xz and zstd */

#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "unpack.h"

enum {
	PIECE = 1 << 17,       /* octets of the file that are in memory at once */
	XZ_MEMORY = 128 << 20, /* octets that xz may take: twice what `xz -9` makes it */
	ZSTD_WINDOW_LOG = 27,  /* and zstd: what `zstd --ultra -22` makes it */
	GZIP_WINDOW = 15 + 16, /* zlib: the largest, with gzip's header */
};

enum step { STEP_MORE, STEP_END /* of one compressed file; another may follow */, STEP_ERROR };

struct bt_unpack {
	int fd;
	bool opened; /* here */
	int64_t modified;
	uint64_t size, taken; /* octets of the file; and how many were read */
	uint64_t most, given; /* octets that may come out of it, 0: any number; and that did */
	const char *error;

	uint8_t *piece; /* of the file */
	size_t at, end; /* what of it was not taken yet */
	bool ended;     /* nothing more in the file */

	const struct codec *codec;
	bool within; /* a compressed file that has begun */
	union {
		z_stream gzip;
		lzma_stream xz;
		ZSTD_DCtx *zstd;
	} state;

	char *head; /* NULL: nobody asked for it */
	size_t head_at, head_end;
};

/* Takes from the piece, gives to *to, and moves both. */
struct codec {
	const char *magic;
	size_t magic_size;
	bool (*begin)(struct bt_unpack *input);
	enum step (*step)(struct bt_unpack *input, uint8_t **to, size_t *room);
	void (*end)(struct bt_unpack *input);
	const char *broken;
};

/* ---- gzip ---- */

static bool gzip_begin(struct bt_unpack *input)
{
	memset(&input->state.gzip, 0, sizeof(input->state.gzip));
	return inflateInit2(&input->state.gzip, GZIP_WINDOW) == Z_OK;
}

static enum step gzip_step(struct bt_unpack *input, uint8_t **to, size_t *room)
{
	z_stream *stream = &input->state.gzip;
	size_t left = input->end - input->at;
	stream->next_in = input->piece + input->at;
	stream->avail_in = (uInt)left;
	stream->next_out = *to;
	stream->avail_out = *room > PIECE ? PIECE : (uInt)*room;
	int status = inflate(stream, Z_NO_FLUSH);
	input->at = input->end - stream->avail_in;
	*room -= (size_t)(stream->next_out - *to);
	*to = stream->next_out;
	if (status == Z_STREAM_END)
		return inflateReset(stream) == Z_OK ? STEP_END : STEP_ERROR;
	return status == Z_OK || status == Z_BUF_ERROR ? STEP_MORE : STEP_ERROR;
}

static void gzip_end(struct bt_unpack *input)
{
	inflateEnd(&input->state.gzip);
}

/* ---- xz ---- */

static bool xz_begin(struct bt_unpack *input)
{
	input->state.xz = (lzma_stream)LZMA_STREAM_INIT;
	return lzma_stream_decoder(&input->state.xz, XZ_MEMORY, 0) == LZMA_OK;
}

static enum step xz_step(struct bt_unpack *input, uint8_t **to, size_t *room)
{
	lzma_stream *stream = &input->state.xz;
	stream->next_in = input->piece + input->at;
	stream->avail_in = input->end - input->at;
	stream->next_out = *to;
	stream->avail_out = *room;
	lzma_ret status = lzma_code(stream, LZMA_RUN);
	input->at = input->end - stream->avail_in;
	*to = stream->next_out;
	*room = stream->avail_out;
	if (status == LZMA_STREAM_END) {
		lzma_end(stream);
		return xz_begin(input) ? STEP_END : STEP_ERROR;
	}
	return status == LZMA_OK || status == LZMA_BUF_ERROR ? STEP_MORE : STEP_ERROR;
}

static void xz_end(struct bt_unpack *input)
{
	lzma_end(&input->state.xz);
}

/* ---- zstd ---- */

static bool zstd_begin(struct bt_unpack *input)
{
	input->state.zstd = ZSTD_createDCtx();
	return input->state.zstd != NULL && !ZSTD_isError(ZSTD_DCtx_setParameter(input->state.zstd,
						ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG));
}

static enum step zstd_step(struct bt_unpack *input, uint8_t **to, size_t *room)
{
	ZSTD_inBuffer in = {input->piece, input->end, input->at};
	ZSTD_outBuffer out = {*to, *room, 0};
	size_t status = ZSTD_decompressStream(input->state.zstd, &out, &in);
	input->at = in.pos;
	*to += out.pos;
	*room -= out.pos;
	if (ZSTD_isError(status))
		return STEP_ERROR;
	return status == 0 ? STEP_END : STEP_MORE;
}

static void zstd_end(struct bt_unpack *input)
{
	ZSTD_freeDCtx(input->state.zstd);
}

static const struct codec codecs[] = {
    {"\x1f\x8b\x08", 3, gzip_begin, gzip_step, gzip_end, "is broken as a gzip file"},
    {"\xfd"
     "7zXZ\0",
	6, xz_begin, xz_step, xz_end,
	"is broken as an xz file, or needs more than 128 MiB of memory"},
    {"\x28\xb5\x2f\xfd", 4, zstd_begin, zstd_step, zstd_end,
	"is broken as a zstd file, or needs a window of more than 128 MiB"},
};

/* ---- the file ---- */

/* Adds what comes next in the file to the piece, if it has room. False: there is nothing more. */
static bool fill(struct bt_unpack *input)
{
	ssize_t got;
	if (input->ended || input->end - input->at == PIECE)
		return false;
	memmove(input->piece, input->piece + input->at, input->end - input->at);
	input->end -= input->at;
	input->at = 0;
	do
		got = read(input->fd, input->piece + input->end, PIECE - input->end);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		input->error = strerror(errno);
	input->ended = got <= 0;
	size_t more = got > 0 ? (size_t)got : 0;
	input->end += more;
	input->taken += more;
	return got > 0;
}

static bool begins_with(const struct bt_unpack *input, const struct codec *codec)
{
	return input->end - input->at >= codec->magic_size &&
	       memcmp(input->piece + input->at, codec->magic, codec->magic_size) == 0;
}

static bool find_codec(struct bt_unpack *input)
{
	while (input->end < 6 && fill(input))
		;
	for (size_t i = 0; i < sizeof(codecs) / sizeof(*codecs); i++)
		if (begins_with(input, &codecs[i])) {
			input->codec = &codecs[i];
			return input->codec->begin(input);
		}
	return true;
}

/* Octets behind a compressed file that begin no other are left alone, as gunzip does. */
static bool goes_on(struct bt_unpack *input)
{
	while (input->end - input->at < input->codec->magic_size && fill(input))
		;
	return begins_with(input, input->codec);
}

static size_t read_plain(struct bt_unpack *input, uint8_t *octets, size_t size)
{
	if (input->at == input->end && !fill(input))
		return 0;
	size_t left = input->end - input->at, taken = size < left ? size : left;
	memcpy(octets, input->piece + input->at, taken);
	input->at += taken;
	return taken;
}

static size_t read_packed(struct bt_unpack *input, uint8_t *octets, size_t size)
{
	uint8_t *to = octets;
	size_t room = size;
	while (room == size && input->error == NULL) {
		if (!input->within && !goes_on(input))
			break;
		size_t before = input->at;
		enum step step = input->codec->step(input, &to, &room);
		input->within = step == STEP_MORE;
		if (step == STEP_ERROR)
			input->error = input->codec->broken;
		else if (step == STEP_MORE && room == size && input->at == before && !fill(input) &&
			 input->error == NULL)
			input->error = "ends in the middle of what is compressed";
	}
	input->given += size - room;
	if (input->most > 0 && input->given > input->most) {
		input->error = "is compressed to less than a 256th of what it holds: no list is";
		return 0;
	}
	return size - room;
}

static size_t read_octets(struct bt_unpack *input, void *octets, size_t size)
{
	return input->codec == NULL ? read_plain(input, octets, size)
				    : read_packed(input, octets, size);
}

/* ---- for the readers ---- */

/* Without O_NONBLOCK, opening a FIFO would wait for its writer. */
static bool open_input(struct bt_unpack **input, const char *path, bool bounded, struct bt_err *err)
{
	struct stat st;
	bool standard = !bounded && strcmp(path, "-") == 0;
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | (bounded ? O_NONBLOCK : 0);
	struct bt_unpack *made = calloc(1, sizeof(*made));
	uint8_t *piece = malloc(PIECE);
	if (made == NULL || piece == NULL) {
		free(made);
		free(piece);
		return bt_fail(err, "%s: out of memory", path);
	}
	made->piece = piece;
	made->opened = !standard;
	made->fd = standard ? STDIN_FILENO : open(path, flags);
	if (made->fd < 0 || fstat(made->fd, &st) < 0)
		bt_fail(err, "%s: %s", path, strerror(errno));
	else if (S_ISDIR(st.st_mode))
		bt_fail(err, "%s: is a folder, not a file", path);
	else if (bounded && !S_ISREG(st.st_mode))
		bt_fail(err, "%s: is not a regular file", path);
	else if (!find_codec(made))
		bt_fail(err, "%s: out of memory", path);
	else {
		made->modified = (int64_t)(S_ISREG(st.st_mode) ? st.st_mtime : time(NULL));
		made->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
		if (bounded)
			made->most = made->size * BT_UNPACK_RATIO > BT_UNPACK_FREE
					 ? made->size * BT_UNPACK_RATIO
					 : BT_UNPACK_FREE;
		*input = made;
		return true;
	}
	bt_unpack_close(&made);
	return false;
}

bool bt_unpack_open(struct bt_unpack **input, const char *path, struct bt_err *err)
{
	return open_input(input, path, false, err);
}

bool bt_unpack_open_bounded(struct bt_unpack **input, const char *path, struct bt_err *err)
{
	return open_input(input, path, true, err);
}

void bt_unpack_close(struct bt_unpack **input)
{
	struct bt_unpack *old = *input;
	*input = NULL;
	if (old == NULL)
		return;
	if (old->codec != NULL)
		old->codec->end(old);
	if (old->opened && old->fd >= 0)
		close(old->fd);
	free(old->piece);
	free(old->head);
	free(old);
}

int64_t bt_unpack_modified(const struct bt_unpack *input)
{
	return input->modified;
}

uint64_t bt_unpack_size(const struct bt_unpack *input)
{
	return input->size;
}

uint64_t bt_unpack_taken(const struct bt_unpack *input)
{
	return input->taken - (input->end - input->at);
}

bool bt_unpack_is_plain(const struct bt_unpack *input)
{
	return input->opened && input->codec == NULL;
}

const char *bt_unpack_head(struct bt_unpack *input, size_t *size)
{
	if (input->head == NULL) {
		input->head = malloc(BT_UNPACK_HEAD);
		if (input->head == NULL)
			input->error = "out of memory";
		for (size_t got = 1;
		     got > 0 && input->head != NULL && input->head_end < BT_UNPACK_HEAD;
		     input->head_end += got)
			got = read_octets(
			    input, input->head + input->head_end, BT_UNPACK_HEAD - input->head_end);
	}
	*size = input->head_end;
	return input->head;
}

size_t bt_unpack_read(struct bt_unpack *input, void *octets, size_t size)
{
	size_t left = input->head_end - input->head_at;
	if (left == 0)
		return read_octets(input, octets, size);
	size_t taken = size < left ? size : left;
	memcpy(octets, input->head + input->head_at, taken);
	input->head_at += taken;
	return taken;
}

char *bt_unpack_read_all(struct bt_unpack *input, size_t most, size_t *size)
{
	size_t room = 0, used = 0;
	char *text = NULL;
	for (size_t got = 1; got > 0 && used <= most; used += got) {
		if (used == room) {
			room = room == 0 ? 1 << 16 : room * 2;
			char *larger = realloc(text, room);
			if (larger == NULL) {
				free(text);
				return NULL;
			}
			text = larger;
		}
		got = bt_unpack_read(input, text + used, room - used);
	}
	*size = used;
	return text;
}

bool bt_unpack_rewind(struct bt_unpack *input)
{
	if (lseek(input->fd, 0, SEEK_SET) != 0)
		return false;
	if (input->codec != NULL)
		input->codec->end(input);
	input->codec = NULL;
	input->error = NULL;
	input->within = input->ended = false;
	input->at = input->end = input->head_at = input->head_end = 0;
	input->taken = input->given = 0;
	free(input->head);
	input->head = NULL;
	if (find_codec(input))
		return true;
	errno = ENOMEM;
	return false;
}

const char *bt_unpack_error(const struct bt_unpack *input)
{
	return input->error;
}
