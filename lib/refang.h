/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * refang.h -- names as people write them in reports and lists, to keys
 *
 *     evil[.]com   evil(.)com   evil[dot]com   hxxps[:]//user@evil[.]com:8443/x   ->   evil.com
 *
 * A URL stands for its host: scheme, user, port, path, query and fragment go. What is left must be
 * a name: letters, digits, '-', '_' and escapes (\X, \DDD) in its labels. An address, an e-mail
 * address and the root are no names here; a name of one label is. "\." is refused, because it is
 * a defanged dot more often than a dot inside a label (which is \046).
 *
 * An international name, in UTF-8, becomes its A-labels (IDNA 2008, RFC 5891; UTS 46 where that is
 * stricter than people write: capital letters, wide dots).
 *
 * Threads: every function may be called from any thread.
 */
#ifndef BT_REFANG_H
#define BT_REFANG_H

#include <stddef.h>

#include "name.h"

/*
 * The name in `size` characters without white space -> key. Returns NULL, or the reason why there
 * is none (static text); then *key is not written.
 */
const char *bt_refang_key(struct bt_key *key, const char *text, size_t size);

/* As bt_refang_key, but for a tree of names: "*." may stand in front of the name and goes. */
const char *bt_refang_tree(struct bt_key *key, const char *text, size_t size);

#endif
