"""The pictures: what stands on their axes, not how they look."""

import builtins
import io
import itertools
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from numpy.typing import NDArray

from numlp import DataError, MLPClassifier, TabularClassifier, plots
from numlp.metrics import scores as metrics
from numlp.metrics.curves import auc, precision_recall_curve, roc_curve
from numlp.models import open_model
from numlp.nn import Dense, History, Network, ReLU
from numlp.plots import (
    plot_boundary,
    plot_calibration,
    plot_confusion,
    plot_history,
    plot_importance,
    plot_network,
    plot_precision_recall,
    plot_roc,
)
from numlp.plots.drawing import COLORS, HELD_OUT, MOST_POINTS, TRAINING
from numlp.plots.pictures import _leads

mpl.use("Agg")
from matplotlib import pyplot

rng = np.random.default_rng(0)
X = rng.normal(size=(150, 3))
NOISY = X[:, 0] + rng.normal(size=150) / 2
TWO = np.where(NOISY > 0, "yes", "no")
HOSTILE = "_$\\frac{1$ \x1b[2J<b> and a very long name indeed"
THREE = np.array(["low", "mid", HOSTILE])[np.digitize(NOISY, [-0.5, 0.5])]
BINARY = TabularClassifier("fast", epochs=12, hidden_layer_sizes=4, random_state=0).fit(X, TWO)
MULTI = TabularClassifier("fast", epochs=12, hidden_layer_sizes=4, random_state=0).fit(
    {"_$a$": X[:, 0], "b": X[:, 1], "c": X[:, 2]}, THREE
)
PICTURES: dict[str, Any] = {
    "history": lambda clf, ax=None: plot_history(clf, ax=ax),
    "confusion": lambda clf, ax=None: plot_confusion(clf, ax=ax),
    "roc": lambda clf, ax=None: plot_roc(clf, ax=ax),
    "precision_recall": lambda clf, ax=None: plot_precision_recall(clf, ax=ax),
    "calibration": lambda clf, ax=None: plot_calibration(clf, ax=ax),
    "importance": lambda _, ax=None: plot_importance(rows("_$a$", HOSTILE), ax=ax),
    "boundary": lambda clf, ax=None: plot_boundary(clf, table(clf), ax=ax),
    "network": lambda clf, ax=None: plot_network(clf, ax=ax),
}


def table(clf: Any) -> Any:
    return X if clf is BINARY else {"_$a$": X[:, 0], "b": X[:, 1], "c": X[:, 2]}


def rows(*names: str, low: float = 0.1) -> list[Any]:
    return [
        SimpleNamespace(name=name, mean=low + 0.1 + i, low=low + i, high=low + 0.3 + i)
        for i, name in enumerate(names)
    ]


def mlp(**arguments: Any) -> MLPClassifier:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few epochs
        return MLPClassifier((5,), max_iter=5, random_state=0, **arguments).fit(X, THREE)


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    pyplot.close("all")


def held_out(clf: TabularClassifier) -> tuple[NDArray[Any], NDArray[Any]]:
    P = clf.oof_proba_[~np.isnan(clf.oof_proba_[:, 0])]
    return clf.validation_scores_.y, P


def title(ax: Any) -> str:
    return str(ax.get_title("left"))


