#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# cli.sh -- the program as a user runs it, held against the transcripts in golden/
#
# $BT_PROGRAM and $BT_MAKE_EVENTS are the programs; names of groups as arguments run only those.
# BT_UPDATE=1 writes the transcripts anew: read the difference before you commit it.
# shellcheck disable=SC2317 # groups are called by their names
set -u

absolute()
{
	case $1 in
	/*) echo "$1" ;;
	*) echo "$PWD/$1" ;;
	esac
}

program=$(absolute "${BT_PROGRAM:-bin/beacontrap}")
make_events=$(absolute "${BT_MAKE_EVENTS:-tests/make-events}")
golden=$(absolute "${srcdir:-.}")/tests/golden
for needed in "$program" "$make_events"; do
	if [ ! -x "$needed" ]; then
		echo "cli.sh: $needed is not there: set BT_PROGRAM and BT_MAKE_EVENTS" >&2
		exit 99
	fi
done

LC_ALL=C TZ=Pacific/Auckland # the program's output does not depend on these
export LC_ALL TZ
unset BEACONTRAP_CONFIG NO_COLOR TZDIR
umask 022

folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
cd "$folder" || exit 99

failed=0

# What differs from machine to machine, from run to run, and with root, whose folders are made for
# Unbound's user (tests/live/owner.sh).
steady()
{
	sed -e "s|$folder|FOLDER|g" -e 's/\r$/<CR>/' \
		-e 's/^  bytes\( *\)[0-9][0-9]*\( ([0-9.]* a name)\)*$/  bytes\1N/' \
		-e 's/^  memory\( *\)[0-9][0-9]* ([0-9.]* a name)$/  memory\1N/' \
		-e 's/^  digest\( *\)[0-9a-f]\{16\}$/  digest\1N/' \
		-e 's/^  seconds\( *\)[0-9.]*$/  seconds\1N/' \
		-e '/^beacontrap: [^ ]*: made, for /d' \
		-e 's/^beacontrap [0-9(].*/beacontrap VERSION/'
}

# Runs the program: what it was asked, what it answered, what it said, and how it ended.
try()
{
	"$program" "$@" >out 2>err </dev/null
	status=$?
	echo "\$ beacontrap $*"
	steady <out
	steady <err | sed 's/^/! /'
	echo "= $status"
	echo
}

# The same for what runs the program in another way: $1 is its text, the rest a command.
try_as()
{
	text=$1
	shift
	"$@" >out 2>err
	status=$?
	echo "\$ $text"
	steady <out
	steady <err | sed 's/^/! /'
	echo "= $status"
	echo
}

# Runs a group in a folder of its own, and compares its transcript.
group()
{
	mkdir "$folder/$1" && cd "$folder/$1" || exit 99
	"group_$1" >"$folder/$1.txt"
	cd "$folder" || exit 99
	if [ -n "${BT_UPDATE:-}" ]; then
		cp "$1.txt" "$golden/$1.txt"
	elif diff -u "$golden/$1.txt" "$1.txt"; then
		echo "ok: $1"
	else
		echo "FAILED: $1"
		failed=1
	fi
}

# ---- what the groups work with ----

# A list file whose time is known, from standard input.
list()
{
	cat >"$1" && touch -d '2026-01-02 03:04:05 UTC' "$1"
}

make_lists()
{
	list campaign.yaml <<-'END'
		campaign: Trap
		actor: SILENT TESTER
		family: Trapper
		reference: https://example.org/advisory
		context:
		  files:
		    - sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
		      name: dropper.exe
		indicators:
		  - evil.example
		  - domain: beacon.example
		    family: Dropper
	END
	list more.txt <<-'END'
		# a comment
		evil.example
		deep.evil.example
		Upper.Example.
		tie.example
		pair.example
	END
	list hosts.txt <<-'END'
		0.0.0.0 exact.example
		0.0.0.0 tie.example
	END
	list allowed.txt <<-'END'
		good.evil.example
		tie.example
		pair.example
	END
	list trial.txt <<-'END'
		evil.example
		only-trial.example
	END
}

make_config()
{
	cat >config.yaml <<-'END'
		state-dir: state
		resolver-id: dns1.example.net
		sinkhole: { ipv4: 192.0.2.1, ipv6: "2001:db8::1", ttl: 10 }
		lists:
		  - { name: campaign, file: campaign.yaml }
		  - { name: more, file: more.txt, action: nxdomain }
		  - { name: hosts, file: hosts.txt, action: refused }
		  - { name: trial, file: trial.txt, action: log }
	END
}

# The same with a list that allows; without it a tie is for the order to decide.
allow_too()
{
	echo "  - { name: allowed, file: allowed.txt, action: allow }" >>config.yaml
}

# The same with what differs from list to list, and from client to client.
clients_too()
{
	cat >>config.yaml <<-'END'
		  - { name: own, file: own.yaml, sinkhole: { ipv4: 198.51.100.1, ipv6: none, ttl: 60 } }
		  - { name: slow, file: slow.txt, action: nxdomain, sinkhole: { ttl: 3600 } }
		clients:
		  - { name: malware-lab, networks: [ 10.9.0.0/16 ], lists: none }
		  - { name: guests, networks: [ 10.20.0.0/16, "2001:db8:20::/48" ], lists: [ campaign, own ] }
		  - { name: pilots, networks: [ 10.0.0.0/8, 192.0.2.7, "::/0" ], action: log }
		  - { name: others, networks: [] }
		trusted-forwarders: [ 127.0.0.0/8, "::1" ]
	END
	list own.yaml <<-'END'
		campaign: Own
		indicators:
		  - { domain: own.example, family: Owned }
	END
	echo slow.example | list slow.txt
}

# ---- the groups ----

group_usage()
{
	try --help
	try -h
	try --version
	try
	try frobnicate
	try --frobnicate
	try -c
	for command in compile verify dump lookup allow block pause overrides check-config report hunt tail export extract metrics forget rollup update; do
		try "$command" --help
		try -c none.yaml "$command" -h
		try "$command" --frobnicate
	done
	try verify extra
	try dump --trie
	try check-config extra
	try lookup
	try lookup --file
	try lookup --format xml evil.example
	try lookup ..
	try compile list.txt
	try compile --action allow
	try compile --action explode -o out.trie list.txt
	try compile --scope wide -o out.trie list.txt
	try compile --format doc -o out.trie list.txt
	try report --format xml
	try report --since yesterday-ish
	try report --until 2026-02-30
	try report --since 2026-11-24 --until 2026-11-23
	try report --tz Mars/Olympus
	try report --by moon
	try export
	try export --as latin
	try export --as rpz --trie x.trie list.txt
	try export --as rpz nonesuch.txt
	try tail --format xml
	try tail --since yesterday-ish
	try tail none
	try tail one two
	try report --sort colour
	try report --limit -1
	try report --min-endpoints many
	try report --action explode
	try report --client 10.0.0.300
	try report --baseline 7d
	try report --all --by list
	try report --credited
	try report --domain 'bad..name'
	try hunt list.txt
	try hunt list.txt --
	try hunt --log-format syslog list.txt -- log
	try hunt --trie x.trie list.txt -- log
	try hunt none.txt -- log
	# no configuration
	for command in compile verify dump 'lookup evil.example' check-config report; do
		# shellcheck disable=SC2086 # words
		try -c none.yaml $command
	done
	BEACONTRAP_CONFIG=other.yaml
	export BEACONTRAP_CONFIG
	try check-config
	unset BEACONTRAP_CONFIG
}

