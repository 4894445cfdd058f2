"""Valid model files, each made to cost its reader as much as it can, as a program of its own.

``python model_bombs.py`` opens, shows and asks each with little memory, and prints one JSON line:
for each file whether it was refused, and the most MB that opening, showing and asking it took
beyond the file and its net.  It fails where anything but ModelFileError comes out.

The limit is set before each step (RLIMIT_AS), so that memory that is only asked for counts too.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from numlp import MLPClassifier, Model, ModelFileError, nn
from numlp.models import open_model
from numlp.models.opening import facts_of_file
from numlp.storage import container
from numlp.table.table import Table
from numlp.table.vectors import Vector

OPENING = 50 << 20  # bytes beside the file and its net
SHOWING = 150 << 20  # what it says of itself, at once
BLOCK = 400 << 20  # a block of a prediction: matrix, pass, probabilities
N_ROWS = 1100  # more than a block

Bomb = tuple[str, str, dict[str, Any], dict[str, Any]]  # name, kind, document, arrays


def taken_apart(saved: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        saved.save(Path(folder, "m"))
        kind = container.head(Path(folder, "m")).kind
        return container.read(Path(folder, "m"), kind=kind)


def small() -> tuple[dict[str, Any], dict[str, Any]]:
    """The document and arrays of a model of one number."""
    table = Table.fit({"x": [1.0, 2.5, 4.0]})
    return taken_apart(Model(table, nn.mlp([table.width, 2]), np.array(["a", "b"])))


def dense(n_in: int, n_out: int) -> dict[str, Any]:
    return {"type": "Dense", "n_in": n_in, "n_out": n_out, "initializer": "he_normal"}


def category(name: str, words: list[str], **more: Any) -> dict[str, Any]:
    return {**WORDS, "name": name, "values": words, **more}


# From a fit, so that the columns have all that this version keeps of them.
WORDS = Table.fit({"c": ["a", "b", "c"] * 9}, {"c": "category"}).state()["columns"][0]
NUMBER = Table.fit({"x": [1.0, 2.5, 4.0]}).state()["columns"][0]
VECTOR = Table.fit({"x": [[1.0, 2.5], [4.0, 1.0]]}).state()["columns"][0]
ASIDE = Table.fit({"x": [1.0], "s": ["b"]}, {"s": "ignore"}).state()["columns"][1]


PROSE = Table.fit({"t": ["a b", "a b c", "b"]}, {"t": "text"}).state()["columns"][0]


def of_table(
    name: str, columns: list[Any], layers: list[Any], shapes: dict[str, Any], **more: Any
) -> Bomb:
    """A model with these columns and layers, all of whose numbers are 0."""
    document, _ = small()
    document["table"] = {"named": True, "columns": columns}
    document["network"] = {**document["network"], "layers": layers, **more.pop("network", {})}
    document["model"].update(more.pop("model", {}))
    document |= more
    arrays = {f"layers.{key}": np.zeros(shape, np.float32) for key, shape in shapes.items()}
    return name, "model", document, arrays


def linear(name: str, columns: list[Any], width: int, n_out: int = 2, **more: Any) -> Bomb:
    shapes = {"0.W": (width, n_out), "0.b": (n_out,)}
    return of_table(name, columns, [dense(width, n_out)], shapes, **more)


def classes_of(n: int, width: int | None = None) -> dict[str, Any]:
    values = [str(i) for i in range(n)]
    return {"classes": {"dtype": f"<U{width or 8}", "values": values}}


def text(n: int, n_labels: int, length: int) -> Bomb:
    """A column of text with n words and n pieces of a length."""
    labels = [f"{i}" for i in range(n_labels)]
    reading = {"labels": labels, "strange": 0.5}
    column = {**PROSE, "name": "t", "reading": reading}
    name, kind, document, arrays = linear(f"words of {length}", [column], 2 + n_labels)
    terms = "\n".join(f"{i:x}".zfill(length) for i in range(n)).encode()
    of_column = {
        "words": np.frombuffer(terms, np.uint8),
        "pieces": np.frombuffer(terms, np.uint8),
        "idf": np.ones(2 * n, np.float32),
        "weights": np.zeros((2 * n + 1, n_labels), np.float32),
    }
    arrays |= {f"table.0.{key}": array for key, array in of_column.items()}
    return name, kind, document, arrays


def periodic(q: int) -> Bomb:
    layer = {"type": "PeriodicEmbedding", "n_numbers": 1, "n_outputs": 1, "n_frequencies": q}
    shapes = {"0.V": (1, q, 1), "0.w": (1, q), "0.b": (1, q), "0.c": (1, 1)}
    shapes |= {"1.W": (2, 2), "1.b": (2,)}
    return of_table("frequencies", [NUMBER], [{**layer, "sigma": 0.1}, dense(2, 2)], shapes)


def piecewise(n: int) -> Bomb:
    layer = {"type": "PiecewiseLinearEmbedding", "n_numbers": 1, "n_bins": n}
    shapes = {"0.low": (1, n), "0.slope": (1, n), "1.W": (n + 1, 2), "1.b": (2,)}
    return of_table("bins", [NUMBER], [layer, dense(n + 1, 2)], shapes)


def hidden(name: str, width: int, *between: str) -> Bomb:
    layers = [dense(1, width), *({"type": each} for each in between), dense(width, 2)]
    last = len(layers) - 1
    shapes = {"0.W": (1, width), "0.b": (width,), f"{last}.W": (width, 2), f"{last}.b": (2,)}
    return of_table(name, [NUMBER], layers, shapes)


def deep(n_layers: int) -> Bomb:
    layers, shapes = [], {}
    for i in range(n_layers):
        if i % 8 and i < n_layers - 1:
            layers.append({"type": "GELU"})
        else:
            width = 2 if i == n_layers - 1 else 1
            layers.append(dense(1, width))
            shapes |= {f"{i}.W": (1, width), f"{i}.b": (width,)}
    return of_table(f"{n_layers} layers", [NUMBER], layers, shapes)


def many_nets(k: int) -> Bomb:
    shapes = {"0.W": (k, 1, 2), "0.b": (k, 2)}
    mixture = {"shares": [1 / k] * k, "temperature": 1.0}
    return of_table(
        "nets", [NUMBER], [dense(1, 2)], shapes, mixture=mixture, network={"members": k}
    )


def embedded(n: int) -> Bomb:
    columns = [category(f"c{i}", ["w"], embedded=True) for i in range(n)]
    layers = [{"type": "CategoryEmbedding", "cardinalities": [2] * n, "width": 2}, dense(2 * n, 2)]
    return of_table("codes", columns, layers, {"0.T": (2 * n, 2), "1.W": (2 * n, 2), "1.b": (2,)})


def net(name: str, n: int, sizes: list[int], **settings: Any) -> Bomb:
    """A file of an MLPClassifier for n columns without names."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clf = MLPClassifier((2,), max_iter=1, random_state=0, **settings)
        document, _ = taken_apart(clf.fit(np.arange(40.0).reshape(-1, 2) / 40, [0, 1] * 10))
    document["settings"]["hidden_layer_sizes"] = sizes
    document["columns"]["n"] = n
    arrays: dict[str, Any] = {}
    # A layer for each that the settings ask for; the last is Dense alone.
    place, width = 0, n
    for size in [*sizes, 1]:
        arrays |= {f"layers.{place}.W": (width, size), f"layers.{place}.b": (size,)}
        place, width = place + 1, size
        if settings.get("batch_norm") and (size, place) != (1, 0) and len(arrays) < 6 * len(sizes):
            names = ("gamma", "beta", "running_mean", "running_var")
            arrays |= {f"layers.{place}.{each}": (size,) for each in names}
            place += 1
        place += 1 + bool(settings.get("dropout"))
    found = {key: np.zeros(shape) for key, shape in arrays.items()}
    return name, "mlp", document, found


