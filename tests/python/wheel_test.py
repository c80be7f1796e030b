"""`pip install .` into a fresh virtual environment, and what it gives: the program, and the module mobilenet_cost.

Its functions are compared with the program's commands, docs/python.md runs as a notebook, and the type stubs are checked
against the module. Everything lies in build/wheel; objects that the release build has are not compiled again.

    wheel_test.py            everything
    wheel_test.py --update   the same, and writes what the blocks of docs/python.md show
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

SOURCE = Path(__file__).resolve().parents[2]
BUILD = SOURCE / "build/wheel"
VENV = BUILD / "venv"
PYTHON = VENV / "bin/python"
PROGRAM = VENV / "bin/mobilenet-cost"
STORED = SOURCE / "tests/golden/pick_input.json"

sys.path.insert(0, str(SOURCE / "tests/ci"))
from reused_objects import LAUNCHER  # noqa: E402

# Function -> its command, and the options of it that a function has no use for.
COMMANDS = {
    "cost": ("cost", {"show", "explain", "memory_map"}),
    "conventions": ("conventions", set()),
    "sweep": ("sweep", None),  # those of --bench, too
    "pick": ("pick", {"all"}),
}
STREAMS = {"help", "help-all", "format", "output", "plain", "wide", "progress"}


def clean(**added):
    """Nothing of the repository is in the environment."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MOBILENET_COST_", "PYTHON"))}
    return {**kept, "PATH": f"{VENV / 'bin'}:{kept['PATH']}", **added}


def run(*command, **options):
    """Output of a command that must succeed."""
    result = subprocess.run([str(word) for word in command], text=True, capture_output=True, check=False,
                            **{"env": clean(), **options})
    if result.returncode != 0:
        sys.exit(f"{command}: exit code {result.returncode}\n{result.stdout}\n{result.stderr}")
    return result.stdout


def install():
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    launcher = BUILD / "launcher"
    launcher.write_text(LAUNCHER, encoding="utf-8")
    launcher.chmod(stat.S_IRWXU)
    run("/usr/bin/python3", "-m", "venv", "--clear", VENV)
    settings = {"REUSED_BUILD": str(SOURCE / "build/release"), "REUSED_LIST": str(BUILD / "reused"),
                "CMAKE_CXX_COMPILER_LAUNCHER": str(launcher)}
    run(PYTHON, "-m", "pip", "install", SOURCE, "--config-settings", f"build-dir={BUILD / 'cmake'}", env=clean(**settings))


def install_tools():
    run(PYTHON, "-m", "pip", "install", "--only-binary", ":all:", "--no-deps", "-r", SOURCE / "tests/python/requirements.txt")


def notebook(*flags):
    with tempfile.TemporaryDirectory() as scratch:
        files = Path(scratch) / "stored.json"
        files.write_bytes(STORED.read_bytes())
        run(PYTHON, "-B", SOURCE / "tests/python/notebook.py", SOURCE / "docs/python.md", *flags, cwd=scratch)


