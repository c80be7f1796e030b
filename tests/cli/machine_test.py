"""The machine command: one measurement, served again from its cache. No figure is asserted: machines differ."""

import csv
import io
import json
import unittest

import jsonschema
from program import FORMATS, SOURCE, CliTest, run

# One round: no intervals, but the whole way.
QUICK = ["machine", "--rounds", "1"]


class Machine(CliTest):
    def setUp(self):
        super().setUp()
        self.cache = self.folder / "cache"
        self.env = {"XDG_CACHE_HOME": self.cache}

    def document(self, *arguments):
        return json.loads(self.output(*QUICK, "--format", "json", *arguments, env=self.env))

    def stored(self):
        [path] = (self.cache / "mobilenet-cost").iterdir()
        return path

    def test_valid_stored_and_served_again(self):
        first = self.document()
        schema = json.loads((SOURCE / "docs/schemas/machine.schema.json").read_text())
        jsonschema.Draft202012Validator(schema).validate(first)
        self.assertRegex(self.stored().name, r"^peaks-[0-9a-f]{16}\.json$")
        self.assertEqual(json.loads(self.stored().read_text())["peaks"], first["peaks"])

        # Everything but the noise of the moment; a new measurement would have another length at least.
        second = self.document()
        first.pop("preflight"), second.pop("preflight")
        self.assertEqual(first, second)

        for name in FORMATS:
            with self.subTest(name):
                self.assertTrue(self.output(*QUICK, "--format", name, env=self.env).strip())
        jsonschema.Draft202012Validator(schema).validate(
            json.loads(self.output(*QUICK, "--format", "jsonl", env=self.env))
        )
        rows = list(csv.DictReader(io.StringIO(self.output(*QUICK, "--format", "csv", env=self.env))))
        for row in rows:
            self.assertEqual(row["per_second"] == "", row["reason"] != "", row)
        self.assertEqual({row["threads"] for row in rows}, {str(row["threads"]) for row in first["peaks"]["compute"]})

        # A file that is no result of ours is measured again, with a note, and replaced.
        self.stored().write_text("{")
        result = run(*QUICK, "--format", "json", env=self.env)
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stderr, r"^mobilenet-cost: .*: line 1, .*; measuring again\n$")
        self.assertNotEqual(json.loads(result.stdout)["peaks"], first["peaks"])
        self.assertEqual(json.loads(self.stored().read_text())["peaks"], json.loads(result.stdout)["peaks"])

    def test_a_cache_that_cannot_be_written_is_a_warning(self):
        self.cache.write_text("a file in the way")
        result = run(*QUICK, "--format", "json", env=self.env)
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stderr, r"^mobilenet-cost: warning: .* cannot be written .*\n$")
        self.assertTrue(json.loads(result.stdout)["peaks"]["compute"])

    def test_wrong_arguments_measure_nothing(self):
        self.assert_refused(run("machine", "--format", "xml", env=self.env))
        self.assert_refused(run("machine", "-o", self.folder, env=self.env))
        self.assertFalse(self.cache.exists())


if __name__ == "__main__":
    unittest.main()
