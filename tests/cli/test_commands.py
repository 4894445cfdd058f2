"""The commands as a user runs them: what they print, what they leave behind, how they fail."""

import csv
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import numlp
from numlp import TabularClassifier
from numlp.cli.main import run
from numlp.ensemble import learning
from numlp.ensemble.budget import Speed
from numlp.ensemble.recipe import recipe_for
from numlp.storage import container

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"
FAST = ["--quality", "fast", "--epochs", "5", "--quiet"]

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def model(folder: Path, capsys: Captured) -> Path:
    assert run(["train", str(PENGUINS), "--target", "species", *FAST]) == 0
    capsys.readouterr()
    return folder / "penguins.numlp"


def write(name: str, text: str) -> str:
    Path(name).write_text(text)
    return name


def table(n: int = 40, *, header: str = "size,hue,kind", blank: int = 0) -> str:
    rows = [f"{i % 7},{'rgb'[i % 3]},{'wren' if i % 7 < 3 else 'rook'}" for i in range(n)]
    rows += [f"{i},r," for i in range(blank)]
    return "\n".join([header, *rows]) + "\n"


# train


@pytest.mark.heavy
def test_train_reports_against_the_majority_class_and_writes_the_model(capsys: Captured) -> None:
    assert run(["train", str(PENGUINS), "--target", "species", "--epochs", "16", "-q"]) == 0
    out = capsys.readouterr().out
    assert "344 rows; 2 categories, 5 numbers" in out
    assert "on 344 rows held out, each answered by the nets that had not seen it" in out
    found = re.search(
        r"accuracy +([\d.]+)% \(95% interval ([\d.]+)% to ([\d.]+)%\)\n"
        r" +always answering 'Adelie': ([\d.]+)%",
        out,
    )
    assert found
    accuracy, low, high, majority = map(float, found.groups())
    assert high > accuracy > low > 90 > 50 > majority
    assert "log-loss" in out
    n_nets = recipe_for("balanced", 344).n_members
    assert f"nets       {n_nets}, each trained without a tenth of the rows" in out
    n_mixed = len(numlp.load("penguins.numlp").shares)
    assert re.search(
        rf"mixture    {n_mixed} snapshots, each a net as it was after .*, chosen on the rows", out
    )
    assert "stopped    its 16 epochs were over" in out
    assert re.search(r"model      penguins.numlp, [\d,.]+ [KM]iB\nnext       numlp predict", out)
    assert numlp.load("penguins.numlp").target == "species"


def test_fast_says_how_many_rows_its_nets_held_out(capsys: Captured) -> None:
    run(["train", str(PENGUINS), "--target", "species", *FAST])
    out = capsys.readouterr().out
    assert "on 174 rows held out" in out
    assert "nets       10, each trained without a tenth of the rows" in out


def test_the_scores_printed_are_those_of_the_model_that_was_saved(capsys: Captured) -> None:
    run(["train", str(PENGUINS), "--target", "species", *FAST])
    out = capsys.readouterr().out
    validation = numlp.load("penguins.numlp").info["validation"]
    assert f"accuracy   {validation['accuracy']:.1%}" in out
    assert f"log-loss   {validation['log_loss']:.3f}" in out


def test_a_model_no_better_than_the_majority_class_is_called_so(capsys: Captured) -> None:
    rng = np.random.default_rng(0)
    rows = [f"{rng.normal()},{'yes' if i % 5 == 0 else 'no'}" for i in range(100)]
    write("noise.csv", "\n".join(["x,y", *rows]) + "\n")
    run(["train", "noise.csv", "-t", "y", *FAST])
    assert "not better than always answering 'no'" in capsys.readouterr().out


def test_a_target_that_may_be_a_quantity_is_warned_of_and_its_table_is_short(
    capsys: Captured,
) -> None:
    run(["train", str(PENGUINS), "-t", "body_mass_g", "--as-classes", *FAST])
    captured = capsys.readouterr()
    assert "'body_mass_g' has 95 different numbers in 344 rows" in captured.err
    assert "... and 75 rarer classes" in captured.out