class Wheel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.scratch = Path(folder.name)

    def python(self, code):
        """What the code prints as JSON; `mc` is the module."""
        script = f"import json, inspect, warnings; import mobilenet_cost as mc\n{code}"
        return json.loads(run(PYTHON, "-B", "-W", "error", "-c", script, cwd=self.scratch))

    def value(self, expression):
        return self.python(f"print(json.dumps({expression}))")

    def program(self, *words):
        return json.loads(run(PROGRAM, *words, "--format", "json", cwd=self.scratch))

    def refusal(self, expression):
        return self.python(f"try: {expression}\nexcept ValueError as error: print(json.dumps(str(error)))")

    def said(self, *words):
        done = subprocess.run([PROGRAM, *words], text=True, capture_output=True, check=False, env=clean(), cwd=self.scratch)
        self.assertEqual(done.returncode, 2, done.stderr)
        return done.stderr.removeprefix("mobilenet-cost: error: ").rstrip("\n")

    def test_each_function_returns_the_document_of_its_command(self):
        rows = [
            ("mc.cost()", ["cost"]),
            ("mc.cost(alpha=0.5, res=160)", ["cost", "--alpha", "0.5", "--res", "160"]),
            ("mc.cost(['mobilenet_v2', 'mobilenet_v1'], alpha=(0.1 + 0.2, 1), beta='0.5', dtype='i8', alpha_scope='inner')",
             ["cost", "--model", "mobilenet_v2,mobilenet_v1", "--alpha", "0.30000000000000004,1", "--beta", "0.5", "--dtype",
              "i8", "--alpha-scope", "inner"]),
            ("mc.conventions(alpha=0.5, res=160)", ["conventions", "--alpha", "0.5", "--res", "160"]),
            ("mc.sweep('mobilenet_v2', classes=10, batch=2, convention='fvcore')",
             ["sweep", "--model", "mobilenet_v2", "--classes", "10", "--batch", "2", "--convention", "fvcore"]),
            ("mc.pick('mobilenet_v1', max_macs=150e6, max_peak_kib=2048, min_top1=0.6, accept_estimates=True)",
             ["pick", "--model", "mobilenet_v1", "--max-macs", "150e6", "--max-peak-kib", "2048", "--min-top1", "0.6",
              "--accept-estimates"]),
            (f"mc.pick('mobilenet_v1', max_ms=6, from_={str(STORED)!r})",
             ["pick", "--model", "mobilenet_v1", "--max-ms", "6", "--from", STORED]),
        ]
        for expression, words in rows:
            with self.subTest(expression):
                self.assertEqual(self.value(expression), self.program(*words))

    def test_a_refusal_is_a_value_error_with_the_sentence_of_the_program(self):
        rows = [
            ("mc.cost('mobilenet_v9')", ["cost", "--model", "mobilenet_v9"]),
            ("mc.cost(alpha=-1)", ["cost", "--alpha=-1"]),
            ("mc.cost(res=[160, 0.5])", ["cost", "--res", "160,0.5"]),
            ("mc.sweep(alpha=float('nan'))", ["sweep", "--alpha", "nan"]),
            ("mc.sweep(res=160, beta=1)", ["sweep", "--res", "160", "--beta", "1"]),
            ("mc.pick(min_top1=60)", ["pick", "--min-top1", "60"]),
            ("mc.pick(seed=1)", ["pick", "--seed", "1"]),
            ("mc.read_run('absent.jsonl')", ["report", "absent.jsonl"]),
        ]
        for expression, words in rows:
            with self.subTest(expression):
                self.assertEqual(self.refusal(expression), self.said(*words))
        for empty in ["alpha=[]", "alpha=''"]:
            self.assertEqual(self.refusal(f"mc.cost({empty})"), "--alpha: expected a value, found an empty one")

    def test_every_option_of_a_command_is_a_keyword(self):
        for function, (command, left_out) in COMMANDS.items():
            words = run(PROGRAM, command, "--help-all", cwd=self.scratch)
            options = set(re.findall(r"^ +(?:-\w,)?\s*--([a-z][a-z0-9-]*)", words, re.MULTILINE)) - STREAMS
            options = {option.replace("-", "_") for option in options}
            keywords = {name.rstrip("_") for name in self.value(f"list(inspect.signature(mc.{function}).parameters)")}
            with self.subTest(function):
                self.assertLessEqual(keywords, options)
                if left_out is not None:
                    self.assertEqual(options - keywords, left_out)

    def test_a_run_log_is_read_and_what_was_repaired_is_a_warning(self):
        log = self.scratch / "log.jsonl"
        run(PROGRAM, "sweep", "--bench", "--alpha", "0.25", "--res", "32", "--engine", "reference", "--max-seconds", "2",
            "--log", log, cwd=self.scratch)
        read = self.value("mc.read_run('log.jsonl')")
        self.assertEqual(read, self.program("report", "log.jsonl"))
        self.assertEqual(read["cells"][0]["measured"][0]["engine"], "reference")
        log.write_bytes(log.read_bytes()[:-5])
        [said] = self.python(
            "with warnings.catch_warnings(record=True) as said:\n"
            "    warnings.simplefilter('always')\n"
            "    mc.read_run('log.jsonl')\n"
            "print(json.dumps([str(one.message) for one in said]))")
        self.assertRegex(said, "^note: .*log.jsonl")

    def test_times_are_taken_in_this_process_on_the_engine_inside(self):
        document = self.value("mc.pick('mobilenet_v1', alpha=0.25, res=32, measure_all=True, max_seconds=2)")
        self.assertEqual(document["candidates"][0]["time"]["engine"], "native")

    def test_ctrl_c_is_pythons_again_afterwards(self):
        self.assertEqual(self.python(
            "import os, signal\n"
            "signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it\n"
            "mc.pick('mobilenet_v1', alpha=0.25, res=32, measure_all=True, max_seconds=2)\n"
            "try: os.kill(os.getpid(), signal.SIGINT); import time; time.sleep(5)\n"
            "except KeyboardInterrupt: print(json.dumps('interrupted'))"), "interrupted")

    def files(self):
        """Of the wheel, as it was installed."""
        code = "from importlib.metadata import files\nprint(json.dumps([str(one.locate()) for one in files('mobilenet-cost')]))"
        return [Path(os.path.normpath(path)) for path in self.python(code)]

    def test_every_library_is_found_and_every_engine_loads(self):
        binaries = [path for path in self.files() if path.suffix == ".so" or path == PROGRAM]
        self.assertGreater(len(binaries), 2)
        for binary in binaries:
            self.assertNotIn("not found", run("ldd", binary), binary.name)
        engines = {engine["name"]: engine for engine in self.program("engines")["engines"]}
        for plugin in ["native", *(path.stem.removeprefix("mobilenet_cost_") for path in binaries if path.parent.name == "engines")]:
            self.assertTrue(engines[plugin]["available"], engines[plugin])

    def test_the_wheel_has_its_files_and_nothing_for_cpp(self):
        files = self.files()
        for path in ["py.typed", "_native.pyi", "configs/mobilenet_v1.json", "schemas/cost.schema.json"]:
            self.assertEqual(sum(file.as_posix().endswith(f"/mobilenet_cost/{path}") for file in files), 1, path)
        self.assertFalse([file for file in files if file.suffix in (".h", ".a", ".cmake")])

    def test_the_module_has_the_version_of_the_program(self):
        version = run(PROGRAM, "--version", cwd=self.scratch).split()[1]
        self.assertEqual(self.value("mc.__version__"), version)
        self.assertIn(f"Version: {version}\n", run(PYTHON, "-m", "pip", "show", "mobilenet-cost"))

    def test_frames_have_a_row_for_each_entry(self):
        code = "frame = mc.to_frame({0}, {1!r})\nprint(json.dumps([len(frame), list(frame.columns)]))"
        rows, columns = self.python(code.format("mc.cost(alpha=[0.5, 1])", None))
        self.assertEqual(rows, 2)
        self.assertLessEqual({"alpha", "totals_macs", "ratio_params"}, set(columns))
        self.assertNotIn("layers", columns)
        rows, columns = self.python(code.format("mc.cost(alpha=[0.5, 1])", "layers"))
        self.assertEqual(rows, 2 * len(self.value("mc.cost()['variants'][0]['layers']")))
        self.assertLessEqual({"model", "alpha", "resolution", "name", "macs"}, set(columns))
        self.assertIn("layers", self.refusal("mc.to_frame(mc.cost(), 'layer')"))

    def test_the_document_runs_as_a_notebook(self):
        notebook()

    def test_the_document_names_the_packages_that_are_needed(self):
        text = (SOURCE / "docs/python.md").read_text(encoding="utf-8")
        [named] = re.findall(r"^apt-get install -y (.*?)$", text.replace("\\\n", ""), re.MULTILINE)
        setup = (SOURCE / "scripts/setup").read_text(encoding="utf-8")
        wanted = " ".join(re.findall(r"^(?:program|python)_packages=\((.*?)\)", setup, re.MULTILINE | re.DOTALL)).split()
        self.assertEqual(sorted(named.split()), sorted([*wanted, "libhwy-dev", "libpthreadpool-dev"]))

    def test_the_types_hold(self):
        stub = (SOURCE / "python/mobilenet_cost/_native.pyi").read_text(encoding="utf-8")
        names = re.findall(r"^(?:def )?([a-z]\w*)", stub, re.MULTILINE)
        self.assertEqual(names, sorted(self.value("[name for name in dir(mc._native) if name[0] != '_']"), reverse=True))
        user = self.scratch / "user.py"
        user.write_text("import mobilenet_cost as mc\n\nmacs: int = mc.cost(alpha=[0.5, 1], res=160)['variants'][0]['macs']\n")
        run(PYTHON, "-m", "mypy", "--strict", user, cwd=self.scratch)
        run(PYTHON, "-m", "mypy", "--strict", "-p", "mobilenet_cost", cwd=self.scratch)


class WithoutPandas(unittest.TestCase):
    def test_documents_need_no_other_package(self):
        code = "import mobilenet_cost as mc; mc.to_frame(mc.cost())"
        done = subprocess.run([PYTHON, "-c", code], text=True, capture_output=True, check=False, env=clean())
        self.assertIn("No module named 'pandas'", done.stderr)


def run_tests(*names):
    return unittest.main(argv=["wheel_test", *names], exit=False).result.wasSuccessful()


if __name__ == "__main__":
    install()
    passed = run_tests("WithoutPandas")
    install_tools()
    if sys.argv[1:] == ["--update"]:
        notebook("--update")
    passed = run_tests("Wheel") and passed
    sys.exit(not passed)
