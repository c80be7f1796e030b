#!/usr/bin/env python3
"""Changes documents at random and gives them to the program as a user would.

    tests/fuzz/mutate_documents.py [--count N] [--seed N] [--kind NAME ...] [--program FILE]

Whatever a document holds, the program ends by itself, soon, within its memory, with one of its exit codes and a short
message for people. A document that does otherwise is kept below build/fuzz_documents, with the command that shows it.
"""

import argparse
import json
import os
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

from judging import faults_of, faults_of_document
from mutations import changed_document, changed_lines

SOURCE = Path(__file__).resolve().parents[2]
GOLDEN = SOURCE / "tests/golden"
CORPUS = SOURCE / "tests/fuzz/corpus"
MOST_MEMORY = 4 << 30  # of addresses: engines and their threads reserve some without using it
NO_WORKER = "/bin/false"  # a gate that reads its cells and ends
FORMATS = ["table", "markdown", "csv", "json", "jsonl"]
DOCUMENTS = ["json", "gbench", "bmf"]  # each one JSON text

def read(path):
    return path.read_text(encoding="utf-8")


class Setting:
    """The program, and documents of it that are as they should be."""

    def __init__(self, program, engines, folder):
        self.program, self.folder = os.fspath(program), folder
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("MOBILENET_COST_")}
        self.environment |= {
            "MOBILENET_COST_CONFIG_DIR": os.fspath(SOURCE / "configs"),
            "MOBILENET_COST_ENGINE_DIR": os.fspath(engines),
        }
        self.has_pages = (engines.parent / "report/vega.js").exists()
        self.sound = False  # documents are left as they are
        self.log = folder / "base.jsonl"
        self.other_log = folder / "other.jsonl"
        self.budget = folder / "budget.json"
        small = ["--model", "mobilenet_v1", "--alpha", "0.25,0.5", "--res", "32,64", "-e", "xnnpack"]
        quick = ["--networks", "separable,standard", "--rounds", "12", "--precision", "0.5", "--max-seconds", "5"]
        for _ in range(5):  # a busy machine may disturb every round of a network, which has no time then
            self.log.unlink(missing_ok=True)
            paths = ["--log", self.log, "-o", self.folder / "base.json"]
            self.make("sweep", "--bench", *small, *quick, "--predict", "--spots", "0", *paths)
            points = [point for cell in json.loads(read(self.folder / "base.json"))["cells"] for point in cell["measured"]]
            if all(point["median_seconds"] for point in points):
                break
        self.other_log.write_text(read(self.log).replace('"seed":1,', '"seed":2,', 1))
        self.budget.write_text(read(GOLDEN / "budget_input.json").replace("../..", os.fspath(SOURCE)))

    def make(self, *arguments):
        command = [self.program, *map(os.fspath, arguments)]
        result = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        if result.returncode not in (0, 5):  # 5: nothing could be timed
            sys.exit(f"mutate_documents: {shlex.join(command)} failed:\n{result.stderr}")

    def changed(self, text, random):
        return (text if self.sound else changed_document(text, random)).encode("utf-8", "surrogateescape")

    def changed_log(self, lines, random):
        text = "".join(line + "\n" for line in lines) if self.sound else changed_lines(lines, random)
        return text.encode("utf-8", "surrogateescape")


class Case:
    """A changed document and the command that reads it."""

    def __init__(self, document, name, command, environment=None, stdin=False):
        self.document, self.name, self.command = document, name, command
        self.environment, self.stdin = environment or {}, stdin


# ---- kinds of documents: each gives a case; {} in a command stands for the file ------------------------------


