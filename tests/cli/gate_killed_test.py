"""What stays behind when gate or self-test is killed: nothing, whatever its workers were doing.

How long that took is printed; ten seconds are time enough on any machine.
"""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
import unittest
import uuid
from pathlib import Path

from program import PROGRAM, CliTest, environment

FAKE_ENGINES = sys.argv.pop()
FAKE = {"MOBILENET_COST_ENGINE_DIR": FAKE_ENGINES}
SMALL = ["--alpha", "0.25,0.5", "--res", "64", "--classes", "10", "--engine", "xnnpack"]
FOREVER = ["--rounds", "100000", "--significance", "1e-9", "--max-seconds", "1000", "--progress", "always"]
LONG_BLOCKS = ["--block-seconds", "29"]
DEADLINE = 10
PER_CENT_OF_TEN_MINUTES = 600 * 10**12  # by MACs: a pass of the fake engine is 0.1 ns for each

# How a build may be started: as itself, as the child of a script, behind a script that reads what it says.
WRAPPERS = {
    "exec": 'exec {program} "$@"',
    "child": '{program} "$@"\nexit $?',
    "filter": '{program} "$@" | cat',
}


def marked(mark):
    """Pids of the processes that were started with this in their environment."""
    pids = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes():
                pids.append(int(folder.name))
        except OSError:  # it has just ended, or is not ours
            pass
    return pids


class Killed(CliTest):
    def setUp(self):
        super().setUp()
        self.mark = f"KILLED_TEST={uuid.uuid4()}"
        self.addCleanup(self.end_all)

    def end_all(self):
        for pid in marked(self.mark):
            os.kill(pid, signal.SIGKILL)

    def start(self, *arguments, **env):
        name, value = self.mark.split("=")
        return subprocess.Popen([PROGRAM, *map(str, arguments)], env=environment(**FAKE, **env, **{name: value}),
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def kill_at(self, process, phase, seconds=0.3):
        """A moment after it has said that this phase begins."""
        for line in process.stderr:
            if line.startswith(phase):
                break
        else:
            self.fail(f"it ended before the phase {phase}")
        time.sleep(seconds)
        self.assertIsNone(process.poll())
        self.assertGreaterEqual(len(marked(self.mark)), 3, "a worker was to be alive")
        process.kill()
        process.wait()
        process.stderr.close()

    def assert_nothing_stays(self, what):
        start = time.monotonic()
        while marked(self.mark) and time.monotonic() < start + DEADLINE:
            time.sleep(0.01)
        print(f"{what}: nothing left after {time.monotonic() - start:.2f} s", file=sys.stderr)
        self.assertEqual(marked(self.mark), [], what)

    def gate(self, *arguments, build=PROGRAM, **env):
        return self.start("gate", "--base", build, "--head", build, *SMALL, *FOREVER, *arguments, **env)

    def long_pass(self):
        """Has the narrow network take ten minutes for a pass."""
        document = json.loads(self.output("--alpha", "0.25", *SMALL[2:-2], "--format", "json"))
        macs = document["variants"][0]["totals"]["macs"]
        return {"FAKE_ENGINE_BURN": f"{macs}:{PER_CENT_OF_TEN_MINUTES // macs}"}

    def test_gate_at_any_moment(self):
        moments = {"looking": [], "warming up": LONG_BLOCKS, "round": []}
        for phase, flags in moments.items():
            with self.subTest(phase):
                self.kill_at(self.gate(*flags), phase)
                self.assert_nothing_stays(f"gate, {phase}")

    def test_self_test(self):
        self.kill_at(self.start("self-test", *SMALL, *FOREVER, *LONG_BLOCKS), "warming up")
        self.assert_nothing_stays("self-test")

    def test_while_a_session_is_made_ready(self):
        """By a real engine: hundreds of megabytes of weights."""
        flags = ["--alpha", "1", "--res", "32", "--classes", "200000", "--engine", "native", "--progress", "always"]
        self.kill_at(self.start("gate", "--base", PROGRAM, "--head", PROGRAM, *flags), "preparing", 0.1)
        self.assert_nothing_stays("gate, preparing")

    def test_in_the_middle_of_a_pass_and_through_wrappers(self):
        burn = self.long_pass()
        for name, script in WRAPPERS.items():
            with self.subTest(name):
                build = self.write(name, f"#!/bin/sh\n{script.format(program=shlex.quote(PROGRAM))}\n")
                build.chmod(0o755)
                self.kill_at(self.gate(build=build, **burn), "preparing")  # the first pass is part of that
                self.assert_nothing_stays(f"gate, in a pass, wrapper {name}")


if __name__ == "__main__":
    unittest.main()
