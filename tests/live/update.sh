#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# update.sh -- `beacontrap update` while the resolver serves: new names count at once, bad feeds never
# shellcheck disable=SC2015,SC2086,SC2119,SC2317 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"
: "${BT_FEED_SERVER:?}"
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY

blocked()
{
	one 127.0.0.2 udp "$1" A | grep -q ' A:10:0.0.0.0 '
}

passes()
{
	one 127.0.0.2 udp "$1" A | grep -q 203.0.113.1
}

# feed HOW: the list comes that way from $at
feed()
{
	configure "  - { name: feed, url: \"$at/$1/list\", fetch: { timeout: 1s, ca-file: cert.pem } }"
}

# serve PORTFILE ARGUMENT...
serve()
{
	port_file=$1
	shift
	"$BT_FEED_SERVER" "$@" >"$port_file" &
	nsd_pids="$nsd_pids $!"
	until_true 10 test -s "$port_file" || fail "the server of feeds does not begin"
}

mkdir "$work/served"
echo first.example >"$work/served/list"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" -days 2 \
	-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 >"$work/openssl.log" 2>&1 ||
	fail "openssl"
serve "$work/http" "$work/served" "$work/asked"
serve "$work/https" "$work/served" "$work/asked" "$work/cert.pem" "$work/key.pem"
start_world

try_over()
{
	at=$1
	feed ok
	echo first.example >"$work/served/list"
	beacontrap update >"$work/update.log" 2>&1 || fail "update"
	until_true 2 blocked first.example || fail "$at: what was fetched is not in force"

	# known to the cache before it is listed
	passes new.example || fail "$at: new.example does not resolve"
	printf '%s\n' first.example new.example >"$work/served/list"
	beacontrap update >"$work/update.log" 2>&1 || fail "update"
	until_true 2 blocked new.example || fail "$at: a new name is not blocked 2 s after the update"

	for how in 404 500 cut page loop chunks slow; do
		printf '%s\n' other.example "$how.example" >"$work/served/list"
		feed $how
		! beacontrap update >"$work/update.log" 2>&1 || fail "$at: $how is taken"
		grep -q '; the copy of .* stays' "$work/update.log" || fail "$at: $how is not said"
		blocked first.example && blocked new.example || fail "$at: after $how, the list is gone"
		passes $how.example || fail "$at: after $how, half of a list is in force"
	done
	feed ok
	echo other.example >"$work/served/list"
	beacontrap update >"$work/update.log" 2>&1 || fail "update"
	until_true 2 passes new.example || fail "$at: what is not listed any more is still blocked"
}

configure "  - { name: feed, url: \"http://127.0.0.1/\" }" # which has not come yet
start_unbound
try_over "http://127.0.0.1:$(cat "$work/http")"
try_over "https://127.0.0.1:$(cat "$work/https")"
