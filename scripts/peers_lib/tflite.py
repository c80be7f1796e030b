"""tflite.py MODEL.onnx OUT.tflite: an exported network as TensorFlow's converter writes it. Runs in build/litert-venv.

The graph is rebuilt in TensorFlow from the nodes and the weights of the ONNX file, channels last as TensorFlow wants
them; float32, no quantisation, and whatever the converter fuses by default.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import tensorflow as tf
from onnx import numpy_helper


def attributes(node):
    return {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}


def same_padding(size, kernel, stride):
    """[begin, end] as TensorFlow's SAME pads."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return [total // 2, total - total // 2]


def convolution(node, image, weights, bias):
    """weights: (Co, Ci / groups, KH, KW) as ONNX has them."""
    settings = attributes(node)
    stride, groups, kernel = settings["strides"][0], settings["group"], weights.shape[2]
    top, left, bottom, right = settings["pads"]
    height, width = image.shape[1:3]
    if [top, bottom] != same_padding(height, kernel, stride) or [left, right] != same_padding(width, kernel, stride):
        raise SystemExit(f"{node.name}: expected SAME padding, found {settings['pads']}")
    filters = weights.transpose(2, 3, 1, 0)
    strides = [1, stride, stride, 1]
    if settings["dilations"] != [1, 1]:
        raise SystemExit(f"{node.name}: expected no dilation, found {settings['dilations']}")
    if groups > 1:
        if filters.shape[2] != 1 or groups != filters.shape[3]:
            raise SystemExit(f"{node.name}: expected one filter for each channel, found {groups} groups")
        image = tf.nn.depthwise_conv2d(image, filters.transpose(0, 1, 3, 2), strides, "SAME")
    else:
        image = tf.nn.conv2d(image, filters, strides, "SAME")
    return tf.nn.bias_add(image, bias)


def product(node, tensors, hard_sigmoids):
    """x * hard_sigmoid(x) written as TensorFlow's converter knows hard swish; any other product as it is."""
    left, right = node.input
    if hard_sigmoids.get(right) == left:
        return tensors[left] * tf.nn.relu6(tensors[left] + 3.0) * (1.0 / 6.0)
    return tensors[left] * tensors[right]


def compute(graph, constants, image):
    tensors = {graph.input[0].name: image}
    hard_sigmoids = {}
    for node in graph.node:
        x = tensors[node.input[0]]
        match node.op_type:
            case "Conv":
                y = convolution(node, x, constants[node.input[1]], constants[node.input[2]])
            case "Clip":
                assert [float(constants[name]) for name in node.input[1:]] == [0, 6]
                y = tf.nn.relu6(x)
            case "Relu":
                y = tf.nn.relu(x)
            case "HardSigmoid":
                y = tf.nn.relu6(x + 3.0) * (1.0 / 6.0)
                hard_sigmoids[node.output[0]] = node.input[0]
            case "Sigmoid":
                y = tf.sigmoid(x)
            case "Mul":
                y = product(node, tensors, hard_sigmoids)
            case "Add":
                y = x + tensors[node.input[1]]
            case "GlobalAveragePool":
                y = tf.reduce_mean(x, [1, 2], keepdims=True)
            case "Flatten":
                y = tf.reshape(x, [1, -1])
            case other:
                raise SystemExit(f"{node.name}: no rule for {other}")
        tensors[node.output[0]] = y
    return tensors[graph.output[0].name]


def main(source, target):
    graph = onnx.load(source).graph
    constants = {tensor.name: np.array(numpy_helper.to_array(tensor)) for tensor in graph.initializer}
    _, channels, height, width = (dim.dim_value for dim in graph.input[0].type.tensor_type.shape.dim)
    shape = tf.TensorSpec((1, height, width, channels), tf.float32)
    function = tf.function(lambda image: compute(graph, constants, image), autograph=False).get_concrete_function(shape)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    part = Path(f"{target}.part")
    part.write_bytes(converter.convert())
    part.replace(target)


if __name__ == "__main__":
    for pair in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
        main(*pair)
