"""scripts/peers without a network: statistics, agreement, rounds, document, table, and a run with our engines alone."""

import array
import contextlib
import io
import json
import math
import os
import sys
import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

import jsonschema

SOURCE = Path(os.environ["MOBILENET_COST_SOURCE_DIR"])
BINARY = Path(os.environ["MOBILENET_COST_BINARY_DIR"])
sys.path.insert(0, os.fspath(SOURCE / "scripts"))

from peers_lib import agreement, command, counters, document, exports, options, project, report, rounds  # noqa: E402
from peers_lib import side_by_side, stats  # noqa: E402
from shared.failure import Failure, run  # noqa: E402
from peers_lib.rounds import Cell, Job, Visit  # noqa: E402

PEAK = 1e11
MACS = 10**8  # 2 ms at that peak


def errors_of(name, value):
    schema = json.loads((SOURCE / f"docs/schemas/{name}.schema.json").read_text())
    found = jsonschema.Draft202012Validator(schema).iter_errors(json.loads(json.dumps(value, allow_nan=False)))
    return [f"{error.json_path}: {error.message}" for error in found]


class Stats(unittest.TestCase):
    def test_median_ranks_are_those_of_the_program(self):
        # Conover, "Practical Nonparametric Statistics": none below 6 values at 95 %; as in tests/unit/stats_test.cpp.
        found = [stats.median_ranks(n, 0.95) for n in (5, 6, 8, 9, 10, 15, 20)]
        self.assertEqual(found, [None, (1, 6), (1, 8), (2, 8), (2, 9), (4, 12), (6, 15)])

    def test_estimate(self):
        self.assertEqual(stats.estimate([3, 1, 2], 0.95), {"value": 2, "low": None, "high": None})
        self.assertEqual(stats.estimate(range(10, 0, -1), 0.95), {"value": 5.5, "low": 2, "high": 9})

    def test_paired_ratio_cancels_what_slows_both(self):
        drift = [1, 3, 2, 10, 0.5, 7]
        found = stats.paired_ratio([2 * d for d in drift], drift, 0.95)
        for value in found.values():
            self.assertAlmostEqual(value, 2, places=12)

    def test_paired_ratio_is_the_reciprocal_of_the_reverse(self):
        a, b = [1, 2, 4, 3, 5, 9], [2, 3, 1, 4, 2, 2]
        one, other = stats.paired_ratio(a, b, 0.95), stats.paired_ratio(b, a, 0.95)
        self.assertAlmostEqual(one["value"] * other["value"], 1, places=12)
        self.assertAlmostEqual(one["low"] * other["high"], 1, places=12)

    def test_pairs_must_be_pairs(self):
        with self.assertRaises(ValueError):
            stats.paired_ratio([1, 2], [1], 0.95)

    def test_geometric_mean(self):
        self.assertAlmostEqual(stats.geometric_mean([1, 4, 16]), 4, places=12)


class Agreement(unittest.TestCase):
    EXPECTED = array.array("f", [1.0, -0.5, 0.25])

    def test_allowed_is_by_hand(self):
        # 8 * 2^-24 * sqrt(2 * 50) * 1 = 8 * 10 / 16777216
        output = array.array("d", [1.0 + 80 / 2**24, -0.5, 0.25])
        self.assertAlmostEqual(agreement.disagreement(output, self.EXPECTED, 50), 1, places=9)

    def test_equal_outputs(self):
        self.assertEqual(agreement.disagreement(self.EXPECTED, self.EXPECTED, 50), 0)

    def test_what_cannot_agree(self):
        for output in [self.EXPECTED[:2], array.array("f", [1, math.nan, 0]), array.array("f", [1, math.inf, 0])]:
            self.assertEqual(agreement.disagreement(output, self.EXPECTED, 50), math.inf)
        zeros = array.array("f", [0, 0, 0])
        self.assertEqual(agreement.disagreement(zeros, zeros, 50), math.inf)


