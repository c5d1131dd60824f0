/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cache.h -- take names out of Unbound's message cache
 *
 * Cached answers go out before any module is asked, so nothing that a list covers may stay cached.
 */
#ifndef BT_CACHE_H
#define BT_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct module_env;

/*
 * Removes every message whose name (wire form of `size` octets) `covered` is true for. Returns
 * their number. The workers may run meanwhile: no lock of Unbound's is held for longer than one
 * hash bin takes.
 */
size_t bt_cache_purge(struct module_env *env,
    bool (*covered)(void *ctx, const uint8_t *name, size_t size), void *ctx);

#endif
