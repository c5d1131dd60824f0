#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# export.sh -- indicators in other products' languages, held against golden/; and lists, read back
#
# BT_UPDATE=1 writes the golden files anew.
set -eu
: "${BT_PROGRAM:?}" "${srcdir:?}"

golden=$srcdir/tests/golden/export
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"

fail()
{
	echo "FAILED: $*"
	exit 1
}

# same FILE: is as it was
same()
{
	if [ -n "${BT_UPDATE:-}" ]; then
		cp "$1" "$golden/$1"
	else
		diff -u "$golden/$1" "$1" || fail "$1"
	fi
}

cat >scopes.yaml <<'END'
name: scopes
campaign: Trap
indicators:
  - { domain: exact.example, scope: exact }
  - { domain: below.example, scope: below }
  - whole.example
  - _dmarc.o-dd.example
END
printf '%s\n' 'o\039neil.example' 'quo\034ted.example' 'sta\042r.example' >odd.txt
cat >allowed.txt <<'END'
fine.whole.example
END
cat >config.yaml <<'END'
state-dir: state
lists:
  - { name: scopes, file: scopes.yaml }
  - { name: gone, file: gone.txt, action: nxdomain }
  - { name: nothing, file: nothing.txt, action: nodata }
  - { name: silent, file: silent.txt, action: drop }
  - { name: closed, file: closed.txt, action: refused }
  - { name: trial, file: trial.txt, action: log }
  - { name: ours, file: allowed.txt, action: allow }
END
for list in gone nothing silent closed trial; do
	echo "$list.example" >$list.txt
done
"$BT_PROGRAM" -c config.yaml compile >log 2>&1 || fail "$(cat log)"

for dialect in falcon-event-search falcon-ltr falcon-ltr-files splunk kql esql sigma rpz hosts domains; do
	"$BT_PROGRAM" export --as $dialect "$srcdir/blocklists/3cx.yaml" >3cx-$dialect.txt 2>&1 || fail $dialect
	same 3cx-$dialect.txt
	{
		"$BT_PROGRAM" -c config.yaml export --as $dialect
		"$BT_PROGRAM" export --as $dialect odd.txt scopes.yaml
	} >odd-$dialect.txt 2>&1 || fail $dialect
	same odd-$dialect.txt
done

# what is exported as a list is read back as the same names
"$BT_PROGRAM" export --as domains "$srcdir/blocklists/3cx.yaml" >3cx.txt
"$BT_PROGRAM" compile -o back.trie 3cx.txt >log 2>&1 || fail "$(cat log)"
"$BT_PROGRAM" compile -o was.trie "$srcdir/blocklists/3cx.yaml" >log 2>&1
for trie in back was; do
	"$BT_PROGRAM" dump --trie $trie.trie | grep -v '^#' | cut -f1,3 >$trie
done
cmp back was || fail "domains: they are not the same when they are read back"
"$BT_PROGRAM" export --as hosts "$srcdir/blocklists/3cx.yaml" 2>/dev/null >3cx.hosts
"$BT_PROGRAM" compile -o back.trie --format hosts 3cx.hosts >log 2>&1 || fail "$(cat log)"
"$BT_PROGRAM" dump --trie back.trie | grep -v '^#' | cut -f1 >back
cut -f1 was | cmp - back || fail "hosts: they are not the same when they are read back"

# a zone is one for ldns, and its rules are our verdicts
command -v ldns-read-zone >/dev/null || {
	echo "skipped: the zone, for there is no ldns-read-zone"
	exit 0
}
{
	echo "\$ORIGIN rpz."
	"$BT_PROGRAM" -c config.yaml export --as rpz 2>/dev/null
} >zone
ldns-read-zone zone >rules 2>err || fail "rpz: $(cat err)"
for name in exact.example a.exact.example below.example a.below.example whole.example a.whole.example \
	fine.whole.example a.fine.whole.example gone.example nothing.example silent.example _dmarc.o-dd.example; do
	verdict=$("$BT_PROGRAM" -c config.yaml lookup $name 2>/dev/null | sed -n 's/^[^ ]*: \([a-z]*\).*/\1/p' | head -n 1)
	# as a resolver looks into a zone: the name itself, else the closest wildcard above it
	rule=$(awk -v name="$name.rpz." '
		{ type[$1] = $4; to[$1] = $5 }
		END {
			at = name
			if (!(at in type))
				do { sub(/^[^.]*\./, "", at) } while (at != "" && !(("*." at) in type))
			key = at == name ? at : "*." at
			print !(key in type) ? "not" : type[key] == "CNAME" ? to[key] : "sinkhole"
		}' rules)
	case $rule in
	.) rule=nxdomain ;;
	\*.) rule=nodata ;;
	rpz-drop.) rule=drop ;;
	rpz-passthru.) rule=allow ;;
	esac
	[ "${verdict:-not}" = "$rule" ] || fail "rpz: $name: lookup says ${verdict:-not}, the zone $rule"
done
exit 0
