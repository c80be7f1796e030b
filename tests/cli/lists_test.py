"""Variants: LIST syntax, repeated flags, cross products and defaults."""

import json
import unittest

from program import CliTest

# Arguments, and the (alpha, resolution) of each variant in order.
LISTS = [
    ([], [(1, 224)]),
    (["--alpha", "0.5", "--res", "160"], [(0.5, 160)]),
    (["-a0.5", "-r160"], [(0.5, 160)]),
    (["--alpha=0.5", "--res=160"], [(0.5, 160)]),
    (["--alpha", "0.25,0.5,1"], [(0.25, 224), (0.5, 224), (1, 224)]),
    (["--alpha", "0.25:1:0.25"], [(0.25, 224), (0.5, 224), (0.75, 224), (1, 224)]),
    (["--alpha", "0.1:0.3:0.1"], [(0.1, 224), (0.2, 224), (0.3, 224)]),
    (["--alpha", "0.5", "--alpha", "0.25"], [(0.5, 224), (0.25, 224)]),
    (["--alpha", "1,0.25:0.75:0.25", "--alpha", "0.35"], [(1, 224), (0.25, 224), (0.5, 224), (0.75, 224), (0.35, 224)]),
    (["--alpha", "0.5,1", "--res", "128:192:32"], [(a, r) for a in (0.5, 1) for r in (128, 160, 192)]),
    (["--res", "96", "--alpha", "0.5,1", "--res", "128"], [(a, r) for a in (0.5, 1) for r in (96, 128)]),
    (["--beta", "0.5,1"], [(1, 112), (1, 224)]),
    (["--alpha", "0.5", "--beta", "0.714"], [(0.5, 160)]),
]


class Lists(CliTest):
    def variants(self, *arguments):
        return json.loads(self.output(*arguments, "--format", "json"))["variants"]

    def test_variants_in_order(self):
        for arguments, expected in LISTS:
            with self.subTest(arguments):
                variants = self.variants(*arguments)
                self.assertEqual([(v["alpha"], v["resolution"]) for v in variants], expected)
                for variant in variants:
                    self.assertEqual(variant["beta"], variant["resolution"] / 224)

    def test_models_times_alphas_times_resolutions(self):
        found = self.variants("-m", "mobilenet_v1,mobilenet_v2", "-m", "mobilenet_v3_small", "-a", "0.5,1", "-r", "64,96")
        self.assertEqual(
            [(v["model"], v["alpha"], v["resolution"]) for v in found],
            [
                (model, alpha, resolution)
                for model in ("mobilenet_v1", "mobilenet_v2", "mobilenet_v3_small")
                for alpha in (0.5, 1)
                for resolution in (64, 96)
            ],
        )

    def test_words_for_several_models(self):
        def models(*words):
            return [variant["model"] for variant in self.variants("-r", "64", *words)]

        every = [row["name"] for row in json.loads(self.output("models", "-f", "json"))["models"]]
        self.assertEqual(models("-m", "all"), every)
        self.assertEqual(models("-m", "mobilenet_v3*"), [name for name in every if "_v3" in name])
        self.assertEqual(models("-m", "mobilenet_v2", "-m", "mobilenet_v?"), ["mobilenet_v2", "mobilenet_v1"])

    def test_order_of_flags_does_not_matter(self):
        self.assertEqual(
            self.output("--res", "64", "--classes", "10", "--alpha", "0.5"),
            self.output("--alpha", "0.5", "--classes", "10", "--res", "64"),
        )

    def test_default_command(self):
        self.assertEqual(self.output(), self.output("cost"))
        self.assertEqual(self.output("--alpha", "0.5", "--res", "160"), self.output("cost", "--alpha", "0.5", "--res", "160"))
        self.assertEqual(self.output("-m", "mobilenet_v2"), self.output("cost", "--model", "mobilenet_v2"))

    def test_sweep_defaults_to_the_published_grid(self):
        cells = json.loads(self.output("sweep", "--format", "json"))["cells"]
        grid = [(alpha, resolution) for alpha in (1, 0.75, 0.5, 0.25) for resolution in (224, 192, 160, 128)]
        self.assertEqual([(cell["alpha"], cell["resolution"]) for cell in cells], grid)
        self.assertEqual(cells[0]["analytic_speedup"], 1)

    def test_counts_scale_with_batch_and_classes(self):
        [one] = self.variants("--res", "32")
        [four] = self.variants("--res", "32", "--batch", "4")
        [more] = self.variants("--res", "32", "--classes", "1001")
        self.assertEqual(four["totals"]["macs"], 4 * one["totals"]["macs"])
        self.assertEqual(four["totals"]["params"], one["totals"]["params"])
        self.assertEqual(more["totals"]["params"] - one["totals"]["params"], 1024 + 1)

    def test_data_type_scales_bytes(self):
        [full] = self.variants("--res", "32")
        [half] = self.variants("--res", "32", "--dtype", "f16")
        self.assertEqual(full["totals"]["activation_bytes"], 2 * half["totals"]["activation_bytes"])
        self.assertEqual(full["totals"]["macs"], half["totals"]["macs"])

    def test_inner_scope_keeps_the_first_width(self):
        [published] = self.variants("--alpha", "0.5")
        [inner] = self.variants("--alpha", "0.5", "--alpha-scope", "inner")
        self.assertEqual(published["layers"][0]["output"][2], 16)
        self.assertEqual(inner["layers"][0]["output"][2], 32)


if __name__ == "__main__":
    unittest.main()