group_config()
{
	make_lists
	make_config
	allow_too
	try -c config.yaml check-config
	try check-config --config config.yaml
	cp config.yaml plain.yaml
	clients_too
	try -c config.yaml check-config
	mv plain.yaml config.yaml
	rm hosts.txt more.txt
	: >trial.txt
	mkdir more.txt
	try -c config.yaml check-config
	cat >broken.yaml <<-'END'
		state-dir: state
		colour: red
		sinkhole: { ttl: soon }
		lists:
		  - { name: one, file: campaign.yaml, action: explode }
		  - { file: campaign.yaml }
		clients:
		  - { name: guests, networks: [ 10.0.0.1/8 ], lists: [ two ], action: allow }
		trusted-forwarders: [ localhost ]
	END
	try -c broken.yaml check-config
	try -c broken.yaml compile
	try -c . check-config
}

group_compile()
{
	make_lists
	make_config
	# the first time: the state directory is made, whatever the umask
	umask 077
	try -c config.yaml compile
	umask 022
	try_as 'modes' stat -c '%a %n' state state/beacontrap.trie
	try_as 'state' ls state
	# the same again: nothing to keep; then something else: the old one is kept
	try -c config.yaml compile
	try_as 'state' ls state
	cp state/beacontrap.trie first
	echo new.example | list more.txt
	try -c config.yaml compile
	try_as 'the first is kept' cmp first state/beacontrap.trie.prev
	try_as 'modes' stat -c '%a %n' state/beacontrap.trie.prev
	try_as 'the new one is another' cmp -s first state/beacontrap.trie
	# a broken one is not worth keeping
	echo garbage >state/beacontrap.trie
	try -c config.yaml compile
	try_as 'the first is still kept' cmp first state/beacontrap.trie.prev
	# whatever fails, the old one stays
	cp state/beacontrap.trie good
	rm more.txt
	try -c config.yaml compile
	: >more.txt
	try -c config.yaml compile
	{ echo 'bad..name' && echo fine.example; } | list more.txt
	try -c config.yaml compile --strict
	try_as 'the old one stays' cmp good state/beacontrap.trie
	try_as 'no leftovers' ls state
	# also the previous one, if the new one cannot be put in place
	mv state/beacontrap.trie aside && ln -s ../aside state/beacontrap.trie
	try -c config.yaml compile
	try_as 'the first is still kept' cmp first state/beacontrap.trie.prev
	rm state/beacontrap.trie && mv aside state/beacontrap.trie
	try -c config.yaml compile
	# a folder in the way of the state directory, and of the trie
	rm -r state && : >state
	try -c config.yaml compile
	rm state && mkdir -p state/beacontrap.trie
	try -c config.yaml compile
}

group_bad_lines()
{
	{
		i=0
		while [ "$i" -lt 25 ]; do
			i=$((i + 1))
			echo "bad..line$i"
		done
		echo fine.example
	} | list many.txt
	printf 'fine.example\nbad\033[31mred..example\n' | list escape.txt
	try compile -o out.trie many.txt escape.txt
	try compile -o out.trie --all-errors many.txt
	try compile -o out.trie --strict many.txt
}

group_files()
{
	make_lists
	try compile -o out.trie campaign.yaml more.txt
	try_as 'mode' stat -c '%a %n' out.trie
	try dump --trie out.trie
	try compile --action nxdomain --scope exact --format domains --output out.trie more.txt
	try dump --trie out.trie
	try lookup --trie out.trie evil.example www.evil.example
	# names of lists
	mkdir sub
	cp more.txt sub/more.list
	try compile -o out.trie more.txt sub/more.list
	# places
	try compile -o none/out.trie more.txt
	try compile -o sub more.txt
	try compile -o out.trie none.txt
	try compile -o new.trie none.txt
	try_as 'a link is not followed' ln -s out.trie link.trie
	try compile -o link.trie more.txt
	try compile -o /dev/null more.txt
	try_as 'still a device' test -c /dev/null
}

group_trie()
{
	make_lists
	make_config
	allow_too
	try -c config.yaml compile
	try -c config.yaml verify
	try -c config.yaml dump
	cp state/beacontrap.trie copy.trie
	try verify --trie copy.trie
	try verify -t none.trie
	size=$(wc -c <copy.trie)
	head -c $((size - 1)) copy.trie >short.trie
	{ cat copy.trie && echo; } >long.trie
	: >empty.trie
	for file in short long empty; do
		for command in verify dump 'lookup evil.example'; do
			# shellcheck disable=SC2086 # words
			"$program" $command --trie $file.trie >out 2>err
			echo "$file.trie: $command: status $?," \
				"$(grep -c "^beacontrap: $file.trie: ." err) reason, $(wc -l <out) lines"
		done
	done
}

# What lists say is what a trie says: not where they are, when they changed, or in which order.
group_same()
{
	make_lists
	"$program" compile -o first.trie campaign.yaml more.txt hosts.txt >/dev/null
	"$program" compile -o second.trie campaign.yaml more.txt hosts.txt >/dev/null
	try_as 'again' cmp first.trie second.trie
	mkdir -p other/place
	cp hosts.txt other/place
	sort -r more.txt >other/place/more.txt
	awk '/domain: beacon/ { late = $0; next } late == "" || !/family:/ { print }
		/family:/ && late != "" { late = late "\n" $0 } END { print late }' campaign.yaml \
		>other/place/campaign.yaml
	sed -i 's/^indicators:$/&\n  - other.example\n  - other.example/' other/place/campaign.yaml
	sed 's/^indicators:$/&\n  - other.example/' campaign.yaml >campaign.tmp
	mv campaign.tmp campaign.yaml
	"$program" compile -o first.trie campaign.yaml more.txt hosts.txt >/dev/null
	(cd other/place && "$program" compile -o ../../second.trie campaign.yaml more.txt hosts.txt) >/dev/null
	try_as 'another place, time and order' cmp first.trie second.trie
	"$program" compile -o second.trie more.txt campaign.yaml hosts.txt >/dev/null
	try_as 'the order of lists matters' cmp -s first.trie second.trie
	# what is configured is dated
	make_config
	"$program" -c config.yaml compile >/dev/null
	mkdir copy
	cp -p config.yaml campaign.yaml more.txt hosts.txt trial.txt copy
	"$program" -c copy/config.yaml compile >/dev/null
	try_as 'copies with their times' cmp state/beacontrap.trie copy/state/beacontrap.trie
	touch -d '2026-01-02 03:04:06 UTC' copy/trial.txt
	"$program" -c copy/config.yaml compile >/dev/null
	try_as 'the time matters' cmp -s state/beacontrap.trie copy/state/beacontrap.trie
}

# Dumps, compiles and compares.
round()
{
	"$program" dump --trie "$1" >round.dump
	"$program" compile -o round.trie round.dump >/dev/null
	try_as "round trip of $1" cmp "$1" round.trie
}

