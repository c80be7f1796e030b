"""The budget command: limits that hold and that do not, and files that are wrong."""

import json
import os
import unittest

from files_test import MODEL
from program import SOURCE, CliTest, run

# MobileNetV1 0.5 at 160: arXiv 1704.04861, table 14, rounds them to 76 million and 1.32 million.
MACS = 76_524_800
PARAMS = 1_320_648

VARIANT = {"alpha": 0.5, "resolution": 160}

# Content, and the sentence after the path.
WRONG = [
    ("", "expected valid JSON"),
    ('{"schema": "mobilenet-cost.budget.v1", "budgets": [{"max_macs": 1', "expected valid JSON"),
    ("[]", "expected an object, found an array of 0"),
    ('{"budgets": [{"max_macs": 1}]}', 'expected a key "schema", found none'),
    ('{"schema": "mobilenet-cost.model.v1"}', 'expected a document of the schema "mobilenet-cost.budget.v1", found a model '
     'file (mobilenet-cost.model.v1), which `--model` reads'),
]
WRONG_ENTRIES = [
    ({"max_mac": 1}, '/budgets/0: unknown key "max_mac" (did you mean "max_macs"?)'),
    ({"max_macs": -1}, "/budgets/0/max_macs: expected a whole number from 0 to 9223372036854775807, found -1"),
    ({"max_macs": "1"}, '/budgets/0/max_macs: expected a whole number from 0 to 9223372036854775807, found "1"'),
    ({"max_macs": 1, "alpha": 0}, "/budgets/0/alpha: expected a number above 0 and at most 1000, found 0"),
    ({"max_macs": 1, "beta": 1, "resolution": 9}, '/budgets/0: expected "resolution" or "beta", found both'),
    ({"max_macs": 1, "model": "mobilnet_v1"}, 'unknown model "mobilnet_v1" (did you mean "mobilenet_v1"?)'),
    ({"max_macs": 1, "model": "none.json"}, "none.json: expected a readable file, found: No such file or directory"),
    ({"max_macs": 1, "convention": "papr"}, 'unknown convention "papr" (did you mean "paper"?)'),
    ({"max_macs": 1, "dtype": "f6"}, 'unknown dtype "f6"'),
    ({"alpha": 1}, '/budgets/0: expected a limit such as "max_macs", found none'),
    (
        {"max_macs": 1, "alpha": 1000, "resolution": 1000000, "batch": 1000000},
        "/budgets/0: a count exceeds the 64-bit range (2^63 - 1)",
    ),
]


