"""Model files: what can be wrong with a path, a file and its content."""

import json
import os
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
    (changed(lambda m: m.update(blocks=m["blocks"][2:3])), "/blocks: expected a block with a convolution, found pools alone"),
    (changed(lambda m: m["blocks"][0].update(kernal=3)), '/blocks/0: unknown key "kernal" (did you mean "kernel"?)'),
    (changed(lambda m: m["blocks"][0].update(stride=-2)), "/blocks/0/stride: expected a whole number from 1 to 16, found -2"),
    (changed(lambda m: m["blocks"][0].update(channels=2**64)), "/blocks/0/channels: expected a whole number from 1 to 1048576"),
    (changed(lambda m: m["blocks"][1].update(kind="depthwise")), '/blocks/1: unknown kind "depthwise"'),
    (changed(lambda m: m["blocks"][1].update(name="stem")), '/blocks/1/name: expected a name no other block has, found "stem"'),
    (changed(lambda m: m.update(name="\x1b]0;t\x07")), '/name: expected a name without control characters, found "\\u001b]0;t\\u0007"'),
    (changed(lambda m: m["blocks"][0].update(name="two\nlines")), "/blocks/0/name: expected a name without control characters"),
    (changed(lambda m: m["blocks"][0].update(name="\x9b31m")), "/blocks/0/name: expected a name without control characters"),
    (changed(lambda m: m["rounding"].update(minimum=0)), "/rounding/minimum: expected a whole number from 1 to 1048576, found 0"),
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
