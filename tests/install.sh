#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# install.sh -- `make install DESTDIR=` puts everything in its place, `make uninstall` removes it
set -eu
: "${top_builddir:?}" "${srcdir:?}"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM

# The make that runs this test must not lend us its job slots, options or variables.
unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR

in_build() {
	make -C "$top_builddir" DESTDIR="$folder" \
		prefix=/opt/bt exec_prefix=/opt/bt sysconfdir=/opt/bt/etc "$@" >"$folder/log" 2>&1 || {
		tail -20 "$folder/log"
		exit 1
	}
	rm -f "$folder/log"
}

files() {
	(cd "$folder" && find . ! -type d) | LC_ALL=C sort
}

need() {
	if ! files | grep -q -x "$1"; then
		echo "not installed: $1; but these are:"
		files
		exit 1
	fi
}

in_build install
need './opt/bt/bin/beacontrap'
need './opt/bt/lib/sysusers.d/beacontrap.conf'
need './opt/bt/lib/tmpfiles.d/beacontrap.conf'
need './opt/bt/share/beacontrap/blocklists/3cx.yaml'
for example in "$srcdir"/dist/*.yaml "$srcdir"/dist/*.service "$srcdir"/dist/*.timer; do
	need "./opt/bt/share/doc/beacontrap/examples/${example##*/}"
done
for page in "$srcdir"/doc/*.[1-8]; do
	need "./opt/bt/share/man/man${page##*.}/${page##*/}"
done
if [ -n "${BT_MODULE:-}" ]; then
	need './opt/bt/lib/beacontrap/beacontrap.so'
fi
if files | grep -E '\.(l?a|o|h)$'; then
	echo "these are of no use to anybody who only runs it"
	exit 1
fi
"$folder/opt/bt/bin/beacontrap" --version >/dev/null

in_build uninstall
if [ -n "$(files)" ]; then
	echo "left behind by make uninstall:"
	files
	exit 1
fi
