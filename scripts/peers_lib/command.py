"""What scripts/peers does, from the arguments to the exit status."""

import json
import sys
from pathlib import Path

from . import counters, document, options, project, report, side_by_side
from .failure import Failure


def open_output(path):
    """Before anything runs: a file that cannot be written is wrong usage."""
    if path is None:
        return None
    try:
        return Path(path).open("a", encoding="utf-8")
    except OSError as error:
        raise Failure(f"--output: expected a file that can be written, found {path}: {error.strerror}", 2) from None


def write(file, value):
    if file is None:
        return
    with file:
        file.seek(0)
        file.truncate()
        json.dump(value, file, indent=1, allow_nan=False)
        file.write("\n")


def run(arguments):
    settings = options.parse(arguments)
    output = open_output(settings.output)
    if not settings.no_build:
        project.build()
    if settings.counters:
        rows = counters.compare(settings)
        print(counters.table(rows))
        write(output, counters.document_of(rows))
        return counters.status(rows)
    found = document.document_of(side_by_side.measure(settings))
    print(report.text_of(found))
    write(output, found)
    return 0


def main(arguments):
    try:
        return run(arguments)
    except Failure as failure:
        print(f"peers: error: {failure}", file=sys.stderr)
        return failure.status
    except KeyboardInterrupt:
        print("peers: error: interrupted", file=sys.stderr)
        return 1
