"""scripts/peers --counters: other people's cost counters beside this project's conventions. Equal, or exit status 3."""

import json
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from . import environments, options, project
from .report import table as text_table
from .rounds import Cell
from .worker import Worker

# The conventions that are a tool's that can be run, in the order of the table; see count_worker.py.
TOOLS = ["fvcore", "ptflops_pytorch", "ptflops_aten", "thop", "torchinfo", "onnx_tool"]
RUNS = 11  # of our program, whose median is shown


def own_seconds(cell, convention):
    """A whole process from start to exit; the others' seconds are one call in a process that is warm."""
    command = [project.PROGRAM, "cost", "--model", cell.model, "--alpha", repr(cell.alpha), "--res", str(cell.resolution)]
    return project.process_seconds([*command, "--convention", convention], RUNS)


def conventions_of(cell):
    flags = ["--model", cell.model, "--alpha", repr(cell.alpha), "--res", cell.resolution]
    [network] = project.document("conventions", *flags)["networks"]
    return {row["name"]: row for row in network["conventions"]}


def layers_of(cell):
    flags = ["--model", cell.model, "--alpha", repr(cell.alpha), "--res", cell.resolution]
    [variant] = project.document("cost", *flags)["variants"]
    return variant["layers"]


def rows_of(cell, tools, worker, folder):
    model, layers = project.export(cell, folder / "model.onnx"), folder / "layers.json"
    layers.write_text(json.dumps(layers_of(cell)), encoding="utf-8")
    ours = conventions_of(cell)
    for tool in tools:
        found = worker.ask("count", tool, model, layers, cell.resolution)
        expected = ours[tool]
        yield {
            "model": cell.model,
            "alpha": cell.alpha,
            "resolution": cell.resolution,
            "tool": tool,
            "version": found["version"],
            "unit": expected["unit"],
            "count": found["count"],
            "our_count": expected["count"],
            "params": found["params"],
            "our_params": expected["params"],
            "equal": [found["count"], found["params"]] == [expected["count"], expected["params"]],
            "seconds": found["seconds"],
            "our_seconds": own_seconds(cell, tool),
        }


def compare(settings):
    tools = options.choose_engines(settings.engines, TOOLS)
    cells = [Cell("separable", m, a, r) for m in settings.model for a in settings.alpha for r in settings.res]
    project.setup("--counters")
    python = environments.ensure("counters", project.ROOT / "build/counters-venv", system_packages=True)
    command = [python, "-B", Path(__file__).with_name("count_worker.py")]
    rows = []
    with tempfile.TemporaryDirectory(prefix="peers-", dir=project.BUILD) as folder:
        with closing(Worker("counters", command)) as worker:
            for cell in cells:
                print(f"peers: {cell.name}", file=sys.stderr)
                rows += rows_of(cell, tools, worker, Path(folder))
    return rows


def line_of(row):
    return [
        f"{row['model']} {row['alpha']:g} {row['resolution']}",
        f"{row['tool']} {row['version']}",
        f"{row['count']:,}",
        f"{row['our_count']:,}",
        f"{row['params']:,}",
        f"{row['our_params']:,}",
        "equal" if row["equal"] else "DIFFERS",
        f"{1e3 * row['seconds']:.1f}",
        f"{1e3 * row['our_seconds']:.1f}",
    ]


def table(rows):
    header = ["model", "tool", "count", "ours", "parameters", "ours", "", "ms", "our ms"]
    different = sum(not row["equal"] for row in rows)
    verdict = f"{different} of {len(rows)} differ" if different else f"all {len(rows)} equal"
    note = "ms: one call of the tool in a warm process; our ms: the whole process of mobilenet-cost, start to exit"
    return "\n".join([*text_table(header, [line_of(row) for row in rows]), "", f"{verdict}; {note}"])


def document_of(rows):
    return {"schema": "mobilenet-cost.counters.v1", "program": project.version(), "rows": rows}


def status(rows):
    return 0 if all(row["equal"] for row in rows) else 3
