"""A PyTorch network from this project's own layer list; runs in build/counters-venv.

Structure and activations are read from the nodes of the exported ONNX file, batch norm and bias from the layers of
`mobilenet-cost cost --format json`: folded, both are the same node there. Modules are those that published networks use
(Conv2d without bias and BatchNorm2d, Linear for what is dense, ReLU6 ...), because counters look modules up by type.
"""

import onnx
from torch import nn


def attributes(node):
    return {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}


def has_batch_norm(layer):
    """Weights alone, as papers count them: a convolution without bias."""
    weights = layer["kernel"] ** 2 * layer["input"][2] // layer["groups"] * layer["output"][2]
    if layer["params"] not in (weights, weights + layer["output"][2]):
        raise ValueError(f"{layer['name']}: {layer['params']} parameters, of which {weights} weights")
    return layer["params"] == weights


class Dense(nn.Module):
    """On a map of one pixel."""

    def __init__(self, c_in, c_out, bias):
        super().__init__()
        self.linear = nn.Linear(c_in, c_out, bias)

    def forward(self, x):
        return self.linear(x.flatten(1))[:, :, None, None]


def convolution(layer):
    c_in, c_out, normed = layer["input"][2], layer["output"][2], has_batch_norm(layer)
    if layer["op"] == "dense":
        module = Dense(c_in, c_out, not normed)
        return nn.Sequential(module, nn.BatchNorm2d(c_out)) if normed else module
    # SAME padding is one-sided at even sizes and stride 2; the output's size, and so every count, is the same.
    dilation = layer.get("dilation", 1)
    settings = {"dilation": dilation, "groups": layer["groups"], "bias": not normed}
    module = nn.Conv2d(c_in, c_out, layer["kernel"], layer["stride"], layer["kernel"] // 2 * dilation, **settings)
    return nn.Sequential(module, nn.BatchNorm2d(c_out)) if normed else module


SIMPLE = {
    "Clip": nn.ReLU6,
    "Relu": nn.ReLU,
    "HardSigmoid": nn.Hardsigmoid,
    "Sigmoid": nn.Sigmoid,
    "Hardswish": nn.Hardswish,
    "GlobalAveragePool": lambda: nn.AdaptiveAvgPool2d(1),
    "Flatten": nn.Flatten,
}


def steps_of(graph):
    """(kind, inputs, output, name); x * hard_sigmoid(x) becomes one hard swish."""
    products = {(node.input[0], node.input[1]): node for node in graph.node if node.op_type == "Mul"}
    swishes = {}
    for node in graph.node:
        if node.op_type == "HardSigmoid" and (node.input[0], node.output[0]) in products:
            swishes[products[node.input[0], node.output[0]].name] = node.name
    for node in graph.node:
        if node.name in swishes.values():
            continue
        if node.name in swishes:
            yield "Hardswish", [node.input[0]], node.output[0], node.name
        else:
            inputs = node.input[:2] if node.op_type in ("Add", "Mul") else node.input[:1]
            yield node.op_type, list(inputs), node.output[0], node.name


class Network(nn.Module):
    def __init__(self, graph, layers):
        super().__init__()
        by_name = {layer["name"]: layer for layer in layers}
        self.image, self.scores = graph.input[0].name, graph.output[0].name
        self.parts, self.steps, self.shapes = nn.ModuleList(), [], {}
        for kind, inputs, output, name in steps_of(graph):
            index = None
            if kind not in ("Add", "Mul"):
                index = len(self.parts)
                self.parts.append(convolution(by_name[name]) if kind == "Conv" else SIMPLE[kind]())
            self.steps.append((kind, inputs, output, index))
            if kind == "Conv":
                self.shapes[output] = by_name[name]["output"]
        self.eval()

    def forward(self, x):
        tensors = {self.image: x}
        for kind, inputs, output, index in self.steps:
            values = [tensors[name] for name in inputs]
            if kind == "Add":
                tensors[output] = values[0] + values[1]
            elif kind == "Mul":
                tensors[output] = values[0] * values[1]
            else:
                tensors[output] = self.parts[index](values[0])
            if output in self.shapes:
                height, width, channels = self.shapes[output]
                assert tuple(tensors[output].shape[1:]) == (channels, height, width), output
        return tensors[self.scores]


def build(path, layers):
    return Network(onnx.load(path).graph, layers)
