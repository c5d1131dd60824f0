# SPDX-License-Identifier: BSD-3-Clause
"""All resolvers in turn, round by round; those that are compared closely, side by side."""

import contextlib
import sys
import time

from dns import Asker, free_port
from load import Load
from peers import Place, make_folder
from process import Process, Trouble
from world import BLOCKED, RESOLVED

SAMPLE = 100  # names of each kind that are checked before anything is timed
SLICES = 6  # that a measurement is cut into


def say(text):
    print(text, file=sys.stderr, flush=True)


class WrongAnswer(Exception):
    """A peer does not answer as it should: its figures would mean nothing."""


def wait_until_ready(server, asker, peer, world):
    """Seconds to the first right answer.

    Of a peer that answers while it still takes in its list: until a sample of names is blocked.
    """
    sample = world.blocked[:SAMPLE]
    ready = server.wait_for_answer(asker, sample[0], peer.blocked, peer.patience)
    for name in sample:
        if asker.ask(name) != peer.blocked:
            ready = server.wait_for_answer(asker, name, peer.blocked, peer.patience)
    return ready


def check_answers(asker, peer, world):
    def expect(name, wanted):
        answer = asker.ask(name)
        if answer != wanted:
            raise WrongAnswer(f"{name}: {answer or 'no answer'} instead of {wanted}")

    blocked = "a spoiled answer" if peer.is_spoiled else peer.blocked
    for name in world.blocked[:SAMPLE]:
        expect(name, blocked)
        expect(f"www.{name}", blocked)
    for name in world.benign[:SAMPLE]:
        expect(name, RESOLVED)


class Running:
    """A peer that has been started."""

    def __init__(self, peer, world, ours, load_program):
        self.peer, self.world, self.ours = peer, world, ours
        place = Place(world, make_folder(world, peer.name), free_port(), ours)
        arguments, environment = peer.configure(place)
        self.server = Process(
            [peer.find(), *arguments], place.folder, peer.name, world.server_cpu, environment
        )
        self.asker = Asker(place.port, BLOCKED)
        self.load = Load(load_program, world.load_cpu, place.port)
        self.figures = {}
        self.cpu_begun = 0

    def prepare(self):
        """Cached names first: until then memory holds the list and what every peer caches."""
        figures, world = self.figures, self.world
        figures["start_s"] = wait_until_ready(self.server, self.asker, self.peer, world)
        figures["start_mb"] = self.server.memory_mb()
        check_answers(self.asker, self.peer, world)
        if self.peer.has_cache:
            self.load.warm(world.benign_file)
            figures["memory_mb"] = self.server.steady_memory_mb()
        self.load.warm(world.blocked_file)
        self.cpu_begun = self.server.cpu_seconds()

    def add(self, kind, names, seconds, wanted):
        """Full load with these names; all answers must have the address `wanted`."""
        before = self.server.cpu_seconds()
        result = self.load.run(names, "--seconds", seconds, address=wanted)
        used = self.server.cpu_seconds() - before
        if result["with_address"] != result["answered"]:
            wrong = result["answered"] - result["with_address"]
            raise WrongAnswer(f"{wrong} of {result['answered']} answers lack {wanted}")
        sums = self.figures.setdefault(
            kind, {"answered": 0, "lost": 0, "seconds": 0, "cpu_seconds": 0}
        )
        sums["cpu_seconds"] += used
        for key in ("answered", "lost", "seconds"):
            sums[key] += result[key]
        sums["cpu_us"] = sums["cpu_seconds"] * 1e6 / max(sums["answered"], 1)
        sums["per_second"] = sums["answered"] / sums["seconds"]

    def measure(self, seconds):
        if self.peer.has_cache:
            self.add("cached", self.world.benign_file, seconds, RESOLVED)
        self.add("blocked", self.world.blocked_file, seconds, self.peer.blocked)

    def add_later(self):
        """What was done between the measurements and after them, a blocked answer.

        Others may measure then: what has the lowest priority comes to its turn when there is time.
        """
        blocked = self.figures["blocked"]
        later = self.server.cpu_seconds() - self.cpu_begun
        later -= sum(
            self.figures[kind]["cpu_seconds"]
            for kind in ("cached", "blocked")
            if kind in self.figures
        )
        blocked["later_us"] = later * 1e6 / max(blocked["answered"], 1)

    def finish(self):
        self.figures["end_mb"] = self.server.steady_memory_mb()
        self.add_later()
        self.stop()
        if self.peer.records:
            answered = self.load.blocked + self.asker.count
            self.figures["events"] = {"answered": answered, **self.ours.events()}
        return self.figures

    def stop(self):
        self.server.stop()
        self.asker.close()


class Comparison:
    """Figures of all peers in all rounds; `trouble` names those that were left out, and why."""

    def __init__(self, world, ours, load_program, peers, settings):
        self.world, self.ours, self.load_program = world, ours, load_program
        self.peers, self.settings = list(peers), settings
        self.runs = {peer.name: [] for peer in peers}
        self.trouble = {}
        for peer in self.peers:
            if peer.find() is None:
                self.leave_out(peer, "not installed")

    def leave_out(self, peer, why):
        self.trouble[peer.name] = why
        self.runs[peer.name] = []
        self.peers = [other for other in self.peers if other is not peer]
        say(f"{peer.name}: {why}; left out")

    def run(self):
        for number in range(self.settings.rounds):
            for members in self.groups():
                # every second time backwards, so that nobody always comes first
                self.run_group(members[:: -1 if number % 2 else 1], number)

    def groups(self):
        """Peers that run side by side: those of one group, the others each alone."""
        groups = {}
        for peer in self.peers:
            groups.setdefault(peer.group or peer.name, []).append(peer)
        return list(groups.values())

    def run_group(self, peers, number):
        """They take turns in short slices, so that what disturbs the machine disturbs them all."""
        begun = time.monotonic()
        running = []
        try:
            for peer in peers:
                with self.leaving_out(peer):
                    running.append(self.start(peer))
                    running[-1].prepare()
            for turn in range(SLICES):
                for one in self.still_in(running)[:: -1 if turn % 2 else 1]:
                    with self.leaving_out(one.peer):
                        one.measure(self.settings.seconds / SLICES)
            for one in self.still_in(running):
                with self.leaving_out(one.peer):
                    self.runs[one.peer.name].append({"round": number, **one.finish()})
        finally:
            for one in running:
                one.stop()
        names = ", ".join(one.peer.name for one in self.still_in(running))
        took = time.monotonic() - begun
        say(f"round {number + 1} of {self.settings.rounds}: {names or 'nobody'} ({took:.0f} s)")

    def start(self, peer):
        ours = self.ours[peer.name] if peer.records else None
        return Running(peer, self.world, ours, self.load_program)

    def still_in(self, running):
        return [one for one in running if one.peer in self.peers]

    @contextlib.contextmanager
    def leaving_out(self, peer):
        """Who fails here is left out from here on."""
        try:
            yield
        except WrongAnswer as wrong:
            self.leave_out(peer, f"WRONG ANSWERS: {wrong}")
        except Trouble as trouble:
            self.leave_out(peer, str(trouble))
