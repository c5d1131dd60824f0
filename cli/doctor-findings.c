/* SPDX-License-Identifier: BSD-3-Clause */
/* doctor-findings.c -- what the checks of `beacontrap doctor` found, and what they share */

#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include "doctor.h"
#include "escape.h"
#include "file.h"
#include "json.h"
#include "timestamp.h"

static const char *const health_text[] = {
    [BT_HEALTH_OK] = "ok", [BT_HEALTH_WARN] = "warn", [BT_HEALTH_FAIL] = "FAIL"};
static const char *const health_json[] = {
    [BT_HEALTH_OK] = "ok", [BT_HEALTH_WARN] = "warn", [BT_HEALTH_FAIL] = "fail"};

/* ---- telling ---- */

static bool make_room(struct bt_doctor *doctor)
{
	if (doctor->count < doctor->room)
		return true;
	size_t room = doctor->room * 2 + 16;
	struct bt_finding *more = realloc(doctor->findings, room * sizeof(*more));
	if (more == NULL)
		return false;
	doctor->findings = more;
	doctor->room = room;
	return true;
}

__attribute__((format(printf, 1, 0))) static char *make_text(const char *format, va_list args)
{
	char *text;
	return vasprintf(&text, format, args) >= 0 ? text : NULL;
}

void bt_found(struct bt_doctor *doctor, enum bt_health health, const char *format, ...)
{
	va_list args;
	if (!make_room(doctor)) {
		doctor->no_memory = true;
		return;
	}
	va_start(args, format);
	doctor->findings[doctor->count++] = (struct bt_finding){
	    .check = doctor->check, .health = health, .found = make_text(format, args)};
	va_end(args);
}

void bt_advise(struct bt_doctor *doctor, const char *format, ...)
{
	va_list args;
	if (doctor->no_memory)
		return;
	va_start(args, format);
	doctor->findings[doctor->count - 1].advice = make_text(format, args);
	va_end(args);
}

enum bt_health bt_findings_worst(const struct bt_doctor *doctor)
{
	enum bt_health worst = BT_HEALTH_OK;
	for (size_t i = 0; i < doctor->count; i++)
		if (doctor->findings[i].health > worst)
			worst = doctor->findings[i].health;
	return worst;
}

void bt_findings_free(struct bt_doctor *doctor)
{
	for (size_t i = 0; i < doctor->count; i++) {
		free(doctor->findings[i].found);
		free(doctor->findings[i].advice);
	}
	free(doctor->findings);
}

/* ---- showing ---- */

void bt_findings_text(const struct bt_doctor *doctor)
{
	for (size_t i = 0; i < doctor->count; i++) {
		const struct bt_finding *finding = &doctor->findings[i];
		printf("%-4s  %-13s  ", health_text[finding->health], finding->check);
		bt_put_escaped(stdout, finding->found != NULL ? finding->found : "out of memory");
		putchar('\n');
		if (finding->advice == NULL)
			continue;
		fputs("      -> ", stdout);
		bt_put_escaped(stdout, finding->advice);
		putchar('\n');
	}
}

bool bt_findings_json(const struct bt_doctor *doctor)
{
	json_t *checks = json_array();
	bool ok = true;
	for (size_t i = 0; i < doctor->count; i++) {
		const struct bt_finding *finding = &doctor->findings[i];
		json_t *advice =
		    finding->advice != NULL ? bt_json_text(finding->advice) : json_null();
		json_t *object = json_pack("{s:s, s:s, s:o, s:o}", "check", finding->check,
		    "result", health_json[finding->health], "found",
		    bt_json_text(finding->found != NULL ? finding->found : "out of memory"),
		    "advice", advice);
		ok = ok && json_array_append_new(checks, object) == 0;
	}
	json_t *all = json_pack(
	    "{s:s, s:o}", "result", health_json[bt_findings_worst(doctor)], "checks", checks);
	ok = bt_json_write(stdout, all) && ok;
	putchar('\n');
	return ok;
}

/* ---- shared ---- */

const char *bt_ago(char text[static 64], const struct bt_doctor *doctor, int64_t time)
{
	char duration[BT_TIME_TEXT];
	int64_t age = (doctor->now - time) / 1000 * 1000;
	bt_duration_show(duration, age < 0 ? -age : age);
	snprintf(text, 64, age < 0 ? "%s in the future" : "%s ago", duration);
	return text;
}

bool bt_doctor_waits(struct bt_doctor *doctor)
{
	const struct timespec little = {.tv_nsec = 100 * 1000 * 1000};
	const time_t fresh = 3;
	doctor->now = bt_time_now();
	time_t age = (time_t)(doctor->now / 1000) - doctor->trie_stat.st_mtime;
	if (doctor->trie == NULL || age < 0 || age > fresh)
		return false;
	nanosleep(&little, NULL);
	return true;
}

char *bt_doctor_path(struct bt_doctor *doctor, const char *folder, const char *name)
{
	char *path = bt_path_join(folder, name);
	if (path == NULL)
		bt_found(doctor, BT_HEALTH_FAIL, "out of memory");
	return path;
}

const char *bt_doctor_run_dir(const struct bt_doctor *doctor)
{
	const struct bt_config *config = doctor->config;
	return config->run_dir != NULL ? config->run_dir : config->state_dir;
}
