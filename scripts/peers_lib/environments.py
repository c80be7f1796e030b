"""Virtual environments below build/, made again when what is asked for has changed or their Python is gone."""

import shutil
import subprocess
import sys

from shared.failure import Failure

from .project import ROOT

REQUIREMENTS = ROOT / "scripts/peers_requirements"


def usable(folder, wanted):
    stamp = folder / "requirements.txt"
    if not stamp.exists() or stamp.read_bytes() != wanted:
        return False
    return subprocess.run([folder / "bin/python", "-c", ""], capture_output=True, check=False).returncode == 0


def run_quietly(command, what):
    """Shows what a command says only when it fails."""
    done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.stderr.write(done.stdout + done.stderr)
        raise Failure(f"could not install {what}: see above")


def ensure(name, folder, system_packages=False):
    """Python of the environment that holds scripts/peers_requirements/NAME.txt and no more than it pins."""
    requirements = REQUIREMENTS / f"{name}.txt"
    wanted = requirements.read_bytes()
    python = folder / "bin/python"
    if usable(folder, wanted):
        return python
    what = f"scripts/peers_requirements/{name}.txt into {folder.relative_to(ROOT)}"
    print(f"peers: installing {what}", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    flags = ["--system-site-packages"] if system_packages else []
    run_quietly(["/usr/bin/python3", "-m", "venv", *flags, folder], "a virtual environment (python3-venv)")
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-deps", "-r", requirements]
    run_quietly(pip, what)
    (folder / "requirements.txt").write_bytes(wanted)  # last: an unfinished environment has none
    return python
