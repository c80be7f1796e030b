"""What a terminal gets beside the text: bars where there is room, in characters that it knows; nothing with --plain."""

import re
import unittest

from program import SMALL, SOURCE, CliTest, on_terminal, run

UTF8 = {"LC_ALL": "C.UTF-8"}
NO_LOCALE = {"LC_ALL": "C"}
BLOCKS = re.compile("[█▏▎▍▌▋▊▉]")


def without_colour(text):
    return re.sub("\x1b\\[[0-9;]*m", "", text)


def layer_lines(text):
    """The lines of the table of layers."""
    lines = without_colour(text).splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("layer "))
    return lines[first : lines.index("", first)]


class Bars(CliTest):
    def test_blocks_in_a_wide_terminal(self):
        text = on_terminal(*SMALL, columns=180, env=UTF8)
        self.assertRegex(text, BLOCKS)
        self.assertLessEqual(max(map(len, layer_lines(text))), 180)
        self.assertNotIn("#", text)
        # The stem has a share of MACs; Logits the largest share of parameters, so the longest bar.
        [logits] = [line for line in layer_lines(text) if line.startswith("Logits")]
        [stem] = [line for line in layer_lines(text) if line.startswith("Conv2d_0 ")]
        shares = re.findall(r"([\d.]+) % (█*)", logits)
        self.assertEqual(len(shares), 3)
        self.assertGreater(len(shares[1][1]), len(re.findall(r"([\d.]+) % (█*)", stem)[1][1]))

    def test_ascii_where_the_locale_is_not_utf_8(self):
        text = on_terminal(*SMALL, columns=180, env=NO_LOCALE)
        self.assertRegex(text, r"\d % #+")
        self.assertNotRegex(text, BLOCKS)

    def test_columns_wins_over_the_terminal(self):
        narrow = on_terminal(*SMALL, columns=180, env={**UTF8, "COLUMNS": "80"})
        self.assertLessEqual(max(map(len, layer_lines(narrow))), 80)
        self.assertNotRegex(on_terminal(*SMALL, "--wide", columns=180, env={**UTF8, "COLUMNS": "80"}), BLOCKS)
        self.assertRegex(on_terminal(*SMALL, columns=80, env={**UTF8, "COLUMNS": "180"}), BLOCKS)
        for wrong in ["wide", "", "-5"]:
            self.assertRegex(on_terminal(*SMALL, columns=180, env={**UTF8, "COLUMNS": wrong}), BLOCKS)

    def test_bars_never_break_a_line(self):
        plain = self.output(*SMALL)
        width = max(map(len, layer_lines(plain)))
        for columns in [0, 40, width, width + 10, width + 14, width + 15, width + 16, width + 40, 300]:
            with self.subTest(columns):
                text = on_terminal(*SMALL, "--wide", columns=columns, env=UTF8)
                self.assertLessEqual(max(map(len, layer_lines(text))), max(width, columns))
                self.assertEqual(bool(BLOCKS.search(text)), columns >= width + 15)
        # Whatever is drawn, the figures are the same.
        drawn = without_colour(BLOCKS.sub("", on_terminal(*SMALL, columns=300, env=UTF8)))
        self.assertEqual(drawn.split(), plain.split())

    def test_nothing_is_drawn_into_pipes_and_machine_formats(self):
        env = {**UTF8, "COLUMNS": "200"}
        self.assertNotRegex(self.output(*SMALL, env=env), BLOCKS)
        for name in ["markdown", "csv", "json", "jsonl"]:
            self.assertNotRegex(on_terminal(*SMALL, "-f", name, columns=200, env=UTF8), BLOCKS)

    def test_no_color_is_about_colour(self):
        text = on_terminal(*SMALL, columns=180, env={**UTF8, "NO_COLOR": "1"})
        self.assertRegex(text, BLOCKS)
        self.assertNotIn("\x1b", text)


