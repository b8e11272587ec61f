#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Replays recorded WebSocket conversations of the reference over real sockets.

    replay_ws.py SERVICE_DRIVER RECORDS.jsonl [ID ...]

The service's clock stands still unless the test moves it, as it did for the reference. What the
reference's streams got wrong (each message showed the first step again) is corrected: the first
message of a stream must be equal, later ones must show that the simulation goes on."""
import json
import sys
import time

from replay_api import Service, is_close
from wsclient import Client, Refused

START_MS = 1700000000000.0
RELATIVE = 1e-9
TICK_S = 0.02


class Conversation:
    def __init__(self, service, record, step, transcript):
        self.service, self.record, self.step = service, record, step
        self.expected = list(transcript)
        self.now_ms = START_MS
        self.client = None
        self.fields = {}  # of each stream: what its last message showed
        self.heartbeat = "heartbeat_interval" in record["in"]

    def tell(self, seconds):
        self.service.tell(f"advance {seconds}")
        self.now_ms += seconds * 1000

    def receive(self, seconds=10):
        """The next message; the service's clock runs while we wait for it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            message = self.client.receive(TICK_S)
            if message is not None:
                return message
            self.tell(TICK_S)
        return None

    def run(self):
        try:
            self.client = Client(self.service.url.hostname, self.service.url.port,
                                 self.step["path"])
            yield from self.check("event", ACCEPTED)
        except Refused as refused:
            yield from self.check("event", {"event": "handshake_rejected",
                                            "http_status": refused.status})
            return
        with self.client:
            for action in self.step["script"]:
                yield from self.act(action)
            if self.expected:
                yield f"missing: {self.expected}"

    def act(self, action):
        if "send" in action:
            message = json.loads(json.dumps(action["send"]).replace('"<now_ms>"', repr(self.now_ms)))
            self.client.send(message)
            self.expected.pop(0)
        elif "send_text" in action:
            self.client.send(action["send_text"])
            self.expected.pop(0)
        elif "advance" in action:
            self.tell(action["advance"])
        elif "recv" in action:
            for _ in range(action["recv"]):
                yield from self.check_next(self.receive())
        elif "recv_until" in action:
            yield from self.receive_until(action)
        elif "collect" in action:
            yield from self.collect(action["collect"])
        elif "server_state" in action:
            self.expected.pop(0)  # the reference's own tables; /metrics tells ours
        elif "close" in action:
            self.client.send_frame(8, b"\x03\xe8")
            self.expected.pop(0)

    def receive_until(self, action):
        while True:
            message = self.receive()
            if message is None or message.get("type") != action.get("drop"):
                yield from self.check_next(message)
                if message is None or message.get("type") == action["recv_until"] or "closed" in message:
                    return

    def collect(self, seconds):
        seen, ids = set(), set()
        for _ in range(int(seconds / TICK_S)):
            message = self.client.receive(0.005)
            self.tell(TICK_S)
            if message is not None and message.get("type") != "heartbeat":
                seen.add(message.get("type"))
                ids.add(message.get("payload", {}).get("stream_id"))
        expected = self.expected.pop(0)["collected"]
        wanted = CORRECTED_COLLECTIONS.get((self.record["id"], len(self.expected)), expected["stream_ids"])
        if sorted(ids) != wanted:
            yield f"streams {sorted(ids)} went on, expected {wanted}"

    def check_next(self, message):
        if message is not None and "closed" in message:
            yield from self.check("event", {"event": "server_closed", "code": message["closed"],
                                            "reason": message["reason"]})
        else:
            yield from self.check("s2c", {"s2c": message})

    def check(self, kind, got):
        expected = self.expected.pop(0) if self.expected else None
        if kind == "event":
            if got != expected:
                yield f"{got}, expected {expected}"
            return
        message = got["s2c"]
        wanted = expected.get("s2c") if expected else None
        if message is None or wanted is None:
            yield f"{message}, expected {expected}"
            return
        yield from compare(message, wanted, self.fields)


def without_time(message):
    """The timestamp may have moved on; the words of validation errors are our own."""
    message = json.loads(json.dumps(message))
    for part in (message, message.get("payload", {})):
        if "timestamp" in part:
            part["timestamp"] = isinstance(part["timestamp"], float) and part["timestamp"] >= START_MS
    if message.get("payload", {}).get("error_code") in OWN_WORDS:
        message["payload"]["message"] = message["payload"]["message"] != ""
    return message


def without_corrected(message):
    """The reference counted coins of its own as growth events, and called every cell active when it
    measured the dimension, so that it was always 2: compared is whether they are there."""
    message = json.loads(json.dumps(message))
    for part in message["payload"].values():
        for name in ("growth_events", "fractal_dimension"):
            if isinstance(part, dict) and name in part:
                part[name] = isinstance(part[name], float)
    return message


def compare(got, wanted, fields):
    got, wanted = without_time(got), without_time(wanted)
    if got["type"] in ("simulation_state", "simulation_complete", "feature_update"):
        yield from compare_numbers(got, wanted, fields)
    elif not is_close(wanted, got, RELATIVE):
        yield f"{got}, expected {wanted}"


