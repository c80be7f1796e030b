"""Stored output, byte for byte.

golden_test.py            compares; a difference is shown as a diff
golden_test.py --update   rewrites the stored files (scripts/update_golden); review the diff before it is committed
"""

import difflib
import os
import subprocess
import sys
from pathlib import Path

PROGRAM = os.environ["MOBILENET_COST_PROGRAM"]
SOURCE = Path(os.environ["MOBILENET_COST_SOURCE_DIR"])
STORED = SOURCE / "tests/golden"
sys.path.insert(0, str(SOURCE / "tests/cli"))
from program import on_terminal  # noqa: E402

V1 = "--alpha 0.5 --res 160"
SMALL = "--alpha 0.25 --res 96 --classes 2"
V3 = "--model mobilenet_v3_small --alpha 0.75 --res 64"
V4 = "--model mobilenet_v4_conv_small --res 64 --classes 10"
FAMILIES = "mobilenet_v1,mobilenet_v2,mobilenet_v3_large,mobilenet_v3_small,mobilenet_v4_conv_small"
COMPARE = "compare tests/golden/sweep_measured.json tests/golden/compare_input.json"
PICK = "pick --model mobilenet_v1 --from tests/golden/pick_input.json --alpha 0.25,0.5,0.6,0.75,1 --res 224,192,160,128 --max-ms 6 --max-peak-kib 3000"
NO_PICK = "pick --model mobilenet_v1 --from tests/golden/pick_input.json --max-ms 1 --max-weight-kib 4000 --min-top1 0.6"
RUNTIME_PICK = "--model mobilenet_v1 --alpha 0.25,0.5,0.75 --res 128 --classes 3 --dtype i8 --max-ram-kib 256 --max-flash-kib 1MiB"
NETWORKS = "compare mobilenet_v3_small mobilenet_v3_small_minimalistic --alpha 0.75 --res 64"
BUDGET = "budget tests/golden/budget_input.json"
GATE = "report tests/golden/gate_input.json"

