"""Inputs of ONNX files: their sizes by name, in every command, and files with several.

input_test.py VENV [unittest's arguments]; VENV is the virtual environment that `scripts/setup --test` makes.
"""

import json
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from environment import enter  # noqa: E402 (a file beside this one)

if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    enter(Path(sys.argv[1]))

import onnx  # noqa: E402 (only in the virtual environment)
from graphs import STEM, WEIGHTS, model_of, node, tensor  # noqa: E402
from agreement_test import PROGRAM  # noqa: E402
from imports import FileTest, program, variant_of  # noqa: E402
from onnx import TensorProto, helper  # noqa: E402


class Inputs(FileTest):
    """Sizes of an input by its name."""

    NAME = "model.onnx"

    def saved(self, nodes, more=(), **how):
        onnx.save(model_of([STEM, *nodes], [*WEIGHTS, *more], **how), self.path)

    def counted(self, *flags):
        variant = variant_of("--model", self.path, *flags)
        return variant["batch"], variant["height"], variant["width"], variant["totals"]["macs"]

    def refused(self, expected, *flags):
        self.fails(re.escape(expected), None, *flags)

    def test_open_sizes(self):
        self.saved([node("Relu", "c", "y")], shape=("n", 3, "rows", "columns"))
        macs = 12 * 10 * 8 * 27
        self.assertEqual(self.counted("--input", "x=1x3x12x10"), (1, 12, 10, macs))
        self.assertEqual(self.counted("--res", "12x10"), (1, 12, 10, macs))
        self.assertEqual(self.counted("--input", "x=2x3x12x10"), (2, 12, 10, 2 * macs))
        self.assertEqual(self.counted("--input", "x=1x3x12x10", "--res", "24x10"), (1, 24, 10, 2 * macs))
        self.refused('input "x" has no fixed height and width', "--batch", 1)

    def test_an_input_that_is_no_map(self):
        onnx.save(model_of([node("MatMul", "x m", "y")], [tensor("m", 16, 4)], shape=("n", "length", 16)), self.path)
        self.refused('input "x" has no fixed shape: dimension 1 ("length") of 1x?x16 is open, say --input x=DIMS')
        _, _, _, macs = self.counted("--input", "x=1x7x16")
        self.assertEqual(macs, 7 * 16 * 4)

    def test_fixed_sizes(self):
        self.saved([node("Relu", "c", "y")])
        self.assertEqual(self.counted("--input", "x=1x3x24x20"), (1, 24, 20, 24 * 20 * 8 * 27))
        self.saved([node("Reshape", "c to", "y")], [tensor("to", values=[1, 960])])
        self.assertEqual(self.counted("--input", "x=1x3x12x10")[3], 12 * 10 * 8 * 27)
        self.refused('node "y": expected a shape of', "--input", "x=1x3x24x20")

    def test_refused(self):
        self.saved([node("Relu", "c", "y")])
        self.refused('unknown input "z" (did you mean "x"?)', "--input", "z=1x3x12x10")
        self.refused('tensor "x": expected 4 sizes, as 1x3x12x10 has, found 1x3x12', "--input", "x=1x3x12")
        self.refused('node "c": expected a filter for 4 channels in 1 groups, found 8x3x3x3', "--input", "x=1x4x12x10")
        for wrong in ["x", "x=", "=1x3", "x=1x0x3x3", "x=1,2", "x=1x3x-4x4", "x=1x3x12x99999999999999999999"]:
            self.refused("--input: expected NAME=DIMS with whole numbers from 1", "--input", wrong)
        status, _, stderr = program("cost", "--input", "x=1x3x12x10")
        self.assertEqual(status, 2)
        self.assertIn("--input: needs a model in a file of others (.onnx, .tflite), found \"mobilenet_v1\"", stderr)

    def test_what_times_passes_keeps_them(self):
        """`gate` tells both builds, a run log tells who resumes it."""
        self.saved([node("Relu", "c", "y")], shape=("n", 3, "rows", "columns"))
        sizes = ["--model", self.path, "--input", "x=1x3x12x10"]
        timing = ["--engine", "reference", "--rounds", 8, "--max-seconds", 20]
        status, stdout, stderr = program("gate", "--base", PROGRAM, "--head", PROGRAM, *sizes, *timing, "--format", "json")
        self.assertIn(status, (0, 4, 5), stderr)
        [cell] = json.loads(stdout)["cells"]
        self.assertEqual((cell["inputs"], cell["height"], cell["width"]), (["x=1x3x12x10"], 12, 10))
        self.assertIn("/input=x=1x3x12x10/", cell["name"])
        log = self.folder / "run.jsonl"
        status, _, stderr = program("sweep", "--bench", *sizes, *timing, "--log", log, "--format", "json")
        self.assertEqual(status, 0, stderr)
        status, stdout, stderr = program("sweep", "--resume", log, "--format", "json")
        self.assertEqual(status, 0, stderr)
        document = json.loads(stdout)
        self.assertEqual(document["settings"]["inputs"], ["x=1x3x12x10"])
        self.assertEqual([cell["height"] for cell in document["cells"]], [12])


