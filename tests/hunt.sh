#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# hunt.sh -- the same questions in every kind of log, plain and compressed, are the same rows
set -eu
: "${BT_PROGRAM:?}" "${BT_MAKE_DNSTAP:?}"

golden=$(cd "${srcdir:-.}/tests/golden/logs" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
failed=0
TZ=Pacific/Auckland LC_ALL=C # nothing depends on these
export TZ LC_ALL

cat >evil.txt <<'END'
evil.example
beacon.example
never.example
END

# Thirty questions of two hours around a new year, a line each: seconds since then, client, type, name.
awk 'BEGIN {
	split("www.evil.example evil.example good.example beacon.example a.b.beacon.example", name, " ")
	split("10.0.0.1 10.0.0.2 192.168.1.77 2001:db8::5", client, " ")
	split("A AAAA HTTPS", type, " ")
	for (i = 0; i < 30; i++)
		print 240 * i, client[i % 4 + 1], type[i % 3 + 1], name[i % 5 + 1]
}' >questions

# $1: an awk statement for each question, with `epoch`, `client`, `type`, `number`, `name`, and
# `day`, `month`, `year`, `clock` of UTC.
write()
{
	awk '{
		since = $1; client = $2; type = $3; name = $4
		epoch = 1767222000 + since # 2025-12-31 23:00 UTC
		old = since < 3600
		day = old ? 31 : 1; month = old ? "Dec" : "Jan"; year = old ? 2025 : 2026
		seconds = (since + 23 * 3600) % 86400
		clock = sprintf("%02d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60)
		number = type == "A" ? 1 : type == "AAAA" ? 28 : 65
		'"$1"'
	}' questions
}

write 'printf "[%d] unbound[7:0] info: %s %s. %s IN\n", epoch, client, name, type' >unbound.log
write 'printf "%s %2d %s unbound[7:0] query: %s %s. %s IN\n", month, day, clock, client, name, type
	printf "%s %2d %s unbound[7:0] reply: %s %s. %s IN NOERROR 0.1 0 45\n", month, day, clock,
		client, name, type' >unbound-ascii.log
write 'printf "%s %2d %s dnsmasq[7]: query[%s] %s from %s\n", month, day, clock, type, name, client
	printf "%s %2d %s dnsmasq[7]: forwarded %s to 192.0.2.1\n", month, day, clock, name' >dnsmasq.log
write 'printf "%s %2d %s dnsmasq[7]: %d %s/53210 query[%s] %s from %s\n", month, day, clock, NR, client,
	type, name, client' >dnsmasq-extra.log
write 'printf "%02d-%s-%d %s.000 queries: info: client @0x7f %s#53210 (%s): query: %s IN %s +E(0)K (10.0.0.53)\n",
	day, month, year, clock, client, name, name, type' >bind.log
{
	printf '#separator \\x09\n#path\tdns\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tquery\tqtype\tqtype_name\n'
	write 'printf "%d.000000\tC%d\t%s\t53210\t%s\t%d\t%s\n", epoch, NR, client, name, number, type'
} >zeek.log
write 'printf "{\"ts\":%d.0,\"uid\":\"C%d\",\"id.orig_h\":\"%s\",\"query\":\"%s\",\"qtype\":%d,\"TTLs\":[1.0]}\n", epoch,
	NR, client, name, number' >zeek.json
write 'print epoch, client, number, name' >numbers
for what in query reply both; do
	"$BT_MAKE_DNSTAP" $what <numbers >$what.tap
done
if command -v sqlite3 >/dev/null; then
	# as FTL made them before version 5.9, and since
	write 'printf "%d|%d|%s|%s\n", epoch, number == 28 ? 2 : number == 65 ? 16 : 1, name, client' >old.rows
	write 'printf "%d.0|%d|%d|%d\n", epoch, number == 28 ? 2 : number == 65 ? 165 : 1, NR, NR' >new.rows
	write 'printf "%d|%s|%s\n", NR, name, client' >linked.rows
	sqlite3 old.db <<-'END'
		CREATE TABLE queries (timestamp INTEGER NOT NULL, type INTEGER NOT NULL, domain TEXT NOT NULL,
			client TEXT NOT NULL);
		.import old.rows queries
	END
	sqlite3 new.db <<-'END'
		CREATE TABLE linked (id INTEGER PRIMARY KEY, domain TEXT, client TEXT);
		CREATE TABLE query_storage (timestamp REAL NOT NULL, type INTEGER NOT NULL, domain INTEGER NOT NULL,
			client TEXT NOT NULL);
		CREATE VIEW queries AS SELECT timestamp, type,
			CASE typeof(domain) WHEN 'integer' THEN (SELECT domain FROM linked d WHERE d.id = q.domain)
				ELSE domain END domain,
			(SELECT client FROM linked c WHERE c.id = q.client) client FROM query_storage q;
		.import linked.rows linked
		.import new.rows query_storage
	END
