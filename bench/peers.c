/* SPDX-License-Identifier: BSD-3-Clause */
/* peers.c -- the table of them */

#include <stddef.h>

#include "peer.h"

const struct peer *const peers[] = {
    &peer_beacontrap,
    &peer_table,
    &peer_marisa,
    &peer_marisa_small,
    &peer_cdb,
    &peer_lmdb,
    &peer_front,
    NULL,
};
