# SPDX-License-Identifier: BSD-3-Clause
"""A server process on one processor: its start, its use of time and memory, its end."""

import os
import subprocess
import time

POLL = 0.001  # seconds between looks
STEADY = 1  # seconds without a change


class Trouble(Exception):
    """What makes it impossible to go on, in words for the user."""


class Process:
    """Runs until stop(). Its output goes to FOLDER/NAME.log."""

    def __init__(self, command, folder, name, cpu, environment=None):
        self.name = name
        self.log = os.path.join(folder, f"{name}.log")
        self.begun = time.monotonic()
        with open(self.log, "wb") as log:
            try:
                self.child = subprocess.Popen(
                    command,
                    cwd=folder,
                    env={**os.environ, **(environment or {})},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    preexec_fn=lambda: os.sched_setaffinity(0, {cpu}),
                )
            except OSError as error:
                raise Trouble(f"{command[0]}: {error.strerror}") from error
        self.pid = self.child.pid

    def wait_for_answer(self, asker, name, wanted, seconds):
        """How many seconds after its start the server answered `name` as wanted."""
        while time.monotonic() < self.begun + seconds:
            if self.child.poll() is not None:
                raise Trouble(f"{self.name} ended at its start{self.last_words()}")
            # before its socket is there, this ends at once
            if asker.ask(name) == wanted:
                return time.monotonic() - self.begun
            time.sleep(POLL)
        raise Trouble(f"{self.name} did not answer within {seconds} s{self.last_words()}")

    def last_words(self):
        with open(self.log, errors="replace", encoding="utf-8") as log:
            lines = log.read().splitlines()[-5:]
        return "".join(f"\n    {line[:300]}" for line in lines)

    def is_running(self):
        return self.child.poll() is None

    def cpu_seconds(self):
        """Of all its threads. Those that have ended are not in it."""
        folder = f"/proc/{self.pid}/task"
        total = 0
        for thread in os.listdir(folder):
            try:
                with open(f"{folder}/{thread}/schedstat", encoding="ascii") as file:
                    total += int(file.read().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                pass
        return total / 1e9

    def memory_mb(self):
        """What lies in memory, files mapped included: 10^6 octets."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024 / 1e6
        raise Trouble(f"{self.name} has ended{self.last_words()}")

    def steady_memory_mb(self, seconds=10):
        """When that does not change any more: what is done in the background has an end."""
        last, since = self.memory_mb(), time.monotonic()
        end = since + seconds
        while time.monotonic() < min(since + STEADY, end):
            time.sleep(0.05)
            now = self.memory_mb()
            if now != last:
                last, since = now, time.monotonic()
        return last

    def stop(self, seconds=30):
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        return self.child.returncode
