#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# package.sh -- the Debian packages: built, installed, upgraded, rolled back and purged, in a Debian of their own
#
#     tests/package.sh            as root; Debian packages: tools/packages build package
#
# Builds them from the tree as it is committed, and once more with a higher number. lintian must find
# nothing that is not explained. Then, in a folder that debootstrap fills, without systemd and with a
# network of its own: install, start, ask, report, upgrade, roll back, an update of Debian's unbound,
# purge. Then with systemd, which systemd-nspawn starts in that folder: what the units do. Debian's archive
# is all that is asked. Status 1 at the first thing that is wrong.
#
# Environment: UNBOUND_CACHE, where tools/build-unbound keeps what it makes (default: as without).
set -eu

cd "$(dirname "$0")/.."
release=bookworm

ok() {
	echo "ok: $*"
}

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# until_true SECONDS COMMAND...: polls; false when the time is over.
until_true() {
	tries=$(($1 * 10))
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done
}

# ---- inside: `tests/package.sh inside WORK BEGUN`, with a network and processes of its own ----

in_root() {
	chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"
}

# What invoke-rc.d may do: 101 nothing, 0 all. Without the file it does nothing, for there is no init.
services() { # STATUS
	printf '#!/bin/sh\nexit %s\n' "$1" >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
}

answer() { # NAME
	dig +short +tries=1 +time=2 @127.0.0.1 "$1" A
}

# shellcheck disable=SC2317 # called through until_true
gives() { # NAME ADDRESS
	[ "$(answer "$1")" = "$2" ]
}

# shellcheck disable=SC2317 # called through until_true
reported() { # HITS
	in_root beacontrap report --format csv 2>/dev/null | grep -q "^journalide.org,1,$1,"
}

hits=0
# Asks once, and finds that in the report, with all that was asked before.
is_blocked() {
	until_true 20 gives localhost 127.0.0.1 || fail "$1: there is no DNS"
	[ "$(answer journalide.org)" = 0.0.0.0 ] || fail "$1: journalide.org is $(answer journalide.org)"
	hits=$((hits + 1))
	until_true 5 reported $hits || {
		in_root beacontrap report
		fail "$1: the report has not $hits hits"
	}
}

runs() { # PROGRAM
	[ "$(readlink "/proc/$(cat "$root/run/unbound.pid")/exe")" = "$root$1" ]
}

is_well() { # VERSION
	if ! in_root beacontrap doctor >"$work/doctor" 2>&1 || grep -q -v '^ok ' "$work/doctor"; then
		cat "$work/doctor"
		fail "doctor does not find it well"
	fi
	in_root beacontrap --version | grep -q -w -F "$1" || fail "it is not version $1"
	runs /usr/lib/beacontrap/unbound/unbound || fail "another Unbound runs"
	[ "$(in_root stat -c '%a %U:%G' /var/lib/beacontrap /run/beacontrap | sort -u)" = '2750 unbound:beacontrap' ] ||
		fail "not everything is the resolver's"
}

install_debs() { # PATTERN
	quietly "dpkg -i $1" in_root sh -c "dpkg -i /debs/$1"
}

# Debian's unbound as an update of its own would bring it.
update_of_debians() {
	(
		cd "$root/debs"
		dpkg-deb -R unbound_*.deb repacked
		sed -i 's/^Version: .*/&.1/' repacked/DEBIAN/control
		dpkg-deb --root-owner-group -b repacked unbound-newer.deb
		rm -r repacked
	)
}

