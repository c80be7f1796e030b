"""Quantised ONNX files: the layers that they stand for, their bytes, and values of 4 bits.

quantised_test.py RUN_NETWORK VENV [unittest's arguments], as import_test.py
"""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from environment import enter  # noqa: E402 (a file beside this one)

if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    enter(Path(sys.argv[2]))

import agreement_test as agreement  # noqa: E402 (only in the virtual environment)
import numpy as np  # noqa: E402
import onnx  # noqa: E402
from graphs import MAP_SCALES, STEM_COST, STORED, model_of, node  # noqa: E402
from imports import FileTest, run_network, variant_of  # noqa: E402
from onnx import TensorProto, helper  # noqa: E402


class Quantised(FileTest):
    """The plain layers that they stand for, of bytes as stored."""

    NAME = "model.onnx"

    def test_counts_and_bytes(self):
        weights = [helper.make_node("DequantizeLinear", ["w8", "ws", "wz"], ["w"], axis=0), helper.make_node("DequantizeLinear", ["b32", "bs"], ["b"], axis=0)]

        def there_and_back(name):
            return [node("QuantizeLinear", f"{name} s z", f"{name}q"), node("DequantizeLinear", f"{name}q s z", f"{name}d")]

        pairs = [*there_and_back("x"), *weights, node("Conv", "xd w b", "c", pads=[1] * 4), node("Relu", "c", "r"), *there_and_back("r"),
                 node("Identity", "rd", "y")]
        stored = [node("QuantizeLinear", "x s z", "q"), helper.make_node("QLinearConv", ["q", "s", "z", "w8", "ws", "wz", "s", "z", "b32"], ["c"], pads=[1] * 4),
                  node("DequantizeLinear", "c s z", "y")]
        for nodes in [pairs, stored]:
            onnx.save(model_of(nodes, [*STORED, *MAP_SCALES]), self.path)
            variant = variant_of("--model", self.path)
            self.assertEqual((variant["totals"]["macs"], variant["totals"]["params"]), STEM_COST)
            self.assertEqual(variant["totals"]["weight_bytes"], 8 * 27 + 4 * 8)
            self.assertEqual([layer["op"] for layer in variant["layers"]], ["conv2d"])

    def test_scales_that_are_worked_out(self):
        nodes = [helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "qs", "qz"], name="q"), helper.make_node("ConvInteger", ["q", "w8", "qz"], ["i"], pads=[1] * 4),
                 node("Cast", "i", "f", to=1), node("Mul", "f qs", "y")]
        onnx.save(model_of(nodes, STORED[:1]), self.path)
        totals = variant_of("--model", self.path)["totals"]
        self.assertEqual((totals["macs"], totals["params"]), (STEM_COST[0], 8 * 27))

    def test_values_of_4_bits(self):
        """Two a byte, in raw_data or in int32_data; outputs are ONNX Runtime's."""
        weights = helper.make_node("DequantizeLinear", ["w4", "ws"], ["w"], axis=0)
        values = np.random.default_rng(5).integers(0, 8, 8 * 27).tolist()
        for kind, least in [(TensorProto.INT4, -4), (TensorProto.UINT4, 0)]:
            numbers = [number + least for number in values]
            typed = helper.make_tensor("w4", kind, (8, 3, 3, 3), numbers)
            raw = onnx.TensorProto(name="w4", data_type=kind, dims=(8, 3, 3, 3), raw_data=bytes(byte & 255 for byte in typed.int32_data))
            for stored in [typed, raw]:
                with self.subTest(kind=kind, raw=stored is raw):
                    model = model_of([weights, node("Conv", "x w", "y", pads=[1] * 4)], [stored, STORED[1]], opset=21)
                    model.ir_version = 10
                    onnx.save(model, self.path)
                    image, outputs = run_network(RUN_NETWORK, self.path, self.folder, "12x10")
                    given = np.ascontiguousarray(image.reshape(1, 12, 10, 3).transpose(0, 3, 1, 2))
                    [expected] = agreement.onnx_runtime(model, {"x": given})
                    for engine, output in outputs.items():
                        np.testing.assert_allclose(output, expected.transpose(0, 2, 3, 1).ravel(), rtol=1e-4, atol=1e-5, err_msg=engine)
            self.assertEqual(variant_of("--model", self.path)["params"]["bn0"], 8 * 27)


if __name__ == "__main__":
    RUN_NETWORK = sys.argv[1]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
