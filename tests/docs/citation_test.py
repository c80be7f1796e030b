"""CITATION.cff (Citation File Format 1.2.0): this version, and the papers whose networks are bundled."""

import os
import re
import unittest
from pathlib import Path

import yaml

SOURCE = Path(os.environ["MOBILENET_COST_SOURCE_DIR"])
CITATION = yaml.safe_load((SOURCE / "CITATION.cff").read_text(encoding="utf-8"))


class Citation(unittest.TestCase):
    def test_it_has_what_the_format_asks_for(self):
        self.assertEqual(CITATION["cff-version"], "1.2.0")
        for entry in [CITATION, *CITATION["references"]]:
            self.assertTrue(entry["title"] and entry["type"] in ("software", "article"), entry)
            for author in entry["authors"]:
                self.assertIn(set(author), [{"name"}, {"family-names", "given-names"}])
        self.assertTrue(CITATION["message"])

    def test_it_is_of_this_version(self):
        [version] = re.findall(r"project\([^)]*VERSION ([0-9.]+)", (SOURCE / "CMakeLists.txt").read_text(encoding="utf-8"))
        self.assertEqual(CITATION["version"], version)

    def test_it_has_the_paper_of_every_generation(self):
        generations = {path.stem.split("_")[1] for path in (SOURCE / "configs").glob("mobilenet_*.json")}
        titles = " ".join(reference["title"] for reference in CITATION["references"]).replace("MobileNets:", "MobileNetV1")
        for generation in generations:
            self.assertIn(f"MobileNet{generation.upper()}", titles)
        for reference in CITATION["references"]:
            self.assertEqual(reference["url"], "https://arxiv.org/abs/" + reference["identifiers"][0]["value"].split(":")[1])


if __name__ == "__main__":
    unittest.main()
