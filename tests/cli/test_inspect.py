"""`numlp inspect`: what a file holds is shown, nothing that it says of itself is believed."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numlp import MLPClassifier, Model, TabularClassifier, load
from numlp.cli import facts
from numlp.cli.main import run
from numlp.models.opening import facts_of_file
from numlp.storage import container
from numlp.table.table import Table

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"
TRAIN = ["train", str(PENGUINS), "--target", "species", "--quality", "fast", "--epochs", "4", "-q"]

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A model of the penguins, and a checkpoint of another run."""
    folder = tmp_path_factory.mktemp("trained")
    assert run([*TRAIN, "-o", str(folder / "penguins.numlp")]) == 0
    rng = np.random.default_rng(0)
    X, y = {"size": rng.normal(size=40), "hue": ["red", "blue"] * 20}, np.arange(40) % 2
    clf = TabularClassifier("fast", epochs=9, random_state=5, callbacks=[lambda e: e.number == 3])
    clf.fit(X, y, checkpoint=folder / "run.ckpt")
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture
def model(files: dict[str, bytes], folder: Path) -> Path:
    (folder / "penguins.numlp").write_bytes(files["penguins.numlp"])
    return Path("penguins.numlp")


@pytest.fixture
def checkpoint(files: dict[str, bytes], folder: Path) -> Path:
    (folder / "run.ckpt").write_bytes(files["run.ckpt"])
    return Path("run.ckpt")


def changed(path: Path, kind: str, changes: dict[str, Any]) -> Path:
    """A file with other things in its document, whose checksum fits."""
    document, arrays = container.read(path, kind=kind)
    path.write_bytes(container.to_bytes(arrays, document | changes, kind=kind))
    return path


def shown(path: Path, capsys: Captured) -> tuple[str, dict[str, Any]]:
    """The text and the JSON of a file."""
    assert run(["inspect", str(path)]) == 0
    text = capsys.readouterr().out
    assert run(["inspect", str(path), "--json"]) == 0
    printed = capsys.readouterr().out
    assert printed.isascii()
    found: dict[str, Any] = json.loads(printed)
    for said in (text, printed):
        assert all(line.isprintable() for line in said.split("\n"))
    return text, found


def test_a_model_is_shown_as_it_is(model: Path, capsys: Captured) -> None:
    text, found = shown(model, capsys)
    loaded = load(model)
    validation = loaded.info["validation"]
    assert f"file       penguins.numlp, {model.stat().st_size:,} bytes\n" in text
    assert "is         numlp model in format 1; its checksum fits\n" in text
    versions = loaded.info["versions"]
    assert f"made by    numlp {versions['numlp']}, NumPy {versions['numpy']}\n" in text
    assert "target     species\n" in text
    assert "classes    3: Adelie, Chinstrap, Gentoo\n" in text
    assert "columns    7: 2 category, 5 number\n" in text
    assert re.search(r"^ +flipper_length_mm +number$", text, re.MULTILINE)
    n_params = loaded.network.n_params
    n_nets, n_layers = loaded.network.k, len(loaded.network.layers)
    assert f"nets       {n_nets} of {n_layers} layers, {n_params:,} parameters in all\n" in text
    dense = rf"^ +Dense\(n_in=32, n_out=64, .*\), {n_nets * 33 * 64:,} parameters$"
    assert re.search(dense, text, re.MULTILINE)
    assert "quality=fast" in text
    assert "epochs=4" in text
    assert f"accuracy   {validation['accuracy']:.1%} (95% interval {validation['low']:.1%} " in text
    assert f"always answering the majority class: {validation['majority']:.1%}\n" in text
    ending = "next       numlp predict penguins.numlp NEW_ROWS.csv\n"
    assert text.endswith(f"log-loss   {validation['log_loss']:.3f}\n{ending}")

    assert (found["kind"], found["format"], found["checksum"]) == ("model", 1, "fits")
    assert found["bytes"] == model.stat().st_size
    assert found["classes"] == ["Adelie", "Chinstrap", "Gentoo"]
    assert found["columns"] == list(loaded.table.audit())
    assert sum(layer["parameters"] for layer in found["layers"]) == n_params
    assert found["settings"] == loaded.info["settings"]
    assert found["validation"] == {
        "rows" if name == "n_rows" else name: pytest.approx(value)
        for name, value in validation.items()
    }


