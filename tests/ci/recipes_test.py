"""The recipes for CI, run word for word: .github/workflows/timings.yml and the blocks of docs/ci.md.

Each runs in a scratch workspace with the variables that its forge sets. What stands in for the outside: `ccache`, which
takes objects from the build under test instead of compiling them again; a server on this machine for the forges' API; and
GATE_FLAGS, because the recipes' own take minutes.
"""

import http.server
import json
import os
import re
import stat
import string
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

import yaml

from reused_objects import LAUNCHER

SOURCE = Path(os.environ["MOBILENET_COST_SOURCE_DIR"])
BUILD = Path(os.environ["MOBILENET_COST_BINARY_DIR"])
WORKFLOW = yaml.safe_load((SOURCE / ".github/workflows/timings.yml").read_text())
DOCUMENT = (SOURCE / "docs/ci.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
SHELL = [text for kind, text in BLOCKS if kind == "sh"]
[GITLAB] = [yaml.safe_load(text)["timings"] for kind, text in BLOCKS if kind == "yaml"]
MARK = "<!-- mobilenet-cost timings -->"

# On the engine that only waits; the threshold is beyond what noise can do to it, so that the verdict is never "slower".
GATE_FLAGS = "--alpha 0.25 --res 32 --engine xnnpack --threshold 0.9 --tolerance 0.95 --max-seconds 20"


class Forge(http.server.ThreadingHTTPServer):
    """The part of both forges' API that a comment needs."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.comments = [{"id": 7, "body": "someone else's"}] * 100  # a full page
        self.comments = [dict(comment) for comment in self.comments]
        self.calls = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def ours(self):
        return [comment["body"] for comment in self.comments if comment["body"].startswith(MARK)]


class Answer(http.server.BaseHTTPRequestHandler):
    def answer(self, content):
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_call(self):
        forge = self.server
        path, _, query = self.path.partition("?")
        forge.calls.append((self.command, path, self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN")))
        length = int(self.headers.get("Content-Length") or 0)
        content = json.loads(self.rfile.read(length)) if length else None
        if self.command == "GET":
            page = int(dict(pair.split("=") for pair in query.split("&"))["page"])
            self.answer(forge.comments[100 * (page - 1) : 100 * page])
        elif self.command == "POST":
            forge.comments.append({"id": 1000 + len(forge.comments), "body": content["body"]})
            self.answer(forge.comments[-1])
        else:
            [comment] = [comment for comment in forge.comments if str(comment["id"]) == path.rsplit("/", 1)[1]]
            comment["body"] = content["body"]
            self.answer(comment)

    do_GET = do_POST = do_PATCH = do_PUT = handle_call

    def log_message(self, *arguments):
        pass


class Recipes(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.workspace = self.folder / "workspace"
        self.workspace.mkdir()
        self.reused = self.folder / "reused"
        self.forge = Forge()
        self.addCleanup(self.forge.server_close)
        self.addCleanup(self.forge.shutdown)
        tools = self.folder / "tools"
        tools.mkdir()
        (tools / "ccache").write_text(LAUNCHER)
        (tools / "ccache").chmod(stat.S_IRWXU)
        clean = {key: value for key, value in os.environ.items()
                 if not key.startswith(("MOBILENET_COST_", "GITHUB_", "GITLAB_", "CI_", "CCACHE_", "CMAKE_", "GIT_"))}
        for idle in ("GITLAB_CI", "TIMINGS_TOKEN"):
            clean.pop(idle, None)
        self.environment = {
            **clean,
            "PATH": f"{tools}:{clean['PATH']}",
            "CI": "true",
            "REUSED_BUILD": os.fspath(BUILD),
            "REUSED_LIST": os.fspath(self.reused),
            "MOBILENET_COST_ENGINE_DIR": os.fspath(BUILD / "fake_engines"),
        }

    def git(self, repository, *arguments):
        name = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
        return subprocess.run(
            ["git", *name, "-C", repository, *arguments], check=True, capture_output=True, text=True, timeout=120
        ).stdout.strip()

    def source_files(self):
        """Names of the files of the repository; an unpacked archive has no git that knows them."""
        if (SOURCE / ".git").exists():
            listing = self.git(SOURCE, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
            return listing.strip("\0").split("\0")
        names = (path.relative_to(SOURCE) for path in SOURCE.rglob("*") if path.is_file())
        return [os.fspath(name) for name in names if name.parts[0] != "build"]

    def repository(self, path):
        """A clone as a forge makes it: a request of one commit merged into the base."""
        path.mkdir(exist_ok=True)
        self.git(path, "init", "--quiet", "--initial-branch=main")
        for name in self.source_files():
            target = path / name
            if (SOURCE / name).is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes((SOURCE / name).read_bytes())
                target.chmod((SOURCE / name).stat().st_mode)
        self.git(path, "add", "--all")
        self.git(path, "commit", "--quiet", "-m", "base")
        base = self.git(path, "rev-parse", "HEAD")
        self.git(path, "checkout", "--quiet", "-b", "request")
        (path / "README.md").write_text("changed\n")
        self.git(path, "commit", "--quiet", "--all", "-m", "request")
        self.git(path, "checkout", "--quiet", "main")
        self.git(path, "merge", "--quiet", "--no-ff", "-m", "merge", "request")
        return base

    def shell(self, command, environment, *flags, allowed=(0,)):
        """One script as the forge's shell runs it, in the workspace; it must end with an allowed status."""
        script = self.folder / "script.sh"
        script.write_text(command)
        result = subprocess.run(
            ["bash", *flags, script], cwd=self.workspace, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=500,
        )
        self.assertIn(result.returncode, allowed, f"{command}\n{result.stdout}{result.stderr}")
        return result.stdout

    def assert_builds_were_reused(self, sides):
        """Of the library, nothing but the commit (build_info.cpp) was compiled here."""
        commands = json.loads((BUILD / "compile_commands.json").read_text())
        library = [entry for entry in commands if "CMakeFiles/mobilenet_cost.dir/" in entry["command"]]
        reused = [line for line in self.reused.read_text().splitlines() if "CMakeFiles/mobilenet_cost.dir/" in line]
        self.assertGreaterEqual(len(reused), sides * (len(library) - 1))

    # ---- GitHub

    def github_text(self, text):
        """With the expressions that the workflow uses; another one needs a row here."""
        known = {
            "github.workspace": os.fspath(self.workspace),
            "github.ref": "refs/pull/12/merge",
            "github.token": "secret-token",
        }
        return re.sub(r"\$\{\{ ([^}]+) \}\}", lambda match: known[match[1]], str(text))

    def github_steps(self):
        for step in WORKFLOW["jobs"]["gate"]["steps"]:
            if "run" in step:
                yield step
            else:
                self.assertRegex(step["uses"], r"^actions/(checkout|cache)@v\d$")

    def test_github(self):
        self.repository(self.workspace / "head")
        summary = self.folder / "summary"
        environment = {
            **self.environment,
            **{key: self.github_text(value) for key, value in WORKFLOW["env"].items()},
            "GATE_FLAGS": GATE_FLAGS,
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": os.fspath(self.workspace),
            "GITHUB_STEP_SUMMARY": os.fspath(summary),
            "GITHUB_REF": "refs/pull/12/merge",
            "GITHUB_REPOSITORY": "example/mobilenet-cost",
            "GITHUB_API_URL": self.forge.address,
        }
        comment = None
        for step in self.github_steps():
            more = {key: self.github_text(value) for key, value in step.get("env", {}).items()}
            self.shell(step["run"], {**environment, **more}, "-e")
            if "ci_comment" in step["run"]:
                comment = lambda: self.shell(step["run"], {**environment, **more}, "-e")
        self.assert_builds_were_reused(2)
        table = (self.workspace / "timings.md").read_text()
        self.assertIn("|", table)
        self.assertEqual(summary.read_text(), table)
        self.assertEqual(self.forge.ours(), [f"{MARK}\n{table}"])
        (self.workspace / "timings.md").write_text("another table\n")
        comment()
        self.assertEqual(self.forge.ours(), [f"{MARK}\nanother table\n"])
        comments = "/repos/example/mobilenet-cost/issues/12/comments"
        token = "Bearer secret-token"
        self.assertEqual([call for call in self.forge.calls if call[0] == "POST"], [("POST", comments, token)])
        self.assertEqual(self.forge.calls[-1][0], "PATCH")
        self.assertRegex(self.forge.calls[-1][1], r"^/repos/example/mobilenet-cost/issues/comments/\d+$")

    def test_github_workflow_has_what_the_steps_need(self):
        self.assertEqual(WORKFLOW[True], "pull_request")  # YAML 1.1 reads the key "on" as true
        self.assertEqual(WORKFLOW["permissions"], {"contents": "read", "pull-requests": "write"})
        checkout = WORKFLOW["jobs"]["gate"]["steps"][0]
        self.assertEqual((checkout["with"]["path"], checkout["with"]["fetch-depth"]), ("head", 2))

    def test_github_job_ends_as_the_gate_does(self):
        """A program that ends with each status in the place of the gate: only 5 is turned into a warning."""
        [step] = [step for step in self.github_steps() if " gate " in step["run"]]
        program = self.workspace / "head/build/release/mobilenet-cost"
        program.parent.mkdir(parents=True)
        for status, expected in [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 0)]:
            with self.subTest(status):
                program.write_text(f"#!/bin/sh\nexit {status}\n")
                program.chmod(stat.S_IRWXU)
                said = self.shell(step["run"], {**self.environment, "GATE_FLAGS": ""}, "-e", allowed=(expected,))
                self.assertEqual("::warning::" in said, status == 5)

    # ---- GitLab, and the commands of the page

    def test_gitlab_and_the_page(self):
        base = self.repository(self.workspace)
        environment = {
            **self.environment,
            "GITLAB_CI": "true",
            "CI_PROJECT_DIR": os.fspath(self.workspace),
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
            "CI_API_V4_URL": self.forge.address,
            "CI_PROJECT_ID": "34",
            "CI_MERGE_REQUEST_IID": "12",
            "TIMINGS_TOKEN": "secret-token",
        }
        for key, value in GITLAB["variables"].items():
            environment[key] = string.Template(value).safe_substitute(environment)
        environment["GATE_FLAGS"] = GATE_FLAGS
        # Too noisy to judge is what the recipe allows.
        self.assertEqual(GITLAB["allow_failure"], {"exit_codes": [5]})
        self.shell("\n".join(GITLAB["script"]), environment, "-eo", "pipefail", allowed=(0, 5))
        self.assert_builds_were_reused(2)
        table = (self.workspace / "timings.md").read_text()
        for _ in range(2):  # a job that is run again
            self.shell("\n".join(GITLAB["after_script"]), environment)
            self.assertEqual(self.forge.ours(), [f"{MARK}\n{table}"])
        self.assertEqual([call[0] for call in self.forge.calls], ["GET", "GET", "POST", "GET", "GET", "PUT"])
        self.assertEqual(self.forge.calls[2], ("POST", "/projects/34/merge_requests/12/notes", "secret-token"))
        self.assertTrue(SHELL)
        for block in SHELL:
            self.shell(block, self.environment, "-e")

    # ---- the comment, where something is missing

    def comment(self, file, **variables):
        return subprocess.run(
            [SOURCE / "scripts/ci_comment", file], cwd=self.workspace, env={**self.environment, **variables},
            capture_output=True, text=True, timeout=60,
        )

    def test_a_comment_without_a_token_is_left_out(self):
        (self.workspace / "timings.md").write_text("table\n")
        for forge in [{"GITHUB_ACTIONS": "true"}, {"GITLAB_CI": "true"}]:
            result = self.comment("timings.md", **forge)
            self.assertEqual((result.returncode, result.stdout), (0, ""))
            self.assertIn("nothing is posted", result.stderr)
        self.assertEqual(self.forge.calls, [])

    def test_a_comment_that_cannot_be_posted_says_why(self):
        (self.workspace / "timings.md").write_text("table\n")
        github = {"GITHUB_TOKEN": "secret-token", "GITHUB_REF": "refs/pull/12/merge", "GITHUB_REPOSITORY": "a/b"}
        cases = [
            ("none.md", github, "none.md: No such file or directory"),
            ("timings.md", github, "expected the variable GITHUB_API_URL"),
            ("timings.md", {**github, "GITHUB_API_URL": "http://127.0.0.1:1"}, "Connection refused"),
            ("timings.md", {**github, "GITHUB_REF": "refs/heads/main"}, "expected a job of a pull request"),
        ]
        for file, variables, words in cases:
            with self.subTest(words):
                result = self.comment(file, **variables)
                self.assertNotEqual(result.returncode, 0)
                self.assertIn(words, result.stderr)
                self.assertNotIn("secret-token", result.stderr)
                self.assertEqual(result.stderr.count("\n"), 1)

    def test_a_long_table_is_cut(self):
        (self.workspace / "timings.md").write_text("| row |\n" * 20_000)
        result = self.comment("timings.md", GITHUB_TOKEN="secret-token", GITHUB_REF="refs/pull/12/merge",
                              GITHUB_REPOSITORY="a/b", GITHUB_API_URL=self.forge.address)
        self.assertEqual(result.returncode, 0, result.stderr)
        [body] = self.forge.ours()
        self.assertLess(len(body), 65_536)
        self.assertTrue(body.endswith("(cut here: too long for a comment)\n"))


if __name__ == "__main__":
    unittest.main()
