"""Keras' own networks as TensorFlow's converter writes them: float32, and whatever it fuses by default.

Runs in build/litert-venv, by the protocol of worker.py.
export NAME ROW WAY FILE -> {"params", "expected", "version"}; ROW is a line of tests/data/library_networks.csv as JSON.
"""

import json
import os
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras  # noqa: E402 (after what its logs are told)
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from serving import serve  # noqa: E402


def network(name, row):
    options = row["arguments"].split()
    height, _, width = row["resolution"].partition("x")
    channels = int(options[options.index("--channels") + 1]) if "--channels" in options else 3
    more = {"include_top": "--no-top" not in options, "weights": None, "alpha": float(row["alpha"] or 1)}
    if more["include_top"]:
        more["classes"] = int(row["classes"] or 1000)
    if name.endswith("Minimalistic"):
        more["minimalistic"] = True
    make = getattr(keras.applications, name.removesuffix("Minimalistic"))
    return make(input_shape=(int(height), int(width or height), channels), **more)


def norms(model):
    """Channels of each batch norm, and whether the layer before it has a bias."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            before = layer.input._keras_history.operation
            yield layer.beta.shape[0], getattr(before, "use_bias", False)


def give_values(model):
    """As training leaves them: a converter leaves out what a new batch norm does."""
    generator = np.random.default_rng(1)
    for weight in model.weights:
        if len(weight.shape) == 1:
            weight.assign(generator.uniform(0.5, 1.5, weight.shape))


def count(weights):
    return sum(int(np.prod(weight.shape)) for weight in weights)


def export(name, row, way, path):
    keras.backend.clear_session()
    model = network(name, row)
    give_values(model)
    params = count(model.trainable_weights)
    # Two values of a channel become one, or none where the layer before has a bias already.
    folded = sum(channels * (2 if biased else 1) for channels, biased in norms(model))
    Path(path).write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    return {"params": params, "expected": params - folded, "version": f"Keras {keras.__version__}, TensorFlow {tf.__version__}"}


def answer(words):
    match words:
        case ["export", name, row, way, path]:
            return export(name, json.loads(row), way, path)
    return {"error": f"request: unknown words {words}"}


if __name__ == "__main__":
    serve(lambda: answer)
