#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# decisions.sh -- what is decided here and now is in force within 2 seconds, and ends by itself
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 source=tests/live/lib.sh
. "${srcdir:-.}/tests/live/lib.sh"

log=$work/unbound.log
polling='127[.]0[.][0-9][.]9'

now_ms()
{
	echo $(($(date +%s%N) / 1000000))
}

# within MILLISECONDS WHAT COMMAND...: polls; the time began at $since
within()
{
	limit=$1 what=$2
	shift 2
	while ! "$@"; do
		[ $(($(now_ms) - since)) -le "$limit" ] || fail "$what: not within $limit ms"
		sleep 0.02
	done
}

# blocked NAME [CLIENT], and passes: clients that end in .9 poll
blocked()
{
	one "${2:-127.0.0.9}" udp "$1" A | grep -q ' A:10:0.0.0.0 '
}

passes()
{
	one "${2:-127.0.0.9}" udp "$1" A | grep -q 203.0.113.1
}

# decide COMMAND...: $since is when it was done
decide()
{
	beacontrap "$@" >"$work/decide.log" 2>&1 || fail "$*"
	since=$(now_ms)
}

compile()
{
	beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
	since=$(now_ms)
}

uncached()
{
	control dump_cache >"$work/dump"
	grep -E "^(msg )?$1[.]" "$work/dump" && fail "$1 is in the cache"
}

stopped='NOERROR A:10:0\.0\.0\.0'
real='NOERROR (CNAME:[0-9]+:listed.example.,)?A:[0-9]+:203\.0\.113\.1(@listed.example.)?'

# more than the name that is allowed: what is listed below it is let through with it
printf '%s\n' listed.example deep.sub.listed.example >"$work/list.txt"
lists='  - { name: list, file: list.txt }'
configure "$lists"
compile
start_world
start_unbound "incoming-num-tcp: 100"

# allow: a name that nobody asked for, then it ends by itself
decide allow sub.listed.example --for 3s --reason 'a test'
end=$((since + 3000))
within 2000 "allow" passes www.sub.listed.example
gives "$real" 127.0.0.2 udp sub.listed.example A
gives "$real" 127.0.0.2 udp deep.sub.listed.example A
gives "$stopped" 127.0.0.2 udp listed.example A
event 127.0.0.2 udp - - listed.example 1 sinkhole list listed.example name -
uncached sub.listed.example
uncached www.sub.listed.example
beacontrap overrides >"$work/overrides"
grep -q '^allow  sub.listed.example  until .*  a test$' "$work/overrides" || fail "overrides"
beacontrap report 2>/dev/null | grep -q '^Decided  *allow  sub.listed.example  until .*  a test$' ||
	fail "the report does not show what was decided"
while [ "$(now_ms)" -lt $((end + 50)) ]; do
	[ "$(now_ms)" -gt $((end - 1100)) ] || passes www.sub.listed.example || fail "allow ended before its time"
	sleep 0.02
done
blocked www.sub.listed.example || fail "allow did not end when its time was over"
gives "$stopped" 127.0.0.2 udp sub.listed.example A
event 127.0.0.2 udp - - sub.listed.example 1 sinkhole list listed.example name -

# block: a name that is cached, and names below it; what is decided about a longer name holds
for name in new.example www.new.example; do
	gives "$real" 127.0.0.2 udp $name A
done
decide block new.example
within 2000 "block" blocked new.example
within 2000 "block, below" blocked www.new.example
gives "$stopped" 127.0.0.2 udp www.new.example A
event 127.0.0.2 udp - - www.new.example 1 sinkhole local new.example name -
# what lookup ends with lets it through
command=$(beacontrap lookup www.new.example | sed -n '$s/^ *beacontrap //p')
# shellcheck disable=SC2086 # words
decide $command
within 2000 "what lookup advises" passes www.new.example
decide overrides --remove www.new.example
within 2000 "blocked again" blocked www.new.example
decide allow good.new.example
within 2000 "allow below block" passes good.new.example
blocked www.new.example || fail "allow reaches its siblings"
decide overrides --remove new.example
within 2000 "overrides --remove" passes www.new.example
decide block brief.new.example --for 2s
end=$((since + 2000))
within 1500 "block --for" blocked brief.new.example
while [ "$(now_ms)" -lt $((end + 50)) ]; do sleep 0.02; done
passes brief.new.example || fail "block did not end when its time was over"

# block: a name that another, cached one leads to
gives "NOERROR CNAME:[0-9]+:plain.example.,A:[0-9]+:203\\.0\\.113\\.1@plain.example." 127.0.0.2 udp plain.one.example A
decide block plain.example
within 2000 "block, an alias" blocked plain.one.example
gives "$stopped" 127.0.0.2 udp plain.one.example A
event 127.0.0.2 udp - - plain.one.example 1 sinkhole local plain.example alias plain.example

# for some clients only: in order, and in flight together
decide allow listed.example --client 127.0.4.0/24
decide block some.example --client 127.0.5.0/24
within 2000 "block --client" blocked some.example 127.0.5.9
for client in 127.0.4.1 127.0.0.2 127.0.4.1 127.0.0.2; do
	case $client in
	127.0.4.*) want=$real ;;
	*) want=$stopped ;;
	esac
	gives "$want" $client udp b.listed.example A
	gives "$want" $client udp a.one.example A
