"""The compare command: what gates, what informs, what is refused, and what is left behind."""

import csv
import io
import json
import os
import tempfile
import unittest
from pathlib import Path

import jsonschema
from program import FORMATS, SOURCE, CliTest, run

FAKE = {"MOBILENET_COST_ENGINE_DIR": os.fspath(Path(os.environ["MOBILENET_COST_BINARY_DIR"]) / "fake_engines")}
GRID = ["--alpha", "0.25,0.5", "--res", "32"]
DOCUMENT = json.loads((SOURCE / "docs/schemas/compare.schema.json").read_text())
ROWS = {"difference": "difference", "time": "time", "ratio": "ratio"}


def errors(schema, value):
    found = jsonschema.Draft202012Validator(schema).iter_errors(value)
    return [f"{error.json_path}: {error.message}" for error in found]


class Compare(CliTest):
    @classmethod
    def setUpClass(cls):
        """One short measured sweep and bench, whose files the tests change."""
        super().setUpClass()
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        sweep = ["sweep", *GRID, "--bench", "-e", "xnnpack", "--rounds", "20", "--precision", "1e-9"]
        for attempt in range(5):  # a busy machine may leave a profile without an undisturbed round
            log = f"{folder}/run{attempt}.jsonl"
            cls.sweep = run(*sweep, "--log", log, "--format", "json", env=FAKE).stdout
            cls.log = Path(log).read_text()
            lines = map(json.loads, cls.log.splitlines())
            if all(line["profile"]["status"] == "ok" for line in lines if line.get("kind") == "profile"):
                break
        bench = ["bench", "--alpha", "0.25", "--res", "32", "-e", "xnnpack", "--rounds", "10", "--per-layer"]
        cls.bench = run(*bench, "--format", "json", env=FAKE).stdout
        cls.cost = run("cost", *GRID, "--format", "json").stdout
        cls.grid = run("sweep", *GRID, "--format", "json").stdout

    def changed(self, text, change, name="contender"):
        """A file with the document after a change of it."""
        document = json.loads(text)
        change(document)
        return self.write(name, json.dumps(document))

    def changed_log(self, change, name="contender"):
        lines = [json.loads(line) for line in self.log.splitlines()]
        for line in lines:
            change(line)
        return self.write(name, "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))

    def sides(self):
        """A file of each kind."""
        texts = {"run": self.log, "sweep": self.sweep, "bench": self.bench, "cost": self.cost, "grid": self.grid}
        return {name: self.write(name, text) for name, text in texts.items()}

    def compared(self, base, contender, *flags, status=0):
        result = run("compare", base, contender, *flags, "--format", "json")
        self.assertEqual(result.returncode, status, result.stderr + result.stdout[:2000])
        document = json.loads(result.stdout)
        self.assertEqual(errors(DOCUMENT, document), [])
        return document, result.stderr

    def test_with_itself_nothing_differs(self):
        for name, path in self.sides().items():
            with self.subTest(name):
                for form in FORMATS:
                    self.assertTrue(self.output("compare", path, path, "--format", form))
                document, said = self.compared(path, path, "--gate-times")
                self.assertEqual((document["outcome"], document["differences"], said), ("same", [], ""))
                self.assertGreater(document["quantities"], 10)
                for row in document["times"]:
                    self.assertEqual(row["ratio"], 1)

    def test_summary(self):
        base = self.write("base", self.sweep)
        contender = self.changed(self.sweep, lambda d: d["cells"][0].update(macs=1))
        result = run("compare", base, contender, "--summary")
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertLess(len(result.stdout.splitlines()), 12)
        self.assertIn("exact      1 difference", result.stdout)
        for form in ["csv", "json", "jsonl"]:
            self.assert_refused(run("compare", base, contender, "--summary", "--format", form))

    def test_every_row_is_valid(self):
        base = self.write("base", self.log)

        def change(line):
            if line.get("kind") == "profile":
                line["profile"]["layers"][0]["kernel"] = "another"

        contender = self.changed_log(change)
        result = run("compare", base, contender, "--format", "jsonl")
        self.assertEqual(result.returncode, 3)
        summary, *rows = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual((summary.pop("schema"), summary.pop("row")), ("mobilenet-cost.compare-row.v1", "summary"))
        document, _ = self.compared(base, contender, status=3)
        self.assertEqual(summary, {key: document[key] for key in summary})
        self.assertEqual(set(document) - set(summary), {"schema", "differences", "times", "ratios"})
        kinds = set()
        for row in rows:
            self.assertEqual(row.pop("schema"), "mobilenet-cost.compare-row.v1")
            kinds.add(kind := row.pop("row"))
            self.assertEqual(errors({"$defs": DOCUMENT["$defs"], "$ref": f"#/$defs/{ROWS[kind]}"}, row), [])
        self.assertEqual(kinds, set(ROWS))
        table = list(csv.DictReader(io.StringIO(run("compare", base, contender, "--format", "csv").stdout)))
        self.assertEqual(len(table), len(rows))
        self.assertEqual({row["row"] for row in table}, kinds)

    def test_counts_gate(self):
        changes = {
            "cost": (self.cost, lambda d: d["variants"][0]["totals"].update(macs=1), "macs"),
            "layer": (self.cost, lambda d: d["variants"][1]["layers"][3].update(stride=7), "stride"),
            "grid": (self.grid, lambda d: d["cells"][1].update(peak_activation_bytes=1), "peak_activation_bytes"),
            "sweep": (self.sweep, lambda d: d["cells"][0]["measured"][0].update(memory_bytes=1), "memory_bytes"),
            "bench": (self.bench, lambda d: d["variants"][0]["profiles"][0]["layers"][0].update(kernel="x"), "kernel"),
        }
        for name, (text, change, quantity) in changes.items():
            with self.subTest(name):
                base, contender = self.write("base", text), self.changed(text, change)
                document, said = self.compared(base, contender, status=3)
                [row] = document["differences"]
                self.assertEqual((row["quantity"], row["gates"], document["outcome"]), (quantity, True, "differs"))
                self.assertIn(f" {quantity}: ", said)
                self.assertEqual(said.count("\n"), 1)
                document, said = self.compared(base, contender, "--ignore", quantity)
                self.assertEqual((document["differences"][0]["gates"], said), (False, ""))

    def test_report_is_written_before_exit_3(self):
        contender = self.changed(self.cost, lambda d: d["variants"].pop())
        report = self.folder / "report.md"
        result = run("compare", self.write("base", self.cost), contender, "-o", report)
        self.assertEqual((result.returncode, result.stdout), (3, ""))
        self.assertIn("| the cell |", report.read_text())
        self.assert_folder_holds(["base", "contender", "report.md"])

    def test_cells_of_one_side(self):
        base = self.write("base", self.grid)
        fewer = self.changed(self.grid, lambda d: d["cells"].pop())
        document, _ = self.compared(base, fewer, "--allow-new", status=3)
        self.assertEqual(document["differences"][0]["quantity"], "there")
        self.compared(fewer, base, status=3)
        document, _ = self.compared(fewer, base, "--allow-new")
        self.assertEqual([row["gates"] for row in document["differences"]], [False])
        # Counted against measured: every measurement is new.
        self.compared(base, self.write("sweep", self.sweep), status=3)
        self.compared(base, self.write("sweep", self.sweep), "--allow-new")

    def test_times_inform_unless_they_are_asked(self):
        def slower(line):
            """The same rounds, undisturbed, with the blocks of two points a tenth slower."""
            for block in line.get("blocks", []):
                block["seconds"] = [1e-3 + 1e-7 * (line["round"] % 7)] * len(block["seconds"])
                block.update(steal_seconds=None, involuntary_switches=None)

        def much_slower(line):
            slower(line)
            for block in line.get("blocks", []):
                block["seconds"] = [1.1 * seconds for seconds in block["seconds"]]

        base, contender = self.changed_log(slower, "base"), self.changed_log(much_slower)
        document, said = self.compared(base, contender)
        self.assertEqual({row["verdict"] for row in document["times"]}, {"slower"})
        self.assertFalse(document["times_gate"])
        self.assertIn("--gate-times", document["times_inform"])
        self.assertEqual(said, "")
        document, said = self.compared(base, contender, "--gate-times", status=4)
        self.assertTrue(document["times_gate"])
        self.assertEqual(said, "mobilenet-cost: 4 cells slower than the base by more than +2.5 %\n")
        self.assertAlmostEqual(document["mean_time_ratio"], 1.1)
        self.compared(base, contender, "--gate-times", "--threshold", "0.2")
        document, _ = self.compared(contender, base, "--gate-times")
        self.assertEqual({row["verdict"] for row in document["times"]}, {"faster"})

        def other_machine(line):
            much_slower(line)
            if "origin" in line:
                line["origin"]["machine"]["cpu_model"] = "Example CPU"

        elsewhere = self.changed_log(other_machine)
        document, said = self.compared(base, elsewhere, "--gate-times")
        self.assertRegex(document["times_inform"], "^other machine class: processor .*, found Example CPU, ")
        document, said = self.compared(base, elsewhere, "--require-times", status=5)
        self.assertIn("times cannot be judged: other machine class", said)
        self.assertEqual(document["outcome"], "unclear")

    def test_times_without_samples_cannot_be_required(self):
        sweep = self.write("sweep", self.sweep)
        _, said = self.compared(sweep, sweep, "--require-times", status=5)
        self.assertIn("not every cell has its samples", said)
        grid = self.write("grid", self.grid)
        _, said = self.compared(grid, grid, "--require-times", status=5)
        self.assertIn("no cell has times on both sides", said)

    def test_kinds_do_not_mix(self):
        sides = self.sides()
        for base in sides:
            for contender in sides:
                if base == contender or {base, contender} == {"sweep", "grid"}:
                    continue
                with self.subTest(base=base, contender=contender):
                    result = run("compare", sides[base], sides[contender])
                    self.assert_refused(result)
                    self.assertRegex(result.stderr, r"expected a .* as .* is, found a ")

    def test_another_grid(self):
        other = self.write("other", run("sweep", "--alpha", "1", "--res", "64", "--format", "json").stdout)
        result = run("compare", self.write("base", self.grid), other)
        self.assert_refused(result)
        self.assertIn("expected a cell of", result.stderr)

    def test_a_torn_log_is_compared_as_far_as_it_goes(self):
        whole, torn = self.write("whole", self.log), self.write("torn", self.log[:-20])
        result = run("compare", whole, torn)
        self.assertEqual(result.returncode, 0)
        self.assertIn("note:", result.stderr)

    def test_wrong_files_leave_the_old_report(self):
        base = self.write("base", self.grid)
        report = self.write("report.json", "old")
        for content in ["", "{}", "[]", "\0", self.grid[:99], '{"schema": "mobilenet-cost.budget.v1"}']:
            with self.subTest(content[:20]):
                self.assert_refused(run("compare", base, self.write("wrong", content), "-o", report))
                self.assertEqual(report.read_text(), "old")
        self.assert_refused(run("compare", base, self.folder / "none"))
        self.assert_refused(run("compare", base, self.folder))
        self.assert_refused(run("compare", base))

    def test_wrong_flags(self):
        base = self.write("base", self.grid)
        self.assert_refused(
            run("compare", base, base, "--ignore", "mac"),
            '--ignore: unknown quantity "mac" (did you mean "macs"?)',
        )
        self.assert_refused(run("compare", base, base, "--threshold", "1"), "--threshold: expected a part below 1, found 1")
        self.assert_refused(run("compare", base, base, "--threshold", "0"))
        self.assert_refused(run("compare", base, base, "--threshold", "-1"))


if __name__ == "__main__":
    unittest.main()
