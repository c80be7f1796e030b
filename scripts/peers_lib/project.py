"""This project as seen from outside: its build, its programs and what they print."""

import json
import os
import subprocess
import sys
import time

from shared import release
from shared.release import BUILD, PROGRAM, ROOT, must_run

from .stats import median

WORKER = BUILD / "mobilenet-peer-worker"


def setup(*flags):
    must_run(ROOT / "scripts/setup", *flags)


def build():
    print("peers: building build/release", file=sys.stderr)
    release.build("mobilenet_cost_cli", "mobilenet_peer_worker")


def need_build():
    for path in (PROGRAM, WORKER):
        release.need(path, "without --no-build it is built")


def run(*arguments):
    return release.output_of(PROGRAM, *arguments)


def document(*arguments):
    return json.loads(run(*arguments, "--format", "json"))


def process_seconds(command, runs):
    """A whole process from start to exit: median."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - start)
    return median(times)


def engines():
    """{name: version} of our engines that can run here and are worth timing."""
    listed = document("engines")["engines"]
    return {row["name"]: row["version"] for row in listed if row["available"] and row["name"] != "reference"}


def version():
    """Program and commit."""
    return run("--version").strip()


def export(cell, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = ["--model", cell.model, "--alpha", cell.alpha, "--res", cell.resolution, "--network", cell.network]
    part = path.with_suffix(f".{os.getpid()}")
    run("export", *flags, "--onnx", part)
    part.replace(path)
    return path
