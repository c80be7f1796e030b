"""ONNX files are read back: our own exports to the same layers, counts and outputs, those of others to what ONNX Runtime
computes of them.

import_test.py RUN_NETWORK VENV [unittest's arguments]

RUN_NETWORK is tests/onnx/run_network.cpp, built; VENV the virtual environment that `scripts/setup --test` makes. With
`--corpus FOLDER` the files for tests/fuzz/corpus/onnx are written instead.
"""

import json
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
import numpy as np  # noqa: E402 (only in the virtual environment)
import onnx  # noqa: E402
from graphs import SIX, STEM, STEM_COST, STORED, WEIGHTS, model_of, node, tensor  # noqa: E402
from imports import FileTest, program, run_network, variant_of  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

SOURCE = agreement.SOURCE
Case = agreement.Case

CASES = [
    *(Case(model, "0.5", 64) for model in agreement.MODELS),
    *(Case(name, "1", 112 if "mobilefacenet" in name else 64) for name in agreement.LIBRARIES),
    *(Case(model, "0.25", 32, network="standard") for model in agreement.MODELS[:3]),
    Case("tests/data/every_kind.json", "1", "35x62"),
    Case("mobilenet_v2", "0.5", "33x64", channels=4, batch=2),
    Case("mobilenet_v3_large", "0.25", "64x48", top=False),
    Case("mobilenet_v1", "0.25", 48, depth_multiplier=2),
]


class Files(FileTest):
    NAME = "model.onnx"


class OwnExports(Files):
    SAME = ["name", "op", "input", "output", "kernel", "stride", "groups", "macs"]

    def rows(self, variant):
        return [{key: layer[key] for key in self.SAME} for layer in variant["layers"]]

    def test_layers_counts_and_outputs_are_the_same(self):
        for case in CASES:
            with self.subTest(case):
                agreement.export(case, self.path)
                (self.folder / "a").mkdir(exist_ok=True)
                (self.folder / "b").mkdir(exist_ok=True)
                agreement.run(RUN_NETWORK, *case.words(), self.folder / "a")
                run_network(RUN_NETWORK, self.path, self.folder / "b", case.resolution, case.batch)
                first = np.fromfile(self.folder / "a/reference.f32", dtype="<f4")
                again = np.fromfile(self.folder / "b/reference.f32", dtype="<f4")
                # The input of both is that of the seed.
                self.assertGreater(np.ptp(first), 0)
                if "every_kind" in case.model:  # its batch norm on its own becomes a part of a convolution
                    np.testing.assert_allclose(again, first, atol=1e-6 * np.ptp(first))
                else:
                    np.testing.assert_array_equal(again, first)

    def test_layers_and_counts(self):
        for case in CASES:
            # An activation on its own is a part of the layer before it when it is read.
            if case.network != "separable" or "every_kind" in case.model:
                continue
            with self.subTest(case):
                model = agreement.export(case, self.path)
                flags = case.flags()
                for name in ["--network", "--seed"]:
                    del flags[flags.index(name) : flags.index(name) + 2]
                own = variant_of(*flags)
                read = variant_of("--model", self.path, "--batch", case.batch)
                self.assertEqual(self.rows(read), self.rows(own))
                self.assertEqual(read["totals"]["macs"], own["totals"]["macs"])
                self.assertEqual(read["standard"]["macs"], own["standard"]["macs"])
                self.assertEqual(read["totals"]["peak_activation_bytes"], own["totals"]["peak_activation_bytes"])
                values = [tensor.dims for tensor in model.graph.initializer if tensor.data_type == TensorProto.FLOAT]
                self.assertEqual(read["params"]["bn2"], sum(int(np.prod(dims)) for dims in values if dims))

    def test_the_width_multiplier(self):
        """MobileNetV1's widths at 1/2 are those of its file halved: all are multiples of 16. The classifier is an output."""
        for model in ["mobilenet_v1", "timm:mobileone_s1"]:
            with self.subTest(model):
                self.export(model)
                half = variant_of("--model", self.path, "--alpha", 0.5)
                self.assertEqual(half["totals"]["macs"], variant_of("--model", model, "--alpha", 0.5)["totals"]["macs"])
        status, _, stderr = program("cost", "--model", self.path, "--alpha", 0.5)
        self.assertEqual(status, 0)
        self.assertIn("alpha leaves 1 convolution as wide as the input, an output or places among channels say: ", stderr)

    def test_widths_that_are_tied(self):
        """Sums and joined channels keep together; what ShuffleNet cuts and moves keeps its width."""
        for model in agreement.LIBRARIES:
            with self.subTest(model):
                self.export(model)
                for alpha in [0.5, 1.4]:
                    status, _, stderr = program("cost", "--model", self.path, "--alpha", alpha)
                    self.assertEqual(status, 0, stderr)

    def export(self, model):
        file = SOURCE / "configs" / f"{model}.json" if model.startswith("libraries/") else model
        status, _, stderr = program("export", "--model", file, "--weights", "none", "--onnx", self.path)
        self.assertEqual(status, 0, stderr)

    def test_a_file_without_weights_is_counted(self):
        case = Case("mobilenet_v3_small", "0.5", 64)
        agreement.export(case, self.path, "--weights", "none")
        flags = ["--model", case.file(), "--alpha", case.alpha, "--res", 64, "--classes", case.classes]
        self.assertEqual(self.rows(variant_of("--model", self.path)), self.rows(variant_of(*flags)))