# Stored file, arguments (run in the root of the repository), exit code.
CASES = [
    ("cost_v1.txt", f"cost {V1}", 0),
    ("cost_v1.md", f"cost {V1} --format markdown", 0),
    ("cost_v1.csv", f"cost {V1} --format csv", 0),
    ("cost_v1.json", f"cost {V1} --format json", 0),
    ("cost_v1.jsonl", f"cost {V1} --format jsonl", 0),
    ("cost_v3.txt", f"cost {V3}", 0),
    ("cost_v3.json", f"cost {V3} --dtype i8 --convention onnx_tool --format json", 0),
    ("cost_v4.txt", f"cost {V4}", 0),
    ("cost_v4.csv", f"cost {V4} --show blocks --format csv", 0),
    ("cost_many.txt", "cost --alpha 0.5,1 --res 128:192:32", 0),
    ("cost_many.md", "cost --alpha 0.5,1 --res 128:192:32 --format markdown", 0),
    ("cost_many.csv", "cost --alpha 0.5,1 --res 128:192:32 --format csv", 0),
    ("cost_runtime.txt", f"cost {V1} --runtime tflm --show totals", 0),
    ("cost_runtime_many.csv", "cost --alpha 0.5,1 --res 128:192:32 --runtime tflm --format csv", 0),
    ("memory_map.txt", f"cost {SMALL} --memory-map --runtime tflm", 0),
    ("memory_map_live.txt", f"cost {SMALL} --memory-map --model mobilenet_v2", 0),
    ("cost_scaling.txt", "cost --alpha 0.25,0.5 --res 160 --show scaling", 0),
    ("conventions.txt", f"conventions {V3}", 0),
    ("conventions.md", f"conventions {V3} --format markdown", 0),
    ("conventions.csv", f"conventions {V3} --format csv", 0),
    ("conventions.json", f"conventions {V3} --format json", 0),
    ("conventions.jsonl", f"conventions {V3} --format jsonl", 0),
    ("models.txt", "models", 0),
    ("models.md", "models --format markdown", 0),
    ("models.csv", "models --format csv", 0),
    ("models.json", "models --format json", 0),
    ("models.jsonl", "models --format jsonl", 0),
    ("pick_runtime.txt", f"pick {RUNTIME_PICK}", 0),
    ("pick_runtime.csv", f"pick {RUNTIME_PICK} --format csv", 0),
    ("pick_runtime.jsonl", f"pick {RUNTIME_PICK} --format jsonl", 0),
    ("sweep_runtime.csv", "sweep --runtime tflm --format csv", 0),
    ("sweep.txt", "sweep", 0),
    ("sweep.md", "sweep --format markdown", 0),
    ("sweep.csv", "sweep --format csv", 0),
    ("sweep.json", "sweep --format json", 0),
    ("sweep.jsonl", "sweep --format jsonl", 0),
    ("sweep_families.json", f"sweep --model {FAMILIES} --format json", 0),
    ("budget.txt", BUDGET, 3),
    ("budget.md", f"{BUDGET} --format markdown", 3),
    ("budget.csv", f"{BUDGET} --format csv", 3),
    ("budget.json", f"{BUDGET} --format json", 3),
    ("budget.jsonl", f"{BUDGET} --format jsonl", 3),
    ("pick.txt", PICK, 0),
    ("pick_all.txt", f"{PICK} --all", 0),
    ("pick_by_time.txt", f"{PICK} --by time", 0),
    ("pick.md", f"{PICK} --format markdown", 0),
    ("pick.csv", f"{PICK} --format csv", 0),
    ("pick.json", f"{PICK} --format json", 0),
    ("pick.jsonl", f"{PICK} --format jsonl", 0),
    ("pick_none.txt", NO_PICK, 3),
    ("pick_none.json", f"{NO_PICK} --format json", 3),
    # Every published accuracy that counts, as read from configs/published.
    ("pick_published.csv", "pick --min-top1 0.01 --format csv", 0),
    ("pick_published_i8.csv", "pick --model all --dtype i8 --min-top1 0.01 --format csv", 0),
    ("cost_plain.txt", f"cost {V1} --plain", 0),
    ("gate.md", f"{GATE} --format markdown", 0),
    ("gate.csv", f"{GATE} --format csv", 0),
    ("gate.xml", f"{GATE} --format junit", 0),
    ("compare.txt", COMPARE, 3),
    ("compare.md", f"{COMPARE} --ignore memory_bytes --format markdown", 3),
    ("compare.csv", f"{COMPARE} --format csv", 3),
    ("compare.json", f"{COMPARE} --ignore memory_bytes --format json", 3),
    ("compare.jsonl", f"{COMPARE} --format jsonl", 3),
    ("compare_networks.txt", NETWORKS, 3),
    ("compare_networks.md", f"{NETWORKS} --format markdown", 3),
    ("compare_networks.csv", f"{NETWORKS} --format csv", 3),
    ("compare_networks.json", f"{NETWORKS} --format json", 3),
    ("compare_networks.jsonl", f"{NETWORKS} --format jsonl", 3),
    ("explain_conv.txt", f"cost {V1} --explain Conv2d_0", 0),
    ("explain_depthwise.txt", f"cost {V1} --explain Conv2d_3_depthwise", 0),
    ("explain_squeeze.txt", f"cost {V3} --explain expanded_conv_0/squeeze_excite/reduce", 0),
    ("explain_add.txt", f"cost {V3} --explain expanded_conv_2/add", 0),
    ("explain_block.txt", f"cost {V1} --explain Conv2d_1", 0),
    ("explain_block.md", f"cost {V1} --explain Conv2d_1 --format markdown", 0),
    ("explain_block.tex", f"cost {V1} --explain Conv2d_1 --format latex", 0),
    ("explain_block.json", f"cost {V1} --explain Conv2d_1 --format json", 0),
    ("explain_dense.txt", f"cost {V1} --explain Logits", 0),
]

