/* SPDX-License-Identifier: BSD-3-Clause */
/* marisa-c.cc -- what bench/peer-marisa.c needs of the C++ library, in C */

#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <sstream>
#include <string>

#include <marisa.h>
#include <marisa/iostream.h>

#include "marisa-c.h"

struct marisa_trie {
	marisa::Trie trie;
	marisa::Agent agent; /* holds the state of a search: kept, as it allocates */
};

void *marisa_build(struct marisa_key *keys, size_t count, int small, size_t *size)
{
	try {
		marisa::Keyset keyset;
		marisa::Trie trie;
		for (size_t i = 0; i < count; i++)
			keyset.push_back(
			    reinterpret_cast<const char *>(keys[i].octets), keys[i].size);
		trie.build(keyset, small != 0 ? 8 | MARISA_TINY_CACHE : 0);
		for (size_t i = 0; i < count; i++)
			keys[i].id = static_cast<uint32_t>(keyset[i].id());
		std::ostringstream stream;
		stream << trie;
		const std::string bytes = stream.str();
		void *copy = std::malloc(bytes.size());
		if (copy != nullptr)
			std::memcpy(copy, bytes.data(), bytes.size());
		*size = bytes.size();
		return copy;
	} catch (const std::exception &) {
		return nullptr;
	}
}

struct marisa_trie *marisa_open(const void *bytes, size_t size)
{
	try {
		std::unique_ptr<marisa_trie> self(new marisa_trie);
		self->trie.map(bytes, size);
		return self.release();
	} catch (const std::exception &) {
		return nullptr;
	}
}

void marisa_close(struct marisa_trie *self)
{
	delete self;
}

unsigned marisa_prefixes(struct marisa_trie *self, const uint8_t *octets, size_t size,
    struct marisa_found *found, unsigned most)
{
	unsigned count = 0;
	self->agent.set_query(reinterpret_cast<const char *>(octets), size);
	while (count < most && self->trie.common_prefix_search(self->agent)) {
		found[count].id = static_cast<uint32_t>(self->agent.key().id());
		found[count].size = static_cast<uint32_t>(self->agent.key().length());
		count++;
	}
	return count;
}
