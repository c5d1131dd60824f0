/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * identities.h -- which device had an address, and when
 *
 * From files of three kinds, told apart line by line:
 *
 *   - leases of dnsmasq (dnsmasq(8), --dhcp-leasefile): EXPIRY MAC ADDRESS NAME CLIENT-ID, where
 * the device is NAME, or MAC if that is "*";
 *   - hosts files (hosts(5)): ADDRESS NAME...;
 *   - CSV: ADDRESS,FROM,TO,DEVICE, times in RFC 3339 or empty: from ever, for ever.
 *
 * '#' begins a comment.
 *
 * Threads: one thread.
 */
#ifndef BT_IDENTITIES_H
#define BT_IDENTITIES_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "event.h"
#include "network.h"

struct bt_identities;

/* NULL if memory runs out. */
struct bt_identities *bt_identities_new(void);

/* NULL is fine. */
void bt_identities_free(struct bt_identities **identities);

/*
 * Adds what the file says. A line that says nothing of an address is handed to bad(ctx, "file:line:
 * reason") and left out.
 */
bool bt_identities_load(struct bt_identities *identities, const char *path,
    void (*bad)(void *ctx, const char *text), void *ctx, struct bt_err *err);

/*
 * The device with that MAC address (zeros: not known) or, else, of all that had the IP address at
 * that time the one that got it last; NULL: none. It lives until the next call. The first
 * argument is a struct bt_identities: as bt_report_options.identify.
 */
const char *bt_identities_name(
    void *identities, const uint8_t client[16], const uint8_t device[BT_DEVICE_SIZE], int64_t time);

/* Whether that depends on the time. */
bool bt_identities_by_time(const struct bt_identities *identities);

#endif
