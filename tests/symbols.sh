#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# symbols.sh -- the plugin exports what Unbound's dynlib module looks up, and nothing else
set -eu

if [ -z "${BT_MODULE:-}" ]; then
	echo "symbols.sh: no module was built"
	exit 77
fi

wanted='clear deinit get_mem inform_super init operate'
found=$(${NM:-nm} -D --defined-only "$BT_MODULE" | awk '{ print $NF }' | LC_ALL=C sort | xargs)
if [ "$found" != "$wanted" ]; then
	echo "$BT_MODULE exports: $found"
	echo "and should export:  $wanted"
	exit 1
fi

# What the module calls is in it: libbt does without libbt-tools.
missing=$(${NM:-nm} -D --undefined-only "$BT_MODULE" | awk '{ print $NF }' | grep '^bt_') && {
	echo "$BT_MODULE lacks: $missing"
	exit 1
}

# Found missing when it is loaded, not when a query comes; and never unloaded.
flags=$("${READELF:-readelf}" -d "$BT_MODULE")
for flag in NOW NODELETE; do
	case $flags in
	*"$flag"*) ;;
	*)
		echo "$BT_MODULE is not linked with $flag"
		exit 1
		;;
	esac
done

# Only the program needs what reads lists.
case $flags in
*libldns* | *libpsl* | *libidn* | *libcurl* | *libcrypto*)
	echo "$BT_MODULE needs a library that only the program should need:"
	echo "$flags" | grep NEEDED
	exit 1
	;;
esac

# Everything of ours is inside: what is left open are Unbound's names and the system's.
if ${NM:-nm} -D --undefined-only "$BT_MODULE" | grep ' bt_'; then
	echo "$BT_MODULE lacks these"
	exit 1
fi
