"""Labels that may be one, and columns that may be the answer itself."""

import numpy as np

from numlp.check import doubts
from numlp.check.findings import Finding
from numlp.data.labels import EncodedLabels

RNG = np.random.default_rng(0)
N = 300
SIZE = RNG.normal(size=N)


def test_doubts_are_findings_on_the_labels_and_then_on_the_columns() -> None:
    y = (SIZE > 0).astype(int)
    labels = EncodedLabels(np.array(["No", "no", "yes"]), np.where(y == 0, np.arange(N) % 2, 2))
    alike, leak = doubts.doubts({"noise": RNG.normal(size=N), "size": SIZE}, labels, "kind", {})
    assert isinstance(alike, Finding)
    assert (alike.level, alike.kind, alike.columns) == ("warning", "labels alike", ["kind"])
    assert alike.text.startswith("'No', 'no' are taken for different classes of 'kind'")
    assert (leak.level, leak.kind, leak.columns) == ("warning", "leak", ["size"])
    assert "alone tells the classes of 'kind' apart (AUC 1.0000)" in leak.text
    assert not [*doubts.quantity(labels, "kind")]


def test_a_quantity_is_told_by_its_many_numbers() -> None:
    labels = EncodedLabels(np.array([str(i) for i in range(40)]), np.arange(N) % 40)
    (finding,) = doubts.quantity(labels, "price")
    assert (finding.kind, finding.columns) == ("quantity", ["price"])
    assert "'price' has 40 different numbers in 300 rows" in finding.text
