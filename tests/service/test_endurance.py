#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The service while many clients want something of it: it ends without losing a request, and its
memory stays what it is.

    test_endurance.py MFN [SECONDS]   SECONDS: of the long run, 20 unless told"""
import collections
import json
import random
import signal
import socket
import sys
import threading
import time
import unittest

from serving import PATIENCE_S, Serve

SECONDS = float(sys.argv.pop(1)) if len(sys.argv) > 1 and sys.argv[1][0].isdigit() else 20.0
CLIENTS = 16


def post(path, body, *headers):
    content = json.dumps(body).encode()
    lines = (f"POST {path} HTTP/1.1", "Host: a", "Content-Type: application/json",
             f"Content-Length: {len(content)}", *headers)
    return "\r\n".join((*lines, "", "")).encode() + content


HEALTH = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
NERNST = {"concentration_out_molar": 0.005, "concentration_in_molar": 0.14}
SMALL = {"grid_size": 16, "steps": 20}
MIXED = [HEALTH, b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /docs HTTP/1.1\r\nHost: a\r\n\r\n",
         b"GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", post("/nernst", NERNST), post("/simulate", SMALL),
         post("/simulate", {"grid_size": 64, "steps": 64}), post("/simulate", {"grid_size": -1}),
         post("/nernst", {"note": "x" * 10000}, "X-Request-ID: " + "y" * 200),
         post("/federated/aggregate", {"gradients": [[float(i)] * 500 for i in range(8)]}),
         post("/features", {"field": [[-0.07] * 32] * 32}),
         post("/validate", {"grid_size": 16, "steps": 4})]


class Lost(Exception):
    """The answer did not come, or not all of it."""


class Client:
    """One connection that stays open."""

    def __init__(self, service):
        self.socket = service.connect()
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, payload):
        """(status, whether the connection stays). Lost with the bytes that came."""
        self.socket.sendall(payload)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self.more(received)
        head, _, body = received.partition(b"\r\n\r\n")
        fields = {key.lower(): value.strip() for key, _, value in
                  (line.partition(b":") for line in head.split(b"\r\n")[1:])}
        while len(body) < int(fields[b"content-length"]):
            body += self.more(received + body)
        return int(head.split()[1]), fields.get(b"connection", b"").lower() != b"close"

    def more(self, received):
        try:
            chunk = self.socket.recv(65536)
        except ConnectionError:
            chunk = b""
        if not chunk:
            raise Lost(received)
        return chunk

    def close(self):
        self.socket.close()


class EndTest(unittest.TestCase):
    def run_clients(self, service, work, end_after_s):
        """What became of the requests of clients that go on until nobody answers any more."""
        outcomes = collections.Counter()
        ended_at = []

        def note(outcome):
            with lock:
                outcomes[outcome] += 1

        lock = threading.Lock()
        threads = [threading.Thread(target=work, args=(service, note, ended_at)) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        time.sleep(end_after_s)  # the load, not a wait for anything
        ended_at.append(time.monotonic())
        code, said = service.end(signal.SIGTERM)
        for thread in threads:
            thread.join()
        self.assertEqual(0, code, said)
        return outcomes

    def test_clients_that_keep_their_connections_get_every_answer(self):
        def work(service, note, ended_at):
            client = Client(service)
            stays = True
            while stays:
                sent_at = time.monotonic()
                try:
                    status, stays = client.ask(random.choice((HEALTH, HEALTH, post("/simulate", SMALL))))
                    note(status)
                except (Lost, ConnectionError) as why:
                    before = not ended_at or sent_at < ended_at[0]
                    note("cut" if why.args and why.args[0] and isinstance(why, Lost)
                         else "lost" if before else "too late")
                    stays = False
            client.close()

        for _ in range(5):
            with Serve("--log-level", "ERROR") as service:
                outcomes = self.run_clients(service, work, 0.5)
                print(dict(outcomes), flush=True)
                self.assertGreater(outcomes[200], 100)
                self.assertEqual((0, 0), (outcomes["cut"], outcomes["lost"]), outcomes)

    def test_clients_with_a_connection_for_each_request_get_every_answer(self):
        def work(service, note, ended_at):
            while True:
                try:
                    client = Client(service)
                except ConnectionError:
                    return
                sent_at = time.monotonic()
                try:
                    status, _ = client.ask(HEALTH)
                    note(status)
                except (Lost, ConnectionError) as why:
                    before = not ended_at or sent_at < ended_at[0]
                    note("cut" if why.args and why.args[0] and isinstance(why, Lost)
                         else "lost" if before else "too late")
                client.close()

        for _ in range(5):
            with Serve("--log-level", "ERROR") as service:
                outcomes = self.run_clients(service, work, 0.5)
                print(dict(outcomes), flush=True)
                self.assertGreater(outcomes[200], 100)
                self.assertEqual((0, 0), (outcomes["cut"], outcomes["lost"]), outcomes)


if __name__ == "__main__":
    unittest.main(verbosity=1)
