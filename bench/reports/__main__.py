# SPDX-License-Identifier: BSD-3-Clause
"""The event log and its report beside databases that hold the same events.

    bench/run report [--hits N] [--rounds N] [--year] [--quick] [--json FILE]

Makes a month of events (tests/many-events.c: 10,000 clients, 5,000 indicators, ten million hits, of
which three fifths are beacons), loads the same into SQLite and, if it is installed, ClickHouse, checks
that all give the same rows, and measures whole commands, their start included, in interleaved rounds.
The same with roll-ups (`beacontrap rollup`) in place of segments. --year makes eleven more such months,
and measures what a report of their roll-ups takes; that is ten more minutes.
"""

import argparse
import csv
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "resolver"))

from figures import Figure, judge  # noqa: E402 (found by the line above)
from process import Process, Trouble  # noqa: E402
from report import print_rows  # noqa: E402


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
    if done.returncode != 0:
        raise Trouble(f"{command[0]}: {done.stderr.decode(errors='replace')[-500:]}")
    return done.stdout.decode()


def disk_usage(folder):
    return sum(
        os.path.getsize(os.path.join(where, name))
        for where, _, names in os.walk(folder)
        for name in names
    )


# The questions: what it is called, and one indicator or client, to be filled in.
QUESTIONS = ("default", "endpoints", "history")


class Beacontrap:
    name = "beacontrap"

    def __init__(self, options, state):
        self.command = [options.beacontrap, "report", "--as-of", "2024-01-01", "--format", "csv"]
        self.state = state

    def octets(self):
        return disk_usage(os.path.join(self.state, "events"))

    def ask(self, question, subject):
        more = {
            "default": [],
            "endpoints": ["--endpoints", "--domain", subject],
            "history": ["--client", subject],
        }[question]
        rows = run([*self.command, *more, self.state]).replace("\r", "").splitlines()[1:]
        if question == "endpoints":  # without the names below it, and its own name
            rows = [row.split(",", 1)[1] for row in rows if row.startswith(subject + ",")]
        return rows

    def close(self):
        pass


class Rollups(Beacontrap):
    """The same log with its roll-ups, which reports read where they say enough."""

    name = "roll-ups"

    def __init__(self, options, state, folder):
        rolled = os.path.join(folder, "rolled")
        os.makedirs(os.path.join(rolled, "events"))
        for name in os.listdir(os.path.join(state, "events")):
            os.link(os.path.join(state, "events", name), os.path.join(rolled, "events", name))
        super().__init__(options, rolled)
        begun = time.monotonic()
        run([options.beacontrap, "rollup", rolled])
        self.seconds = time.monotonic() - begun

    def files(self):
        folder = os.path.join(self.state, "events")
        return [os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".roll")]

    def octets(self):
        return sum(os.path.getsize(path) for path in self.files())


TIME = "strftime('%Y-%m-%dT%H:%M:%S', {0} / 1000, 'unixepoch') || printf('.%03dZ', {0} % 1000)"


