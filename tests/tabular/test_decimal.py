"""``decimal=``: the decimal sign of words, in every way to fit a TabularClassifier."""

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import numlp
from numlp import TabularClassifier
from numlp.check import check_table
from numlp.errors import CheckpointError, DataError
from numlp.report.origin import reproduction
from numlp.tabular.crossval import cross_validate
from numlp.tabular.tuning import Search

RNG = np.random.default_rng(0)
COUNTS = RNG.integers(1000, 30_000, 120)
TABLE = {"debt": [f"{x:,}" for x in COUNTS]}
LABELS = np.where(COUNTS > 15_000, "yes", "no")

pytestmark = pytest.mark.filterwarnings("ignore:the net did not learn anything")


def net(**settings: Any) -> TabularClassifier:
    return TabularClassifier("fast", epochs=1, n_jobs=1, random_state=0, **settings)


def test_a_fit_obeys_and_its_model_and_its_report_say_so() -> None:
    clf = net().fit(TABLE, LABELS, decimal=",")
    assert clf.columns_[0]["why"] == "numbers written as text; decimal commas"
    assert clf.model_.info["settings"]["decimal"] == ","
    assert reproduction(clf.model_, {}, "y")["train"].endswith(".fit(X, y, decimal=',')")
    assert "decimal" not in net().fit(TABLE, LABELS).model_.info["settings"]
    again = net().fit({"debt": COUNTS / 1000}, LABELS)
    np.testing.assert_array_equal(
        clf.predict_proba(TABLE), again.predict_proba({"debt": COUNTS / 1000})
    )


def test_a_saved_model_reads_words_as_before(tmp_path: Path) -> None:
    clf = net().fit(TABLE, LABELS, decimal=",")
    clf.save(tmp_path / "a.numlp")
    opened = numlp.load(tmp_path / "a.numlp")
    np.testing.assert_array_equal(opened.predict_proba(TABLE), clf.predict_proba(TABLE))


def test_cells_of_another_form_are_warned_of() -> None:
    clf = net().fit(TABLE, LABELS, decimal=",")
    with pytest.warns(
        UserWarning,
        match=r"debt: 1 cell no number, taken as missing \(decimal points, where .*'1\.5'",
    ):
        clf.predict({"debt": ["1,5", "1.5"]})


def test_folds_and_trials_obey() -> None:
    fitted: list[TabularClassifier] = []

    def make(*_: int) -> TabularClassifier:
        fitted.append(net())
        return fitted[-1]

    list(cross_validate(make, TABLE, LABELS, folds=2, decimal=","))
    assert [clf.model_.table.with_commas for clf in fitted] == [["debt"]] * 2
    search = Search(TABLE, LABELS, seconds=60, settings={"quality": "fast", "epochs": 1},
                    decimal=",", n_jobs=1)  # fmt: skip
    runs = search.run()
    next(runs)
    assert search._prepared is not None
    assert search._prepared.table.with_commas == ["debt"]
    runs.close()


def test_a_search_with_another_sign_is_another_search(tmp_path: Path) -> None:
    def search(sign: str | None) -> Search:
        settings = {"quality": "fast", "epochs": 1}
        return Search(TABLE, LABELS, seconds=60, settings=settings, decimal=sign, n_jobs=1,
                      state=tmp_path / "s")  # fmt: skip

    runs = search(",").run()
    next(runs)
    runs.close()
    assert len(search(",").trials) == 1
    for other in (".", None):
        with pytest.raises(CheckpointError):
            search(other)


def test_a_check_obeys() -> None:
    told = [each["text"] for each in check_table(TABLE)["findings"]]
    assert len(told) == 1
    assert "decimal=',' reads it as" in told[0]
    assert not check_table(TABLE, decimal=",")["findings"]
    wrong = check_table({"debt": ["1,5", "2,5", "3,5"] * 9, "y": [*"aab"] * 9}, target="y",
                        decimal=".")  # fmt: skip
    assert wrong["verdict"] == "fault"
    assert wrong["findings"][0]["columns"] == ["debt"]


def test_a_sign_against_the_cells_or_no_sign_is_refused() -> None:
    with pytest.raises(DataError, match="column 'debt' has '1,5'"):
        net().fit({"debt": ["1,5", "2,5"] * 9}, ["a", "b"] * 9, decimal=".")
    with pytest.raises(ValueError, match="decimal=';'"):
        net().fit(TABLE, LABELS, decimal=";")


def test_the_sign_can_be_requested() -> None:
    assert "decimal" in inspect.signature(TabularClassifier().set_fit_request).parameters
