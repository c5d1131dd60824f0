/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * endian.h -- little-endian integers at any address
 *
 * Both file formats are little-endian and may be read at odd offsets; memcpy compiles to one load.
 */
#ifndef BT_ENDIAN_H
#define BT_ENDIAN_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t bt_get16(const void *at)
{
	uint16_t v;
	memcpy(&v, at, sizeof(v));
	return le16toh(v);
}

static inline uint32_t bt_get32(const void *at)
{
	uint32_t v;
	memcpy(&v, at, sizeof(v));
	return le32toh(v);
}

static inline uint64_t bt_get64(const void *at)
{
	uint64_t v;
	memcpy(&v, at, sizeof(v));
	return le64toh(v);
}

static inline void bt_put16(void *at, uint16_t v)
{
	v = htole16(v);
	memcpy(at, &v, sizeof(v));
}

static inline void bt_put32(void *at, uint32_t v)
{
	v = htole32(v);
	memcpy(at, &v, sizeof(v));
}

static inline void bt_put64(void *at, uint64_t v)
{
	v = htole64(v);
	memcpy(at, &v, sizeof(v));
}

#endif