class Budget(CliTest):
    def budget(self, *entries, name="budget.json"):
        return self.write(name, json.dumps({"schema": "mobilenet-cost.budget.v1", "budgets": entries}))

    def test_limits_hold(self):
        path = self.budget({**VARIANT, "max_macs": MACS, "max_params": PARAMS})
        document = json.loads(self.output("budget", path, "--format", "json"))
        self.assertEqual(document["exceeded"], 0)
        self.assertEqual(
            [(check["quantity"], check["limit"], check["found"], check["exceeded"]) for check in document["checks"]],
            [("max_macs", MACS, MACS, False), ("max_params", PARAMS, PARAMS, False)],
        )

    def test_classes_are_those_of_the_file(self):
        model = SOURCE / "docs/models/kernels5.json"
        [variant] = json.loads(self.output("cost", "-m", model, "-f", "json"))["variants"]
        self.assertEqual(variant["classes"], 10)
        path = self.budget({"model": str(model), "max_params": variant["totals"]["params"]})
        [check] = json.loads(self.output("budget", path, "-f", "json"))["checks"]
        self.assertEqual(check["found"], check["limit"])

    def test_each_exceeded_limit_is_named_after_the_report(self):
        path = self.budget({**VARIANT, "max_macs": MACS - 1, "max_params": PARAMS}, {**VARIANT, "max_weight_bytes": 0})
        result = run("budget", path, "--format", "json")
        self.assertEqual(result.returncode, 3)
        document = json.loads(result.stdout)
        self.assertEqual(document["exceeded"], 2)
        self.assertEqual([check["exceeded"] for check in document["checks"]], [True, False, True])
        [macs, weights] = result.stderr.splitlines()
        self.assertIn("max_macs exceeded by 1 ", macs)
        self.assertIn(f"limit {MACS - 1:,}, found {MACS:,}", macs)
        self.assertIn("max_weight_bytes exceeded by", weights)
        for line in (macs, weights):
            self.assertTrue(line.startswith("mobilenet-cost: mobilenet_v1 alpha 0.5 resolution 160: "), line)

    def test_a_screenful_of_exceeded_limits_is_told_in_six_lines(self):
        path = self.budget(*[{**VARIANT, "max_macs": limit, "max_params": 1} for limit in range(4)])
        result = run("budget", path, "--format", "json")
        self.assertEqual(result.returncode, 3)
        self.assertEqual(json.loads(result.stdout)["exceeded"], 8)
        lines = result.stderr.splitlines()
        self.assertEqual((len(lines), lines[-1]), (6, "mobilenet-cost: and 3 more exceeded"))

    def test_report_is_written_to_a_file_before_exit_3(self):
        path = self.budget({**VARIANT, "max_macs": 1})
        report = self.folder / "report.csv"
        result = run("budget", path, "--output", report)
        self.assertEqual((result.returncode, result.stdout), (3, ""))
        self.assertIn("EXCEEDED", report.read_text())
        self.assert_folder_holds(["budget.json", "report.csv"])

    def test_every_quantity_is_the_costs(self):
        names = {
            "max_macs": "macs",
            "max_params": "params",
            "max_weight_bytes": "weight_bytes",
            "max_activation_bytes": "activation_bytes",
            "max_traffic_bytes": "traffic_bytes",
            "max_peak_activation_bytes": "peak_activation_bytes",
            "max_peak_in_place_bytes": "peak_in_place_bytes",
        }
        path = self.budget({"model": "mobilenet_v2", "alpha": 0.35, "resolution": 96, **dict.fromkeys(names, 1)})
        checks = json.loads(run("budget", path, "--format", "json").stdout)["checks"]
        totals = json.loads(self.output("-m", "mobilenet_v2", "-a", "0.35", "-r", "96", "-f", "json"))["variants"][0]["totals"]
        self.assertEqual({check["quantity"]: check["found"] for check in checks}, {k: totals[v] for k, v in names.items()})

    def test_settings_of_an_entry_count(self):
        entry = {
            "model": "mobilenet_v3_small", "beta": 0.5, "classes": 10, "batch": 2, "dtype": "i8", "alpha_scope": "inner",
            "convention": "onnx_tool", "max_macs": 10**12, "max_weight_bytes": 10**12,
        }
        [macs, weights] = json.loads(self.output("budget", self.budget(entry), "-f", "json"))["checks"]
        flags = "-m mobilenet_v3_small --beta 0.5 --classes 10 --batch 2 --dtype i8 --alpha-scope inner --convention onnx_tool"
        totals = json.loads(self.output(*flags.split(), "-f", "json"))["variants"][0]["totals"]
        self.assertEqual((macs["found"], weights["found"]), (totals["macs"], totals["weight_bytes"]))
        self.assertEqual((macs["resolution"], macs["dtype"], macs["convention"]), (112, "i8", "onnx_tool"))

    def test_model_file_is_relative_to_the_budget(self):
        self.write("tiny.json", json.dumps(MODEL))
        (self.folder / "below").mkdir()
        path = self.budget({"model": "../tiny.json", "max_macs": 10**9}, name="below/budget.json")
        for cwd in [self.folder, "/"]:
            [check] = json.loads(self.output("budget", path, "-f", "json", cwd=cwd))["checks"]
            self.assertEqual(check["model"], "tiny")
        self.budget({"model": "tiny.json", "max_macs": 10**9})
        self.assertIn("tiny", self.output("budget", "budget.json", cwd=self.folder))
        entry = {"model": os.fspath(self.folder / "tiny.json"), "max_macs": 10**9}
        self.assertIn("tiny", self.output("budget", self.budget(entry), cwd="/"))

    def assert_refuses(self, path, text):
        output = self.write("report.txt", "old")
        result = run("budget", path, "--output", output)
        self.assert_refused(result)
        self.assertIn(f"error: {path}: ", result.stderr)
        self.assertIn(text, result.stderr)
        self.assertEqual(output.read_text(), "old")

    def test_wrong_documents(self):
        for content, text in WRONG:
            with self.subTest(text):
                self.assert_refuses(self.write("budget.json", content), text)

    def test_wrong_entries(self):
        for entry, text in WRONG_ENTRIES:
            with self.subTest(text):
                self.assert_refuses(self.budget(entry), text)

    def test_the_second_entry_is_named(self):
        path = self.budget({"max_macs": 1}, {"max_macs": 1, "batch": 0})
        self.assert_refuses(path, "/budgets/1/batch: expected a whole number from 1 to 1000000, found 0")

    def test_wrong_files(self):
        self.assert_refuses(self.folder / "none.json", "No such file or directory")
        self.assert_refuses(self.folder, "expected a file, found a directory")
        self.assert_refuses("/dev/zero", "expected a file or a pipe, found a device")


if __name__ == "__main__":
    unittest.main()
