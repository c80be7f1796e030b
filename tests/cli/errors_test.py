"""Wrong arguments: exit 2, nothing on stdout, one sentence that says where, what was expected and what was found."""

import os
import unittest

from program import CliTest, run

OPTIONS = (
    "--help, --help-all, --model, --alpha, --res, --beta, --classes, --channels, --output-stride, --depth-multiplier, "
    "--make-separable, --no-top, --batch, --alpha-scope, --dtype, --input, --allow-unknown, --convention, --show, --explain, --runtime, --memory-map, --format, --output, --plain, --wide"
)
COMMANDS = "cost, bench, sweep, pick, report, compare, gate, self-test, budget, export, machine, models, engines, conventions"

MODELS = (
    "mobilenet_v1, mobilenet_v2, mobilenet_v3_large, mobilenet_v3_large_minimalistic, mobilenet_v3_small, "
    "mobilenet_v3_small_minimalistic, mobilenet_v4_conv_large, mobilenet_v4_conv_medium, mobilenet_v4_conv_small"
)
EACH_V3 = '"mobilenet_v3_large", "mobilenet_v3_large_minimalistic", "mobilenet_v3_small" or "mobilenet_v3_small_minimalistic"'

# What a command does not do without.
NEEDED = {
    "budget": ["budget.json"],
    "report": ["run.jsonl"],
    "compare": ["base.json", "contender.json"],
    "export": ["--onnx", "model.onnx"],
}

# Arguments, and the whole sentence.
WRONG = [
    (["--alhpa", "1"], 'unknown option "--alhpa" (did you mean "--alpha"?)'),
    (["--input-channels", "1"], 'unknown option "--input-channels" (did you mean "--channels"?)'),
    (["--alhpa=1"], 'unknown option "--alhpa" (did you mean "--alpha"?)'),
    (["sweep", "--ress", "1"], 'unknown option "--ress" (did you mean "--res"?)'),
    (["models", "--fromat", "csv"], 'unknown option "--fromat" (did you mean "--format"?)'),
    (["--zzzzzzzz"], f'unknown option "--zzzzzzzz" (known: {OPTIONS})'),
    (["costt"], 'unknown command "costt" (did you mean "cost"?)'),
    (["swep", "--alpha", "1"], 'unknown command "swep" (did you mean "sweep"?)'),
    (["zzzzzzzz"], f'unknown command "zzzzzzzz" (known: {COMMANDS})'),
    ([""], f'unknown command "" (known: {COMMANDS})'),
    (["cost", "models"], 'expected an option, found "models"'),
    (["cost", "stray"], 'expected an option, found "stray"'),
    (["--model", "mobilenet_v9"], f'--model: unknown model "mobilenet_v9" (known: {MODELS})'),
    (["--model", "mobilenet_v3"], f'--model: unknown model "mobilenet_v3" (did you mean {EACH_V3}?)'),
    (["--model", "v2"], '--model: unknown model "v2" (did you mean "mobilenet_v2"?)'),
    (["--model", "MobileNetV2"], '--model: unknown model "MobileNetV2" (did you mean "mobilenet_v2"?)'),
    (["--model", "mobilenet_v5*"], f'--model: unknown model "mobilenet_v5*" (known: {MODELS})'),
    (["--model", "mobilenetv3*"], f'--model: unknown model "mobilenetv3*" (did you mean {EACH_V3}?)'),
    (["--model", "mobilnet_v3_small"], '--model: unknown model "mobilnet_v3_small" (did you mean "mobilenet_v3_small"?)'),
    (["--format", "jsno"], '--format: unknown format "jsno" (did you mean "json"?)'),
    (["--format", "yaml"], '--format: unknown format "yaml" (known: table, markdown, csv, json, jsonl)'),
    (["machine", "--rounds", "0"], '--rounds: expected a number above 0, alone or with k, M, G, T, found "0"'),
    (["machine", "--refresh", "--format", "xml"], '--format: unknown format "xml" (known: table, markdown, csv, json, jsonl)'),
    (["models", "--format", "cvs"], '--format: unknown format "cvs" (did you mean "csv"?)'),
    (["--convention", "papr"], '--convention: unknown convention "papr" (did you mean "paper"?)'),
    (["sweep", "--convention", "fvcor"], '--convention: unknown convention "fvcor" (did you mean "fvcore"?)'),
    (["--explain", "Conv2d_3_pointwize"], 'mobilenet_v1: unknown layer or block "Conv2d_3_pointwize" (did you mean "Conv2d_3_pointwise"?)'),
    (["--show", "layer"], '--show: unknown part "layer" (did you mean "layers"?)'),
    (["--dtype", "f64"], '--dtype: unknown data type "f64" (known: f32, f16, i8, w8a32, w16a32)'),
    (["--alpha-scope", "iner"], '--alpha-scope: unknown scope "iner" (did you mean "inner"?)'),
    (["--explain", "Logits", "--show", "all"], "--explain: expected without --show, found both"),
    (["--format", "latex"], '--format latex: needs --explain'),
    (["--alpha", "0"], '--alpha: expected a number above 0, found "0"'),
    (["--alpha", "-1"], '--alpha: expected a number above 0, found "-1"'),
    (["--alpha", "nan"], '--alpha: expected a number above 0, found "nan"'),
    (["--alpha", "inf"], '--alpha: expected a number above 0, found "inf"'),
    (["--alpha", ""], "--alpha: expected a list, found an empty value"),
    (["--classes", ""], "--classes: expected a number, found an empty value"),
    (["--alpha", "half"], '--alpha: expected a number above 0, found "half"'),
    (["--alpha", "0.5x"], '--alpha: expected a number above 0, found "0.5x"'),
    (["--alpha", "1e9"], "alpha: expected a width multiplier above 0 and up to 1000, found 1e+09"),
    (["--alpha", "0.5,,1"], '--alpha: expected a value between commas, found none in "0.5,,1"'),
    (["--alpha", "1:2"], '--alpha: expected a number or FIRST:LAST:STEP, found "1:2"'),
    (["--alpha", "1:2:0"], '--alpha: expected a number above 0, found "0"'),
    (["--alpha", "1:0.5:0.1"], '--alpha: expected FIRST:LAST:STEP with FIRST <= LAST, found "1:0.5:0.1"'),
    (["--alpha", "1:2:1e-9"], "--alpha: expected at most 1000000 values, found a range of 1e+09"),
    (["--alpha", "0.001:1:0.001", "--res", "1:2000:1"], "expected at most 1000000 variants, found 1000 x 2000"),
    (["--res", "0"], '--res: expected a number above 0, found "0"'),
    (["--res", "160.5"], "--res: expected a whole number, found 160.5"),
    (["--res", "1e9"], "resolution: expected a whole number from 1 to 1000000, found 1000000000"),
    (["--beta", "0"], '--beta: expected a number above 0, found "0"'),
    (["--beta", "1e9"], "beta: expected a resolution multiplier above 0, found 1e+09"),
    (["--classes", "0"], '--classes: expected a number above 0, alone or with k, M, G, T, found "0"'),
    (["--classes", "10,20"], '--classes: expected a number above 0, alone or with k, M, G, T, found "10,20"'),
    (["--classes", "1e9"], "classes: expected a whole number from 1 to 100000000, found 1000000000"),
    (["--res", "160", "--beta", "0.5"], "--res: expected without --beta, found both"),
    (["--alpha"], "--alpha: expected a list, found nothing"),
    (["--model"], "--model: expected a model, found nothing"),
    (["--format"], "--format: expected table|markdown|csv|json|jsonl|latex, found nothing"),
    (["--format", "csv", "--format", "json"], "--format: expected one value, found 2"),
    (["budget"], "FILE: expected a file, found nothing"),
    (["budget", "one.json", "two.json"], 'expected an option, found "two.json"'),
    (["--batch", "0.5"], "--batch: expected a whole number, found 0.5"),
    (["--batch", "1000001"], "batch: expected a whole number from 1 to 1000000, found 1000001"),
    (
        ["--alpha", "1000", "--res", "1000000", "--batch", "1000000"],
        "a count exceeds the 64-bit range (2^63 - 1)",
    ),
]

