"""Interleaved timing: every round visits every cell, and there every engine, in an order drawn from a seed."""

import math
import random
import time
from dataclasses import dataclass, field

from .stats import median

SETTLE_SECONDS = 0.002  # caches hold another cell's data, threads sleep: passes before a block that do not count
WARM_TOLERANCE = 0.03
WARM_SECONDS = 0.5
FEWEST_PASSES = 3
LONGEST_BLOCK = 10  # times the shortest: an engine far slower than the others must not take all the time


@dataclass(frozen=True)
class Cell:
    network: str  # separable or standard
    model: str
    alpha: float
    resolution: int | str  # a side, or HEIGHTxWIDTH
    file: str | None = None  # of others, that is run as it is

    @property
    def name(self):
        return f"{self.model}_{self.alpha:g}_{self.resolution}_{self.network}"


@dataclass
class Visit:
    """A cell in one round."""

    order: list = field(default_factory=list)
    seconds: dict = field(default_factory=dict)  # {engine: median of the block}
    peak_flops_per_second: float | None = None
    ping_pong_seconds: float | None = None


@dataclass
class Job:
    """A cell with one number of threads."""

    cell: Cell
    threads: int
    workers: dict  # {engine: Worker}
    macs: int = 0
    agreement: dict = field(default_factory=dict)  # {engine: largest difference as a part of what is allowed}
    passes: int = FEWEST_PASSES
    pass_seconds: dict = field(default_factory=dict)  # {engine: estimate}
    visits: list = field(default_factory=list)


def block(worker, name, settle, passes):
    """Median pass of a block, in seconds."""
    nanoseconds = worker.ask("run", name, settle, passes)["nanoseconds"]
    worker.park()
    return median(nanoseconds) * 1e-9


def settle_passes(pass_seconds):
    return max(1, math.ceil(SETTLE_SECONDS / pass_seconds))


def warm_up(worker, name, block_seconds):
    """Until two blocks agree: a fixed number of passes is too few on some machine. Returns seconds of a pass."""
    start = time.monotonic()
    before = block(worker, name, 1, 1)
    while True:
        passes = max(1, math.ceil(block_seconds / before))
        now = block(worker, name, 0, passes)
        if abs(now - before) <= WARM_TOLERANCE * max(now, before) or time.monotonic() - start > WARM_SECONDS:
            return now
        before = now


def passes_for(pass_seconds, block_seconds):
    fastest, slowest = min(pass_seconds), max(pass_seconds)
    return max(FEWEST_PASSES, math.ceil(min(block_seconds / fastest, LONGEST_BLOCK * block_seconds / slowest)))


def prepare(job, block_seconds):
    """The same number of passes for every engine of a cell, such that the fastest one's block is long enough."""
    for engine, worker in job.workers.items():
        job.pass_seconds[engine] = warm_up(worker, job.cell.name, block_seconds)
    job.passes = passes_for(job.pass_seconds.values(), block_seconds)


def visit(job, order, hardware, peak_seconds):
    """hardware: the worker that measures the peak and the ping-pong; None without them."""
    found = Visit(order=order)
    for engine in order:
        settle = settle_passes(job.pass_seconds[engine])
        found.seconds[engine] = block(job.workers[engine], job.cell.name, settle, job.passes)
    if hardware:
        found.peak_flops_per_second = hardware.ask("peak", job.threads, peak_seconds)["flops_per_second"]
        if job.threads == 2:
            found.ping_pong_seconds = hardware.ask("ping_pong", 0.01)["seconds"]
    return found


def run_rounds(jobs, rounds, seed, deadline, hardware=None, peak_seconds=0.02, progress=lambda done: None):
    """True if all rounds were run; ends early when the next one would pass the deadline (monotonic seconds)."""
    source = random.Random(seed)
    longest = 0.0
    for number in range(rounds):
        start = time.monotonic()
        if number > 0 and start + longest > deadline:
            return False
        progress(number)
        for job in source.sample(jobs, len(jobs)):
            order = source.sample(sorted(job.workers), len(job.workers))
            job.visits.append(visit(job, order, hardware, peak_seconds))
        longest = max(longest, time.monotonic() - start)
    return True
