"""TabularClassifier on tables with text, from the fit to the file."""

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from numlp import TabularClassifier, load
from numlp.check import check_table
from numlp.cli.main import run
from numlp.data.files import sheet
from numlp.nn import Epoch

from ..nn.cases import pickled

N = 90
SAID = {"no": ["awful", "slow", "cold", "rude"], "yes": ["lovely", "quick", "warm", "kind"]}


def drawn(n: int = N, seed: int = 0, labels: tuple[str, ...] = ("no", "yes")) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    things = ["soup", "room", "staff", "bread", "place"]
    y = rng.choice(labels, n)
    texts = []
    for label in y:
        said = rng.choice(SAID.get(label, [f"like {label}"]), 2)
        texts.append(
            f"The {rng.choice(things)} was {said[0]}, {said[1]} in room {rng.integers(99)}"
        )
    notes = np.where(rng.random(n) < 0.2, None, [f"seen by us: {text[4:20]}" for text in texts])
    return pd.DataFrame({"size": rng.random(n), "text": texts, "note": notes, "y": y})


FRAME = drawn()
X, Y = FRAME.drop(columns="y"), FRAME["y"]
FRESH = drawn(20, seed=1).drop(columns="y")
KINDS = {"text": "text", "note": "text"}


def small(**parameters: Any) -> TabularClassifier:
    defaults = {"quality": "fast", "epochs": 6, "n_jobs": 1, "random_state": 0, "ensemble_size": 3}
    return TabularClassifier(**(defaults | parameters))


def fitted(X: Any = X, y: Any = Y, **given: Any) -> TabularClassifier:
    return small().fit(X, y, columns=given.pop("columns", KINDS), **given)


FITTED = fitted()
ANSWERS = FITTED.predict_proba(FRESH)


def test_it_learns_what_the_words_say() -> None:
    frame = drawn(200)
    X, y = frame[["text"]], frame["y"]
    fresh = drawn(100, seed=1)
    read = TabularClassifier("fast", random_state=0).fit(X, y)
    assert read.score(fresh[["text"]], fresh["y"]) == 1
    unread = TabularClassifier("fast", random_state=0).fit(X, y, columns={"text": "text:length"})
    assert unread.score(fresh[["text"]], fresh["y"]) < 0.8
    assert read.score_.accuracy == 1


def test_two_columns_of_text_have_log_odds_each() -> None:
    names = FITTED.model_.table.features
    assert [name for name in names if " says " in name] == ["text says yes", "note says yes"]
    kept = FITTED.model_.table.encoders
    assert all(encoder.reading.weights is not None for encoder in kept[1:])


@pytest.mark.parametrize("n_jobs", [2, 3, None])
def test_any_number_of_threads_gives_the_same_model(n_jobs: int | None, tmp_path: Path) -> None:
    FITTED.save(tmp_path / "a")
    small(n_jobs=n_jobs).fit(X, Y, columns=KINDS).save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_loaded_model_gives_the_same_answers_and_the_same_file(tmp_path: Path) -> None:
    FITTED.save(tmp_path / "a")
    again = load(tmp_path / "a")
    assert np.array_equal(again.predict_proba(FRESH), ANSWERS)
    again.save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("way", [pickled, copy.copy, copy.deepcopy])
def test_a_copy_gives_the_same_answers(way: Any) -> None:
    assert np.array_equal(way(FITTED).predict_proba(FRESH), ANSWERS)


