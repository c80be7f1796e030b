"""gate and self-test through the real program, against good workers, slow ones and all kinds of strangers.

The engine is one that waits for the clock instead of computing (fake_engine_module.cpp), so that a planted slowdown is
exact wherever the tests run. No test looks at how long anything took.
"""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
import unittest
import xml.etree.ElementTree as ET

import jsonschema
from program import PREFIX, PROGRAM, SOURCE, CliTest, environment, run

FAKE_ENGINES = sys.argv.pop()
FAKE = {"MOBILENET_COST_ENGINE_DIR": FAKE_ENGINES}
VARIANTS = ["--alpha", "0.25,0.5", "--res", "64", "--classes", "10", "--engine", "xnnpack"]
# Rounds that other tests beside this one disturb would make the outcome theirs.
QUICK = {"--block-seconds": "0.002", "--max-seconds": "60", "--answer-seconds": "20", "--threshold": "0.1",
         "--tolerance": "0.4"}
SCHEMAS = SOURCE / "docs" / "schemas"

HELLO = {
    "id": 1, "schema": "mobilenet-cost.worker.v1", "protocol": 1, "version": "9", "commit": "unknown",
    "build": {"compiler": "none", "flags": "", "build_type": "Release", "optimised": True, "sanitized": False},
    "engines": [{"name": "xnnpack", "version": "1", "available": True}], "clock_resolution_seconds": 1e-9,
}

# A worker that is right until its Nth request; then it does what `then` says.
WORKER = """#!/usr/bin/python3
import json, os, subprocess, sys, time
worker = subprocess.Popen([{program!r}, "worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
for number, line in enumerate(sys.stdin):
    request = json.loads(line)
    worker.stdin.write(line); worker.stdin.flush()
    if request["do"] == "quit":
        break
    answer = worker.stdout.readline()
    if number >= {at}:
        {then}
    sys.stdout.write(answer); sys.stdout.flush()
"""

# What it does, and words of the sentence that says so.
MISBEHAVIOUR = {
    "os._exit(7)": "ended with exit status 7",
    "os.kill(os.getpid(), 9)": "was killed by signal 9",
    "time.sleep(600)": "did not answer within 3 s",
    "while True: sys.stdout.write('x' * 10**6)": "wrote a line of more than",
    "while True: sys.stdout.write('{}\\n')": "id",
    "while True: sys.stderr.write('x' * 10**6)": "did not answer within 3 s",
    "while True: time.sleep(0.1); sys.stdout.write('x'); sys.stdout.flush()": "did not answer within 3 s",
    "answer = json.dumps({'id': request['id'], 'pass_seconds': [1e-3] * 10**6, 'steal_seconds': 0,"
    " 'involuntary_switches': 0}) + '\\n'": "wrote a line of more than",
    "answer = '{\"id\":' + '[' * 10**3 + '\\n'": "nested",
    "answer = 'garbage\\n'": "expected valid JSON",
    "answer = '{}\\n'": "id",
    "answer = answer.replace('\"id\":', '\"id\":1')": "expected the answer to request",
    "answer = json.dumps({'id': request['id'], 'pass_seconds': [float('nan')], 'steal_seconds': 0,"
    " 'involuntary_switches': 0}) + '\\n'": "expected valid JSON",
    "answer = json.dumps({'id': request['id'], 'pass_seconds': [-1.0] * request.get('passes', 1), 'steal_seconds': 0,"
    " 'involuntary_switches': 0}) + '\\n'": "expected times above 0",
    "answer = json.dumps({'id': request['id'], 'pass_seconds': [], 'steal_seconds': 0, 'involuntary_switches': 0})"
    " + '\\n'": "expected the times of",
    "answer = json.dumps({'id': request['id'], 'refused': {'wrong_input': False, 'text': 'out of luck'}}) + '\\n'":
    "out of luck",
}


def quick(given=()):
    """Flags of a quick gate but those that are given: a flag may stand once."""
    return [word for flag, value in QUICK.items() if flag not in given for word in (flag, value)]


def schema(name):
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text())


