"""The examples of docs/models.md are the files beside it, and run as it says."""

import json
import os
import re
import subprocess
import unittest
from pathlib import Path

SOURCE = Path(os.environ["MOBILENET_COST_SOURCE_DIR"])
PROGRAM = os.environ["MOBILENET_COST_PROGRAM"]
DOCUMENT = (SOURCE / "docs/models.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"^File \[(?P<name>[^\]]+)\]\((?P=name)\):\n\n```json\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


class Models(unittest.TestCase):
    def test_the_files_are_as_shown(self):
        shown = {match["name"]: match["text"] for match in EXAMPLE.finditer(DOCUMENT)}
        files = {f"models/{path.name}": path.read_text(encoding="utf-8") for path in (SOURCE / "docs/models").glob("*.json")}
        self.assertEqual(shown, files)

    def test_every_example_runs(self):
        environment = {**os.environ, "MOBILENET_COST_CONFIG_DIR": str(SOURCE / "configs")}
        for match in EXAMPLE.finditer(DOCUMENT):
            for command in [["cost"], ["bench", "--res", "64", "--rounds", "2", "-e", "native,reference"]]:
                done = subprocess.run([PROGRAM, *command, "--model", SOURCE / "docs" / match["name"], "--format", "json"],
                                      capture_output=True, text=True, env=environment, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                document = json.loads(done.stdout)
                self.assertEqual(document["variants"][0]["model"], json.loads(match["text"])["name"])

    def test_every_kind_is_in_the_table(self):
        definitions = json.loads((SOURCE / "docs/schemas/model.schema.json").read_text(encoding="utf-8"))["$defs"]
        of_all = {"kind", "name", "activation", "slope", "inputs", "repeat", "tap"}
        branches = {branch["if"]["properties"]["kind"]["const"]: branch["then"]["$ref"].split("/")[-1]
                    for branch in definitions["block"]["allOf"]}
        self.assertEqual(list(branches), definitions["kind"]["enum"])
        for kind, definition in branches.items():
            [row] = re.findall(rf"^\| `{kind}` \|.*\| (.*)\|$", DOCUMENT, re.MULTILINE)
            self.assertEqual(set(re.findall(r"`(\w+)`", row)), definitions[definition]["properties"].keys() - of_all, kind)


if __name__ == "__main__":
    unittest.main()
