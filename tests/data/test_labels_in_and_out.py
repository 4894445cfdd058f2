"""Labels of every form make one net, and come back as the page says."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import numlp
from numlp import DataError, MLPClassifier, TabularClassifier
from numlp.data.labels import encode_labels

from .label_forms import EQUAL, ERROR, FORMS, HOLED, NUMBERS, TEXT, TRUTHS, WORDS, Form
from .test_tables_in import rows_of

pytestmark = [
    pytest.mark.filterwarnings("ignore:the net did not learn"),
    pytest.mark.filterwarnings("ignore:A column-vector y was passed"),
    pytest.mark.filterwarnings("ignore:.*(max_iter|converge)"),
]
PAGE = (Path(__file__).parents[2] / "docs" / "labels.md").read_text(encoding="utf-8")
TAKEN = [form for form in FORMS if form.dtype != ERROR]
REFUSED = [form for form in FORMS if form.dtype == ERROR]
RNG = np.random.default_rng(0)
X = np.array(TRUTHS)[:, None] + RNG.normal(0, 0.6, (len(TRUTHS), 2))
CLASSIFIERS = [
    TabularClassifier("fast", epochs=16, random_state=0, n_jobs=1),
    MLPClassifier(8, max_iter=20, learning_rate_init=0.03, random_state=0),
]
KINDS = [type(clf).__name__ for clf in CLASSIFIERS]
Classifier = TabularClassifier | MLPClassifier


@pytest.fixture(params=range(2), ids=KINDS)
def clf(request: pytest.FixtureRequest) -> Classifier:
    made = CLASSIFIERS[request.param]
    return type(made)(**made.get_params())


@pytest.fixture(scope="module")
def plain() -> dict[str, bytes]:
    """The probabilities that a list of text makes, by the classifier."""
    return {
        name: made.fit(X, WORDS).predict_proba(X).tobytes()
        for name, made in zip(KINDS, CLASSIFIERS, strict=True)
    }


@pytest.mark.parametrize("form", TAKEN, ids=str)
def test_labels_come_back_as_the_page_says(
    form: Form, clf: Classifier, plain: dict[str, bytes], tmp_path: Path
) -> None:
    clf.fit(X, form.make())
    # As text "big" is before "small", as numbers 3 before 7, false before true: one net for all.
    assert clf.predict_proba(X).tobytes() == plain[type(clf).__name__]
    expected = np.dtype(str if form.dtype == TEXT else form.dtype.strip("`"))
    predicted = clf.predict(X)
    assert type(predicted) is np.ndarray
    assert predicted.shape == (len(X),)
    for array in (clf.classes_, predicted):
        assert array.dtype.kind == expected.kind
        assert array.dtype == expected or form.dtype == TEXT
    assert clf.classes_.tolist() == sorted(set(form.truth))
    assert len(set(predicted.tolist())) > 1
    clf.save(tmp_path / "model.numlp")
    loaded = numlp.load(tmp_path / "model.numlp")
    again = loaded.predict(X)
    assert again.dtype == predicted.dtype
    assert again.tolist() == predicted.tolist()


@pytest.mark.parametrize("form", TAKEN, ids=str)
def test_predictions_compare_with_labels_as_the_page_says(form: Form, clf: Classifier) -> None:
    y = form.make()
    predicted = clf.fit(X, y).predict(X)
    right = [p == t for p, t in zip(predicted.tolist(), form.truth, strict=True)]
    assert 0.5 < np.mean(right) < 1
    assert np.asarray(predicted == EQUAL[form.equal](y)).tolist() == right
    assert clf.score(X, y) == pytest.approx(np.mean(right))


@pytest.mark.parametrize("truth", [WORDS, NUMBERS, TRUTHS], ids=["text", "numbers", "truths"])
def test_labels_of_any_form_score_a_net_of_another(truth: list[Any], clf: Classifier) -> None:
    score = clf.fit(X, truth).score(X, truth)
    for form in TAKEN:
        if form.truth == truth:
            assert clf.score(X, form.make()) == score, form


@pytest.mark.parametrize("form", REFUSED, ids=str)
def test_a_form_that_is_not_labels_says_what_to_give(form: Form, clf: Classifier) -> None:
    with pytest.raises(DataError, match=form.says):
        clf.fit(X, form.make())


@pytest.mark.parametrize("y", HOLED.values(), ids=HOLED)
def test_a_missing_label_is_refused_with_its_row(y: Any, clf: Classifier) -> None:
    told = r"Input y contains NaN.* 1 of 24 labels.* the first in row 4\b"
    with pytest.raises(DataError, match=told):
        clf.fit(X, y)
    clf.fit(X, WORDS)
    with pytest.raises(DataError, match=told):
        clf.score(X, y)


def test_a_lazy_frame_or_query_gives_its_name_and_is_not_several_columns() -> None:
    (query,) = (
        form.make() for form in FORMS if form.library == "DuckDB" and "relation" in form.name
    )
    assert encode_labels(query).name == encode_labels(pl.LazyFrame({"kind": WORDS})).name == "kind"
    with pytest.raises(DataError, match=r"of shape \(24, 2\)"):
        encode_labels(pl.LazyFrame({"a": WORDS, "b": WORDS}))


# The page


def test_the_page_has_the_rows_that_were_tried_and_no_other() -> None:
    told = [tuple(row[:4]) for row in rows_of(PAGE, "What comes back")]
    assert told == [(form.library, form.name, form.dtype, form.equal) for form in FORMS]


def test_the_page_names_the_version_of_each_library() -> None:
    told = {row[0]: row[1] for row in rows_of(PAGE, "Versions")}
    assert {form.library for form in FORMS} == {*told, "Python"}
    for library, tried in told.items():
        assert re.fullmatch(r"\d+(\.\d+)+", tried), library
