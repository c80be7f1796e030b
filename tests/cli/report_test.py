"""The page and the pictures of stored runs: what is refused, what is written, and that it is written whole."""

import json
import os
import re
import shutil
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path

from program import PROGRAM, SOURCE, CliTest, run

BINARY_DIR = Path(os.environ["MOBILENET_COST_BINARY_DIR"])
FAKE = {"MOBILENET_COST_ENGINE_DIR": os.fspath(BINARY_DIR / "fake_engines")}
SWEEP = ["sweep", "--alpha", "0.25,0.5", "--res", "32,64", "--bench", "-e", "xnnpack", "--rounds", "3"]


class Report(CliTest):
    @classmethod
    def setUpClass(cls):
        """One sweep for all tests."""
        cls.shared = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.log = cls.shared / "run.jsonl"
        cls.document = cls.shared / "sweep.json"
        result = run(*SWEEP, "--log", cls.log, "-o", cls.document, env=FAKE)
        assert result.returncode == 0, result

    def data_of(self, page):
        found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
        return json.loads(found[1])


class Page(Report):
    def test_the_page_holds_the_document(self):
        page = self.folder / "report.html"
        self.output("report", self.log, "--html", page)
        text = page.read_text(encoding="utf-8")
        data = self.data_of(text)
        self.assertEqual(data["schema"], "mobilenet-cost.report.v1")
        self.assertEqual(data["runs"][0]["document"], json.loads(self.document.read_text()))
        kinds = {chart["kind"] for chart in data["charts"]}
        self.assertEqual(kinds & {"heat_maps", "standard", "scatter", "blocks", "layers", "samples"},
                         {"heat_maps", "standard", "scatter", "blocks", "layers", "samples"})
        self.assertLess(len(text.encode()), 2_000_000)
        self.assertIn("Copyright: 2015-2021, UW Interactive Data Lab", text)
        self.assert_folder_holds(["report.html"])

    def test_the_same_run_gives_the_same_page(self):
        pages = [self.folder / "a.html", self.folder / "b.html"]
        for page in pages:
            self.output("report", self.log, "--html", page)
        self.assertEqual(pages[0].read_bytes(), pages[1].read_bytes())

    def test_it_is_one_more_output(self):
        page = self.folder / "report.html"
        with_page = self.output("report", self.log, "--format", "json", "--html", page)
        self.assertEqual(json.loads(with_page), json.loads(self.document.read_text()))
        self.assertTrue(page.exists())

    def test_two_runs_side_by_side(self):
        other = self.folder / "other.jsonl"
        shutil.copy(self.log, other)
        page = self.folder / "report.html"
        stdout = self.output("report", self.log, other, "--compare", "--html", page)
        self.assertEqual(stdout, "")
        data = self.data_of(page.read_text(encoding="utf-8"))
        self.assertEqual([one["name"] for one in data["runs"]], ["run.jsonl", "other.jsonl"])
        self.assertEqual(sum(chart["kind"] == "heat_maps" for chart in data["charts"]), 2)
        self.assertEqual(sum(chart["kind"] == "change" for chart in data["charts"]), 1)

    def test_a_model_that_is_not_here_has_no_blocks(self):
        stranger = self.write("stranger.jsonl", self.log.read_text().replace("mobilenet_v1", "mobilenet_x"))
        page = self.folder / "report.html"
        result = run("report", stranger, "--html", page)
        self.assertEqual(result.returncode, 0, result)
        self.assertIn("note: the page has no separable blocks", result.stderr)
        kinds = {chart["kind"] for chart in self.data_of(page.read_text(encoding="utf-8"))["charts"]}
        self.assertNotIn("blocks", kinds)
        self.assertIn("heat_maps", kinds)


