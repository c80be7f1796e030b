"""What other tools are given, read by the tool itself or by its reader's rules."""

import json
import os
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import unittest

PRINT_SWEEP = sys.argv.pop(1)
COMPARE = "/usr/share/benchmark/compare.py"  # of Debian's libbenchmark-tools
SLOWER = 1.25


def report(name):
    return subprocess.run([PRINT_SWEEP, name], check=True, capture_output=True, text=True, timeout=60).stdout


def ran(document):
    """Rows of the document that ran, each with its cell."""
    return [(cell, row) for cell in document["cells"] for row in cell["measured"] if row["status"] == "ok"]


def strict(text):
    def refuse(name):
        raise ValueError(name)

    return json.loads(text, parse_constant=refuse)


class GoogleBenchmark(unittest.TestCase):
    def setUp(self):
        self.document = strict(report("json"))
        self.raw = strict(report("gbench"))
        self.summary = strict(report("gbench-summary"))

    def compare(self, base, contender):
        """What compare.py makes of two files: its rows by name, geometric mean and U-tests among them."""
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, name) for name in ["base.json", "contender.json", "result.json"]]
            for path, content in zip(paths, [base, contender]):
                with open(path, "w", encoding="utf-8") as file:
                    json.dump(content, file)
            command = ["/usr/bin/python3", COMPARE, "--no-color", "-d", paths[2], "benchmarks", *paths[:2]]
            result = subprocess.run(command, capture_output=True, text=True, timeout=120)
            self.assertEqual(result.returncode, 0, result.stderr)
            with open(paths[2], encoding="utf-8") as file:
                return {row["name"]: row for row in json.load(file)}

    def slower(self):
        contender = strict(report("gbench"))
        for row in contender["benchmarks"]:
            row["real_time"] *= SLOWER
        return contender

    def test_compare_reads_every_repetition(self):
        rows = self.compare(self.raw, self.slower())
        names = {row["name"] for row in self.raw["benchmarks"]}
        self.assertEqual(set(rows) - {"OVERALL_GEOMEAN"}, names)
        for name in names:
            repetitions = [row for row in self.raw["benchmarks"] if row["name"] == name]
            self.assertEqual(len(rows[name]["measurements"]), len(repetitions))
            for change in rows[name]["measurements"]:
                self.assertAlmostEqual(change["time"], SLOWER - 1, places=6)
            self.assertLess(rows[name]["utest"]["time_pvalue"], 0.01)

    def test_compare_finds_no_change_in_the_same(self):
        rows = self.compare(self.raw, self.raw)
        self.assertAlmostEqual(rows["OVERALL_GEOMEAN"]["measurements"][0]["time"], 0, places=9)
        for row in rows.values():
            self.assertTrue(all(abs(change["time"]) < 1e-9 for change in row["measurements"]))

    def test_repetitions(self):
        for row in self.raw["benchmarks"]:
            self.assertEqual(row["run_type"], "iteration")
            self.assertLess(row["repetition_index"], row["repetitions"])
        keys = [(row["name"], row["repetition_index"]) for row in self.raw["benchmarks"]]
        self.assertEqual(len(set(keys)), len(keys))

    def test_github_action_benchmark(self):
        """extractGoogleCppResult of its extract.ts: every row is a benchmark, and the first of a name is compared."""
        found = {}
        for row in self.summary["benchmarks"]:
            self.assertNotIn(row["name"], found)
            extra = f"iterations: {row['iterations']}\ncpu: {row['cpu_time']} {row['time_unit']}\nthreads: {row['threads']}"
            found[row["name"]] = {"value": row["real_time"], "unit": row["time_unit"] + "/iter", "extra": extra}
        self.assertEqual(len(found), len(ran(self.document)))
        for cell, row in ran(self.document):
            name = "{}/alpha:{:g}/res:{}/net:{}/engine:{}/threads:{}/real_time".format(
                cell["model"], cell["alpha"], cell["resolution"], row["network"], row["engine"], row["threads"])
            self.assertAlmostEqual(found[name]["value"], row["median_seconds"] * 1e9, places=3)
            self.assertEqual(found[name]["unit"], "ns/iter")

    def test_bencher(self):
        """Its adapter cpp_google: context.caches is a list of objects; of every row name, real_time and time_unit."""
        for document in [self.summary, self.raw]:
            self.assertTrue(all(isinstance(cache, dict) for cache in document["context"]["caches"]))
            for row in document["benchmarks"]:
                self.assertTrue(row["name"] and len(row["name"]) <= 1024)
                self.assertIsInstance(row["real_time"], float)
                self.assertIn(row["time_unit"], ["s", "ms", "us", "ns"])

    def test_conbench(self):
        """It prefers these two to the time, and takes the wall-clock time only of such names."""
        for row in self.raw["benchmarks"]:
            self.assertNotIn("bytes_per_second", row)
            self.assertNotIn("items_per_second", row)
            self.assertIn("/real_time", row["name"])
            self.assertGreater(row["macs_per_second"], 0)