inside() {
	root=$work/root
	ip link set lo up
	mount -t proc proc "$root/proc"
	mount --bind /dev "$root/dev"
	services 0

	# What the manager and the kernel will read.
	quietly "systemd-analyze" in_root systemd-analyze verify --man=no unbound.service beacontrap-tail.service \
		beacontrap-rollup.service beacontrap-rollup.timer beacontrap-update.service beacontrap-update.timer
	! grep beacontrap "$work/log" || fail "that is what systemd-analyze says of our units"
	in_root systemd-analyze cat-config systemd/system/unbound.service | grep '^ExecStart=' | tail -n 1 |
		grep -q '^ExecStart=/usr/lib/beacontrap/unbound/unbound ' || fail "unbound.service starts another Unbound"
	quietly "apparmor_parser" in_root apparmor_parser -Q -K /etc/apparmor.d/usr.lib.beacontrap.unbound.unbound
	in_root ldd /usr/lib/beacontrap/unbound/unbound | grep -q libsystemd ||
		fail "it could not tell systemd that it is there"
	ok "units and AppArmor profile"

	# As the README says for machines without systemd.
	echo '[ ! -r /usr/lib/beacontrap/unbound/sysvinit ] || . /usr/lib/beacontrap/unbound/sysvinit' \
		>"$root/etc/default/unbound"
	in_root service unbound start >"$work/log" 2>&1
	is_blocked "after the installation"
	say "the first blocked answer"
	is_well 0.1.0
	in_root beacontrap report
	in_root runuser -u nobody -- beacontrap report >/dev/null 2>&1 && fail "everybody can read the records"
	in_root runuser -u nobody -g beacontrap -- beacontrap report | grep -q '^journalide.org ' ||
		fail "the group cannot read the records"
	ok "installed, started, asked, reported"

	echo '# of the administrator' >>"$root/etc/beacontrap/beacontrap.yaml"
	install_debs 'newer/*.deb'
	is_blocked "after an upgrade"
	is_well 0.1.1
	grep -q '^# of the administrator' "$root/etc/beacontrap/beacontrap.yaml" || fail "the configuration is lost"
	ok "upgraded; the report goes on, with what was before"

	printf 'server:\n\tmodule-config: "validator iterator"\n' >"$root/etc/unbound/unbound.conf.d/stack.conf"
	install_debs 'older/*.deb'
	grep -q '"validator iterator", which does not count' "$work/log" ||
		fail "nothing is said of a module-config that does not count"
	is_blocked "after going back"
	is_well 0.1.0
	ok "rolled back; the report goes on"

	quietly "repacking unbound" update_of_debians
	install_debs unbound-newer.deb
	is_blocked "after an update of Debian's unbound"
	runs /usr/lib/beacontrap/unbound/unbound || fail "another Unbound runs after an update of Debian's"
	in_root beacontrap doctor >"$work/doctor" || fail "doctor fails after an update of Debian's unbound"
	grep -A 1 '^warn *unbound .*older' "$work/doctor" || fail "doctor does not say that ours is older"
	ok "Debian's unbound was updated; names are blocked as before"

	rm "$root/etc/unbound/unbound.conf.d/stack.conf"
	in_root unbound-checkconf >/dev/null || fail "Debian's unbound does not take its configuration"
	quietly "purge" in_root dpkg --purge beacontrap-unbound beacontrap
	until_true 20 gives localhost 127.0.0.1 || fail "there is no DNS after a purge"
	runs /usr/sbin/unbound || fail "it is not Debian's Unbound that runs after a purge"
	[ "$(answer journalide.org)" != 0.0.0.0 ] || fail "journalide.org is still blocked"
	left=$(in_root find / -xdev -path /proc -prune -o -path /debs -prune -o -name '*beacontrap*' -print)
	[ -z "$left" ] || fail "left by the purge: $left"
	in_root dpkg --verify unbound || fail "files of Debian's unbound were changed"
	[ "$(in_root systemd-analyze cat-config systemd/system/unbound.service | grep '^ExecStart=')" = "ExecStart=/usr/sbin/unbound -d -p \$DAEMON_OPTS" ] ||
		fail "unbound.service does not start Debian's Unbound"
	ok "purged; Debian's Unbound answers, and nothing of ours is left"
}

if [ "${1:-}" = inside ]; then
	work=$2
	. tools/base.sh
	begun=$3
	inside
	exit
fi

# ---- outside ----

work=$(mktemp -d)
. tools/base.sh
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 1' HUP INT TERM
: "${UNBOUND_CACHE:=${XDG_CACHE_HOME:-$HOME/.cache}}"
export UNBOUND_CACHE
umask 022
[ "$(id -u)" -eq 0 ] || die "debootstrap needs root"

# build NAME: the packages of $work/tree, in debs/NAME of the root.
build() {
	quietly "dpkg-buildpackage" env -C "$work/tree" dpkg-buildpackage -us -uc -b
	mkdir -p "$work/$1"
	mv "$work"/beacontrap* "$work/$1"
}

