/* SPDX-License-Identifier: BSD-3-Clause */
/* fuzz-config.c -- any octets as a configuration: refused with a place, or complete */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_problem(void *ctx, const char *text)
{
	unsigned *problems = ctx;
	if (strncmp(text, "/proc/self/fd/", 14) != 0 || strpbrk(text, "\n\r\033") != NULL)
		abort();
	++*problems;
}

static void check(const struct bt_config *config)
{
	if (config->state_dir == NULL || config->path == NULL || config->sinkhole.ttl > 86400)
		abort();
	for (unsigned i = 0; i < config->list_count; i++) {
		const struct bt_config_list *list = &config->lists[i];
		if (list->name == NULL || list->name[0] == '\0' || list->file == NULL ||
		    strlen(list->name) > BT_LIST_NAME_MAX || (unsigned)list->action >= BT_ACTIONS ||
		    (unsigned)list->format >= BT_FORMATS || list->scope > BT_SCOPE_SUBTREE ||
		    list->sinkhole.ttl > BT_TTL_MAX || list->sinkhole.ede != config->sinkhole.ede)
			abort();
		for (unsigned j = 0; j < i; j++)
			if (strcmp(config->lists[j].name, list->name) == 0)
				abort();
	}
}

static void check_networks(const struct bt_network *networks, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (!bt_network_is(&networks[i]))
			abort();
}

static void check_clients(const struct bt_config *config)
{
	for (unsigned i = 0; i < config->clients_count; i++) {
		const struct bt_config_clients *clients = &config->clients[i];
		if (clients->name == NULL || clients->networks == NULL)
			abort();
		check_networks(clients->networks, clients->network_count);
		for (unsigned list = 0; list < config->list_count; list++) {
			uint8_t action = clients->actions[list];
			bool allows = config->lists[list].action == BT_ACTION_ALLOW;
			if (action != BT_ACTION_NONE &&
			    (action >= BT_ACTIONS || (action == BT_ACTION_ALLOW) != allows))
				abort();
		}
	}
	check_networks(config->forwarders, config->forwarder_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bt_config *config = NULL;
	struct bt_err err = {""};
	unsigned problems = 0;
	char path[64];
	int fd = memfd_create("config", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	bool ok = bt_config_load(&config, path, on_problem, &problems, &err);
	if (ok ? problems > 0 || config == NULL : problems == 0 || config != NULL)
		abort();
	if (ok) {
		check(config);
		check_clients(config);
	}
	bt_config_free(&config);
	close(fd);
	return 0;
}
