#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# bench-resolver.sh -- the benchmark of resolvers works, finds wrong answers, and counts every event
#
# Skipped without Python. Peers that are not installed are left out. Figures are not looked at.
set -eu
: "${top_builddir:?}" "${srcdir:?}" "${BT_PROGRAM:?}"

skip() {
	echo "skipped: $*"
	exit 77
}

for needed in "${BT_UNBOUND:-}" "${BT_MODULE:-}"; do
	[ -e "$needed" ] ||
		skip "no Unbound that can load the module (configure --with-unbound-src)"
done
command -v python3 >/dev/null || skip "Python is not installed (Debian package python3)"
PATH=$PATH:/usr/sbin command -v nsd >/dev/null || skip "NSD is not installed (Debian package nsd)"

load=$top_builddir/bench/load
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
TMPDIR=$folder
export TMPDIR

fail() {
	echo "FAILED: $*"
	cat "$folder/out" "$folder/messages"
	exit 1
}

expect() { # STATUS ARGUMENT...
	want=$1 status=0
	shift
	python3 -B "$srcdir/bench/resolver" --unbound "$BT_UNBOUND" --module "$BT_MODULE" \
		--beacontrap "$BT_PROGRAM" --load "$load" --quick "$@" \
		>"$folder/out" 2>"$folder/messages" || status=$?
	[ "$status" -eq "$want" ] || fail "bench/resolver $*: status $status, expected $want"
}

# figure FILE EXPRESSION: of the JSON in that file, as j
figure() {
	python3 -c 'import json, sys; j = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$@"
}

# goals WHAT...: the goals' table in the figures has these rows and no others
goals() {
	for what; do
		echo "$what"
	done >"$folder/want"
	figure "$folder/figures" "'\\n'.join(row[0] for row in j['goals'])" >"$folder/names"
	diff "$folder/want" "$folder/names" || fail "the goals (>) are not those of the issue (<)"
	bare=$(figure "$folder/figures" "[row for row in j['goals'] if not row[3] or not row[4]]")
	[ "$bare" = '[]' ] || fail "goals without a figure or a verdict: $bare"
}

expect 0 --json "$folder/figures"
debian=", Debian's modules"
goals "cached answers, CPU" "blocked answers, CPU" "start to first answer" "memory" \
	"cached answers, CPU$debian" "blocked answers, CPU$debian" "start to first answer$debian" \
	"memory$debian" "blocked queries/s" "the same, of those that tell who asked" "events"
for peer in unbound beacontrap unbound-debian beacontrap-debian unbound-rpz unbound-local-zone; do
	grep -q "^  $peer  *1  " "$folder/out" || fail "no figures of $peer"
done
for ours in beacontrap beacontrap-debian; do
	# besides what is timed, each of 300 names at least once
	[ "$(figure "$folder/figures" "[e['answered'] == e['reported'] + e['lost'] and
		e['answered'] >= run['blocked']['answered'] + 300
		for run in j['runs']['$ours'] for e in [run['events']]]")" = '[True]' ] ||
		fail "the events of $ours are not what was answered"
done

# The check is worth something: who answers otherwise is found out, and not timed.
expect 1 --only unbound,beacontrap --spoil beacontrap
grep -q '^  beacontrap: left out: WRONG ANSWERS: .*: 192.0.2.1 instead of ' "$folder/out" ||
	fail "a wrong answer is not found out"
grep -q '^  beacontrap  *1  ' "$folder/out" && fail "the wrong answers are timed"

expect 2 --only nonsense
grep -q 'no resolver nonsense; there are unbound, beacontrap, ' "$folder/messages" ||
	fail "the resolver's name is not refused"

expect 0 --swap --seconds 3 --json "$folder/figures"
grep -q '^  latency p99.9, us  *[0-9]' "$folder/out" || fail "no latency"
[ "$(figure "$folder/figures" "len(j['waits']) > 0")" = True ] || fail "no swap"
goals "queries lost" "p99.9 latency with swaps" "a cached name is sinkholed" "events"

expect 0 --swap --seconds 3 --stack debian
grep -q 'modules: dynlib subnetcache validator iterator$' "$folder/out" || fail "not Debian's modules"

expect 0 --soak 0.1 --json "$folder/figures"
grep -q '^  reloads by control, by HUP  *[1-9], [1-9]' "$folder/out" || fail "no reload"
goals "memory" "answers that are errors" "lines of trouble in the log" "events"

expect 0 --all --only unbound,beacontrap
for part in '^  beacontrap  *1  ' '^  latency p99.9, us  *[0-9]' '^  reloads by control, by HUP  *[1-9]' \
	'modules: dynlib iterator$' 'modules: dynlib subnetcache validator iterator$' \
	'^  modules  *dynlib iterator$' '^  modules  *dynlib subnetcache validator iterator$'; do
	grep -q "$part" "$folder/out" || fail "--all leaves out: $part"
done
expect 2 --all --swap
expect 2 --stack debian

# The client: whoever does not answer has lost all, paced or not.
echo a.example >"$folder/names"
port=$(python3 -c "
import sys; sys.path.insert(0, '$srcdir/bench/resolver'); sys.dont_write_bytecode = True
import dns; print(dns.free_port())")
for way in "--window 20" "--rate 1000"; do
	# shellcheck disable=SC2086 # words
	"$load" --server 127.0.0.1 --port "$port" --names "$folder/names" --seconds 0.3 --timeout 0.1 \
		$way >"$folder/figures" || fail "bench/load $way"
	lost=$(figure "$folder/figures" "1 <= j['sent'] == j['lost'] <= 300 and j['answered'] == 0")
	[ "$lost" = True ] || fail "bench/load $way counts not what is lost: $(cat "$folder/figures")"
done
printf 'a.example\nb..example\n' >"$folder/names"
"$load" --server 127.0.0.1 --port "$port" --names "$folder/names" 2>"$folder/messages" &&
	fail "a bad name is not refused"
grep -q 'names:2: expected a name' "$folder/messages" || fail "the bad name is not shown"

rm -f "$folder/out" "$folder/messages" "$folder/figures" "$folder/names" "$folder/want"
left=$(ls -A "$folder")
[ -z "$left" ] || fail "left behind: $left"
