#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A pipeline by the reference's method, one job after the other: asyncio around connectors that call
aiohttp, kafka-python and pathlib, a simulation in NumPy, results as json.dumps writes them.

reference_peer.py file DIRECTORY OUT COUNT
reference_peer.py kafka SERVER GROUP TOPIC OUT COUNT
reference_peer.py http URL HOOK COUNT
reference_peer.py check RESULTS             compares with our results, lines of JSON

Prints {"seconds", "cpu_s"} of its work, its imports not counted."""
import asyncio
import json
import math
import pathlib
import sys
import time

import numpy_peer

TIMEOUT_S = 30.0


def compute(job):
    features = numpy_peer.features(numpy_peer.simulate(job["grid_size"], job["steps"], job["seed"]))
    return {"event": "simulation_complete", "simulation_id": job["id"],
            "fractal_dimension": features["D_box"], "features": list(features.values()),
            "fractal_features": features}


async def run_files(directory, out, count):
    """A job is a file, the next one the first by name that has not been read."""
    directory, out, seen = pathlib.Path(directory), pathlib.Path(out), set()
    out.mkdir(parents=True, exist_ok=True)
    while len(seen) < count:
        path = next(path for path in sorted(directory.glob("*.json")) if path not in seen)
        with open(path, encoding="utf-8") as file:
            job = json.load(file)
        seen.add(path)
        with open(out / f"result_{job['id']}.json", "w", encoding="utf-8") as file:
            file.write(json.dumps(compute(job), indent=2))


async def run_kafka(server, group, topic, out, count):
    """Offsets are committed every few seconds, whatever became of the messages."""
    consumer = kafka.KafkaConsumer(topic, bootstrap_servers=[server], group_id=group,
                                   auto_offset_reset="earliest", enable_auto_commit=True,
                                   value_deserializer=lambda value: json.loads(value.decode()))
    producer = kafka.KafkaProducer(bootstrap_servers=[server], acks="all", retries=3,
                                   value_serializer=lambda value: json.dumps(value).encode())
    done = 0
    while done < count:
        for records in consumer.poll(timeout_ms=1000, max_records=100).values():
            for record in records:
                producer.send(out, compute(record.value)).get(timeout=TIMEOUT_S)
                done += 1
    producer.flush()
    producer.close()
    consumer.close()


async def run_http(url, hook, count):
    """Pages until there is no next one; a POST per result."""
    limit, done, cursor = aiohttp.ClientTimeout(total=TIMEOUT_S), 0, ""
    async with aiohttp.ClientSession(timeout=limit) as source, \
            aiohttp.ClientSession(timeout=limit,
                                  headers={"Content-Type": "application/json"}) as receiver:
        while cursor is not None:
            async with source.get(url, params={"cursor": cursor} if cursor else None) as response:
                response.raise_for_status()
                page = await response.json()
            for job in page["items"]:
                async with receiver.post(hook, data=json.dumps(compute(job))) as response:
                    response.raise_for_status()
                    await response.read()
                done += 1
            cursor = page["next"]
    assert done == count, f"{done} of {count} jobs came"


def check(results):
    for line in pathlib.Path(results).read_text(encoding="utf-8").splitlines():
        ours = json.loads(line)
        job = {"id": ours["simulation_id"], **ours["config"]}
        for name, value in compute(job)["fractal_features"].items():
            expected = ours["fractal_features"][name]
            if not math.isclose(value, expected, rel_tol=1e-9, abs_tol=1e-9):
                sys.exit(f"reference_peer: {name} of {job['id']} is {value}, ours is {expected}")


kind, *arguments = sys.argv[1:]
if kind == "check":
    check(*arguments)
else:
    if kind == "kafka":
        import kafka
    elif kind == "http":
        import aiohttp
    run = {"file": run_files, "kafka": run_kafka, "http": run_http}[kind]
    wall, cpu = time.perf_counter(), time.process_time()
    asyncio.run(run(*arguments[:-1], int(arguments[-1])))
    print(json.dumps({"seconds": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}))