class GoBenchmark(unittest.TestCase):
    """golang.org/design/14313-benchmark-format, and what benchfmt's reader adds to it."""

    CONFIG = re.compile(r"([a-z][^\sA-Z]*):(?:\s+(.*))?$")
    RESULT = re.compile(r"Benchmark(?![a-z])(\S*)\s+([0-9]+)((?:\s+\S+\s+\S+)+)$")

    def setUp(self):
        self.config, self.results = {}, []
        for line in report("gobench").splitlines():
            if not line or line.startswith("#"):
                continue
            result, config = self.RESULT.match(line), self.CONFIG.match(line)
            self.assertTrue(result or config, line)
            if result:
                fields = result[3].split()
                units = {unit: float(value) for value, unit in zip(fields[::2], fields[1::2])}
                self.results.append((result[1], int(result[2]), units))
            else:
                self.assertEqual(self.results, [], "a configuration holds for what follows")
                self.config[config[1]] = config[2]

    def test_configuration(self):
        """Nothing else: benchstat does not compare results that differ in any of it."""
        self.assertEqual(self.config, {"goos": "linux", "pkg": "mobilenet-cost", "cpu": "Example CPU @ 2.00GHz"})

    def test_results(self):
        document = strict(report("json"))
        found = {}
        for name, passes, units in self.results:
            self.assertGreater(passes, 0)
            self.assertEqual(sorted(units), ["MAC/op", "ns/op"])
            model, *parts = name.split("/")
            self.assertEqual(model, "Mobilenet_v1")
            key = dict(part.split("=") for part in parts)  # benchstat's projections: /alpha, /res, ...
            found.setdefault(tuple(key.values()), []).append(units)
            self.assertEqual(list(key), ["alpha", "res", "net", "engine", "threads"])
            self.assertIsNone(re.search(r"-[0-9]+$", name), "would be taken for GOMAXPROCS")
        self.assertEqual(len(found), len(ran(document)))
        for cell, row in ran(document):
            key = [f"{cell['alpha']:g}", cell["resolution"], row["network"], row["engine"], row["threads"]]
            rounds = found[tuple(str(part) for part in key)]
            self.assertEqual(len(rounds), row["rounds"] - row["disturbed"])
            self.assertTrue(all(units["MAC/op"] == row["macs"] for units in rounds))
            times = [units["ns/op"] for units in rounds]
            if not row["disturbed"]:  # whose made-up median has them: tests/unit/foreign_test.cpp evaluates
                self.assertAlmostEqual(statistics.median(times), row["median_seconds"] * 1e9, delta=0.01)


class Sql(unittest.TestCase):
    def setUp(self):
        self.database = sqlite3.connect(":memory:")
        self.addCleanup(self.database.close)
        self.database.executescript(report("sql"))

    def rows(self, query):
        return self.database.execute(query).fetchall()

    def test_points(self):
        document = strict(report("json"))
        stored = self.rows(
            "SELECT model, alpha, resolution, engine, threads, network, status, reason, macs, median_seconds, speedup,"
            " fraction_kept, rounds FROM mobilenet_cost_point")
        expected = [
            (cell["model"], cell["alpha"], cell["resolution"], row["engine"], row["threads"], row["network"],
             row["status"], row["reason"], row["macs"], row["median_seconds"], row["speedup"], row["fraction_kept"],
             row["rounds"])
            for cell in document["cells"] for row in cell["measured"]
        ]
        self.assertEqual(sorted(stored, key=str), sorted(expected, key=str))

    def test_disturbed_blocks_are_marked(self):
        """Without them, medians are those of the document."""
        document = strict(report("json"))
        medians = {}
        for point, seconds in self.rows(
                "SELECT point, seconds FROM mobilenet_cost_block JOIN mobilenet_cost_point USING (run, point)"
                " WHERE status = 'ok' AND NOT mobilenet_cost_block.disturbed"):
            medians.setdefault(point, []).append(seconds)
        self.assertEqual(len(medians), len(ran(document)))
        found = {f"{statistics.median(seconds):.9g}" for seconds in medians.values()}
        self.assertLessEqual({f"{row['median_seconds']:.9g}" for _, row in ran(document) if not row["disturbed"]}, found)
        self.assertEqual(self.rows("SELECT count(*) FROM mobilenet_cost_block WHERE disturbed"),
                         [(sum(row["disturbed"] for _, row in ran(document)),)])

    def test_a_question(self):
        (engine, slowest), = self.rows(
            "SELECT engine, max(seconds) FROM mobilenet_cost_block JOIN mobilenet_cost_point USING (run, point)"
            " WHERE network = 'standard' AND engine = 'onednn'")
        self.assertEqual(engine, "onednn")
        self.assertGreater(slowest, 0)

    def test_run(self):
        (run, started, version, noise), = self.rows("SELECT run, started, version, noise FROM mobilenet_cost_run")
        self.assertTrue(run.startswith(started))
        self.assertEqual((started, version, noise), ("2026-01-31T12:00:00Z", "1.2.3", "usable"))

    def test_the_same_run_is_not_stored_twice(self):
        with self.assertRaises(sqlite3.IntegrityError):
            self.database.executescript(report("sql"))


if __name__ == "__main__":
    unittest.main()
