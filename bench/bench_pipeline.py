#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whole pipelines, measured beside the reference's method on the same servers in the same run: jobs per
second, CPU time and peak memory of file to file, REST to webhook and Kafka to Kafka.

bench_pipeline.py MFN [--jobs N] [--repeats N] [--only TEXT] [--quick] [--json FILE]

The servers (a real Kafka broker, HTTP peers in Python) are processes of their own, whose CPU time is
not counted, though they share the machine. Every run ends with a count of what arrived."""
import argparse
import contextlib
import dataclasses
import importlib.util
import json
import multiprocessing
import os
import pathlib
import platform
import resource
import statistics
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PEER = HERE / "reference_peer.py"
sys.path[:0] = [str(HERE.parent / "tests" / "kafka"), str(HERE.parent / "tests" / "support")]
from broker import EXIT_SKIPPED, Broker  # noqa: E402
from http_peer import RestSource, WebhookReceiver  # noqa: E402
from measured import measure  # noqa: E402

PARTITIONS = 4
PAGE_ITEMS = 100
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
SIZES = {"near-empty": (4, 1), "32x32x50": (32, 50)}  # side of the grid and steps


def run_mfn(mfn, folder, pipeline):
    path = folder / "pipeline.yaml"
    path.write_text(f"""{pipeline}
dead_letter: {{directory: {folder}/dead}}
state: {folder}/state.db
""", encoding="utf-8")
    return measure([mfn, "run", path, "--once", "--format", "json"])


def run_peer(*arguments):
    """Without the time that its imports take."""
    use = measure([sys.executable, PEER, *arguments])
    own = json.loads(use.output)
    return dataclasses.replace(use, seconds=own["seconds"], cpu_s=own["cpu_s"])


def make_jobs(size, count):
    side, steps = SIZES[size]
    return [{"id": f"job-{i}", "grid_size": side, "steps": steps, "seed": i} for i in range(count)]


def expect(jobs, texts):
    """Every job has its result, and has it once."""
    names = [json.loads(text)["simulation_id"] for text in texts]
    wanted = {job["id"] for job in jobs}
    if len(names) != len(jobs) or set(names) != wanted:
        sys.exit(f"bench_pipeline: {len(jobs)} jobs gave {len(names)} results, "
                 f"{len(wanted - set(names))} are lost")


# File to file. Each method returns what was used and how long the servers computed, or None.

def one_file_of_jobs(folder, jobs):
    (folder / "jobs").mkdir()
    (folder / "jobs" / "jobs.ndjson").write_text("".join(json.dumps(job) + "\n" for job in jobs),
                                                 encoding="utf-8")


def files_of_jobs(folder, jobs):
    (folder / "jobs").mkdir()
    for job in jobs:
        (folder / "jobs" / f"{job['id']}.json").write_text(json.dumps(job), encoding="utf-8")


def texts_in(folder):
    return [path.read_text(encoding="utf-8") for path in folder.iterdir()]


def files_mfn(scene, folder, pattern, publisher):
    return run_mfn(scene.mfn, folder, f"""
connector: {{kind: file, directory: {folder}/jobs, pattern: "{pattern}", settle_time: 0}}
publishers:
  - {{kind: file, directory: {folder}/out, {publisher}}}""")


def file_lines(scene, folder, jobs):
    one_file_of_jobs(folder, jobs)
    use = files_mfn(scene, folder, "*.ndjson", "filename_pattern: results.ndjson, append_mode: true")
    expect(jobs, (folder / "out" / "results.ndjson").read_text(encoding="utf-8").splitlines())
    return use, None


def file_each(scene, folder, jobs):
    files_of_jobs(folder, jobs)
    use = files_mfn(scene, folder, "*.json", 'filename_pattern: "result_{id}.json"')
    expect(jobs, texts_in(folder / "out"))
    return use, None


def file_peer(scene, folder, jobs):
    files_of_jobs(folder, jobs)
    use = run_peer("file", folder / "jobs", folder / "out", len(jobs))
    expect(jobs, texts_in(folder / "out"))
    return use, None


# REST to webhook.

def serve(pipe, jobs):
    """The process of the servers; what is sent to it ends it."""
    with RestSource(jobs, paging="cursor", page_size=PAGE_ITEMS) as source, \
            WebhookReceiver() as receiver:
        before = resource.getrusage(resource.RUSAGE_SELF)
        pipe.send((source.url, receiver.url))
        pipe.recv()
        after = resource.getrusage(resource.RUSAGE_SELF)
        cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        pipe.send((cpu_s, [delivery.request.body for delivery in receiver.taken]))


def with_servers(jobs, run):
    pipe, far_end = multiprocessing.Pipe()
    servers = multiprocessing.Process(target=serve, args=(far_end, jobs), daemon=True)
    servers.start()
    source, receiver = pipe.recv()
    use = run(source, receiver)
    pipe.send("end")
    cpu_s, bodies = pipe.recv()
    servers.join()
    expect(jobs, bodies)
    return use, cpu_s


def http_mfn(scene, folder, jobs):
    return with_servers(jobs, lambda source, receiver: run_mfn(scene.mfn, folder, f"""
