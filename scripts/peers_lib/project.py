"""This project as seen from outside: its build, its programs and what they print."""

import json
import os
import subprocess
import sys
from pathlib import Path

from .failure import Failure

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build/release"
PROGRAM = BUILD / "mobilenet-cost"
WORKER = BUILD / "mobilenet-peer-worker"


def must_run(*command):
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        sys.stderr.write(done.stdout)
        raise Failure(f"{Path(command[0]).name} failed: see above")


def setup(*flags):
    must_run(ROOT / "scripts/setup", *flags)


def build():
    """The release preset: the only build whose times count."""
    print("peers: building build/release", file=sys.stderr)
    targets = ["mobilenet_cost_cli", "mobilenet_peer_worker"]
    setup()
    must_run("cmake", "--preset", "release")
    must_run("cmake", "--build", "--preset", "release", "--target", *targets)


def run(*arguments):
    """stdout of mobilenet-cost; what it refuses is wrong usage here, too."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(done.stderr.strip().removeprefix("mobilenet-cost: error: "), done.returncode)
    return done.stdout


def document(*arguments):
    return json.loads(run(*arguments, "--format", "json"))


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
