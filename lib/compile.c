/* SPDX-License-Identifier: BSD-3-Clause */
/* compile.c -- lists, or a dump, to a trie file */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "clock.h"
#include "compile.h"
#include "dump.h"
#include "entries.h"
#include "list.h"
#include "policy-build.h"
#include "vet.h"

struct compile {
	const struct bt_compile_options *options;
	struct bt_policy_builder *policy;
	struct bt_guard *guard; /* NULL: none */
	struct bt_vet vet;
	struct bt_entries *entries;
	struct bt_compile_result result;

	/* of the list that is being read */
	unsigned list;
	uint32_t list_meta;
	struct bt_err first_bad;
	struct bt_left_outs left_out;
	uint64_t kept, exceptions, refused; /* entries; exceptions are kept ones, too */

	/* metadata of the entry before: in most lists many neighbours share theirs */
	uint32_t last_meta;
	char *last; /* its keys and values one after the other, each with its zero octet */
	size_t last_size, last_room;
};

/* ---- metadata of an entry ---- */

static size_t size_of_pairs(const struct bt_pair *pairs, unsigned count)
{
	size_t size = 0;
	for (unsigned i = 0; i < count; i++)
		size += strlen(pairs[i].key) + strlen(pairs[i].value) + 2;
	return size;
}

static bool is_last(const struct compile *c, const struct bt_pair *pairs, unsigned count)
{
	size_t at = 0;
	for (unsigned i = 0; i < 2 * count; i++) {
		const char *text = i % 2 == 0 ? pairs[i / 2].key : pairs[i / 2].value;
		if (at == c->last_size || strcmp(c->last + at, text) != 0)
			return false;
		at += strlen(text) + 1;
	}
	return at == c->last_size;
}

/* Remembers the pairs, for is_last(). */
static bool keep(struct compile *c, const struct bt_pair *pairs, unsigned count)
{
	size_t size = size_of_pairs(pairs, count);
	if (size > c->last_room) {
		char *larger = realloc(c->last, size * 2);
		if (larger == NULL)
			return false;
		c->last = larger;
		c->last_room = size * 2;
	}
	char *at = c->last;
	for (unsigned i = 0; i < count; i++) {
		at = stpcpy(at, pairs[i].key) + 1;
		at = stpcpy(at, pairs[i].value) + 1;
	}
	c->last_size = size;
	return true;
}

static bool find_meta(
    struct compile *c, const struct bt_entry *entry, uint32_t *meta, struct bt_err *err)
{
	if (entry->pair_count == 0) {
		*meta = 0;
		return true;
	}
	if (!is_last(c, entry->pairs, entry->pair_count)) {
		if (!bt_policy_add_meta(
			c->policy, entry->pairs, entry->pair_count, &c->last_meta, err))
			return false;
		if (!keep(c, entry->pairs, entry->pair_count))
			return bt_fail(err, "out of memory");
	}
	*meta = c->last_meta;
	return true;
}

/* `all` is 0 where it is not known. */
static void tell(const struct compile *c, const char *what, uint64_t done, uint64_t all)
{
	uint64_t percent = all == 0 ? BT_PERCENT_UNKNOWN : done >= all ? 100 : done * 100 / all;
	if (c->options->progress != NULL)
		c->options->progress(c->options->ctx, what, (unsigned)percent);
}

/* ---- reading a list ---- */

static const struct bt_config_list *list_of(const struct compile *c)
{
	return c->options->lists + c->list;
}

static bool take_entry(void *ctx, const struct bt_entry *entry, struct bt_err *err)
{
	struct compile *c = ctx;
	const struct bt_config_list *list = list_of(c);
	struct bt_member member = {.list = (uint16_t)c->list};
	bool refused;
	const char *reason = bt_vet_entry(&c->vet, entry, &refused);
	if (reason != NULL) {
		c->refused += refused;
		return bt_left_out_add(&c->left_out, reason, refused, entry->line, entry->key) ||
		       bt_fail(err, "out of memory");
	}
	c->kept++;
	c->exceptions += entry->except;
	/* What a list that allows excepts is to pass as well: it says so either way. */
	member.scope = bt_scope_of(list->scope != 0 ? list->scope : entry->scope,
	    entry->except && list->action != BT_ACTION_ALLOW, entry->important);
	return find_meta(c, entry, &member.meta, err) &&
	       bt_entries_add(c->entries, entry->key, member, err);
}

