#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""WebSockets of `mfn serve` beside the recorded conversations: broken frames, slow and silent
clients, many of them, keys, the end, TLS.

    test_websocket.py MFN"""
import json
import re
import resource
import signal
import ssl
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from serving import MFN, PATIENCE_S, Serve
from wsclient import BINARY, CLOSE, PING, PONG, TEXT, Client, Refused

FEATURES, LIVE = "/ws/stream_features", "/ws/simulation_live"


def connect(service, path=LIVE, **options):
    return Client(service.host, service.port, path, **options)


def number(service, name):
    """A sample of /metrics."""
    for line in service.ask("GET", "/metrics")[2].decode().splitlines():
        if line.startswith(name + " "):
            return float(line.split()[-1])
    return None


def is_sanitized():
    """Sanitizers keep several bytes beside each of ours."""
    with open(MFN, "rb") as program:
        content = program.read()
    return b"__asan_init" in content or b"__tsan_init" in content


class HandshakeTest(unittest.TestCase):
    def refusal(self, service, **options):
        with self.assertRaises(Refused) as refused:
            connect(service, **options)
        return refused.exception

    def test_what_is_no_handshake_is_refused(self):
        with Serve() as service:
            self.assertEqual(403, self.refusal(service, path="/ws/nope").status)
            for key in (b"", b"c2hvcnQ=", b"!" * 24, b"A" * 24):
                with self.subTest(key):
                    self.assertEqual(400, self.refusal(service, key=key).status)
            get = f"GET {LIVE} HTTP/1.1\r\nHost: a\r\n"
            cases = {
                "no upgrade": (get, 426),
                "another version": (get + "Connection: upgrade\r\nUpgrade: websocket\r\n"
                                    "Sec-WebSocket-Version: 8\r\n"
                                    "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n", 426),
                "another method": (get.replace("GET", "POST") + "Content-Length: 0\r\n", 405),
                "two keys": (get + "Connection: upgrade\r\nUpgrade: websocket\r\n"
                             "Sec-WebSocket-Version: 13\r\n" +
                             "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n" * 2, 400),
            }
            for why, (lines, status) in cases.items():
                with self.subTest(why):
                    got = service.raw(lines.encode() + b"\r\n")
                    self.assertTrue(got.startswith(f"HTTP/1.1 {status} ".encode()), got[:200])
            self.assertIn(b"sec-websocket-version: 13", service.raw(get.encode() + b"\r\n").lower())

    def test_a_frame_right_behind_the_handshake_is_not_lost(self):
        with Serve() as service:
            helper = Client.__new__(Client)
            early = helper.frame(TEXT, json.dumps({"type": "init"}).encode())
            with connect(service, early=early) as client:
                self.assertEqual("init", client.receive()["type"])


class FramesTest(unittest.TestCase):
    def test_broken_frames_close_that_connection_alone(self):
        def raw(*frames):
            return lambda client: [client.socket.sendall(client.frame(*a, **o)) for a, o in frames]
        cases = {
            "not masked": (raw(((TEXT, b"{}"), {"masked": False})), 1002),
            "a reserved bit": (raw(((TEXT, b"{}"), {"rsv": 4})), 1002),
            "an unknown opcode": (raw(((3, b""), {})), 1002),
            "an unknown control opcode": (raw(((11, b""), {})), 1002),
            "a ping in pieces": (raw(((PING, b"a"), {"fin": False})), 1005),
            "a long ping": (raw(((PING, b"a" * 126), {})), 1005),
            "a piece without a start": (raw(((0, b"a"), {})), 1002),
            "a start within a message": (raw(((TEXT, b"a"), {"fin": False}), ((TEXT, b"a"), {})), 1002),
            "no UTF-8": (raw(((TEXT, b"\xff\xfe"), {})), 1007),
            "binary": (raw(((BINARY, b"{}"), {})), 1003),
            "too large": (raw(((TEXT, b" " * 65537), {})), 1009),
            "too large in pieces": (raw(((TEXT, b" " * 60000), {"fin": False}),
                                        ((0, b" " * 60000), {})), 1009),
            "a close of one byte": (raw(((CLOSE, b"a"), {})), 1002),
        }
        with Serve() as service, connect(service) as other:
            for why, (send, code) in cases.items():
                with self.subTest(why), connect(service) as client:
                    send(client)
                    self.assertEqual(code, client.receive()["closed"])
            other.send({"type": "init"})
            self.assertEqual("init", other.receive()["type"])

    def test_pings_are_answered_also_within_a_message(self):
        with Serve() as service, connect(service) as client:
            client.send_frame(TEXT, b'{"type":', fin=False)
            client.send_frame(PING, b"mark")
            client.send_frame(0, b' "init"}')
            self.assertEqual((PONG, b"mark"), client.receive_frame())
            self.assertEqual("init", client.receive()["type"])

    def test_messages_that_are_no_requests_are_answered(self):
        with Serve() as service, connect(service) as client:
            for text in ("", "{", "[]", '"x"', '{"type": 1, "type": 2}', "[" * 5000, '{"a": NaN}',
                         '{"type": "subscribe", "payload": 3}', '{"type": "auth", "payload": []}'):
                with self.subTest(text[:20]):
                    client.send(text)
                    self.assertIn(client.receive()["type"], ("error", "subscribe_failed", "auth_failed"))


class StreamsTest(unittest.TestCase):
    def test_a_run_is_that_of_simulate(self):
        asked = {"seed": 7, "grid_size": 32, "steps": 40, "alpha": 0.2, "spike_probability": 0.5}
        with Serve() as service, connect(service) as client:
            client.authenticate()
            self.assertEqual("subscribe_success", client.subscribe(
                "simulation_live", "a", update_interval_steps=15, **asked)["type"])
            steps = []
            while (message := client.receive())["type"] == "simulation_state":
                steps.append(message["payload"]["step"])
            self.assertEqual([15, 30, 40], steps)
            self.assertEqual("simulation_complete", message["type"])
            final = message["payload"]["final_metrics"]
            command = [MFN, "simulate", "--seed", "7", "--grid-size", "32", "--steps", "40",
                       "--alpha", "0.2", "--spike-probability", "0.5", "--format", "json"]
            said = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            self.assertEqual(said["growth_events"], final["growth_events"])
            self.assertAlmostEqual(said["field_mean_v"] * 1000, final["pot_mean_mV"], places=9)

    def test_large_seeds_are_exact(self):
        with Serve() as service, connect(service) as client:
            client.authenticate()
            means = []
            for seed in (str(2**64 + 1), str(2**64 + 2)):
                client.subscribe("simulation_live", "a", seed=seed, grid_size=8, steps=1)
                means.append(client.receive_type("simulation_complete")["payload"]
                             ["final_metrics"]["pot_mean_mV"])
            self.assertNotEqual(*means)

    def test_streams_of_one_connection_have_names_and_a_limit(self):
        with Serve("--ws-max-streams", "2") as service, connect(service, FEATURES) as client:
            client.authenticate()
            def subscribe(name):
                client.send({"type": "subscribe", "payload": {
                    "stream_type": "stream_features", "stream_id": name,
                    "params": {"update_interval_ms": 10000}}})
                while (message := client.receive())["type"] == "feature_update":
                    pass
                return message["payload"]["error_code"] if "payload" in message else message["type"]
            self.assertEqual("subscribe_success", subscribe("a"))
            self.assertEqual("SUBSCRIBE_FAILED", subscribe("a"))
            self.assertEqual("subscribe_success", subscribe("b"))
            self.assertEqual("SUBSCRIBE_FAILED", subscribe("c"))
            self.assertEqual("SUBSCRIBE_ERROR", subscribe("x" * 129))
            client.send({"type": "unsubscribe", "payload": {"stream_id": "a"}})
            client.receive_type("unsubscribe")
            self.assertEqual("subscribe_success", subscribe("c"))
            self.assertEqual(2.0, number(service, 'mfn_ws_streams{stream_type="stream_features"}'))

    def test_a_client_that_does_not_read_holds_its_streams_up_and_no_more(self):
        with Serve() as service, connect(service) as idle, connect(service) as other:
            idle.authenticate()
            for name in range(16):
                idle.send({"type": "subscribe", "payload": {
                    "stream_type": "simulation_live", "stream_id": f"{name:0128}",
                    "params": {"grid_size": 8, "steps": 1000, "include_full_state": True}}})
            before = -1.0
            while number(service, 'mfn_ws_messages_total{direction="out"}') != before:
                before = number(service, 'mfn_ws_messages_total{direction="out"}')
                time.sleep(0.5)
            self.assertLess(before, 16 * 1001)  # the kernel's buffers, and ours, are full
            self.assertLess(number(service, "process_resident_memory_bytes"), 200e6)
            other.authenticate()
            other.subscribe("simulation_live", "b", grid_size=8, steps=2)
            self.assertEqual("simulation_complete", other.receive_type("simulation_complete")["type"])
            ended = 0
            while ended < 16:  # reading again: nothing is missing
                message = idle.receive()
                ended += message["type"] == "simulation_complete"
            self.assertEqual(0.0, number(service, 'mfn_ws_streams{stream_type="simulation_live"}'))

    def test_features_skip_what_a_busy_client_cannot_have(self):
        with Serve() as service, connect(service, FEATURES) as client:
            client.authenticate()
            client.subscribe("stream_features", "a", update_interval_ms=10)
            first = client.receive()["payload"]["sequence"]
            later = [client.receive()["payload"]["sequence"] for _ in range(20)]
            self.assertEqual(list(range(first + 1, first + 21)), later)


class DocumentationTest(unittest.TestCase):
    def test_the_example_says_what_is_shown(self):
        """With a library that is not ours, on the system's own Python."""
        page = Path(__file__).parents[2].joinpath("docs/websocket.md").read_text(encoding="utf-8")
        program, said = re.search(r"```python\n(.*?)```\n```\n(.*?)```", page, re.DOTALL).groups()
        with Serve() as service:
            done = subprocess.run(["/usr/bin/python3", "-B", "-c", program,
                                   f"ws://{service.host}:{service.port}"],
                                  capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertEqual((said, ""), (done.stdout, done.stderr))


class LifeTest(unittest.TestCase):
    def test_the_silent_are_closed_and_heartbeats_come(self):
        with Serve("--ws-heartbeat-interval", "0.2", "--ws-timeout", "1") as service:
            with connect(service) as client, connect(service) as alive:
                began = time.monotonic()
                closed = client.receive_type("none")
                self.assertEqual(1008, closed["closed"])
                self.assertGreater(time.monotonic() - began, 0.9)
                self.assertEqual("heartbeat", alive.receive()["type"])
            with connect(service) as alive:
                end = time.monotonic() + 3
                while time.monotonic() < end:
                    self.assertEqual("heartbeat", alive.receive()["type"])
                    alive.send({"type": "pong"})

    def test_guessing_keys_ends_the_connection(self):
        with Serve("--api-key-required", "true", MFN_API_KEY="right-0123456789") as service:
            with connect(service) as client:
                for _ in range(5):
                    client.send({"type": "auth", "payload": {"api_key": "wrong",
                                                             "timestamp": time.time() * 1000}})
                    self.assertEqual("auth_failed", client.receive()["type"])
                self.assertEqual(1008, client.receive()["closed"])
            with connect(service) as client:
                self.assertEqual("auth_success", client.authenticate("right-0123456789")["type"])

    def test_the_end_is_told_to_all(self):
        with Serve() as service:
            clients = [connect(service) for _ in range(20)]
            clients[0].authenticate()
            clients[0].subscribe("simulation_live", "a", grid_size=256, steps=1000)
            mute = connect(service)  # never answers the close
            service.process.send_signal(signal.SIGTERM)
            for client in clients:
                with client:
                    self.assertEqual(1001, client.receive_type("none")["closed"])
            self.assertEqual(0, service.process.wait(PATIENCE_S))
            mute.socket.close()

    def test_requests_and_streams_are_counted(self):
        with Serve() as service:
            with connect(service) as client:
                client.send({"type": "init"})
                client.receive()
                self.assertEqual(1.0, number(service, "mfn_ws_connections"))
            labels = f'{{endpoint="{LIVE}",method="GET",status="101"}}'
            self.assertEqual(1.0, number(service, "mfn_http_requests_total" + labels))
            end = time.monotonic() + PATIENCE_S
            while number(service, "mfn_ws_connections") != 0.0:
                self.assertLess(time.monotonic(), end)

    def test_over_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
                            "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                            f"{folder}/key.pem", "-out", f"{folder}/cert.pem"], check=True,
                           capture_output=True)
            with Serve("--tls-certificate", f"{folder}/cert.pem", "--tls-key", f"{folder}/key.pem") as service:
                trust = ssl.create_default_context(cafile=f"{folder}/cert.pem")
                with Client(service.host, service.port, LIVE, tls=trust) as client:
                    client.authenticate()
                    client.subscribe("simulation_live", "a", grid_size=64, steps=50)
                    self.assertEqual("simulation_complete",
                                     client.receive_type("simulation_complete")["type"])
                    client.send({"type": "close"})
                    self.assertEqual(1000, client.receive()["closed"])


