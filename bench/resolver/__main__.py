# SPDX-License-Identifier: BSD-3-Clause
"""beacontrap in Unbound beside other resolvers. bench/run resolver builds what this needs.

Exit status: 0 measured, 1 a peer does not answer as it should, or events are unaccounted for, 2
usage or environment.
"""

import argparse
import json
import os
import signal
import sys
import tempfile

import report
import soak
import swap
from compare import Comparison
from ours import Ours
from peers import STACKS, all_peers
from process import Trouble
from world import Sizes, World


def parse():
    parser = argparse.ArgumentParser(
        prog="bench/run resolver", description=__doc__.split(".")[0] + "."
    )
    parser.add_argument("--rounds", type=int, help="how often everything is measured (9)")
    parser.add_argument("--seconds", type=float, help="of each measurement (3; with --swap 10)")
    parser.add_argument("--only", metavar="A,B", help="only these resolvers")
    parser.add_argument("--seed", type=int, default=1, help="of the choice of names (1)")
    parser.add_argument("--json", metavar="FILE", help="write all figures there, too")
    parser.add_argument("--spoil", metavar="PEER", help="ask the impossible of it: it is found out")
    parser.add_argument("--swap", action="store_true", help="lists that are swapped under load")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="full load, swaps, reloads")
    parser.add_argument(
        "--stack", choices=STACKS, help="Unbound's modules, with --swap and --soak (plain)"
    )
    parser.add_argument(
        "--all", action="store_true", help="that, then --swap and --soak 30 of each stack"
    )
    parser.add_argument("--quick", action="store_true", help="small and short: that it works")
    for needed in ("unbound", "module", "beacontrap", "load"):
        parser.add_argument(f"--{needed}", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--list", help=argparse.SUPPRESS)
    parser.add_argument("--benign", help=argparse.SUPPRESS)
    settings = parser.parse_args()
    if (settings.list is None or settings.benign is None) and not settings.quick:
        parser.error("--list and --benign, or --quick")
    if settings.all and (settings.swap or settings.soak is not None or settings.json is not None):
        parser.error("--all is without --swap, --soak and --json")
    if settings.stack is not None and not (settings.swap or settings.soak is not None):
        parser.error("--stack is for --swap and --soak: without them both stacks are measured")
    if settings.stack is None:
        settings.stack = "plain"
    if settings.rounds is None:
        settings.rounds = 1 if settings.quick else 9
    if settings.seconds is None:
        settings.seconds = 0.3 if settings.quick else 10 if settings.swap else 3
    if settings.rounds < 1 or settings.seconds <= 0:
        parser.error("--rounds and --seconds must be positive")
    return settings


def choose(peers, only):
    if only is None:
        return peers
    wanted = only.split(",")
    unknown = set(wanted) - {peer.name for peer in peers}
    if unknown:
        names = ", ".join(peer.name for peer in peers)
        raise Trouble(f"no resolver {', '.join(sorted(unknown))}; there are {names}")
    return [peer for peer in peers if peer.name in wanted]


def compare(world, settings):
    """True if nothing was wrong."""
    peers = choose(all_peers(settings.unbound), settings.only)
    for peer in peers:
        peer.is_spoiled = peer.name == settings.spoil
    ours = {}
    try:
        for peer in peers:
            if peer.records:
                folder = world.path(f"state-{peer.name}")
                ours[peer.name] = Ours(folder, settings.beacontrap, settings.module, world.names)
        comparison = Comparison(world, ours, settings.load, peers, settings)
        comparison.run()
    finally:
        for one in ours.values():
            one.close()
    report.print_table(comparison)
    rows = report.goals(comparison)
    if not settings.quick:
        print()
        report.print_goals(rows)
    write_json(settings, {"runs": comparison.runs, "left_out": comparison.trouble, "goals": rows})
    wrong = any(why != "not installed" for why in comparison.trouble.values())
    return not wrong and report.events(comparison)["accounted"]


def write_json(settings, figures):
    if settings.json is not None:
        with open(settings.json, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=1)
            file.write("\n")


def measure(settings):
    sizes = Sizes.quick() if settings.quick else Sizes()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        world = World(folder, sizes, settings.seed, settings.list, settings.benign)
        mine = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {world.load_cpu})  # the server has its processor for itself
        try:
            print(
                f"{len(world.names)} names listed, {len(world.benign)} others and"
                f" {len(world.blocked)} of them asked for; server on CPU {world.server_cpu},"
                f" client and upstream on CPU {world.load_cpu}; seed {settings.seed}"
            )
            if settings.soak is not None:
                return soak.run(world, settings, write_json)
            if settings.swap:
                return swap.run(world, settings, write_json)
            return compare(world, settings)
        finally:
            world.close()
            os.sched_setaffinity(0, mine)


def part(settings, **options):
    return measure(argparse.Namespace(**{**vars(settings), **options}))


def main():
    settings = parse()
    if not settings.all:
        return measure(settings)
    good = part(settings)
    for stack in STACKS:
        good &= part(settings, stack=stack, swap=True, seconds=3 if settings.quick else 10)
        good &= part(settings, stack=stack, soak=0.2 if settings.quick else 30)
    return good


# so that what was started is stopped
signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
signal.signal(signal.SIGHUP, lambda *_: sys.exit(2))
try:
    sys.exit(0 if main() else 1)
except Trouble as trouble:
    print(f"bench/run resolver: {trouble}", file=sys.stderr)
    sys.exit(2)
except KeyboardInterrupt:
    sys.exit(2)
