"""TensorFlow Lite files are read: our own networks, written in that format, to the same layers, counts and outputs;
graphs in the ways of its converter to what LiteRT computes of them.

import_test.py RUN_NETWORK VENV [unittest's arguments]

RUN_NETWORK is tests/onnx/run_network.cpp, built; VENV the virtual environment that `scripts/setup --test` makes. With
`--corpus FOLDER` the files for tests/fuzz/corpus/tflite are written instead.
"""

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
import flatbuffers  # noqa: E402
import numpy as np  # noqa: E402
from ai_edge_litert import schema_py_generated as schema  # noqa: E402
from imports import FileTest, program, run_network, variant_of  # noqa: E402
from litert import litert  # noqa: E402
from tflite_writer import FromOnnx, Writer, values  # noqa: E402

Case = agreement.Case

CASES = [
    *(Case(model, "0.5", 64) for model in agreement.MODELS),
    *(Case(model, "0.25", 32, network="standard") for model in agreement.MODELS[:3]),
    Case("mobilenet_v2", "0.5", "33x64", channels=4, batch=2),
    Case("mobilenet_v3_large", "0.25", "64x48", top=False),
    Case("mobilenet_v1", "0.25", 48, depth_multiplier=2),
    Case("libraries/timm/efficientnet_lite0", "0.5", 64),
]


class Files(FileTest):
    NAME = "model.tflite"


class OwnNetworks(Files):
    SAME = ["op", "input", "output", "kernel", "stride", "groups", "macs"]

    def write(self, case):
        model = agreement.export(case, self.folder / "model.onnx")
        data = FromOnnx(model).bytes()
        self.path.write_bytes(data)
        return model, data

    def test_outputs_are_the_same_bit_for_bit_and_litert_agrees(self):
        for case in CASES:
            with self.subTest(case):
                model, data = self.write(case)
                (self.folder / "a").mkdir(exist_ok=True)
                (self.folder / "b").mkdir(exist_ok=True)
                agreement.run(RUN_NETWORK, *case.words(), self.folder / "a")
                image, read = run_network(RUN_NETWORK, self.path, self.folder / "b", case.resolution, case.batch)
                first = np.fromfile(self.folder / "a/reference.f32", dtype="<f4")
                self.assertGreater(np.ptp(first), 0)
                np.testing.assert_array_equal(read["reference"], first)
                for engine, output in read.items():
                    error = agreement.error_of_one(np.concatenate(litert(data, image)), output, model, engine)
                    self.assertLessEqual(error, 1, engine)

    def test_layers_and_counts(self):
        for case in CASES:
            if case.network != "separable":
                continue
            with self.subTest(case):
                self.write(case)
                flags = case.flags()
                for name in ["--network", "--seed"]:
                    del flags[flags.index(name) : flags.index(name) + 2]
                own = variant_of(*flags)
                read = variant_of("--model", self.path, "--batch", case.batch)
                rows = [[{key: layer[key] for key in self.SAME} for layer in one["layers"]] for one in (read, own)]
                self.assertEqual(*rows)
                self.assertEqual(read["totals"]["macs"], own["totals"]["macs"])
                self.assertEqual(read["standard"]["macs"], own["standard"]["macs"])
                self.assertEqual(read["totals"]["peak_activation_bytes"], own["totals"]["peak_activation_bytes"])
                self.assertEqual(read["params"]["bn1"], own["params"]["bn1"])  # batch norm is folded

    def test_the_width_multiplier_and_an_export(self):
        self.write(Case("mobilenet_v1", "1", 64))
        half = variant_of("--model", self.path, "--alpha", 0.5)
        own = variant_of("--model", "mobilenet_v1", "--alpha", 0.5, "--res", 64, "--classes", 100)
        self.assertEqual(half["totals"]["macs"], own["totals"]["macs"])
        again = self.folder / "again.onnx"
        status, _, stderr = program("export", "--model", self.path, "--onnx", again)
        self.assertEqual(status, 0, stderr)
        self.assertEqual(variant_of("--model", again)["totals"]["macs"], variant_of("--model", self.path)["totals"]["macs"])


