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

    def output(self, *arguments, **options):
        """stdout of a run that succeeds and says only where its pictures are."""
        result = run(*arguments, **options)
        self.assertEqual(result.returncode, 0, result)
        self.assertRegex(result.stderr, r"\A(mobilenet-cost: (page: .* \(open it in a browser\)|pictures: \d+ in .*)\n)*\Z")
        return result.stdout

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
        self.assertLessEqual({"heat_maps", "standard", "counts", "scatter", "accuracy", "network", "ratio", "blocks",
                              "layers", "samples"}, kinds)
        self.assertLess(len(text.encode()), 2_000_000)
        self.assertIn("Copyright: 2015-2021, UW Interactive Data Lab", text)
        self.assert_folder_holds(["report.html"])

    def test_the_same_run_gives_the_same_page(self):
        pages = [self.folder / "a.html", self.folder / "b.html"]
        for page in pages:
            self.output("report", self.log, "--html", page)
        self.assertEqual(pages[0].read_bytes(), pages[1].read_bytes())

    def test_a_sweep_that_ends_writes_the_page_of_its_log(self):
        """One that is gone on with, too."""
        log = self.folder / "run.jsonl"
        for words in [[*SWEEP, "--no-layers", "--log", log], ["sweep", "--resume", log]]:
            page, reported = self.folder / "sweep.html", self.folder / "report.html"
            result = run(*words, "--html", page, env=FAKE)
            self.assertEqual((result.returncode, result.stdout), (0, ""), result)
            self.assertIn(f"page: {page} (open it in a browser)\n", result.stderr)
            self.output("report", log, "--html", reported)
            self.assertEqual(page.read_text(), reported.read_text())
            lines = log.read_bytes().splitlines(keepends=True)
            last = max(i for i, line in enumerate(lines) if b'"kind":"round"' in line)
            log.write_bytes(b"".join(lines[:last]))  # as after a kill
            page.unlink()

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


class Streams(Report):
    def test_a_page_on_standard_output_is_a_page_only(self):
        result = run("report", self.log, "--html", "-")
        self.assertEqual(result.returncode, 0, result)
        self.assertTrue(result.stdout.startswith("<!DOCTYPE html>"), result.stdout[:200])
        self.assertTrue(result.stdout.endswith("</html>\n"), result.stdout[-200:])

    def test_a_file_for_another_tool_on_standard_output_is_that_file_only(self):
        json.loads(self.output("report", self.log, "--out-gbench", "-"))

    def test_a_page_in_a_file_says_where_it_is_instead_of_the_tables(self):
        page = self.folder / "report.html"
        result = run("report", self.log, "--html", page)
        self.assertEqual(result.stdout, "")
        self.assertIn(f"page: {page} (open it in a browser)", result.stderr)

    def test_two_results_on_standard_output_are_refused(self):
        self.assert_refused(
            run("report", self.log, "--html", "-", "--format", "json"),
            "--html: expected a file, found standard output, where the result of --format goes",
        )
        self.assert_refused(
            run("report", self.log, "--html", "-", "--out-gbench", "-"),
            "--out-gbench: expected a file, found standard output, where the result of --html goes",
        )


