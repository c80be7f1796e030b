"""Networks, engines and their workers, brought together for the rounds."""

import contextlib
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from shared.failure import Failure

from . import agreement, environments, machine, options, project
from .environments import run_quietly
from .rounds import Cell, Job, prepare, run_rounds
from .worker import Worker

ENGINE_WORKER = Path(__file__).with_name("engine_worker.py")
TFLITE = Path(__file__).with_name("tflite.py")

MEMORY_SHARE = 0.4  # of what is available, for networks that are ready at a time
COPIES_OF_WEIGHTS = 3  # that an engine may hold: read, packed, and while it packs


@dataclass
class Engine:
    name: str
    version: str
    ours: bool
    command: list  # of a worker; the number of threads is added
    suffix: str = ""  # of the model files that it reads


@dataclass
class Measured:
    settings: object
    engines: list
    jobs: list
    machine: dict
    program: str
    peaks: dict  # {threads: the answer to one `peak`}
    complete: bool
    seconds: float  # of the whole run, without building and installing


def note(text):
    print(f"peers: {text}", file=sys.stderr, flush=True)


def find_engines(settings):
    """Ours first, in the order of `mobilenet-cost engines`, so that a new one needs no change here."""
    ours = project.engines()
    peers = options.FILE_PEERS.get(settings.kind) or [*options.PEERS, *([options.LITERT] if settings.litert else [])]
    chosen = options.choose_engines(settings.engines, [*ours, *peers])
    found = [Engine(name, ours[name], True, [project.WORKER, name]) for name in chosen if name in ours]
    for name in chosen:
        if name in ours:
            continue
        converted = name == options.LITERT and not settings.kind
        requirements, folder = ("litert", "litert-venv") if converted else ("engines", "peers-venv")
        python = environments.ensure(requirements, project.ROOT / "build" / folder)
        suffix = ".tflite" if name == options.LITERT else ".onnx"
        found.append(Engine(name, "", False, [python, "-B", ENGINE_WORKER, name], suffix))
    return found


def size_of(row):
    """Of a variant's input: a side, or HEIGHTxWIDTH."""
    return row["resolution"] or f"{row['height']}x{row['width']}"


def cells_of(settings):
    """{Cell: bytes of its weights}; the program refuses what it does not know."""
    models, alphas, sizes = (",".join(map(str, v)) for v in (settings.model, settings.alpha, settings.res))
    if settings.kind:
        return {cell: size for file in settings.model for cell, size in file_cells(file, sizes)}
    flags = ["cost", "--model", models, "--alpha", alphas, "--res", sizes]
    found = {}
    variants = project.document(*flags)["variants"]
    for network in settings.networks:
        for row in variants:
            cell = Cell(network, row["model"], row["alpha"], size_of(row))
            params = row["standard"]["params"] if network == "standard" else row["totals"]["params"]
            found[cell] = 4 * params
    return found


def file_cells(file, sizes):
    flags = [] if sizes == "None" else ["--res", sizes]
    for row in project.document("cost", "--model", file, *flags)["variants"]:
        if row["dtype"] not in ("f32", "w16a32"):  # a map in another type is another computation
            raise Failure(f"{file}: expected maps of f32, as our engines compute, found {row['dtype']}", 2)
        yield Cell("separable", row["model"], 1.0, size_of(row), file), 4 * row["totals"]["params"]


def groups_of(cells, holders):
    """Lists of cells whose networks fit into memory together, ready in that many workers."""
    room = MEMORY_SHARE * machine.available_bytes()
    groups, used = [[]], 0
    for cell, weight_bytes in cells.items():
        needed = COPIES_OF_WEIGHTS * holders * weight_bytes
        if groups[-1] and used + needed > room:
            groups.append([])
            used = 0
        groups[-1].append(cell)
        used += needed
    return groups


def last_cpus(count):
    """The first CPU is busiest with interrupts, and with this driver."""
    return sorted(os.sched_getaffinity(0))[-count:]


def start_workers(engines, settings, stack):
    workers = {}
    for engine in engines:
        for threads in settings.threads:
            name = f"{engine.name}, {threads} thread{'s' if threads > 1 else ''}"
            worker = Worker(name, [*engine.command, threads], last_cpus(threads))
            stack.callback(worker.close)
            workers[engine.name, threads] = worker
            if not engine.ours and not engine.version:
                engine.version = worker.ask("version")["version"]
    return workers


