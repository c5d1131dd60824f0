#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# rpz.sh -- a response policy zone says the same here and in BIND
#
# A random zone over few labels, and 2,000 names: BIND on loopback answers 192.0.2.99 for whatever
# the zone lets pass, and what it does then must be what `lookup` says. Allowed is one difference,
# which is wanted: no name in the zone makes a wildcard above it end (RFC 4592's closest encloser).
# BT_SEED is the seed.
set -eu
: "${BT_PROGRAM:?}" "${BT_ASK:?}"

named=$(PATH=$PATH:/usr/sbin command -v named) || {
	echo "skipped: BIND is not installed (Debian package bind9)"
	exit 77
}
command -v dig >/dev/null || {
	echo "skipped: there is no dig (Debian package bind9-dnsutils)"
	exit 77
}
seed=${BT_SEED:-$(date +%s)}
port=$("$BT_ASK" -f)
work=$(mktemp -d)
pid=''
clean_up()
{
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || :
	[ -z "$pid" ] || wait "$pid" 2>/dev/null || :
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
echo "seed $seed"

fail()
{
	echo "FAILED: $*"
	exit 1
}

# ---- the zone, and names ----

cat >begin <<'END'
$TTL 60
@ IN SOA localhost. root.localhost. ( 1 3600 600
	86400 60 )
	NS localhost.
END
awk -v seed="$seed" '
function name(most,    text, count) {
	text = substr("ab", 1 + int(rand() * 2), 1) "x"
	for (count = int(rand() * most); count > 0; count--)
		text = substr("abcd", 1 + int(rand() * 4), 1) "." text
	return text
}
function action(    dice) {
	dice = rand()
	return dice < .5 ? "CNAME ." : dice < .65 ? "CNAME *." : dice < .85 ? "CNAME rpz-passthru." : "A 192.0.2.1"
}
BEGIN {
	srand(seed)
	while (rules < 40) {
		owner = (rand() < .4 ? "*." : "") name(3)
		if (owner in seen)
			continue
		seen[owner]
		rules++
		print owner, action() >"rules"
	}
	print "32.1.2.0.192.rpz-client-ip CNAME ." >"rules"
	for (i = 0; i < 2000; i++)
		print name(6) >"names"
}'
cat begin rules >rpz.zone
(cat begin && echo '* A 192.0.2.99') >root.zone

# ---- BIND ----

cat >named.conf <<END
options {
	directory "$work"; pid-file none; session-keyfile none;
	listen-on port $port { 127.0.0.1; }; listen-on-v6 { none; };
	recursion no; dnssec-validation no; empty-zones-enable no;
	response-policy { zone "rpz.example"; } recursive-only no;
};
controls { };
zone "." { type primary; file "root.zone"; };
zone "rpz.example" { type primary; file "rpz.zone"; };
END
"$named" -g -c named.conf >named.log 2>&1 &
pid=$!
ask()
{
	dig @127.0.0.1 -p "$port" +noall +comments +answer +tries=1 +time=2 "$@"
}
tries=0
until ask unlisted.example A | grep -q '192\.0\.2\.99'; do
	kill -0 $pid 2>/dev/null || fail "BIND ended: $(tail -n 5 named.log)"
	tries=$((tries + 1))
	[ $tries -lt 50 ] || fail "BIND does not answer: $(tail -n 5 named.log)"
	sleep 0.2
done
sed 's/$/. A/' names >questions
ask -f questions >answers
awk '
/->>HEADER<<-/ { if (count++) print verdict; verdict = "blocked" }
$4 == "A" && $5 == "192.0.2.99" { verdict = "passes" }
END { print verdict }' answers >theirs

# ---- beacontrap ----

"$BT_PROGRAM" compile -o rpz.trie rpz.zone >compile.log 2>&1 || fail "$(cat compile.log)"
"$BT_PROGRAM" lookup --trie rpz.trie --file names >hits 2>lookup.log || [ $? -eq 1 ] || fail "$(cat lookup.log)"
awk '
FNR == NR { sub(/:.*/, "", $1); hit[$1]; next }
{ print $1 in hit ? "blocked" : "passes" }' hits names >ours

# ---- the same, but for wildcards that end in DNS ----

[ "$(wc -l <theirs)" -eq 2000 ] || fail "BIND gave $(wc -l <theirs) answers to 2000 questions"
paste -d ' ' names ours theirs | awk '
function parent(name) { return name ~ /\./ ? substr(name, index(name, ".") + 1) : "" }
FILENAME == "rules" {
	owner[$1]
	for (name = $1; name != ""; name = parent(name))
		node[name]
	next
}
{ count[$2]++ }
$2 == $3 { same++; next }
{
	# between the name and the wildcard that covers it there is something in the zone
	between = 0
	for (name = $1; name != "" && !(("*." parent(name)) in owner); name = parent(name))
		between += name in node
	if (between + (name in node) > 0 && !($1 in owner))
		wanted++
	else {
		print "differs: " $0
		bad = 1
	}
}
END {
	printf "%d names: %d blocked, %d pass; the same %d, wildcards that end in DNS %d\n",
		NR - rules, count["blocked"], count["passes"], same, wanted
	exit bad || same < 1000 || count["blocked"] < 100 || count["passes"] < 100
}' rules=41 rules - || fail "with BT_SEED=$seed: $(cat rules)"
