#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tests' HTTP servers do what the tests built on them rely on."""
import base64
import contextlib
import gzip
import hashlib
import hmac
import http.client
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

from http_peer import HttpPeer, Reply, RestSource, WebhookReceiver

PATIENCE_S = 10
KEY = b"0123456789abcdef01234567"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
NOW_S = 1700000000
BROKEN = (http.client.HTTPException, ConnectionError)


class Client:
    """One connection of an HTTP client that the server's author did not write."""

    def __init__(self, port, timeout_s=PATIENCE_S):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def ask(self, target, method="GET", body=None, headers=()):
        self.connection.request(method, target, body, dict(headers))
        response = self.connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()

    def get(self, target, **headers):
        return self.ask(target, headers=headers)


def signed(name, body, secret_key=KEY, stamp=NOW_S, scheme="v1"):
    digest = hmac.new(secret_key, f"{name}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": name, "webhook-timestamp": str(stamp),
            "webhook-signature": f"{scheme},{base64.b64encode(digest).decode()}"}


class HttpPeerTest(unittest.TestCase):
    def peer(self, kind=HttpPeer, **options):
        peer = kind(**options)
        self.addCleanup(peer.close)
        return peer

    def test_requests_on_one_connection_are_recorded_in_full(self):
        peer = self.peer()
        peer.next(Reply.json({"a": 1}), Reply(204), Reply(200, body=b"unseen"))
        with Client(peer.port) as client:
            self.assertEqual((200, b'{"a": 1}'), client.get("/a%20b?x=1&x=2&y=%26&z=")[::2])
            self.assertEqual(204, client.ask("/", "POST", b"body", {"X-Name": "value"})[0])
            self.assertEqual((200, b""), client.ask("/", "HEAD")[::2])
            self.assertEqual(404, client.get("/")[0])
        first, second = peer.requests[:2]
        self.assertEqual(("GET", "/a b", {"x": "2", "y": "&", "z": ""}, "/a%20b?x=1&x=2&y=%26&z="),
                         (first.method, first.path, first.query, first.target))
        self.assertEqual(("POST", b"body", "value"),
                         (second.method, second.body, second.headers["x-name"]))
        self.assertEqual((1, {1}), (peer.connections(), {each.connection for each in peer.requests}))

    def test_a_body_may_come_in_chunks_or_after_100_continue(self):
        peer = self.peer()
        with Client(peer.port) as client:
            client.ask("/", "POST", iter([b"one ", b"two"]))  # in chunks, as it has no length
            client.ask("/", "POST", b"three", {"Expect": "100-continue"})
        self.assertEqual([b"one two", b"three"], [each.body for each in peer.requests])

    def test_a_fault_is_seen_by_the_client_and_ends_with_its_connection(self):
        for reply, error in ((Reply.drop(), http.client.RemoteDisconnected),
                             (Reply.reset(), ConnectionResetError),
                             (Reply.garbage(), http.client.BadStatusLine),
                             (Reply(200, body=b"0123456789", fault="cut"), http.client.IncompleteRead)):
            with self.subTest(reply.fault):
                peer = self.peer()
                peer.next(reply)
                with Client(peer.port) as client, self.assertRaises(error):
                    client.get("/")
                with Client(peer.port) as client:
                    self.assertEqual(404, client.get("/")[0])

    def test_a_reply_that_hangs_hangs_until_it_is_released(self):
        peer = self.peer()
        peer.next(Reply.hang(), Reply.hang())
        with Client(peer.port, timeout_s=0.2) as client, self.assertRaises(TimeoutError):
            client.get("/")
        with Client(peer.port) as client:
            client.connection.request("GET", "/")
            self.assertTrue(peer.wait(lambda: len(peer.requests) == 2))
            while not any(connection.hangs for connection in list(peer._connections)):
                time.sleep(0.001)
            peer.release()
            with self.assertRaises(http.client.RemoteDisconnected):
                client.connection.getresponse()

    def test_a_reply_can_be_late_slow_or_the_last_of_its_connection(self):
        peer = self.peer()
        peer.next(Reply(200, delay_s=0.1), Reply(200, body=b"x" * 100, drip_s=0.1),
                  Reply(200, is_last=True))
        with Client(peer.port) as client:
            for expected in (b"", b"x" * 100):
                begin = time.monotonic()
                self.assertEqual(expected, client.get("/")[2])
                self.assertGreaterEqual(time.monotonic() - begin, 0.1)
            self.assertEqual("close", client.get("/")[1]["Connection"])

    def test_a_server_that_is_down_refuses_and_comes_back_at_its_port(self):
        peer = self.peer()
        for _ in range(3):
            with Client(peer.port) as client:
                client.get("/")
                peer.down()
                with self.assertRaises(BROKEN):
                    client.get("/")
            with Client(peer.port) as client, self.assertRaises(ConnectionRefusedError):
                client.get("/")
            peer.up()
        peer.down()
        peer.close()

    def test_many_connections_at_once_are_all_answered(self):
        peer = self.peer(WebhookReceiver)

        def send(sender):
            with Client(peer.port) as client:
                for number in range(100):
                    client.ask("/", "POST", b"x", {"webhook-id": f"{sender}-{number}"})

        senders = [threading.Thread(target=send, args=(sender,)) for sender in range(20)]
        for sender in senders:
            sender.start()
        self.assertTrue(peer.wait_for(2000, PATIENCE_S))
        for sender in senders:
            sender.join()
        self.assertEqual((2000, 20, {}), (len(peer.taken), peer.connections(), peer.duplicates()))


