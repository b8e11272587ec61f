# SPDX-License-Identifier: MIT
"""The few requests of Kafka's protocol that tests need, over one plain socket to one broker.

Written from the protocol guide (https://kafka.apache.org/39/protocol.html) and independent of
librdkafka, so that a test does not judge that library by itself: its reading side is librdkafka's
kcat, its writing side and its view of offsets are here. Every request is of the last version without
tagged fields, or an older one. One thread per connection."""
import random
import re
import socket
import struct
import time
import zlib

LOCAL = re.compile(r"127\.0\.0\.1:([1-9]\d{0,4})")
CLIENT = "mfn-tests"
PRODUCE, LIST_OFFSETS, METADATA, OFFSET_FETCH, FIND_COORDINATOR = 0, 2, 3, 9, 10
CREATE_TOPICS, INIT_PRODUCER_ID, ADD_PARTITIONS_TO_TXN, END_TXN = 19, 22, 24, 26
GROUP, TRANSACTION = 0, 1  # what a coordinator is asked for
# Errors that pass: a leader or coordinator that is being loaded or elected, or, once __consumer_offsets
# and the like are created by the first use, one that does not exist yet; a transaction being ended.
PASSING = {3, 5, 6, 14, 15, 16, 51}
NAMES = {3: "UNKNOWN_TOPIC_OR_PARTITION", 7: "REQUEST_TIMED_OUT", 10: "MESSAGE_TOO_LARGE",
         35: "UNSUPPORTED_VERSION", 36: "TOPIC_ALREADY_EXISTS", 47: "INVALID_PRODUCER_EPOCH",
         48: "INVALID_TXN_STATE", 90: "PRODUCER_FENCED"}
BATCH_BYTES_MAX = 1 << 19  # a broker takes batches of up to 1 MiB


class WireError(RuntimeError):
    """What the broker refused; `code` is Kafka's."""

    def __init__(self, what, code):
        self.code = code
        super().__init__(f"{what}: Kafka's error {code} {NAMES.get(code, '')}".rstrip())


def port_of(address):
    """The port of a broker of this machine; any other address is refused."""
    match = LOCAL.fullmatch(address)
    if not match:
        raise ValueError(f"tests talk to brokers at 127.0.0.1:PORT alone, not to {address!r}")
    return int(match[1])


# Writing: numbers are big-endian; strings carry a length of 2 bytes, bytes and arrays of 4.

def int16(value):
    return struct.pack(">h", value)


def int32(value):
    return struct.pack(">i", value)


def int64(value):
    return struct.pack(">q", value)


def string(text):
    encoded = text.encode()
    return int16(len(encoded)) + encoded


def array(parts):
    parts = list(parts)
    return int32(len(parts)) + b"".join(parts)


class Reader:
    """Takes an answer apart."""

    def __init__(self, data):
        self.data, self.position = data, 0

    def _number(self, form, size):
        self.position += size
        return struct.unpack_from(form, self.data, self.position - size)[0]

    def int8(self):
        return self._number(">b", 1)

    def int16(self):
        return self._number(">h", 2)

    def int32(self):
        return self._number(">i", 4)

    def int64(self):
        return self._number(">q", 8)

    def skip(self, size):
        self.position += size

    def string(self):
        size = self.int16()
        if size < 0:
            return None
        self.position += size
        return self.data[self.position - size:self.position].decode()

    def array(self, read):
        return [read() for _ in range(self.int32())]


# Record batches of version 2.

def _crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


CRC32C = _crc_table()


def crc32c(data):
    value, table = 0xFFFFFFFF, CRC32C
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF


def varint(value):
    value = value << 1 if value >= 0 else (-value << 1) - 1
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def sized(data):
    return varint(-1) if data is None else varint(len(data)) + data


def record(number, key, value, headers=()):
    fields = [b"\0\0", varint(number), sized(key), sized(value), varint(len(headers))]
    for name, content in headers:
        fields += [sized(name.encode()), sized(content)]
    return sized(b"".join(fields))


