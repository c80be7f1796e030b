"""What the documents of a release share: its date, and how they are compressed."""

import gzip
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def date():
    """Seconds since 1970: SOURCE_DATE_EPOCH, or of the commit, or (a tarball) of the changelog. Never of the build."""
    if os.environ.get("SOURCE_DATE_EPOCH", "").isdigit():
        return int(os.environ["SOURCE_DATE_EPOCH"])
    if (ROOT / ".git").exists():
        try:
            log = subprocess.run(["git", "-C", ROOT, "log", "-1", "--format=%ct"], capture_output=True, check=True)
            return int(log.stdout)
        except (OSError, subprocess.CalledProcessError):
            pass  # no git, or a repository of somebody else
    return int((ROOT / "CHANGELOG.md").stat().st_mtime)


def write(path, content):
    """A file that all can read, whatever the umask is."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o644)


def write_compressed(path, text):
    """As gzip -n -9: the same text gives the same bytes."""
    write(path, gzip.compress(text.encode(), compresslevel=9, mtime=0))
