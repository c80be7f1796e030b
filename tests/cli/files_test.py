"""Model files: what can be wrong with a path, a file and its content."""

import json
import os
import re
import shutil
import threading
import unittest

from program import SOURCE, CliTest, run

MODEL = {
    "schema": "mobilenet-cost.model.v1",
    "name": "tiny",
    "resolution": 32,
    "rounding": {"rule": "truncate", "minimum": 8},
    "blocks": [
        {"kind": "conv", "name": "stem", "channels": 16, "kernel": 3, "stride": 2},
        {"kind": "depthwise_separable", "name": "body", "channels": 32, "kernel": 3},
        {"kind": "pool", "name": "pool"},
        {"kind": "classifier", "name": "logits"},
    ],
}


def changed(change):
    """MODEL as text after a change of a copy."""
    model = json.loads(json.dumps(MODEL))
    change(model)
    return json.dumps(model)


def chain(*blocks):
    """The first block of MODEL and these."""
    return changed(lambda m: m.update(blocks=[m["blocks"][0], *blocks]))


def defined(part, arguments):
    """A kind of block made of one part, and a block of it behind the first of MODEL."""
    model = json.loads(chain({"kind": "own", "name": "own", **arguments}))
    model["define"] = {"own": {"parameters": {"kernel": None}, "blocks": [part]}}
    return json.dumps(model)


