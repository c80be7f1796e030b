"""Every document validates against its schema, and the schemas refuse what the program refuses."""

import json
import unittest

import jsonschema
from program import BUDGET, SOURCE, CliTest, run

SCHEMAS = SOURCE / "docs/schemas"

# Schema, its array of items, and arguments of runs whose documents it describes.
DOCUMENTS = [
    ("cost", "variants", ["cost"]),
    ("cost", "variants", ["cost", "--model", "mobilenet_v3_small", "--alpha", "0.01,0.75,2", "--res", "1,96"]),
    ("cost", "variants", ["--model", "mobilenet_v4_conv_small", "--dtype", "i8", "--batch", "3", "--classes", "10"]),
    ("cost", "variants", ["--convention", "tf_profiler", "--alpha-scope", "inner", "--alpha", "0.5"]),
    ("explain", "explanations", ["cost", "--explain", "Conv2d_1", "--alpha", "0.5,1", "--batch", "2"]),
    ("explain", "explanations", ["cost", "--explain", "Conv2d_3_depthwise"]),
    ("sweep", "cells", ["sweep"]),
    ("sweep", "cells", ["sweep", "--model", "mobilenet_v2,mobilenet_v3_large", "--beta", "0.5,1"]),
    ("cost", "variants", ["cost", "--runtime", "tflm"]),
    ("cost", "variants", ["cost", "--runtime", "live"]),
    ("sweep", "cells", ["sweep", "--runtime", "tflm"]),
    ("conventions", "networks", ["conventions", "--model", "mobilenet_v1,mobilenet_v3_small", "--res", "64"]),
    ("models", "models", ["models"]),
    ("engines", "engines", ["engines"]),
    ("budget_report", "checks", ["budget"]),
    ("pick", "candidates", ["pick", "--model", "mobilenet_v1,mobilenet_v2", "--max-macs", "1e8", "--min-top1", "0.6"]),
    ("pick", "candidates", ["pick", "--max-ram-kib", "256", "--max-flash-kib", "1024", "--dtype", "i8"]),
    ("pick", "candidates", ["pick", "--model", "mobilenet_v1", "--runtime", "cube_ai"]),
    ("pick", "candidates", ["pick", "--from", SOURCE / "tests/golden/pick_input.json", "--max-ms", "3", "--res", "100,224"]),
]

# Wrong budgets: the schema and the program agree that they are.
WRONG_BUDGETS = [
    {},
    {"budgets": []},
    {"schema": "mobilenet-cost.budget.v1", "budgets": []},
    {"schema": "mobilenet-cost.budget.v1", "budgets": [{}]},
    {"schema": "mobilenet-cost.budget.v1", "budgets": [{"alpha": 0.5}]},
    {"schema": "mobilenet-cost.budget.v1", "budgets": [{"max_mac": 1}]},
    {"schema": "mobilenet-cost.budget.v1", "budgets": [{"max_macs": -1}]},
    {"schema": "mobilenet-cost.budget.v1", "budgets": [{"max_macs": 0.5}]},
    {"schema": "mobilenet-cost.budget.v1", "budgets": [{"max_macs": 2**63}]},
    {"schema": "mobilenet-cost.budget.v1", "budgets": [{"max_macs": 1, "alpha": 0}]},
    {"schema": "mobilenet-cost.budget.v1", "budgets": [{"max_macs": 1, "beta": 1, "resolution": 224}]},
    {"schema": "mobilenet-cost.budget.v1", "budgets": [{"max_macs": 1, "dtype": "f64"}]},
    {"schema": "mobilenet-cost.budget.v1", "budgets": [{"max_macs": 1, "model": ""}]},
    {"schema": "mobilenet-cost.budget.v1", "budgets": [{"max_macs": 1}], "bugdets": []},
]


def schema(name):
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text())


def validator(document):
    return jsonschema.Draft202012Validator(document)


def each_once(pairs):
    """An object; a key that is there twice would hide what the first one says."""
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise AssertionError(f"a key twice among {keys}")
    return dict(pairs)


def objects_of(value):
    """Every schema below and with this one that describes the keys of an object."""
    if isinstance(value, dict):
        if value.get("type") == "object" and "properties" in value:
            yield value
        for child in value.values():
            yield from objects_of(child)
    elif isinstance(value, list):
        for child in value:
            yield from objects_of(child)


