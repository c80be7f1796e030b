"""Under the system's limits (`ulimit`) the program ends with a documented status and one sentence, and leaves whole files.

As an ordinary user, because root may exceed some of them; so the program is copied to where that user can read it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from random import Random

from program import PREFIX, PROGRAM, SOURCE

KIB, MIB = 1024, 1024 * 1024
SMALL = ["--model", "MODEL", "--alpha", "0.25", "--res", "32"]
TIMED = [*SMALL, "--max-seconds", "1", "--engine", "native", "-o", "out.json"]
BENCH = ["bench", *TIMED]
THREADS = ["--threads", "1,2"]
SWEEP = ["sweep", "--bench", *TIMED, "--log", "log.jsonl"]
QUICK_SWEEP = [*SWEEP, "--no-layers"]
COST = ["cost", *SMALL, "--format", "json", "-o"]
# PROGRAM, MODEL and LOG stand for the program, for a model that is small at its own resolution, too, and for the log of
# a run that had no limits.
COMMANDS = [
    [*COST, "out.json"],
    BENCH,
    QUICK_SWEEP,
    ["gate", "--base", "PROGRAM", "--head", "PROGRAM", *SMALL, "--engine", "native", "--max-seconds", "1", "-o", "out.json"],
    ["export", *SMALL, "--onnx", "out.onnx"],
    ["report", "LOG", "--html", "out.html"],
    ["report", "LOG", "--svg", "pictures"],
]

# What prlimit calls each, and a shell. Some would stop the program itself from being loaded, which is not ours to say.
LIMITS = {
    "-f": ("fsize", [0, 5 * KIB, 30 * KIB]),
    "-u": ("nproc", [0, 2, 5]),
    "-n": ("nofile", [8, 16, 32]),
    "-s": ("stack", [64 * KIB, 256 * KIB]),
    "-t": ("cpu", [1]),
    "-v": ("as", [64 * MIB, 256 * MIB, 1024 * MIB]),
}


class Limits(unittest.TestCase):
    users = count(60000)  # one for each place: the limit on processes is about all that a user runs

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.folder.chmod(0o755)
        (cls.folder / "bin").mkdir()
        cls.program = shutil.copy(PROGRAM, cls.folder / "bin")
        for name in ["engines", "exporters", "importers", "probes", "report"]:
            if (Path(PROGRAM).parent / name).is_dir():
                shutil.copytree(Path(PROGRAM).parent / name, cls.folder / "bin" / name)
        shutil.copytree(SOURCE / "configs", cls.folder / "configs")
        cls.model = cls.folder / "small.json"
        model = json.loads((SOURCE / "configs/mobilenet_v1.json").read_text())
        cls.model.write_text(json.dumps({**model, "resolution": 32}))
        place = cls.new_place()
        cls.run_limited(place, QUICK_SWEEP)
        cls.log = place / "log.jsonl"

    @classmethod
    def new_place(cls):
        place = Path(tempfile.mkdtemp(dir=cls.folder))
        if os.geteuid() == 0:
            user = next(cls.users)
            os.chown(place, user, user)
        return place

    def setUp(self):
        self.place = self.new_place()

    @classmethod
    def start(cls, place, words, limit=None, value=None):
        """Output goes through pipes, so that a limit on files is one on ours alone."""
        names = {"PROGRAM": cls.program, "MODEL": cls.model, "LOG": getattr(cls, "log", None)}
        limited = [] if limit is None else [f"--{limit}={value}:{value}"]
        command = ["prlimit", "--core=0:0", *limited, cls.program, *(str(names.get(word, word)) for word in words)]
        user = place.stat().st_uid
        ordinary = {"user": user, "group": user, "extra_groups": []} if os.geteuid() == 0 else {}
        clean = {"PATH": os.environ["PATH"], "HOME": os.fspath(place), "LC_ALL": "C.UTF-8"}
        return subprocess.Popen(command, cwd=place, env=clean, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **ordinary)

    @classmethod
    def run_limited(cls, place, words, limit=None, value=None):
        process = cls.start(place, words, limit, value)
        try:
            out, err = process.communicate(timeout=40)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"{words} hangs: {process.communicate()}") from None
        return process.returncode, out, err

    def assert_well_ended(self, returncode, err):
        self.assertIn(returncode, (0, 1, 2, 3, 4, 5), err)
        for line in err.splitlines():
            self.assertRegex(line, "^mobilenet-cost: ", err)
        if returncode in (1, 2):
            self.assertEqual(len(re.findall(f"^{PREFIX}", err, re.MULTILINE)), 1, err)

    def assert_whole_files(self, place):
        for path in filter(Path.is_file, place.rglob("*")):
            text = path.read_bytes()
            self.assertIn(path.suffix, (".json", ".jsonl", ".onnx", ".html", ".svg"), path.name)
            if path.suffix == ".json":
                json.loads(text)
            elif path.suffix == ".jsonl":
                for line in text.split(b"\n")[:-1]:
                    json.loads(line)
            elif path.suffix == ".onnx":
                self.assertEqual(text, self.whole_model)
            else:
                self.assertTrue(text.endswith(f"</{path.suffix[1:]}>\n".encode()), path.name)

    def check(self, words, flag, value):
        place = self.new_place()
        more = THREADS if words is BENCH and flag in ("-u", "-s", "-v") else []
        returncode, _, err = self.run_limited(place, [*words, *more], LIMITS[flag][0], value)
        if returncode == 127 or "error while loading shared libraries" in err:
            return
        self.assert_well_ended(returncode, err)
        self.assert_whole_files(place)

    def test_every_command_under_every_limit(self):
        place = self.new_place()
        self.run_limited(place, ["export", *SMALL, "--onnx", "out.onnx"])
        self.whole_model = (place / "out.onnx").read_bytes()
        cases = [(words, flag, value) for flag, (_, values) in LIMITS.items() for value in values for words in COMMANDS]
        with ThreadPoolExecutor(2) as pool:
            ends = [(case, pool.submit(self.check, *case)) for case in cases]
        for (words, flag, value), end in ends:
            with self.subTest(command=" ".join(words), limit=f"ulimit {flag}", value=value):
                end.result()

    def test_a_file_that_would_grow_too_large_is_an_error_of_writing(self):
        returncode, _, err = self.run_limited(self.place, QUICK_SWEEP, "fsize", KIB)
        self.assertEqual(returncode, 1)
        self.assertIn("log.jsonl: File too large", err)

    def test_threads_that_cannot_be_made_are_refused(self):
        words = ["bench", *SMALL, "--threads", "2", "--max-seconds", "1"]
        returncode, _, err = self.run_limited(self.place, words, "nproc", 1)
        if len(os.sched_getaffinity(0)) > 1 and os.geteuid() == 0:
            self.assertEqual(returncode, 1)
            self.assertIn("--threads: only 1 of 2 threads could be started", err)

    def test_threads_that_cannot_be_made_are_skipped_rows_of_a_sweep(self):
        self.run_limited(self.place, [*SWEEP, *THREADS], "nproc", 1)
        points = json.loads((self.place / "out.json").read_text())["cells"][0]["measured"]
        for point in points:
            if point["threads"] == 2 and os.geteuid() == 0:
                self.assertEqual(point["status"], "skipped", point)

    def test_the_end_of_the_processor_time_ends_the_run_as_ctrl_c_does(self):
        words = ["sweep", "--bench", "--alpha", "0.25,0.5", "--res", "64", "--max-seconds", "60", "--precision", "0.0001",
                 "--engine", "native", "--no-layers", "--log", "log.jsonl", "-o", "out.json"]
        returncode, _, err = self.run_limited(self.place, words, "cpu", 4)
        self.assertEqual(returncode, 1, err)
        self.assertIn("ulimit -t", err)
        self.assertEqual(json.loads((self.place / "out.json").read_text())["ended"], "interrupted")

    def test_every_command_that_times_says_that_the_processor_time_is_over(self):
        endless = ["--engine", "native", "--max-seconds", "60"]
        for words in [
            ["bench", *endless, "--precision", "0.0001"],
            ["pick", "--model", "mobilenet_v1", *endless, "--measure-all"],
            ["gate", "--base", "PROGRAM", "--head", "PROGRAM", *endless, "--alpha", "0.25", "--res", "32"],
            ["machine", "--refresh"],
        ]:
            with self.subTest(words[0]):
                returncode, _, err = self.run_limited(self.place, words, "cpu", 1)
                self.assertEqual(returncode, 1, err)
                self.assertEqual(err.count("ulimit -t"), 1, err)

    def test_temporaries_of_killed_runs_are_removed_by_the_next(self):
        dead = subprocess.Popen(["true"])
        dead.wait()
        (self.place / f"out.json.{dead.pid}.tmp").write_text("half")
        (self.place / f"out.json.{os.getpid()}.tmp").write_text("of a process that lives")
        (self.place / f"other.json.{dead.pid}.tmp").write_text("of another file")
        (self.place / "out.json.old.tmp").write_text("not ours")
        self.run_limited(self.place, [*COST, "out.json"])
        self.assertEqual(sorted(path.name for path in self.place.iterdir()),
                         sorted(["out.json", "out.json.old.tmp", f"out.json.{os.getpid()}.tmp", f"other.json.{dead.pid}.tmp"]))

    def rounds(self):
        """Complete ones in the log; and whether it has its first line."""
        log = self.place / "log.jsonl"
        lines = log.read_bytes().split(b"\n")[:-1] if log.exists() else []
        return [line for line in lines if b'"kind":"round"' in line], bool(lines)

    def test_no_complete_round_is_lost_by_kills(self):
        chance = Random(22)
        begin = ["sweep", "--bench", *SMALL, "--max-seconds", "60", "--precision", "0.0001", "--engine", "native",
                 "--no-layers", "--log", "log.jsonl", "-o", "out.json"]
        go_on = ["sweep", "--resume", "log.jsonl", "-o", "out.json"]
        kept, begun = [], False
        for attempt in range(15):
            process = self.start(self.place, go_on if begun else begin)
            deadline = time.monotonic() + 30
            while attempt % 3 and len(self.rounds()[0]) <= len(kept) and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.3))
            process.kill()
            process.communicate()
            rounds, begun = self.rounds()
            self.assertEqual(rounds[: len(kept)], kept)
            kept = rounds
            if not begun:
                (self.place / "log.jsonl").unlink(missing_ok=True)
        self.assertGreater(len(kept), 9)


if __name__ == "__main__":
    if sys.platform != "linux":
        sys.exit("expected Linux, whose limits these are")
    unittest.main()