def write_models(cells, engines, folder):
    """The files that engines of others read."""
    suffixes = {engine.suffix for engine in engines if engine.suffix}
    if not suffixes:
        return
    if any(cell.file for cell in cells):
        return
    for cell in cells:
        project.export(cell, folder / f"{cell.name}.onnx")
    if ".tflite" in suffixes:
        python = next(engine.command[0] for engine in engines if engine.suffix == ".tflite")
        pairs = [folder / f"{cell.name}{suffix}" for cell in cells for suffix in (".onnx", ".tflite")]
        run_quietly([python, "-B", TFLITE, *pairs], "the .tflite files")


def words_of(cell):
    """What `load` of ours takes behind the name."""
    return [cell.file or cell.model, repr(cell.alpha), cell.resolution, cell.network]


def able(engines, cells, workers, threads):
    """Without those of ours that have no kernel for a layer of some file; each is said."""
    found = []
    for engine in engines:
        worker = workers[engine.name, threads]
        try:
            for cell in cells if engine.ours else []:
                worker.ask("load", cell.name, *words_of(cell))
                worker.ask("unload", cell.name)
            found.append(engine)
        except Failure as failure:
            if "has no kernel for" not in str(failure):
                raise
            note(f"skipped: {failure}")
    return found


def load(job, engines, folder):
    """Makes the cell ready in every engine; the outputs must agree."""
    name, image, reference = job.cell.name, folder / "input.f32", None
    cell = job.cell
    for engine in engines:
        worker = job.workers[engine.name]
        if engine.ours:
            reference = worker.ask("load", name, *words_of(cell))
            worker.ask("input", name, image)
        else:
            size = "x".join(map(str, reference["input"]))
            worker.ask("load", name, cell.file or folder / f"{name}{engine.suffix}", image, size)
    job.macs = reference["macs"]
    agreement.check(job, reference["terms"], folder)


def measure_group(cells, engines, workers, settings, hardware, folder, seconds):
    """Jobs of these cells, and whether all rounds were run."""
    write_models(cells, engines, folder)
    jobs = []
    for threads in settings.threads:
        for cell in cells:
            job = Job(cell, threads, {engine.name: workers[engine.name, threads] for engine in engines})
            load(job, engines, folder)
            jobs.append(job)
    note(f"{len(jobs)} cells ready, outputs agree; warm-up")
    for job in jobs:
        prepare(job, settings.block_seconds)
    total = settings.rounds
    deadline = time.monotonic() + seconds
    complete = run_rounds(
        jobs, total, settings.seed, deadline, hardware, progress=lambda done: note(f"round {done + 1} of {total}")
    )
    for job in jobs:
        for worker in job.workers.values():
            worker.ask("unload", job.cell.name)
    return jobs, complete


def clearest_peak(hardware, threads):
    """Of some readings the one with the quickest clock: FLOPs per cycle need both undisturbed."""
    readings = [hardware.ask("peak", threads, 0.05) for _ in range(4)]
    return max(readings, key=lambda reading: reading["core_hertz"] or 0)


def measure(settings):
    cells = cells_of(settings)
    engines = find_engines(settings)
    if not any(engine.ours for engine in engines):
        raise Failure("--engines: expected one of ours at least, whose output the others' is held against", 2)
    start, described = time.monotonic(), machine.describe()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="peers-", dir=project.BUILD)))
        workers = start_workers(engines, settings, stack)
        hardware = Worker("peak", [project.WORKER])
        stack.callback(hardware.close)
        peaks = {threads: clearest_peak(hardware, threads) for threads in settings.threads}
        if settings.kind:
            engines = able(engines, cells, workers, settings.threads[0])
        groups = groups_of(cells, len(workers))
        jobs, complete = [], True
        for group in groups:
            share = settings.max_seconds * len(group) / len(cells)
            more, all_rounds = measure_group(group, engines, workers, settings, hardware, folder, share)
            jobs += more
            complete = complete and all_rounds
    seconds = time.monotonic() - start
    return Measured(settings, engines, jobs, described, project.version(), peaks, complete, seconds)
