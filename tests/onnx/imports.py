"""What the tests of files of others share."""

import json
import subprocess

import agreement_test as agreement
import numpy as np


def program(*arguments):
    result = subprocess.run([agreement.PROGRAM, *map(str, arguments)], text=True, capture_output=True, timeout=300)
    return result.returncode, result.stdout, result.stderr


def variant_of(*arguments):
    status, stdout, stderr = program("cost", *arguments, "--format", "json")
    assert status == 0, stderr
    return json.loads(stdout)["variants"][0]


def run_network(run, config, folder, resolution, batch=1, words=("1", "1", "0", "1", "0", "1")):
    """Outputs of `reference` of a file that has its own weights, and what went in."""
    classes, seed, channels, top, stride, multiplier = words
    for stale in folder.glob("*.f32"):
        stale.unlink()
    engines, _ = agreement.run(run, config, "1", resolution, batch, classes, "separable", seed, channels, top, stride,
                               multiplier, folder)
    read = {name: np.fromfile(folder / f"{name}.f32", dtype="<f4") for name in ["input", *engines.split()]}
    return read.pop("input"), read
