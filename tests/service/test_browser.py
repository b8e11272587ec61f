#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A real browser reads the page of the API, and pages of other sites call the API or are kept out.

    test_browser.py MFN [PICTURES]   PICTURES: a folder for screenshots to look at"""
import http.server
import json
import os
import sys
import threading
import unittest

from browser import Browser, NoBrowser
from serving import Serve

PICTURES = sys.argv.pop(1) if len(sys.argv) > 1 else None
SKIPPED = 77
browser = None

ASK = """(async () => {
  const response = await fetch(%s, {method: "POST", body: %s,
      headers: {"Content-Type": "application/json", "X-API-Key": "browser-key-0123456789"}});
  return [response.status, response.headers.get("X-Request-ID") !== null, await response.json()];
})().catch(error => String(error))"""


def ask(url, body):
    return browser.evaluate(ASK % (json.dumps(url), json.dumps(json.dumps(body))))


class EmptyPage(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!DOCTYPE html><link rel=icon href=data:,><title>another site</title>")

    def log_message(self, *_):
        pass


class Site:
    """A web site of its own origin."""

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class DocsTest(unittest.TestCase):
    def test_the_page_reads_well_everywhere_and_asks_no_other_host(self):
        with Serve() as service:
            home = f"http://{service.host}:{service.port}/"
            document = json.loads(service.ask("GET", "/openapi.json")[2])
            for name, width, scheme in (("desktop", 1280, "light"), ("dark", 1280, "dark"),
                                        ("phone", 390, "light"), ("phone_dark", 390, "dark")):
                with self.subTest(name):
                    browser.show_as(width, 800, scheme)
                    for page in ("docs", "redoc"):
                        browser.open(home + page)
                        self.check_page(home, document, width, scheme)
                    if PICTURES:
                        with open(os.path.join(PICTURES, f"{name}.png"), "wb") as file:
                            file.write(browser.picture())

    def check_page(self, home, document, width, scheme):
        self.assertEqual([], browser.complaints())
        self.assertEqual([], [url for url in browser.requested()
                              if not url.startswith((home, "data:"))])
        listed = browser.evaluate("[...document.querySelectorAll('h2')].map(at => at.innerText)")
        documented = {f"{method.upper()} {path}" for path, methods in document["paths"].items()
                      for method in methods}
        self.assertEqual(set(), documented - {" ".join(words.split()) for words in listed})
        self.assertGreater(len(documented), 8)
        self.assertLessEqual(browser.evaluate("document.documentElement.scrollWidth"), width)
        color = browser.evaluate("getComputedStyle(document.body).color")
        self.assertEqual("rgb(0, 0, 0)" if scheme == "light" else "rgb(255, 255, 255)", color)
        clipped = browser.evaluate("""[...document.querySelectorAll('pre, td, code, h1, h2, p')]
            .filter(at => at.scrollWidth > at.clientWidth + 1 && at.clientWidth > 0)
            .map(at => at.outerHTML)""")
        self.assertEqual([], clipped)


class OriginsTest(unittest.TestCase):
    def test_only_pages_of_listed_sites_may_call(self):
        body = {"grid_size": 8, "steps": 2, "seed": 7}
        with Site() as listed, Site() as stranger, Serve(
                "--cors-origins", listed.origin, MFN_API_KEY="browser-key-0123456789",
                MFN_API_KEY_REQUIRED="true") as service:
            url = f"http://{service.host}:{service.port}/simulate"
            headers = {"X-API-Key": "browser-key-0123456789"}
            expected = json.loads(service.ask("POST", "/simulate", body, headers)[2])
            browser.open(listed.origin)
            self.assertEqual([200, True, expected], ask(url, body))
            browser.open(stranger.origin)
            self.assertEqual("TypeError: Failed to fetch", ask(url, body))
            self.assertTrue([one for one in browser.saw("Network.loadingFailed")
                             if "corsErrorStatus" in one], browser.complaints())

    def test_a_page_of_the_service_itself_may_call_without_being_listed(self):
        with Serve(MFN_ENV="prod", MFN_API_KEY="browser-key-0123456789") as service:
            browser.open(f"http://{service.host}:{service.port}/docs")
            status, _, got = ask("/nernst", {"concentration_out_molar": 0.005,
                                             "concentration_in_molar": 0.14})
            self.assertEqual((200, True), (status, abs(got["potential_mV"] + 89.01) < 0.01))


if __name__ == "__main__":
    try:
        browser = Browser()
    except NoBrowser as why:
        print(f"skipped: {why}")
        sys.exit(SKIPPED)
    with browser:
        unittest.main(verbosity=1)
