#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# update.sh -- `beacontrap update` against servers that misbehave: the last good copy stays
set -eu
: "${BT_PROGRAM:?}" "${BT_FEED_SERVER:?}"

work=$(mktemp -d)
pids=''
# shellcheck disable=SC2317 # called by the trap
clean_up()
{
	for pid in $pids; do
		kill "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY

fail()
{
	echo "FAILED: $*"
	[ ! -s out ] || sed 's/^/> /' out
	exit 1
}

# serve PORTFILE ARGUMENT...
serve()
{
	file=$1
	shift
	"$BT_FEED_SERVER" "$@" >"$file" &
	pids="$pids $!"
	tries=100
	until [ -s "$file" ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || fail "the server does not begin"
		sleep 0.05
	done
}

mkdir served
serve port served asked
port=$(cat port)
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=127.0.0.1 \
	-addext subjectAltName=IP:127.0.0.1 >openssl.log 2>&1 || fail "$(cat openssl.log)"
serve tls-port served asked cert.pem key.pem
tls_port=$(cat tls-port)

# names FROM TO: a list of that many names
names()
{
	seq -f 'n%g.evil.example' "$1" "$2"
}

# configure LINE...: of the one list, which comes from $url
configure()
{
	{
		echo "state-dir: state"
		echo "lists:"
		echo "  - name: feed"
		echo "    url: $url"
		for line in "$@"; do
			echo "    $line"
		done
	} >beacontrap.yaml
}

# update STATUS OPTION...
update()
{
	expected=$1
	shift
	status=0
	"$BT_PROGRAM" -c beacontrap.yaml update "$@" >out 2>&1 || status=$?
	[ "$status" -eq "$expected" ] || fail "update $*: status $status, not $expected"
}

# until_says FILE TEXT
until_says()
{
	tries=200
	until grep -q -e "$2" "$1"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || fail "$1 does not say: $2"
		sleep 0.05
	done
}

says()
{
	grep -q -e "$1" out || fail "it does not say: $1"
}

# blocks NAME, passes NAME: by the trie in force
blocks()
{
	"$BT_PROGRAM" -c beacontrap.yaml lookup "$1" >found 2>&1 || fail "$1 is not in the trie"
}

passes()
{
	! "$BT_PROGRAM" -c beacontrap.yaml lookup "$1" >found 2>&1 || fail "$1 is in the trie"
}

# ---- a list comes, stays, and changes ----

names 1 100 >served/list
url=http://127.0.0.1:$port/ok/list
configure
update 0
says '^feed: 100 names, 100 added, 0 removed$'
blocks n100.evil.example
cmp -s served/list state/lists/feed || fail "the copy is not what was served"
[ ! -e state/lists/.new-feed ] || fail "something is left over"

update 0
says '^feed: not changed$'
tail -n 1 asked | grep -q 'etag="' || fail "it does not ask whether anything has changed"
cp -p state/beacontrap.trie before
update 0
cmp -s before state/beacontrap.trie || fail "it compiles what has not changed"

touch -d '25 hours ago' state/beacontrap.trie # something may have expired
update 0
cmp -s before state/beacontrap.trie || fail "it compiles something else"
[ -n "$(find state/beacontrap.trie -mmin -60)" ] || fail "it does not compile what is a day old"

names 2 101 >served/list
update 0 --dry-run --names
says '^+ n101\.evil\.example$'
says '^- n1\.evil\.example$'
says '^feed: 100 names, 1 added, 1 removed (dry run: not taken)$'
passes n101.evil.example
update 0
says '^feed: 100 names, 1 added, 1 removed$'
blocks n101.evil.example
passes n1.evil.example

# somebody else changed the copy: the server's word is not for that one
names 1 50 >state/lists/feed
update 0
says '^feed: 100 names, 51 added, 1 removed$'

# what was fetched and not compiled is compiled the next time, though nothing comes
names 3 102 >state/lists/feed
cp served/list kept
cp state/lists/feed served/list
url=http://127.0.0.1:$port/bare/list
configure
update 0
says '^feed: not changed$'
blocks n102.evil.example
cp kept served/list
url=http://127.0.0.1:$port/ok/list
configure
update 0
blocks n101.evil.example

# ---- what is refused, and what fails: the copy and the trie stay ----

# refuses STATUS HOW REASON LINE...: a list that comes that way
refuses()
{
	refused_as=$1
	url=$2
	reason=$3
	shift 3
	cp -p state/lists/feed copy
	cp -p state/beacontrap.trie trie
	configure "$@"
	update 1
	says "^feed: $refused_as: $reason.*; the copy of .* UTC stays\$"
	cmp -s copy state/lists/feed || fail "$url: the copy is another"
	cmp -s trie state/beacontrap.trie || fail "$url: the trie is another"
	[ ! -e state/lists/.new-feed ] || fail "$url: something is left over"
	blocks n101.evil.example
}

at=http://127.0.0.1:$port
names 2 101 >served/list
refuses failed "$at/404/list" 'the server answers 404'
refuses failed "$at/300/list" 'the server answers 300'
says 'answers 300; the copy'
refuses failed "$at/500/list" 'the server answers 500'
refuses failed "$at/cut/list" 'cut off after [1-9][0-9]* octets'
refuses failed "$at/chunks/list" '.'
refuses failed "$at/slow/list" 'time ran out after' 'fetch: { timeout: 1s }'
refuses failed "$at/silent/list" 'time ran out after 0 octets' 'fetch: { timeout: 1s }'
refuses failed "$at/loop/list" '.*redirects'
refuses failed "$at/ok/list" 'it is larger than 1024 octets (max-size)' 'fetch: { max-size: 1KiB }'
refuses failed "$at/bare/list" 'it is larger than 1024 octets (max-size)' 'fetch: { max-size: 1KiB }'
refuses failed "http://127.0.0.1:1/list" '.*onnect'
refuses failed "file://$work/served/none" '.'
refuses refused "$at/page/list" 'it is a page of HTML, not a list'
: >served/empty
refuses refused "$at/ok/empty" 'it is empty'
echo "nothing to say" >served/words
refuses refused "$at/ok/words" 'no indicator in it'
names 1 49 >served/few
refuses refused "$at/ok/few" 'it has 49 names, where 100 were: more than 50 % less'
refuses refused "$at/ok/few" 'it has 49 names, where 100 were: more than 10 % less' 'fetch: { max-shrink: 10% }'
{ echo "# Number of entries: 1,200" && names 1 1000; } >served/counted
refuses refused "$at/ok/counted" 'it says that it has 1200 entries, and 1000 came'
refuses refused "$at/short/counted" 'it says that it has 1200 entries, and'
{ names 1 100 && yes '? ? ?' | head -n 101; } >served/bad
refuses refused "$at/ok/bad" 'it has more bad lines (101) than good ones (100)'
refuses refused "$at/ok/list" 'its SHA-256 is [0-9a-f]\{64\}, not 00' \
	"fetch: { sha256: $(printf '%064d' 0) }"
head -c 100000000 /dev/zero | tr '\0' '\n' | gzip >served/bomb
refuses refused "$at/ok/bomb" 'is compressed to less than a 256th of what it holds'
refuses failed "$at/encoded/bomb" 'it is larger than' 'fetch: { max-size: 10MiB }'

# ---- keys ----

echo "Auth-Key: wrong" >headers
refuses failed "$at/locked/list" 'the server answers 403 (does it want a key' 'fetch: { headers-file: headers }'
echo "Auth-Key secret" >headers
refuses failed "$at/locked/list" '.*headers:1: expected a header, Name: value' 'fetch: { headers-file: headers }'
refuses failed "$at/locked/list" '.*none: No such file' 'fetch: { headers-file: none }'
printf '# of the abuse desk\nAuth-Key: secret\n' >headers
refuses failed "$at/moved/list" 'the server answers 302, a redirect, which is not followed' \
	'fetch: { headers-file: headers }'
names 2 103 >served/list
url=$at/locked/list
configure 'fetch: { headers-file: headers }'
update 0
blocks n103.evil.example

# ---- https ----

tls_at=https://127.0.0.1:$tls_port
refuses failed "$tls_at/ok/list" '.*ertificate'
names 2 104 >served/list
refuses failed "$tls_at/down/list" '.' 'fetch: { ca-file: cert.pem }'
url=$tls_at/moved/list
configure 'fetch: { ca-file: cert.pem }'
update 0
blocks n104.evil.example

# with a ca-file, the certificates that the system trusts are not trusted: one of them is the server's
if [ "$(id -u)" -eq 0 ] && [ -d /etc/ssl/certs ] && unshare -m true 2>/dev/null; then
	openssl req -x509 -newkey rsa:2048 -nodes -keyout other-key.pem -out other.pem -days 2 -subj /CN=other \
		>openssl.log 2>&1 || fail "$(cat openssl.log)"
	mkdir certs
	cp cert.pem "certs/$(openssl x509 -noout -hash -in cert.pem).0"
	url=$tls_at/ok/list
	configure 'fetch: { ca-file: other.pem }'
	status=0
	unshare -m sh -c 'mount --bind certs /etc/ssl/certs && exec "$@"' sh \
		"$BT_PROGRAM" -c beacontrap.yaml update >out 2>&1 || status=$?
	[ "$status" -eq 1 ] || fail "a certificate of the system: status $status, not 1"
	says '^feed: failed: .*ertificate'
fi

# ---- what is good ----

sha=$(sha256sum served/list | cut -d' ' -f1 | tr a-f A-F)
url=$at/ok/list
configure "fetch: { sha256: $sha }"
update 0
refuses refused "$at/ok/list" 'its SHA-256 is [0-9a-f]\{64\}, not 00' \
	"fetch: { sha256: $(printf '%064d' 0) }" # though the server has nothing new
names 2 20 >served/list
configure
update 0 --force
says '^feed: 19 names, 0 added, 84 removed$'
passes n21.evil.example
names 2 200 | gzip >served/list
update 0
blocks n200.evil.example
url=$at/encoded/list
configure
names 2 201 | gzip >served/list
update 0
blocks n201.evil.example
url=file://$work/served/plain
configure
names 2 202 >served/plain
update 0
blocks n202.evil.example
update 0
says '^feed: not changed$'

# ---- several, of which one has never come: the others are in force ----

names 1 30 >served/one
cat >beacontrap.yaml <<END
state-dir: several
lists:
  - { name: one, url: $at/ok/one }
  - { name: two, url: $at/404/two }
  - { name: three, url: $at/ok/one, file: three.txt }
  - { name: own, file: own.txt }
END
echo own.example >own.txt
update 1
says '^two: failed: the server answers 404; there is no copy of it$'
says 'two: not fetched yet'
blocks n30.evil.example
blocks own.example
cmp -s three.txt served/one || fail "file: is not where the copy is"
update 1 --format json
grep -q '^{"dryRun":false,"lists":\[{"list":"one","outcome":"same",' out || fail "no JSON"
grep -q '{"list":"two","outcome":"failed","octets":[0-9]*,"reason":"the server answers 404"}' out || fail "no JSON"
grep -q '"compiled":"not needed"}$' out || fail "it compiles again"
"$BT_PROGRAM" -c beacontrap.yaml doctor --server 127.0.0.1@1 >out 2>&1 || :
says '^warn  list  *two: not fetched yet'
says "^      -> run .beacontrap update.\$"
update 0 one
! grep -q two out || fail "a list that was not asked for"
update 2 own
says "the list 'own' has no url"
update 2 four
says "has no list 'four'"

# what is not fetched is compiled all the same
printf 'state-dir: none\nlists:\n  - { name: own, file: own.txt }\n' >none.yaml
"$BT_PROGRAM" -c none.yaml update >out 2>&1 || fail "update without a url"
says 'no list has a url'
[ -s none/beacontrap.trie ] || fail "it does not compile"

# a list that is gone goes, and one that was not there comes in, however old it is
cp none.yaml more.yaml
echo "  - { name: more, url: file://$work/served/none, file: more.txt }" >>more.yaml
"$BT_PROGRAM" -c more.yaml compile >out 2>&1 || fail "compile"
cp served/one more.txt
touch -d '2 days ago' more.txt
"$BT_PROGRAM" -c more.yaml update >out 2>&1 || :
"$BT_PROGRAM" -c more.yaml lookup n1.evil.example >out 2>&1 || fail "a list that has come is not compiled"
"$BT_PROGRAM" -c none.yaml update >out 2>&1 || fail "update without a list that was there"
! "$BT_PROGRAM" -c none.yaml lookup n1.evil.example >out 2>&1 || fail "a list that is gone is in force"

# one at a time
exec 9<several/lists
flock -n 9 || fail "flock"
update 2
says 'another update is running'
exec 9<&-

# what changes while it fetches counts
echo '# as many octets as it takes to change the configuration' >served/meanwhile
echo slow.example >>served/meanwhile
printf 'state-dir: meanwhile\nlists:\n  - { name: slow, url: "%s/slow/meanwhile" }\n' "$at" >meanwhile.yaml
"$BT_PROGRAM" -c meanwhile.yaml update >updated 2>&1 &
updating=$!
pids="$pids $updating"
until_says asked '/slow/meanwhile'
echo '  - { name: own, file: own.txt }' >>meanwhile.yaml
"$BT_PROGRAM" -c meanwhile.yaml compile >out 2>&1 || fail "compile while an update is running"
wait $updating || fail "update: $(cat updated)"
for name in slow.example own.example; do
	"$BT_PROGRAM" -c meanwhile.yaml lookup $name >out 2>&1 || fail "$name: what was configured first is in force"
done

# and of two compiles the one that began last has the last word
exec 9<meanwhile/compile.lock
flock -n 9 || fail "flock"
"$BT_PROGRAM" -c meanwhile.yaml compile >compiled 2>&1 9<&- &
compiling=$!
pids="$pids $compiling"
until_says compiled 'waiting for another compile'
echo late.example >own.txt
exec 9<&-
wait $compiling || fail "compile: $(cat compiled)"
"$BT_PROGRAM" -c meanwhile.yaml lookup late.example >out 2>&1 || fail "it read its lists before its turn"
echo own.example >own.txt

# what root makes, the timer can use, as whoever has the state directory
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 755 . && cp "$BT_PROGRAM" program
	rm -r several/lists
	chown 65534:65534 several
	(umask 077 && update 1)
	rm several/beacontrap.trie
	setpriv --reuid 65534 --regid 65534 --clear-groups ./program -c beacontrap.yaml update one >out 2>&1 ||
		fail "update by another user"
	says '^one: not changed$'
	[ -s several/beacontrap.trie ] || fail "another user does not compile"
fi

# a full disk, or as good as one
if [ -w /dev/full ] && [ "$(id -u)" -ne 0 ]; then
	chmod 500 several/lists
	update 1
	says 'failed: .*Permission denied'
	chmod 700 several/lists
fi
names 1 40 >served/one
mkdir kept-aside
mv own.txt kept-aside
update 2
says 'own.txt: No such file'
says 'the old trie stays in force'
mv kept-aside/own.txt own.txt
update 1
blocks n40.evil.example
