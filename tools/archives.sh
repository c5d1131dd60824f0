# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause
# archives.sh -- where this machine has its Debian from; for other scripts to source

# archives RELEASE: the Debian archives of this machine as URI SUITE lines, for RELEASE whatever release
# this is. None if apt has no lists.
archives() {
	# shellcheck disable=SC2016 # apt's variables
	apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		awk -v release="$1" '$1 == "Debian" && $4 == "main" && $3 ~ /^[a-z]+(-security|-updates)?$/ {
			sub(/^[a-z]+/, release, $3)
			print $2, $3
		}' | sort -u
}

# What archives prints, as lines of a sources.list.
as_sources() {
	sed 's|.*|deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] & main|'
}
