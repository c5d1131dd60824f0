# SPDX-License-Identifier: BSD-3-Clause
"""What all resolvers have in common: the list, the questions, the upstream, the processors.

The upstream answers every name with RESOLVED; a blocked name is to be answered with BLOCKED.
"""

import os
import random
import re
import shutil
from dataclasses import dataclass

from dns import Asker, free_port
from process import Process, Trouble
from sink import Sink

BLOCKED, RESOLVED = "192.0.2.1", "203.0.113.1"

# Ordinary host names; and none below what resolvers answer by themselves.
ORDINARY = re.compile(r"([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
SPECIAL = {"arpa", "home", "internal", "invalid", "lan", "local", "localhost", "onion", "test"}


@dataclass
class Sizes:
    """How many names are asked for."""

    benign: int = 50_000
    blocked: int = 100_000
    cached: int = 1_000_000  # in the cache while lists are swapped
    swapped: int = 1_000  # in which two lists to swap differ, each

    @classmethod
    def quick(cls):
        return cls(benign=300, blocked=300, cached=2_000, swapped=50)


def is_usable(name):
    return (
        len(name) <= 240
        and ORDINARY.fullmatch(name) is not None
        and name.rpartition(".")[2] not in SPECIAL
    )


def is_covered(name, listed):
    while name:
        if name in listed:
            return True
        name = name.partition(".")[2]
    return False


def read_lines(path):
    with open(path, encoding="ascii", errors="replace") as file:
        return [line.rstrip("\n").partition("\t")[0] for line in file]


def write_text(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def write_lines(path, lines):
    return write_text(path, "".join(f"{line}\n" for line in lines))


def generated(rng):
    """A small list, and names that are not on it."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    made = {
        "".join(rng.choices(letters, k=rng.randrange(4, 12))) + rng.choice([".com", ".net", ".xyz"])
        for _ in range(3000)
    }
    names = sorted(made)
    rng.shuffle(names)
    return names[:2000], [name for name in names[2000:] if not is_covered(name, set(names[:2000]))]


class World:
    """A folder with everything in it; close() stops the upstream."""

    def __init__(self, folder, sizes, seed, list_file=None, benign_file=None):
        self.folder = folder
        self.sizes = sizes
        self.rng = random.Random(seed)
        cpus = sorted(os.sched_getaffinity(0))
        self.server_cpu, self.load_cpu = cpus[0], cpus[-1]
        self.upstream_port = free_port()
        if list_file is None:
            self.names, benign = generated(self.rng)
        else:
            self.names = read_lines(list_file)
            benign = read_lines(benign_file)
        self.listed = set(self.names)
        benign = [n for n in benign if is_usable(n) and not is_covered(n, self.listed)]
        askable = [n for n in self.names if is_usable(n)]
        self.rng.shuffle(benign)
        self.popular = benign
        self.benign = benign[: sizes.benign]
        self.blocked = self.rng.sample(askable, min(sizes.blocked, len(askable)))
        if not self.benign or not self.blocked:
            raise Trouble("the lists have no names to ask for")
        self.benign_file = self.write("benign.txt", self.benign)
        self.blocked_file = self.write("blocked.txt", self.blocked)
        self.upstream = self.start_upstream()
        self.sink = Sink(self.load_cpu)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, lines):
        return write_lines(self.path(name), lines)

    def start_upstream(self):
        """An NSD with one zone, the root's, in which a wildcard answers."""
        program = find_program("nsd")
        if program is None:
            raise Trouble("NSD is not installed (Debian package nsd)")
        write_text(
            self.path("root.zone"),
            ". 86400 SOA ns. root. 1 3600 900 604800 86400\n. 86400 NS ns.\n"
            f"ns. 86400 A 127.0.0.1\n*. 86400 A {RESOLVED}\n",
        )
        conf = write_text(
            self.path("nsd.conf"),
            f"""server:
  ip-address: 127.0.0.1@{self.upstream_port}
  username: ""
  chroot: ""
  zonesdir: "{self.folder}"
  database: ""
  pidfile: ""
  xfrdfile: "{self.path("xfrd.state")}"
  zonelistfile: "{self.path("zone.list")}"
  xfrdir: "{self.folder}"
  server-count: 1
  minimal-responses: yes
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: "root.zone"
""",
        )
        upstream = Process([program, "-d", "-c", conf], self.folder, "nsd", self.load_cpu)
        asker = Asker(self.upstream_port)
        try:
            upstream.wait_for_answer(asker, "a.example", RESOLVED, 10)
        except Trouble:
            upstream.stop()
            raise
        finally:
            asker.close()
        return upstream

    def close(self):
        self.upstream.stop()
        self.sink.close()


def find_program(name):
    """Also in the folders of daemons, which an ordinary user's PATH lacks."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/sbin")
