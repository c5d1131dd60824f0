/* SPDX-License-Identifier: BSD-3-Clause */
/* fuzz-log.c -- any octets as a query log, of each format: questions are of names, reasons are one
 * line */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "file.h"
#include "log-format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool on_query(void *ctx, const struct bt_log_query *query)
{
	uint64_t *queries = ctx;
	if (bt_key_labels(query->key.bytes, query->key.len) != query->key.labels)
		abort();
	++*queries;
	return true;
}

/* The file as a whole: through detection, and whatever it is compressed with. */
static void read_whole(int fd, int format)
{
	char path[64];
	uint64_t queries = 0;
	const struct bt_log_options options = {
	    .format = format, .query = on_query, .ctx = &queries};
	struct bt_log_stats stats;
	struct bt_err err = {""};
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	bool read = bt_log_read(path, &options, &stats, &err);
	uint64_t known = stats.queries + stats.other + stats.alien + stats.bad;
	if (stats.queries != queries || known > stats.records ||
	    (stats.bad > 0) != (stats.reason != NULL) || stats.first_bad > stats.records)
		abort();
	if (read
		? stats.records > 0 && stats.format == NULL
		: strncmp(err.text, path, strlen(path)) != 0 || strpbrk(err.text, "\n\033") != NULL)
		abort();
}

/* One line to each reader, in memory of its own, so that a sanitizer knows its end. */
static void read_line(const uint8_t *data, size_t size)
{
	static bt_log_reader *const readers[] = {bt_log_unbound, bt_log_dnsmasq, bt_log_bind,
	    bt_log_zeek_tsv, bt_log_zeek_json, bt_log_dnstap};
	const struct bt_log_options options = {.format = BT_LOG_AUTO};
	char *line = malloc(size > 0 ? size : 1);
	for (size_t i = 0; line != NULL && i < sizeof(readers) / sizeof(*readers); i++) {
		struct bt_log_source source = {.options = &options, .modified = 1767312000};
		struct bt_log_query query;
		memcpy(line, data, size);
		readers[i](&source, line, size, &query);
		readers[i](&source, line, size, &query);
	}
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("log", MFD_CLOEXEC);
	if (fd < 0)
		return 0;
	if (bt_write_all(fd, data, size)) {
		read_whole(fd, BT_LOG_AUTO);
		for (int format = 0; format < BT_LOG_FORMAT_COUNT; format++)
			read_whole(fd, format);
	}
	close(fd);
	read_line(data, size);
	return 0;
}
