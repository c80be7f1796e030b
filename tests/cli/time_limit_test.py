"""--max-seconds holds whatever else is asked for, and no number of seconds, rounds or shares makes a run endless.

The engine of the runs that are not refused waits for the clock instead of computing (fake_engine_module.cpp).
"""

import json
import sys
import tempfile
import unittest

from program import PROGRAM, CliTest, run

FAKE_ENGINES = sys.argv.pop()
FAKE = {"MOBILENET_COST_ENGINE_DIR": FAKE_ENGINES}
SMALL = ["--alpha", "0.25", "--res", "32", "--classes", "10", "--engine", "xnnpack"]

GATE = ["gate", "--base", PROGRAM, "--head", PROGRAM, *SMALL]
COMMANDS = {
    "gate": (GATE, {"--rounds": "9", "--max-seconds": "2"}),
    "self-test": (["self-test", *SMALL], {"--rounds": "15", "--max-seconds": "2"}),
    "bench": (["bench", *SMALL], {"--rounds": "2", "--max-seconds": "1"}),
    "sweep": (["sweep", "--bench", "--no-layers", *SMALL], {"--rounds": "2", "--max-seconds": "1"}),
    "pick": (["pick", "--measure-all", *SMALL], {"--rounds": "6", "--max-seconds": "1"}),
}

EXTREMES = ["1e308", "1e-308", "0", "-1", "inf", "nan", "1e1000", "99999999999999999999"]
LENGTHS = ["--max-seconds", "--block-seconds", "--answer-seconds"]
COUNTS = ["--rounds", "--threads", "--require-cells"]
SHARES = ["--threshold", "--tolerance", "--significance", "--precision", "--confidence", "--between-runs"]
FLAGS = {
    "gate": [*LENGTHS, *COUNTS, *SHARES[:3]],
    "self-test": ["--max-seconds", "--block-seconds", "--rounds", "--significance"],
    "bench": ["--max-seconds", "--rounds", "--threads"],
    "sweep": ["--max-seconds", "--rounds", "--threads", *SHARES[3:]],
    "pick": ["--max-seconds", "--rounds"],
}


class TimeLimit(CliTest):
    def timed(self, command, flag, value):
        words, limits = COMMANDS[command]
        flags = [word for pair in {**limits, flag: value}.items() for word in pair]
        with tempfile.TemporaryDirectory() as folder:  # of its own: the name of a log has whole seconds
            return run(*words, *flags, env=FAKE, cwd=folder)

    def test_extremes(self):
        """Refused in one sentence that names the flag, or the run ends as others do."""
        for command, flags in FLAGS.items():
            for flag in flags:
                for value in EXTREMES:
                    with self.subTest(command=command, flag=flag, value=value):
                        result = self.timed(command, flag, value)
                        if result.returncode == 2 or flag in LENGTHS + COUNTS:
                            self.assert_refused(result)
                            self.assertIn(flag, result.stderr)
                        else:
                            self.assertIn(result.returncode, (0, 1, 4, 5), result.stderr)

    def test_networks_that_take_too_long_are_rows(self):
        """Gigabytes of weights, for a third of a second."""
        result = run("bench", "--classes", "1000000", "--max-seconds", "0.3", "--engine", "native", "--format", "json")
        self.assertIn(result.returncode, (0, 5), result.stderr)  # 0: on a machine without so much memory
        rows = json.loads(result.stdout)["variants"][0]["measured"]
        self.assertEqual({row["status"] for row in rows}, {"skipped"})
        for row in rows:
            self.assertRegex(row["reason"], "^(takes at least .*, --max-seconds is 0.3|needs .* of memory .*)$")

    def test_nothing_timed_is_nothing_to_judge(self):
        """The report is written, and no script takes it for a measurement."""
        for command in ("bench", "sweep"):
            with self.subTest(command):
                result = run(*COMMANDS[command][0], "--max-seconds", "1e-6", "--format", "json", env=FAKE, cwd=self.folder)
                self.assertEqual(result.returncode, 5, result.stderr)
                self.assertIn("takes at least ", result.stdout)
                table = run(*COMMANDS[command][0], "--max-seconds", "1e-6", env=FAKE, cwd=self.folder)
                self.assertIn("Nothing was timed", table.stdout)
                self.assertNotRegex(table.stdout, "No intervals|all rounds were done")
        logs = list(self.folder.glob("sweep-*.run.jsonl"))
        self.assertEqual(len(logs), 2, "each sweep keeps a log of its own, within one second too")

    def test_more_threads_than_processors_is_refused_by_all(self):
        for command in ("bench", "sweep", "pick"):
            with self.subTest(command):
                result = run(*COMMANDS[command][0], "--threads", "4096", env=FAKE, cwd=self.folder)
                self.assert_refused(result)
                self.assertIn("--threads: expected at most ", result.stderr)
                self.assertEqual(list(self.folder.glob("*.jsonl")), [])

    def test_blocks_are_shortened_unless_their_length_was_asked_for(self):
        gate = [*GATE, "--no-layers", "--rounds", "9", "--max-seconds", "0.1"]
        result = run(*gate, "--format", "json", env=FAKE)
        self.assertNotEqual(result.returncode, 2, result.stderr)
        self.assertEqual(json.loads(result.stdout)["settings"]["block_seconds"], 0.0125)
        self.assert_refused(run(*gate, "--block-seconds", "0.03", env=FAKE),
                            "--block-seconds: expected at most 0.0125, a part of --max-seconds 0.1, found 0.03")


if __name__ == "__main__":
    unittest.main()