def run_log(setting, random):
    lines = read(setting.log).splitlines()
    if random.random() < 0.4 and not setting.sound:
        lines = lines[: random.randint(3, len(lines))]
    log = os.fspath(setting.log)
    page = ["--html", "{}.html"] if setting.has_pages and random.random() < 0.3 else []
    command = random.choice(
        [
            ["report", "{}", "--format", random.choice(FORMATS), *page],
            ["report", "{}", "--format", random.choice(FORMATS), *page],
            ["report", "{}", os.fspath(setting.other_log)],
            ["report", "{}", "--out-gbench", "{}.gbench", "--out-sql", "{}.sql", "--out-gobench", "{}.txt"],
            ["sweep", "--resume", "{}", "--format", random.choice(FORMATS)],
            ["sweep", "--resume", "{}"],
            ["compare", log, "{}", "--gate-times", "--format", random.choice(FORMATS)],
            ["compare", "{}", log],
            ["pick", "--from", "{}", "--alpha", "0.25,0.5", "--res", "32,64", "--max-ms", "1"],
        ]
    )
    return Case(setting.changed_log(lines, random), "run.jsonl", command)


def sweep(setting, random):
    measured = GOLDEN / "sweep_measured.json"
    base, command = random.choice(
        [
            (measured, ["compare", "SOUND", "{}", "--gate-times", "--format", random.choice(FORMATS)]),
            (measured, ["compare", "{}", "SOUND"]),
            (GOLDEN / "sweep_families.json", ["compare", "SOUND", "{}", "--format", random.choice(FORMATS)]),
            (GOLDEN / "pick_input.json", ["pick", "--from", "{}", "--max-ms", "20", "--all"]),
            (GOLDEN / "pick_input.json", ["pick", "--from", "{}", "--max-ms", "20", "--format", "json"]),
            (measured, ["gate", "--base", setting.program, "--head", NO_WORKER, "--cells", "{}"]),
        ]
    )
    command = [word.replace("SOUND", os.fspath(base)) for word in command]
    return Case(setting.changed(read(base), random), "sweep.json", command)


def cost(setting, random):
    base = random.choice([GOLDEN / "cost_v1.json", GOLDEN / "cost_v3.json", GOLDEN / "compare_input.json"])
    command = random.choice([["compare", os.fspath(base), "{}"], ["compare", "{}", os.fspath(base), "--allow-new"]])
    return Case(
        setting.changed(read(base), random), "cost.json", [*command, "--format", random.choice(FORMATS)]
    )


def bench(setting, random):
    sound = os.fspath(GOLDEN / "bench.json")
    command = random.choice(
        [
            ["compare", sound, "{}", "--require-times", "--format", random.choice(FORMATS)],
            ["compare", "{}", sound],
            ["pick", "--from", "{}", "--engine", "onednn", "--threads", "1", "--max-ms", "20"],
        ]
    )
    return Case(setting.changed(read(GOLDEN / "bench.json"), random), "bench.json", command)


def gate(setting, random):
    command = ["report", "{}", "--format", random.choice([*FORMATS, "junit", "gbench", "bmf"])]
    return Case(setting.changed(read(GOLDEN / "gate_input.json"), random), "gate.json", command)


def budget(setting, random):
    base = random.choice([setting.budget, *sorted(CORPUS.glob("budget/all*.json"))])
    command = ["budget", "{}", "--format", random.choice(FORMATS)]
    return Case(setting.changed(read(base), random), "budget.json", command)


def model(setting, random):
    base = random.choice(sorted((SOURCE / "configs").glob("mobilenet_*.json")))
    grid = ["--alpha", "0.25", "--res", "32"]
    timing = ["-e", "xnnpack", "--rounds", "2", "--max-seconds", "0.05"]
    command = random.choice(
        [
            ["cost", "--model", "{}", "--format", random.choice(FORMATS)],
            ["cost", "--model", "{}", "--show", "all", "--alpha", "0.5,1"],
            ["cost", "--model", "{},mobilenet_v2", "--format", random.choice(FORMATS)],
            ["sweep", "--model", "{}", "--format", random.choice(FORMATS)],
            ["bench", "--model", "{}", *grid, *timing, "--format", random.choice(FORMATS)],
            ["pick", "--model", "{}", "--max-macs", "1e8"],
        ]
    )
    return Case(setting.changed(read(base), random), "model.json", command)


