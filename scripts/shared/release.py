"""The release build, the only one whose times count: making it, and running what is in it."""

import os
import subprocess
import sys
from pathlib import Path

from .failure import Failure

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build/release"
PROGRAM = BUILD / "mobilenet-cost"


def shown(path):
    """Below the repository, as one types it there."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def need(path, hint="scripts/run engines builds it"):
    """The path of a program that has to be there."""
    if not path.is_file() or not os.access(path, os.X_OK):
        raise Failure(f"expected the program {shown(path)}, found none; {hint}", 2)
    return path


def must_run(*command):
    """What it says is shown only when it fails."""
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    if done.returncode != 0:
        sys.stderr.write(done.stdout)
        raise Failure(f"{Path(command[0]).name} failed: see above")


def build(*targets, setup=()):
    must_run(ROOT / "scripts/setup", *setup)
    must_run("cmake", "--preset", "release")
    must_run("cmake", "--build", "--preset", "release", "--target", *targets)


def refusal(program, text, status):
    """A Failure by the last of what a program of ours said."""
    last = (text.strip().splitlines() or ["it said nothing"])[-1]
    return Failure(last.removeprefix(f"{Path(program).name}: error: "), status if status > 0 else 1)


def output_of(program, *arguments):
    """Its stdout; what it refuses is wrong usage here, too."""
    done = subprocess.run([program, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise refusal(program, done.stderr, done.returncode)
    return done.stdout


def watch(program, *arguments):
    """Its progress stays on stderr, where its error is, too."""
    done = subprocess.run([program, *map(str, arguments)], check=False)
    if done.returncode != 0:
        raise Failure(f"{Path(program).name} ended with exit status {done.returncode}: see above",
                      done.returncode if done.returncode > 0 else 1)
