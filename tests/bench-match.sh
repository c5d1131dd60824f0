#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# bench-match.sh -- the lookup benchmark works, and all its peers agree with its reference
#
# Skipped if configure has not found the peers. Times are printed and not looked at.
set -eu
: "${top_builddir:?}"

program=$top_builddir/bench/match
[ -x "$program" ] || exit 77

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
TMPDIR=$folder
export TMPDIR

fail() {
	echo "$*"
	cat "$folder/out"
	exit 1
}

expect() { # STATUS ARGUMENT...
	want=$1 status=0
	shift
	"$program" "$@" >"$folder/out" 2>"$folder/messages" || status=$?
	[ "$status" -eq "$want" ] || {
		cat "$folder/messages"
		fail "bench/match $*: status $status, expected $want"
	}
}

expect 0 --quick --json "$folder/figures.json"
for peer in beacontrap suffix-table marisa tinycdb lmdb front-coded; do
	# Its size, and a row for each of the mixes.
	rows=$(grep -c "^  $peer  " "$folder/out") || true
	[ "$rows" -eq 13 ] || fail "$peer is in $rows rows of 13"
	grep -q "\"peer\": \"$peer\"" "$folder/figures.json" || fail "$peer is not in the JSON"
done
! grep -q DISAGREES "$folder/out" || fail "a peer disagrees"

# The check is worth something: a peer that lacks a single name is found out, and not timed.
expect 1 --quick --only marisa,tinycdb --spoil tinycdb
grep -q '^DISAGREES, and is not timed: tinycdb: ' "$folder/out" || fail "tinycdb is not found out"
[ "$(grep -c '^  tinycdb  ' "$folder/out")" -lt 13 ] || fail "tinycdb is timed"
expect 1 --quick --only tinycdb --spoil beacontrap

expect 2 --quick --seed nonsense
expect 2 --list "$folder/missing" --benign "$folder/missing"
grep -q 'missing: No such file' "$folder/messages" || fail "the missing file is not named"

rm -f "$folder/out" "$folder/messages" "$folder/figures.json"
left=$(ls -A "$folder")
[ -z "$left" ] || fail "left behind: $left"
