/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * identity.h -- is this the Unbound that the module was built for?
 *
 * The module reads Unbound's structs, whose layout differs between versions, configure options and
 * even Debian's security updates of one version. Unbound checks none of that when it loads us.
 */
#ifndef BT_IDENTITY_H
#define BT_IDENTITY_H

#include <stdbool.h>

#include "err.h"

/*
 * Compares the running program with the one built against: by GNU build-id where both have one,
 * else by the version and the configure line in its image. Reads no Unbound struct. *err names
 * both on a mismatch.
 */
bool bt_identity_check(struct bt_err *err);

#endif
