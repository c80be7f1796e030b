"""What each format promises: two runs are the same bytes, numbers are raw, layers sum to totals."""

import csv
import io
import json
import math
import unittest

from program import BUDGET, FORMATS, SMALL, CliTest, run

MODELS = ["mobilenet_v1", "mobilenet_v2", "mobilenet_v3_large", "mobilenet_v4_conv_medium"]


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def numbers_of(value):
    """Every number in a document."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for child in value for number in numbers_of(child)]
    return [value] if isinstance(value, (int, float)) and not isinstance(value, bool) else []


class Formats(CliTest):
    def commands(self):
        """Every command that counts and does not measure."""
        budget = self.write("budget.json", json.dumps(BUDGET))
        return [
            ["cost", *SMALL],
            ["cost", "--alpha", "0.25,0.5", "--res", "32,64"],
            ["cost", "--show", "blocks", "--alpha", "0.25,0.5", "--res", "32"],
            ["sweep", "--alpha", "0.25,0.5", "--res", "32,64"],
            ["conventions", *SMALL],
            ["models"],
            ["budget", budget],
            ["pick", "--model", "mobilenet_v1,mobilenet_v2", "--alpha", "0.25,0.5,0.6", "--res", "160,224", "--max-macs", "1e8"],
            ["cost", *SMALL, "--explain", "Conv2d_1"],
        ]

    def test_two_runs_are_the_same_bytes(self):
        for command in self.commands():
            for name in FORMATS:
                with self.subTest(command=command, format=name):
                    first = self.output(*command, "--format", name)
                    self.assertTrue(first.endswith("\n") and first.strip())
                    self.assertEqual(first, self.output(*command, "--format", name))

    def test_folder_and_locale_do_not_matter(self):
        for name in FORMATS:
            with self.subTest(name):
                env = {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8", "TZ": "Asia/Tokyo", "COLUMNS": "20"}
                self.assertEqual(
                    self.output(*SMALL, "-f", name), self.output(*SMALL, "-f", name, env=env, cwd=self.folder)
                )

    def test_jsonl_is_the_document_line_by_line(self):
        keys = {"cost": "variants", "sweep": "cells", "conventions": "networks", "models": "models", "budget": "checks", "pick": "candidates"}
        for command in self.commands():
            with self.subTest(command):
                document = json.loads(self.output(*command, "--format", "json"))
                items = document["explanations" if "--explain" in command else keys[command[0]]]
                lines = [json.loads(line) for line in self.output(*command, "--format", "jsonl").splitlines()]
                for line in lines:
                    self.assertEqual(line.pop("schema"), document["schema"])
                    if command[0] == "sweep":
                        self.assertEqual(line.pop("settings"), document["settings"])
                self.assertEqual(lines, items)

    def test_numbers_are_finite(self):
        for command in self.commands():
            with self.subTest(command):
                text = self.output(*command, "--format", "json")
                document = json.loads(text, parse_constant=self.fail)  # NaN and Infinity are not JSON
                self.assertTrue(all(math.isfinite(number) for number in numbers_of(document)))

    def test_csv_is_a_table_of_raw_numbers(self):
        for command in self.commands():
            with self.subTest(command):
                text = self.output(*command, "--format", "csv")
                [header, *rows] = csv.reader(io.StringIO(text, newline=""), strict=True)
                self.assertTrue(rows)
                self.assertEqual(len(set(header)), len(header))
                for name in header:
                    self.assertRegex(name, r"^[a-z][a-z0-9_]*$")
                for row in rows:
                    self.assertEqual(len(row), len(header))
                    for name, value in zip(header, row):
                        if name in ("alpha", "beta", "resolution", "macs", "params", "weight_bytes", "limit", "found"):
                            self.assertTrue(math.isfinite(float(value)), (name, value))

    def test_layers_sum_to_totals(self):
        for model in MODELS:
            for convention in ["paper", "onnx_tool", "tf_profiler"]:
                with self.subTest(model=model, convention=convention):
                    command = ["--model", model, "--alpha", "0.5,1", "--res", "96", "--convention", convention]
                    for variant in json.loads(self.output(*command, "-f", "json"))["variants"]:
                        for key in ["macs", "params", "weight_bytes", "activation_bytes", "memory_access_cost"]:
                            self.assertEqual(sum(layer[key] for layer in variant["layers"]), variant["totals"][key], key)

    def test_csv_says_what_json_says(self):
        command = ["--model", "mobilenet_v3_small", "--alpha", "0.75", "--res", "96"]
        [variant] = json.loads(self.output(*command, "-f", "json"))["variants"]
        rows = rows_of(self.output(*command, "-f", "csv"))
        self.assertEqual([row["layer"] for row in rows], [layer["name"] for layer in variant["layers"]])
        for key in ["macs", "params"]:
            self.assertEqual([int(row[key]) for row in rows], [layer[key] for layer in variant["layers"]])
            self.assertEqual(sum(int(row[key]) for row in rows), variant["totals"][key])
        self.assertAlmostEqual(sum(float(row["macs_share"]) for row in rows), 1)
        self.assertEqual(sum(int(row["traffic_bytes"]) for row in rows), variant["totals"]["traffic_bytes"])

    def test_ratios_are_quotients_of_the_counts(self):
        for model in MODELS:
            [variant] = json.loads(self.output("--model", model, *SMALL, "-f", "json"))["variants"]
            for key in ["macs", "params"]:
                self.assertEqual(variant["ratio"][key], variant["standard"][key] / variant["totals"][key])
            for block in variant["blocks"]:
                with self.subTest(model=model, block=block["name"]):
                    self.assertEqual(block["p_ratio"], block["p_s"] / block["p_d"])
                    self.assertEqual(block["c_ratio"], block["c_s"] / block["c_d"])
                    self.assertAlmostEqual(block["p_ratio"], block["ratio_closed_form"])

    def test_sweep_says_what_cost_says(self):
        grid = ["--alpha", "0.25,1", "--res", "64,96"]
        cells = json.loads(self.output("sweep", *grid, "-f", "json"))["cells"]
        variants = json.loads(self.output("cost", *grid, "-f", "json"))["variants"]
        for cell, variant in zip(cells, variants, strict=True):
            for key in ["macs", "params", "weight_bytes", "peak_activation_bytes"]:
                self.assertEqual(cell[key], variant["totals"][key])
            self.assertEqual(cell["standard_macs"], variant["standard"]["macs"])
            self.assertEqual(cell["analytic_speedup"], variants[-1]["totals"]["macs"] / cell["macs"])

    def test_differences_of_conventions_sum(self):
        [network] = json.loads(self.output("conventions", "-m", "mobilenet_v3_small", *SMALL, "-f", "json"))["networks"]
        paper = network["conventions"][0]
        self.assertEqual((paper["name"], paper["differences"]), ("paper", []))
        for convention in network["conventions"]:
            with self.subTest(convention["name"]):
                differences = convention["differences"]
                self.assertEqual(sum(row["count"] for row in differences), convention["count"] - paper["count"])
                for row in differences:
                    self.assertEqual(row["count"], row["factor"] * network["terms"][row["term"]])

    def test_cost_follows_the_convention(self):
        command = ["-m", "mobilenet_v3_small", *SMALL]
        [network] = json.loads(self.output("conventions", *command, "-f", "json"))["networks"]
        for convention in network["conventions"]:
            with self.subTest(convention["name"]):
                result = run(*command, "--convention", convention["name"], "-f", "json")
                # The tools that build this network otherwise say so.
                self.assertEqual("note: " in result.stderr, convention["name"] in ["keras", "torchvision", "timm"])
                [variant] = json.loads(result.stdout)["variants"]
                self.assertEqual(variant["totals"]["macs"], convention["count"])
                self.assertEqual(variant["totals"]["params"], convention["params"])
                self.assertEqual(variant["unit"], convention["unit"])

    def test_show_chooses_the_parts(self):
        starts = {"kinds": "Sums by kind", "layers": "layer ", "blocks": "Separable blocks", "scaling": "Against alpha 1",
                  "totals": "parameters "}
        for part in starts:
            with self.subTest(part):
                lines = self.output(*SMALL, "--show", part).splitlines()
                found = [name for name, start in starts.items() if any(line.startswith(start) for line in lines[:-1])]
                self.assertEqual(found, [part])

    def test_each_part_of_a_csv_is_a_file(self):
        parts = ["totals", "kinds", "layers", "blocks", "scaling"]
        path = self.folder / "x.csv"
        self.assertEqual(self.output(*SMALL, "--show", "all", "-o", path), "")
        self.assert_folder_holds([f"x.{part}.csv" for part in parts])
        for part in parts:
            one = self.output(*SMALL, "--show", part, "-f", "csv")
            self.assertEqual((self.folder / f"x.{part}.csv").read_text(), one)
        self.assert_refused(
            run(*SMALL, "--show", "blocks,scaling", "-f", "csv"),
            "--output: expected a name such as x.csv for CSV of several tables (blocks, scaling), each of which becomes a "
            "file of its own, found standard output",
        )

    def test_kinds_are_sums_of_layers(self):
        """Table 2 of the paper of MobileNetV1: 94.86 % of the multiply-adds and 74.59 % of the parameters are pointwise."""
        for model in MODELS:
            [variant] = json.loads(self.output("-m", model, "-f", "json"))["variants"]
            for key, share in [("macs", "mac_share"), ("params", "param_share")]:
                self.assertEqual(sum(row[key] for row in variant["kinds"]), variant["totals"][key])
                self.assertAlmostEqual(sum(row[share] for row in variant["kinds"]), 1)
            self.assertEqual(sum(row["layers"] for row in variant["kinds"]), len(variant["layers"]))
        [v1] = json.loads(self.output("-f", "json"))["variants"]
        kinds = {row["kind"]: row for row in v1["kinds"]}
        self.assertAlmostEqual(kinds["pointwise"]["mac_share"], 0.9486, delta=0.0005)
        self.assertAlmostEqual(kinds["pointwise"]["param_share"], 0.7459, delta=0.0015)
        self.assertAlmostEqual(kinds["depthwise"]["mac_share"], 0.0306, delta=0.0005)
        self.assertAlmostEqual(kinds["classifier"]["param_share"], 0.2433, delta=0.0015)

    def test_a_block_is_derived(self):
        [variant] = json.loads(self.output(*SMALL, "-f", "json"))["variants"]
        for block in variant["blocks"]:
            [explained] = json.loads(self.output(*SMALL, "--explain", block["name"], "-f", "json"))["explanations"]
            steps = {step["quantity"]: step for step in explained["steps"]}
            for key in ["P_s", "P_d", "C_s", "C_d"]:
                self.assertEqual(steps[key]["value"], block[key.lower()])
                self.assertEqual(eval(steps[key]["numbers"]), block[key.lower()])  # arithmetic of this program
            self.assertEqual(steps["closed form"]["value"], block["ratio_closed_form"])
            self.assertAlmostEqual(eval(steps["closed form"]["numbers"]), block["p_ratio"])
            self.assertEqual(steps["wrong"]["value"], block["ratio_article_approx"])
        self.assertEqual(set(explained["symbols"]), {"N", "H", "W", "K", "Ci", "Co", "groups", "bytes", "read", "written"})

    def test_explain_as_latex(self):
        text = self.output(*SMALL, "--explain", "Conv2d_1", "-f", "latex")
        self.assertIn("\\begin{align*}\n  P_s & = K^2 \\cdot C_i \\cdot C_o = ", text)
        self.assertEqual(text.count("{"), text.count("}"))
        path = self.folder / "block.tex"
        self.output(*SMALL, "--explain", "Conv2d_1", "-o", path)
        self.assertEqual(path.read_text(), text)

    def test_explain_ends_with_the_layers_numbers(self):
        [variant] = json.loads(self.output(*SMALL, "-f", "json"))["variants"]
        for layer in variant["layers"]:
            with self.subTest(layer["name"]):
                text = self.output(*SMALL, "--explain", layer["name"])
                self.assertIn(f"{layer['activation_bytes']:,}", text)
                if layer["kernel"] is not None:
                    self.assertIn(f"{layer['macs']:,}", text)


if __name__ == "__main__":
    unittest.main()
