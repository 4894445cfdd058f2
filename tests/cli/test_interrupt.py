"""What Ctrl-C does while a command runs: told at once, over soon, and nothing half on the disk."""

import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from numlp.cli import interrupt
from numlp.cli.main import run
from numlp.ensemble import group
from numlp.nn import CosLog

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"
TRAIN = ["train", str(PENGUINS), "-t", "species", "--quality", "fast", "-o", "m"]
NOTE = "numlp: stopping; interrupt again to stop at once\n"
OVER = "numlp: interrupted; nothing was written\n"
Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(interrupt, "GRACE", 3600.0)  # this process is not to be ended
    return tmp_path


def test_training_ends_after_the_batch_that_it_is_at(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    batches, told = [], threading.Event()

    def at_batch(_: CosLog, step: int) -> float:
        batches.append(step)
        if len(batches) == 1:
            told.wait(0.5)  # a signal on the way into the wait for this thread is heard after it
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        told.wait(60)  # until the main thread has told the threads to end
        return 0.0

    def leave(stop: Any, *_: object) -> None:
        stop._asked = True
        told.set()

    monkeypatch.setattr(CosLog, "__call__", at_batch)
    monkeypatch.setattr(group.Stop, "__exit__", leave)
    before = threading.enumerate()
    assert run([*TRAIN, "--jobs", "2"]) == 130
    assert len(batches) <= 2  # one of each thread
    left = [thread for thread in threading.enumerate() if thread not in before]
    for thread in left:  # it may be at its last line yet
        thread.join(60)
    assert not any(thread.is_alive() for thread in left)
    assert capsys.readouterr().err.endswith(NOTE + OVER)
    assert list(Path().iterdir()) == []


COMMANDS = {
    "numlp.cli.data.files.read": [
        TRAIN, ["cv", str(PENGUINS), "-t", "species"], ["check", str(PENGUINS)],
        ["tune", str(PENGUINS), "-t", "species", "--minutes", "9"],
    ],
    "numlp.table.table.Table.fit": [TRAIN, ["cv", str(PENGUINS), "-t", "species"]],
    "numlp.ensemble.learning.Ensemble": [TRAIN, ["cv", str(PENGUINS), "-t", "species"]],
    "numlp.tabular.classifier.conclude": [TRAIN],
}  # fmt: skip


@pytest.mark.parametrize(
    ("place", "command"), [(place, c) for place, commands in COMMANDS.items() for c in commands]
)
def test_wherever_a_command_is_it_ends_and_nothing_is_written(
    place: str, command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(place, interrupted)
    short = ["--quality", "fast", "--epochs", "1"] if command[0] != "check" else []
    assert run([*command, *short, "-q"][: None if short else -1]) == 130
    assert capsys.readouterr().err.endswith(NOTE + OVER)
    assert list(Path().iterdir()) == []


PROGRAM = """
import sys, threading
from pathlib import Path
from numlp.cli import interrupt
from numlp.cli.main import Commands, run
from numlp.common.unfinished import unfinished

interrupt.GRACE = float(sys.argv[1])

def stuck(*_):
    Path("scratch").mkdir()
    Path("half").touch()
    with unfinished(Path("scratch")), unfinished(Path("half")):
        while True:  # as a call into C that does not come back
            try:
                print("stuck", flush=True)
                threading.Event().wait()
            except KeyboardInterrupt:
                pass

Commands.get_command = stuck
run(["train"])
"""


@pytest.mark.parametrize(("grace", "n_signals"), [(0.01, 1), (3600, 2)])
def test_a_main_thread_that_does_not_come_back_is_ended_and_by_the_second_signal_at_once(
    grace: float, n_signals: int, folder: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(grace)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.stderr.readline() == NOTE  # at once, wherever the main thread is
    if n_signals == 2:
        process.send_signal(signal.SIGINT)
    assert process.communicate()[1] == OVER
    assert process.returncode == 130
    assert list(folder.iterdir()) == []


def test_answers_written_before_ctrl_c_are_not_called_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    assert run([*TRAIN, "--epochs", "1", "-q"]) == 0
    monkeypatch.setattr(
        "numlp.cli.commands.predict.CellNote.added", lambda _: signal.raise_signal(signal.SIGINT)
    )
    capsys.readouterr()
    assert run(["predict", "m", str(PENGUINS)]) == 130
    assert capsys.readouterr().err == NOTE + "numlp: interrupted; the answers are not complete\n"
    assert run(["predict", "m", str(PENGUINS), "-o", "answers.csv"]) == 130
    assert capsys.readouterr().err == NOTE + OVER
    assert [path.name for path in Path().iterdir()] == ["m"]


def test_a_signal_after_the_last_epoch_of_a_kept_run_says_how_to_resume(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    kept = [*TRAIN, "--epochs", "2", "--checkpoint", "c"]

    def at_end(_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr("numlp.tabular.fit_warnings.of_training", lambda *_: at_end(None))
        assert run(kept) == 130
    assert "interrupted; to resume: numlp train" in capsys.readouterr().err
    assert [path.name for path in Path().iterdir()] == ["c"]
    assert run([*TRAIN, "--epochs", "2", "--resume", "c"]) == 0
