"""The calls of docs/readers.md, word for word, each with its tool.

A tool that is not installed is a skip that the output names (scripts/setup --test installs those that Debian has).
"""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import jsonschema

FAKE_ENGINES = sys.argv[1]
SOURCE = Path(os.environ["MOBILENET_COST_SOURCE_DIR"])
PROGRAM = os.environ["MOBILENET_COST_PROGRAM"]
DOCUMENT = (SOURCE / "docs/readers.md").read_text()
# Quick, on the engine that only waits.
QUICK = "--engine xnnpack --max-seconds 20 --rounds 12"
COMPARE = "/usr/share/benchmark/compare.py"
# https://bencher.dev/docs/reference/bencher-metric-format, and no other key.
BMF = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": {
            "type": "object",
            "required": ["value"],
            "additionalProperties": False,
            "properties": {key: {"type": "number"} for key in ["value", "lower_value", "upper_value"]},
        },
    },
}


def section(title):
    """The code of one section; of the page's head with an empty title."""
    parts = re.split(r"^## (.*)$", DOCUMENT, flags=re.MULTILINE)
    text = dict(zip(["", *parts[1::2]], parts[::2]))[title]
    [block] = re.findall(r"^```(?:sh|python)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return block


def has_pandas():
    return subprocess.run(["/usr/bin/python3", "-c", "import pandas"], capture_output=True, check=False).returncode == 0


def benchstat():
    home = Path(os.environ.get("GOPATH") or Path.home() / "go")
    return shutil.which("benchstat", path=f"{os.environ['PATH']}:{home / 'bin'}")


def needs(name, installed):
    return unittest.skipUnless(installed, f"{name} is not installed")


class Readers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        clean = {key: value for key, value in os.environ.items() if not key.startswith("MOBILENET_COST_")}
        cls.environment = {**clean, "PATH": f"{cls.folder}/tools:{clean['PATH']}",
                           "MOBILENET_COST_ENGINE_DIR": FAKE_ENGINES,
                           "MOBILENET_COST_CONFIG_DIR": os.fspath(SOURCE / "configs")}
        cls.script("tools/mobilenet-cost", f'[ "$1" = report ] || set -- "$@" {QUICK}\nexec {PROGRAM} "$@"')
        for build in ["old", "new"]:
            cls.script(f"{build}/mobilenet-cost", f'exec {PROGRAM} "$@"')
        cls.script("tools/compare.py", f'exec /usr/bin/python3 {COMPARE} --no-color "$@"')
        if benchstat():
            cls.script("tools/benchstat", f'exec {benchstat()} "$@"')
        # On a machine that is busy with other tests the gate may not be able to judge (5), and goes on.
        cls.run_shell(section(""))

    @classmethod
    def script(cls, name, text):
        path = cls.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(stat.S_IRWXU)

    @classmethod
    def run_shell(cls, text, allowed=(0,)):
        done = subprocess.run(["bash", "-c", text], cwd=cls.folder, env=cls.environment, capture_output=True, text=True,
                              timeout=300, check=False)
        assert done.returncode in allowed, f"{text}\n{done.stdout}{done.stderr}"
        return done.stdout

    def load(self, name):
        return json.loads((self.folder / name).read_text())

    def points(self):
        return [(cell, row) for cell in self.load("sweep.json")["cells"] for row in cell["measured"] if row["status"] == "ok"]

    def test_files(self):
        """What no tool of this machine reads: Bencher's documents have its shape."""
        for name, measures in [("sweep.bmf.json", {"latency", "speedup"}), ("gate.bmf", {"latency", "head-over-base"})]:
            document = self.load(name)
            self.assertEqual(list(jsonschema.Draft7Validator(BMF).iter_errors(document)), [])
            for benchmark in document.values():
                self.assertLessEqual(set(benchmark), measures)
                for metric in benchmark.values():
                    self.assertLessEqual(metric.get("lower_value", metric["value"]), metric["value"])
                    self.assertGreaterEqual(metric.get("upper_value", metric["value"]), metric["value"])
        self.assertEqual(len(self.load("sweep.bmf.json")), len(self.points()))
        self.assertIn("### mobilenet-cost gate: ", (self.folder / "gate.md").read_text())
        self.assertIn("<testsuite", (self.folder / "gate.xml").read_text())

    @needs("compare.py", os.path.exists(COMPARE))
    def test_compare_py(self):
        text = self.run_shell(section("compare.py"))
        self.assertEqual(text.count("OVERALL_GEOMEAN"), 3)
        self.assertIn("[base vs. head]", text)

    @needs("benchstat", benchstat())
    def test_benchstat(self):
        text = self.run_shell(section("benchstat"))
        self.assertIn("standard", text)
        self.assertIn("geomean", text)

    @needs("sqlite3", shutil.which("sqlite3"))
    def test_sqlite(self):
        text = self.run_shell(section("SQLite"))
        self.assertEqual(text.count("mobilenet_v1 "), len(self.points()))

    @needs("jq", shutil.which("jq"))
    def test_jq(self):
        lines = self.run_shell(section("jq")).splitlines()
        self.assertEqual(len([line for line in lines if "\t" in line]), len(self.points()))
        self.run_shell(section("github-action-benchmark"))
        found = self.load("custom.json")
        self.assertEqual(len({row["name"] for row in found}), len(self.points()))
        for row in found:  # its extractCustomBenchmarkResult
            self.assertEqual({key: type(value) for key, value in row.items() if key != "value"},
                             {"name": str, "unit": str, "range": str})
            self.assertGreater(row["value"], 0)

    @needs("pandas", has_pandas())
    def test_pandas(self):
        (self.folder / "read.py").write_text(section("pandas"))
        text = self.run_shell("/usr/bin/python3 -W ignore read.py")
        self.assertIn("m.median_seconds", text)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
