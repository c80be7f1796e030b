"""Rectangles and networks built otherwise than their model file says, in every command and document."""

import json
import unittest

from program import PREFIX, CliTest, run

QUICK = ["--rounds", "3", "--max-seconds", "20"]
SMALL = ["--alpha", "0.25", "--classes", "10"]
FORMS = [
    ["--res", "40x72"],
    ["--res", "32", "--channels", "1"],
    ["--res", "32", "--no-top"],
    ["--res", "32", "--output-stride", "8"],
    ["--res", "32", "--depth-multiplier", "2"],
    ["--res", "32", "--make-separable"],
]


def without_classes(form):
    """No classes where there is no classifier."""
    return ["--alpha", "0.25"] if "--no-top" in form else SMALL


class Forms(CliTest):
    def document(self, *arguments):
        return json.loads(self.output(*arguments, "--format", "json"))

    def counts(self, *arguments):
        [variant] = self.document("cost", *arguments)["variants"]
        return variant

    def test_counts(self):
        """Counted by running the libraries, as issue trackers and papers quote them; the sources of the rules are TF-slim's
        and Keras' own builders."""
        for arguments, macs in [
            (["--res", "192x256"], 557_154_304),
            (["-m", "mobilenet_v2", "--res", "224x448", "--no-top"], 598_988_544),
            (["-m", "mobilenet_v2", "--channels", "4"], 304_386_944),
            (["-m", "mobilenet_v2", "--output-stride", "16"], 537_159_680),
            (["-m", "mobilenet_v2", "--output-stride", "8"], 1_790_568_704),
            (["-m", "keras:MobileNet", "--depth-multiplier", "2"], 1_125_618_688),
            (["-m", "mlperf_tiny:person_detection_025"], 7_489_664),
        ]:
            self.assertEqual(self.counts(*arguments)["totals"]["macs"], macs, arguments)
        self.assertEqual(self.counts("-m", "mobilenet_v2", "--channels", "4")["params"]["bn0"], 3_471_048)
        self.assertEqual(self.counts("-m", "mlperf_tiny:person_detection_025")["params"]["bn4"], 221_794)

    def test_a_rectangle_is_its_height_and_width(self):
        wide, high = self.counts(*SMALL, "--res", "40x72"), self.counts(*SMALL, "--res", "72x40")
        self.assertEqual([wide["resolution"], wide["height"], wide["width"]], [None, 40, 72])
        self.assertEqual(wide["layers"][0]["input"], [40, 72, 3])
        self.assertEqual(wide["totals"]["macs"], high["totals"]["macs"])
        square = self.counts(*SMALL, "--res", "40x40")
        self.assertEqual([square["resolution"], square["height"], square["width"]], [40, 40, 40])
        self.assertEqual(square, self.counts(*SMALL, "--res", "40"))
        self.assertIn("resolution 40x72", self.output("cost", *SMALL, "--res", "40x72"))

    def test_an_explanation_names_the_rectangle(self):
        flags = ["--model", "mobilenet_v1", "--res", "96x160", "--explain", "Conv2d_0", "--format", "json"]
        [variant] = json.loads(self.output("cost", *flags))["explanations"]
        self.assertEqual((variant["resolution"], variant["height"], variant["width"]), (None, 96, 160))

    def test_a_form_is_named_where_it_is_not_the_models(self):
        own = self.counts(*SMALL, "--res", "64")
        self.assertFalse({"channels", "top", "output_stride", "depth_multiplier"} & own.keys())
        found = self.counts("--alpha", "0.25", "--channels", "1", "--no-top", "--output-stride", "16", "--depth-multiplier", "2")
        self.assertEqual([found[key] for key in ["channels", "top", "output_stride", "depth_multiplier", "classes"]],
                         [1, False, 16, 2, None])
        self.assertEqual(found["layers"][-1]["block"], "Conv2d_13")
        self.assertIn("no top, 1 channel", self.output("cost", "--channels", "1", "--no-top"))

    def test_output_stride_keeps_the_map(self):
        for stride, side in [("8", 28), ("16", 14), ("32", 7)]:
            layers = self.counts("--no-top", "--output-stride", stride)["layers"]
            self.assertEqual(layers[-1]["output"][:2], [side, side])
        self.assertEqual({layer.get("dilation", 1) for layer in self.counts("--output-stride", "8")["layers"]}, {1, 2, 4})

    def test_every_engine_runs_them(self):
        for form in FORMS:
            for engine in ["native", "onednn", "xnnpack"]:  # the reference is slow; ONNX Runtime's test has it
                with self.subTest(engine, form=form):
                    result = run("bench", *form, *without_classes(form), *QUICK, "--engine", engine, "--format", "json")
                    self.assertIn(result.returncode, [0, 5], result.stderr)  # 5: nothing could be timed on this machine
                    [variant] = json.loads(result.stdout)["variants"]
                    reasons = {point.get("reason") for point in variant["measured"]}
                    self.assertLessEqual(reasons, {None, "every round was disturbed"})

    def test_a_sweep_keeps_them(self):
        log = self.folder / "run.jsonl"
        grid = ["sweep", *SMALL, "--res", "32,40x72", "--channels", "2", "--bench", *QUICK, "--networks", "separable", "-e", "native", "--log", log]
        result = run(*grid, "--format", "json")
        self.assertEqual(result.returncode, 0, result.stderr)
        swept = json.loads(result.stdout)
        self.assertEqual(swept["settings"]["channels"], 2)
        self.assertEqual([(cell["resolution"], cell["height"], cell["width"]) for cell in swept["cells"]],
                         [(32, 32, 32), (None, 40, 72)])
        again = self.document("report", log)
        self.assertEqual([cell["width"] for cell in again["cells"]], [32, 72])
        self.assertIn("40x72", self.output("report", log))
        self.assertIn("of 4 cells are equal", self.output("compare", log, log, "--summary"))
        self.assertIn("NULL, 40, 72", self.output("report", log, "--out-sql", "-"))
        page = self.folder / "page.html"
        self.assertEqual(run("report", log, "--html", page).returncode, 0)
        self.assertIn("40x72", page.read_text(encoding="utf-8"))

    def test_a_pick_among_them(self):
        picked = self.document("pick", "-m", "mobilenet_v1", *SMALL, "--res", "32,40x72", "--max-macs", "10M", "--all")
        self.assertEqual({(row["height"], row["width"]) for row in picked["candidates"]}, {(32, 32), (40, 72)})
        self.assertTrue(all(row["fits"] for row in picked["candidates"]))

    def test_nothing_published_is_borrowed(self):
        published = ["pick", "-m", "mobilenet_v1", "--alpha", "1", "--res", "224", "--max-macs", "100G"]
        [own] = self.document(*published)["candidates"]
        self.assertEqual(own["accuracy"]["top1"], 0.709)
        for form in [["--channels", "1"], ["--output-stride", "16"], ["--depth-multiplier", "2"], ["--make-separable"], ["--no-top"]]:
            [other] = self.document(*published, *form)["candidates"]
            self.assertIsNone(other["accuracy"], form)
            self.assertIsNone(other["estimate"], form)

    def test_a_budget_file(self):
        budgets = [{"resolution": "192x256", "max_macs": 557_154_304}, {"height": 192, "width": 256, "max_macs": 557_154_303},
                   {"channels": 1, "top": False, "output_stride": 16, "max_macs": 10**12}]
        path = self.folder / "budget.json"
        path.write_text(json.dumps({"schema": "mobilenet-cost.budget.v1", "budgets": budgets}), encoding="utf-8")
        result = run("budget", path, "--format", "json")
        self.assertEqual(result.returncode, 3)
        budgets[1]["resolution"] = 192
        path.write_text(json.dumps({"schema": "mobilenet-cost.budget.v1", "budgets": budgets}), encoding="utf-8")
        self.assertIn("/budgets/1/resolution: expected the same size as height and width", run("budget", path).stderr)
        self.assertEqual([check["found"] > check["limit"] for check in json.loads(result.stdout)["checks"]], [False, True, False])

    def test_refused(self):
        for arguments, message in [
            (["--res", "240x"], '--res: expected pixels, or HEIGHTxWIDTH such as 240x320, found "240x"'),
            (["--res", "240x320x3"], '--res: expected pixels, or HEIGHTxWIDTH such as 240x320, found "240x320x3"'),
            (["--res", "1:3:1x4"], '--res: expected pixels, or HEIGHTxWIDTH such as 240x320, found "1:3:1x4"'),
            (["--res", "0x4"], '--res: expected a number above 0, found "0"'),
            (["--output-stride", "12"], "--output-stride: expected 8, 16, 32, found 12"),
            (["--depth-multiplier", "0.5"], "--depth-multiplier: expected a whole number, the outputs of a depthwise convolution "
             "for each of its inputs (the width multiplier, TF-slim's depth_multiplier, is --alpha), found \"0.5\""),
            (["-m", "mobilenet_v2", "--depth-multiplier", "2"], "mobilenet_v2: a depth multiplier is for depthwise_separable blocks, "
             "as in mobilenet_v1; expected 1, found 2"),
            (["--channels", "0"], "--channels: expected a number above 0"),
        ]:
            result = run("cost", *arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertTrue(result.stderr.startswith(PREFIX + message), result.stderr)
        pooled = self.folder / "pooled.json"
        pooled.write_text('{"schema": "mobilenet-cost.model.v2", "name": "pooled", "resolution": 8, "rounding": {"rule": '
                          '"truncate", "minimum": 1}, "blocks": [{"kind": "pool", "name": "p"}, {"kind": "classifier", "name": "c"}]}')
        self.assert_refused(run("cost", "-m", pooled, "--no-top"), "pooled: expected a block before the pooling, found none: "
                            "without a top no layer is left")
        self.assertIn("--no-top", run("cost", "--no-top", "--classes", "10").stderr)


if __name__ == "__main__":
    unittest.main()
