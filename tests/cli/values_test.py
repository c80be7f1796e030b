"""Values that no option takes: empty, endless and unprintable ones, for every option that the help of a command lists."""

import os
import re
import unittest

from program import PREFIX, PROGRAM, SOURCE, CliTest, run

COMMANDS = re.findall(r"^  ([a-z-]+) {3,}", run("--help").stdout.split("ubcommands:")[1], re.MULTILINE)

# What a command does not do without, by the option or positional that it is for.
NEEDED = {
    "budget": {"FILE": "missing.json"},
    "report": {"logs": "missing.jsonl"},
    "compare": {"BASE": "base.json", "CONTENDER": "contender.json"},
    "export": {"--onnx": "missing/model.onnx"},
    "gate": {"--base": PROGRAM, "--head": PROGRAM},
}
STORED = SOURCE / "tests/golden/pick_input.json"
ENDLESS = "a" * 100_000
# As a path it lies below a device: no command can read, write or make it.
UNPRINTABLE = b"/dev/null/\xff\x1b[31m\xe2\x80\xae"


def described(command):
    """Options and positionals of a command that take a value, and what the help says of their type."""
    # The explanation stands beside the option or, for a long one, on the line below it.
    text = re.sub(r"\n {20,}", "  ", run(command, "--help-all").stdout)
    for line in text.splitlines():
        option = re.match(r"  (?:-\w,)?(--[\w-]+) (\S+)", line)
        positional = re.match(r"  (\w+) [A-Z|]+ .*\(required\)", line)
        if positional:
            yield positional[1], "POSITIONAL"
        elif option and re.fullmatch(r"[A-Z/|]+|[\w|-]+\|[\w|-]+", option[2]):
            yield option[1], option[2]


OPTIONS = [(command, name, kind) for command in COMMANDS for name, kind in described(command)]


def arguments(command, name, value):
    """A command line with that value of the option, and with what it needs beside it."""
    words = [command]
    for needed, other in {name: value, **{k: v for k, v in NEEDED.get(command, {}).items() if k != name}}.items():
        words += [needed, other] if needed.startswith("-") else [other]
    if (command, name) == ("compare", "CONTENDER"):
        words = [command, NEEDED[command]["BASE"], value]
    return words


# Commands that say the same: a number, and the number with a unit as this program prints it.
UNITS = [
    (["pick", "--max-macs", "100000000"], ["pick", "--max-macs", "100M"]),
    (["pick", "--max-macs", "1500000000"], ["pick", "--max-macs", "1.5 G"]),
    (["pick", "--max-params", "4200000"], ["pick", "--max-params", "4200k"]),
    (["pick", "--max-weight-kib", "2048"], ["pick", "--max-weight-kib", "2MiB"]),
    (["pick", "--max-peak-kib", "512"], ["pick", "--max-peak-kib", "512KiB"]),
    (["pick", "--max-peak-kib", "62.5"], ["pick", "--max-peak-kib", "64kB"]),
    (["pick", "--max-peak-kib", "1"], ["pick", "--max-peak-kib", "1024B"], 3),
    (["pick", "--min-top1", "0.591"], ["pick", "--min-top1", "59.1 %"]),
    (["pick", "--from", STORED, "--max-ms", "3"], ["pick", "--from", STORED, "--max-ms", "3000us"]),
    (["pick", "--from", STORED, "--max-ms", "3"], ["pick", "--from", STORED, "--max-ms", "0.003s"]),
    (["cost", "--classes", "2000"], ["cost", "--classes", "2k"]),
]


