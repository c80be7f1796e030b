"""What TensorFlow Lite's format stores otherwise than as values one behind another, its numbers, and the file of the documents.

format_test.py RUN_NETWORK VENV [unittest's arguments], as import_test.py
"""

import re
import sys
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "onnx")]
from environment import enter  # noqa: E402 (a file of tests/onnx)

if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    enter(Path(sys.argv[2]))

import agreement_test as agreement  # noqa: E402 (only in the virtual environment)
import numpy as np  # noqa: E402
from ai_edge_litert import schema_py_generated as schema  # noqa: E402
from documented_model import documented_model  # noqa: E402
from imports import FileTest, run_network, variant_of  # noqa: E402
from litert import litert  # noqa: E402
from tflite_writer import Writer, index_vector, sparse, values  # noqa: E402

Y = ("y", (1, 12, 10, 8))


class Numbers(unittest.TestCase):
    """Those of the reader's schema are LiteRT's."""

    SCHEMA = agreement.SOURCE / "src/mobilenet_cost/import/tflite/tflite_schema.fbs"

    def test_every_name_has_its_number(self):
        text = re.sub("//.*", "", self.SCHEMA.read_text(encoding="utf-8"))
        found = 0
        for name, body in re.findall(r"enum (\w+) *: *\w+ *\{(.*?)\}", text, re.DOTALL):
            number = -1
            for entry in filter(None, map(str.strip, body.split(","))):
                key, _, said = map(str.strip, entry.partition("="))
                number = int(said) if said else number + 1
                self.assertEqual(getattr(getattr(schema, name), key), number, f"{name}.{key}")
                found += 1
        self.assertGreater(found, 200)


class StoredInLess(FileTest):
    """Weights that are not one whole value behind another; outputs are LiteRT's."""

    NAME = "model.tflite"

    def assert_runs_as_litert(self, data):
        self.path.write_bytes(data)
        image, outputs = run_network(RUN_NETWORK, self.path, self.folder, "12x10")
        [expected] = litert(data, image)
        for engine, output in outputs.items():
            np.testing.assert_allclose(output, expected, rtol=1e-4, atol=1e-5, err_msg=engine)

    def sparse(self, blocks, change=lambda sparsity: None):
        weights = values("k", 8, 1, 1, 8)
        weights[np.abs(weights) < 0.6] = 0
        kept, sparsity = sparse(weights, blocks)
        self.assertLess(kept.size, weights.size)
        change(sparsity)
        writer = Writer()
        writer.tensor("x", (1, 12, 10, 8))
        writer.tensor("s", weights.shape, values=kept, sparsity=sparsity)
        writer.tensor("b", values=values("b", 8))
        writer.add("DENSIFY", ["s"], [("k", weights.shape)], "Densify")
        writer.add("CONV_2D", ["x", "k", "b"], [Y], "Conv2D", strideH=1, strideW=1)
        return writer.bytes(["x"], ["y"])

    def test_sparse_weights(self):
        for blocks in [{}, {3: 4}, {0: 2, 3: 2}]:
            with self.subTest(blocks):
                self.assert_runs_as_litert(self.sparse(blocks))
                self.assertEqual(variant_of("--model", self.path)["params"]["bn0"], 8 * 8 + 8)

    def test_places_of_sparse_weights_that_cannot_be(self):
        def of_last(name, value):
            return lambda sparsity: setattr(sparsity.dimMetadata[3], name, value)

        for change in [
            lambda sparsity: setattr(sparsity, "traversalOrder", [0, 1, 2, 2]),
            lambda sparsity: setattr(sparsity, "traversalOrder", [0, 1, 2, 99]),
            lambda sparsity: setattr(sparsity, "blockMap", [7]),
            lambda sparsity: setattr(sparsity.dimMetadata[0], "denseSize", 1 << 30),
            lambda sparsity: setattr(sparsity, "dimMetadata", None),
            of_last("arraySegments", index_vector([0, 200])), of_last("arraySegments", index_vector([0] * 9)),
            of_last("arrayIndices", index_vector([8] * 64)), of_last("arrayIndices", None),
        ]:
            self.fails('tensor "s": expected places of sparse values inside 8x1x1x8, as many as there are, found others', self.sparse({}, change))

    def test_values_of_4_bits(self):
        """Two a byte, the first in its lower half."""
        whole = np.random.default_rng(4).integers(-8, 8, 64).astype(np.int8)
        writer = Writer()
        writer.tensor("x", (1, 12, 10, 8))
        writer.tensor("k4", values=((whole[0::2] & 15) | (whole[1::2] << 4)).astype(np.uint8), quantisation=([0.1], [0], 0))
        writer.graph.tensors[-1].type, writer.graph.tensors[-1].shape = schema.TensorType.INT4, [8, 1, 1, 8]
        writer.tensor("b", values=values("b", 8))
        writer.add("DEQUANTIZE", ["k4"], [("k", (8, 1, 1, 8))], "Dequantize")
        writer.add("CONV_2D", ["x", "k", "b"], [Y], "Conv2D", strideH=1, strideW=1)
        self.assert_runs_as_litert(writer.bytes(["x"], ["y"]))
        self.fails('tensor "k4": expected 32 bytes of data for 8x1x1x8, found 31', self.cut(writer))

    @staticmethod
    def cut(writer):
        writer.model.buffers[1].data = writer.model.buffers[1].data[:31]
        return writer.bytes(["x"], ["y"])


class Documented(unittest.TestCase):
    """docs/models/somebodys.tflite, which docs/models.md shows."""

    PATH = agreement.SOURCE / "docs/models/somebodys.tflite"

    def test_it_is_what_the_writer_writes(self):
        self.assertEqual(self.PATH.read_bytes(), documented_model())

    def test_counts_are_those_by_hand(self):
        read = variant_of("--model", self.PATH)
        pixels = 25 * 5
        self.assertEqual(read["totals"]["macs"], pixels * 16 * (10 * 4 + 2 * (9 + 16)) + 12 * 16)
        weights, biases = 16 * 40 + 2 * (9 * 16 + 16 * 16) + 12 * 16, 5 * 16 + 12
        self.assertEqual((read["params"]["bn0"], read["dtype"]), (weights + biases, "i8"))
        self.assertEqual(read["totals"]["weight_bytes"], weights + 4 * biases)


if __name__ == "__main__":
    RUN_NETWORK = sys.argv[1]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
