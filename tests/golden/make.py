"""Files that a numlp to come has to open, or to refuse by name, and what they answer.

``python tests/golden/make.py`` writes those that are not there yet, and replaces none. Run it when
``container.VERSION`` or ``__version__`` has risen, list what it prints in ``tests/test_golden.py``,
and commit all of it. What is here is never changed and never removed: people have kept files of
every format that was released.

Of a model format there is one set (``...-format1``). A checkpoint and a pickle belong to the
version of numlp that wrote them, so these have one set for each version (``...-0.1.0``), pickles
for each release.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import pickle
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import numlp
from numlp import MLPClassifier, TabularClassifier

FOLDER = Path(__file__).parent
PENGUINS = FOLDER.parents[1] / "examples" / "penguins.csv"
FORMAT = "format1"  # a file is written in the oldest format that can hold it
STOPPED = 4  # epochs that are in a checkpoint, of EPOCHS
EPOCHS = 8
WORDS = ("late", "on time", "lost", "seen twice", "came with the parcel", "nobody was there")

Table = dict[str, list[str]]
Rows = tuple[Table, list[str], Table]  # a table, its labels, and some rows to ask about


def main() -> None:
    """Write each file that is not there, and print its checksum."""
    for make in (models, nets, checkpoints, pickles):
        for path in make():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            sys.stdout.write(f'"{path.name}": "{digest}",\n')


# Models of a table


def models() -> Iterator[Path]:
    """A model of each table, whose settings differ in what a file of them holds."""
    # The quality "fast", with a threshold for balanced accuracy.
    clf = classifier("fast", hidden_layer_sizes=(16, 16), metric="balanced_accuracy")
    yield from model(f"penguins-{FORMAT}", clf, "species", penguin_rows)
    # The quality "balanced": every kind of column, two families, a rare class.
    clf = classifier(epochs=6, metric="f1", class_weight="balanced")
    yield from model(f"visits-{FORMAT}", clf, "outcome", visit_rows)
    # Dates that are not in ISO 8601, and ordered categories.
    clf = classifier(epochs=6, ensemble_size=2, validation=0.2)
    kinds = {"paid": "date:excel", "due": "date:%Y%m%d", "size": 'ordered:S,M,L,"XL, wide"'}
    yield from model("orders-format2", clf, "outcome", order_rows, columns=kinds)
    # Two columns of text that is read, and one that is its length.
    clf = classifier(epochs=6, ensemble_size=2, validation=0.2)
    kinds = {"text": "text", "note": "text", "hint": "text:length"}
    yield from model("reviews-format2", clf, "outcome", review_rows, columns=kinds)
    # Numbers in forms that people write, and vectors.
    clf = classifier("fast", hidden_layer_sizes=(4,), epochs=6)
    kinds = {"place": "vector"}
    yield from model("invoices-format2", clf, "outcome", invoice_rows, columns=kinds, decimal=",")
    # Text that is read, of rows that were held out by sender.
    clf = classifier("fast", hidden_layer_sizes=(4,), epochs=20)
    kinds = {"body": "text"}
    yield from model("letters-format2", clf, "outcome", letter_rows, columns=kinds, groups="sender")


def classifier(quality: str = "balanced", **settings: Any) -> TabularClassifier:
    """A small one."""
    return TabularClassifier(quality, **{"hidden_layer_sizes": (8,), "random_state": 0, **settings})


def model(
    name: str, clf: TabularClassifier, target: str, rows: Callable[[], Rows], **how: Any
) -> Iterator[Path]:
    """A model of the rows, those that are asked about, and its answers; ``how`` is for ``fit``."""
    path = FOLDER / f"{name}.numlp"
    if path.exists():
        return
    columns, labels, asked = rows()
    clf.fit(columns, labels, **how)
    clf.model_.target = target
    clf.save(path)
    saved: Any = numlp.load(path)
    with path.with_suffix(".csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(asked)
        writer.writerows(zip(*asked.values(), strict=True))
    answers = {
        "target": saved.target,
        "classes": saved.classes.tolist(),
        "labels": saved.predict(asked).tolist(),
        "probabilities": saved.predict_proba(asked).tolist(),
        "sets": saved.predict_set(asked, 0.8).tolist(),
    }
    write_json(path.with_suffix(".json"), answers)
    yield path


def penguin_rows() -> Rows:
    """The table, its labels, and some rows to ask about."""
    with PENGUINS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    labels = [row.pop("species") for row in rows]
    # Every 23rd is of all species and both sexes, one with cells missing; then rows such as no
    # training row was.
    asked = [
        *rows[3::23],
        dict.fromkeys(rows[0], ""),
        {**rows[0], "island": "Atlantis", "body_mass_g": "1e9", "sex": "unknown"},
    ]
    return as_table(rows), labels, as_table(asked)


def visit_rows() -> Rows:
    """A made-up table of parcels: numbers with gaps, dates, text, words few and many."""
    rng = np.random.default_rng(7)
    rows, labels = [], []
    for _ in range(400):
        weight, depot, day = rng.gamma(2, 3), int(rng.integers(30)), int(rng.integers(700))
        fragile, tries = rng.random() < 0.3, int(rng.integers(1, 5))
        note = " ".join(rng.choice(WORDS, size=int(rng.integers(1, 7))))
        rows.append(
            {
                "weight": "" if rng.random() < 0.1 else f"{weight:.2f}",
                "depot": f"depot {depot}",
                "sent": str(np.datetime64("2024-01-01T08:00", "m") + day * 1440 + depot * 7),
                "fragile": str(fragile).lower(),
                "tries": str(tries),
                "payer": "sender" if rng.random() < 0.5 else "receiver",
                "size": str(rng.choice(["small", "medium", "large"])),
                "note": f"{note}, written down by hand at the door",
                "country": "CH",
                "number": f"P{len(rows):05d}",
            }
        )
        late = weight / 3 + (day % 7 > 4) + depot / 20 + rng.normal(0, 0.5) > 3.5
        labels.append("late" if late else "delivered")
    for row, label in ((3, "lost"), (90, "lost"), (200, "lost"), (310, "lost"), (333, "lost")):
        rows[row]["size"], labels[row] = "large", label
    asked = [
        *rows[::37],
        rows[3],
        dict.fromkeys(rows[0], ""),
        {**rows[0], "depot": "depot 99", "sent": "1969-12-31", "size": "huge", "weight": "1e300"},
    ]
    return as_table(rows), labels, as_table(asked)


def as_table(rows: Sequence[dict[str, str]]) -> Table:
    """Rows as columns."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def order_rows() -> Rows:
    """A made-up table of orders, and some to ask about."""
    rng = np.random.default_rng(11)
    rows, labels = [], []
    for _ in range(300):
        day, size = int(rng.integers(700)), str(rng.choice(["S", "M", "L", "XL, wide"]))
        sent = np.datetime64("2024-01-01") + day
        written = f"{sent.item():%d.%m.%Y} {int(rng.integers(1, 12))}:05 pm"
        rows.append(
            {
                "sent": "" if rng.random() < 0.05 else written,
                "paid": f"{45_292 + day + rng.random():.3f}",
                "due": f"{sent.item():%Y%m%d}",
                "size": "" if rng.random() < 0.05 else size,
            }
        )
        late = (size > "M") + (day % 7 > 4) + rng.normal(0, 0.3) > 1
        labels.append("late" if late else "delivered")
    asked = [
        *rows[::31],
        dict.fromkeys(rows[0], ""),
        {"sent": "2024-03-01", "paid": "x", "due": "2024-03-01", "size": "XXL"},
    ]
    return as_table(rows), labels, as_table(asked)


