#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A real Apache Kafka broker for tests: one KRaft node on a loopback port of the kernel's choice, its
storage in a temporary folder, gone with the process that started it.

    with Broker() as broker:
        broker.create_topic("jobs", 4)
        broker.produce("jobs", [(b"key", b"value")])
        broker.kill(); broker.start()          # the same port and storage
        messages = broker.consume("jobs")

The libraries are fetched once with Maven (see pom.xml) into $MFN_CACHE or ~/.cache/mfn. A test without
Java, Maven, kcat or network ends with exit code 77, which ctest shows as skipped.
As a command it runs a broker until it gets a signal:  broker.py [TOPIC[:PARTITIONS] ...]"""
import collections
import concurrent.futures
import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import wire

POM = pathlib.Path(__file__).resolve().parent / "pom.xml"
EXIT_SKIPPED = 77
FETCH_TIMEOUT_S = 300
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 20
JAVA_OPTIONS = ["-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
                "-Djava.net.preferIPv4Stack=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
# Quick to start, small, and quick to notice that a peer is gone.
SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "num.network.threads": 2,
    "num.io.threads": 2,
    "background.threads": 2,
    "log.cleaner.enable": "false",  # its buffer alone takes 128 MiB
    "log.retention.ms": -1,
    "offsets.topic.num.partitions": 1,
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.num.partitions": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": 500,
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 500,
    # After a crash the broker is taken back when its last life's session has ended, and asks at
    # intervals that double: back in 4 s so, in 2.5 s with 1000, in 13 s with Kafka's 9000.
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 500,
}

Message = collections.namedtuple("Message", "key value headers partition offset")

# Linux kills a child whose parent dies (setpriv --pdeathsig), but means the thread that started it:
# this one lives as long as the process.
_starter = concurrent.futures.ThreadPoolExecutor(1)


def _start_process(command, **options):
    guarded = ["setpriv", "--pdeathsig", "KILL", "--", *command]
    return _starter.submit(subprocess.Popen, guarded, **options).result()


def skip(why):
    """Ends a test that cannot be run on this machine."""
    print(f"skipped: {why}", file=sys.stderr)
    sys.exit(EXIT_SKIPPED)


def _cache():
    return pathlib.Path(os.environ.get("MFN_CACHE") or pathlib.Path.home() / ".cache/mfn")


def _fetch(folder):
    """Copies the libraries into `folder`, which appears only when it is complete."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="fetch-") as half:
        command = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies",
                   f"-DoutputDirectory={half}/libraries", "-DincludeScope=runtime"]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=FETCH_TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            skip(f"Maven did not fetch the broker within {FETCH_TIMEOUT_S} s")
        if done.returncode != 0:
            skip("Maven cannot fetch the broker (is there a network?):\n" + _tail(done.stdout))
        os.rename(f"{half}/libraries", folder)


def _class_archive(folder):
    java = os.stat(shutil.which("java"))
    return folder / f"classes-{int(java.st_mtime)}.jsa"


def _record_classes(folder, archive):
    """With its classes in an archive made by an earlier run the JVM starts in half the time."""
    half = archive.with_suffix(f".{os.getpid()}")
    try:
        with Broker(java_options=[f"-XX:ArchiveClassesAtExit={half}"], libraries=folder) as broker:
            broker.produce("classes", [(b"key", b"value")])
            broker.consume("classes", group="classes")
            broker.stop()
        os.rename(half, archive)
    finally:
        half.unlink(missing_ok=True)


def fetch_libraries():
    """The folder with the broker's libraries, fetched if need be; ends the test if it cannot be had."""
    for program, package in (("java", "a Java runtime"), ("kcat", "kcat"), ("setpriv", "util-linux")):
        if not shutil.which(program):
            skip(f"{program} is missing: install {package}")
    folder = _cache() / f"kafka-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(_cache() / "kafka.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            if not shutil.which("mvn"):
                skip("mvn is missing, which fetches the broker: install maven")
            _fetch(folder)
        archive = _class_archive(folder)
        if not archive.exists():
            _record_classes(folder, archive)
    return folder


