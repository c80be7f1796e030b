"""The workers of scripts/peers: what a dead, hanging or babbling one makes of a request, and ours by their protocol."""

import array
import os
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(os.environ["MOBILENET_COST_SOURCE_DIR"])
BINARY = Path(os.environ["MOBILENET_COST_BINARY_DIR"])
sys.path.insert(0, os.fspath(SOURCE / "scripts"))

from peers_lib import worker as worker_module  # noqa: E402
from peers_lib.worker import Worker  # noqa: E402
from shared.failure import Failure  # noqa: E402

ECHO = "import sys\nfor line in sys.stdin: print('{\"words\": %d}' % (line.count('\\t') + 1), flush=True)"
BUSY = "import sys, threading\ndef spin():\n while True: pass\n" \
       "threading.Thread(target=spin, daemon=True).start()\n" + ECHO


class Foreign(unittest.TestCase):
    def start(self, program):
        made = Worker("peer", [sys.executable, "-c", program])
        self.addCleanup(made.close)
        return made

    def assert_fails(self, program, text, **options):
        with self.assertRaises(Failure) as caught:
            self.start(program).ask("run", "a", 1, **options)
        self.assertIn(text, str(caught.exception))
        self.assertEqual(caught.exception.status, 1)

    def test_words_and_answer(self):
        peer = self.start(ECHO)
        self.assertEqual(peer.ask("run", "a", 1), {"words": 3})
        self.assertEqual(peer.ask("version"), {"words": 1})

    def test_dead_at_once(self):
        self.assert_fails("raise SystemExit(7)", "peer: run: the worker ended with status 7")

    def test_dead_during_a_request_says_its_last_line(self):
        program = "import sys\nsys.stdin.readline()\nsys.exit('no such kernel')"
        self.assert_fails(program, "peer: run: the worker ended with status 1: no such kernel")

    def test_ended_by_a_signal(self):
        program = "import os, sys\nsys.stdin.readline()\nos.abort()"
        self.assert_fails(program, "peer: run: the worker was ended by signal 6")

    def test_hangs(self):
        program = "import sys, time\nsys.stdin.readline()\ntime.sleep(60)"
        self.assert_fails(program, "peer: run: expected an answer within 0.2 s, found none", seconds=0.2)

    def test_half_an_answer_is_none(self):
        program = "import sys, time\nprint('{', end='', flush=True)\ntime.sleep(60)"
        self.assert_fails(program, "expected an answer within 0.3 s", seconds=0.3)

    def test_babbles(self):
        self.assert_fails("print('Hello')\ninput()", "peer: run: expected a line of JSON, found 'Hello'")
        self.assert_fails("print('[1]')\ninput()", "peer: run: expected a JSON object, found [1]")

    def test_error_is_passed_on(self):
        self.assert_fails("input()\nprint('{\"error\": \"out of memory\"}')", "peer: out of memory")

    def test_sleeping_worker_is_parked(self):
        peer = self.start(ECHO)
        peer.ask("version")
        peer.park()

    def test_busy_worker_is_not(self):
        peer = self.start(BUSY)
        peer.ask("version")
        before = worker_module.PARK_SECONDS
        worker_module.PARK_SECONDS = 0.2
        self.addCleanup(setattr, worker_module, "PARK_SECONDS", before)
        with self.assertRaises(Failure) as caught:
            peer.park()
        self.assertIn("expected sleeping threads 0.2 s after a block, found busy ones", str(caught.exception))

    def test_runs_where_it_is_put(self):
        cpu = max(os.sched_getaffinity(0))
        peer = Worker("peer", [sys.executable, "-c", "import os, json\ninput()\n"
                               "print(json.dumps({'cpus': sorted(os.sched_getaffinity(0))}))"], [cpu])
        self.addCleanup(peer.close)
        self.assertEqual(peer.ask("version"), {"cpus": [cpu]})

    def test_close_ends_the_process(self):
        peer = Worker("peer", [sys.executable, "-c", ECHO])
        peer.ask("version")
        peer.close()
        self.assertIsNotNone(peer.process.returncode)


class Ours(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.worker = Worker("ours", [BINARY / "mobilenet-peer-worker", "reference", 1])
        self.addCleanup(self.worker.close)

    def floats(self, name, *words):
        self.assertEqual(self.worker.ask(*words, self.folder / name), {})
        return array.array("f", (self.folder / name).read_bytes())

    def assert_refused(self, words, text):
        with self.assertRaises(Failure) as caught:
            self.worker.ask(*words)
        self.assertEqual(str(caught.exception), f"ours: {text}")

    def test_a_network(self):
        loaded = self.worker.ask("load", "a", "mobilenet_v1", "0.25", 32, "separable")
        # Taps of V1 at alpha 0.25 (widths 8 to 256), the 1x1 map's mean, the classifier, and 8 for each of 29 layers.
        widths = [8, 16, 32, 32, 64, 64, *[128] * 6, 256]
        self.assertEqual(loaded["terms"], 27 + 13 * 9 + sum(widths) + 1 + 256 + 8 * 29)
        self.assertEqual(len(self.floats("in", "input", "a")), 32 * 32 * 3)
        self.assertEqual(len(self.floats("out", "output", "a")), 1000)
        nanoseconds = self.worker.ask("run", "a", 1, 3)["nanoseconds"]
        self.assertEqual(len(nanoseconds), 3)
        self.assertTrue(all(value > 0 for value in nanoseconds))

    def test_networks_under_their_names(self):
        small = self.worker.ask("load", "a", "mobilenet_v1", "0.25", 32, "separable")
        large = self.worker.ask("load", "b", "mobilenet_v1", "0.25", 32, "standard")
        self.assertGreater(large["macs"], 5 * small["macs"])
        self.assertNotEqual(self.floats("a", "output", "a"), self.floats("b", "output", "b"))
        self.assertEqual(self.worker.ask("unload", "a"), {})
        self.assert_refused(["run", "a", 0, 1], 'run: "a" is not loaded')
        self.assertEqual(len(self.floats("b", "output", "b")), 1000)

    def test_what_it_refuses(self):
        self.assert_refused(["ran", "a"], 'request: unknown word "ran" (did you mean "run"?)')
        self.assert_refused(["load", "a"], "load: expected 6 words, found 2")
        self.assert_refused(["unload", "a"], 'unload: "a" is not loaded')

    def test_an_unknown_engine_ends_it(self):
        other = Worker("other", [BINARY / "mobilenet-peer-worker", "onednm", 1])
        self.addCleanup(other.close)
        with self.assertRaises(Failure) as caught:
            other.ask("load", "a", "mobilenet_v1", "0.25", 32, "separable")
        self.assertIn("the worker ended with status 1: mobilenet-peer-worker: error:", str(caught.exception))
        self.assertIn("onednm", str(caught.exception))

    def test_peak(self):
        found = self.worker.ask("peak", 1, 0.01)
        self.assertGreater(found["flops_per_second"], 0)
        self.assertTrue(found["instruction_set"])

    def test_ping_pong_needs_two_cpus(self):
        if len(os.sched_getaffinity(0)) > 1:
            self.assertGreater(self.worker.ask("ping_pong", 0.01)["seconds"], 0)
        else:
            self.assert_refused(["ping_pong", 0.01], "threads: expected at most one for each of 1 CPUs, found 2")

    def test_more_threads_than_cpus(self):
        cpus = len(os.sched_getaffinity(0))
        text = f"threads: expected at most one for each of {cpus} CPUs, found {cpus + 1}"
        self.assert_refused(["peak", cpus + 1, 0.01], text)


if __name__ == "__main__":
    unittest.main()
