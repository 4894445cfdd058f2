"""Labels such as NA, which may stand for none: told, and left out by ``--missing``."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import numlp
from numlp.check import check_table
from numlp.check.doubts import missing_words
from numlp.cli.main import all_commands, run
from numlp.report.origin import reproduction
from numlp.table.words import HOLES, MISSING_WORDS

from ..data.files.books import write as write_book

N = 120
FAST = ["--quality", "fast", "--epochs", "2", "-j", "1", "-q"]
NA = ["--missing", "NA"]
ROWS_WITH_NA = [5, 17, 64, 65, 90, 101]  # the first below the header is 1

Captured = pytest.CaptureFixture[str]

pytestmark = pytest.mark.filterwarnings("ignore:the net did not learn anything")


def table(**labels: str) -> pd.DataFrame:
    """Birds of two kinds; those of some rows have another word, by default NA, for their label."""
    rng = np.random.default_rng(0)
    size = rng.normal(size=N).round(3)
    kind = np.where(size + 0.3 * rng.normal(size=N) > 0, "rook", "wren").astype(object)
    kind[np.array(ROWS_WITH_NA) - 1] = labels.get("word", "NA")
    day = np.datetime64("2024-01-01") + np.arange(N)
    hue = rng.choice(["red", "NA", "blue"], N)
    return pd.DataFrame(
        {"size": size, "hue": hue, "flock": np.arange(N) // 5, "day": day.astype(str), "kind": kind}
    )


def without_na(birds: pd.DataFrame) -> pd.DataFrame:
    return birds[birds["kind"] != "NA"]


@pytest.fixture(autouse=True)
def birds(folder: Path) -> pd.DataFrame:  # noqa: ARG001 - the folder to write into
    made = table()
    made.to_csv("t.csv", index=False)
    without_na(made).to_csv("clean.csv", index=False)
    return made


def done(capsys: Captured, *command: str, code: int = 0) -> tuple[str, str]:
    """What a command writes to stdout and to stderr."""
    assert run([*command]) == code, capsys.readouterr().err
    captured = capsys.readouterr()
    return captured.out, captured.err


def check(capsys: Captured, *command: str, code: int = 0) -> Any:
    return json.loads(done(capsys, "check", *command, "--json", code=code)[0])


def train(capsys: Captured, file: str, *options: str, to: str = "m.numlp") -> str:
    """Train a model; what the command says on stderr."""
    return done(capsys, "train", file, "-t", "kind", *FAST, "-o", to, *options)[1]


def bits(path: str) -> bytes:
    """A model file, but for the words that were left out: a model of a clean table has none."""
    model = numlp.load(path)
    model.info["settings"].pop("missing", None)
    model.save("bits.numlp")
    return Path("bits.numlp").read_bytes()


LEFT_OUT = "6 of 120 rows left out: their 'kind' is 'NA'"
TOLD = (
    "'kind' is 'NA' in 6 of 120 rows, a usual word for a missing value that counts as a class "
    "here: --missing NA leaves these rows out; if it is a class, there is nothing to do"
)


# What is said of such a label


def test_a_word_for_a_missing_value_among_the_labels_is_told(capsys: Captured) -> None:
    found = check(capsys, "t.csv", "-t", "kind")
    told = [each for each in found["findings"] if each["kind"] == "missing word"]
    assert told == [
        {"level": "note", "kind": "missing word", "columns": ["kind"], "text": TOLD,
         "classes": ["NA"]},
    ]  # fmt: skip
    out, _ = done(capsys, "check", "t.csv", "-t", "kind")
    assert f". note: {TOLD}\n" in out
    assert "nothing to look at twice" not in out
    for command in ("train", "cv"):
        more = ["--folds", "2"] if command == "cv" else []
        _, err = done(capsys, command, "t.csv", "-t", "kind", *FAST, *more)
        assert err.count("'NA'") == 1
        assert f"numlp: note: {TOLD}\n" in err


def test_a_class_that_is_called_na_is_learned_and_answered(capsys: Captured) -> None:
    birds = pd.DataFrame({"x": np.arange(90.0) % 30, "land": ["ZA", "NA", "BW"] * 30})
    birds["x"] += birds["land"].map({"ZA": 0, "NA": 100, "BW": 200})
    birds.to_csv("lands.csv", index=False)
    options = ["--quality", "fast", "--epochs", "20", "-j", "1", "-q"]
    done(capsys, "train", "lands.csv", "-t", "land", *options)
    assert numlp.load("lands.numlp").classes.tolist() == ["BW", "NA", "ZA"]
    out, _ = done(capsys, "predict", "lands.numlp", "lands.csv", "-q")
    assert out.split()[1:] == birds["land"].tolist()
    _, err = done(capsys, "evaluate", "lands.numlp", "lands.csv")
    assert err == ""  # a class that a model knows needs no word


def test_several_such_words_are_one_remark_and_the_word_of_the_user_is_none() -> None:
    labels = ["a", "b", "NA", "?"] * 10 + ["unknown"] * 5
    found = check_table({"x": [*range(45)], "y": labels}, target="y")
    (told,) = [each for each in found["findings"] if each["kind"] == "missing word"]
    assert told["classes"] == ["?", "NA"]
    assert told["text"] == (
        "'y' is '?' in 10 and 'NA' in 10 of 45 rows, usual words for a missing value that count as "
        "classes here: drop these rows to leave them out; if they are classes, there is nothing to "
        "do"
    )


def test_where_no_two_other_classes_are_left_no_option_is_named(capsys: Captured) -> None:
    pd.DataFrame({"x": range(40), "y": ["+", "-"] * 20}).to_csv("signs.csv", index=False)
    (told,) = [f for f in check(capsys, "signs.csv", "-t", "y")["findings"] if "y" in f["columns"]]
    assert told["text"].endswith("as it has to: no two others are there to tell apart")
    assert "--missing" not in told["text"]


def test_the_words_are_those_that_are_missing_among_numbers() -> None:
    words = sorted((MISSING_WORDS | HOLES) - {""})
    told = [each for word in words for each in missing_words([word, "a"], np.ones(2, int), "y")]
    assert [each.classes for each in told] == [[word] for word in words]
    assert not [*missing_words(["unknown", "no", "0", "nano"], np.ones(4, int), "y")]


@pytest.mark.parametrize("word", ["?", "--", "n. a.", "#DIV/0!"])
def test_the_option_that_is_named_can_be_typed(word: str, capsys: Captured) -> None:
    table(word=word).to_csv("w.csv", index=False)
    (told,) = [
        each
        for each in check(capsys, "w.csv", "-t", "kind")["findings"]
        if each["kind"] == "missing word"
    ]
    (option,) = re.findall(r"here: (.+) leaves these rows out", told["text"])
    words = shlex.split(option)
    found = check(capsys, "w.csv", "-t", "kind", *words)
    assert found["rows"] == N - len(ROWS_WITH_NA)
    assert shlex.split(found["next"])[-2:] == words


def test_words_that_ranges_leave_out_anyway_are_no_finding(capsys: Captured) -> None:
    birds = table()
    birds["mass"] = [str(i) for i in range(N)]
    birds.loc[[3, 4], "mass"] = ["NA", "999"]
    birds.to_csv("t.csv", index=False)
    found = check(capsys, "t.csv", "-t", "mass", "--above", "50")
    assert "missing word" not in [each["kind"] for each in found["findings"]]
    assert "1 of 120 rows left out: their 'mass' is blank, or NA or its like" in found["notes"]
    found = check(capsys, "t.csv", "-t", "mass", "--above", "50", *NA, "--missing", "999")
    assert [note for note in found["notes"] if "left out" in note] == [
        "1 of 120 rows left out: their 'mass' is 'NA'",
        "1 of 120 rows left out: their 'mass' is '999'",
    ]
    assert found["rows"] == N - 2


# The option


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl", "xlsx"])
def test_the_model_is_that_of_a_table_without_these_rows_to_the_bit(
    kind: str, birds: pd.DataFrame, capsys: Captured
) -> None:
    def write(name: str, rows: pd.DataFrame) -> str:
        file = f"{name}.{kind}"
        if kind == "csv":
            rows.to_csv(file, index=False)
        elif kind == "parquet":
            rows.to_parquet(file, index=False)
        elif kind == "jsonl":
            rows.to_json(file, orient="records", lines=True)
        else:
            pytest.importorskip("python_calamine")
            write_book(Path(file), {"birds": [[*rows.columns], *rows.to_numpy().tolist()]})
        return file

    assert LEFT_OUT in train(capsys, write("whole", birds), *NA, to="a.numlp")
    assert "left out" not in train(capsys, write("part", without_na(birds)), to="b.numlp")
    assert numlp.load("a.numlp").classes.tolist() == ["rook", "wren"]
    assert bits("a.numlp") == bits("b.numlp")


def test_blank_labels_are_left_out_beside_the_words_and_each_is_counted(
    birds: pd.DataFrame, capsys: Captured
) -> None:
    birds.loc[[0, 1], "kind"] = [None, "  "]
    birds.loc[2, "kind"] = " NA "  # blanks around a label are none of it
    birds.to_csv("t.csv", index=False)
    found = check(capsys, "t.csv", "-t", "kind", "--missing", " NA", "--missing", "")
    assert [note for note in found["notes"] if "left out" in note] == [
        "7 of 120 rows left out: their 'kind' is 'NA'",
        "2 of 120 rows left out: their 'kind' is blank",
    ]
    assert [each["label"] for each in found["classes"]] == ["wren", "rook"]
    assert check(capsys, "t.csv", "-t", "kind", "--missing", "")["rows"] == N - 2


def test_a_number_is_the_same_however_it_is_spelled(capsys: Captured) -> None:
    y = [0, 1, -1] * 20
    pd.DataFrame({"x": range(60), "y": np.array(y, float)}).to_csv("points.csv", index=False)
    pd.DataFrame({"x": range(60), "y": y}).to_csv("wholes.csv", index=False)
    for file in ("points.csv", "wholes.csv"):
        found = check(capsys, file, "-t", "y", "--missing", "-1")
        assert found["rows"] == 40


def test_other_columns_are_not_looked_at(birds: pd.DataFrame, capsys: Captured) -> None:
    found = check(capsys, "t.csv", "-t", "kind", *NA)
    assert found["rows"] == N - len(ROWS_WITH_NA)
    hues = without_na(birds)["hue"]
    (hue,) = [column for column in found["columns"] if column["name"] == "hue"]
    assert hue["missing"] == (hues == "NA").mean()  # as it was


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("Na", "no 'kind' in t.csv is 'Na': did you mean 'NA'?"),
        ("unknown", "no 'kind' in t.csv is 'unknown': its labels are "),
    ],
)
@pytest.mark.parametrize("command", ["train", "check", "cv", "tune"])
def test_a_slip_of_the_keys_is_a_fault_where_a_model_is_to_be_trained(
    command: str, word: str, told: str, capsys: Captured
) -> None:
    more = ["--minutes", "1"] if command == "tune" else []
    _, err = done(capsys, command, "t.csv", "-t", "kind", "--missing", word, *more, code=3)
    assert f"numlp: --missing {word}: {told}" in err
    assert not Path("t.numlp").exists()


def test_the_most_frequent_labels_are_named_and_blank_ones_are_mentioned(capsys: Captured) -> None:
    labels = [f"k{i}" for i in range(8) for _ in range(i + 1)] + [""] * 4
    pd.DataFrame({"x": range(40), "y": labels}).to_csv("many.csv", index=False)
    _, err = done(capsys, "check", "many.csv", "-t", "y", "--missing", "NaN", code=3)
    told = "(blank ones are left out unasked): its most frequent labels are 'k7', 'k6'"
    assert f"no 'y' in many.csv is 'NaN' {told}" in err


def test_to_leave_out_every_label_is_a_fault(capsys: Captured) -> None:
    words = ["--missing", "rook", "--missing", "wren", *NA]
    _, err = done(capsys, "train", "t.csv", "-t", "kind", *words, code=3)
    assert "every cell of the target column 'kind' is blank, or left out by --missing" in err


def test_rows_keep_their_numbers_where_rows_are_left_out(
    birds: pd.DataFrame, capsys: Captured
) -> None:
    birds["day"] = birds["day"].where(birds.index != 69)  # row 70, behind four that are left out
    birds.to_csv("t.csv", index=False)
    _, err = done(capsys, "train", "t.csv", "-t", "kind", *FAST, "--time", "day", *NA, code=3)
    assert "'day' is missing in row 70" in err
    birds["day"] = birds["day"].where(~birds.index.isin([4, 69]), "2024-03-01")
    birds.loc[4, "day"] = None  # of a row that is left out
    birds.to_csv("t.csv", index=False)
    assert LEFT_OUT in train(capsys, "t.csv", "--time", "day", *NA)


def test_groups_and_weights_are_those_of_the_rows_that_stay(
    birds: pd.DataFrame, capsys: Captured
) -> None:
    roles = ["--group", "flock", "--weight", "w"]
    birds["w"] = np.where(birds["kind"] == "NA", 9.0, 1 + birds.index % 3)
    birds.to_csv("t.csv", index=False)
    without_na(birds).to_csv("clean.csv", index=False)
    train(capsys, "t.csv", *roles, *NA, to="a.numlp")
    train(capsys, "clean.csv", *roles, to="b.numlp")
    assert bits("a.numlp") == bits("b.numlp")


# Rows to be scored


def figures(capsys: Captured, model: str, file: str, *options: str) -> tuple[Any, str]:
    """The figures of ``evaluate``, but for the names of the files, and what it says on stderr."""
    out, err = done(capsys, "evaluate", model, file, "--json", *options)
    found = json.loads(out)
    del found["model"], found["file"]
    return found, err


def test_commands_that_score_leave_the_same_rows_out(birds: pd.DataFrame, capsys: Captured) -> None:
    train(capsys, "clean.csv")  # a model that does not know the word, as one of pandas
    for command in ("evaluate", "report", "explain"):
        _, err = done(capsys, command, "m.numlp", "t.csv", code=3)
        assert "has 'NA', which the model was not trained on: it knows 'rook', 'wren'. " in err
        assert err.endswith("--missing NA leaves these rows out\n")
        _, err = done(capsys, command, "m.numlp", "t.csv", *NA)
        assert err == f"numlp: {LEFT_OUT}\n"
    assert figures(capsys, "m.numlp", "t.csv", *NA)[0] == figures(capsys, "m.numlp", "clean.csv")[0]
    out, _ = done(capsys, "evaluate", "m.numlp", "t.csv", *NA)
    assert out.endswith("next       numlp report m.numlp t.csv --missing NA\n")
    done(capsys, "report", "m.numlp", "t.csv", *NA)
    row = r'<tr><th scope="row" class="number">(\d+)</th><td>\w+</td><td[^>]*>[^<]+</td><td>(\w+)<'
    mistakes = re.findall(row, Path("report.html").read_text())
    assert max(int(number) for number, _ in mistakes) > ROWS_WITH_NA[0]
    assert all(birds["kind"][int(number) - 1] == true for number, true in mistakes)


def test_a_model_leaves_out_what_its_training_left_out(capsys: Captured) -> None:
    train(capsys, "t.csv", *NA)
    known, err = figures(capsys, "m.numlp", "t.csv")
    assert err == "numlp: 6 of 120 rows left out, as in training: their 'kind' is 'NA'\n"
    clean, err = figures(capsys, "m.numlp", "clean.csv")
    assert (clean, err) == (known, "")
    assert "missing=['NA']" in done(capsys, "inspect", "m.numlp")[0]


def test_a_word_that_no_row_to_be_scored_has_is_a_note(capsys: Captured) -> None:
    train(capsys, "clean.csv")
    found, err = figures(capsys, "m.numlp", "clean.csv", *NA)
    told = "no 'kind' in clean.csv is 'NA': its labels are 'rook', 'wren'"
    assert err == f"numlp: --missing NA: {told}\n"
    assert found == figures(capsys, "m.numlp", "clean.csv")[0]


def test_a_row_is_explained_without_its_label_and_the_option_is_said_to_be_idle(
    capsys: Captured,
) -> None:
    train(capsys, "clean.csv")
    plain, _ = done(capsys, "explain", "m.numlp", "t.csv", "--row", "3")
    out, err = done(capsys, "explain", "m.numlp", "t.csv", "--row", "3", *NA)
    assert out == plain
    assert "numlp: --missing changes nothing with --row, where no label is read\n" in err


# Where the option is handed on


def test_the_next_command_the_page_and_a_file_of_options_have_the_words(capsys: Captured) -> None:
    words = [*NA, "--missing", "wr en"]
    birds = table()
    birds.loc[birds.index % 10 == 0, "kind"] = "wr en"
    birds.to_csv("t.csv", index=False)
    found = check(capsys, "t.csv", "-t", "kind", *words)
    assert found["next"] == "numlp train t.csv --target kind --missing NA --missing 'wr en'"
    out, _ = done(capsys, "cv", "t.csv", "-t", "kind", *FAST, "--folds", "2", *words)
    assert " --missing NA --missing 'wr en' " in out.splitlines()[-1]
    train(capsys, "t.csv", *words)
    whole = Path("m.numlp").read_bytes()
    Path("c.toml").write_text('missing = ["NA", "wr en"]\n')
    train(capsys, "t.csv", "--config", "c.toml")
    assert Path("m.numlp").read_bytes() == whole
    model = numlp.load("m.numlp")
    assert isinstance(model, numlp.Model)
    command = shlex.split(reproduction(model, {}, "kind")["train"].replace("TABLE.csv", "t.csv"))
    assert run([*command[1:], "-q", "-o", "again.numlp"]) == 0
    assert Path("again.numlp").read_bytes() == whole
    capsys.readouterr()
    Path("c.toml").write_text('missing = "NA"\n')
    _, err = done(capsys, "check", "t.csv", "--config", "c.toml", code=2)
    assert "missing is 'NA', but it has to be a list of texts such as [\"NA\"]" in err


def test_the_model_of_a_search_remembers_the_words_too(capsys: Captured) -> None:
    done(capsys, "tune", "t.csv", "-t", "kind", "--minutes", "0.0001", *FAST, *NA)
    assert numlp.load("t.numlp").info["settings"]["missing"] == ["NA"]


def test_each_command_that_reads_labels_has_the_option_and_no_other() -> None:
    having = {
        name
        for name, command in all_commands().items()
        if any("--missing" in param.opts for param in command.params)
    }
    reading = {
        name
        for name, command in all_commands().items()
        if any("--target" in param.opts for param in command.params)
    }
    labelled = {"check", "train", "cv", "tune", "evaluate", "report", "explain", "play"}
    assert having == reading == labelled
