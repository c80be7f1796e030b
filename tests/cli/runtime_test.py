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

    def test_without_the_flag_there_is_none(self):
        [variant] = json.loads(self.output("cost", "--format", "json"))["variants"]
        self.assertNotIn("runtime", variant)

    def test_rules_and_their_error_are_told(self):
        text = self.output("cost", "--runtime", "tflm", "--show", "totals")
        self.assertIn("head ", text)
        self.assertIn("TensorFlow Lite Micro: arena of the greedy planner", text)
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