group_dump()
{
	make_lists
	make_config
	allow_too
	"$program" -c config.yaml compile >/dev/null
	try -c config.yaml dump
	round state/beacontrap.trie
	# lists with all that they can have
	list odd.yaml <<-'END'
		campaign: "a \"quoted\" \\ name"
		actor: ŁABĘDŹ 🦢
		note: [ "x=y", "zero\u200bwidth", "#end" ]
		context:
		  files:
		    - md5: 0123456789abcdef0123456789abcdef
		indicators:
		  - '\000\255.odd.example'
		  - '\035hash.example'
		  - '\009tab\;\046.example'
		  - { domain: twice.example, scope: exact, family: One }
		  - { domain: twice.example, scope: below, family: Two }
		  - { domain: wide.example, scope: below, family: "Two", note: [ b, a ] }
	END
	try compile -o odd.trie odd.yaml more.txt hosts.txt
	try dump --trie odd.trie
	round odd.trie
	"$program" compile -o allow.trie --action allow --scope exact more.txt >/dev/null
	round allow.trie
	# clients, answers of lists, and nothing in force
	clients_too
	echo 'enabled: false' >>config.yaml
	try -c config.yaml compile
	try -c config.yaml verify
	try -c config.yaml dump
	round state/beacontrap.trie
	try -c config.yaml lookup own.example slow.example
	try -c config.yaml lookup --format json own.example slow.example
	# what no list can have, and in another order
	{
		printf '#beacontrap dump 2\n#sinkhole\t-\t2001:db8::1\t86400\toff\n'
		printf '#list\tdéjà vu\tlog\tcount\t2038-01-19T03:14:08Z\t-\t-\t0\ta=b\ta=\n'
		printf '#list\tempty\tdrop\toff\t-\t-\t2001:db8::1\t86400\n'
		printf '#list\tlocal\tsinkhole\tfull\t-\t-\t2001:db8::1\t86400\n'
		printf '#group\ta b\tdrop\t-\tsinkhole\n#network\t::ffff:0:0/96\ta b\n'
		printf '#disabled\n#forwarder\t0.0.0.0/0\n#network\t::1\ta b\n'
		printf '# a comment\n\\\\x.example\tdéjà vu\texact\tk\\x3d=\\u202e\n'
		printf 'example\tdéjà vu\tsubtree\n.\tdéjà vu\tbelow\n'
		printf 'here.example\tlocal\tsubtree\n#end\n'
	} >root.dump
	try compile -o root.trie root.dump
	try dump --trie root.trie
	try verify --trie root.trie
	round root.trie
	try lookup --trie root.trie any.test
	# a dump stands alone, and whole
	try compile root.dump
	try compile -o out.trie root.dump more.txt
	try compile -o out.trie more.txt root.dump
	try compile -o out.trie --action log root.dump
	sed '$d' root.dump >cut.dump
	try compile -o root.trie cut.dump
	sed 's/subtree/wide/' root.dump >wrong.dump
	try compile -o root.trie wrong.dump
	sed '1s/2/9/' root.dump >newer.dump
	try compile -o root.trie newer.dump
	cp root.dump more.txt
	try -c config.yaml compile
}

# Names from a file: a line a hit.
group_names()
{
	make_lists
	make_config
	allow_too
	"$program" -c config.yaml compile >/dev/null
	cat >names <<-'END'
		# who was asked for
		www.evil.example
		  hxxps://BEACON[.]example/path

		bad..name
		harmless.example
		x.good.evil.example
		two words
		exact.example
		below.exact.example
		only-trial.example.
	END
	printf 'tie.example\r\nevil.example' >>names
	try -c config.yaml lookup --file names
	try -c config.yaml lookup --file names --format json
	echo www.evil.example >names
	try_as 'lookup --file -' "$program" -c config.yaml lookup --file - <names
	echo harmless.example >names
	try -c config.yaml lookup --file names
	echo good.evil.example >names
	try -c config.yaml lookup --file names
	# it cannot say "none"
	echo 'bad..name' >>names
	try -c config.yaml lookup --file names
	: >names
	try -c config.yaml lookup --file names
	try -c config.yaml lookup --file none
	try -c config.yaml lookup --file state
	try -c config.yaml lookup --file names evil.example
	# more than wait at once, and more bad ones than are shown
	awk 'BEGIN {
		for (i = 0; i < 1000; i++)
			print i % 3 == 0 ? "evil.example" : i % 40 < 2 ? "a..b" : "n" i ".example"
	}' >names
	"$program" -c config.yaml lookup --file - <names >hits 2>err
	echo "status $?, $(sort -u hits), $(wc -l <hits) times"
	tail -n 2 err
	# what is known is shown before there is more
	mkfifo pipe
	"$program" -c config.yaml lookup --file pipe >heard &
	exec 3>pipe
	echo evil.example >&3
	tries=0
	while [ ! -s heard ] && [ "$tries" -lt 200 ]; do
		tries=$((tries + 1))
		sleep 0.05
	done
	try_as 'pipe' cat heard
	exec 3>&-
	wait
}

# Lists that are too much for the memory there is leave the old trie alone.
group_memory()
{
	echo good.example | list small.txt
	awk 'BEGIN { for (i = 0; i < 1000000; i++) printf "name-%d.of-a-long-list.example\n", i }' |
		list big.txt
	"$program" compile -o out.trie small.txt >/dev/null
	cp out.trie good
	# shellcheck disable=SC3045 # dash and bash have it
	(ulimit -v 40960 && exec "$program" compile -o out.trie big.txt) >out 2>err
	echo "status $?"
	sed 's/[0-9][0-9][0-9][0-9]*/N/g' err
	try_as 'the old one stays' cmp good out.trie
	try_as 'no leftovers' sh -c 'ls out.trie*'
}

group_lookup()
{
	make_lists
	make_config
	"$program" -c config.yaml compile >/dev/null
	try -c config.yaml lookup evil.example
	try -c config.yaml lookup www.EVIL.example.
	try -c config.yaml lookup x.deep.evil.example
	try -c config.yaml lookup beacon.example
	try -c config.yaml lookup exact.example
	try -c config.yaml lookup below.exact.example
	try -c config.yaml lookup tie.example
	try -c config.yaml lookup www.tie.example
	try -c config.yaml lookup only-trial.example
	try -c config.yaml lookup harmless.example
	try -c config.yaml lookup notevil.example evil.example.org
	try -c config.yaml lookup .
	try -c config.yaml lookup 'hxxps://evil[.]example/path'
	try -c config.yaml lookup "$(printf 'bad\033]0;title\007name')"
	allow_too
	"$program" -c config.yaml compile >/dev/null
	try -c config.yaml lookup tie.example
	try -c config.yaml lookup pair.example
	try -c config.yaml lookup www.good.evil.example
	try -c config.yaml lookup --format json www.good.evil.example beacon.example no.example tie.example
	try -c config.yaml lookup -f json no.example
}

# The state directory cannot be written, and lists not read: not for root, who can do both.
group_read_only()
{
	make_lists
	make_config
	"$program" -c config.yaml compile >/dev/null
	cp state/beacontrap.trie good
	echo new.example | list more.txt
	chmod 555 state
	try -c config.yaml compile
	try_as 'the old one stays' cmp good state/beacontrap.trie
	chmod 755 state
	chmod 0 more.txt
	try -c config.yaml compile
	try -c config.yaml check-config
	chmod 0 state/beacontrap.trie
	try -c config.yaml verify
	try -c config.yaml lookup evil.example
	chmod 0 config.yaml
	try -c config.yaml check-config
}

# On random lists too, the rules that lookup tells lead to the verdict that the plugin would give.
group_agree()
{
	seed=${BT_SEED:-$$}
	awk -v seed="$seed" 'function name(  labels, text) {
			labels = 1 + int(rand() * 3)
			for (text = "x"; labels > 0; labels--)
				text = substr("ab", 1 + int(rand() * 2), 1) "." text
			return text
		}
		BEGIN {
			srand(seed)
			split("sinkhole nxdomain allow log allow log", actions)
			split("exact below subtree", scopes)
			print "state-dir: random\nlists:" >"random.yaml"
			for (i = 1; i <= 6; i++) {
				printf "  - { name: l%d, file: l%d.yaml, action: %s }\n", i, i, actions[i] >"random.yaml"
				print "indicators:" >("l" i ".yaml")
				for (j = 0; j < 4; j++)
					printf "  - { domain: %s, scope: %s }\n", name(), scopes[1 + int(rand() * 3)] \
						>("l" i ".yaml")
			}
			for (i = 0; i < 200; i++)
				print name()
		}' >names
	"$program" -c random.yaml compile >/dev/null
	# shellcheck disable=SC2046 # words
	"$program" -c random.yaml lookup $(cat names) >out 2>err
	if [ $? -le 1 ] && [ ! -s err ]; then
		echo "$(grep -c '^  why:' out) explained"
	else
		echo "BT_SEED=$seed: $(head -n 1 err)"
	fi
}

