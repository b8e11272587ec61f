# SPDX-License-Identifier: MIT
"""A real browser, driven over the two pipes of its DevTools protocol."""
import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time

PATIENCE_S = 60
# The browser expects its pipes at the descriptors 3 and 4.
RENUMBER = """import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execvp(sys.argv[3], sys.argv[3:])"""
QUIET = ["--headless=new", "--no-first-run", "--disable-gpu", "--disable-component-update",
         "--disable-background-networking", "--disable-sync", "--hide-scrollbars"]


class NoBrowser(Exception):
    """It cannot run here."""


def high(descriptor):
    """The same file at a number that is not in the way."""
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return moved


class Browser:
    """One tab, with all that the browser told about it in `events`."""

    def __init__(self):
        program = shutil.which("chromium")
        if program is None:
            raise NoBrowser("there is no chromium")
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        its_input, self.output = (high(end) for end in os.pipe())
        self.input, its_output = (high(end) for end in os.pipe())
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        self.said = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-c", RENUMBER, str(its_input), str(its_output), program, *QUIET, *sandbox,
             "--remote-debugging-pipe", f"--user-data-dir={self.profile.name}", "about:blank"],
            pass_fds=(its_input, its_output), stdin=subprocess.DEVNULL, stdout=self.said,
            stderr=self.said)
        os.close(its_input)
        os.close(its_output)
        self.session, self.last, self.pending, self.events = None, 0, b"", []
        try:
            self.attach()
        except NoBrowser:
            self.close()
            raise

    def attach(self):
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=page["targetId"],
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.input)
        os.close(self.output)
        self.said.close()
        self.profile.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def receive(self, deadline):
        while b"\0" not in self.pending:
            ready = select.select([self.input], [], [], max(0.0, deadline - time.monotonic()))[0]
            chunk = os.read(self.input, 1 << 20) if ready else b""
            if not chunk:
                self.said.seek(0)
                raise NoBrowser("chromium does not answer: " + self.said.read()[-2000:])
            self.pending += chunk
        message, self.pending = self.pending.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        """The result of one command; what comes before it goes into `events`."""
        self.last += 1
        command = {"id": self.last, "method": method, "params": parameters}
        if self.session:
            command["sessionId"] = self.session
        os.write(self.output, json.dumps(command).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE_S
        while (message := self.receive(deadline)).get("id") != self.last:
            self.events.append(message)
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']}")
        return message["result"]

    def open(self, url):
        """Shows a page and waits until all of it has been loaded."""
        self.events.clear()
        self.call("Page.navigate", url=url)
        deadline = time.monotonic() + PATIENCE_S
        while not self.saw("Page.loadEventFired"):
            self.events.append(self.receive(deadline))

    def saw(self, method):
        return [event["params"] for event in self.events if event.get("method") == method]

    def evaluate(self, expression):
        got = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in got:
            raise RuntimeError(got["exceptionDetails"]["exception"]["description"])
        return got["result"].get("value")

    def show_as(self, width, height, scheme):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 500)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self):
        """The whole page as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    def complaints(self):
        """What a person would read in the console, except what is merely said."""
        logged = [entry["entry"]["text"] for entry in self.saw("Log.entryAdded")]
        thrown = [str(one["exceptionDetails"]) for one in self.saw("Runtime.exceptionThrown")]
        failed = [one["errorText"] for one in self.saw("Network.loadingFailed")]
        return logged + thrown + failed

    def requested(self):
        return [one["request"]["url"] for one in self.saw("Network.requestWillBeSent")]
