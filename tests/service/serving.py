# SPDX-License-Identifier: MIT
"""`mfn serve` as the tests start it: on a free port, with settings of their own alone."""
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

MFN = sys.argv.pop(1)
PATIENCE_S = 30


class Serve:
    """The program on a free port; a context manager."""

    def __init__(self, *flags, **environment):
        clean = {key: value for key, value in os.environ.items() if not key.startswith("MFN_")}
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([MFN, "serve", "--port", "0", *flags],
                                        env={**clean, **environment}, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        if "listening at" not in line:
            self.log.close()
            raise RuntimeError(line + self.process.communicate()[1])
        self.host, self.port = line.split("//")[1].split(";")[0].rsplit(":", 1)
        self.port = int(self.port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
        self.log.close()

    def connect(self, timeout_s=PATIENCE_S):
        return socket.create_connection((self.host, self.port), timeout_s)

    def raw(self, payload, timeout_s=5):
        """All that comes back until the peer closes or is silent."""
        with self.connect(timeout_s) as peer:
            peer.sendall(payload)
            received = b""
            try:
                while chunk := peer.recv(65536):
                    received += chunk
            except (TimeoutError, ConnectionError):
                pass
            return received

    def ask(self, method, path, body=None, headers=()):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE_S)
        try:
            content = json.dumps(body).encode() if body is not None else None
            kind = {"Content-Type": "application/json"} if body is not None else {}
            connection.request(method, path, content, {**kind, **dict(headers)})
            response = connection.getresponse()
            return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
        finally:
            connection.close()

    def metrics(self, *lines):
        """The text of /metrics once it has these lines, or without them when they do not come: a
        request is counted after its answer was sent."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            text = self.ask("GET", "/metrics")[2].decode()
            if all(line + "\n" in text for line in lines) or time.monotonic() > deadline:
                return text

    def end(self, number=signal.SIGTERM):
        """(exit code, what it said)."""
        self.process.send_signal(number)
        said = self.process.communicate(timeout=PATIENCE_S)[1]
        return self.process.returncode, said

    def lines(self):
        self.log.seek(0)
        return self.log.read().splitlines()