class Units(CliTest):
    def test_numbers_with_units(self):
        for plain, unit, *status in UNITS:
            with self.subTest(unit):
                found = [run(*words, "-f", "json") for words in (plain, unit)]
                self.assertEqual([one.returncode for one in found], 2 * (status or [found[0].returncode]))
                self.assertEqual(found[0].stdout, found[1].stdout)
                self.assertTrue(found[0].stdout)

    def test_seconds(self):
        for seconds in ["0.00001s", "10us"]:  # too short for anything
            self.assertIn("--max-seconds is 1e-05", run("bench", "--max-seconds", seconds, "--engine", "reference").stdout)
        self.assertIn("above 0, alone or with ns, us, ms, s, m, h", run("bench", "--max-seconds", "3x").stderr)

    def test_shares(self):
        base = self.write("a.json", self.output("-f", "json"))
        documents = [self.output("compare", base, base, "--threshold", one, "-f", "json") for one in ["0.05", "5%"]]
        self.assertEqual(documents[0], documents[1])


class Values(CliTest):
    def refused(self, words):
        """The one sentence of a command line that is not carried out."""
        result = run(*words, cwd=self.folder)
        self.assertEqual((result.returncode, result.stdout), (2, ""), result.stderr[:2000])
        self.assert_one_sentence(result.stderr)
        self.assert_folder_holds([])
        return result.stderr

    def test_the_help_was_understood(self):
        self.assertGreater(len(OPTIONS), 100)
        for option in [("bench", "--rounds", "N"), ("report", "logs", "POSITIONAL"), ("pick", "--max-ms", "MS"),
                       ("sweep", "--format", "table|markdown|csv|json|jsonl"), ("gate", "--head", "BIN")]:
            self.assertIn(option, OPTIONS)
        for command, names in NEEDED.items():
            self.assertLessEqual({(command, name) for name in names}, {(command, name) for command, name, _ in OPTIONS})

    def test_an_empty_value_is_not_a_missing_option(self):
        for command, name, kind in OPTIONS:
            with self.subTest(command=command, option=name):
                sentence = self.refused(arguments(command, name, ""))
                self.assertRegex(sentence, rf"^{PREFIX}{name}: expected \S.*, found an empty value$")
                if kind == "N":
                    self.assertEqual(sentence, f"{PREFIX}{name}: expected a number, found an empty value\n")
                if kind != "POSITIONAL":
                    words = arguments(command, name, "")
                    at = words.index(name)
                    self.assertEqual(self.refused([*words[:at], f"{name}=", *words[at + 2 :], "next"]), sentence)

    def test_an_empty_value_in_a_list(self):
        for command, name, kind in OPTIONS:
            for value in ["0.5,,1", ",1", "1,"] if kind == "LIST" or name == "--model" else []:
                with self.subTest(command=command, option=name, value=value):
                    self.assertEqual(
                        self.refused(arguments(command, name, value)),
                        f'{PREFIX}{name}: expected a value between commas, found none in "{value}"\n',
                    )

    def test_an_endless_value_is_shortened(self):
        for command, name, _ in OPTIONS:
            with self.subTest(command=command, option=name):
                sentence = self.refused(arguments(command, name, ENDLESS))
                self.assertNotIn("a" * 301, sentence)

    def test_bytes_that_are_no_text_are_escaped(self):
        for command, name, _ in OPTIONS:
            with self.subTest(command=command, option=name):
                self.refused(arguments(command, name, UNPRINTABLE))

    def test_words_that_are_no_option(self):
        for word in [ENDLESS, UNPRINTABLE, "--" + ENDLESS, b"--" + UNPRINTABLE]:
            for words in [[word], *([command, word] for command in COMMANDS)]:
                with self.subTest(str(words)[:40]):
                    self.refused(words)

    def test_escapes(self):
        escaped = r"\xff\x1b[31m\u202e"
        self.assert_refused(run("--format", UNPRINTABLE[-9:]), rf'--format: unknown format "{escaped}" (known: table, markdown, csv, json, jsonl)')
        self.assert_refused(run("--classes", UNPRINTABLE[-9:]), rf'--classes: expected a number above 0, alone or with k, M, G, T, found "{escaped}"')
        self.assert_refused(run("--classes", "é" * 100), f'--classes: expected a number above 0, alone or with k, M, G, T, found "{"é" * 80}..."')


if __name__ == "__main__":
    unittest.main()
