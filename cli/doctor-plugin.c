/* SPDX-License-Identifier: BSD-3-Clause */
/* doctor-plugin.c -- is the plugin in the resolver, and what has it in force? */

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "file.h"
#include "status.h"

/* ---- the canary ---- */

static void tell_silence(struct bt_doctor *doctor, const struct bt_err *err)
{
	bt_found(doctor, BT_HEALTH_FAIL, "%s: %s", doctor->server.text, err->text);
	bt_advise(doctor, "start Unbound, or say with --server ADDRESS@PORT where it listens");
}

static void tell_stranger(struct bt_doctor *doctor, const char *rcode)
{
	bool refused = strcmp(rcode, "REFUSED") == 0;
	bt_found(doctor, BT_HEALTH_FAIL, "%s: a resolver without the module answers, %s",
	    doctor->server.text, rcode);
	if (refused)
		bt_advise(doctor, "see its access-control, whether it serves this host at all");
	else
		bt_advise(doctor, "begin its module-config with dynlib, name the module as its "
				  "dynlib-file, and restart Unbound: a reload is not enough");
}

static void tell_canary(struct bt_doctor *doctor)
{
	const struct bt_canary *canary = &doctor->canary;
	const char *server = doctor->server.text;
	bool none = canary->digest == 0;
	bool other = doctor->trie != NULL && canary->digest != bt_trie_digest(doctor->trie);
	if (none) {
		bt_found(
		    doctor, BT_HEALTH_FAIL, "%s: no trie is in force: every name passes", server);
		bt_advise(doctor, doctor->trie == NULL
				      ? "run `beacontrap compile`"
				      : "see the resolver's log for why it does not take the file, "
					"and the permissions below");
	} else if (other) {
		bt_found(doctor, BT_HEALTH_FAIL,
		    "%s: the trie in force has digest %016" PRIx64 ", the file %016" PRIx64, server,
		    canary->digest, bt_trie_digest(doctor->trie));
		bt_advise(doctor, "see the resolver's log for why it does not take the file, or "
				  "whether it is a resolver with another configuration");
	} else {
		bt_found(doctor, BT_HEALTH_OK, "%s: answers, with %" PRIu64 " names in force",
		    server, canary->names);
	}
	if (!canary->enabled) {
		bt_found(doctor, BT_HEALTH_WARN,
		    "%s: enabled: false is in force: every name passes", server);
		bt_advise(doctor, "take it out of the configuration, and run `beacontrap compile`");
	}
	if (strcmp(canary->version, BT_VERSION) != 0) {
		bt_found(doctor, BT_HEALTH_WARN, "%s: version %s runs, %s is installed", server,
		    canary->version, BT_VERSION);
		bt_advise(doctor, "restart Unbound: a reload goes on with the module that it has");
	}
}

void bt_check_module(struct bt_doctor *doctor)
{
	struct bt_canary_reply reply;
	struct bt_err err;
	do {
		if (!bt_ask_canary(&reply, &doctor->server, &err)) {
			tell_silence(doctor, &err);
			return;
		}
	} while (reply.known && doctor->trie != NULL &&
		 reply.canary.digest != bt_trie_digest(doctor->trie) && bt_doctor_waits(doctor));
	if (!reply.known) {
		tell_stranger(doctor, reply.rcode);
		return;
	}
	doctor->answered = true;
	doctor->canary = reply.canary;
	tell_canary(doctor);
}

/* ---- status.json ---- */

static json_t *read_status(const char *path, struct bt_err *err)
{
	enum { SIZE_MAX_STATUS = 1 << 16 };
	void *bytes;
	size_t size;
	json_error_t wrong;
	if (!bt_file_read(path, SIZE_MAX_STATUS, &bytes, &size, err))
		return NULL;
	json_t *status = json_loadb(bytes, size, 0, &wrong);
	free(bytes);
	if (status == NULL)
		bt_fail(err, "%s:%d: %s", path, wrong.line, wrong.text);
	return status;
}

/* NULL where it is null, or not there. */
static const char *text_of(const json_t *status, const char *key)
{
	return json_string_value(json_object_get(status, key));
}

static bool is_true(const json_t *status, const char *key)
{
	return json_is_true(json_object_get(status, key));
}

static bool is_digest(const json_t *status, const struct bt_trie *trie)
{
	const char *digest = text_of(status, "digest");
	return digest != NULL && strtoull(digest, NULL, 16) == bt_trie_digest(trie);
}

