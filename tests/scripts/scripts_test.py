"""The scripts where something is missing or wrong: one sentence on stderr, and nothing is installed or built.

They run in a copy of the scripts without a build and without git, as from a tarball; what would go on to build is
stopped by a scripts/setup and a scripts/run that refuse.
"""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(os.environ["MOBILENET_COST_SOURCE_DIR"])
PROGRAM = Path(os.environ["MOBILENET_COST_PROGRAM"])
REFUSES = "#!/bin/sh\necho refused >&2\nexit 1\n"

NO_PROGRAM = "expected the program build/release/mobilenet-cost, found none; "
# Script and arguments, exit status, and a part of what it says.
WRONG = [
    ("peers --no-build", 2, NO_PROGRAM + "without --no-build it is built"),
    ("peers --no-build --counters", 2, NO_PROGRAM),
    ("peers --bogus", 2, "unrecognized arguments: --bogus"),
    ("gate_trials --no-build", 2, NO_PROGRAM + "without --no-build it is built"),
    ("gate_trials --same -1", 2, "invalid number, 0 or more value: '-1'"),
    ("gate_trials --rounds x", 2, "invalid number above 0 value: 'x'"),
    ("gate_trials --no-build extra", 2, "unrecognized arguments: extra"),
    ("gate_trials --no-build --log README.md", 2, "README.md:1: expected one trial as JSON, found '# mobilenet-cost'"),
    ("prediction_trials", 2, NO_PROGRAM + "scripts/run engines builds it"),
    ("prediction_trials --bogus", 2, "unrecognized arguments: --bogus"),
    ("sweep_repeats", 2, NO_PROGRAM + "scripts/run engines builds it"),
    ("docs_pictures", 2, NO_PROGRAM + "scripts/run engines builds it"),
    ("docs_pictures extra", 2, "unrecognized arguments: extra"),
    ("regen_readme", 2, NO_PROGRAM + "scripts/run engines builds it"),
    ("regen_readme --check --build nowhere", 2, "expected the program nowhere/mobilenet-cost, found none"),
    ("regen_readme extra", 2, "unrecognized arguments: extra"),
    ("ci_comment", 2, "the following arguments are required: FILE"),
    ("ci_comment one two", 2, "unrecognized arguments: two"),
    ("ci_comment missing.md", 2, "missing.md: No such file or directory"),
    ("ci_comment latin1.md", 2, "latin1.md: expected text in UTF-8"),
    ("aa_trials --help", 2, 'expected the name of an engine, found "--help"'),
    ("aa_trials native 0", 2, 'expected a number of trials or rounds, found "0"'),
    ("aa_trials native 1 1 x", 2, 'expected a fraction such as 0.05, found "x"'),
    ("aa_trials native 1 1 0.1 0.1 6", 2, "found 6 arguments"),
    ("gate_parent", 1, "expected a clone, whose last commit is timed against its parent, found no repository"),
    ("update_golden extra", 2, 'expected no arguments, found "extra"'),
    ("slurm_sweep", 2, "expected the program, found no mobilenet-cost"),
]


class ScriptTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve()
        shutil.copytree(SOURCE / "scripts", self.root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ["setup", "run"]:
            (self.root / "scripts" / name).write_text(REFUSES)
        shutil.copy(SOURCE / "README.md", self.root)
        (self.root / "latin1.md").write_bytes(b"\xe4")

    def run_script(self, name, *arguments, **variables):
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("MOBILENET_COST_", "SLURM_"))}
        return subprocess.run([self.root / "scripts" / name, *arguments], cwd=self.root, env={**clean, **variables},
                              capture_output=True, text=True, timeout=60, check=False)

    def assert_refused(self, done, script, status, text):
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        self.assertTrue(done.stderr.startswith(f"scripts/{script}: error: "), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertIn(text, done.stderr)


class Wrong(ScriptTest):
    def test_one_sentence(self):
        for line, status, text in WRONG:
            with self.subTest(line):
                script, *arguments = line.split()
                self.assert_refused(self.run_script(script, *arguments), script, status, text)
        self.assertFalse((self.root / "build").exists())

    def test_every_script_is_held(self):
        others = {"run", "setup", "test", "check_includes", "bare_machine"}  # what the others and .ci/run stand on
        scripts = {path.name for path in (SOURCE / "scripts").iterdir() if path.is_file() and not path.suffix}
        self.assertEqual(scripts - others, {line.split()[0] for line, _, _ in WRONG})

    def test_a_failing_build_is_shown(self):
        for script in ["peers", "gate_trials"]:
            with self.subTest(script):
                done = self.run_script(script)
                self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
                self.assertIn("refused\n", done.stderr)
                self.assertTrue(done.stderr.endswith(f"scripts/{script}: error: setup failed: see above\n"), done.stderr)

    def test_help(self):
        for script in ["peers", "gate_trials", "prediction_trials", "sweep_repeats", "regen_readme", "ci_comment"]:
            with self.subTest(script):
                done = self.run_script(script, "--help")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn(script, done.stdout)

    def test_what_the_program_refuses(self):
        build = self.root / "build/release"
        build.mkdir(parents=True)
        (build / "mobilenet-cost").symlink_to(PROGRAM)
        models = {"MOBILENET_COST_CONFIG_DIR": os.fspath(SOURCE / "configs")}
        for line in ["prediction_trials mobilenet_v9", "sweep_repeats --model mobilenet_v9"]:
            with self.subTest(line):
                script, *arguments = line.split()
                done = self.run_script(script, *arguments, **models)
                first, second = done.stderr.splitlines()
                self.assertEqual(done.returncode, 2)
                self.assertRegex(first, "^mobilenet-cost: error: .*mobilenet_v9")
                self.assertEqual(second, f"scripts/{script}: error: mobilenet-cost ended with exit status 2: see above")


class Git(ScriptTest):
    """What asks git: gate_parent, and the commit that a build is called by."""

    def git(self, *arguments):
        names = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *names, *arguments], cwd=self.root, check=True, capture_output=True)

    def test_no_parent(self):
        self.git("init", "-q")
        self.git("commit", "-q", "--allow-empty", "-m", "first")
        self.assert_refused(self.run_script("gate_parent"), "gate_parent", 1, "expected the parent of HEAD, found none")

    def test_a_build_of_a_changed_tree_says_so(self):
        def commit():
            output = self.root / "commit.inc"
            subprocess.run(["cmake", "-DGIT=git", f"-DSOURCE={self.root}", f"-DOUTPUT={output}", "-P",
                            self.root / "scripts/cmake/write_commit.cmake"], check=True, timeout=60)
            return output.read_text()

        self.assertEqual(commit(), '"unknown"\n')
        self.git("init", "-q")
        self.git("add", "README.md")
        self.git("commit", "-q", "-m", "first")
        self.git("tag", "v1")
        clean = commit()
        self.assertRegex(clean, r'^"[0-9a-f]{12}"\n$')
        (self.root / "README.md").write_text("changed")
        self.assertEqual(commit(), clean.replace('"\n', '-dirty"\n'))
        self.git("add", "README.md")
        self.assertIn("-dirty", commit())
        self.git("commit", "-q", "-m", "second")
        self.assertRegex(commit(), r'^"[0-9a-f]{12}"\n$')

    def test_what_is_in_the_place_of_the_worktree_is_left_alone(self):
        self.git("init", "-q")
        for name in ["first", "second"]:
            self.git("commit", "-q", "--allow-empty", "-m", name)
        (self.root / "build/parent").mkdir(parents=True)
        done = self.run_script("gate_parent")
        self.assert_refused(done, "gate_parent", 1, "expected a worktree of this repository in build/parent")
        head = subprocess.run(["git", "symbolic-ref", "HEAD"], cwd=self.root, capture_output=True, check=False)
        self.assertEqual(head.returncode, 0, "the repository's own HEAD was moved")


class UpdateGolden(ScriptTest):
    def test_another_program_that_is_not_there(self):
        done = self.run_script("update_golden", MOBILENET_COST_PROGRAM="nowhere/mobilenet-cost")
        text = f"MOBILENET_COST_PROGRAM: expected the program {self.root}/nowhere/mobilenet-cost, found none"
        self.assert_refused(done, "update_golden", 2, text)


class Log(ScriptTest):
    def test_a_trial_of_gate_trials_that_lacks_what_the_table_shows(self):
        (self.root / "log").write_text(json.dumps({"kind": "same, quiet"}) + "\n")
        done = self.run_script("gate_trials", "--no-build", "--log", "log")
        self.assert_refused(done, "gate_trials", 2, "log:1: expected one trial as JSON")


if __name__ == "__main__":
    unittest.main()