def record_batch(messages, producer_id=-1, epoch=-1, sequence=-1, transactional=False):
    """`messages`: (key, value) or (key, value, headers), keys and values as bytes or None."""
    now_ms = time.time_ns() // 1_000_000
    checked = struct.pack(">hiqqqhii", 0x10 if transactional else 0, len(messages) - 1, now_ms, now_ms,
                          producer_id, epoch, sequence, len(messages))
    checked += b"".join(record(number, *message) for number, message in enumerate(messages))
    rest = struct.pack(">ibI", -1, 2, crc32c(checked)) + checked
    return int64(0) + int32(len(rest)) + rest


def size_of(message):
    """Of a record, with all that surrounds it, at most."""
    key, value, *rest = message
    headers = rest[0] if rest else ()
    return 64 + len(key or b"") + len(value or b"") + sum(16 + len(name) * 4 + len(content or b"")
                                                          for name, content in headers)


def chunks(messages):
    """Splits messages into lists that each fit into a batch."""
    chunk, size = [], 0
    for message in messages:
        if chunk and size + size_of(message) > BATCH_BYTES_MAX:
            yield chunk
            chunk, size = [], 0
        chunk.append(message)
        size += size_of(message)
    if chunk:
        yield chunk


class Connection:
    """One connection to a broker; usable in `with`."""

    def __init__(self, address, timeout_s=30.0):
        self.socket = socket.create_connection(("127.0.0.1", port_of(address)), timeout_s)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.timeout_s = timeout_s
        self.correlation = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def _receive(self, size):
        data = bytearray()
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            if not part:
                raise ConnectionResetError("the broker closed the connection")
            data += part
        return bytes(data)

    def ask(self, api, version, body):
        self.correlation += 1
        request = int16(api) + int16(version) + int32(self.correlation) + string(CLIENT) + body
        self.socket.sendall(int32(len(request)) + request)
        answer = Reader(self._receive(Reader(self._receive(4)).int32()))
        if answer.int32() != self.correlation:
            raise RuntimeError("the broker answered another request")
        return answer

    def insist(self, what, attempt):
        """Calls `attempt`, which gives (error code, result), until its error is not one that passes."""
        deadline = time.monotonic() + self.timeout_s
        while True:
            code, result = attempt()
            if code == 0:
                return result
            if code not in PASSING or time.monotonic() > deadline:
                raise WireError(what, code)
            time.sleep(0.02)

    def metadata(self):
        """({broker: address}, {topic: {partition: leader or -1}})"""
        answer = self.ask(METADATA, 1, int32(-1))

        def broker():
            number, host, port = answer.int32(), answer.string(), answer.int32()
            answer.string()
            return number, f"{host}:{port}"

        def partition():
            answer.int16()
            number, leader = answer.int32(), answer.int32()
            answer.array(answer.int32)
            answer.array(answer.int32)
            return number, leader

        def topic():
            answer.int16()
            name = answer.string()
            answer.int8()
            return name, dict(answer.array(partition))

        brokers = dict(answer.array(broker))
        answer.int32()
        return brokers, dict(answer.array(topic))

    def create_topic(self, name, partitions, config=()):
        entries = array(string(key) + string(str(value)) for key, value in dict(config).items())
        answer = self.ask(CREATE_TOPICS, 0,
                          array([string(name) + int32(partitions) + int16(1) + int32(0) + entries])
                          + int32(int(self.timeout_s * 1000)))
        for topic, code in answer.array(lambda: (answer.string(), answer.int16())):
            if code:
                raise WireError(f"creating the topic {topic}", code)
        self.insist(f"waiting for the topic {name}", lambda: self._topic_is_led(name, partitions))

    def _topic_is_led(self, name, partitions):
        leaders = self.metadata()[1].get(name, {}).values()
        return (0 if sum(leader >= 0 for leader in leaders) == partitions else 5), None

    def find_coordinator(self, name, kind):
        def attempt():
            answer = self.ask(FIND_COORDINATOR, 1, string(name) + bytes([kind]))
            answer.skip(4)  # throttle time
            return answer.int16(), None
        self.insist(f"finding the coordinator of {name}", attempt)

    def committed(self, group, topic):
        """{partition: the next offset} that the group committed; nothing for a partition without."""
        self.find_coordinator(group, GROUP)

        def attempt():
            answer = self.ask(OFFSET_FETCH, 2, string(group) + int32(-1))

            def partition():
                number, offset = answer.int32(), answer.int64()
                answer.string()
                answer.int16()
                return number, offset

            topics = dict(answer.array(lambda: (answer.string(), dict(answer.array(partition)))))
            return answer.int16(), topics

        topics = self.insist(f"the offsets of group {group}", attempt)
        return {number: offset for number, offset in topics.get(topic, {}).items() if offset >= 0}

    def end_offset(self, topic, partition, committed_only=False):
        """The offset of the next record; with `committed_only` that of the first record of the oldest
        open transaction, if there is one."""
        def attempt():
            answer = self.ask(LIST_OFFSETS, 2, int32(-1) + bytes([committed_only]) + array(
                [string(topic) + array([int32(partition) + int64(-1)])]))
            answer.skip(8)  # throttle time, number of topics
            answer.string()
            answer.skip(8)  # number of partitions, partition
            code = answer.int16()
            answer.skip(8)  # time stamp
            return code, answer.int64()
        return self.insist(f"the end of {topic}/{partition}", attempt)

    def produce(self, topic, partition, batch, transactional_id=None):
        """Appends one batch; returns the offset of its first record."""
        identity = int16(-1) if transactional_id is None else string(transactional_id)
        body = identity + int16(-1) + int32(int(self.timeout_s * 1000)) + array(
            [string(topic) + array([int32(partition) + int32(len(batch)) + batch])])

        def attempt():
            answer = self.ask(PRODUCE, 3, body)
            answer.skip(4)  # number of topics
            answer.string()
            answer.skip(8)  # number of partitions, partition
            return answer.int16(), answer.int64()
        return self.insist(f"appending to {topic}/{partition}", attempt)


