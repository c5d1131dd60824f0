# SPDX-License-Identifier: BSD-3-Clause
# base.sh -- a Debian in a folder, made by debootstrap from the mirror that apt uses here
# shellcheck shell=sh
#
# To be sourced in the top folder by what tries things in one, as root, with $release (bookworm) and a
# folder $work that goes away at the end.

. tools/archives.sh
begun=$(date +%s)

say() {
	printf '%s\n' "--- $* ($(($(date +%s) - begun)) s)"
}

die() {
	echo "$(basename "$0"): $*" >&2
	exit 1
}

# quietly WHAT COMMAND...: its output is for when it fails.
quietly() {
	what=$1
	shift
	"$@" >"$work/log" 2>&1 || {
		tail -n 40 "$work/log"
		die "$what failed"
	}
}

# make_debian FOLDER: the least there is, and where more comes from.
make_debian() {
	archives "$release" >"$work/archives"
	mirror=$(awk -v release="$release" '$2 == release { print $1; exit }' "$work/archives")
	[ -n "$mirror" ] || die "apt has no lists of a Debian archive: run apt-get update"
	quietly debootstrap debootstrap --variant=minbase "$release" "$1" "$mirror"
	rm -f "$1"/etc/apt/sources.list.d/*
	as_sources <"$work/archives" >"$1/etc/apt/sources.list"
	apt-config dump | grep -i '^Acquire::.*proxy' >"$1/etc/apt/apt.conf.d/proxy" || true
}
