/* SPDX-License-Identifier: BSD-3-Clause */
/* identity.c -- is this the Unbound that the module was built for? */

#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

#include "identity.h"
#include "unbound-identity.h" /* generated from the tree that we are built against */

enum { BUILD_ID_MAX = 64 };

/*
 * Through a volatile pointer, so that the compiler keeps the text in one piece:
 * tests/live/broken.sh writes another one into a copy of the module.
 */
static const char *volatile built_for = BT_UNBOUND_BUILD_ID;

struct image {
	char build_id[2 * BUILD_ID_MAX + 1]; /* "" if it has none */
	bool has_version;
	bool has_configure_line;
};

/* A note: name size, description size, type, then both padded to four octets (elf(5)). */
static void read_notes(struct image *image, const char *at, size_t size)
{
	while (size >= sizeof(ElfW(Nhdr))) {
		ElfW(Nhdr) note;
		memcpy(&note, at, sizeof(note));
		size_t name = ((size_t)note.n_namesz + 3) & ~(size_t)3;
		size_t description = ((size_t)note.n_descsz + 3) & ~(size_t)3;
		if (name > size - sizeof(note) || description > size - sizeof(note) - name)
			return;
		const char *octets = at + sizeof(note) + name;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof(ELF_NOTE_GNU) &&
		    memcmp(at + sizeof(note), ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU)) == 0 &&
		    note.n_descsz <= BUILD_ID_MAX)
			for (unsigned i = 0; i < note.n_descsz; i++)
				snprintf(
				    image->build_id + 2 * i, 3, "%02x", (unsigned char)octets[i]);
		at += sizeof(note) + name + description;
		size -= sizeof(note) + name + description;
	}
}

static bool contains(const char *at, size_t size, const char *text)
{
	return memmem(at, size, text, strlen(text)) != NULL;
}

/* The first object is the program itself; nothing after it matters. */
static int look_at_program(struct dl_phdr_info *info, size_t size, void *result)
{
	struct image *image = result;
	(void)size;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		const char *at = (const char *)(info->dlpi_addr + segment->p_vaddr);
		if (segment->p_type == PT_NOTE)
			read_notes(image, at, segment->p_filesz);
		if (segment->p_type == PT_LOAD && segment->p_flags == PF_R) {
			image->has_version |= contains(at, segment->p_filesz, BT_UNBOUND_VERSION);
			image->has_configure_line |=
			    contains(at, segment->p_filesz, BT_UNBOUND_CONFCMDLINE);
		}
	}
	return 1;
}

bool bt_identity_check(struct bt_err *err)
{
	struct image image = {0};
	dl_iterate_phdr(look_at_program, &image);

	const char *expected = built_for;
	bool both_have_ids = image.build_id[0] != '\0' && expected[0] != '\0';
	if (both_have_ids ? strcmp(image.build_id, expected) == 0
			  : image.has_version && image.has_configure_line)
		return true;
	return bt_fail(err,
	    "this module was built for Unbound " BT_UNBOUND_VERSION
	    " with build-id %s; the running "
	    "program has build-id %s%s: build the module against this Unbound, or run the one that "
	    "it "
	    "was built for",
	    expected[0] != '\0' ? expected : "(none)",
	    image.build_id[0] != '\0' ? image.build_id : "(none)",
	    image.has_version ? "" : " and is not version " BT_UNBOUND_VERSION);
}
