"""`numlp train` and `numlp predict` with --cluster: on this machine, and on real processes of Dask.

All runs share one scheduler with two workers; starting one takes two seconds.
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import numlp
from numlp.cli.clustered import REFUSED, labelled
from numlp.cli.labelled import read_labelled
from numlp.cli.learning import Cut
from numlp.cli.main import all_commands, run
from numlp.cli.options import Reading
from numlp.errors import DataError
from numlp.scale import files
from numlp.storage import container

pytest.importorskip("distributed")
pd = pytest.importorskip("pandas")
pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

Captured = pytest.CaptureFixture[str]
TRAIN = ["train", "part-*.parquet", "-t", "kind", "--quality", "fast", "--epochs", "3"]
N = 300  # rows of a file


def frame(number: int) -> Any:
    rng = np.random.default_rng(number)
    size, hue = rng.normal(size=N), rng.choice(["red", "green", "blue"], N)
    kind = np.where(size + (hue == "red") + 0.3 * rng.normal(size=N) > 0.3, "rook", "wren")
    kind = kind.astype(object)
    if number == 2:
        kind[:7], kind[7], kind[8] = None, "  ", " wren"
    return pd.DataFrame(
        {
            "id": np.arange(N) + number * N,
            "size": size,
            "hue": hue,
            "place": rng.integers(0, 30, N),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, N), "D"),
            "w": rng.uniform(0, 2, N),
            "kind": kind,
        }
    )


@pytest.fixture(autouse=True)
def table(folder: Path) -> Path:
    for number in range(4):
        own = frame(number)
        own = own[own.columns[::-1]] if number == 1 else own  # in another order
        own.to_parquet(folder / f"part-{number}.parquet")
    return folder


def wait_until(is_so: Callable[[], bool], process: subprocess.Popen[Any] | None = None) -> None:
    """Wait until something is so; the process has to live as long."""
    while not is_so():
        assert process is None or process.poll() is None
        time.sleep(0.02)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a scheduler with two workers, all processes of their own.

    The workers have two threads of BLAS, where those of a nanny of Dask have one: the bits of a
    model must not depend on that.
    """
    where = tmp_path_factory.mktemp("cluster")
    known = where / "scheduler.json"
    shared = ["--host", "127.0.0.1", "--scheduler-file", str(known), "--no-dashboard"]
    worker = [
        "dask_worker",
        *shared,
        "--nthreads",
        "1",
        "--no-nanny",
        "--local-directory",
        str(where),
    ]
    commands = [["dask_scheduler", *shared, "--port", "0"], worker, worker]
    path = os.pathsep.join(filter(None, map(os.fspath, sys.path)))
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{module}", *options],
            cwd=where,
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "2"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for module, *options in commands
    ]
    wait_until(lambda: known.exists() and known.read_text().endswith("}"), processes[0])
    yield json.loads(known.read_text())["address"]
    for process in processes:  # they have nothing to keep, and would take their time to end
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def trained(cluster: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str, str]:
    """The model of ``TRAIN`` on the cluster, and what the command printed."""
    where = tmp_path_factory.mktemp("trained")
    for number in range(4):
        own = frame(number)
        (own[own.columns[::-1]] if number == 1 else own).to_parquet(
            where / f"part-{number}.parquet"
        )
    command = [sys.executable, "-m", "numlp", *TRAIN, "--cluster", cluster]
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=True)
    return (where / "part.numlp").read_bytes(), done.stdout, done.stderr


# Training


def test_the_report_is_that_of_any_training_with_rounds_for_epochs(
    trained: tuple[bytes, str, str],
) -> None:
    _, out, err = trained
    assert out.startswith("1,192 rows; ")
    assert "after round" in out or "after one of the rounds" in out
    assert "rounds were over; " in out
    assert "epoch" not in out + err
    assert "numlp: 8 of 1,200 rows left out: their 'kind' is blank\n" in err
    assert "numlp: blanks around 1 label of 'kind' removed\n" in err
    assert "round 1 of " in err
    assert " rows/s, " in err


def test_a_cluster_of_this_machine_gives_the_same_bits_as_one_of_others(
    trained: tuple[bytes, str, str], capsys: Captured
) -> None:
    assert run([*TRAIN, "--cluster", "local", "-o", "m.numlp"]) == 0
    assert Path("m.numlp").read_bytes() == trained[0]
    assert "numlp: a cluster of " in capsys.readouterr().err
    assert run(["inspect", "m.numlp"]) == 0
    assert "rounds; its " in capsys.readouterr().out