@pytest.mark.heavy
def test_the_same_seed_writes_the_same_file_and_another_seed_another() -> None:
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        run(["train", str(PENGUINS), "-t", "species", "-o", name, "--seed", seed, *FAST])
    a, b, c = (Path(name).read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_progress_goes_to_stderr_as_plain_lines_where_there_is_no_terminal(
    capsys: Captured,
) -> None:
    run(["train", str(PENGUINS), "-t", "species", "--quality", "fast", "--epochs", "2"])
    captured = capsys.readouterr()
    line = r"^epoch 1 of 2, train [\d.]+, held out [\d.]+, [\d,]+ rows/s, \d+ s left$"
    assert re.search(line, captured.err, re.MULTILINE)
    assert "epoch 1" not in captured.out


def test_quiet_says_nothing_on_stderr(capsys: Captured) -> None:
    run(["train", str(PENGUINS), "-t", "species", *FAST])
    assert capsys.readouterr().err == ""


def test_rows_without_a_label_are_left_out_and_counted(capsys: Captured) -> None:
    assert run(["train", write("t.csv", table(blank=3)), "-t", "kind", *FAST]) == 0
    captured = capsys.readouterr()
    assert "3 of 43 rows left out: their 'kind' is blank" in captured.err
    assert captured.out.startswith("40 rows; ")
    assert "on 20 rows held out" in captured.out


def test_a_semicolon_is_found_and_said(capsys: Captured) -> None:
    assert run(["train", write("t.csv", table().replace(",", ";")), "-t", "kind", *FAST]) == 0
    assert "';'" in capsys.readouterr().err


def test_labels_stay_as_they_are_written() -> None:
    text = "x,code\n" + "".join(f"{i},{('007', '1.0', 'NA')[i % 3]}\n" for i in range(30))
    assert run(["train", write("t.csv", text), "-t", "code", *FAST]) == 0
    assert numlp.load("t.numlp").classes.tolist() == ["007", "1.0", "NA"]


def test_every_option_reaches_the_classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[TabularClassifier] = []
    told = "numlp.cli.trained.report_training"
    monkeypatch.setattr(told, lambda clf, *_, **__: seen.append(clf))
    wanted = {
        "quality": "fast", "time_limit": 90.0, "epochs": 2, "metric": "f1",
        "class_weight": "balanced", "n_jobs": 1, "random_state": 7,
    }  # fmt: skip
    options = "--quality fast --time-limit 90 --epochs 2 --metric f1 --class-weight balanced -j 1"
    train = ["train", str(PENGUINS), "-t", "species", "-q", "--seed", "7"]
    assert run([*train, *options.split()]) == 0
    assert run([*train, "--epochs", "1"]) == 0
    given, default = (clf.get_params() for clf in seen)
    assert {name: given[name] for name in wanted} == wanted
    del default["callbacks"]
    usual = TabularClassifier(epochs=1, random_state=7).get_params()
    assert default == {name: usual[name] for name in default}


@pytest.mark.heavy
def test_the_number_of_threads_changes_no_bit_of_the_nets() -> None:
    for jobs in "12":
        run(
            ["train", str(PENGUINS), "-t", "species", "--epochs", "2", "-q", "-j", jobs, "-o", jobs]
        )
    one, two = (numlp.load(name) for name in "12")
    assert (one.network.theta == two.network.theta).all()
    assert (one.shares, one.temperature) == (two.shares, two.temperature)


@pytest.mark.heavy
def test_what_a_time_limit_cost_is_said(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    # No clock decides: time stands still, and a step takes as long as is said here.
    monkeypatch.setattr("numlp.ensemble.run.time.perf_counter", lambda: 0.0)
    monkeypatch.setattr(learning, "measure_speed", lambda *_: Speed(step=0.02, snapshot=0.0))
    train = ["train", str(PENGUINS), "-t", "species", "-q", "--quality"]
    assert run([*train, "best", "--time-limit", "1"]) == 0
    out = capsys.readouterr().out
    assert "limit      1 s were enough for 9 of 20 nets and 44 of 128 epochs" in out
    assert run([*train, "fast", "--epochs", "3", "--time-limit", "300"]) == 0
    assert "limit      300 s were enough for all 10 nets and 3 epochs" in capsys.readouterr().out


def test_a_column_is_what_it_was_asked_to_be(capsys: Captured) -> None:
    text = table(header="a=b,hue,kind")
    options = ["--column", "a=b=category", "--column", "hue=ignore"]
    assert run(["train", write("t.csv", text), "-t", "kind", *options, *FAST]) == 0
    out = capsys.readouterr().out
    assert "40 rows; 1 category" in out
    assert "set aside: hue: ignored, as asked" in out
    a, hue = numlp.load("t.numlp").table.audit()
    assert (a["kind"], hue["kind"]) == ("category", "set aside")


UGLY = "id,amount,minutes,charge,memo,flat,kind\n" + "".join(
    f"{i},{i % 13 - 6 if i % 40 else '12O'},{i * 7 % 101},{i * 7 % 101 * 0.17:.1f},"
    f"a note of {'many ' * (i % 7)}words on {i},same,{'yes' if i % 13 > 5 else 'no'}\n"
    for i in range(200)
)


def test_the_report_tells_of_columns_what_their_owner_has_to_know(capsys: Captured) -> None:
    run(["train", write("t.csv", UGLY), "-t", "kind", *FAST])
    out = capsys.readouterr().out
    assert "set aside: id: 200 distinct numbers in 200 rows" in out
    assert "--column id=number keeps it" in out
    assert "amount: 5 cells no number: '12O' (taken as missing)" in out
    assert "charge: carries nearly the same numbers as 'minutes'" in out
    assert "memo:" not in out  # whose words are read
    assert "set aside: flat: every cell is 'same'" in out


def test_verbose_lists_every_column_and_why(capsys: Captured) -> None:
    run(["train", write("t.csv", UGLY), "-t", "kind", "--verbose", *FAST])
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split() == ["name", "kind", "features", "why"]
    names = ["id", "amount", "minutes", "charge", "memo", "flat"]
    assert [line.split()[0] for line in lines[3:9]] == names
    assert "numbers written as text" in lines[4]


def test_many_columns_set_aside_are_not_all_listed(capsys: Captured) -> None:
    names = ",".join(f"c{i}" for i in range(30))
    rows = "".join(f"{'7,' * 30}{i % 5},{'ab'[i % 5 > 2]}\n" for i in range(40))
    run(["train", write("t.csv", f"{names},x,y\n{rows}"), "-t", "y", *FAST])
    out = capsys.readouterr().out
    assert out.count("set aside") == 20
    assert "... and 10 more, which --verbose shows" in out


@pytest.fixture
def rare() -> str:
    """A file whose class "yes" is rare and hard to tell."""
    rng = np.random.default_rng(0)
    y = rng.random(400) < 0.1
    x = y + rng.normal(size=400)
    rows = [f"{a:.3f},{'yes' if b else 'no'}\n" for a, b in zip(x, y, strict=True)]
    return write("rare.csv", "x,y\n" + "".join(rows))


def test_a_metric_moves_the_threshold_and_is_reported(rare: str, capsys: Captured) -> None:
    assert run(["train", rare, "-t", "y", "--metric", "balanced_accuracy", *FAST]) == 0
    out = capsys.readouterr().out
    assert re.search(
        r"balanced   [\d.]+% .*  mean recall of .*\n +always answering 'no': 50.0%\n", out
    )
    model = numlp.load("rare.numlp")
    threshold = model.factors[0] / sum(model.factors)
    assert threshold < 0.4
    assert f"threshold  'yes' is answered from a probability of {threshold:.1%} on" in out


def test_predict_and_evaluate_decide_by_the_threshold(rare: str, capsys: Captured) -> None:
    run(["train", rare, "-t", "y", "--metric", "f1", *FAST])
    capsys.readouterr()
    model = numlp.load("rare.numlp")
    assert run(["predict", "rare.numlp", rare, "--proba"]) == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))[1:]
    P = np.array([row[1:] for row in rows], dtype=float)
    answers = np.array([row[0] for row in rows])
    assert (answers == model.classes[model.decide(P)]).all()
    assert (answers != model.classes[P.argmax(axis=1)]).any()
    truth = np.array([line.split(",")[1] for line in Path(rare).read_text().splitlines()[1:]])
    assert run(["evaluate", "rare.numlp", rare]) == 0
    out = capsys.readouterr().out
    assert f"accuracy   {np.mean(answers == truth):.1%}" in out
    hits = 2 * ((answers == "yes") & (truth == "yes")).sum()
    f1 = hits / ((answers == "yes").sum() + (truth == "yes").sum())
    assert re.search(rf"f1         {f1:.1%} .*  of 'yes'\n +always answering 'yes': ", out)


