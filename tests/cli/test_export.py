"""numlp export: a model file becomes an ONNX file, and what goes in and out is told."""

import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import numlp
from numlp import MLPClassifier, Model, TabularClassifier
from numlp.cli.main import run
from numlp.nn import mlp
from numlp.table.table import Table

Captured = pytest.CaptureFixture[str]
TABLE = {"size": [1.0, 2.5, None, 4.0] * 10, "hue": ["red", "blue", "red", "grey"] * 10}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "kinds.numlp"
    clf = TabularClassifier("fast", epochs=3, ensemble_size=2, random_state=0)
    clf.fit(TABLE, ["a", "b", "a", "c"] * 10).save(path)
    return path


def test_the_file_beside_the_model_answers_as_the_model(saved: Path, capsys: Captured) -> None:
    assert run(["export", str(saved), "--to", "onnx"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert [line.split() for line in out[:4]] == [
        ["input", "size", "double", "[n,", "1]", "a", "number;", "NaN", "where", "missing"],
        ["input", "hue", "string", "[n,", "1]", "category;", '""', "where", "missing"],
        ["output", "label", "string", "[n]"],
        ["output", "probabilities", "double", "[n,", "3]"],
    ]
    assert out[5].startswith("model      kinds.onnx, ")
    assert out[6] == (
        "next       label, probabilities = onnxruntime.InferenceSession('kinds.onnx')"
        ".run(None, inputs)"
    )
    inputs = {"size": np.array([[1.0], [np.nan]]), "hue": np.array([["red"], ["new"]], object)}
    label, P = onnxruntime.InferenceSession("kinds.onnx").run(None, inputs)
    model, X = numlp.load(saved), {"size": [1.0, None], "hue": ["red", "new"]}
    expected = model.predict_proba(X, [])
    np.testing.assert_allclose(P, expected, rtol=0, atol=1e-6)
    assert label.tolist() == model.classes[model.decide(expected)].tolist()


def test_a_file_of_an_mlpclassifier_is_exported_too(capsys: Captured) -> None:
    X = np.random.default_rng(0).normal(size=(60, 4))
    MLPClassifier((4,), solver="lbfgs", random_state=0).fit(X, X[:, 0] > 0).save("net.numlp")
    assert run(["export", "net.numlp", "-o", "x.onnx"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("input   X              double [n, 4]")
    assert "output  label          bool [n]" in out
    assert Path("x.onnx").stat().st_size > 0


def test_many_inputs_are_not_all_told_and_no_name_steers_the_terminal(capsys: Captured) -> None:
    rng = np.random.default_rng(0)
    X = {f"a\x1b[2J{j}": rng.normal(size=40) for j in range(30)}
    table = Table.fit(X)
    Model(table, mlp([table.width, 2]), np.arange(2)).save("m.numlp")
    assert run(["export", "m.numlp"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "... and 10 more inputs" in out
    assert out.count("input ") == 20


def test_the_model_is_not_overwritten(saved: Path, capsys: Captured) -> None:
    before = saved.read_bytes()
    assert run(["export", str(saved), "-o", str(saved)]) == 2
    assert "is the model itself: give another file with -o" in capsys.readouterr().err
    assert saved.read_bytes() == before


def test_without_onnx_the_fault_says_what_to_install(
    saved: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert run(["export", str(saved)]) == 2
    assert "pip install 'numlp[onnx]'" in capsys.readouterr().err
    assert not Path("kinds.onnx").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["nothing.numlp"], 5, "nothing.numlp"),
        (["other.numlp"], 4, "not like a numlp model"),
        (["MODEL", "-o", "no/where.onnx"], 5, "choose another with -o"),
        (["MODEL", "--to", "pickle"], 2, "'pickle' is not 'onnx'"),
    ],
)
def test_faults_are_one_line_with_their_code(
    saved: Path, capsys: Captured, arguments: list[str], code: int, told: str
) -> None:
    Path("other.numlp").write_text("size,hue\n1,red\n")
    arguments = [str(saved) if a == "MODEL" else a for a in arguments]
    assert run(["export", *arguments]) == code
    err = capsys.readouterr().err
    assert told in err
    assert err.count("\n") == 1
