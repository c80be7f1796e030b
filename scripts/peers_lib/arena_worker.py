"""arena_worker.py FOLDER: networks of Keras as int8 files, and what TensorFlow Lite Micro allocates for them.

Reads a JSON list of networks from stdin and writes a line for each: bytes of the head and the tail of the arena, and of
the file. Runs in build/arena-venv and knows nothing of this project. Batch norms and biases are drawn at random, as if
the network had been trained: the converter stores zeros of one length once.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

ARENA = 64 << 20  # bytes; only what is taken of it counts
MEASURE = """
import sys
from tflite_micro import runtime
runtime.Interpreter.from_file(sys.argv[1], arena_size=int(sys.argv[2])).print_allocations()
"""


def build(asked):
    name = asked["model"].removeprefix("keras:")
    minimalistic = name.endswith("Minimalistic")
    more = {"minimalistic": minimalistic, "include_preprocessing": False} if "V3" in name else {}
    image = keras.Input(batch_shape=(1, asked["height"], asked["width"], asked["channels"]))
    return getattr(keras.applications, name.removesuffix("Minimalistic"))(
        input_tensor=image, alpha=asked["alpha"], classes=asked["classes"], weights=None, classifier_activation=None, **more)


def draw(model):
    random = np.random.default_rng(1)
    for weight in model.weights:
        if "gamma" in weight.path or "moving_variance" in weight.path:
            weight.assign(random.uniform(0.5, 1.5, weight.shape))
        elif any(word in weight.path for word in ["beta", "moving_mean", "bias"]):
            weight.assign(random.normal(0, 0.3, weight.shape))


def convert(model):
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    random = np.random.default_rng(0)
    converter.representative_dataset = lambda: ([random.standard_normal(model.input_shape, np.float32)] for _ in range(2))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def allocated(path):
    """The runtime writes to its stderr or stdout, depending on how it was built."""
    done = subprocess.run([sys.executable, "-c", MEASURE, str(path), str(ARENA)], capture_output=True, text=True, check=False)
    found = dict(re.findall(r"allocation (head|tail) (\d+) bytes", done.stdout + done.stderr))
    if len(found) != 2:
        raise SystemExit(f"{path.name}: no allocations: {done.stderr[-500:]}")
    return {f"{part}_bytes": int(found[part]) for part in ["head", "tail"]}


def main(folder):
    for index, asked in enumerate(json.load(sys.stdin)):
        model = build(asked)
        draw(model)
        path = Path(folder) / f"network_{index}.tflite"
        path.write_bytes(convert(model))
        keras.backend.clear_session()
        print(json.dumps({**allocated(path), "file_bytes": path.stat().st_size, "file": str(path)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