def test_a_checkpoint_says_what_run_it_is_of_and_how_far_it_is(
    checkpoint: Path, capsys: Captured
) -> None:
    text, found = shown(checkpoint, capsys)
    assert "is         numlp checkpoint in format 1; its checksum fits\n" in text
    assert "run on     a table of 40 rows, 2 columns: size, hue\n" in text
    assert "random_state=5" in text
    assert re.search(
        r"^so far     epoch 3 of 9 in [\d.]+ s; train [\d.]+; held", text, re.MULTILINE
    )
    assert text.endswith("next       numlp train TABLE --target NAME --resume run.ckpt\n")
    assert (found["epoch"], found["epochs"], found["seed"], found["nets"]) == (3, 9, 5, 10)
    assert found["columns"] == ["size", "hue"]
    theta = container.read(checkpoint, kind="checkpoint")[1]["theta"]
    assert found["parameters"] == theta.size


def test_a_model_saved_from_python_without_a_history_is_shown(capsys: Captured) -> None:
    from numlp.nn import mlp

    table = Table.fit({"size": [1.0, 2.5, 4.0, 3.0]})
    network = mlp([table.width, 2, 2])
    Model(table, network, np.array([False, True])).save("m.numlp")
    text, found = shown(Path("m.numlp"), capsys)
    assert "made by    unknown\ntarget     without a name\nclasses    2: False, True\n" in text
    assert "validation unknown\nnext       numlp predict m.numlp NEW_ROWS.csv\n" in text
    assert found["classes"] == [False, True]
    assert found["validation"] is None


@pytest.mark.filterwarnings("ignore:Stochastic")
@pytest.mark.parametrize("outputs", [1, 3])
def test_an_mlpclassifier_is_shown(outputs: int, capsys: Captured) -> None:
    X, y = np.random.default_rng(0).normal(size=(30, 2)), np.arange(30) % 3
    target = y if outputs == 1 else np.eye(3, dtype=int)[y]
    MLPClassifier((5,), max_iter=3, random_state=0).fit(X, target).save("m.numlp")
    text, found = shown(Path("m.numlp"), capsys)
    assert "is         numlp MLPClassifier in format 1; its checksum fits\n" in text
    assert "columns    2: 2 number\n" in text
    assert "max_iter=3" in text
    assert "trained    3 epochs\n" in text
    assert found["classes"] == [0, 1, 2]
    assert found["parameters"] == 3 * 5 + 6 * 3


@pytest.mark.parametrize("n", [20, 30])
def test_many_classes_and_columns_are_not_all_in_the_text(n: int, capsys: Captured) -> None:
    from numlp.nn import mlp

    table = Table.fit({f"c{i}": [1.0, 2.5, 4.0, 3.0] for i in range(2 * n)})
    network = mlp([table.width, n])
    Model(table, network, np.arange(n)).save("m.numlp")
    text, found = shown(Path("m.numlp"), capsys)
    assert ("and 10 more\n" in text) == (n == 30)
    assert ("... and 10 more, which --json shows\n" in text) == (n == 30)
    assert len(found["classes"]) == n
    assert len(found["columns"]) == 2 * n


def test_control_characters_of_a_file_are_not_shown(model: Path, capsys: Captured) -> None:
    nasty = "\x1b[2Ja\nb\x7f\u202e\x9b"
    document, _ = container.read(model, kind="model")
    document["model"] = {
        "classes": {"dtype": "|O", "values": [nasty, nasty + "b", nasty + "c"]},
        "target": nasty,
    }
    document["table"]["columns"][0]["name"] = nasty
    document["table"]["columns"][0]["why"] = nasty
    settings = {nasty: nasty, "quality": [nasty]}
    document["info"] |= {
        "settings": settings, "versions": {"numlp": nasty, "numpy": [nasty]}, "stop_reason": nasty,
    }  # fmt: skip
    text, found = shown(changed(model, "model", document), capsys)
    assert "target     [2Ja b" in text
    assert found["target"] == nasty
    assert found["settings"] == settings
    assert found["columns"][0]["name"] == nasty
    assert max(map(len, text.splitlines())) < 400


ANYTHING = [None, True, -1, 2**127, 1e308, "", "x\x1b", [], [[1]], {}, {"a": {"b": 1}}]


