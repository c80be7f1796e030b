"""scripts/slurm_sweep as Slurm starts it, without Slurm: its variables, a copy of the script, and kills."""

import json
import os
import re
import shutil
import signal
import subprocess
import unittest
from pathlib import Path

from program import PROGRAM, SOURCE, CliTest, environment, run

FAKE = {"MOBILENET_COST_ENGINE_DIR": os.fspath(Path(os.environ["MOBILENET_COST_BINARY_DIR"]) / "fake_engines")}
ROUNDS = 30
# Never precise enough, so that each task has all its rounds; one group for each number of threads.
SWEEP = ["--alpha", "0.25,0.5", "--res", "32", "-e", "xnnpack", "--threads", "1,2", "--networks", "separable",
         "--no-layers", "--precision", "1e-9", "--rounds", str(ROUNDS), "--progress", "always"]


def slurm(task, count=2, first=1, last=None, **more):
    """What Slurm says to a task of an array."""
    return {"SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": str(task), "SLURM_ARRAY_TASK_COUNT": str(count),
            "SLURM_ARRAY_TASK_MIN": str(first), "SLURM_ARRAY_TASK_MAX": str(last or count), **more}


def rounds_of(log):
    """Its whole lines of rounds."""
    lines = [json.loads(line) for line in log.read_bytes().split(b"\n")[:-1]]
    return [line for line in lines if line.get("kind") == "round"]


