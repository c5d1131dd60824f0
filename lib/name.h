/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * name.h -- domain names, and the keys that the trie is made of
 *
 * A key is the name's wire form (RFC 1035 3.1) with its labels in reverse order, without the root
 * label, in lower case (RFC 4343: ASCII letters only):
 *
 *     www.Example.com   ->   3 c o m   7 e x a m p l e   3 w w w
 *
 * Each label carries its length in front, so that no byte needs an escape, a key is never longer
 * than 254 bytes, and key A is a prefix of key B exactly if name A is B or an ancestor of B: a byte
 * prefix that is itself a key always ends on a label border. The root is the empty key.
 *
 * Nothing here allocates. Threads: every function may be called from any thread.
 */
#ifndef BT_NAME_H
#define BT_NAME_H

#include <stddef.h>
#include <stdint.h>

enum {
	BT_NAME_MAX = 255,   /* octets of a name in wire form, root label included */
	BT_LABEL_MAX = 63,   /* octets of a label */
	BT_LABELS_MAX = 127, /* labels of a name, the root not counted */
	BT_KEY_MAX = 254,    /* octets of a key */
	BT_KEY_SPARE = 8, /* octets behind them, so that eight can be loaded from wherever one is */
	BT_TEXT_MAX = 1016, /* characters of presentation form: every octet written as \DDD */
};

struct bt_key {
	uint8_t len;    /* octets used */
	uint8_t labels; /* 0: the root */
	uint8_t bytes[BT_KEY_MAX + BT_KEY_SPARE];
};

enum bt_name_status {
	BT_NAME_OK,
	BT_NAME_EMPTY,       /* no characters at all */
	BT_NAME_EMPTY_LABEL, /* two dots in a row, or a dot in front */
	BT_NAME_LONG_LABEL,  /* more than 63 octets between two dots */
	BT_NAME_LONG,        /* more than 255 octets in wire form */
	BT_NAME_ESCAPE, /* a backslash not followed by a character or by three digits up to 255 */
	BT_NAME_BYTE,   /* white space, a control character or a byte above 126, not escaped */
	BT_NAME_WIRE,   /* wire form cut off, or with a compression pointer */
};

/* The status as words for "file:line: REASON". Static text. */
const char *bt_name_reason(enum bt_name_status status);

/*
 * Name in uncompressed wire form -> key. `size` is the number of octets that may be read; octets
 * after the root label are ignored. *key is written only when BT_NAME_OK is returned.
 */
enum bt_name_status bt_key_from_wire(struct bt_key *key, const uint8_t *wire, size_t size);

/*
 * Name in presentation form (RFC 1035 5.1: \X and \DDD escapes) of `size` characters -> key. A
 * trailing dot and upper case are accepted; "." is the root. *key is written only on BT_NAME_OK.
 */
enum bt_name_status bt_key_from_text(struct bt_key *key, const char *text, size_t size);

/*
 * Key of `size` octets -> presentation form without the trailing dot ("." for the root), escaped
 * and terminated. Returns the number of characters, 0 if the octets are no key (then text is "").
 */
size_t bt_key_to_text(char text[static BT_TEXT_MAX + 1], const uint8_t *bytes, size_t size);

/*
 * Key of `size` octets -> wire form with the root label. Returns the number of octets, 0 if the
 * octets are no key.
 */
size_t bt_key_to_wire(uint8_t wire[static BT_NAME_MAX], const uint8_t *bytes, size_t size);

/*
 * Octets of the key's first `labels` labels: the length of the ancestor with that many labels.
 * The key's own length if it has no more than that.
 */
size_t bt_key_ancestor(const struct bt_key *key, unsigned labels);

/* Number of labels in a key of `size` octets, or -1 if the octets are no key. */
int bt_key_labels(const uint8_t *bytes, size_t size);

#endif
