"""The page says what the metrics say, stays small, and nothing in it is run or asked for."""

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import numlp
from numlp import DataError, MLPClassifier, Model, TabularClassifier
from numlp.metrics import evaluate, wilson_interval
from numlp.models import open_model
from numlp.nn import Dense, Network, ReLU, SoftmaxCrossEntropy
from numlp.report import to_html, write_report
from numlp.table.table import Table

from .conftest import ENDS, HOSTILE, Case, fitted
from .reading import Reader, contrast, mixed, palette

STYLE = Path(numlp.__file__).parent / "report" / "templates" / "style.css"


def scores_of(case: Case) -> Any:
    clf, table, y = case
    codes = np.array([clf.classes_.tolist().index(label) for label in y])
    return evaluate(codes, clf.predict_proba(table), np.array(clf.model_.factors))


def test_the_page_says_what_the_metrics_are(two: Case) -> None:
    scores = scores_of(two)
    page = Reader(to_html(*two))
    low, high = wilson_interval(scores.accuracy, 300)
    said = page.texts["verdict"]
    assert f"Right in {scores.accuracy:.1%} of 300 rows" in said
    assert f"(95% interval {low:.1%} to {high:.1%})" in said
    assert f"would be right in {scores.majority:.1%}" in said
    assert page.texts["figure-accuracy"] == f"{scores.accuracy:.1%}"
    assert page.texts["figure-log_loss"] == f"{scores.log_loss:.3f}"
    assert page.texts["figure-roc_auc"] == f"{scores.roc_auc:.3f}"
    assert page.texts["figure-brier_score"] == f"{scores.brier_score:.3f}"
    assert page.texts["figure-calibration_error"] == f"{scores.calibration_error:.1%}"


def test_the_tables_hold_confusion_precision_and_recall(three: Case) -> None:
    scores = scores_of(three)
    tables = Reader(to_html(*three)).tables
    names = three[0].classes_.tolist()
    assert tables["matrix"][0] == ["true class", *names]
    for i, row in enumerate(tables["matrix"][1:]):
        assert row[0] == names[i]
        shares = scores.confusion[i] / scores.confusion[i].sum()
        told = [f"{n}{s:.1%}" for n, s in zip(scores.confusion[i], shares, strict=True)]
        assert row[1:] == told
    for k, row in enumerate(tables["classes"][1:]):
        assert row[0] == names[k]
        assert row[3:5] == [f"{scores.precision[k]:.1%}", f"{scores.recall[k]:.1%}"]
    assert len(tables["areas"]) == 1 + 3


def test_the_surest_mistakes_are_rows_answered_wrong_with_their_cells(two: Case) -> None:
    clf, table, y = two
    worst = Reader(to_html(clf, table, y)).tables["worst"]
    assert set(worst[0][5:]) == {HOSTILE, ENDS, "noise"}
    P, sure = clf.predict_proba(table), []
    for row in worst[1:]:
        i = int(row[0]) - 1
        assert (row[1], row[3]) == (clf.predict(table)[i], y[i])
        assert row[1] != row[3]
        assert row[2] == f"{P[i].max():.1%}"
        assert row[5 + worst[0][5:].index(ENDS)] == table[ENDS][i]
        sure.append(P[i].max())
    assert sure == sorted(sure, reverse=True)
    wrong = clf.predict(table) != np.array(y)
    assert sure[0] == P[wrong].max()
    assert len(sure) == 10


def test_columns_are_shown_with_what_they_are_worth_and_taken_for(two: Case) -> None:
    tables = Reader(to_html(*two)).tables
    columns = [row[0] for row in tables["columns"][1:]]
    assert columns[0] == HOSTILE
    assert sorted(columns) == sorted([HOSTILE, ENDS, "noise"])
    assert [row[:3] for row in tables["kinds"][1:]][-1] == ["same", "set aside", "0"]
    assert len(tables["kinds"]) == 5


def test_names_that_try_to_break_out_stay_text(two: Case, three: Case) -> None:
    for case in (two, three):
        page = to_html(*case)
        assert "<script" not in page
        assert "<b>" not in page
        assert page.count("</style>") == 1
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert HOSTILE in [row[0] for row in Reader(page).tables["columns"]]


