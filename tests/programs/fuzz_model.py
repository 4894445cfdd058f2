"""Hostile model files for `numlp.load`, steered to where the reader has not been yet.

::

    python tests/programs/fuzz_model.py -runs=100000              with atheris, where it is there
    python tests/programs/fuzz_model.py --built-in -runs=100000   with a small loop of our own

Every input gets the checksum of its contents, so that it comes past the first gate. Nothing but
ModelFileError may come out of `load`, within 50 MB and a second of CPU time; a model that opens
has to answer any table with finite probabilities, or refuse to. What breaks this is raised, and
the file that did it is written to ``fuzz-crash.numlp``.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

try:
    import atheris
except ImportError:
    atheris = None

if atheris is not None and "--built-in" not in sys.argv:
    with atheris.instrument_imports(include=["numlp"]):
        import numlp.loading
        import numlp.mlp.classifier

import numpy as np
from container_mutations import EDITS, HEADROOM, assembled, dumped, repaired, taken_apart

import numlp
from numlp import DataError, MLPClassifier, Model, ModelFileError, nn
from numlp.table.table import Table

MOST_SECONDS = 1.0
MAX_BYTES = 1 << 14
WATCHED = {
    "container.py",
    "classes.py",
    "fitted_model.py",
    "json_values.py",
    "loading.py",
    "mlp_columns.py",
    "mlp_model.py",
    "mlp_network.py",
    "mlp_results.py",
    "model.py",
    "networks.py",
    "opening.py",
    "targets.py",
    "table.py",
    "encoders.py",
    "dates.py",
    "network.py",
}

COLUMNS = {
    "size": [1.0, 2.5, None, 4.0] * 15,
    "hue": ["red", "blue", "red", "red"] * 15,
    "ring": [f"r{i % 30}" for i in range(60)],
    "day": [f"2024-{1 + i % 12:02}-{1 + i % 28:02}" for i in range(60)],
    "sick": [i % 3 == 0 for i in range(60)],
    "note": [f"it sang {'la ' * (i % 9)}and flew off {i}" for i in range(60)],
    "same": [1] * 60,
}
CELLS = {
    "size": [None, 2.5, 1e308],
    "hue": [None, "red", "\x00"],
    "ring": ["r1", "", None],
    "day": ["2024-02-29", None, "no day"],
    "sick": [True, None, False],
    "note": ["", None, "la"],
    "same": [1, 2, None],
}
VALUES: list[Any] = [
    *(None, True, False, -1, 0, 1, 2, 3, 7, 0.5, -0.0, 1e308, -1e-308, 5e-324, 2**31, 2**63),
    *(2**64, 2**70, 2**127, "", "x", "relu", "ReLU", "Dense", "<U1", "|b1", "|O", "<f2", "<i8"),
    *("number", "category", "date", "text", "pair", "set aside", [], [1], [[]], {}, {"a": 1}),
    *({"type": "ReLU"}, {"type": "BatchNorm"}, ["a", "b"], [0.5, 0.5], [10**9] * 3, "\u202e"),
]  # fmt: skip


def _seeds() -> list[bytes]:
    """Small models that have between them every kind of column and of layer."""
    rng = np.random.default_rng(0)
    table = Table.fit(COLUMNS)
    numbers, codes = table.n_numbers, table.cardinalities
    embedded = [
        nn.CategoryEmbedding(codes, width=2),
        nn.PeriodicEmbedding(numbers, n_outputs=2, n_frequencies=2),
        nn.PiecewiseLinearEmbedding(numbers, n_bins=2),
        nn.Scale(),
    ]
    width = table.width + len(codes)
    for layer in embedded[1:3]:
        width = layer.build(width)
    layers = [
        *embedded, nn.Dense(width, 3), nn.MixedSELU(), nn.BatchNorm(), nn.LayerNorm(),
        nn.Dropout(0.1), nn.Dense(3, 3),
    ]  # fmt: skip
    mixture = nn.Members(layers, 2, n_in=table.width)
    mixture.init(rng.spawn(2))
    few = Table.fit({"size": COLUMNS["size"]})
    plain = nn.mlp([few.width, 3, 2], activation="relu")
    plain.init(rng)
    small = Model(few, plain, np.array([False, True]))
    large = Model(table, mixture, np.array(["a", "b", "c"]), temperature=0.7, info={"seed": 0})
    names = [np.array(["no", "yes"], object), np.array([1.5, 2.5]), np.array([-3, 4], np.int8)]
    models = [small, large, *(Model(few, plain, classes, target="kind") for classes in names)]
    X, y = rng.normal(size=(20, 2)), np.arange(20) % 3
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so few epochs are too few
        learned = [
            MLPClassifier((3,), max_iter=2, early_stopping=True, random_state=0).fit(X, y),
            MLPClassifier((2, 2), max_iter=1, random_state=0).fit(X, np.eye(3, dtype=int)[y]),
        ]
    seeds = []
    with tempfile.TemporaryDirectory() as folder:
        for model in [*models, *learned]:
            model.save(Path(folder) / "seed.numlp")
            seeds.append((Path(folder) / "seed.numlp").read_bytes())
    return seeds


SEEDS = _seeds()
REPORT = {"refused": 0, "opened": 0, "slowest": 0.0}


def one_input(data: bytes) -> None:
    """Open these bytes as a model file and, if they are one, predict with it."""
    data = repaired(data)
    try:
        model, seconds = _loaded(data)
        REPORT["refused" if model is None else "opened"] += 1
        REPORT["slowest"] = max(REPORT["slowest"], seconds)
        if seconds > MOST_SECONDS:
            raise AssertionError(f"{seconds:.1f} s to open {len(data):,} bytes")
        if model is not None:
            _ask(model)
    except BaseException:
        Path("fuzz-crash.numlp").write_bytes(data)
        raise


def _loaded(data: bytes) -> tuple[Model | MLPClassifier | None, float]:
    """The model, or None if it was refused, and the seconds of CPU time."""
    descriptor = os.memfd_create("model")
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    try:
        os.write(descriptor, data)
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + HEADROOM, hard))
        start = time.process_time()
        try:
            model = numlp.load(f"/proc/self/fd/{descriptor}")
        except ModelFileError as error:
            message = str(error)
            if "\n" in message or len(message) > 1000:
                raise AssertionError(f"no one line: {message!r}") from error
            model = None
        return model, time.process_time() - start
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
        os.close(descriptor)


def _ask(model: Model | MLPClassifier) -> None:
    if isinstance(model, MLPClassifier):
        rows = np.linspace(-3, 3, 3 * model.n_features_in_).reshape(3, -1)
        with np.errstate(all="ignore"), contextlib.suppress(DataError):
            if not np.isfinite(model.predict_proba(rows)).all():
                raise AssertionError(f"probabilities {model.predict_proba(rows)}")
            model.predict(rows)
        model.model_.facts()
        model._repr_html_()
        return
    X = {name: CELLS.get(name, ["x", None, 1.0]) for name in model.table.names}
    try:
        with np.errstate(all="ignore"):
            P = model.predict_proba(X)
            labels = model.predict(X)
    except (DataError, ModelFileError):
        return
    if not (np.isfinite(P).all() and np.allclose(P.sum(axis=1), 1) and len(labels) == 3):
        raise AssertionError(f"probabilities {P}")


# How an input becomes another


def mutated(data: bytes, rng: random.Random, mutate: Callable[[bytes], bytes]) -> bytes:
    """A file like this one; `mutate` changes bytes without knowing what they mean."""
    if rng.random() < 0.02:
        return rng.choice(SEEDS)
    try:
        header, values = taken_apart(data)
        document = json.loads(header[0][1]["document"])
        what = rng.random()
        if what < 0.75:
            for _ in range(rng.choice([1, 1, 1, 2, 4])):
                _change(document, rng)
            metadata = {**header[0][1], "document": json.dumps(document, separators=(",", ":"))}
            return assembled(dumped([("__metadata__", metadata), *header[1:]]), values)
        if what < 0.8:
            text = mutate(header[0][1]["document"].encode()).decode("latin-1")
            metadata = {**header[0][1], "document": text}
            return assembled(dumped([("__metadata__", metadata), *header[1:]]), values)
        if what < 0.9:
            return assembled(dumped(header), _other_floats(values, rng))
        return rng.choice(list(EDITS))(rng, header, values)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return rng.choice(SEEDS) if rng.random() < 0.9 else repaired(mutate(data))


def _change(document: Any, rng: random.Random) -> None:
    """Replace, remove, double or exchange something anywhere in a document."""
    holder, key = _place(document, rng)
    what = rng.randrange(12)
    if what == 0:
        del holder[key]
    elif what == 1 and isinstance(holder, list):
        holder.insert(rng.randrange(len(holder) + 1), json.loads(json.dumps(holder[key])))
    elif what <= 3:
        other, name = _place(document, rng)
        holder[key] = json.loads(json.dumps(other[name]))
    elif what <= 5 and type(holder[key]) in (int, float):
        holder[key] += rng.choice([-1, 1, 8, -0.5, 10**6, 10**12])
    elif what == 6 and isinstance(holder[key], str):
        holder[key] += rng.choice(["", "x", "\x1b[2J", "0" * 300, "\ud800"])
    elif what == 7 and isinstance(holder[key], list):
        holder[key] *= rng.choice([0, 2, 40])
    else:
        holder[key] = rng.choice(VALUES)


def _place(document: Any, rng: random.Random) -> tuple[Any, Any]:
    """What holds a value of a document, and under which key; as often in short parts as in long."""
    holder = document
    while True:
        key = rng.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        if not isinstance(holder[key], dict | list) or not holder[key] or rng.random() < 0.2:
            return holder, key
        holder = holder[key]


def _other_floats(values: bytes, rng: random.Random) -> bytes:
    changed = np.frombuffer(values[: len(values) // 4 * 4], "<f4").copy()
    extremes = [0, 1, -1, 3.4e38, -3.4e38, 1e-45, float("nan"), float("inf"), 1e20, -1e20]
    for _ in range(rng.choice([1, 1, 4, 64])):
        changed[rng.randrange(len(changed))] = rng.choice(extremes)
    if rng.random() < 0.1:
        changed[:] = rng.choice(extremes)
    return changed.tobytes() + values[len(values) // 4 * 4 :]


# Where there is no atheris


def loop(runs: int, seed: int) -> dict[str, Any]:
    """Keep the inputs that go from line to line as none before did, and go on from them."""
    rng = random.Random(seed)  # noqa: S311 - for tests
    corpus = list(SEEDS)
    seen: set[tuple[CodeType, int, int]] = set()
    new: set[tuple[CodeType, int, int]] = set()

    def on_call(frame: FrameType, _event: str, _arg: object) -> Any:
        if os.path.basename(frame.f_code.co_filename) not in WATCHED:  # noqa: PTH119 - it is hot
            return None
        code, last = frame.f_code, 0

        def on_line(frame: FrameType, event: str, _arg: object) -> Any:
            nonlocal last
            if event == "line":
                step = (code, last, frame.f_lineno)
                last = frame.f_lineno
                if step not in seen:
                    seen.add(step)
                    new.add(step)
            return on_line

        return on_line

    def mutate(data: bytes) -> bytes:
        changed = bytearray(data)
        for _ in range(rng.choice([1, 2, 8])):
            i = rng.randrange(len(changed) or 1)
            changed[i : i + rng.randrange(4)] = rng.randbytes(rng.randrange(4))
        return bytes(changed)

    before = sys.gettrace()
    for run in range(runs):
        # The seeds first; then the newest inputs as often as all the others together.
        recent = corpus[-20:] if rng.random() < 0.5 else corpus
        data = corpus[run] if run < len(SEEDS) else mutated(rng.choice(recent), rng, mutate)
        if len(data) > MAX_BYTES:
            continue
        new.clear()
        sys.settrace(on_call)
        try:
            one_input(data)
        finally:
            sys.settrace(before)
        if new and run >= len(SEEDS):
            corpus.append(data)
    return {**REPORT, "corpus": len(corpus), "steps": len(seen)}


# With atheris


def run_atheris(arguments: list[str]) -> None:
    """Hand inputs to libFuzzer, whose options these are; it ends the process."""
    given = {argument.partition("=")[0] for argument in arguments}
    usual = {"-runs": 100_000, "-max_len": MAX_BYTES, "-timeout": 10}
    options = [f"{name}={value}" for name, value in usual.items() if name not in given]
    count = 0

    def target(data: bytes) -> None:
        nonlocal count
        one_input(data)
        count += 1
        if count % 1000 == 0:
            sys.stderr.write(json.dumps(REPORT) + "\n")

    def mutator(data: bytes, max_size: int, seed: int) -> bytes:
        rng = random.Random(seed)  # noqa: S311 - for tests
        changed = mutated(data, rng, lambda part: bytes(atheris.Mutate(part, len(part) + 8)))
        return changed if len(changed) <= max_size else rng.choice(SEEDS)

    atheris.Setup([sys.argv[0], *options, *arguments], target, custom_mutator=mutator)
    atheris.Fuzz()


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--built-in"]
    if atheris is not None and "--built-in" not in sys.argv:
        run_atheris(arguments)
    else:
        numbers = dict(argument.lstrip("-").split("=", 1) for argument in arguments)
        report = loop(int(numbers.get("runs", 100_000)), int(numbers.get("seed", 0)))
        sys.stdout.write(json.dumps(report) + "\n")
