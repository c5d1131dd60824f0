# SPDX-License-Identifier: BSD-3-Clause
"""beacontrap's own side: configuration, tries, and what the report says afterwards."""

import json
import os
import shutil
import subprocess
import tempfile

from process import Trouble
from world import BLOCKED, write_lines, write_text

# Events lie in memory until they are in the log, as doc/beacontrap.yaml.5 advises.
MEMORY = "/dev/shm"


class Ours:
    """A state directory in `folder`, with one list."""

    def __init__(self, folder, program, module, names):
        self.folder, self.program, self.module = folder, program, module
        self.state = os.path.join(folder, "state")
        self.list_file = os.path.join(folder, "list.txt")
        os.makedirs(folder)
        usable = os.path.isdir(MEMORY) and os.access(MEMORY, os.W_OK)
        self.run_dir = tempfile.mkdtemp(prefix="beacontrap-", dir=MEMORY if usable else folder)
        self.config = write_text(
            os.path.join(folder, "beacontrap.yaml"),
            f"""state-dir: {self.state}
run-dir: {self.run_dir}
resolver-id: bench
sinkhole: {{ ipv4: {BLOCKED} }}
lists:
  - {{ name: bench, file: {self.list_file}, format: domains }}
""",
        )
        self.trie = os.path.join(self.state, "beacontrap.trie")
        self.compile(names)

    def command(self, *arguments):
        command = [self.program, "-c", self.config, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Trouble(f"beacontrap {' '.join(arguments)}: {done.stderr.strip()[:500]}")
        return done.stdout

    def compile(self, names):
        write_lines(self.list_file, names)
        self.command("compile")

    def keep_trie(self, name):
        """A copy of the trie in force, to be put into force again by swap()."""
        copy = os.path.join(self.folder, name)
        shutil.copyfile(self.trie, copy)
        return copy

    def swap(self, copy):
        """As `compile` does it: the file appears under its name at once and whole."""
        fresh = self.trie + ".next"
        shutil.copyfile(copy, fresh)
        os.chmod(fresh, 0o640)
        os.rename(fresh, self.trie)

    def events(self):
        """What the report says: hits in its rows, and lost ones. The log is empty afterwards."""
        report = json.loads(self.command("report", "--format", "json"))
        shutil.rmtree(os.path.join(self.state, "events"))
        return {
            "reported": sum(row["hits"] for row in report["rows"]),
            "lost": report["coverage"]["lost"],
            "problems": report["problems"],
        }

    def close(self):
        shutil.rmtree(self.run_dir, ignore_errors=True)
