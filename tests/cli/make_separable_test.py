"""--make-separable: every K x K convolution as a depthwise and a pointwise one, counted, timed and written."""

import json
import unittest

from program import SOURCE, CliTest, run

QUICK = ["--rounds", "3", "--max-seconds", "20"]


def conv(name, **more):
    return {"kind": "conv", "name": name, "channels": 8, "kernel": 3, **more}


RESIDUAL = {
    "schema": "mobilenet-cost.model.v2",
    "name": "residual",
    "resolution": 8,
    "classes": 10,
    "rounding": {"rule": "truncate", "minimum": 1},
    "activation": "relu",
    "blocks": [
        conv("stem", stride=2),
        conv("one"),
        conv("two", activation="none"),
        {"kind": "add", "name": "sum", "inputs": ["two", "stem"], "activation": "relu"},
        conv("grouped", groups=2),
        conv("narrow", kernel=1),
        {"kind": "pool", "name": "pool"},
        {"kind": "classifier", "name": "logits"},
    ],
}


class MakeSeparable(CliTest):
    def setUp(self):
        super().setUp()
        self.model = self.write("residual.json", json.dumps(RESIDUAL))

    def variant(self, *arguments):
        [variant] = json.loads(self.output("cost", *arguments, "-f", "json"))["variants"]
        return variant

    def test_counts_by_hand(self):
        """On 4 x 4 maps: 3 x 3 over each channel of the input, then 1 x 1; groups and 1 x 1 stay."""
        made = self.variant("-m", self.model, "--make-separable")
        kept = [("grouped", 16 * 9 * 4 * 8, 9 * 4 * 8), ("narrow", 16 * 8 * 8, 8 * 8), ("logits", 80, 80 + 10)]
        pairs = [("stem", 3)] + [(name, 8) for name in ["one", "two"]]
        expected = kept + [row for name, c in pairs for row in [(f"{name}_depthwise", 16 * 9 * c, 9 * c), (f"{name}_pointwise", 16 * c * 8, c * 8)]]
        found = [(row["name"], row["macs"], row["params"]) for row in made["layers"] if row["macs"]]
        self.assertEqual(sorted(found), sorted(expected))
        self.assertEqual(made["totals"]["macs"], sum(macs for _, macs, _ in expected))
        blocks = {block["name"]: [block[key] for key in ["p_s", "p_d", "c_s", "c_d"]] for block in made["blocks"]}
        self.assertEqual(blocks["stem_pointwise"] if "stem_pointwise" in blocks else blocks["stem"],
                         [9 * 3 * 8, 9 * 3 + 3 * 8, 16 * 9 * 3 * 8, 16 * (9 * 3 + 3 * 8)])
        self.assertEqual(len(blocks), 3)
        ends = 64 * 3 + 16 * 8  # of the stem: what it reads and writes
        [stem] = [block for block in made["blocks"] if block["name"].startswith("stem")]
        self.assertEqual((stem["bytes_s"], stem["bytes_d"]), (4 * (ends + 216), 4 * (ends + 2 * 16 * 3 + 27 + 24)))
        self.assertIs(made["make_separable"], True)

    def test_batch_norm_as_the_convolution_has_it(self):
        made = self.variant("-m", self.model, "--make-separable")
        self.assertEqual(made["params"]["bn1"] - made["params"]["bn0"], (3 + 8) + 2 * (8 + 8) + 8 + 8)

    def test_the_standard_counterpart_is_the_network_itself(self):
        own = self.variant("-m", self.model)
        made = self.variant("-m", self.model, "--make-separable")
        self.assertNotIn("make_separable", own)
        self.assertEqual(made["standard"], {key: own["totals"][key] for key in ["macs", "params"]})
        self.assertEqual(made["ratio"]["macs"], own["totals"]["macs"] / made["totals"]["macs"])

    def test_a_block_that_expands(self):
        """timm's EdgeTPU networks: the K x K convolution of a fused block, and its stem."""
        own = self.variant("-m", "timm:mobilenet_edgetpu_v2_xs", "--res", "64")
        made = self.variant("-m", "timm:mobilenet_edgetpu_v2_xs", "--res", "64", "--make-separable")
        standard = [row for row in own["layers"] if row["op"] == "conv2d" and row["groups"] == 1]
        self.assertGreater(len(standard), 3)
        self.assertEqual(len(made["layers"]), len(own["layers"]) + len(standard))
        self.assertFalse([row for row in made["layers"] if row["op"] == "conv2d" and row["groups"] == 1])
        self.assertEqual(len({row["name"] for row in made["layers"]}), len(made["layers"]))

    def test_nothing_to_change(self):
        for change in [lambda d: d["blocks"].clear()]:
            change(document := json.loads(json.dumps(RESIDUAL)))
            document["blocks"] = RESIDUAL["blocks"][4:]
            path = self.write("grouped.json", json.dumps({**document, "input_channels": 8}))
            result = run("cost", "-m", path, "--make-separable", "-f", "json")
            self.assertEqual(result.returncode, 0)
            self.assertEqual(result.stderr, "mobilenet-cost: note: residual has no K x K convolution that is not depthwise: "
                             "--make-separable changes nothing\n")
            self.assertEqual(json.loads(result.stdout)["variants"][0]["totals"], self.variant("-m", path)["totals"])

    def test_an_export_of_it_reads_back(self):
        path = f"{self.folder}/made.onnx"
        result = run("export", "-m", self.model, "--make-separable", "--onnx", path)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("made separable", result.stderr)
        made, back = self.variant("-m", self.model, "--make-separable"), self.variant("-m", path)
        for key in ["macs", "weight_bytes", "activation_bytes", "peak_activation_bytes"]:
            self.assertEqual(back["totals"][key], made["totals"][key], key)
        self.assertEqual(back["totals"]["params"], made["params"]["bn1"])
        self.assertEqual(run("compare", path, self.model, "--make-separable").returncode, 0)

    def test_a_files_weights_do_not_fit(self):
        path = f"{self.folder}/own.onnx"
        self.assertEqual(run("export", "-m", self.model, "--onnx", path).returncode, 0)
        for command in [["export", "--onnx", f"{self.folder}/made.onnx"], ["bench", *QUICK, "-e", "native"]]:
            result = run(*command, "-m", path, "--make-separable")
            self.assertIn(result.returncode, [0, 5])
            self.assertIn("note: own: made separable, its layers are not those that the file has weights for: they are random", result.stderr)
        self.assertNotIn("random", run("cost", "-m", path, "--make-separable").stderr)

    def test_it_is_timed(self):
        """An engine's outputs are compared with the reference's before it is timed."""
        for engine in ["native", "onednn", "xnnpack"]:
            result = run("bench", "-m", self.model, "--make-separable", *QUICK, "-e", engine, "-f", "json")
            self.assertIn(result.returncode, [0, 5], result.stderr)
            [variant] = json.loads(result.stdout)["variants"]
            self.assertLessEqual({row.get("reason") for row in variant["measured"]}, {None, "every round was disturbed"})

    def test_a_sweep_and_a_budget(self):
        cells = json.loads(self.output("sweep", "-m", self.model, "--make-separable", "--res", "8,16", "-f", "json"))
        self.assertIs(cells["settings"]["make_separable"], True)
        made = self.variant("-m", self.model, "--make-separable")
        self.assertEqual(cells["cells"][0]["macs"], made["totals"]["macs"])
        budget = {"model": "residual.json", "make_separable": True, "max_macs": made["totals"]["macs"]}
        path = self.write("budget.json", json.dumps({"schema": "mobilenet-cost.budget.v1", "budgets": [budget]}))
        self.output("budget", path)

    def test_a_file_of_others(self):
        file = SOURCE / "docs/models/somebodys.onnx"
        made = self.variant("-m", file, "--make-separable")
        self.assertEqual(made["standard"]["macs"], self.variant("-m", file)["standard"]["macs"])


if __name__ == "__main__":
    unittest.main()
