"""torchvision's and timm's own networks as PyTorch's two exporters write them.

Runs in build/exports-venv, by the protocol of worker.py.
export NAME ROW torchscript|dynamo FILE -> {"params", "expected", "version", "fixed_values"}; ROW is a line of
tests/data/library_networks.csv as JSON. Fixed: values of files that are no parameters of the library's.
"""

import json
import warnings

import onnx
import timm
import torch
import torchvision
from serving import serve
from torch import nn
from torchvision.models.detection.anchor_utils import DefaultBoxGenerator


class Maps(nn.Module):
    """The values of a dictionary: exporters differ in what they make of one."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, image):
        return tuple(self.network(image).values())


def torchvision_network(name, row):
    options = {"weights": None}
    if name.startswith("lraspp"):
        return Maps(torchvision.models.segmentation.lraspp_mobilenet_v3_large(**options, weights_backbone=None))
    if name.startswith("ssdlite320"):
        detector = torchvision.models.detection.ssdlite320_mobilenet_v3_large(**options, weights_backbone=None)
        return Maps(detector.backbone) if name.endswith(".backbone") else detector
    if row["alpha"]:
        options["width_mult"] = float(row["alpha"])
    if name.endswith("_reduced_tail"):
        options["reduced_tail"] = True
    if "--output-stride" in row["arguments"]:
        options["dilated"] = True
    return getattr(torchvision.models, name.removesuffix("_reduced_tail"))(**options)


def timm_network(name, row):
    words = row["arguments"].split()
    options = {"output_stride": int(words[words.index("--output-stride") + 1])} if "--output-stride" in words else {}
    made = timm.create_model(name.removesuffix("_deployed"), pretrained=False, **options)
    return timm.utils.reparameterize_model(made) if name.endswith("_deployed") else made


def image_of(row):
    height, _, width = row["resolution"].partition("x")
    return torch.rand(1, 3, int(height), int(width or height))


def give_values(model):
    """As training leaves them: exporters leave out a bias of zeros, and what a new batch norm does is nothing."""
    for name, values in [*model.named_parameters(), *model.named_buffers()]:
        if values.is_floating_point() and (values.dim() == 1 or name.endswith("bias")):
            values.data.uniform_(0.5, 1.5)


def watch(model, arguments):
    """What a pass shows: {batch norm: whether a convolution with a bias is before it}, and how many values a detector has
    for its image and its boxes."""
    made_by, biased, kept, fixed = {}, {}, [], []
    names = {module: name for name, module in model.named_modules()}

    def look(module, given, output):
        if isinstance(module, nn.BatchNorm2d):
            biased[names[module]] = getattr(made_by.get(id(given[0])), "bias", None) is not None
        if isinstance(module, DefaultBoxGenerator):
            # Widths and heights are read twice, centres once; the image's mean is a batch norm of 3 channels, with two
            # values each, and its deviation has 3.
            fixed.append(6 * sum(len(boxes) for boxes in output) + 9)
        if isinstance(output, torch.Tensor):
            made_by.setdefault(id(output), module)
            kept.append(output)  # no later tensor gets its id

    hooks = [module.register_forward_hook(look) for module in names]
    with torch.no_grad():
        model(*arguments)
    for hook in hooks:
        hook.remove()
    return biased, sum(fixed)


def kept_norms(path):
    """Names of the batch norms that are nodes of the file."""
    graph = onnx.load(path, load_external_data=False).graph
    return [node.input[1].removesuffix(".weight") for node in graph.node if node.op_type == "BatchNormalization"]


def export(name, row, way, path):
    library, _, name = name.partition(":")
    model = (torchvision_network if library == "torchvision" else timm_network)(name, row).eval()
    give_values(model)
    image = image_of(row)
    arguments = ([image[0]],) if name == "ssdlite320_mobilenet_v3_large" else (image,)
    biased, fixed_values = watch(model, arguments)
    torch.onnx.export(model, arguments, path, dynamo=way == "dynamo", **({} if way == "dynamo" else {"opset_version": 17}))
    modules, kept = dict(model.named_modules()), kept_norms(path)
    if unknown := sorted(set(kept) - set(biased)):
        raise ValueError(f"expected batch norms by the names of their modules, found {unknown[0]}")
    # A batch norm that is folded leaves one value of a channel, or none where the convolution before has a bias already.
    folded = sum(modules[norm].num_features * (2 if has else 1) for norm, has in biased.items() if norm not in kept)
    params = sum(values.numel() for values in model.parameters())
    return {"params": params, "expected": params - folded + fixed_values, "fixed_values": fixed_values,
            "version": f"{library} {(torchvision if library == 'torchvision' else timm).__version__}, PyTorch {torch.__version__}"}


def answer(words):
    match words:
        case ["export", name, row, way, path]:
            return export(name, json.loads(row), way, path)
    return {"error": f"request: unknown words {words}"}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    serve(lambda: answer)
