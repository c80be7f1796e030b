"""--runtime: what a runtime of small devices allocates, against what it was seen to: tests/data/tflm_arena.csv."""

import csv
import json
import unittest

from program import SOURCE, CliTest, run

with open(SOURCE / "tests/data/tflm_arena.csv", encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))


def network(row):
    return ["--model", row["name"], "--alpha", row["alpha"], "--res", f"{row['height']}x{row['width']}", "--channels",
            row["channels"], "--classes", row["classes"]]


class Runtime(CliTest):
    def need(self, *arguments):
        [variant] = json.loads(self.output("cost", "--format", "json", *arguments))["variants"]
        return variant["runtime"]

    def test_tflm_as_it_was_measured(self):
        """A network that was not trained has no bias in FULLY_CONNECTED, which is 16 bytes of its tail."""
        self.assertGreaterEqual(len(ROWS), 16)
        for row in ROWS:
            with self.subTest(row["name"], alpha=row["alpha"], height=row["height"], trained=row["trained"]):
                found = self.need("--runtime", "tflm", *network(row))
                self.assertEqual(found["name"], "tflm")
                self.assertEqual(found["head_bytes"], int(row["head_bytes"]))
                self.assertEqual(found["arena_bytes"], found["head_bytes"] + found["tail_bytes"])
                self.assertEqual(found["ram_bytes"], found["arena_bytes"])
                dense = row["trained"] == "no" and row["name"] == "keras:MobileNetV2"
                self.assertEqual(found["tail_bytes"], int(row["tail_bytes"]) + (16 if dense else 0))
                file = found["flash_bytes" if row["trained"] == "yes" else "file_bytes"]
                self.assertLess(abs(file / int(row["file_bytes"]) - 1), 0.001)

    def test_live_is_the_peak_and_the_weights(self):
        for row in ROWS:
            output = self.output("cost", "--format", "json", "--dtype", "i8", "--runtime", "live", *network(row))
            [variant] = json.loads(output)["variants"]
            totals = variant["totals"]
            self.assertEqual(variant["runtime"], {"name": "live", "ram_bytes": totals["peak_activation_bytes"],
                                                  "flash_bytes": totals["weight_bytes"]})
            self.assertLessEqual(totals["peak_activation_bytes"], int(row["head_bytes"]))

    def test_tflm_is_of_int8(self):
        [variant] = json.loads(self.output("cost", "--format", "json", "--runtime", "tflm"))["variants"]
        self.assertEqual(variant["dtype"], "i8")
        result = run("cost", "--runtime", "tflm", "--dtype", "f32")
        self.assert_refused(result, "mobilenet_v1: --runtime tflm: expected data type i8, found f32")

    def test_cube_ai_is_what_was_published(self):
        """449.58 KiB of activations and 16.38 of the runtime; 812.61 KiB of weights and 81.46 of code."""
        network = ["--model", "mobilenet_v1", "--alpha", "0.5", "--res", "224"]
        self.assertEqual(self.need("--runtime", "cube_ai", "--classes", "5", *network),
                         {"name": "cube_ai", "ram_bytes": 477144, "flash_bytes": 915528})
        self.assertEqual(self.need("--runtime", "cube_ai", *network)["ram_bytes"], 458240)
        result = run("cost", "--runtime", "cube_ai", "--classes", "6", *network)
        self.assert_refused(result, "mobilenet_v1: --runtime cube_ai: expected a network that ST's model zoo has a figure of, found another one")

    def pick(self, *arguments, status=0):
        result = run("pick", "--dtype", "i8", "--format", "json", *arguments)
        self.assertEqual(result.returncode, status, result)
        return json.loads(result.stdout)

    def test_pick_names_the_runtime(self):
        """RAM that only counts live tensors, 135 and 192 KiB, said that more than these fit."""
        v2 = ["--model", "mobilenet_v2", "--alpha", "0.35", "--res", "96", "--classes", "2"]
        found = self.pick("--max-ram-kib", "256", *v2)
        self.assertEqual(found["settings"]["runtime"], "tflm")
        self.assertEqual(found["candidates"][0]["peak_activation_bytes"], 138240)
        self.assertGreater(found["candidates"][0]["runtime"]["ram_bytes"], 200 * 1024)
        self.assertEqual(self.pick("--max-ram-kib", "192", *v2, status=3)["fitting"], 0)
        self.assertEqual(self.pick("--max-peak-kib", "192", *v2)["fitting"], 1)
        v1 = ["--model", "mobilenet_v1", "--alpha", "0.5", "--res", "224", "--classes", "5"]
        self.assertEqual(self.pick("--max-ram-kib", "512", *v1, status=3)["fitting"], 0)
        self.assertEqual(self.pick("--max-ram-kib", "512", "--runtime", "cube_ai", *v1)["fitting"], 1)
        text = self.output("pick", "--dtype", "i8", "--max-ram-kib", "256", *v2)
        self.assertIn("RAM and flash of the runtime tflm", text)

    def test_pick_takes_live_for_floats(self):
        result = run("pick", "--model", "mobilenet_v1", "--max-ram-kib", "1024", "--format", "json")
        self.assertEqual(json.loads(result.stdout)["settings"]["runtime"], "live")

    def test_what_the_runtime_does_not_know_meets_no_limit(self):
        found = self.pick("--runtime", "cube_ai", "--max-ram-kib", "4096", "--model", "mobilenet_v1")
        known = [one for one in found["candidates"] if one["runtime"]]
        self.assertEqual(found["fitting"], len(known))
        self.assertLess(len(known), len(found["candidates"]))
        for one in found["candidates"]:
            self.assertEqual(one["unknown"], [] if one["runtime"] else ["max_ram_bytes"])

    def test_budgets_name_the_runtime(self):
        budget = {"schema": "mobilenet-cost.budget.v1", "budgets": [
            {"alpha": 0.25, "resolution": 96, "classes": 5, "dtype": "i8", "max_ram_bytes": 100 * 1024, "max_flash_bytes": 400 * 1024},
            {"alpha": 0.25, "resolution": 96, "classes": 5, "dtype": "i8", "runtime": "live", "max_ram_bytes": 100 * 1024}]}
        path = self.folder / "budget.json"
        path.write_text(json.dumps(budget), encoding="utf-8")
        result = run("budget", path, "--format", "json")
        self.assertEqual(result.returncode, 3, result)
        checks = json.loads(result.stdout)["checks"]
        self.assertEqual([(one["runtime"], one["quantity"], one["found"], one["exceeded"]) for one in checks],
                         [("tflm", "max_ram_bytes", 103584, True), ("tflm", "max_flash_bytes", checks[1]["found"], False),
                          ("live", "max_ram_bytes", 55296, False)])
        self.assertIn("max_ram_bytes (tflm) exceeded by 1,184", result.stderr)

    def test_sweep_has_it_in_each_cell(self):
        cells = json.loads(self.output("sweep", "--runtime", "tflm", "--format", "json"))["cells"]
        for cell in cells:
            self.assertGreater(cell["runtime"]["head_bytes"], 0)
        self.assert_refused(run("sweep", "--runtime", "tflm", "--bench"), "--runtime: expected a sweep without --bench")

    def test_without_the_flag_there_is_none(self):
        [variant] = json.loads(self.output("cost", "--format", "json"))["variants"]
        self.assertNotIn("runtime", variant)

    def test_rules_and_their_error_are_told(self):
        text = self.output("cost", "--runtime", "tflm", "--show", "totals")
        self.assertIn("head ", text)
        self.assertIn("tflm, TensorFlow Lite Micro:\narena of the greedy planner", text)
        self.assertIn("Its error: ", text)

    def test_every_bundled_network(self):
        lines = self.output("cost", "--runtime", "tflm", "--model", "all", "--format", "jsonl").splitlines()
        self.assertGreater(len(lines), 8)
        for line in lines:
            variant = json.loads(line)
            need = variant["runtime"]
            self.assertGreaterEqual(need["head_bytes"], variant["totals"]["peak_activation_bytes"])
            self.assertEqual(need["arena_bytes"], need["head_bytes"] + need["tail_bytes"])


if __name__ == "__main__":
    unittest.main()