class Errors(CliTest):
    def test_sentences(self):
        for arguments, text in WRONG:
            with self.subTest(arguments):
                self.assert_refused(run(*arguments), text)

    def test_every_command_refuses_an_unknown_option(self):
        for command in COMMANDS.split(", "):
            with self.subTest(command):
                result = run(command, *NEEDED.get(command, []), "--no-such-option")
                self.assert_refused(result)
                self.assertIn('unknown option "--no-such-option"', result.stderr)

    def test_names_are_echoed_short_and_printable(self):
        for name in ["a" * 5000, "\x1b[31mred", "two\nlines"]:
            with self.subTest(name[:20]):
                self.assert_refused(run("--model", name))

    def test_a_long_list_of_names_is_cut(self):
        result = run("--model", "mobilenet_v3_large", "--explain", "zzzzzzzz")
        self.assert_refused(result)
        self.assertRegex(result.stderr, r'unknown layer or block "zzzzzzzz" \(known: Conv, .* and \d+ more\)$')

    def test_nothing_is_written_for_a_wrong_argument(self):
        path = self.write("kept.json", "kept")
        for arguments, _ in WRONG:
            if arguments[0].startswith("-"):
                with self.subTest(arguments):
                    self.assert_refused(run(*arguments, "--output", path))
                    self.assertEqual(path.read_text(), "kept")
        self.assert_folder_holds(["kept.json"])

    def test_bundled_configs_are_missing(self):
        result = run("models", env={"MOBILENET_COST_CONFIG_DIR": self.folder})
        self.assert_refused(result)
        self.assertIn(os.fspath(self.folder), result.stderr)
        self.assertIn("MOBILENET_COST_CONFIG_DIR", result.stderr)


if __name__ == "__main__":
    unittest.main()
