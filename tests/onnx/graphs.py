"""Graphs as other programs write them, of a few nodes."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper


def tensor(name, *dims, values=None):
    generator = np.random.default_rng(sum(name.encode()))
    array = generator.uniform(-1, 1, dims) if values is None else np.array(values)
    return numpy_helper.from_array(array.astype(np.float32 if array.dtype.kind == "f" else np.int64), name)


def node(op, inputs, output, **attributes):
    return helper.make_node(op, inputs.split(), [output], name=output, **attributes)


def model_of(nodes, initializers, shape=(1, 3, 12, 10), output="y", opset=13, outputs=None):
    graph = helper.make_graph(
        nodes, "test", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs or [output]], initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=7)


STEM = node("Conv", "x w b", "c", pads=[1, 1, 1, 1])
STEM_COST = (120 * 8 * 27, 8 * 27 + 8)  # MACs and parameters of 12x10 pixels
WEIGHTS = [tensor("w", 8, 3, 3, 3), tensor("b", 8)]
SIX = [tensor("zero", values=0.0), tensor("three", values=3.0), tensor("six", values=6.0), tensor("sixth", values=1 / 6)]

STORED = [numpy_helper.from_array(np.random.default_rng(1).integers(-128, 128, (8, 3, 3, 3)).astype(np.int8), "w8"),
          numpy_helper.from_array(np.linspace(0.001, 0.01, 8).astype(np.float32), "ws"), numpy_helper.from_array(np.arange(8).astype(np.int8), "wz"),
          numpy_helper.from_array((100 * np.arange(8)).astype(np.int32), "b32"), numpy_helper.from_array(np.full(8, 0.001, np.float32), "bs")]
MAP_SCALES = [numpy_helper.from_array(np.float32(0.03), "s"), numpy_helper.from_array(np.uint8(128), "z")]