def bombs() -> Iterator[Callable[[], Bomb]]:
    """Makers of the files, so that one is in memory at a time."""
    words = [f"{i}" for i in range(150_000)]
    yield lambda: linear("a name of 1 MB", [category("N" * 1_000_000, words[:20_000])], 20_000)
    yield lambda: linear("a name of 1 MB, few words", [category("N" * 1_000_000, words[:30])], 30)
    yield lambda: linear("a name of wide letters", [category("\U0001f600" * 90_000, words[:9])], 9)
    yield lambda: linear("a long name that is coded", [
        category("N" * 1_000_000, words[:20_000], embedded=True), NUMBER], 2)  # fmt: skip
    yield lambda: linear("flags of words", [category("c", words)], len(words))
    yield lambda: linear("flags of numbers", [
        {**NUMBER, "values": [*range(200_000)]}], 200_001)  # fmt: skip
    yield lambda: linear("long vectors", [{
        **VECTOR, "name": f"{i}", "centers": [0] * 65_536, "scales": [1] * 65_536}
        for i in range(3)], 3 * 65_536)  # fmt: skip
    yield lambda: linear(
        "columns", [NUMBER, *({**ASIDE, "name": f"{i}"} for i in range(25_000))], 1
    )
    yield lambda: linear("classes", [NUMBER], 1, 100_000, model=classes_of(100_000),
                         factors=[1.0] * 100_000)  # fmt: skip
    yield lambda: linear("wide classes", [NUMBER], 1, model=classes_of(2, 8_000_000))
    yield lambda: linear("long classes", [NUMBER], 1, model={
        "classes": {"dtype": "<U1000001", "values": ["a" * 1_000_001, "b"]}})  # fmt: skip
    yield lambda: linear("a story", [NUMBER], 1, info={"told": [[0]] * 120_000})
    yield lambda: text(1 << 15, 1, 5)
    yield lambda: text(1 << 15, 1, 400)
    yield lambda: text(1 << 15, 100, 5)
    yield lambda: text((1 << 15) + 1, 1, 6)
    yield lambda: text(1 << 15, 1, 500)
    yield lambda: periodic(1_000_000)
    yield lambda: piecewise(1_000_000)
    yield lambda: hidden("a wide layer", 1_000_000, "ReLU")
    yield lambda: hidden("wide layers without weights", 1_000_000, *["GELU"] * 7)
    yield lambda: deep(4000)
    yield lambda: deep(4001)
    yield lambda: many_nets(20_000)
    yield lambda: embedded(8_000)
    yield lambda: net("a wide net", 1, [1_000_000])
    yield lambda: net("a net of many columns", 3_000_000, [1])
    yield lambda: net("a net of many layers", 2, [1] * 990)
    yield lambda: net("a net of too many layers", 2, [1] * 4000)
    yield lambda: (
        "a checkpoint of many columns", "checkpoint",
        {"data": {"columns": {f"c{i}": "0" for i in range(60_000)}}, "state": {"epoch": 1}}, {},
    )  # fmt: skip