static void tell_no_status(struct bt_doctor *doctor, const struct bt_err *err)
{
	bt_found(doctor, BT_HEALTH_FAIL, "%s", err->text);
	if (doctor->answered)
		bt_advise(doctor, "the resolver that answers has another configuration, or may not "
				  "write there: see its log");
	else
		bt_advise(doctor,
		    "start Unbound with BEACONTRAP_CONFIG=%s in its environment; if it "
		    "does not stay, its log says why",
		    doctor->config_path);
}

/* In a container the process may have no number here: its answer has to do. */
static bool tell_process(struct bt_doctor *doctor, const json_t *status)
{
	json_int_t pid = json_integer_value(json_object_get(status, "pid"));
	const char *version = text_of(status, "version");
	bool there = pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
	doctor->running = there || doctor->answered;
	if (!doctor->running) {
		bt_found(doctor, BT_HEALTH_FAIL,
		    "process %" JSON_INTEGER_FORMAT " is gone without a stop", pid);
		bt_advise(doctor, "start Unbound: what it recorded until then is kept");
		return false;
	}
	bt_found(doctor, BT_HEALTH_OK, "process %" JSON_INTEGER_FORMAT ", version %s%s", pid,
	    version != NULL ? version : "?", there ? "" : ", not to be seen from here");
	return true;
}

static void tell_configuration(struct bt_doctor *doctor, const json_t *status)
{
	struct stat ours, its;
	const char *path = text_of(status, "configuration");
	if (path == NULL || stat(doctor->config_path, &ours) != 0 || stat(path, &its) != 0 ||
	    (ours.st_dev == its.st_dev && ours.st_ino == its.st_ino))
		return;
	bt_found(doctor, BT_HEALTH_WARN, "the resolver's configuration is %s", path);
	bt_advise(doctor, "give that one with -c, or have two resolvers use two run-dirs");
}

static void tell_in_force(struct bt_doctor *doctor, const json_t *status)
{
	const char *refused = text_of(status, "refused"), *since = text_of(status, "refusedSince");
	const char *unprotected = text_of(status, "unprotectedSince");
	if (refused != NULL) {
		bt_found(doctor, BT_HEALTH_FAIL, "refused since %s: %s",
		    since != NULL ? since : "?", refused);
		bt_advise(doctor, "run `beacontrap compile`; %s",
		    unprotected != NULL ? "nothing is blocked before"
					: "the trie loaded before stays in force");
	} else if (unprotected == NULL && doctor->trie != NULL &&
		   !is_digest(status, doctor->trie)) {
		bt_found(doctor, BT_HEALTH_FAIL, "the trie in force is not the file that is there");
		bt_advise(doctor, "reload Unbound, and see its log");
	} else if (unprotected == NULL) {
		since = text_of(status, "inForceSince");
		bt_found(doctor, BT_HEALTH_OK, "this trie is in force since %s",
		    since != NULL ? since : "?");
	}
	if (unprotected != NULL) {
		bool enabled = is_true(status, "enabled");
		bt_found(doctor, enabled ? BT_HEALTH_FAIL : BT_HEALTH_WARN,
		    "unprotected since %s: every name passes", unprotected);
		bt_advise(doctor,
		    enabled ? "run `beacontrap compile`" : "the configuration says enabled: false");
	}
	doctor->recording = is_true(status, "recording");
	if (!doctor->recording) {
		bt_found(doctor, BT_HEALTH_FAIL, "hits are answered but not recorded");
		bt_advise(doctor, "the resolver's log says why: it must be able to write state-dir "
				  "and run-dir, and be the only one that does. Once it can, it "
				  "records by itself");
	}
}

void bt_check_status(struct bt_doctor *doctor)
{
	struct bt_err err;
	json_t *status = NULL;
	char *path = bt_doctor_path(doctor, bt_doctor_run_dir(doctor), BT_STATUS_FILE);
	if (path == NULL)
		return;
	do {
		json_decref(status);
		status = read_status(path, &err);
	} while (status != NULL && doctor->trie != NULL && !is_digest(status, doctor->trie) &&
		 bt_doctor_waits(doctor));
	free(path);
	if (status == NULL) {
		tell_no_status(doctor, &err);
	} else if (tell_process(doctor, status)) {
		tell_configuration(doctor, status);
		tell_in_force(doctor, status);
	}
	json_decref(status);
}
