"""``numlp export``: a model as ONNX, for programs without numlp."""

from pathlib import Path

import click

from ...export import to_onnx
from ...models import open_model
from .. import show
from ..options import FILE, debug_option
from ..outputs import ONNX, check_output, say_written


@click.command()
@click.argument("model", type=FILE)
@click.option(
    "--to",
    "form",
    type=click.Choice(["onnx"]),
    default="onnx",
    show_default=True,
    help="What to write.",
)
@click.option("--output", "-o", type=FILE, help="The file to write.  [default: MODEL's name.onnx]")
@debug_option
def export(model: Path, form: str, output: Path | None) -> None:
    """Write MODEL, preparation of the table included, for programs without numlp.

    The ONNX file takes the raw columns and gives label and probabilities: docs/onnx.md says what
    goes in.
    """
    output = output or Path(f"{model.stem}.{form}")
    check_output(output, "-o", {"the model itself": [model]}, ONNX)
    try:
        made = to_onnx(open_model(model), output)
    except ModuleNotFoundError as error:
        if error.name != "onnx":
            raise
        raise click.UsageError(str(error)) from error
    say_written(output)
    show.exported(made, output)
