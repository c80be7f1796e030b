"""This computer, as far as it lets itself be read. No host name: records of equal machines must look equal."""

import os
import platform
import re
from pathlib import Path


def field(path, name):
    """The value after "name :" in a file of /proc, or None."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(rf"^{re.escape(name)}\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else None


def available_bytes():
    found = field("/proc/meminfo", "MemAvailable")
    return 1024 * int(found.split()[0]) if found else 4 << 30


def describe():
    numbers = {key: field("/proc/cpuinfo", name) for key, name in
               [("cpu_family", "cpu family"), ("cpu_model_number", "model")]}
    return {
        "cpu_model": field("/proc/cpuinfo", "model name"),
        **{key: int(value) if value else None for key, value in numbers.items()},
        "allowed_cpus": sorted(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "load_average": list(os.getloadavg()),
    }