def test_the_words_for_each_class_are_on_the_page_and_stay_text(notes: Case) -> None:
    page = to_html(*notes)
    assert 'href="#words"' in page
    for foreign in ("<script", "<b>", "\x1b"):
        assert foreign not in page
    assert page.count('<table class="of-class">') == 2
    assert ">script&gt;alert(1)&lt;/script<" in page
    assert ">fine<" in page
    assert ">b&gt;evil&lt;/b<" in page


def test_a_page_without_a_text_that_is_read_says_nothing_of_words(two: Case) -> None:
    assert 'id="words"' not in to_html(*two)


def test_control_characters_and_halves_of_characters_are_left_out() -> None:
    table = {"a\x00b\x1b[2J\u202e": [1.0, 2.0, 3.0, 4.0] * 20}
    model = untrained(table, ["x\ud800", "z\n\ny"])
    page = to_html(model, table, ["x\ud800", "z\n\ny"] * 40)
    page.encode("utf-8")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", page)
    assert "ab[2J" in page
    assert "z y" in page


def test_the_policy_of_the_page_allows_its_own_style_alone(two: Case) -> None:
    page = to_html(*two)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.replace("&#39;", "'").startswith(
        f"default-src 'none'; style-src 'sha256-{digest}';"
    )
    assert " style=" not in page
    assert not re.search(r"(href|src)=\"[^#]", page)
    assert "url(" not in style
    assert "@import" not in style


def test_every_picture_says_what_it_shows_and_every_table_names_its_columns(three: Case) -> None:
    page = to_html(*three)
    for svg in re.findall(r"<svg[^>]*>", page):
        assert 'aria-hidden="true"' in svg or re.search(r'role="img" aria-label="[^"]{10,}"', svg)
    for table in re.findall(r"<table.*?</table>", page, re.DOTALL):
        head, body = table.split("<tbody>")
        assert head.count("<th") - head.count("<thead") == head.count('scope="col"')
        assert body.count("<tr>") == body.count('scope="row"')
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(set(ids)) == len(ids)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert '<html lang="en">' in page
    assert page.count("<h1>") == 1


def test_text_and_marks_stand_out_from_their_ground_in_light_and_dark() -> None:
    for colours in palette(STYLE.read_text(encoding="utf-8")):
        for ground in ("ground", "panel"):
            for name in ("text", "muted", "right"):  # links are of the colour of what is right
                assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
        for name in ("line", "right", "wrong", *(f"line-{i}" for i in range(1, 7))):
            assert contrast(colours[name], colours["ground"]) >= 3, name
        for name in ("right", "wrong"):
            for step in range(1, 11):
                heat = mixed(colours[name], colours["ground"], 0.04 * step)
                assert contrast(colours["text"], heat) >= 4.5, (name, step)


def test_the_shades_of_the_matrix_are_those_whose_contrast_is_tested() -> None:
    style = STYLE.read_text(encoding="utf-8")
    for name in ("right", "wrong"):
        for step in range(1, 11):
            mix = f"color-mix(in srgb, var(--{name}) {4 * step}%, var(--ground))"
            assert f".{name}-{step} {{ background: {mix}; }}" in style


def untrained(table: dict[str, Any], classes: list[str]) -> Model:
    fitted_table = Table.fit(table)
    net = Network(
        [Dense(fitted_table.width, 4), ReLU(), Dense(4, len(classes))],
        n_in=fitted_table.width,
        loss=SoftmaxCrossEntropy(),
        max_batch=64,
    )
    net.init(np.random.default_rng(0))
    return Model(fitted_table, net, np.array(classes))


@pytest.mark.heavy
def test_with_4000_classes_the_page_is_small_and_says_what_it_leaves_out() -> None:
    rng = np.random.default_rng(0)
    table = {"x": rng.normal(size=150), "z": rng.normal(size=150)}
    classes = sorted(f"class {k:05} {'long ' * 30}" for k in range(4000))
    model = untrained(table, classes)
    n_wrong = int((model.predict(table) != classes[:150]).sum())
    page = to_html(model, table, classes[:150])
    assert len(page.encode()) < 500_000
    reader = Reader(page)
    assert len(reader.tables["classes"]) == 1 + 20
    assert len(reader.tables["pairs"]) == 1 + 20
    assert "3,980 more classes" in page
    assert f"{n_wrong - 20} more pairs are not shown" in page