class FakeWorker:
    """Each pass takes as long as it is told; what is asked is remembered."""

    def __init__(self, name, seconds, log):
        self.name, self.seconds, self.log = name, seconds, log

    def ask(self, request, *words, **_):
        match request:
            case "run":
                self.log.append((self.name, words[0], words[2]))
                return {"nanoseconds": [1e9 * self.seconds] * words[2]}
            case "peak":
                return {"flops_per_second": PEAK * words[0]}
            case "ping_pong":
                return {"seconds": 1e-7}
        raise AssertionError(request)

    def park(self):
        pass


def fake_jobs(log, threads=(1, 2), resolutions=(128, 160)):
    def workers():
        return {"slow": FakeWorker("slow", 5e-3, log), "quick": FakeWorker("quick", 2.5e-3, log)}

    cells = [Cell("separable", "mobilenet_v1", 0.25, resolution) for resolution in resolutions]
    jobs = [Job(cell, count, workers(), MACS, {"slow": 0.0, "quick": 0.5}) for count in threads for cell in cells]
    for job in jobs:
        rounds.prepare(job, 0.03)
    log.clear()
    return jobs


class Rounds(unittest.TestCase):
    def run_rounds(self, seed=1, count=6, deadline=math.inf):
        log = []
        jobs = fake_jobs(log)
        done = rounds.run_rounds(jobs, count, seed, deadline, FakeWorker("peak", 0, log))
        return jobs, log, done

    def test_every_round_visits_every_engine_of_every_cell(self):
        jobs, log, done = self.run_rounds()
        self.assertTrue(done)
        self.assertEqual([len(job.visits) for job in jobs], [6] * 4)
        for job in jobs:
            for visit in job.visits:
                self.assertEqual(sorted(visit.order), ["quick", "slow"])
                self.assertEqual(visit.seconds, {"slow": 5e-3, "quick": 2.5e-3})
                self.assertEqual(visit.peak_flops_per_second, PEAK * job.threads)
                self.assertEqual(visit.ping_pong_seconds, 1e-7 if job.threads == 2 else None)
        for start in range(0, len(log), 8):  # 4 cells x 2 engines; an engine's turn is beside the other's
            pairs = [tuple(name for _, name, _ in log[i : i + 2]) for i in range(start, start + 8, 2)]
            self.assertTrue(all(a == b for a, b in pairs), pairs)

    def test_order_is_the_seed_s(self):
        orders = [[visit.order for job in self.run_rounds(seed)[0] for visit in job.visits] for seed in (1, 1, 2)]
        self.assertEqual(orders[0], orders[1])
        self.assertNotEqual(orders[0], orders[2])
        self.assertGreater(len({tuple(order) for order in orders[0]}), 1)

    def test_engines_of_a_cell_run_as_many_passes(self):
        _, log, _ = self.run_rounds()
        self.assertEqual({passes for _, _, passes in log}, {12})  # 30 ms of 2.5 ms

    def test_a_far_slower_engine_bounds_the_block(self):
        self.assertEqual(rounds.passes_for([1e-3, 2e-3], 0.03), 30)
        self.assertEqual(rounds.passes_for([1e-3, 0.05], 0.03), 6)
        self.assertEqual(rounds.passes_for([1e-3, 10], 0.03), 3)

    def test_deadline_ends_after_the_first_round(self):
        jobs, _, done = self.run_rounds(deadline=0)
        self.assertFalse(done)
        self.assertEqual([len(job.visits) for job in jobs], [1] * 4)


def fake_document(seconds_of_slow=5e-3):
    jobs = fake_jobs([], threads=(1,))
    for job in jobs:
        for _ in range(6):
            seconds = {"slow": seconds_of_slow, "quick": 2.5e-3}
            job.visits.append(Visit(["slow", "quick"], seconds, PEAK))
    settings = types.SimpleNamespace(rounds=6, seed=1, max_seconds=540.0, block_seconds=0.03)
    engines = [types.SimpleNamespace(name=name, version="", ours=True) for name in ("slow", "quick")]
    machine = {"cpu_model": "Some CPU", "cpu_family": 25, "cpu_model_number": 1, "allowed_cpus": [0, 1],
               "kernel": "6.1", "load_average": [0.0, 0.1, 0.2]}
    peaks = {1: {"instruction_set": "AVX2", "core_hertz": PEAK / 32, "flops_per_second": PEAK}}
    return document.document_of(
        types.SimpleNamespace(settings=settings, engines=engines, jobs=jobs, machine=machine, program="mobilenet-cost 0",
                              peaks=peaks, complete=True, seconds=12.3)
    )


