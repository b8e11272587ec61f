#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kafka to Kafka with a real broker under faults: mfn killed at random moments, the broker killed and
paused, members that join and leave, a stop under load. At least once: nothing lost, what comes twice
is the same. Exactly once: read with isolation.level=read_committed, each result is there once.
Usage: kafka_faults.py MFN    MFN_FAULT_MESSAGES (3000), MFN_FAULT_KILLS (6)"""
import json
import os
import pathlib
import signal
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "kafka"))
from broker import Broker  # noqa: E402
from scene import Judge, Killer, Place, expected_results, make_jobs  # noqa: E402

MFN = sys.argv[1]
MESSAGES = int(os.environ.get("MFN_FAULT_MESSAGES", "3000"))
KILLS = int(os.environ.get("MFN_FAULT_KILLS", "6"))
PARTITIONS = 3
POISON_EVERY = 100
FEEDS, FEED_PAUSE_S = 100, 0.1


def pipeline(broker, name, exactly_once, instance=""):
    return f"""
connector:
  kind: kafka
  bootstrap_servers: ["{broker.address}"]
  topics: [{name}-in]
  group_id: {name}
  group_instance_id: "{instance}"
  session_timeout: 6s
  initial_retry_delay: 50ms
  max_retry_delay: 500ms
  max_retries: 1000
  recovery_timeout: 500ms
publishers:
  - kind: kafka
    bootstrap_servers: ["{broker.address}"]
    topic: {name}-out
    dead_letter_topic: {name}-dlq
    exactly_once: {str(exactly_once).lower()}
    initial_retry_delay: 50ms
    max_retry_delay: 500ms
    max_retries: 1000
    recovery_timeout: 500ms