class ManyTest(unittest.TestCase):
    def wait_for(self, service, name, value):
        end = time.monotonic() + PATIENCE_S
        while number(service, name) != value:
            self.assertLess(time.monotonic(), end, f"{name} is {number(service, name)}")
            time.sleep(0.05)

    def test_ten_thousand_idle_connections_and_a_thousand_streams(self):
        files = resource.getrlimit(resource.RLIMIT_NOFILE)
        if files[1] != resource.RLIM_INFINITY and files[1] < 12000:
            self.skipTest(f"{files[1]} file descriptors are too few for ten thousand connections")
        resource.setrlimit(resource.RLIMIT_NOFILE, (files[1], files[1]))
        with Serve("--ws-heartbeat-interval", "3600") as service:
            before = number(service, "process_resident_memory_bytes")
            idle = [connect(service, FEATURES) for _ in range(9000)]
            busy = [connect(service, FEATURES) for _ in range(1000)]
            try:
                self.wait_for(service, "mfn_ws_connections", 10000.0)
                bytes_each = (number(service, "process_resident_memory_bytes") - before) / 10000
                if not is_sanitized():
                    self.assertLess(bytes_each, 64e3)
                for client in busy:
                    client.authenticate()
                    client.subscribe("stream_features", "a", update_interval_ms=1000)
                for client in busy:
                    for sequence in range(3):
                        self.assertEqual(sequence, client.receive()["payload"]["sequence"])
                self.assertEqual(200, service.ask("GET", "/health")[0])
                for client in idle[::100]:
                    client.send({"type": "init"})
                    self.assertEqual("init", client.receive()["type"])
            finally:
                for client in idle + busy:
                    client.socket.close()
            self.wait_for(service, "mfn_ws_connections", 0.0)
            self.assertEqual(0.0, number(service, 'mfn_ws_streams{stream_type="stream_features"}'))


if __name__ == "__main__":
    unittest.main(verbosity=1)