def legend(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def texts(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.texts]


# What all have in common


@pytest.mark.heavy
@pytest.mark.parametrize("clf", [BINARY, MULTI], ids=["two classes", "three"])
@pytest.mark.parametrize("plot", PICTURES.values(), ids=PICTURES)
def test_a_picture_is_drawn_on_the_axis_given_and_nowhere_else(plot: Any, clf: Any) -> None:
    figure = mpl.figure.Figure()
    ours, other = figure.subplots(1, 2)
    before = set(other.get_children()), other.get_facecolor(), figure.get_facecolor()
    assert plot(clf, ax=ours) is ours
    assert (set(other.get_children()), other.get_facecolor(), figure.get_facecolor()) == before
    assert pyplot.get_fignums() == []
    assert title(ours)


@pytest.mark.parametrize("plot", PICTURES.values(), ids=PICTURES)
def test_a_picture_without_an_axis_is_a_new_figure_on_no_ground(plot: Any) -> None:
    one, two = plot(MULTI), plot(MULTI)
    assert one.figure is not two.figure
    for ax in (one, two):
        assert ax.get_facecolor()[3] == ax.figure.get_facecolor()[3] == 0
        assert ax.figure.axes == [ax]


@pytest.mark.heavy
@pytest.mark.parametrize("plot", PICTURES.values(), ids=PICTURES)
def test_hostile_names_are_drawn_as_they_are_in_one_short_line(plot: Any) -> None:
    ax = plot(MULTI)
    svg = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none"}):
        ax.figure.savefig(svg, format="svg")  # mathtext would fail here
    assert "<b>" not in svg.getvalue()
    assert "<image" not in svg.getvalue()
    found = [text.get_text() for text in ax.figure.findobj(mpl.text.Text)]
    assert not any("\x1b" in text or "name indeed" in text for text in found)


def test_without_matplotlib_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"pip install 'numlp\[plot\]'"):
        plot_roc(BINARY)


@pytest.mark.parametrize(
    "plot", [plot_confusion, plot_roc, plot_precision_recall, plot_calibration]
)
def test_an_error_leaves_no_empty_figure(plot: Any) -> None:
    for arguments in ((mlp(),), (BINARY, X), (BINARY, X, ["new"] * 150), (TabularClassifier(),)):
        with pytest.raises(ValueError, match=r"give X and y|both or neither|'new'|not fitted"):
            plot(*arguments)
    assert pyplot.get_fignums() == []


@pytest.mark.heavy
@pytest.mark.parametrize("clf", [BINARY, MULTI, "net"], ids=["two", "three", "net"])
def test_a_model_from_a_file_is_drawn_as_the_classifier_that_saved_it(
    clf: Any, tmp_path: Path
) -> None:
    clf = mlp() if clf == "net" else clf
    clf.save(tmp_path / "m")
    model, y, rows = (
        open_model(tmp_path / "m"),
        TWO if clf is BINARY else THREE,
        table(clf) if clf is MULTI else X,
    )
    for plot in (plot_confusion, plot_roc, plot_precision_recall, plot_calibration, plot_boundary):
        assert title(plot(model, rows, y)) == title(plot(clf, rows, y))
    for plot in (plot_history, plot_network):
        drawn, expected = plot(model), plot(clf)
        assert title(drawn) == title(expected)
        assert texts(drawn) == texts(expected)
        for line, other in zip(drawn.lines, expected.lines, strict=True):
            np.testing.assert_array_equal(line.get_xydata(), other.get_xydata())


def test_a_classifier_of_several_labels_is_refused_in_one_line() -> None:
    several = (X > 0).astype(int)
    clf = MLPClassifier((2,), solver="lbfgs", tol=0.1, random_state=0).fit(X, several)
    for plot in (plot_confusion, plot_roc, plot_precision_recall, plot_calibration, plot_boundary):
        for fitted in (clf, clf.model_):
            with pytest.raises(DataError, match="multilabel: a plot of its answers is for"):
                plot(fitted, X, several)
    assert pyplot.get_fignums() == []
    assert title(plot_network(clf)).endswith("parameters")


def test_the_module_offers_its_plots_and_nothing_else() -> None:
    assert set(plots.__all__) == {name for name in vars(plots) if name.startswith("plot_")}


# History


