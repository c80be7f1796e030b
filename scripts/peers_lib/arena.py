"""scripts/peers --arena: what TensorFlow Lite Micro itself allocates for int8 networks, beside what this project says.

A network is told twice: by its name, from which our operators follow, and by the file that the converter wrote, whose
operators are known. Both must give the head of the arena to the byte."""

import json
import subprocess
import tempfile

from shared.failure import Failure

from . import environments, project
from .report import table

# Sizes off the multiples of 32, where maps are padded apart, squeeze-and-excite, grey images and few classes among them.
NETWORKS = [
    ("keras:MobileNet", 0.25, 96, 96, 1, 2),
    ("keras:MobileNet", 0.5, 100, 100, 3, 10),
    ("keras:MobileNetV2", 0.35, 96, 96, 3, 2),
    ("keras:MobileNetV2", 1.0, 100, 68, 3, 10),
    ("keras:MobileNetV3Small", 1.0, 96, 96, 3, 10),
    ("keras:MobileNetV3LargeMinimalistic", 0.75, 130, 98, 1, 7),
]
KEYS = ["model", "alpha", "height", "width", "channels", "classes"]
MOST_TOTAL, MOST_FILE = 0.02, 0.02


def own_need(flags):
    [variant] = project.document("cost", "--runtime", "tflm", *flags)["variants"]
    return variant["runtime"]


def flags_of(network):
    return ["--model", network["model"], "--alpha", repr(network["alpha"]), "--res", f"{network['height']}x{network['width']}",
            "--channels", network["channels"], "--classes", network["classes"]]


def measured(networks, folder):
    python = environments.ensure("arena", project.ROOT / "build/arena-venv")
    words = [python, "-B", project.ROOT / "scripts/peers_lib/arena_worker.py", folder]
    done = subprocess.run(list(map(str, words)), input=json.dumps(networks), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"TensorFlow Lite Micro: {done.stderr.strip().splitlines()[-1]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def share(ours, theirs):
    return ours / theirs - 1


def row_of(network, found, ours, file):
    total = found["head_bytes"] + found["tail_bytes"]
    return {
        **network,
        "head": (ours["head_bytes"], found["head_bytes"]),
        "tail": (ours["tail_bytes"], found["tail_bytes"]),
        "file": (ours["flash_bytes"], found["file_bytes"]),
        "total_error": share(ours["arena_bytes"], total),
        "file_error": share(ours["flash_bytes"], found["file_bytes"]),
        "of_file": file == {**ours, **{key: found[key] for key in ["head_bytes", "tail_bytes", "file_bytes"]},
                            "ram_bytes": total, "arena_bytes": total, "flash_bytes": found["file_bytes"]},
    }


def compare():
    networks = [dict(zip(KEYS, row, strict=True)) for row in NETWORKS]
    with tempfile.TemporaryDirectory() as folder:
        found = measured(networks, folder)
        return [row_of(network, one, own_need(flags_of(network)), own_need(["--model", one["file"]]))
                for network, one in zip(networks, found, strict=True)]


def is_good(row):
    return (row["head"][0] == row["head"][1] and abs(row["total_error"]) <= MOST_TOTAL and
            abs(row["file_error"]) <= MOST_FILE and row["of_file"])


def text_of(rows):
    def pair(values):
        return " / ".join(f"{value:,}" for value in values)

    head = ["network", "head", "tail", "total", "file", "file", "from the file"]
    body = [[f"{row['model']} {row['alpha']} {row['height']}x{row['width']}x{row['channels']} {row['classes']} classes",
             pair(row["head"]), pair(row["tail"]), f"{100 * row['total_error']:+.3f} %", pair(row["file"]),
             f"{100 * row['file_error']:+.3f} %", "equal" if row["of_file"] else "DIFFERS"] for row in rows]
    return "\n".join(["Bytes of TensorFlow Lite Micro, ours / its own:", *table(head, body)])


def status(rows):
    return 0 if all(map(is_good, rows)) else 3
