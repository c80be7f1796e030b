"""Measured sweeps from end to end, on an engine that only waits: what is logged survives whatever happens."""

import json
import os
import random
import re
import resource
import signal
import subprocess
import time
import unittest
from pathlib import Path

import jsonschema
from program import PROGRAM, SOURCE, CliTest, environment, run

FAKE = {"MOBILENET_COST_ENGINE_DIR": os.fspath(Path(os.environ["MOBILENET_COST_BINARY_DIR"]) / "fake_engines")}
GRID = ["--alpha", "0.25,0.5", "--res", "32"]
PROGRESS = ("looking", "preparing", "warming", "round", "layers")  # what its lines begin with
# Never precise enough, so that each run has all its rounds.
BENCH = ["sweep", *GRID, "--bench", "-e", "xnnpack", "--precision", "1e-9"]
QUICK = [*BENCH, "--networks", "separable", "--no-layers"]
CPUS = sorted(os.sched_getaffinity(0))

SCHEMA = jsonschema.Draft202012Validator(json.loads((SOURCE / "docs/schemas/run.schema.json").read_text()))


def whole_lines(path):
    """The lines of a log that end with a newline."""
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def rounds_of(path):
    """For each round of a log its blocks, in the order taken."""
    return [line["blocks"] for line in whole_lines(path) if line.get("kind") == "round"]


def order_of(path):
    return [[block["point"] for block in blocks] for blocks in rounds_of(path)]


def analytic(document):
    """Of each cell the fields that an analytic sweep has, too."""
    keys = json.loads(run("sweep", *GRID, "--format", "json").stdout)["cells"][0].keys() - {"measured"}
    return [{key: cell[key] for key in keys} for cell in document["cells"]]


