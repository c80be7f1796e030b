"""ONNX Runtime runs what `export` wrote, and its outputs are ours.

agreement_test.py RUN_NETWORK VENV [unittest's arguments]

RUN_NETWORK is tests/onnx/run_network.cpp, built; VENV the virtual environment that `scripts/setup --test` makes.

How close is close enough: as in tests/unit/engine_test.cpp. A sum of n terms of random sign loses about u sqrt(n)
of its own size, u = 2^-24 being the unit roundoff; layers add up as the root of the sum of squares; errors stay
below lambda times that except with probability 2 n exp(-lambda^2 / 2), 3e-14 n for lambda = 8 (Higham and Mary, SIAM
J. Sci. Comput. 41(5), 2019, theorem 2.4). The weights keep the gain of every layer near 1, so the size of a loss
is that of the output. Each layer counts 8 terms more, for bias, activation and stores. `reference` sums in double;
any other engine has rounding errors of its own, independent of ONNX Runtime's: twice the terms.
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from environment import enter  # noqa: E402 (a file beside this one)

PROGRAM = os.environ["MOBILENET_COST_PROGRAM"]
SOURCE = Path(os.environ["MOBILENET_COST_SOURCE_DIR"])

LAMBDA = 8
ROUNDOFF = 2.0**-24


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    enter(Path(sys.argv[2]))

import numpy as np  # noqa: E402 (only in the virtual environment)
import onnx  # noqa: E402
import onnxruntime  # noqa: E402


@dataclass(frozen=True)
class Case:
    """What is exported. Small maps and few classes keep the naive engine quick."""

    model: str
    alpha: str = "0.5"
    resolution: int | str = 64  # a side, or HEIGHTxWIDTH
    batch: int = 1
    classes: int = 100
    network: str = "separable"
    seed: int = 1
    channels: int = 0  # of the input
    top: bool = True
    output_stride: int = 0
    depth_multiplier: int = 1

    def file(self):
        return SOURCE / (self.model if self.model.endswith(".json") else f"configs/{self.model}.json")

    def flags(self):
        return [
            *("--model", self.file(), "--alpha", self.alpha, "--res", self.resolution),
            *("--batch", self.batch, "--network", self.network, "--seed", self.seed),
            *(("--classes", self.classes) if self.top else ("--no-top",)),
            *(("--channels", self.channels) if self.channels else ()),
            *(("--output-stride", self.output_stride) if self.output_stride else ()),
            *("--depth-multiplier", self.depth_multiplier),
        ]

    def words(self):
        config = self.file()
        form = [self.channels, int(self.top), self.output_stride, self.depth_multiplier]
        return [config, self.alpha, self.resolution, self.batch, self.classes, self.network, self.seed, *form]


# Every family at two alphas, each with its counterpart, which is at least eight times the work; then a batch, odd
# sizes (SAME padding is symmetric there, and not at even ones), one pixel, one class, another seed.
MODELS = sorted(path.stem for path in (SOURCE / "configs").glob("*.json"))
LIBRARIES = sorted(path.relative_to(SOURCE / "configs").as_posix().removesuffix(".json")
                   for path in (SOURCE / "configs/libraries").rglob("*.json"))
GRAPHS = ["timm/ghostnet", "timm/mobileone_s0", "timm/mobilenetv4_conv_aa_medium", "torchvision/lraspp_mobilenet_v3_large",
          "torchvision/ssdlite320_mobilenet_v3_large"]
CASES = [
    *(Case(model, alpha) for model in MODELS for alpha in ["0.25", "0.75"]),
    *(Case(model, alpha, 32, network="standard") for model in MODELS for alpha in ["0.25", "0.5"]),
    Case("mobilenet_v1", "0.5", 160, classes=1000),
    Case("mobilenet_v1", "0.25", 75, batch=2),
    Case("mobilenet_v1", "0.25", 75, batch=2, network="standard"),
    Case("mobilenet_v2", "1.4", 33, classes=1),
    Case("mobilenet_v3_small", "0.75", 97, batch=2, seed=2**64 - 1),
    Case("mobilenet_v3_small", "0.5", 1),
    Case("mobilenet_v4_conv_small", "0.5", 61, batch=3),
    # What libraries build (groups of 64 channels exist at alpha 1 alone, and a filter is as large as a map); then other inputs and forms.
    *(Case(name, "1" if "edgetpu_v2" in name else "0.5", 112 if "facenet" in name else 64) for name in LIBRARIES),
    Case("libraries/timm/efficientnet_b0", "0.25", 32, network="standard"),
    *(Case(model, "0.25", "40x72", batch=2) for model in MODELS),
    # Networks that are no chains, with one output and with several.
    *(Case(f"libraries/{name}", "0.25", "72x40", batch=2, network="standard") for name in GRAPHS),
    *(Case("tests/data/every_kind.json", "0.75", size, batch=2) for size in [48, "35x62"]),
    Case("mobilenet_v1", "0.25", 48, channels=1),
    Case("mobilenet_v2", "0.25", "33x64", channels=4),
    Case("mobilenet_v3_large", "0.25", "64x48", top=False),
    *(Case(model, "0.25", 64, output_stride=stride) for model in MODELS for stride in [8, 16]),
    Case("mobilenet_v1", "0.25", 64, output_stride=8, network="standard"),
    Case("mobilenet_v1", "0.25", 48, depth_multiplier=2),
    Case("mobilenet_v1", "0.25", 48, depth_multiplier=3, network="standard"),
]


def run(*command):
    """stdout and stderr of a command that must succeed."""
    result = subprocess.run([str(word) for word in command], text=True, capture_output=True, timeout=300)
    if result.returncode != 0:
        raise AssertionError(f"{command}: exit code {result.returncode}\n{result.stdout}\n{result.stderr}")
    return result.stdout, result.stderr


def export(case, path, *flags):
    stdout, _ = run(PROGRAM, "export", *case.flags(), "--onnx", path, *flags)
    if stdout:
        raise AssertionError(f"export printed {stdout!r}")
    return onnx.load(path)


def our_outputs(case, model, folder):
    """The input (n, c, h, w), and the outputs of each engine, (n, classes) or for a map (n, c, h, w)."""
    engines, _ = run(RUN_NETWORK, *case.words(), folder)

    def read(name, values):
        flat = np.fromfile(folder / f"{name}.f32", dtype="<f4")
        result = []
        for value in values:
            shape = [dim.dim_value for dim in value.type.tensor_type.shape.dim]
            one, flat = flat[: np.prod(shape)], flat[np.prod(shape) :]
            if len(shape) == 4:
                n, c, h, w = shape
                one = np.ascontiguousarray(one.reshape(n, h, w, c).transpose(0, 3, 1, 2))
            result.append(one.reshape(shape))
        assert flat.size == 0
        return result

    [image] = read("input", model.graph.input[:1])
    return image, {name: read(name, model.graph.output) for name in engines.split()}


def onnx_runtime(model, inputs, optimised=True):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    levels = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = levels.ORT_ENABLE_ALL if optimised else levels.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, inputs)


def sum_length(model):
    """Terms behind one output value, summed over the layers."""
    weights = {tensor.name: tensor.dims for tensor in model.graph.initializer}
    shapes = {
        value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in [*model.graph.input, *model.graph.value_info]
    }
    length = 0
    for node in model.graph.node:
        if node.op_type == "Conv":
            length += np.prod(weights[node.input[1]][1:]) + 8
        elif node.op_type == "GlobalAveragePool":
            length += np.prod(shapes[node.input[0]][2:]) + 8
        elif node.op_type in ("Add", "Mul"):
            length += 10
        elif node.op_type in ("AveragePool", "Resize"):
            length += 16
    return float(length)


def error_of(outputs, expected, model, engine):
    """The largest difference, in units of what is allowed: above 1 they disagree."""
    return max(error_of_one(*pair, model, engine) for pair in zip(outputs, expected, strict=True))


def error_of_one(output, expected, model, engine):
    if output.shape != expected.shape or not np.isfinite(output).all():
        return np.inf
    terms = sum_length(model) * (1 if engine == "reference" else 2)
    allowed = LAMBDA * ROUNDOFF * np.sqrt(terms) * float(np.abs(expected.astype(np.float64)).max())
    return float(np.abs(output.astype(np.float64) - expected).max()) / allowed


class Agreement(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = self.folder / "model.onnx"

    def test_nine_families(self):
        self.assertEqual(len(MODELS), 9)

    def test_onnx_runtime_agrees_with_every_engine(self):
        worst = 0
        for case in CASES:
            with self.subTest(case):
                model = export(case, self.path)
                onnx.checker.check_model(model, full_check=True)
                image, outputs = our_outputs(case, model, self.folder)
                self.assertIn("reference", outputs)
                self.assertIn("native", outputs)
                for optimised in [True, False]:
                    output = onnx_runtime(model, {"input": image}, optimised)
                    for engine, expected in outputs.items():
                        for one in expected:
                            self.assertGreater(np.ptp(one) if case.classes > 1 else 1, 0)
                        error = error_of(output, expected, model, engine)
                        worst = max(worst, error)
                        self.assertLessEqual(error, 1, f"{engine}, graph optimised: {optimised}")
        print(f"{len(CASES)} networks, {', '.join(outputs)}: largest difference {worst:.3f} of what is allowed")

    def disagreement(self, change, case=Case("mobilenet_v3_small", "0.5", 64)):
        """How far ONNX Runtime is from `reference` when the exported model is changed."""
        model = export(case, self.path)
        image, outputs = our_outputs(case, model, self.folder)
        self.assertLessEqual(error_of(onnx_runtime(model, {"input": image}), outputs["reference"], model, "reference"), 1)
        change(model)
        return error_of(onnx_runtime(model, {"input": image}), outputs["reference"], model, "reference")

    def test_a_wrong_file_would_be_noticed(self):
        def nodes(model, op):
            return [node for node in model.graph.node if node.op_type == op]

        def attribute(node, name):
            [found] = [attribute for attribute in node.attribute if attribute.name == name]
            return found

        def swap_pads(model):  # SAME at an even size and stride 2: [0, 0, 1, 1]
            pads = attribute(nodes(model, "Conv")[0], "pads").ints
            self.assertEqual(list(pads), [0, 0, 1, 1])
            pads[:] = [1, 1, 0, 0]

        def transpose_filter(model):
            tensor = model.graph.initializer[0]
            values = np.ascontiguousarray(onnx.numpy_helper.to_array(tensor).transpose(0, 1, 3, 2))
            tensor.raw_data = values.tobytes()

        def default_slope(model):
            attribute(nodes(model, "HardSigmoid")[-1], "alpha").f = 0.2

        def drop_bias(model):
            del nodes(model, "Conv")[-1].input[2]

        def swap_channels(model):  # of a depthwise filter (C, 1, KH, KW)
            tensor = next(t for t in model.graph.initializer if len(t.dims) == 4 and t.dims[1] == 1)
            tensor.raw_data = onnx.numpy_helper.to_array(tensor)[::-1].tobytes()

        for change in [swap_pads, transpose_filter, default_slope, drop_bias, swap_channels]:
            with self.subTest(change.__name__):
                self.assertGreater(self.disagreement(change), 10)

    def test_without_weights_they_are_inputs(self):
        for case in [Case("mobilenet_v1", "0.25", 32), Case("mobilenet_v3_small", "0.5", 48, network="standard")]:
            with self.subTest(case):
                full = export(case, self.path)
                empty = export(case, self.path, "--weights", "none")
                self.assertLess(self.path.stat().st_size, 100_000)
                onnx.checker.check_model(empty, full_check=True)
                self.assertEqual(list(empty.graph.node), list(full.graph.node))
                weights = {t.name: onnx.numpy_helper.to_array(t) for t in full.graph.initializer if t.dims}
                inputs = {
                    value.name: tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)
                    for value in empty.graph.input
                }
                image, outputs = our_outputs(case, full, self.folder)
                self.assertEqual(inputs, {"input": image.shape, **{name: w.shape for name, w in weights.items()}})
                output = onnx_runtime(empty, {"input": image, **weights})
                self.assertLessEqual(error_of(output, outputs["reference"], full, "reference"), 1)

    def test_intermediate_tensors_have_the_names_of_the_layers(self):
        case = Case("mobilenet_v3_small", "0.75", 64)
        model = export(case, self.path)
        flags = ["--model", SOURCE / f"configs/{case.model}.json", "--alpha", case.alpha, "--res", case.resolution]
        document = json.loads(run(PROGRAM, "cost", *flags, "--format", "json")[0])
        names = [layer["name"] for layer in document["variants"][0]["layers"]]
        self.assertGreater(len(names), 50)
        written = [output for node in model.graph.node for output in node.output]
        self.assertEqual([name for name in names if name not in written], [])
        self.assertEqual([name for name in names if name not in {node.name for node in model.graph.node}], [])


if __name__ == "__main__":
    RUN_NETWORK = sys.argv[1]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