@pytest.mark.heavy
def test_with_2000_columns_the_page_is_small_and_says_what_it_leaves_out() -> None:
    rng = np.random.default_rng(0)
    table = {f"column {j} {'long ' * 40}": rng.normal(size=60) for j in range(2000)}
    model = untrained(table, ["a", "b"])
    page = to_html(model, table, ["a", "b"] * 30)
    assert len(page.encode()) < 500_000
    reader = Reader(page)
    assert len(reader.tables["kinds"]) == 1 + 100
    assert len(reader.tables["columns"]) == 1 + 25
    assert "1,900 more columns are not shown" in page
    assert "Of 2,000 columns, 100 were shuffled one by one" in page
    assert "75 less important columns are not shown" in page


def test_rows_that_were_learned_from_are_suspected() -> None:
    rng = np.random.default_rng(0)
    table = {"x": rng.normal(size=60)}
    model = untrained(table, ["a", "b"])
    y = model.predict(table)
    told = {"n_rows": 100, "majority": 0.5, "log_loss": 0.6}
    model.info["validation"] = {"accuracy": 0.6, **told}
    assert "Are these the rows it learned from?" in to_html(model, table, y)
    # All 60 right is 94 % at least; 90 right of 100 may be as much as 94.5 %.
    model.info["validation"] = {"accuracy": 0.9, **told}
    assert "Are these the rows it learned from?" not in to_html(model, table, y)


@pytest.mark.heavy
def test_whatever_a_file_tells_of_itself_makes_a_page() -> None:
    rng = np.random.default_rng(0)
    table = {"x": rng.normal(size=30)}
    model = untrained(table, ["a", "b"])
    y = ["a", "b"] * 15
    infos: list[dict[str, Any]] = [
        {"settings": 3, "history": "no", "validation": [], "versions": None, "stop_reason": 4},
        {"settings": {"quality": [1], "metric": ["f1"], "class_weight": [[1], "x"]}},
        {"settings": {"quality": "<b>", "random_state": "\x1b[2J;rm", "epochs": {"a": 1}}},
        {"history": {"train_loss": [None, 1e999, True, "x"], "validation_loss": 3}},
        {"history": {"train_loss": [1e308, -1e308], "validation_loss": [5e-324, 0]}},
        {"history": {"train_loss": [], "validation_loss": []}},
        {"history": {"train_loss": [1.0], "validation_loss": [10**400]}},
        {"validation": {"accuracy": 10**400, "majority": 0.5, "log_loss": 1, "n_rows": 3}},
        {"validation": {"accuracy": 0.5, "majority": 0.5, "log_loss": 1, "n_rows": 10**400}},
        {"versions": {"numlp": HOSTILE, "numpy": 3}, "stop_reason": HOSTILE},
    ]
    for info in infos:
        model.info = info
        Reader(to_html(model, table, y))


def test_a_page_of_few_rows_or_of_one_class_alone_is_made(two: Case) -> None:
    clf, table, _ = two
    first = {name: cells[:1] for name, cells in table.items()}
    page = Reader(to_html(clf, first, ["no"]))
    assert "areas" not in page.tables
    assert "of 1 rows" in page.texts["verdict"]
    same = {name: cells[:20] for name, cells in table.items()}
    assert "figure-roc_auc" not in Reader(to_html(clf, same, ["no"] * 20)).texts


