"""What the tests of files of others share."""

import json
import subprocess
import tempfile
import unittest
from pathlib import Path

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


class FileTest(unittest.TestCase):
    """One file of others in a folder of its own."""

    NAME = ""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = self.folder / self.NAME

    def fails(self, expected, data=None, *flags):
        """One sentence, exit status 2. `data`: bytes, or a message of protobuf; the file as it is without any."""
        if data is not None:
            self.path.write_bytes(data if isinstance(data, bytes) else data.SerializeToString())
        status, stdout, stderr = program("cost", "--model", self.path, *flags)
        self.assertEqual((status, stdout), (2, ""), stderr)
        self.assertEqual(stderr.count("\n"), 1, stderr)
        self.assertLess(len(stderr), 700)
        self.assertRegex(stderr, expected)
