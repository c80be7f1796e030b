"""The command line of scripts/peers."""

import argparse
import os
from pathlib import Path

from shared.failure import Failure, Parser, positive

ONNXRUNTIME, OPENVINO, LITERT = "onnxruntime", "openvino", "litert"
PEERS = [ONNXRUNTIME, OPENVINO]
FILE_PEERS = {".onnx": [ONNXRUNTIME, OPENVINO], ".tflite": [LITERT, OPENVINO]}  # those that read a file of others as it is
MODELS = [
    *("mobilenet_v1", "mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small"),
    *("mobilenet_v3_large_minimalistic", "mobilenet_v3_small_minimalistic"),
    *("mobilenet_v4_conv_small", "mobilenet_v4_conv_medium", "mobilenet_v4_conv_large"),
]

DESCRIPTION = """\
Times ONNX Runtime and OpenVINO (from PyPI, in build/peers-venv) and our engines on the same networks with the same
weights, in interleaved rounds, after their outputs have been compared. Nothing else should run meanwhile."""

EPILOGUE = """\
LIST is 1,0.5,0.25; a repeated flag adds to it. Every engine keeps its own defaults, those for waiting threads
included; before each block the driver waits until every thread of the others sleeps. exit status: 0 fine, 1 the work
failed, 2 wrong usage, 3 a counter and this project differ."""


def list_of(kind):
    def read(text):
        try:
            return [kind(word) for word in text.split(",")]
        except ValueError:
            raise argparse.ArgumentTypeError(f'expected numbers with commas between them, found "{text}"') from None

    return read


def resolution(word):
    """224, or 240x320."""
    sides = [int(side) for side in word.split("x")]
    if len(sides) > 2 or min(sides) < 1:
        raise ValueError
    return sides[0] if len(sides) == 1 else word


def words(text):
    return text.split(",")


def parser():
    made = Parser("scripts/peers", description=DESCRIPTION, epilog=EPILOGUE)
    add = made.add_argument
    add("--counters", action="store_true", help="compare cost counters (fvcore, ptflops, thop, torchinfo, onnx-tool) instead")
    add("--files", action="store_true", help="compare counts of model files that packages of PyPI have in them instead")
    add("--exports", action="store_true",
        help="compare counts of what Keras, torchvision and timm export with their own instead (5 GB of environments)")
    add("--arena", action="store_true",
        help="compare what TensorFlow Lite Micro allocates instead (1.7 GB in build/arena-venv)")
    add("--litert", action="store_true", help="and LiteRT, on files of TensorFlow's converter (1.6 GB in build/litert-venv)")
    add("--model", action="extend", type=words, metavar="LIST",
        help="names, or .onnx or .tflite files, which the others run as they are [mobilenet_v1; with --counters all]; "
             "with --exports names or patterns of LIBRARY:NAME [all]")
    add("--alpha", action="extend", type=list_of(float), metavar="LIST", help="[1,0.75,0.5,0.25; with --counters 1]")
    add("--res", action="extend", type=list_of(resolution), metavar="LIST", help="[224,192,160,128; with --counters 224]")
    add("--networks", action="extend", type=words, metavar="LIST", help="separable,standard [separable]")
    add("--engines", action="extend", type=words, metavar="LIST", help="[all that there are]")
    add("--threads", action="extend", type=list_of(int), metavar="LIST", help="[1,2, or 1 on a single CPU]")
    add("--rounds", type=positive(int), default=10, metavar="N", help="[10]")
    add("--seed", type=int, default=1, metavar="N", help="of the order inside the rounds [1]")
    add("--max-seconds", type=positive(float), default=540, metavar="S", help="for the rounds; the last one ends [540]")
    add("--block-seconds", type=positive(float), default=0.03, metavar="S", help="shortest block of one engine [0.03]")
    add("-o", "--output", metavar="FILE", help="write JSON, too (docs/schemas/peers.schema.json)")
    add("--no-build", action="store_true", help="take build/release as it is")
    return made


def kind_of(models):
    """The ending of files of others; None of names."""
    [kind, *more] = dict.fromkeys(suffix if (suffix := Path(name).suffix) in FILE_PEERS else None for name in models)
    if more:
        raise Failure("--model: expected names, .onnx files or .tflite files, found some of each", 2)
    return kind


def fill_files(settings):
    """A file says its own widths and, unless the size of its input is open, resolution."""
    for flag in ["alpha", "networks", "litert", "counters"]:
        if getattr(settings, flag):
            raise Failure(f"--{flag}: expected without a {settings.kind} file, found both", 2)
    settings.alpha = [1.0]
    settings.res = settings.res or [None]


def fill(settings):
    cpus = len(os.sched_getaffinity(0))
    counters = settings.counters
    settings.patterns = settings.model
    settings.kind = kind_of(settings.model or ["mobilenet_v1"])
    if settings.kind:
        fill_files(settings)
    settings.model = settings.model or (MODELS if counters else ["mobilenet_v1"])
    settings.alpha = settings.alpha or ([1.0] if counters else [1.0, 0.75, 0.5, 0.25])
    settings.res = settings.res or ([224] if counters else [224, 192, 160, 128])
    settings.networks = settings.networks or ["separable"]
    settings.threads = settings.threads or ([1, 2] if cpus > 1 else [1])
    for flag, values, known in [
        ("--networks", settings.networks, ["separable", "standard"]),
        ("--threads", settings.threads, range(1, cpus + 1)),
    ]:
        for value in values:
            if value not in known:
                raise Failure(f"{flag}: expected some of {', '.join(map(str, known))}, found {value}", 2)
    for name in ["model", "alpha", "res", "networks", "threads"]:
        setattr(settings, name, list(dict.fromkeys(getattr(settings, name))))
    return settings


def parse(arguments):
    return fill(parser().parse_args(arguments))


def choose_engines(asked, known):
    """In the order of `known`; all of them if none is asked for."""
    for name in asked or []:
        if name not in known:
            raise Failure(f'--engines: unknown engine "{name}" (known: {", ".join(known)})', 2)
    return [name for name in known if not asked or name in asked]
