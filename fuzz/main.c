/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * main.c -- replays inputs through a fuzz target, without libFuzzer
 *
 * The arguments are files, or folders whose files are meant. Without any, fuzz-AREA replays
 * $srcdir/fuzz/corpus/AREA, which is how `make check` runs it; exit status 77 (skipped) if there
 * is no such folder. Each input is copied so that it ends where readable memory ends.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SKIPPED = 77, FILE_MAX = 64 << 20 };

static unsigned replayed;

static bool complain(const char *path, const char *reason)
{
	fprintf(stderr, "%s: %s\n", path, reason);
	return false;
}

static bool read_whole(int fd, uint8_t *data, size_t size)
{
	while (size > 0) {
		ssize_t got = read(fd, data, size);
		if (got <= 0)
			return false;
		data += got;
		size -= (size_t)got;
	}
	return true;
}

/* Maps the pages that the input needs and one more, which cannot be read. */
static bool replay(int fd, size_t size, const char *path)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (size + page - 1) / page * page;
	uint8_t *map =
	    mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return complain(path, strerror(errno));
	uint8_t *data = map + (room - size);
	bool ok = mprotect(map + room, page, PROT_NONE) == 0 && read_whole(fd, data, size);
	if (ok) {
		printf("%s\n", path);
		fflush(stdout); /* so that a crash has a name */
		LLVMFuzzerTestOneInput(data, size);
		replayed++;
	} else {
		complain(path, "cannot be read");
	}
	munmap(map, room + page);
	return ok;
}

static bool replay_path(const char *path);

static bool replay_folder(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);
	if (count < 0)
		return complain(path, strerror(errno));
	bool ok = true;
	for (int i = 0; i < count; i++) {
		char *name = NULL;
		if (entries[i]->d_name[0] != '.') {
			if (asprintf(&name, "%s/%s", path, entries[i]->d_name) < 0)
				ok = complain(path, "out of memory");
			else
				ok = replay_path(name) && ok;
			free(name);
		}
		free(entries[i]);
	}
	free(entries);
	return ok;
}

static bool replay_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return complain(path, strerror(errno));
	struct stat status;
	bool ok;
	if (fstat(fd, &status) != 0)
		ok = complain(path, strerror(errno));
	else if (S_ISDIR(status.st_mode))
		ok = replay_folder(path);
	else if (!S_ISREG(status.st_mode) || status.st_size > FILE_MAX)
		ok = complain(path, "not a regular file, or too large");
	else
		ok = replay(fd, (size_t)status.st_size, path);
	close(fd);
	return ok;
}

/* .../fuzz-AREA to $srcdir/fuzz/corpus/AREA. */
static int replay_own_corpus(const char *program)
{
	const char *top = getenv("srcdir");
	const char *name = strrchr(program, '/');
	name = name != NULL ? name + 1 : program;
	if (strncmp(name, "fuzz-", 5) == 0)
		name += 5;
	char *folder;
	if (asprintf(&folder, "%s/fuzz/corpus/%s", top != NULL ? top : ".", name) < 0)
		return EXIT_FAILURE;
	int status = SKIPPED;
	if (access(folder, F_OK) == 0)
		status = replay_folder(folder) && replayed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	else
		complain(folder, "no corpus");
	free(folder);
	return status;
}

int main(int argc, char **argv)
{
	if (argc <= 1)
		return replay_own_corpus(argv[0]);
	bool ok = true;
	for (int i = 1; i < argc; i++)
		ok = replay_path(argv[i]) && ok;
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