class Sqlite:
    """Names once, rows in the order of the default report, an index for clients."""

    name = "SQLite"

    def __init__(self, options, state, folder):
        self.path = os.path.join(folder, "events.db")
        run(["sqlite3", self.path], input=f"""
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 8192; PRAGMA cache_size = -1000000;
CREATE TABLE raw (number INTEGER, time INTEGER, client TEXT, indicator TEXT, qname TEXT, qtype INTEGER,
    action TEXT, list TEXT);
.mode csv
.import {state}/events.csv raw
CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
INSERT INTO names (name) SELECT client FROM raw UNION SELECT indicator FROM raw UNION SELECT qname FROM raw
    UNION SELECT action FROM raw UNION SELECT list FROM raw;
CREATE TABLE events (indicator INTEGER, client INTEGER, time INTEGER, number INTEGER, qname INTEGER, qtype INTEGER,
    action INTEGER, list INTEGER, PRIMARY KEY (indicator, client, time, number)) WITHOUT ROWID;
INSERT INTO events SELECT i.id, c.id, time, number, q.id, qtype, a.id, l.id FROM raw
    JOIN names i ON i.name = indicator JOIN names c ON c.name = client JOIN names q ON q.name = qname
    JOIN names a ON a.name = action JOIN names l ON l.name = list ORDER BY 1, 2, 3, 4;
DROP TABLE raw;
CREATE INDEX of_client ON events (client, indicator, time);
ANALYZE;
VACUUM;
""".encode())

    def octets(self):
        return os.path.getsize(self.path)

    def ask(self, question, subject):
        first, last = TIME.format("min(time)"), TIME.format("max(time)")
        query = {
            "default": f"""SELECT name, endpoints, hits, {TIME.format('a')}, {TIME.format('z')} FROM (SELECT indicator,
                count(DISTINCT client) AS endpoints, count(*) AS hits, min(time) AS a, max(time) AS z
                FROM events GROUP BY indicator) JOIN names ON id = indicator ORDER BY endpoints DESC, name""",
            "endpoints": f"""SELECT name, count(*) AS hits, {first}, {last} FROM events JOIN names ON id = client
                WHERE indicator = (SELECT id FROM names WHERE name = '{subject}') GROUP BY client""",
            "history": f"""SELECT name, 1, count(*) AS hits, {first}, {last} FROM events JOIN names ON id = indicator
                WHERE client = (SELECT id FROM names WHERE name = '{subject}') GROUP BY indicator""",
        }[question]
        pragmas = "PRAGMA cache_size = -1000000; PRAGMA mmap_size = 4000000000;"
        rows = run(["sqlite3", "-csv", self.path], input=(pragmas + query + ";").encode())
        return rows.replace("\r", "").replace('"', "").splitlines()[1:]

    def close(self):
        pass


