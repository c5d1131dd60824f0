#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# entrypoint.sh -- what Unbound needs at its start, then Unbound; any other command as it is
set -eu

umask 027

# Unbound renews the key of the root in its place, as long as it runs. One that it last saw before
# Debian packed another may be too old to lead to the one of today.
packed=/usr/share/dns/root.key
key=/var/lib/unbound/root.key
if [ "${1:-}" = unbound ]; then
	if [ ! -e $key ] || [ -n "$(find $packed -newer $key)" ]; then
		cp $packed $key.new
		mv $key.new $key
	fi
	# Lists may have changed while nothing ran. What is wrong with them does not stop DNS: the trie
	# that is there stays in force.
	beacontrap compile || echo "entrypoint: the lists were not compiled; starting with what there is" >&2
fi
exec "$@"