# File content, and the sentence after the path.
WRONG = [
    ("", "line 1, column 1: expected valid JSON, found "),
    (json.dumps(MODEL)[:200], "expected valid JSON, found "),
    (json.dumps(MODEL) + "{}", "expected valid JSON, found "),
    (b'{"name": "\xff\xfe"}', "expected valid JSON, found "),
    ("[" * 100, "expected JSON nested at most 32 deep"),
    ("[]", "expected an object, found an array of 0"),
    ('{"name": "a", "name": "b"}', 'expected each key once, found "name" twice in one object'),
    (changed(lambda m: m.pop("name")), 'expected a key "name", found none'),
    (changed(lambda m: m.update(nmae="x")), 'unknown key "nmae" (did you mean "name"?)'),
    (changed(lambda m: m.update(schema="x")), '/schema: expected "mobilenet-cost.model.v1", found "x"'),
    (changed(lambda m: m.update(resolution="32")), '/resolution: expected a whole number from 1 to 1000000, found "32"'),
    (changed(lambda m: m.update(resolution=1e300)), "/resolution: expected a whole number from 1 to 1000000, found 1e+300"),
    (changed(lambda m: m.update(blocks=[])), "/blocks: expected an array of 1 to 4096 values, found an array of 0"),
    (changed(lambda m: m.update(blocks=m["blocks"][2:3])), "/blocks: expected a block with a convolution, found none"),
    (changed(lambda m: m["blocks"][0].update(kernal=3)), '/blocks/0: unknown key "kernal" (did you mean "kernel"?)'),
    (changed(lambda m: m["blocks"][0].update(stride=-2)), "/blocks/0/stride: expected a whole number from 1 to 16, found -2"),
    (changed(lambda m: m["blocks"][0].update(channels=2**64)), "/blocks/0/channels: expected a whole number from 1 to 1048576"),
    (changed(lambda m: m["blocks"][1].update(kind="depthwize")), '/blocks/1: unknown kind "depthwize" (did you mean "depthwise"?)'),
    (changed(lambda m: m["blocks"][1].update(name="stem")), '/blocks/1/name: expected a name no other block has, found "stem"'),
    (changed(lambda m: m.update(name="\x1b]0;t\x07")), '/name: expected a name without control characters, found "\\u001b]0;t\\u0007"'),
    (changed(lambda m: m["blocks"][0].update(name="two\nlines")), "/blocks/0/name: expected a name without control characters"),
    (changed(lambda m: m["blocks"][0].update(name="\x9b31m")), "/blocks/0/name: expected a name without control characters"),
    (chain({"kind": "add", "name": "a", "inputs": ["stem"]}), '/blocks/1/inputs: add reads 2 to 1000 blocks, named in "inputs", found 1'),
    (chain({"kind": "add", "name": "a"}), '/blocks/1: add reads 2 to 1000 blocks, named in "inputs", found 1'),
    (chain({"kind": "add", "name": "a", "inputs": ["stem", "stm"]}), '/blocks/1/inputs/1: unknown block "stm" (did you mean "stem"?)'),
    (chain({"kind": "add", "name": "a", "inputs": ["stem", 3]}), "/blocks/1/inputs/1: expected a block's name, found 3"),
    (chain({"kind": "add", "name": "a", "inputs": ["stem", "b"]}, {"kind": "depthwise", "name": "b", "kernel": 3}),
     '/blocks/1/inputs/1: expected an earlier block, found "b": blocks are listed in the order in which they run'),
    (chain({"kind": "add", "name": "a", "inputs": ["stem", "a"]}), '/blocks/1/inputs/1: expected an earlier block, found "a"'),
    (chain({"kind": "depthwise", "name": "a", "kernel": 3, "inputs": "input"}),
     '/blocks/0: nothing reads block "stem": expected a later block that does, or "tap": true'),
    (chain({"kind": "depthwise", "name": "a", "kernel": 3, "inputs": ["stem", "stem"]}), "/blocks/1/inputs: depthwise reads one block, found 2"),
    (chain({"kind": "resize", "name": "a"}), '/blocks/1: expected "like", the block whose size it takes, or "factor"'),
    (chain({"kind": "conv", "name": "a", "kernel": 1, "channels": "in *"}),
     '/blocks/1/channels: expected a number, in, classes, alpha or a function in the formula "in *", found its end'),
    (chain({"kind": "conv", "name": "a", "kernel": 1, "channels": "ceil(in"}),
     '/blocks/1/channels: expected ")" in the formula "ceil(in", found its end'),
    (chain({"kind": "classifier", "name": "a"}, {"kind": "classifier", "name": "b"}),
     "/blocks/2/kind: expected one classifier, found a second one that reads the first"),
    (changed(lambda m: m.update(define={"pool": {"blocks": [{}]}})), "/define/pool: expected a name that no kind of block has"),
    (defined({"kind": "conv", "name": "a", "kernel": "$kernal", "channels": 8}, {"kernel": 3}),
     '/define/own/blocks/0: unknown parameter "kernal" (did you mean "kernel"?)'),
    (defined({"kind": "conv", "name": "a", "kernel": "$kernel", "channels": 8}, {}), '/blocks/1: expected a key "kernel", found none'),
    (defined({"kind": "conv", "name": "a", "kernel": "$kernel", "channels": 8}, {"kernel": 3, "stride": 2}), '/blocks/1: unknown key "stride"'),
    (defined({"kind": "conv", "name": "a", "kernel": "$kernel", "channels": 8}, {"kernel": 0}),
     "/define/own/blocks/0/kernel: expected a whole number from 1 to 255, found 0"),
    (defined({"kind": "own", "name": "a", "kernel": 1}, {"kernel": 0}), "/kind: expected at most 8 definitions in each other"),
    (defined({"kind": "conv", "name": "a", "kernel": 3, "channels": 8, "repeat": 0}, {"kernel": 0}), "/blocks/1: expected a block, found one without parts"),
    (defined({"kind": "conv", "name": "a" * 1001, "kernel": "$kernel", "channels": 8}, {"kernel": 3}),
     "/define/own/blocks/0: expected texts of at most 1000 characters, found 1001"),
    (defined({"kind": "conv", "name": "a", "kernel": "$kernel", "channels": 8}, {"kernel": "a" * 1001}),
     "/blocks/1/kernel: expected a number, a text of at most 1000 characters, true, false or a short list of them, found "),
    (chain({"kind": "activation", "name": "a" * 100000, "repeat": 4095}),
     "expected names and parts of definitions of at most 32 MiB when written out"),
    (defined({"kind": "conv", "name": "a", "kernel": "$kernel", "channels": 8, "repeat": 0}, {"kernel": 3, "repeat": 4095}), "/blocks/1: "),
    (changed(lambda m: m.update(define={"own": {"parameters": {"repeat": 1}, "blocks": [{}]}},
                                blocks=[{"kind": "own", "name": "own"}])),
     "/define/own/parameters/repeat: expected a name that no key of every block has"),
    (chain({"kind": "conv", "name": "input", "channels": 8, "kernel": 1}, {"kind": "depthwise", "name": "b", "kernel": 3},
           {"kind": "add", "name": "c", "inputs": ["b", "input"]}),
     '/blocks/3/inputs/1: expected a name with one meaning, found "input": a block has it, too'),
    (chain({"kind": "depthwise", "name": "s_1", "kernel": 3}, {"kind": "add", "name": "s", "inputs": ["stem", "s_1", "stem"]}),
     "/blocks/2/name: expected a name no other block has"),
    (chain({"kind": "squeeze_excite", "name": "a", "ratio": 0.5, "channels": 4}), "/blocks/1/channels: expected ratio or channels, not both"),
    (chain({"kind": "conv", "name": "a", "kernel": 1, "channels": "in * 2", "scale": "never"}), "/blocks/1/scale: expected none beside a formula"),
    (changed(lambda m: m["blocks"][1].update(repeat=5000)), "/blocks/1/repeat: expected a whole number from 0 to 4096, found 5000"),
    (changed(lambda m: m["rounding"].update(minimum=0)), "/rounding/minimum: expected a whole number from 1 to 1048576, found 0"),
    (chain({"kind": "conv", "name": "a", "kernel": [1, 2, 3], "channels": 8}),
     "/blocks/1/kernel: expected a number or [height, width], found an array of 3"),
    (chain({"kind": "conv", "name": "a", "kernel": [1, 0], "channels": 8}),
     "/blocks/1/kernel/1: expected a whole number from 1 to 255, found 0"),
    (chain({"kind": "conv", "name": "a", "kernel": 1, "channels": 8, "padding": [1, 1]}),
     "/blocks/1/padding: expected [top, bottom, left, right], found an array of 2"),
    (chain({"kind": "conv", "name": "a", "kernel": 1, "channels": 8, "slope": 0.1}),
     "/blocks/1/slope: expected none: it belongs to the activation leaky_relu, found 0.1"),
    (chain({"kind": "pad", "name": "a", "channels": 4}), "/blocks/1/channels: expected [before, behind], found 4"),
    (chain({"kind": "resize", "name": "a", "factor": 2, "height": 7}),
     'expected "like", the block whose size it takes, or "factor", or "height" and "width"'),
    (chain({"kind": "matmul", "name": "a", "inputs": ["stem", "stem"]}),
     'expected "like", the block whose height and width the product takes, or "transposed": true'),
    (chain({"kind": "matmul", "name": "a", "transposed": True, "inputs": "stem"}),
     '/blocks/1/inputs: matmul reads two blocks, named in "inputs", found 1'),
    (chain({"kind": "unknown", "name": "a", "op": "LSTM"}), 'expected a key "height", found none'),
]