def review_rows() -> Rows:
    """A made-up table of reviews, and some to ask about."""
    rng = np.random.default_rng(12)
    said = {
        "good": ["lovely", "très bien", "很喜欢", "WARM", "quick & kind"],
        "bad": ["awful", "trop froid", "不喜欢", "rude", "no, not again"],
        "mixed": ["so-so", "as ever", "还可以", "fine?", "neither"],
    }
    rows, labels = [], []
    for _ in range(300):
        label = str(rng.choice([*said]))
        one, two = rng.choice(said[label], 2)
        text = f"The {rng.choice(['soup', 'room', 'staff'])} was {one}; {two}!"
        note = "" if rng.random() < 0.2 else f"table {int(rng.integers(9))}: {one}\nsigned"
        hint = " ".join(["word"] * int(rng.integers(1, 9)))
        rows.append({"text": text, "note": note, "hint": hint})
        labels.append(label)
    asked = [
        *rows[::19],
        dict.fromkeys(rows[0], ""),
        {"text": "NOTHING like it, rien", "note": "?", "hint": "lovely"},
    ]
    return as_table(rows), labels, as_table(asked)


def invoice_rows() -> Rows:
    """A made-up table of invoices, and some to ask about."""
    rng = np.random.default_rng(13)
    rows, labels = [], []
    for _ in range(240):
        amount, share, sums = rng.gamma(2, 900), rng.random(), rng.integers(-50, 50)
        place = rng.normal(size=2)
        spelled = f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
        rows.append(
            {
                "amount": "" if rng.random() < 0.05 else f"{spelled} \N{EURO SIGN}",
                "discount": f"{share:.1%}".replace(".", ","),
                "change": f"{abs(sums)},0-" if sums < 0 else f"{sums},0",
                "rate": "7,7 %" if rng.random() < 0.5 else "2,5 %",
                "place": f"[{place[0]:.3f}, {place[1]:.3f}]",
            }
        )
        late = amount / 1800 + share + place[0] + rng.normal(0, 0.3) > 1.5
        labels.append("late" if late else "paid")
    asked = [
        *rows[::29],
        dict.fromkeys(rows[0], ""),
        {**rows[0], "amount": "1234.5", "discount": "12", "change": "(3)", "rate": "19 %"},
    ]
    return as_table(rows), labels, as_table(asked)