# Stored file and the format of the fabricated sweep or bench: the times of a real one are never the same twice.
SWEEPS = [
    ("sweep_measured.txt", "txt"),
    ("sweep_measured_colour.txt", "colour"),
    ("sweep_measured.md", "md"),
    ("sweep_measured.csv", "csv"),
    ("sweep_measured.json", "json"),
    ("sweep_measured.jsonl", "jsonl"),
    ("bench.txt", "bench.txt"),
    ("bench.md", "bench.md"),
    ("bench.csv", "bench.csv"),
    ("bench_layers.csv", "bench_layers.csv"),
    ("bench.json", "bench.json"),
    ("bench.jsonl", "bench.jsonl"),
]

# What a terminal of each width shows.
WIDTHS = [80, 100, 200]
AT_WIDTHS = [
    ("cost", "cost"),
    ("cost_v4", "cost --model mobilenet_v4_conv_small"),
    ("cost_many", "cost --alpha 0.5,1 --res 128:192:32"),
    ("conventions", "conventions"),
    ("models", "models"),
    ("sweep", "sweep"),
    ("pick", f"{PICK} --all"),
    ("gate", GATE),
]
SWEEPS_AT_WIDTHS = [("sweep_measured", "txt"), ("bench", "bench.txt"), ("machine", "machine.txt"), ("engines", "engines.txt")]

# Beside the stored output: this script and what the cases read.
INPUTS = ["golden_test.py", "budget_input.json", "compare_input.json", "gate_input.json", "pick_input.json"]


def output_of(arguments, status):
    """stdout of a run; a wrong exit code is a failure whatever was printed."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MOBILENET_COST_")}
    environment["MOBILENET_COST_CONFIG_DIR"] = "configs"
    result = subprocess.run([PROGRAM, *arguments.split()], capture_output=True, cwd=SOURCE, env=environment, timeout=120)
    if result.returncode != status:
        sys.exit(f"{arguments}: exit code {result.returncode}, expected {status}\n{result.stderr.decode()}")
    return result.stdout


def shown_at(width, arguments):
    return on_terminal(*arguments.split(), columns=width, env={"NO_COLOR": "1", "LC_ALL": "C.UTF-8"}, cwd=SOURCE).encode()


def sweep_of(form):
    command = [Path(PROGRAM).parent / "print_sweep", form]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=120).stdout


def everything():
    """Stored file, what wrote it, and what it writes now."""
    for name, arguments, status in CASES:
        yield name, f"mobilenet-cost {arguments}", output_of(arguments, status)
    for name, form in SWEEPS:
        yield name, f"print_sweep {form}", sweep_of(form)
    for width in WIDTHS:
        for name, arguments in AT_WIDTHS:
            yield f"width_{width}/{name}.txt", f"mobilenet-cost {arguments}", shown_at(width, arguments)
        for name, form in SWEEPS_AT_WIDTHS:
            yield f"width_{width}/{name}.txt", f"print_sweep {form}.{width}", sweep_of(f"{form}.{width}")


def difference(name, command, found):
    """A unified diff from the stored file; empty if they are the same bytes."""
    path = STORED / name
    stored = path.read_bytes() if path.exists() else b""
    if stored == found:
        return ""
    lines = [text.decode(errors="replace").splitlines(keepends=True) for text in (stored, found)]
    return "".join(difflib.unified_diff(*lines, f"tests/golden/{name}", command, n=1)) or name


def stored_names():
    return {str(path.relative_to(STORED)) for path in STORED.rglob("*.*")} - set(INPUTS)


def check():
    found = list(everything())
    differences = [difference(*case) for case in found]
    for text in filter(None, differences):
        print(text)
    strays = stored_names() - {case[0] for case in found}
    for name in sorted(strays):
        print(f"tests/golden/{name} belongs to no case")
    if any(differences) or strays:
        sys.exit("if the change is meant: scripts/update_golden")


def update():
    found = {name: text for name, _, text in everything()}
    for name in stored_names() - set(found):
        (STORED / name).unlink()
    for name, text in found.items():
        (STORED / name).parent.mkdir(exist_ok=True)
        (STORED / name).write_bytes(text)


if __name__ == "__main__":
    update() if sys.argv[1:] == ["--update"] else check()
