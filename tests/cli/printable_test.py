"""What documents hold reaches terminals, tables, CSV, markdown, pages and other programs' files as printable text."""

import csv
import io
import json
import os
import tempfile
import unittest
from pathlib import Path

from program import CliTest, run

FAKE = {"MOBILENET_COST_ENGINE_DIR": os.fspath(Path(os.environ["MOBILENET_COST_BINARY_DIR"]) / "fake_engines")}
SWEEP = ["sweep", "--bench", "--alpha", "0.25,0.5", "--res", "32", "-e", "xnnpack", "--rounds", "6", "--format", "json"]
# A colour, a C1 control, an override of direction, a second line, a fence and a cell of markdown.
EVIL = "\x1b[31m\x9b\u202e\n```|<b>"
ESCAPED = r"\x1b[31m\u009b\u202e\n```|<b>"
# Where a log and a document hold text that nobody checks.
FREE = {"model_name", "cpu_model", "kernel", "compiler", "version", "commit", "flags", "instruction_set", "reason", "name", "op", "started"}


def spoiled(value, key=None):
    """The same document with EVIL behind each free text."""
    if isinstance(value, dict):
        return {name: spoiled(child, name) for name, child in value.items()}
    if isinstance(value, list):
        return [spoiled(child, key) for child in value]
    return value + EVIL if isinstance(value, str) and key in FREE else value


class Printable(CliTest):
    @classmethod
    def setUpClass(cls):
        """One short sweep for all tests: its log and its document, spoiled."""
        super().setUpClass()
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        result = run(*SWEEP, "--log", folder / "run.jsonl", env=FAKE)
        assert result.returncode == 0, result
        lines = [json.loads(line) for line in (folder / "run.jsonl").read_text().splitlines()]
        cls.log = "".join(json.dumps(spoiled(line), separators=(",", ":")) + "\n" for line in lines)
        cls.document = json.dumps(spoiled(json.loads(result.stdout)))
        cls.plain = result.stdout

    def assert_printable(self, text):
        for line in text.split("\n"):
            self.assertTrue(line.isprintable(), ascii(line))

    def result_of(self, *arguments, statuses=(0,)):
        result = run(*arguments)
        self.assertIn(result.returncode, statuses, result.stderr)
        self.assert_printable(result.stdout)
        self.assert_printable(result.stderr)
        return result

    def test_report(self):
        log = self.write("run.jsonl", self.log)
        for form in ["table", "markdown", "csv", "json", "jsonl"]:
            with self.subTest(form):
                text = self.result_of("report", log, "--format", form).stdout
                if form == "json":
                    self.assertIn(EVIL, json.loads(text)["machine"]["cpu_model"])
                    self.assertIn("\\u202e", text)
        for form in ["gbench", "gbench-summary", "gobench", "sql"]:
            with self.subTest(form):
                path = self.folder / form
                self.result_of("report", log, f"--out-{form}", path)
                self.assert_printable(path.read_text())

    def test_page(self):
        log = self.write("run.jsonl", self.log)
        page = self.folder / "report.html"
        result = run("report", log, "--html", page)
        if result.returncode == 2 and "a build with charts" in result.stderr:
            self.skipTest(result.stderr)
        self.assertEqual(result.returncode, 0, result.stderr)
        text = page.read_text()
        for character in EVIL[0] + EVIL[5] + EVIL[6]:
            self.assertNotIn(character, text)
            self.assertNotIn(f"\\u{ord(character):04x}\"", text)
        self.assertIn("\\\\x1b[31m", text)

    def test_compare(self):
        sides = [("run.jsonl", self.log), ("sweep.json", self.document)]
        for name, text in sides:
            contender = self.write(name, text)
            other = self.write("other-" + name, text.replace("[31m", "[32m"))
            for form in ["table", "markdown", "csv", "json", "jsonl"]:
                with self.subTest(name=name, form=form):
                    result = self.result_of("compare", contender, other, "--format", form, statuses=(0, 3, 5))
                    if form in ["table", "json"]:
                        self.assertIn("[32m", result.stdout)

    def test_pick(self):
        path = self.write("sweep.json", self.document)
        for form in ["table", "markdown", "csv", "json", "jsonl"]:
            with self.subTest(form):
                self.result_of("pick", "--alpha", "0.25,0.5", "--res", "32", "--from", path, "--format", form, statuses=(0, 3))

    def test_csv_keeps_its_rows(self):
        log = self.write("run.jsonl", self.log)
        text = self.result_of("report", log, "--format", "csv").stdout
        rows = list(csv.reader(io.StringIO(text)))
        self.assertEqual(len(rows), len(text.splitlines()), "a row a line")
        self.assertEqual({len(row) for row in rows}, {len(rows[0])})

    def test_names_of_files(self):
        for form in ["table", "markdown", "csv"]:
            path = self.write(f"{EVIL.replace('/', '')}.json", self.plain)
            with self.subTest(form):
                text = self.result_of("compare", path, path, "--format", form).stdout
                if form == "table":
                    self.assertIn(ESCAPED, text)

    def test_messages(self):
        for content in [
            json.dumps({"schema": EVIL}, ensure_ascii=False),
            json.dumps({EVIL: 1}, ensure_ascii=False),
            json.dumps({"schema": "mobilenet-cost.sweep.v1" + EVIL}, ensure_ascii=False),
            json.dumps({"schema": "mobilenet-cost.run.v1" + EVIL}, ensure_ascii=False) + "\n",
            EVIL,
            b"\xff\x1b",
            json.dumps({"schema": "\u00e9" * 1000}, ensure_ascii=False),
        ]:
            path = self.write(EVIL, content)
            for words in [["compare", path, path], ["pick", "--from", path], ["budget", path], ["report", path],
                          ["gate", "--base", "x", "--head", "x", "--cells", path], ["sweep", "--resume", path]]:
                with self.subTest(command=words[0], content=content[:40]):
                    self.assert_refused(run(*words))

    def test_a_name_that_cannot_be_seen_is_refused(self):
        for name in ["a\u202eb", "a\u200bb", "\ufeff", "a\u2028"]:
            path = self.write("model.json", json.dumps({"schema": "mobilenet-cost.model.v1", "name": name}))
            with self.subTest(ascii(name)):
                result = run("--model", path)
                self.assert_refused(result)


if __name__ == "__main__":
    unittest.main()