def published(setting, random):
    base = random.choice(sorted((SOURCE / "configs/published").glob("*.json")))
    name = base.stem.replace("v3", "v3_small").replace("v4", "v4_conv_small")
    log = os.fspath(setting.log)
    command = random.choice(
        [
            ["pick", "--model", name, "--min-top1", "0.6", "--accept-estimates"],
            ["pick", "--model", "mobilenet_v1", "--min-top1", "0.6", "--format", random.choice(FORMATS)],
            ["report", log, *(["--html", "{}.html"] if setting.has_pages else [])],
        ]
    )
    environment = {"MOBILENET_COST_CONFIG_DIR": "{folder}"}
    return Case(setting.changed(read(base), random), f"published/{base.name}", command, environment)


WORKER = [
    {"id": 1, "do": "hello", "protocol": 1, "cpu": None},
    {"id": 2, "do": "prepare", "seed": 1,
     "cell": {"model": "mobilenet_v1", "config": "", "alpha": 0.25, "resolution": 32, "classes": 10, "batch": 1,
              "alpha_scope": "published", "network": "separable", "engine": "xnnpack", "threads": 1}},
    {"id": 3, "do": "run", "session": 0, "passes": 3, "settle": 1},
    {"id": 4, "do": "run_layers", "session": 0, "passes": 2, "settle": 0},
    {"id": 5, "do": "release", "session": 0},
    {"id": 6, "do": "quit"},
]  # fmt: skip


def worker(setting, random):
    requests = json.loads(json.dumps(WORKER))
    if random.random() < 0.3:
        config = setting.changed(read(SOURCE / "configs/mobilenet_v1.json"), random)
        requests[1]["cell"]["config"] = config.decode("utf-8", "replace")
    lines = [json.dumps(request) for request in requests]
    return Case(setting.changed_log(lines, random), "requests.jsonl", ["worker"], stdin=True)


KINDS = {kind.__name__: kind for kind in [run_log, sweep, cost, bench, gate, budget, model, published, worker]}


# ---- running ---------------------------------------------------------------------------------------------------