connector: {{kind: rest, base_url: "{source}", endpoint: /jobs, items: /items, pagination: cursor,
  cursor_pointer: /next, allow_internal_addresses: true}}
publishers:
  - {{kind: webhook, webhook_url: "{receiver}/hook", allow_internal_addresses: true}}"""))


def http_peer(scene, folder, jobs):
    return with_servers(jobs, lambda source, receiver: run_peer(
        "http", f"{source}/jobs", f"{receiver}/hook", len(jobs)))


# Kafka to Kafka. A run has topics and a group of its own.

def broker_cpu_s(broker):
    fields = pathlib.Path(f"/proc/{broker.process.pid}/stat").read_text(encoding="ascii")
    user, system = fields.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / TICKS_PER_S


def with_broker(scene, jobs, run):
    scene.runs += 1
    source, result = f"in-{scene.runs}", f"out-{scene.runs}"
    scene.broker.create_topic(source, PARTITIONS)
    scene.broker.create_topic(result, PARTITIONS)
    scene.broker.produce(source, [(job["id"].encode(), json.dumps(job).encode()) for job in jobs])
    before = broker_cpu_s(scene.broker)
    use = run(source, result)
    cpu_s = broker_cpu_s(scene.broker) - before
    expect(jobs, [message.value for message in scene.broker.consume(result)])
    return use, cpu_s


def kafka_mfn(scene, folder, jobs, exactly_once):
    address = scene.broker.address
    return with_broker(scene, jobs, lambda source, result: run_mfn(scene.mfn, folder, f"""
connector: {{kind: kafka, bootstrap_servers: ["{address}"], topics: [{source}], group_id: {source}}}
publishers:
  - {{kind: kafka, bootstrap_servers: ["{address}"], topic: {result},
     exactly_once: {exactly_once}}}"""))


def kafka_least(scene, folder, jobs):
    return kafka_mfn(scene, folder, jobs, "false")


def kafka_once(scene, folder, jobs):
    return kafka_mfn(scene, folder, jobs, "true")


def kafka_peer(scene, folder, jobs):
    return with_broker(scene, jobs, lambda source, result: run_peer(
        "kafka", scene.broker.address, source, source, result, len(jobs)))


@dataclasses.dataclass(frozen=True, eq=False)
class Case:
    pipeline: str
    who: str
    run: object
    jobs: dict  # {size: number}
    needs: tuple = ()  # modules of the peer


def case(pipeline, who, run, near_empty, whole, *needs):
    return Case(pipeline, who, run, dict(zip(SIZES, (near_empty, whole))), needs)


# So many jobs that a run takes about two seconds, and all of them less than three minutes.
CASES = [
    case("file, all in one", "mfn", file_lines, 40000, 8000),
    case("file per job", "mfn", file_each, 5000, 5000),
    case("file per job", "peer", file_peer, 500, 150, "numpy"),
    case("REST to webhook", "mfn", http_mfn, 10000, 4000),
    case("REST to webhook", "peer", http_peer, 1000, 150, "numpy", "aiohttp"),
    case("Kafka, at least once", "mfn", kafka_least, 40000, 8000),
    case("Kafka, exactly once", "mfn", kafka_once, 20000, 8000),
    case("Kafka", "peer", kafka_peer, 1000, 150, "numpy", "kafka"),
]


class Scene:
    def __init__(self, mfn, broker):
        self.mfn, self.broker, self.runs = mfn, broker, 0


def check_peer(mfn, folder):
    """The peer's features must be ours, or the comparison would mean nothing."""
    for size in SIZES:
        place = folder / f"check-{size}"
        place.mkdir()
        file_lines(Scene(mfn, None), place, make_jobs(size, 20))
        measure([sys.executable, PEER, "check", place / "out" / "results.ndjson"])


def spread(values):
    middle = statistics.median(values)
    return middle, (max(values) - min(values)) / middle if middle else 0.0


def row_of(case, size, jobs, runs):
    uses = [use for use, _ in runs]
    rate, rate_spread = spread([jobs / use.seconds for use in uses])
    cpu, cpu_spread = spread([use.cpu_s * 1000 / jobs for use in uses])
    peak, peak_spread = spread([use.peak_bytes for use in uses])
    servers = [cpu_s / use.seconds for use, cpu_s in runs if cpu_s is not None]
    return {"pipeline": case.pipeline, "who": case.who, "size": size, "jobs": jobs,
            "jobs_per_second": rate, "jobs_per_second_spread": rate_spread,
            "cpu_s_per_1000": cpu, "cpu_s_per_1000_spread": cpu_spread,
            "peak_bytes": peak, "peak_bytes_spread": peak_spread,
            "cores_busy": statistics.median(use.cpu_s / use.seconds for use in uses),
            "server_cores_busy": statistics.median(servers) if servers else None}