def test_balanced_class_weights_answer_the_rare_class_more_often(rare: str) -> None:
    shares = []
    for options in ([], ["--class-weight", "balanced"]):
        run(["train", rare, "-t", "y", *options, *FAST])
        shares.append(
            np.mean(numlp.load("rare.numlp").predict({"x": np.linspace(-2, 3, 50)}) == "yes")
        )
    assert shares[1] > shares[0] + 0.1


# predict


def test_predict_writes_a_row_of_csv_for_each_row(model: Path, capsys: Captured) -> None:
    assert run(["predict", str(model), str(PENGUINS), "--proba"]) == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[0] == ["species", "proba_Adelie", "proba_Chinstrap", "proba_Gentoo"]
    assert len(rows) == 345
    P = np.array([row[1:] for row in rows[1:]], dtype=float)
    np.testing.assert_allclose(P.sum(axis=1), 1, atol=1e-5)
    assert [row[0] for row in rows[1:]] == [rows[0][1 + k][6:] for k in P.argmax(axis=1)]


def test_predict_finds_columns_by_name_and_ignores_others(model: Path, capsys: Captured) -> None:
    run(["predict", str(model), str(PENGUINS)])
    expected = capsys.readouterr().out
    with PENGUINS.open() as file:
        rows = list(csv.reader(file))
    with Path("mixed.csv").open("w", newline="") as file:
        csv.writer(file).writerows([[*reversed(row), "extra"] for row in rows])
    assert run(["predict", str(model), "mixed.csv"]) == 0
    assert capsys.readouterr().out == expected


