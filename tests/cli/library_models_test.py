"""--model LIBRARY:NAME is the network that the library builds, to the integer: tests/data/library_networks.csv."""

import csv
import json
import unittest

from program import PREFIX, SOURCE, CliTest, run

with open(SOURCE / "tests/data/library_networks.csv", encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))


class LibraryModels(CliTest):
    def counts(self, *arguments):
        [variant] = json.loads(self.output("cost", "--format", "json", *arguments))["variants"]
        return variant

    def test_every_count(self):
        self.assertGreater(len(ROWS), 60)
        for row in ROWS:
            with self.subTest(row["name"], alpha=row["alpha"], resolution=row["resolution"], arguments=row["arguments"]):
                alpha = ["--alpha", row["alpha"]] if row["alpha"] else []
                classes = ["--classes", row["classes"]] if row["classes"] else []
                more = [*alpha, *classes, *row["arguments"].split()]
                found = self.counts("--model", row["name"], "--res", row["resolution"], *more)
                self.assertEqual(found["model"], row["name"])
                self.assertEqual(found["totals"]["macs"], int(row["macs"]))
                self.assertEqual(found["params"]["bn2"], int(row["params_bn2"]))
                if row["params_bn4"]:
                    self.assertEqual(found["params"]["bn4"], int(row["params_bn4"]))

    def test_a_size_fixes_alpha(self):
        self.assertEqual(self.counts("--model", "timm:mobilenetv3_small_050")["alpha"], 0.5)
        result = run("cost", "--model", "timm:mobilenetv3_small_050", "--alpha", "1")
        self.assert_refused(result, "--alpha: expected none beside timm:mobilenetv3_small_050, which fixes it at 0.5 "
                                    "(--model timm:mobilenetv3_small takes --alpha)")

    def test_never_another_network(self):
        for name, known in [("timm:regnet", "timm:"), ("keras:MobileNetV9", "keras:"), ("flax:mobilenet", "keras:")]:
            result = run("cost", "--model", name)
            self.assert_refused(result)
            self.assertTrue(result.stderr.startswith(f'{PREFIX}--model: unknown model "{name}" (known: '), result.stderr)
            self.assertIn(known, result.stderr)

    def test_another_spelling(self):
        for name, meant in [("timm:MobileNetV3_small_050", '"timm:mobilenetv3_small_050"'), ("keras:mobilenetv2", '"keras:MobileNetV2"'),
                            ("mobilenetv2_100", '"timm:mobilenetv2_100"')]:
            self.assertIn(f"did you mean {meant}", run("cost", "--model", name).stderr)

    def test_what_no_tool_was_run_on_is_said(self):
        model = ["--model", "torchvision:lraspp_mobilenet_v3_large"]
        unchecked = "not run on networks with resize, sigmoid: counts beside multiply-adds may differ\n"
        self.assertEqual(run("cost", *model, "--convention", "fvcore").stderr, f"mobilenet-cost: note: fvcore was {unchecked}")
        self.assertEqual(run("conventions", *model).stderr, f"mobilenet-cost: note: the tools were {unchecked}")
        for convention in ["paper", "torchvision"]:
            self.assertEqual(run("cost", *model, "--convention", convention).stderr, "", "multiply-adds alone")
        self.assertEqual(run("conventions", "--model", "mobilenet_v3_large").stderr, "")

    def test_a_convention_names_the_network_of_its_tool(self):
        for model, alpha, resolution, note in [
            ("mobilenet_v3_small", "0.75", "224", "torchvision's own mobilenet_v3_small alpha 0.75 at 224 px has 1,653,920 "
                                                  "parameters: --model torchvision:mobilenet_v3_small"),
            ("mobilenet_v1", "1", "200", "keras's own mobilenet_v1 alpha 1 at 200 px has 430,772,352 MACs: --model keras:MobileNet"),
        ]:
            library = note.split("'")[0]
            result = run("cost", "--model", model, "--alpha", alpha, "--res", resolution, "--convention", library)
            self.assertEqual(result.stderr, f"mobilenet-cost: note: {note}\n")
        self.assertEqual(run("cost", "--model", "mobilenet_v2", "--convention", "torchvision").stderr, "")

    def test_models_lists_them(self):
        names = [row["name"] for row in json.loads(self.output("models", "--all", "--format", "json"))["models"]]
        self.assertLessEqual({"keras:MobileNet", "torchvision:mobilenet_v2", "timm:mnasnet", "mobilenet_v1"}, set(names))
        self.assertIn("--all lists them", self.output("models"))


if __name__ == "__main__":
    unittest.main()
