#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# html.sh -- the report as a page and as markdown: nothing from outside becomes markup, and it can be seen
set -eu
: "${BT_PROGRAM:?}" "${BT_MAKE_EVENTS:?}" "${BT_MANY_EVENTS:?}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"

fail()
{
	echo "FAILED: $*"
	exit 1
}

report()
{
	"$BT_PROGRAM" report --as-of 2026-11-21 "$@" 2>log || fail "report $*: $(cat log)"
}

# ---- names that would be markup, formulas, line ends, or write backwards ----

# <script>alert(1)<.example, "quoted"&.example, <b>.example, [link](x).example, ...; \226\128\174 writes backwards
cat >names <<'END'
\060script\062alert\0401\041\060.example
\034quoted\034\038.example
\060b\062.example
\091link\093\040x\041.example
a\124b\096c.example
\061cmd.example
tab\009new\010line.example
esc\027\091\051\049m.example
\226\128\174evil.example
END
{
	echo 'name: <img src=x onerror=alert(1)>"'
	echo 'campaign: "</style><script>alert(2)</script>"'
	echo 'note: "| pipe ``` <b>bold</b>"'
	echo 'indicators: [ meta.example ]'
} >hostile.yaml
{
	echo 'state-dir: state'
	echo 'lists:'
	echo '  - { name: names, file: names, format: domains }'
	echo '  - { name: hostile, file: hostile.yaml }'
} >config.yaml
mkdir -p state/events
"$BT_PROGRAM" -c config.yaml compile >compile.log 2>&1 || fail "$(cat compile.log)"
grep -q 'bad lines *0' compile.log || fail "$(cat compile.log)"
echo meta.example >>names
{
	echo 'segment <i>dns<i> 1 1 2026-11-20T10:00:00Z'
	echo 'policy state/beacontrap.trie'
	echo 'beat start 2026-11-20T10:00:00Z'
	awk '{ printf "event 0 %d 2026-11-20T10:%02d:00Z 10.0.0.%d %s\n", NR, NR, NR % 3 + 1, $0 }' names
	echo 'close'
} >script
"$BT_MAKE_EVENTS" state/events <script || fail "events"
count=$(wc -l <names)

for options in '' '--wide --endpoints --context' '--by campaign --wide' '--by qname --endpoints' '--all --live-names'; do
	# shellcheck disable=SC2086 # words
	report --format html $options state >page.html
	grep -Eiq '<(script|img|b|i)[ >]|<[^>]*onerror=' page.html &&
		fail "$options: something from outside is markup"
	grep -q "$(printf '\342\200\256')" page.html && fail "$options: text that is written backwards"
	if LC_ALL=C grep -q "$(printf '\033')" page.html; then fail "$options: an escape sequence"; fi
	grep -Eq '<[^>]* (src|href)=|url\(|@import' page.html && fail "$options: it loads something"
	if command -v xmllint >/dev/null; then
		xmllint --noout page.html 2>log || fail "$options: not well-formed: $(head -n 3 log)"
	fi
done
report --format html state >page.html
[ "$(grep -c '<tr><th scope="row">' page.html)" -ge "$count" ] || fail "there are not $count rows"
grep -q "<p class=\"lead\">3 endpoints asked for $count of $count indicators; $count still active; coverage 100&#160;%.</p>" page.html ||
	fail "the first sentence: $(grep lead page.html)"
grep -q '=cmd\[\.\]example' page.html || fail "names are not defanged"
report --format html --live-names state | grep -q '=cmd\.example' || fail "--live-names"

# ---- markdown: each row is a line of as many cells ----

report --format markdown --wide --endpoints state >page.md
awk -F'|' '/^\|/ { line = $0; gsub(/\\./, "", line); n = gsub(/\|/, "", line); if (!first) first = n; if (n != first) bad++ }
	END { exit bad > 0 }' page.md || fail "markdown: a row of another width"
# shellcheck disable=SC2016 # in markdown, these are code
sed -n '/^|/p' page.md | sed 's/`[^`]*`//g; s/\\.//g' | grep -q '[<`*]' && fail "markdown: markup from outside"
# shellcheck disable=SC2016
grep -q '`=cmd\[\.\]example`' page.md || fail "markdown: names are not defanged"

# ---- nothing to show ----

mkdir empty
report --format html empty >page.html
grep -q 'Nobody was seen asking' page.html || fail "nothing: $(grep lead page.html)"

# ---- what a person sees ----

for tool in chromium pngtopnm ppmhist; do
	command -v $tool >/dev/null || {
		echo "skipped: screenshots, for there is no $tool"
		exit 0
	}
done
"$BT_MANY_EVENTS" many 5000 50 30 40 1
report --format html --wide --endpoints many >page.html

# shoot NAME WIDTH OPTION...
shoot()
{
	name=$1 width=$2
	shift 2
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/profile" \
		--screenshot="$work/$name.png" --window-size="$width,1600" "$@" "file://$work/page.html" >"$name.log" 2>&1 ||
		fail "chromium: $(tail -n 3 "$name.log")"
	pngtopnm "$name.png" >"$name.pnm"
	ppmhist -noheader "$name.pnm" | sort -k5,5nr >"$name.colours"
}

# lightness NAME: of the colour that most of it has
lightness()
{
	awk 'NR == 1 { print $4 }' "$1.colours"
}

# has_ink NAME: not nearly all of it has one colour, and the bars' colour takes some of it
has_ink()
{
	awk '{ all += $5; if (NR == 1) most = $5; if (NR == 2) next_most = $5 }
		END { exit !(NR > 20 && most < all * 0.97 && next_most > all / 200) }' "$1.colours"
}

shoot light 1200
shoot dark 1200 --blink-settings=preferredColorScheme=0
shoot narrow 500
for name in light dark narrow; do
	has_ink $name || fail "$name: the picture is blank"
done
[ "$(lightness light)" -gt 200 ] || fail "light: it is dark"
[ "$(lightness dark)" -lt 60 ] || fail "dark: it is light"
exit 0
