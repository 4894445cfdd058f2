"""`numlp train --checkpoint` and `--resume`, and what a signal does."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from numlp.cli.main import run
from numlp.nn import Epoch
from numlp.storage import container

from ..programs.kill_loop import kill

ROOT = Path(__file__).parents[2]
PENGUINS = ROOT / "examples" / "penguins.csv"
TRAIN = ["train", str(PENGUINS), "-t", "species", "--quality", "fast", "--epochs", "8", "-o", "m"]
KEPT = ["--checkpoint", "run.ckpt", "--checkpoint-every", "0"]
Captured = pytest.CaptureFixture[str]


def interrupted_at(number: int, monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    """Exit code of training that gets SIGTERM during the epoch before this one ends."""

    def send(_: object, epoch: Epoch) -> None:
        if epoch.number == number:
            os.kill(os.getpid(), signal.SIGTERM)

    with monkeypatch.context() as patch:
        patch.setattr("numlp.cli.progress.Progress.update", send)
        return run([*TRAIN, *options])


def test_an_interrupted_run_goes_on_to_the_same_file(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    assert run([*TRAIN, "-q"]) == 0
    expected = Path("m").read_bytes()
    Path("m").unlink()
    assert interrupted_at(5, monkeypatch, *KEPT) == 130
    errors = capsys.readouterr().err
    assert "stopping after this epoch; interrupt again to stop at once" in errors
    again = f"numlp {' '.join(TRAIN)} --checkpoint-every 0 --resume run.ckpt"
    assert f"numlp: interrupted; to resume: {again}\n" in errors
    assert [path.name for path in Path().iterdir()] == ["run.ckpt"]
    state = container.read("run.ckpt", kind="checkpoint")[0]["state"]
    assert state["ensemble"]["epoch"] == 5
    assert run(again.split()[1:]) == 0
    assert capsys.readouterr().err.startswith("reading penguins.csv\nepoch 6 of 8")
    assert Path("m").read_bytes() == expected
    assert [path.name for path in Path().iterdir()] == ["m"]


def test_without_a_checkpoint_a_signal_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    assert interrupted_at(2, monkeypatch) == 130
    assert capsys.readouterr().err.endswith("numlp: interrupted; nothing was written\n")
    assert list(Path().iterdir()) == []


def test_a_signal_means_to_others_what_it_did_before(monkeypatch: pytest.MonkeyPatch) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    interrupted_at(2, monkeypatch, *KEPT)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.heavy
def test_a_second_signal_ends_at_once(folder: Path) -> None:
    command = [sys.executable, "-m", "numlp", *TRAIN, "--epochs", "100000", *KEPT]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
    while not Path("run.ckpt").exists():
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGSTOP)  # so that both arrive before an epoch can end
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCONT):
        process.send_signal(number)
    errors = process.communicate()[1]
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert container.read("run.ckpt", kind="checkpoint")[0]["state"]["ensemble"]["epoch"] >= 1


def test_a_checkpoint_that_is_there_is_not_overwritten(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    interrupted_at(2, monkeypatch, *KEPT)
    before = Path("run.ckpt").read_bytes()
    capsys.readouterr()
    assert run([*TRAIN, *KEPT]) == 2
    assert "run.ckpt exists already: resume its run with --resume" in capsys.readouterr().err
    assert Path("run.ckpt").read_bytes() == before


def test_other_settings_are_exit_4_and_named(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    interrupted_at(2, monkeypatch, *KEPT)
    capsys.readouterr()
    assert run([*TRAIN, "--epochs", "9", "--resume", "run.ckpt"]) == 4
    assert "run.ckpt is of another run: epochs was 8 and is 9" in capsys.readouterr().err


def test_a_checkpoint_that_is_not_there_or_cannot_be_is_exit_5(capsys: Captured) -> None:
    assert run([*TRAIN, "--resume", "none.ckpt"]) == 5
    assert (
        "there is no checkpoint none.ckpt: start a run with --checkpoint" in capsys.readouterr().err
    )
    assert run([*TRAIN, "--checkpoint", "no/run.ckpt"]) == 5
    assert "choose another with --checkpoint" in capsys.readouterr().err


def test_a_run_has_one_checkpoint(capsys: Captured) -> None:
    assert run([*TRAIN, "--resume", "a", "--checkpoint", "b"]) == 2
    assert "leave --checkpoint out" in capsys.readouterr().err


def test_a_damaged_checkpoint_is_exit_4(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    interrupted_at(2, monkeypatch, *KEPT)
    data = bytearray(Path("run.ckpt").read_bytes())
    data[-100] ^= 1
    Path("run.ckpt").write_bytes(data)
    capsys.readouterr()
    assert run([*TRAIN, "--resume", "run.ckpt"]) == 4
    assert "run.ckpt is damaged or cut short" in capsys.readouterr().err


@pytest.mark.heavy
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_killed_at_random_moments_it_ends_as_if_it_never_was(number: signal.Signals) -> None:
    assert kill(2, number, seed=0)["killed"] == 2
