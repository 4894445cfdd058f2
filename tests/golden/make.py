"""A model file that every numlp to come has to open, and what it answers.

``python tests/golden/make.py`` writes the three files of the format that this numlp writes, and
refuses to replace any. Run it once when a numlp with a new ``container.VERSION`` is released, add
the checksum that it prints to ``tests/test_golden.py``, and commit all of it. What is here is
never changed and never removed: people have kept models in every format that was released.
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from pathlib import Path

import numlp
from numlp import TabularClassifier, container

FOLDER = Path(__file__).parent
PENGUINS = FOLDER.parents[1] / "examples" / "penguins.csv"


def main() -> None:
    """Train the model, ask it about some rows, and write all of it."""
    start = FOLDER / f"penguins-format{container.VERSION}"
    if start.with_suffix(".numlp").exists():
        sys.exit(f"{start}.numlp is there already, and a golden file is never replaced")
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
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    clf = TabularClassifier(
        "fast", hidden_layer_sizes=(16, 16), metric="balanced_accuracy", random_state=0
    )
    clf.fit(columns, labels)
    clf.model_.target = "species"
    clf.save(start.with_suffix(".numlp"))

    model = numlp.load(start.with_suffix(".numlp"))
    questions = {name: [row[name] for row in asked] for name in asked[0]}
    with start.with_suffix(".csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(asked[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(asked)
    answers = {
        "classes": model.classes.tolist(),
        "labels": model.predict(questions).tolist(),
        "probabilities": model.predict_proba(questions).tolist(),
    }
    start.with_suffix(".json").write_text(json.dumps(answers, indent=1) + "\n")
    data = start.with_suffix(".numlp").read_bytes()
    sys.stdout.write(f"{container.VERSION}: {hashlib.sha256(data).hexdigest()!r},\n")


if __name__ == "__main__":
    main()