# Two resolvers: the second has a gap, was down, and began without a trie.
make_state()
{
	make_lists
	make_config
	"$program" -c config.yaml compile >/dev/null
	mkdir state/events
	make_events_of_state
	mkdir -p second/events
	"$make_events" second/events <<-'END'
		segment dns2.example.net 99 1 2026-11-21T00:00:00Z
		policy state/beacontrap.trie
		beat start 2026-11-21T00:00:00Z none
		beat alive 2026-11-21T00:01:00Z
		event 0 1 2026-11-21T00:01:10Z 10.0.0.9 upper.example
		gap 0 2 4 2026-11-21T00:01:20Z
		event 0 5 2026-11-21T00:01:30Z 10.0.0.1 evil.example
		beat stop 2026-11-21T00:02:00Z
	END
}

# make_events_of_state ["packed"]
make_events_of_state()
{
	"$make_events" state/events <<-END
		segment dns1.example.net 17 1 2026-11-20T10:00:00Z
		policy state/beacontrap.trie
		beat start 2026-11-20T10:00:00Z
		event 0 1 2026-11-20T10:00:01.001Z 10.0.0.1 evil.example
		event 0 2 2026-11-20T10:00:02.020Z 10.0.0.1 www.evil.example
		event 1 1 2026-11-20T10:00:03.300Z 10.0.0.2 evil.example
		event 1 2 2026-11-20T10:00:04Z 2001:db8::53 beacon.example
		beat alive 2026-11-20T10:01:00Z
		event 0 3 2026-11-20T10:01:30Z 10.0.0.3 deep.evil.example
		event 0 4 2026-11-20T10:01:40Z 10.0.0.3 only-trial.example
		beat stop 2026-11-20T10:02:00Z
		close ${1:-}
	END
}

group_report()
{
	make_state
	try -c config.yaml report --as-of 2026-11-20T10:03
	try -c config.yaml report --as-of 2026-11-20T10:03 --endpoints
	try -c config.yaml report --as-of 2026-11-20T10:03 --context --tz +02:00
	try report --as-of 2026-11-20T10:03 state second
	try report --as-of 2026-11-20T10:03 --since 2026-11-20T10:00:02.020 --until 2026-11-20T10:00:04 state
	try report --as-of 2026-11-20T10:03 --since '2026-11-20 12:01:30' --tz +02:00 state
	try report --as-of 2026-11-20T10:03 --until 2026-11-20T10:00 state
	try report --as-of 2026-11-20T10:03 --list trial state
	try report --as-of 2026-11-20T10:03 --list nonesuch state
	try report --as-of 2026-11-20T10:03 --domain 'evil[.]example' state
	try report --as-of 2026-11-20T10:03 --domain www.evil.example state
	# what came twice counts once
	cp -r state copy
	try report --as-of 2026-11-20T10:03 state copy
}

group_rows()
{
	make_state
	for by in indicator list campaign family client qname day; do
		try report --as-of 2026-11-20T10:03 --by "$by" state
	done
	for by in list campaign family; do
		try report --as-of 2026-11-20T10:03 --by "$by" --credited state
	done
	try report --as-of 2026-11-20T10:03 --wide state second
	try report --as-of 2026-11-23 --wide --endpoints --by list --baseline 2026-11-20T10:00:03 state second
	try report --as-of 2026-11-20T10:03 --all state
	try report --as-of 2026-11-20T10:03 --all --list campaign --wide --format csv state
	try report --as-of 2026-11-20T10:03 --client 10.0.0.0/30 state
	try report --as-of 2026-11-20T10:03 --action log state
	try report --as-of 2026-11-20T10:03 --min-endpoints 2 state
	for column in endpoints hits first last name; do
		try report --as-of 2026-11-20T10:03 --sort "$column" --limit 2 state
	done
	try report --as-of 2026-11-20T10:03 --by day --wide --format json state second
}

# Hits without an event: of a list that has only these, of one that has both, and of events that were lost.
group_counts()
{
	make_lists
	make_config
	sed -i -e 's/file: more.txt/&, events: count/' -e 's/file: trial.txt/&, events: off/' config.yaml
	"$program" -c config.yaml compile >/dev/null
	try -c config.yaml lookup www.tie.example only-trial.example
	mkdir state/events
	"$make_events" state/events <<-'END'
		segment dns1.example.net 17 0 2026-11-20T10:00:00Z
		policy state/beacontrap.trie
		beat start 2026-11-20T10:00:00Z
		event 0 1 2026-11-20T10:00:01Z 10.0.0.1 evil.example
		count 0 1 more 2026-11-20T10:00:00Z 2026-11-20T10:00:50Z 0 1200 0 0
		count 0 1 campaign 2026-11-20T10:00:00Z 2026-11-20T10:00:51Z 0 0 0 12
		gap 0 2 18 2026-11-20T10:00:52Z
		beat alive 2026-11-20T10:01:00Z
		count 0 1 more 2026-11-20T10:01:00Z 2026-11-20T10:01:50Z 1200 12345 0 4
		beat stop 2026-11-20T10:02:00Z
		close
	END
	for by in indicator list; do
		try report --as-of 2026-11-20T10:03 --by "$by" state
	done
	try report --as-of 2026-11-20T10:03 --by list --wide --format csv state
	try report --as-of 2026-11-20T10:03 --by list --since 2026-11-20T10:01 --format json state
	try report --as-of 2026-11-20T10:03 --by list --client 10.0.0.1 --format markdown state
	"$program" report --as-of 2026-11-20T10:03 --format html state | grep -A 1 '<dt>Hits only'
	try verify state
	"$program" tail state | wc -l
	cp -r state copy
	try report --as-of 2026-11-20T10:03 --by list state copy
	"$make_events" copy/events <<-END
		segment dns1.example.net 18 1 $(date -u -d '1 hour ago' +%FT%TZ)
		policy state/beacontrap.trie
		beat start $(date -u -d '1 hour ago' +%FT%TZ)
		gap 0 1 5 $(date -u -d '1 hour ago' +%FT%TZ)
		count 0 1 more $(date -u -d '59 minutes ago' +%FT%TZ) $(date -u -d '58 minutes ago' +%FT%TZ) 7 77 0 5
		close
	END
	"$program" metrics copy | grep '{list="more"}' | grep hits
}

# What released versions wrote stays readable: tests/golden/segments has one of each kind.
group_segments()
{
	mkdir -p old/events
	for kind in plain packed counts counts-packed; do
		cp "$golden/segments/version-1-$kind.seg" "old/events/$kind.seg"
		try report --as-of 2026-11-21 --wide --endpoints old
		rm "old/events/$kind.seg"
	done
	cp "$golden/segments/version-1.roll" old/events/dns1.roll
	try report --as-of 2026-11-21 --endpoints old
	try report --as-of 2026-11-21 --by day old
	try verify old
	# packed or not, it says the same
	make_state
	"$program" report --as-of 2026-11-21 --wide --endpoints --format json state >plain
	sed -i 's/"segments":[0-9]*/"segments":N/' plain
	rm -r state/events/*
	make_events_of_state packed
	"$program" report --as-of 2026-11-21 --wide --endpoints --format json state >packed
	sed -i 's/"segments":[0-9]*/"segments":N/' packed
	cmp plain packed && echo "packed: the same"
}

# A report to a list to a trie: from its text, as a page, and from standard input.
group_extract()
{
	cat >advisory.txt <<-'END'
		Campaign X
		It talks to hxxps://www.evil[.]com/a/index.html and to beacon [dot] example.
		Ask abuse[@]cert.example; seen from 192[.]0[.]2[.]1, by ffmpeg.dll:
		SHA-256 AA124A4B4DF12B34E74EE7F6C683B2EBEC4CE9A8EDCF9BE345823B4FDCF5D868
		again: beacon[.]example, "quo'ted" \\ träger[.]de
	END
	printf '<!doctype html><title>X</title><script>var a = "no[.]example"</script><p>evil<b>[.]</b>org&#46;uk</p>' >page.html
	echo "nothing to see" >nothing.txt
	try extract advisory.txt
	try extract --verbose --campaign 'X: "the" one' page.html advisory.txt
	try extract --plain advisory.txt
	try extract nothing.txt
	try extract none.txt
	try extract
	"$program" extract - <advisory.txt >list.yaml
	try compile -o x.trie list.yaml
	try compile -o x.trie advisory.txt page.html
	try lookup --trie x.trie www.evil.com
	printf '%%PDF-1.4\n' >bad.pdf
	env PATH=/nowhere "$program" extract bad.pdf 2>&1 || echo "= $?"
}

