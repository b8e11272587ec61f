#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Replays recorded exchanges of the reference's API over real sockets.

    replay_api.py SERVICE_DRIVER RECORDS.jsonl [ID ...]

Where the reference's own validation library answers otherwise today (`pydantic2` in a record), that
is what counts; where the recorded answer is a defect, CORRECTED says what is right instead."""
import base64
import collections
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import urllib.parse

TIMEOUT_S = 60
RELATIVE = ABSOLUTE = 1e-9
FLOAT32 = 1e-5
COMPARED_HEADERS = ("allow", "www-authenticate", "retry-after", "x-ratelimit-limit",
                    "x-ratelimit-remaining", "access-control-allow-origin",
                    "access-control-allow-credentials", "access-control-allow-methods",
                    "access-control-allow-headers", "access-control-max-age",
                    "access-control-expose-headers", "vary")
Answer = collections.namedtuple("Answer", "status headers body")


class Service:
    """The driver as a process; a context manager."""

    def __init__(self, program, environment):
        clean = {key: value for key, value in os.environ.items() if not key.startswith("MFN_")}
        self.process = subprocess.Popen(
            [program], env={**clean, "MFN_HOST": "127.0.0.1", "MFN_PORT": "0", **environment},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline().split()
        self.problem = self.process.stderr.read() if not line else None
        self.url = urllib.parse.urlsplit(line[1]) if line else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "ok\n"

    def request(self, step):
        connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=TIMEOUT_S)
        try:
            connection.putrequest(step["method"], step["path"], skip_accept_encoding=True)
            headers, body = headers_and_body(step)
            for name, value in headers:
                connection.putheader(name, value)
            try:
                connection.endheaders(body)
            except BrokenPipeError:
                pass  # the answer came before the body was read
            response = connection.getresponse()
            content = response.read()
            names = collections.OrderedDict()
            for name, value in response.getheaders():
                names[name.lower()] = value
            return Answer(response.status, names, content)
        finally:
            connection.close()

    def raw(self, payload):
        """What comes back until the peer closes, or stays silent for a moment."""
        with socket.create_connection((self.url.hostname, self.url.port), TIMEOUT_S) as peer:
            peer.sendall(payload)
            peer.settimeout(1.0)
            received = b""
            while True:
                try:
                    chunk = peer.recv(65536)
                except TimeoutError:
                    return received, "kept open"
                except ConnectionError:
                    return received, "closed by server"
                if not chunk:
                    return received, "closed by server"
                received += chunk


def headers_and_body(step):
    """As the recording client sent them: JSON bodies carry their type, raw ones only what is said."""
    headers = [(name, value.encode("utf-8", "surrogateescape"))
               for name, value in step.get("headers", {}).items()]
    body = None
    if "json" in step:
        body = json.dumps(step["json"]).encode()
        if not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("Content-Type", b"application/json"))
    elif "raw" in step:
        body = step["raw"].encode()
    elif "raw_b64" in step:
        body = base64.b64decode(step["raw_b64"])
    elif "raw_repeat" in step:
        part = step["raw_repeat"]
        body = (part["prefix"] + part["unit"] * part["count"] + part["suffix"]).encode()
    if body is not None:
        headers.append(("Content-Length", str(len(body)).encode()))
    elif step["method"] == "POST":
        headers.append(("Content-Length", b"0"))
    return headers, body


def fill_in(value, answers):
    """{{k.field}} is that field of exchange k's answer."""
    def look(match):
        number, field = int(match[1]), match[2]
        return str(answers[number].get(field, "MISSING") if number in answers else "MISSING")
    if isinstance(value, str):
        return re.sub(r"\{\{(\d+)\.(\w+)\}\}", look, value)
    if isinstance(value, dict):
        return {key: fill_in(item, answers) for key, item in value.items()}
    if isinstance(value, list):
        return [fill_in(item, answers) for item in value]
    return value