@pytest.mark.parametrize(
    "options",
    [
        ["--group", "place", "--weight", "w", "--metric", "f1", "--positive", "wren"],
        ["--time", "day", "--cost-fn", "5", "--decimal", ".", "--column", "id=ignore"],
        ["--class-weight", "balanced", "--time-limit", "1", "--seed", "3", "-v"],
    ],
)
def test_options_of_learning_are_those_of_any_training(
    options: list[str], cluster: str, capsys: Captured
) -> None:
    assert run([*TRAIN, "--cluster", cluster, "-q", "-o", "m.numlp", *options]) == 0
    out = capsys.readouterr().out
    assert {"--group": "by place", "--time": "later by day", "--class-weight": "why"}[
        options[0]
    ] in out
    settings = numlp.load("m.numlp").info["settings"]
    assert ("limit      1 s were enough for " in out) == (settings["time_limit"] is not None)
    assert settings.get("columns") == ({"id": "ignore"} if "--column" in options else None)


def test_a_run_whose_driver_was_killed_goes_on_to_the_same_bits(
    trained: tuple[bytes, str, str], cluster: str, capsys: Captured
) -> None:
    command = [*TRAIN, "--cluster", cluster, "--checkpoint-every", "0", "-q", "-o", "m.numlp"]
    process = subprocess.Popen(
        [sys.executable, "-m", "numlp", *command, "--checkpoint", "run"], stderr=subprocess.DEVNULL
    )
    wait_until(Path("run").exists, process)
    process.kill()
    process.wait()
    capsys.readouterr()
    assert run(["inspect", "run"]) == 0
    assert "so far     round " in capsys.readouterr().out
    assert run([*command, "--resume", "run"]) == 0
    assert Path("m.numlp").read_bytes() == trained[0]
    assert not Path("run").exists()