group_continuity()
{
	make_state
	try verify state
	try verify second
	try verify state second
	try verify none
	try verify --trie state/beacontrap.trie state
	# one event less than the numbers say, one that the last heartbeat knows of, one of another time
	mkdir -p torn/events
	"$make_events" torn/events <<-'END'
		segment dns1 17 0 2026-11-20T10:00:00Z
		policy state/beacontrap.trie
		beat start 2026-11-20T10:00:00Z
		event 0 1 2026-11-20T10:00:01Z 10.0.0.1 evil.example
		event 0 3 1970-01-01T00:00:09Z 10.0.0.1 evil.example
		event 1 5 2026-11-20T10:00:03Z 10.0.0.2 evil.example
		gap 1 1 2 2026-11-20T10:00:03Z
		close packed
	END
	try verify torn
	"$make_events" torn/events <<-'END'
		segment dns1 18 3 2026-11-20T11:00:00Z
		policy state/beacontrap.trie
		event 0 100 2026-11-20T11:00:01Z 10.0.0.1 evil.example
		close
	END
	try verify torn
	rm torn/events/*11-000000.seg
	try verify torn
	printf 'X' | dd of="$(ls torn/events/*.seg)" bs=1 seek=1000 conv=notrunc 2>/dev/null
	try verify torn
	echo garbage >torn/events/garbage.seg
	try verify torn
	# whose it is, is not known any more
	printf 'X' | dd of="$(ls state/events/*.seg)" bs=1 seek=65 conv=notrunc 2>/dev/null
	try verify state
}

# Figures that are of this moment are left out; and each line is as Prometheus has them.
group_metrics()
{
	make_state
	"$program" metrics state >out
	grep -v '^beacontrap_.*[a-z]_\(timestamp_seconds\|bytes\)' out
	awk '!/^# (HELP|TYPE) beacontrap_[a-z_]* / && !/^beacontrap_[a-z_]*({list="([^"\\]|\\.)*"})? [-+0-9.e]+$/ { print "bad: " $0 }' out
	# a day's hits, now: the same events, of today
	now=$(date -u +%Y-%m-%dT%H:%M)
	rm state/events/*
	"$make_events" state/events <<-END
		segment dns1 17 1 ${now}:00Z
		policy state/beacontrap.trie
		event 0 1 ${now}:01Z 10.0.0.1 evil.example
		event 0 2 ${now}:02Z 10.0.0.1 www.evil.example
		event 0 3 ${now}:03Z 10.0.0.2 only-trial.example
		event 0 4 2026-01-01T00:00:00Z 10.0.0.2 only-trial.example
		gap 0 5 9 ${now}:04Z
		close
	END
	"$program" metrics -o figures state
	grep -e day figures
	stat -c %a figures
	try metrics -o none/figures state
	try metrics none
}

# What is counted as an endpoint: addresses, or what a map says had them at that time.
group_identities()
{
	make_state
	cat >leases <<-'END'
		1795000000 aa:bb:cc:00:00:01 10.0.0.1 laptop 01:aa:bb:cc:00:00:01
		1795000000 aa:bb:cc:00:00:02 10.0.0.2 * *
		duid 00:01:00:01
	END
	printf '10.0.0.3 printer printer.lan # by the window\n\n::1 localhost\nbroken\n' >hosts
	cat >moves.csv <<-'END'
		ip,from,to,device
		10.0.0.1,2026-11-20T10:00:02Z,,phone
		10.0.0.1,,2026-11-20T10:00:02Z,laptop
		10.0.0.2,,2026-11-20T10:00:00Z,gone
		10.0.0.3,2026-11-20,2026-11-21,phone
		10.0.0.4,yesterday,,x
		10.0.0.4,,
	END
	printf 'a\0b' >binary
	try report --as-of 2026-11-20T10:03 --endpoints --identities leases,hosts state
	try report --as-of 2026-11-20T10:03 --endpoints --wide --format csv --identities moves.csv state
	try report --as-of 2026-11-20T10:03 --by client --identities moves.csv,hosts state
	try report --as-of 2026-11-20T10:03 --by client --fold-ipv6 state
	try report --as-of 2026-11-20T10:03 --format json --domain beacon.example --fold-ipv6 state
	try report --identities none state
	try report --identities binary state
	# a client chooses what it is called
	printf '1795000000 aa:bb:cc:00:00:01 10.0.0.1 =<b>"y|`z 01:aa\n' >hostile
	for format in csv markdown json table; do
		try report --as-of 2026-11-20T10:03 --endpoints --domain evil.example --format "$format" --identities hostile state
	done
	"$program" report --as-of 2026-11-20T10:03 --endpoints --format html --identities hostile state 2>/dev/null |
		grep -o '=.*z</th>'
	# clients behind a forwarder that does not name them cannot be told apart: that is said
	printf 'trusted-forwarders: [ 10.0.0.1 ]\n' >>config.yaml
	rm state/events/*
	"$program" -c config.yaml compile >/dev/null
	make_events_of_state
	try report --as-of 2026-11-20T10:03 --endpoints --domain evil.example state
}

group_forget()
{
	make_state
	try forget
	try forget --client 10.0.0.300 state
	try forget --client 10.0.0.1 state
	try verify state
	try report --as-of 2026-11-20T10:03 --by client state
	try forget --client 10.0.0.1 state
	try forget --client 2001:db8::/32 state
	try forget --client 10.0.0.0/8 state
	try verify state
	try report --as-of 2026-11-20T10:03 state
	# what is open, or damaged, stays and is said
	try forget --client 10.0.0.9 second
	make_events_of_state packed
	printf 'X' | dd of="$(ls state/events/*.seg)" bs=1 seek=1000 conv=notrunc 2>/dev/null
	try forget --client 10.0.0.1 state
}

# The same rows, from roll-ups and when nothing else is left; a damaged one is not taken while there are segments.
group_rollup()
{
	make_state
	try report --as-of 2026-11-20T10:03 --format csv state
	try rollup state
	try rollup state
	try report --as-of 2026-11-20T10:03 --format csv state
	try report --as-of 2026-11-20T10:03 --by qname --format csv state
	try verify state
	cp -R state copy
	printf 'X' | dd of="$(ls state/events/*.roll)" bs=1 seek=1000 conv=notrunc 2>/dev/null
	try report --as-of 2026-11-20T10:03 --format csv state
	rm copy/events/*.seg
	try report --as-of 2026-11-20T10:03 --format csv copy
	try report --as-of 2026-11-20T10:03 --by qname --format csv copy
	try forget --client 10.0.0.1 copy
	try report --as-of 2026-11-20T10:03 --by client --format csv copy
	try verify copy
	# what is damaged, or is no segment, stays as it is and is said
	rm state/events/*.roll
	printf 'X' | dd of="$(ls state/events/*.seg)" bs=1 seek=1000 conv=notrunc 2>/dev/null
	echo "no segment" >state/events/x.seg
	try rollup state
	try rollup nowhere
	mkdir empty
	try rollup empty
}

# Events from before their list was made tell that a clock was wrong; in every format.
group_misdated()
{
	make_state
	rm state/events/*
	"$make_events" state/events <<-'END'
		segment dns1.example.net 18 1 2025-11-20T10:00:00Z
		policy state/beacontrap.trie
		beat start 2025-11-20T10:00:00Z
		event 0 1 2025-11-20T10:00:01Z 10.0.0.1 evil.example
		event 0 2 2026-11-20T10:00:01Z 10.0.0.1 evil.example
		beat stop 2026-11-20T10:00:02Z
	END
	for format in table json html; do
		"$program" report --as-of 2026-11-20T10:03 --format "$format" state 2>&1 | grep -o '1 events are dated before.*\|"misdated":1'
	done
	"$program" rollup state >/dev/null
	"$program" report --as-of 2026-11-20T10:03 state 2>&1 | grep -o '1 events are dated before.*'
}

group_formats()
{
	make_state
	try report --as-of 2026-11-20T10:03 --format csv state
	try report --as-of 2026-11-20T10:03 --format csv --endpoints --domain evil.example state
	try report --as-of 2026-11-20T10:03 --format csv --context state
	try report --as-of 2026-11-20T10:03 --format json state second
	try report --as-of 2026-11-20T10:03 --format json --endpoints --context --domain beacon.example --since 2026-11-20 state
	# a spreadsheet runs nothing, and a comma stays in its cell
	list odd.txt <<-'END'
		\=cmd.example
		-dash.example
		a\,b.example
		a\"b.example
	END
	mkdir -p odd/events
	"$program" compile -o odd/beacontrap.trie odd.txt >/dev/null
	"$make_events" odd/events <<-'END'
		segment dns1 1 1 2026-11-20T10:00:00Z
		policy odd/beacontrap.trie
		event 0 1 2026-11-20T10:00:01Z 10.0.0.1 =cmd.example
		event 0 2 2026-11-20T10:00:01Z 10.0.0.1 -dash.example
		event 0 3 2026-11-20T10:00:01Z 10.0.0.1 a\,b.example
		event 0 4 2026-11-20T10:00:01Z 10.0.0.1 a\"b.example
		close
	END
	try report --as-of 2026-11-20T10:03 --format csv odd
	try report --as-of 2026-11-20T10:03 --format json odd
}

group_empty()
{
	make_lists
	make_config
	mkdir state
	for format in table csv json; do
		try -c config.yaml report --as-of 2026-11-20T10:03 --format "$format" --fail-on-hits
	done
	try report --as-of 2026-11-20T10:03 --context state
	mkdir state/events
	try report --as-of 2026-11-20T10:03 state
	try report none
	try report config.yaml
	make_state 2>/dev/null
	try report --as-of 2026-11-20T10:03 --fail-on-hits --domain harmless.example state
	try_as 'report --fail-on-hits' "$program" report --as-of 2026-11-20T10:03 --fail-on-hits --domain beacon.example state
	# a log that cannot be read as one
	echo garbage >state/events/dns1-00-00000001.seg
	try report --as-of 2026-11-20T10:03 --domain beacon.example state
	echo garbage >state/beacontrap.trie
	"$program" report state >out 2>err
	echo "broken trie: status $?, $(grep -c 'warning: state/beacontrap.trie: ' err) warning"
}

# What differs from moment to moment, and how much room this machine's disks have.
examine()
{
	"$program" doctor --server 127.0.0.1@1 "$@" >out 2>err </dev/null
	status=$?
	echo "\$ beacontrap doctor $*"
	steady <out | awk '
		/^(ok|warn|FAIL) *disk .* free, / { disk = 1; next }
		disk && /^ *->/ { next }
		{ disk = 0; print }' | sed -e 's/digest [0-9a-f]\{16\}/digest N/' \
		-e 's/[0-9][0-9]* [a-z]*\( [0-9][0-9]* [a-z]*\)* \(ago\|in the future\)/AGE \2/g' \
		-e 's/process [0-9]*/process N/' -e 's/{"check":"disk"[^}]*},//g' \
		-e 's/until 20[0-9T:.-]*Z/until TIME/' -e 's/-g [a-z]* -m/-g GROUP -m/'
	steady <err | sed 's/^/! /'
	echo "= $status"
	echo
}

