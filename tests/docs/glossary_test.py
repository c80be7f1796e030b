"""docs/glossary.md has every title of the columns that the stored tables show."""

import os
import re
import sys
from pathlib import Path

SOURCE = Path(os.environ["MOBILENET_COST_SOURCE_DIR"])

# Titles that say all, units and shares, and those that hold a value of the run.
PLAIN = {"", "#", "%", "alphas", "resolutions", "dtype", "layer", "layers", "cells", "cell", "run", "quantity", "memory", "samples",
         "what", "GFLOP/s", "GB/s", "speed-up", "why not", "than", "ratio", "gates", "less traffic", "10x fewer MACs", "rule's factor",
         "rule's error", "Co/(1+1/K²)", "res"}
OF_A_RUN = re.compile(r"\d+ px|\w+ x\d+|\d+ % interval")


def titles():
    """Of every table in the stored Markdown, with the file that has it."""
    for path in sorted((SOURCE / "tests/golden").glob("*.md")):
        lines = path.read_text(encoding="utf-8").splitlines()
        for heading, rule in zip(lines, lines[1:]):
            if re.fullmatch(r"\|(:?-+:?\|)+", rule):
                yield from ((path.name, title.strip()) for title in heading.strip("|").split("|"))


def main():
    text = (SOURCE / "docs/glossary.md").read_text(encoding="utf-8")
    explained = {" ".join(term.split()) for term in re.findall(r"\*\*([^*]+)\*\*", text)} | set(re.findall(r"`([^`]+)`", text))
    shown = set(titles())
    missing = {(name, title) for name, title in shown if title not in explained | PLAIN and not OF_A_RUN.fullmatch(title)}
    for name, title in sorted(missing):
        print(f"docs/glossary.md does not explain the column {title!r} of tests/golden/{name}")
    if len(shown) < 50:
        print(f"only {len(shown)} titles were found")
    return 1 if missing or len(shown) < 50 else 0


if __name__ == "__main__":
    sys.exit(main())