class Document(unittest.TestCase):
    def test_is_what_the_schema_says(self):
        found = fake_document()
        self.assertEqual(errors_of("peers", found), [])
        found["cells"][0]["extra"] = 1
        self.assertEqual(len(errors_of("peers", found)), 1)

    def test_ratios(self):
        cell = fake_document()["cells"][0]
        self.assertEqual((cell["fastest"], cell["limit_seconds"]), ("quick", 2e-3))
        slow, quick = cell["engines"]
        self.assertAlmostEqual(slow["to_fastest"]["value"], 2)
        self.assertAlmostEqual(slow["to_limit"]["high"], 2.5)
        self.assertEqual(quick["to_fastest"]["value"], 1)

    def test_flops_per_cycle(self):
        [limit] = fake_document()["limits"]
        self.assertEqual(limit["flops_per_cycle_of_core"], 32)

    def test_table(self):
        lines = report.text_of(fake_document()).splitlines()
        self.assertEqual(lines[:5], [
            "mobilenet_v1, separable network, 1 thread",
            "alpha   px  M MACs  limit                 slow                quick",
            "0.25   128   100.0  2.000  5.000  2.00x   2.50  2.500  1.00x   1.25",
            "0.25   160   100.0  2.000  5.000  2.00x   2.50  2.500  1.00x   1.25",
            "mean                       5.000  2.00x   2.50  2.500  1.00x   1.25",
        ])
        self.assertIn("limit, 1 thread: 100.0 GFLOP/s (AVX2, 32.0 a cycle and core at 3.12 GHz)", lines)

    def test_what_is_not_told_apart_is_marked(self):
        self.assertEqual(report.ratio({"value": 1.2, "low": 0.9, "high": 1.3}), "1.20x~")
        self.assertEqual(report.ratio({"value": 1.2, "low": None, "high": None}), "1.20x~")
        self.assertEqual(report.ratio({"value": 1.2, "low": 1.1, "high": 1.3}), "1.20x ")


class Counters(unittest.TestCase):
    ROW = {"model": "mobilenet_v1", "alpha": 1, "resolution": 224, "tool": "thop", "version": "0.1.1", "unit": "MACs",
           "count": 588962304, "our_count": 588962304, "params": 4231976, "our_params": 4231976, "equal": True,
           "seconds": 0.1, "our_seconds": 0.004}

    def test_equal(self):
        self.assertEqual(counters.status([self.ROW]), 0)
        self.assertIn("all 1 equal", counters.table([self.ROW]))

    def test_a_difference_is_status_3(self):
        rows = [self.ROW, {**self.ROW, "count": 588962305, "equal": False}]
        self.assertEqual(counters.status(rows), 3)
        self.assertIn("1 of 2 differ", counters.table(rows))
        self.assertEqual(counters.table(rows).count("DIFFERS"), 1)

    def test_conventions_that_are_held_against_exist(self):
        with mock.patch.object(project, "PROGRAM", os.environ["MOBILENET_COST_PROGRAM"]):
            known = counters.conventions_of(Cell("separable", "mobilenet_v1", 1.0, 224))
        self.assertEqual([tool for tool in counters.TOOLS if tool not in known], [])
        self.assertEqual(known["thop"]["count"], self.ROW["our_count"])