# A moment as the scripts of make-events have it.
moment()
{
	date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ
}

# plugin PID KEY VALUE...: the status of a plugin that has the trie in force, but for these
plugin()
{
	digest=$("$program" -c config.yaml verify | sed -n 's/^  digest *//p')
	cat >state/status.json <<-END
		{ "version": "1", "pid": $1, "configuration": "config.yaml", "enabled": true,
		  "recording": true, "digest": "$digest", "inForceSince": "2026-11-20T10:00:00.000Z",
		  "refused": null, "unprotectedSince": null }
	END
	shift
	while [ $# -ge 2 ]; do
		sed "s/\"$1\": [^,}]*/\"$1\": $2/" state/status.json >status.tmp
		mv status.tmp state/status.json
		shift 2
	done
}

# hits FROM COUNT CLIENT AGE
hits()
{
	awk -v first="$1" -v count="$2" -v client="$3" -v time="$(moment "$4 ago")" 'BEGIN {
		for (i = 0; i < count; i++)
			print "event 0", first + i, time, client, "evil.example"
	}'
}

# No resolver runs: nothing listens on that port. Those that run are in tests/live/doctor.sh.
group_doctor()
{
	make_lists
	make_config
	try doctor --help
	try doctor --format xml
	try doctor --server localhost
	try doctor --server 127.0.0.1@
	try doctor extra
	examine -c none.yaml
	examine -c config.yaml
	"$program" -c config.yaml compile >/dev/null
	examine -c config.yaml
	examine -c config.yaml --format json

	# a process that is there, and one that is not
	plugin $$
	mkdir state/events
	{
		echo "segment dns1.example.net 17 1 $(moment '1 day ago')"
		echo "policy state/beacontrap.trie"
		echo "beat start $(moment '1 day ago')"
		echo "gap 0 2 4 $(moment '23 hours ago')"
		echo "beat alive $(moment '10 minutes ago')"
	} | "$make_events" state/events
	examine -c config.yaml
	sh -c 'exit 0' &
	wait $!
	plugin $!
	examine -c config.yaml

	# what the plugin says of itself
	plugin $$ refused '"broken: no trie"' 
	examine -c config.yaml
	plugin $$ unprotectedSince '"2026-11-20T10:00:00.000Z"' recording false digest null
	touch -d '1 hour ago' state/beacontrap.trie
	examine -c config.yaml
	echo '{ "pid": ' >state/status.json
	examine -c config.yaml

	# a beat that is fresh, and clients: 80 of 100 are not most
	plugin $$
	{
		echo "segment dns1.example.net 18 1 $(moment '1 hour ago')"
		echo "policy state/beacontrap.trie"
		echo "beat alive $(moment now)"
		hits 1 80 10.0.0.1 '6 days'
		hits 81 20 10.0.0.2 '1 hour'
		hits 101 300 10.0.0.3 '8 days'
	} | "$make_events" state/events
	examine -c config.yaml
	{
		echo "segment dns1.example.net 19 1 $(moment '1 hour ago')"
		echo "policy state/beacontrap.trie"
		hits 1 1 10.0.0.1 '1 hour'
	} | "$make_events" state/events
	examine -c config.yaml

	# times that are to come, and a file that is no segment
	{
		echo "segment dns1.example.net 20 1 $(moment '2 days')"
		echo "policy state/beacontrap.trie"
		echo "beat alive $(moment '2 days')"
	} | "$make_events" state/events
	echo garbage >state/events/dns1-00-00000001.seg
	examine -c config.yaml
	rm -r state/events

	# the configuration is another than the trie's
	touch -d '2026-01-02 03:04:06 UTC' more.txt
	: >trial.txt
	rm hosts.txt
	mkdir hosts.txt
	examine -c config.yaml
	rmdir hosts.txt
	make_lists
	cp config.yaml good.yaml
	# shellcheck disable=SC2016 # the last line, in sed
	for change in 's/campaign, file/other, file/' '/name: trial/d' 's/refused/drop/' 's/ttl: 10/ttl: 9/' \
		'/name: more/{h;d};/name: trial/G' \
		'$s/$/\nclients:\n  - { name: guests, networks: [10.1.0.0\/16], lists: none }/' \
		'$s/$/\ntrusted-forwarders: [10.0.0.1]/' '$s/$/\nenabled: false/'; do
		sed "$change" good.yaml >config.yaml
		examine -c config.yaml | grep -A 1 -e '^FAIL  policy' -e 'enabled: false'
	done
	sed '$s/$/\nclients:\n  - { name: guests, networks: [10.2.0.0\/16, 10.1.0.0\/16], lists: [more] }/' \
		good.yaml >groups.yaml
	echo 'trusted-forwarders: [10.0.0.2, 10.0.0.1]' >>groups.yaml
	cp groups.yaml config.yaml
	"$program" -c config.yaml compile >/dev/null
	touch -d '1 hour ago' state/beacontrap.trie
	for change in '' 's/10.2.0.0/10.3.0.0/' 's/\[more/&, hosts/' 's/guests/visitors/' 's/10.0.0.2/10.0.0.3/'; do
		sed "$change" groups.yaml >config.yaml
		examine -c config.yaml | grep '^....  policy'
	done

	# permissions, and what was decided here
	cp good.yaml config.yaml
	"$program" -c config.yaml compile >/dev/null
	plugin $$
	chmod 777 state
	chmod 600 state/beacontrap.trie
	"$program" -c config.yaml pause 1h >/dev/null
	"$program" -c config.yaml allow evil.example >/dev/null
	examine -c config.yaml
	chmod 755 state
	chmod 640 state/beacontrap.trie
	echo nonsense >state/local.yaml
	examine -c config.yaml
}

