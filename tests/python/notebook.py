"""Runs the Python blocks of a document in their order, as the cells of a notebook.

Below a block that shows something stands a block `text` with it: what was printed, then the value of a last expression, or
the error.

    notebook.py FILE            exit 1 and the difference where a block shows something else
    notebook.py FILE --update   writes what each shows
"""

import ast
import contextlib
import difflib
import io
import re
import sys
import warnings
from pathlib import Path

CELL = re.compile(r"```python\n(?P<code>.*?)```\n(?:\n```text\n(?P<shown>.*?)```\n)?", re.DOTALL)


def show(value):
    if value is not None:
        print(value.to_string() if hasattr(value, "to_string") else repr(value))


def run(code, names):
    """What the cell shows."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            exec(compile(tree, "cell", "exec"), names)
            if last is not None:
                show(eval(compile(ast.Expression(last.value), "cell", "eval"), names))
        except ValueError as error:
            print(f"ValueError: {error}")
    return "".join(line.rstrip() + "\n" for line in shown.getvalue().splitlines())


def renewed(text):
    names = {}

    def cell(match):
        shown = run(match["code"], names)
        return f"```python\n{match['code']}```\n" + (f"\n```text\n{shown}```\n" if shown else "")

    return CELL.sub(cell, text)


def main():
    path = Path(sys.argv[1])
    old = path.read_text(encoding="utf-8")
    new = renewed(old)
    if sys.argv[2:] == ["--update"]:
        path.write_text(new, encoding="utf-8")
    elif new != old:
        sys.exit("".join(difflib.unified_diff(old.splitlines(True), new.splitlines(True), path.name, "what it shows")))


if __name__ == "__main__":
    main()