class SweepBench(CliTest):
    def setUp(self):
        super().setUp()
        self.log = self.folder / "run.jsonl"
        self.document = self.folder / "sweep.json"

    def start(self, *arguments, env=None):
        """The program in the background, which says how far it is."""
        return subprocess.Popen(
            [PROGRAM, *map(str, arguments), "--progress", "always"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment(**FAKE, **(env or {})),
            text=True,
        )

    def run_fake(self, *arguments, env=None, **options):
        return run(*arguments, env={**FAKE, **(env or {})}, **options)

    def resume(self, log=None):
        return self.run_fake("sweep", "--resume", log or self.log, "-o", self.document)

    def assert_rounds(self, log, count, points):
        """Every round is there once and whole."""
        lines = [line for line in whole_lines(log) if line.get("kind") == "round"]
        self.assertEqual([line["round"] for line in lines], list(range(count)))
        for line in lines:
            self.assertEqual({block["point"] for block in line["blocks"]}, set(range(points)))
            self.assertEqual(line["failures"], [])

    def assert_valid(self, log):
        for number, line in enumerate(whole_lines(log), 1):
            errors = [f"line {number}: {error.json_path}: {error.message}" for error in SCHEMA.iter_errors(line)]
            self.assertEqual(errors, [])

    def interrupted(self, *arguments, at):
        """A run that gets Ctrl-C when it begins that round; what it said."""
        with self.start(*arguments) as process:
            said = ""
            for text in process.stderr:
                said += text
                if text.startswith(f"round {at}/"):
                    process.send_signal(signal.SIGINT)
            process.wait(timeout=60)
        self.assertEqual(process.returncode, 1, said)
        return said


class Killed(SweepBench):
    ROUNDS = 40

    def killed(self, *arguments, after, seconds):
        """A run that is killed so many seconds after that many lines of progress; the rounds that it had finished
        by its own account."""
        with self.start(*arguments) as process:
            said = ""
            for text in process.stderr:
                said += text
                after -= text.startswith(PROGRESS)
                if after == 0:
                    break
            time.sleep(seconds)
            process.kill()
            said += process.stderr.read()
        return max([int(done) for done in re.findall(r"^round (\d+)/", said, re.MULTILINE)], default=0)

    def test_ten_kills_lose_nothing(self):
        arguments = [*QUICK, "--rounds", self.ROUNDS, "--threads", "1"]
        whole_log = self.folder / "whole.jsonl"
        whole_document = self.folder / "whole.json"
        chance = random.Random(4)
        with self.start(*arguments, "--cpu", CPUS[0], "--log", whole_log, "-o", whole_document) as whole:
            begin = [*arguments, "--cpu", CPUS[-1], "--log", self.log, "-o", self.document]
            go_on = ["sweep", "--resume", self.log, "-o", self.document]
            kept = []
            for _ in range(10):
                begun = self.log.exists() and b"\n" in self.log.read_bytes()
                if not begun:
                    self.log.unlink(missing_ok=True)  # killed before its first line: nothing to go on with
                done = self.killed(
                    *(go_on if begun else begin), after=chance.randint(1, 14), seconds=chance.uniform(0, 0.05)
                )
                rounds = rounds_of(self.log) if self.log.exists() else []
                self.assertGreaterEqual(len(rounds), done)
                self.assertEqual(rounds[: len(kept)], kept)
                kept = rounds
            self.assertGreater(len(kept), 5)
            result = self.resume()
            whole.communicate(timeout=60)
            self.assertEqual(whole.returncode, 0)
        self.assertEqual(result.returncode, 0, result)
        self.assertEqual(rounds_of(self.log)[: len(kept)], kept)
        for log in [self.log, whole_log]:
            self.assert_rounds(log, self.ROUNDS, 2)
            self.assert_valid(log)
            self.assertEqual(whole_lines(log)[-1]["ended"], "all_rounds")
        self.assertEqual(order_of(self.log), order_of(whole_log))
        documents = [json.loads(path.read_text()) for path in [self.document, whole_document]]
        self.assertEqual(analytic(documents[0]), analytic(documents[1]))
        # A document that was being written when the kill came has another name.
        self.assertTrue(all(name.endswith((".json", ".jsonl", ".tmp")) for name in os.listdir(self.folder)))

        self.check_complete_log()
        self.check_torn_log()

    def check_complete_log(self):
        before = self.log.read_bytes()
        result = self.resume()
        self.assertEqual(result.returncode, 0)
        note, wrote = result.stderr.splitlines()
        self.assertEqual(note, f"mobilenet-cost: note: {self.log} is complete; only the document is written")
        self.assertTrue(wrote.startswith(f"mobilenet-cost: wrote {self.document}: 2 of 2 points timed, "), wrote)
        self.assertEqual(self.log.read_bytes(), before)

    def check_torn_log(self):
        """Without its end and a half of its last round: these are made up for."""
        lines = self.log.read_bytes().splitlines(keepends=True)[:-1]
        self.log.write_bytes(b"".join(lines)[: -len(lines[-1]) // 2])
        result = self.resume()
        self.assertEqual(result.returncode, 0)
        self.assertIn("is not finished, as a kill leaves it; it is left out", result.stderr)
        self.assert_rounds(self.log, self.ROUNDS, 2)


class Predicted(SweepBench):
    def test_the_document(self):
        """Corners are timed, the others predicted, spots both; and the document is as its schema says."""
        grid = ["--alpha", "0.25,0.5,0.75", "--res", "32,64,96", "--networks", "separable"]
        arguments = ["sweep", *grid, "--bench", "--predict", "--spots", "2", "-e", "xnnpack", "--rounds", "12"]
        result = self.run_fake(*arguments, "-o", self.document)
        self.assertEqual(result.returncode, 0, result)
        document = json.loads(self.document.read_text())
        schema = json.loads((SOURCE / "docs/schemas/sweep.schema.json").read_text())
        errors = jsonschema.Draft202012Validator(schema).iter_errors(document)
        self.assertEqual([f"{error.json_path}: {error.message}" for error in errors], [])
        self.assertEqual(document["prediction"]["timed_cells"], [0, 2, 6, 8])
        spots = document["prediction"]["spot_cells"]
        self.assertEqual(len(spots), 2)
        for index, cell in enumerate(document["cells"]):
            corner = index in [0, 2, 6, 8]
            self.assertEqual(bool(cell["predicted"]), not corner)
            self.assertEqual(bool(cell["measured"]), corner or index in spots)
            # A busy machine may have disturbed every round of a spot.
            timed = any(row["median_seconds"] is not None for row in cell["measured"])
            for point in cell["predicted"]:
                self.assertEqual(point["residual"] is not None, timed)


class Interrupted(SweepBench):
    def test_a_standard_network_and_layers(self):
        """Ctrl-C ends a run of everything there is; then the rest."""
        self.interrupted(*BENCH, "--rounds", "5", "--log", self.log, "-o", self.document, at=2)
        self.assertEqual(whole_lines(self.log)[-1]["ended"], "interrupted")
        self.assert_rounds(self.log, 3, 4)
        self.assertEqual(len(json.loads(self.document.read_text())["cells"]), 2)
        self.document.unlink()
        result = self.resume()
        self.assertEqual(result.returncode, 0, result)
        self.assert_rounds(self.log, 5, 4)
        kinds = [line.get("kind") for line in whole_lines(self.log)]
        self.assertEqual(kinds.count("profile"), 2)
        self.assertEqual(kinds.count("prepared"), 2)
        self.assertEqual(whole_lines(self.log)[-1]["ended"], "all_rounds")
        self.assert_valid(self.log)
        self.assertEqual(len(json.loads(self.document.read_text())["cells"]), 2)

    def test_in_the_look_at_the_machine(self):
        with self.start(*QUICK, "--rounds", "2", "--log", self.log, "-o", self.document) as process:
            for text in process.stderr:
                if text.startswith("looking"):
                    process.send_signal(signal.SIGINT)
        self.assertEqual(process.returncode, 1)
        self.assertEqual([line.get("kind") for line in whole_lines(self.log)], [None, "ended"])
        self.assertEqual(len(json.loads(self.document.read_text())["cells"]), 2)
        self.assert_valid(self.log)
        self.check_foreign_logs()

    def check_foreign_logs(self):
        """Logs of another machine, of a newer program, and of none."""
        lines = self.log.read_bytes().splitlines(keepends=True)

        def refused(change):
            header = json.loads(lines[0])
            change(header)
            log = self.write("foreign.jsonl", json.dumps(header) + "\n" + lines[1].decode())
            before = log.read_bytes()
            self.document.write_text("old")
            result = self.resume(log)
            self.assert_refused(result)
            self.assertEqual(log.read_bytes(), before)
            self.assertEqual(self.document.read_text(), "old")
            return result.stderr

        self.assertIn("expected the processor", refused(lambda h: h["origin"]["machine"].update(cpu_family=99)))
        self.assertIn("expected the CPUs", refused(lambda h: h["origin"]["machine"].update(allowed_cpus=[999])))
        self.assertIn("expected the version", refused(lambda h: h["origin"].update(commit="0000000")))
        self.assertIn("expected the engine", refused(lambda h: h["origin"]["engines"][0].update(version="2")))
        self.assertIn("another version of this program", refused(lambda h: h.update(schema="mobilenet-cost.run.v4")))
        self.assertIn("found another network", refused(lambda h: h["cells"][0].update(macs=1)))
        self.assert_refused(self.resume(self.folder / "missing"))
        os.mkfifo(self.folder / "pipe")  # of which nothing is appended to
        self.assert_refused(
            self.resume(self.folder / "pipe"),
            f"--resume: expected a file that can be gone on with, found {self.folder}/pipe, a pipe",
        )
        self.assert_refused(self.resume(self.write("empty", "")), f"{self.folder}/empty: expected a run log, found no whole line")


class Full(SweepBench):
    def limited(self, size):
        """A file system on which a file has so many bytes at most: as full as a full one."""

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

        return {"preexec_fn": limit}

    def test_the_log_keeps_what_it_has(self):
        result = self.run_fake(
            *QUICK, "--rounds", "12", "--log", self.log, "-o", self.document, **self.limited(40_000)
        )
        self.assertEqual(result.returncode, 1, result)
        self.assertIn(f"error: writing {self.log}: File too large; ", result.stderr)
        kept = rounds_of(self.log)
        self.assertRegex(result.stderr, f"; {len(kept)} rounds? kept, --resume goes on from there\n")
        self.assertTrue(0 < len(kept) < 12, len(kept))
        self.assertEqual(len(json.loads(self.document.read_text())["cells"]), 2)
        result = self.resume()
        self.assertEqual(result.returncode, 0, result)
        self.assert_rounds(self.log, 12, 2)
        self.assertEqual(rounds_of(self.log)[: len(kept)], kept)

    def test_no_room_for_a_header_leaves_nothing(self):
        result = self.run_fake(*QUICK, "--log", self.log, "-o", self.document, **self.limited(100))
        self.assertEqual(result.returncode, 1)
        self.assert_one_sentence(result.stderr)
        self.assertIn("File too large", result.stderr)
        self.assert_folder_holds([])


class Refused(SweepBench):
    def test_places_that_cannot_be_written(self):
        file = self.write("file", "old")
        for arguments in [
            ["-o", file / "sweep.json"],
            ["-o", "/proc/sweep.json"],
            ["-o", self.folder],
            ["--log", file / "run.jsonl", "-o", self.document],
            ["--log", "/proc/run.jsonl", "-o", self.document],
            ["--log", self.folder, "-o", self.document],
        ]:
            with self.subTest(arguments):
                self.assert_refused(self.run_fake(*QUICK, *arguments, cwd=self.folder))
                self.assert_folder_holds(["file"])

    def test_a_log_is_never_overwritten(self):
        self.log.write_text("old")
        result = self.run_fake(*QUICK, "--log", self.log, "-o", self.document)
        self.assert_refused(
            result, f"--log: expected a new file that can be written, found {self.log}: File exists"
        )
        self.assertEqual(self.log.read_text(), "old")
        self.assert_folder_holds(["run.jsonl"])

    def test_wrong_settings_leave_no_log(self):
        for arguments in [
            ["--progress", "sometimes"],
            ["--shard", "2/1"],
            ["--shard", "2/2"],
            ["--shard", "1"],
            ["--shard", "0/2"],
            ["--networks", "seperable"],
            ["--precision", "0"],
            ["--between-runs", "1"],
            ["--between-runs", "x"],
            ["--confidence", "1"],
            ["--max-seconds", "soon"],
            ["--threads", "0"],
            ["--cpu", "100000"],
            ["--dtype", "f16"],
            ["--engine", "xnnpac"],
        ]:
            with self.subTest(arguments):
                self.assert_refused(self.run_fake(*QUICK, *arguments, cwd=self.folder))
                self.assert_folder_holds([])

    def test_nothing_may_be_added_for_other_runs(self):
        for flags, expected in [([], 0.004), (["--between-runs", "0"], 0), (["--between-runs", "0.01"], 0.01)]:
            log = self.folder / f"{expected}.jsonl"
            result = self.run_fake(*QUICK, "--rounds", "6", *flags, "--log", log, "--format", "json")
            self.assertEqual(result.returncode, 0, result)
            self.assertEqual(json.loads(result.stdout)["settings"]["timing"]["between_runs"], expected)

    def test_flags_that_would_do_nothing(self):
        for flag, *value in [
            ["--engine", "xnnpack"],
            ["--threads", "1"],
            ["--rounds", "3"],
            ["--seed", "3"],
            ["--max-seconds", "3"],
            ["--cpu", "0"],
            ["--networks", "standard"],
            ["--precision", "0.1"],
            ["--between-runs", "0"],
            ["--confidence", "0.9"],
            ["--no-layers"],
            ["--shard", "1/2"],
            ["--log", "x"],
            ["--progress", "never"],
        ]:
            with self.subTest(flag):
                result = self.run_fake("sweep", *GRID, flag, *value, cwd=self.folder)
                self.assert_refused(result, f"{flag}: needs --bench")
                self.assert_folder_holds([])

    def test_a_resumed_run_has_its_settings_already(self):
        self.log.write_text("old")
        for flag, *value in [["--alpha", "1"], ["--bench"], ["--rounds", "3"], ["--log", "x"], ["--shard", "1/2"]]:
            with self.subTest(flag):
                result = self.run_fake("sweep", "--resume", self.log, flag, *value)
                self.assert_refused(result, f"--resume: takes its settings from the log: leave out {flag}")
        self.assertEqual(self.log.read_text(), "old")


class Parts(SweepBench):
    def test_shards_and_a_failure(self):
        """Two parts at once, in a folder without any log named; in one, a cell fails in the middle."""
        macs = json.loads(self.output("sweep", *GRID, "--format", "json"))["cells"][0]["macs"]
        arguments = [*QUICK, "--rounds", "4", "--threads", "1,2", "-f", "json"]
        parts = []
        for part, env in [("1/2", {}), ("2/2", {"FAKE_ENGINE_FAIL": f"{macs}:60"})]:
            parts.append(
                subprocess.Popen(
                    [PROGRAM, *arguments, "--shard", part],
                    cwd=self.folder,
                    env=environment(**FAKE, **env),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                )
            )
        documents = [json.loads(part.communicate(timeout=60)[0]) for part in parts]
        self.assertEqual([part.returncode for part in parts], [0, 1])
        self.assertEqual(analytic(documents[0]), analytic(documents[1]))
        logs = sorted(self.folder.iterdir())
        self.assertEqual([re.sub(r"\d{8}T\d{6}Z", "TIME", log.name) for log in logs],
                         ["sweep-TIME-1of2.run.jsonl", "sweep-TIME-2of2.run.jsonl"])
        headers = [whole_lines(log)[0] for log in logs]
        self.assertEqual([{point["threads"] for point in header["points"]} for header in headers], [{1}, {2}])
        self.assertEqual(headers[0]["cells"], headers[1]["cells"])
        self.assert_rounds(logs[0], 4, 2)
        lines = whole_lines(logs[1])
        self.assert_valid(logs[1])
        reasons = [entry["reason"] for line in lines for entry in line.get("failures", [])]
        reasons += [point["failure"] for line in lines if line.get("kind") == "calibrated" for point in line["points"]
                    if point["failure"]]
        self.assertEqual(reasons, ["the fake engine was told to fail"])
        self.assertEqual([block["point"] for blocks in rounds_of(logs[1]) for block in blocks if block["point"] == 1],
                         [1] * 4)


if __name__ == "__main__":
    unittest.main()
