# SPDX-License-Identifier: MIT
"""A network that fails at chosen moments: stands between a Kafka broker and its clients, and loses a
request of a chosen kind or the answer to it, and all that follows for a while. What the broker says
to itself, which comes this way too, is never lost.

    with Proxy() as proxy, Broker(proxy.settings()) as broker:
        proxy.lead_to(broker)
        fault = proxy.lose_answer(END_TXN, 5.0)     # clients use proxy.address
        fault.wait()                                # until it has happened"""
import socket
import struct
import threading
import time

import wire

PRODUCE, OFFSET_FETCH, INIT_PRODUCER_ID, ADD_PARTITIONS_TO_TXN = 0, 9, 22, 24
ADD_OFFSETS_TO_TXN, END_TXN, TXN_OFFSET_COMMIT = 25, 26, 28


# Names by which clients introduce themselves: the pipeline's and librdkafka's own.
CLIENTS = {b"mfn", b"rdkafka"}


class _Fault:
    def __init__(self, api, loses_answer, duration_s):
        self.api, self.loses_answer, self.duration_s = api, loses_answer, duration_s
        self.happened = threading.Event()

    def wait(self, timeout_s=60):
        return self.happened.wait(timeout_s)


def _receive(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionError("closed")
        data += part
    return data


def _receive_frame(connection):
    head = _receive(connection, 4)
    return head + _receive(connection, struct.unpack(">i", head)[0])


class Proxy:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.target = None
        self.lock = threading.Lock()  # guards what follows
        self.fault = None
        self.silent_until = 0.0
        self.connections = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        self._cut()

    def settings(self):
        """For the broker, which sends its clients here."""
        return {"advertised.listeners": f"PLAINTEXT://{self.address}"}

    def lead_to(self, broker):
        self.target = ("127.0.0.1", wire.port_of(broker.address))

    def lose_request(self, api, duration_s):
        """The next request of the kind does not arrive, nor does anything else for so long."""
        return self._set(_Fault(api, False, duration_s))

    def lose_answer(self, api, duration_s):
        """The next request of the kind arrives, but not the answer, nor anything else for so long."""
        return self._set(_Fault(api, True, duration_s))

    def _set(self, fault):
        with self.lock:
            self.fault = fault
        return fault

    def _cut(self):
        with self.lock:
            connections, self.connections = self.connections, set()
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()

    def _happen(self, fault):
        """Silence, at whose end all connections break."""
        with self.lock:
            self.silent_until = time.monotonic() + fault.duration_s
        fault.happened.set()
        timer = threading.Timer(fault.duration_s, self._cut)
        timer.daemon = True
        timer.start()

    def _is_silent(self):
        with self.lock:
            return time.monotonic() < self.silent_until

    def _take_fault(self, api):
        with self.lock:
            fault = self.fault
            if fault is not None and fault.api == api:
                self.fault = None
                return fault
        return None

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        """The requests of one connection; answers come in the order of requests."""
        try:
            server = socket.create_connection(self.target)
        except OSError:
            client.close()
            return
        try:
            frame = _receive_frame(client)
            (length,) = struct.unpack_from(">h", frame, 12)
            if frame[14:14 + length] not in CLIENTS:
                threading.Thread(target=self._pass, args=(server, client), daemon=True).start()
                server.sendall(frame)
                self._pass(client, server)
                return
            with self.lock:
                self.connections |= {client, server}
            lost = []  # numbers of requests whose answers get lost, with their faults
            threading.Thread(target=self._answer, args=(client, server, lost), daemon=True).start()
            while True:
                self._request(frame, server, lost)
                frame = _receive_frame(client)
        except OSError:
            client.close()
            server.close()

    @staticmethod
    def _pass(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        source.close()
        sink.close()

    def _request(self, frame, server, lost):
        api, _, number = struct.unpack_from(">hhi", frame, 4)
        if self._is_silent():
            return
        fault = self._take_fault(api)
        if fault is not None and not fault.loses_answer:
            self._happen(fault)
            return
        if fault is not None:
            lost.append((number, fault))
        server.sendall(frame)

    def _answer(self, client, server, lost):
        try:
            while True:
                frame = _receive_frame(server)
                (number,) = struct.unpack_from(">i", frame, 4)
                if self._is_silent():
                    continue
                if lost and lost[0][0] == number:
                    self._happen(lost.pop(0)[1])
                    continue
                client.sendall(frame)
        except OSError:
            client.close()
            server.close()