# What a file says that no network can be.
IMPOSSIBLE = [
    (chain({"kind": "add", "name": "a", "inputs": ["stem", "input"]}),
     'block "a" (/blocks/1): expected two maps of one shape to add, found 16x16x16 and 32x32x3'),
    (chain({"kind": "concat", "name": "a", "inputs": ["stem", "input"]}),
     'block "a" (/blocks/1): expected maps of one height and width to join, found 16x16x16 and 32x32x3'),
    (chain({"kind": "conv", "name": "a", "kernel": 1, "channels": "in / 3"}),
     'block "a" (/blocks/1): expected a whole number from 1 to 268435455 as the value of "in / 3", found 5.333333333'),
    (chain({"kind": "slice", "name": "a", "channels": 17}), 'block "a" (/blocks/1): expected channels among 0 to 15, found 0 to 16'),
    (chain({"kind": "channel_shuffle", "name": "a", "groups": 3}), 'block "a" (/blocks/1): expected a multiple of 3 channels, found 16'),
    (chain({"kind": "conv", "name": "a", "kernel": 1, "channels": 10, "groups": 4}), 'block "a" (/blocks/1): expected inputs and outputs in 4 groups'),
    (chain({"kind": "max_pool", "name": "a", "kernel": 20, "padding": "valid"}), 'block "a" (/blocks/1): a 20x20 window does not fit a map of 16x16'),
    (chain({"kind": "conv", "name": "a", "kernel": [1, 20], "channels": 8, "padding": "valid"}),
     'block "a" (/blocks/1): a 1x20 kernel does not fit a map of 16x16'),
    (chain({"kind": "average_pool", "name": "a", "kernel": [2, 3], "padding": [0, 0, 3, 0]}),
     "expected a padding below the kernel's 2x3, found 0 0 3 0"),
    (chain({"kind": "transposed_conv", "name": "a", "kernel": 2, "channels": 8, "padding": [9, 9, 0, 0]}),
     "expected a map of 1x1 to 1000000x1000000, found -1x17"),
    (chain({"kind": "matmul", "name": "a", "transposed": True, "inputs": ["stem", "input"]}),
     "expected rows of the first input as long as the pixels of the second, found 16x16x16 and 32x32x3"),
    (chain({"kind": "matmul", "name": "a", "like": "stem", "inputs": ["stem", "input"]}),
     "expected rows of the first input as long as the columns of the second, found 16x16x16 and 32x32x3"),
    (chain({"kind": "conv", "name": "a", "kernel": 1, "channels": "in / (in - 16)"}), 'as the value of "in / (in - 16)", found nan'),
]


