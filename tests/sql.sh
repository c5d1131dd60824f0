#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# sql.sh -- the report's rows are those of SQL over the same events, by everything, to the last digit
#
# BT_SQL_HITS says how many events, by default 200,000; CONTRIBUTING.md says how to run it with more.
# BT_SEED repeats a run.
set -eu
: "${BT_PROGRAM:?}" "${BT_MANY_EVENTS:?}"

hits=${BT_SQL_HITS:-200000}
seed=${BT_SEED:-$(date +%s)}
echo "BT_SEED=$seed repeats this run; $hits events"
command -v sqlite3 >/dev/null || {
	echo "skipped: there is no sqlite3"
	exit 77
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
failed=0

"$BT_MANY_EVENTS" state "$hits" 2000 1000 30 "$seed"
sqlite3 events.db >log <<'END'
.mode csv
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE events (number INTEGER, time INTEGER, client TEXT, indicator TEXT, qname TEXT, qtype INTEGER,
	action TEXT, list TEXT);
CREATE TABLE matches (indicator TEXT, list TEXT, campaign TEXT, family TEXT, decided INTEGER);
.import state/events.csv events
.import state/matches.csv matches
CREATE INDEX by_indicator ON events (indicator);
CREATE INDEX match_of ON matches (indicator);
END

# as the report writes times
at()
{
	echo "strftime('%Y-%m-%dT%H:%M:%S', $1 / 1000, 'unixepoch') || printf('.%03dZ', $1 % 1000)"
}
first=$(at 'min(time)') last=$(at 'max(time)')
figures="count(DISTINCT client), count(*), $first, $last"

# rows NAME "SQL" OPTION...: what SQL says of the rows is what the report says
rows()
{
	name=$1 sql=$2
	shift 2
	sqlite3 -csv events.db "$sql" | tr -d '\r"' | LC_ALL=C sort >expected
	"$BT_PROGRAM" report --as-of 2024-01-01 --format csv "$@" state 2>log | tr -d '\r"' | sed 1d | LC_ALL=C sort >got
	[ -s got ] || {
		echo "FAILED: $name: no rows"
		cat log
		failed=1
	}
	if cmp -s expected got; then
		echo "ok: $name, $(wc -l <got) rows"
	else
		echo "FAILED: $name"
		diff expected got | head -n 10
		failed=1
	fi
}

# By list, campaign and family each match counts; what has no such thing is in "-", unless another match has one.
matched()
{
	echo "WITH named AS (SELECT DISTINCT indicator, $1 AS name FROM matches WHERE $1 <> '-'),
		all_named AS (SELECT * FROM named UNION ALL
			SELECT DISTINCT indicator, '-' FROM matches WHERE indicator NOT IN (SELECT indicator FROM named))
		SELECT name, $figures FROM events JOIN all_named USING (indicator) GROUP BY name"
}

credited()
{
	echo "SELECT $1, $figures FROM events JOIN matches USING (indicator) WHERE decided = 1 GROUP BY $1"
}

# what roll-ups say too: KIND of files that it is read from
rows_of()
{
	kind=$1
	rows "$kind: by indicator" "SELECT indicator, $figures FROM events GROUP BY indicator"
	rows "$kind: by client" "SELECT client, $figures FROM events GROUP BY client" --by client
	rows "$kind: by day" "SELECT date(time / 1000, 'unixepoch') AS day, $figures FROM events GROUP BY day" --by day
	for by in list campaign family; do
		rows "$kind: by $by" "$(matched "$by")" --by "$by"
		rows "$kind: by $by, credited" "$(credited "matches.$by")" --by "$by" --credited
	done
	rows "$kind: whole days" "SELECT indicator, $figures FROM events WHERE time >= 1700784000000 AND time < 1701475200000
		GROUP BY indicator" --since 2023-11-24 --until 2023-12-02
	rows "$kind: one action" "SELECT indicator, $figures FROM events WHERE action = 'nxdomain' GROUP BY indicator" \
		--action nxdomain
	rows "$kind: one network" "SELECT client, $figures FROM events WHERE client LIKE '10.0.3.%' GROUP BY client" \
		--by client --client 10.0.3.0/24
	rows "$kind: one list" "SELECT indicator, $figures FROM events WHERE indicator IN
		(SELECT indicator FROM matches WHERE list = 'list-1') GROUP BY indicator" --list list-1
	rows "$kind: many endpoints" "SELECT * FROM (SELECT indicator, count(DISTINCT client) AS endpoints, count(*),
		$first, $last FROM events GROUP BY indicator) WHERE endpoints >= 20" --min-endpoints 20
	rows "$kind: who" "SELECT indicator, client, count(*), $first, $last FROM events GROUP BY indicator, client" --endpoints
}

since=1700800000000 until=1701500000000
between="time >= $since AND time < $until"

# what only segments say: they are read, whether there are roll-ups or not
rows_of_segments()
{
	rows "$1: by qname" "SELECT qname, $figures FROM events GROUP BY qname" --by qname
	rows "$1: parts of days" "SELECT indicator, $figures FROM events WHERE $between GROUP BY indicator" \
		--since 2023-11-24T04:26:40Z --until 2023-12-02T06:53:20Z
}

rows_of segments
rows_of_segments segments

# what is new since a day, seen in a report of the days after it
sqlite3 -csv events.db "SELECT indicator, sum(earliest >= $since) FROM (SELECT indicator, client, min(time) AS earliest,
	max(time) AS latest FROM events GROUP BY indicator, client) WHERE latest >= $since GROUP BY indicator" |
	tr -d '\r"' | LC_ALL=C sort >expected
"$BT_PROGRAM" report --as-of 2024-01-01 --format csv --wide --since 2023-11-24T04:26:40Z \
	--baseline 2023-11-24T04:26:40Z state 2>log | sed 1d | cut -d, -f1,7 | LC_ALL=C sort >got
if cmp expected got; then
	echo "ok: new endpoints"
else
	echo "FAILED: new endpoints"
	diff expected got | head -n 10
	failed=1
fi

# ---- roll-ups, in place of what they sum up ----

"$BT_PROGRAM" rollup state | tee log
made=$(sed -n 's/^roll-ups made: \([0-9]*\);.*/\1/p' log) # one a day: 30, or 31 if an event is late on the last
"$BT_PROGRAM" rollup state | grep '^roll-ups made: 0;' || failed=1
"$BT_PROGRAM" report --format json state 2>log | grep -q "\"rollups\":${made}[,}]" || {
	echo "FAILED: the roll-ups were not read"
	failed=1
}
rows_of roll-ups
rows_of_segments "segments beside roll-ups"
"$BT_PROGRAM" verify state >log || failed=1

# half of the segments are gone, as the retention has it
mkdir gone
find state/events -name "*.seg" | sort | head -n 15 | while read -r segment; do mv "$segment" gone; done
rows_of "roll-ups alone"
"$BT_PROGRAM" verify state >log || {
	echo "FAILED: verify, with roll-ups alone"
	cat log
	failed=1
}
"$BT_PROGRAM" report --by qname state 2>log >rows
grep -q 'the segments that it sums up are gone' log || failed=1

# the same log twice, as copies have it, one of them with the segments that went
mkdir -p copy/events
cp gone/*.seg state/events/*.seg copy/events
rows "roll-ups, and a copy of their segments" "SELECT indicator, $figures FROM events GROUP BY indicator" copy
rows "segments, and a copy's roll-ups" "SELECT indicator, $figures FROM events GROUP BY indicator" state copy
exit $failed
