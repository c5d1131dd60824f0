/* SPDX-License-Identifier: BSD-3-Clause */
/* segment-folder.c -- which segments a folder holds */

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "segment-folder.h"
#include "segment-format.h"

struct files {
	struct bt_segment_file *files;
	size_t count, room;
	bool rollups; /* these are looked for */
};

/* Hexadecimal or decimal digits only: no sign, no space. */
static bool read_number(const char *text, size_t digits, unsigned base, uint64_t *number)
{
	uint64_t value = 0;
	for (size_t i = 0; i < digits; i++) {
		const char *at = text[i] == '\0' ? NULL : strchr("0123456789abcdef", text[i]);
		unsigned digit =
		    at == NULL ? base : (unsigned)(strlen("0123456789abcdef") - strlen(at));
		if (digit >= base)
			return false;
		value = value * base + digit;
	}
	*number = value;
	return true;
}

/* "RESOLVER-BOOT-NUMBER", read from its end, since a resolver may be called anything. */
static void read_stem(const char *name, size_t size, struct bt_segment_file *file)
{
	enum { BOOT_DIGITS = 16, NUMBER_DIGITS_MAX = 9 };
	size_t digits = 0;
	while (digits < size && name[size - 1 - digits] != '-')
		digits++;
	size_t rest = size - digits; /* up to and with the last '-' */
	uint64_t boot, number;
	if (digits == 0 || digits > NUMBER_DIGITS_MAX || rest < BOOT_DIGITS + 3 ||
	    name[rest - 1 - BOOT_DIGITS - 1] != '-' ||
	    !read_number(name + rest, digits, 10, &number) ||
	    !read_number(name + rest - 1 - BOOT_DIGITS, BOOT_DIGITS, 16, &boot))
		return;
	file->boot = boot;
	file->number = (uint32_t)number;
}

static bool ends_with(const char *name, const char *suffix, size_t *stem)
{
	size_t size = strlen(name), suffix_size = strlen(suffix);
	if (size <= suffix_size || strcmp(name + size - suffix_size, suffix) != 0)
		return false;
	*stem = size - suffix_size;
	return true;
}

static bool add(struct files *files, const char *folder, const char *name)
{
	struct bt_segment_file file = {0};
	size_t stem;
	if (!files->rollups && ends_with(name, BT_SEGMENT_SUFFIX_OPEN, &stem))
		file.open = true;
	else if (!ends_with(name,
		     files->rollups ? BT_SEGMENT_SUFFIX_ROLLUP : BT_SEGMENT_SUFFIX_CLOSED, &stem))
		return true;
	read_stem(name, stem, &file);
	if (files->count == files->room) {
		size_t room = files->room == 0 ? 64 : files->room * 2;
		struct bt_segment_file *more = realloc(files->files, room * sizeof(*more));
		if (more == NULL)
			return false;
		files->files = more;
		files->room = room;
	}
	file.path = bt_path_join(folder, name);
	if (file.path == NULL)
		return false;
	files->files[files->count++] = file;
	return true;
}

static bool list(struct files *files, const char *folder, struct bt_err *err)
{
	DIR *dir = opendir(folder);
	if (dir == NULL)
		return errno == ENOENT || bt_fail(err, "%s: %s", folder, strerror(errno));
	bool ok = true;
	const struct dirent *entry;
	while (ok && (errno = 0, entry = readdir(dir)) != NULL)
		ok = entry->d_name[0] == '.' || add(files, folder, entry->d_name) ||
		     bt_fail(err, "%s: out of memory", folder);
	if (ok && errno != 0)
		ok = bt_fail(err, "%s: %s", folder, strerror(errno));
	closedir(dir);
	return ok;
}

static int by_path(const void *a, const void *b)
{
	const struct bt_segment_file *left = a, *right = b;
	return strcmp(left->path, right->path);
}

static void sort_unique(struct files *files)
{
	size_t kept = 0;
	if (files->count > 0)
		qsort(files->files, files->count, sizeof(*files->files), by_path);
	for (size_t i = 0; i < files->count; i++) {
		if (kept > 0 && strcmp(files->files[kept - 1].path, files->files[i].path) == 0)
			free(files->files[i].path);
		else
			files->files[kept++] = files->files[i];
	}
	files->count = kept;
}

static bool find(const char *folder, bool rollups, struct bt_segment_file **files, size_t *count,
    struct bt_err *err)
{
	struct files found = {.rollups = rollups};
	/* Twice: readdir may show neither the old nor the new name of a file renamed meanwhile. */
	if (!list(&found, folder, err) || !list(&found, folder, err)) {
		bt_segment_files_free(&found.files, found.count);
		return false;
	}
	sort_unique(&found);
	*files = found.files;
	*count = found.count;
	return true;
}

bool bt_segment_files(
    const char *folder, struct bt_segment_file **files, size_t *count, struct bt_err *err)
{
	return find(folder, false, files, count, err);
}

bool bt_segment_rollups(
    const char *folder, struct bt_segment_file **files, size_t *count, struct bt_err *err)
{
	return find(folder, true, files, count, err);
}

void bt_segment_files_free(struct bt_segment_file **files, size_t count)
{
	for (size_t i = 0; *files != NULL && i < count; i++)
		free((*files)[i].path);
	free(*files);
	*files = NULL;
}