class Width(CliTest):
    COMMANDS = [
        ["cost"],
        ["cost", "--model", "mobilenet_v4_conv_small"],
        ["cost", "--alpha", "0.25,0.5,1", "--res", "160,224"],
        ["cost", "--explain", "Conv2d_1_pointwise"],
        ["sweep", "--alpha", "0.25,0.5", "--res", "32,64"],
        ["conventions"],
        ["models"],
        ["engines"],
        ["cost", "--model", "all"],
        ["cost", "--model", "mobilenet_v4_conv_large"],
        ["sweep", "--model", "all"],
        ["pick", "--max-macs", "1e8"],
        ["pick", "--from", SOURCE / "tests/golden/pick_input.json", "--max-ms", "6", "--all"],
    ]
    MEASURED = [["machine", "--rounds", "1"], ["bench", *SMALL, "--engine", "reference", "--rounds", "1"]]

    def check(self, command, columns):
        with self.subTest(command, columns=columns):
            text = without_colour(on_terminal(*command, columns=columns, env=UTF8))
            self.assertEqual([line for line in text.splitlines() if len(line) > columns], [])

    def test_every_line_fits(self):
        for command in self.COMMANDS:
            for columns in [80, 100, 200]:
                self.check(command, columns)

    def test_every_line_of_a_measurement_fits(self):
        for command in self.MEASURED:
            self.check(command, 80)

    def test_what_is_left_out_is_named(self):
        narrow, whole = on_terminal(*SMALL, columns=80), on_terminal(*SMALL, "--wide", columns=80)
        self.assertEqual(without_colour(whole), self.output(*SMALL))
        self.assertIn("(--wide shows all).", narrow)
        [heading] = [line for line in self.output(*SMALL).splitlines() if line.startswith("layer ")]
        for title in heading.split():
            self.assertIn(title, narrow)

    def test_a_file_has_every_column(self):
        path = self.folder / "cost.txt"
        on_terminal(*SMALL, "-o", path, columns=80)
        self.assertEqual(path.read_text(), self.output(*SMALL))


class Plain(CliTest):
    COMMANDS = [
        ["cost", *SMALL],
        ["cost", "--alpha", "0.25,0.5", "--res", "32"],
        ["sweep", "--alpha", "0.25,0.5", "--res", "32,64"],
        ["conventions", *SMALL],
        ["models"],
        ["engines"],
        ["pick", "--max-macs", "1e8"],
        ["pick", "--from", SOURCE / "tests/golden/pick_input.json"],
    ]

    def test_ascii_without_colour_or_bars(self):
        for command in self.COMMANDS:
            with self.subTest(command):
                text = on_terminal(*command, "--plain", columns=250, env=UTF8)
                self.assertTrue(text.isascii())
                self.assertNotIn("\x1b", text)
                self.assertEqual(text, self.output(*command, "--plain"))

    def test_the_same_table_in_other_characters(self):
        plain, whole = self.output(*SMALL, "--plain"), self.output(*SMALL)
        self.assertFalse(whole.isascii())
        self.assertIn("Co/(1+1/K^2)", plain)
        self.assertEqual(whole.replace("²", "^2").split(), plain.split())

    def test_markdown_too_and_machine_formats_as_ever(self):
        self.assertTrue(self.output(*SMALL, "--plain", "-f", "markdown").isascii())
        for name in ["csv", "json", "jsonl"]:
            self.assertEqual(self.output(*SMALL, "--plain", "-f", name), self.output(*SMALL, "-f", name))

    def test_a_model_of_another_script(self):
        model = (SOURCE / "configs/mobilenet_v1.json").read_text().replace('"mobilenet_v1"', '"réseau"')
        path = self.write("model.json", model)
        self.assertIn("réseau", run("--model", path, *SMALL).stdout)
        self.assertIn("r?seau", run("--model", path, *SMALL, "--plain").stdout)


if __name__ == "__main__":
    unittest.main()
