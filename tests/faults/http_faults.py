#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""REST to webhook and to a folder under faults: kills, a source and a receiver that fail in every way,
a receiver that is away, a full spool, a stop. Nothing may be lost, and what comes twice must be the
same. Usage: http_faults.py MFN PRELOAD_LIBRARY    MFN_FAULT_JOBS (2000), MFN_FAULT_KILLS (10)"""
import base64
import json
import os
import pathlib
import signal
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
from http_peer import Reply, RestSource, WebhookReceiver  # noqa: E402
from scene import Judge, Killer, Place, expected_results, make_jobs  # noqa: E402

MFN, PRELOAD = sys.argv[1:3]
JOBS = int(os.environ.get("MFN_FAULT_JOBS", "2000"))
KILLS = int(os.environ.get("MFN_FAULT_KILLS", "10"))
SECRET = "whsec_" + base64.b64encode(b"a key of thirty-two bytes, exact").decode()
BAD = {"id": "bad", "grid_size": 1}

FAST = "initial_retry_delay: 10ms, max_retry_delay: 50ms, recovery_timeout: 100ms, max_retries: 3"


def pipeline(source, receiver, more="", publishers="", **options):
    options = {"interval": "100ms", **options}
    return f"""
connector: {{kind: rest, base_url: "{source.url}", endpoint: /jobs, items: /items,
  pagination: cursor, cursor_pointer: /next, interval: {options["interval"]}, timeout: 2s,
  allow_internal_addresses: true, {FAST}}}