class Schemas(CliTest):
    def assert_valid(self, description, document):
        errors = [f"{error.json_path}: {error.message}" for error in validator(description).iter_errors(document)]
        self.assertEqual(errors, [])

    def arguments(self, arguments):
        if arguments == ["budget"]:
            return ["budget", self.write("budget.json", json.dumps(BUDGET))]
        return arguments

    def test_documents(self):
        for name, _, arguments in DOCUMENTS:
            with self.subTest(arguments):
                text = self.output(*self.arguments(arguments), "--format", "json")
                self.assert_valid(schema(name), json.loads(text))

    def test_lines(self):
        """A line is an item of the document, with the schema's name and, of a sweep, the settings."""
        for name, key, arguments in DOCUMENTS:
            with self.subTest(arguments):
                whole = schema(name)
                item = {"$defs": whole["$defs"], **whole["properties"][key]["items"]}
                for text in self.output(*self.arguments(arguments), "--format", "jsonl").splitlines():
                    line = json.loads(text)
                    self.assert_valid(whole["properties"]["schema"], line.pop("schema"))
                    if name == "sweep":
                        settings = {"$defs": whole["$defs"], **whole["properties"]["settings"]}
                        self.assert_valid(settings, line.pop("settings"))
                    self.assert_valid(item, line)

    def test_bundled_configs(self):
        configs = sorted([*(SOURCE / "configs").glob("*.json"), *(SOURCE / "configs/libraries").rglob("*.json")])
        self.assertGreater(len(configs), 30)
        for path in configs:
            with self.subTest(path.name):
                self.assert_valid(schema("model"), json.loads(path.read_text()))

    def test_a_graph(self):
        path = SOURCE / "tests/data/every_kind.json"
        self.assert_valid(schema("model"), json.loads(path.read_text()))
        self.assert_valid(schema("cost"), json.loads(self.output("cost", "--model", path, "--format", "json")))

    def test_wrong_models(self):
        good = json.loads((SOURCE / "configs/mobilenet_v1.json").read_text())
        for change in [{"activation": "bogus"}, {"padding": "bogus"}, {"blocks": []}, {"define": {"pool": {"blocks": [{}]}}}, {"append": []}]:
            with self.subTest(change):
                self.assertFalse(validator(schema("model")).is_valid({**good, **change}))
                self.assert_refused(run("--model", self.write("model.json", json.dumps({**good, **change}))))
        for change in [{"activation": "bogus"}, {"kind": "slice"}, {"channels": 0}, {"repeat": -1}, {"tap": 1}, {"inputs": []}]:
            with self.subTest(change):
                document = json.loads(json.dumps(good))
                document["blocks"][0].update(change)
                self.assertFalse(validator(schema("model")).is_valid(document))
                self.assert_refused(run("--model", self.write("model.json", json.dumps(document))))

    def test_published_accuracies(self):
        files = sorted((SOURCE / "configs/published").glob("*.json"))
        self.assertEqual(len(files), 4)
        for path in files:
            with self.subTest(path.name):
                self.assert_valid(schema("published"), json.loads(path.read_text()))

    def test_a_budget(self):
        self.assert_valid(schema("budget"), BUDGET)

    def test_wrong_budgets(self):
        for document in WRONG_BUDGETS:
            with self.subTest(document):
                self.assertFalse(validator(schema("budget")).is_valid(document))
                self.assert_refused(run("budget", self.write("budget.json", json.dumps(document))))

    def test_schemas_are_strict(self):
        for path in sorted(SCHEMAS.glob("*.schema.json")):
            with self.subTest(path.name):
                document = json.loads(path.read_text(), object_pairs_hook=each_once)
                jsonschema.Draft202012Validator.check_schema(document)
                self.assertEqual(document["$schema"], "https://json-schema.org/draft/2020-12/schema")
                if path.name == "model.schema.json":  # its objects are closed by the branch of their kind
                    continue
                for description in objects_of(document):
                    self.assertIs(description.get("additionalProperties"), False, sorted(description["properties"]))

    def test_an_extra_key_is_refused(self):
        document = json.loads(self.output("--format", "json"))
        for extra in [document, document["variants"][0], document["variants"][0]["layers"][0]]:
            extra["extra"] = 1
            self.assertFalse(validator(schema("cost")).is_valid(document))
            del extra["extra"]
        self.assert_valid(schema("cost"), document)


if __name__ == "__main__":
    unittest.main()