# On a terminal: colour, and a table that folds before it cuts.
group_terminal()
{
	make_state
	list long.txt <<-'END'
		a-long-name.that-leaves-no-room.for-the-rest-of-the-line.example
	END
	"$program" compile -o long.trie long.txt >/dev/null
	mkdir -p long/events
	"$make_events" long/events <<-'END'
		segment dns1 1 1 2026-11-20T10:00:00Z
		policy long.trie
		event 0 1 2026-11-20T10:00:01Z 10.0.0.1 a-long-name.that-leaves-no-room.for-the-rest-of-the-line.example
		event 0 2 2026-11-20T10:00:01Z 10.0.0.1 a-long-name.that-leaves-no-room.for-the-rest-of-the-line.example
		close
	END
	for ask in 'report --as-of 2026-11-20T10:03 --endpoints long' 'report --as-of 2026-11-20T10:03 --since 2026-11-20T10:01:35 state' \
		'lookup -t long.trie no.example'; do
		try_as "terminal of 90: $ask" on_terminal 90 xterm "$program $ask"
	done
	# progress, without the percentages that there was time for
	try_as 'compile' on_terminal 90 xterm "$program compile -o long.trie long.txt" |
		tr '\r' '\n' | sed -e 's/ *[0-9]* %$//' -e 's/^\^\[\[K\(long.txt\)$/\1/' | uniq
	try_as 'dumb' on_terminal 90 dumb "$program compile -o long.trie long.txt"
	try_as 'NO_COLOR' on_terminal 200 xterm "NO_COLOR=1 $program report --as-of 2026-11-20T10:03 --endpoints long"
	try_as 'dumb' on_terminal 200 dumb "$program lookup -t long.trie no.example"
	try report --as-of 2026-11-20T10:03 --endpoints long
}

# Runs the shell command $3 on a terminal of its own with $1 columns and the type $2.
on_terminal()
{
	TERM=$2 script -qec "stty -opost cols $1; $3" /dev/null </dev/null | tr '\033' '^'
}

# What is decided here, with the times and the author that it has now.
group_decisions()
{
	list a.txt <<-'END'
		evil.example
	END
	cat >config.yaml <<-'END'
		state-dir: state
		clients:
		  - { name: lab, networks: [10.9.0.0/16], lists: none }
		  - { name: trial, networks: [10.9.1.0/24], action: log }
		lists:
		  - { name: a, file: a.txt, sinkhole: { ipv4: 192.0.2.7 } }
	END
	export BEACONTRAP_CONFIG=config.yaml
	"$program" compile >/dev/null
	try overrides
	for ask in 'allow www.evil.example --for 2h --reason because' 'block fine[.]example --client 10.0.0.0/8' \
		'pause 10m --client 10.1.0.0/16' overrides 'lookup www.evil.example x.evil.example fine.example' \
		'lookup --client 10.1.2.3 evil.example fine.example' 'lookup --client 10.9.0.1 evil.example' \
		'lookup --client 10.9.1.1 evil.example' 'lookup --type A evil.example' \
		'lookup --type HTTPS evil.example' 'overrides --resume' 'overrides --remove fine.example' \
		'overrides --remove fine.example' 'overrides' 'allow' 'allow a..b' 'allow a.b --for 2x' \
		'block a.b --client 10.0.0.1/8' 'pause' 'pause soon' 'overrides --remove a.b --resume' \
		'allow own.example' 'allow own.example --client 10.1.0.0/16' 'pause 10m --client 10.1.0.0/16' \
		'overrides --remove own.example --client 10.1.2.3' 'overrides --remove own.example --client 10.1.0.0/16' \
		'overrides --resume --client 10.2.0.0/16' overrides 'overrides --resume --client 10.1.0.0/16' overrides \
		'overrides --client 10.1.0.0/16' 'overrides --remove own.example --client 10.0.0.1/8' \
		'lookup --client nobody a.b'; do
		# shellcheck disable=SC2086 # words
		try $ask
	done | sed -E -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/TIME/g' -e 's/by [^ :]+/by WHO/'
	echo 'decisions: [ { action: allow } ]' >state/local.yaml
	try allow evil.example
	try lookup evil.example
	cat state/local.yaml
	unset BEACONTRAP_CONFIG
}

options_of()
{
	"$program" "$1" --help | awk '/^ / {
		option = $1 ~ /^--/ ? $1 : $2
		if (option ~ /^--/)
			print substr(option, 3)
	}' | sort
}

# Each subcommand has its page, with its options, and is in the program's.
group_manual()
{
	pages=$golden/../../doc
	"$program" --help | sed -n 's/^  \([a-z-]*\)  *[A-Z].*/\1/p' | while read -r command; do
		options_of "$command" >help
		awk '$1 == ".It" && $2 == "Fl" {
				for (i = 3; i <= NF; i++)
					if ($i ~ /^-[a-z]/)
						print substr($i, 2)
			}
			END { print "config"; print "help" }' "$pages/beacontrap-$command.1" | sort >told
		# of hunt, it says what it has beyond report
		if [ "$command" = hunt ]; then
			options_of report | cat - told | sort -u >all
			comm -12 help all >told
		fi
		echo "$command: $(comm -3 help told | xargs)"
		grep -q "^\.It Cm $command\$" "$pages/beacontrap.1" || echo "beacontrap(1) does not name $command"
	done
}

