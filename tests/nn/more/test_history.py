"""The columns of a run."""

import json

import numpy as np
import pytest

from numlp.nn import History

from ...programs.markup import Page


def history() -> History:
    history = History()
    history.append(epoch=1, loss=0.5)
    history.append(loss=0.25, epoch=2)
    return history


def test_columns_come_back_as_arrays() -> None:
    np.testing.assert_array_equal(history()["loss"], [0.5, 0.25])
    assert history()["epoch"].dtype == np.float64
    assert history().columns == ("epoch", "loss")
    assert len(history()) == 2


def test_rows_come_back_as_dicts() -> None:
    assert list(history()) == [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}]


def test_an_empty_history_has_no_rows() -> None:
    assert (len(History()), list(History()), History().columns) == (0, [], ())


def test_a_history_survives_json() -> None:
    again = History(json.loads(json.dumps(history().to_dict())))
    assert list(again) == list(history())


def test_what_comes_out_is_a_copy() -> None:
    columns = {"loss": [0.5]}
    first = History(columns)
    columns["loss"].append(1.0)
    first["loss"][0] = 9
    first.to_dict()["loss"].append(2.0)
    assert list(first) == [{"loss": 0.5}]


def test_an_epoch_with_other_columns_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\['lr'\], but the .* have \['epoch', 'loss'\]"):
        history().append(lr=1)


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="different lengths"):
        History({"a": [1.0], "b": []})


def test_a_notebook_shows_the_losses_and_the_last_epoch() -> None:
    columns = {"epoch": [1.0, 2.0], "train_loss": [0.5, 0.25], "<b>": [1.0, 2.0]}
    page = Page(History(columns)._repr_html_())
    assert page.tags.count("polyline") == 1
    assert "2 epochs; the last: epoch 2, train_loss 0.25, <b> 2" in page.text


def test_a_history_without_losses_is_words_alone() -> None:
    assert Page(History()._repr_html_()).texts == ["0 epochs"]
    assert "svg" not in Page(history()._repr_html_()).tags
