/* SPDX-License-Identifier: BSD-3-Clause */
/* identities.c -- which device had an address, and when */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "identities.h"
#include "timestamp.h"

enum { FILE_MAX = 256 << 20, LINE_FIELDS = 4 };

struct identity {
	uint8_t address[BT_ADDRESS_SIZE];
	int64_t from, until; /* milliseconds since 1970 */
	char *name;
};

/* A MAC address that a lease names. */
struct device {
	uint8_t mac[BT_DEVICE_SIZE];
	char *name;
};

struct bt_identities {
	struct identity *list; /* by address, then the latest first, once it is sorted */
	size_t count, room;
	struct device *devices;
	size_t device_count, device_room;
	bool sorted, by_time;
	char mac[18]; /* text of the last device that no lease names */
};

struct bt_identities *bt_identities_new(void)
{
	return calloc(1, sizeof(struct bt_identities));
}

void bt_identities_free(struct bt_identities **identities)
{
	struct bt_identities *old = *identities;
	if (old == NULL)
		return;
	for (size_t i = 0; i < old->count; i++)
		free(old->list[i].name);
	for (size_t i = 0; i < old->device_count; i++)
		free(old->devices[i].name);
	free(old->list);
	free(old->devices);
	free(old);
	*identities = NULL;
}

bool bt_identities_by_time(const struct bt_identities *identities)
{
	return identities->by_time;
}

/* ---- adding ---- */

static bool grow(void **row, size_t *room, size_t count, size_t size)
{
	if (count < *room)
		return true;
	size_t more = *room == 0 ? 64 : 2 * *room;
	void *larger = realloc(*row, more * size);
	if (larger == NULL)
		return false;
	*row = larger;
	*room = more;
	return true;
}

/* "Out of memory" is the only reason of all of these that ends a load. */
static const char no_memory[] = "out of memory";

static const char *add_identity(
    struct bt_identities *to, const char *address, const char *name, int64_t from, int64_t until)
{
	struct identity made = {.from = from, .until = until};
	if (!bt_address_read(made.address, address))
		return "expected an address";
	if (name == NULL || name[0] == '\0')
		return "expected a device's name behind the address";
	void *list = to->list;
	made.name = strdup(name);
	if (made.name == NULL || !grow(&list, &to->room, to->count, sizeof(*to->list))) {
		free(made.name);
		return no_memory;
	}
	to->list = list;
	to->list[to->count++] = made;
	to->sorted = false;
	return NULL;
}

static bool read_mac(uint8_t mac[static BT_DEVICE_SIZE], const char *text)
{
	unsigned octets[BT_DEVICE_SIZE];
	int end = 0;
	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &octets[0], &octets[1], &octets[2],
		&octets[3], &octets[4], &octets[5], &end) != BT_DEVICE_SIZE ||
	    text[end] != '\0')
		return false;
	for (unsigned i = 0; i < BT_DEVICE_SIZE; i++)
		mac[i] = (uint8_t)octets[i];
	return true;
}

static const char *add_device(
    struct bt_identities *to, const uint8_t mac[static BT_DEVICE_SIZE], const char *name)
{
	void *devices = to->devices;
	char *copy = strdup(name);
	if (copy == NULL ||
	    !grow(&devices, &to->device_room, to->device_count, sizeof(*to->devices))) {
		free(copy);
		return no_memory;
	}
	to->devices = devices;
	memcpy(to->devices[to->device_count].mac, mac, BT_DEVICE_SIZE);
	to->devices[to->device_count++].name = copy;
	return NULL;
}

/* ---- lines; each returns what is wrong, or NULL ---- */

static const char *read_lease(
    struct bt_identities *to, const uint8_t mac[static BT_DEVICE_SIZE], char *const *field)
{
	const char *name = strcmp(field[3], "*") == 0 ? field[1] : field[3];
	const char *wrong = add_identity(to, field[2], name, INT64_MIN, INT64_MAX);
	return wrong != NULL ? wrong : add_device(to, mac, name);
}

static bool read_time(int64_t *time, const char *text)
{
	static const struct bt_zone utc = {.name = "UTC"};
	struct bt_err err;
	return text[0] == '\0' || bt_time_read(time, text, &utc, 0, &err);
}