@pytest.mark.heavy
@pytest.mark.parametrize("value", ANYTHING, ids=ascii)
def test_whatever_a_model_says_of_its_past_it_is_shown(value: Any, model: Path) -> None:
    whole, arrays = container.read(model, kind="model")
    infos: list[Any] = [{key: value} for key in (*whole["info"], "estimator")]
    for part in ("settings", "recipe", "versions", "validation"):
        infos += [{part: {**whole["info"][part], key: value}} for key in whole["info"][part]]
    for info in infos:
        document = {**whole, "info": {**whole["info"], **info}}
        model.write_bytes(container.to_bytes(arrays, document, kind="model"))
        found = facts_of_file(model)
        said = facts.as_text(found) + facts.as_json(found)
        assert all(line.isprintable() for line in said.split("\n"))


@pytest.mark.parametrize("value", ANYTHING, ids=ascii)
def test_whatever_a_checkpoint_says_it_is_shown(value: Any, checkpoint: Path) -> None:
    whole, arrays = container.read(checkpoint, kind="checkpoint")
    state, data = whole["state"], whole["data"]
    documents = [{**whole, key: value} for key in whole]
    documents += [{**whole, "data": {**data, key: value}} for key in data]
    documents += [{**whole, "state": {**state, key: value}} for key in state]
    documents += [
        {**whole, "state": {**state, part: {**state[part], key: value}}}
        for part in ("cut", "ensemble")
        for key in state[part]
    ]
    for document in documents:
        checkpoint.write_bytes(container.to_bytes(arrays, document, kind="checkpoint"))
        found = facts_of_file(checkpoint)
        said = facts.as_text(found) + facts.as_json(found)
        assert all(line.isprintable() for line in said.split("\n"))


def test_a_checkpoint_of_other_arrays_is_shown(checkpoint: Path, capsys: Captured) -> None:
    document, _ = container.read(checkpoint, kind="checkpoint")
    for curve in (np.zeros(0), np.array([np.nan]), np.array([[1, 2]]), np.array(True)):
        arrays = {"history.train_loss": curve}
        checkpoint.write_bytes(container.to_bytes(arrays, document, kind="checkpoint"))
        text, found = shown(checkpoint, capsys)
        assert "unknown parameters in all" in text
        assert found["train_loss"] in (None, 2.0, 1.0)


@pytest.mark.parametrize("where", [20, 200, -1])
def test_a_damaged_file_is_exit_4_and_one_line(where: int, model: Path, capsys: Captured) -> None:
    data = bytearray(model.read_bytes())
    data[where] ^= 1
    model.write_bytes(data)
    assert run(["inspect", str(model)]) == 4
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("numlp: penguins.numlp ")
    assert captured.err.count("\n") == 1


def test_a_damaged_checkpoint_and_a_model_that_is_none_are_exit_4(
    checkpoint: Path, capsys: Captured
) -> None:
    data = checkpoint.read_bytes()
    checkpoint.write_bytes(data[:-1])
    assert run(["inspect", str(checkpoint)]) == 4
    assert "checksum" in capsys.readouterr().err
    Path("x.numlp").write_bytes(container.to_bytes({}, {"model": 1}, kind="model"))
    assert run(["inspect", "x.numlp"]) == 4
    assert "x.numlp is not a valid numlp model" in capsys.readouterr().err
    Path("x.numlp").write_bytes(container.to_bytes({}, {}, kind="dream"))
    assert run(["inspect", "x.numlp"]) == 4
    assert "x.numlp is a numlp dream" in capsys.readouterr().err


def test_what_is_no_file_of_ours_is_exit_4_and_what_is_not_there_exit_5(capsys: Captured) -> None:
    assert run(["inspect", str(PENGUINS)]) == 4
    assert "looks like text, not like a numlp model or checkpoint" in capsys.readouterr().err
    assert run(["inspect", "none.numlp"]) == 5
    assert run(["inspect", "."]) == 5
    assert capsys.readouterr().err.count("\n") == 2


def test_a_newer_format_is_named(model: Path, capsys: Captured) -> None:
    data = model.read_bytes().replace(b'"version":"1"', b'"version":"3"', 1)
    model.write_bytes(data)
    assert run(["inspect", str(model)]) == 4
    err = capsys.readouterr().err
    assert "is in file format 3, and this numlp reads formats up to 2" in err


def test_the_reader_of_the_report_may_go_away(model: Path) -> None:
    inspect = subprocess.Popen(
        [sys.executable, "-m", "numlp", "inspect", str(model)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert inspect.stdout is not None
    inspect.stdout.close()
    assert inspect.communicate()[1] == b""
    assert inspect.returncode == 0
