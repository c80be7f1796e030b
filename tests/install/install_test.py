"""What a user gets: the installed tree with its CMake package, and the Debian package.

install_test.py consumer   installs into a temporary prefix, then builds and runs the project in this folder
install_test.py package    builds the .deb, unpacks it elsewhere and runs the program
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

BUILD = Path(os.environ["MOBILENET_COST_BINARY_DIR"])
SOURCE = Path(os.environ["MOBILENET_COST_SOURCE_DIR"])


def run(*command, **options):
    """Output of a command that must succeed; nothing of the repository is in its environment or folder."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MOBILENET_COST_")}
    result = subprocess.run([str(word) for word in command], env=clean, text=True, capture_output=True, **options)
    if result.returncode != 0:
        sys.exit(f"{command}: exit code {result.returncode}\n{result.stdout}\n{result.stderr}")
    return result.stdout


def expect(condition, text):
    if not condition:
        sys.exit(f"FAILED: {text}")


# They need nlohmann/json or the library of an engine, which a consumer need not have, or belong to the gate, which is
# part of the program alone.
INTERNAL_HEADERS = {
    *(path.name for pattern in ["gate*.h", "worker*.h", "child_process.h", "self_test*.h", "native_*.h", "*-inl.h"]
      for path in SOURCE.glob(f"src/mobilenet_cost/**/{pattern}")),
    "json_documents.h", "json_fields.h", "json_reader.h", "json_text.h", "measured_json.h", "run_fields.h",
    "sweep_json.h", "sweep_tables.h", "sweep_charts.h",
    "onednn_descriptors.h", "xnnpack_memory.h", "blocking.h", "compute.h",
}


def names(folder, suffix):
    return sorted(path.name for path in Path(folder).rglob("*" + suffix))


def check_tree(prefix, scratch):
    """The tree below `prefix` is complete, and its program needs nothing outside of it."""
    program = prefix / "bin" / "mobilenet-cost"
    # Output is stored and compared by scripts, so the version is one line of a fixed form.
    version = run(program, "--version", cwd=scratch)
    expect(re.match(r"mobilenet-cost \d+\.\d+\.\d+\b", version), f"--version printed {version!r}")

    expect(names(prefix / "share/mobilenet_cost/configs", ".json") == names(SOURCE / "configs", ".json"), "configs")
    expect(names(prefix / "share/mobilenet_cost/schemas", ".json") == names(SOURCE / "docs/schemas", ".json"), "schemas")
    expect((prefix / "share/doc/mobilenet-cost/LICENSE").is_file(), "LICENSE")
    if names(BUILD / "report", ".js"):
        for suffix in [".js", ".html", ".css", ".txt"]:
            expect(names(prefix / "share/mobilenet_cost/report", suffix) == names(BUILD / "report", suffix), "report" + suffix)
    [engines] = prefix.glob("lib/**/mobilenet_cost/engines") if names(BUILD / "engines", ".so") else [prefix]
    expect(names(engines, ".so") == names(BUILD / "engines", ".so"), "engine plug-ins")

    # MobileNetV1 1.0 at 224 has 569 million multiply-accumulates (arXiv:1704.04861, table 8).
    document = json.loads(run(program, "--format", "json", cwd=scratch))
    macs = document["variants"][0]["totals"]["macs"]
    expect(round(macs / 1e6) == 569, f"MobileNetV1 has {macs} MACs")

    for plugin in prefix.rglob("*.so"):
        needed = run("readelf", "--dynamic", plugin)
        expect("[libc.so.6]" in needed, f"{plugin.name} does not name libc:\n{needed}")

    # The installed engines are found, and each of them loads.
    listing = run(program, "engines", cwd=scratch)
    for plugin in names(engines, ".so"):
        name = plugin.removeprefix("mobilenet_cost_").removesuffix(".so")
        built = run(BUILD / "mobilenet-cost", "engines", cwd=scratch)
        here = [line.split() for line in listing.splitlines() if re.search(rf"\b{name}\b", line)]
        there = [line.split() for line in built.splitlines() if re.search(rf"\b{name}\b", line)]
        expect(here and here == there, f"engine {name}: installed says {here}, build folder says {there}")

    if names(BUILD / "exporters", ".so"):
        flags = ["export", "--alpha", "0.25", "--res", "32", "--onnx"]
        for place, exporter in [("here", program), ("built", BUILD / "mobilenet-cost")]:
            run(exporter, *flags, scratch / f"{place}.onnx", cwd=scratch)
        same = (scratch / "here.onnx").read_bytes() == (scratch / "built.onnx").read_bytes()
        expect(same, "the installed program and the one in the build folder export different files")


def test_consumer(scratch):
    prefix = scratch / "prefix"
    run("cmake", "--install", BUILD, "--prefix", prefix)
    check_tree(prefix, scratch)
    public = set(names(SOURCE / "src/mobilenet_cost", ".h")) - INTERNAL_HEADERS
    expect(set(names(prefix / "include", ".h")) == public, "headers")

    build = scratch / "consumer"
    run("cmake", "-G", "Ninja", "-S", SOURCE / "tests/install", "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", build)
    output = run(build / "consumer", prefix / "share/mobilenet_cost/configs/mobilenet_v1.json")
    expect(output == "mobilenet_v1 1.0 224: 568740352 MACs in 29 layers\n", f"the consumer printed {output!r}")


def test_package(scratch):
    run("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", scratch)
    [package] = scratch.glob("*.deb")
    fields = run("dpkg-deb", "--field", package)
    expect(re.search(r"^Package: mobilenet-cost$", fields, re.MULTILINE), fields)
    expect(re.search(r"^Depends: .*libc6 .*libfmt", fields, re.MULTILINE), f"no dependencies:\n{fields}")
    for line in run("dpkg-deb", "--contents", package).splitlines():
        expect(line.split()[1] == "root/root", f"owner of {line}")

    # A moved tree must still find its files: unpacked, not installed, so that the system stays as it is.
    run("dpkg-deb", "--extract", package, scratch / "root")
    check_tree(scratch / "root/usr", scratch)


TESTS = {"consumer": test_consumer, "package": test_package}

if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="mobilenet_cost_install_") as folder:
        TESTS[sys.argv[1]](Path(folder))