class SlurmSweep(CliTest):
    def setUp(self):
        super().setUp()
        self.script = self.folder / "slurm_script"  # Slurm's name for its copy
        shutil.copy(SOURCE / "scripts/slurm_sweep", self.script)
        self.work = self.folder / "work"
        self.work.mkdir()

    def start(self, variables, arguments):
        clean = {key: value for key, value in environment(**FAKE).items() if not key.startswith(("SLURM_", "SWEEP_"))}
        return subprocess.Popen(
            [self.script, *arguments],
            cwd=self.work,
            env={**clean, "MOBILENET_COST_PROGRAM": PROGRAM, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def task(self, variables, arguments=SWEEP):
        """Exit code and both streams of a task that comes to its end."""
        with self.start(variables, arguments) as process:
            stdout, stderr = process.communicate(timeout=120)
        return process.returncode, stdout, stderr

    def killed(self, variables, at):
        """A task that is killed when it begins that round."""
        with self.start(variables, SWEEP) as process:
            for text in process.stderr:
                if text.startswith(f"round {at}/"):
                    process.kill()
        self.assertEqual(process.returncode, -signal.SIGKILL)

    def log(self, part, folder="sweep-7"):
        return self.work / folder / f"shard-{part}.run.jsonl"

    def assert_refused_task(self, variables, arguments, text):
        code, stdout, stderr = self.task(variables, arguments)
        self.assertEqual((code, stdout), (2, ""), stderr)
        self.assertRegex(stderr, f"^scripts/slurm_sweep: error: .*{text}.*\n$")


class Array(SlurmSweep):
    def test_two_tasks_a_kill_and_the_report(self):
        code, _, said = self.task(slurm(1))
        self.assertEqual(code, 0, said)
        self.assertIn("shard 1/2, start 0: beginning sweep-7/shard-1of2.run.jsonl\n", said)

        self.killed(slurm(2), at=5)
        kept = rounds_of(self.log("2of2"))
        self.assertTrue(5 <= len(kept) < ROUNDS, len(kept))
        code, _, said = self.task(slurm(2, SLURM_RESTART_COUNT="1"))
        self.assertEqual(code, 0, said)
        self.assertIn("shard 2/2, start 1: going on with sweep-7/shard-2of2.run.jsonl\n", said)
        self.assertEqual(rounds_of(self.log("2of2"))[: len(kept)], kept)

        self.check_rounds()
        self.check_report()
        self.check_a_start_too_many()
        self.check_other_arguments()

    def check_rounds(self):
        """Each task has one number of threads, and every round of it once."""
        for part, threads in [("1of2", 1), ("2of2", 2)]:
            header = json.loads(self.log(part).read_bytes().split(b"\n")[0])
            self.assertEqual({point["threads"] for point in header["points"]}, {threads})
            self.assertEqual([line["round"] for line in rounds_of(self.log(part))], list(range(ROUNDS)))

    def rows(self, *logs):
        """Of every cell what was measured."""
        cells = json.loads(self.output("report", *logs, "--format", "json"))["cells"]
        keys = ["engine", "threads", "network", "status", "samples", "median_seconds", "ci_low_seconds", "ci_high_seconds"]
        return [[tuple(row[key] for key in keys) for row in cell["measured"]] for cell in cells]

    def check_report(self):
        """Both parts, nothing else, in one document; and the same part twice in none."""
        logs = [self.log("1of2"), self.log("2of2")]
        parts = [self.rows(log) for log in logs]
        self.assertEqual([[len(cell) for cell in part] for part in parts], [[1, 1], [1, 1]])
        self.assertEqual(self.rows(*logs), [one + two for one, two in zip(*parts)])
        twice = run("report", logs[0], logs[0])
        self.assert_refused(twice)
        self.assertIn("expected different runs", twice.stderr)

    def check_a_start_too_many(self):
        """A task that had ended is requeued with its node."""
        before = self.log("1of2").read_bytes()
        code, stdout, said = self.task(slurm(1, SLURM_RESTART_COUNT="1"))
        self.assertEqual(code, 0, said)
        self.assertIn("is complete; only the document is written", said)
        self.assertNotEqual(stdout, "")
        self.assertEqual(self.log("1of2").read_bytes(), before)

    def check_other_arguments(self):
        before = self.log("1of2").read_bytes()
        text = "expected the arguments with which sweep-7/shard-1of2.run.jsonl was begun"
        self.assert_refused_task(slurm(1), [*SWEEP, "--seed", "2"], text)
        self.assertEqual(self.log("1of2").read_bytes(), before)


class Begin(SlurmSweep):
    def test_a_log_without_a_whole_line_is_begun_anew(self):
        self.log("1of2").parent.mkdir()
        self.log("1of2").write_text('{"schema": "mobi')
        code, _, said = self.task(slurm(1))
        self.assertEqual(code, 0, said)
        self.assertIn("start 0: beginning ", said)
        self.assertEqual(len(rounds_of(self.log("1of2"))), ROUNDS)

    def test_one_part_in_a_named_folder(self):
        """After a mistake in the arguments, which leaves no log, the same folder takes the right ones."""
        variables = slurm(2, count=1, first=2, last=2, SWEEP_SHARDS="2", SWEEP_DIR="the grid")
        code, _, said = self.task(variables, [*SWEEP, "--engine", "xnnpac"])
        self.assertEqual(code, 2, said)
        self.assertIn('(did you mean "xnnpack"?)', said)
        code, _, said = self.task(variables)
        self.assertEqual(code, 0, said)
        self.assertEqual(sorted(os.listdir(self.work / "the grid")), ["shard-2of2.arguments", "shard-2of2.run.jsonl"])

    def test_the_program_of_the_submitted_tree(self):
        """Found below the folder of sbatch, not beside the copy of the script."""
        built = self.work / "build/release/mobilenet-cost"
        built.parent.mkdir(parents=True)
        built.write_text('#!/bin/sh\necho "$@"\n')
        built.chmod(0o755)
        variables = slurm(3, count=4, SLURM_SUBMIT_DIR=os.fspath(self.work), MOBILENET_COST_PROGRAM="")
        code, stdout, said = self.task(variables, ["--alpha", "1 2"])
        self.assertEqual(code, 0, said)
        self.assertEqual(stdout, "sweep --bench --alpha 1 2 --shard 3/4 --log sweep-7/shard-3of4.run.jsonl\n")


class Refused(SlurmSweep):
    def test_wrong_arrays_and_flags_run_nothing(self):
        for variables, arguments, text in [
            ({}, [], "found no SLURM_ARRAY_TASK_ID"),
            (slurm(0, count=2, first=0, last=1), [], "expected the array 1-2, found 2 tasks from 0 to 1"),
            (slurm(3, count=2, first=1, last=3), [], "expected the array 1-2, found 2 tasks from 1 to 3"),
            (slurm(5, count=1, first=5, last=5, SWEEP_SHARDS="4"), [], "expected a task from 1 to 4, found 5"),
            (slurm(1, SWEEP_SHARDS="two"), [], 'expected a number of shards, found "two"'),
            (slurm(1, MOBILENET_COST_PROGRAM="/nowhere"), [], "found no /nowhere"),
            *[(slurm(1), flag, re.escape("found " + flag[0])) for flag in
              [["--bench"], ["--shard", "1/2"], ["--shard=1/2"], ["--log", "x"], ["--resume=x"], ["-o", "x"],
               ["--output", "x"], ["--out-sql=x"]]],
        ]:
            with self.subTest(variables=variables, arguments=arguments):
                self.assert_refused_task(variables, [*SWEEP, *arguments], text)
                self.assertEqual(os.listdir(self.work), [])

    def test_what_slurm_reads_stands_before_the_first_command(self):
        lines = (SOURCE / "scripts/slurm_sweep").read_text().split("\n")
        comments = lines[: next(i for i, line in enumerate(lines) if not line.startswith("#"))]
        found = {line.removeprefix("#SBATCH ") for line in comments if line.startswith("#SBATCH ")}
        self.assertLessEqual({"--nodes=1", "--ntasks=1", "--exclusive", "--requeue", "--open-mode=append"}, found)


if __name__ == "__main__":
    unittest.main()
