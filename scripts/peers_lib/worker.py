"""A resident process that runs networks on one engine: lines of words in, lines of JSON out.

The protocol is described in apps/mobilenet_peer_worker/main.cpp; engine_worker.py speaks it for other people's
engines. Every request has a time limit, and a worker that dies is told apart from one that hangs.
"""

import contextlib
import json
import os
import select
import subprocess
import tempfile
import time
from pathlib import Path

from shared.failure import Failure

REQUEST_SECONDS = 120
PARK_SECONDS = 2


class Worker:
    """name: for messages; cpus: the only ones that the process may use."""

    def __init__(self, name, command, cpus=None, environment=None):
        self.name = name
        self.said = tempfile.TemporaryFile()
        self.buffer = b""

        def settle():
            if cpus:
                os.sched_setaffinity(0, cpus)

        self.process = subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.said,
            env={**os.environ, **(environment or {})},
            preexec_fn=settle,
        )

    def ask(self, *words, seconds=REQUEST_SECONDS):
        """The answer to a request, a dict."""
        request = "\t".join(map(str, words))
        try:
            self.process.stdin.write(request.encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            self.fail_dead(words[0])
        line = self.read_line(words[0], seconds)
        try:
            answer = json.loads(line)
        except ValueError:
            raise Failure(f"{self.name}: {words[0]}: expected a line of JSON, found {line[:200]!r}") from None
        if not isinstance(answer, dict):
            raise Failure(f"{self.name}: {words[0]}: expected a JSON object, found {line[:200]}")
        if "error" in answer:
            raise Failure(f"{self.name}: {answer['error']}")
        return answer

    def read_line(self, what, seconds):
        deadline = time.monotonic() + seconds
        pipe = self.process.stdout.fileno()
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                self.close()
                raise Failure(f"{self.name}: {what}: expected an answer within {seconds:g} s, found none")
            chunk = os.read(pipe, 1 << 16)
            if not chunk:
                self.fail_dead(what)
            self.buffer += chunk
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode(errors="replace")

    def fail_dead(self, what):
        status = self.process.wait()
        self.said.seek(0)
        last = self.said.read().decode(errors="replace").strip().splitlines()[-1:]
        ended = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        raise Failure(f"{self.name}: {what}: the worker {ended}" + "".join(f": {line}" for line in last))

    def park(self):
        """Returns when every thread sleeps: those of some engines spin on for milliseconds after their work."""
        deadline = time.monotonic() + PARK_SECONDS
        while self.running():
            if time.monotonic() > deadline:
                raise Failure(f"{self.name}: expected sleeping threads {PARK_SECONDS} s after a block, found busy ones")
            time.sleep(0.001)

    def running(self):
        for stat in Path(f"/proc/{self.process.pid}/task").glob("*/stat"):
            try:
                state = stat.read_text().rpartition(")")[2].split()[0]
            except (OSError, IndexError):
                continue  # the thread has ended
            if state == "R":
                return True
        return False

    def close(self):
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):  # what it was not able to take any more
            self.process.stdin.close()
        self.process.stdout.close()
        self.said.close()
