"""Runs the program under test; every test of this folder starts from here."""

import fcntl
import os
import pty
import struct
import subprocess
import tempfile
import termios
import threading
import unittest
from pathlib import Path

PROGRAM = os.environ["MOBILENET_COST_PROGRAM"]
SOURCE = Path(os.environ["MOBILENET_COST_SOURCE_DIR"])
PREFIX = "mobilenet-cost: error: "

# The report of each command that counts and does not measure; small variants keep the suite quick.
SMALL = ["--alpha", "0.25", "--res", "32"]
BUDGET = {"schema": "mobilenet-cost.budget.v1", "budgets": [{"alpha": 0.25, "resolution": 32, "max_params": 10**9}]}
FORMATS = ["table", "markdown", "csv", "json", "jsonl"]


def environment(**added):
    """Without settings of the terminal; with the bundled models wherever the build folder is."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MOBILENET_COST_")}
    for name in ["NO_COLOR", "COLUMNS"]:
        clean.pop(name, None)
    return {**clean, "MOBILENET_COST_CONFIG_DIR": os.fspath(SOURCE / "configs"), **added}


def run(*arguments, env=None, **options):
    """Exit code and both streams as text."""
    command = [PROGRAM, *(word if isinstance(word, bytes) else str(word) for word in arguments)]
    return subprocess.run(
        command,
        capture_output=True,
        encoding="utf-8",
        env=environment(**(env or {})),
        stdin=subprocess.DEVNULL,
        timeout=120,
        **options,
    )


def on_terminal(*arguments, columns=0, env=None, cwd=None, status=0):
    """What a run of that exit code writes to a terminal of that width as its stdout; 0: one that does not know its width.

    A terminal that nobody holds open may lose what was not read yet, so this side stays open until an end mark of our
    own has come through, after all that the program wrote.
    """
    end_mark = b"<end of the program's output>"
    terminal, program_side = pty.openpty()
    fcntl.ioctl(program_side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [PROGRAM, *map(str, arguments)]
    process = subprocess.Popen(
        command, stdout=program_side, stdin=subprocess.DEVNULL, env=environment(**(env or {})), cwd=cwd
    )
    writer = threading.Thread(target=lambda: (process.wait(), os.write(program_side, end_mark)))
    writer.start()
    text = b""
    while not text.endswith(end_mark):
        text += os.read(terminal, 65536)
    writer.join()
    os.close(program_side)
    os.close(terminal)
    assert process.returncode == status, command
    return text.removesuffix(end_mark).decode().replace("\r\n", "\n")


class CliTest(unittest.TestCase):
    """A test with a folder of its own."""

    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def output(self, *arguments, **options):
        """stdout of a run that must succeed in silence."""
        result = run(*arguments, **options)
        self.assertEqual((result.returncode, result.stderr), (0, ""), arguments)
        return result.stdout

    def assert_refused(self, result, text=None):
        """Exit 2, nothing on stdout, one sentence on stderr: `text`, if it is given."""
        self.assertEqual((result.returncode, result.stdout), (2, ""), result)
        self.assert_one_sentence(result.stderr)
        if text is not None:
            self.assertEqual(result.stderr, f"{PREFIX}{text}\n")

    def assert_one_sentence(self, stderr):
        self.assertTrue(stderr.startswith(PREFIX), stderr)
        self.assertTrue(stderr.endswith("\n") and stderr.count("\n") == 1, stderr)
        self.assertTrue(stderr.rstrip("\n").isprintable(), stderr)
        self.assertGreater(len(stderr), len(PREFIX) + 10)
        self.assertLess(len(stderr), 1500)

    def assert_folder_holds(self, names):
        """Nothing else lies in the test's folder: no temporary file stayed behind."""
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(names))
