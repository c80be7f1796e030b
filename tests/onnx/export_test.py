"""The `export` command: what it refuses, where it writes, and what a build without the exporter says."""

import os
import shutil
import stat
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, os.fspath(Path(__file__).resolve().parent.parent / "cli"))

from program import PREFIX, PROGRAM, SMALL, CliTest, environment, run  # noqa: E402

NOTE = "mobilenet-cost: "


class Export(CliTest):
    def export(self, *flags, name="model.onnx"):
        """Content of the file, and the one line about it."""
        path = self.folder / name
        result = run("export", *flags, "--onnx", path)
        self.assertEqual((result.returncode, result.stdout), (0, ""), result)
        self.assertTrue(result.stderr.startswith(f"{NOTE}{path}: "), result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1)
        return path.read_bytes(), result.stderr

    def assert_refuses(self, flags, text):
        path = self.folder / "model.onnx"
        self.assert_refused(run("export", *flags, "--onnx", path), text)
        self.assert_folder_holds([])

    def test_says_what_it_wrote(self):
        content, note = self.export("--alpha", "0.5", "--res", "160", "--seed", "7")
        self.assertIn("mobilenet_v1, alpha 0.5 (scope published), resolution 160, 1000 classes, batch 1", note)
        self.assertIn("separable network; batch norm is folded, weights from seed 7.", note)
        self.assertIn("ONNX opset 13, 57 nodes, ", note)
        self.assertGreater(len(content), 5_000_000)  # 1.3 million parameters
        self.assert_folder_holds(["model.onnx"])

    def test_same_command_same_bytes(self):
        first, _ = self.export(*SMALL)
        self.assertEqual(self.export(*SMALL, "--seed", "1", "--network", "separable", "--weights", "seeded")[0], first)
        self.assertNotEqual(self.export(*SMALL, "--seed", "2")[0], first)

    def test_standard_network_is_larger(self):
        small, large = self.export(*SMALL)[0], self.export(*SMALL, "--network", "standard")[0]
        self.assertGreater(len(large), 4 * len(small))

    def test_without_weights(self):
        content, note = self.export("--weights", "none")
        self.assertLess(len(content), 30_000)
        self.assertIn("weights are inputs of the graph", note)
        # What does not fit into a file with weights, or into memory.
        self.export("--weights", "none", "--alpha", "1000")

    def test_standard_output(self):
        result = subprocess.run(
            [PROGRAM, "export", *SMALL, "--onnx", "-"], capture_output=True, env=environment(), timeout=120
        )
        self.assertEqual(result.returncode, 0)
        self.assertTrue(result.stderr.decode().startswith(f"{NOTE}standard output: "), result.stderr)
        self.assertEqual(result.stdout, self.export(*SMALL)[0])

    def test_link_stays_and_its_target_is_replaced(self):
        target = self.write("target.onnx", "old")
        (self.folder / "link.onnx").symlink_to("target.onnx")
        content, _ = self.export(*SMALL, name="link.onnx")
        self.assertTrue((self.folder / "link.onnx").is_symlink())
        self.assertEqual(target.read_bytes(), content)
        self.assert_folder_holds(["link.onnx", "target.onnx"])

    def test_one_variant(self):
        because = "because a file holds one network"
        for flags, text in [
            (["--model", "mobilenet_v1,mobilenet_v2"], f"--model: expected one model, {because}, found 2"),
            (["--alpha", "0.25,0.5,1"], f"--alpha: expected one width multiplier, {because}, found 3"),
            (["--alpha", "0.25", "--alpha", "0.5"], f"--alpha: expected one width multiplier, {because}, found 2"),
            (["--res", "128:224:32"], f"--res: expected one resolution, {because}, found 4"),
            (["--beta", "0.5,1"], f"--beta: expected one resolution multiplier, {because}, found 2"),
        ]:
            with self.subTest(flags):
                self.assert_refuses(flags, text)

    def test_wrong_values(self):
        for flags, text in [
            (["--network", "standart"], '--network: unknown network "standart" (did you mean "standard"?)'),
            (["--weights", "nome"], '--weights: unknown choice "nome" (did you mean "none"?)'),
            (["--seed", "-1"], '--seed: expected a whole number from 0 to 2^64 - 1, found "-1"'),
        ]:
            with self.subTest(flags):
                self.assert_refuses(flags, text)
        self.assert_refuses(["--alpha", "0"], None)
        self.assert_refuses(["--res", "0"], None)

    def test_file_is_required(self):
        result = run("export", *SMALL)
        self.assert_refused(result)
        self.assertIn("--onnx", result.stderr)

    def test_file_that_cannot_be_written(self):
        self.assert_refused(
            run("export", *SMALL, "--onnx", self.folder), f"--onnx: expected a file, found {self.folder}, a directory"
        )
        missing = self.folder / "missing/model.onnx"
        self.assert_refused(
            run("export", *SMALL, "--onnx", missing),
            f"--onnx: expected a file that can be written, found {missing}: No such file or directory",
        )

    def test_full_device(self):
        result = run("export", *SMALL, "--onnx", "/dev/full")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertEqual(result.stderr, f"{PREFIX}writing the ONNX model: No space left on device\n")

    def test_too_large_is_refused_before_anything_is_made(self):
        path = self.write("model.onnx", "old")
        result = run("export", "--alpha", "30", "--onnx", path)
        self.assert_refused(result)
        self.assertIn("--onnx: expected weights of at most 1.98 GiB (2,130,706,431 bytes), because", result.stderr)
        self.assertRegex(result.stderr, r"found 1\d\.\d+ GiB \(1\d,\d{3},\d{3},\d{3} bytes\)$")
        self.assertEqual(path.read_text(), "old")
        self.assert_folder_holds(["model.onnx"])

    def test_build_without_the_exporter(self):
        program = self.folder / "bin/mobilenet-cost"
        program.parent.mkdir()
        shutil.copy(PROGRAM, program)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        command = [program, "export", *SMALL, "--onnx", self.folder / "model.onnx"]
        result = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment(), timeout=120)
        self.assert_refused(result)
        self.assertIn("--onnx: the ONNX exporter is not available: not built: there is no "
                      "mobilenet_cost_onnx.so in ", result.stderr)
        self.assert_folder_holds(["bin"])

    def test_exporter_that_does_not_load(self):
        self.write("mobilenet_cost_onnx.so", "not a shared library")
        env = {"MOBILENET_COST_EXPORTER_DIR": self.folder}
        result = run("export", *SMALL, "--onnx", self.folder / "model.onnx", env=env)
        self.assert_refused(result)
        self.assertIn("is not available: does not load: ", result.stderr)
        self.assert_folder_holds(["mobilenet_cost_onnx.so"])


if __name__ == "__main__":
    unittest.main()