def test_predict_says_how_many_cells_training_never_saw(model: Path, capsys: Captured) -> None:
    text = PENGUINS.read_text().replace("Torgersen", "Atlantis")
    assert run(["predict", str(model), write("t.csv", text)]) == 0
    assert (
        "island: 52 cells with a word that was rare in training, or never seen there"
        in capsys.readouterr().err
    )


@pytest.mark.heavy
@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_new_words_are_not_told_where_they_are_usual(command: str, capsys: Captured) -> None:
    lines = [f"{'ab'[i % 2]},{'often' if i % 8 else f'w{i}'},{'xy'[i % 2]}" for i in range(80)]
    table = write("t.csv", "\n".join(["hue,word,kind", *lines, ""]))
    options = ["--column", "word=category", "--epochs", "1", "--quality", "fast", "-q"]
    assert run(["train", table, "-t", "kind", "-o", "t.numlp", *options]) == 0
    capsys.readouterr()
    assert run([command, "t.numlp", table]) == 0
    assert "rare in training" not in capsys.readouterr().err
    rows = "\n".join(line.replace("often", "z") for line in lines)
    assert run([command, "t.numlp", write("odd.csv", f"hue,word,kind\n{rows}\n")]) == 0
    told = "warning: some cells are unlike those of training: word: 80 cells with a word"
    assert capsys.readouterr().err.count(told) == 1


# evaluate


def test_evaluate_scores_the_rows_whose_label_is_known(model: Path, capsys: Captured) -> None:
    assert run(["evaluate", str(model), str(PENGUINS)]) == 0
    out = capsys.readouterr().out
    loaded = numlp.load(model)
    with PENGUINS.open() as file:
        rows = list(csv.DictReader(file))
    columns = {k: [r[k] if r[k] != "NA" else None for r in rows] for k in rows[0]}
    right = np.mean(loaded.predict(columns) == np.array(columns["species"]))
    assert f"accuracy   {right:.1%}" in out
    assert "on 344 rows of penguins.csv" in out


