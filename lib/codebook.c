/* SPDX-License-Identifier: BSD-3-Clause */
/* codebook.c -- reading a trie's codebook */

#include <inttypes.h>
#include <string.h>

#include "codebook.h"
#include "endian.h"

/* What is left of the section. */
struct rest {
	const uint8_t *at;
	size_t size;
};

/* The next octets, or NULL if there are fewer. */
static const uint8_t *take(struct rest *rest, size_t octets)
{
	const uint8_t *at = rest->at;
	if (octets > rest->size)
		return NULL;
	rest->at += octets;
	rest->size -= octets;
	return at;
}

static bool read_strings(
    struct bt_codebook *c, unsigned count, struct rest *rest, struct bt_err *err)
{
	for (unsigned i = 0; i < count; i++) {
		const uint8_t *size = take(rest, 1);
		const uint8_t *octets = size != NULL ? take(rest, *size) : NULL;
		if (octets == NULL)
			return bt_fail(err, "codebook: ends within string %u", i);
		if (*size == 0 || *size > BT_STRING_MAX)
			return bt_fail(err, "codebook: string %u has %u octets", i, *size);
		for (unsigned j = 0; j < *size; j++)
			c->strings[i] |= (uint64_t)octets[j] << 8 * j;
		c->strings[i] |= (uint64_t)*size << 56;
	}
	return true;
}

static bool read_branches(
    struct bt_codebook *c, unsigned count, struct rest *rest, struct bt_err *err)
{
	const uint8_t *at = take(rest, count * (size_t)BT_BRANCH_SIZE);
	if (at == NULL)
		return bt_fail(err, "codebook: ends within its branches");
	for (unsigned i = 0; i < count; i++) {
		c->starts[i] = bt_get16(at + i * BT_BRANCH_SIZE);
		if (i == 0 ? c->starts[0] != 0 : c->starts[i] <= c->starts[i - 1])
			return bt_fail(err, "codebook: branch %u is out of order", i);
	}
	for (unsigned i = 0; i < count; i++) {
		unsigned end = i + 1 < count ? c->starts[i + 1] : 1u << 16;
		unsigned others = end - c->starts[i] - 1;
		c->others[i] = (uint16_t)others;
		c->extra[i] = others == 0 ? 0 : others <= UINT8_MAX ? 1 : 2;
	}
	c->branches = count;
	for (unsigned shared = 0; shared < BT_BRANCH_ROWS; shared++)
		for (unsigned octet = 0; octet < 256; octet++)
			c->near[shared][octet] =
			    bt_branch_search(c, bt_branch(shared, (uint8_t)octet));
	return true;
}

static bool read_classes(
    struct bt_codebook *c, unsigned count, uint32_t classes, struct rest *rest, struct bt_err *err)
{
	const uint8_t *at = take(rest, count * sizeof(uint32_t));
	if (at == NULL)
		return bt_fail(err, "codebook: ends within its classes");
	for (unsigned i = 0; i < count; i++) {
		c->classes[i] = bt_get32(at + i * sizeof(uint32_t));
		if (c->classes[i] >= classes)
			return bt_fail(
			    err, "codebook: class %" PRIu32 " of %" PRIu32, c->classes[i], classes);
	}
	c->class_codes = count;
	return true;
}

bool bt_codebook_open(struct bt_codebook *codebook, const uint8_t *bytes, size_t size,
    uint32_t classes, struct bt_err *err)
{
	struct rest rest = {.at = bytes, .size = size};
	const uint8_t *header = take(&rest, BT_CODEBOOK_HEADER);
	if (header == NULL)
		return bt_fail(err, "codebook: %zu octets", size);
	unsigned strings = bt_get16(header), branches = bt_get16(header + 2);
	unsigned class_codes = bt_get16(header + 4);
	if (strings > BT_STRINGS_MAX || branches == 0 || branches > BT_BRANCHES_MAX ||
	    class_codes > BT_CLASS_CODES_MAX)
		return bt_fail(err, "codebook: %u strings, %u branches, %u classes", strings,
		    branches, class_codes);

	memset(codebook, 0, sizeof(*codebook));
	if (!read_strings(codebook, strings, &rest, err) ||
	    !read_branches(codebook, branches, &rest, err) ||
	    !read_classes(codebook, class_codes, classes, &rest, err))
		return false;
	if (rest.size != 0)
		return bt_fail(err, "codebook: %zu octets too many", rest.size);
	return true;
}

uint8_t bt_branch_search(const struct bt_codebook *codebook, uint16_t branch)
{
	unsigned low = 0, high = codebook->branches;
	while (high - low > 1) {
		unsigned middle = (low + high) / 2;
		if (codebook->starts[middle] <= branch)
			low = middle;
		else
			high = middle;
	}
	return (uint8_t)low;
}