class Files(CliTest):
    def assert_refuses_model(self, path, text):
        result = run("--model", path)
        self.assert_refused(result)
        self.assertIn(f"{path}: ", result.stderr)
        self.assertIn(text, result.stderr)

    def test_a_good_file_is_a_model(self):
        path = self.write("tiny.json", json.dumps(MODEL))
        document = json.loads(self.output("--model", path, "--format", "json"))
        # 16x16 of 3x3x3x16; of 3x3x16 and 16x32; and 32x10 with the classes below.
        self.assertEqual(document["variants"][0]["totals"]["macs"], 256 * (432 + 144 + 512) + 32 * 1000)
        document = json.loads(self.output("--model", path, "--classes", "10", "--format", "json"))
        self.assertEqual(document["variants"][0]["totals"]["macs"], 256 * (432 + 144 + 512) + 32 * 10)

    def test_shapes(self):
        for content, text in IMPOSSIBLE:
            with self.subTest(text):
                result = run("--model", self.write("model.json", content))
                self.assert_refused(result)
                self.assertIn('error: tiny: block "a" (/blocks/1): ', result.stderr)
                self.assertIn(text, result.stderr)

    def test_an_operator_that_is_not_known_is_no_zero(self):
        path = self.write("model.json", chain({"kind": "unknown", "name": "rnn", "op": "LSTM", "height": 1, "width": 1, "channels": 8}))
        result = run("--model", path)
        self.assertEqual(result.returncode, 1)
        note = "tiny: 1 operator is not known and not counted, totals are lower bounds: LSTM (rnn)\n"
        self.assertIn(note, result.stderr)
        for line in [r"^MACs +at least 110\.6 k", r"^parameters +at least 432 ", r"^TOTAL, at least "]:
            self.assertRegex(result.stdout, re.compile(line, re.MULTILINE))
        [row] = [line for line in result.stdout.splitlines() if line.startswith("rnn ")]
        self.assertEqual(row.split()[6:8], ["?", "0.0"])
        for command in ["cost", "sweep", "conventions", "pick"]:
            self.assertEqual(run(command, "--model", path).returncode, 1, command)
            self.assertEqual(run(command, "--model", path, "--allow-unknown").returncode, 0, command)
        document = json.loads(run("--model", path, "--allow-unknown", "--format", "json").stdout)
        self.assertEqual(document["variants"][0]["unknown_operators"], [{"op": "LSTM", "blocks": ["rnn"]}])
        self.assertIsNone(document["variants"][0]["layers"][1]["macs"])
        bench = run("bench", "--model", path, "--allow-unknown", "--rounds", 2, "--max-seconds", 2)
        self.assertIn("rnn: native has no kernel for unknown", bench.stdout + bench.stderr)

    def test_content(self):
        for content, text in WRONG:
            with self.subTest(text):
                self.assert_refuses_model(self.write("model.json", content), text)

    def test_path_is_missing(self):
        self.assert_refuses_model(self.folder / "missing.json", "No such file or directory")

    def test_path_is_echoed_as_one_printable_line(self):
        result = run("--model", self.folder / "two\nlines\x1b[31m.json")
        self.assert_refused(result)
        self.assertIn(r"two\nlines\x1b[31m.json: expected a readable file", result.stderr)

    def test_path_is_a_folder(self):
        self.assert_refuses_model(self.folder, "expected a file, found a directory")

    def test_path_cannot_be_read(self):
        self.assert_refuses_model("/proc/self/mem", "expected a readable file, found: Input/output error")

    def test_path_goes_through_a_file(self):
        path = self.write("file.json", "{}")
        self.assert_refuses_model(path / "model.json", "Not a directory")

    def test_path_is_a_cycle_of_links(self):
        os.symlink("b.json", self.folder / "a.json")
        os.symlink("a.json", self.folder / "b.json")
        self.assert_refuses_model(self.folder / "a.json", "Too many levels of symbolic links")

    def test_path_is_a_link(self):
        self.write("tiny.json", json.dumps(MODEL))
        os.symlink("tiny.json", self.folder / "link.json")
        self.assertIn("tiny", self.output("--model", self.folder / "link.json"))

    def test_file_is_huge(self):
        path = self.write("huge.json", "")
        os.truncate(path, 100 << 20)
        self.assert_refuses_model(path, "expected at most 1048576 bytes, found more")

    def test_file_never_ends(self):
        for reader in [
            ["--model", "/dev/zero"],
            ["budget", "/dev/zero"],
            ["report", "/dev/zero"],
            ["compare", "/dev/zero", "/dev/zero"],
            ["pick", "--from", "/dev/zero"],
            ["sweep", "--resume", "/dev/zero"],
            ["gate", "--base", "/bin/false", "--head", "/bin/false", "--cells", "/dev/zero"],
        ]:
            self.assert_refused(run(*reader), "/dev/zero: expected a file or a pipe, found a device")

    def test_file_is_a_pipe(self):
        path = self.folder / "pipe.json"
        os.mkfifo(path)
        # A pipe is opened by both sides at once, so the writer is a thread of its own.
        writer = threading.Thread(target=path.write_text, args=[json.dumps(MODEL)], daemon=True)
        writer.start()
        self.assertIn("tiny", self.output("--model", path))
        writer.join(timeout=60)
        self.assertFalse(writer.is_alive())

    def test_config_folder_of_the_user(self):
        shutil.copy(SOURCE / "configs/mobilenet_v1.json", self.folder)
        self.write("tiny.json", json.dumps(MODEL))
        env = {"MOBILENET_COST_CONFIG_DIR": self.folder}
        self.assertIn("tiny", self.output("--model", "tiny", env=env))
        models = json.loads(self.output("models", "--format", "json", env=env))["models"]
        self.assertEqual([model["name"] for model in models], ["mobilenet_v1", "tiny"])
        self.assert_refused(
            run("--model", "tine", env=env), '--model: unknown model "tine" (did you mean "tiny"?)'
        )


if __name__ == "__main__":
    unittest.main()