class OtherDocuments(Report):
    """A document of another kind is called what it is, with the commands that read it."""

    def test_each_command_that_reads_documents(self):
        sweep = ("a sweep's document (mobilenet-cost.sweep.v1), which `compare`, `pick --from` and `gate --cells` read")
        budget = self.write("budget.json", '{"schema": "mobilenet-cost.budget.v1", "budgets": [{"max_macs": 1}]}')
        budgets = "a file of budgets (mobilenet-cost.budget.v1), which `budget` reads"
        log = "a run log (mobilenet-cost.run.v3), which `report`, `compare` and `pick --from` read"
        lines = self.write("lines.jsonl", self.output("sweep", "--format", "jsonl"))
        stored = "expected a run log or a document of `cost`, `sweep` or `bench`, found"
        for command, file, expected in [
            (["report"], self.document, f"expected a run log, found {sweep}"),
            (["report"], lines, f"expected a run log, found {sweep}"),
            (["sweep", "--resume"], self.document, f"expected a run log, found {sweep}"),
            (["compare", self.log], budget, f"{stored} {budgets}"),
            (["pick", "--from"], budget, f"{stored} {budgets}"),
            (["budget"], self.document, f'expected a document of the schema "mobilenet-cost.budget.v1", found {sweep}'),
            (["cost", "--model"], self.document,
             f'expected a document of the schema "mobilenet-cost.model.v1", found {sweep}'),
            (["cost", "--model"], self.log, f'expected a document of the schema "mobilenet-cost.model.v1", found {log}'),
            (["budget"], self.log, f'expected a document of the schema "mobilenet-cost.budget.v1", found {log}'),
            (["gate", "--base", PROGRAM, "--head", PROGRAM, "--cells"], self.log,
             f'expected a document of the schema "mobilenet-cost.sweep.v1", found {log}'),
            (["report"], self.write("a.html", "<!DOCTYPE html>\n<html>"), "expected a run log, found a web page"),
            (["report"], self.write("a.xml", '<?xml version="1.0"?>'), "expected a run log, found XML"),
            (["report"], self.write("a.csv", "alpha,res\n1,224\n"), "expected a run log, found no JSON"),
            (["budget"], self.write("b.html", "<!DOCTYPE html>"),
             'expected a document of the schema "mobilenet-cost.budget.v1", found a web page'),
        ]:
            with self.subTest(command=command[0], file=file.name):
                self.assert_refused(run(*command, file), f"{file}: {expected}")

    def test_a_line_is_named_once(self):
        result = run("report", self.write("a.jsonl", "{what\n{}\n"))
        self.assert_refused(result)
        self.assertRegex(result.stderr, "a.jsonl: line 1: column 2: expected valid JSON")

    def test_a_file_in_this_folder_is_no_unknown_model(self):
        name = self.write("here.run.jsonl", self.log.read_text()).name
        self.assertIn("found a run log", run("cost", "--model", name, cwd=self.folder).stderr)


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
    def texts(self, name):
        root = xml.etree.ElementTree.parse(self.folder / name).getroot()
        return [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]

    def assert_title(self, name, cell):
        titles = [text for text in self.texts(name) if text and text.startswith("mobilenet_v1")]
        self.assertEqual([title.endswith(", " + cell) for title in titles], [True], titles)

    def test_no_label_is_cut(self):
        widths = self.shared / "widths.jsonl"
        result = run(*SWEEP[:1], "--alpha", "0.25,0.5,0.75,1", *SWEEP[3:], "--log", widths, "-o", os.devnull, env=FAKE)
        self.assertEqual(result.returncode, 0, result)
        self.output("report", widths, "--svg", self.folder)
        self.output("sweep", "--model", "mobilenet_v4_conv_large", "--svg", self.folder / "counted")
        for path in [*self.folder.rglob("*.svg"), *(SOURCE / "docs").rglob("*.svg")]:
            self.assertNotIn("…", path.read_text(encoding="utf-8"), path)
        for name in ["heat_maps.svg", "standard.svg", "counts.svg"]:
            self.assertLessEqual({"0.25", "0.5", "0.75", "1"}, set(self.texts(name)), name)

    def test_a_picture_says_what_it_is_of(self):
        """The cell, the engine and the machine."""
        self.output("report", self.log, "--svg", self.folder)
        for name in ["layers", "blocks", "network", "ratio"]:
            self.assert_title(f"{name}.svg", "alpha 0.5 at 64 px")
        machine = json.loads(self.document.read_text())["machine"]["cpu_model"] or "CPU of no known name"
        self.assertTrue(any((text or "").startswith(machine) for text in self.texts("heat_maps.svg")))
        self.output("report", self.log, "--svg", self.folder, "--cell", "0.25/32")
        self.assert_title("layers.svg", "alpha 0.25 at 32 px")

    def test_a_cell_that_is_not_there(self):
        pictures = self.folder / "pictures"
        self.assert_refused(
            run("report", self.log, "--svg", pictures, "--cell", "0.25/33"),
            '--cell: unknown cell "0.25/33" (did you mean "0.25/32"?)',
        )
        self.assert_refused(
            run("report", self.log, "--svg", pictures, "--cell", "32"),
            '--cell: expected ALPHA/RES, such as 0.5/160, found "32"',
        )
        self.assert_refused(run("report", self.log, "--cell", "0.25/32"), "--cell: needs --html or --svg")

    def test_pictures_of_what_was_only_counted(self):
        page = self.folder / "counted.html"
        result = run("sweep", "--alpha", "0.5,1", "--res", "128,160", "--svg", self.folder, "--html", page)
        self.assertEqual((result.returncode, result.stdout), (0, ""), result)
        names = {path.name for path in self.folder.glob("*.svg")}
        self.assertEqual(names, {"accuracy.svg", "blocks.svg", "counts.svg", "network.svg", "ratio.svg"})
        data = self.data_of(page.read_text(encoding="utf-8"))
        cells = json.loads(self.output("sweep", "--alpha", "0.5,1", "--res", "128,160", "--format", "json"))["cells"]
        self.assertEqual(data["runs"][0]["document"]["cells"], cells)
        (counts,) = [chart for chart in data["charts"] if chart["kind"] == "counts"]
        table = data["tables"][counts["data"]["cells"]]
        rows = [dict(zip(table["columns"], row)) for row in table["rows"]]
        for panel, key in {"MACs": "macs", "Parameters": "params", "Weights": "weight_bytes",
                           "Peak memory of activations": "peak_activation_bytes"}.items():
            self.assertEqual([row["value"] for row in rows if row["panel"] == panel], [cell[key] for cell in cells])
        self.assertTrue({"K² = 9", "K² = 25", "K² = 49"} <= set(self.texts("ratio.svg")))

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
            subject = "All families" if name == "accuracy.svg" else "mobilenet_v1"
            self.assertTrue(root.get("aria-label").startswith(subject), root.get("aria-label"))
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
