"""Where a MobileNet's parameters, multiply-adds, bytes and time go.

Each function is a command of the program `mobilenet-cost`, and each keyword an option of it: `max_ms=3` is `--max-ms 3`.
It returns the command's JSON document as plain dicts and lists, whose keys docs/schemas describes: counts are whole
numbers, times are seconds, sizes are bytes, and None is what is not known. Shapes are [height, width, channels].

A list is any sequence, a NumPy array too, or a text as the program takes it: "0.25:1:0.25". What the program refuses
raises ValueError with the program's sentence; what it warns of is a warning, and what it does meanwhile a message of the
logger "mobilenet_cost".
"""

from __future__ import annotations

import json
import logging
import os
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ._native import run as _run
from ._native import version as __version__

if TYPE_CHECKING:
    import pandas

__all__ = ["conventions", "cost", "pick", "read_run", "sweep", "to_frame"]

Document = dict[str, Any]
Path = str | os.PathLike[str]
Number = float | str
Numbers = Number | Iterable[float]
Whole = int | str
Sizes = int | str | Iterable[int | str]
Names = Path | Iterable[Path]


def _text(value: Any) -> str:
    if isinstance(value, str | os.PathLike):
        return os.fspath(value)
    return ",".join(map(_text, value)) if isinstance(value, Iterable) else str(value)


def _document(command: str, values: dict[str, Any], words: Iterable[str] = ()) -> Document:
    options = []
    for name, value in values.items():
        flag = "--" + name.strip("_").replace("_", "-")
        if value is True:
            options.append(flag)
        elif value is not None and value is not False:
            options.append(f"{flag}={_text(value)}")
            if not _text(value):
                raise ValueError(f"{flag}: expected a value, found an empty one")
    text, notes = _run(command, [*options, "--", *words] if words else options)
    for note in notes:
        if note.startswith(("note: ", "warning: ")):
            warnings.warn(note, stacklevel=3)
        else:
            logging.getLogger(__name__).info(note)
    return json.loads(text)  # type: ignore[no-any-return]


def cost(
    model: Names | None = None,
    *,
    alpha: Numbers | None = None,
    res: Sizes | None = None,
    beta: Numbers | None = None,
    classes: Whole | None = None,
    channels: Whole | None = None,
    no_top: bool = False,
    output_stride: Whole | None = None,
    depth_multiplier: Whole | None = None,
    make_separable: bool = False,
    batch: Whole | None = None,
    alpha_scope: str | None = None,
    input: str | Iterable[str] | None = None,
    allow_unknown: bool = False,
    dtype: str | None = None,
    convention: str | None = None,
    runtime: str | None = None,
) -> Document:
    """The exact cost of every combination of these values, layer by layer.

    model: bundled names, or files (.json, .onnx, .tflite) [mobilenet_v1].
    alpha: width multipliers [1].
    res: input sizes, pixels, or rectangles such as "240x320" [the model's own]; or beta: resolution multipliers.
    classes: outputs of the classifier [1000].  batch: images in one pass [1].
    channels: of the input [the model's].  no_top: features out, no pooling and no classifier.
    output_stride: 8 or 16: dilation instead of further strides.
    depth_multiplier: depthwise outputs for each input, as Keras means it [1].
    make_separable: each K x K convolution as a depthwise and a 1 x 1 one.
    alpha_scope: "published", or "inner": the first and the last layer keep their width.
    input: sizes of an input of a file of others (.onnx, .tflite), "x=1x3x48x192".
    allow_unknown: operators of a file that are not known are an exception, or with this a warning, and counts are lower bounds.
    dtype: what bytes are counted in: "f32", "f16", "i8", "w8a32", "w16a32" [the model's].
    convention: who counts, see conventions() ["paper"].
    runtime: "live", "tflm" or "cube_ai": what it takes is then each variant's "runtime" (ram_bytes, flash_bytes).

    Schema mobilenet-cost.cost.v1. Of each of "variants": "totals" with macs, params, weight_bytes, activation_bytes,
    peak_activation_bytes (live at one time) and arithmetic_intensity (FLOP per byte); "params" as batch norm is counted;
    "standard", the network with standard convolutions, and "ratio", that one over this; "scaling" beside the rules of
    thumb; "blocks", each separable block beside the standard convolution; "layers", with "input" and "output" as
    [height, width, channels].
    """
    return _document("cost", locals())


def conventions(
    model: Names | None = None,
    *,
    alpha: Numbers | None = None,
    res: Sizes | None = None,
    beta: Numbers | None = None,
    classes: Whole | None = None,
    channels: Whole | None = None,
    no_top: bool = False,
    output_stride: Whole | None = None,
    depth_multiplier: Whole | None = None,
    make_separable: bool = False,
    batch: Whole | None = None,
    alpha_scope: str | None = None,
    input: str | Iterable[str] | None = None,
    allow_unknown: bool = False,
) -> Document:
    """The same networks as each tool and paper counts them; the arguments are those of cost().

    Schema mobilenet-cost.conventions.v1. Of each of "networks": "terms", what there is to count (multiply-adds of
    convolutions, values of batch norm, ...), and "conventions": the count of each in its "unit" (MACs or FLOPs), its
    params, and in "differences" what it counts otherwise than the papers do.
    """
    return _document("conventions", locals())


