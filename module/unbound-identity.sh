#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# unbound-identity.sh -- module/unbound-identity.h for the Unbound source tree in $1
#
# What identity.c compares the running program with; identity.h says why.
set -eu

tree=$1
build_id=$("${READELF:-readelf}" -n "$tree/unbound" 2>/dev/null |
	sed -n 's/^ *Build ID: *\([0-9a-f]*\)$/\1/p')

# The value of a macro of config.h, quotes included.
macro() {
	value=$(sed -n "s/^#define $1 \(\".*\"\)\$/\1/p" "$tree/config.h")
	if [ -z "$value" ]; then
		echo "$0: $tree/config.h does not define $1" >&2
		exit 1
	fi
	printf '%s\n' "$value"
}
version=$(macro PACKAGE_VERSION)
line=$(macro CONFCMDLINE)

cat <<EOF
/* SPDX-License-Identifier: BSD-3-Clause */
/* unbound-identity.h -- the Unbound that the module is built for (generated) */
#ifndef BT_UNBOUND_IDENTITY_H
#define BT_UNBOUND_IDENTITY_H

#define BT_UNBOUND_BUILD_ID "$build_id"
#define BT_UNBOUND_VERSION $version
#define BT_UNBOUND_CONFCMDLINE $line

#endif
EOF
