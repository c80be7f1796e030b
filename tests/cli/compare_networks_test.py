"""`compare` of two models: the layers that changed, are gone or were added, and what is taken for a model."""

import csv
import io
import json
import unittest

import jsonschema
from program import FORMATS, SOURCE, CliTest, on_terminal, run

SCHEMA = json.loads((SOURCE / "docs/schemas/network_diff.schema.json").read_text())
FILE = SOURCE / "docs/models/somebodys.onnx"  # mobilenet_v1 at alpha 0.25 and 96 px
COUNTS = ["macs", "params", "weight_bytes", "traffic_bytes"]


class CompareNetworks(CliTest):
    def compared(self, *arguments, status=3):
        result = run("compare", *arguments, "--format", "json")
        self.assertEqual((result.returncode, result.stderr), (status, ""))
        document = json.loads(result.stdout)
        jsonschema.Draft202012Validator(SCHEMA).validate(document)
        self.assert_sums(document)
        return document

    def assert_sums(self, document):
        """What changed explains the difference of the totals, layer by layer; of bytes, where both are of one type."""
        base, contender = document["base"], document["contender"]
        for key in COUNTS if document["dtype"] else COUNTS[:2]:
            change = sum(
                (row["contender"] or {key: 0})[key] - (row["base"] or {key: 0})[key] for row in document["differences"]
            )
            self.assertEqual(change, contender[key] - base[key], key)
        for side, network in [("base", base), ("contender", contender)]:
            rows = sum(row[side] is not None for row in document["differences"])
            self.assertEqual(document["same"] + rows, network["layers"])

    def model(self, name, change=lambda document: None):
        document = json.loads((SOURCE / "docs/models/small.json").read_text())
        change(document)
        return self.write(name, json.dumps(document))

    def refused(self, arguments, expected):
        result = run("compare", *arguments)
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn(expected, result.stderr)

    def changes(self, document):
        return [
            (row["change"], (row["base"] or row["contender"])["name"], row["what"]) for row in document["differences"]
        ]

    def test_a_network_and_itself(self):
        for name in ["mobilenet_v1", "mobilenet_v3_large", "timm:mobilenetv4_conv_aa_medium", FILE]:
            document = self.compared(name, name, status=0)
            self.assertEqual((document["differences"], document["same"]), ([], document["base"]["layers"]))
        text = self.output("compare", "mobilenet_v1", "mobilenet_v1")
        self.assertIn("The two networks are the same: 29 layers, 568,740,352 MACs, 4,221,032 parameters.", text)

    def test_a_file_and_the_model_that_it_was_made_of(self):
        """The file has a bias where the model has batch norm."""
        base = self.write("v1.json", json.dumps({"schema": "mobilenet-cost.model.v2", "extends": "mobilenet_v1", "name": "v1"}))
        cost = json.loads(self.output("cost", "--model", base, "--alpha", "0.25", "--res", "96", "-f", "json"))["variants"][0]
        document = self.compared(FILE, FILE, status=0)
        self.assertEqual(document["base"]["macs"], cost["totals"]["macs"])
        self.assertEqual(document["base"]["params"], cost["params"]["bn1"])
        self.assertEqual(document["base"]["weight_bytes"], cost["totals"]["weight_bytes"])
        path = f"{self.folder}/mine.onnx"
        self.assertEqual(run("export", "--model", "mobilenet_v3_small", "--weights", "none", "--onnx", path).returncode, 0)
        document = self.compared("mobilenet_v3_small", path, status=0)
        self.assertEqual(document["differences"], [])

    def test_names_need_not_match(self):
        """torchvision pads its strided convolutions otherwise, and calls every layer otherwise."""
        document = self.compared("mobilenet_v2", "torchvision:mobilenet_v2")
        self.assertEqual(document["same"], 59)
        self.assertEqual([what for _, _, what in self.changes(document)], [["padding 0,1,0,1 -> 1,1,1,1"]] * 5)

    def test_a_changed_layer(self):
        document = self.compared(self.model("a.json"), self.model("b.json", lambda d: d["blocks"][1].update(kernel=5)))
        self.assertEqual(self.changes(document), [("changed", "a_depthwise", ["kernel 3 -> 5"])])
        [row] = document["differences"]
        self.assertEqual((row["base"]["macs"], row["contender"]["macs"]), (24 * 24 * 16 * 9, 24 * 24 * 16 * 25))
        document = self.compared(self.model("a.json"), self.model("b.json", lambda d: d["blocks"][0].update(activation="relu")))
        self.assertEqual(self.changes(document), [("changed", "stem", ["activation relu6 -> relu"])])

    def test_layers_that_are_gone_or_were_added(self):
        def without(d):
            del d["blocks"][2]["squeeze_excite"]

        gone = self.compared(self.model("a.json"), self.model("b.json", without))
        self.assertEqual([change for change, _, _ in self.changes(gone)], ["gone"] * 4)
        self.assertTrue(all("/squeeze_excite/" in name for _, name, _ in self.changes(gone)))
        added = self.compared(f"{self.folder}/b.json", f"{self.folder}/a.json")
        self.assertEqual([change for change, _, _ in self.changes(added)], ["added"] * 4)

    def test_what_a_layer_reads(self):
        def other(d):
            d["blocks"].insert(3, {"kind": "add", "name": "sum", "inputs": ["a", "b"]})

        def same(d):
            d["blocks"].insert(3, {"kind": "add", "name": "sum", "inputs": ["b", "a"]})

        document = self.compared(self.model("a.json", other), self.model("b.json", same))
        self.assertEqual(self.changes(document), [("changed", "sum", ["reads another layer"])])

    def test_sizes_are_for_both(self):
        document = self.compared("mobilenet_v1", "mobilenet_v2", "--alpha", "0.5", "--res", "96", "--batch", "2", "--dtype", "i8")
        for side in ["base", "contender"]:
            self.assertEqual((document[side]["alpha"], document[side]["resolution"]), (0.5, 96))
            self.assertLess(document[side]["weight_bytes"], 2 * document[side]["params"])
        self.assertEqual((document["batch"], document["dtype"]), (2, "i8"))
        self.refused(["mobilenet_v1", "mobilenet_v2", "--alpha", "0.5,1"], "which both networks get, found 2")

    def test_forms(self):
        models = ["mobilenet_v3_small", "mobilenet_v3_small_minimalistic"]
        document = self.compared(*models)
        for form in FORMATS:
            self.assertEqual(run("compare", *models, "--format", form).returncode, 3)
        lines = [json.loads(line) for line in run("compare", *models, "-f", "jsonl").stdout.splitlines()]
        for line in lines:
            self.assertEqual(line.pop("schema"), document["schema"])
        self.assertEqual(lines, document["differences"])
        rows = list(csv.DictReader(io.StringIO(run("compare", *models, "-f", "csv").stdout)))
        self.assertEqual(len(rows), len(lines))
        for row, line in zip(rows, lines):
            self.assertEqual(row["base_macs"], str(line["base"]["macs"]) if line["base"] else "")
        shown = on_terminal("compare", *models, columns=80, env={"NO_COLOR": "1"}, status=3)
        self.assertLessEqual(max(map(len, shown.splitlines())), 80)
        self.assertIn("layers     ", shown)

    def test_each_in_its_own_type(self):
        """The file of the second is of 8-bit integers: its layers are the same, its bytes are not."""
        whole = self.model("whole.json", lambda d: d.update(dtype="i8"))
        document = self.compared(self.model("a.json"), whole)
        self.assertEqual((document["dtype"], document["base"]["dtype"], document["contender"]["dtype"]), (None, "f32", "i8"))
        for name, side in [("a.json", "base"), ("whole.json", "contender")]:
            [own] = json.loads(self.output("cost", "--model", f"{self.folder}/{name}", "-f", "json"))["variants"]
            self.assertEqual(document[side]["weight_bytes"], own["totals"]["weight_bytes"])
        self.assertEqual((document["differences"], document["same"]), ([], document["base"]["layers"]))
        text = run("compare", f"{self.folder}/a.json", whole).stdout
        self.assertRegex(text, r"contender +.*, i8\n")
        self.assertRegex(text, r"change .*-\d")
        document = self.compared(f"{self.folder}/a.json", whole, "--dtype", "f16", status=0)
        self.assertEqual((document["dtype"], document["contender"]["dtype"]), ("f16", "f16"))

    def test_a_mistyped_name_or_file(self):
        stored = self.write("cost.json", self.output("cost", "--res", "32", "-f", "json"))
        expected = "expected the name of a model, a model file or stored results, found"
        for base, contender, found in [
            ("mobilnet_v1", "mobilenet_v1", f'BASE: {expected} "mobilnet_v1" (did you mean "mobilenet_v1"?)'),
            (stored, "mobilenetv3", f'CONTENDER: {expected} "mobilenetv3" (did you mean "mobilenet_v3_large"'),
            (f"{self.folder}/csot.json", stored, f'BASE: {expected} "{self.folder}/csot.json" (did you mean "{stored}"?)'),
            (stored, f"{self.folder}/none.onnx", f'CONTENDER: {expected} "{self.folder}/none.onnx"\n'),
            ("timm:mobilenetv3_smal", stored, f'BASE: {expected} "timm:mobilenetv3_smal" (did you mean "timm:mobilenetv3_small'),
        ]:
            with self.subTest(base=base, contender=contender):
                self.refused([base, contender], found)

    def test_what_is_a_model(self):
        stored = self.write("cost.json", self.output("cost", "--res", "32", "-f", "json"))
        self.refused(["mobilenet_v1", stored], 'found the model "mobilenet_v1" beside')
        self.refused([stored, FILE], "expected two models or two stored results")
        self.refused([stored, stored, "--alpha", "1"], "--alpha: needs two models, found stored results")
        self.refused([FILE, FILE, "--summary"], "--summary: needs two stored results, found two models")
        plain = self.write("mobilenet_v1", self.output("cost", "--res", "32", "-f", "json"))
        result = run("compare", "mobilenet_v1", "mobilenet_v1", cwd=self.folder)  # a file is meant where there is one
        self.assertIn("are equal", result.stdout, plain)


if __name__ == "__main__":
    unittest.main()
