"""What configuring says about the parts of a build: with what each is built, or why it is not. Nothing is compiled."""

import os
import re
import subprocess
import unittest

from program import SOURCE, CliTest

ENGINES = [path.parent.name for path in (SOURCE / "src/mobilenet_cost/engine").glob("*/CMakeLists.txt")]
OFF = [*(engine.upper() for engine in ENGINES), "ONNX", "TFLITE", "HIGHWAY", "HTML", "BENCH"]


class Configure(CliTest):
    def configure(self, **options):
        """The configuration with these MOBILENET_COST_ options (others that look for something are off) and its output."""
        given = {**{name: "OFF" for name in OFF}, **options}
        command = ["cmake", "-S", SOURCE, "-B", self.folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release"]
        command += [f"-DMOBILENET_COST_{name}={value}" for name, value in given.items()]
        return subprocess.run(list(map(os.fspath, command)), capture_output=True, encoding="utf-8", timeout=300)

    def parts(self, **options):
        """The rows of the summary by title, and what is compiled into the program by the part's name."""
        done = self.configure(**options)
        self.assertEqual(done.returncode, 0, done.stderr)
        block = done.stdout.partition(", build type Release, has\n")[2]
        rows = dict(re.findall(r"^--   (\S+(?: \S+)*) {2,}(.+)$", block, re.MULTILINE))
        generated = (self.folder / "generated/parts.inc").read_text()
        return rows, dict(re.findall(r'^\{"(\w+)", R"reason\((.*)\)reason"\},$', generated, re.MULTILINE))

    def foreign(self, name, header, text):
        """Options that give a library of this header, which is all that there is of it."""
        path = self.folder / "foreign" / header
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return {f"{name}_LIBRARY": "c", f"{name}_INCLUDE": self.folder / "foreign"}

    def test_what_is_switched_off(self):
        rows, compiled = self.parts()
        self.assertEqual(rows["engine xnnpack"], "not built: switched off: MOBILENET_COST_XNNPACK=OFF")
        self.assertEqual(rows["report: charts"], "not built: switched off: MOBILENET_COST_HTML=OFF")
        self.assertEqual(compiled["onednn"], "switched off: MOBILENET_COST_ONEDNN=OFF")
        self.assertEqual(set(compiled), {*ENGINES, "onnx", "tflite", "peaks", "charts", "bench", "tests", "manual"})
        self.assertEqual(len(rows), len(compiled))

    def test_what_was_not_found(self):
        missing = {"XNNPACK_LIBRARY": "", "HWY_INCLUDE": "", "PTHREADPOOL_LIBRARY": "", "VEGA": ""}
        rows, compiled = self.parts(XNNPACK="AUTO", HIGHWAY="AUTO", HTML="AUTO", ESBUILD="/bin/true", **missing)
        self.assertEqual(
            compiled["xnnpack"],
            "XNNPACK (libxnnpack-dev) was not found, pthreadpool (libpthreadpool-dev) was not found",
        )
        self.assertEqual(compiled["peaks"], "Highway (libhwy-dev) was not found")
        self.assertEqual(rows["machine: peaks"], "not built: Highway (libhwy-dev) was not found")
        self.assertEqual(rows["report: charts"], "not built: Vega (node-vega) was not found")

    def test_an_interface_that_is_not_known(self):
        xnnpack = self.foreign("XNNPACK", "xnnpack.h", "typedef struct xnn_operator* xnn_operator_t;\n")
        onednn = self.foreign(
            "DNNL",
            "oneapi/dnnl/dnnl_version.h",
            "#define DNNL_VERSION_MAJOR 9\n#define DNNL_VERSION_MINOR 1\n#define DNNL_VERSION_PATCH 0\n",
        )
        pool = self.foreign("PTHREADPOOL", "pthreadpool.h", "")
        _, compiled = self.parts(XNNPACK="AUTO", ONEDNN="AUTO", **xnnpack, **onednn, **pool)
        self.assertEqual(
            compiled["xnnpack"],
            f"its interface is not one that is known: {self.folder}/foreign/xnnpack.h, those of early 2022 and of late "
            "2024 are",
        )
        self.assertEqual(compiled["onednn"], "its interface is not one that is known: oneDNN 9.1.0, 2.x and 3.x are")

    def test_what_must_be_built_and_cannot(self):
        done = self.configure(HIGHWAY="ON", HWY_LIBRARY="")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("MOBILENET_COST_HIGHWAY is ON, but Highway (libhwy-dev) was not found", done.stderr)


if __name__ == "__main__":
    unittest.main()
