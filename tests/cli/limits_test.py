"""Under the system's limits (`ulimit`) the program ends with a documented status and one sentence, and leaves whole files.

As an ordinary user, because root may exceed some of them; so the program is copied to where that user can read it.
"""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from program import PREFIX, PROGRAM, SOURCE

NOBODY = 65534
KIB, MIB = 1024, 1024 * 1024
SMALL = ["--alpha", "0.25", "--res", "32"]
BENCH = ["bench", *SMALL, "--threads", "1,2", "--max-seconds", "1", "--engine", "native", "--format", "json", "-o", "out.json"]
SWEEP = ["sweep", "--bench", *SMALL, "--threads", "1,2", "--max-seconds", "1", "--engine", "native", "--log", "log.jsonl",
         "-o", "out.json"]
COST = ["cost", *SMALL, "-o", "out.json"]

# Each with what a shell calls it; some would stop the program itself from being loaded, which is not ours to say.
LIMITS = {
    "-f": (resource.RLIMIT_FSIZE, [0, 10 * KIB]),
    "-u": (resource.RLIMIT_NPROC, [0, 2]),
    "-n": (resource.RLIMIT_NOFILE, [8, 32]),
    "-s": (resource.RLIMIT_STACK, [64 * KIB]),
    "-t": (resource.RLIMIT_CPU, [1]),
    "-v": (resource.RLIMIT_AS, [64 * MIB, 256 * MIB]),
}