def graph(*operators, shape=(1, 12, 10, 3), constants=None, outputs=("y",), signature=None):
    """A stem of 8 channels, `c`, and what follows it: (code, inputs, output, shape of it, options' kind, settings)."""
    writer = Writer()
    writer.tensor("x", shape, signature=signature)
    given = {"w": values("w", 8, 3, 3, 3), "b": values("b", 8), **(constants or {})}
    for name, one in given.items():
        one, quantisation = one if isinstance(one, tuple) else (one, None)
        writer.tensor(name, values=np.array(one, np.int32) if isinstance(one, list) else one, quantisation=quantisation)
    writer.add("CONV_2D", ["x", "w", "b"], [("c", shape[:3] + (8,))], "Conv2D", strideH=1, strideW=1)
    for code, inputs, outputs_of, *more in operators:
        kind, settings = (more + [None, {}])[:2] if len(more) < 2 else more
        written = outputs_of if isinstance(outputs_of, list) else [outputs_of]
        writer.add(code, inputs.split(), written, kind, **settings)
    return writer.bytes(["x"], outputs)


VALID = {"padding": schema.Padding.VALID}
SAME = {"padding": schema.Padding.SAME}
Y = ("y", (1, 12, 10, 8))


class Graphs(Files):
    """Every output is LiteRT's."""

    GRAPHS = {
        "a fused activation": ((("ADD", "c f", Y, "Add", {"fusedActivationFunction": 1}),), {"constants": {"f": values("f", 8)}}),
        "activations": ((("RELU6", "c", ("a", Y[1])), ("LOGISTIC", "a", ("s", Y[1])), ("HARD_SWISH", "s", ("h", Y[1])),
                         ("LEAKY_RELU", "h", Y, "LeakyRelu", {"alpha": 0.25})), {}),
        "swish": ((("LOGISTIC", "c", ("s", Y[1])), ("MUL", "c s", Y, "Mul", {})), {}),
        "hard swish in parts": ((("ADD", "c three", ("a", Y[1]), "Add", {"fusedActivationFunction": 3}),
                                 ("MUL", "a sixth", ("g", Y[1]), "Mul", {}), ("MUL", "c g", Y, "Mul", {})),
                                {"constants": {"three": np.float32(3), "sixth": np.float32(1 / 6)}}),
        "slopes": ((("PRELU", "c s", Y),), {"constants": {"s": values("s", 1, 1, 8)}}),
        "depthwise with a multiplier": ((("DEPTHWISE_CONV_2D", "c k t", ("y", (1, 6, 5, 16)), "DepthwiseConv2D",
                                          {"strideH": 2, "strideW": 2, "depthMultiplier": 2, **SAME}),),
                                        {"constants": {"k": values("k", 1, 3, 3, 16), "t": values("t", 16)}}),
        "depthwise, dilated": ((("DEPTHWISE_CONV_2D", "c k", ("y", (1, 8, 6, 8)), "DepthwiseConv2D",
                                 {"strideH": 1, "strideW": 1, "dilationHFactor": 2, "dilationWFactor": 2, "depthMultiplier": 1, **VALID}),),
                               {"constants": {"k": values("k", 1, 3, 3, 8)}}),
        "a filter that is no square": ((("CONV_2D", "c k t", ("y", (1, 12, 3, 4)), "Conv2D", {"strideH": 1, "strideW": 3, **VALID}),),
                                       {"constants": {"k": values("k", 4, 1, 2, 8), "t": values("t", 4)}}),
        "two groups": ((("CONV_2D", "c k t", ("y", (1, 12, 10, 6)), "Conv2D", {"strideH": 1, "strideW": 1, **SAME}),),
                       {"constants": {"k": values("k", 6, 1, 1, 4), "t": values("t", 6)}}),
        "transposed": ((("TRANSPOSE_CONV", "to k c t", ("y", (1, 24, 20, 4)), "TransposeConv", {"strideH": 2, "strideW": 2, **SAME}),),
                       {"constants": {"to": [1, 24, 20, 4], "k": values("k", 4, 3, 3, 8), "t": values("t", 4)}}),
        "pads of its own": ((("PAD", "c z", ("p", (1, 14, 11, 8)), "Pad", {}),
                             ("CONV_2D", "p k t", ("y", (1, 6, 5, 8)), "Conv2D", {"strideH": 2, "strideW": 2, **VALID})),
                            {"constants": {"z": [[0, 0], [1, 1], [0, 1], [0, 0]], "k": values("k", 8, 3, 3, 8), "t": values("t", 8)}}),
        "added channels": ((("PAD", "c z", ("y", (1, 12, 10, 11)), "Pad", {}),), {"constants": {"z": [[0, 0], [0, 0], [0, 0], [1, 2]]}}),
        "pools": ((("MAX_POOL_2D", "c", ("m", (1, 6, 5, 8)), "Pool2D", {"filterHeight": 3, "filterWidth": 3, "strideH": 2, "strideW": 2, **SAME}),
                   ("AVERAGE_POOL_2D", "m", ("y", (1, 6, 5, 8)), "Pool2D", {"filterHeight": 3, "filterWidth": 2, "strideH": 1, "strideW": 1, **SAME})), {}),
        "squeeze and excite": ((("MEAN", "c sides", ("p", (1, 1, 1, 8)), "Reducer", {"keepDims": True}),
                                ("CONV_2D", "p k t", ("e", (1, 1, 1, 8)), "Conv2D", {"strideH": 1, "strideW": 1}),
                                ("LOGISTIC", "e", ("g", (1, 1, 1, 8))), ("MUL", "c g", Y, "Mul", {})),
                               {"constants": {"sides": [1, 2], "k": values("k", 8, 1, 1, 8), "t": values("t", 8)}}),
        "classifier": ((("MEAN", "c sides", ("p", (1, 8)), "Reducer", {}),
                        ("FULLY_CONNECTED", "p k t", ("d", (1, 5)), "FullyConnected", {}),
                        ("SOFTMAX", "d", ("y", (1, 5)), "Softmax", {"beta": 1.0})),
                       {"constants": {"sides": [1, 2], "k": values("k", 5, 8), "t": values("t", 5)}}),
        "dense over a map": ((("RESHAPE", "c to", ("f", (1, 960)), "Reshape", {"newShape": [1, 960]}),
                              ("FULLY_CONNECTED", "f k t", ("y", (1, 5)), "FullyConnected", {"fusedActivationFunction": 1})),
                             {"constants": {"to": [-1, 960], "k": values("k", 5, 960), "t": values("t", 5)}}),
        "dense for each pixel": ((("FULLY_CONNECTED", "c k t", ("y", (1, 12, 10, 5)), "FullyConnected", {"keepNumDims": True}),),
                                 {"constants": {"k": values("k", 5, 8), "t": values("t", 5)}}),
        "parts": ((("SPLIT", "axis c", [("l", (1, 12, 10, 4)), ("r", (1, 12, 10, 4))], "Split", {"numSplits": 2}),
                   ("RELU", "l", ("m", (1, 12, 10, 4))), ("CONCATENATION", "r m", Y, "Concatenation", {"axis": 3})),
                  {"constants": {"axis": np.int32(3)}}),
        "slices": ((("STRIDED_SLICE", "c from to step", ("s", (1, 12, 10, 3)), "StridedSlice", {"beginMask": 7, "endMask": 7}),
                    ("SLICE", "c begin size", ("t", (1, 12, 10, 3)), "Slice", {}), ("ADD", "s t", ("y", (1, 12, 10, 3)), "Add", {})),
                   {"constants": {"from": [0, 0, 0, 2], "to": [0, 0, 0, 5], "step": [1, 1, 1, 1], "begin": [0, 0, 0, 5], "size": [-1, 12, 10, 3]}}),
        "shuffle": ((("RESHAPE", "c to", ("g", (1, 12, 10, 2, 4)), "Reshape", {}), ("TRANSPOSE", "g order", ("t", (1, 12, 10, 4, 2)), "Transpose", {}),
                     ("RESHAPE", "t back", ("s", Y[1]), "Reshape", {}), ("RELU", "s", Y)),
                    {"constants": {"to": [1, 12, 10, 2, 4], "order": [0, 1, 2, 4, 3], "back": [1, 12, 10, 8]}}),
        "sizes worked out": ((("SHAPE", "c", ("h", (4,), None, None, None, "int32"), "Shape", {"outType": schema.TensorType.INT32}), ("STRIDED_SLICE", "h zero one step", ("n", (), None, None, None, "int32"), "StridedSlice", {"shrinkAxisMask": 1}),
                              ("PACK", "n all", ("to", (2,), None, None, None, "int32"), "Pack", {"valuesCount": 2}), ("RESHAPE", "c to", ("f", (1, 960)), "Reshape", {}),
                              ("FULLY_CONNECTED", "f k t", ("y", (1, 5)), "FullyConnected", {})),
                             {"constants": {"zero": [0], "one": [1], "step": [1], "all": np.int32(960), "k": values("k", 5, 960), "t": values("t", 5)}}),
        "nearest and bilinear": ((("RESIZE_NEAREST_NEIGHBOR", "c twice", ("u", (1, 24, 30, 8)), "ResizeNearestNeighbor", {}),
                                  ("RESIZE_BILINEAR", "u to", ("y", (1, 9, 31, 8)), "ResizeBilinear", {"halfPixelCenters": True})),
                                 {"constants": {"twice": [24, 30], "to": [9, 31]}}),
        "8 bits by channel": ((("DEQUANTIZE", "k8", ("k", (8, 1, 1, 8)), "Dequantize", {}), ("CONV_2D", "c k t", Y, "Conv2D", {"strideH": 1, "strideW": 1})),
                              {"constants": {"k8": (np.arange(-32, 32, dtype=np.int8).reshape(8, 1, 1, 8), (np.linspace(0.01, 0.02, 8), [0] * 8, 0)), "t": values("t", 8)}}),
        "8 bits with a zero point": ((("DEQUANTIZE", "k8", ("k", (8, 1, 1, 8)), "Dequantize", {}), ("CONV_2D", "c k t", Y, "Conv2D", {"strideH": 1, "strideW": 1})),
                                     {"constants": {"k8": (np.arange(100, 164, dtype=np.uint8).reshape(8, 1, 1, 8), ([0.01], [130], 0)), "t": values("t", 8)}}),
        "anchors of two maps": ((("MAX_POOL_2D", "c", ("m", (1, 6, 5, 8)), "Pool2D", {"filterHeight": 2, "filterWidth": 2, "strideH": 2, "strideW": 2, **VALID}),
                                 ("RESHAPE", "c large", ("f", (1, 240, 4)), "Reshape", {}), ("RESHAPE", "m small", ("g", (1, 60, 4)), "Reshape", {}),
                                 ("CONCATENATION", "f g", ("y", (1, 300, 4)), "Concatenation", {"axis": 1})),
                                {"constants": {"large": [1, 240, 4], "small": [1, 60, 4]}}),
        "half precision": ((("DEQUANTIZE", "k16", ("k", (8, 1, 1, 8)), "Dequantize", {}), ("CONV_2D", "c k t", Y, "Conv2D", {"strideH": 1, "strideW": 1})),
                           {"constants": {"k16": values("k", 8, 1, 1, 8).astype(np.float16), "t": values("t", 8)}}),
    }

    def test_outputs_are_those_of_litert(self):
        for name, (operators, more) in self.GRAPHS.items():
            with self.subTest(name):
                data = graph(*operators, **more)
                self.path.write_bytes(data)
                image, outputs = run_network(RUN_NETWORK, self.path, self.folder, "12x10")
                [expected] = litert(data, image)
                self.assertIn("reference", outputs)
                for engine, output in outputs.items():
                    np.testing.assert_allclose(output, expected, rtol=1e-4, atol=1e-5, err_msg=engine)

    def test_every_file_is_counted_in_full(self):
        for name, (operators, more) in self.GRAPHS.items():
            with self.subTest(name):
                self.path.write_bytes(graph(*operators, **more))
                status, _, stderr = program("cost", "--model", self.path)
                self.assertEqual((status, stderr), (0, ""))

    def test_bytes_are_those_of_the_file(self):
        """Weights and maps of the stem and of one convolution more; biases are 32-bit where they are not 16-bit."""
        weights, biases, maps = 8 * 27 + 8 * 8, 8 + 8, 12 * 10 * (3 + 8 + 8 + 8)
        scale = ([0.1], [0], 0)

        def written(kind, dtype):
            writer = Writer()
            whole = dtype == "int8"
            by = scale if whole else None
            for name, shape in [("x", (1, 12, 10, 3)), ("c", (1, 12, 10, 8)), Y]:
                writer.tensor(name, shape, dtype=dtype, quantisation=by)
            for name, shape in [("w", (8, 3, 3, 3)), ("k", (8, 1, 1, 8))]:
                writer.tensor(name, values=np.ones(shape, kind), quantisation=scale if kind == np.int8 else None)
            for name in "bt":
                writer.tensor(name, values=np.ones(8, np.int32 if whole else np.float32), quantisation=by)
            for inputs, output in [("x w b", "c"), ("c k t", "y")]:
                writer.add("CONV_2D", inputs.split(), [output], "Conv2D", strideH=1, strideW=1)
            return writer.bytes(["x"], ["y"])

        for kind, dtype, name, of_weight, of_map, of_bias in [
            (np.int8, "int8", "i8", 1, 1, 4), (np.int8, "float32", "w8a32", 1, 4, 4), (np.float32, "float32", "f32", 4, 4, 4),
            (np.float16, "float32", "w16a32", 2, 4, 2),
        ]:
            with self.subTest(name):
                self.path.write_bytes(written(kind, dtype))
                read = variant_of("--model", self.path)
                self.assertEqual(read["dtype"], name)
                self.assertEqual(read["totals"]["weight_bytes"], weights * of_weight + biases * of_bias)
                self.assertEqual(read["totals"]["activation_bytes"], maps * of_map)
                self.assertEqual(variant_of("--model", self.path, "--dtype", "f32")["totals"]["activation_bytes"], maps * 4)
                if name == "i8":
                    self.check_runtime()

    def check_runtime(self):
        """As TensorFlow Lite Micro says itself of these operators: 1920 and 1360 bytes. At another size it is not the file that runs."""
        size = self.path.stat().st_size
        self.assertEqual(variant_of("--model", self.path, "--runtime", "tflm")["runtime"],
                         {"name": "tflm", "ram_bytes": 3280, "flash_bytes": size, "arena_bytes": 3280, "head_bytes": 1920,
                          "tail_bytes": 1360, "file_bytes": size})
        wider = variant_of("--model", self.path, "--runtime", "tflm", "--alpha", "2")["runtime"]
        self.assertNotEqual(wider["flash_bytes"], size)

    def test_passes_of_an_8_bit_file_are_of_f32_and_say_so(self):
        weights = (np.ones((8, 1, 1, 8), np.int8), ([0.1], [0], 0))
        self.path.write_bytes(graph(("DEQUANTIZE", "k8", ("k", (8, 1, 1, 8)), "Dequantize", {}), ("CONV_2D", "c k t", Y, "Conv2D", {"strideH": 1, "strideW": 1}),
                                    constants={"w": np.ones((8, 3, 3, 3), np.float16), "k8": weights, "t": values("t", 8)}))
        status, stdout, stderr = program("bench", "--model", self.path, "--engine", "reference", "--rounds", 1, "--format", "json")
        self.assertEqual(status, 0, stderr)
        self.assertIn("note: model: passes are of f32, with the values that its w16a32 weights stand for", stderr)
        status, _, stderr = program("pick", "--model", self.path, "--dtype", "i8", "--measure", "--max-ms", 1000)
        self.assertEqual(status, 2)
        self.assertIn("--dtype: expected f32 with times, which are of f32 passes, found i8", stderr)

    def test_an_operator_that_is_not_known_is_named(self):
        self.path.write_bytes(graph(("TFLite_Detection_PostProcess", "c", Y)))
        status, _, stderr = program("cost", "--model", self.path)
        self.assertEqual(status, 1)
        self.assertIn("1 operator is not known and not counted, totals are lower bounds: TFLite_Detection_PostProcess (y)", stderr)

    def test_open_sizes_are_asked_for(self):
        self.path.write_bytes(graph(("RELU", "c", Y), signature=[-1, -1, -1, 3]))
        status, _, stderr = program("cost", "--model", self.path)
        self.assertEqual(status, 2)
        self.assertIn('input "x" has no fixed height and width: dimension 1 of 1x?x?x3 is open, say --res HxW', stderr)
        self.assertEqual(variant_of("--model", self.path, "--res", "6x5")["totals"]["macs"], 6 * 5 * 27 * 8)