def test_evaluate_names_labels_the_model_does_not_know(model: Path, capsys: Captured) -> None:
    text = PENGUINS.read_text().replace("Gentoo", "Emperor")
    assert run(["evaluate", str(model), write("t.csv", text)]) == 3
    err = capsys.readouterr().err
    assert "'Emperor'" in err
    assert "'Adelie', 'Chinstrap', 'Gentoo'" in err


def test_evaluate_needs_the_name_of_the_target_where_the_model_has_none(
    model: Path, capsys: Captured
) -> None:
    loaded = numlp.load(model)
    loaded.target = ""
    loaded.save(model)
    assert run(["evaluate", str(model), str(PENGUINS)]) == 2
    assert "--target" in capsys.readouterr().err
    assert run(["evaluate", str(model), str(PENGUINS), "-t", "species"]) == 0


@pytest.mark.heavy
@pytest.mark.parametrize("info", [{}, {"settings": 3}, {"settings": {"metric": ["f1"]}}])
def test_evaluate_takes_whatever_a_file_tells_of_its_settings(
    info: dict[str, object], model: Path, capsys: Captured
) -> None:
    loaded = numlp.load(model)
    loaded.info = info
    loaded.save(model)
    assert run(["evaluate", str(model), str(PENGUINS)]) == 0
    assert "accuracy" in capsys.readouterr().out


# Faults: an exit code, one line that names the place, and nothing lost