class RestSourceTest(unittest.TestCase):
    ITEMS = [{"id": number} for number in range(23)]

    def follow(self, source, target, ways):
        """All items from `target` on, and how many pages they took."""
        items, pages = [], 0
        with Client(source.port) as client:
            while target:
                status, headers, body = client.get(target)
                self.assertEqual(200, status)
                page = json.loads(body)
                items += page if isinstance(page, list) else page["items"]
                pages += 1
                target = ways(page, headers, len(items), pages)
        return items, pages

    def test_every_way_of_paging_gives_each_item_once(self):
        def next_of(page):
            return page["next"]
        ways = {
            "none": lambda page, headers, count, pages: None,
            "page": lambda page, headers, count, pages: page["items"] and f"/?page={pages + 1}",
            "offset": lambda page, headers, count, pages: page["items"] and f"/?offset={count}&limit=7",
            "link": lambda page, headers, count, pages: headers.get("Link", "").partition(">")[0][1:],
            "next": lambda page, headers, count, pages: next_of(page),
            "cursor": lambda page, headers, count, pages:
                next_of(page) and "/?cursor=" + urllib.parse.quote(next_of(page)),
        }
        pages = {"none": 1, "page": 4, "offset": 4, "link": 3, "next": 3, "cursor": 3}
        for paging, way in ways.items():
            with self.subTest(paging), RestSource(self.ITEMS, paging, page_size=10) as source:
                first = "/?offset=0&limit=10" if paging == "offset" else "/"
                self.assertEqual((self.ITEMS, pages[paging]), self.follow(source, first, way))

    def test_an_endless_cursor_gives_what_came_later(self):
        with contextlib.ExitStack() as stack:
            source = stack.enter_context(RestSource(self.ITEMS[:2], "cursor", endless=True))
            client = stack.enter_context(Client(source.port))
            cursor = json.loads(client.get("/")[2])["next"]
            self.assertEqual({"items": [], "next": cursor},
                             json.loads(client.get(f"/?cursor={cursor}")[2]))
            source.add(self.ITEMS[2], b'{"raw":  1}')
            body = client.get(f"/?cursor={cursor}")[2]
            self.assertIn(b'{"raw":  1}', body)
            self.assertEqual([{"id": 2}, {"raw": 1}], json.loads(body)["items"])

    def test_an_array_alone_and_pages_from_zero(self):
        with RestSource(self.ITEMS, "page", 20, is_bare=True, first_page=0) as source:
            with Client(source.port) as client:
                self.assertEqual(self.ITEMS[20:], json.loads(client.get("/?page=1")[2]))
                self.assertEqual(self.ITEMS[:20], json.loads(client.get("/")[2]))
                self.assertEqual(400, client.get("/?page=-1")[0])
                self.assertEqual(400, client.get("/?page=x")[0])

    def test_what_has_not_changed_is_answered_with_304(self):
        with RestSource(self.ITEMS) as source, Client(source.port) as client:
            tag = client.get("/")[1]["ETag"]
            self.assertEqual((304, b""), client.get("/", **{"If-None-Match": tag})[::2])
            source.add({"id": "new"})
            self.assertEqual(200, client.get("/", **{"If-None-Match": tag})[0])

    def test_scripted_replies_come_before_the_items(self):
        with RestSource(self.ITEMS) as source, Client(source.port) as client:
            source.next(Reply(429, {"Retry-After": "1"}), Reply(500), Reply(200, body=b'{"items": [tru'))
            status, headers, _ = client.get("/")
            self.assertEqual((429, "1"), (status, headers["Retry-After"]))
            self.assertEqual(500, client.get("/")[0])
            self.assertEqual(b'{"items": [tru', client.get("/")[2])
            self.assertEqual(self.ITEMS, json.loads(client.get("/")[2])["items"])


