"""The list of engines depends on the machine; its shape does not."""

import csv
import io
import json
import os
import shutil
import subprocess
import unittest

from program import PROGRAM, CliTest, environment


class Engines(CliTest):
    def engines(self):
        return json.loads(self.output("engines", "--format", "json"))["engines"]

    def test_reference_runs_everywhere(self):
        [reference] = [engine for engine in self.engines() if engine["name"] == "reference"]
        self.assertTrue(reference["available"])
        self.assertIn("f32", reference["data_types"])

    def test_an_engine_is_available_or_says_why_not(self):
        for engine in self.engines():
            with self.subTest(engine["name"]):
                self.assertEqual(engine["available"], engine["reason"] == "")

    def test_formats_list_the_same_engines(self):
        names = [engine["name"] for engine in self.engines()]
        self.assertEqual(len(set(names)), len(names))
        rows = list(csv.DictReader(io.StringIO(self.output("engines", "--format", "csv"))))
        self.assertEqual([row["engine"] for row in rows], names)
        lines = self.output("engines", "--format", "jsonl").splitlines()
        self.assertEqual([json.loads(line)["name"] for line in lines], names)
        self.assertEqual([line.split()[0] for line in self.output("engines").splitlines()], ["engine", *names])


class NotCompiled(CliTest):
    """A program without its plug-ins, as in a build folder where only the program has been compiled."""

    def setUp(self):
        super().setUp()
        self.program = shutil.copy(PROGRAM, self.folder)
        os.chmod(self.program, 0o755)
        self.write("CMakeCache.txt", "")

    def run_alone(self, *arguments):
        command = [self.program, *arguments]
        return subprocess.run(command, capture_output=True, encoding="utf-8", env=environment(), timeout=120)

    def test_engines_say_where_they_were_looked_for_and_what_makes_them(self):
        result = self.run_alone("engines", "--format", "json")
        *plugins, reference = json.loads(result.stdout)["engines"]
        self.assertTrue(reference["available"])
        for engine in plugins:
            with self.subTest(engine["name"]):
                self.assertFalse(engine["available"])
                where = f"there is no mobilenet_cost_{engine['name']}.so in {self.folder}/engines, "
                self.assertRegex(engine["reason"], f"^not built: ({where}.* \\(cmake --build .* makes it\\)$|[^t])")

    def test_an_installed_program_names_no_build(self):
        (self.folder / "CMakeCache.txt").unlink()
        self.assertNotIn("cmake", self.run_alone("engines", "--format", "json").stdout)

    def test_the_naive_engine_is_not_timed_instead(self):
        result = self.run_alone("bench", "--alpha", "0.25", "--res", "32", "--max-seconds", "1")
        self.assert_refused(result)
        self.assertIn('--engine: expected an engine that is worth timing, found none: "', result.stderr)
        self.assertIn("makes it)", result.stderr)


if __name__ == "__main__":
    unittest.main()
