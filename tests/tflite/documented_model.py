"""The small file that docs/models.md shows: a network for spoken words, of 8-bit integers, by channel.

documented_model.py FILE writes it, in the virtual environment that `scripts/setup --test` makes.
"""

import sys
from pathlib import Path

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from tflite_writer import Writer

CHANNELS, WORDS = 16, 12
RELU, SAME, VALID = schema.ActivationFunctionType.RELU, schema.Padding.SAME, schema.Padding.VALID


class Quantised:
    """Adds layers one behind another; every map has one scale, every filter one for each of its channels."""

    def __init__(self):
        self.writer = Writer()
        self.random = np.random.default_rng(7)

    def map(self, name, *shape):
        return self.writer.tensor(name, shape, quantisation=([0.05], [-128], 0), dtype="int8")

    def filters(self, name, axis, *shape):
        values = self.random.integers(-127, 128, shape).astype(np.int8)
        scales = np.linspace(0.002, 0.008, shape[axis]).tolist()
        self.writer.tensor(name, values=values, quantisation=(scales, [0] * shape[axis], axis))
        biases = self.random.integers(-500, 500, shape[axis]).astype(np.int32)
        bias_scales = [0.05 * scale for scale in scales]
        return name, self.writer.tensor(name + "/bias", values=biases, quantisation=(bias_scales, [0] * shape[axis], 0))

    def convolution(self, name, image, filters, shape, stride=1):
        self.writer.add("CONV_2D", [image, *filters], [self.map(name, *shape)], "Conv2D", padding=SAME, strideH=stride,
                        strideW=stride, fusedActivationFunction=RELU)
        return name

    def depthwise(self, name, image, filters, shape):
        self.writer.add("DEPTHWISE_CONV_2D", [image, *filters], [self.map(name, *shape)], "DepthwiseConv2D", padding=SAME,
                        strideH=1, strideW=1, depthMultiplier=1, fusedActivationFunction=RELU)
        return name


def documented_model():
    made = Quantised()
    writer, maps = made.writer, (1, 25, 5, CHANNELS)
    image = made.map("sound", 1, 49, 10, 1)
    last = made.convolution("stem", image, made.filters("stem/filters", 0, CHANNELS, 10, 4, 1), maps, stride=2)
    for block in ["block1", "block2"]:
        last = made.depthwise(f"{block}/depthwise", last, made.filters(f"{block}/depthwise/filters", 3, 1, 3, 3, CHANNELS), maps)
        last = made.convolution(f"{block}/pointwise", last, made.filters(f"{block}/pointwise/filters", 0, CHANNELS, 1, 1, CHANNELS), maps)
    writer.add("AVERAGE_POOL_2D", [last], [made.map("pool", 1, 1, 1, CHANNELS)], "Pool2D", padding=VALID, strideH=1, strideW=1,
               filterHeight=25, filterWidth=5)
    writer.tensor("flat/to", values=np.array([1, CHANNELS], np.int32))
    writer.add("RESHAPE", ["pool", "flat/to"], [made.map("flat", 1, CHANNELS)], "Reshape", newShape=[1, CHANNELS])
    values = made.random.integers(-127, 128, (WORDS, CHANNELS)).astype(np.int8)
    writer.tensor("words/weights", values=values, quantisation=([0.004], [0], 0))
    writer.tensor("words/bias", values=np.arange(WORDS).astype(np.int32), quantisation=([0.05 * 0.004], [0], 0))
    writer.add("FULLY_CONNECTED", ["flat", "words/weights", "words/bias"], [made.map("words", 1, WORDS)], "FullyConnected")
    writer.add("SOFTMAX", ["words"], [writer.tensor("scores", (1, WORDS), quantisation=([1 / 256], [-128], 0), dtype="int8")],
               "Softmax", beta=1.0)
    return writer.bytes([image], ["scores"])


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(documented_model())
