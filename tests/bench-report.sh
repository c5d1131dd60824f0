#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# bench-report.sh -- the benchmarks of report, events, hunt and feeds work; the databases in it give the rows that the report does
#
# Skipped without python3 and sqlite3; ClickHouse takes part where it is installed. Times are not looked at.
set -eu
: "${srcdir:?}" "${top_builddir:?}" "${BT_PROGRAM:?}" "${BT_MANY_EVENTS:?}"

for tool in python3 sqlite3; do
	command -v $tool >/dev/null || {
		echo "skipped: there is no $tool"
		exit 77
	}
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
TMPDIR=$folder
export TMPDIR

python3 -B "$srcdir/bench/reports" --quick --year --hits 20000 --beacontrap "$BT_PROGRAM" --many-events "$BT_MANY_EVENTS" \
	--json "$folder/figures.json" >"$folder/out" 2>"$folder/messages" || {
	cat "$folder/messages"
	exit 1
}
cat "$folder/out"
grep -q 'all give the same rows' "$folder/messages" || exit 1
for store in beacontrap roll-ups SQLite; do
	grep -q "^  $store  *[0-9.]*  *[0-9.]" "$folder/out" || {
		echo "FAILED: $store is not measured"
		exit 1
	}
done
grep -q 'a year of roll-ups, 240000 events: ' "$folder/out" || exit 1
grep -q '"sizes"' "$folder/figures.json" || exit 1
"$top_builddir/bench/events" "$folder" --quick >"$folder/out" || exit 1
cat "$folder/out"
[ "$(grep -c -e '^a push ' -e '^a count ' -e '^the writer ' "$folder/out")" -eq 3 ] || exit 1
python3 -B "$srcdir/bench/hunts" --quick --beacontrap "$BT_PROGRAM" >"$folder/out" || exit 1
cat "$folder/out"
[ "$(grep -c ' M lines/s ' "$folder/out")" -eq 8 ] || exit 1
"$top_builddir/bench/feeds" "$folder" --quick >"$folder/out" || exit 1
cat "$folder/out"
[ "$(grep -c ' M lines/s ' "$folder/out")" -eq 14 ] || exit 1
exit 0
