#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The engine gives the same bits on 64-bit Arm: all recorded simulations are run by a native build and
by an aarch64 build under qemu; their reports must be equal, and equal to the records where these have
the values. Exits with 77 (skipped) when the cross compiler or qemu is missing.
Usage: test_arm.py SOURCE_DIR"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

CROSS = "aarch64-linux-gnu-gcc"
QEMU = "qemu-aarch64"
BOUNDARIES = ("periodic", "neumann", "dirichlet")
FLAGS = ["-std=c17", "-O2", "-ffp-contract=off", "-fno-math-errno", "-D_GNU_SOURCE",
         '-DMFN_VERSION_TEXT="test"', "-Iinclude", "-Isrc", "-w"]
# The files of src/kernels say in their names which instruction set they need.
SETS = {"avx2": ["-mavx2", "-mfma"],
        "avx512": ["-mavx512f", "-mavx512dq", "-mavx512vl", "-mavx512bw", "-mprefer-vector-width=512"],
        "neon": []}
BASE = ("buffer", "error", "mem", "number", "option", "status", "text")
DEFAULTS = {"grid_size": 64, "steps": 64, "seed": "42", "alpha": 0.18,
            "spike_probability": 0.25, "turing_enabled": True,
            "turing_threshold": 0.75, "quantum_jitter": False, "jitter_var": 0.0005,
            "boundary_condition": "periodic", "d_activator": 0.1, "d_inhibitor": 0.05,
            "r_activator": 0.01, "r_inhibitor": 0.02}


def records(source):
    """Each recorded simulation as (id, model, config, recorded output)."""
    for name, model in (("simulate", 0), ("engine", 0), ("model_field", 1)):
        with open(source / "tests/golden/data" / f"{name}.jsonl", encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                given = record["in"]
                config = dict(DEFAULTS)
                config.update(given.get("config", given.get("args", {})))
                config["steps"] = given.get("steps", config["steps"])
                config["seed"] = config.get("random_seed", config["seed"])
                if "turing_enabled" in given:
                    config["turing_enabled"] = given["turing_enabled"]
                config["spike_probability"] = min(config["spike_probability"], 1.0)
                yield record["id"], model, config, record["out"]


def line_of(model, c):
    fields = [model, c["grid_size"], c["steps"], repr(c["alpha"]), repr(c["spike_probability"]),
              int(c["turing_enabled"]), repr(c["turing_threshold"]), int(c["quantum_jitter"]),
              repr(c["jitter_var"]), BOUNDARIES.index(c["boundary_condition"]),
              repr(c["d_activator"]), repr(c["d_inhibitor"]), repr(c["r_activator"]),
              repr(c["r_inhibitor"]), c["seed"]]
    return " ".join(str(field) for field in fields)


def build(source, compiler, extra, sets, out):
    files = [f"src/base/{name}.c" for name in BASE]
    files += [str(path.relative_to(source)) for path in sorted((source / "src/engine").rglob("*.c"))]
    files.append("tests/arm/bit_report.c")
    objects = []
    for path in sorted((source / "src/kernels").glob("*.c")):
        needed = path.stem.rpartition("_")[2]
        if needed not in SETS:
            files.append(str(path.relative_to(source)))
        elif needed in sets:
            objects.append(f"{out}.{path.stem}.o")
            subprocess.run([compiler, *FLAGS, "-O3", "-fno-trapping-math", *SETS[needed], "-c", "-o", objects[-1],
                            path], cwd=source, check=True)
    subprocess.run([compiler, *FLAGS, *extra, "-o", out, *files, *objects, "-lm", "-lpthread"],
                   cwd=source, check=True)


def native_sets():
    machine = subprocess.run(["uname", "-m"], capture_output=True, text=True, check=True).stdout.strip()
    return {"x86_64": ("avx2", "avx512"), "aarch64": ("neon",)}.get(machine, ())


def run(command, text):
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[-1]} after {len(done.stdout.splitlines())} lines: {done.stderr}")
    return done.stdout.splitlines(), done.stderr.strip()


def main():
    source = pathlib.Path(sys.argv[1])
    if not shutil.which(CROSS) or not shutil.which(QEMU):
        print(f"skipped: {CROSS} or {QEMU} is missing")
        sys.exit(77)
    cases = list(records(source))
    text = "\n".join(line_of(model, config) for _, model, config, _ in cases) + "\n"
    with tempfile.TemporaryDirectory() as work:
        build(source, "cc", [], native_sets(), f"{work}/native")
        build(source, CROSS, ["-static"], ("neon",), f"{work}/arm")
        native, native_simd = run([f"{work}/native"], text)
        arm, arm_simd = run([QEMU, f"{work}/arm"], text)
    if len(native) != len(cases) + 1 or native[0] != arm[0]:
        sys.exit(f"normals, fractals, aggregates, learning, a mycelium or growth differ:\n native {native[0]}\n arm    {arm[0]}")
    for (name, _, _, out), ours, theirs in zip(cases, native[1:], arm[1:]):
        if ours != theirs:
            sys.exit(f"{name} differs:\n native {ours}\n arm    {theirs}")
        first, last = theirs.split()[:2]
        if float.fromhex(first) != float.fromhex(out["first"][0]) or \
                float.fromhex(last) != float.fromhex(out["last"][-1]):
            sys.exit(f"{name}: expected {out['first'][0]} … {out['last'][-1]}, got {first} … {last}")
    print(f"{len(cases)} simulations have the same bits on {native_simd} and aarch64 {arm_simd}")


main()
