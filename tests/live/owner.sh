#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# owner.sh -- root compiles, and Unbound goes on as its user: whose the folders are
#
# In a mount namespace of its own, where the user unbound comes and goes.
# shellcheck disable=SC2119,SC2317 source=tests/live/lib.sh
if [ "${1:-}" != inside ]; then
	unshare -m true 2>/dev/null || {
		echo "skipped: no mount namespace (it takes root)"
		exit 77
	}
	exec unshare -m sh "$0" inside
fi
. "${srcdir:-.}/tests/live/lib.sh"

for users in passwd group; do
	sed -e '/^unbound:/d' -e '/^beacontrap:/d' /etc/$users >"$work/$users"
	chmod 644 "$work/$users"
	mount --bind "$work/$users" /etc/$users || skip "no bind mount"
done

# The plugin is opened by that user, too, who may not see the build tree.
cp "$BT_MODULE" "$work/module.so"
module=$work/module.so

compile()
{
	beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
	grep -q "state: made, for $1" "$work/compile.log" || fail "compile does not say for whom"
}

# is OWNER MODE FILE
is()
{
	[ "$(stat -c '%U:%G %a' "$work/$3")" = "$1 $2" ] || fail "$3: $(stat -c '%U:%G %a' "$work/$3")"
}

blocked()
{
	one 127.0.0.5 udp evil.example A | grep -q ' A:10:0.0.0.0 '
}

recorded()
{
	blocked && [ -n "$(actual_report)" ]
}

echo evil.example >"$work/list.txt"
configure "  - { name: list, file: list.txt }"
start_world

# ---- nobody knows for whom: doctor does, as soon as it goes wrong, and what it advises helps ----

compile root
is root:root 2750 state
echo unbound:x:64053:64053::/nonexistent:/bin/false >>"$work/passwd"
echo unbound:x:64053: >>"$work/group"
start_unbound "username: unbound"
gives 'NOERROR A:[0-9]+:203.0.113.1' 127.0.0.5 udp evil.example A
examine 1
finds FAIL module 'no trie is in force'
finds FAIL permissions "$work/state is root's"
finds FAIL permissions "$work/run is root's"
sed -n 's/^      -> .*: \(chown [^;]*\);.*/\1/p' "$work/doctor.log" >"$work/advice"
[ "$(wc -l <"$work/advice")" -eq 2 ] || fail "doctor does not advise chown"
sh -e "$work/advice" || fail "$(cat "$work/advice")"
chmod 2750 "$work/run"
until_true 10 recorded || fail "not blocked or not recorded after what doctor advised"
examine 0
finds ok permissions "$work/state"
stop_unbound

# ---- the user is there: the folder is his ----

rm -r "$work/state"
compile "the user unbound"
is unbound:unbound 2750 state
is root:unbound 640 state/beacontrap.trie
start_unbound "username: unbound"
until_true 10 recorded || fail "not blocked or not recorded"
all_well
stop_unbound

# ---- and the group, whose members may read who asked; of no use to Unbound if it is none of them ----

echo beacontrap:x:64054: >>"$work/group"
rm -r "$work/state"
compile "the user unbound"
is unbound:unbound 2750 state
sed '/^beacontrap:/s/$/unbound/' "$work/group" >"$work/group.new"
cat "$work/group.new" >"$work/group"
rm -r "$work/state"
compile "the user unbound"
is unbound:beacontrap 2750 state
is root:beacontrap 640 state/beacontrap.trie
start_unbound "username: unbound"
until_true 10 recorded || fail "not blocked or not recorded with the group beacontrap"
stop_unbound

# ---- a folder that Unbound may read and not write: names are blocked, and recorded as soon as it may ----

rm -r "$work/state/events"
chown root:unbound "$work/state"
: >"$work/unbound.log"
start_unbound "username: unbound"
until_true 5 blocked || fail "not blocked with a folder that cannot be written"
until_true 5 grep -q 'Permission denied' "$work/unbound.log" || fail "it is not said that nothing can be written"
chown unbound: "$work/state"
until_true 10 recorded || fail "not recorded when it may write again"
stop_unbound

# ---- what is there stays as it is ----

chown root: "$work/state"
beacontrap compile >"$work/compile.log" 2>&1 || fail "compile"
grep -q made "$work/compile.log" && fail "compile makes a folder that is there"
is root:root 2750 state
exit 0
