/* SPDX-License-Identifier: BSD-3-Clause */
/* doctor-host.c -- clock, disks and permissions */

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <string.h>
#include <sys/statvfs.h>

#include "doctor.h"

/* ---- the clock ---- */

static const int64_t tolerance = 60 * 1000;

/* A clock that is not set yet shows a time before that of what is there already. */
void bt_check_clock(struct bt_doctor *doctor)
{
	struct stat program;
	const struct {
		const char *what;
		int64_t time;
	} past[] = {
	    {"this program was installed",
		stat("/proc/self/exe", &program) == 0 ? (int64_t)program.st_mtime * 1000 : 0},
	    {"the trie was written", (int64_t)doctor->trie_stat.st_mtime * 1000},
	    {"the last event was recorded", doctor->recent.last_record},
	};
	char ago[64];
	for (size_t i = 0; i < sizeof(past) / sizeof(*past); i++)
		if (past[i].time > doctor->now + tolerance) {
			bt_found(doctor, BT_HEALTH_FAIL, "by the clock %s %s", past[i].what,
			    bt_ago(ago, doctor, past[i].time));
			bt_advise(doctor, "set the clock, and look after NTP: times in reports are "
					  "those of this clock");
			return;
		}
	bt_found(doctor, BT_HEALTH_OK, "nothing is dated in the future");
}

/* ---- disks ---- */

static const uint64_t gibi = 1024 * 1024 * 1024, mebi = 1024 * 1024;

/* Shows a size with a unit that fits. */
static void show_size(char text[static 32], uint64_t size)
{
	if (size >= gibi)
		snprintf(text, 32, "%.1f GiB", (double)size / (double)gibi);
	else
		snprintf(text, 32, "%.1f MiB", (double)size / (double)mebi);
}

/*
 * `enough` is room that is enough however large the disk is. What has no size, such as /proc, is
 * none.
 */
static void check_disk(struct bt_doctor *doctor, const char *folder, uint64_t enough)
{
	const uint64_t last = 16 * mebi;
	struct statvfs disk;
	char text[32];
	if (statvfs(folder, &disk) != 0) {
		bt_found(doctor, BT_HEALTH_FAIL, "%s: %s", folder, strerror(errno));
		bt_advise(doctor,
		    "make it, for the user that Unbound runs as: "
		    "install -d -o unbound -g %s -m 2750 %s",
		    getgrnam("beacontrap") != NULL ? "beacontrap" : "unbound", folder);
		return;
	}
	uint64_t left = (uint64_t)disk.f_bavail * disk.f_frsize;
	uint64_t percent = disk.f_blocks > 0 ? (uint64_t)disk.f_bavail * 100 / disk.f_blocks : 100;
	bool low = disk.f_blocks > 0 && (left < enough || percent < 5);
	show_size(text, left);
	bt_found(doctor,
	    low && left < last ? BT_HEALTH_FAIL
	    : low              ? BT_HEALTH_WARN
			       : BT_HEALTH_OK,
	    "%s: %s free, %" PRIu64 " %%", folder, text, percent);
	if (low)
		bt_advise(doctor, "make room: on a full disk hits are lost, and nothing compiles");
}

/* The rings have their place in the run directory since the start, and little else comes. */
void bt_check_disk(struct bt_doctor *doctor)
{
	const char *run_dir = bt_doctor_run_dir(doctor);
	struct stat state, run;
	check_disk(doctor, doctor->config->state_dir, gibi);
	if (run_dir == doctor->config->state_dir)
		return;
	if (stat(doctor->config->state_dir, &state) != 0 || stat(run_dir, &run) != 0 ||
	    state.st_dev != run.st_dev)
		check_disk(doctor, run_dir, mebi);
}

/* ---- permissions ---- */

/* Unbound begins as root, but its plugin does not. */
static void check_owner(struct bt_doctor *doctor, const char *folder)
{
	struct stat st;
	if (stat(folder, &st) != 0 || st.st_uid != 0)
		return;
	bt_found(doctor, BT_HEALTH_FAIL, "%s is root's, and the resolver does not record", folder);
	bt_advise(doctor,
	    "if Unbound runs as the user unbound: chown -R unbound: %s; it records within seconds",
	    folder);
}

/* What the resolver shows to be good is good: it may well run as root. */
static void check_owners(struct bt_doctor *doctor)
{
	const char *run_dir = bt_doctor_run_dir(doctor);
	if (!doctor->answered || doctor->recording)
		return;
	check_owner(doctor, doctor->config->state_dir);
	if (run_dir != doctor->config->state_dir)
		check_owner(doctor, run_dir);
}

void bt_check_permissions(struct bt_doctor *doctor)
{
	const char *folder = doctor->config->state_dir;
	struct stat st;
	size_t before = doctor->count;
	if (stat(folder, &st) != 0)
		return; /* the disks' check says so */
	if ((st.st_mode & 07777) != 02750) {
		bt_found(doctor, st.st_mode & 02 ? BT_HEALTH_FAIL : BT_HEALTH_WARN,
		    "%s has mode %04o%s", folder, st.st_mode & 07777,
		    st.st_mode & 02   ? ": everybody can write it"
		    : st.st_mode & 07 ? ": everybody can read who asked"
				      : "");
		bt_advise(doctor, "chmod 2750 %s", folder);
	}
	if (doctor->trie != NULL && (doctor->trie_stat.st_mode & 0777) != 0640) {
		bool readable = (doctor->trie_stat.st_mode & 040) != 0;
		bool open = (doctor->trie_stat.st_mode & 022) != 0;
		if (!readable || open) {
			bt_found(doctor, BT_HEALTH_WARN, "%s has mode %04o", doctor->trie_path,
			    doctor->trie_stat.st_mode & 07777);
			bt_advise(doctor, "chmod 0640 %s: its group, the resolver's, is to read it",
			    doctor->trie_path);
		}
	}
	check_owners(doctor);
	if (doctor->count == before)
		bt_found(doctor, BT_HEALTH_OK, "%s is for its owner and group", folder);
}