installation() {
	# shellcheck disable=SC2016 # the inner shell's
	quietly "installation" unshare --mount --pid --fork --kill-child sh -euc '
		mount -t proc proc "$1/proc"
		exec chroot "$1" sh -euc "
			export DEBIAN_FRONTEND=noninteractive
			cd /debs
			[ -e unbound_*.deb ] || apt-get download unbound
			apt-get install -y --no-install-recommends apparmor dns-root-data procps ./older/*.deb"' sh "$root"
}

# What systemd starts when all else has started.
with_systemd() {
	cat >"$root/debs/try" <<-'END'
		#!/bin/sh
		exec >/debs/log 2>&1
		trap 'systemctl --no-block poweroff' EXIT
		set -eux
		runs() {
			[ "$(readlink "/proc/$(systemctl show -p MainPID --value unbound.service)/exe")" = "$1" ]
			! beacontrap doctor | grep -e '^FAIL' -e '^warn *module'
		}
		systemctl is-active unbound.service beacontrap-update.timer beacontrap-rollup.timer
		[ "$(systemctl is-enabled beacontrap-tail.service)" = disabled ]
		[ "$(systemctl show -p SubState --value unbound.service)" = running ]
		runs /usr/lib/beacontrap/unbound/unbound
		systemctl start beacontrap-update.service beacontrap-rollup.service beacontrap-tail.service
		systemctl reload unbound.service
		dpkg -i /debs/newer/*.deb
		runs /usr/lib/beacontrap/unbound/unbound
		systemctl is-active beacontrap-tail.service
		dpkg -i /debs/unbound-newer.deb
		runs /usr/lib/beacontrap/unbound/unbound
		dpkg --purge beacontrap-unbound beacontrap
		[ "$(readlink "/proc/$(systemctl show -p MainPID --value unbound.service)/exe")" = /usr/sbin/unbound ]
		[ "$(systemctl is-active unbound.service)" = active ]
		[ -z "$(systemctl list-units --all --plain --no-legend 'beacontrap*')" ]
		[ -z "$(systemctl list-units --failed --plain --no-legend)" ]
		[ -z "$(find / -xdev -path /debs -prune -o -name '*beacontrap*' -print)" ]
		echo passed
	END
	cat >"$root/etc/systemd/system/try.service" <<-'END'
		[Unit]
		After=multi-user.target
		[Service]
		Type=oneshot
		ExecStart=sh /debs/try
	END
	services 101
	installation
	rm "$root/etc/default/unbound" "$root/usr/sbin/policy-rc.d"
	mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
	ln -s ../try.service "$root/etc/systemd/system/multi-user.target.wants"
	ln -s /dev/null "$root/etc/systemd/system/systemd-networkd-wait-online.service"
	chroot "$root" systemd-machine-id-setup >"$work/log" 2>&1
	timeout 120 systemd-nspawn --quiet --register=no --keep-unit --private-network -D "$root" \
		/lib/systemd/systemd </dev/null >"$work/log" 2>&1 || true
	[ -e "$root/debs/log" ] || {
		tail -n 5 "$work/log"
		echo "SKIP: systemd does not start in a container here"
		return
	}
	grep -qx passed "$root/debs/log" || {
		cat "$root/debs/log"
		fail "with systemd"
	}
	ok "with systemd: installed, upgraded, an update of Debian's unbound, purged"
}

say "the packages, from what is committed"
mkdir "$work/tree"
git archive HEAD | tar x -C "$work/tree"
build older
say "lintian"
lintian --allow-root --display-info --fail-on error,warning,info "$work"/older/*.changes ||
	die "lintian finds what no override explains"
say "a Debian, by debootstrap"
root=$work/root
make_debian "$root"
mkdir "$root/debs"
rm "$work"/older/*-dbgsym_*.deb
cp -r "$work/older" "$root/debs"
services 101
say "installation"
quietly "apt-get update" chroot "$root" apt-get update
installation
sed -n '/^Setting up beacontrap/,$p' "$work/log"
say "the same with a higher number (whose time does not count)"
aside=$(date +%s)
sed -i 's/^AC_INIT.*0\.1\.0/AC_INIT([beacontrap], [0.1.1/' "$work/tree/configure.ac"
sed -i '1s/(0\.1\.0)/(0.1.1)/' "$work/tree/debian/changelog"
build newer
rm "$work"/newer/*-dbgsym_*.deb
cp -r "$work/newer" "$root/debs"
begun=$((begun + $(date +%s) - aside))
say "what is installed"
unshare --net --mount --pid --fork --kill-child --mount-proc sh "$0" inside "$work" "$begun"
say "the same with systemd"
with_systemd
say "done"
