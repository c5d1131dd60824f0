# SPDX-License-Identifier: BSD-3-Clause
"""How many lines of other tools' logs a second `beacontrap hunt` reads.

    bench/run hunt [--lines N] [--rounds N] [--quick]

Writes the same questions in each format (5,000,000 from 1024 clients, for 50,000 names, of which one in
50,000 is listed), hunts in them for 21 indicators, and measures whole commands, their start included;
then one of them compressed. Each must find every question, and every hit.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time

NAMES = 50_000
BEGIN = 1_790_000_000  # 2026-09-21 14:13:20 UTC
A_SECOND = 50  # questions
GOAL = 1.0  # million lines a second

ZEEK_HEAD = """#separator \\x09
#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\tqclass\tqtype\trcode_name\tanswers
"""

LINES = {
    "unbound": "[{epoch}] unbound[123:0] info: {client} {name}. A IN\n",
    "dnsmasq": "{syslog} dnsmasq[123]: query[A] {name} from {client}\n",
    "bind": "{bind}.123 queries: info: client @0x7f3c1c0a8f68 {client}#53210 ({name}): query: {name} IN A "
    "+E(0)K (10.0.0.53)\n",
    "zeek-tsv": "{epoch}.123456\tCHhAvVGS1DHFjwGM9\t{client}\t53210\t10.0.0.53\t53\tudp\t{name}\t1\t1\t"
    "NOERROR\t192.0.2.1\n",
    "zeek-json": '{{"ts":{epoch}.123456,"uid":"CHhAvVGS1DHFjwGM9","id.orig_h":"{client}","id.orig_p":53210,'
    '"id.resp_h":"10.0.0.53","id.resp_p":53,"proto":"udp","query":"{name}","qclass":1,"qtype":1,'
    '"rcode_name":"NOERROR","answers":["192.0.2.1"],"TTLs":[300.0],"rejected":false}}\n',
}


def write_log(path, form, lines):
    names = [f"www.host{i}.example{i}.com" for i in range(NAMES - 1)] + ["www.evil.example"]
    second = None
    with open(path, "w", encoding="ascii", buffering=1 << 20) as out:
        if form == "zeek-tsv":
            out.write(ZEEK_HEAD)
        for i in range(lines):
            epoch = BEGIN + i // A_SECOND
            if epoch != second:
                second = epoch
                broken = time.gmtime(epoch)
                syslog = time.strftime("%b %e %H:%M:%S", broken)
                bind = time.strftime("%d-%b-%Y %H:%M:%S", broken)
            client = f"10.0.{i & 3}.{i * 7 & 255}"
            name = names[i * 7919 % NAMES]
            out.write(
                LINES[form].format(epoch=epoch, syslog=syslog, bind=bind, client=client, name=name)
            )
    os.utime(path, (BEGIN + lines, BEGIN + lines))


def hunt(options, lists, path, lines):
    """Seconds, of the fastest round. Ends the program if anything is missing."""
    best = None
    for _ in range(options.rounds):
        begin = time.monotonic()
        done = subprocess.run(
            [options.beacontrap, "hunt", "--format", "csv", lists, "--", path],
            capture_output=True,
            text=True,
        )
        seconds = time.monotonic() - begin
        wanted = f"1 file, {lines} queries, {lines // NAMES} hits, 0 bad lines"
        if done.returncode != 0 or wanted not in done.stderr:
            sys.exit(f"hunt in {path}: not '{wanted}':\n{done.stderr}{done.stdout}")
        best = seconds if best is None else min(best, seconds)
    return best


def show(what, lines, seconds):
    rate = lines / seconds / 1e6
    print(f"  {what:<14} {rate:6.2f} M lines/s   {seconds:6.2f} s", flush=True)
    return rate


def main():
    parser = argparse.ArgumentParser(
        prog="bench/run hunt", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--beacontrap", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--lines", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="50,000 lines, once: does it work at all?")
    options = parser.parse_args()
    if options.quick:
        options.lines, options.rounds = 50_000, 1
    lines = options.lines // NAMES * NAMES
    slow = []
    with tempfile.TemporaryDirectory() as folder:
        lists, log = os.path.join(folder, "evil.txt"), os.path.join(folder, "log")
        with open(lists, "w", encoding="ascii") as out:
            out.write("evil.example\n" + "".join(f"evil{i}.example\n" for i in range(20)))
        print(f"{lines} lines, the best of {options.rounds}:")
        for form in LINES:
            write_log(log, form, lines)
            if show(form, lines, hunt(options, lists, log, lines)) < GOAL:
                slow.append(form)
        write_log(log, "unbound", lines)
        for tool in "gzip", "xz", "zstd":
            with open(f"{log}.{tool}", "wb") as out:
                subprocess.run([tool, "-1", "-c", log], stdout=out, check=True)
            show(f"unbound, {tool}", lines, hunt(options, lists, f"{log}.{tool}", lines))
            os.remove(f"{log}.{tool}")
    if slow and not options.quick:
        sys.exit(f"below {GOAL:.0f} M lines/s: {', '.join(slow)}")


main()
