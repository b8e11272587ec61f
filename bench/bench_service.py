#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The service under load, beside nginx with constant answers and a Python service by the reference's
method, in the same run: requests per second, latency, errors, CPU time.

    bench_service.py MFN [--seconds S] [--repeats N] [--connections N] [--json FILE]

wrk sends as fast as the answers come back, over connections that stay open. The load generator and
the servers share the machine; what is compared takes turns."""
import argparse
import contextlib
import json
import math
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PATIENCE_S = 30
NERNST = {"z_valence": 1, "concentration_out_molar": 0.005, "concentration_in_molar": 0.14}
SIMULATE = {"seed": 42, "grid_size": 32, "steps": 50}
REQUESTS = {"/health": None, "/nernst": NERNST, "/simulate": SIMULATE}
CONSTANT = '{"status": "healthy", "version": "4.1.0"}'
NGINX = """
daemon off;
worker_processes {workers};
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 1024; }}
http {{
  access_log /dev/null;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    default_type application/json;
    location / {{ return 200 '{constant}'; }}
  }}
}}
"""
WRK = """
{request}
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("\\nresult %d %d %d %d %d %d\\n", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.timeout, e.status, latency:percentile(50), latency:percentile(99)))
end
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(url, body):
    request = urllib.request.Request(url, data=json.dumps(body).encode() if body else None,
                                     headers={"Content-Type": "application/json"} if body else {})
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
        return json.load(response)


@contextlib.contextmanager
def running(command, url, said):
    """A server, once it answers at the address; it complains into the file `said`."""
    with open(said, "w") as file:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=file, start_new_session=True)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                ask(url + "/health", None)
                break
            except (urllib.error.URLError, ConnectionError):
                if process.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"bench_service: {command[0]} does not answer: {said.read_text()}")
                time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_S)


def cpu_s(leader):
    """Of a process and its children."""
    ticks = 0
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == leader:  # the session
                ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS_PER_S


def load(folder, url, path, pid, options):
    body = REQUESTS[path]
    script = folder / "wrk.lua"
    script.write_text(WRK.format(request="" if body is None else (
        f"wrk.method = 'POST'\nwrk.body = '{json.dumps(body)}'\n"
        "wrk.headers['Content-Type'] = 'application/json'")))
    before = cpu_s(pid)
    done = subprocess.run(["wrk", "-t", "1", "-c", str(options.connections), "-d", f"{options.seconds}s",
                           "-s", script, url + path], check=True, capture_output=True, text=True)
    used = cpu_s(pid) - before
    line = next(line for line in done.stdout.splitlines() if line.startswith("result "))
    count, duration_us, errors, refused, median_us, slow_us = map(int, line.split()[1:])
    return {"per_s": count / duration_us * 1e6, "p50_us": median_us, "p99_us": slow_us,
            "errors": errors, "refused": refused, "cpu_us": used / max(count, 1) * 1e6}


def check_same_answers(ours, peer):
    """Else the ratio would mean nothing."""
    for path in ("/nernst", "/simulate"):
        expected = ask(ours + path, REQUESTS[path])
        for name, value in ask(peer + path, REQUESTS[path]).items():
            if not math.isclose(value, expected[name], rel_tol=1e-5, abs_tol=1e-9):
                sys.exit(f"bench_service: the peer's {name} of {path} is {value}, ours {expected[name]}")


def summary(runs):
    rates = [run["per_s"] for run in runs]
    row = {key: statistics.median(run[key] for run in runs) for key in ("per_s", "p50_us", "p99_us", "cpu_us")}
    row["spread"] = (max(rates) - min(rates)) / row["per_s"]
    row["errors"] = sum(run["errors"] + run["refused"] for run in runs)
    return row


def print_table(rows):
    print("| request | who | requests/s | spread | p50 ms | p99 ms | CPU us per request | errors |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for (path, who), row in rows.items():
        print(f"| {path} | {who} | {row['per_s']:,.0f} | {row['spread']:.0%} | {row['p50_us'] / 1e3:.2f} | "
              f"{row['p99_us'] / 1e3:.2f} | {row['cpu_us']:.1f} | {row['errors']} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mfn")
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--json")
    options = parser.parse_args()
    for program in ("wrk", "nginx"):
        if shutil.which(program) is None:
            sys.exit(f"bench_service: {program} is missing (make packages-bench-service)")
    with tempfile.TemporaryDirectory(prefix="mfn-bench-") as name, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        ports = {who: free_port() for who in ("nginx", "mfn", "peer")}
        (folder / "nginx.conf").write_text(NGINX.format(
            workers=os.cpu_count(), folder=folder, port=ports["nginx"], constant=CONSTANT))
        commands = {
            "nginx": [shutil.which("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf")],
            "mfn": [options.mfn, "serve", "--port", str(ports["mfn"])],
            "peer": [sys.executable, "-B", str(HERE / "service_peer.py"), str(ports["peer"])]}
        urls = {who: f"http://127.0.0.1:{port}" for who, port in ports.items()}
        pids = {who: stack.enter_context(running(command, urls[who], folder / who))
                for who, command in commands.items()}
        check_same_answers(urls["mfn"], urls["peer"])
        runs = {(path, who): [] for path in REQUESTS for who in commands
                if who != "nginx" or path != "/simulate"}
        busy = os.getloadavg()[0]
        for _ in range(options.repeats):
            for (path, who), done in runs.items():
                done.append(load(folder, urls[who], path, pids[who], options))
    rows = {key: summary(done) for key, done in runs.items()}
    print(f"{options.connections} connections, {options.repeats} runs of {options.seconds} s each, "
          f"{os.cpu_count()} cores, load {busy:.1f} before\n")
    print_table(rows)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(
            [{"path": path, "who": who, **row} for (path, who), row in rows.items()], indent=2))


main()