def sweep(
    model: Names | None = None,
    *,
    alpha: Numbers | None = None,
    res: Sizes | None = None,
    beta: Numbers | None = None,
    classes: Whole | None = None,
    channels: Whole | None = None,
    no_top: bool = False,
    output_stride: Whole | None = None,
    depth_multiplier: Whole | None = None,
    make_separable: bool = False,
    batch: Whole | None = None,
    alpha_scope: str | None = None,
    input: str | Iterable[str] | None = None,
    allow_unknown: bool = False,
    dtype: str | None = None,
    convention: str | None = None,
    runtime: str | None = None,
) -> Document:
    """The alpha x resolution grid, counted and not timed; the arguments are those of cost().

    Without alpha or res: the published ones of the model. Schema mobilenet-cost.sweep.v1. Each of "cells" has macs,
    params, weight_bytes, peak_activation_bytes, those of the standard convolutions (standard_macs, standard_params), and
    analytic_speedup: the MACs of the largest cell over those of this one.
    """
    return _document("sweep", locals())


def pick(
    model: Names | None = None,
    *,
    alpha: Numbers | None = None,
    res: Sizes | None = None,
    beta: Numbers | None = None,
    classes: Whole | None = None,
    channels: Whole | None = None,
    no_top: bool = False,
    output_stride: Whole | None = None,
    depth_multiplier: Whole | None = None,
    make_separable: bool = False,
    batch: Whole | None = None,
    alpha_scope: str | None = None,
    input: str | Iterable[str] | None = None,
    allow_unknown: bool = False,
    dtype: str | None = None,
    convention: str | None = None,
    runtime: str | None = None,
    by: str | None = None,
    max_ms: Number | None = None,
    max_macs: Number | None = None,
    max_params: Number | None = None,
    max_weight_kib: Number | None = None,
    max_peak_kib: Number | None = None,
    max_ram_kib: Number | None = None,
    max_flash_kib: Number | None = None,
    min_top1: Number | None = None,
    accept_estimates: bool = False,
    from_: Path | None = None,
    predict: bool = False,
    measure: bool = False,
    measure_all: bool = False,
    engine: str | None = None,
    threads: Whole | None = None,
    rounds: Whole | None = None,
    max_seconds: Number | None = None,
    seed: Whole | None = None,
    cpu: Whole | None = None,
) -> Document:
    """The variants that meet budgets, best first; the arguments up to convention are those of cost().

    Without model: every bundled one; without alpha or res: the published ones of each model.
    by: what the list is ordered by: accuracy (the default), time, macs, params, weights or peak.
    max_ms: time of a pass, milliseconds.  max_macs: multiply-adds of a pass.  max_params: parameters.
    max_weight_kib: weights, KiB.  max_peak_kib: activations, KiB: of the run where there is one,
    otherwise the tensors that live at one time, a lower bound of RAM.
    max_ram_kib, max_flash_kib: what runtime takes: tflm (the default of i8), live (otherwise) or cube_ai.
    min_top1: published accuracy, a fraction; accept_estimates: an estimate may meet it, too.
    from_: a stored sweep, bench or run log to take times from. Otherwise times are taken here and now: predict them from
    few, measure the widest within max_ms, or measure_all; max_ms alone predicts and then measures the best. It takes up
    to max_seconds [20], on an engine [the fastest] and threads [1]; no other Python thread runs meanwhile.

    Schema mobilenet-cost.pick.v2. "candidates": each variant with its counts, "accuracy" (top1 and top5 as fractions, and
    who published them), "time" (seconds, from low_seconds to high_seconds, and where they are from), fits, misses, unknown,
    untimed (why there is no time), rank (1 is the best; None does not fit) and dominated_by. "nearest_misses" when nothing fits.
    """
    return _document("pick", locals())


def read_run(*logs: Path) -> Document:
    """The run log of a measured sweep (`mobilenet-cost sweep --bench --log FILE`); several are joined.

    Schema mobilenet-cost.sweep.v1, as of sweep(). Each of "cells" has in "measured" a row for each engine, number of
    threads and network: median_seconds within ci_low_seconds and ci_high_seconds, speedup over the base cell within
    speedup_ci, fraction_kept of the speed-up on paper, and status. "fit": the slope of log time over log MACs. "noise": how
    quiet the machine was.
    """
    return _document("report", {}, [os.fspath(log) for log in logs])


def to_frame(document: Document, table: str | None = None) -> pandas.DataFrame:
    """The rows of a document as a data frame (needs pandas); their units are those of the document.

    Without a table a row for each variant, cell, candidate or network; otherwise a row for each entry of that list in
    them ("layers", "blocks", "measured", "conventions"), which begins with what names the variant. A dict in a row
    becomes columns: totals_macs, accuracy_top1.
    """
    import pandas

    [rows] = [document[key] for key in ("variants", "cells", "candidates", "networks") if key in document]
    if table is None:
        return pandas.json_normalize([_without_tables(row) for row in rows], sep="_")
    if not all(table in row for row in rows):
        known = sorted({key for row in rows for key in row.keys() - _without_tables(row).keys()})
        raise ValueError(f"expected a table of this document ({', '.join(known)}), found {table!r}")
    return pandas.json_normalize([{**_names(row), **entry} for row in rows for entry in row[table]], sep="_")


def _without_tables(row: Document) -> Document:
    return {key: value for key, value in row.items() if not (isinstance(value, list) and all(isinstance(one, dict) for one in value))}


def _names(row: Document) -> Document:
    names = ("model", "alpha", "beta", "resolution", "classes", "batch", "alpha_scope", "dtype", "convention")
    return {name: row[name] for name in names if name in row}
