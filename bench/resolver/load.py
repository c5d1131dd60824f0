# SPDX-License-Identifier: BSD-3-Clause
"""Runs bench/load, the client, on its own processor."""

import json
import os
import subprocess

from process import Trouble
from world import BLOCKED


class Load:
    """Load on the server at a port. `blocked` counts all answers with the sinkhole's address."""

    def __init__(self, program, cpu, port):
        self.program, self.cpu, self.port = program, cpu, port
        self.blocked = 0

    def start(self, names, *options, address=BLOCKED):
        command = [self.program, "--server", "127.0.0.1", "--port", str(self.port)]
        command += ["--names", names, "--address", address, *map(str, options)]
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {self.cpu}),
        )

    def finish(self, client, address=BLOCKED):
        output, _ = client.communicate()
        if client.returncode != 0:
            raise Trouble("bench/load failed")
        result = json.loads(output)
        if address == BLOCKED:
            self.blocked += result["with_address"] + result["late_with_address"]
        return result

    def run(self, names, *options, address=BLOCKED):
        return self.finish(self.start(names, *options, address=address), address)

    def warm(self, names, window=200):
        """Each name, so that it is in the cache; twice, as the first answer may be lost."""
        self.run(names, "--once", "--window", window)
        return self.run(names, "--once", "--window", window)