def test_a_history_has_a_line_for_each_loss_and_a_dot_at_the_lowest() -> None:
    columns = {"epoch": [1, 2, 3], "train_loss": [3, 2, 1], "validation_loss": [3, 1.5, 2.5]}
    ax = plot_history(History(columns))
    training, held, dot = ax.lines
    assert training.get_xydata().tolist() == [[1, 3], [2, 2], [3, 1]]
    assert held.get_xydata().tolist() == [[1, 3], [2, 1.5], [3, 2.5]]
    assert dot.get_xydata().tolist() == [[2, 1.5]]
    assert (training.get_color(), held.get_color()) == (TRAINING, HELD_OUT)
    assert legend(ax) == ["training", "held out"]
    assert title(ax) == "held-out loss 1.500, lowest after epoch 2 of 3"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss")


def test_a_history_of_each_classifier_is_drawn() -> None:
    for clf in (BINARY, BINARY.model_):
        ax = plot_history(clf)
        np.testing.assert_array_equal(ax.lines[1].get_ydata(), BINARY.history_["validation_loss"])
    clf = mlp()
    ax = plot_history(clf)
    assert ax.lines[0].get_ydata().tolist() == clf.loss_curve_
    assert legend(ax) == ["training"]
    assert title(ax) == f"training loss {clf.loss_:.3f} after 5 epochs"
    clf = mlp(early_stopping=True)
    assert plot_history(clf).lines[1].get_ydata().tolist() == clf.validation_loss_curve_


def test_gaps_in_a_history_are_left_out() -> None:
    ax = plot_history({"train_loss": [2, np.inf, 1], "validation_loss": [np.nan, 5, np.nan]})
    assert ax.lines[0].get_xdata().tolist() == [1, 3]
    assert ax.lines[1].get_xydata().tolist() == [[2, 5]]
    assert title(plot_history([2, 1, np.nan])) == "training loss 1.000 after 3 epochs"
    assert ax.lines[1].get_marker() == "o"  # a line of one point is not seen
    with pytest.raises(ValueError, match="no finite train_loss"):
        plot_history([np.nan])


# Confusion


def cells(ax: Any) -> list[list[str]]:
    n = len(ax.get_xticks())
    return [texts(ax)[i * n : (i + 1) * n] for i in range(n)]


def test_confusion_has_the_rows_of_each_true_class_taken_for_each_other() -> None:
    ax = plot_confusion(MULTI)
    expected = MULTI.validation_scores_.confusion
    assert [[int(cell) for cell in row] for row in cells(ax)] == expected.tolist()
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert [name[:3] for name in names] == ["_$\\", "low", "mid"]
    assert names == [label.get_text() for label in ax.get_xticklabels()]
    assert ax.yaxis_inverted()
    scores = MULTI.validation_scores_
    wrong = scores.n_rows - int(expected.trace())
    assert title(ax) == (
        f"accuracy {scores.accuracy:.1%}: {wrong} of {scores.n_rows} rows held out wrong"
    )


@pytest.mark.parametrize("normalize", ["true", "pred", "all"])
def test_confusion_in_shares_is_scikit_learns(normalize: Any) -> None:
    peer = pytest.importorskip("sklearn.metrics").confusion_matrix
    clf = mlp()
    expected = peer(THREE, clf.predict(X), normalize=normalize)
    shown = cells(plot_confusion(clf, X, THREE, normalize=normalize))
    assert shown == [[f"{share:.0%}" for share in row] for row in expected.tolist()]


def test_confusion_has_a_column_for_a_class_that_is_only_predicted() -> None:
    clf = mlp()
    some = THREE == "mid"
    ax = plot_confusion(clf, X[some], THREE[some])
    found, counts = np.unique(clf.predict(X[some]), return_counts=True)
    assert "mid" in found
    assert len(found) > 1
    assert len(ax.get_xticks()) == len(found)
    row = found.tolist().index("mid")
    assert cells(ax)[row] == [str(n) for n in counts]


def test_confusion_refuses_another_whole() -> None:
    with pytest.raises(ValueError, match="normalize='rows'"):
        plot_confusion(BINARY, normalize="rows")