class Limits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.folder.chmod(0o755)
        (cls.folder / "bin").mkdir()
        cls.program = shutil.copy(PROGRAM, cls.folder / "bin")
        for name in ["engines", "exporters", "probes", "report"]:
            if (Path(PROGRAM).parent / name).is_dir():
                shutil.copytree(Path(PROGRAM).parent / name, cls.folder / "bin" / name)
        shutil.copytree(SOURCE / "configs", cls.folder / "configs")

    def setUp(self):
        self.place = Path(tempfile.mkdtemp(dir=self.folder))
        self.place.chmod(0o777)

    def start(self, words, limit=None, value=None):
        """In a folder of its own. Output goes through pipes, so that a limit on files is one on ours alone."""
        def become_ordinary():
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            if limit is not None:
                resource.setrlimit(limit, (value, value))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        clean = {"PATH": os.environ["PATH"], "HOME": os.fspath(self.place), "LC_ALL": "C.UTF-8"}
        return subprocess.Popen([self.program, *map(str, words)], cwd=self.place, env=clean, text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=become_ordinary)

    def run_limited(self, words, limit=None, value=None):
        process = self.start(words, limit, value)
        try:
            out, err = process.communicate(timeout=100)
        except subprocess.TimeoutExpired:
            process.kill()
            self.fail(f"{words} hangs: {process.communicate()}")
        return process.returncode, out, err

    def assert_well_ended(self, returncode, err):
        self.assertIn(returncode, (0, 1, 2, 3, 4, 5), err)
        for line in err.splitlines():
            self.assertRegex(line, "^mobilenet-cost: ", err)
        if returncode in (1, 2):
            self.assertEqual(len(re.findall(f"^{PREFIX}", err, re.MULTILINE)), 1, err)

    def assert_whole_files(self):
        self.assertFalse(list(self.place.rglob("*.tmp")))
        if (self.place / "out.json").exists():
            json.loads((self.place / "out.json").read_text())
        if (self.place / "log.jsonl").exists():
            lines = (self.place / "log.jsonl").read_text().split("\n")
            for line in lines[:-1]:
                json.loads(line)

    def test_every_command_under_every_limit(self):
        for flag, (limit, values) in LIMITS.items():
            for value in values:
                for words in (COST, BENCH, SWEEP):
                    with self.subTest(command=words[0], limit=f"ulimit {flag}", value=value):
                        self.setUp()
                        returncode, _, err = self.run_limited(words, limit, value)
                        if returncode == 127 or "error while loading shared libraries" in err:
                            continue
                        self.assert_well_ended(returncode, err)
                        if flag == "-t":  # it may end at any moment; the next run removes what it left
                            self.run_limited(COST)
                        self.assert_whole_files()

    def test_a_file_that_would_grow_too_large_is_an_error_of_writing(self):
        returncode, _, err = self.run_limited(SWEEP, resource.RLIMIT_FSIZE, KIB)
        self.assertEqual(returncode, 1)
        self.assertIn("log.jsonl: File too large", err)

    def test_threads_that_cannot_be_made_are_refused(self):
        words = ["bench", *SMALL, "--threads", "2", "--max-seconds", "1"]
        returncode, _, err = self.run_limited(words, resource.RLIMIT_NPROC, 1)
        if len(os.sched_getaffinity(0)) > 1 and os.geteuid() == 0:
            self.assertEqual(returncode, 1)
            self.assertIn("--threads: only 1 of 2 threads could be started", err)

    def test_threads_that_cannot_be_made_are_skipped_rows_of_a_sweep(self):
        self.run_limited(SWEEP, resource.RLIMIT_NPROC, 1)
        points = json.loads((self.place / "out.json").read_text())["cells"][0]["measured"]
        for point in points:
            if point["threads"] == 2 and os.geteuid() == 0:
                self.assertEqual(point["status"], "skipped", point)

    def test_the_end_of_the_processor_time_ends_the_run_as_ctrl_c_does(self):
        words = ["sweep", "--bench", "--alpha", "0.25,0.5", "--res", "64", "--max-seconds", "60", "--precision", "0.0001",
                 "--engine", "native", "--no-layers", "--log", "log.jsonl", "-o", "out.json"]
        returncode, _, err = self.run_limited(words, resource.RLIMIT_CPU, 4)
        self.assertEqual(returncode, 1, err)
        self.assertIn("ulimit -t", err)
        self.assertEqual(json.loads((self.place / "out.json").read_text())["ended"], "interrupted")

    def test_temporaries_of_killed_runs_are_removed_by_the_next(self):
        dead = subprocess.Popen(["true"])
        dead.wait()
        (self.place / f"out.json.{dead.pid}.tmp").write_text("half")
        (self.place / f"out.json.{os.getpid()}.tmp").write_text("of a process that lives")
        (self.place / f"other.json.{dead.pid}.tmp").write_text("of another file")
        (self.place / "out.json.old.tmp").write_text("not ours")
        self.run_limited(COST)
        self.assertEqual(sorted(path.name for path in self.place.iterdir()),
                         sorted(["out.json", "out.json.old.tmp", f"out.json.{os.getpid()}.tmp", f"other.json.{dead.pid}.tmp"]))

    def test_no_complete_round_is_lost_by_kills(self):
        words = ["sweep", "--bench", *SMALL, "--max-seconds", "20", "--precision", "0.0001", "--engine", "native", "--no-layers"]
        kept = 0
        for attempt in range(15):
            more = ["--log", "log.jsonl"] if attempt == 0 else ["--resume", "log.jsonl"]
            process = self.start([*(words if attempt == 0 else ["sweep"]), *more, "-o", "out.json"])
            try:
                process.wait(timeout=0.2 + 0.13 * attempt % 0.9)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
            process.communicate()
            lines = (self.place / "log.jsonl").read_bytes().split(b"\n")[:-1] if (self.place / "log.jsonl").exists() else []
            if not lines:
                (self.place / "log.jsonl").unlink(missing_ok=True)
                continue
            rounds = [line for line in map(json.loads, lines) if line.get("kind") == "round"]
            self.assertGreaterEqual(len(rounds), kept)
            kept = len(rounds)


if __name__ == "__main__":
    if sys.platform != "linux":
        sys.exit("expected Linux, whose limits these are")
    unittest.main()
