"""What scripts/peers does, from the arguments to the exit status."""

import contextlib
import json
from pathlib import Path

from shared.failure import Failure

from . import arena, counters, document, exports, files, options, project, report, side_by_side


@contextlib.contextmanager
def output_file(path):
    """A function that writes the document. A file that cannot be written is wrong usage, before anything runs."""
    if path is None:
        yield lambda value: None
        return
    path = Path(path)
    existed = path.exists()
    try:
        path.open("a", encoding="utf-8").close()
    except OSError as error:
        raise Failure(f"--output: expected a file that can be written, found {path}: {error.strerror}", 2) from None
    try:
        yield lambda value: path.write_text(json.dumps(value, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    except BaseException:
        if not existed:
            path.unlink(missing_ok=True)
        raise


def work(settings, write):
    if settings.no_build:
        project.need_build()
    else:
        project.build()
    if settings.files:
        rows, timed = files.compare()
        print(files.text_of(rows, timed))
        return files.status(rows)
    if settings.exports:
        rows = exports.compare(settings)
        print(exports.text_of(rows))
        return exports.status(rows)
    if settings.arena:
        rows = arena.compare()
        print(arena.text_of(rows))
        return arena.status(rows)
    if settings.counters:
        rows = counters.compare(settings)
        print(counters.table(rows))
        write(counters.document_of(rows))
        return counters.status(rows)
    found = document.document_of(side_by_side.measure(settings))
    print(report.text_of(found))
    write(found)
    return 0


def main(arguments):
    settings = options.parse(arguments)
    with output_file(settings.output) as write:
        return work(settings, write)