def machine():
    with contextlib.suppress(OSError, IndexError):
        text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
        model = text.split("model name")[1].split(":")[1].splitlines()[0]
        return f"{os.cpu_count()} cores, {model.strip()}"
    return f"{os.cpu_count()} cores, {platform.machine()}"


PEER_IS = """\
The peer does the reference's method, one job after the other in one thread: asyncio; aiohttp, one
request at a time; kafka-python, poll(max_records=100), offsets committed by the clock, acks=all and
send().get() for each result; a sorted glob of the folder for each file; results as json.dumps
writes them (files with indent=2); np.roll simulation and 18 features, checked against mfn's.
It leaves out the reference's logs, metrics, retries and checks for NaN. It syncs nothing to the
disk, keeps no ledger, and its imports are not counted; mfn does and is counted from its start.
jobs/s: the median; spread = (fastest - slowest) / median. CPU: of mfn or the peer alone. busy:
cores in use by it; servers: cores in use by broker or HTTP peers, which share the machine."""


def show(rows, repeats, load):
    print(f"\nPipelines, runs of each: {repeats}; {machine()}; load before: {load:.1f}\n")
    print(f"{'pipeline':21}{'who':5}{'job':11}{'jobs':>6}{'jobs/s':>9}{'spread':>8}{'CPU s/1000':>11}"
          f"{'peak MiB':>9}{'busy':>6}{'servers':>8}")
    for row in rows:
        servers = "" if row["server_cores_busy"] is None else f"{row['server_cores_busy']:.2f}"
        print(f"{row['pipeline']:21}{row['who']:5}{row['size']:11}{row['jobs']:6}"
              f"{row['jobs_per_second']:9.0f}{row['jobs_per_second_spread']:8.0%}"
              f"{row['cpu_s_per_1000']:11.4f}{row['peak_bytes'] / 2**20:9.1f}"
              f"{row['cores_busy']:6.2f}{servers:>8}")
    print(f"\n{PEER_IS}")


def missing(case):
    return [name for name in case.needs if importlib.util.find_spec(name) is None]


def run_all(mfn, cases, arguments, work):
    with contextlib.ExitStack() as stack:
        broker = None
        try:
            broker = stack.enter_context(Broker())
        except SystemExit as error:
            if error.code != EXIT_SKIPPED:
                raise
            cases = [case for case in cases if "Kafka" not in case.pipeline]
        scene = Scene(mfn, broker)
        plan = [(size, case) for size in SIZES for case in cases]
        runs = {step: [] for step in plan}
        counts = {(size, case): max(1, case.jobs[size] // (10 if arguments.quick else 1))
                  if arguments.jobs is None else arguments.jobs for size, case in plan}
        for repeat in range(arguments.repeats):
            for number, step in enumerate(plan):
                size, case = step
                folder = work / f"{repeat}-{number}"
                folder.mkdir()
                # The folder stays to the end: ext4 makes files slowly where many have just gone.
                runs[step].append(case.run(scene, folder, make_jobs(size, counts[step])))
        return [row_of(case, size, counts[size, case], runs[size, case]) for size, case in plan]


def main():
    parser = argparse.ArgumentParser(description="Measures whole pipelines.")
    parser.add_argument("mfn", help="the program")
    parser.add_argument("--jobs", type=int, help="jobs of every run, instead of each case's own number")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a tenth of the jobs, once")
    parser.add_argument("--json", metavar="FILE", help="write the numbers there, too")
    parser.add_argument("--only", default="", help="pipelines whose name holds this")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.repeats = 1
    mfn = str(pathlib.Path(arguments.mfn).resolve())
    cases = [case for case in CASES if arguments.only in case.pipeline]
    for case in cases:
        if missing(case):
            print(f"left out: the peer of {case.pipeline}: python3-{missing(case)[0]} is missing")
    cases = [case for case in cases if not missing(case)]
    start, load = time.monotonic(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="mfn-bench-") as work:
        if importlib.util.find_spec("numpy"):
            check_peer(mfn, pathlib.Path(work))
        rows = run_all(mfn, cases, arguments, pathlib.Path(work))
    show(rows, arguments.repeats, load)
    if arguments.json:
        report = {"machine": machine(), "load_before": load, "repeats": arguments.repeats, "rows": rows}
        pathlib.Path(arguments.json).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(f"Took {time.monotonic() - start:.0f} s.")


if __name__ == "__main__":
    main()