CLICKHOUSE = """<yandex><logger><level>warning</level><console>1</console></logger>
<http_port>{http}</http_port><tcp_port>{tcp}</tcp_port><listen_host>127.0.0.1</listen_host>
<path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path><users_config>{folder}/users.xml</users_config>
<default_profile>default</default_profile><default_database>default</default_database>
<mark_cache_size>500000000</mark_cache_size><timezone>UTC</timezone></yandex>"""
USERS = """<yandex><profiles><default><max_threads>2</max_threads></default></profiles>
<users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile>
<quota>default</quota></default></users><quotas><default></default></quotas></yandex>"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class ClickHouse:
    """One server on loopback, rows in the order of the default report."""

    name = "ClickHouse"

    def __init__(self, options, state, folder):
        self.folder = os.path.join(folder, "clickhouse")
        for part in ("data", "tmp"):
            os.makedirs(os.path.join(self.folder, part))
        self.port = free_port()
        for name, text in (("config.xml", CLICKHOUSE), ("users.xml", USERS)):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write(text.format(folder=self.folder, tcp=self.port, http=free_port()))
        self.server = Process(
            ["clickhouse-server", f"--config-file={self.folder}/config.xml"], self.folder, "server", 0
        )
        os.sched_setaffinity(self.server.pid, os.sched_getaffinity(0))
        try:
            self.wait()
            self.load(state)
        except Trouble:
            self.close()
            raise

    def query(self, text, **more):
        return run(
            ["clickhouse-client", "--host", "127.0.0.1", "--port", str(self.port), "--query", text],
            **more,
        )

    def wait(self):
        for _ in range(100):
            try:
                self.query("SELECT 1")
                return
            except Trouble:
                if not self.server.is_running():
                    break
                time.sleep(0.1)
        raise Trouble(f"ClickHouse does not start{self.server.last_words()}")

    def load(self, state):
        self.query(
            "CREATE TABLE events (number UInt64, time Int64, client String, indicator String, qname String,"
            " qtype UInt16, action String, list String, day Date DEFAULT toDate(intDiv(time, 1000)))"
            " ENGINE = MergeTree(day, (indicator, client, time), 8192)"
        )
        with open(os.path.join(state, "events.csv"), "rb") as rows:
            self.query(
                "INSERT INTO events (number, time, client, indicator, qname, qtype, action, list) FORMAT CSV",
                stdin=rows,
            )
        self.query("OPTIMIZE TABLE events FINAL")

    def octets(self):
        return int(self.query("SELECT sum(bytes) FROM system.parts WHERE active AND table = 'events'"))

    def ask(self, question, subject):
        shown = (
            "concat(replaceOne(toString(toDateTime(intDiv({0}, 1000), 'UTC')), ' ', 'T'), '.',"
            " substring(toString(1000 + {0} % 1000), 2), 'Z')"
        )
        first, last = shown.format("min(time)"), shown.format("max(time)")
        query = {
            "default": f"SELECT indicator, uniqExact(client) AS n, count(), {first}, {last} FROM events"
            " GROUP BY indicator ORDER BY n DESC, indicator",
            "endpoints": f"SELECT client, count(), {first}, {last} FROM events WHERE indicator = '{subject}'"
            " GROUP BY client",
            "history": f"SELECT indicator, 1, count(), {first}, {last} FROM events WHERE client = '{subject}'"
            " GROUP BY indicator",
        }[question]
        return self.query(query + " FORMAT CSV").replace('"', "").splitlines()

    def close(self):
        self.server.stop()


def subjects(state):
    """An indicator and a client of the middle, so that neither is empty."""
    with open(os.path.join(state, "events.csv"), newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.reader(file)):
            if number == 1000:
                return {"default": "", "endpoints": row[3], "history": row[2]}
    raise Trouble("there are too few events")


def measure(stores, asked, rounds):
    times = {store.name: {question: [] for question in QUESTIONS} for store in stores}
    for number in range(rounds):
        for question in QUESTIONS:
            for store in stores:
                begun = time.monotonic()
                store.ask(question, asked[question])
                times[store.name][question].append(time.monotonic() - begun)
        say(f"round {number + 1} of {rounds}")
    return times


def check(stores, asked):
    for question in QUESTIONS:
        answers = {store.name: sorted(store.ask(question, asked[question])) for store in stores}
        ours = answers[stores[0].name]
        if not ours:
            raise Trouble(f"{question}: no rows")
        for name, rows in answers.items():
            if rows != ours:
                wrong = [pair for pair in zip(ours, rows) if pair[0] != pair[1]][:1]
                raise Trouble(f"{question}: {name} has other rows ({len(rows)}, {len(ours)}): {wrong}")


def ratio(times, question, other):
    return Figure.of([a / b for a, b in zip(times[Beacontrap.name][question], times[other][question])])


def year_of_rollups(options, rolled, folder):
    """Seconds of the default report, and what there is of roll-ups then."""
    year = os.path.join(folder, "year")
    os.makedirs(os.path.join(year, "events"))
    for path in rolled.files():
        os.link(path, os.path.join(year, "events", os.path.basename(path)))
    for month in range(1, 12):
        say(f"month {month + 1} of 12")
        state = os.path.join(folder, "month")
        run([options.many_events, state, str(options.hits), "10000", "5000", "30",
             str(options.seed + month), str(30 * month)])
        run([options.beacontrap, "rollup", state])
        for name in os.listdir(os.path.join(state, "events")):
            if name.endswith(".roll"):
                os.rename(os.path.join(state, "events", name), os.path.join(year, "events", name))
        shutil.rmtree(state)
    alone = Beacontrap(options, year)
    rows = alone.ask("default", "")
    hits = sum(int(row.split(",")[2]) for row in rows)
    if hits != 12 * options.hits:
        raise Trouble(f"a year of roll-ups has {hits} hits, not {12 * options.hits}")
    times = []
    for _ in range(options.rounds):
        begun = time.monotonic()
        alone.ask("default", "")
        times.append(time.monotonic() - begun)
    return times, disk_usage(os.path.join(year, "events"))


def goals(stores, sizes, times):
    rows = [["", "must", "measured", "must?"]]
    ours = {question: Figure.of(times[Beacontrap.name][question]) for question in QUESTIONS}
    rows.append(["octets an event", "<= 16", f"{sizes[Beacontrap.name]:.2f}",
                 "yes" if sizes[Beacontrap.name] <= 16 else "NO"])
    for question, limit in (("default", 2), ("history", 2)):
        rows.append([f"{question}, s", f"<= {limit}", ours[question].show(2), judge(ours[question], limit)])
    rolled = Figure.of(times[Rollups.name]["default"])
    rows.append(["default from roll-ups, s", "<= 0.3", rolled.show(2), judge(rolled, 0.3)])
    for store in stores[2:]:
        size = sizes[Beacontrap.name] / sizes[store.name]
        faster = ratio(times, "default", store.name)
        aim = "" if store.name == "SQLite" else " (aim)"
        rows.append([f"size, to {store.name}", f"< 1{aim}", f"{size:.2f}", "yes" if size < 1 else "NO"])
        rows.append([f"default report, to {store.name}", f"< 1{aim}", faster.show(2), judge(faster, 1)])
    print()
    print_rows(rows)
    return rows


def compare(options, folder):
    state = os.path.join(folder, "state")
    say(f"{options.hits} events")
    run([options.many_events, state, str(options.hits), "10000", "5000", "30", str(options.seed)])
    stores, trouble = [Beacontrap(options, state), Rollups(options, state, folder)], []
    try:
        for kind in (Sqlite, ClickHouse):
            say(f"into {kind.name}")
            try:
                stores.append(kind(options, state, folder))
            except (Trouble, FileNotFoundError) as error:
                trouble.append(f"{kind.name}: left out: {error}")
        asked = subjects(state)
        check(stores, asked)
        say("all give the same rows")
        times = measure(stores, asked, options.rounds)
        sizes = {store.name: store.octets() / options.hits for store in stores}
    finally:
        for store in stores:
            store.close()
    rows = [["", "octets an event"] + [f"{question}, s" for question in QUESTIONS]]
    for store in stores:
        cells = [Figure.of(times[store.name][question]).show(2) for question in QUESTIONS]
        rows.append([store.name, f"{sizes[store.name]:.2f}", *cells])
    print(f"{options.hits} events of 30 days, 10000 clients, 5000 indicators; {options.rounds} rounds; "
          f"seed {options.seed}")
    print_rows(rows)
    for line in trouble:
        print(f"  {line}")
    print(f"  roll-ups were made in {stores[1].seconds:.1f} s")
    year = None
    if options.year:
        year, size = year_of_rollups(options, stores[1], folder)
        print(f"  a year of roll-ups, {12 * options.hits} events: {Figure.of(year).show(2)} s for the default report,"
              f" {size / 1e6:.0f} MB")
    judged = [] if options.quick else goals(stores, sizes, times)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"sizes": sizes, "times": times, "year": year, "goals": judged}, file)


def main():
    parser = argparse.ArgumentParser(prog="bench/run report", description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--hits", type=int, help="events (10,000,000)")
    parser.add_argument("--rounds", type=int, help="(9)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--year", action="store_true", help="a year of roll-ups, too")
    parser.add_argument("--quick", action="store_true", help="few events, two rounds, no verdicts")
    parser.add_argument("--json", help="write the figures to this file")
    parser.add_argument("--beacontrap", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--many-events", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.hits = options.hits or (100000 if options.quick else 10000000)
    options.rounds = options.rounds or (2 if options.quick else 9)
    with tempfile.TemporaryDirectory() as folder:
        try:
            compare(options, folder)
        except Trouble as error:
            print(f"bench/run report: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
