#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# quickstart.sh -- the README's first command, on a Debian that has nothing but git
#
#     tests/quickstart.sh         as root; Debian packages: tools/packages package
#
# Clones the tree, as it is committed, into a folder that debootstrap fills, and runs tools/quickstart
# there. Debian's archive is all that is asked, and says how long it takes. Status 1 if anything is wrong.
set -eu

cd "$(dirname "$0")/.."
release=bookworm

# inside ROOT: with mounts and processes of its own, and the network of this machine.
if [ "${1:-}" = inside ]; then
	mount -t proc proc "$2/proc"
	mount --bind /dev "$2/dev"
	exec chroot "$2" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 sh -euc '
		cd
		git clone -q /srv/beacontrap.git beacontrap
		cd beacontrap
		./tools/quickstart'
fi

work=$(mktemp -d)
# shellcheck source=tools/base.sh
. tools/base.sh
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 1' HUP INT TERM

[ "$(id -u)" -eq 0 ] || die "debootstrap needs root"
root=$work/root
say "a Debian with git"
make_debian "$root"
cp /etc/resolv.conf "$root/etc/resolv.conf"
quietly "apt-get" chroot "$root" sh -ec '
	apt-get update
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends git'
quietly "git clone" git clone -q --bare . "$root/srv/beacontrap.git"

begun=$(date +%s)
say "git clone and tools/quickstart"
unshare --mount --pid --fork --kill-child sh tests/quickstart.sh inside "$root" 2>&1 | tee "$work/out" |
	while IFS= read -r line; do
		printf '%s\n' "$line"
		case $line in
		*"journalide.org "*" 0.0.0.0 "*) say "the first blocked answer is there" ;;
		esac
	done
say "the end"
grep -q '^ *journalide.org  *[1-9][0-9]*  *[1-9]' "$work/out" || die "the report does not have journalide.org"
grep -q 'events, 0 lost, 0 duplicates' "$work/out" || die "the report does not say that nothing is lost"