class Graphs(Files):
    """What other programs write; every output is ONNX Runtime's."""

    GRAPHS = {
        "batch norm": ([STEM, node("BatchNormalization", "c s t m v", "n", epsilon=1e-3), node("Relu", "n", "y")],
                       [*WEIGHTS, *(tensor(name, 8) for name in "stm"), tensor("v", values=np.linspace(0.5, 2, 8))]),
        "product and sum": ([STEM, node("Mul", "c f", "p"), node("Add", "p g", "y")],
                            [*WEIGHTS, tensor("f", 8, 1, 1), tensor("g", 1, 8, 1, 1)]),
        "torch's hard swish": ([STEM, node("Add", "c three", "a"), node("Clip", "a zero six", "k"),
                                node("Div", "k six", "d"), node("Mul", "c d", "y")], [*WEIGHTS, *SIX]),
        "paddle's hard swish": ([STEM, node("Add", "c three", "a"), node("Clip", "a zero six", "k"),
                                 node("Mul", "c k", "d"), node("Div", "d six", "y")], [*WEIGHTS, *SIX]),
        "keras' hard swish": ([STEM, node("Add", "c three", "a"), node("Clip", "a", "k", min=0.0, max=6.0),
                               node("Mul", "k sixth", "d"), node("Mul", "c d", "y")], [*WEIGHTS, *SIX], {"opset": 10}),
        "a steep hard sigmoid": ([STEM, node("HardSigmoid", "c", "y", alpha=0.2, beta=0.6)], WEIGHTS),
        "squeeze and excite": ([STEM, node("ReduceMean", "c", "p", axes=[2, 3]), node("Conv", "p u", "e"),
                                node("Sigmoid", "e", "g"), node("Mul", "g c", "y")], [*WEIGHTS, tensor("u", 8, 8, 1, 1)]),
        "flatten of a map": ([STEM, node("Flatten", "c", "f"), node("Gemm", "f m t", "y", transB=1)],
                             [*WEIGHTS, tensor("m", 5, 960), tensor("t", 5)]),
        "keras' flatten": ([STEM, node("Transpose", "c", "r", perm=[0, 2, 3, 1]), node("Reshape", "r to", "f"),
                            node("MatMul", "f m", "q"), node("Add", "q t", "y")],
                           [*WEIGHTS, tensor("to", values=[1, -1]), tensor("m", 960, 5), tensor("t", 5)]),
        "pixels first": ([node("Transpose", "x", "i", perm=[0, 3, 1, 2]), node("Conv", "i w b", "c", auto_pad="SAME_UPPER", strides=[2, 2]),
                          node("Transpose", "c", "r", perm=[0, 2, 3, 1]), node("MatMul", "r m", "q"), node("Add", "q t", "s"),
                          node("Transpose", "s", "y", perm=[0, 3, 1, 2])],
                         [*WEIGHTS, tensor("m", 8, 6), tensor("t", 6)], {"shape": (1, 12, 10, 3)}),
        "pads of its own": ([node("Pad", "x z", "p"), node("Conv", "p w b", "y", strides=[2, 2])],
                            [*WEIGHTS, tensor("z", values=[0, 0, 0, 1, 0, 0, 2, 1])]),
        "a filter that is no square": ([node("Conv", "x k", "y", pads=[0, 1, 0, 2], strides=[2, 1], dilations=[2, 1])],
                                       [tensor("k", 4, 3, 2, 5)]),
        "depthwise with a multiplier": ([node("Conv", "x k", "y", group=3)], [tensor("k", 6, 1, 3, 3)]),
        "two groups": ([STEM, node("Conv", "c k", "y", group=2)], [*WEIGHTS, tensor("k", 6, 4, 1, 1)]),
        "transposed": ([STEM, node("ConvTranspose", "c k", "y", strides=[2, 2], pads=[1, 0, 0, 1], output_padding=[1, 0])],
                       [*WEIGHTS, tensor("k", 8, 4, 3, 2)]),
        "shuffle and split": ([STEM, node("Reshape", "c to", "g"), node("Transpose", "g", "t", perm=[0, 2, 1, 3, 4]),
                               node("Reshape", "t back", "s"), helper.make_node("Split", ["s"], ["l", "r"], axis=1),
                               node("Relu", "l", "m"), node("Concat", "r m", "y", axis=1)],
                              [*WEIGHTS, tensor("to", values=[1, 2, 4, 12, 10]), tensor("back", values=[1, 8, 12, 10])]),
        "a slice without axes": ([STEM, node("Slice", "c from to", "y")],
                                 [*WEIGHTS, tensor("from", values=[0, 2]), tensor("to", values=[1, 7])]),
        "anchors of two maps": ([STEM, node("MaxPool", "c", "m", kernel_shape=[2, 2], strides=[2, 2]), node("Transpose", "c", "p", perm=[0, 2, 3, 1]),
                                 node("Transpose", "m", "q", perm=[0, 2, 3, 1]), node("Reshape", "p to", "f"), node("Reshape", "q to", "g"),
                                 node("Concat", "f g", "y", axis=1)], [*WEIGHTS, tensor("to", values=[1, -1, 4])]),
        "sizes worked out": ([STEM, node("Shape", "c", "h"), node("Gather", "h i", "n"), node("Unsqueeze", "n axes", "o"),
                              node("Concat", "o rest", "to", axis=0), node("GlobalAveragePool", "c", "p"),
                              node("Reshape", "p to", "f"), node("Gemm", "f m", "y")],
                             [*WEIGHTS, tensor("i", values=0), tensor("axes", values=[0]), tensor("rest", values=[-1]),
                              tensor("m", 8, 3)]),
        "nearest and bilinear": ([STEM, node("Resize", "c none factors", "u", mode="nearest", nearest_mode="floor",
                                             coordinate_transformation_mode="asymmetric"),
                                  helper.make_node("Resize", ["u", "", "", "to"], ["y"], name="y", mode="linear")],
                                 [*WEIGHTS, tensor("none", values=np.zeros(0)), tensor("factors", values=[1.0, 1.0, 2.0, 3.0]),
                                  tensor("to", values=[1, 8, 9, 31])]),
        "ceilings": ([STEM, node("MaxPool", "c", "p", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
                      node("AveragePool", "p", "y", kernel_shape=[2, 3], pads=[1, 1, 0, 1], count_include_pad=1)], WEIGHTS),
        "slopes": ([STEM, node("PRelu", "c s", "p"), node("LeakyRelu", "p", "y", alpha=0.25)], [*WEIGHTS, tensor("s", 8, 1, 1)]),
        "error function": ([STEM, node("Div", "c root", "d"), node("Erf", "d", "e"), node("Add", "e one", "a"),
                            node("Mul", "c a", "p"), node("Mul", "p half", "y")],
                           [*WEIGHTS, tensor("root", values=2**0.5), tensor("one", values=1.0), tensor("half", values=0.5)]),
        "added channels": ([STEM, node("Pad", "c z", "p"), node("Add", "p p", "y")],
                           [*WEIGHTS, tensor("z", values=[0, 1, 0, 0, 0, 2, 1, 0])]),
        "softmax": ([STEM, node("Softmax", "c", "y", axis=1)], WEIGHTS),
        "functions": ([STEM, node("Tanh", "c", "1"), node("Elu", "1", "2", alpha=0.5), node("Selu", "2", "3"), node("Exp", "3", "4"),
                       node("Sqrt", "4", "5"), node("Reciprocal", "5", "6"), node("Log", "6", "7"), node("Softplus", "7", "8"),
                       node("Erf", "8", "9"), node("Celu", "9", "10", alpha=2.0), node("Softsign", "10", "11"), node("Neg", "11", "12"),
                       node("Pow", "12 two", "13"), node("Sin", "13", "14"), node("Cos", "14", "15"), node("Clip", "15 low high", "16"),
                       node("Abs", "16", "17"), node("ThresholdedRelu", "17", "y", alpha=0.6)],
                      [*WEIGHTS, tensor("two", values=2.0), tensor("low", values=-0.5), tensor("high", values=0.75)]),
        "youngest functions": ([STEM, node("Mish", "c", "m"), node("Gelu", "m", "y", approximate="tanh")], WEIGHTS, {"opset": 20}),
        "numbers beside a map": ([node("Sub", "x half", "s"), node("Div", "s two", "d"), node("Conv", "d w b", "c"), node("Relu", "c", "r"),
                                  node("Sub", "one r", "a"), node("Mul", "a two", "p"), node("Sigmoid", "p", "y")],
                                 [*WEIGHTS, tensor("half", values=0.5), tensor("two", values=2.0), tensor("one", values=1.0)]),
        "sums in two orders": ([STEM, node("Reshape", "c to", "f"), node("Transpose", "f", "t", perm=[0, 2, 1]), node("MatMul", "t m", "q"),
                                node("Transpose", "q", "u", perm=[0, 2, 1]), node("Add", "u f", "s"),
                                node("Reshape", "s back", "y")],
                               [*WEIGHTS, tensor("to", values=[1, 8, 120]), tensor("m", 8, 8), tensor("back", values=[1, 8, 12, 10])]),
        "weights of 8 bits": ([helper.make_node("DequantizeLinear", ["w8", "ws", "wz"], ["w"], axis=0), helper.make_node("DequantizeLinear", ["b32", "bs"], ["b"], axis=0),
                               STEM, node("Relu", "c", "y")], STORED),
        "half precision": ([helper.make_node("Cast", ["w16"], ["w"], to=1), STEM, node("Relu", "c", "y")],
                           [numpy_helper.from_array(np.float16(numpy_helper.to_array(WEIGHTS[0])), "w16"), WEIGHTS[1]]),
    }

    def test_outputs_are_those_of_onnx_runtime(self):
        for name, (nodes, initializers, *more) in self.GRAPHS.items():
            with self.subTest(name):
                model = model_of(nodes, initializers, **(more[0] if more else {}))
                onnx.save(model, self.path)
                shape = [dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim]
                first = shape[1] == 3
                size = shape[2:] if first else shape[1:3]
                image, outputs = run_network(RUN_NETWORK, self.path, self.folder, "x".join(map(str, size)))
                image = image.reshape(1, *size, 3)
                given = np.ascontiguousarray(image.transpose(0, 3, 1, 2)) if first else image
                [expected] = agreement.onnx_runtime(model, {"x": given})
                if expected.ndim == 4:
                    expected = expected.transpose(0, 2, 3, 1)
                self.assertIn("reference", outputs)
                for engine, output in outputs.items():
                    self.assertEqual(output.size, expected.size, engine)
                    np.testing.assert_allclose(output, expected.ravel(), rtol=1e-4, atol=1e-5, err_msg=engine)


QKV = [STEM, node("Reshape", "c to", "f"), node("Transpose", "f", "t", perm=[0, 2, 1]), node("MatMul", "t m", "q"), node("Add", "q mb", "a"),
       node("Reshape", "a heads", "h"), node("Transpose", "h", "s", perm=[2, 0, 3, 1, 4])]
QKV_WEIGHTS = [*WEIGHTS, tensor("to", values=[1, 8, 120]), tensor("m", 8, 24), tensor("mb", 24), tensor("heads", values=[1, 120, 3, 2, 4]),
               *(tensor(f"i{i}", values=i) for i in range(3)), tensor("back", values=[1, 120, 8]), tensor("o", 8, 8), tensor("ob", 8),
               tensor("scale", values=0.5)]


class Operators(Files):
    """MACs and parameters, by hand; what none of these costs is unknown."""

    GRAPHS = {
        # q k and its product with v : 120 x 120 x 4 each, of 2 heads
        "heads": ([*QKV, *(node("Gather", f"s i{i}", f"g{i}", axis=0) for i in range(3)), node("Transpose", "g1", "k", perm=[0, 1, 3, 2]),
                   node("MatMul", "g0 k", "l"), node("Mul", "l scale", "z"), node("Softmax", "z", "p", axis=-1), node("MatMul", "p g2", "v"),
                   node("Transpose", "v", "vt", perm=[0, 2, 1, 3]), node("Reshape", "vt back", "j"), node("MatMul", "j o", "r"), node("Add", "ob r", "y")],
                  QKV_WEIGHTS, 120 * 8 * 24 + 2 * 2 * 120 * 120 * 4 + 120 * 8 * 8, 8 * 24 + 24 + 8 * 8 + 8),
        "heads by einsum": ([*QKV, *(node("Gather", f"s i{i}", f"g{i}", axis=0) for i in range(2)), node("Einsum", "g0 g1", "y", equation="bhnd,bhmd->bhnm")],
                            QKV_WEIGHTS, 120 * 8 * 24 + 2 * 120 * 120 * 4, 8 * 24 + 24),
        "layer norm": ([STEM, node("Transpose", "c", "t", perm=[0, 2, 3, 1]), node("LayerNormalization", "t g h", "y", axis=-1)],
                       [*WEIGHTS, tensor("g", 8), tensor("h", 8)], 0, 16, {"opset": 17}),
        "layer norm of nodes": ([STEM, node("Transpose", "c", "t", perm=[0, 2, 3, 1]), node("ReduceMean", "t", "m", axes=[-1]), node("Sub", "t m", "d"),
                                 node("Pow", "d two", "s"), node("ReduceMean", "s", "v", axes=[-1]), node("Add", "v eps", "e"), node("Sqrt", "e", "r"),
                                 node("Div", "d r", "n"), node("Mul", "n g", "p"), node("Add", "p h", "y")],
                                [*WEIGHTS, tensor("g", 8), tensor("h", 8), tensor("two", values=2.0), tensor("eps", values=1e-6)], 0, 16),
        "group norm": ([STEM, node("Reshape", "c groups", "f"), node("InstanceNormalization", "f ones zeros", "n"), node("Shape", "c", "like"),
                        node("Reshape", "n like", "u"), node("Mul", "u g", "p"), node("Add", "p h", "y")],
                       [*WEIGHTS, tensor("groups", values=[0, 2, -1]), tensor("ones", values=[1.0, 1.0]), tensor("zeros", values=[0.0, 0.0]),
                        tensor("g", 8, 1, 1), tensor("h", 8, 1, 1)], 0, 16),
        "instance norm": ([STEM, node("InstanceNormalization", "c g h", "y")], [*WEIGHTS, tensor("g", 8), tensor("h", 8)], 0, 16),
        "anchors": ([STEM, *(node("Conv", f"c k{i}", f"l{i}", strides=[i, i]) for i in (1, 2)),
                     *(node("Transpose", f"l{i}", f"t{i}", perm=[0, 2, 3, 1]) for i in (1, 2)),
                     *(node("Reshape", f"t{i} boxes", f"r{i}") for i in (1, 2)), node("Concat", "r1 r2", "y", axis=1)],
                    [*WEIGHTS, tensor("k1", 12, 8, 1, 1), tensor("k2", 12, 8, 1, 1), tensor("boxes", values=[1, -1, 4])], (120 + 30) * 8 * 12, 2 * 96),
        "class and position": ([*QKV[:3], node("Concat", "cls t", "j", axis=1), node("Add", "j pos", "p"), node("Gather", "p i0", "n", axis=1),
                                node("Gemm", "n o ob", "y")],
                               [*QKV_WEIGHTS, tensor("cls", 1, 1, 8), tensor("pos", 1, 121, 8)], 64, 8 + 121 * 8 + 64 + 8),
        "mixed pixels": ([*QKV[:2], node("MatMul", "f n", "y")], [*QKV_WEIGHTS, tensor("n", 120, 30)], 8 * 120 * 30, 120 * 30),
        "moves": ([STEM, node("SpaceToDepth", "c", "d", blocksize=2), node("DepthToSpace", "d", "e", blocksize=2), node("Slice", "e begin n a t", "f"),
                   node("Tile", "f r", "g"), helper.make_node("TopK", ["g", "k"], ["h", "places"], axis=1), node("ArgMax", "h", "j", axis=1),
                   node("Cast", "j", "y", to=1)],
                  [*WEIGHTS, tensor("begin", values=[0, 0]), tensor("n", values=[99, 99]), tensor("a", values=[2, 3]), tensor("t", values=[2, 2]),
                   tensor("r", values=[1, 1, 2, 1]), tensor("k", values=[3])], 0, 0),
        "grouped, transposed": ([STEM, node("ConvTranspose", "c k kb", "y", group=2, strides=[2, 2])],
                                [*WEIGHTS, tensor("k", 8, 3, 2, 2), tensor("kb", 6)], 120 * 8 * 3 * 4, 96 + 6),
        "in three dimensions": ([STEM, node("Unsqueeze", "c third", "u"), node("Conv", "u k", "y", pads=[1] * 6)],
                                [*WEIGHTS, tensor("third", values=[2]), tensor("k", 4, 8, 3, 3, 3)], 120 * 4 * 8 * 27, 4 * 8 * 27),
        "along one side": ([*QKV[:2], node("Conv", "f k", "y", pads=[2, 2], strides=[2])], [*QKV_WEIGHTS, tensor("k", 4, 8, 5)], 60 * 4 * 40, 160),
        "steps that are long": ([STEM, node("Conv", "c k", "y", strides=[1, 20], kernel_shape=[1, 10])], [*WEIGHTS, tensor("k", 4, 8, 1, 10)], 12 * 4 * 80, 320),
        "recurrent": ([*QKV[:2], node("Transpose", "f", "r", perm=[2, 0, 1]), helper.make_node("LSTM", ["r", "wi", "wr", "wb"], ["y"], hidden_size=5, name="y")],
                      [*QKV_WEIGHTS, tensor("wi", 1, 20, 8), tensor("wr", 1, 20, 5), tensor("wb", 1, 40)], 120 * 20 * 13, 20 * 13 + 40),
        "two maps": ([STEM, node("ReduceMax", "c", "m", axes=[1]), node("Sub", "c m", "d"), node("Max", "d m", "e"), node("ReduceSum", "e one", "f"),
                      node("Div", "e f", "g"), node("LRN", "g", "y", size=3)], [*WEIGHTS, tensor("one", values=[1])], 0, 0),
        "weights made of weights": ([node("Mul", "w w", "ww"), node("ReduceMean", "ww", "mm", axes=[1, 2, 3]), node("Sub", "ww mm", "v"),
                                     node("Conv", "x v b", "y", pads=[1, 1, 1, 1])], WEIGHTS, 0, 0),
    }

    def test_counts_are_those_by_hand(self):
        for name, (nodes, initializers, macs, parameters, *more) in self.GRAPHS.items():
            with self.subTest(name):
                onnx.save(model_of(nodes, initializers, **(more[0] if more else {})), self.path)
                totals = variant_of("--model", self.path)["totals"]
                self.assertEqual((totals["macs"], totals["params"]), (STEM_COST[0] + macs, STEM_COST[1] + parameters))

    def test_a_batch_of_several_is_counted_for_one(self):
        for name in ["heads", "anchors", "grouped, transposed"]:
            with self.subTest(name):
                nodes, initializers, macs, _ = self.GRAPHS[name]
                of_two = [tensor(one.name, values=[2 if i == 0 else size for i, size in enumerate(numpy_helper.to_array(one))])
                          if one.name in ("to", "heads", "back", "boxes") else one for one in initializers]
                onnx.save(model_of(nodes, of_two, shape=(2, 3, 12, 10)), self.path)
                self.assertEqual(variant_of("--model", self.path)["totals"]["macs"], STEM_COST[0] + macs)

    def test_another_resolution_than_the_file_is_for_is_refused(self):
        nodes, initializers, *_ = self.GRAPHS["heads"]
        onnx.save(model_of(nodes, initializers), self.path)
        status, _, stderr = program("cost", "--model", self.path, "--res", "24x20")
        self.assertEqual(status, 2)
        self.assertRegex(stderr, "is known of an input of 12x10 alone, found one of 24x20")

    def test_sizes_that_depend_on_values_leave_a_lower_bound(self):
        """A detector as torchvision exports it: an image without a batch, boxes that are found, a branch that reads them."""
        chosen = helper.make_graph([node("Conv", "c k", "z")], "then", [], [helper.make_tensor_value_info("z", TensorProto.FLOAT, None)])
        none = helper.make_graph([node("Identity", "c", "z")], "else", [], [helper.make_tensor_value_info("z", TensorProto.FLOAT, None)])
        nodes = [node("Unsqueeze", "image first", "x1"), node("Conv", "x1 w b", "c", pads=[1, 1, 1, 1]), node("Greater", "c half", "g"), node("NonZero", "g", "n"),
                 node("Transpose", "n", "t", perm=[1, 0]), node("GatherND", "c t", "f"), node("ReduceMax", "f", "m", keepdims=0), node("Greater", "m half", "any"),
                 helper.make_node("If", ["any"], ["y"], name="branch", then_branch=chosen, else_branch=none)]
        model = model_of(nodes, [*WEIGHTS, tensor("first", values=[0]), tensor("half", values=0.5), tensor("k", 8, 8, 1, 1)])
        model.graph.input[0].CopyFrom(helper.make_tensor_value_info("image", TensorProto.FLOAT, (3, 12, 10)))
        onnx.save(model, self.path)
        status, stdout, stderr = program("cost", "--model", self.path, "--format", "json")
        self.assertEqual(status, 1, stderr)
        self.assertRegex(stderr, r"6 operators are not known and not counted, totals are lower bounds: NonZero \(n\), Transpose \(t\), .*If \(branch\)")
        variant = json.loads(stdout)["variants"][0]
        self.assertEqual((variant["totals"]["macs"], variant["height"], variant["width"]), (STEM_COST[0], 12, 10))

    def test_engines_say_what_they_do_not_run(self):
        nodes, initializers, *_ = self.GRAPHS["heads"]
        onnx.save(model_of(nodes, initializers), self.path)
        _, stdout, stderr = program("bench", "--model", self.path, "--engine", "native")
        self.assertRegex(stdout + stderr, "native has no kernel for matmul")


class Damage(Files):
    """One sentence, exit status 2."""

    def good(self):
        return model_of([STEM, node("Relu", "c", "y")], WEIGHTS)

    def test_bytes_that_are_no_model(self):
        whole = self.good().SerializeToString()
        self.fails("expected an ONNX model of 1 to 2147483647 bytes", b"")
        self.fails("expected an ONNX model, found bytes that are none", b"\0\0PK" + whole)
        self.fails("expected an ONNX model, found bytes that are none", whole[: len(whole) // 2])
        self.fails("expected an ONNX model", b'{"schema": "mobilenet-cost.model.v2"}')
        self.fails("with a graph, found none", onnx.ModelProto(ir_version=7))
        self.path.unlink()
        self.fails("expected a readable file, found: No such file")
        self.path.mkdir()
        self.fails("expected a file that is no folder")

    def test_graphs_that_are_none(self):
        model = self.good()
        del model.graph.node[:]
        self.fails("expected a graph with nodes, found none", model)
        model = self.good()
        del model.graph.output[:]
        self.fails("expected a graph with outputs, found none", model)
        model = self.good()
        model.graph.output[0].name = "z"
        self.fails('output "z": expected a node that writes it', model)
        cycle = model_of([node("Add", "c r", "a"), node("Conv", "x w b", "c"), node("Relu", "a", "r"), node("Relu", "r", "y")], WEIGHTS)
        self.fails('node "a": expected inputs that earlier nodes write, found "c"', cycle)
        self.fails('node "c": expected a tensor that the file has, found "b"', model_of([STEM], WEIGHTS[:1], output="c"))
        twice = model_of([STEM, node("Relu", "c", "y"), node("Relu", "c", "y")], WEIGHTS)
        self.fails('expected an output that nothing else writes, found "y"', twice)
        self.fails("expected an input that the outputs depend on, found none", model_of([node("Relu", "w", "y")], WEIGHTS))

    def test_sizes_that_cannot_be(self):
        def weights(*dims, **more):
            return model_of([STEM], [onnx.TensorProto(name="w", data_type=1, dims=dims, **more), WEIGHTS[1]], output="c")

        self.fails('tensor "w": expected sizes that are not negative, found -3', weights(8, -3, 3, 3))
        self.fails('tensor "w": expected at most 2.46 values', weights(1 << 62))
        self.fails('tensor "w": expected at most 2.46 values', weights(1 << 31, 1 << 31, 1 << 31, 1 << 31))
        self.fails('tensor "w": expected 864 bytes of data for 8x3x3x3, found 3', weights(8, 3, 3, 3, raw_data=b"abc"))
        self.fails("expected at most 16 dimensions", weights(*[1] * 20))
        self.fails("expected a filter for 3 channels in 1 groups, found 8x4x3x3", model_of([STEM], [tensor("w", 8, 4, 3, 3), WEIGHTS[1]], output="c"))
        self.fails("expected a map that a kernel of 19 fits", model_of([node("Conv", "x w", "y", dilations=[1, 9])], WEIGHTS))
        self.fails('expected "strides" to be 2 whole numbers from 1', model_of([node("Conv", "x w", "y", strides=[0, 1])], WEIGHTS))
        self.fails("expected a shape of 960 values", model_of([STEM, node("Reshape", "c to", "y")], [*WEIGHTS, tensor("to", values=[7, 7])]))
        large = [node("Resize", "x none f", "y")], [tensor("none", values=np.zeros(0)), tensor("f", values=[1.0, 1.0, 1e9, 1e9])]
        self.fails("expected sizes of 1 to", model_of(*large))
        model = self.good()
        model.graph.value_info.append(helper.make_tensor_value_info("c", TensorProto.FLOAT, (1, 8, 3, 3)))
        self.fails('node "c": expected "c" to be 1x8x12x10, as follows from its inputs, found 1x8x3x3 declared', model)
        open_size = model_of([STEM, node("Relu", "c", "y")], WEIGHTS, shape=("n", 3, "rows", "columns"))
        self.fails('input "x" has no fixed height and width: dimension 2 ."rows". of 1x3x.x. is open, say --res HxW', open_size)
        status, stdout, stderr = program("cost", "--model", self.path, "--res", "12x10")
        self.assertEqual(status, 0, stderr)

    def test_names_and_files(self):
        model = self.good()
        model.graph.node[0].name = "n" * 10_000_000
        self.fails("expected names of at most 4096 bytes, found a node with one of 10000000: .nnn", model)
        for location in ["../weights.bin", "/etc/passwd", "", "a/../../b"]:
            model = self.good()
            external = model.graph.initializer[0]
            external.ClearField("raw_data")
            external.data_location = onnx.TensorProto.EXTERNAL
            external.external_data.add(key="location", value=location)
            self.fails('tensor "w": expected external data in a file beside this one', model)
        strange = model_of([STEM, node("LSTM", "c", "y")], WEIGHTS)
        self.fails('node "y": expected an operator that is known, or one whose output shape the file declares, found "LSTM"', strange)


def write_corpus(folder):
    """Files for tests/fuzz: the graphs above, those that are small."""
    for name, (nodes, initializers, *more) in Graphs.GRAPHS.items():
        data = model_of(nodes, initializers, **(more[0] if more else {})).SerializeToString()
        if len(data) < 4000:
            (folder / "".join(c if c.isalnum() else "_" for c in name)).write_bytes(data)


if __name__ == "__main__":
    if sys.argv[3:4] == ["--corpus"]:
        sys.exit(write_corpus(Path(sys.argv[4])))
    RUN_NETWORK = sys.argv[1]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