BAD_FILES = {
    "missing": (None, "kind", ["t.csv"]),
    "empty": ("", "kind", ["t.csv"]),
    "header only": ("size,hue,kind\n", "kind", ["t.csv"]),
    "target misspelled": (table(), "kinds", ["'kinds'", "'kind'"]),
    "one class": ("a,b\n" + "1,x\n" * 20, "b", ["one class", "'x'"]),
    "all labels blank": ("a,b\n" + "1,\n" * 20, "b", ["'b'", "blank"]),
    "only a target": ("a\n" + "1\n2\n" * 20, "a", ["t.csv"]),
    "short row": (table() + "1\n", "kind", ["t.csv", "line 42"]),
    "long row": (table() + "1,2,3,4\n", "kind", ["t.csv", "line 42"]),
    "duplicate names": (table(header="size,size,kind"), "kind", ["'size'"]),
    "infinite": (table() + "inf,r,wren\n", "kind", ["line 42", "size"]),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_exit_3_and_one_line_that_names_the_place(
    name: str, capsys: Captured
) -> None:
    content, target, words = BAD_FILES[name]
    if content is not None:
        write("t.csv", content)
    container.write("t.numlp", {}, {}, kind="model")
    before = Path("t.numlp").read_bytes()
    assert run(["train", "t.csv", "--target", target, *FAST]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.strip().splitlines()
    assert all(line.startswith("numlp: ") for line in lines)
    for word in words:
        assert word in lines[-1]
    assert "Traceback" not in captured.err
    assert Path("t.numlp").read_bytes() == before


def test_a_delimiter_that_is_not_there_is_exit_3(capsys: Captured) -> None:
    write("t.csv", table())
    assert run(["train", "t.csv", "-t", "kind", "--delimiter", ";", *FAST]) == 3
    assert "t.csv" in capsys.readouterr().err


def test_wrong_usage_is_exit_2(capsys: Captured) -> None:
    for arguments in (["train"], ["train", str(PENGUINS)], ["fly"], ["train", "x", "--bogus"], []):
        assert run(arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


BAD_VALUES = {
    "--quality great": "'fast', 'balanced', 'best'",
    "--time-limit 0": "0 is not a number of seconds above 0",
    "--time-limit nan": "nan is not a number of seconds above 0",
    "--time-limit inf": "inf is not a number of seconds above 0",
    "--epochs 0": "x>=1",
    "--jobs 0": "x>=1",
    "--seed -1": "x>=0",
    "--metric auc": "'accuracy', 'balanced_accuracy', 'f1'",
    "--class-weight none": "'balanced'",
    "--column island": "number, category, date, text, ordered, vector or ignore",
    "--column island=word": "number, category, date, text, ordered, vector or ignore",
    "--column =text": "NAME=KIND",
    "--max-epochs 3": "--epochs",
}


@pytest.mark.parametrize("option", BAD_VALUES)
def test_a_bad_value_is_exit_2_and_says_what_is_allowed(option: str, capsys: Captured) -> None:
    assert run(["train", str(PENGUINS), "-t", "species", *option.split()]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert option.split()[0] in line
    assert BAD_VALUES[option] in line
    assert not list(Path().iterdir())


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("isl=category", ["'isl'", "did you mean 'island'?"]),
        ("zzz=category", ["'zzz'", "it has 'island'"]),
        ("species=category", ["species", "the target"]),
        ("island=number", ["'island'", "'number'", "'Torgersen'", "'category'"]),
    ],
)
def test_a_column_that_cannot_be_what_was_asked_is_exit_3(
    asked: str, words: list[str], capsys: Captured
) -> None:
    assert run(["train", str(PENGUINS), "-t", "species", "--column", asked, *FAST]) == 3
    (line,) = capsys.readouterr().err.splitlines()
    for word in words:
        assert word in line


def test_a_file_that_is_no_model_is_exit_4(capsys: Captured) -> None:
    assert run(["predict", str(PENGUINS), str(PENGUINS)]) == 4
    assert "penguins.csv" in capsys.readouterr().err


def test_a_damaged_model_is_exit_4(model: Path, capsys: Captured) -> None:
    data = bytearray(model.read_bytes())
    data[-1] ^= 1
    model.write_bytes(data)
    assert run(["predict", str(model), str(PENGUINS)]) == 4
    assert "checksum" in capsys.readouterr().err


@pytest.mark.parametrize("output", ["no/such/folder/m.numlp", "."])
def test_an_output_that_cannot_be_written_is_exit_5_before_training(
    output: str, capsys: Captured
) -> None:
    assert run(["train", str(PENGUINS), "-t", "species", "-o", output]) == 5
    assert "epoch" not in capsys.readouterr().err


def test_a_model_that_is_not_there_is_exit_5(capsys: Captured) -> None:
    assert run(["predict", "none.numlp", str(PENGUINS)]) == 5
    assert "none.numlp" in capsys.readouterr().err


def test_an_interrupt_is_exit_130_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("numlp.cli.progress.Progress.update", interrupt)
    assert run(["train", str(PENGUINS), "-t", "species", *FAST[:-1]]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert list(Path().iterdir()) == []


def test_debug_shows_the_traceback(capsys: Captured) -> None:
    assert run(["train", "none.csv", "-t", "x", "--debug"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_control_characters_of_a_file_do_not_reach_the_terminal(capsys: Captured) -> None:
    text = table(header="size,h\x1b[2Jue,kind").replace("wren", "wr\x1b]0;en")
    run(["train", write("t.csv", text), "-t", "kind", *FAST])
    captured = capsys.readouterr()
    assert "\x1b" not in captured.out + captured.err


# As processes


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "numlp", *arguments]


def test_help_names_the_commands_and_the_version_is_ours() -> None:
    help_ = subprocess.run(command("--help"), capture_output=True, text=True, check=True)
    for name in ("train", "predict", "evaluate"):
        assert f"\n  numlp {name}" in help_.stdout
    assert not re.search(r"\w\.\.\.", help_.stdout)
    version = subprocess.run(command("--version"), capture_output=True, text=True, check=True)
    assert version.stdout.strip() == f"numlp {numlp.__version__}"


@pytest.mark.heavy
def test_a_reader_that_stops_early_is_no_error(model: Path) -> None:
    predict = subprocess.Popen(
        command("predict", str(model), str(PENGUINS)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert predict.stdout is not None
    predict.stdout.close()
    _, err = predict.communicate()
    assert predict.returncode == 0, err
    assert err == b""


@pytest.mark.heavy
def test_training_into_a_closed_pipe_still_saves_the_model(folder: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    train = subprocess.run(
        command("train", str(PENGUINS), "-t", "species", *FAST[:-1]),
        stdout=write_end,
        stderr=write_end,
        cwd=folder,
        check=False,
    )
    os.close(write_end)
    assert train.returncode == 0
    assert numlp.load(folder / "penguins.numlp").target == "species"