def is_there(group: int) -> bool:
    """Whether a process of the group lives yet."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.heavy
@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_of_a_terminal_ends_the_run_and_no_process_is_left(
    times: int, trained: tuple[bytes, str, str]
) -> None:
    command = [*TRAIN, "--cluster", "local", "-o", "m.numlp", "--checkpoint-every", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "numlp", *command, "--checkpoint", "run"],
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    wait_until(Path("run").exists, process)
    for _ in range(times):
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to all processes
        time.sleep(0.2)
    errors = process.communicate()[1]
    assert process.returncode == 130
    assert "Traceback" not in errors
    again = f"numlp {shlex.join(command)} --resume run"
    assert f"numlp: interrupted; to resume: {again}\n" in errors
    assert container.read("run", kind="checkpoint")[0]["state"]["ensemble"]["epoch"] >= 1
    wait_until(lambda: not is_there(process.pid))
    assert run([*command, "-q", "--resume", "run"]) == 0
    assert Path("m.numlp").read_bytes() == trained[0]


# Predicting


@pytest.fixture
def model(trained: tuple[bytes, str, str]) -> Any:
    Path("m.numlp").write_bytes(trained[0])
    return numlp.load("m.numlp")


def test_answers_are_those_of_the_model_and_stand_beside_the_columns_that_are_kept(
    model: Any, cluster: str, capsys: Captured
) -> None:
    command = ["predict", "m.numlp", "part-*.parquet", "--cluster", cluster, "-o", "answers"]
    Path("answers").mkdir()  # an empty folder will do
    assert run([*command, "--proba", "--keep", "day", "--keep", "id"]) == 0
    assert "next: numlp evaluate m.numlp" in capsys.readouterr().err
    written = sorted(path.name for path in Path("answers").iterdir())
    assert written == [f"part-0000{number}.parquet" for number in range(4)]
    found = pd.read_parquet("answers")
    assert list(found) == ["day", "id", "kind", "proba_rook", "proba_wren"]
    whole = pd.concat([frame(number) for number in range(4)])
    assert found["id"].tolist() == whole["id"].tolist()
    assert (found["day"].to_numpy() == whole["day"].to_numpy()).all()
    P = model.predict_proba(whole)
    assert found["kind"].tolist() == model.classes[model.decide(P)].tolist()
    assert np.abs(found[["proba_rook", "proba_wren"]].to_numpy() - P).max() < 1e-6
    assert not list(Path().glob(".answers*"))


@pytest.mark.usefixtures("model")
def test_a_threshold_moves_the_answers(cluster: str) -> None:
    command = ["predict", "m.numlp", "part-0.parquet", "--cluster", cluster, "-q"]
    assert run([*command, "-o", "answers", "--threshold", "0.999999"]) == 0
    assert set(pd.read_parquet("answers")["kind"]) == {"rook"}


def test_a_file_of_mlpclassifier_answers_too(cluster: str) -> None:
    X = np.concatenate([frame(number)[["size", "w"]].to_numpy() for number in range(4)])
    y = X[:, 0] > 0
    numlp.MLPClassifier((4,), solver="lbfgs", max_iter=200, random_state=0).fit(
        pd.DataFrame(X, columns=["size", "w"]), y
    ).save("net.numlp")
    command = ["predict", "net.numlp", "part-*.parquet", "--cluster", cluster, "-o", "a", "-q"]
    assert run(command) == 0
    found = pd.read_parquet("a")["prediction"]
    assert found.dtype == bool
    assert (found.to_numpy() == y).mean() > 0.95


@pytest.mark.usefixtures("model")
def test_a_fault_in_one_file_names_it_and_leaves_no_folder(cluster: str, capsys: Captured) -> None:
    broken = frame(3)
    broken.loc[5, "size"] = np.inf
    broken.to_parquet("part-3.parquet")
    command = ["predict", "m.numlp", "part-*.parquet", "--cluster", cluster, "-o", "a", "-q"]
    assert run(command) == 3
    assert "part-3.parquet: column 'size'" in capsys.readouterr().err
    assert not [path for path in Path().iterdir() if path.suffix not in (".parquet", ".numlp")]
    assert run([*TRAIN, "--cluster", cluster, "-q"]) == 3
    assert "part-3.parquet: column 'size'" in capsys.readouterr().err


# The page


PAGE = (Path(__file__).parents[2] / "docs" / "cluster.md").read_text(encoding="utf-8")


def test_the_commands_of_the_page_run(cluster: str) -> None:
    Path("trips").mkdir()
    for number in range(4):
        frame(number).rename(columns={"kind": "paid"}).to_parquet(f"trips/part-{number}.parquet")
    (commands,) = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    for command in commands.splitlines():
        program, *arguments = shlex.split(command.replace("tcp://scheduler:8786", cluster))
        assert program == "numlp"
        fast = ["--quality", "fast", "--epochs", "1"] * (arguments[0] == "train")
        assert run([*arguments, *fast]) == 0
    found = pd.read_parquet("answers")
    assert list(found) == ["id", "paid", "proba_rook", "proba_wren"]
    assert len(found) == 4 * N


def test_the_page_names_all_options_that_are_refused_and_those_that_are_there() -> None:
    rows = re.findall(r"^\| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE)
    refused = {o for options, what in rows if "refused" in what for o in options_in(options)}
    assert refused == {f"--{name}" for name in REFUSED}
    there = {o for command in all_commands().values() for p in command.params for o in p.opts}
    of_dask = {"--nworkers", "--nthreads", "--local-directory"}
    assert options_in(PAGE) - of_dask <= there


def options_in(text: str) -> set[str]:
    return set(re.findall(r"(?<=[` ])--[a-z][a-z-]+", text))


# What is refused, before a cluster is asked


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--jobs", "2"], "--jobs cannot be had with --cluster: "),
        (["--bins", "3"], "--bins cannot be had with --cluster: "),
        (["--above", "3"], "--above cannot be had with --cluster: "),
        (["--delimiter", ";"], "--delimiter cannot be had with --cluster: "),
        (["--encoding", "cp1252"], "--encoding cannot be had with --cluster: "),
        (["--sheet", "A"], "--sheet cannot be had with --cluster: "),
        (["--cluster", "scheduler"], "--cluster: 'scheduler' is not the address of a scheduler"),
    ],
)
def test_options_that_cannot_be_had_are_refused_by_name(
    options: list[str], told: str, capsys: Captured
) -> None:
    assert run([*TRAIN, "--cluster", "tcp://127.0.0.1:1", *options]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "a cluster writes a folder of Parquet files, and not to stdout: name it with -o"),
        (["-o", "full"], "the folder full has something in it"),
        (["-o", "m.numlp"], "m.numlp is a file, and a cluster writes a folder"),
        (["-o", "a", "--coverage", "0.9"], "--coverage cannot be had with --cluster"),
        (["-o", "a", "--raw"], "--raw cannot be had with --cluster"),
        (["-o", "a", "--keep", "kind"], "the answers have a column of that name"),
    ],
)
def test_what_predict_cannot_do_is_refused_by_name(
    options: list[str], told: str, capsys: Captured
) -> None:
    Path("full").mkdir()
    Path("full/x").touch()
    command = ["predict", "m.numlp", "part-*.parquet", "--cluster", "tcp://127.0.0.1:1"]
    assert run([*command, *options]) == 2
    assert told in capsys.readouterr().err


def test_a_file_of_another_format_is_refused_and_the_line_says_how_to_make_parquet(
    capsys: Captured,
) -> None:
    pytest.importorskip("duckdb")
    pd.concat([frame(0), frame(1)]).to_csv("part-0.csv", index=False)
    assert run(["train", "part-0.csv", "-t", "kind", "--cluster", "local"]) == 3
    told = capsys.readouterr().err
    assert "numlp: part-0.csv is not a Parquet file: " in told
    program = shlex.split(told.partition("a cluster reads Parquet alone; ")[2])
    assert program[:2] == ["python", "-c"]
    Path("part-0.parquet").unlink()
    exec(program[2], {})  # noqa: S102 - what the message says
    assert pq.ParquetFile("part-0.parquet").metadata.num_rows == 2 * N


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t.drop(columns="hue"), "part-3.parquet has no column 'hue', which part-0"),
        (lambda t: t.assign(more=1), "part-3.parquet has a column 'more', which part-0.parquet ha"),
        (lambda t: t.assign(size="big"), "column 'size' has words in part-3.parquet, and numbers"),
        (lambda t: t.assign(hue=t["day"]), "column 'hue' has times in part-3.parquet, and words"),
    ],
)
def test_a_file_with_other_columns_is_named(change: Any, told: str, capsys: Captured) -> None:
    change(frame(3)).to_parquet("part-3.parquet")
    assert run([*TRAIN, "--cluster", "local"]) == 3
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["-t", "kin"], "has no column 'kin': did you mean 'kind'?"),
        (["--group", "plac"], "--group plac: part-*.parquet has no such column"),
        (["--column", "hu=category"], "part-*.parquet has no column 'hu'"),
    ],
)
def test_a_column_that_is_not_there_is_found_out_first(
    options: list[str], told: str, capsys: Captured
) -> None:
    assert run([*TRAIN, "--cluster", "local", *options]) == 3
    errors = capsys.readouterr().err
    assert told in errors
    assert "a cluster of" not in errors


@pytest.mark.parametrize("start", [b"PAR1", b"PAR1 and more, and not PAR1"])
def test_a_damaged_file_is_named(start: bytes, capsys: Captured) -> None:
    Path("part-1.parquet").write_bytes(start)
    assert run([*TRAIN, "--cluster", "local"]) == 3
    assert "numlp: part-1.parquet is damaged: " in capsys.readouterr().err


def test_a_quantity_is_refused_with_what_to_do(cluster: str, capsys: Captured) -> None:
    command = ["train", "part-*.parquet", "-t", "size", "--cluster", cluster]
    assert run(command) == 3
    assert "make a column of ranges in the files; --as-classes" in capsys.readouterr().err


def test_a_scheduler_that_does_not_answer_is_exit_8(capsys: Captured) -> None:
    from dask import config

    with config.set({"distributed.comm.timeouts.connect": "100ms"}):
        assert run([*TRAIN, "--cluster", "tcp://127.0.0.1:1"]) == 8
        assert "no scheduler answers at tcp://127.0.0.1:1 (" in capsys.readouterr().err
        assert run([*TRAIN, "--cluster", "tls://127.0.0.1:1"]) == 8
        assert "under distributed.comm.tls?" in capsys.readouterr().err


def test_dask_is_not_imported_without_a_cluster() -> None:
    frame(0).dropna().to_csv("t.csv", index=False)
    program = (
        "import sys; from numlp.cli.main import run; "
        "code = run(['train', 't.csv', '-t', 'kind', '--quality', 'fast', '--epochs', '1', '-q']); "
        "sys.exit(code or [n for n in sys.modules if n.startswith(('dask', 'distributed'))] or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


# The table


@pytest.fixture(scope="module")
def client(cluster: str) -> Iterator[Any]:
    from distributed import Client

    with Client(cluster) as client:
        yield client


LABELS = {
    "words": pa.array(["a", None, "b ", "a", "", "b"]),
    "categories": pa.array(["a", None, "b", "a", "c", "b"]).dictionary_encode(),
    "booleans": pa.array([True, None, False, True, True, False]),
    "truths in words": pa.array(["TRUE", "false", "true", "True", None, "False"]),
    "whole numbers": pa.array([3, None, 1, 3, 2, 1]),
    "numbers with a point": pa.array([3.0, None, 1.0, 3.0, 2.0, 1.0]),
    "numbers in two spellings": pa.array(["1", "1.0", "2", "2.0", None, "1"]),
}


@pytest.mark.parametrize("name", LABELS)
def test_labels_are_read_as_in_memory(name: str, client: Any) -> None:
    own = pa.table({"x": np.arange(60.0), "y": pa.concat_arrays([LABELS[name]] * 10)})
    for number in range(2):
        pq.write_table(own.slice(number * 30, 30), f"labels-{number}.parquet", row_group_size=7)
    paths = sorted(Path().glob("labels-*"))
    expected = read_labelled(paths, "y", Reading(), Cut(), {}, None, {}).labels
    found = labelled(client, files.parquet_table(paths), paths, "y", (), as_classes=False)
    assert found.classes.tolist() == expected.classes.tolist()
    assert found.counts.tolist() == np.bincount(expected.y).tolist()
    read = found.frame.compute()
    assert read["y"].tolist() == expected.classes[expected.y].tolist()
    labels = own["y"].to_pylist()
    assert read["x"].tolist() == [x for x in range(60) if labels[x] not in (None, "")]


def test_words_that_stand_for_no_label_are_left_out_and_told_as_in_memory(
    client: Any, capsys: Captured
) -> None:
    y = ["a", "NA", None, " b", "NA", "?"] * 10
    own = pa.table({"x": np.arange(60.0), "y": pa.array(y)})
    pq.write_table(own, "labels.parquet", row_group_size=7)
    paths = [Path("labels.parquet")]
    table = files.parquet_table(paths)
    for missing in ((), ("NA",), ("NA", "?")):
        expected = read_labelled(paths, "y", Reading(), Cut(), {}, None, {}, missing).labels
        in_memory = [line for line in capsys.readouterr().err.splitlines() if "read so" not in line]
        found = labelled(client, table, paths, "y", missing, as_classes=False)
        assert sorted(capsys.readouterr().err.splitlines()) == sorted(in_memory)
        assert found.counts.tolist() == np.bincount(expected.y).tolist()
        assert found.frame.compute()["y"].tolist() == expected.classes[expected.y].tolist()
    with pytest.raises(DataError, match=r"--missing Na: no .+ did you mean"):
        labelled(client, table, paths, "y", ("Na",), as_classes=False)
    with pytest.raises(DataError, match="'y' is blank, or left out by --missing"):
        labelled(client, table, paths, "y", (*"ab?", "NA"), as_classes=False)


def test_row_groups_of_a_file_are_parted_by_their_size(monkeypatch: pytest.MonkeyPatch) -> None:
    own = pa.table({"x": np.random.default_rng(0).normal(size=1000)})
    pq.write_table(own, "t.parquet", row_group_size=100)
    assert len(files.parquet_table([Path("t.parquet")]).pieces) == 1
    size = pq.ParquetFile("t.parquet").metadata.row_group(0).total_byte_size
    monkeypatch.setattr(files, "PIECE_BYTES", 3 * size)
    table = files.parquet_table([Path("t.parquet")])
    assert [piece.groups for piece in table.pieces] == [(0, 1, 2), (3, 4, 5), (6, 7, 8), (9,)]
    assert [piece.n_rows for piece in table.pieces] == [300, 300, 300, 100]
    assert table.told(1).endswith("t.parquet, row groups 3 to 5")
    assert str(table) == "1,000 rows in 4 partitions"
    whole = [files.read_piece(piece, ["x"])["x"].to_numpy() for piece in table.pieces]
    assert (np.concatenate(whole) == own["x"].to_numpy()).all()


def test_what_cells_are_does_not_depend_on_how_a_file_holds_them() -> None:
    import datetime
    import decimal

    day = datetime.date(2024, 1, 31)
    own = pa.table(
        {
            "price": pa.array([decimal.Decimal("0.35")]),
            "day": pa.array([day]),
            "emb": pa.array([[1.0, 2.0]]),
        }
    )
    read = files.as_frame(own)
    assert read["price"].tolist() == [0.35]
    assert read["day"].dtype.kind == "M"
    assert read["emb"][0].tolist() == [1.0, 2.0]


def test_a_file_that_a_worker_does_not_see_is_told() -> None:
    with pytest.raises(DataError, match="it is not there on a worker: every machine"):
        files.read_piece(files.Piece("/none/part-0.parquet", (0,), 1), ["x"])


def test_two_columns_of_one_name_and_files_without_rows_are_refused() -> None:
    pq.write_table(pa.Table.from_arrays([pa.array([1])] * 2, ["x", "x"]), "two.parquet")
    with pytest.raises(DataError, match="several columns are called 'x'"):
        files.parquet_table([Path("two.parquet")])
    pq.write_table(pa.table({"x": pa.array([], pa.int64())}), "none.parquet")
    with pytest.raises(DataError, match=r"none.parquet have? no rows"):
        files.parquet_table([Path("none.parquet")])
