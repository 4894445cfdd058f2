"""The reports of the commands, on stdout."""

import contextlib
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ..common.wording import printable
from .figures import Figures, labelled

MOST_INPUTS = 20  # inputs of an ONNX model that are told
REPLACED = "; replaced the model that was there"


def out(text: str = "") -> None:
    """Write a line of a report; a closed pipe is ignored, since the model is saved already."""
    with contextlib.suppress(BrokenPipeError):
        click.echo(text)


def line(label: str, text: str) -> None:
    """Write a line of a report with its label."""
    out(labelled(label, text))


def evaluated(found: Figures, where: str, command: str, by_group: Sequence[str] = ()) -> None:
    """Write how good a model is on rows of a file, lines on groups of them, and what is next."""
    scores(found, where)
    for told in by_group:
        out(told)
    out()
    line("next", printable(command))


def written(page: Path, where: str) -> None:
    """Write where the page of a report is, and how to open it."""
    out(f"on {printable(where)}:")
    line("report", f"{printable(str(page))}, {size(page.stat().st_size)}")
    line("next", f"open {printable(shlex.quote(str(page)))} in a browser")


def exported(model: Any, output: Path) -> None:
    """Write the inputs and outputs of an ONNX model, where it is, and how to run it."""
    puts = [("input", put) for put in model.graph.input]
    n_inputs = len(puts)
    puts = puts[:MOST_INPUTS] + [("output", put) for put in model.graph.output]
    rows = [(what, printable(put.name), _tensor(put), put.doc_string) for what, put in puts]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    for i, (what, name, tensor, doc) in enumerate(rows):
        told = f"{what:{widths[0]}}  {name:{widths[1]}}  {tensor:{widths[2]}}  {doc}"
        if i == MOST_INPUTS and n_inputs > MOST_INPUTS:
            out(f"        ... and {n_inputs - MOST_INPUTS:,} more inputs")
        out(told.rstrip())
    out()
    where = printable(str(output))
    line("model", f"{where}, {size(output.stat().st_size)}; for onnxruntime 1.17 or newer")
    names = ", ".join(printable(put.name) for put in model.graph.output)
    line("next", f"{names} = onnxruntime.InferenceSession({where!r}).run(None, inputs)")


def _tensor(put: Any) -> str:
    """The type and shape of an input or output of an ONNX model."""
    from onnx import TensorProto

    of = put.type.tensor_type
    shape = ", ".join(d.dim_param or str(d.dim_value) for d in of.shape.dim)
    return f"{TensorProto.DataType.Name(of.elem_type).lower()} [{shape}]"


def scores(found: Figures, where: str) -> None:
    """Write how good a model is on some rows."""
    out(f"on {printable(where)}:")
    for told in found.lines():
        out(told)


def size(n_bytes: int) -> str:
    """The size of a file in words.

    >>> size(2345), size(3 << 20)
    ('2 KiB', '3.0 MiB')
    """
    return f"{n_bytes / 2**20:,.1f} MiB" if n_bytes >= 2**20 else f"{n_bytes / 1024:,.0f} KiB"


def duration(seconds: float) -> str:
    """A duration in words.

    >>> duration(2.34), duration(75)
    ('2.3 s', '1 min 15 s')
    """
    whole = round(seconds)
    return f"{seconds:.1f} s" if seconds < 60 else f"{whole // 60} min {whole % 60} s"
