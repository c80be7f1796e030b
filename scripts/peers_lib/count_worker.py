"""Runs cost counters for counters.py, in build/counters-venv, by the protocol of worker.py.

count TOOL ONNX LAYERS RESOLUTION -> {"version", "count", "params", "seconds"}; seconds is the call of the tool on a
network that is made already, in a process that has imported it and has counted once before.
"""

import csv
import json
import tempfile
import time
import warnings
from importlib import metadata
from pathlib import Path

from serving import serve


def fvcore(net, image, path):
    from fvcore.nn import FlopCountAnalysis, parameter_count

    analysis = FlopCountAnalysis(net, image).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return analysis.total(), parameter_count(net)[""]


def ptflops(net, image, backend):
    from ptflops import get_model_complexity_info

    flags = {"as_strings": False, "print_per_layer_stat": False, "backend": backend}
    return get_model_complexity_info(net, tuple(image.shape[1:]), **flags)


def ptflops_pytorch(net, image, path):
    return ptflops(net, image, "pytorch")


def ptflops_aten(net, image, path):
    return ptflops(net, image, "aten")


def thop(net, image, path):
    import thop as tool

    return tool.profile(net, inputs=(image,), verbose=False)


def torchinfo(net, image, path):
    import torchinfo as tool

    found = tool.summary(net, input_size=tuple(image.shape), device="cpu", verbose=0)
    return found.total_mult_adds, found.total_params


def onnx_tool(net, image, path):
    """On the exported file itself, batch norm folded."""
    import onnx_tool as tool

    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "profile.csv"
        tool.model_profile(path, save_profile=str(table))
        *_, total = csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    assert total["Name"] == "Total", total
    return int(total["Forward_MACs"]), int(total["Params"])


# Convention -> (package, function, needs a network).
TOOLS = {
    "fvcore": ("fvcore", fvcore, True),
    "ptflops_pytorch": ("ptflops", ptflops_pytorch, True),
    "ptflops_aten": ("ptflops", ptflops_aten, True),
    "thop": ("thop", thop, True),
    "torchinfo": ("torchinfo", torchinfo, True),
    "onnx_tool": ("onnx-tool", onnx_tool, False),
}


def call(tool, path, layers, resolution):
    """A network of its own for every call: some tools leave hooks behind."""
    import torch

    from torch_network import build

    _, function, needs_network = TOOLS[tool]
    net = build(path, layers) if needs_network else None
    image = torch.zeros(1, 3, resolution, resolution)
    start = time.perf_counter()
    count, params = function(net, image, path)
    seconds = time.perf_counter() - start
    if count != int(count) or params != int(params):
        raise ValueError(f"{tool} counts {count} and {params}, not whole numbers")
    return int(count), int(params), seconds


def answer(words):
    if words[0] != "count":
        return {"error": f"request: unknown words {words}"}
    _, tool, path, layers_path, resolution = words
    layers = json.loads(Path(layers_path).read_text(encoding="utf-8"))
    call(tool, path, layers, int(resolution))
    count, params, seconds = call(tool, path, layers, int(resolution))
    return {"version": metadata.version(TOOLS[tool][0]), "count": count, "params": params, "seconds": seconds}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    serve(lambda: answer)