def is_close(expected, got, relative):
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    if isinstance(expected, (int, float)) and isinstance(got, (int, float)):
        return abs(got - expected) <= relative * abs(expected) + ABSOLUTE
    if isinstance(expected, list) and isinstance(got, list):
        return len(expected) == len(got) and all(
            is_close(e, g, relative) for e, g in zip(expected, got))
    if isinstance(expected, dict) and isinstance(got, dict):
        return expected.keys() == got.keys() and all(
            is_close(expected[key], got[key], relative) for key in expected)
    return expected == got


def expected_of(record, exchange):
    """(status, detail or None): what validation says today goes before what was recorded."""
    verdict = exchange.get("pydantic2")
    status = exchange.get("status")
    if verdict and verdict["status"] == 422 and status not in (401, 429):
        return 422, verdict["detail"]
    return status, None


def shape(detail):
    """What identifies a fault: its kind, its place and its words; those of syntax errors and of
    bodies that are no object are our own."""
    def one(item):
        if item["type"] in ("json_invalid", "model_attributes_type"):
            return item["type"], ("body",), "", ""
        return (item["type"], tuple(item["loc"]), item["msg"], json.dumps(item.get("ctx"), sort_keys=True))
    return sorted(map(one, detail), key=repr)


def differences(record, number, step, exchange, answer):
    correction = CORRECTED.get((record["id"], number)) or CORRECTED.get((record["id"], None)) or {}
    status, detail = expected_of(record, exchange)
    status = correction.get("status", status)
    if answer.status != status:
        yield f"status {answer.status}, expected {status}: {answer.body[:300]!r}"
        return
    for name in COMPARED_HEADERS:
        wanted = correction.get("headers", {}).get(name, exchange["headers"].get(name))
        if exchange["status"] == status and answer.headers.get(name) != wanted:
            yield f"{name}: {answer.headers.get(name)!r}, expected {wanted!r}"
    if "x-request-id" not in answer.headers:
        yield "no X-Request-ID"
    sent = {name.lower(): value for name, value in step.get("headers", {}).items()}.get("x-request-id")
    if sent and sent.isascii() and sent.isprintable() and answer.headers["x-request-id"] != sent:
        yield f"X-Request-ID {answer.headers['x-request-id']!r}, expected {sent!r}"
    if step["method"] == "HEAD" or not answer.body or answer.headers.get("content-type") != "application/json":
        return
    body = json.loads(answer.body)
    if status >= 400:
        for member in ("error_code", "message", "request_id", "timestamp"):
            if member not in body:
                yield f"no {member} in {body}"
    if "body" in correction:
        if not correction["body"](body):
            yield f"unexpected body {body}"
    elif detail is not None:
        if shape(detail) != shape(body["detail"]):
            yield f"detail {shape(body['detail'])}, expected {shape(detail)}"
    elif exchange.get("body") and exchange["headers"].get("content-type") == "application/json" \
            and exchange["status"] == status:
        recorded = json.loads(exchange["body"])
        if status >= 400:
            got = {key: body.get(key) for key in recorded}
        else:
            got = body
        relative = FLOAT32 if step["path"].startswith("/federated") else RELATIVE
        if status == 422:
            return  # an older validation's words
        if "loss_start" in recorded:
            for key in ("loss_start", "loss_final", "loss_drop"):
                recorded.pop(key), got.pop(key)
        if not is_close(recorded, got, relative):
            yield f"body {got}, expected {recorded}"


def replay_raw(service, record, number, step, exchange):
    received, end = service.raw(base64.b64decode(step["raw_http_b64"]))
    correction = CORRECTED.get((record["id"], number), {})
    wanted = [int(code) for code in re.findall(r"HTTP/1\.1 (\d{3}) ", exchange["raw_response"])]
    wanted = correction.get("statuses", wanted)
    got = [int(code) for code in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]
    if got != wanted:
        yield f"statuses {got}, expected {wanted}: {received[:200]!r}"
    if end != correction.get("end", exchange["connection"]):
        yield f"{end}, expected {exchange['connection']}"


