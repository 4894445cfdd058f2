"""``numlp play``: what it refuses, and a real process that is opened, used and interrupted."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytest.importorskip("websockets")

from websockets.sync.client import ClientConnection, connect

from numlp.cli.main import run
from numlp.play import server

ROOT = Path(__file__).parents[2]
PENGUINS = ROOT / "examples" / "penguins.csv"
LONG = 60.0
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the server would have been started with."""
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(server, "serve", lambda *given: calls.append(given))
    return calls


def write(text: str) -> str:
    Path("t.csv").write_text(text)
    return "t.csv"


# What is typed


def test_without_a_file_there_are_toys_alone(served: list[tuple[Any, ...]]) -> None:
    import webbrowser

    assert run(["play"]) == 0
    ((port, table, browser, _),) = served
    assert (port, table, browser) == (None, None, webbrowser.open)


def test_the_port_is_asked_for_and_no_browser_opened(served: list[tuple[Any, ...]]) -> None:
    assert run(["play", "--no-browser", "--port", "8123"]) == 0
    assert served[0][:3] == (8123, None, None)


def test_a_table_is_read_as_other_commands_read_it(
    served: list[tuple[Any, ...]], capsys: Captured
) -> None:
    file = write("x;when;kind\n" + "".join(f"{i},5;{i % 7};{'ab?'[i % 3]}\n" for i in range(60)))
    more = ["--delimiter", ";", "--missing", "?", "--column", "when=category", "--decimal", ","]
    assert run(["play", file, "-t", "kind", *more]) == 0
    table = served[0][1]
    assert table.classes == ["a", "b"]
    assert table.facts() == {"name": "t.csv", "columns": ["x", "when"], "target": "kind"}
    assert table.kinds == {"when": "category"}
    assert "20 of 60 rows left out" in capsys.readouterr().err


def test_a_target_of_numbers_may_be_cut_in_ranges(served: list[tuple[Any, ...]]) -> None:
    file = write("x,z,price\n" + "".join(f"{i % 9},{i % 4},{i}.5\n" for i in range(60)))
    assert run(["play", file, "-t", "price"]) == 3
    assert run(["play", file, "-t", "price", "--bins", "3"]) == 0
    assert len(served[0][1].classes) == 3


def test_a_large_table_is_a_sample_and_it_is_said(
    served: list[tuple[Any, ...]], capsys: Captured
) -> None:
    file = write("x,z,kind\n" + "".join(f"{i % 11},{i % 7},{'ab'[i % 2]}\n" for i in range(6000)))
    assert run(["play", file, "-t", "kind"]) == 0
    assert served[0][1].columns.n_rows == 5000
    assert "5,000 of the 6,000 rows of t.csv, drawn at random with the seed 0" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["t.csv"], 2, "Missing option '--target', the column to predict"),
        (["--target", "kind"], 2, "--target says something of a FILE, and none is given"),
        (["--sheet", "one"], 2, "--sheet says something of a FILE"),
        (["--column", "a=number"], 2, "--column says something of a FILE"),
        (["--bins", "3"], 2, "--bins says something of a FILE"),
        (["--port", "70000"], 2, "--port"),
        (["--port", "-1"], 2, "--port"),
        (["none.csv", "-t", "kind"], 3, "none.csv"),
        (["t.csv", "-t", "kin"], 3, "t.csv has no column 'kin'"),
        (["t.csv", "-t", "kind", "--column", "nix=number"], 3, "has no column 'nix'"),
        (["t.csv", "-t", "one"], 3, "the target 'one' has one class, 'a', and the playground"),
        (["t.csv", "-t", "six"], 3, "the target 'six' has 6 classes, and the playground draws"),
        (
            ["t.csv", "-t", "kind", "--column", "x=ignore", "--column", "six=ignore"],
            3,
            "t.csv has no column to learn from beside the target 'kind'",
        ),
    ],
)
def test_what_cannot_be_played_with_is_one_line(
    arguments: list[str],
    code: int,
    words: str,
    served: list[tuple[Any, ...]],
    capsys: Captured,
) -> None:
    write("x,one,six,kind\n" + "".join(f"{i},a,c{i % 6},{'ab'[i % 2]}\n" for i in range(36)))
    assert run(["play", *arguments]) == code
    err = capsys.readouterr().err
    assert words in err
    assert len([line for line in err.splitlines() if "table was read" not in line]) == 1
    assert served == []


