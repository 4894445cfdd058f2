"""What a run shows while it goes on: a curve where a kernel shows it, else lines."""

import sys
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from numlp import MLPClassifier, TabularClassifier
from numlp.models import live
from numlp.models.live import LiveCurve, in_notebook
from numlp.nn import History

from ..programs.markup import Page

X = np.random.default_rng(0).normal(size=(60, 2))
Y = np.where(X[:, 0] > 0, "up", "down")


def tabular(**arguments: Any) -> TabularClassifier:
    clf = TabularClassifier("fast", epochs=4, hidden_layer_sizes=4, random_state=0, **arguments)
    return clf.fit(X, Y)


def mlp(max_iter: int = 4, **arguments: Any) -> MLPClassifier:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few epochs
        return MLPClassifier((3,), max_iter=max_iter, random_state=0, **arguments).fit(X, Y)


class Handle:
    def __init__(self, shown: list[str]) -> None:
        self.shown = shown

    def update(self, picture: Any) -> None:
        self.shown.append(picture)


class Kernel:
    """IPython as far as it is needed; it counts the displays and keeps what they showed."""

    HTML = staticmethod(str)

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.displays = 0
        self.shell: Any = SimpleNamespace(kernel=object())

    def get_ipython(self) -> Any:
        return self.shell

    def display(self, picture: str, *, display_id: bool) -> Handle:
        assert display_id
        self.displays += 1
        self.shown.append(picture)
        return Handle(self.shown)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    kernel = Kernel()
    monkeypatch.setitem(sys.modules, "IPython", kernel)  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "IPython.display", kernel)  # type: ignore[arg-type]
    monkeypatch.setattr(live, "SECONDS", 0.0)
    return kernel


def test_a_terminal_is_no_notebook(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    assert in_notebook()
    kernel.shell = object()  # IPython in a terminal
    assert not in_notebook()
    kernel.shell = None
    assert not in_notebook()
    monkeypatch.delitem(sys.modules, "IPython")
    assert not in_notebook()


@pytest.mark.parametrize("fit", [tabular, mlp])
def test_in_a_notebook_one_curve_grows_and_nothing_is_printed(
    fit: Any, kernel: Kernel, capsys: pytest.CaptureFixture[str]
) -> None:
    fit(verbose="plot")
    assert kernel.displays == 1
    assert len(kernel.shown) == 4 + 1  # the last one is drawn once more, to stay
    assert all(Page(picture).tags[0] == "svg" for picture in kernel.shown)
    assert len(set(kernel.shown[:4])) == 4
    assert "".join(capsys.readouterr()) == ""


def test_there_is_room_for_the_epochs_planned_until_the_run_is_over(kernel: Kernel) -> None:
    tabular(verbose="plot", callbacks=[lambda epoch: epoch.number == 2])
    first, last = Page(kernel.shown[0]).texts, Page(kernel.shown[-1]).texts
    assert "4" in first
    assert "4" not in last
    assert "2" in last


def test_pictures_are_not_drawn_faster_than_they_are_seen(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SECONDS", 1e9)
    mlp(verbose="plot")
    assert len(kernel.shown) == 2  # the first and the last


def test_the_curve_goes_on_where_the_last_fit_ended(kernel: Kernel) -> None:
    clf = mlp(verbose="plot", warm_start=True)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        clf.fit(X, Y)
    assert kernel.displays == 2
    assert "8" in Page(kernel.shown[-1]).texts


def test_an_error_leaves_the_curve_up_to_it(kernel: Kernel) -> None:
    def fail(epoch: Any) -> None:
        if epoch.number == 3:
            raise KeyError("mine")

    with pytest.raises(KeyError):
        tabular(verbose="plot", callbacks=[fail])
    assert "3" in Page(kernel.shown[-1]).texts


def test_partial_fit_shows_no_curve(kernel: Kernel) -> None:
    clf = MLPClassifier((3,), verbose="plot", random_state=0)
    clf.partial_fit(X, Y, classes=["down", "up"])
    assert kernel.shown == []


def test_a_run_without_an_epoch_shows_nothing(kernel: Kernel) -> None:
    LiveCurve(on=True).finish(History())
    assert kernel.shown == []


def test_without_a_notebook_a_line_is_printed_for_each_epoch(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clf = tabular(verbose="plot")
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        f"Iteration {i}, loss = {train:.8f}, held out = {held:.8f}"
        for i, train, held in zip(
            range(1, 5),
            clf.history_["train_loss"],
            clf.history_["validation_loss"],
            strict=True,
        )
    ]
    tabular(verbose=True)
    assert capsys.readouterr().out.splitlines() == lines
    tabular()
    assert "".join(capsys.readouterr()) == ""


def test_mlp_prints_as_with_true(capsys: pytest.CaptureFixture[str]) -> None:
    mlp(verbose=True, early_stopping=True)
    lines = capsys.readouterr().out
    assert lines.startswith("Iteration 1, loss = ")
    mlp(verbose="plot", early_stopping=True)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == (lines, "")


@pytest.mark.usefixtures("kernel")
def test_the_model_does_not_depend_on_what_is_shown(tmp_path: Path) -> None:
    files = []
    for verbose in (False, True, "plot"):
        path = tmp_path / f"{verbose}.numlp"
        tabular(verbose=verbose).save(path)
        files.append(path.read_bytes())
    assert files[0] == files[1] == files[2]


def test_a_run_goes_on_from_its_file_with_something_else_shown(
    kernel: Kernel, tmp_path: Path
) -> None:
    clf = TabularClassifier("fast", epochs=4, hidden_layer_sizes=4, random_state=0)
    clf.set_params(callbacks=[lambda epoch: epoch.number == 2])
    clf.fit(X, Y, checkpoint=tmp_path / "run", checkpoint_every=0)
    clf.set_params(callbacks=(), verbose="plot").fit(X, Y, checkpoint=tmp_path / "run")
    np.testing.assert_array_equal(clf.predict_proba(X), tabular().predict_proba(X))
    assert "3" not in Page(kernel.shown[-1]).texts  # all four epochs are in it
    assert len(kernel.shown) == 3


@pytest.mark.heavy
def test_a_real_kernel_shows_one_curve_and_the_classifier() -> None:
    code = (
        "import numpy as np\n"
        "from numlp import TabularClassifier\n"
        "X = np.random.default_rng(0).normal(size=(60, 2))\n"
        "clf = TabularClassifier('fast', epochs=9, random_state=0, verbose='plot')\n"
        "clf.fit(X, X[:, 0] > 0)"  # a net that learned less would warn, which is shown too
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    client = NotebookClient(notebook, timeout=None, startup_timeout=600, kernel_name="python3")
    client.execute()
    curve, classifier = notebook.cells[0].outputs
    assert Page(curve.data["text/html"]).tags[0] == "svg"
    assert "9" in Page(curve.data["text/html"]).texts  # the last epoch, at the end of the axis
    assert "accuracy" in Page(classifier.data["text/html"]).texts
