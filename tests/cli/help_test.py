"""Help and version."""

import re
import unittest

from program import SOURCE, CliTest, run

COMMANDS = ["cost", "bench", "sweep", "pick", "report", "compare", "gate", "self-test", "budget", "export", "machine", "models", "engines", "conventions"]
MOST_LINES = 24
MOST_COLUMNS = 80


class Help(CliTest):
    def test_fits_a_screen(self):
        for command in [[], *([name] for name in COMMANDS)]:
            with self.subTest(command):
                lines = self.output(*command, "--help").splitlines()
                self.assertLessEqual(len(lines), MOST_LINES)
                self.assertLessEqual(max(map(len, lines)), MOST_COLUMNS)
                for same in [[*command, "-h"], ["help", *command], ["--help", *command]]:
                    self.assertEqual(lines, self.output(*same).splitlines())

    def test_all_options_fit_the_width(self):
        for name in COMMANDS:
            with self.subTest(name):
                few, all_lines = (self.output(name, flag).splitlines() for flag in ["--help", "--help-all"])
                self.assertLessEqual(max(map(len, all_lines)), MOST_COLUMNS)
                self.assertLessEqual({line for line in few if line.startswith("  -")}, set(all_lines))
                told = "--help-all lists every option." in few
                self.assertEqual(told, len(few) < len(all_lines))

    def test_examples_have_options_of_their_command(self):
        for name in COMMANDS:
            with self.subTest(name):
                text = self.output(name, "--help-all")
                examples = re.findall(r"^  mobilenet-cost (\S+)(.*)", text, re.MULTILINE)
                self.assertEqual([command for command, _ in examples], [name, name])
                for _, arguments in examples:
                    for option in re.findall(r"(?<= )--?[a-z][a-z-]*", arguments):
                        self.assertRegex(text, rf"(?m)^  (-\w,)?(\S*,)?{option}\b|^  {option},")

    def test_examples_that_only_count_run(self):
        for name in ["cost", "conventions", "models"]:
            for line in re.findall(r"^  mobilenet-cost (.*)", self.output(name, "--help"), re.MULTILINE):
                self.output(*line.split())

    def test_lists_every_command(self):
        text = self.output("--help")
        self.assertEqual(re.findall(r"^  ([a-z-]+) {3,}", re.split("subcommands:", text, flags=re.IGNORECASE)[1], re.MULTILINE), COMMANDS)

    def test_every_option_is_explained(self):
        for command in COMMANDS:
            with self.subTest(command):
                # The explanation stands beside the option or, for a long one, on the line below it.
                text = re.sub(r"\n {20,}", "  ", self.output(command, "--help-all"))
                options = [line for line in text.splitlines() if line.startswith("  -")]
                self.assertTrue(options)
                for line in options:
                    self.assertRegex(line, r"^  -\S.*?  +\S+ \S+")

    def test_defaults_to_cost(self):
        self.assertEqual(self.output("--alpha", "0.5", "--help"), self.output("cost", "--help"))

    def test_of_a_command_for_other_programs(self):
        self.assertIn("Usage: mobilenet-cost worker", self.output("worker", "--help"))

    def test_the_defaults_of_self_test_are_its_own(self):
        text = re.sub(r"\n {20,}", " ", self.output("self-test", "--help-all"))
        for option, default in [("--max-seconds", "90"), ("--rounds", "at most 1000"), ("--alpha", "0.25, 0.5"),
                                ("--res", "128")]:
            self.assertRegex(text, rf"(?m)^  (-\w,)?{option} .*\[{re.escape(default)}\]")

    def test_version(self):
        [project] = re.findall(r"^ {4}VERSION (\S+)$", (SOURCE / "CMakeLists.txt").read_text(), re.MULTILINE)
        for same in [["version"], ["-V"], ["-v"]]:
            self.assertEqual(self.output(*same), self.output("--version"))
        self.assertEqual(self.output("--version").splitlines()[0], f"mobilenet-cost {project}")

    def test_help_runs_nothing(self):
        self.output("--model", "no_such_model", "--help")
        self.assertEqual(run("budget", "--help").returncode, 0)

    def test_of_an_unknown_command(self):
        self.assert_refused(run("help", "swep"), 'unknown command "swep" (did you mean "sweep"?)')


if __name__ == "__main__":
    unittest.main()