"""


def prepare(broker, name, jobs, at_once=True):
    """Topics, and messages with poison between them, which are in the first topic already when they
    all come at once."""
    broker.create_topic(f"{name}-in", PARTITIONS)
    broker.create_topic(f"{name}-out", 2)
    broker.create_topic(f"{name}-dlq", 1)
    messages = []
    for i, job in enumerate(jobs):
        messages.append((f"key-{i}".encode(), json.dumps(job).encode()))
        if i % POISON_EVERY == 0:
            messages.append((f"poison-{i}".encode(), b"{broken " + str(i).encode()))
    if at_once:
        broker.produce(f"{name}-in", messages)
    return messages, len(messages) - len(jobs)


def committed(broker, name):
    return sum(broker.committed(name, f"{name}-in").values())


def drain(broker, place, name, total):
    """Runs to the end; then the group has committed everything."""
    code, summary = place.run()
    assert code == 0, (summary, place.last_warnings())
    assert committed(broker, name) == total, broker.committed(name, f"{name}-in")


def judge_topics(broker, name, expected, poison, exactly_once):
    judge = Judge(expected)
    broker.wait_until_decided(f"{name}-out")
    broker.wait_until_decided(f"{name}-dlq")
    for message in broker.consume(f"{name}-out"):
        judge.deliver(message.value)
        assert message.key.decode() == json.loads(message.value)["simulation_id"]
    letters = [message.key for message in broker.consume(f"{name}-dlq")]
    assert len(set(letters)) == poison, f"{len(set(letters))} of {poison} dead letters"
    judge.check(exactly_once)
    if exactly_once:
        assert len(letters) == poison, f"{len(letters) - poison} dead letters came twice"
    return judge


def kills(broker, work, expected, jobs, exactly_once):
    name = "once" if exactly_once else "least"
    messages, poison = prepare(broker, name, jobs, at_once=False)
    total, step = len(messages), len(messages) // KILLS + 1
    # The name of a member makes its successor take over at once instead of after the session.
    place = Place(MFN, work, pipeline(broker, name, exactly_once, instance="one"))
    killer = Killer(place, 3, 0.2, 1.5)
    for i in range(KILLS):
        broker.produce(f"{name}-in", messages[i * step:(i + 1) * step])
        killer.bounce(1)
    drain(broker, place, name, total)
    judge = judge_topics(broker, name, expected, poison, exactly_once)
    print(f"{'exactly' if exactly_once else 'at least'} once: {len(jobs)} messages and {poison} of "
          f"poison, {killer.kills} kills of mfn: lost {len(judge.lost())}, doubled "
          f"{judge.duplicates()}", flush=True)


def wait_for_commit(broker, place, name, total, process):
    deadline = time.monotonic() + 120
    while committed(broker, name) < total:
        assert process.poll() is None and time.monotonic() < deadline, (
            broker.committed(name, f"{name}-in"), place.last_warnings())
        time.sleep(0.1)


def feed(broker, place, name, messages, process, is_over):
    """Gives messages bit by bit, so that work goes on until `is_over`, and waits for the commit."""
    step = max(1, len(messages) // FEEDS)
    for given in range(0, len(messages), step):
        broker.produce(f"{name}-in", messages[given:given + step])
        time.sleep(FEED_PAUSE_S)
    while not is_over():
        time.sleep(0.1)
    wait_for_commit(broker, place, name, len(messages), process)


def end(place, process):
    process.send_signal(signal.SIGTERM)
    code, summary = place.finish(process)
    assert code == 0, (summary, place.last_warnings())
    return summary


def broker_bounces(broker, work, expected, jobs, exactly_once):
    """The broker is killed and started again; later it stands still for a while."""
    name = "bounce-once" if exactly_once else "bounce-least"
    messages, poison = prepare(broker, name, jobs, at_once=False)
    part = len(messages) // 3
    place = Place(MFN, work, pipeline(broker, name, exactly_once))
    process = place.start()
    broker.produce(f"{name}-in", messages[:part])
    deadline = time.monotonic() + 60
    while committed(broker, name) == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    broker.kill()
    time.sleep(1.0)
    broker.start()
    broker.produce(f"{name}-in", messages[part:2 * part])
    wait_for_commit(broker, place, name, 2 * part, process)
    broker.produce(f"{name}-in", messages[2 * part:])
    broker.pause()
    time.sleep(2.0)
    broker.resume()
    wait_for_commit(broker, place, name, len(messages), process)
    end(place, process)
    judge = judge_topics(broker, name, expected, poison, exactly_once)
    print(f"{'exactly' if exactly_once else 'at least'} once: broker killed, restarted and paused: "
          f"lost {len(judge.lost())}, doubled {judge.duplicates()}", flush=True)


def rebalance(broker, work, expected, jobs, exactly_once):
    """A second member comes and goes, and comes again and is killed, while the first works."""
    name = "share-once" if exactly_once else "share-least"
    messages, poison = prepare(broker, name, jobs, at_once=False)
    first = Place(MFN, work / "first", pipeline(broker, name, exactly_once))
    second = Place(MFN, work / "second", pipeline(broker, name, exactly_once))
    process = first.start()
    shares = []

    def come_and_go():
        other = second.start()
        time.sleep(6)
        shares.append(end(second, other)["jobs_published"])
        other = second.start()
        time.sleep(5)
        other.kill()
        other.communicate()
        shares.append("killed")

    visits = threading.Thread(target=come_and_go)
    visits.start()
    feed(broker, first, name, messages, process,
         is_over=lambda: not visits.is_alive())
    visits.join()
    assert len(shares) == 2, second.last_warnings()
    end(first, process)
    judge = judge_topics(broker, name, expected, poison, exactly_once)
    print(f"{'exactly' if exactly_once else 'at least'} once: a second member joined, did {shares[0]} "
          f"and left, joined again and was killed: lost {len(judge.lost())}, doubled "
          f"{judge.duplicates()}", flush=True)


def stop_under_load(broker, work, expected, jobs):
    """What was in flight at a stop is finished and committed: nothing comes twice."""
    name = "stop"
    messages, poison = prepare(broker, name, jobs)
    total = len(messages)
    place = Place(MFN, work, pipeline(broker, name, exactly_once=False))
    process = place.start()
    deadline = time.monotonic() + 60
    while committed(broker, name) == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    code, summary = place.finish(process)
    assert code == 0 and summary["jobs_in_flight"] == 0, summary
    at_stop = summary["jobs_published"]
    drain(broker, place, name, total)
    judge = judge_topics(broker, name, expected, poison, exactly_once=False)
    assert judge.duplicates() == 0, judge.duplicates()
    print(f"stopped after {at_stop} of {len(jobs)}, the next run did the rest: lost 0, doubled 0",
          flush=True)


SCENES = [scene for scene in (kills, broker_bounces, rebalance)
          if scene.__name__ in os.environ.get("MFN_FAULT_SCENES", scene.__name__)]


def main():
    jobs = make_jobs(MESSAGES)
    with tempfile.TemporaryDirectory() as folder, Broker() as broker:
        work = pathlib.Path(folder)
        expected = expected_results(MFN, work / "calm", jobs)
        for exactly_once in (False, True):
            for scene in SCENES:
                scene(broker, work / f"{scene.__name__}-{exactly_once}", expected, jobs,
                      exactly_once)
        stop_under_load(broker, work / "stop", expected, jobs)


main()
