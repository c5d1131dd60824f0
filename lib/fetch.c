/* SPDX-License-Identifier: BSD-3-Clause */
/* fetch.c -- files from URLs, several at once (libcurl) */

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch.h"
#include "file.h"

enum {
	SIDE_BY_SIDE = 8,
	CONNECT_MS = 15000,
	REDIRECTS = 5,
	IDLE_SECONDS = 30, /* without an octet */
	WAIT_MS = 200,     /* between two looks at what came */
	HEADERS_MAX = 1 << 16,
	VALIDATOR_MAX = 1024,
	STATUS_OK = 200,
	STATUS_SAME = 304,
};

/* A fetch under way. */
struct transfer {
	struct bt_fetch *fetch;
	CURL *curl;
	struct curl_slist *headers;
	int fd; /* of the file; -1: there is none */
	char why[CURL_ERROR_SIZE];
};

/* ---- what comes ---- */

static bool too_large(struct bt_fetch *fetch)
{
	return bt_fail(&fetch->err, "it is larger than %llu octets (max-size)",
	    (unsigned long long)fetch->max_size);
}

static size_t take_octets(char *octets, size_t one, size_t size, void *to)
{
	struct transfer *t = to;
	struct bt_fetch *fetch = t->fetch;
	(void)one;
	if (size > fetch->max_size - fetch->octets) {
		too_large(fetch);
		return CURL_WRITEFUNC_ERROR;
	}
	if (!bt_write_all(t->fd, octets, size)) {
		bt_fail(&fetch->err, "%s: %s", fetch->path, strerror(errno));
		return CURL_WRITEFUNC_ERROR;
	}
	fetch->octets += size;
	return size;
}

/* The value of "Name: value" if the header has that name: malloc'ed. It replaces what is there. */
static void take_value(char **value, const char *header, size_t size, const char *name)
{
	size_t at = strlen(name);
	if (size <= at || strncasecmp(header, name, at) != 0 || header[at] != ':')
		return;
	for (at++; at < size && (header[at] == ' ' || header[at] == '\t');)
		at++;
	while (size > at && (unsigned char)header[size - 1] <= ' ')
		size--;
	free(*value);
	*value = NULL;
	for (size_t i = at; i < size; i++)
		if ((unsigned char)header[i] < ' ') /* it would be a line of its own somewhere */
			return;
	if (size > at && size - at <= VALIDATOR_MAX)
		*value = strndup(header + at, size - at);
}

static size_t take_header(char *header, size_t one, size_t size, void *to)
{
	struct bt_fetch *fetch = ((struct transfer *)to)->fetch;
	(void)one;
	if (size >= 5 && memcmp(header, "HTTP/", 5) == 0) /* a redirect's were before */
		bt_fetch_reset(fetch);
	take_value(&fetch->new_etag, header, size, "etag");
	take_value(&fetch->new_modified, header, size, "last-modified");
	return size;
}

/* ---- what is asked ---- */

static bool add_header(struct transfer *t, const char *header)
{
	struct curl_slist *longer = curl_slist_append(t->headers, header);
	if (longer == NULL)
		return bt_fail(&t->fetch->err, "out of memory");
	t->headers = longer;
	return true;
}

static bool add_validator(struct transfer *t, const char *name, const char *value)
{
	char header[VALIDATOR_MAX + 64];
	snprintf(header, sizeof(header), "%s: %s", name, value != NULL ? value : "");
	return value == NULL || add_header(t, header);
}

/* What could be a header of its own, or none, is an error: it may be a key with a typing error. */
static bool add_line(struct transfer *t, char *line, unsigned number)
{
	const char *path = t->fetch->headers_file;
	size_t size = strlen(line);
	while (size > 0 && (line[size - 1] == '\r' || line[size - 1] == ' '))
		line[--size] = '\0';
	if (size == 0 || line[0] == '#')
		return true;
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)line[i] < ' ' && line[i] != '\t')
			return bt_fail(&t->fetch->err, "%s:%u: a control character", path, number);
	const char *colon = strchr(line, ':');
	if (colon == NULL || colon == line || colon[1] == '\0' ||
	    strcspn(line, " \t") < (size_t)(colon - line))
		return bt_fail(
		    &t->fetch->err, "%s:%u: expected a header, Name: value", path, number);
	return add_header(t, line);
}

static bool add_headers_file(struct transfer *t)
{
	struct bt_fetch *fetch = t->fetch;
	void *text;
	size_t size;
	unsigned number = 0;
	if (fetch->headers_file == NULL)
		return true;
	if (!bt_file_read(fetch->headers_file, HEADERS_MAX, &text, &size, &fetch->err))
		return false;
	bool ok = true;
	if (memchr(text, '\0', size) != NULL)
		ok = bt_fail(&fetch->err, "%s: a zero octet in it", fetch->headers_file);
	for (char *line = text, *next; ok && line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		ok = add_line(t, line, ++number);
	}
	explicit_bzero(text, size);
	free(text);
	return ok;
}