class Damage(Files):
    """One sentence, exit status 2."""

    def good(self):
        return graph(("RELU", "c", Y))

    def test_bytes_that_are_no_model(self):
        whole = self.good()
        self.fails("expected a TensorFlow Lite model of 1 to", b"")
        for data in [whole[: len(whole) // 2], b"\0\0PK" + whole, whole[:4] + b"TFL9" + whole[8:], b'{"schema": 1}', whole[:8]]:
            self.fails("expected a TensorFlow Lite model, found bytes that are none", data)

    def changed(self, change, operators=(("RELU", "c", Y),), **more):
        model = schema.ModelT.InitFromPackedBuf(graph(*operators, **more))
        change(model, model.subgraphs[0])
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def test_graphs_that_are_none(self):
        def without(name):
            return lambda model, graph: setattr(graph, name, [])

        self.fails("expected a model with a graph, found none", self.changed(lambda model, _: setattr(model, "subgraphs", [])))
        self.fails("expected a graph with operators, found none", self.changed(without("operators")))
        self.fails("expected a graph with outputs, found none", self.changed(without("outputs")))
        self.fails("expected a graph with tensors, found none", self.changed(without("tensors")))
        self.fails("the graph's outputs: expected a tensor from 0 to 4, found 99",
                   self.changed(lambda _, graph: setattr(graph, "outputs", [99])))
        self.fails("an operator's inputs: expected a tensor from 0 to 4, found -7",
                   self.changed(lambda _, graph: setattr(graph.operators[0], "inputs", [-7, 1, 2])))
        self.fails("expected an operator code below 2, found 40",
                   self.changed(lambda _, graph: setattr(graph.operators[0], "opcodeIndex", 40)))
        self.fails('tensor "w": expected a buffer below 3, found 9',
                   self.changed(lambda _, graph: setattr(graph.tensors[1], "buffer", 9)))
        self.fails('node "c": expected the options of its operator, found none',
                   self.changed(lambda _, graph: (setattr(graph.operators[0], "builtinOptionsType", 0), setattr(graph.operators[0], "builtinOptions", None))))
        self.fails('node "c": expected inputs that earlier nodes write, found "y"',
                   self.changed(lambda _, graph: setattr(graph.operators[0], "inputs", [4, 1, 2])))
        self.fails('node "y": expected an output that nothing else writes, found "y"',
                   self.changed(lambda _, graph: graph.operators.append(graph.operators[1])))
        self.fails('expected an output, found none', self.changed(lambda _, graph: setattr(graph.operators[1], "outputs", [])))

    def test_sizes_that_cannot_be(self):
        def shape(tensor, *dims):
            return self.changed(lambda _, graph: setattr(graph.tensors[tensor], "shape", list(dims)))

        self.fails('tensor "w": expected sizes that are not negative, found -3', shape(1, 8, -3, 3, 3))
        self.fails('tensor "w": expected at most 2.46 values', shape(1, *[2**30] * 4))
        self.fails('tensor "w": expected 1152 bytes of data for 8x3x3x4, found 864', shape(1, 8, 3, 3, 4))
        self.fails('tensor "w": expected at most 16 dimensions, found 20', shape(1, *[1] * 20))
        self.fails('node "c": expected "c" to be 1x12x10x8, as follows from its inputs, found 1x12x10x9 declared', shape(3, 1, 12, 10, 9))
        self.fails('node "c": expected a map with batch, height, width and channels, found 12x30', shape(0, 12, 30))
        self.fails('node "c": expected "strides" to be 2 whole numbers from 1',
                   self.changed(lambda _, graph: setattr(graph.operators[0].builtinOptions, "strideH", 0)))
        self.fails("expected a quantized_dimension of 0 or more, found -1", self.quantised([0.5], [0], -1))
        self.fails("expected one zero point, or one for each of 1 scales, found 2", self.quantised([0.5], [0, 1], 0))

    def quantised(self, *by):
        return graph(("RELU", "c", Y)) if not by else self.changed(lambda _, graph: self.set_quantisation(graph.tensors[1], *by))

    @staticmethod
    def set_quantisation(tensor, scale, zero, axis):
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint, tensor.quantization.quantizedDimension = scale, zero, axis

    def test_names_and_data_outside(self):
        self.fails("expected names of at most 4096 bytes, found a tensor with one of 10000000: .nnn",
                   self.changed(lambda _, graph: setattr(graph.tensors[3], "name", "n" * 10_000_000)))

        def outside(model, _):
            model.buffers[1].data, model.buffers[1].offset, model.buffers[1].size = None, 1 << 40, 864

        self.fails('tensor "w": expected data inside the file, found 864 bytes at 1099511627776 of', self.changed(outside))


def write_corpus(folder):
    """Files for tests/fuzz: the graphs above."""
    for name, (operators, more) in Graphs.GRAPHS.items():
        data = graph(*operators, **more)
        if len(data) < 8000:
            (folder / "".join(c if c.isalnum() else "_" for c in name)).write_bytes(data)


if __name__ == "__main__":
    if sys.argv[3:4] == ["--corpus"]:
        sys.exit(write_corpus(Path(sys.argv[4])))
    RUN_NETWORK = sys.argv[1]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