def compare_numbers(got, wanted, fields):
    """Equal at the first step; later the same members, with other numbers."""
    stream = got["payload"].get("stream_id")
    is_first = got["payload"].get("step", 2) == 1 or got["payload"].get("sequence") == 0
    got, wanted = without_corrected(got), without_corrected(wanted)
    numbers = "state" if "state" in got["payload"] else \
        "features" if "features" in got["payload"] else "final_metrics"
    if is_first:
        if not is_close(wanted, got, RELATIVE):
            yield f"{got}, expected {wanted}"
    else:
        if got["payload"][numbers].keys() != wanted["payload"].get(numbers, {}).keys():
            yield f"members of {got}, expected those of {wanted}"
        alike = {key: value for key, value in got["payload"].items() if key not in (numbers, "metrics")}
        if alike != {key: value for key, value in wanted["payload"].items()
                     if key not in (numbers, "metrics")}:
            yield f"{got}, expected {wanted}"
        if numbers != "final_metrics" and fields.get(stream) == got["payload"][numbers]:
            yield f"{stream} does not go on: {got}"
    fields[stream] = got["payload"][numbers]


def replay(program, record):
    environment = dict(record["in"]["env"])
    if "heartbeat_interval" in record["in"]:
        environment["MFN_WS_HEARTBEAT_INTERVAL"] = str(record["in"]["heartbeat_interval"])
    with Service(program, environment) as service:
        if service.problem is not None:
            yield f"the service did not start: {service.problem}"
            return
        step = record["in"]["steps"][0]
        transcript = CORRECTED.get(record["id"], record["out"]["exchanges"][0]["transcript"])
        script = CORRECTED_SCRIPTS.get(record["id"], step["script"])
        yield from Conversation(service, record, {**step, "script": script}, transcript).run()


def main():
    program, path, *chosen = sys.argv[1:]
    failed = conversations = 0
    with open(path, encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    for record in records:
        if chosen and not any(word in record["id"] for word in chosen):
            continue
        conversations += 1
        problems = list(replay(program, record))
        failed += bool(problems)
        print("\n    ".join([f"{'FAILED' if problems else 'ok'} {record['id']}", *problems]), flush=True)
    print(f"{conversations} conversations, {failed} failed")
    sys.exit(failed > 0 or conversations == 0)


OWN_WORDS = ("AUTH_ERROR", "SUBSCRIBE_ERROR", "INIT_FAILED", "STREAM_ERROR", "INVALID_MESSAGE")

ACCEPTED = {"event": "accepted"}
CLOSED = {"event": "server_closed", "code": 1000, "reason": ""}


def failed(kind, code, **more):
    return {"s2c": {"type": kind, "payload": {"error_code": code, "message": "-", **more,
                                              "timestamp": START_MS}}}


# What is right where the record holds a defect, and why.
CORRECTED_COLLECTIONS = {
    # Unsubscribing A stops A.
    ("pub-ws-020-unsubscribe-first-of-two", 3): ["B"],
}
AUTH = {"send": {"type": "auth", "payload": {"api_key": "k", "timestamp": "<now_ms>"}}}
SAID = {"c2s": None}
CORRECTED_SCRIPTS = {
    # A message that cannot be read is answered, and the connection stays.
    "pub-ws-017-malformed-json": [{"send_text": "not json"}, {"recv": 1},
                                  {"send": {"type": "close"}}, {"recv": 1}],
    "pub-ws-018-json-array": [{"send_text": "[1]"}, {"recv": 1},
                              {"send": {"type": "close"}}, {"recv": 1}],
    # A path streams what it is called after.
    "pub-ws-010-type-mismatch-accepted": [
        AUTH, {"recv": 1},
        {"send": {"type": "subscribe", "payload": {"stream_type": "simulation_live",
                                                   "stream_id": "mix"}}},
        {"recv": 1}, {"send": {"type": "close"}}, {"recv": 1}],
    # Who stays silent for too long is told, and closed.
    "pub-ws-022-heartbeat-timeout-leaves-socket-open": [
        AUTH, {"recv": 1}, {"advance": 60.5}, {"recv_until": "closed", "drop": "heartbeat"}],
    # This record shows the reference beside a newer library; the stream is as any other.
    "pub-ws-023-without-model_dump-shim": [
        AUTH, {"recv": 1},
        {"send": {"type": "subscribe", "payload": {
            "stream_type": "simulation_live", "stream_id": "s1",
            "params": {"seed": 42, "grid_size": 16, "steps": 5}}}},
        {"recv": 1}],
}
SUCCESS = {"s2c": {"type": "auth_success", "timestamp": START_MS}}
CORRECTED = {
    "pub-ws-017-malformed-json": [ACCEPTED, SAID, failed("error", "INVALID_MESSAGE"), SAID, CLOSED],
    "pub-ws-018-json-array": [ACCEPTED, SAID, failed("error", "INVALID_MESSAGE"), SAID, CLOSED],
    "pub-ws-010-type-mismatch-accepted": [
        ACCEPTED, SAID, SUCCESS, SAID, failed("subscribe_failed", "SUBSCRIBE_ERROR"), SAID, CLOSED],
    "pub-ws-022-heartbeat-timeout-leaves-socket-open": [
        ACCEPTED, SAID, SUCCESS,
        {"event": "server_closed", "code": 1008, "reason": "nothing was heard for too long"}],
    "pub-ws-023-without-model_dump-shim": [
        ACCEPTED, SAID, SUCCESS, SAID,
        {"s2c": {"type": "subscribe_success", "stream_id": "s1", "timestamp": START_MS}}],
}

if __name__ == "__main__":
    main()
