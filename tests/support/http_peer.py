# SPDX-License-Identifier: MIT
"""HTTP servers for tests that say exactly what is answered, also what no good server would.

    with RestSource([{"id": 1}, {"id": 2}], paging="link", page_size=1) as source:
        source.next(Reply(429, {"Retry-After": "1"}), Reply.hang())   # the next two requests get these
        ... run the client against source.url ...
        source.requests[0].headers["user-agent"]

    with WebhookReceiver(secrets=["whsec_..."]) as receiver:
        receiver.down(); receiver.up()                                # at the same port
        receiver.wait_for(100)
        assert not receiver.refused and not receiver.duplicates()

Each server listens on a loopback port of the kernel's choice and has a thread per connection, which is
kept alive as HTTP/1.1 says. All methods may be called from any thread, while requests come in."""
import base64
import binascii
import collections
import dataclasses
import gzip
import hashlib
import hmac
import json
import os
import select
import socket
import struct
import threading
import time
import urllib.parse

HEAD_BYTES_MAX = 1 << 20
RECEIVE_BYTES = 1 << 16
NO_BODY = {204, 304}
GARBAGE = b"\x16\x03\x01\x00 this is not HTTP\r\n\r\n"
LINGER_NOT = struct.pack("ii", 1, 0)  # closing resets the connection


@dataclasses.dataclass(frozen=True)
class Request:
    method: str
    target: str     # as it was sent
    path: str
    query: dict     # the last value of each parameter
    headers: dict   # names in lower case
    body: bytes
    connection: int  # which of the server's, from 1
    at: float       # time.monotonic()

    def json(self):
        packed = self.headers.get("content-encoding") == "gzip"
        return json.loads(gzip.decompress(self.body) if packed else self.body)


@dataclasses.dataclass(frozen=True)
class Reply:
    """`status` is what the server decides, `fault` what becomes of its answer:
    ""       it arrives
    drop     the connection is closed without an answer
    reset    the same with a TCP reset
    cut      half of the body arrives, then the connection is closed
    garbage  something that is no HTTP arrives, then the connection is closed
    hang     nothing arrives until the client gives up, or release()"""
    status: int = 200
    headers: dict = dataclasses.field(default_factory=dict)
    body: bytes = b""
    fault: str = ""
    delay_s: float = 0.0   # before the answer
    drip_s: float = 0.0    # over which the body's bytes are spread
    is_last: bool = False  # on this connection

    @staticmethod
    def json(value, status=200, **rest):
        return Reply(status, {"Content-Type": "application/json"}, json.dumps(value).encode(), **rest)

    # Failures before anything is decided: a receiver has not taken what it was sent.
    @staticmethod
    def drop():
        return Reply(500, fault="drop")

    @staticmethod
    def reset():
        return Reply(500, fault="reset")

    @staticmethod
    def garbage():
        return Reply(500, fault="garbage")

    @staticmethod
    def hang():
        return Reply(500, fault="hang")


class Disconnected(Exception):
    """The client is gone, or the server is to be."""


