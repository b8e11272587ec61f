#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The receiver of webhooks, with real requests over loopback.
Usage: test_webhook_listen.py MFN"""
import base64
import gzip
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import queue
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

MFN = sys.argv.pop(1)
PATIENCE_S = 60
BODY_BYTES_MAX = 16 << 20
SECRET = b"0123456789abcdef01234567"
KEY_LINE = "whsec_" + base64.b64encode(SECRET).decode()
RESULT = {"event": "simulation_complete", "simulation_id": "job-1", "fractal_dimension": 1.5}


def signature(message_id, timestamp, body, secret=SECRET):
    mac = hmac.new(secret, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode()


def signed(message_id, body, timestamp=None, secret=SECRET):
    timestamp = int(time.time()) if timestamp is None else timestamp
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(message_id, timestamp, body, secret)}


class Listener:
    """The program, and what it prints."""

    def __init__(self, folder, *flags, keys=False):
        self.folder = folder
        if keys:
            (folder / "keys.txt").write_text(f"# keys\n{KEY_LINE}\n", encoding="utf-8")
            flags += ("--secret-file", "keys.txt")
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("MFN_")}
        self.process = subprocess.Popen([MFN, "webhook", "listen", "--port", "0", *flags],
                                        cwd=folder, env=environment, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines = queue.Queue()  # None at the end
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        first = self.lines.get(timeout=PATIENCE_S) or ""
        found = re.fullmatch(r"Listening on http://(.+):(\d+)/\n", first)
        if found is None:
            raise AssertionError(first + self.process.stderr.read())
        self.host, self.port = found.group(1).strip("[]"), int(found.group(2))

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE_S)
        self.reader.join(PATIENCE_S)
        self.process.stdout.close()
        self.process.stderr.close()

    def connect(self):
        return http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE_S)

    def post(self, body, headers=None, method="POST"):
        """Status and text of the answer."""
        connection = self.connect()
        try:
            connection.request(method, "/", body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode().strip()
        finally:
            connection.close()

    def raw(self, request):
        """Everything that comes back until the other side closes."""
        with socket.create_connection((self.host, self.port), PATIENCE_S) as stream:
            stream.sendall(request)
            return read_all(stream)

    def line(self):
        """The next line of output without its time."""
        return self.lines.get(timeout=PATIENCE_S).rstrip("\n").split("  ", 1)[1]

    def end(self):
        """Exit code, the rest of the output, and the errors, when it ends by itself."""
        lines = iter(lambda: self.lines.get(timeout=PATIENCE_S), None)
        out = "".join(lines)
        return self.process.wait(PATIENCE_S), out, self.process.stderr.read()

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.end()


def read_all(stream):
    parts = []
    try:
        while part := stream.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


class ListenTest(unittest.TestCase):
    def setUp(self):
        keeper = tempfile.TemporaryDirectory()
        self.addCleanup(keeper.cleanup)
        self.folder = pathlib.Path(keeper.name)

    def test_without_keys_any_post_is_taken_and_described(self):
        body = json.dumps(RESULT).encode()
        cases = [
            (body, {"webhook-id": "a"}, f"a  {len(body)} bytes  unsigned  simulation_complete job-1"),
            (body, {}, f"-  {len(body)} bytes  unsigned  simulation_complete job-1"),
            (b'{"data": ' + body + b"}", {}, "simulation_complete job-1"),
            (b"[1, 2, 3]", {}, "-  9 bytes  unsigned  array of 3"),
            (b'{"event": "\\u001b[31m"}', {}, "unsigned  ?[31m"),
            (b"hello", {}, "-  5 bytes  unsigned  no JSON"),
            (b"", {}, "-  0 bytes  unsigned  no JSON"),
        ]
        with Listener(self.folder) as listener:
            for sent, headers, expected in cases:
                self.assertEqual(listener.post(sent, headers), (200, "received"))
                line = listener.line()
                self.assertTrue(line.startswith("200  ") and line.endswith(expected), line)
            self.assertEqual(listener.stop(), (0, "7 received, 0 repeated, 0 refused\n", ""))

    def test_with_keys_only_good_signatures_are_taken(self):
        body = b'{"event": "ping"}'
        now = int(time.time())
        good = signed("a", body)
        refused = [
            ({}, "webhook-id is missing"),
            ({**good, "webhook-id": "b"}, "no signature was made with any of the keys"),
            ({**good, "webhook-timestamp": str(now - 1000000)}, "no signature was made"),
            (signed("a", body + b" "), "no signature was made"),
            (signed("a", body, secret=b"another secret of 24 byt"), "no signature was made"),
            (signed("a", body, now - 400), "s in the past"),
            (signed("a", body, now + 400), "s in the future"),
            ({**good, "webhook-signature": "v1"}, "no signature that the keys can verify"),
        ]
        with Listener(self.folder, "--count", "1", keys=True) as listener:
            for headers, expected in refused:
                status, text = listener.post(body, headers)
                self.assertEqual(status, 401, text)
                self.assertIn(expected, text)
                line = listener.line()
                self.assertTrue(line.startswith("401  ") and expected in line, line)
            self.assertEqual(listener.post(body, good), (200, "received"))
            self.assertEqual(listener.line(), "200  a  17 bytes  verified  ping")
            self.assertEqual(listener.end(), (0, "1 received, 0 repeated, 8 refused\n", ""))

    def test_compressed_bodies_are_signed_as_sent_and_then_unpacked(self):
        body = json.dumps(RESULT).encode()
        packed = gzip.compress(body)
        bomb = gzip.compress(bytes(BODY_BYTES_MAX + 1))
        with Listener(self.folder, "--output", "out.ndjson", keys=True) as listener:
            for sent, encoding, expected in [
                (packed, "gzip", 200),
                (packed, "GZIP", 200),
                (body, "identity", 200),
                (packed[:-1], "gzip", 400),
                (body, "gzip", 400),
                (packed + packed, "gzip", 422),  # two results are no JSON text
                (bomb, "gzip", 413),
                (body, "br", 415),
                (packed, "gzip, gzip", 415),
            ]:
                headers = {**signed(f"id{time.monotonic_ns()}", sent), "Content-Encoding": encoding}
                self.assertEqual(listener.post(sent, headers)[0], expected, (encoding, len(sent)))
            self.assertEqual(listener.stop()[0], 0)
        self.assertEqual((self.folder / "out.ndjson").read_bytes(), 3 * (body + b"\n"))

    def test_a_delivery_is_in_the_file_before_it_is_answered(self):
        out = self.folder / "out.ndjson"
        out.write_bytes(b'{"old": 1}')  # somebody's line without an end
        with Listener(self.folder, "--output", "out.ndjson") as listener:
            expected = b'{"old": 1}\n'
            for number in range(20):
                body = b'{"number":\r\n%d,\n"text": "\\n"}' % number
                listener.post(body, {"webhook-id": f"a{number}"})
                expected += b'{"number":  %d, "text": "\\n"}\n' % number
                self.assertEqual(out.read_bytes(), expected)

    def test_a_repeat_is_answered_but_not_written_again(self):
        with Listener(self.folder, "--output", "out.ndjson", "--count", "2") as listener:
            self.assertEqual(listener.post(b"[1]", {"webhook-id": "a"}), (200, "received"))
            self.assertEqual(listener.post(b"[1]", {"webhook-id": "a"}), (200, "received before"))
            self.assertEqual(listener.post(b"[2]", {"webhook-id": "a"}), (200, "received before"))
            self.assertEqual(listener.post(b"[1]", {"webhook-id": "b"}), (200, "received"))
            code, out, _ = listener.end()
        lines = out.splitlines()
        self.assertEqual(code, 0)
        self.assertEqual([line.split("  ", 1)[1] for line in lines[:4]], [
            "200  a  3 bytes  unsigned  array of 1",
            "200  a  3 bytes  unsigned  array of 1  (a repeat)",
            "200  a  3 bytes  unsigned  array of 1  (a repeat with another body)",
            "200  b  3 bytes  unsigned  array of 1",
        ])
        self.assertEqual(lines[4], "2 received, 2 repeated, 0 refused")
        self.assertEqual((self.folder / "out.ndjson").read_bytes(), b"[1]\n[1]\n")

    def test_thousands_of_ids_are_told_apart(self):
        with Listener(self.folder, "--count", "3000") as listener:
            connection = listener.connect()
            for number in list(range(2999)) + [0, 1500, 2998, 2999]:
                connection.request("POST", "/", b"1", {"webhook-id": f"id-{number}"})
                connection.getresponse().read()
            connection.close()
            out = listener.end()[1]
        self.assertTrue(out.endswith("3000 received, 3 repeated, 0 refused\n"), out[-200:])

    def test_another_answer_can_be_chosen_and_then_nothing_is_kept(self):
        for status in (204, 404, 503):
            with Listener(self.folder, "--output", "out.ndjson", "--status", str(status),
                          "--count", "2") as listener:
                for message_id in ("a", "a", "b"):
                    self.assertEqual(listener.post(b"[1]", {"webhook-id": message_id})[0], status)
                code, out, _ = listener.end()
            self.assertEqual(code, 0)
            self.assertTrue(out.endswith("2 received, 1 repeated, 0 refused\n"), out)
            kept = b"[1]\n[1]\n" if status == 204 else b""
            self.assertEqual((self.folder / "out.ndjson").read_bytes(), kept)
            (self.folder / "out.ndjson").unlink()

    def test_other_methods_and_large_bodies_are_refused(self):
        with Listener(self.folder) as listener:
            for method in ("GET", "PUT", "DELETE", "HEAD", "OPTIONS"):
                self.assertEqual(listener.post(None, method=method)[0], 405, method)
            fits = b"x" * BODY_BYTES_MAX
            self.assertEqual(listener.post(fits)[0], 200)
            self.assertEqual(listener.post(iter([fits, b"x"]))[0], 413)  # in chunks
            self.assertEqual(listener.stop()[0], 0)

    def test_a_body_that_is_announced_as_too_large_is_refused_before_it_is_sent(self):
        request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n%s\r\n"
        with Listener(self.folder) as listener:
            for expect in (b"", b"Expect: 100-continue\r\n"):
                with socket.create_connection((listener.host, listener.port)) as stream:
                    stream.settimeout(PATIENCE_S)
                    stream.sendall(request % (BODY_BYTES_MAX + 1, expect))
                    answer = read_all(stream)
                self.assertTrue(answer.startswith(b"HTTP/1.1 413 "), answer)

    def test_requests_that_two_servers_could_read_two_ways_are_refused(self):
        start, body = b"POST / HTTP/1.1\r\nConnection: close\r\n", b"\r\n3\r\nabc\r\n0\r\n\r\n"
        cases = [
            (b"Content-Length: 3\r\n", "no host"),
            (b"Host: a\r\nHost: b\r\nContent-Length: 3\r\n", "two hosts"),
            (b"Host: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n", "two lengths"),
            (b"Host: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n",
             "length and chunks"),
            (b"Host: a\r\nTransfer-Encoding: gzip, chunked\r\n", "another coding"),
            (b"Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
             "two codings"),
            (b"Host: a\r\nContent-Length: +3\r\n", "a length with a sign"),
            (b"Host: a\r\nContent-Length: 18446744073709551619\r\n", "a length beyond 64 bits"),
            (b"Host : a\r\nContent-Length: 3\r\n", "a space before the colon"),
            (b"Host: a\r\nContent-Length: 3\r\nwebhook-id: a\r\nWebhook-Id: b\r\n", "two ids"),
        ]
        with Listener(self.folder) as listener:
            for headers, why in cases:
                answer = listener.raw(start + headers + body)
                self.assertRegex(answer, rb"^HTTP/1\.1 4\d\d ", why)
                self.assertNotIn(b" 200 ", answer, why)
            good = listener.raw(start + b"Host: a\r\nTransfer-Encoding: chunked\r\n" + body)
            self.assertTrue(good.startswith(b"HTTP/1.1 200 "), good)

    def test_a_client_that_is_too_slow_is_cut_off(self):
        starts = [b"POST / HTTP/1.1\r\nHost: a\r\nX: ",
                  b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"]
        with Listener(self.folder, "--timeout", "0.5") as listener:
            for start in starts:
                with socket.create_connection((listener.host, listener.port)) as stream:
                    stream.sendall(start)
                    stream.settimeout(0.02)
                    began = time.monotonic()
                    while self.is_open_after_one_more_byte(stream):
                        self.assertLess(time.monotonic() - began, PATIENCE_S)
            self.assertEqual(listener.post(b"1")[0], 200)

    @staticmethod
    def is_open_after_one_more_byte(stream):
        try:
            stream.sendall(b"x")
            return stream.recv(4096) != b""
        except TimeoutError:
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def test_many_clients_at_once_are_served(self):
        with Listener(self.folder, "--count", "200") as listener:
            connections = [listener.connect() for _ in range(20)]
            for turn in range(10):
                for index, connection in enumerate(connections):
                    connection.request("POST", "/", b"1", {"webhook-id": f"{turn}-{index}"})
                for connection in connections:
                    self.assertEqual(connection.getresponse().read(), b"received\n")
            for connection in connections:
                connection.close()
            self.assertEqual(listener.end()[0], 0)

    def test_a_signal_lets_a_request_under_way_end_and_takes_no_other(self):
        with Listener(self.folder, "--output", "out.ndjson") as listener:
            with socket.create_connection((listener.host, listener.port)) as stream:
                stream.settimeout(PATIENCE_S)
                stream.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                               b"Expect: 100-continue\r\n\r\n")
                self.assertTrue(stream.recv(4096).startswith(b"HTTP/1.1 100 "))
                listener.process.send_signal(signal.SIGINT)
                self.wait_until_refused(listener)
                stream.sendall(b"[1]")
                self.assertTrue(read_all(stream).startswith(b"HTTP/1.1 200 "))
            self.assertEqual(listener.end()[0], 0)
        self.assertEqual((self.folder / "out.ndjson").read_bytes(), b"[1]\n")

    @staticmethod
    def wait_until_refused(listener):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                socket.create_connection((listener.host, listener.port), PATIENCE_S).close()
            except (ConnectionRefusedError, ConnectionResetError):
                return
            time.sleep(0.005)
        raise TimeoutError("it still listens")

    def test_a_count_that_was_not_reached_is_a_failure(self):
        with Listener(self.folder, "--count", "2") as listener:
            listener.post(b"1")
            code, out, _ = listener.stop()
        self.assertEqual(code, 1)
        self.assertTrue(out.endswith("1 received, 0 repeated, 0 refused\n"), out)

    def test_a_port_that_is_taken_is_an_error(self):
        with Listener(self.folder) as listener:
            done = subprocess.run([MFN, "webhook", "listen", "--port", str(listener.port)],
                                  capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"cannot listen on port {listener.port} of 127.0.0.1: ", done.stderr)

    def test_a_full_disk_is_answered_with_503(self):
        with Listener(self.folder, "--output", "/dev/full") as listener:
            status, text = listener.post(b"[1]", {"webhook-id": "a"})
            self.assertEqual(status, 503)
            self.assertIn("No space left", text)
            code, out, err = listener.stop()
        self.assertEqual(code, 0)
        self.assertTrue(out.endswith("0 received, 0 repeated, 1 refused\n"), out)
        self.assertIn("mfn webhook listen: ", err)

    @unittest.skipUnless(socket.has_ipv6, "this machine has no IPv6")
    def test_ipv6_works_too(self):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            self.skipTest("this machine has no IPv6 on loopback")
        with Listener(self.folder, "--address", "::1") as listener:
            self.assertEqual(listener.post(b"1")[0], 200)


if __name__ == "__main__":
    unittest.main()
