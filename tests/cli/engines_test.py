"""The list of engines depends on the machine; its shape does not."""

import csv
import io
import json
import unittest

from program import CliTest


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


if __name__ == "__main__":
    unittest.main()
