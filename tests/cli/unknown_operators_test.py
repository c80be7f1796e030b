"""Operators that are not known are never a silent zero: "at least", `unclear` or null, and exit status 1."""

import csv
import io
import json
import unittest

from program import CliTest, run

MODEL = {
    "schema": "mobilenet-cost.model.v2",
    "name": "strange",
    "resolution": 8,
    "classes": 10,
    "rounding": {"rule": "truncate", "minimum": 1},
    "blocks": [
        {"kind": "conv", "name": "stem", "channels": 8, "kernel": 3},
        {"kind": "unknown", "name": "rnn", "op": "LSTM", "height": 8, "width": 8, "channels": 8},
        {"kind": "pool", "name": "pool"},
        {"kind": "classifier", "name": "logits"},
    ],
}
MACS = 64 * 9 * 3 * 8 + 80
UNCHECKED = "mobilenet-cost: note: the tools were not run on networks with unknown: counts beside multiply-adds may differ\n"
NOTE = "mobilenet-cost: note: strange: 1 operator is not known and not counted, totals are lower bounds: LSTM (rnn)\n"


class UnknownOperators(CliTest):
    def setUp(self):
        super().setUp()
        self.model = self.write("strange.json", json.dumps(MODEL))

    def bounded(self, *arguments, allow="--allow-unknown", note=NOTE):
        """The output, which is the same with and without the flag."""
        note += UNCHECKED if arguments[0] == "conventions" else ""
        result = run(*arguments)
        self.assertEqual((result.returncode, result.stderr), (1, note))
        allowed = run(*arguments, allow)
        self.assertEqual((allowed.returncode, allowed.stderr, allowed.stdout), (0, note, result.stdout))
        return result.stdout

    def test_every_command_that_prints_counts(self):
        for command in [["cost"], ["cost", "--alpha", "1,2"], ["sweep"], ["conventions"], ["compare", self.model]]:
            with self.subTest(command):
                model = [self.model] if command[0] == "compare" else ["-m", self.model]
                self.assertIn("at least", self.bounded(*command, *model))
                self.bounded(*command, *model, "--format", "json")

    def test_documents_say_so(self):
        [cell] = json.loads(self.bounded("sweep", "-m", self.model, "-f", "json"))["cells"]
        self.assertEqual((cell["macs"], cell["lower_bound"]), (MACS, True))
        [network] = json.loads(self.bounded("conventions", "-m", self.model, "-f", "json"))["networks"]
        self.assertIs(network["lower_bound"], True)
        document = json.loads(self.bounded("compare", self.model, self.model, "-f", "json"))
        self.assertEqual((document["base"]["unknown"], document["differences"]), (1, []))
        [known] = json.loads(self.output("sweep", "--alpha", "1", "--res", "32", "-f", "json"))["cells"]
        self.assertNotIn("lower_bound", known)

    def test_tables_for_machines_say_so(self):
        """A last column, where there are such rows alone; what is not known is empty."""
        budgets = [{"model": "strange.json", "max_macs": MACS}, {"model": "mobilenet_v1", "max_macs": 10**9}]
        budget = self.write("budget.json", json.dumps({"schema": "mobilenet-cost.budget.v1", "budgets": budgets}))
        both = f"{self.model},mobilenet_v1"
        for command in [["cost", "-m", both], ["cost", "-m", both, "--show", "layers"], ["sweep", "-m", both, "--alpha", "1", "--res", "8", "--classes", "10"],
                        ["conventions", "-m", both], ["budget", budget], ["pick", "-m", both, "--classes", "10", "--max-macs", "1G"]]:
            with self.subTest(command):
                rows = list(csv.DictReader(io.StringIO(run(*command, "-f", "csv").stdout)))
                self.assertEqual({(row["model"], row["lower_bound"]) for row in rows}, {("strange", "true"), ("mobilenet_v1", "")})
        layers = list(csv.DictReader(io.StringIO(run("cost", "-m", self.model, "--show", "layers", "-f", "csv").stdout)))
        self.assertEqual([row["macs"] for row in layers if row["op"] == "unknown"], [""])
        self.assertNotIn("lower_bound", self.output("cost", "-f", "csv"))

    def test_a_layer_that_is_not_known_in_a_diff(self):
        other = self.write("other.json", json.dumps({**MODEL, "blocks": [MODEL["blocks"][0], *MODEL["blocks"][2:]]}))
        result = run("compare", self.model, other)
        self.assertEqual(result.returncode, 3)
        self.assertRegex(result.stdout, r"gone +rnn +LSTM +\? +\? +\?")
        self.assertIn("base, at least", result.stdout)
        [row] = json.loads(run("compare", self.model, other, "-f", "json").stdout)["differences"]
        self.assertEqual((row["base"]["op"], row["base"]["macs"]), ("LSTM", None))
        renamed = json.loads(json.dumps(MODEL).replace("LSTM", "TopK"))
        result = run("compare", self.model, self.write("renamed.json", json.dumps(renamed)), "-f", "csv")
        self.assertIn("op LSTM -> TopK", result.stdout)

    def test_what_is_not_run_is_not_counted_whole(self):
        log = f"{self.folder}/run.jsonl"
        words = ["-m", self.model, "--rounds", "3", "--max-seconds", "20"]
        self.assertIn("The counts of strange are lower bounds", run("bench", *words).stdout)
        result = run("sweep", "--bench", *words, "--log", log)
        self.assertEqual(result.returncode, 1)
        for text in [result.stdout, self.output("report", log)]:
            self.assertIn("The counts of strange are lower bounds: some of its operators are not known.", text)
        [cell] = json.loads(self.output("report", log, "-f", "json"))["cells"]
        self.assertIs(cell["lower_bound"], True)

    def test_a_budget_that_may_not_hold(self):
        def budget(macs):
            rows = [{"model": "strange.json", "max_macs": macs}]
            return self.write("budget.json", json.dumps({"schema": "mobilenet-cost.budget.v1", "budgets": rows}))

        note = "mobilenet-cost: note: 1 limit is not known to hold: the network has operators that are not known and not counted\n"
        self.assertRegex(self.bounded("budget", budget(MACS), note=note), r"strange, at least .* unclear")
        [check] = json.loads(self.bounded("budget", budget(MACS), "-f", "json", note=note))["checks"]
        self.assertEqual((check["lower_bound"], check["exceeded"]), (True, False))
        self.assertEqual(run("budget", budget(MACS - 1), "--allow-unknown").returncode, 3)

    def test_a_pick_that_may_not_fit(self):
        result = run("pick", "-m", self.model, "--max-macs", "1G")
        self.assertEqual(result.returncode, 3)
        [row] = json.loads(run("pick", "-m", self.model, "--max-macs", "1G", "-f", "json").stdout)["candidates"]
        self.assertEqual((row["fits"], row["unknown"], row["lower_bound"]), (False, ["max_macs"], True))


if __name__ == "__main__":
    unittest.main()