def partition_of(key, partitions):
    """As librdkafka's default: by the key, or any for none."""
    return zlib.crc32(key) % partitions if key else random.randrange(partitions)


class Transaction:
    """A transactional producer with one transaction at a time. Beginning another producer with the
    same id fences this one and aborts what it left open."""

    def __init__(self, address, transactional_id, timeout_s=60.0):
        self.connection = Connection(address)
        self.id = transactional_id
        self.partitions = set()  # of the open transaction
        self.sequences = {}      # of the next record in each partition
        self.connection.find_coordinator(transactional_id, TRANSACTION)

        def attempt():
            answer = self.connection.ask(INIT_PRODUCER_ID, 0,
                                         string(transactional_id) + int32(int(timeout_s * 1000)))
            answer.skip(4)  # throttle time
            return answer.int16(), (answer.int64(), answer.int16())
        self.producer_id, self.epoch = self.connection.insist(f"starting {self.id}", attempt)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def _identity(self):
        return string(self.id) + int64(self.producer_id) + int16(self.epoch)

    def _join(self, topic, partition):
        def attempt():
            answer = self.connection.ask(ADD_PARTITIONS_TO_TXN, 0, self._identity() + array(
                [string(topic) + array([int32(partition)])]))
            answer.skip(8)  # throttle time, number of topics
            answer.string()
            answer.skip(8)  # number of partitions, partition
            return answer.int16(), None
        self.connection.insist(f"adding {topic}/{partition} to {self.id}", attempt)
        self.partitions.add((topic, partition))

    def produce(self, topic, messages, partition=0):
        """Appends to the open transaction and begins one if none is; returns the first offset."""
        place = topic, partition
        if place not in self.partitions:
            self._join(*place)
        first = None
        for chunk in chunks(messages):
            sequence = self.sequences.get(place, 0)
            batch = record_batch(chunk, self.producer_id, self.epoch, sequence, transactional=True)
            offset = self.connection.produce(topic, partition, batch, self.id)
            self.sequences[place] = sequence + len(chunk)
            first = offset if first is None else first
        return first

    def _end(self, commit):
        def attempt():
            answer = self.connection.ask(END_TXN, 0, self._identity() + bytes([commit]))
            answer.skip(4)  # throttle time
            return answer.int16(), None
        self.connection.insist(f"ending a transaction of {self.id}", attempt)
        self.partitions.clear()

    def commit(self):
        self._end(True)

    def abort(self):
        self._end(False)
