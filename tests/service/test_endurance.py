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

from serving import Serve

SECONDS = float(sys.argv.pop(1)) if len(sys.argv) > 1 and sys.argv[1][0].isdigit() else 20.0
CLIENTS = 16
SLACK_KIB = 2048


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
    def outcomes_of(self, service, work):
        """What became of the requests of many clients, who go on until nobody answers any more."""
        outcomes, lock = collections.Counter(), threading.Lock()

        def note(outcome):
            with lock:
                outcomes[outcome] += 1

        threads = [threading.Thread(target=work, args=(service, note)) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)  # the load itself
        code, said = service.end(signal.SIGTERM)
        for thread in threads:
            thread.join()
        self.assertEqual(0, code, said)
        return outcomes

    def check(self, work):
        for _ in range(3):
            with Serve("--log-level", "ERROR") as service:
                outcomes = self.outcomes_of(service, work)
                self.assertGreater(outcomes.pop(200), 100)
                outcomes.pop(503, None)  # an answer too: to the last request for work
                self.assertEqual({}, outcomes)

    def test_clients_that_keep_their_connections_get_every_answer(self):
        def work(service, note):
            client, stays = Client(service), True
            while stays:
                try:
                    status, stays = client.ask(random.choice((HEALTH, HEALTH, post("/simulate", SMALL))))
                    note(status)
                except (Lost, ConnectionError) as why:
                    note(repr(why))
                    stays = False
            client.close()

        self.check(work)

    def test_clients_with_a_connection_for_each_request_get_every_answer(self):
        def work(service, note):
            while True:
                try:
                    client = Client(service)
                except ConnectionError:
                    return  # refused, so nothing was accepted
                try:
                    note(client.ask(HEALTH)[0])
                except (Lost, ConnectionError) as why:
                    note(repr(why))
                client.close()

        self.check(work)


class MemoryTest(unittest.TestCase):
    def test_it_does_not_grow(self):
        with Serve("--log-level", "ERROR", "--workers", "2") as service:
            stop, counts = threading.Event(), collections.Counter()
            threads = [threading.Thread(target=self.work, args=(service, stop, counts))
                       for _ in range(CLIENTS)]
            for thread in threads:
                thread.start()
            samples, end = [], time.monotonic() + SECONDS
            while time.monotonic() < end:
                samples.append(self.resident_kib(service))
                time.sleep(0.1)  # between samples
            stop.set()
            for thread in threads:
                thread.join()
            third = len(samples) // 3
            before, after = max(samples[third:2 * third]), max(samples[2 * third:])
            print(f"{sum(counts.values())} requests in {SECONDS:.0f} s; at most {before} KiB after the "
                  f"first third, {after} KiB after the second")
            self.assertEqual({200, 404, 422}, set(counts))
            # What the allocator keeps varies; a hundred bytes lost with each request would be more.
            self.assertLess(after, before * 1.05 + SLACK_KIB)
            self.assertEqual(0, service.end()[0])

    def resident_kib(self, service):
        with open(f"/proc/{service.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))

    def work(self, service, stop, counts):
        try:
            while not stop.is_set():
                client, stays = Client(service), True
                while stays and random.random() < 0.98:
                    status, stays = client.ask(random.choice(MIXED))
                    counts[status] += 1
                client.close()
        except (Lost, ConnectionError) as why:
            counts[repr(why)] += 1


if __name__ == "__main__":
    unittest.main(verbosity=1)
