#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `mfn serve` does beside answering well: malformed requests, slow and vanished clients,
overload, the end, metrics, keys, TLS.

    test_http.py MFN"""
import http.client
import json
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

from serving import MFN, PATIENCE_S, Serve

HEAVY = {"grid_size": 256, "steps": 1000}
SLOWLY = {"MFN_SIMD": "scalar"}  # for half a second of work


def request(*lines, body=b""):
    return "\r\n".join((*lines, "", "")).encode("latin1") + body


class MalformedTest(unittest.TestCase):
    def test_what_two_readers_could_read_differently_is_refused(self):
        get, post = "GET /health HTTP/1.1", "POST /nernst HTTP/1.1"
        cases = {
            "no host": request(get),
            "two hosts": request(get, "Host: a", "Host: b"),
            "white space before the colon": request(get, "Host: a", "X-A : b"),
            "NUL in a name": request(get, "Host: a", "X\0A: b"),
            "a bare carriage return": request(get, "Host: a\rX: b"),
            "a folded coding": request(post, "Host: a", "Transfer-Encoding:", " chunked",
                                       body=b"0\r\n\r\n"),
            "a folded length": request(post, "Host: a", "Content-Length: 4", " 4", body=b"abcd"),
            "a line that begins with NUL": request(get, "Host: a", "\0", "X: a"),
            "a first line that begins with NUL": request(get, "\0X: a", "Host: a"),
            "a line that begins with a colon": request(get, "Host: a", ": b", "X: a"),
            "NUL behind a value": request(post, "Host: a", "Transfer-Encoding: chunked\0",
                                          body=b"0\r\n\r\n"),
            "a line that ends with LF alone": request(get, "Host: a\nX: b"),
            "an empty line of LF alone": request(get, "Host: a")[:-2] + b"\n",
            "length and coding": request(post, "Host: a", "Content-Length: 5",
                                         "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
            "two lengths": request(post, "Host: a", "Content-Length: 4", "Content-Length: 5", body=b"abcd"),
            "a length with a sign": request(post, "Host: a", "Content-Length: +4", body=b"abcd"),
            "another coding": request(post, "Host: a", "Transfer-Encoding: gzip, chunked",
                                      body=b"0\r\n\r\n"),
            "a bad chunk size": request(post, "Host: a", "Transfer-Encoding: chunked",
                                        body=b"zz\r\nabcd\r\n0\r\n\r\n"),
        }
        with Serve() as service:
            for why, payload in cases.items():
                with self.subTest(why):
                    got = service.raw(payload)
                    self.assertTrue(got.startswith(b"HTTP/1.1 400 "), got[:200])
            self.assertEqual(200, service.ask("GET", "/health")[0])

    def test_request_lines_that_hold_what_no_target_does_are_not_answered(self):
        with Serve() as service:
            for start in ("GET  /health", "G\0ET /health", "G\"T /health"):
                with self.subTest(start):
                    got = service.raw(request(f"{start} HTTP/1.1", "Host: a"))
                    self.assertTrue(got.startswith(b"HTTP/1.1 400 "), got[:200])
            for target in ("/health\0x", "/hea lth", "/health\tx", "/health\x7f"):
                with self.subTest(target):
                    self.assertEqual(b"", service.raw(request(f"GET {target} HTTP/1.1", "Host: a")))
            for target in ("/health", "/health?a=1&b", "/%68ealth", "http://a/health"):
                with self.subTest(target):
                    self.assertIn(b" 200 OK\r\n", service.raw(request(
                        f"GET {target} HTTP/1.1", "Host: a", "Connection: close")))

    def test_headers_are_taken_in_whatever_pieces_they_come(self):
        names = [f"X-Header-{number}: {'y' * 300}" for number in range(60)]
        lines = ("GET /health?a=1&b HTTP/1.1", "Host:a", "X-Empty:", "X-Tab: \ta\t ", *names)
        payload = request(*lines, "Connection: close")
        for step in (1, 7, 1000):
            with self.subTest(step), Serve() as service, service.connect() as peer:
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for start in range(0, len(payload), step):
                    peer.sendall(payload[start:start + step])
                self.assertEqual(b"HTTP/1.1 200 ", peer.recv(13))

    def test_a_body_without_end_ends_its_connection(self):
        with Serve("--max-body-bytes", "2000") as service, service.connect() as peer:
            peer.sendall(request("POST /nernst HTTP/1.1", "Host: a", "Transfer-Encoding: chunked"))
            sent = 0
            with self.assertRaises(OSError):
                while sent < 64 << 20:
                    peer.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                    sent += 65536
            self.assertLess(sent, 32 << 20)  # what the kernel held beside the megabyte

    def test_sizes_are_limited(self):
        with Serve("--max-body-bytes", "2000") as service:
            got = service.raw(request("POST /nernst HTTP/1.1", "Host: a", "Content-Length: 2001"))
            self.assertTrue(got.startswith(b"HTTP/1.1 413 "), got[:200])
            chunks = b"".join(b"400\r\n" + b"x" * 1024 + b"\r\n" for _ in range(4)) + b"0\r\n\r\n"
            got = service.raw(request("POST /nernst HTTP/1.1", "Host: a", "Transfer-Encoding: chunked",
                                      body=chunks))
            self.assertTrue(got.startswith(b"HTTP/1.1 413 "), got[:200])
            got = service.raw(request("GET /health HTTP/1.1", "Host: a", "X: " + "y" * 70000))
            self.assertTrue(got.startswith(b"HTTP/1.1 431 "), got[:200])
            deep = "[" * 10000 + "]" * 10000
            got = service.raw(request("POST /nernst HTTP/1.1", "Host: a", "Content-Length: 1000",
                                      body=deep[:1000].encode()))
            self.assertTrue(got.startswith(b"HTTP/1.1 422 "), got[:200])


class ClientsTest(unittest.TestCase):
    def test_a_byte_at_a_time_does_not_hold_a_connection(self):
        with Serve("--idle-timeout", "1", "--request-timeout", "1") as service:
            for start in (b"GET /hea", b"POST /nernst HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n"):
                with self.subTest(start), service.connect() as peer:
                    began = time.monotonic()
                    with self.assertRaises(OSError):
                        peer.sendall(start)
                        while time.monotonic() < began + PATIENCE_S:
                            peer.sendall(b"x")
                            time.sleep(0.1)
                    self.assertLess(time.monotonic() - began, 10)

    def test_work_whose_client_has_gone_is_cancelled(self):
        with Serve("--workers", "1", "--max-pending-cost", "1000000000", **SLOWLY) as service:
            with service.connect() as peer:
                body = json.dumps(HEAVY).encode()
                peer.sendall(request("POST /simulate HTTP/1.1", "Host: a",
                                     "Content-Type: application/json", f"Content-Length: {len(body)}",
                                     body=body))
                self.wait(service, lambda state: state["running"] == 1)
            self.wait(service, lambda state: state["running"] == 0)
            self.assertEqual(200, service.ask("POST", "/simulate", {"grid_size": 8, "steps": 1})[0])
            self.assertNotIn('status="503"', self.metrics_with(service, '"/simulate",method="POST",status="499"'))

    def metrics_with(self, service, text):
        """Waits for it: a request is counted when its connection has been seen to be gone."""
        deadline = time.monotonic() + PATIENCE_S
        metrics = ""
        while text not in metrics:
            self.assertLess(time.monotonic(), deadline, metrics)
            metrics = service.ask("GET", "/metrics")[2].decode()
        return metrics

    def wait(self, service, is_so):
        deadline = time.monotonic() + PATIENCE_S
        while not is_so(json.loads(service.ask("GET", "/readyz")[2])):
            self.assertLess(time.monotonic(), deadline)

    def test_too_much_work_is_turned_away_and_health_answers_meanwhile(self):
        with Serve("--workers", "1", "--max-pending-cost", "70000000", **SLOWLY) as service:
            statuses = []
            threads = [threading.Thread(target=lambda: statuses.append(
                service.ask("POST", "/simulate", HEAVY))) for _ in range(20)]
            for thread in threads:
                thread.start()
            self.wait(service, lambda state: state["running"] == 1)
            self.assertEqual(200, service.ask("GET", "/health")[0])
            for thread in threads:
                thread.join()
            refused = [answer for answer in statuses if answer[0] == 503]
            self.assertEqual({200, 503}, {answer[0] for answer in statuses})
            self.assertTrue(all(int(answer[1]["retry-after"]) >= 1 for answer in refused))
            self.assertEqual("overloaded", json.loads(refused[0][2])["error_code"])


    def test_a_refusal_without_a_body_to_read_keeps_the_connection(self):
        preflight = {"Origin": "http://a", "Access-Control-Request-Method": "POST"}
        with Serve(MFN_API_KEY="mfn-key-of-this-test", MFN_API_KEY_REQUIRED="true",
                   MFN_CORS_ORIGINS="http://a") as service:
            connection = http.client.HTTPConnection(service.host, service.port, timeout=PATIENCE_S)
            connection.connect()
            peer = connection.sock
            for status, method, path, headers in (
                    (401, "GET", "/nowhere", {}), (405, "DELETE", "/health", {}),
                    (307, "GET", "/health/", {}), (200, "OPTIONS", "/simulate", preflight),
                    (200, "GET", "/health", {})):
                with self.subTest(path):
                    connection.request(method, path, headers=headers)
                    response = connection.getresponse()
                    response.read()
                    self.assertEqual((status, False), (response.status, response.will_close))
                    self.assertIs(peer, connection.sock)
            connection.close()


class EndTest(unittest.TestCase):
    def test_what_was_accepted_is_answered_before_the_end(self):
        with Serve("--workers", "2", **SLOWLY) as service:
            answers = []
            threads = [threading.Thread(target=lambda seed=seed: answers.append(
                service.ask("POST", "/simulate", {**HEAVY, "steps": 300, "seed": seed})[0]))
                for seed in range(6)]
            for thread in threads:
                thread.start()
            deadline = time.monotonic() + PATIENCE_S
            while json.loads(service.ask("GET", "/readyz")[2])["running"] == 0:
                self.assertLess(time.monotonic(), deadline)
            accepted = json.loads(service.ask("GET", "/readyz")[2])
            code, said = service.end()
            for thread in threads:
                thread.join()
            self.assertEqual(0, code, said)
            self.assertGreaterEqual(answers.count(200), accepted["running"] + accepted["waiting"])

    def test_it_ends_at_once_when_there_is_nothing_to_do(self):
        with Serve() as service, service.connect():
            began = time.monotonic()
            self.assertEqual(0, service.end()[0])
            self.assertLess(time.monotonic() - began, 5)


class SeeingTest(unittest.TestCase):
    def test_the_metrics_are_valid_and_count(self):
        lines = ('mfn_http_requests_total{endpoint="/simulate",method="POST",status="200"} 3.0',
                 'mfn_http_requests_total{endpoint="/other",method="GET",status="404"} 1.0',
                 "mfn_cell_steps_total 384.0", "mfn_simulation_duration_seconds_count 3.0",
                 'mfn_http_request_duration_seconds_bucket{endpoint="/simulate",method="POST",le="+Inf"} 3.0')
        with Serve() as service:
            for _ in range(3):
                service.ask("POST", "/simulate", {"grid_size": 8, "steps": 2})
            service.ask("GET", "/no/such\"path")
            text = service.metrics(*lines)
            for line in lines:
                self.assertIn(line + "\n", text)
            self.assertIn("process_resident_memory_bytes ", text)
            if shutil.which("promtool"):
                check = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                                       capture_output=True)
                self.assertEqual((0, ""), (check.returncode, check.stderr))

    def test_methods_that_clients_make_up_do_not_crowd_out_the_metrics(self):
        counts = 'mfn_http_requests_total{endpoint="/health",method='
        lines = (counts + '"other",status="405"} 1100.0', counts + '"GET",status="200"} 1.0')
        with Serve("--log-level", "ERROR") as service:
            for number in range(1100):
                self.assertEqual(405, service.ask(f"MADE-UP-{number}", "/health")[0])
            service.ask("GET", "/health")
            text = service.metrics(*lines)
            for line in lines:
                self.assertIn(line + "\n", text)

    def test_logs_are_lines_without_secrets(self):
        key = "mfn-secret-key-0123456789"
        with Serve("--log-level", "DEBUG", "--log-format", "json", MFN_API_KEY=key,
                   MFN_API_KEY_REQUIRED="true") as service:
            service.ask("POST", "/nernst", {"note": "body-secret"}, {"X-API-Key": key})
            service.ask("POST", "/nernst", {}, {"X-API-Key": "wrong-secret"})
            service.ask("GET", "/a%7F%0Ab?token=query-secret", headers={"X-Request-ID": "id-1"})
            service.end()
            lines = service.lines()
            records = [json.loads(line) for line in lines]
            self.assertNotIn("secret", "\n".join(lines))
            done = [record for record in records if record["message"].startswith("Request completed")]
            self.assertEqual([401, 401, 422], sorted(record["status"] for record in done))
            self.assertEqual(["env-1"], [record["key"] for record in done if record["status"] == 422])
            self.assertIn("id-1", [record["request_id"] for record in done])

    def test_problems_come_as_rfc_9457_when_asked_for(self):
        with Serve() as service:
            status, headers, body = service.ask("POST", "/nernst", {"z_valence": 1.5},
                                                {"Accept": "application/problem+json"})
            problem = json.loads(body)
            self.assertEqual((422, "application/problem+json"), (status, headers["content-type"]))
            self.assertEqual((422, "/nernst"), (problem["status"], problem["instance"]))
            self.assertEqual({"z_valence", "concentration_out_molar", "concentration_in_molar"},
                             {error["field"] for error in problem["errors"]})

    def test_the_documents_name_every_operation(self):
        with Serve() as service:
            document = json.loads(service.ask("GET", "/openapi.json")[2])
            page = service.ask("GET", "/docs")[2].decode()
            self.assertEqual("3.1.0", document["openapi"])
            self.assertEqual({"minimum": 8.0, "maximum": 256.0}, {
                key: value for key, value in document["paths"]["/simulate"]["post"]["requestBody"]["content"]
                ["application/json"]["schema"]["properties"]["grid_size"].items() if "imum" in key})
            for path in document["paths"]:
                self.assertIn(f"<code>{path}</code>", page)
            self.assertNotIn("http://", page.replace("http://localhost", ""))
            self.assertNotIn("https://", page)

    def test_features_come_from_json_and_from_npy(self):
        with Serve() as service, tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/field.npy"
            subprocess.run([MFN, "simulate", "--grid-size", "16", "--save-field", path], check=True,
                           stdout=subprocess.DEVNULL)
            expected = json.loads(subprocess.run([MFN, "features", path, "--format", "json"], check=True,
                                                 capture_output=True).stdout)["features"]
            with open(path, "rb") as file:
                content = file.read()
            connection = http.client.HTTPConnection(service.host, service.port, timeout=PATIENCE_S)
            connection.request("POST", "/features", content, {"Content-Type": "application/octet-stream"})
            got = json.loads(connection.getresponse().read())
            connection.close()
            self.assertEqual(expected, got["features"])
            status, _, body = service.ask("POST", "/features", {"field": [[-0.05, -0.07], [-0.07, -0.05]]})
            self.assertEqual((200, 0.5), (status, json.loads(body)["features"]["f_active"]))
            self.assertEqual(422, service.ask("POST", "/features", {"field": [[1, 2]]})[0])


class KeysTest(unittest.TestCase):
    def test_a_key_file_is_read_again_on_hangup(self):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/keys.yaml"

            def make(name):
                made = subprocess.run([MFN, "key", "new", "--name", name, "--file", path], check=True,
                                      capture_output=True, text=True).stdout
                return next(word for word in made.split() if word.startswith("mfn_"))
            first = make("first")
            with Serve("--api-key-required", "true", "--api-key-file", path) as service:
                ask = {"concentration_out_molar": 0.1, "concentration_in_molar": 0.2}
                self.assertEqual(200, service.ask("POST", "/nernst", ask, {"X-API-Key": first})[0])
                second = make("second")
                self.assertEqual(401, service.ask("POST", "/nernst", ask, {"X-API-Key": second})[0])
                service.process.send_signal(signal.SIGHUP)
                deadline = time.monotonic() + PATIENCE_S
                while service.ask("POST", "/nernst", ask, {"X-API-Key": second})[0] != 200:
                    self.assertLess(time.monotonic(), deadline)

    def test_tls_with_a_certificate_and_its_key(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
                            "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                            f"{folder}/key.pem", "-out", f"{folder}/cert.pem"], check=True,
                           capture_output=True)
            with Serve("--tls-certificate", f"{folder}/cert.pem", "--tls-key", f"{folder}/key.pem") as service:
                trust = ssl.create_default_context(cafile=f"{folder}/cert.pem")
                connection = http.client.HTTPSConnection(service.host, service.port, context=trust,
                                                         timeout=PATIENCE_S)
                connection.request("GET", "/health")
                self.assertEqual(200, connection.getresponse().status)
                connection.close()


if __name__ == "__main__":
    unittest.main(verbosity=1)
