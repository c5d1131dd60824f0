/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy-build.h -- lists, classes and metadata to the policy's bytes
 *
 * Equal metadata and equal classes are kept once. The same calls give the same bytes.
 * Threads: a builder belongs to one thread.
 */
#ifndef BT_POLICY_BUILD_H
#define BT_POLICY_BUILD_H

#include "policy.h"

struct bt_policy_builder;

bool bt_policy_builder_new(
    struct bt_policy_builder **builder, const struct bt_sinkhole *sinkhole, struct bt_err *err);

/* Frees the builder and sets *builder to NULL. NULL is fine. */
void bt_policy_builder_free(struct bt_policy_builder **builder);

/*
 * The metadata entry of these pairs; *meta is 0 for no pairs. Pairs are copied; a control character
 * becomes a space, and what is not UTF-8 a question mark.
 */
bool bt_policy_add_meta(struct bt_policy_builder *builder, const struct bt_pair *pairs,
    unsigned count, uint32_t *meta, struct bt_err *err);

/* Adds the next list in configured order; its number is the number of lists before. */
bool bt_policy_add_list(
    struct bt_policy_builder *builder, const struct bt_list_info *list, struct bt_err *err);

/*
 * How many indicators came from list number `list`, when that is known.
 */
void bt_policy_set_entries(struct bt_policy_builder *builder, unsigned list, uint64_t entries);

/*
 * One name more has this class: counts it as an indicator of each of the class's lists. A way to
 * bt_policy_set_entries() for a caller that goes through all names.
 */
void bt_policy_count_name(struct bt_policy_builder *builder, uint32_t class_id);

/*
 * The class with these memberships: at least one, sorted by list, one a list.
 */
bool bt_policy_add_class(struct bt_policy_builder *builder, const struct bt_member *members,
    unsigned count, uint32_t *class_id, struct bt_err *err);

/*
 * Numbers classes anew, those with the most of times[] first, and metadata in the order in which
 * lists and classes first use it; drops metadata that none uses. So the policy's bytes do not
 * depend on the order in which these were added, and frequent classes have low numbers. classes[]
 * is set to the new number of each class. Numbers of metadata that were given out before are void.
 * On failure the builder is as it was.
 */
bool bt_policy_renumber(struct bt_policy_builder **builder, const uint32_t *times,
    uint32_t *classes, struct bt_err *err);

/*
 * From here on every name passes, or not: the configuration's `enabled`.
 */
void bt_policy_set_enabled(struct bt_policy_builder *builder, bool enabled);

/*
 * Makes room for decisions that are made while the resolver runs: a list BT_LOCAL_LIST, if there is
 * none yet, and the class of names that it blocks. The last list: after all others.
 */
bool bt_policy_add_local(struct bt_policy_builder *builder, struct bt_err *err);

/*
 * The next group of clients, after all lists: actions[] has one for each list, an enum bt_action or
 * BT_ACTION_NONE. Its number is one more than that of the group before; the first is 1.
 */
bool bt_policy_add_group(struct bt_policy_builder *builder, const char *name,
    const uint8_t *actions, struct bt_err *err);

/* Clients of this network are of group number `group`. A network can be of one group only. */
bool bt_policy_add_network(struct bt_policy_builder *builder, const struct bt_network *network,
    unsigned group, struct bt_err *err);

/* Clients of this network speak for others. */
bool bt_policy_add_forwarder(
    struct bt_policy_builder *builder, const struct bt_network *network, struct bt_err *err);

/* How many classes there are. */
uint32_t bt_policy_count_classes(const struct bt_policy_builder *builder);

/* The policy's bytes: malloc'ed, the caller's. */
bool bt_policy_build(
    struct bt_policy_builder *builder, void **bytes, size_t *size, struct bt_err *err);

#endif