def test_a_model_asked_for_another_metric_is_judged_by_it() -> None:
    clf, table, y = fitted(["no", "yes"], metric="f1")
    codes = np.array([clf.classes_.tolist().index(label) for label in y])
    scores = evaluate(codes, clf.predict_proba(table), np.array(clf.model_.factors))
    said = Reader(to_html(clf, table, y)).texts["verdict"]
    assert f"F1 of 'yes' {scores.f1:.1%}" in said
    share = float(np.mean(codes))
    assert f"always answering 'yes' would have {2 * share / (1 + share):.1%}" in said
    clf, table, y = fitted(["no", "yes"], cost_fn=5)
    said = Reader(to_html(clf, table, y)).texts["verdict"]
    assert re.match(
        r"\s*Mean cost of a row 0\.\d+, which it was asked to be good at, on 300 rows", said
    )


def test_the_file_is_written_whole_and_names_the_files_it_is_of(two: Case, tmp_path: Path) -> None:
    clf, table, y = two
    (tmp_path / "m.numlp").write_bytes(b"model")
    numbers = np.arange(1001, 1301)
    write_report(
        clf.model_,
        table,
        y,
        tmp_path / "r.html",
        files={"model": tmp_path / "m.numlp"},
        numbers=numbers,
        notes=["told <b>before</b>"],
    )
    reader = Reader((tmp_path / "r.html").read_text(encoding="utf-8"))
    digest = hashlib.sha256(b"model").hexdigest()
    assert reader.tables["files"][1] == ["model", "m.numlp", "5", digest]
    assert all(row[0].startswith("1,") for row in reader.tables["worst"][1:])
    assert "told &lt;b&gt;before" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []
    clf.report(tmp_path / "again.html", table, y)
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == to_html(clf, table, y)


def test_what_cannot_be_reported_on_is_refused(two: Case) -> None:
    clf, table, y = two
    with pytest.raises(DataError, match="y has 'perhaps'"):
        to_html(clf, table, ["perhaps", *y[1:]])
    with pytest.raises(DataError, match="X has 300 rows, but y has 299"):
        to_html(clf, table, y[1:])
    with pytest.raises(DataError, match="row"):
        to_html(clf, {name: cells[:0] for name, cells in table.items()}, [])
    with pytest.raises(TypeError, match="object is not a model: give a fitted classifier"):
        to_html(object(), table, y)
    with pytest.raises(ValueError, match="not fitted"):
        to_html(TabularClassifier(), table, y)
    with pytest.raises(DataError, match="y is None"):
        to_html(clf, table, None)
    X = np.random.default_rng(0).normal(size=(40, 2))
    several = MLPClassifier((2,), solver="lbfgs", random_state=0).fit(X, (X > 0).astype(int))
    with pytest.raises(DataError, match="the classifier is multilabel: the report is for"):
        to_html(several, X, X[:, 0] > 0)
    with pytest.raises(ValueError, match="not fitted"):
        to_html(MLPClassifier(), X, X[:, 0] > 0)


@pytest.mark.heavy
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_net_of_numbers_has_the_same_page(n_classes: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    y = np.array(["no", "yes", HOSTILE])[np.digitize(X[:, 0], [0.0, 0.8][: n_classes - 1])]
    clf = MLPClassifier(
        (4,), solver="lbfgs", tol=0.01, random_state=0, class_weight={"no": 2.0}, max_fun=99
    ).fit(X, y)
    clf.save(tmp_path / "net.numlp")
    write_report(open_model(tmp_path / "net.numlp"), X, y, tmp_path / "saved.html")
    clf.report(tmp_path / "page.html", X, y)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert text == (tmp_path / "saved.html").read_text(encoding="utf-8")
    page = Reader(text)
    score = float((clf.predict(X) == y).mean())
    assert f"Right in {score:.1%} of 300 rows" in page.texts["verdict"]
    assert [row[0] for row in page.tables["columns"][1:]] == ["x0", "x1"]
    assert page.tables["kinds"][1] == ["x0", "number", "1", "a number, taken as it is"]
    assert len(page.tables["losses"]) > 2
    assert [row[0] for row in page.tables["layers"][1:]] == ["Dense", "ReLU", "Dense"]
    assert f"2 numbers in, {n_classes} classes out" in text
    assert "temperature" not in text
    assert ("is answered from a probability of 0.5 on" in text) == (n_classes == 2)
    assert "MLPClassifier(hidden_layer_sizes=" in text
    assert HOSTILE not in text