# What a list excepts from itself, what of it is skipped, and lists of other formats, compressed.
group_lists()
{
	list filter.txt <<-'END'
		[Adblock Plus 2.0]
		! Title: a test
		||evil.example^
		@@||good.evil.example^
		||bad.good.evil.example^
		||firm.good.evil.example^$important
		||back.example^
		||back.example^$badfilter
		||phone.example^$client=192.0.2.1
		||types.example^$dnstype=A
		||more.example^$dnstype=AAAA
		page.example##.banner
	END
	echo good.evil.example | list second.txt
	echo '@@||good.evil.example^' | list only.txt
	printf 'local=/mask.example/\nserver=/ok.mask.example/#\n' | gzip >mask.conf.gz
	try compile -o filter.trie filter.txt
	for name in www.evil.example x.good.evil.example bad.good.evil.example firm.good.evil.example; do
		try lookup --trie filter.trie "$name"
	done
	try lookup --trie filter.trie --format json good.evil.example
	try dump --trie filter.trie
	"$program" dump --trie filter.trie >filter.dump
	"$program" compile -o again.trie filter.dump >/dev/null
	cmp filter.trie again.trie && echo 'the dump compiles to the same trie'
	echo
	try export --as rpz --trie filter.trie
	# an exception concerns its list alone
	"$program" compile -o both.trie filter.txt second.txt >/dev/null 2>&1
	try lookup --trie both.trie good.evil.example
	# a list of exceptions is one that allows, or nothing
	try compile -o only.trie only.txt
	try compile -o only.trie --action allow only.txt
	try lookup --trie only.trie good.evil.example
	try compile -o mask.trie mask.conf.gz
	try dump --trie mask.trie
	try compile -o mask.trie --format unbound mask.conf.gz
	# a table, as the configuration tells of it
	printf '7,evil.example,Trapper\n8,http://host.example/x,Trapper\n' | list table.csv
	cat >config.yaml <<-'END'
		state-dir: state
		lists:
		  - { name: table, file: table.csv, columns: { url: 2, family: 3 } }
	END
	try -c config.yaml compile
	try -c config.yaml lookup evil.example
	try compile -o table.trie --format csv table.csv
	head -c 30 mask.conf.gz >cut.gz
	try compile -o cut.trie cut.gz
}

# The configurations in the documents are right.
group_documents()
{
	for document in README.md blocklists/README.md docker/README.md; do
		awk -v name="$(basename "$(dirname "x/$document")")" '
			/^```yaml$/ { number++; inside = 1; next }
			/^```$/ { inside = 0 }
			inside { print >(name "-" number ".yaml") }' "$golden/../../$document"
	done
	for file in x-*.yaml; do
		grep -q '^lists:' "$file" || continue
		sed -i 's|/var/lib/beacontrap|state|; s|/run/beacontrap|run|' "$file"
		sed -n 's/.*[{ ]file: \([^ ,}]*\).*/\1/p' "$file" | while read -r list; do
			mkdir -p "$(dirname "$list")"
			echo evil.example >"$list"
		done
		try -c "$file" check-config
	done
}

# What no list may take offline, and what of a list does not count.
group_guards()
{
	printf '%s\n' com github.io co.uk evil.example office.example.org mail.corp.example intra.corp.example \
		x.google.example . 'https://popular.example/x' 'https://bare.example/' | list feed.txt
	printf '{"name":"n","type":"hostname","list":["google.example",".popular.example","office.example.org"]}' |
		list warning.json
	echo x.evil.example | list plain.txt
	try compile -o feed.trie feed.txt
	try compile -o feed.trie --explain feed.txt
	try compile -o feed.trie --no-guards feed.txt
	try compile -o exact.trie --scope exact feed.txt
	cat >config.yaml <<-'END'
		state-dir: state
		guards: { warning-lists: [ warning.json, plain.txt ], own-zones: [ corp.example ] }
		lists:
		  - { name: feed, file: feed.txt, accept: [ github.io, intra.corp.example ] }
		  - { name: ours, file: feed.txt, action: allow }
	END
	try -c config.yaml compile --explain
	try -c config.yaml lookup github.io
	sed -i 's/^guards.*/guards: { public-suffixes: false }/; s/url-hosts.*//; s/accept.*/url-hosts: all }/' config.yaml
	try -c config.yaml compile --explain
	# nothing is left of one: the others are in force
	echo com | list only.txt
	echo good.example | list other.txt
	try compile -o only.trie only.txt other.txt
	try compile -o only.trie --strict only.txt other.txt
	echo '{"type":"cidr","list":["192.0.2.0/24"]}' | list warning.json
	sed -i 's/^guards.*/guards: { warning-lists: [ warning.json ] }/' config.yaml
	try -c config.yaml compile

	# what only looks is not guarded against, unless some clients lose the answer; nor is what nobody registered
	printf '%s\n' com intranet evil.example | list looked.txt
	cat >config.yaml <<-'END'
		state-dir: state
		lists:
		  - { name: looked, file: looked.txt, action: log }
	END
	try -c config.yaml compile --explain
	echo 'clients: [ { name: guests, networks: [ 10.0.0.0/8 ], action: nxdomain } ]' >>config.yaml
	try -c config.yaml compile --explain
	# below a warned name is all that it is warned for
	echo '{"type":"string","list":["google.example"]}' | gzip >warned.gz
	echo '*.google.example CNAME .' | list below.rpz
	echo 'evil.example CNAME .' >>below.rpz
	cat >config.yaml <<-'END'
		state-dir: state
		guards: { warning-lists: [ warned.gz ] }
		lists:
		  - { name: below, file: below.rpz, format: rpz }
	END
	try -c config.yaml compile --explain

	# how certain, and for how long
	printf '%s\n' 'domain,confidence,expires' a.example,90, b.example,10, c.example,,2020-01-02 d.example,,2999-01-02 \
		e.example,50,2020-01-02 f.example,50, | list table.csv
	cat >config.yaml <<-'END'
		state-dir: state
		lists:
		  - { name: table, file: table.csv, min-confidence: 50 }
	END
	try -c config.yaml compile --explain
	# who looks into old logs wants what was listed then
	echo '22-Nov-2019 10:00:00.000 client @0x1 10.0.0.1#5 (c.example): query: c.example IN A + (10.0.0.2)' >query.log
	"$program" hunt --format csv table.csv -- query.log 2>/dev/null | grep c.example
	for name in a.example d.example f.example; do
		"$program" -c config.yaml lookup "$name" >/dev/null && echo "$name counts"
	done
	{
		echo 'confidence: 40'
		echo 'indicators: [ g.example, { domain: h.example, confidence: 60 } ]'
	} | list unsure.yaml
	sed -i 's/table.csv/unsure.yaml/' config.yaml
	try -c config.yaml compile --explain
	{
		echo 'expires: 2020-01-02'
		echo 'indicators: [ g.example, { domain: h.example, expires: 2999-01-01 } ]'
	} | list over.yaml
	sed -i 's/unsure.yaml/over.yaml/' config.yaml
	try -c config.yaml compile --explain
}

# A result that does not arrive is an error.
group_output()
{
	{
		i=0
		while [ "$i" -lt 5000 ]; do
			i=$((i + 1))
			echo "name-$i.example"
		done
	} | list long.txt
	"$program" compile -o long.trie long.txt >/dev/null
	for command in --help 'dump --trie long.trie' 'verify --trie long.trie'; do
		# shellcheck disable=SC2086 # words
		"$program" $command >/dev/full 2>err
		echo "full disk: $command: status $?: $(cat err)"
		# shellcheck disable=SC2086
		"$program" $command >&- 2>err
		echo "closed: $command: status $?: $(cat err)"
	done
	{
		"$program" dump --trie long.trie 2>err
		echo $? >status
	} | head -n 1
	echo "closed pipe: status $(cat status): $(cat err)"
	# no file takes the place of a closed standard output or error
	"$program" compile -o new.trie long.txt >&- 2>&-
	echo "closed both: status $?"
	try verify --trie new.trie
}

[ $# -gt 0 ] || set -- usage manual decisions config compile bad_lines lists files same dump memory read_only trie \
	lookup names agree report rows counts segments extract continuity metrics identities forget rollup misdated formats empty doctor terminal documents guards output
for name; do
	if [ "$name" = read_only ] && [ "$(id -u)" -eq 0 ]; then
		echo "skipped: read_only: root is not kept from anything"
	elif [ "$name" = memory ] && [ -n "${BT_EMULATED:-}" ]; then
		echo "skipped: memory: an emulator needs more than the program may have"
	elif [ "$name" = extract ] && [ -n "${BT_EMULATED:-}" ]; then
		echo "skipped: extract: an emulator does not tell that a program could not be started"
	else
		group "$name"
	fi
done
exit $failed