static bool take_list(void *ctx, const struct bt_pair *pairs, unsigned count, struct bt_err *err)
{
	struct compile *c = ctx;
	bt_vet_meta(&c->vet, pairs, count);
	return bt_policy_add_meta(c->policy, pairs, count, &c->list_meta, err);
}

static void take_bad(void *ctx, unsigned line, const char *reason)
{
	struct compile *c = ctx;
	char text[PATH_MAX + sizeof(struct bt_err)];
	snprintf(text, sizeof(text), "%s:%u: %s", list_of(c)->file, line, reason);
	if (c->first_bad.text[0] == '\0')
		bt_fail(&c->first_bad, "%s", text);
	if (c->options->bad != NULL)
		c->options->bad(c->options->ctx, text);
}

static void take_skipped(void *ctx, unsigned line, const char *reason)
{
	struct compile *c = ctx;
	(void)bt_left_out_add(
	    &c->left_out, reason, false, line, NULL); /* else it is counted only */
}

static void tell_left_out(const struct compile *c)
{
	for (unsigned i = 0; c->options->left_out != NULL && i < c->left_out.count; i++)
		c->options->left_out(c->options->ctx, list_of(c), &c->left_out.list[i]);
}

static void take_progress(void *ctx, uint64_t octets, uint64_t size)
{
	const struct compile *c = ctx;
	tell(c, c->options->dump != NULL ? c->options->dump : list_of(c)->file, octets, size);
}

static bool add_list(struct compile *c, int64_t modified, struct bt_err *err)
{
	const struct bt_config_list *list = list_of(c);
	const struct bt_list_info info = {
	    .name = list->name,
	    .action = list->action,
	    .events = list->events,
	    .meta = c->list_meta,
	    .modified = c->options->dated ? modified : 0,
	    .sinkhole = c->options->config != NULL ? &list->sinkhole : NULL,
	};
	return bt_policy_add_list(c->policy, &info, err);
}

bool bt_list_is_awaited(const struct bt_config_list *list)
{
	return list->feed.url != NULL && access(list->file, F_OK) != 0 && errno == ENOENT;
}

/*
 * One feed that is down at the first start, or in which everything has expired, does not take the
 * others along: its list is empty, which is said.
 */
static bool add_empty(struct compile *c, int64_t modified, const char *why, struct bt_err *err)
{
	struct bt_err reason;
	bt_fail(&reason, "%s: %s", list_of(c)->file, why);
	if (c->options->bad != NULL)
		c->options->bad(c->options->ctx, reason.text);
	if (c->options->strict)
		return bt_fail(err, "%s", reason.text);
	c->result.lists++;
	c->result.bad++;
	return add_list(c, modified, err);
}

