# SPDX-License-Identifier: BSD-3-Clause
"""Lists that are swapped while the resolver answers.

Two lists lack each its own few names of the whole. A swap from one to the other lists the few that
the first lacked, and one of them has been asked for just before: its real answer is in the cache.
How long is it until it is sinkholed? Meanwhile the resolver is under half its full load, and phases
without swaps and with them take turns.
"""

import os
import time

from compare import say
from dns import Asker, free_port
from figures import Figure, judge
from load import Load
from ours import Ours
from peers import STACKS, Place, beacontrap, make_folder
from process import Process, Trouble
from report import accounted, events_row, print_goals, print_rows
from world import BLOCKED, RESOLVED, is_covered

PERIOD = 2.0  # seconds between swaps
PATIENCE = 1.9  # seconds that a swap may take until it is given up
BLOCKED_SHARE = 20  # 1 question in so many is for a listed name
POLL = 0.002
# What waits while others have the processor is not to be lost: the figures are about our own doing. 4m is
# what unbound.conf(5) names for a busy server.
SOCKET = "  so-rcvbuf: 4m"


def has_listed_parent(name, listed):
    return is_covered(name.partition(".")[2], listed)


class Lists:
    """Two tries; trie i lacks the names lacking[i] of the whole list."""

    def __init__(self, world, ours, size):
        # a name that its parent covers is never off the list
        alone = [name for name in world.blocked if not has_listed_parent(name, world.listed)]
        size = min(size, len(alone) // 4)
        self.lacking = [alone[:size], alone[size : 2 * size]]
        if size == 0:
            raise Trouble("the lists have no names to swap")
        self.tries = []
        for number, part in enumerate(self.lacking):
            left_out = set(part)
            ours.compile([name for name in world.names if name not in left_out])
            self.tries.append(ours.keep_trie(f"{number}.trie"))
        self.ours = ours
        self.current = 1
        self.turn = 0

    def next_name(self):
        """One that the trie in force lacks and the next one lists."""
        part = self.lacking[self.current]
        self.turn += 1
        return part[self.turn % len(part)]

    def swap(self):
        self.current = 1 - self.current
        self.ours.swap(self.tries[self.current])


class Resolver:
    """Unbound with beacontrap, with a client."""

    def __init__(self, world, settings, control=False):
        self.world = world
        self.ours = Ours(world.path("ours"), settings.beacontrap, settings.module, world.names)
        self.lists = Lists(world, self.ours, world.sizes.swapped)
        self.place = Place(world, make_folder(world, "beacontrap"), free_port(), self.ours)
        arguments, environment = beacontrap(STACKS[settings.stack], SOCKET, control)(self.place)
        self.server = Process(
            [settings.unbound, *arguments],
            self.place.folder,
            "beacontrap",
            world.server_cpu,
            environment,
        )
        self.asker = Asker(self.place.port, BLOCKED)
        self.load = Load(settings.load, world.load_cpu, self.place.port)
        apart = set(self.lists.lacking[0] + self.lists.lacking[1])
        self.blocked = [name for name in world.blocked if name not in apart]
        self.server.wait_for_answer(self.asker, self.blocked[0], BLOCKED, 60)

    def mixed(self, name, benign, share):
        """A file with names of both kinds, in random order."""
        count = max(1, len(benign) // share)
        names = benign + self.world.rng.choices(self.blocked, k=count)
        self.world.rng.shuffle(names)
        return self.world.write(name, names)

    def swap_once(self):
        """Seconds until the name that the swap lists is sinkholed; None: it was not in time.

        A name that is sinkholed beforehand tells nothing: the swap before this one had no effect.
        """
        name = self.lists.next_name()
        answer = self.asker.ask(name)
        self.lists.swap()
        begun = time.monotonic()
        if answer != RESOLVED:
            say(f"{name}: {answer} before it is listed")
            return None
        while time.monotonic() < begun + PATIENCE:
            if self.asker.ask(name) == BLOCKED:
                return time.monotonic() - begun
            time.sleep(POLL)
        return None

    def answered(self):
        """How many blocked names were answered so far."""
        return self.load.blocked + self.asker.count

    def close(self):
        self.server.stop()
        self.asker.close()
        self.ours.close()


def cached_names(world):
    """Names that are not listed, in their multitude: popular ones and hosts below them."""
    names, number = list(world.popular), 0
    while len(names) < world.sizes.cached:
        number += 1
        names += [f"h{number}.{name}" for name in world.popular if len(name) < 230]
    names = names[: world.sizes.cached]
    world.rng.shuffle(names)
    return names


def stolen_ms(cpu):
    """What others on the same host took of that processor so far: proc(5), /proc/stat."""
    with open("/proc/stat") as lines:
        fields = next(line for line in lines if line.startswith(f"cpu{cpu} ")).split()
    return int(fields[8]) * 1000 // os.sysconf("SC_CLK_TCK")


def phase(resolver, names, seconds, rate, swapping):
    """Load at that rate; meanwhile a swap each PERIOD, if so."""
    stolen = stolen_ms(resolver.world.server_cpu)
    client = resolver.load.start(names, "--seconds", seconds, "--rate", f"{rate:.0f}")
    waits = []
    due = time.monotonic() + PERIOD / 2
    while swapping and client.poll() is None:
        if time.monotonic() < due:
            time.sleep(0.01)
            continue
        waits.append(resolver.swap_once())
        due += PERIOD
    result = resolver.load.finish(client)
    result["stolen_ms"] = stolen_ms(resolver.world.server_cpu) - stolen
    return result, waits


def in_force(rounds_of_waits):
    """How long a swap took to have its effect: a cell, and whether it is in time.

    Judged as every other figure: one value a round, the longest wait in it."""
    waits = [wait for some in rounds_of_waits for wait in some]
    late = sum(1 for wait in waits if wait is None)
    if late:
        return f"{late} of {len(waits)} swaps had no effect within {PATIENCE} s", "NO"
    longest = Figure.of([max(some) for some in rounds_of_waits if some])
    if longest is None:
        return "no swap", "not measured"
    shown = f"{longest.show(2)} s a round's longest of {len(waits)}, at most {max(waits):.2f}"
    return shown, judge(longest, 1)


def verdicts(rounds, waits, events):
    tails = [[phase["latency_us"]["p99.9"] for phase in pair] for pair in rounds]
    quiet = Figure.of([before for before, _ in tails])
    ratio = Figure.of([after / before for before, after in tails])
    lost_quiet, lost = (sum(pair[i]["lost"] for pair in rounds) for i in (0, 1))
    in_time, judged = in_force(waits)
    return [
        [
            "queries lost",
            "0",
            "",
            f"{lost} (without swaps {lost_quiet})",
            "NO" if lost else "yes",
            "",
        ],
        [
            "p99.9 latency with swaps",
            "<= 2 x without",
            "",
            f"{ratio.show(2)} x {quiet.median:.0f} us",
            judge(ratio, 2),
            "",
        ],
        [
            "a cached name is sinkholed",
            "<= 1 s",
            "",
            in_time,
            judged,
            "",
        ],
        events_row(events),
    ]


def count_events(resolver):
    """Of a resolver that has been stopped."""
    return {"answered": resolver.answered(), **resolver.ours.events()}


def table(rounds):
    rows = [["", "without swaps", "with swaps"]]
    for key in ("p50", "p90", "p99", "p99.9", "p100"):
        cells = [
            Figure.of([pair[i]["latency_us"][key] for pair in rounds]).show(0) for i in (0, 1)
        ]
        rows.append([f"latency {key}, us", *cells])
    for key in ("sent", "left_out", "untimed", "lost", "stolen_ms"):
        sums = [sum(pair[i][key] for pair in rounds) for i in (0, 1)]
        rows.append([key.replace("_", " "), *map(str, sums)])
    return rows


def run(world, settings, write_json):
    resolver = Resolver(world, settings)
    try:
        cached = cached_names(world)
        names = resolver.mixed("mixed.txt", cached, BLOCKED_SHARE)
        say(f"{len(cached)} names into the cache")
        resolver.load.warm(names)
        full = resolver.load.run(names, "--seconds", settings.seconds)["per_second"]
        rate = full / 2
        say(f"full load is {full / 1000:.0f} kq/s, half of it from here on")
        rounds, waits = [], []
        for number in range(settings.rounds):
            before, _ = phase(resolver, names, settings.seconds, rate, False)
            after, some = phase(resolver, names, settings.seconds, rate, True)
            rounds.append((before, after))
            waits.append(some)
            say(f"round {number + 1} of {settings.rounds}")
        memory = resolver.server.memory_mb()
        alive = resolver.server.is_running()
    finally:
        resolver.close()
    events = count_events(resolver)
    print(
        f"{len(cached)} names in the cache, {rate / 1000:.0f} kq/s of which 1 in"
        f" {BLOCKED_SHARE + 1} blocked, {settings.rounds} rounds of {settings.seconds:g} s, a swap"
        f" each {PERIOD:g} s; {memory:.0f} MB; modules: dynlib {STACKS[settings.stack]}"
    )
    print_rows(table(rounds))
    rows = verdicts(rounds, waits, events)
    if not settings.quick:
        print()
        print_goals(rows)
    write_json(settings, {"rounds": rounds, "waits": waits, "full": full, "goals": rows})
    return alive and accounted(events)
