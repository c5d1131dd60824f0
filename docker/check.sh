#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# check.sh -- builds the image and tries it, on a Debian without Docker
#
#     docker/check.sh            as root; Debian packages: tools/packages container
#
# Debian's base image is replaced by what debootstrap makes of the same release, from the mirror that
# apt uses here; all else is as Docker does it. Prints what smoke.sh finds and the size of the image.
# Status 1 if anything is wrong.
set -eu

cd "$(dirname "$0")/.."
release=bookworm
work=$(mktemp -d)
image=beacontrap
. tools/base.sh

# Its storage is its own, and goes with it.
in_storage() {
	command=$1
	shift
	buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs "$command" "$@"
}

clean_up() {
	in_storage umount --all >/dev/null 2>&1 || true
	rm -rf --one-file-system "$work"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

# ---- the base image ----

# What Debian's image leaves out: see its /etc/dpkg/dpkg.cfg.d/docker.
make_slim() (
	cd "$1"
	rm -rf var/cache/apt/* var/lib/apt/lists/* var/log/*.log var/cache/debconf/*-old
	rm -rf usr/share/locale/* usr/share/man/* usr/share/info/* usr/share/lintian
	find usr/share/doc -type f ! -name copyright -delete
	find usr/share/doc -type d -empty -delete
	mkdir -p usr/share/man/man1
	for folder in doc info locale man lintian; do
		echo "path-exclude /usr/share/$folder/*"
	done >etc/dpkg/dpkg.cfg.d/docker
	echo 'path-include /usr/share/doc/*/copyright' >>etc/dpkg/dpkg.cfg.d/docker
	echo 'Apt::AutoRemove::SuggestsImportant "false"; Acquire::Languages "none";' >etc/apt/apt.conf.d/docker
)

make_base() {
	make_debian "$work/base"
	make_slim "$work/base"
	base=$(in_storage from scratch)
	quietly "import" in_storage add "$base" "$work/base" /
	quietly "import" in_storage config --cmd bash --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$base"
	quietly "import" in_storage commit --rm "$base" "docker.io/library/debian:$release-slim"
	rm -rf "$work/base"
}

# ---- the image ----

size() { # IMAGE: in MB
	in_storage images --format '{{.Size}}' "$1"
}

# confined ROOT COMMAND...: with a network of its own, where port 53 is free; only the volumes can be
# written; without capabilities, and no way to any.
confined() {
	# shellcheck disable=SC2016 # the inner shell's
	unshare --net --mount --pid --fork --kill-child sh -euc '
		root=$1
		shift
		ip link set lo up
		echo 53 >/proc/sys/net/ipv4/ip_unprivileged_port_start
		mount --bind "$root" "$root"
		mount -t proc proc "$root/proc"
		mount --bind /dev "$root/dev"
		mount -t tmpfs -o nosuid,nodev,noexec tmpfs "$root/tmp"
		ours=uid=953,gid=953,nosuid,nodev,noexec
		mount -t tmpfs -o "size=64m,mode=2750,$ours" tmpfs "$root/run/beacontrap"
		mount -t tmpfs -o "mode=2750,$ours" tmpfs "$root/var/lib/beacontrap"
		mount -t tmpfs -o "mode=755,$ours" tmpfs "$root/var/lib/unbound"
		mount --bind docker "$root/etc/beacontrap"
		mount -o remount,bind,ro "$root/etc/beacontrap"
		mount -o remount,bind,ro "$root"
		exec chroot "$root" setpriv --reuid 953 --regid 953 --clear-groups \
			--inh-caps=-all --bounding-set=-all --no-new-privs "$@"' sh "$@"
}

[ "$(id -u)" -eq 0 ] || die "debootstrap and buildah need root"
say "compose.yaml"
docker-compose -f docker/compose.yaml config -q
say "Debian's base image, by debootstrap"
make_base
say "the image, of docker/Dockerfile"
quietly "the build" in_storage bud --isolation chroot --format docker --pull-never -t "$image" -f docker/Dockerfile .
in_storage inspect --type image --format '{{.Docker.Config.User}}' "$image" | grep -qx unbound || die "it is root's"
in_storage inspect --type image --format '{{.Docker.Config.Healthcheck}}' "$image" | grep -q doctor ||
	die "it has no health check"
say "smoke.sh in it, as buildah runs it"
container=$(in_storage from --pull-never "$image")
in_storage run --isolation chroot "$container" -- sh -s <docker/smoke.sh
in_storage rm "$container" >/dev/null
say "smoke.sh in it, as compose.yaml confines it"
container=$(in_storage from --pull-never "$image")
confined "$(in_storage mount "$container")" sh -c 'SMOKE_PORT=53 exec sh -s' <docker/smoke.sh
say "$(size "$image"), of which Debian's image is $(size "debian:$release-slim")"
