/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * refang.h -- names as people write them in reports, back to names
 *
 * evil[.]com, evil(.)com, evil[dot]com, hxxps://user@evil[.]com:8443/x -> evil.com
 *
 * Threads: any.
 */
#ifndef BT_REFANG_H
#define BT_REFANG_H

#include <stddef.h>

#include "name.h"

/*
 * The host name in a token of `size` characters (no white space inside) -> name[] (terminated) and
 * *length. A URL gives its host: scheme, user, port, path and query go. Returns NULL, or why there
 * is no host name in it (static text); then nothing is written.
 */
const char *bt_refang(
    const char *token, size_t size, char name[static BT_TEXT_MAX + 1], size_t *length);

/*
 * As bt_refang, and then the key. Only letters, digits, '-', '_' and escaped octets are taken as
 * parts of a name, and an address is not a name.
 */
const char *bt_refang_key(struct bt_key *key, const char *token, size_t size);

#endif