class Exports(unittest.TestCase):
    """Of a library that is not there: what it would have said."""

    MADE = {"params": 4231976, "expected": 4221032}  # MobileNetV1's batch norms are 10,944 channels

    def setUp(self):
        [self.row] = [row for row in exports.networks(["timm:mobilenetv1_100"]) if not row["arguments"]]

    def compared(self, macs=568740352, params=4221032, unknown=0, made=()):
        return exports.compared(self.row, "dynamo", {**self.MADE, **dict(made)}, (macs, params, unknown))

    def test_equal(self):
        row = self.compared()
        self.assertEqual((row["equal"], row["folded"]), (True, 10944))
        self.assertEqual(exports.status([row]), 0)
        self.assertIn("1 of 1 equal, 0 not exported", exports.text_of([row]))

    def test_what_differs_is_named(self):
        for row, note in [(self.compared(macs=1), "MACs: expected 568,740,352"), (self.compared(params=1), "parameters: expected 4,221,032"),
                          (self.compared(made={"params": 7}), "the library's parameters: expected 4,231,976")]:
            self.assertEqual(exports.status([row]), 3)
            self.assertIn(f"DIFFERS; {note}", exports.text_of([row]))

    def test_values_that_are_no_parameters_are_said(self):
        row = self.compared(made={"fixed_values": 5})
        self.assertEqual(exports.verdict(row), "equal; 5 values that are no parameters")

    def test_networks(self):
        found = {row["name"].partition(":")[0] for row in exports.networks(None)}
        self.assertEqual(found, set(exports.LIBRARIES))
        self.assertTrue(all("mobilenetv3" in row["name"] for row in exports.networks(["timm:*mobilenetv3*"])))
        with self.assertRaisesRegex(Failure, 'or a pattern of several, found "timm:none"'):
            exports.networks(["timm:mobilenetv1_100", "timm:none"])

    def test_a_network_that_fails_is_no_end(self):
        library = types.SimpleNamespace(ask=mock.Mock(side_effect=Failure("timm: no")))
        with contextlib.redirect_stderr(io.StringIO()) as said:
            row = exports.told_row(self.row, library, "dynamo", Path("x.onnx"))
        self.assertIn("timm:mobilenetv1_100 224, dynamo: not exported; timm: no", said.getvalue())
        self.assertIn("0 of 1 equal, 1 not exported", exports.text_of([row]))
        self.assertEqual([exports.status([row]), exports.status([row, self.compared()])], [1, 0])