static const char *read_csv(struct bt_identities *to, char *line, unsigned number)
{
	char *field[LINE_FIELDS], *rest = line;
	int64_t from = INT64_MIN, until = INT64_MAX;
	uint8_t address[BT_ADDRESS_SIZE];
	for (unsigned i = 0; i < LINE_FIELDS; i++) {
		field[i] = i + 1 < LINE_FIELDS ? strsep(&rest, ",") : rest;
		if (field[i] == NULL)
			return "expected ADDRESS,FROM,TO,DEVICE";
	}
	if (number == 1 && !bt_address_read(address, field[0]))
		return NULL; /* the heading */
	if (!read_time(&from, field[1]) || !read_time(&until, field[2]))
		return "expected times as in RFC 3339, or nothing";
	to->by_time |= from != INT64_MIN || until != INT64_MAX;
	return add_identity(to, field[0], field[3], from, until);
}

static const char *read_line(struct bt_identities *to, char *line, unsigned number)
{
	char *field[LINE_FIELDS] = {NULL}, *rest = line;
	uint8_t mac[BT_DEVICE_SIZE];
	line[strcspn(line, "#\r")] = '\0';
	if (line[strspn(line, " \t")] == '\0')
		return NULL;
	if (strchr(line, ',') != NULL)
		return read_csv(to, line, number);
	for (unsigned i = 0; i < LINE_FIELDS; i++)
		field[i] = strtok_r(i == 0 ? line : NULL, " \t", &rest);
	if (field[3] != NULL && read_mac(mac, field[1]))
		return read_lease(to, mac, field);
	return add_identity(to, field[0], field[1], INT64_MIN, INT64_MAX);
}

bool bt_identities_load(struct bt_identities *identities, const char *path,
    void (*bad)(void *ctx, const char *text), void *ctx, struct bt_err *err)
{
	void *bytes;
	size_t size;
	unsigned number = 0;
	if (!bt_file_read(path, FILE_MAX, &bytes, &size, err))
		return false;
	bool ok = memchr(bytes, '\0', size) == NULL || bt_fail(err, "%s: is no text", path);
	char *rest = bytes, *line;
	while (ok && (line = strsep(&rest, "\n")) != NULL) {
		const char *wrong = read_line(identities, line, ++number);
		struct bt_err text;
		if (wrong == no_memory) {
			ok = bt_fail(err, "%s: %s", path, wrong);
		} else if (wrong != NULL) {
			bt_fail(&text, "%s:%u: %s", path, number, wrong);
			bad(ctx, text.text);
		}
	}
	free(bytes);
	return ok;
}

/* ---- looking ---- */

static int by_address(const void *a, const void *b)
{
	const struct identity *left = a, *right = b;
	int order = memcmp(left->address, right->address, sizeof(left->address));
	if (order != 0)
		return order;
	if (left->from != right->from)
		return left->from > right->from ? -1 : 1;
	return strcmp(left->name, right->name);
}

/* The first entry of that address; the count if there is none. */
static size_t find(const struct bt_identities *in, const uint8_t client[static 16])
{
	size_t low = 0, high = in->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (memcmp(in->list[middle].address, client, BT_ADDRESS_SIZE) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A device without a lease is what its MAC address says. */
static const char *name_device(
    struct bt_identities *in, const uint8_t device[static BT_DEVICE_SIZE])
{
	for (size_t i = 0; i < in->device_count; i++)
		if (memcmp(in->devices[i].mac, device, BT_DEVICE_SIZE) == 0)
			return in->devices[i].name;
	snprintf(in->mac, sizeof(in->mac), "%02x:%02x:%02x:%02x:%02x:%02x", device[0], device[1],
	    device[2], device[3], device[4], device[5]);
	return in->mac;
}

const char *bt_identities_name(
    void *identities, const uint8_t client[16], const uint8_t device[BT_DEVICE_SIZE], int64_t time)
{
	static const uint8_t nothing[BT_DEVICE_SIZE];
	struct bt_identities *in = identities;
	if (memcmp(device, nothing, sizeof(nothing)) != 0)
		return name_device(in, device);
	if (!in->sorted && in->count > 0)
		qsort(in->list, in->count, sizeof(*in->list), by_address);
	in->sorted = true;
	for (size_t i = find(in, client);
	     i < in->count && memcmp(in->list[i].address, client, BT_ADDRESS_SIZE) == 0; i++)
		if (time >= in->list[i].from && time < in->list[i].until)
			return in->list[i].name;
	return NULL;
}
