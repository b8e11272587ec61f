# SPDX-License-Identifier: MIT
"""What benchmarks share: running a program and what it used, medians with their spread, and saying on
which machine."""
import dataclasses
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys

# Runs a command and prints what it used. A process of its own, because the peak memory of a child
# counts from that of its parent: this one is smaller than anything it starts.
LAUNCHER = """
import os, sys, time
start = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, used = os.wait4(child, 0)
print("\\n%r %r %d" % (time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status) & 255)
"""


@dataclasses.dataclass
class Use:
    seconds: float
    cpu_s: float
    peak_bytes: int
    output: str


def measure(command, timeout_s=300):
    """Runs the command to its end; a bad one ends the benchmark."""
    command = [shutil.which(str(command[0])) or str(command[0]), *map(str, command[1:])]
    done = subprocess.run([sys.executable, "-I", "-S", "-c", LAUNCHER, *command], text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout_s)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n"
                 f"{done.stdout[-2000:]}{done.stderr[-3000:]}")
    output, _, used = done.stdout.rstrip("\n").rpartition("\n")
    seconds, cpu_s, peak_kib = map(float, used.split())
    return Use(seconds, cpu_s, int(peak_kib) * 1024, output)


def spread(values):
    """(largest - smallest) / median."""
    return (max(values) - min(values)) / statistics.median(values)


def cpu_name():
    lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "CPU part"))]
    return names[0] if names else platform.processor() or platform.machine()


def cores():
    return len(os.sched_getaffinity(0))


def cache_bytes():
    """Of the data caches that core 0 uses, level 1 to 3; usual sizes where the system does not say."""
    sizes = {1: 32 << 10, 2: 512 << 10, 3: 8 << 20}
    for index in pathlib.Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"):
        if (index / "type").read_text(encoding="ascii").strip() != "Instruction":
            level = int((index / "level").read_text(encoding="ascii"))
            sizes[level] = int((index / "size").read_text(encoding="ascii").strip().rstrip("K")) << 10
    return [sizes[level] for level in (1, 2, 3)]


def machine():
    return {"cpu": cpu_name(), "cores": cores(), "cache_bytes": cache_bytes(), "load": os.getloadavg()[0],
            "system": platform.platform(), "python": platform.python_version()}
