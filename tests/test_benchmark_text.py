"""The benchmark of text: what each method gets, which rival counts, and the interval of a mean."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

pd = pytest.importorskip("pandas")
pytest.importorskip("scipy")

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

with pytest.MonkeyPatch.context() as patch:
    patch.setattr(os, "environ", dict(os.environ))  # it sets the threads of its own process
    import text
    import text_ablation
from accuracy_parts.cells import Cell  # noqa: E402
from accuracy_parts.command import Outcome  # noqa: E402
from accuracy_parts.methods import BUILDERS, Method  # noqa: E402
from accuracy_parts.text import OnPart, TermRegression  # noqa: E402
from accuracy_parts.text_report import TextSummary, half_width  # noqa: E402
from accuracy_parts.text_report import text as report_of  # noqa: E402

from numlp.ensemble import texts  # noqa: E402
from numlp.ensemble.blending import learn_factors  # noqa: E402
from numlp.table import vocabulary  # noqa: E402


class Seen:
    """A classifier that keeps what it was given."""

    classes_ = ("no", "yes")

    def fit(self, X, y):
        self.columns = list(X)

    def predict_proba(self, X):
        return list(X)


@pytest.mark.parametrize(("part", "columns"), [("text", ["text"]), ("others", ["when", "n"])])
def test_a_classifier_on_a_part_sees_that_part_alone(part, columns):
    X = pd.DataFrame({"when": ["a"], "text": ["b"], "n": [1]})
    model = OnPart(Seen(), part)
    assert model.fit(X, ["yes"]).model.columns == columns
    assert model.predict_proba(X) == columns
    assert model.classes_ == Seen.classes_


@pytest.mark.parametrize("names", [["a", "b"], ["text", "review"]])
def test_a_table_without_exactly_one_column_of_text_is_refused(names):
    X = pd.DataFrame([["x", "y"]], columns=names)
    with pytest.raises(ValueError, match="one column must be called text or review"):
        OnPart(Seen(), "text").fit(X, ["yes"])


def test_a_rival_is_logistic_regression_on_weighted_terms():
    feature_extraction = pytest.importorskip("sklearn.feature_extraction.text")
    linear = pytest.importorskip("sklearn.linear_model")
    sentences = ["good food", "bad food", "good service", "bad service", None] * 4
    X, y = pd.DataFrame({"review": sentences}), np.array(["yes", "no", "yes", "no", "no"] * 4)
    settings = json.loads(json.dumps(text.RIVALS["pieces-10"].settings))  # as a file keeps them
    P = BUILDERS["terms"](settings, 0).fit(X, y).predict_proba(X)
    vectorizer = feature_extraction.TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True
    )
    terms = vectorizer.fit_transform([sentence or "" for sentence in sentences])
    expected = linear.LogisticRegression(C=10, max_iter=1000).fit(terms, y).predict_proba(terms)
    np.testing.assert_allclose(P, expected, rtol=1e-12)
    assert isinstance(BUILDERS["terms"](settings, 0), TermRegression)


@pytest.mark.filterwarnings("ignore:the net did not learn")
@pytest.mark.parametrize(
    ("variant", "n_words", "n_pieces", "n_models"),
    [
        ("full", 1, 1, 4), ("length of the text alone", None, None, 0), ("words alone", 1, 0, 2),
        ("pieces alone", 0, 1, 2), ("strength 8 alone", 1, 1, 2),
        ("one model of words and pieces", 1, 1, 1),
    ],
)  # fmt: skip
def test_a_variant_lacks_what_its_name_says(monkeypatch, variant, n_words, n_pieces, n_models):
    for module, name in (
        (vocabulary, "MIN_ROWS_OF_WORD"), (vocabulary, "MIN_ROWS_OF_PIECE"), (texts, "STRENGTHS"),
        (vocabulary.Vocabulary, "halves"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, getattr(module, name))  # put back after the change
    blended = []

    def seen(Z, y, weight):
        blended.append(len(Z))
        return learn_factors(Z, y, weight)

    monkeypatch.setattr(texts, "learn_factors", seen)
    sentences = [f"the {'good' if i % 2 else 'bad'} food of table {i}, I say" for i in range(60)]
    X, y = pd.DataFrame({"text": sentences}), np.array(["yes", "no"] * 30)
    settings = json.loads(json.dumps(text_ablation.PARTS[variant]))
    model = BUILDERS["numlp"]({"quality": "fast", "epochs": 1, **settings}, 0).fit(X, y).model
    reading = model.model_.table.encoders[0].reading
    assert set(blended) == ({n_models} if n_models else set())
    if reading is None:
        assert n_words is None
    else:
        known = reading.vocabulary
        assert (min(len(known.words), 1), min(len(known.pieces), 1)) == (n_words, n_pieces)


def _record(method, split, error, log_loss):
    figures = {"error": error, "log_loss": log_loss, "fit_cpu": 1.0, "predict_cpu": 0.1}
    sizes = {"peak_mib": 100, "train_rows": 300, "test_rows": 100}
    fields = {"table": "sms_spam", "split": split, "method": method}
    return fields | figures | sizes | {"date": "2026-01-01", "versions": {}}


def _summary():
    figures = {
        "words-1": [(0.10, 0.5), (0.20, 0.5)],
        "pieces-10": [(0.20, 0.1), (0.14, 0.2)],
        "numlp-fast-text": [(0.11, 0.2), (0.17, 0.3)],
    }
    records = [
        _record(method, split, *of_split)
        for method, splits in figures.items()
        for split, of_split in enumerate(splits)
    ]
    cells = [Cell("sms_spam", r["split"], r["method"], Method("terms"), 3000) for r in records]
    return TextSummary(Outcome(cells, records), list(text.RIVALS), ["fast"])


def test_the_rival_of_a_table_is_the_best_by_the_figure_that_is_shown():
    summary = _summary()
    assert summary.best("sms_spam", summary.rivals, "error") == "words-1"
    assert summary.best("sms_spam", summary.rivals, "log_loss") == "pieces-10"


def test_differences_are_of_the_same_splits():
    mean, half = _summary().difference("sms_spam", "numlp-fast-text", "words-1", "error")
    assert mean == pytest.approx((0.01 - 0.03) / 2)
    assert half == pytest.approx(half_width(np.array([0.01, -0.03]), 300, 100))
    line = next(line for line in report_of(_summary()).splitlines() if "-1.00 [" in line)
    assert line.startswith("| sms_spam | `words-1` | 15.00 | -1.00 [")


def test_the_interval_of_splits_that_share_rows_is_wider_than_that_of_independent_ones():
    stats = pytest.importorskip("scipy.stats")
    values = np.array([1.0, 2.0, 4.0, 5.0, 3.0])
    plain = stats.t.interval(0.95, 4, 3.0, stats.sem(values))
    assert half_width(values, 300, 0) == pytest.approx((plain[1] - plain[0]) / 2)
    wider = half_width(values, 300, 100) / half_width(values, 300, 0)
    assert wider == pytest.approx(((1 / 5 + 1 / 3) / (1 / 5)) ** 0.5)
    assert half_width(values[:1], 300, 100) == np.inf


def test_tables_that_are_not_there_are_skipped_with_a_line(tmp_path, monkeypatch, capsys):
    (tmp_path / "sms_spam.csv").write_text("text,class\nhello,ham\n")
    options = ["--data", tmp_path, "--tables", "reuters", "--results", tmp_path / "cells.jsonl"]
    monkeypatch.setattr(sys, "argv", ["text.py", *map(str, options)])
    with pytest.raises(SystemExit, match="no finished cell"):
        text.main()
    assert capsys.readouterr().out == "skipped reuters: there is no reuters.csv among the tables\n"


def test_a_table_or_method_that_is_not_known_is_named(tmp_path, monkeypatch):
    for option, name in (("--tables", "novels"), ("--methods", "oracle")):
        command = ["text.py", "--data", str(tmp_path), option, name]
        monkeypatch.setattr(sys, "argv", command)
        with pytest.raises(SystemExit, match=f"no (table|method) '{name}'; there are "):
            text.main()