@contextlib.contextmanager
def room(n_bytes: int) -> Iterator[None]:
    """Let the process take so many bytes more than it has."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def ask(model: Any) -> None:
    # Of the widest fewer rows, so that it takes no time; a block of them has fewer still.
    n_params = model.network.n_params
    n = N_ROWS if n_params < 20_000 else 40 if n_params < 1 << 20 else 64
    n = max(2, min(n, (1 << 24) // model.network.n_in))
    if isinstance(model, Model):
        names = list(model.matrix_columns())
        X: Any = {name: np.zeros(n) for name in names}
        X |= {e.name: [None] * n for e in model.table.encoders if isinstance(e, Vector)}
    else:
        X = np.zeros((n, model.n_features), model.network.dtype)
    assert len(model.predict(X)) == n
    assert model.block_rows >= 1


def main() -> dict[str, Any]:
    report: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bomb.numlp")
        for make in bombs():
            name, kind, document, arrays = make()
            container.write(path, arrays, document, kind=kind)
            # The weights, their gradients, and what one row takes: as much again at most.
            of_net = 4 * sum(array.nbytes for array in arrays.values())
            del document, arrays
            size = path.stat().st_size
            try:
                if kind != "checkpoint":
                    with room(size + of_net + OPENING):
                        model = open_model(path)
                    with room(2 * of_net + BLOCK):
                        ask(model)
                    del model
                with room(size + of_net + SHOWING):
                    json.dumps(facts_of_file(path))
                report[name] = "opened"
            except ModelFileError as error:
                report[name] = str(error).partition("'")[2][:100]
            except MemoryError as error:
                raise AssertionError(f"{name}: {size:,} bytes take too much memory") from error
    return report


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(), indent=1))