class Refused(Report):
    def test_a_build_without_charts(self):
        env = {"MOBILENET_COST_REPORT_DIR": os.fspath(self.folder)}
        result = run("report", self.log, "--html", self.folder / "report.html", env=env)
        self.assert_refused(
            result,
            f"--html: expected a build with charts, found no vega.js in {self.folder} (cmake --build --preset "
            f"{Path(PROGRAM).parent.name} makes it)",
        )
        self.assert_folder_holds([])

    def test_paths_that_cannot_be_written(self):
        self.assert_refused(
            run("report", self.log, "--html", self.folder), f"--html: expected a file, found {self.folder}, a directory"
        )
        file = self.write("file", "kept")
        self.assert_refused(
            run("report", self.log, "--svg", file), f"--svg: expected a folder, found {file}, a file"
        )
        self.assertEqual(file.read_text(), "kept")

    def test_a_bad_log_leaves_the_page_that_was_there(self):
        page = self.write("report.html", "kept")
        bad = self.write("bad.jsonl", "{}\n")
        self.assert_refused(run("report", bad, "--html", page))
        self.assertEqual(page.read_text(), "kept")
        self.assert_folder_holds(["bad.jsonl", "report.html"])

    def test_nothing_is_written_where_the_published_accuracies_cannot_be_read(self):
        configs = self.folder / "configs"
        shutil.copytree(SOURCE / "configs", configs)
        published = configs / "published" / "mobilenet_v1.json"
        published.write_text("{")
        page = self.folder / "report.html"
        env = {"MOBILENET_COST_CONFIG_DIR": os.fspath(configs)}
        for arguments in [["--html", page], ["--svg", self.folder / "pictures"]]:
            result = run("report", self.log, *arguments, env=env)
            self.assert_refused(result)
            self.assertIn(f"{published}: line 1, column 2: expected valid JSON", result.stderr)
        self.assertFalse(page.exists())

    def test_comparing(self):
        page = self.folder / "report.html"
        self.assert_refused(
            run("report", self.log, "--compare", "--html", page), "--compare: expected two run logs, found 1"
        )
        self.assert_refused(
            run("report", self.log, self.log, "--compare"), "--compare: expected --html or --svg, found neither"
        )
        self.assert_refused(
            run("report", self.log, self.log, "--compare", "--html", page, "--format", "json"),
            "--compare: expected only --html and --svg, found another form of output: two runs have no document in "
            "common",
        )
        self.assert_folder_holds([])

    def test_no_node(self):
        env = {"PATH": os.fspath(self.folder)}
        result = run("report", self.log, "--svg", self.folder / "pictures", env=env)
        self.assert_refused(
            result,
            "--svg: expected Node.js to draw with (package nodejs), found that node cannot be run: no such file or "
            "directory",
        )
        self.assert_folder_holds([])


class Pictures(Report):
    def test_pictures_are_svg(self):
        folder = self.folder / "deep" / "pictures"
        self.output("report", self.log, "--svg", folder)
        names = sorted(os.listdir(folder))
        for name in ["blocks.svg", "heat_maps.svg", "layers.svg", "samples.svg", "scatter.svg", "standard.svg"]:
            self.assertIn(name, names)
        self.assertTrue(all(name.endswith(".svg") for name in names), names)
        for name in names:
            root = xml.etree.ElementTree.parse(folder / name).getroot()
            self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
            self.assertTrue(root.get("aria-label").startswith("mobilenet_v1"), root.get("aria-label"))
            self.assertLess(float(root.get("width")), 900, name)
            self.assertNotIn("NaN", (folder / name).read_text(), name)

    def test_figures_in_a_picture_are_those_of_the_document(self):
        self.output("report", self.log, "--svg", self.folder)
        root = xml.etree.ElementTree.parse(self.folder / "heat_maps.svg").getroot()
        texts = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
        for cell in json.loads(self.document.read_text())["cells"]:
            digits = 2 if cell["analytic_speedup"] < 9.995 else 1
            self.assertIn(f"{cell['analytic_speedup']:.{digits}f}×", texts)


if __name__ == "__main__":
    unittest.main()
