# SPDX-License-Identifier: BSD-3-Clause
"""A question and its answer, for checks that need no speed."""

import random
import socket
import struct

RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}


def query(name, identifier):
    labels = b"".join(bytes([len(label)]) + label for label in name.encode("ascii").split(b"."))
    return struct.pack(">HHHHHH", identifier, 0x0100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"


def skip_name(message, at):
    while message[at] != 0:
        if message[at] >= 0xC0:
            return at + 2
        at += message[at] + 1
    return at + 1


def read_answer(message):
    """The first address in the answer, else its response code."""
    flags, _, records = struct.unpack_from(">HHH", message, 2)
    at = skip_name(message, 12) + 4
    for _ in range(records):
        at = skip_name(message, at)
        rtype, length = struct.unpack_from(">H6xH", message, at)
        at += 10
        if rtype == 1 and length == 4:
            return socket.inet_ntoa(message[at : at + 4])
        at += length
    return RCODES.get(flags & 15, str(flags & 15))


class Asker:
    """Asks one server for addresses, over UDP. Counts the answers that are `counted`."""

    def __init__(self, port, counted=None):
        self.counted, self.count = counted, 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))

    def close(self):
        self.socket.close()

    def ask(self, name, timeout=1.0):
        """What read_answer() says, or None if there was no answer in time."""
        identifier = random.randrange(65536)
        self.socket.settimeout(timeout)
        try:
            self.socket.send(query(name, identifier))
            while True:
                message = self.socket.recv(4096)
                answer = read_answer(message)
                self.count += answer == self.counted
                if message[:2] == struct.pack(">H", identifier):
                    return answer
        except OSError:
            return None


def free_port():
    """A port of the loopback that neither UDP nor TCP uses."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(("127.0.0.1", 0))
            port = udp.getsockname()[1]
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
                try:
                    tcp.bind(("127.0.0.1", port))
                except OSError:
                    continue
                return port