def replay_step(service, record, number, step, exchange, answers):
    if "advance" in step:
        service.tell(f"advance {step['advance']}")
    used = "".join(item["hex"] for item in exchange.get("entropy_used", []))
    if used:
        service.tell(f"entropy {used}")
    if "raw_http_b64" in step:
        yield from replay_raw(service, record, number, step, exchange)
        return
    step = fill_in(step, answers)
    recorded = exchange.get("repeat")
    correction = CORRECTED.get((record["id"], number), {})
    for i in range(step.get("repeat", 1)):
        answer = service.request(step)
        got = [answer.status, answer.headers.get("x-ratelimit-remaining"),
               answer.headers.get("retry-after")]
        if recorded and got != recorded[i] and "repeat" not in correction:
            yield f"repetition {i}: {got}, expected {recorded[i]}"
    yield from differences(record, number, step, exchange, answer)
    if answer.body and answer.headers.get("content-type") == "application/json" and step["method"] != "HEAD":
        parsed = json.loads(answer.body)
        answers[number] = parsed if isinstance(parsed, dict) else {}


def replay(program, record):
    with Service(program, record["in"]["env"]) as service:
        if "exchanges" not in record["out"] or record["id"] in REFUSED:
            if service.problem is None:
                yield "the service started, expected it to refuse its environment"
            elif REFUSED[record["id"]] not in service.problem:
                yield f"refused with {service.problem!r}, expected a word about {REFUSED[record['id']]}"
            return
        if service.problem is not None:
            yield f"the service did not start: {service.problem}"
            return
        answers = {}
        for number, (step, exchange) in enumerate(
                zip(record["in"]["steps"], record["out"]["exchanges"])):
            for difference in replay_step(service, record, number, step, exchange, answers):
                yield f"exchange {number} ({step.get('method', 'raw')} {step.get('path', '')}): {difference}"


def as_meant(record, records):
    """The record, or what is expected of the one that its environment should have been."""
    alike = records.get(LIKE.get(record["id"]))
    if alike is None:
        return record
    environment = {**alike["in"]["env"], "MFN_ENV": record["in"]["env"]["MFN_ENV"]}
    return {**alike, "in": {**alike["in"], "env": environment}}


def main():
    program, path, *chosen = sys.argv[1:]
    failed = exchanges = 0
    with open(path, encoding="utf-8") as lines:
        records = {record["id"]: record for record in map(json.loads, lines)}
    for record in records.values():
        if chosen and not any(word in record["id"] for word in chosen):
            continue
        exchanges += len(record["in"]["steps"])
        problems = list(replay(program, as_meant(record, records)))
        failed += bool(problems)
        print("\n    ".join([f"{'FAILED' if problems else 'ok'} {record['id']}", *problems]), flush=True)
    print(f"{exchanges} exchanges, {failed} records failed")
    sys.exit(failed > 0)


# Environments that must stop the start: what the error names.
REFUSED = {
    "pub-api-018-rate-limit-window-zero": "MFN_RATE_LIMIT_WINDOW",
    "pub-api-019-rate-limit-zero-requests": "MFN_RATE_LIMIT_REQUESTS",
    "pub-api-020-bad-env-number": "MFN_RATE_LIMIT_REQUESTS",
    # The reference answers with the label that it was given, whatever it computes.
    "pub-api-036-crypto-algorithm-label-only": "MFN_CRYPTO_ALGORITHM",
}

# Records whose environment means what another record's does.
LIKE = {"pub-api-012-auth-MFN_ENV=production": "pub-api-009-auth-prod-keys"}


def status(code):
    return {"status": code}


TAMPERED = {"body": lambda body: body["detail"] == "Decryption failed: possible tampering or wrong key"}