class Many:
    """A classifier of 30 classes; the last one is the most frequent in ``rows``."""

    classes_ = np.arange(30)

    def predict_proba(self, X: Any) -> NDArray[Any]:
        return np.eye(30)[np.asarray(X)[:, 0].astype(int)] * 0.6 + 0.4 / 30

    def predict(self, X: Any) -> NDArray[Any]:
        return np.asarray(X)[:, 0].astype(int)

    rows = np.repeat(np.arange(30), np.arange(30) + 1)[:, None]


def test_of_many_classes_the_most_frequent_are_drawn_and_it_says_so() -> None:
    y = Many.rows[:, 0].copy()
    y[-1] = 0
    ax = plot_confusion(Many(), Many.rows, y)
    assert [label.get_text() for label in ax.get_xticklabels()] == [str(k) for k in range(10, 30)]
    assert title(ax).endswith("\nthe 20 most frequent of 30 classes")
    assert title(ax).startswith("accuracy 99.8%: 1 of 465 rows wrong")
    assert texts(ax) == []  # there is no room for numbers
    ax = plot_roc(Many(), Many.rows, y)
    assert [label.split()[1] for label in legend(ax)[:-1]] == [str(k) for k in range(22, 30)]
    assert "each of the 8 most frequent of 30 classes against the rest" in title(ax)
    looks = [(line.get_color(), line.get_linestyle()) for line in ax.lines[:-1]]
    assert len(set(looks)) == 8


# ROC, precision and recall


def test_roc_of_two_classes_is_the_curve_of_the_second() -> None:
    y, P = held_out(BINARY)
    curve = roc_curve(y, P[:, 1])
    ax = plot_roc(BINARY)
    line, guess = ax.lines
    np.testing.assert_array_equal(line.get_xydata(), np.column_stack(curve[:2]))
    assert guess.get_xydata().tolist() == [[0, 0], [1, 1]]
    area = auc(curve.fpr, curve.tpr)
    assert legend(ax) == [f"{area:.3f}  yes", "0.5  guessing"]
    assert title(ax) == f"AUC {area:.3f} on {len(y)} rows held out"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("false positive rate", "true positive rate")


def test_roc_of_more_classes_is_each_against_the_rest() -> None:
    clf = mlp()
    ax = plot_roc(clf, X, THREE)
    P, areas = clf.predict_proba(X), []
    for k, line in enumerate(ax.lines[:3]):
        curve = roc_curve(clf.classes_[k] == THREE, P[:, k])
        np.testing.assert_array_equal(line.get_xydata(), np.column_stack(curve[:2]))
        assert line.get_color() == COLORS[k]
        areas.append(auc(curve.fpr, curve.tpr))
    assert [label.split()[0] for label in legend(ax)] == [*(f"{a:.3f}" for a in areas), "0.5"]
    assert legend(ax)[1].endswith("low")
    assert legend(ax)[0].partition("  ")[2].startswith("_$\\frac")
    assert title(ax).startswith(f"mean AUC {np.mean(areas):.3f} on 150 rows\n")


def test_precision_and_recall_are_the_curve_and_end_at_the_share_of_the_class() -> None:
    y, P = held_out(BINARY)
    curve = precision_recall_curve(y, P[:, 1], drop_intermediate=True)
    ax = plot_precision_recall(BINARY)
    line, dot = ax.lines
    np.testing.assert_array_equal(
        line.get_xydata(), np.column_stack([curve.recall, curve.precision])
    )
    assert line.get_drawstyle() == "steps-post"
    assert dot.get_xydata().tolist() == [[1, y.mean()]]
    area = curve.average_precision
    assert legend(ax) == [f"{area:.3f}  yes"]
    assert title(ax) == f"average precision {area:.3f} on {len(y)} rows held out"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("recall", "precision")


