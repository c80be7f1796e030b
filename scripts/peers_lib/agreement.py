"""Two engines compute the same network, or their times do not belong in one table."""

import array
import math
import sys

from shared.failure import Failure

# Errors of a sum of n terms stay below lambda u sqrt(n) of its size except with probability 2 n exp(-lambda^2 / 2)
# (Higham and Mary, SIAM J. Sci. Comput. 41(5), 2019, theorem 2.4); u is the unit roundoff of float32. Two engines
# round independently: twice the terms. The weights keep the gain of every layer near 1.
LAMBDA = 8
ROUNDOFF = 2.0**-24


def read_floats(path):
    values = array.array("f", path.read_bytes())
    if sys.byteorder == "big":
        values.byteswap()
    return values


def disagreement(output, expected, terms):
    """The largest difference in units of what is allowed: above 1 they disagree."""
    if len(output) != len(expected) or not all(map(math.isfinite, output)):
        return math.inf
    allowed = LAMBDA * ROUNDOFF * math.sqrt(2 * terms) * max(map(abs, expected))
    return max(abs(a - b) for a, b in zip(output, expected)) / allowed if allowed > 0 else math.inf


def check(job, terms, folder):
    """Of every engine with the first. Fails before anything is timed."""
    outputs = {}
    several = False
    for engine, worker in job.workers.items():
        path = folder / f"{engine}.f32"
        path.unlink(missing_ok=True)
        several = worker.ask("output", job.cell.name, path).get("outputs", 1) > 1 or several
        outputs[engine] = read_floats(path)
    if several:  # engines have them in orders of their own
        outputs = {engine: array.array("f", sorted(output)) for engine, output in outputs.items()}
    first = next(iter(outputs))
    for engine, output in outputs.items():
        found = disagreement(output, outputs[first], terms)
        job.agreement[engine] = found
        if found > 1:
            raise Failure(
                f"{job.cell.name}, {job.threads} threads: {engine} and {first} disagree: "
                f"{found:.3g} times the difference that rounding explains"
            )