class SeveralInputs(FileTest):
    """All are counted; what no engine runs is said by name."""

    NAME = "model.onnx"

    def saved(self, nodes, initializers, **inputs):
        """`inputs`: sizes of those behind the first, "x"."""
        model = model_of(nodes, initializers)
        model.graph.input.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in inputs.items())
        onnx.save(model, self.path)

    def test_two_maps(self):
        self.saved([STEM, node("Conv", "z k", "d"), node("Add", "c d", "y")], [*WEIGHTS, tensor("k", 8, 4, 1, 1)], z=(1, 4, 12, 10))
        read = variant_of("--model", self.path)
        self.assertEqual(read["totals"]["macs"], 120 * 8 * (27 + 4))
        self.assertEqual([(layer["name"], layer["op"]) for layer in read["layers"]],
                         [("z", "further_input"), ("c", "conv2d"), ("d", "pointwise_conv2d"), ("y", "add")])
        # Each map is read once, and what the layers write once: an input is written by nothing.
        self.assertEqual(read["totals"]["activation_bytes"], 4 * 120 * (3 + 8 + 4 + 8 + 3 * 8))
        # Both inputs and the stem's output, both outputs and the sum, or the stem's, z and the convolution's.
        self.assertEqual(read["totals"]["peak_activation_bytes"], 4 * 120 * max(3 + 4 + 8, 8 + 4 + 8, 3 * 8))
        self.assertEqual({kind["kind"]: kind["layers"] for kind in read["kinds"]}["first_conv"], 1)

    def test_the_map_is_the_first_whatever_the_order(self):
        """A number beside an image, as detectors have for its scale."""
        model = model_of([STEM, node("Mul", "c factor", "y")], WEIGHTS)
        model.graph.input.insert(0, helper.make_tensor_value_info("factor", TensorProto.FLOAT, (1, 1)))
        onnx.save(model, self.path)
        read = variant_of("--model", self.path)
        self.assertEqual((read["height"], read["width"], read["totals"]["macs"]), (12, 10, 120 * 8 * 27))

    def test_open_sizes_of_each(self):
        self.saved([STEM, node("MatMul", "t m", "u"), node("Relu", "c", "y")], [*WEIGHTS, tensor("m", 16, 4)], t=("n", "words", 16))
        model = onnx.load(self.path)
        model.graph.output.append(helper.make_tensor_value_info("u", TensorProto.FLOAT, None))
        onnx.save(model, self.path)
        self.fails('input "t" has no fixed shape: dimension 1 ."words". of 1x.x16 is open, say --input t=DIMS')
        self.assertEqual(variant_of("--model", self.path, "--input", "t=1x7x16")["totals"]["macs"], 120 * 8 * 27 + 7 * 16 * 4)

    def test_engines_say_that_they_run_one_input(self):
        self.saved([STEM, node("Add", "c z", "y")], WEIGHTS, z=(1, 8, 12, 10))
        _, stdout, stderr = program("bench", "--model", self.path, "--engine", "native")
        self.assertRegex(stdout + stderr, "native has no kernel for further_input")
        status, _, stderr = program("export", "--model", self.path, "--onnx", self.folder / "out.onnx")
        self.assertEqual(status, 2)
        self.assertIn('z: "further_input" cannot be exported', stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
