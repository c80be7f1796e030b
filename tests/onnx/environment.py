"""The virtual environment that `scripts/setup --test` makes, with numpy, onnx and ONNX Runtime."""

import os
import sys
from pathlib import Path


def enter(venv):
    """Runs this script again under the Python of the virtual environment."""
    if Path(sys.prefix).resolve() == venv.resolve():
        return
    python = venv / "bin/python"
    if not python.exists():
        sys.exit(f"FAILED: there is no {python}; scripts/setup --test makes it")
    os.execv(python, [python, "-B", *sys.argv])
