"""scripts/peers --exports: networks as their own libraries write them to files, read back. Equal, or exit status 3.

The networks are those of tests/data/library_networks.csv: MACs have to be the library's to the integer, parameters those
that the file keeps of the library's, worked out by the library's own modules (a batch norm that a converter folds
leaves one value of a channel instead of two).
"""

import contextlib
import csv
import fnmatch
import json
import sys
import tempfile
from pathlib import Path

from shared.failure import Failure

from . import environments, project
from .report import table as text_table
from .worker import Worker

FACTS = project.ROOT / "tests/data/library_networks.csv"
SECONDS = 600  # of one export


def networks(patterns):
    """The rows of FACTS that a library builds, those alone that patterns name if there are any."""
    with FACTS.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["name"].partition(":")[0] in LIBRARIES]
    if not patterns:
        return rows
    for pattern in patterns:
        if not any(fnmatch.fnmatchcase(row["name"], pattern) for row in rows):
            place = FACTS.relative_to(project.ROOT)
            raise Failure(f'--model: expected a network of {place}, or a pattern of several, found "{pattern}"', 2)
    return [row for row in rows if any(fnmatch.fnmatchcase(row["name"], pattern) for pattern in patterns)]


def shown(row):
    return " ".join(word for word in [row["name"], row["alpha"], row["resolution"], row["arguments"]] if word)


def read_back(path):
    """MACs, parameters with the batch norms that the file has, and how many operators are not known."""
    [variant] = project.document("cost", "--model", path, "--allow-unknown")["variants"]
    unknown = sum(layer["op"] == "unknown" for layer in variant["layers"])
    return variant["totals"]["macs"], variant["params"]["bn2"], unknown


def compared(row, way, made, found):
    """One row of the table."""
    macs, params, unknown = found
    pairs = {"the library's parameters": (int(row["params_bn2"]), made["params"]), "MACs": (int(row["macs"]), macs),
             "parameters": (made["expected"], params)}
    notes = [f"{what}: expected {expected:,}" for what, (expected, counted) in pairs.items() if counted != expected]
    equal = not notes
    if fixed := made.get("fixed_values", 0):
        notes += [f"{fixed:,} values that are no parameters"]
    notes += [f"{unknown} operators not known"] if unknown else []
    return {"network": shown(row), "way": way, "macs": macs, "params": params, "folded": made["params"] - made["expected"],
            "equal": equal, "notes": notes}


class Library:
    """Its worker, made again after a network at which it ended."""

    def __init__(self, environment, folder, script, ways):
        self.script, self.ways, self.worker = script, ways, None
        self.place = (environment, folder)

    def ask(self, *words):
        if self.worker is None or self.worker.process.poll() is not None:
            environment, folder = self.place
            python = environments.ensure(environment, project.ROOT / folder)
            self.close()
            self.worker = Worker(self.script, [python, "-B", Path(__file__).with_name(self.script)])
        return self.worker.ask(*words, seconds=SECONDS)

    def close(self):
        if self.worker:
            self.worker.close()


KERAS = Library("litert", "build/litert-venv", "keras_export.py", {"tflite": ".tflite"})
TORCH = Library("exports", "build/exports-venv", "torch_export.py", {"torchscript": ".onnx", "dynamo": ".onnx"})
LIBRARIES = {"keras": KERAS, "torchvision": TORCH, "timm": TORCH}


def row_of(row, library, way, path):
    try:
        made = library.ask("export", row["name"].removeprefix("keras:"), json.dumps(row), way, path)
    except Failure as failure:
        return {"network": shown(row), "way": way, "equal": None, "notes": [str(failure)]}
    try:
        return compared(row, way, made, read_back(path))
    except Failure as failure:
        return {"network": shown(row), "way": way, "equal": False, "notes": [str(failure)]}


def told_row(row, library, way, path):
    found = row_of(row, library, way, path)
    print(f"peers: {shown(row)}, {way}: {verdict(found)}", file=sys.stderr)
    return found


def compare(settings):
    rows = []
    with contextlib.ExitStack() as stack:
        for row in networks(settings.patterns):
            library = LIBRARIES[row["name"].partition(":")[0]]
            stack.callback(library.close)
            for way, ending in library.ways.items():
                with tempfile.TemporaryDirectory(prefix="peers-", dir=project.BUILD) as folder:
                    rows.append(told_row(row, library, way, Path(folder) / f"network{ending}"))
    return rows


def verdict(row):
    """A network that its library cannot export in some way is no difference."""
    return "; ".join([{True: "equal", False: "DIFFERS", None: "not exported"}[row["equal"]], *row["notes"]])


def line_of(row):
    return [row["network"], row["way"], *(f"{row[key]:,}" if key in row else "-" for key in ["macs", "params", "folded"])]


def text_of(rows):
    equal, missing = (sum(row["equal"] is verdict for row in rows) for verdict in (True, None))
    head, *lines = text_table(["network", "by", "MACs", "parameters", "folded"], [line_of(row) for row in rows])
    lines = [head, *(f"{line}  {verdict(row)}" for line, row in zip(lines, rows))]
    note = "folded: values of batch norms that the file has no more, since its convolutions have them in theirs"
    return "\n".join([*lines, "", f"{equal} of {len(rows)} equal, {missing} not exported; {note}"])


def status(rows):
    """3: some differ; 1: there was nothing to compare."""
    if any(row["equal"] is False for row in rows):
        return 3
    return 0 if any(row["equal"] for row in rows) else 1