fi
touch -d '2026-01-02 UTC' ./*.log ./*.json

# The rows by everything that is asked about.
rows()
{
	for by in indicator client qname day; do
		for what in --wide --endpoints; do
			"$BT_PROGRAM" hunt --format csv --by "$by" $what --as-of 2026-01-02 evil.txt -- "$@" 2>>said
		done
	done
}

check()
{
	if rows "$1" >got && cmp -s want got; then
		echo "ok: $1"
	else
		echo "FAILED: $1"
		diff want got || :
		failed=1
	fi
}

# What the rows are, counted by other means: by awk.
awk '$4 ~ /(^|\.)evil\.example$/ { hits["evil.example"]++; who["evil.example " $2] }
	$4 ~ /(^|\.)beacon\.example$/ { hits["beacon.example"]++; who["beacon.example " $2] }
	END {
		for (pair in who) { split(pair, part, " "); clients[part[1]]++ }
		for (name in hits) print name "," clients[name] "," hits[name]
	}' questions | sort >counted
"$BT_PROGRAM" hunt --format csv evil.txt -- unbound.log 2>/dev/null | tr -d '\r' | sed 1d | cut -d, -f1-3 | sort >rows
diff counted rows || failed=1
[ "$(wc -l <rows)" -eq 2 ] || failed=1

rows unbound.log >want
for log in *.log *.json *.tap; do
	check "$log"
	for tool in gzip xz zstd; do
		command -v $tool >/dev/null || continue
		$tool -c "$log" >"$log.$tool"
		touch -r "$log" "$log.$tool"
		check "$log.$tool"
		case $log in
		unbound.log | *.json) # half, and the other half behind it
			{
				head -n 11 "$log" | $tool -c
				tail -n +12 "$log" | $tool -c
			} >"two.$log.$tool"
			check "two.$log.$tool"
			;;
		esac
	done
done
[ "$("$BT_PROGRAM" hunt -f csv evil.txt -- - <unbound.log.gzip 2>/dev/null | sed -n 2p)" = \
	"$("$BT_PROGRAM" hunt -f csv evil.txt -- unbound.log 2>/dev/null | sed -n 2p)" ] || {
	echo "FAILED: standard input"
	failed=1
}

for database in old.db new.db; do
	[ ! -f $database ] || check $database
done

# What Unbound, dnsmasq and BIND themselves wrote, each asked twice for www.evil.example,
# Beacon.Example, good.example and a\032b.evil.example.
for recorded in "$golden"/*; do
	cp "$recorded" recorded
	touch -d 2026-11-27 recorded
	"$BT_PROGRAM" hunt --format csv evil.txt -- recorded 2>said | sed 's/,2026-11-26T15:27:[0-9.]*Z//g' | tr -d '\r' >got
	cat >want <<-'END'
		DomainName,endpointCount,hits,firstSeen,lastSeen
		beacon.example,1,2
		evil.example,1,4
	END
	if cmp -s want got && grep -q ' 8 queries, 6 hits, 0 bad lines' said; then
		echo "ok: $recorded"
	else
		echo "FAILED: $recorded"
		cat got said
		failed=1
	fi
done

# A trie, instead of lists; several logs are one report.
"$BT_PROGRAM" compile -o evil.trie --action log evil.txt >/dev/null
"$BT_PROGRAM" hunt -f csv --trie evil.trie -- unbound.log 2>/dev/null >got
"$BT_PROGRAM" hunt -f csv --trie evil.trie unbound.log 2>/dev/null >again
"$BT_PROGRAM" hunt -f csv evil.txt -- unbound.log 2>/dev/null >want
cmp want got && cmp want again || failed=1
head -n 17 unbound.log >part-1
tail -n +18 bind.log >part-2
"$BT_PROGRAM" hunt -f csv evil.txt -- part-1 part-2 2>/dev/null >got
cmp want got || failed=1

# How far that can be trusted: not more than the logs.
"$BT_PROGRAM" hunt evil.txt -- unbound.log dnsmasq.log 2>/dev/null >got
grep -q '^Logs        2, of other tools$' got &&
	grep -q '^Coverage    48 hits among 60 queries, 0 lines not read; what the logs lack is not known$' got || failed=1
"$BT_PROGRAM" hunt -f json evil.txt -- unbound.log 2>/dev/null |
	grep -q '^"otherLogs":{"files":1,"queries":30,"linesNotRead":0},$' || failed=1
"$BT_PROGRAM" hunt -f html evil.txt -- unbound.log 2>/dev/null >got
grep -q '; looked for in 30 queries of other tools.</p>' got && ! grep -q 'Hits lost' got || failed=1

# Times without a zone are in --tz.
"$BT_PROGRAM" hunt -f csv --tz +02:00 evil.txt -- bind.log 2>/dev/null >got
grep -q ',2025-12-31T21:' got || failed=1

# What is cut short is said, and what was read until then is shown.
expect()
{
	wanted=$1
	text=$2
	shift 2
	status=0
	"$BT_PROGRAM" hunt -f csv "$@" >got 2>said || status=$?
	if [ "$status" -ne "$wanted" ] || ! grep -q "$text" said; then
		echo "FAILED: hunt $*: status $status, not $wanted, or not '$text' in:"
		cat said
		failed=1
	fi
}
for tool in gzip xz zstd; do
	command -v $tool >/dev/null || continue
	head -c 150 "unbound.log.$tool" >"cut.$tool"
	expect 2 "cut.$tool: ends in the middle" evil.txt -- "cut.$tool"
	{
		head -c 40 "unbound.log.$tool"
		head -c 400 /dev/zero
	} >"broken.$tool"
	expect 2 "broken.$tool: is broken as an* $tool file\|broken.$tool: ends in the middle" evil.txt -- "broken.$tool"
done
{
	cat unbound.log
	echo oops
	echo oops
} >bad.log
expect 0 'bad.log: 2 bad lines, the first is line 31: does not begin with a time' evil.txt -- bad.log
expect 1 '1 file, 30 queries, 24 hits, 0 bad lines' --fail-on-hits evil.txt -- unbound.log
expect 2 'evil.txt: no query log that is known' evil.txt -- evil.txt
[ "$(wc -l <got)" -eq 1 ] || failed=1
expect 2 'missing: No such file' evil.txt -- missing unbound.log
[ "$(wc -l <got)" -eq 3 ] || failed=1 # the other log's rows
"$BT_PROGRAM" hunt evil.txt -- missing 2>&1 | grep 'missing: empty' && failed=1
echo 'Nov 26 10:00:00 host dnsmasq[1]: query[A] evil.example from 10.0.0.1' >no-year.log
"$BT_PROGRAM" hunt --year 2019 --format csv evil.txt -- no-year.log 2>/dev/null | grep -q '2019-11-26T10:00:00' || failed=1
expect 2 "'19' is no year" --year 19 evil.txt -- no-year.log
expect 2 'nothing in it is of the format bind' --log-format bind evil.txt -- unbound.log
expect 2 "there is no log format 'x'" --log-format x evil.txt -- unbound.log
expect 2 'expected LISTs, then --, then LOGs' evil.txt unbound.log
expect 2 'there are no LOGs' evil.txt --
expect 2 'LISTs and --trie exclude each other' --trie evil.trie evil.txt -- unbound.log
: >empty
expect 0 'empty: empty' evil.txt -- empty
if [ -f old.db ]; then
	expect 2 'standard input: a database is read only where it is a file' evil.txt -- - <old.db
	sqlite3 other.db 'CREATE TABLE t (a)'
	expect 2 'other.db: is no database of Pi-hole: no such table: queries' evil.txt -- other.db
	# somebody made these up: rows without end, and none in a long time
	sqlite3 endless.db "CREATE VIEW queries AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)
		SELECT 1700000000 AS timestamp, 1 AS type, 'a' AS domain, '10.0.0.1' AS client FROM c"
	expect 2 'endless.db: it has more rows than there is room for in it' evil.txt -- endless.db
	sqlite3 silent.db "CREATE VIEW queries AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)
		SELECT 1700000000 AS timestamp, 1 AS type, 'a' AS domain, '10.0.0.1' AS client FROM c WHERE x < 0"
	expect 2 'silent.db: its next row takes too long' evil.txt -- silent.db
	cp old.db 'file:a?mode=memory%20b'
	"$BT_PROGRAM" hunt --format csv evil.txt -- 'file:a?mode=memory%20b' >got 2>/dev/null
	"$BT_PROGRAM" hunt --format csv evil.txt -- old.db 2>/dev/null | cmp - got || failed=1
	sqlite3 spaces.db "CREATE TABLE queries (timestamp, type, domain, client);
		INSERT INTO queries VALUES (1700000000, 1, 'My Host.Evil.example', '10.0.0.1')"
	"$BT_PROGRAM" hunt --by qname --format csv evil.txt -- spaces.db 2>/dev/null | grep -q '^my.032host.evil.example,1,1,' || failed=1
	head -c 4096 old.db >cut.db
	expect 2 'cut.db: .*database disk image is malformed' evil.txt -- cut.db
fi
if command -v dnstap-read >/dev/null; then # somebody else reads the test's files, too
	dnstap-read both.tap >told
	if [ "$(grep -c ' CQ ' told)" -ne 30 ] || [ "$(grep -c ' CR ' told)" -ne 30 ]; then
		echo "FAILED: dnstap-read"
		failed=1
	fi
fi
head -c 1000 query.tap >cut.tap
expect 2 'cut.tap: ends in the middle of a frame' evil.txt -- cut.tap
"$BT_PROGRAM" hunt --all evil.txt -- unbound.log 2>/dev/null | grep -q '^never.example .*none seen' || failed=1

[ "$failed" -eq 0 ] || echo "hunt.sh: something FAILED"
exit "$failed"