class _Connection:
    """One client's connection: takes requests apart, puts replies together."""

    def __init__(self, peer, number, connected):
        self.peer, self.number, self.socket = peer, number, connected
        self.buffer = b""
        self.hangs = False

    def serve(self):
        try:
            while True:
                request = self._read()
                if not self._write(request, self.peer.decide(request)):
                    break
        except (Disconnected, OSError):
            pass
        finally:
            self.socket.close()
            self.peer.forget(self)

    def shut(self):
        """Ends it from another thread."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:  # it has ended already
            pass

    def _receive(self):
        part = self.socket.recv(RECEIVE_BYTES)
        if not part:
            raise Disconnected
        self.buffer += part

    def _take_until(self, mark, size_max):
        while (end := self.buffer.find(mark)) < 0:
            if len(self.buffer) > size_max:
                raise Disconnected
            self._receive()
        taken, self.buffer = self.buffer[:end], self.buffer[end + len(mark):]
        return taken

    def _take(self, size):
        parts, have = [self.buffer], len(self.buffer)
        while have < size:
            part = self.socket.recv(RECEIVE_BYTES)
            if not part:
                raise Disconnected
            parts.append(part)
            have += len(part)
        whole = b"".join(parts)
        self.buffer = whole[size:]
        return whole[:size]

    def _read(self):
        head = self._take_until(b"\r\n\r\n", HEAD_BYTES_MAX).decode("latin-1")
        first, *lines = head.split("\r\n")
        words = first.split(" ")
        if len(words) != 3:
            raise Disconnected
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        if headers.get("expect", "").lower() == "100-continue":
            self.socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = self._take_chunks()
        else:
            body = self._take(int(headers.get("content-length", "0")))
        path, _, query = words[1].partition("?")
        return Request(words[0], words[1], urllib.parse.unquote(path),
                       dict(urllib.parse.parse_qsl(query, keep_blank_values=True)), headers, body,
                       self.number, time.monotonic())

    def _take_chunks(self):
        parts = []
        while size := int(self._take_until(b"\r\n", HEAD_BYTES_MAX).partition(b";")[0], 16):
            parts.append(self._take(size))
            self._take(2)
        while self._take_until(b"\r\n", HEAD_BYTES_MAX):  # trailers
            pass
        return b"".join(parts)

    def _wait(self, seconds):
        """Sleeps, but not on when the client has closed the connection or shut() was called."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            readable, _, _ = select.select([self.socket], [], [], min(left, 1e6))
            if readable and not self.socket.recv(1, socket.MSG_PEEK):
                raise Disconnected
            if readable:  # the next request is here already
                time.sleep(min(0.01, left))

    def _write(self, request, reply):
        """Returns whether the connection goes on."""
        if reply.fault == "hang":
            self.hangs = True
            self._wait(float("inf"))
        if reply.delay_s > 0:
            self._wait(reply.delay_s)
        if reply.fault == "drop":
            return False
        if reply.fault == "reset":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
            return False
        if reply.fault == "garbage":
            self.socket.sendall(GARBAGE)
            return False
        goes_on = not reply.is_last and request.headers.get("connection", "").lower() != "close"
        lines = [f"HTTP/1.1 {reply.status} Test"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        if reply.status not in NO_BODY:
            lines.append(f"Content-Length: {len(reply.body)}")
        if not goes_on:
            lines.append("Connection: close")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        body = b"" if reply.status in NO_BODY or request.method == "HEAD" else reply.body
        if reply.fault == "cut":
            self.socket.sendall(head + body[:len(body) // 2])
            return False
        if reply.drip_s > 0:
            self._drip(head, body, reply.drip_s)
        else:
            self.socket.sendall(head + body)
        return goes_on

    def _drip(self, head, body, seconds):
        self.socket.sendall(head)
        pieces = min(len(body), 50)
        for piece in range(pieces):
            self._wait(seconds / pieces)
            self.socket.sendall(body[piece * len(body) // pieces:(piece + 1) * len(body) // pieces])


class HttpPeer:
    """The base: answers every request with what `answer` gives, which a subclass overrides, or with the
    replies that were put before it with next(). Listening from the start; close() or `with`."""

    def __init__(self):
        self.requests = []
        self.changed = threading.Condition()  # guards all fields; told of every request
        self._script = collections.deque()
        self._connections = set()
        self._count = 0
        self._listener = None
        # Keeps the port while the server is down: bound, but not listening.
        self._reserved = self._bound(0)
        self.port = self._reserved.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.up()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @staticmethod
    def _bound(port):
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
        return bound

    def up(self):
        """Begins to listen."""
        assert self._listener is None, "the server is up already"
        self._listener = self._bound(self.port)
        self._listener.listen(512)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def down(self):
        """Connections are refused, those that exist are closed."""
        with self.changed:
            listener, self._listener = self._listener, None
            connections = list(self._connections)
        if listener is None:
            return
        listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        listener.close()
        for connection in connections:
            connection.shut()
        with self.changed:
            self.changed.wait_for(lambda: not self._connections)

    def close(self):
        self.down()
        self._reserved.close()

    def release(self):
        """Closes the connections on which a reply hangs."""
        with self.changed:
            hanging = [connection for connection in self._connections if connection.hangs]
        for connection in hanging:
            connection.shut()

    def _accept(self, listener):
        while True:
            try:
                connected, _ = listener.accept()
            except OSError:
                return
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.changed:
                if self._listener is not listener:
                    connected.close()
                    return
                self._count += 1
                connection = _Connection(self, self._count, connected)
                self._connections.add(connection)
            threading.Thread(target=connection.serve, daemon=True).start()

    def forget(self, connection):
        with self.changed:
            self._connections.discard(connection)
            self.changed.notify_all()

    def connections(self):
        """How many there have been."""
        with self.changed:
            return self._count

    # What is answered.

    def next(self, *replies):
        """The next requests get these, one each, before all others."""
        with self.changed:
            self._script.extend(replies)

    def answer(self, request):
        """Locks: self.changed is held."""
        return Reply(404)

    def note(self, request, reply):
        """Called with what every request is given, before it is sent. Locks: self.changed is held."""

    def decide(self, request):
        with self.changed:
            self.requests.append(request)
            reply = self._script.popleft() if self._script else self.answer(request)
            self.note(request, reply)
            self.changed.notify_all()
            return reply

    def wait(self, condition, timeout_s=60):
        """Until `condition()`, which may look at everything; returns whether it became true."""
        with self.changed:
            return self.changed.wait_for(condition, timeout_s)


class RestSource(HttpPeer):
    """Serves a list of items (anything JSON, or bytes that are JSON), which may grow, in pages:
    none    all of it
    page    ?page=2, from first_page; an empty page after the last
    offset  ?offset=10&limit=10; `limit` may be left out
    link    the header Link: <...?after=10>; rel="next"
    next    {"items": [...], "next": "/path?after=10" or null}
    cursor  {"items": [...], "next": "c10" or null}, then ?cursor=c10; with `endless` the last page
            gives a cursor too, which gives what comes later
    With is_bare the answer is the array alone where the way of paging allows it. Every answer has an
    ETag, and 304 is the answer to If-None-Match with it."""

    BARE = {"none", "page", "offset", "link"}

    def __init__(self, items=(), paging="none", page_size=10, is_bare=False, first_page=1,
                 endless=False, has_etag=True):
        assert paging in self.BARE | {"next", "cursor"} and not (is_bare and paging not in self.BARE)
        self.paging, self.page_size, self.is_bare = paging, page_size, is_bare
        self.first_page, self.endless, self.has_etag = first_page, endless, has_etag
        self._items = []
        super().__init__()
        self.add(*items)

    def add(self, *items):
        encoded = [item if isinstance(item, bytes) else json.dumps(item).encode() for item in items]
        with self.changed:
            self._items += encoded

    def _slice(self, query):
        """The first item of the page and their number."""
        if self.paging == "none":
            return 0, len(self._items)
        if self.paging == "page":
            page = int(query.get("page", self.first_page)) - self.first_page
            return page * self.page_size, self.page_size
        if self.paging == "offset":
            return int(query.get("offset", 0)), int(query.get("limit", self.page_size))
        if self.paging == "cursor":
            return int(query.get("cursor", "c0").removeprefix("c")), self.page_size
        return int(query.get("after", 0)), self.page_size

    def answer(self, request):
        try:
            begin, size = self._slice(request.query)
        except ValueError:
            return Reply(400)
        if begin < 0:
            return Reply(400)
        items = self._items[begin:begin + size]
        end = begin + len(items)
        following = end if end < len(self._items) else None
        headers = {"Content-Type": "application/json"}
        after = f"{request.path}?after={following}"
        if self.paging == "link" and following is not None:
            headers["Link"] = f'<{after}>; rel="next"'
        body = b"[" + b", ".join(items) + b"]"
        if not self.is_bare:
            body = b'{"items": ' + body
            if self.paging == "next":
                body += b', "next": ' + json.dumps(after if following is not None else None).encode()
            elif self.paging == "cursor":
                has_cursor = following is not None or self.endless
                body += b', "next": ' + json.dumps(f"c{end}" if has_cursor else None).encode()
            body += b"}"
        if self.has_etag:
            headers["ETag"] = '"' + hashlib.sha256(body).hexdigest()[:16] + '"'
            if headers["ETag"] in request.headers.get("if-none-match", ""):
                return Reply(304, headers)
        return Reply(200, headers, body)


def signature_problem(secrets, headers, body, now_s, tolerance_s=300):
    """What is wrong with the Standard Webhooks headers of a request signed with one of the `whsec_`
    secrets, or None. https://www.standardwebhooks.com, version 1.0.0, scheme v1."""
    missing = [name for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
               if not headers.get(name)]
    if missing:
        return f"no {missing[0]}"
    stamp = headers["webhook-timestamp"]
    if not stamp.isdecimal() or abs(int(stamp) - now_s) > tolerance_s:
        return f"webhook-timestamp {stamp} is not within {tolerance_s} s of {now_s:.0f}"
    content = f"{headers['webhook-id']}.{stamp}.".encode() + body
    given = []
    for signature in headers["webhook-signature"].split(" "):
        version, _, value = signature.partition(",")
        try:
            given += [base64.b64decode(value, validate=True)] if version == "v1" else []
        except binascii.Error:
            return "webhook-signature is no Base64"
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        expected = hmac.new(key, content, hashlib.sha256).digest()
        if any(hmac.compare_digest(expected, value) for value in given):
            return None
    return "no webhook-signature fits"


@dataclasses.dataclass(frozen=True)
class Delivery:
    id: str         # the header webhook-id; "" if there is none
    request: Request
    status: int     # what it was answered with, or would have been, had no fault come between
    problem: str    # why it was refused; "" if not


class WebhookReceiver(HttpPeer):
    """Takes deliveries and answers 204, or what next() says. A delivery counts as taken when its
    status means success, even if a fault keeps the sender from learning so, such as
    Reply(204, fault="drop"). With `secrets` every delivery must be signed, or is refused with 401.
    With `journal`, a path, what is taken is appended there, one line of JSON each (id, body in
    Base64), and is on the disk before the answer is sent."""

    def __init__(self, secrets=(), journal=None, tolerance_s=300, clock=time.time):
        self.secrets, self.tolerance_s, self.clock = list(secrets), tolerance_s, clock
        self.deliveries = []  # all, in the order of their arrival
        self.taken = []       # those that were
        self.refused = []     # those with a problem
        self._ids = set()     # of those taken
        self._journal = None if journal is None else os.open(
            journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        super().__init__()

    def close(self):
        super().close()
        if self._journal is not None:
            os.close(self._journal)
            self._journal = None

    def _problem(self, request):
        if not self.secrets:
            return None
        return signature_problem(self.secrets, request.headers, request.body, self.clock(),
                                 self.tolerance_s)

    def answer(self, request):
        return Reply(401 if self._problem(request) else 204)

    def note(self, request, reply):
        delivery = Delivery(request.headers.get("webhook-id", ""), request, reply.status,
                            self._problem(request) or "")
        self.deliveries.append(delivery)
        if delivery.problem:
            self.refused.append(delivery)
        if 200 <= delivery.status < 300:
            if self._journal is not None:
                line = json.dumps({"id": delivery.id,
                                   "body": base64.b64encode(request.body).decode()}) + "\n"
                os.write(self._journal, line.encode())
                os.fsync(self._journal)
            self.taken.append(delivery)
            self._ids.add(delivery.id)

    def wait_for(self, count, timeout_s=60):
        """Until deliveries with that many different ids have been taken; returns whether they were."""
        return self.wait(lambda: len(self._ids) >= count, timeout_s)

    def bodies(self):
        """{id: the body that was taken first}"""
        with self.changed:
            taken = list(self.taken)
        return {delivery.id: delivery.request.body for delivery in reversed(taken)}

    def duplicates(self):
        """{id: how often it was taken}, for more than once."""
        with self.changed:
            counts = collections.Counter(delivery.id for delivery in self.taken)
        return {name: count for name, count in counts.items() if count > 1}

    def conflicts(self):
        """The ids that came with more than one body, taken or not, which must never be."""
        seen, found = {}, set()
        with self.changed:
            deliveries = list(self.deliveries)
        for delivery in deliveries:
            if seen.setdefault(delivery.id, delivery.request.body) != delivery.request.body:
                found.add(delivery.id)
        return found
