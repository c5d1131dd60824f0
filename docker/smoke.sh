#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# smoke.sh -- in a new container of the image: does it answer, record and report?
#
#     docker run --rm -i beacontrap sh -s <docker/smoke.sh
#
# The resolver listens on a port that is free, since the network may be the machine's, or on SMOKE_PORT.
# Nothing beyond the container is asked. Ends with status 1 at the first thing that is wrong.
set -eu

folder=$(mktemp -d)
log=$folder/log
pid=

stop() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	rm -rf "$folder"
}
trap stop EXIT
trap 'exit 1' HUP INT TERM

ok() {
	echo "ok: $*"
}

fail() {
	echo "FAILED: $*"
	[ ! -s "$log" ] || sed 's/^/    /' "$log"
	exit 1
}

# until_true SECONDS COMMAND...: polls; false when the time is over.
until_true() {
	tries=$(($1 * 10))
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done
}

# A client, of what any Debian has: the image has none. ask PORT NAME A|AAAA prints the rcode and the
# last record's address, or "timeout"; without arguments, a port that is free.
cat >"$folder/ask" <<'END'
use strict;
use Socket;
use IO::Socket::INET;
my ($port, $name, $type) = @ARGV;
if (!defined $name) {
	my $udp = IO::Socket::INET->new(Proto => "udp", LocalAddr => "127.0.0.1") or die;
	my $tcp = IO::Socket::INET->new(Listen => 1, LocalPort => $udp->sockport) or die;
	print $udp->sockport, "\n";
	exit;
}
my $aaaa = $type eq "AAAA";
my $server = IO::Socket::INET->new(Proto => "udp", PeerAddr => "127.0.0.1", PeerPort => $port) or die;
$SIG{ALRM} = sub { print "timeout\n"; exit };
alarm 5;
# RFC 1035, section 4.1: header, name, type, class
$server->send(pack("n6", $$ & 0xffff, 0x0100, 1, 0, 0, 0) . pack("(C/a)*", split(/\./, $name)) .
	pack("C n n", 0, $aaaa ? 28 : 1, 1));
$server->recv(my $reply, 4096);
my ($rcode, $answers) = (unpack("n", substr($reply, 2, 2)) & 15, unpack("n", substr($reply, 6, 2)));
my $size = $aaaa ? 16 : 4;
print "$rcode ", !$answers ? "-" : Socket::inet_ntop($aaaa ? AF_INET6 : AF_INET, substr($reply, -$size)), "\n";
END

ask() {
	perl "$folder/ask" "$port" "$@"
}

# gives WANT NAME TYPE
gives() {
	got=$(ask "$2" "$3")
	[ "$got" = "$1" ] || fail "$2 $3: \"$got\", expected \"$1\""
}

doctor() {
	beacontrap doctor --server "127.0.0.1@$port" >"$folder/doctor" 2>&1
}

# The names with their endpoints and hits, in order.
rows() {
	beacontrap report --format csv 2>/dev/null | tr -d '\r' | tail -n +2 | cut -d, -f1-3 | sort
}

# shellcheck disable=SC2317 # called through until_true
reported() {
	rows | cmp -s - "$folder/expected"
}

# ---- it starts, as the image says, but for the port ----

[ "$(id -u)" -ne 0 ] || fail "the container runs as root"
ok "it runs as $(id -un)"
port=${SMOKE_PORT:-$(perl "$folder/ask")}
cat >"$folder/unbound.conf" <<END
include: "/etc/beacontrap/unbound.conf"
server:
	port: $port
END
/usr/lib/beacontrap/entrypoint.sh unbound -d -c "$folder/unbound.conf" >"$log" 2>&1 &
pid=$!
until_true 20 doctor || {
	cat "$folder/doctor"
	fail "doctor does not find it well"
}
ok "$(grep -c '^ok ' "$folder/doctor") checks of doctor: $(sed -n 's/^ok *module *//p' "$folder/doctor")"

# ---- it answers ----

sed -n 's/^  - \([^ ]*\)\[\.\]\([^ ]*\)$/\1.\2/p' /usr/share/beacontrap/blocklists/3cx.yaml >"$folder/names"
[ "$(wc -l <"$folder/names")" -eq 21 ] || fail "the list has not 21 names"
while read -r name; do
	gives "0 0.0.0.0" "$name" A
	gives "0 0.0.0.0" "www.$name" A
	gives "0 ::" "$name" AAAA
done <"$folder/names"
gives "0 127.0.0.1" localhost A
ok "21 names and all below them are answered with 0.0.0.0 and ::, localhost is not"

# ---- it records and reports ----

sed 's/$/,1,3/' "$folder/names" | sort >"$folder/expected"
until_true 5 reported || {
	beacontrap report
	fail "the report is not what was asked"
}
[ "$(beacontrap tail --format json 2>/dev/null | grep -c '"client":"127.0.0.1"')" -eq 63 ] || fail "not 63 events"
ok "63 events, and the report has them all"
beacontrap update || fail "update, which the second service runs"
ok "update"

# ---- it stops in order, and goes on where it was ----

kill "$pid"
wait "$pid" || fail "it ends with status $?"
/usr/lib/beacontrap/entrypoint.sh unbound -d -c "$folder/unbound.conf" >"$log" 2>&1 &
pid=$!
until_true 20 doctor || fail "it does not start again"
gives "0 0.0.0.0" journalide.org A
sed -i 's/^journalide.org,1,3/journalide.org,1,4/' "$folder/expected"
until_true 5 reported || fail "the report lacks what was before or after a restart"
ok "a restart; the report goes on"
beacontrap report