def test_a_class_that_the_rows_have_not_is_not_drawn() -> None:
    clf, some = mlp(), THREE != "low"
    assert len(plot_roc(clf, X[some], THREE[some]).lines) == 3  # two and the diagonal
    with pytest.raises(DataError, match="rows of both"):
        plot_roc(BINARY, X[TWO == "no"], TWO[TWO == "no"])


def test_a_curve_of_many_rows_is_thinned_and_keeps_its_ends() -> None:
    class Noise:
        classes_ = np.array([0, 1])

        def predict_proba(self, X: Any) -> Any:
            return np.column_stack([1 - X[:, 0], X[:, 0]])

        def predict(self, X: Any) -> Any:
            return (X[:, 0] > 0.5).astype(int)

    p = rng.random((20_000, 1))
    line = plot_roc(Noise(), p, rng.integers(0, 2, 20_000)).lines[0]
    assert len(line.get_xdata()) == MOST_POINTS
    assert line.get_xydata()[[0, -1]].tolist() == [[0, 0], [1, 1]]


# Calibration


def test_calibration_of_two_classes_is_that_of_the_second_with_intervals() -> None:
    ax = plot_calibration(BINARY, X, TWO, n_bins=4)
    p = BINARY.predict_proba(X)[:, 1]
    bins = np.searchsorted([0.25, 0.5, 0.75], p)
    used = np.unique(bins)
    expected = [[p[bins == b].mean(), (TWO[bins == b] == "yes").mean()] for b in used]
    np.testing.assert_allclose(ax.lines[-1].get_xydata(), expected)
    intervals = next(c for c in ax.collections if hasattr(c, "get_segments"))
    for segment, b in zip(intervals.get_segments(), used, strict=True):
        n = int((bins == b).sum())
        share = float((TWO[bins == b] == "yes").mean())
        assert segment[:, 1].tolist() == pytest.approx(metrics.wilson_interval(share, n))
    off = 100 * sum(
        abs(a - b) * (bins == k).mean() for (a, b), k in zip(expected, used, strict=True)
    )
    assert title(ax) == f"probabilities are off by {off:.1f} points on average\n150 rows"
    assert ax.get_ylabel() == "share that is 'yes'"


def test_calibration_of_more_classes_is_that_of_the_answers() -> None:
    ax = plot_calibration(Many(), Many.rows, Many.rows[:, 0])
    np.testing.assert_allclose(ax.lines[-1].get_xydata(), [[0.6 + 0.4 / 30, 1]])
    assert (ax.get_xlabel(), ax.get_ylabel()) == (
        "probability of the answer",
        "share that is right",
    )


# Importances


def test_importances_are_bars_from_the_largest_down_with_their_intervals() -> None:
    ax = plot_importance(rows("small", "large"))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["large", "small"]
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([1.2, 0.2])
    segments = ax.collections[0].get_segments()
    np.testing.assert_allclose([s[:, 0] for s in segments], [[1.1, 1.4], [0.1, 0.4]])
    assert ax.yaxis_inverted()
    assert title(ax) == "'large' matters most"


@pytest.mark.parametrize("scale", [0.0005, 0.0123, 0.14])
def test_the_numbers_below_importances_do_not_run_into_each_other(scale: float) -> None:
    ax = plot_importance(
        [SimpleNamespace(name=HOSTILE, mean=scale, low=scale / 2, high=1.4 * scale)]
    )
    figure = ax.get_figure()
    figure.canvas.draw()
    low, high = ax.get_xlim()
    boxes = [
        label.get_window_extent()
        for label, x in zip(ax.get_xticklabels(), ax.get_xticks(), strict=True)
        if low <= x <= high
    ]
    assert len(boxes) >= 3
    assert all(a.x1 + 20 < b.x0 for a, b in itertools.pairwise(boxes))