class Fuzzer:
    def __init__(self, setting, options):
        self.setting, self.options = setting, options
        self.kept = SOURCE / "build/fuzz_documents"
        self.failures = 0

    def case(self, kind, index):
        """The same for the same seed, kind and number, if the documents it is made from are the same."""
        return KINDS[kind](self.setting, Random(f"{self.options.seed}/{kind}/{index}"))

    def run(self, kind, index):
        """What is wrong, and the command that shows it; nothing if nothing is."""
        case = self.case(kind, index)
        with tempfile.TemporaryDirectory(dir=self.setting.folder) as name:
            command, environment = self.written(case, Path(name))
            begin = time.monotonic()
            try:
                result = self.ended(case, command, environment, Path(name))
                faults = faults_of(result.returncode, result.stdout, result.stderr)
                if result.stdout and command[-2:-1] == ["--format"] and command[-1] in DOCUMENTS:
                    faults += faults_of_document(result.stdout)
            except subprocess.TimeoutExpired:
                faults = [f"no end after {self.options.timeout:g} s"]
                result = None
            seconds = time.monotonic() - begin
        if faults:
            self.keep(kind, index, case, faults, result)
        return bool(faults), seconds

    def check_sound(self, kind):
        """Documents that are not changed are read: what is changed later gets far into the program."""
        self.setting.sound = True
        for index in range(12):
            case = self.case(kind, index)
            with tempfile.TemporaryDirectory(dir=self.setting.folder) as name:
                command, environment = self.written(case, Path(name))
                result = self.ended(case, command, environment, Path(name))
            if result.returncode in (1, 2) and NO_WORKER.encode() not in result.stderr:
                sys.exit(f"mutate_documents: {shlex.join(command)}: {result.stderr.decode()}")
        self.setting.sound = False

    def written(self, case, folder):
        path = folder / case.name
        if case.environment:
            for config in [*(SOURCE / "configs").glob("*.json"), SOURCE / "configs/charts"]:
                (folder / config.name).symlink_to(config)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(case.document)
        command = [word.replace("{}", os.fspath(path)) for word in case.command]
        return command, {key: value.replace("{folder}", os.fspath(folder)) for key, value in case.environment.items()}

    def ended(self, case, command, environment, folder):
        return subprocess.run(
            [self.setting.program, *command],
            env=self.setting.environment | environment,
            input=case.document if case.stdin else b"",
            capture_output=True,
            timeout=self.options.timeout,
            cwd=folder,
        )

    def keep(self, kind, index, case, faults, result):
        """The document, and how to see it fail."""
        self.failures += 1
        folder = self.kept / f"{kind}-{self.options.seed}-{index}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        command, environment = self.written(case, folder)
        for name in ["base.jsonl", "other.jsonl"]:  # a command may name them
            shutil.copy(self.setting.folder / name, folder / name)
        shown = {**environment, **{key: self.setting.environment[key] for key in self.setting.environment if
                                   key.startswith("MOBILENET_COST_") and key not in environment}}  # fmt: skip
        words = [f"{key}={shlex.quote(value)}" for key, value in shown.items()]
        text = shlex.join([self.setting.program, *command]).replace(os.fspath(self.setting.folder), os.fspath(folder))
        print(f"\n{kind} {index}: {'; '.join(faults)}")
        print(" ".join([*words, text]) + (f" < {folder / case.name}" if case.stdin else ""))
        if result is not None:
            print(result.stderr.decode("utf-8", "backslashreplace")[:500].encode("unicode_escape").decode())
        sys.stdout.flush()

    def run_kind(self, kind):
        begin = time.monotonic()
        self.check_sound(kind)
        slowest = (0, 0)
        indices = [self.options.index] if self.options.index is not None else range(self.options.count)
        failed = 0
        with ThreadPoolExecutor(self.options.jobs) as pool:
            for done, (bad, seconds) in enumerate(pool.map(lambda index: self.run(kind, index), indices), 1):
                failed += bad
                slowest = max(slowest, (seconds, indices[done - 1]))
                if done % 500 == 0 and done < len(indices):
                    print(f"{kind}: {done}/{len(indices)}", flush=True)
        seconds = time.monotonic() - begin
        slow = f"the slowest ({slowest[1]}) {slowest[0]:.1f} s"
        print(f"{kind}: {len(indices)} documents, {failed} failed, {seconds:.0f} s, {slow}", flush=True)


def limit_memory(program):
    """Of this process and so of what it starts. A sanitizer reserves more addresses than there are."""
    flags = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    if "sanitize" not in flags:
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def parse_options():
    build = SOURCE / "build/release"
    program = os.environ.get("MOBILENET_COST_PROGRAM", build / "mobilenet-cost")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=2000, help="documents of each kind [2000]")
    parser.add_argument("--seed", type=int, default=None, help="of the changes [the time]")
    parser.add_argument("--kind", action="append", choices=KINDS, help="only this one; may be repeated [all]")
    parser.add_argument("--index", type=int, default=None, help="only the document of this number")
    parser.add_argument("--program", type=Path, default=Path(program), help="mobilenet-cost [that of build/release]")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="at a time [as many as CPUs]")
    parser.add_argument("--timeout", type=float, default=20, help="seconds that one document may take [20]")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = int(time.time())
    return options


def main():
    options = parse_options()
    engines = options.program.resolve().parent / "fake_engines"
    for path in [options.program, engines / "mobilenet_cost_xnnpack.so"]:
        if not path.exists():
            sys.exit(f"mutate_documents: {path}: expected a build (target programs), found none")
    print(f"mutate_documents: seed {options.seed}, {options.count} documents of each kind", flush=True)
    begin = time.monotonic()
    limit_memory(options.program)
    with tempfile.TemporaryDirectory() as name:
        fuzzer = Fuzzer(Setting(options.program.resolve(), engines, Path(name)), options)
        for kind in options.kind or KINDS:
            fuzzer.run_kind(kind)
    seconds = time.monotonic() - begin
    print(f"mutate_documents: seed {options.seed}, {fuzzer.failures} failures, {seconds:.0f} s")
    return 1 if fuzzer.failures else 0


if __name__ == "__main__":
    sys.exit(main())
