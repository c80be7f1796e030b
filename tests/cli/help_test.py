"""Help and version."""

import re
import unittest

from program import SOURCE, CliTest, run

COMMANDS = ["cost", "bench", "sweep", "pick", "report", "compare", "gate", "self-test", "budget", "export", "machine", "models", "engines", "conventions"]
MOST_LINES = 44
MOST_COLUMNS = 100


class Help(CliTest):
    def test_fits_a_screen(self):
        for command in [[], *([name] for name in COMMANDS)]:
            with self.subTest(command):
                lines = self.output(*command, "--help").splitlines()
                self.assertLessEqual(len(lines), MOST_LINES)
                self.assertLessEqual(max(map(len, lines)), MOST_COLUMNS)
                self.assertEqual(lines, self.output(*command, "-h").splitlines())

    def test_lists_every_command(self):
        text = self.output("--help")
        self.assertEqual(re.findall(r"^  ([a-z-]+) {3,}", re.split("subcommands:", text, flags=re.IGNORECASE)[1], re.MULTILINE), COMMANDS)

    def test_every_option_is_explained(self):
        for command in COMMANDS:
            with self.subTest(command):
                # The explanation stands beside the option or, for a long one, on the line below it.
                text = re.sub(r"\n {20,}", "  ", self.output(command, "--help"))
                options = [line for line in text.splitlines() if line.startswith("  -")]
                self.assertTrue(options)
                for line in options:
                    self.assertRegex(line, r"^  -\S.*?  +\S+ \S+")

    def test_defaults_to_cost(self):
        self.assertEqual(self.output("--alpha", "0.5", "--help"), self.output("cost", "--help"))

    def test_version(self):
        [project] = re.findall(r"^ {4}VERSION (\S+)$", (SOURCE / "CMakeLists.txt").read_text(), re.MULTILINE)
        self.assertEqual(self.output("--version").splitlines()[0], f"mobilenet-cost {project}")

    def test_help_runs_nothing(self):
        self.output("--model", "no_such_model", "--help")
        self.assertEqual(run("budget", "--help").returncode, 0)


if __name__ == "__main__":
    unittest.main()
