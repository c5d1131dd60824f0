# SPDX-License-Identifier: BSD-3-Clause
"""Where resolvers send what they tell of their clients: it is read, counted and thrown away."""

import os
import socket
import threading


class Sink:
    """Takes whatever comes by TCP to `port`, on a processor that is not the server's."""

    def __init__(self, cpu):
        self.cpu = cpu
        self.octets = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        os.sched_setaffinity(threading.get_native_id(), {self.cpu})
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.drain, args=(peer,), daemon=True).start()

    def drain(self, peer):
        os.sched_setaffinity(threading.get_native_id(), {self.cpu})
        room = bytearray(1 << 20)
        with peer:
            while True:
                try:
                    got = peer.recv_into(room)
                except OSError:
                    return
                if got == 0:
                    return
                self.octets += got

    def close(self):
        self.listener.close()