/* In strict mode too a list is read to its end, so that all its bad lines are heard of at once. */
static bool read_list(struct compile *c, unsigned number, struct bt_err *err)
{
	c->list = number;
	c->list_meta = 0;
	c->first_bad.text[0] = '\0';
	c->kept = c->exceptions = c->refused = 0;
	bt_left_out_reset(&c->left_out);

	const struct bt_config_list *list = list_of(c);
	bt_vet_list(&c->vet, list, number);
	const struct bt_list_reader reader = {.entry = take_entry,
	    .list = take_list,
	    .bad = take_bad,
	    .skipped = take_skipped,
	    .progress = take_progress,
	    .ctx = c,
	    .columns = list->columns,
	    .column_count = list->column_count,
	    .all_urls = list->all_urls};
	struct bt_list_stats stats;
	if (bt_list_is_awaited(list))
		return add_empty(c, 0,
		    "not fetched yet: the list is empty until `beacontrap update` has it", err);
	tell(c, list->file, 0, 0);
	bool read = bt_list_read(list->file, list->format, &reader, &stats, err);
	tell_left_out(c);
	if (!read)
		return false;
	c->result.skipped += stats.skipped + stats.entries - c->kept;
	c->result.refused += c->refused;
	if (c->kept == 0)
		return add_empty(
		    c, stats.modified, "nothing of it is left, so that the list is empty", err);
	if (c->exceptions == c->kept && list->action != BT_ACTION_ALLOW)
		return bt_fail(err,
		    "%s: only exceptions in it, which are from what the list itself holds; to let "
		    "these names pass in spite of other lists, give the list the action allow",
		    list->file);
	if (c->options->strict && stats.bad > 0)
		return bt_fail(err, "%s", c->first_bad.text);

	c->result.lists++;
	c->result.entries += c->kept;
	c->result.exceptions += c->exceptions;
	c->result.bad += stats.bad;
	return add_list(c, stats.modified, err);
}

/* Actions of groups are for the lists of the configuration; what is local acts as everywhere. */
static bool add_group(
    struct compile *c, const struct bt_config_clients *clients, unsigned group, struct bt_err *err)
{
	unsigned lists = c->options->list_count;
	uint8_t *actions = malloc(lists + 1u);
	if (actions == NULL)
		return bt_fail(err, "out of memory");
	memcpy(actions, clients->actions, lists);
	actions[lists] = BT_ACTION_SINKHOLE;
	bool ok = bt_policy_add_group(c->policy, clients->name, actions, err);
	free(actions);
	for (unsigned i = 0; ok && i < clients->network_count; i++)
		ok = bt_policy_add_network(c->policy, &clients->networks[i], group, err);
	return ok;
}

static bool add_clients(struct compile *c, struct bt_err *err)
{
	const struct bt_config *config = c->options->config;
	if (config == NULL)
		return true;
	bt_policy_set_enabled(c->policy, config->enabled);
	for (unsigned i = 0; i < config->clients_count; i++)
		if (!add_group(c, &config->clients[i], i + 1, err))
			return false;
	for (unsigned i = 0; i < config->forwarder_count; i++)
		if (!bt_policy_add_forwarder(c->policy, &config->forwarders[i], err))
			return false;
	return true;
}

static bool read_lists(struct compile *c, struct bt_err *err)
{
	if (c->options->list_count == 0)
		return bt_fail(err, "no lists: there is nothing to compile");
	if (!bt_policy_builder_new(&c->policy, c->options->sinkhole, err) ||
	    (c->options->guards != NULL && !bt_guard_new(&c->guard, c->options->guards, err)))
		return false;
	bt_vet_begin(
	    &c->vet, c->guard, c->options->config, c->options->past ? 0 : bt_clock_real() / 1000);
	for (unsigned i = 0; i < c->options->list_count; i++)
		if (!read_list(c, i, err))
			return false;
	return bt_policy_add_local(c->policy, err) && add_clients(c, err);
}

/* ---- reading a dump ---- */

static bool take_dumped_sinkhole(void *ctx, const struct bt_sinkhole *sinkhole, struct bt_err *err)
{
	struct compile *c = ctx;
	return bt_policy_builder_new(&c->policy, sinkhole, err);
}

static bool take_dumped_list(void *ctx, const struct bt_list_info *list,
    const struct bt_pair *pairs, unsigned count, struct bt_err *err)
{
	struct compile *c = ctx;
	struct bt_list_info info = *list;
	bool local = strcmp(info.name, BT_LOCAL_LIST) == 0;
	c->result.lists += !local;
	return bt_policy_add_meta(c->policy, pairs, count, &info.meta, err) &&
	       bt_policy_add_list(c->policy, &info, err) &&
	       (!local || bt_policy_add_local(c->policy, err));
}

static bool take_dumped_disabled(void *ctx, struct bt_err *err)
{
	struct compile *c = ctx;
	(void)err;
	bt_policy_set_enabled(c->policy, false);
	return true;
}