@pytest.mark.parametrize("lacking", ["starlette", "uvicorn", "websockets"])
def test_without_the_extra_a_line_says_what_to_install(lacking: str, tmp_path: Path) -> None:
    program = (
        "import sys\n"
        f"sys.modules[{lacking!r}] = None\n"
        "from numlp.cli.main import run\n"
        "sys.exit(run(['play', '--no-browser']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 2
    assert done.stderr == (
        f"numlp: the playground needs {lacking}: pip install 'numlp[play]'. "
        "See 'numlp play --help'.\n"
    )


def test_a_port_in_use_is_one_line_and_without_one_a_free_one_is_taken(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        assert run(["play", "--no-browser", "--port", str(taken)]) == 5
        err = capsys.readouterr().err
        assert err.startswith(f"numlp: port {taken} is in use by another program: ")
        assert err.count("\n") == 1
        monkeypatch.setattr(server, "PORT", taken)
        with server.listening(None) as heard:
            assert heard.getsockname()[0] == "127.0.0.1"
            assert heard.getsockname()[1] not in (0, taken)


# A real process


@contextlib.contextmanager
def playing(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of the command, and the link that it has printed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "numlp", "play", "--no-browser", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def traded(link: str) -> tuple[str, str]:
    """The host of a link, and the cookie that its token is traded for."""
    host, _, query = link.removeprefix("http://").partition("/")
    line = http.client.HTTPConnection(host, timeout=LONG)
    line.request("GET", f"/{query}")
    cookie = line.getresponse().getheader("set-cookie")
    line.close()
    assert cookie is not None
    return host, cookie.partition(";")[0]


def page_of(link: str) -> ClientConnection:
    host, cookie = traded(link)
    opened: ClientConnection = connect(
        f"ws://{host}/socket",
        origin=f"http://{host}",  # type: ignore[arg-type]
        additional_headers={"Cookie": cookie},
        max_size=None,
    )
    return opened


def header_of(frame: str | bytes) -> Any:
    assert isinstance(frame, bytes)
    return json.loads(frame[4 : 4 + int.from_bytes(frame[:4], "little")])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_process_is_opened_trains_and_ends_by_a_signal(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with playing(str(PENGUINS), "-t", "species") as (process, link), page_of(link) as page:
        setup = json.loads(page.recv(LONG))
        assert setup["classes"] == ["Adelie", "Chinstrap", "Gentoo"]
        assert setup["settings"]["data"] == "table"
        assert setup["table"]["target"] == "species"
        assert header_of(page.recv(LONG))["epoch"] == 0
        page.send('{"do": "drawn"}')
        page.send('{"do": "run"}')
        while header_of(page.recv(LONG))["epoch"] < 2:
            page.send('{"do": "drawn"}')
        process.send_signal(number)
        out, err = process.communicate(timeout=LONG)
        assert process.returncode == 130
        assert out == ""  # the link, which has been read, is all
        assert err.splitlines()[-3:] == [
            "numlp: the playground is open at this link, on this machine alone; Ctrl-C ends it",
            "numlp: stopping; interrupt again to stop at once",
            "numlp: interrupted; nothing was written",
        ]


def test_each_start_has_a_token_of_its_own_that_is_long() -> None:
    links = []
    for _ in range(2):
        with playing() as (_, link):
            links.append(link)
    tokens = [link.partition("?token=")[2] for link in links]
    assert tokens[0] != tokens[1]
    assert min(map(len, tokens)) >= 40