class Gate(CliTest):
    def program(self, name, text):
        path = self.write(name, text)
        path.chmod(0o755)
        return path

    def slow(self, macs, percent):
        """A build in which the network of so many MACs takes so much longer."""
        return self.program("slow", f'#!/bin/sh\nFAKE_ENGINE_BURN={macs}:{percent} exec {shlex.quote(PROGRAM)} "$@"\n')

    def gate(self, *arguments, base=PROGRAM, head=PROGRAM, variants=VARIANTS):
        return run("gate", "--base", base, "--head", head, *variants, *quick(arguments), *arguments, env=FAKE)

    def document(self, result):
        document = json.loads(result.stdout)
        errors = [f"{error.json_path}: {error.message}"
                  for error in jsonschema.Draft202012Validator(schema("gate")).iter_errors(document)]
        self.assertEqual(errors, [])
        return document

    def macs(self, alpha):
        document = json.loads(self.output("--alpha", alpha, "--res", "64", "--classes", "10", "--format", "json"))
        return document["variants"][0]["totals"]["macs"]

    # ---- verdicts

    def test_equal_builds(self):
        """On a machine that other tests keep busy it may not be able to tell, but it raises no alarm."""
        result = self.gate("--format", "json")
        self.assertIn(result.returncode, (0, 5), result.stderr)
        document = self.document(result)
        self.assertEqual(document["outcome"], "same" if result.returncode == 0 else "inconclusive")
        self.assertEqual([cell["alpha"] for cell in document["cells"]], [0.25, 0.5])
        for cell in document["cells"]:
            self.assertEqual(cell["base"], cell["head"])
            self.assertEqual((cell["exact_differences"], cell["other_differences"]), ([], []))
            self.assertIn({sample["order"] for sample in cell["samples"]}, [{"ABBA", "BAAB"}, {"ABBA"}, {"BAAB"}])

    def test_a_slow_cell_is_named_in_every_format(self):
        head = self.slow(self.macs(0.5), 200)
        path = self.folder / "gate.json"
        result = self.gate("-o", path, head=head)
        self.assertEqual(result.returncode, 4, result.stderr)
        self.assertEqual(result.stdout, "")
        document = self.document(subprocess.CompletedProcess([], 0, path.read_text(), ""))
        self.assertEqual(document["outcome"], "regressed")
        verdicts = {cell["alpha"]: cell["verdict"] for cell in document["cells"]}
        self.assertEqual(verdicts[0.5], "regressed")
        self.assertNotEqual(verdicts[0.25], "regressed")
        [slow] = [cell for cell in document["cells"] if cell["alpha"] == 0.5]
        self.assertGreater(slow["ratio_low"], 1.1)
        self.assertTrue(slow["moved_layers"])

        result = self.gate("--format", "junit", "--no-layers", head=head)
        self.assertEqual(result.returncode, 4)
        suite = ET.fromstring(result.stdout).find("testsuite")
        cases = {case.get("name"): case for case in suite}
        self.assertEqual(suite.get("tests"), str(len(cases)))
        failed = [name for name, case in cases.items() if case.find("failure") is not None]
        self.assertIn("mobilenet_v1/alpha=0.5/res=64/classes=10/net=separable/engine=xnnpack/threads=1", failed)
        self.assertEqual(suite.get("failures"), str(len(failed)))
        self.assertIn("whole run", failed)

    def test_several_files_of_one_run_and_a_stored_one(self):
        """Every form, from the run and from its document."""
        names = ["gate.md", "gate.xml", "gate.json", "gate.csv", "gate.bmf", "gate.jsonl", "gate.txt"]
        flags = [word for name in names for word in ("-o", self.folder / name)]
        result = self.gate(*flags, "--rounds", "12")
        self.assertIn(result.returncode, (0, 5), result.stderr)
        self.assertEqual(result.stdout, "")
        document = json.loads((self.folder / "gate.json").read_text())
        last = result.stderr.splitlines()[-1]
        self.assertTrue(last.startswith(f"mobilenet-cost: wrote {self.folder}/gate.md, "), last)
        self.assertIn(f"gate.txt: {document['outcome']}: after ", last)
        for name in names:
            with self.subTest(name):
                again = self.folder / f"again.{name.partition('.')[2]}"
                self.output("report", self.folder / "gate.json", "-o", again)
                self.assertEqual(again.read_text(), (self.folder / name).read_text())
        markdown = (self.folder / "gate.md").read_text()
        self.assertTrue(markdown.startswith(f"### mobilenet-cost gate: {document['outcome']}\n\nafter "), markdown)
        self.assertEqual((markdown.count("<details>"), markdown.count("</details>")), (1, 1))
        self.assertLess(markdown.index("| cell |"), markdown.index("<details>"))
        gbench = json.loads(self.output("report", self.folder / "gate.json", "--format", "gbench"))
        counted = sum(sample["dropped"] is None for cell in document["cells"] for sample in cell["samples"])
        self.assertEqual(len(gbench["benchmarks"]), 4 * counted)

    def test_a_stored_gate_that_is_none(self):
        path = self.folder / "gate.json"
        self.gate("-o", path, "--rounds", "12", "--no-layers")
        text = path.read_text()
        cases = {
            '"outcome": "maybe"': "/outcome", '"outcome": 3': "/outcome", '"rounds": "x"': "/rounds", '"cells": {}': "/cells",
            '"preflight": 1': "/preflight", '"looks": [1]': "/looks/0",
        }
        for change, words in cases.items():
            with self.subTest(change):
                document = {**json.loads(text), **json.loads(f"{{{change}}}")}
                wrong = self.write("wrong.json", json.dumps(document))
                refused = run("report", wrong)
                self.assert_refused(refused)
                self.assertIn(f"wrong.json: {words}: ", refused.stderr)
        for flags in [["--html", self.folder / "a.html"], ["--svg", self.folder / "svg"], ["--out-sql", self.folder / "a.sql"]]:
            refused = run("report", path, *flags)
            self.assert_refused(refused)
            self.assertIn(f"{flags[0]}: expected run logs of `sweep --bench`, found the document of a gate", refused.stderr)
        self.assert_folder_holds(["gate.json", "wrong.json"])

    def test_other_forms(self):
        for name in ["table", "markdown", "csv", "jsonl", "bmf", "gbench"]:
            with self.subTest(name):
                result = self.gate("--format", name, "--rounds", "12", "--no-layers")
                self.assertIn(result.returncode, (0, 5), result.stderr)
                self.assertIn("mobilenet_v1", result.stdout)
        names = {row["name"].split("/")[0] for row in json.loads(result.stdout)["benchmarks"]}
        self.assertEqual(names, {"base", "head"})

    def test_confirmation(self):
        head = self.slow(self.macs(0.5), 200)
        confirm = ["--confirm-base", PROGRAM, "--confirm-head"]
        result = self.gate("--format", "json", "--no-layers", *confirm, head, head=head)
        self.assertEqual(result.returncode, 4, result.stderr)
        document = self.document(result)
        self.assertEqual(len(document["confirmation"]["cells"]), 2)
        self.assertTrue(all(cell["placement_floor"] is not None for cell in document["cells"]))
        result = self.gate("--format", "json", "--no-layers", *confirm, PROGRAM, head=head)
        self.assertEqual(result.returncode, 5, result.stderr)
        self.assertIn("with the second ones", self.document(result)["cells"][1]["reason"])

    def test_cells_from_a_file(self):
        cells = self.write("cells.json", json.dumps([{"alpha": 0.25}, {"alpha": 0.25, "network": "standard"}]))
        flags = ["--res", "64", "--classes", "10", "--engine", "xnnpack", "--cells", cells]
        result = self.gate("--format", "json", "--rounds", "12", "--no-layers", variants=flags)
        self.assertIn(result.returncode, (0, 5), result.stderr)
        found = [(cell["resolution"], cell["network"]) for cell in self.document(result)["cells"]]
        self.assertEqual(found, [(64, "separable"), (64, "standard")])

    def test_rectangles_and_forms(self):
        cells = self.write("cells.json", json.dumps([{"resolution": "32x48"}, {"height": 32, "width": 48, "channels": 1}]))
        flags = ["--alpha", "0.25", "--classes", "10", "--engine", "xnnpack", "--cells", cells]
        result = self.gate("--format", "json", "--rounds", "12", "--no-layers", variants=flags)
        self.assertIn(result.returncode, (0, 5), result.stderr)
        found = [(cell["resolution"], cell["height"], cell["width"], cell.get("channels")) for cell in self.document(result)["cells"]]
        self.assertEqual(found, [(None, 32, 48, None), (None, 32, 48, 1)])

    def test_a_model_file_is_the_same_for_both(self):
        model = SOURCE / "tests" / "fuzz" / "corpus" / "model_config" / "residual_chain.json"
        flags = ["--model", model, "--engine", "xnnpack"]
        result = self.gate("--format", "json", "--rounds", "12", variants=flags)
        self.assertIn(result.returncode, (0, 5), result.stderr)
        self.assertEqual(self.document(result)["measured_cells"], 1)

    def test_other_networks_are_refused_before_they_are_timed(self):
        """The head's own model of that name is another one."""
        folder = self.folder / "configs"
        folder.mkdir()
        for path in (SOURCE / "configs").glob("*.json"):
            text = path.read_text()
            if path.name == "mobilenet_v1.json":
                text = text.replace('"channels": 1024', '"channels": 1000')
            (folder / path.name).write_text(text)
        head = self.program(
            "head", f'#!/bin/sh\nMOBILENET_COST_CONFIG_DIR={folder} exec {shlex.quote(PROGRAM)} "$@"\n')
        result = self.gate("--format", "json", head=head)
        self.assertEqual(result.returncode, 3, result.stderr)
        document = self.document(result)
        self.assertEqual((document["outcome"], document["rounds"]), ("different", 0))
        self.assertIn("MACs is", result.stderr.splitlines()[-1])

    def test_requires_cells(self):
        result = self.gate("--rounds", "12", "--no-layers", "--require-cells", "3")
        self.assertEqual(result.returncode, 1)
        self.assertIn("2 of 2 cells were measured, 3 are required", result.stderr)
        self.assertIn("mobilenet_v1 0.25/64", result.stdout, "the report is written all the same")

    # ---- strangers

    def test_programs_that_are_no_workers(self):
        script = self.program("script", "#!/bin/sh\nexec sleep 600\n")
        older = self.program("older", "#!/bin/sh\necho 'error: unknown command \"worker\"' >&2\nexit 2\n")
        newer = self.program("newer", "#!/bin/sh\nread -r line\necho '%s'\nread -r line\n" % json.dumps(
            {**HELLO, "protocol": 2, "schema": "mobilenet-cost.worker.v2"}))
        other = self.program("other", "#!/bin/sh\nread -r line\necho '%s'\nread -r line\n" % json.dumps(
            {**HELLO, "schema": "something.else"}))
        text = self.write("text", "not a program\n")
        expected = {
            "/bin/true": "ended with exit status 0", "/bin/cat": "ended with exit status 1",
            "/bin/yes": "in \"worker\"",
            script: "did not answer within 2 s", older: 'unknown command "worker"', newer: "speaks worker protocol 1",
            other: "something.else", text: "permission denied", self.folder: "found a directory",
            self.folder / "absent": "there is no such file",
        }
        for program, words in expected.items():
            for side in ["base", "head"]:
                with self.subTest(program=program, side=side):
                    result = self.gate("--answer-seconds", "2", **{side: program})
                    self.assert_refused(result)
                    self.assertTrue(result.stderr.startswith(f"{PREFIX}--{side}: {program}: "), result.stderr)
                    self.assertIn(words, result.stderr)

    def test_workers_that_misbehave(self):
        """After the first cell was prepared; what there is is written."""
        for then, words in MISBEHAVIOUR.items():
            with self.subTest(then=then):
                head = self.program("head", WORKER.format(program=PROGRAM, at=3, then=then))
                result = self.gate("--answer-seconds", "3", "--format", "json", head=head)
                self.assertEqual(result.returncode, 1, result.stderr)
                self.assertIn(words, result.stderr)
                self.assertEqual(self.document(result)["outcome"], "failed")
                self.assertTrue(result.stderr.splitlines()[-1].startswith(PREFIX), result.stderr)

    def test_a_killed_worker(self):
        """By somebody else, in the middle of the rounds."""
        note = self.folder / "pid"
        head = self.program("head", f'#!/bin/sh\necho $$ > {note}\nexec {shlex.quote(PROGRAM)} "$@"\n')
        command = [PROGRAM, "gate", "--base", PROGRAM, "--head", head, *VARIANTS, *quick(), "--rounds", "100000",
                   "--significance", "1e-9", "--format", "json"]
        gate = subprocess.Popen(
            command, env=environment(**FAKE), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while not (note.exists() and note.read_text().endswith("\n")):
            self.assertIsNone(gate.poll())
            time.sleep(0.05)
        time.sleep(1)
        os.kill(int(note.read_text()), signal.SIGKILL)
        output, errors = gate.communicate(timeout=60)
        self.assertEqual(gate.returncode, 1, errors)
        self.assertIn("was killed by signal 9 (Killed)", errors)
        self.assertEqual(json.loads(output)["ended"], "worker_lost")

    def test_interrupted(self):
        """Ctrl-C ends it after the current cell with what there is, and no worker stays behind."""
        note = self.folder / "pid"
        head = self.program("head", f'#!/bin/sh\necho $$ > {note}\nexec {shlex.quote(PROGRAM)} "$@"\n')
        command = [PROGRAM, "gate", "--base", PROGRAM, "--head", head, *VARIANTS, *quick(), "--rounds", "100000",
                   "--significance", "1e-9", "--format", "json", "--progress", "always"]
        gate = subprocess.Popen(
            command, env=environment(**FAKE), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in gate.stderr:
            if line.startswith("round 3/"):
                break
        gate.send_signal(signal.SIGINT)
        output, _ = gate.communicate(timeout=60)
        self.assertEqual(json.loads(output)["ended"], "interrupted")
        self.assertEqual(gate.returncode, 5)
        with self.assertRaises(ProcessLookupError):
            os.kill(int(note.read_text()), 0)

    # ---- wrong input

    def test_refused(self):
        bad = self.write("bad.json", '[{"alpha": 0.5, "resolutions": 64}]')
        cases = {
            ("--rounds", "3"): "--rounds: expected at least 9",
            ("--rounds", "0"): "--rounds",
            ("--threshold", "0"): "--threshold: expected a number above 0",
            ("--threshold", "2"): "--threshold: expected a number above 0 and below 1, found 2",
            ("--threshold", "x"): "--threshold",
            ("--significance", "0.5"): "--significance",
            ("--tolerance", "0.01"): "--tolerance: expected at least the --threshold",
            ("--max-seconds", "0"): "--max-seconds",
            ("--block-seconds", "1e6"): "--block-seconds: expected at most 3.75, a part of --max-seconds 60, found 1e+06",
            ("--cpu", "99999"): "99999",
            ("--networks", "base"): '--networks: unknown network "base"',
            ("--cells", bad): 'unknown key "resolutions" (did you mean "resolution"?)',
            ("--cells", self.folder / "absent.json"): "absent.json",
            ("--confirm-base", PROGRAM): "--confirm-base: expected together with --confirm-head",
            ("--format", "xml"): '--format: unknown format "xml"',
            ("--engine", "onedn"): "",
            ("--alpha", "-1"): "",
            ("--threads", "0"): "--threads",
            ("--progress", "often"): "--progress",
            ("--require-cells", "0"): "--require-cells",
        }
        for arguments, words in cases.items():
            with self.subTest(arguments):
                variants = ["--alpha", "0.25"] if arguments[0] == "--cells" else VARIANTS
                if arguments[0] in ("--engine", "--alpha"):
                    variants = []
                result = self.gate(*arguments, variants=variants)
                self.assert_refused(result)
                self.assertIn(words, result.stderr)
        for given in [[], ["--base", PROGRAM], ["--head", PROGRAM]]:
            self.assert_refused(run("gate", *given))

    def test_wrong_files(self):
        one, two = self.folder / "a.md", self.folder / "b.json"
        cases = {
            ("-o", one, "-o", one): "--output: expected every file once",
            ("-o", one, "-o", two, "--format", "csv"): "--format: expected one -o whose ending picks no form",
            ("-o", one, "-o", self.folder / "none" / "b.json"): "--output: expected a file that can be written",
        }
        for arguments, words in cases.items():
            with self.subTest(words):
                result = self.gate(*arguments)
                self.assert_refused(result)
                self.assertIn(words, result.stderr)
        self.assert_folder_holds([])

    def test_nothing_is_overwritten_by_wrong_input(self):
        path = self.write("gate.md", "as it was")
        self.assert_refused(self.gate("-o", path, base="/bin/true"))
        self.assertEqual(path.read_text(), "as it was")
        self.assert_folder_holds(["gate.md"])

    # ---- the worker by hand

    def test_worker(self):
        requests = [{"id": 1, "do": "hello", "protocol": 1, "cpu": None}, {"id": 2, "do": "dance"},
                    {"id": 3, "do": "quit"}]
        text = "".join(json.dumps(request) + "\n" for request in requests)
        done = subprocess.run(
            [PROGRAM, "worker"], input=text, capture_output=True, text=True, env=environment(), timeout=60)
        self.assertEqual(done.returncode, 0)
        hello, refused = map(json.loads, done.stdout.splitlines())
        self.assertEqual((hello["schema"], hello["protocol"], hello["id"]), ("mobilenet-cost.worker.v1", 1, 1))
        self.assertIn("dance", refused["refused"]["text"])
        self.assertNotIn("worker", self.output("--help").split("SUBCOMMANDS")[-1].split("--help")[0].split())

    # ---- self-test

    def test_self_test(self):
        arguments = ["self-test", "--alpha", "0.25", "--res", "64", "--engine", "xnnpack", "--block-seconds", "0.002",
                     "--max-seconds", "60", "--rounds", "40"]
        result = run(*arguments, "--format", "json", env=FAKE)
        if result.returncode == 5:  # everything was disturbed
            self.assertIn("undisturbed rounds", result.stderr)
            self.assertNotIn("--max-seconds:", result.stderr)
            self.skipTest(result.stderr)
        self.assertEqual(result.returncode, 0, result.stderr)
        document = json.loads(result.stdout)
        errors = list(jsonschema.Draft202012Validator(schema("self_test")).iter_errors(document))
        self.assertEqual(errors, [])
        self.assertEqual([row["rounds"] for row in document["cells"][0]["detectable"]], [15, 31, 63, 127])


if __name__ == "__main__":
    unittest.main()