static bool take_dumped_group(
    void *ctx, const char *name, const uint8_t *actions, struct bt_err *err)
{
	struct compile *c = ctx;
	return bt_policy_add_group(c->policy, name, actions, err);
}

static bool take_dumped_network(
    void *ctx, const struct bt_network *network, unsigned group, struct bt_err *err)
{
	struct compile *c = ctx;
	return bt_policy_add_network(c->policy, network, group, err);
}

static bool take_dumped_forwarder(void *ctx, const struct bt_network *network, struct bt_err *err)
{
	struct compile *c = ctx;
	return bt_policy_add_forwarder(c->policy, network, err);
}

static bool take_dumped_entry(
    void *ctx, unsigned list, const struct bt_entry *entry, struct bt_err *err)
{
	struct compile *c = ctx;
	struct bt_member member = {.list = (uint16_t)list, .scope = entry->scope};
	c->result.entries++;
	return find_meta(c, entry, &member.meta, err) &&
	       bt_entries_add(c->entries, entry->key, member, err);
}

static bool read_dump(struct compile *c, struct bt_err *err)
{
	const struct bt_dump_reader reader = {
	    .sinkhole = take_dumped_sinkhole,
	    .list = take_dumped_list,
	    .disabled = take_dumped_disabled,
	    .group = take_dumped_group,
	    .network = take_dumped_network,
	    .forwarder = take_dumped_forwarder,
	    .entry = take_dumped_entry,
	    .progress = take_progress,
	    .ctx = c,
	};
	tell(c, c->options->dump, 0, 0);
	return bt_dump_read(c->options->dump, &reader, err) &&
	       (c->result.entries > 0 || bt_fail(err, "%s: no names in it", c->options->dump));
}

/* ---- the whole ---- */

static bool build(struct compile *c, void **bytes, size_t *size, struct bt_err *err)
{
	const struct bt_build_name *names;
	size_t count, policy_size;
	void *policy;
	tell(c, "sorting", 0, 0);
	if (!bt_entries_finish(c->entries, &c->policy, &names, &count, &c->result.duplicates, err))
		return false;
	c->result.names = count;
	c->result.classes = bt_policy_count_classes(c->policy);
	tell(c, "building", 0, 0);
	if (!bt_policy_build(c->policy, &policy, &policy_size, err))
		return false;
	bt_policy_builder_free(&c->policy);
	bool ok = bt_build(bytes, size, names, count, policy, policy_size, err);
	free(policy);
	return ok || bt_fail_in(err, "%zu names", count);
}

bool bt_compile(const struct bt_compile_options *options, void **bytes, size_t *size,
    struct bt_compile_result *result, struct bt_err *err)
{
	struct compile c = {.options = options};
	bool ok = bt_entries_new(&c.entries, err) &&
		  (options->dump != NULL ? read_dump(&c, err) : read_lists(&c, err)) &&
		  build(&c, bytes, size, err);
	if (ok && result != NULL)
		*result = c.result;
	bt_entries_free(&c.entries);
	bt_policy_builder_free(&c.policy);
	bt_guard_free(&c.guard);
	bt_left_out_free(&c.left_out);
	free(c.last);
	return ok;
}

bool bt_compile_policy(
    const struct bt_config *config, void **bytes, size_t *size, struct bt_err *err)
{
	const struct bt_compile_options options = {.lists = config->lists,
	    .list_count = config->list_count,
	    .sinkhole = &config->sinkhole,
	    .config = config};
	struct compile c = {.options = &options};
	bool ok = bt_policy_builder_new(&c.policy, options.sinkhole, err);
	for (; ok && c.list < options.list_count; c.list++)
		ok = add_list(&c, 0, err);
	ok = ok && bt_policy_add_local(c.policy, err) && add_clients(&c, err) &&
	     bt_policy_build(c.policy, bytes, size, err);
	bt_policy_builder_free(&c.policy);
	return ok;
}
