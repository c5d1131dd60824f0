# SPDX-License-Identifier: BSD-3-Clause
"""All resolvers in turn, round by round."""

import sys
import time

from dns import Asker, free_port
from load import Load
from peers import Place, make_folder
from process import Process, Trouble
from world import BLOCKED, RESOLVED

SAMPLE = 100  # names of each kind that are checked before anything is timed


def say(text):
    print(text, file=sys.stderr, flush=True)


class WrongAnswer(Exception):
    """A peer does not answer as it should: its figures would mean nothing."""


def wait_until_ready(server, asker, peer, world):
    """Seconds to the first right answer; or, of a peer that answers while it still takes in its list,
    to the moment when a sample of names is blocked."""
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


def timed(server, load, names, seconds, wanted):
    """Full load with these names; all answers must have the address `wanted`."""
    before = server.cpu_seconds()
    result = load.run(names, "--seconds", seconds, address=wanted)
    used = server.cpu_seconds() - before
    if result["with_address"] != result["answered"]:
        wrong = result["answered"] - result["with_address"]
        raise WrongAnswer(f"{wrong} of {result['answered']} answers lack {wanted}")
    result["cpu_us"] = used * 1e6 / max(result["answered"], 1)
    return result


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
            # every second time backwards, so that neither of a pair is always the first
            for peer in self.peers[:: -1 if number % 2 else 1]:
                begun = time.monotonic()
                try:
                    figures = self.run_peer(peer)
                except WrongAnswer as wrong:
                    self.leave_out(peer, f"WRONG ANSWERS: {wrong}")
                    continue
                except Trouble as trouble:
                    self.leave_out(peer, str(trouble))
                    continue
                figures["round"] = number
                self.runs[peer.name].append(figures)
                say(
                    f"round {number + 1} of {self.settings.rounds}: {peer.name}"
                    f" ({time.monotonic() - begun:.0f} s)"
                )

    def run_peer(self, peer):
        world = self.world
        place = Place(world, make_folder(world, peer.name), free_port(), self.ours)
        arguments, environment = peer.configure(place)
        server = Process(
            [peer.find(), *arguments], place.folder, peer.name, world.server_cpu, environment
        )
        asker = Asker(place.port, BLOCKED)
        load = Load(self.load_program, world.load_cpu, place.port)
        try:
            figures = self.measure(peer, server, asker, load)
            if not server.is_running():
                raise Trouble(f"{peer.name} has ended{server.last_words()}")
        finally:
            server.stop()
            asker.close()
        if peer.records:
            figures["events"] = {"answered": load.blocked + asker.count, **self.ours.events()}
        return figures

    def measure(self, peer, server, asker, load):
        """Cached names first: until then memory holds the list and what every peer caches."""
        world, seconds = self.world, self.settings.seconds
        figures = {"start_s": wait_until_ready(server, asker, peer, world)}
        figures["start_mb"] = server.memory_mb()
        check_answers(asker, peer, world)
        if peer.has_cache:
            load.warm(world.benign_file)
            figures["memory_mb"] = server.memory_mb()
            figures["cached"] = timed(server, load, world.benign_file, seconds, RESOLVED)
        load.warm(world.blocked_file)
        figures["blocked"] = timed(server, load, world.blocked_file, seconds, peer.blocked)
        figures["end_mb"] = server.memory_mb()
        return figures