publishers:
  - {{kind: webhook, webhook_url: "{receiver.url}/hook?token=hidden", signing_secrets: [{SECRET}],
     allow_internal_addresses: true, timeout: 2s, {FAST}}}
{publishers}
{more}"""


def taken_by(receiver, expected):
    judge = Judge(expected)
    with receiver.changed:
        taken = list(receiver.taken)
    for delivery in taken:
        judge.deliver(delivery.request.body)
    assert not receiver.conflicts(), "an id came with different content"
    assert not receiver.refused, receiver.refused[0].problem
    return judge


def check_letters(place, count=1):
    letters = place.letters()
    assert len(letters) == count, [letter["detail"] for letter in letters]
    assert all("hidden" not in json.dumps(letter) for letter in letters)


def kills_and_faults(work, expected, jobs):
    """Both ends misbehave while mfn is killed again and again."""
    faults = [Reply(500), Reply(503), Reply(429, {"Retry-After": "0"}), Reply(408), Reply.drop(),
              Reply.reset(), Reply.garbage(), Reply(204, fault="drop")]
    with RestSource(paging="cursor", page_size=37, endless=True) as source, \
            WebhookReceiver(secrets=[SECRET]) as receiver:
        place = Place(MFN, work, pipeline(source, receiver))
        killer = Killer(place, 11, 0.05, 0.6)
        step = len(jobs) // KILLS + 1
        for i in range(KILLS):
            source.add(*jobs[i * step:(i + 1) * step])
            if i == KILLS // 2:
                source.add(BAD)
            source.next(*faults[:5], Reply(200, {}, b"{not json"), Reply(200, {}, b'{"items": 3}'))
            receiver.next(*faults)
            if i % 3 == 1:
                receiver.down()
            killer.bounce(1)
            if i % 3 == 1:
                receiver.up()
        process = place.start()
        assert receiver.wait_for(len(jobs), 120), place.last_warnings()
        process.send_signal(signal.SIGTERM)
        code, summary = place.finish(process)
        assert code == 0 and summary["jobs_in_flight"] == 0, summary
        judge = taken_by(receiver, expected)
        judge.check()
        check_letters(place)
        print(f"REST to webhook: {len(jobs)} jobs, {killer.kills} kills, both ends failing: "
              f"lost {len(judge.lost())}, came again {judge.duplicates()} (same id, same bytes)")


def kills_at_every_call(work, expected, jobs):
    """Gone at each call that changes the disk, with a few jobs."""
    moment = 0
    expected = {job["id"]: expected[job["id"]] for job in jobs}
    while True:
        moment += 1
        with RestSource(jobs, paging="cursor", page_size=3) as source, \
                WebhookReceiver(secrets=[SECRET]) as receiver:
            place = Place(MFN, work / str(moment), pipeline(source, receiver))
            code, _ = place.run(LD_PRELOAD=PRELOAD, MFN_TEST_CRASH_AT=str(moment))
            assert code in (0, 137), place.last_warnings()
            if code == 137:
                assert place.run()[0] == 0, place.last_warnings()
            taken_by(receiver, expected).check()
        if code == 0:
            break
    assert moment > 10, "the library was not loaded"
    print(f"REST to webhook: gone at each of {moment - 1} calls that change the disk, lost 0")


def one_destination_away(work, expected, jobs):
    """The folder gets everything while the webhook is away; then the webhook does, from the spool."""
    with RestSource(jobs, paging="cursor", page_size=100) as source, \
            WebhookReceiver(secrets=[SECRET]) as receiver:
        receiver.down()
        out = work / "out"
        place = Place(MFN, work, pipeline(source, receiver, publishers=f"""
  - {{kind: file, directory: {out}, filename_pattern: results.ndjson, append_mode: true}}"""))
        code, summary = place.run()
        assert code == 1 and summary["jobs_spooled"] == len(jobs), summary
        assert summary["publishers"][0]["backlog"] == len(jobs), summary
        folder = Judge(expected)
        for line in (out / "results.ndjson").read_text(encoding="utf-8").splitlines():
            folder.deliver(line)
        folder.check(exactly_once=True)
        assert not receiver.taken
        receiver.up()
        process = place.start()
        Killer(place, 5, 0, 0)
        time.sleep(0.2)
        process.kill()  # also from the spool nothing is lost
        process.communicate()
        code, summary = place.run()
        assert code == 0 and summary["spool_bytes"] == 0, (summary, place.last_warnings())
        judge = taken_by(receiver, expected)
        judge.check()
        print(f"webhook away: {len(jobs)} results in the folder at once, and later at the webhook "
              f"from the spool: lost 0, came again {judge.duplicates()}")


def full_spool(work, expected, jobs):
    """A spool that is too small stops intake, and loses nothing."""
    with RestSource(jobs, paging="cursor", page_size=100) as source, \
            WebhookReceiver(secrets=[SECRET]) as receiver:
        receiver.down()
        place = Place(MFN, work, pipeline(source, receiver, more="spool: {max_bytes: 1MiB}", publishers=f"""
  - {{kind: file, directory: {work}/out, filename_pattern: results.ndjson, append_mode: true}}"""))
        process = place.start()
        deadline = time.monotonic() + 60
        while "spool is full" not in place.last_warnings() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert "spool is full" in place.last_warnings(), place.last_warnings()
        assert process.poll() is None
        receiver.up()
        assert receiver.wait_for(len(jobs), 120), place.last_warnings()
        process.send_signal(signal.SIGTERM)
        code, summary = place.finish(process)
        assert code == 0 and summary["spool_bytes"] <= 1 << 20, summary
        taken_by(receiver, expected).check()
        print(f"full spool: intake waited, {len(jobs)} results arrived in the end, lost 0")


def paused_and_refused(work, expected, jobs):
    """A wrong key keeps the data; a result that is refused becomes a dead letter."""
    few = {job["id"]: expected[job["id"]] for job in jobs}
    with RestSource(jobs, paging="none") as source, WebhookReceiver(secrets=[SECRET]) as receiver:
        receiver.next(*[Reply(401)] * 40)
        place = Place(MFN, work, pipeline(source, receiver))
        code, summary = place.run()
        assert code == 1 and summary["jobs_failed"] == 0 and not place.letters(), summary
        for _ in range(60):  # until somebody has mended the key
            code, summary = place.run()
            if code == 0:
                break
        taken_by(receiver, few).check()
    with RestSource(jobs, paging="none") as source, WebhookReceiver(secrets=[SECRET]) as receiver:
        receiver.next(Reply(422, {}, b"not that one"))
        place = Place(MFN, work / "refused", pipeline(source, receiver))
        code, summary = place.run()
        assert code == 0 and summary["jobs_failed"] == 1, summary
        letter = place.letters()[0]
        assert "422" in letter["detail"] and "not that one" in letter["detail"], letter
        assert "hidden" not in json.dumps(letter)
        assert len(taken_by(receiver, few).lost()) == 1
    print("a wrong key keeps the data, a refusal becomes a dead letter with status and answer")


def stop_under_load(work, expected, jobs):
    with RestSource(jobs, paging="cursor", page_size=100) as source, \
            WebhookReceiver(secrets=[SECRET]) as receiver:
        place = Place(MFN, work, pipeline(source, receiver))
        process = place.start()
        assert receiver.wait_for(len(jobs) // 10, 60), place.last_warnings()
        process.send_signal(signal.SIGTERM)
        code, summary = place.finish(process)
        assert code == 0 and summary["jobs_in_flight"] == 0, (code, summary)
        at_stop = len(receiver.taken)
        assert place.run()[0] == 0
        judge = taken_by(receiver, expected)
        judge.check(exactly_once=True)
        print(f"stopped after {at_stop} results, the next run did the rest: lost 0, doubled 0")


def never_answering(work, expected, jobs):
    """A receiver that hangs costs its time-out, not the run."""
    few = {job["id"]: expected[job["id"]] for job in jobs}
    with RestSource(jobs, paging="none") as source, WebhookReceiver(secrets=[SECRET]) as receiver:
        receiver.next(*[Reply.hang()] * 3)
        place = Place(MFN, work, pipeline(source, receiver))
        threading.Timer(20, receiver.release).start()
        assert place.run()[0] == 0, place.last_warnings()
        taken_by(receiver, few).check()
    print("a receiver that never answers costs a time-out, and nothing is lost")


def main():
    jobs = make_jobs(JOBS)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        expected = expected_results(MFN, work / "calm", jobs)
        few = jobs[:10]
        for scene, its_jobs in ((kills_and_faults, jobs), (kills_at_every_call, jobs[:5]),
                                (one_destination_away, jobs), (full_spool, jobs),
                                (paused_and_refused, few), (never_answering, few),
                                (stop_under_load, jobs)):
            scene(work / scene.__name__, expected, its_jobs)


main()
