# SPDX-License-Identifier: BSD-3-Clause
"""Full load for a long time, with swaps, reloads and SIGHUP: memory stays flat, and nothing fails.

Unbound loses its cache and the queries that lie in its sockets when it reloads: such losses are
shown, and are not its module's.
"""

import os
import re
import signal
import subprocess
import time

from compare import say
from peers import STACKS
from process import Trouble
from report import accounted, events_row, print_goals, print_rows
from swap import BLOCKED_SHARE, Resolver, count_events

SLICE = 10  # seconds of one run of the client
SWAP, RELOAD = 2, 30  # seconds between swaps; between reloads, by turns by control and by HUP
FLAT_MB = 5  # that the second half's peak may be above the first's
BAD_LINES = re.compile(
    r"\b(error|fatal|warning): (?!so-rcvbuf)|UNPROTECTED|NOT RECORDED", re.IGNORECASE
)


class Reloader:
    """By turns as an administrator does it, and as a service manager does."""

    def __init__(self, resolver, unbound):
        self.resolver = resolver
        self.control = os.path.join(os.path.dirname(unbound), "unbound-control")
        self.by_control = self.by_signal = 0

    def reload(self):
        if self.by_control <= self.by_signal:
            self.by_control += 1
            conf = self.resolver.place.path("unbound.conf")
            done = subprocess.run(
                [self.control, "-c", conf, "reload"], capture_output=True, text=True, check=False
            )
            if done.returncode != 0:
                raise Trouble(f"unbound-control reload: {(done.stdout + done.stderr).strip()}")
        else:
            self.by_signal += 1
            os.kill(self.resolver.server.pid, signal.SIGHUP)


def bad_lines(path):
    with open(path, encoding="utf-8", errors="replace") as log:
        return [line.rstrip() for line in log if BAD_LINES.search(line)]


def soak(resolver, reloader, names, seconds):
    """Results of the client's runs, and memory each second."""
    results, memory = [], []
    begun = time.monotonic()
    reload_period = min(RELOAD, seconds / 4)
    next_swap, next_reload, next_look = begun + SWAP, begun + reload_period, begun
    while time.monotonic() < begun + seconds:
        slice_seconds = min(SLICE, max(1, begun + seconds - time.monotonic()))
        client = resolver.load.start(names, "--seconds", f"{slice_seconds:.1f}")
        while client.poll() is None:
            now = time.monotonic()
            if now >= next_swap:
                resolver.lists.swap()
                next_swap += SWAP
            if now >= next_reload:
                reloader.reload()
                next_reload += reload_period
            if now >= next_look:
                memory.append(resolver.server.memory_mb())
                next_look += 1
            time.sleep(0.05)
        results.append(resolver.load.finish(client))
        if not resolver.server.is_running():
            raise Trouble(f"Unbound has ended{resolver.server.last_words()}")
    return results, memory


def peaks(memory):
    """Of both halves, without the start, when the caches fill.

    Peaks, as memory goes up and down by a trie: one more is in it while it is swapped, and the
    C library gives back what was freed when it sees fit.
    """
    settled = memory[len(memory) // 10 :]
    half = len(settled) // 2
    return max(settled[: half + 1]), max(settled[half:])


def run(world, settings, write_json):
    resolver = Resolver(world, settings, control=True)
    try:
        names = resolver.mixed("mixed.txt", world.benign, BLOCKED_SHARE)
        resolver.load.warm(names)
        reloader = Reloader(resolver, settings.unbound)
        say(f"{settings.soak:g} minutes")
        results, memory = soak(resolver, reloader, names, settings.soak * 60)
    finally:
        resolver.close()
    events = count_events(resolver)
    rcodes = {}
    for result in results:
        for rcode, count in result["rcodes"].items():
            rcodes[rcode] = rcodes.get(rcode, 0) + count
    sent, lost = (sum(result[key] for result in results) for key in ("sent", "lost"))
    failed = sum(count for rcode, count in rcodes.items() if rcode != "NOERROR")
    failed += sum(result["wrong"] for result in results)
    lines = bad_lines(resolver.server.log)
    first, last = peaks(memory)
    print_rows(
        [
            ["modules", f"dynlib {STACKS[settings.stack]}"],
            ["minutes", f"{settings.soak:g}"],
            ["queries", str(sent)],
            ["lost, mostly at reloads", str(lost)],
            ["reloads by control, by HUP", f"{reloader.by_control}, {reloader.by_signal}"],
            ["memory, least", f"{min(memory):.0f} MB"],
            ["memory, most in the first half", f"{first:.0f} MB"],
            ["memory, most in the second half", f"{last:.0f} MB"],
        ]
    )
    for line in lines[:10]:
        print(f"  log: {line}")
    rows = [
        [
            "memory",
            f"<= {FLAT_MB} MB more",
            "",
            f"{last - first:+.1f} MB",
            "yes" if last - first <= FLAT_MB else "NO",
            "",
        ],
        ["answers that are errors", "0", "", str(failed), "NO" if failed else "yes", ""],
        ["lines of trouble in the log", "0", "", str(len(lines)), "NO" if lines else "yes", ""],
        events_row(events),
    ]
    print()
    print_goals(rows)
    write_json(settings, {"results": results, "memory": memory, "goals": rows, "log": lines})
    return not failed and not lines and accounted(events)
