"""bench: what it refuses and how it says so. No test looks at how long anything took."""

import csv
import io
import json
import os
import unittest

import jsonschema

from program import PROGRAM, SOURCE, CliTest, run

# Inverted residuals of 8 channels on a map of 16 x 16: milliseconds, under a sanitizer too.
MODEL = SOURCE / "tests" / "fuzz" / "corpus" / "model_config" / "residual_chain.json"
SCHEMA = SOURCE / "docs" / "schemas" / "bench.schema.json"

CPUS = len(os.sched_getaffinity(0))

REFUSED = [
    (["--cache", "hot"], '--cache: unknown mode "hot" (known: warm, cold-weights, cold)'),
    (["--cache", "cold_weights"], '--cache: unknown mode "cold_weights" (did you mean "cold-weights"?)'),
    (["--layer-mode", "isolated"], "--layer-mode: needs --per-layer"),
    (["--per-layer", "--layer-mode", "isolate"],
     '--layer-mode: unknown mode "isolate" (did you mean "isolated"?)'),
    (["--engine", "onedn"], '--engine: unknown engine "onedn" (did you mean "onednn"?)'),
    (["--dtype", "f16"], '--dtype: expected a data type that passes compute in, f32 or i8, found "f16"'),
    (["--engine", "native:i4"], '--engine: expected a data type that passes compute in, f32 or i8, found "i4"'),
    (["--threads", "0"], '--threads: expected a number above 0, found "0"'),
]


