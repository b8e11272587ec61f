# SPDX-License-Identifier: MIT
"""A WebSocket client for tests that hides nothing: every frame can be sent, also a wrong one."""
import base64
import hashlib
import json
import os
import socket
import struct
import time

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Refused(Exception):
    """The handshake was answered with something else than 101."""

    def __init__(self, status, head):
        super().__init__(f"{status}: {head!r}")
        self.status, self.head = status, head


class Client:
    def __init__(self, host, port, path, headers=(), key=None, early=b"", tls=None):
        self.socket = socket.create_connection((host, port), 30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname=host)
        self.buffer = b""
        key = base64.b64encode(os.urandom(16)) if key is None else key
        lines = [f"GET {path} HTTP/1.1", f"Host: {host}:{port}", "Connection: Upgrade",
                 "Upgrade: websocket", f"Sec-WebSocket-Key: {key.decode()}",
                 "Sec-WebSocket-Version: 13", *headers, "", ""]
        self.socket.sendall("\r\n".join(lines).encode() + early)
        while b"\r\n\r\n" not in self.buffer:
            self.more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        status = int(head.split()[1])
        if status != 101:
            self.socket.close()
            raise Refused(status, head)
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        assert b"Sec-WebSocket-Accept: " + accept in head, head

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def more(self):
        chunk = self.socket.recv(65536)
        if not chunk:
            raise EOFError
        self.buffer += chunk

    def frame(self, opcode, payload=b"", fin=True, rsv=0, masked=True):
        size = len(payload)
        head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
        bit = 0x80 if masked else 0
        head += (bytes([bit | size]) if size < 126 else bytes([bit | 126]) + struct.pack(">H", size)
                 if size < 65536 else bytes([bit | 127]) + struct.pack(">Q", size))
        if masked:
            mask = os.urandom(4)
            payload = mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        return head + payload

    def send_frame(self, *arguments, **options):
        self.socket.sendall(self.frame(*arguments, **options))

    def send(self, message):
        text = message if isinstance(message, str) else json.dumps(message)
        self.send_frame(TEXT, text.encode())

    def take(self, size):
        while len(self.buffer) < size:
            self.more()
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def receive_frame(self):
        first, second = self.take(2)
        assert not second & 0x80, "a server must not mask"
        size = second & 0x7f
        if size == 126:
            size, = struct.unpack(">H", self.take(2))
        elif size == 127:
            size, = struct.unpack(">Q", self.take(8))
        return first & 0x0f, self.take(size)

    def receive(self, seconds=30):
        """The next message, {"closed": code} at the end, or None when none comes in time."""
        end = time.monotonic() + seconds
        while True:
            try:
                self.socket.settimeout(max(end - time.monotonic(), 0.001))
                opcode, payload = self.receive_frame()
            except TimeoutError:
                return None
            except (EOFError, ConnectionError):
                return {"closed": 1006, "reason": ""}
            finally:
                self.socket.settimeout(30)
            if opcode == CLOSE:
                code = struct.unpack(">H", payload[:2])[0] if payload else 1005
                try:
                    self.send_frame(CLOSE, payload[:2])
                except ConnectionError:
                    pass
                return {"closed": code, "reason": payload[2:].decode()}
            if opcode == TEXT:
                return json.loads(payload)

    def receive_type(self, kind, seconds=30):
        """The next message of that type; others are dropped."""
        end = time.monotonic() + seconds
        while True:
            message = self.receive(max(end - time.monotonic(), 0.001))
            if message is None or "closed" in message or message["type"] == kind:
                return message

    def authenticate(self, key="k", now_ms=None):
        timestamp = time.time() * 1000 if now_ms is None else now_ms
        self.send({"type": "auth", "payload": {"api_key": key, "timestamp": timestamp}})
        return self.receive_type("auth_success")

    def subscribe(self, stream_type, stream_id, **params):
        self.send({"type": "subscribe", "payload": {
            "stream_type": stream_type, "stream_id": stream_id, "params": params}})
        return self.receive()
