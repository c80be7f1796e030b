"""What a user gets: the installed tree with its CMake package, and the Debian package.

install_test.py consumer   installs into a temporary prefix, then builds and runs the project in this folder
install_test.py package    builds the .deb, unpacks it elsewhere and runs the program
"""

import fnmatch
import gzip
import importlib.machinery
import importlib.util
import json
import os
import re
import shutil
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


def matches_any(name, patterns):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


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
    check_manual(prefix, scratch)
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
        counted = run(program, "cost", "--model", scratch / "here.onnx", cwd=scratch)
        expect("here  alpha 1  resolution 32" in counted, "the installed program does not read what it exports")


def foreign_headers():
    """Patterns of the headers that scripts/check_includes keeps in their place; a consumer need not have them."""
    loader = importlib.machinery.SourceFileLoader("check_includes", str(SOURCE / "scripts/check_includes"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module.FOREIGN


def headers(folder):
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*.h")}


def needs_foreign(name, texts, foreign):
    """Whether a header of ours includes, itself or through others of ours, what a consumer need not have."""
    included = re.findall(r'#include [<"]([^">]+)', texts[name])
    return any(
        needs_foreign(header, texts, foreign) if header in texts else matches_any(header, foreign) for header in included
    )


def check_headers(prefix):
    """All are installed but those of one engine, of the gate, of the reading of files of others, and those that need what a consumer need not have."""
    source, installed = headers(SOURCE / "src"), headers(prefix / "include")
    internal = ["mobilenet_cost/engine/*/*", "mobilenet_cost/gate/*", "mobilenet_cost/report/gate/*"]
    internal += ["mobilenet_cost/machine/peaks_i8.h", "mobilenet_cost/import/*"]
    foreign = foreign_headers()
    public = {name for name in source if not matches_any(name, internal) and not needs_foreign(name, source, foreign)}
    expect(set(installed) == public, f"headers: {sorted(set(installed) ^ public)}")


def check_included(build):
    """No header needed one that is found on this machine, but perhaps not on a consumer's."""
    foreign = foreign_headers()
    included = {line.strip() for line in run("ninja", "-C", build, "-t", "deps").splitlines() if line.startswith("    ")}
    expect(any(path.startswith("/usr/include/") for path in included), f"{build} knows nothing of what it included")
    for path in included:
        expect(not matches_any(path.removeprefix("/usr/include/"), foreign), f"an installed header includes {path}")


def test_consumer(scratch):
    # They stay: only headers that have changed since, which keep their dates, are compiled again.
    prefix, build = BUILD / "consumer/prefix", BUILD / "consumer/build"
    shutil.rmtree(prefix, ignore_errors=True)
    run("cmake", "--install", BUILD, "--prefix", prefix)
    check_tree(prefix, scratch)
    check_headers(prefix)
    expect((prefix / "share/doc/mobilenet-cost/LICENSE").is_file(), "LICENSE")

    run("cmake", "-G", "Ninja", "-S", SOURCE / "tests/install", "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", build, "--", "-k", "0")
    check_included(build)
    output = run(build / "consumer", prefix / "share/mobilenet_cost/configs/mobilenet_v1.json")
    expect(output == "mobilenet_v1 1.0 224: 568740352 MACs in 29 layers\n", f"the consumer printed {output!r}")


def page_of(path):
    """The text of a compressed manual page, without its markup."""
    source = gzip.decompress(path.read_bytes()).decode()
    return re.sub(r"\\f[BIR]", "", source).replace("\\-", "-")


def check_manual(prefix, scratch):
    """Every command and every option that --help names has its place, and man understands the page."""
    path = prefix / "share/man/man1/mobilenet-cost.1.gz"
    program = BUILD / "mobilenet-cost"
    page = page_of(path)
    overview = run(program, "--help", cwd=scratch)
    commands = re.findall(r"^  ([a-z][a-z-]*) ", overview.partition("Subcommands:")[2], re.MULTILINE)
    expect(len(commands) > 10, f"the commands are {commands}")
    sections = dict(re.findall(r"^\.SS ([a-z-]+)\n(.*?)(?=^\.S)", page, re.MULTILINE | re.DOTALL))
    expect(list(sections) == commands, f"the page has the commands {list(sections)}, --help has {commands}")
    for command in commands:
        tags = re.findall(r"^\.TP\n(.*)", sections[command], re.MULTILINE)
        for line in run(program, command, "--help-all", cwd=scratch).splitlines():
            for option in re.findall(r"--?[a-z][a-z0-9-]*", line[:30] if line.startswith("  -") else ""):
                if option not in ("-h", "--help", "--help-all"):
                    expect(any(re.search(rf"(?<!\S){option}\b(?!-)", tag) for tag in tags), f"{command} {option} in the page")
    for title in ["NAME", "SYNOPSIS", "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES"]:
        expect(f"\n.SH {title}\n" in page, f"the page has no {title}")
    check_examples(page, sections)
    check_variables(page)
    said = subprocess.run(["man", "--warnings", "-l", path], text=True, capture_output=True, check=False,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"})
    expect(said.returncode == 0 and not said.stderr, f"man: exit code {said.returncode}\n{said.stderr}")


def check_examples(page, sections):
    """An example has only options of its command."""
    examples = re.findall(r"^mobilenet-cost (?:(?!-)(\S+) )?(.*--.*)", page.partition(".SH EXAMPLES")[2], re.MULTILINE)
    expect(examples, "the page has no examples")
    for command, arguments in examples:
        for option in re.findall(r"--[a-z-]+", arguments):
            expect(re.search(rf"^(-\w, )?{option}\b(?!-)", sections[command or "cost"], re.MULTILINE), f"{command} {option}")


def check_variables(page):
    """Every variable that the program reads is told."""
    sources = [path.read_text(encoding="utf-8") for folder in ["src", "apps"] for path in (SOURCE / folder).rglob("*.*")
               if path.suffix in (".h", ".cpp")]
    named = {name for text in sources for name in re.findall(r'"(MOBILENET_COST_[A-Z_]+)"|getenv\("([A-Z_]+)"', text)}
    expect(len(named) > 5, f"the variables are {named}")
    for name in {one or other for one, other in named}:
        expect(f"\n.B {name}\n" in page, f"{name} in the page")


def check_documents(folder, version, scratch):
    """What Debian asks for: the changelogs are of this version, and the same whenever they are made."""
    run("env", "SOURCE_DATE_EPOCH=86400", SOURCE / "scripts/package/make_debian_documents", version, "A <a@example.org>", scratch)
    dated = gzip.decompress((scratch / "changelog.Debian.gz").read_bytes()).decode()
    expect(dated.endswith("\n -- A <a@example.org>  Fri, 02 Jan 1970 00:00:00 +0000\n"), f"changelog.Debian.gz: {dated}")
    expect(gzip.decompress((folder / "changelog.gz").read_bytes()) == (SOURCE / "CHANGELOG.md").read_bytes(), "changelog.gz")
    history = gzip.decompress((folder / "changelog.Debian.gz").read_bytes()).decode()
    expect(history.startswith(f"mobilenet-cost ({version}) "), f"changelog.Debian.gz: {history}")
    for path in folder.glob("*.gz"):
        expect(path.read_bytes()[4:8] == bytes(4), f"{path.name} holds the time at which it was compressed")
    text = (folder / "copyright").read_text(encoding="utf-8")
    expect("\nLicense: Apache-2.0\n" in text, f"copyright: {text}")
    if names(BUILD / "report", ".js"):
        for word in ["/vega.js\n", "UW Interactive Data Lab", "Bostock", "\nLicense: BSD-3-Clause\n", "\nLicense: ISC\n"]:
            expect(word in text, f"copyright has no {word!r}")


def test_package(scratch):
    run("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", scratch, umask=0o077)
    [package] = scratch.glob("*.deb")
    fields = run("dpkg-deb", "--field", package)
    expect(re.search(r"^Package: mobilenet-cost$", fields, re.MULTILINE), fields)
    expect(re.search(r"^Depends: .*libc6 .*libfmt", fields, re.MULTILINE), f"no dependencies:\n{fields}")
    for line in run("dpkg-deb", "--contents", package).splitlines():
        expect(line.split()[1] == "root/root", f"owner of {line}")
        expect(re.match(r"drwxr-xr-x|-rw[x-]r-[x-]r-[x-]", line), f"permissions of {line}")
    said = run("lintian", "--allow-root", "--fail-on", "error,warning", package)
    expect(not re.search(r"^[EW]:", said, re.MULTILINE), said)

    # A moved tree must still find its files: unpacked, not installed, so that the system stays as it is.
    run("dpkg-deb", "--extract", package, scratch / "root")
    check_tree(scratch / "root/usr", scratch)
    [version] = re.findall(r"^Version: (.*)$", fields, re.MULTILINE)
    check_documents(scratch / "root/usr/share/doc/mobilenet-cost", version, scratch)


TESTS = {"consumer": test_consumer, "package": test_package}

if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="mobilenet_cost_install_") as folder:
        TESTS[sys.argv[1]](Path(folder))