def _tail(text, lines=15):
    return "\n".join(text.splitlines()[-lines:])


class _Port:
    """A loopback port that stays ours: a bound socket that does not listen lets the broker listen at
    its port, also once more after a kill, and keeps it from being given to anybody else."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", 0))
        self.number = self.socket.getsockname()[1]


class Broker:
    """`settings` go over SETTINGS. Made started; a context manager that cleans up. Not thread-safe,
    but kill, start, stop, pause and resume may be called from another thread than the rest."""

    def __init__(self, settings=(), java_options=(), libraries=None):
        self.libraries = libraries or fetch_libraries()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mfn-kafka-"))
        self.process = None
        self.port, self.controller_port = _Port(), _Port()
        self.address = f"127.0.0.1:{self.port.number}"
        self._java = ["java", *JAVA_OPTIONS, *java_options]
        archive = _class_archive(self.libraries)
        if archive.exists():
            self._java.append(f"-XX:SharedArchiveFile={archive}")
        self._java += ["-cp", ":".join(sorted(map(str, self.libraries.glob("*.jar")))), "kafka.Kafka",
                       f"{self.folder}/server.properties"]
        try:
            self._format(dict(settings))
            self.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _format(self, settings):
        """What the storage tool writes for a node whose controllers are listed in its settings."""
        storage = self.folder / "storage"
        storage.mkdir()
        (storage / "meta.properties").write_text(
            "version=1\nnode.id=1\ncluster.id=bWZuLXRlc3RzLWthZmthIQ\n", encoding="utf-8")
        controller = f"127.0.0.1:{self.controller_port.number}"
        merged = {**SETTINGS, "log.dirs": storage,
                  "listeners": f"PLAINTEXT://{self.address},CONTROLLER://{controller}",
                  "advertised.listeners": f"PLAINTEXT://{self.address}",
                  "controller.quorum.voters": f"1@{controller}", **settings}
        (self.folder / "server.properties").write_text(
            "".join(f"{key}={value}\n" for key, value in merged.items()), encoding="utf-8")

    # The process.

    def start(self):
        """Starts the broker and returns when it serves and all its partitions have a leader."""
        assert self.process is None, "the broker runs already"
        with open(self.folder / "log", "ab") as log:
            self.process = _start_process(self._java, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          cwd=self.folder)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._serves():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the broker did not start:\n{_tail(self.log())}")
            time.sleep(0.05)

    def _serves(self):
        try:
            with wire.Connection(self.address, timeout_s=5) as connection:
                brokers, topics = connection.metadata()
        except OSError:
            return False
        leaders = [leader for topic in topics.values() for leader in topic.values()]
        return bool(brokers) and min(leaders, default=0) >= 0

    def _wait(self, signal_number, timeout_s):
        """Returns whether the process ended in time."""
        self.process.send_signal(signal_number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout_s)
            self.process = None
        return self.process is None

    def kill(self):
        """Like a crash: the process gets no chance to do anything."""
        if self.process is not None:
            self._wait(signal.SIGKILL, None)

    def stop(self):
        """In order, by force when that takes too long."""
        if self.process is not None:
            self.resume()
            if not self._wait(signal.SIGTERM, STOP_TIMEOUT_S):
                self.kill()

    def pause(self):
        """Connections stay open, nothing is answered. Returns when every thread stands still."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def close(self):
        """Kills the broker and removes its storage."""
        self.kill()
        self.port.socket.close()
        self.controller_port.socket.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        """What the broker complained about."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def resident_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0]) * 1024

    # What is in it.

    def connect(self):
        """A wire.Connection, for everything that has no method here."""
        return wire.Connection(self.address)

    def topics(self):
        """{topic: number of partitions}, without Kafka's own."""
        with self.connect() as connection:
            found = connection.metadata()[1]
        return {name: len(leaders) for name, leaders in found.items() if not name.startswith("__")}

    def create_topic(self, name, partitions=1, config=()):
        with self.connect() as connection:
            connection.create_topic(name, partitions, config)

    def produce(self, topic, messages, partition=None):
        """`messages`: (key, value) or (key, value, [(header, content), ...]) with bytes or None for
        key, value and content. They go to `partition` or where their key belongs, in order; a topic
        that does not exist is created with one partition."""
        with self.connect() as connection:
            count = self.topics().get(topic)
            if count is None:
                connection.create_topic(topic, 1)
                count = 1
            parts = collections.defaultdict(list)
            for message in messages:
                where = wire.partition_of(message[0], count) if partition is None else partition
                parts[where].append(message)
            for where, part in parts.items():
                for chunk in wire.chunks(part):
                    connection.produce(topic, where, wire.record_batch(chunk))

    def transaction(self, transactional_id, timeout_s=60.0):
        """A wire.Transaction: produce(topic, messages, partition), commit(), abort()."""
        return wire.Transaction(self.address, transactional_id, timeout_s)

    def consume(self, topic, isolation="read_committed", count=None, group=None, timeout_s=60):
        """All messages, ordered by partition and offset, or the first `count` that arrive, which are
        waited for. With `group` its members share the messages and its offsets are committed."""
        kind = ["-G", group] if group else ["-C", "-o", "beginning", "-t", topic]
        options = {"isolation.level": isolation, "auto.offset.reset": "earliest",
                   "fetch.wait.max.ms": 10}
        command = ["kcat", "-b", self.address, "-q", "-J", *kind]
        command += ["-e"] if count is None else ["-c", str(count)]
        for key, value in options.items():
            command += ["-X", f"{key}={value}"]
        if group:
            command.append(topic)
        environment = {key: value for key, value in os.environ.items() if key != "KCAT_CONFIG"}
        environment["HOME"] = str(self.folder)  # there is a configuration of kcat's in no test
        process = _start_process(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, env=environment)
        try:
            out, err = process.communicate(timeout=timeout_s)
        except BaseException as error:
            process.kill()
            process.communicate()
            if isinstance(error, subprocess.TimeoutExpired):
                raise RuntimeError(f"{topic}: reading was not over within {timeout_s} s") from None
            raise
        if process.returncode != 0:
            raise RuntimeError(f"kcat ended with {process.returncode}: {err.decode(errors='replace')}")
        return sorted(map(_message_of, out.splitlines()), key=lambda m: (m.partition, m.offset))

    def wait_until_decided(self, topic, timeout_s=90):
        """Returns when no transaction is open in the topic: that of a producer that was killed hides
        what others committed after it, until somebody ends it or its time is over."""
        deadline = time.monotonic() + timeout_s
        with self.connect() as connection:
            for partition in range(self.topics()[topic]):
                while connection.end_offset(topic, partition, committed_only=True) < \
                        connection.end_offset(topic, partition):
                    if time.monotonic() > deadline:
                        raise RuntimeError(f"{topic}/{partition}: a transaction stays open")
                    time.sleep(0.05)

    def committed(self, group, topic):
        """{partition: offset of the next message}, for partitions in which the group committed."""
        with self.connect() as connection:
            return connection.committed(group, topic)

    def end_offset(self, topic, partition=0, committed_only=False):
        with self.connect() as connection:
            return connection.end_offset(topic, partition, committed_only)


def _bytes_of(text):
    return None if text is None else text.encode("utf-8", "surrogateescape")


def _message_of(line):
    """kcat's JSON holds the bytes as they are, also such that are no UTF-8."""
    fields = json.loads(line.decode("utf-8", "surrogateescape"))
    flat = fields.get("headers", [])
    headers = [(name, _bytes_of(content)) for name, content in zip(flat[::2], flat[1::2])]
    return Message(_bytes_of(fields["key"]), _bytes_of(fields["payload"]), headers, fields["partition"],
                   fields["offset"])


def _end(*_):
    for number in (signal.SIGTERM, signal.SIGINT):  # a second one must not cut the cleaning short
        signal.signal(number, signal.SIG_IGN)
    sys.exit(0)


def main():
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    with Broker() as broker:
        for topic in sys.argv[1:]:
            name, _, partitions = topic.partition(":")
            broker.create_topic(name, int(partitions or 1))
        print(broker.address, flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