class WebhookReceiverTest(unittest.TestCase):
    BODY = b'{"id": 1}'

    def test_signatures_are_judged(self):
        other = b"another key, also 24 byte"
        fine = signed("m1", self.BODY)
        both, future = (f"{headers['webhook-signature']} {fine['webhook-signature']}" for headers in (
            signed("m1", self.BODY, other), signed("m1", self.BODY, scheme="v1a")))
        cases = [  # (what is sent, expected status, what the problem says)
            (fine, 204, ""),
            ({**fine, "webhook-signature": both}, 204, ""),
            ({**fine, "webhook-signature": future}, 204, ""),
            (signed("m1", self.BODY, scheme="v1a"), 401, "no webhook-signature fits"),
            (signed("m1", self.BODY, other), 401, "no webhook-signature fits"),
            (signed("m1", self.BODY + b" "), 401, "no webhook-signature fits"),
            ({**fine, "webhook-id": "m2"}, 401, "no webhook-signature fits"),
            ({**fine, "webhook-timestamp": str(NOW_S + 1)}, 401, "no webhook-signature fits"),
            ({**fine, "webhook-signature": "v1,%%%"}, 401, "no Base64"),
            (signed("m1", self.BODY, stamp=NOW_S - 301), 401, "not within 300 s"),
            (signed("m1", self.BODY, stamp=NOW_S + 301), 401, "not within 300 s"),
            (signed("m1", self.BODY, stamp="soon"), 401, "not within 300 s"),
            ({}, 401, "no webhook-id"),
            ({"webhook-id": "m1", "webhook-timestamp": "1"}, 401, "no webhook-signature"),
        ]
        for headers, status, problem in cases:
            with self.subTest(headers), WebhookReceiver([SECRET], clock=lambda: NOW_S) as receiver:
                with Client(receiver.port) as client:
                    self.assertEqual(status, client.ask("/", "POST", self.BODY, headers)[0])
                self.assertIn(problem, receiver.deliveries[0].problem)
                self.assertEqual((status == 204, status == 401),
                                 (bool(receiver.taken), bool(receiver.refused)))

    def test_the_example_of_the_standard_is_accepted(self):
        headers = {"webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
                   "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}
        with WebhookReceiver(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
                             clock=lambda: 1614265330) as receiver, Client(receiver.port) as client:
            self.assertEqual(204, client.ask("/", "POST", b'{"test": 2432232314}', headers)[0])

    def test_what_was_taken_and_how_often_is_known_also_when_the_sender_does_not_know(self):
        with WebhookReceiver() as receiver:
            receiver.next(Reply(503), Reply(204, fault="drop"), Reply.reset())
            for name, body in (("a", b"1"), ("a", b"1"), ("b", b"2"), ("a", b"1"), ("b", b"2"),
                               ("c", b"3"), ("c", b"4")):
                with Client(receiver.port) as client, contextlib.suppress(*BROKEN):
                    client.ask("/", "POST", body, {"webhook-id": name})
            self.assertEqual(["a", "a", "b", "c", "c"], [each.id for each in receiver.taken])
            self.assertEqual([503, 204, 500], [each.status for each in receiver.deliveries][:3])
            self.assertEqual({"a": 2, "c": 2}, receiver.duplicates())
            self.assertEqual({"c"}, receiver.conflicts())
            self.assertEqual({"a": b"1", "b": b"2", "c": b"3"}, receiver.bodies())
            self.assertTrue(receiver.wait_for(3))
            self.assertFalse(receiver.wait_for(4, timeout_s=0.01))

    def test_a_compressed_body_is_read(self):
        with WebhookReceiver() as receiver, Client(receiver.port) as client:
            client.ask("/", "POST", gzip.compress(self.BODY), {"Content-Encoding": "gzip"})
            self.assertEqual({"id": 1}, receiver.taken[0].request.json())

    def test_a_journal_has_all_that_was_answered_when_the_receiver_is_killed(self):
        program = ("import sys, threading; from http_peer import WebhookReceiver\n"
                   "receiver = WebhookReceiver(journal=sys.argv[1])\n"
                   "print(receiver.port, flush=True); threading.Event().wait()")
        with tempfile.TemporaryDirectory() as place:
            journal = pathlib.Path(place, "journal")
            process = subprocess.Popen([sys.executable, "-B", "-c", program, journal], text=True,
                                       cwd=pathlib.Path(__file__).resolve().parent,
                                       stdout=subprocess.PIPE)
            try:
                with Client(int(process.stdout.readline())) as client:
                    for number in range(20):
                        answer = client.ask("/", "POST", b"%d" % number, {"webhook-id": f"m{number}"})
                        self.assertEqual(204, answer[0])
            finally:
                process.kill()
                process.communicate()
            lines = [json.loads(line) for line in journal.read_text(encoding="ascii").splitlines()]
        self.assertEqual([(f"m{number}", b"%d" % number) for number in range(20)],
                         [(line["id"], base64.b64decode(line["body"])) for line in lines])


if __name__ == "__main__":
    unittest.main()
