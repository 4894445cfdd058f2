"""The line that lives while nets are trained: what it says, and where."""

import pytest

from numlp.cli.progress import RECENT, Progress
from numlp.common.stage import at
from numlp.nn import Epoch

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def every_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numlp.cli.progress.PLAIN_SECONDS", 0.0)


def test_progress_shows_what_is_known(capsys: Captured) -> None:
    with Progress(quiet=False) as progress:
        progress.update(Epoch(1, 0.5, 0.1, 2.0))
        progress.update(Epoch(1, 0.5, 0.1, 2.0, planned=3))
        progress.update(Epoch(2, 0.4, 0.1, 2.0, 0.6, planned=3))
        progress.update(Epoch(3, 0.3, 0.1, 2.0, 0.6, planned=3))
    assert capsys.readouterr().err.splitlines() == [
        "epoch 1, train 0.5000",
        "epoch 1 of 3, train 0.5000, 4 s left",
        "epoch 2 of 3, train 0.4000, held out 0.6000, 2 s left",
        "epoch 3 of 3, train 0.3000, held out 0.6000, mixing the nets",
    ]


def test_the_bar_of_a_terminal_ends_at_the_epochs_planned(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with Progress(quiet=False) as progress:
        progress.update(Epoch(1, 0.5, 0.1, 2.0, planned=3))
        (task,) = progress._bar.tasks
        assert (task.completed, task.total) == (1, 3)
        assert task.fields["status"] == "epoch 1 of 3, train 0.5000"
    capsys.readouterr()


def test_the_time_left_goes_by_the_last_epochs(capsys: Captured) -> None:
    with Progress(quiet=False) as progress:
        progress.update(Epoch(1, 0.5, 0.1, 100.0, planned=50))
        for number in range(2, RECENT + 2):
            progress.update(Epoch(number, 0.5, 0.1, 1.0, planned=50))
    first, *_, last = capsys.readouterr().err.splitlines()
    assert first.endswith("1 h 24 min left")  # 49 epochs of 100 s and the end
    assert last.endswith("42 s left")  # 41 of 1 s and the end: the slow one is forgotten


def test_rows_a_second_are_told_where_they_are_known(capsys: Captured) -> None:
    with Progress(quiet=False, rows=3000) as progress:
        progress.update(Epoch(1, 0.5, 0.1, 2.0, planned=3))
    assert "train 0.5000, 1,500 rows/s, 4 s left" in capsys.readouterr().err


def test_the_time_left_of_several_fits_is_that_of_all(capsys: Captured) -> None:
    with Progress(quiet=False, fits=3) as progress:
        progress.begin(2, "fold 2 of 3")
        progress.update(Epoch(10, 0.5, 0.1, 1.0, planned=10))
        progress.begin(3, "fold 3 of 3")
        progress.update(Epoch(10, 0.5, 0.1, 1.0, planned=10))
    assert capsys.readouterr().err.splitlines() == [
        "fold 2 of 3, epoch 10 of 10, train 0.5000, 11 s left",
        "fold 3 of 3, epoch 10 of 10, train 0.5000, mixing the nets",
    ]


def test_quiet_is_quiet_in_a_log_and_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    for terminal in (False, True):
        monkeypatch.setattr("sys.stderr.isatty", lambda terminal=terminal: terminal)
        with Progress(quiet=True) as progress:
            progress.update(Epoch(1, 0.5, 0.1, 2.0, planned=3))
    assert capsys.readouterr() == ("", "")


def test_rows_of_a_table_of_unknown_length_are_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    now = [0.0]
    monkeypatch.setattr("numlp.cli.progress.time.monotonic", lambda: now[0])
    with Progress(quiet=False) as progress:
        for _ in range(2):
            now[0] += 2
            progress.count(3000)
    assert capsys.readouterr().err.splitlines() == [
        "3,000 rows, 1,500 rows/s",
        "6,000 rows, 1,500 rows/s",
    ]


def test_a_short_table_needs_no_word(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setattr("numlp.cli.progress.PLAIN_SECONDS", 60.0)
    with Progress(quiet=False) as progress:
        progress.count(3000)
    assert capsys.readouterr().err == ""


def test_what_comes_before_the_first_epoch_is_told_and_the_first_epoch_too(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr("numlp.cli.progress.PLAIN_SECONDS", 3600.0)
    with Progress() as progress:
        at("reading pets.csv")
        at("encoding column", 1, 3)  # so soon after the first that it has no line of its own
        progress.update(Epoch(1, 0.5, 0.1, 2.0, planned=3))
        progress.update(Epoch(2, 0.5, 0.1, 2.0, planned=3))
    at("nobody listens")
    assert capsys.readouterr().err.splitlines() == [
        "reading pets.csv",
        "epoch 1 of 3, train 0.5000, 4 s left",
    ]


def test_a_line_that_came_too_soon_is_told_in_time(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    now = [0.0]
    monkeypatch.setattr("numlp.cli.progress.PLAIN_SECONDS", 5.0)
    monkeypatch.setattr("numlp.cli.progress.WAIT", 3600.0)
    monkeypatch.setattr("numlp.cli.progress.time.monotonic", lambda: now[0])
    with Progress() as progress:
        at("reading pets.csv")
        now[0] = 1.0
        at("starting 20 nets")
        progress._say()
        now[0] = 6.0
        progress._say()
        progress._say()
    assert capsys.readouterr().err.splitlines() == ["reading pets.csv", "starting 20 nets"]


def test_a_command_that_does_not_train_is_silent_for_a_while_in_a_log(capsys: Captured) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("numlp.cli.progress.PLAIN_SECONDS", 3600.0)
        with Progress(trains=False):
            at("reading pets.csv")
    assert capsys.readouterr().err == ""


def test_the_bar_of_a_terminal_shows_how_many_columns_are_done(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with Progress() as progress:
        at("encoding column", 1, 3)
        (task,) = progress._bar.tasks
        assert (task.completed, task.total) == (1, 3)
        assert task.fields["status"] == "encoding column, 2 of 3"
        at("starting 20 nets")
        assert task.total is None
    capsys.readouterr()
