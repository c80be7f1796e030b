"""docs/architecture.md against the tree: the folders, what each may know, and the places that a new thing touches.

A recipe of the page names an example that is there already, as a pattern in backticks, and the places that hold it, as
bullets that begin with a pattern of paths. The places are right when they are those in which the example is found.
"""

import fnmatch
import importlib.machinery
import importlib.util
import re
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
PAGE = (SOURCE / "docs/architecture.md").read_text(encoding="utf-8")
SEARCHED = ["src", "apps", "configs", "docs/schemas", "scripts", "tests/CMakeLists.txt"]
RECIPE = re.compile(r"^\*\*(?P<title>[^*]+)\*\*, as `(?P<example>[^`]+)`:\n(?P<places>.*?)(?=^\*\*|\Z)", re.M | re.S)
TITLES = ["A model", "An engine", "A subcommand", "An output format", "A measured field", "A chart"]


def allowed():
    """ALLOWED of scripts/check_includes."""
    loader = importlib.machinery.SourceFileLoader("check_includes", str(SOURCE / "scripts/check_includes"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module.ALLOWED


def text_files():
    for top in SEARCHED:
        path = SOURCE / top
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                yield file


def holding(pattern):
    """Paths of the searched files that hold the pattern in their text or their name."""
    found = re.compile(pattern)
    for file in text_files():
        path = file.relative_to(SOURCE).as_posix()
        if found.search(path) or found.search(file.read_text(encoding="utf-8", errors="replace")):
            yield path


class Architecture(unittest.TestCase):
    def test_folders_and_what_they_may_know(self):
        rows = re.findall(r"^\| `([a-z/]+)/` \|([^|]*)\|", PAGE, re.M)
        self.assertEqual({folder: sorted(re.findall(r"`([a-z/]+)/`", known)) for folder, known in rows},
                         {folder: sorted(known) for folder, known in allowed().items()})

    def test_files_that_are_named(self):
        for path in re.findall(r"`((?:src|apps|configs|docs|scripts|tests)/[^`*<> ]+)`", PAGE):
            self.assertTrue((SOURCE / path).exists(), f"docs/architecture.md names {path}")

    def test_places_to_touch(self):
        recipes = {match["title"]: match for match in RECIPE.finditer(PAGE)}
        self.assertEqual(list(recipes), TITLES)
        for title, match in recipes.items():
            with self.subTest(title):
                places = re.findall(r"^- `([^`]+)`", match["places"], re.M)
                found = list(holding(match["example"]))
                missing = [path for path in found if not any(fnmatch.fnmatchcase(path, place) for place in places)]
                idle = [place for place in places if not fnmatch.filter(found, place)]
                self.assertEqual((missing, idle), ([], []), f"{title}: places not in the page, places without the example")


if __name__ == "__main__":
    unittest.main()