done
for _ in 1 2; do
	event 127.0.0.2 udp - - b.listed.example 1 sinkhole list listed.example name -
	event 127.0.0.2 udp - - a.one.example 1 sinkhole list listed.example alias listed.example
done
gives "$real" 127.0.0.2 udp some.example A
signal STOP
before=$(asked)
printf '%s udp b.one.example A\n' 127.0.4.1 127.0.0.2 127.0.4.2 127.0.0.3 >"$work/flight"
ask -j 4 -t 10 <"$work/flight" >"$work/landed" &
asking=$!
until_true 8 has_asked $((before + 4)) || fail "the clients do not wait"
signal CONT
wait "$asking"
[ "$(grep -c '^127.0.4.*203.0.113.1' "$work/landed")" -eq 2 ] || fail "in flight: who may does not pass"
[ "$(grep -c '^127.0.0.* A:10:0.0.0.0 ' "$work/landed")" -eq 2 ] || fail "in flight: somebody got through"
event 127.0.0.2 udp - - b.one.example 1 sinkhole list listed.example alias listed.example
event 127.0.0.3 udp - - b.one.example 1 sinkhole list listed.example alias listed.example
decide overrides --remove listed.example
within 2000 "--remove" blocked listed.example 127.0.4.9

# decided while the name is being resolved
signal STOP
before=$(asked)
told=$(grep -c 'new local decisions in force' "$log")
one 127.0.0.2 udp late.example A >"$work/late" &
asking=$!
until_true 8 has_asked $((before + 1)) || fail "the client does not wait"
decide block late.example
until_true 2 eval '[ "$(grep -c "new local decisions in force" "$log")" -gt "$told" ]' || fail "not read"
signal CONT
wait "$asking"
grep -q ' A:10:0.0.0.0 ' "$work/late" || fail "an answer that was under way got through"
event 127.0.0.2 udp - - late.example 1 sinkhole local late.example name -

# pause: passes and is recorded; for some clients, and for all
decide pause 1h --client 127.0.6.0/24
within 2000 "pause --client" passes listed.example 127.0.6.9
gives "$real" 127.0.6.1 udp a.one.example A
gives "$stopped" 127.0.0.2 udp a.one.example A
event 127.0.6.1 udp - - a.one.example 1 log list listed.example alias listed.example
event 127.0.0.2 udp - - a.one.example 1 sinkhole list listed.example alias listed.example
decide overrides --resume
within 2000 "overrides --resume" blocked listed.example 127.0.6.9
decide pause 2s
within 2000 "pause" passes c.listed.example
gives "$real" 127.0.0.2 udp c.listed.example A
event 127.0.0.2 udp - - c.listed.example 1 log list listed.example name -
uncached c.listed.example
within 5000 "the end of pause" blocked c.listed.example

# a broken file changes nothing, and is spoken of once; a reload makes no difference
decide allow kept.listed.example
within 2000 "allow" passes kept.listed.example
cp "$work/state/local.yaml" "$work/local.yaml"
echo 'decisions: [ { action: nonsense, name: kept.listed.example } ]' >"$work/state/local.yaml.new"
mv "$work/state/local.yaml.new" "$work/state/local.yaml"
until_true 2 grep -q 'local.yaml:.*nonsense.*stay in force' "$log" || fail "not a word of the broken file"
gives "$real" 127.0.0.2 udp kept.listed.example A
gives "$stopped" 127.0.0.2 udp late.example A
event 127.0.0.2 udp - - late.example 1 sinkhole local late.example name -
[ "$(grep -c 'local.yaml:.*stay in force' "$log")" -eq 1 ] || fail "more than one line of it"
kill -HUP "$unbound_pid"
until_true 5 eval '[ "$(grep -c "start of service" "$log")" -ge 2 ]' || fail "no reload"
until_true 5 passes kept.listed.example || fail "a reload forgets what is in force"
cp "$work/local.yaml" "$work/state/local.yaml.new"
mv "$work/state/local.yaml.new" "$work/state/local.yaml"
decide overrides --remove kept.listed.example
within 2000 "a good file again" blocked kept.listed.example

# enabled: false, and back
decide block local.example
within 2000 "block" blocked local.example
echo 'enabled: false' >>"$work/beacontrap.yaml"
compile
for name in listed.example local.example a.one.example; do
	within 1000 "enabled: false" passes $name
done
configure "$lists"
compile
for name in listed.example local.example a.one.example; do
	within 1000 "enabled again" blocked $name
done
beacontrap report --format json >"$work/report.json" 2>/dev/null
grep -Eq '"unprotectedMs":[1-9][0-9]*,"pausedMs":[1-9]' "$work/report.json" ||
	fail "coverage does not have the pause and what was not in force"
beacontrap report 2>/dev/null | grep -q '^Coverage.*, unprotected .*, paused [1-9]' || fail "the report does not say it"
check_events
grep 'error:' "$log" | grep -v -e 'local.yaml' -e 'enabled: false' -e UNPROTECTED >"$work/complaints"
[ ! -s "$work/complaints" ] || fail "the log has other errors: $(cat "$work/complaints")"
exit 0
