"""file_counts.py FILE [HxW]: multiply-adds of an .onnx or .tflite file, as JSON.

Counted without this project: shapes are those of onnxsim and of the onnx package's shape inference, or those that TensorFlow's
converter wrote. Runs in build/files-venv.
"""

import json
import math
import sys
from pathlib import Path


def onnx_counts(path, size):
    import onnx
    import onnxsim
    from onnx import helper, shape_inference

    model = onnx.load(path)
    constants = {one.name for one in model.graph.initializer}
    sizes = {}
    for given in model.graph.input:
        dims = [dim.dim_value for dim in given.type.tensor_type.shape.dim]
        if given.name not in constants and len(dims) == 4:
            sizes[given.name] = [dim if dim > 0 else side for dim, side in zip(dims, [1, None, *size])]
    try:  # what is worked out of sizes becomes constant
        model, _ = onnxsim.simplify(model, overwrite_input_shapes=sizes)
    except Exception:  # its own exceptions share no base; the shape inference alone is enough for most files
        for given in model.graph.input:
            for dim, side in zip(given.type.tensor_type.shape.dim, sizes.get(given.name, [])):
                if side:
                    dim.dim_value = side
    del model.graph.value_info[:]  # what the exporter declared for open sizes would stand against what is inferred
    graph = shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {one.name: [dim.dim_value for dim in one.type.tensor_type.shape.dim]
              for one in [*graph.input, *graph.value_info, *graph.output]}
    shapes |= {one.name: list(one.dims) for one in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            [value] = [helper.get_attribute_value(one) for one in node.attribute]
            shapes[node.output[0]] = list(getattr(value, "dims", []))
    for node in graph.node:
        read, written = [shapes.get(name, []) for name in node.input], shapes.get(node.output[0], [])
        match node.op_type:
            case "Conv":
                yield node.op_type, math.prod(written) * math.prod(read[1][1:])
            case "ConvTranspose":
                yield node.op_type, math.prod(read[0]) * math.prod(read[1][1:])
            case "MatMul" if not read[0] and len(read[1]) == 2:  # behind a Reshape that is not worked out: a classifier
                yield node.op_type, math.prod(read[1])
            case "MatMul" | "Gemm":
                yield node.op_type, math.prod(written) * read[0][-1]


def tflite_counts(path):
    from ai_edge_litert import schema_py_generated as schema

    names = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
    model = schema.ModelT.InitFromPackedBuf(Path(path).read_bytes())
    [graph, *_] = model.subgraphs
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        name = names[max(code.builtinCode, code.deprecatedBuiltinCode)]
        read = [list(graph.tensors[one].shape) if one >= 0 else [] for one in operator.inputs]
        written = list(graph.tensors[operator.outputs[0]].shape)
        match name:
            case "CONV_2D":
                yield name, math.prod(written) * math.prod(read[1][1:])
            case "DEPTHWISE_CONV_2D":
                yield name, math.prod(written) * math.prod(read[1][1:3])
            case "TRANSPOSE_CONV":
                yield name, math.prod(read[2]) * math.prod(read[1][:3])
            case "FULLY_CONNECTED":
                yield name, math.prod(written) * read[1][1]
            case "BATCH_MATMUL":
                yield name, math.prod(written) * read[0][-1]


def main(path, size="224x224"):
    sides = [int(side) for side in size.split("x")]
    counted = onnx_counts(path, sides) if path.endswith(".onnx") else tflite_counts(path)
    sums = {}
    for name, macs in counted:
        sums[name] = sums.get(name, 0) + int(macs)
    print(json.dumps(sums))


if __name__ == "__main__":
    main(*sys.argv[1:])
