"""The document of a measured sweep validates against its schema; its CSV is a row for each of its measurements."""

import copy
import csv
import io
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

import jsonschema

PRINT_SWEEP = sys.argv.pop(1)
SCHEMA = json.loads((Path(os.environ["MOBILENET_COST_SOURCE_DIR"]) / "docs/schemas/sweep.schema.json").read_text())


def report(name):
    return subprocess.run([PRINT_SWEEP, name], check=True, capture_output=True, text=True, timeout=60).stdout


def strict(text):
    """JSON as its standard has it: no NaN, no infinity, no key twice."""

    def refuse(name):
        raise ValueError(name)

    def once(pairs):
        keys = [key for key, _ in pairs]
        if len(set(keys)) != len(keys):
            raise ValueError(f"a key twice in {keys}")
        return dict(pairs)

    return json.loads(text, parse_constant=refuse, object_pairs_hook=once)


def errors(schema, document):
    found = jsonschema.Draft202012Validator(schema).iter_errors(document)
    return [f"{error.json_path}: {error.message}" for error in found]


class Document(unittest.TestCase):
    def setUp(self):
        self.document = strict(report("json"))

    def test_it_is_valid(self):
        self.assertEqual(errors(SCHEMA, self.document), [])

    def test_what_the_schema_refuses(self):
        def broken(change):
            document = copy.deepcopy(self.document)
            change(document, document["cells"][0]["measured"][0])
            return errors(SCHEMA, document)

        self.assertTrue(broken(lambda document, row: document.pop("ended")))
        self.assertTrue(broken(lambda document, row: document["machine"].pop("cpu_model")))
        self.assertTrue(broken(lambda document, row: row.pop("speedup_ci")))
        self.assertTrue(broken(lambda document, row: row.update(extra=1)))
        self.assertTrue(broken(lambda document, row: row.update(speedup_ci=[1])))
        self.assertTrue(broken(lambda document, row: row["profile"]["classes"][0].update({"class": "dense"})))

    def test_lines(self):
        lines = [strict(line) for line in report("jsonl").splitlines()]
        self.assertEqual(len(lines), len(self.document["cells"]))
        item = {"$defs": SCHEMA["$defs"], **SCHEMA["$defs"]["cell"]}
        for line, cell in zip(lines, self.document["cells"]):
            for key in ["schema", "settings", "machine"]:
                self.assertEqual(line.pop(key), self.document[key])
            self.assertEqual(errors(item, line), [])
            self.assertEqual(line, cell)

    def test_csv(self):
        rows = list(csv.DictReader(io.StringIO(report("csv"))))
        found = {(row["engine"], row["threads"], row["network"], row["alpha"], row["resolution"]): row for row in rows}
        self.assertEqual(len(found), len(rows))
        measured = [(cell, row) for cell in self.document["cells"] for row in cell["measured"]]
        self.assertEqual(len(rows), len(measured))
        for cell, row in measured:
            key = [row["engine"], row["threads"], row["network"], cell["alpha"], cell["resolution"]]
            line = found[tuple(str(part) for part in key)]
            for name in ["status", "reason", "median_seconds", "ci_low_seconds", "speedup", "fraction_kept", "rounds"]:
                self.assertEqual(line[name], "" if row[name] is None else str(row[name]), name)


if __name__ == "__main__":
    unittest.main()
