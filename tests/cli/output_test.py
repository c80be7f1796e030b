"""Where the report goes: files, links, devices, pipes and terminals. A failure leaves no trace."""

import os
import stat
import subprocess
import unittest

from program import PROGRAM, SMALL, CliTest, environment, on_terminal, run

# A suffix, and the format it chooses.
SUFFIXES = [
    (".txt", "table"),
    (".md", "markdown"),
    (".csv", "csv"),
    (".json", "json"),
    (".jsonl", "jsonl"),
    (".log", "table"),
    ("", "table"),
]

# Arguments that are refused only when the work has begun.
LATE = [
    ["--alpha", "1e9"],
    ["--explain", "no_such_layer"],
    ["--model", "/dev/zero/x.json"],
    ["--alpha", "1000", "--res", "1000000", "--batch", "1000000"],
    ["sweep", "--alpha", "0.5,1e9"],
    ["conventions", "--res", "1e9"],
    ["budget", "/dev/null"],
]


class OutputFile(CliTest):
    def test_suffix_chooses_the_format(self):
        for suffix, name in SUFFIXES:
            with self.subTest(suffix):
                path = self.folder / f"report{suffix}"
                self.assertEqual(self.output(*SMALL, "--output", path), "")
                self.assertEqual(path.read_text(), self.output(*SMALL, "--format", name))

    def test_format_wins_over_the_suffix(self):
        path = self.folder / "report.json"
        self.output(*SMALL, "--format", "csv", "-o", path)
        self.assertTrue(path.read_text().startswith("model,alpha,"))

    def test_file_holds_what_stdout_gets(self):
        for name in ["json", "jsonl", "csv", "markdown", "table"]:
            with self.subTest(name):
                path = self.folder / "report"
                self.output(*SMALL, "-f", name, "-o", path)
                self.assertEqual(path.read_text(), self.output(*SMALL, "-f", name, "-o", "-"))

    def test_old_report_is_replaced_whole(self):
        path = self.write("report.csv", "x" * 100_000)
        self.output(*SMALL, "-o", path)
        self.assertEqual(path.read_text(), self.output(*SMALL, "-f", "csv"))
        self.assert_folder_holds(["report.csv"])

    def test_link_stays_and_its_target_is_replaced(self):
        target = self.write("target.csv", "old")
        link = self.folder / "link.csv"
        link.symlink_to("target.csv")
        self.output(*SMALL, "-o", link)
        self.assertTrue(link.is_symlink())
        self.assertTrue(target.read_text().startswith("model,alpha,"))
        self.assert_folder_holds(["link.csv", "target.csv"])

    def test_link_to_nothing_gets_its_target(self):
        (self.folder / "below").mkdir()
        link = self.folder / "link.csv"
        link.symlink_to("below/target.csv")
        self.output(*SMALL, "-o", link)
        self.assertTrue(link.is_symlink())
        self.assertTrue((self.folder / "below/target.csv").read_text().startswith("model,alpha,"))
        self.assert_folder_holds(["below", "link.csv"])

    def test_cycle_of_links_stays(self):
        for name, target in [("a.csv", "b.csv"), ("b.csv", "a.csv")]:
            (self.folder / name).symlink_to(target)
        result = run(*SMALL, "-o", self.folder / "a.csv")
        self.assert_refused(result)
        self.assertIn("Too many levels of symbolic links", result.stderr)
        self.assertTrue((self.folder / "a.csv").is_symlink())
        self.assert_folder_holds(["a.csv", "b.csv"])

    def test_failure_keeps_the_old_report(self):
        path = self.write("report.csv", "old")
        for arguments in LATE:
            with self.subTest(arguments):
                self.assert_refused(run(*arguments, "-o", path))
                self.assertEqual(path.read_text(), "old")
                self.assert_folder_holds(["report.csv"])

    def test_failure_makes_no_file(self):
        for arguments in LATE:
            with self.subTest(arguments):
                self.assert_refused(run(*arguments, "-o", self.folder / "report.json"))
                self.assert_folder_holds([])

    def test_places_that_cannot_be_written(self):
        file = self.write("file", "old")
        for path, text in [
            (self.folder, f"--output: expected a file, found {self.folder}, a directory"),
            ("", "--output: expected a file, found an empty value"),
            ("out.xlsx", "--output: expected --format, or a name that ends in .txt, .log, .md, .csv, .json, .jsonl, found out.xlsx"),
            (self.folder / "no/report", None),
            (file / "report", None),
            ("/proc/mobilenet_cost_report", None),  # no user may create a file there
        ]:
            with self.subTest(path):
                self.assert_refused(run(*SMALL, "-o", path), text)
        self.assert_folder_holds(["file"])

    def test_any_suffix_with_a_format(self):
        self.output(*SMALL, "-f", "csv", "-o", self.folder / "out.xlsx")
        self.assert_folder_holds(["out.xlsx"])

    def test_folder_without_permission(self):
        self.folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
        self.addCleanup(self.folder.chmod, stat.S_IRWXU)
        result = run(*SMALL, "-o", self.folder / "report.csv")
        if os.geteuid() == 0:  # root needs no permission: the report is written, and is all there is
            self.assertEqual(result.returncode, 0)
            self.assert_folder_holds(["report.csv"])
        else:
            self.assert_refused(result)
            self.assert_folder_holds([])

    def test_full_device(self):
        result = run(*SMALL, "-o", "/dev/full")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assert_one_sentence(result.stderr)
        self.assertIn("No space left on device", result.stderr)
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/full").st_mode))

    def test_full_standard_output(self):
        with open("/dev/full", "w") as full:
            result = subprocess.run(
                [PROGRAM, *SMALL], stdout=full, stderr=subprocess.PIPE, env=environment(), text=True, timeout=60
            )
        self.assertEqual(result.returncode, 1)
        self.assert_one_sentence(result.stderr)

    def test_device_is_written_and_stays(self):
        self.assertEqual(self.output(*SMALL, "-o", "/dev/null"), "")
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))
        self.assertEqual(self.output(*SMALL, "-f", "csv", "-o", "/dev/stdout"), self.output(*SMALL, "-f", "csv"))


class Streams(CliTest):
    def test_terminal_gets_colour_and_a_pipe_none(self):
        coloured = on_terminal(*SMALL)
        plain = self.output(*SMALL)
        self.assertIn("\x1b[1m", coloured)
        self.assertNotIn("\x1b", plain)
        for code in ["\x1b[1m", "\x1b[2m", "\x1b[0m"]:
            coloured = coloured.replace(code, "")
        self.assertEqual(coloured, plain)

    def test_no_color(self):
        self.assertEqual(on_terminal(*SMALL, env={"NO_COLOR": "1"}), self.output(*SMALL))
        self.assertIn("\x1b[", on_terminal(*SMALL, env={"NO_COLOR": ""}))  # no-color.org: empty is unset

    def test_machine_formats_have_no_colour_on_a_terminal(self):
        for name in ["csv", "json", "jsonl", "markdown"]:
            with self.subTest(name):
                self.assertNotIn("\x1b", on_terminal(*SMALL, "-f", name))

    def test_reader_that_stops_early(self):
        command = [PROGRAM, "sweep", "--alpha", "0.1:1:0.005"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment()) as process:
            process.stdout.readline()
        self.assertNotEqual(process.returncode, 0)


if __name__ == "__main__":
    unittest.main()