# (record, exchange): what is right where the record holds a defect, and why.
CORRECTED = {
    # Members that are there twice, NaN, Infinity and numbers beyond doubles are no JSON.
    ("pub-api-003-body-framing", 12): status(422),
    ("pub-api-003-body-framing", 15): {"status": 422, "body": lambda body: True},
    ("pub-api-003-body-framing", 16): status(422),
    ("pub-api-003-body-framing", 17): status(422),
    ("pub-api-003-body-framing", 18): {"status": 422, "body": lambda body: True},
    ("pub-api-005-federated", 21): status(422),
    # A potential that is not finite is the request's fault; chloride has a valence of -1.
    ("pub-api-004-nernst", 6): status(422),
    ("pub-api-004-nernst", 10): {"status": 422, "body": lambda body: "not 0" in str(body["detail"])},
    ("pub-api-004-nernst", 11): {"status": 200, "body": lambda body: abs(body["potential_mV"] - 89.0107) < 1e-3},
    # Gradients of several lengths, a share of 0.5, and values beyond float32 are the request's fault;
    # a gradient that is not finite is never chosen.
    ("pub-api-005-federated", 10): status(400),
    ("pub-api-005-federated", 11): status(422),
    ("pub-api-005-federated", 22): {"body": lambda body: None not in body["aggregated_gradient"]},
    ("pub-api-005-federated", 23): status(400),
    # A seed that the run cannot have is refused by validation.
    ("pub-api-006-validate", 4): status(422),
    ("pub-api-006-validate", 5): status(422),
    # A key that is named and not there is an error, not the default key.
    ("pub-api-032-crypto-encrypt", 3): status(404),
    ("pub-api-032-crypto-encrypt", 8): status(404),
    ("pub-api-034-crypto-sign", 14): status(404),
    # One wording for whatever does not fit.
    ("pub-api-032-crypto-encrypt", 6): TAMPERED,
    ("pub-api-032-crypto-encrypt", 7): TAMPERED,
    # Base64 is strict: what is no Base64 is not taken for fewer bytes.
    ("pub-api-032-crypto-encrypt", 9): status(400),
    ("pub-api-032-crypto-encrypt", 19): {"body": lambda body: body["detail"].startswith("Invalid base64")},
    ("pub-api-034-crypto-sign", 21): status(400),
    **{("pub-api-037-base64-leniency", number): status(400) for number in range(18)},
    **{("pub-api-038-base64-errors", number): status(400) for number in range(14)},
    # A key pair is not overwritten, and so the later exchanges have the first one.
    ("pub-api-034-crypto-sign", 7): status(409),
    ("pub-api-034-crypto-sign", 10): {"body": lambda body: body["key_id"] == "mine"},
    ("pub-api-034-crypto-sign", 11): status(400),
    ("pub-api-034-crypto-sign", 12): {"body": lambda body: body["valid"] is True},
    ("pub-api-034-crypto-sign", 13): status(400),
    # X25519 as in RFC 7748.
    ("pub-api-034-crypto-sign", 8): {"body": lambda body: body["public_key"] ==
                                     "Z0yzPLcuM+2JHuB9V5c9wxerKYnA4S3BLHmknM1ZPA4="},
    ("pub-api-034-crypto-sign", 9): {"body": lambda body: body["public_key"] ==
                                     "lxuMj4zMyfhzzmZRcvTS67xWwQUGMeDUXlJXz2ojh38="},
    ("pub-api-031-logs-debug", 5): status(422),
    # A key that no header may hold is an unknown key.
    ("pub-api-014-auth-non-ascii-key", 0): status(401),
    # Nobody is believed about its address but trusted proxies; unknown paths share a bucket.
    ("pub-api-015-rate-limit-nernst", 6): status(429),
    ("pub-api-015-rate-limit-nernst", 7): status(429),
    ("pub-api-015-rate-limit-nernst", 13): {"headers": {"x-ratelimit-remaining": "98"}},
    # Preflights carry no key.
    ("pub-api-026-cors-preflight-blocked-by-auth", 0): {"status": 200},
    # What is no request gets no answer; an absolute target is one (RFC 9112, 3.2.2).
    ("pub-api-027-raw-http", 3): {"statuses": []},
    ("pub-api-027-raw-http", 8): {"statuses": [200]},
}
for name in ("008-auth-required", "009-auth-prod-keys", "010-auth-prod-no-keys",
             "011-auth-dev-required-default-key", "013-auth-staging"):
    # Public is a path, not everything that begins like it.
    CORRECTED[f"pub-api-{name}", 11] = status(401)
    CORRECTED[f"pub-api-{name}", 12] = status(401)
    if name[:3] in ("008", "011", "013"):
        CORRECTED[f"pub-api-{name}", 16] = status(200)

if __name__ == "__main__":
    main()
