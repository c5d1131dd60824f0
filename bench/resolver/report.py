# SPDX-License-Identifier: BSD-3-Clause
"""The comparison's table and goals."""

from figures import Figure, judge

COLUMNS = [
    ("start, s", 2, lambda run: run["start_s"]),
    ("memory, MB", 0, lambda run: run["start_mb"]),
    ("cached, us CPU", 2, lambda run: run["cached"]["cpu_us"]),
    ("blocked, us CPU", 2, lambda run: run["blocked"]["cpu_us"]),
    ("later, us", 2, lambda run: run["blocked"]["later_us"]),
    ("cached, kq/s", 0, lambda run: run["cached"]["per_second"] / 1000),
    ("blocked, kq/s", 0, lambda run: run["blocked"]["per_second"] / 1000),
    ("lost", 0, lambda run: run["blocked"]["lost"] + run.get("cached", run["blocked"])["lost"]),
]


def column(runs, value):
    values = []
    for run in runs:
        try:
            values.append(value(run))
        except KeyError:  # a peer without a cache
            pass
    return Figure.of(values)


def print_rows(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        first = row[0].ljust(widths[0])
        others = [text.rjust(width) for text, width in zip(row[1:], widths[1:])]
        print("  " + "  ".join([first, *others]).rstrip())


def print_table(comparison):
    rows = [["", "runs"] + [title for title, _, _ in COLUMNS]]
    for name, runs in comparison.runs.items():
        if not runs:
            continue
        cells = [column(runs, value) for _, _, value in COLUMNS]
        shown = [c.show(digits) if c else "-" for c, (_, digits, _) in zip(cells, COLUMNS)]
        rows.append([name, str(len(runs))] + shown)
    print_rows(rows)
    for name, why in comparison.trouble.items():
        print(f"  {name}: left out: {why}")


def pairs(comparison, ours, other, value):
    """value(our run, other's run) of each round that has both."""
    others = {run["round"]: run for run in comparison.runs.get(other, [])}
    return [
        value(run, others[run["round"]])
        for run in comparison.runs.get(ours, [])
        if run["round"] in others
    ]


def cpu_ratio(kind):
    return lambda ours, plain: ours[kind]["cpu_us"] / plain[kind]["cpu_us"]


def limits(comparison):
    """Goals with a limit: what, unit, digits, must, aim, the figure."""
    for ours, plain, stack in [
        ("beacontrap", "unbound", ""),
        ("beacontrap-debian", "unbound-debian", ", Debian's modules"),
    ]:
        if not comparison.runs.get(ours) or not comparison.runs.get(plain):
            continue

        def figure(value, ours=ours, plain=plain):
            return Figure.of(pairs(comparison, ours, plain, value))

        yield f"cached answers, CPU{stack}", "x", 3, 1.03, 1.00, figure(cpu_ratio("cached"))
        yield f"blocked answers, CPU{stack}", "x", 3, 1.25, 1.10, figure(cpu_ratio("blocked"))
        yield (
            f"start to first answer{stack}",
            "s more",
            3,
            0.1,
            0.03,
            figure(lambda a, b: a["start_s"] - b["start_s"]),
        )
        # ours when its rings are in use, plain Unbound before the blocked names are in its cache
        yield (
            f"memory{stack}",
            "MB more",
            1,
            25,
            15,
            figure(lambda a, b: a["end_mb"] - b["memory_mb"]),
        )


def closest_peer(comparison, names):
    """Of these, the one with the least distance in blocked queries a second; ours divided by it."""
    peers = {}
    for name in names:
        if not name.startswith("beacontrap") and name not in ("unbound", "unbound-debian"):
            ratios = pairs(
                comparison,
                "beacontrap",
                name,
                lambda a, b: a["blocked"]["per_second"] / b["blocked"]["per_second"],
            )
            if ratios:
                peers[name] = Figure.of(ratios)
    return min(peers.items(), key=lambda item: item[1].low, default=(None, None))


def events(comparison):
    """What was answered, reported and lost in all runs."""
    runs = [run["events"] for runs in comparison.runs.values() for run in runs if "events" in run]
    count = {key: sum(run[key] for run in runs) for key in ("answered", "reported", "lost")}
    count["accounted"] = all(accounted(run) for run in runs)
    return count


def accounted(count):
    """Each blocked answer has its event, or is known to lack it."""
    return count["answered"] == count["reported"] + count["lost"]


def events_row(count):
    good = count["answered"] == count["reported"] and count["lost"] == 0
    measured = f"{count['reported']} of {count['answered']}, lost: {count['lost']}"
    return ["events", "as answered", "lost: 0", measured, "yes" if good else "NO", ""]


def goals(comparison):
    """As rows of text: what, must, aim, measured, verdicts."""
    rows = []
    for what, unit, digits, must, aim, figure in limits(comparison):
        measured = f"{figure.show(digits)} {unit}" if figure else "-"
        rows.append(
            [what, f"<= {must}", f"<= {aim}", measured, judge(figure, must), judge(figure, aim)]
        )
    telling = [peer.name for peer in comparison.peers if peer.tells]
    for what, names in [
        ("blocked queries/s", comparison.runs),
        ("the same, of those that tell who asked", telling),
    ]:
        peer, figure = closest_peer(comparison, names)
        if peer is not None:
            shown = f"{figure.show(2)} x {peer}"
            rows.append([what, "> every peer's", "", shown, judge(figure, 1, True), ""])
    count = events(comparison)
    if count["answered"] > 0:
        rows.append(events_row(count))
    return rows


def print_goals(rows):
    print_rows([["", "must", "aim", "measured", "must?", "aim?"]] + rows)