def letter_rows() -> Rows:
    """A made-up table of letters, and some to ask about."""
    rng = np.random.default_rng(17)
    kinds = {"order": ("please send me", "I would buy"), "complaint": ("is broken", "came late")}
    rows, labels = [], []
    for i in range(180):
        kind = str(rng.choice([*kinds, "thanks"]))
        said = rng.choice([*kinds.get(kind, ("thank you", "works well")), *WORDS[:2]], size=3)
        rows.append(
            {
                "body": "" if rng.random() < 0.05 else f"{', '.join(said)} {i}!",
                "pages": str(rng.integers(1, 4)),
                "sender": f"S{rng.integers(25)}",
            }
        )
        labels.append(kind)
    asked = [
        *rows[::14],
        dict.fromkeys(rows[0], ""),
        {"body": "Das Paket ist nie angekommen", "pages": "9", "sender": "S99"},
    ]
    return as_table(rows), labels, as_table(asked)


# Files of MLPClassifier


def nets() -> Iterator[Path]:
    """MLPClassifiers of two classes, of many, and of several labels a row."""
    X = net_rows()
    for name, y, arguments in net_cases():
        path = FOLDER / f"net-{name}-{FORMAT}.numlp"
        if path.exists():
            continue
        clf = net(**arguments).fit(X, y)
        clf.save(path)
        asked = X[::9]
        answers = {
            "X": asked.tolist(),
            "classes": clf.classes_.tolist(),
            "labels": clf.predict(asked).tolist(),
            "probabilities": clf.predict_proba(asked).tolist(),
            "loss_curve": clf.loss_curve_,
        }
        write_json(path.with_suffix(".json"), answers)
        yield path


def net_rows() -> np.ndarray[Any, Any]:
    """Five numbers a row."""
    return np.random.default_rng(3).standard_normal((90, 5))


def net_cases() -> list[tuple[str, Any, dict[str, Any]]]:
    """A name, targets for ``net_rows``, and arguments."""
    X = net_rows()
    two = np.where(X[:, 0] + X[:, 1] ** 2 > 1, "yes", "no")
    many = np.digitize(X[:, 0] * X[:, 1], [-0.5, 0, 0.5]) * 10
    several = (X[:, :3] > [0.0, 0.5, -0.5]).astype(int)
    early = {"early_stopping": True, "validation_fraction": 0.2, "dropout": 0.1}
    return [
        ("two", two, {"solver": "sgd", "momentum": 0.8, "activation": "tanh", "alpha": 0.01}),
        ("many", many, {**early, "batch_norm": True, "class_weight": {0: 2.0, 10: 1.0}}),
        ("several", several, {"layer_norm": True, "loss": "focal", "hidden_layer_sizes": [6, 4]}),
    ]


def net(**arguments: Any) -> MLPClassifier:
    """A small one that runs all its epochs."""
    settings = {"hidden_layer_sizes": (7,), "max_iter": 12, "n_iter_no_change": 12}
    return MLPClassifier(**{**settings, "random_state": 0, **arguments})


# What belongs to the version that wrote it


class StoppedError(Exception):
    """Thrown to leave a run as a kill does: with its checkpoint, without its end."""


def stop_after(epochs: int) -> Callable[[Any], None]:
    """A callback that ends the run in the middle."""

    def callback(epoch: Any) -> None:
        if epoch.number > epochs:
            raise StoppedError

    return callback


def checkpoints() -> Iterator[Path]:
    """Each classifier after some of its epochs, and the answers of the whole run."""
    table, labels, asked = penguin_rows()
    X = net_rows()
    _, y, arguments = net_cases()[1]
    runs: list[tuple[str, Callable[..., Any], Any, Any, Any]] = [
        ("tabular", tabular_run, table, labels, asked),
        ("net", lambda **more: net(**{**arguments, "max_iter": EPOCHS, **more}), X, y, X[::9]),
    ]
    for name, make, rows, targets, questions in runs:
        path = FOLDER / f"{name}-{numlp.__version__}.ckpt"
        if path.exists():
            continue
        with contextlib.suppress(StoppedError):
            make(callbacks=[stop_after(STOPPED)]).fit(
                rows, targets, checkpoint=path, checkpoint_every=0
            )
        whole = make().fit(rows, targets)
        write_json(
            path.with_suffix(".ckpt.json"),
            {"probabilities": whole.predict_proba(questions).tolist()},
        )
        yield path


def tabular_run(**more: Any) -> TabularClassifier:
    """A run that is stopped in the middle, or is not."""
    return TabularClassifier(
        "fast", hidden_layer_sizes=(8,), epochs=EPOCHS, random_state=0, n_jobs=1, **more
    )


def pickles() -> Iterator[Path]:
    """Pickles of both classifiers, as people keep them beside model files; of releases alone."""
    if "dev" in numlp.__version__:
        return
    for name, clf in (
        ("tabular", lambda: tabular_run().fit(*penguin_rows()[:2])),
        ("net", lambda: net(**net_cases()[1][2]).fit(net_rows(), net_cases()[1][1])),
    ):
        path = FOLDER / f"{name}-{numlp.__version__}.pickle"
        if not path.exists():
            path.write_bytes(pickle.dumps(clf(), protocol=4))
            yield path


def write_json(path: Path, answers: dict[str, Any]) -> None:
    """What a file is to answer."""
    path.write_text(json.dumps(answers, indent=1) + "\n")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