/* Whatever the umask is, the folder's group can read it: the next to compile may be another user.
 */
static bool open_file(struct transfer *t)
{
	const char *path = t->fetch->path;
	struct stat st;
	if (unlink(path) == 0 || errno == ENOENT)
		t->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	bool opened = t->fd >= 0 && fstat(t->fd, &st) == 0 &&
		      fchmod(t->fd, (st.st_mode & 0777) | S_IRGRP) == 0;
	return opened || bt_fail(&t->fetch->err, "%s: %s", path, strerror(errno));
}

static bool is_https(const char *url)
{
	return strncasecmp(url, "https:", 6) == 0;
}

/* True if libcurl took all of them. */
static bool set_options(struct transfer *t)
{
	const struct bt_fetch *fetch = t->fetch;
	CURL *curl = t->curl;
	int bad = 0;
#define SET(option, value) bad |= curl_easy_setopt(curl, CURLOPT_##option, value) != CURLE_OK
	SET(URL, fetch->url);
	SET(PRIVATE, t);
	SET(NOSIGNAL, 1L);
	SET(ERRORBUFFER, t->why);
	SET(USERAGENT, "beacontrap/" BT_VERSION);
	SET(PROTOCOLS_STR, "http,https,file");
	SET(REDIR_PROTOCOLS_STR, is_https(fetch->url) ? "https" : "http,https");
	SET(FOLLOWLOCATION, fetch->headers_file == NULL ? 1L : 0L);
	SET(MAXREDIRS, (long)REDIRECTS);
	SET(ACCEPT_ENCODING, ""); /* whatever libcurl can */
	SET(HTTPHEADER, t->headers);
	SET(WRITEFUNCTION, take_octets);
	SET(WRITEDATA, t);
	SET(HEADERFUNCTION, take_header);
	SET(HEADERDATA, t);
	SET(TIMEOUT_MS, fetch->timeout > INT32_MAX ? (long)INT32_MAX : (long)fetch->timeout);
	SET(CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	SET(LOW_SPEED_LIMIT, 1L);
	SET(LOW_SPEED_TIME, (long)IDLE_SECONDS);
	if (fetch->ca_file != NULL) {
		SET(CAINFO, fetch->ca_file);
		SET(CAPATH, NULL); /* else the system's folder is trusted, too */
	}
#undef SET
	return !bad;
}

/* ---- one fetch ---- */

static void close_transfer(struct transfer *t)
{
	curl_easy_cleanup(t->curl);
	curl_slist_free_all(t->headers);
	if (t->fd >= 0)
		close(t->fd);
	if (t->fetch->fetched != BT_FETCHED_NEW)
		unlink(t->fetch->path);
	*t = (struct transfer){.fd = -1};
}

/* False: the reason is in the fetch. */
static bool begin(struct transfer *t, struct bt_fetch *fetch, CURLM *multi)
{
	*t = (struct transfer){.fetch = fetch, .curl = curl_easy_init(), .fd = -1};
	fetch->fetched = BT_FETCHED_FAILED;
	fetch->octets = 0;
	bool ok = t->curl != NULL || bt_fail(&fetch->err, "libcurl does not begin");
	ok = ok && add_headers_file(t) && add_validator(t, "If-None-Match", fetch->etag) &&
	     add_validator(t, "If-Modified-Since", fetch->modified) && open_file(t);
	if (ok && (!set_options(t) || curl_multi_add_handle(multi, t->curl) != CURLM_OK))
		ok = bt_fail(&fetch->err, "libcurl refuses the URL, or one of its settings");
	if (!ok)
		close_transfer(t);
	return ok;
}

static bool fail_status(struct bt_fetch *fetch, long status)
{
	if (status / 100 == 3 && fetch->headers_file != NULL)
		return bt_fail(&fetch->err,
		    "the server answers %ld, a redirect, which is not followed with a "
		    "headers-file: give the URL that it leads to",
		    status);
	return bt_fail(&fetch->err, "the server answers %ld%s", status,
	    status == 401 || status == 403 ? " (does it want a key, in a headers-file?)" : "");
}

/* What came of it, when libcurl is done. */
static bool settle(struct transfer *t, CURLcode code)
{
	struct bt_fetch *fetch = t->fetch;
	long status = 0;
	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_WRITE_ERROR && fetch->err.text[0] != '\0')
		return false;
	if (code == CURLE_OPERATION_TIMEDOUT)
		return bt_fail(&fetch->err, "time ran out after %llu octets",
		    (unsigned long long)fetch->octets);
	if (code == CURLE_PARTIAL_FILE)
		return bt_fail(
		    &fetch->err, "cut off after %llu octets", (unsigned long long)fetch->octets);
	if (code != CURLE_OK)
		return bt_fail(
		    &fetch->err, "%s", t->why[0] != '\0' ? t->why : curl_easy_strerror(code));
	if (status == STATUS_SAME && (fetch->etag != NULL || fetch->modified != NULL)) {
		fetch->fetched = BT_FETCHED_SAME;
		return true;
	}
	if (status != STATUS_OK && status != 0) /* 0: a file */
		return fail_status(fetch, status);
	if (fsync(t->fd) != 0)
		return bt_fail(&fetch->err, "%s: %s", fetch->path, strerror(errno));
	fetch->fetched = BT_FETCHED_NEW;
	return true;
}