class Bench(CliTest):
    def text(self, *arguments):
        """Warnings are allowed: a busy machine, a build whose times do not count."""
        variant = [] if "--model" in arguments else ["--model", MODEL, "--alpha", "2"]
        result = run("bench", "--rounds", "1", "--max-seconds", "1", *variant, *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def document(self, *arguments):
        return json.loads(self.text("--format", "json", *arguments))

    def assert_valid(self, document):
        schema = json.loads(SCHEMA.read_text())
        errors = [f"{error.json_path}: {error.message}"
                  for error in jsonschema.Draft202012Validator(schema).iter_errors(document)]
        self.assertEqual(errors, [])

    def test_refused(self):
        for arguments, message in REFUSED:
            with self.subTest(arguments):
                self.assert_refused(run("bench", *arguments), message)

    def test_each_network_runs_in_each_data_type(self):
        document = self.document("--engine", "reference", "--dtype", "f32,i8")
        self.assert_valid(document)
        [variant] = document["variants"]
        rows = {(row["engine"], row["dtype"], row["network"]): row for row in variant["measured"]}
        self.assertIn(("reference", "f32", "separable"), rows)
        narrow = rows["reference:i8", "i8", "separable"]
        self.assertEqual(4 * narrow["peak_activation_bytes"], rows["reference", "f32", "separable"]["peak_activation_bytes"])
        [gain] = [row for row in variant["comparisons"] if row["comparison"] == "f32/i8"]
        self.assertEqual((gain["engine"], gain["dtype"], gain["analytic_speedup"]), ("reference:i8", "i8", 4))

    def test_an_engine_without_a_data_type_says_so_in_its_rows(self):
        text = self.text("--engine", "onednn,reference:i8", "--dtype", "i8")
        if "engine onednn" not in text and "onednn:i8" in text:
            self.assertRegex(text, "onednn:i8, 1 thread, this variant: skipped: (computes in f32 alone, not in i8|.*not)")
        self.assertIn("reference:i8", text)

    def test_modes_stand_in_every_row(self):
        for cache in ["warm", "cold-weights", "cold"]:
            for mode in ["in-situ", "isolated"]:
                with self.subTest([cache, mode]):
                    document = self.document(
                        "--engine", "reference", "--cache", cache, "--per-layer", "--layer-mode", mode)
                    self.assert_valid(document)
                    [variant] = document["variants"]
                    self.assertEqual(variant["cache_flush"]["mode"], cache)
                    self.assertEqual(variant["cache_flush"]["method"] is None, cache == "warm")
                    self.assertEqual(variant["cache_flush"]["verified"] is None, cache == "warm")
                    rows = variant["comparisons"] + variant["measured"] + variant["profiles"]
                    layers = variant["profiles"][0]["layers"]
                    self.assertTrue(layers)
                    self.assertEqual({row["cache"] for row in rows + layers}, {cache})
                    self.assertEqual({row["layer_mode"] for row in layers}, {mode})

    def test_csv_names_the_modes(self):
        self.text("--cache", "cold", "--per-layer", "--layer-mode", "isolated", "-o", self.folder / "x.csv")
        self.assert_folder_holds(["x.layers.csv", "x.networks.csv"])
        rows = list(csv.DictReader(io.StringIO((self.folder / "x.layers.csv").read_text())))
        self.assertEqual({(row["cache"], row["layer_mode"]) for row in rows}, {("cold", "isolated")})
        networks = list(csv.DictReader(io.StringIO((self.folder / "x.networks.csv").read_text())))
        self.assertEqual({row["cache"] for row in networks}, {"cold"})

    def test_csv_of_two_tables_needs_files(self):
        result = run("bench", "--model", MODEL, "--per-layer", "--format", "csv")
        self.assert_refused(result)
        self.assertIn("CSV of several tables (networks, layers)", result.stderr)

    def test_more_threads_than_cpus_are_a_skipped_row(self):
        for command in [["bench"], ["sweep", "--bench", "--no-layers", "--log", self.folder / "log"]]:
            limits = ["--rounds", "1", "--max-seconds", "1", "--model", MODEL, "--alpha", "2", "--res", "16"]
            result = run(*command, *limits, "--threads", f"1,{CPUS + 1}", "-f", "json")
            self.assertEqual(result.returncode, 0, result.stderr)
            rows = json.loads(result.stdout)
            rows = rows["variants" if command == ["bench"] else "cells"][0]["measured"]
            reasons = {row["reason"] for row in rows if row["threads"] > CPUS}
            self.assertEqual(len(reasons), 1)
            self.assertRegex(reasons.pop(), rf"^runs on at most {CPUS} threads, the CPUs here, not on {CPUS + 1}$")
        for command in [["bench"], ["sweep", "--bench"], ["pick", "--measure-all"],
                        ["gate", "--base", PROGRAM, "--head", PROGRAM]]:
            self.assert_refused(
                run(*command, "--model", MODEL, "--threads", str(CPUS + 1), cwd=self.folder),
                f"--threads: expected at most {CPUS}, the CPUs that this process may use, found {CPUS + 1}")

    def test_memory_adds_up(self):
        engines = json.loads(self.output("engines", "--format", "json"))["engines"]
        names = ",".join(engine["name"] for engine in engines if engine["available"])
        for row in self.document("--engine", names)["variants"][0]["measured"]:
            with self.subTest([row["engine"], row["network"]]):
                memory = row["memory"]
                self.assertEqual(
                    row["peak_activation_bytes"] + memory["in_place_bytes"] + memory["kept_bytes"]
                    + memory["padding_bytes"] + memory["gap_bytes"], memory["arena_bytes"])
                self.assertEqual(memory["arena_bytes"] + memory["scratch_bytes"], memory["real_peak_bytes"])
                self.assertEqual(memory["real_peak_bytes"] + memory["packed_weight_bytes"], row["memory_bytes"])
                self.assertGreaterEqual(memory["packed_weight_bytes"], row["weight_bytes"])

    def test_ten_thousand_threads_are_skipped_with_the_reason(self):
        document = self.document("--engine", "reference,onednn,xnnpack", "--threads", "1,10000")
        for row in (row for row in document["variants"][0]["measured"] if row["threads"] == 10000):
            with self.subTest(row["engine"]):
                self.assertEqual(row["status"], "skipped")
                if {"name": row["engine"], "available": True}.items() <= self.engine(document, row).items():
                    self.assertIn("not on 10000", row["reason"])
                else:
                    self.assertEqual(row["reason"], self.engine(document, row)["reason"])

    @staticmethod
    def engine(document, row):
        [engine] = [engine for engine in document["engines"] if engine["name"] == row["engine"]]
        return engine

    def test_more_than_memory_is_skipped_with_the_figure(self):
        conv = {"kind": "conv", "channels": 512, "kernel": 3, "stride": 2}
        model = {"schema": "mobilenet-cost.model.v1", "name": "m", "resolution": 8,
                 "rounding": {"rule": "truncate", "minimum": 8},
                 "blocks": [{"name": "a", **conv}, {"name": "b", **conv}]}
        path = self.write("model.json", json.dumps(model))
        document = self.document("--model", path, "--alpha", "1000", "--engine", "reference")
        [row] = [row for row in document["variants"][0]["measured"] if row["network"] == "separable"]
        self.assertEqual(row["status"], "skipped")
        self.assertRegex(row["reason"], r"^needs [0-9.]+ [KMGT]iB of memory \(2 x [0-9.]+ [KMGT]iB of weights, "
                                        r"[0-9.]+ [KMG]iB of activations\), available are [0-9.]+ [MG]iB$")
        [base] = [row for row in document["variants"][0]["measured"] if row["network"] == "base"]
        if base["status"] != "ok":  # its one block may be disturbed from outside
            self.assertIn("disturbed", base["reason"])

    def test_one_table_holds_engines_and_threads(self):
        lines = self.text("--engine", "reference", "--threads", "1", "--per-layer").splitlines()
        [header] = [line for line in lines if "of traffic" in line]
        self.assertIn("reference x1", header)
        for start in ["r0/depthwise", "sum of 6 depthwise", "sum of the layers", "whole pass",
                      "residual: whole pass - sum", "pass with clock readings / without", "Kernels of reference: a ="]:
            self.assertTrue([line for line in lines if line.startswith(start)], start)

    def test_a_complete_log_gives_the_same_document(self):
        log = self.folder / "bench.run.jsonl"
        document = self.document("--engine", "reference", "--cache", "cold", "--log", log)
        again = run("bench", "--resume", log, "--format", "json")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(json.loads(again.stdout), document)
        self.assert_refused(run("bench", "--resume", log, "--rounds", "3"),
                            "--resume: takes its settings from the log: leave out --rounds")

    def test_several_variants_end_in_one_table(self):
        lines = self.text("--model", MODEL, "--alpha", "1,2,3", "--engine", "reference").splitlines()
        for caption in ["How much faster", "Time of one forward pass", "Bytes of activations"]:
            self.assertEqual(len([line for line in lines if line.startswith(caption)]), 1, caption)


if __name__ == "__main__":
    unittest.main()
