"""Writes TensorFlow Lite models, from lists of operators and from ONNX files that `export` wrote."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from onnx import helper, numpy_helper

TYPES = {"float32": "FLOAT32", "float16": "FLOAT16", "int8": "INT8", "uint8": "UINT8", "int32": "INT32", "int64": "INT64"}


class Writer:
    """One graph; tensors are told by their names."""

    def __init__(self):
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.operatorCodes = []
        self.model.buffers = [schema.BufferT()]
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.graph.inputs, self.graph.outputs = [], []
        self.model.subgraphs = [self.graph]
        self.ids = {}

    def tensor(self, name, shape=None, values=None, quantisation=None, signature=None, dtype="float32", sparsity=None):
        """quantisation: scales, zero points, axis; sparsity: see sparse(), and `values` those that are not zero."""
        tensor = schema.TensorT()
        tensor.name = name
        if values is not None:
            values = np.asarray(values)
            shape, dtype = shape if sparsity else values.shape, values.dtype.name
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(values.tobytes(), np.uint8)
            tensor.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        tensor.shape, tensor.sparsity = list(shape), sparsity
        tensor.shapeSignature = signature
        tensor.type = getattr(schema.TensorType, TYPES[dtype])
        if quantisation:
            by = tensor.quantization = schema.QuantizationParametersT()
            by.scale, by.zeroPoint, by.quantizedDimension = quantisation
        self.ids[name] = len(self.graph.tensors)
        self.graph.tensors.append(tensor)
        return name

    def add(self, code, inputs, outputs, kind=None, **settings):
        """kind: of its options, "Conv2D"; outputs that are no tensors yet: (name, shape)."""
        operator = schema.OperatorT()
        operator.opcodeIndex = self.code(code)
        names = [output if isinstance(output, str) else self.tensor(*output) for output in outputs]
        operator.inputs = [self.ids[name] if name else -1 for name in inputs]
        operator.outputs = [self.ids[name] for name in names]
        if kind:
            options = getattr(schema, kind + "OptionsT")()
            for key, value in settings.items():
                assert hasattr(options, key), key
                setattr(options, key, value)
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, kind + "Options")
            operator.builtinOptions = options
        self.graph.operators.append(operator)

    def code(self, name):
        number = getattr(schema.BuiltinOperator, name, None)
        for index, code in enumerate(self.model.operatorCodes):
            if code.builtinCode == number and (number is not None or code.customCode == name.encode()):
                return index
        code = schema.OperatorCodeT()
        code.builtinCode = schema.BuiltinOperator.CUSTOM if number is None else number
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.customCode = None if number is not None else name
        code.version = 1
        self.model.operatorCodes.append(code)
        return len(self.model.operatorCodes) - 1

    def bytes(self, inputs, outputs):
        self.graph.inputs = [self.ids[name] for name in inputs]
        self.graph.outputs = [self.ids[name] for name in outputs]
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def values(name, *dims):
    return np.random.default_rng(sum(name.encode())).uniform(-1, 1, dims).astype(np.float32)


def index_vector(numbers):
    vector = schema.Uint8VectorT()
    vector.values = np.array(numbers, np.uint8)
    return vector


def sparse(array, blocks=()):
    """The values of an array that are not zero, and where they lie: its last axis is sparse; blocks: {axis: size}, whole ones
    of which are kept."""
    blocks = dict(blocks)
    rank = array.ndim
    outer = [size // blocks.get(axis, 1) for axis, size in enumerate(array.shape)]
    # (outer, ..., block, ...), all outer axes first
    cut = array.reshape([part for axis, size in enumerate(outer) for part in (size, blocks.get(axis, 1))])
    cut = cut.transpose([*range(0, 2 * rank, 2), *range(1, 2 * rank, 2)]).reshape(*outer, -1)
    kept = np.any(cut != 0, axis=-1)
    by_row = kept.reshape(-1, outer[-1])
    found = schema.SparsityParametersT()
    found.traversalOrder = list(range(rank + len(blocks)))
    found.blockMap = sorted(blocks)
    found.dimMetadata = []
    for axis, size in enumerate([*outer, *(blocks[axis] for axis in sorted(blocks))]):
        dimension = schema.DimensionMetadataT()
        dimension.format = schema.DimensionType.DENSE if axis != rank - 1 else schema.DimensionType.SPARSE_CSR
        dimension.denseSize = size
        if axis == rank - 1:
            dimension.arraySegmentsType = dimension.arrayIndicesType = schema.SparseIndexVector.Uint8Vector
            dimension.arraySegments = index_vector([0, *np.cumsum(by_row.sum(axis=1))])
            dimension.arrayIndices = index_vector(np.nonzero(by_row)[1])
        found.dimMetadata.append(dimension)
    return cut[kept].ravel(), found


def same_padding(size, kernel, stride, dilation=1):
    """[before, behind] as the SAME of TensorFlow pads."""
    total = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return [total // 2, total - total // 2]


class FromOnnx:
    """A network that `export` wrote: maps become (n, h, w, c), activations parts of the layer before where the format
    has them there."""

    FUSED = {"Relu": "RELU", "Clip": "RELU6"}

    def __init__(self, model):
        self.graph = model.graph
        self.writer = Writer()
        self.constants = {one.name: numpy_helper.to_array(one) for one in self.graph.initializer}
        self.shapes = {}
        for value in [*self.graph.input, *self.graph.value_info, *self.graph.output]:
            dims = [dim.dim_value for dim in value.type.tensor_type.shape.dim]
            self.shapes[value.name] = [dims[0], *dims[2:], dims[1]] if len(dims) == 4 else dims
        self.readers = {}
        for node in self.graph.node:
            for name in node.input:
                self.readers.setdefault(name, []).append(node)
        self.fused = {}

    def bytes(self):
        names = [value.name for value in self.graph.input]
        for name in names:
            self.writer.tensor(name, self.shapes[name])
        for node in self.graph.node:
            getattr(self, node.op_type)(node, {one.name: helper.get_attribute_value(one) for one in node.attribute})
        outputs = [self.fused.get(value.name, value.name) for value in self.graph.output]
        return self.writer.bytes(names, outputs)

    def constant(self, name, values):
        return name if name in self.writer.ids else self.writer.tensor(name, values=values)

    def output(self, node, fuse=False):
        """The tensor that is written, and the activation behind that is taken in."""
        name = node.output[0]
        readers = self.readers.get(name, [])
        if fuse and len(readers) == 1 and readers[0].op_type in self.FUSED:
            self.fused[name] = readers[0].output[0]
            self.fused[readers[0].output[0]] = readers[0].output[0]
            code = getattr(schema.ActivationFunctionType, self.FUSED[readers[0].op_type])
            return (readers[0].output[0], self.shapes[readers[0].output[0]]), {"fusedActivationFunction": code}
        return (name, self.shapes[name]), {}

    def Conv(self, node, settings):
        image = node.input[0]
        weights = self.constants[node.input[1]]
        depthwise = weights.shape[1] == 1 and settings.get("group", 1) > 1
        filters = self.constant(node.input[1], weights.transpose(1, 2, 3, 0) if depthwise else weights.transpose(0, 2, 3, 1))
        top, left, bottom, right = settings.get("pads", [0, 0, 0, 0])
        strides, dilations = settings.get("strides", [1, 1]), settings.get("dilations", [1, 1])
        sides = zip(self.shapes[image][1:3], weights.shape[2:], strides, dilations)
        padding = schema.Padding.SAME
        if [same_padding(*side) for side in sides] != [[top, bottom], [left, right]]:
            padding = schema.Padding.VALID
            image = self.padded(node, [[0, 0], [top, bottom], [left, right], [0, 0]])
        output, fused = self.output(node, fuse=True)
        more = {"depthMultiplier": weights.shape[0] // settings["group"]} if depthwise else {}
        inputs = [image, filters, *(self.constant(name, self.constants[name]) for name in node.input[2:])]
        self.writer.add("DEPTHWISE_CONV_2D" if depthwise else "CONV_2D", inputs, [output],
                        "DepthwiseConv2D" if depthwise else "Conv2D", padding=padding, strideH=strides[0],
                        strideW=strides[1], dilationHFactor=dilations[0], dilationWFactor=dilations[1], **fused, **more)

    def padded(self, node, rows):
        shape = [size + sum(row) for size, row in zip(self.shapes[node.input[0]], rows)]
        name = node.name + "/pads"
        self.writer.tensor(name, values=np.array(rows, np.int32))
        self.writer.add("PAD", [node.input[0], name], [(node.name + "/padded", shape)], "Pad")
        return node.name + "/padded"

    def activation(self, code, node):
        if node.output[0] not in self.fused:
            self.writer.add(code, [node.input[0]], [self.output(node)[0]])

    def Relu(self, node, _):
        self.activation("RELU", node)

    def Clip(self, node, _):
        self.activation("RELU6", node)

    def HardSwish(self, node, _):
        self.activation("HARD_SWISH", node)

    def Sigmoid(self, node, _):
        self.activation("LOGISTIC", node)

    def HardSigmoid(self, node, _):
        """As Keras has it: relu6(x + 3) / 6."""
        shape = self.shapes[node.output[0]]
        for name, value in [("three", 3), ("sixth", 1 / 6)]:
            self.constant(name, np.float32(value))
        relu6 = schema.ActivationFunctionType.RELU6
        self.writer.add("ADD", [node.input[0], "three"], [(node.name + "/add", shape)], "Add", fusedActivationFunction=relu6)
        self.writer.add("MUL", [node.name + "/add", "sixth"], [(node.output[0], shape)], "Mul")

    def Add(self, node, _):
        output, fused = self.output(node, fuse=True)
        self.writer.add("ADD", list(node.input), [output], "Add", **fused)

    def Mul(self, node, _):
        output, fused = self.output(node, fuse=True)
        self.writer.add("MUL", list(node.input), [output], "Mul", **fused)

    def GlobalAveragePool(self, node, _):
        self.constant("sides", np.array([1, 2], np.int32))
        self.writer.add("MEAN", [node.input[0], "sides"], [self.output(node)[0]], "Reducer", keepDims=True)

    def Flatten(self, node, _):
        name, shape = self.output(node)[0]
        self.constant(node.name + "/to", np.array(shape, np.int32))
        self.writer.add("RESHAPE", [node.input[0], node.name + "/to"], [(name, shape)], "Reshape", newShape=shape)

    def Gemm(self, node, settings):
        weights = self.constants[node.input[1]]
        filters = self.constant(node.input[1], weights if settings.get("transB") else weights.T)
        self.writer.add("FULLY_CONNECTED", [node.input[0], filters, self.constant(node.input[2], self.constants[node.input[2]])],
                        [self.output(node)[0]], "FullyConnected")