static void end(struct transfer *t, CURLcode code, CURLM *multi)
{
	t->fetch->err.text[0] = code == CURLE_WRITE_ERROR ? t->fetch->err.text[0] : '\0';
	if (!settle(t, code))
		bt_fetch_reset(t->fetch);
	curl_multi_remove_handle(multi, t->curl);
	close_transfer(t);
}

/* ---- all of them ---- */

struct round {
	struct bt_fetch *fetches;
	unsigned count, begun, done, running;
	struct transfer transfers[SIDE_BY_SIDE];
	CURLM *multi;
};

static struct transfer *free_slot(struct round *round)
{
	for (int i = 0; i < SIDE_BY_SIDE; i++)
		if (round->transfers[i].fetch == NULL)
			return &round->transfers[i];
	return NULL;
}

static void fill_slots(struct round *round)
{
	for (struct transfer *slot;
	     round->begun < round->count && (slot = free_slot(round)) != NULL;) {
		bool begun = begin(slot, &round->fetches[round->begun++], round->multi);
		round->running += begun;
		round->done += !begun;
	}
}

static void empty_slots(struct round *round)
{
	int left;
	for (CURLMsg *message; (message = curl_multi_info_read(round->multi, &left)) != NULL;) {
		struct transfer *transfer = NULL;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
		end(transfer, message->data.result, round->multi);
		round->running--;
		round->done++;
	}
}

static uint64_t octets_of(const struct round *round)
{
	uint64_t octets = 0;
	for (unsigned i = 0; i < round->begun; i++)
		octets += round->fetches[i].octets;
	return octets;
}

/* Nothing is left open, whatever goes wrong with libcurl. */
static void give_up(struct round *round, CURLMcode code)
{
	for (int i = 0; i < SIDE_BY_SIDE; i++) {
		struct transfer *t = &round->transfers[i];
		if (t->fetch == NULL)
			continue;
		bt_fail(&t->fetch->err, "libcurl: %s", curl_multi_strerror(code));
		bt_fetch_reset(t->fetch);
		curl_multi_remove_handle(round->multi, t->curl);
		close_transfer(t);
	}
	for (; round->begun < round->count; round->begun++) {
		round->fetches[round->begun].fetched = BT_FETCHED_FAILED;
		bt_fail(
		    &round->fetches[round->begun].err, "libcurl: %s", curl_multi_strerror(code));
	}
}

bool bt_fetch_all(struct bt_fetch *fetches, unsigned count,
    void (*progress)(void *ctx, unsigned done, uint64_t octets), void *ctx, struct bt_err *err)
{
	struct round round = {.fetches = fetches, .count = count};
	int active;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return bt_fail(err, "libcurl does not begin");
	round.multi = curl_multi_init();
	if (round.multi == NULL) {
		curl_global_cleanup();
		return bt_fail(err, "libcurl does not begin");
	}
	for (;;) {
		fill_slots(&round);
		if (progress != NULL)
			progress(ctx, round.done, octets_of(&round));
		if (round.running == 0)
			break;
		CURLMcode code = curl_multi_perform(round.multi, &active);
		if (code == CURLM_OK)
			code = curl_multi_poll(round.multi, NULL, 0, WAIT_MS, NULL);
		if (code != CURLM_OK) {
			give_up(&round, code);
			break;
		}
		empty_slots(&round);
	}
	curl_multi_cleanup(round.multi);
	curl_global_cleanup();
	return true;
}

void bt_fetch_reset(struct bt_fetch *fetch)
{
	free(fetch->new_etag);
	free(fetch->new_modified);
	fetch->new_etag = fetch->new_modified = NULL;
}