def test_what_may_be_of_no_use_is_grey() -> None:
    ax = plot_importance(rows("a", "b", low=-0.05))
    first, second = (mpl.colors.to_hex(bar.get_facecolor()) for bar in ax.patches)
    assert first.upper() == TRAINING
    assert second.upper() != TRAINING
    assert title(plot_importance(rows("a", low=-0.05))) == "no column surely matters"


def test_of_many_columns_the_first_are_drawn_and_it_says_so() -> None:
    ax = plot_importance(rows(*map(str, range(30))))
    assert len(ax.patches) == 20
    assert title(ax) == "'29' matters most\nthe first 20 of 30 columns"
    with pytest.raises(ValueError, match="importances is empty"):
        plot_importance([])


# Boundary


def corners(ax: Any) -> list[float]:
    return [*ax.get_xlim(), *ax.get_ylim()]


def test_the_boundary_lies_where_the_answer_changes() -> None:
    class Half:
        classes_ = np.array(["left", "right"])

        def predict_proba(self, X: Any) -> Any:
            p = 1 / (1 + np.exp(-4 * (np.asarray(X)[:, 1] - 0.25)))
            return np.column_stack([1 - p, p])

        def predict(self, X: Any) -> Any:
            return self.classes_[self.predict_proba(X).argmax(axis=1)]

    y = np.where(X[:, 1] > 0.25, "right", "left")
    ax = plot_boundary(Half(), X, y, features=(1, 2))
    (line, *_) = [c for c in ax.collections if not c.get_fill() and len(c.get_paths()[0].vertices)]
    np.testing.assert_allclose(line.get_paths()[0].vertices[:, 0], 0.25, atol=1e-3)
    low, high = X[:, 1].min(), X[:, 1].max()
    assert corners(ax)[:2] == pytest.approx([low - 0.05 * (high - low), high + 0.05 * (high - low)])
    assert legend(ax) == ["left", "right"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x1", "x2")
    assert title(ax) == "2 classes over x1 and x2\nother columns at their middle"
    dots = [c.get_offsets() for c in ax.collections if len(c.get_offsets()) > 1]
    assert sorted(map(len, dots)) == sorted([(y == "left").sum(), (y == "right").sum()])


def test_where_a_threshold_decides_the_boundary_is_that_of_the_answers() -> None:
    class Careful:
        classes_ = np.array([0, 1])

        def predict_proba(self, X: Any) -> Any:
            p = np.clip(np.asarray(X)[:, 0], 0, 1)
            return np.column_stack([1 - p, p])

        def predict(self, X: Any) -> Any:
            return (np.asarray(X)[:, 0] > 0.8).astype(int)

    ax = plot_boundary(Careful(), [[0.0, 0.0], [1.0, 1.0]])
    (line, *_) = [c for c in ax.collections if not c.get_fill() and len(c.get_paths()[0].vertices)]
    np.testing.assert_allclose(line.get_paths()[0].vertices[:, 0], 0.8, atol=0.01)


def test_a_class_leads_by_its_distance_to_the_best_other() -> None:
    P = np.random.default_rng(1).dirichlet(np.ones(5), 50)
    P[0] = [0.1, 0.4, 0.4, 0.1, 0]  # nobody leads
    drawn, given = np.array([0, 2, 4]), P.copy()
    found = list(_leads(P, P.argmax(axis=1), drawn))
    for k, lead in zip(drawn.tolist(), found, strict=True):
        np.testing.assert_allclose(lead, P[:, k] - np.delete(P, k, axis=1).max(axis=1))
    np.testing.assert_array_equal(P, given)


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow", "dict"])
def test_a_boundary_is_drawn_over_two_columns_of_any_table(kind: str) -> None:
    columns: dict[str, Any] = {"_$a$": X[:, 0], "b": X[:, 1], "c": X[:, 2]}
    if kind != "dict":
        module = pytest.importorskip(kind)
        columns = (module.table if kind == "pyarrow" else module.DataFrame)(columns)
    ax = plot_boundary(MULTI, columns, THREE, features=("c", "_$a$"))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("c", "_$a$")
    with pytest.raises(ValueError, match="'zone', no column"):
        plot_boundary(MULTI, columns, features=("c", "zone"))


def test_a_boundary_of_a_pipeline_of_scikit_learn_gets_the_table_it_was_fitted_with() -> None:
    pd = pytest.importorskip("pandas")
    compose = pytest.importorskip("sklearn.compose")
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    frame = pd.DataFrame({"w": ["x", "y", "y"] * 50, "a": X[:, 0], "b": X[:, 1]})
    prepare = compose.make_column_transformer((OneHotEncoder(), ["w"]), remainder="passthrough")
    clf = make_pipeline(prepare, LogisticRegression()).fit(frame, TWO)
    assert legend(plot_boundary(clf, frame, TWO, features=("a", "b"))) == ["no", "yes"]


# Network


def test_a_network_is_its_layers_units_and_weights() -> None:
    network = Network([Dense(2, 3), ReLU(), Dense(3, 20)])
    for layer in network.layers[::2]:
        layer.W[:] = np.arange(layer.W.size).reshape(layer.W.shape) - 2  # type: ignore[attr-defined]
    ax = plot_network(network)
    assert [len(line.get_xdata()) for line in ax.lines] == [2, 3, 8]
    words = [text for text in texts(ax) if "\n" in text or "input" in text]
    assert words == ["2 inputs", "3 units\nDense\nReLU", "20 units\nDense"]
    assert texts(ax).count("⋮") == 1
    first, second = (c for c in ax.collections if hasattr(c, "get_segments"))
    assert (len(first.get_segments()), len(second.get_segments())) == (6, 24)
    signs = [mpl.colors.to_hex(color).upper() for color in first.get_colors()]
    assert signs == [HELD_OUT] * 3 + [TRAINING] * 3  # 0 counts as below
    assert title(ax) == f"{network.n_params} parameters"


def test_of_an_ensemble_it_says_that_one_net_is_drawn_and_names_what_it_knows() -> None:
    ax = plot_network(MULTI)
    nets = MULTI.model_.network.k
    assert title(ax).endswith(f"parameters in {nets} nets; the first is drawn")
    names = texts(ax)
    assert {"_$a$", "b", "c", "low", "mid"} <= set(names)
    ax = plot_network(mlp())
    assert {"3 inputs", "low", "mid"} <= set(texts(ax))
    clf = MLPClassifier((2,), solver="lbfgs", tol=0.01, random_state=0).fit(X, TWO)
    assert texts(plot_network(clf))[-1] == "yes"


def test_flags_of_one_column_are_told_apart_in_the_picture_of_a_network() -> None:
    words = ["Married-civ-spouse", "Married-AF-spouse", "Never-married"]
    table = {"marital_status_of_the_person": words * 20}
    clf = TabularClassifier("fast", epochs=1, random_state=0).fit(table, ["a", "b", "c"] * 20)
    shown = [text for text in texts(plot_network(clf)) if text.startswith("marital")]
    assert len(shown) == len(set(shown)) == 3
    assert max(map(len, shown)) <= 18


NONSENSE: list[Any] = [3, "losses", None, object(), {"train_loss": 3}, [["x"]], b"x"]


@pytest.mark.parametrize("given", NONSENSE, ids=[type(given).__name__ for given in NONSENSE])
def test_what_has_no_losses_and_no_importances_is_named_with_what_to_give(given: Any) -> None:
    with pytest.raises(TypeError, match="estimator_or_history has to be a fitted classifier"):
        plot_history(given)
    with pytest.raises(TypeError, match=r"importances has .* give what numlp.explain.permutation_"):
        plot_importance(given)
    with pytest.raises(
        ValueError, match=r"estimator_or_history .*: the columns have different len"
    ):
        plot_history({"train_loss": [1.0], "validation_loss": [1.0, 2.0]})