def test_a_run_goes_on_where_it_stopped_and_ends_in_the_same_file(tmp_path: Path) -> None:
    def stop(epoch: Epoch) -> None:
        if epoch.number == 3:
            raise KeyboardInterrupt

    kept = {"checkpoint": tmp_path / "run.ckpt", "checkpoint_every": 0}
    with pytest.raises(KeyboardInterrupt):
        small(callbacks=[stop]).fit(X, Y, columns=KINDS, **kept)
    small().fit(X, Y, columns=KINDS, **kept).save(tmp_path / "b")
    FITTED.save(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_checkpoint_of_other_words_is_refused(tmp_path: Path) -> None:
    kept = {"checkpoint": tmp_path / "run.ckpt", "checkpoint_every": 0}

    def stop(epoch: Epoch) -> None:
        if epoch.number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        small(callbacks=[stop]).fit(X, Y, columns=KINDS, **kept)
    # Of one length, so that the words alone differ.
    other = X.assign(text=X["text"].str.replace("awful", "nasty"))
    with pytest.raises(Exception, match="text"):
        small().fit(other, Y, columns=KINDS, **kept)


FORMS: dict[str, Any] = {
    "polars": pl.from_pandas,
    "pyarrow": lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
    "dict": lambda frame: {name: frame[name].tolist() for name in frame},
    "string dtype": lambda frame: frame.astype({"text": "string", "note": "string"}),
    "categories": lambda frame: frame.astype({"text": "category"}),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_any_frame_gives_the_same_model(form: Any) -> None:
    assert np.array_equal(fitted(form(X)).predict_proba(form(FRESH)), ANSWERS)


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "t.jsonl"])
def test_a_file_gives_the_same_answers(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    write = {
        "t.csv": lambda: FRESH.to_csv(path, index=False),
        "t.parquet": lambda: pq.write_table(pa.Table.from_pandas(FRESH), path),
        "t.jsonl": lambda: FRESH.to_json(path, orient="records", lines=True, double_precision=15),
    }
    write[name]()
    np.testing.assert_allclose(FITTED.predict_proba(sheet.read(path).columns), ANSWERS, atol=1e-6)


def test_rows_in_another_order_have_the_same_words() -> None:
    order = np.random.default_rng(3).permutation(N)
    other = fitted(X.iloc[order], Y.iloc[order])
    for a, b in zip(FITTED.model_.table.encoders, other.model_.table.encoders, strict=True):
        assert a.arrays().keys() == b.arrays().keys()
        for name in {"words", "pieces", "idf"} & a.arrays().keys():
            assert a.arrays()[name].tobytes() == b.arrays()[name].tobytes()
    assert str(other.columns_) == str(FITTED.columns_)


@pytest.mark.filterwarnings("ignore:the net did not learn")
def test_a_name_in_one_row_is_not_in_the_file(tmp_path: Path) -> None:
    named = X.copy()
    named.loc[0, "text"] += " signed Xyqwzkarl"
    named.loc[1:2, "text"] += " signed Vbnmhugo"
    fitted(named).save(tmp_path / "m")
    data = (tmp_path / "m").read_bytes().lower()
    assert b"vbnmhugo" in data
    assert b"xyqwzkarl" not in data
    assert not any("xyqwzkarl"[i : i + 4].encode() in data for i in range(6))
    fitted(named, columns={"text": "text:length", "note": "ignore"}).save(tmp_path / "m")
    assert b"vbnm" not in (tmp_path / "m").read_bytes().lower()


def test_rows_without_weight_are_as_if_they_were_not_there() -> None:
    weight = np.ones(N)
    weight[::3] = 0
    kept = weight > 0
    one = fitted(sample_weight=weight).predict_proba(FRESH)
    other = fitted(X[kept], Y[kept], sample_weight=weight[kept]).predict_proba(FRESH)
    assert np.array_equal(one, other)


def test_weights_of_rows_count_for_the_words() -> None:
    weight = np.where(Y == "yes", 5.0, 1.0)
    by_weight, plain = (
        m.model_.table.encoders[1].reading.weights for m in (fitted(sample_weight=weight), FITTED)
    )
    assert by_weight[-1, 0] > plain[-1, 0]


@pytest.mark.heavy
@pytest.mark.parametrize("labels", [("a", "b", "c"), (1, 2, 3), (False, True)], ids=str)
def test_labels_of_any_kind_and_number_are_spoken_for(labels: tuple[Any, ...]) -> None:
    frame = drawn(labels=tuple(map(str, labels)))
    y = frame["y"].map({str(label): label for label in labels})
    model = fitted(frame.drop(columns="y"), y).model_
    spoken = [str(label) for label in labels] if len(labels) > 2 else [str(labels[1])]
    assert model.table.encoders[1].reading.labels == spoken
    P = model.predict_proba(FRESH)
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.filterwarnings("ignore:the net did not learn", "ignore:none of the 31 rows")
def test_with_more_than_a_hundred_classes_length_counts_and_the_audit_says_why() -> None:
    frame = drawn(306, labels=tuple(f"c{i}" for i in range(102)))
    y = [f"c{i % 102}" for i in range(306)]
    with pytest.warns(UserWarning, match="the words of 'text' are not read, since there are 102"):
        model = small(epochs=1, ensemble_size=1).fit(frame[["text"]], y)
    [row] = model.columns_
    assert row["features"] == 1  # each text has as many words
    assert "there are 102 classes, and 100 are allowed" in row["why"]


ODD = ["", " ", "a\0b \0", "x\r\ny\u2028z\x1c\x85", "half \ud800 pair", "!", "é" * 20_000, "1.5"]


@pytest.mark.filterwarnings("ignore:some cells are unlike those of training")
def test_odd_cells_are_learned_from_kept_and_answered(tmp_path: Path) -> None:
    odd = X.to_dict("list")
    odd["text"] = [*ODD * 3, *odd["text"][len(ODD) * 3 :]]
    model = fitted(odd)
    model.save(tmp_path / "m")
    asked = {"size": [0.5] * len(ODD), "text": ODD, "note": ODD}
    P = model.predict_proba(asked)
    assert np.isfinite(P).all()
    assert np.array_equal(load(tmp_path / "m").predict_proba(asked), P)


def test_one_word_a_cell_is_read_where_it_is_asked_to_be_text() -> None:
    y = [*"ab"] * 30
    frame = {"word": [f"{'pre' if label == 'a' else 'anti'}{i:02}" for i, label in enumerate(y)]}
    model = small(epochs=20).fit(frame, y, columns={"word": "text"})
    assert model.predict({"word": ["pre99", "anti98"]}).tolist() == ["a", "b"]


def test_check_says_of_text_what_the_fit_will_say() -> None:
    told = check_table(FRAME, target="y", columns=KINDS)["columns"]
    assert [(c["name"], c["kind"], c["why"]) for c in told] == [
        (row["name"], row["kind"], str(row["why"])) for row in FITTED.columns_
    ]


def test_the_command_takes_a_text_by_its_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    FRAME.to_csv("t.csv", index=False)
    options = ["--quality", "fast", "--epochs", "2", "-q", "-o", "m"]
    columns = ["--column", "text=text:length", "--column", "note=ignore"]
    assert run(["train", "t.csv", "-t", "y", *columns, *options]) == 0
    capsys.readouterr()
    assert run(["inspect", "m", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "its words are not read" in json.dumps(found)
    assert b"lovely" not in Path("m").read_bytes()