class Run(unittest.TestCase):
    """The whole program, with the engines of this build: nothing is installed, nothing is built."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.output = Path(folder.name) / "peers.json"
        listed = {}
        for name, value in [("BUILD", BINARY), ("PROGRAM", Path(os.environ["MOBILENET_COST_PROGRAM"])),
                            ("WORKER", BINARY / "mobilenet-peer-worker")]:
            self.enterContext(mock.patch.object(project, name, value))
        for row in project.document("engines")["engines"]:
            if row["available"]:
                listed[row["name"]] = row["version"]
        self.engines = listed  # `reference`, too: it is in every build
        self.enterContext(mock.patch.object(project, "engines", lambda: listed))

    def run_peers(self, *arguments):
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            status = run("scripts/peers", command.main, ["--no-build", "-o", str(self.output), *map(str, arguments)])
        return status, out.getvalue(), err.getvalue()

    def small(self, *more):
        flags = ["--alpha", "0.25", "--res", "32", "--block-seconds", "0.001", "--rounds", "6", "--threads", "1"]
        return self.run_peers(*flags, "--engines", ",".join(self.engines), *more)

    def test_our_engines_side_by_side(self):
        status, out, err = self.small("--networks", "separable,standard")
        self.assertEqual(status, 0, err)
        found = json.loads(self.output.read_text())
        self.assertEqual(errors_of("peers", found), [])
        self.assertEqual([cell["network"] for cell in found["cells"]], ["separable", "standard"])
        for cell in found["cells"]:
            self.assertEqual([row["engine"] for row in cell["engines"]], list(self.engines))
            self.assertEqual([sorted(r["order"]) for r in cell["rounds"]], [sorted(self.engines)] * 6)
            self.assertIn(f"{cell['macs'] / 1e6:.1f}", out)
        flags = ["--alpha", "0.25", "--res", "32"]
        [variant] = project.document("cost", *flags)["variants"]
        macs = [variant["totals"]["macs"], variant["standard"]["macs"]]
        self.assertEqual([cell["macs"] for cell in found["cells"]], macs)

    def test_a_file_of_others(self):
        """Engines of ours that have no kernel for one of its layers are left out, and said."""
        path = self.output.with_name("one.onnx")
        try:
            project.run("export", "--model", "mobilenet_v1", "--alpha", "0.25", "--res", "33x48", "--classes", "7", "--onnx", path)
            macs = project.document("cost", "--model", path)["variants"][0]["totals"]["macs"]
        except Failure as failure:
            self.skipTest(str(failure))
        flags = ["--block-seconds", "0.001", "--rounds", "6", "--threads", "1", "--engines", "reference"]
        status, out, err = self.run_peers("--model", path, *flags)
        self.assertEqual(status, 0, err)
        found = json.loads(self.output.read_text())
        self.assertEqual(errors_of("peers", found), [])
        [cell] = found["cells"]
        self.assertEqual((cell["model"], cell["resolution"], cell["macs"]), ("one", "33x48", macs))

        class Unable:
            def ask(self, *_):
                raise Failure("onednn: c: onednn has no kernel for prelu")

        engines = [side_by_side.Engine(name, "1", True, []) for name in ("onednn", "native")]
        workers = {("onednn", 1): Unable(), ("native", 1): mock.Mock()}
        with contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertEqual(side_by_side.able(engines, [Cell("separable", "m", 1.0, 32, "m.onnx")], workers, 1), engines[1:])
        self.assertIn("peers: skipped: onednn: c: onednn has no kernel for prelu", said.getvalue())

    def test_an_engine_that_computes_something_else_is_not_timed(self):
        real = agreement.read_floats
        changed = lambda path: array.array("f", [2 * v if path.stem == "reference" else v for v in real(path)])  # noqa: E731
        first = {"other": "1", **self.engines}
        flags = ["--alpha", "0.25", "--res", "32", "--threads", "1", "--engines", "reference"]
        with mock.patch.object(agreement, "read_floats", changed), mock.patch.object(project, "engines", lambda: first):
            found = side_by_side.find_engines

            def twins(settings):
                [engine] = found(settings)
                return [side_by_side.Engine("other", "1", True, engine.command), engine]

            with mock.patch.object(side_by_side, "find_engines", twins):
                status, out, err = self.run_peers(*flags)
        self.assertEqual((status, out), (1, ""))
        self.assertIn("reference and other disagree: ", err)

    def test_wrong_usage(self):
        for arguments, text in [
            (["--engines", "onednm"], '--engines: unknown engine "onednm" (known: '),
            (["--networks", "both"], "--networks: expected some of separable, standard, found both"),
            (["--threads", "0"], "--threads: expected some of 1"),
            (["--alpha", "a"], 'expected numbers with commas between them, found "a"'),
            (["--rounds", "0"], "argument --rounds: invalid number above 0 value: '0'"),
            (["--model", "mobilenet_v9"], "mobilenet_v9"),
            (["--model", "a.onnx,mobilenet_v1"], "--model: expected names, .onnx files or .tflite files, found some of each"),
            (["--model", "a.tflite", "--alpha", "0.5"], "--alpha: expected without a .tflite file, found both"),
            (["--res", "3x4x5"], 'expected numbers with commas between them, found "3x4x5"'),
            (["--bogus"], "unrecognized arguments: --bogus"),
        ]:
            with self.subTest(arguments):
                status, out, err = self.run_peers(*arguments)
                self.assertEqual((status, out), (2, ""), err)
                self.assertIn(text, err)
                self.assertTrue(err.startswith("scripts/peers: error: ") and err.count("\n") == 1, err)
                self.assertFalse(self.output.exists())

    def test_output_that_cannot_be_written(self):
        status, out, err = self.run_peers("-o", self.output / "missing/peers.json")
        self.assertEqual((status, out), (2, ""))
        self.assertIn("--output: expected a file that can be written", err)

    def test_defaults_are_the_paper_s_grid(self):
        settings = options.parse([])
        self.assertEqual((settings.alpha, settings.res), ([1.0, 0.75, 0.5, 0.25], [224, 192, 160, 128]))
        self.assertEqual(options.parse(["--res", "64,48x192"]).res, [64, "48x192"])
        self.assertEqual(options.choose_engines(None, ["a", "b"]), ["a", "b"])
        with self.assertRaises(Failure):
            options.choose_engines(["c"], ["a", "b"])


if __name__ == "__main__":
    unittest.main()
