"""mobilenet-bench, given as the argument, by the flags of Google Benchmark, and what compare.py makes of its JSON."""

import json
import os
import re
import resource
import subprocess
import sys
import unittest

from program import CliTest, environment

BENCH = sys.argv.pop()
COMPARE = "/usr/share/benchmark/compare.py"  # of libbenchmark-tools
QUICK = "--benchmark_min_time=0.0001"
SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}
NETWORK = "network/mobilenet_v1/alpha:0.25/res:128"


def bench(*arguments, env=None):
    return subprocess.run(
        [BENCH, *arguments], capture_output=True, encoding="utf-8", env=environment(**(env or {})), timeout=300
    )


def refuse(constant):
    raise ValueError(f"{constant} is not JSON")


def parse(text):
    """What a strict reader sees: no NaN, no Infinity, no key twice."""

    def once(pairs):
        keys = [key for key, _ in pairs]
        assert len(set(keys)) == len(keys), keys
        return dict(pairs)

    return json.loads(text, parse_constant=refuse, object_pairs_hook=once)


class GoogleBenchmark(CliTest):
    def rows(self, *arguments):
        done = bench("--benchmark_format=json", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return parse(done.stdout)["benchmarks"]

    def names(self, *arguments, **options):
        done = bench("--benchmark_list_tests", *arguments, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.splitlines()

    def engines(self):
        engines = json.loads(self.output("engines", "--format", "json"))["engines"]
        found = [engine["name"] for engine in engines if engine["available"] and engine["name"] != "reference"]
        self.assertTrue(found)
        return found

    def test_names_cover_models_grids_kinds_and_engines_without_repeats(self):
        names = self.names()
        self.assertEqual(len(set(names)), len(names))
        models = json.loads(self.output("models", "--format", "json"))["models"]
        for model in models:
            self.assertIn(f"analyzer/analyze/{model['name']}", names)
            for engine in self.engines():
                self.assertTrue(
                    any(re.match(f"layer/{model['name']}/depthwise_conv2d/.*/{engine}/threads:1/", name) for name in names)
                )
                for kind in ("separable", "standard"):
                    name = f"network/{model['name']}/alpha:1/res:{model['resolution']}/{kind}/{engine}/threads:1/real_time"
                    self.assertIn(name, names)
        self.assertIn(f"{NETWORK}/separable/{self.engines()[0]}/threads:1/real_time", names)
        for name in names:
            self.assertRegex(name, r"^analyzer/[^ ]+$|^(network|layer)/[^ ]+/threads:\d+/real_time$")

    def test_listing_builds_no_network(self):
        program = (
            "import resource, subprocess, sys;"
            "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, BENCH, "--benchmark_list_tests"],
            capture_output=True, check=True, encoding="utf-8", env=environment(),
        )
        self.assertLess(int(done.stdout), 60 * 1024)  # KiB; the weights of the largest network alone are 140 MB

    def test_rates_are_of_real_time_with_any_number_of_threads(self):
        [variant] = json.loads(self.output("--alpha", "0.25", "--res", "128", "--format", "json"))["variants"]
        rows = self.rows(QUICK, f"--benchmark_filter={NETWORK}/separable/")
        threads = {row["name"].split("threads:")[1] for row in rows}
        self.assertIn("1/real_time", threads)
        if len(os.sched_getaffinity(0)) > 1:
            self.assertIn("2/real_time", threads)
        for row in rows:
            with self.subTest(row["name"]):
                seconds = row["real_time"] * SECONDS[row["time_unit"]]
                for rate, total in (
                    ("macs_per_second", variant["totals"]["macs"]),
                    ("traffic_bytes_per_second", variant["totals"]["weight_bytes"] + variant["totals"]["activation_bytes"]),
                ):
                    self.assertAlmostEqual(row[rate] * seconds / total, 1, places=5)
                # A reader would take these two for the result, in place of the time.
                self.assertNotIn("bytes_per_second", row)
                self.assertNotIn("items_per_second", row)

    def test_every_kind_of_layer_runs_and_names_its_kernel(self):
        rows = self.rows(QUICK, "--benchmark_filter=^layer/mobilenet_v3_small/")
        kinds = {row["name"].split("/")[2] for row in rows}
        self.assertLessEqual(
            {"conv2d", "depthwise_conv2d", "pointwise_conv2d", "dense", "global_average_pool", "add", "pool_and_multiply"},
            kinds,
        )
        for row in rows:
            self.assertNotIn("error_occurred", row)
            self.assertTrue(row["label"])
            self.assertGreater(row["traffic_bytes_per_second"], 0)
            self.assertEqual("macs_per_second" in row, bool(re.search("conv2d|dense", row["name"])), row["name"])

    def test_repetitions_interleave_and_leave_no_nan(self):
        path = self.folder / "out.json"
        done = bench(
            QUICK, "--benchmark_repetitions=3", "--benchmark_enable_random_interleaving=true", f"--benchmark_out={path}",
            "--benchmark_filter=^layer/mobilenet_v1/(global_average_pool|dense)/",
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        document = parse(path.read_text(encoding="utf-8"))
        by_name = {}
        for row in document["benchmarks"]:
            by_name.setdefault(row["run_name"], []).append(row)
        self.assertEqual(len(by_name), 2 * len(self.engines()))
        for rows in by_name.values():
            self.assertEqual(sorted(row["repetition_index"] for row in rows if row["run_type"] == "iteration"), [0, 1, 2])
            self.assertLessEqual({"mean", "median", "stddev", "cv"}, {row.get("aggregate_name") for row in rows})
        self.assertIn("mobilenet_cost_commit", document["context"])

    def test_compare_pairs_two_runs(self):
        files = []
        for i in range(2):
            files.append(self.folder / f"{i}.json")
            filters = f"--benchmark_filter={NETWORK}/separable/.*/threads:1/"
            done = bench(QUICK, "--benchmark_repetitions=9", filters, f"--benchmark_out={files[-1]}")
            self.assertEqual(done.returncode, 0, done.stderr)
        dump = self.folder / "difference.json"
        done = subprocess.run(
            ["/usr/bin/python3", COMPARE, "--no-color", "-d", dump, "benchmarks", *files],
            capture_output=True, encoding="utf-8", timeout=120,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        compared = {row["name"]: row for row in json.loads(dump.read_text(encoding="utf-8"))}
        for engine in self.engines():
            row = compared[f"{NETWORK}/separable/{engine}/threads:1/real_time"]
            self.assertEqual(len(row["measurements"]), 9)
            self.assertEqual(row["time_unit"], "ms")
            self.assertLessEqual(row["utest"]["time_pvalue"], 1)
        self.assertIn("OVERALL_GEOMEAN", done.stdout)

    def test_engines_that_are_not_there_are_said_and_left_out(self):
        program = self.folder / "alone" / "bin" / "mobilenet-bench"  # no engines beside it
        program.parent.mkdir(parents=True)
        program.write_bytes(open(BENCH, "rb").read())
        program.chmod(0o755)
        done = subprocess.run(
            [program, "--benchmark_list_tests"], capture_output=True, encoding="utf-8", env=environment(), timeout=60
        )
        self.assertEqual(done.returncode, 0)
        self.assertEqual({name.split("/")[0] for name in done.stdout.splitlines()}, {"analyzer"})
        for engine in ("onednn", "xnnpack"):
            self.assertIn(f'mobilenet-bench: warning: no benchmarks of engine "{engine}": not built', done.stderr)

    def test_a_pass_that_cannot_be_made_is_an_error_row(self):
        """No memory for the standard counterpart of the largest network."""
        limit = 300 * 1024 * 1024
        done = subprocess.run(
            [BENCH, QUICK, "--benchmark_format=json", "--benchmark_filter=mobilenet_v4_conv_large/.*/standard/.*threads:1/"],
            capture_output=True, encoding="utf-8", env=environment(), timeout=120,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        for row in parse(done.stdout)["benchmarks"]:
            self.assertTrue(row["error_occurred"], row)
            self.assertRegex(row["error_message"], r"^needs .* of memory, available are ")

    def test_wrong_usage_fails(self):
        for wrong in ("--benchmark_filter=no_such_benchmark", "--benchmark_filter=(", "--no_such_flag"):
            self.assertEqual(bench(wrong).returncode, 2, wrong)


if __name__ == "__main__":
    unittest.main()
