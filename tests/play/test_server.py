"""The playground's server: who may talk to it, how much, and what is left when a page goes."""

import asyncio
import collections
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytest.importorskip("websockets")

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Response

from numlp.play import session
from numlp.play.guards import NO_LINK, headers
from numlp.play.limits import Limits
from numlp.play.server import HOST, page_files
from numlp.play.session import Session

from .standin import (
    LONG,
    TOKEN,
    Served,
    StandIn,
    as_frame,
    hear,
    hear_all,
    hear_until,
    say,
    serving,
    threads,
)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One server for the tests that change nothing of it."""
    with serving() as found:
        yield found


def closed(page: Any) -> ConnectionClosed:
    """Why a websocket was closed, once all that was sent is read."""
    with pytest.raises(ConnectionClosed) as caught:
        collections.deque(iter(lambda: page.recv(LONG), None), maxlen=0)
    return caught.value


def code_of(error: ConnectionClosed) -> int | None:
    return None if error.rcvd is None else error.rcvd.code


def refused(served: Served, **changed: Any) -> Response:
    """The answer to a websocket that is not opened."""
    with pytest.raises(InvalidStatus) as caught, served.connect(**changed):
        pass
    return caught.value.response


# Who may ask


@pytest.mark.parametrize("host", ["127.0.0.1:{}", "localhost:{}"])
def test_the_link_is_traded_for_a_cookie_and_the_token_leaves_the_address(
    host: str, served: Served
) -> None:
    answer = served.ask(f"/?token={TOKEN}", host=host.format(served.port))
    assert (answer.status, answer.getheader("location")) == (303, "/")
    cookie = answer.getheader("set-cookie")
    assert cookie is not None
    assert {part.strip().lower() for part in cookie.split(";")[1:]} == {
        "httponly", "path=/", "samesite=strict",
    }  # fmt: skip
    everything = str(answer.getheaders()) + answer.text  # type: ignore[attr-defined]
    assert TOKEN not in everything
    page = served.ask("/", Cookie=cookie.partition(";")[0])
    assert page.status == 200
    assert TOKEN not in str(page.getheaders()) + page.text  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:{}", "127.0.0.1", "localhost", "127.0.0.1:1", "0.0.0.0:{}",
        "[::1]:{}", "localhost.:{}", "127.0.0.1:{}.evil.example", "127.1:{}", "LOCALHOST:{}", "",
    ],
)  # fmt: skip
def test_another_name_of_the_server_is_refused_even_with_cookie_and_token(
    host: str, served: Served
) -> None:
    name = host.format(served.port)
    answer = served.ask(f"/?token={TOKEN}", host=name, Cookie=served.cookie())
    assert answer.status == 421
    assert answer.getheader("set-cookie") is None


@pytest.mark.parametrize(
    "query",
    [
        "", "?token=", "?token=wrong", f"?token={TOKEN}x", f"?token={TOKEN[:-1]}",
        f"?Token={TOKEN}", f"?token={TOKEN}&token=wrong", f"?token=wrong&token={TOKEN}",
        f"?token={TOKEN.upper()}",
        "?" + "a=1&" * 20 + f"token={TOKEN}", "?token=%ff%fe", "?token=%E2%98%83",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/index.html", "/nothing"])
def test_without_the_token_nothing_is_answered_but_one_sentence(
    path: str, query: str, served: Served
) -> None:
    answer = served.ask(path + query)
    assert answer.status == 403
    assert answer.text == NO_LINK  # type: ignore[attr-defined]
    assert answer.getheader("set-cookie") is None


@pytest.mark.parametrize(
    "cookie", ["{}x", "x{}", "{}=", "other={}", "a=b; c=d", "{} {}", "\xe4={}", ";;;"]
)
def test_another_cookie_is_none(cookie: str, served: Served) -> None:
    assert served.ask("/", Cookie=cookie.replace("{}", served.cookie())).status == 403


def test_the_cookie_is_found_among_others_and_is_of_one_server_alone(served: Served) -> None:
    assert served.ask("/", Cookie=f"a=1; {served.cookie()}; b=2").status == 200
    with serving() as other:
        assert other.ask("/", Cookie=served.cookie()).status == 403
        value = served.cookie().partition("=")[2]
        assert other.ask("/", Cookie=f"numlp_play_{other.port}={value}").status == 403


def test_the_cookie_is_not_the_token(served: Served) -> None:
    assert TOKEN not in served.cookie()
    assert served.ask("/?token=" + served.cookie().partition("=")[2]).status == 403


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "https://127.0.0.1:{}", "http://127.0.0.1", "http://127.0.0.1:1",
     "null", "http://localhost:{}", "http://127.0.0.1:{}.evil.example", "http://127.0.0.1:{}/",
     "file://", None],
)  # fmt: skip
def test_a_websocket_of_another_page_is_refused(origin: str | None, served: Served) -> None:
    answer = refused(served, origin=origin and origin.format(served.port))
    assert answer.status_code == 403
    assert b"own page" in (answer.body or b"")


@pytest.mark.parametrize("cookie", ["", "numlp_play=1", "{}x"])
def test_a_websocket_without_the_cookie_is_refused(cookie: str, served: Served) -> None:
    wrong = {"Cookie": cookie.format(served.cookie())}
    assert refused(served, headers=wrong).status_code == 403


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1]])
def test_a_websocket_with_a_wrong_token_is_refused_even_with_the_cookie(
    token: str, served: Served
) -> None:
    assert refused(served, query=f"?token={token}").status_code == 403


def test_a_program_may_bring_the_token_in_place_of_the_cookie(served: Served) -> None:
    with served.connect(query=f"?token={TOKEN}", headers={"Cookie": ""}) as page:
        assert hear(page)["is"] == "setup"
    assert refused(served, query=f"?token={TOKEN}", headers={"Cookie": ""}, origin=None)


def test_a_websocket_to_another_host_is_refused(served: Served) -> None:
    head = (
        f"GET /socket HTTP/1.1\nHost: evil.example:{served.port}\nUpgrade: websocket\n"
        f"Origin: http://evil.example:{served.port}\nConnection: Upgrade\n"
        f"Cookie: {served.cookie()}\nSec-WebSocket-Version: 13\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\n\n"
    )
    assert raw(served, head).split()[1] == "421"
    own = head.replace("evil.example", "localhost")
    with opened(served, own) as line:
        assert line.recv(12) == b"HTTP/1.1 101"


def opened(served: Served, head: str) -> socket.socket:
    """A line on which these bytes were sent."""
    line = socket.create_connection((HOST, served.port), timeout=LONG)
    line.sendall(head.replace("\n", "\r\n").encode())
    return line


def raw(served: Served, head: str) -> str:
    """What the server answers to bytes before it closes the line."""
    with opened(served, head) as line:
        parts = iter(lambda: line.recv(65536), b"")
        return b"".join(parts).decode()


def test_a_request_without_a_host_or_with_two_is_refused(served: Served) -> None:
    for given in ("", f"Host: {served.host}\nHost: evil.example\n"):
        answer = raw(served, f"GET /?token={TOKEN} HTTP/1.1\n{given}Connection: close\n\n")
        assert answer.split()[1] in ("400", "421")
        assert "set-cookie" not in answer.lower()
    answer = raw(served, f"GET /?token={TOKEN} HTTP/1.0\n\n")
    assert answer.split()[1] == "421"


def test_a_host_within_the_address_is_not_believed(served: Served) -> None:
    head = f"GET http://{served.host}/ HTTP/1.1\nHost: evil.example\nConnection: close\n\n"
    assert raw(served, head).split()[1] == "421"


# What is answered


def test_the_files_of_the_page_are_answered_by_their_names(served: Served) -> None:
    for path, file in page_files().items():
        answer = served.ask(path, Cookie=served.cookie())
        assert answer.status == 200, path
        assert answer.getheader("content-type") == file.media_type
        assert answer.text.encode() == file.body  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "path",
    [
        "/../server.py", "/../../version.py", "/%2e%2e/server.py", "/..%2fserver.py",
        "//index.html", "/./index.html", "/index.html/", "/index.html%00.css", "/C:/index.html",
        "/page/index.html",
        "/..\\server.py", "/%5c..%5cserver.py", "/INDEX.HTML", "/etc/passwd", "//etc/passwd",
        "/socket/", "/%ff", "/page.css/../../server.py", "/" + 5000 * "a", "/%252e%252e/server.py",
    ],
)  # fmt: skip
def test_a_path_leads_to_no_other_file(path: str, served: Served) -> None:
    answer = served.ask(path, Cookie=served.cookie())
    assert answer.status in (404, 405)
    assert "import" not in answer.text  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_nothing_can_be_sent_but_messages(method: str, served: Served) -> None:
    assert served.ask("/", method, Cookie=served.cookie(), Content_Length="0").status == 405
    assert served.ask("/", method, Content_Length="0").status == 403


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("/", {"Cookie": None}), ("/nothing", {"Cookie": None}), ("/", {}),
        (f"/?token={TOKEN}", {}), ("/", {"host": "evil.example"}), ("/?token=wrong", {}),
        ("/", {"method": "POST", "Cookie": None, "Content_Length": "0"}),
        ("/socket", {"Cookie": None}),
    ],
)  # fmt: skip
def test_every_answer_has_the_headers_that_fence_in_a_page(
    path: str, options: dict[str, Any], served: Served
) -> None:
    if "Cookie" in options:
        options = options | {"Cookie": served.cookie()}
    answer = served.ask(path, **options)
    for name, value in headers(served.host):
        assert answer.getheader(name.decode()) == value.decode()


def test_the_policy_allows_the_servers_own_scripts_and_no_other() -> None:
    policy = dict(headers("localhost:1"))[b"content-security-policy"].decode()
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["connect-src"] == "'self' ws://localhost:1"
    assert {rules[name] for name in ("base-uri", "form-action", "frame-ancestors")} == {"'none'"}
    assert "unsafe" not in policy
    assert "*" not in policy


def test_a_websocket_has_these_headers_open_or_refused(served: Served) -> None:
    with served.connect() as page:
        assert page.response is not None
        accepted = page.response.headers
    for given in (accepted, refused(served, origin="http://evil.example").headers):
        assert "default-src 'none'" in given["content-security-policy"]
        assert given["cache-control"] == "no-store"


def test_a_fault_of_the_app_is_answered_with_these_headers_and_told_in_the_terminal(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: Any) -> StandIn:
        raise RuntimeError("on purpose")

    with serving(new_learner=broken) as served, served.connect() as page:
        got = hear(page)
        assert got == {
            "is": "refused", "why": "The playground has a fault; the terminal shows which.",
        }  # fmt: skip
        assert code_of(closed(page)) == 1011
    assert "on purpose" in caplog.text


# A page and its net


def test_a_page_is_sent_a_setup_and_a_frame_at_once(served: Served) -> None:
    with served.connect() as page:
        assert hear(page) == {"is": "setup", "settings": {}, "points": None}
        assert hear(page) == {"is": "frame", "steps": 0, "running": False}


def test_each_message_reaches_the_learner(served: Served) -> None:
    with served.connect() as page:
        hear_all(page, "frame")
        learner = served.learners[-1]
        for do in ("batch", "sample", "epoch", "apply"):
            say(page, do)
            assert hear_all(page, "frame")["running"] is False
        assert [call for call in learner.calls if call != "frame"] == [
            "batch", "sample", "epoch", "apply",
        ]  # fmt: skip
        say(page, "trace", rows="sample")
        assert hear_all(page, "trace") == {"is": "trace", "rows": "sample", "loss": None}
        say(page, "edit", layer=1, name="W", row=2, column=3, value=-0.5)
        hear_all(page, "frame")
        assert learner.edits == [(1, "W", 2, 3, -0.5)]
        say(page, "python")
        assert hear_all(page, "python")["text"] == "steps = 4"


def test_settings_points_and_reset_make_a_new_net(served: Served) -> None:
    with served.connect() as page:
        hear_all(page, "frame")
        say(page, "points", points=[[0, 1, 1]])
        assert hear_all(page, "setup")["points"] == [[0, 1, 1]]
        say(page, "settings", settings={"data": "moons"})
        assert hear_all(page, "setup")["settings"] == {"data": "moons"}
        first = served.learners[-1]
        say(page, "reset")
        assert hear_all(page, "setup")["settings"] == {"data": "moons"}
        assert served.learners[-1] is not first


def test_settings_that_are_refused_change_nothing(served: Served) -> None:
    with served.connect() as page:
        hear_all(page, "frame")
        learner = served.learners[-1]
        say(page, "settings", settings={"data": "refused"})
        assert "not allowed" in hear_all(page, "refused")["why"]
        say(page, "settings", settings=[1])
        hear_all(page, "refused")
        say(page, "batch")
        hear_all(page, "frame")
        assert served.learners[-1] is learner
        assert learner.steps == 1


def test_a_run_that_diverges_stops_and_says_so_once() -> None:
    with serving() as served, served.connect() as page:
        hear_all(page, "frame")
        say(page, "settings", settings={"data": "diverges"})
        hear_all(page, "setup")
        say(page, "epoch")
        assert hear_all(page, "stopped") == {"is": "stopped", "why": "The loss is infinite."}
        say(page, "epoch")
        say(page, "python")
        heard = []
        while "python" not in heard:
            heard.append(hear(page)["is"])
        assert "stopped" not in heard


def test_two_pages_share_nothing(served: Served) -> None:
    with served.connect() as one, served.connect() as other:
        hear_all(one, "frame")
        hear_all(other, "frame")
        say(one, "settings", settings={"data": "moons"})
        hear_all(one, "setup")
        say(one, "batch")
        say(one, "batch")
        say(other, "python")
        assert hear_all(other, "python")["text"] == "steps = 0"
        say(one, "python")
        assert hear_all(one, "python")["text"] == "steps = 2"
        say(other, "reset")
        assert hear_all(other, "setup")["settings"] == {}


# What it costs


def test_a_page_that_is_paused_costs_no_step() -> None:
    with serving() as served, served.connect() as page:
        hear_all(page, "frame")
        say(page, "run")
        while hear_all(page, "frame")["steps"] < 10:
            pass
        say(page, "pause")
        while hear_all(page, "frame")["running"]:
            pass
        learner = served.learners[-1]
        before = list(learner.calls)
        for _ in range(20):  # round trips, in which a step could have been made
            say(page, "python")
            hear_all(page, "python")
        assert learner.calls == before


def test_no_more_than_two_frames_are_on_their_way_and_a_page_in_the_background_costs_nothing() -> (
    None
):
    with serving(Limits(patience=0)) as served, served.connect() as page:
        say(page, "run")
        got = [hear(page) for _ in range(3)]  # the setup and two frames, none of which is drawn
        assert [each["is"] for each in got] == ["setup", "frame", "frame"]
        say(page, "python")
        steps = hear(page)["text"]
        for _ in range(20):
            say(page, "python")
            assert hear(page) == {"is": "python", "text": steps}
        say(page, "drawn")
        assert hear(page)["is"] == "frame"


def test_a_page_that_draws_slowly_is_sent_no_third_frame_while_the_net_goes_on() -> None:
    with serving(Limits(patience=3600)) as served, served.connect() as page:
        say(page, "run")
        assert [hear(page)["is"] for _ in range(3)] == ["setup", "frame", "frame"]
        learner = served.learners[-1]
        steps = learner.steps
        while learner.steps < steps + 20:
            say(page, "python")
            assert hear(page)["is"] == "python"


def test_nets_work_while_blas_has_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[bool] = []

    @contextlib.contextmanager
    def one() -> Iterator[None]:
        held.append(True)
        yield
        held.append(False)

    class Seen(StandIn):
        def batch(self) -> None:
            assert held[-1]
            super().batch()

    monkeypatch.setattr(session, "one_blas_thread", one)
    with serving(new_learner=Seen) as served, served.connect() as page:
        hear_all(page, "frame")
        say(page, "batch")
        assert hear_all(page, "frame")["steps"] == 1


def test_a_page_that_goes_leaves_no_learner_and_no_thread() -> None:
    with serving() as served, contextlib.ExitStack() as stack:
        pages = [stack.enter_context(served.connect(close_timeout=0)) for _ in range(3)]
        for page in pages:
            hear_all(page, "frame")
            say(page, "run")
        at_work = threads()
        assert len(at_work) == len(served.learners) == 3
        gone = []
        while served.learners:
            learner = served.learners.pop(0)
            assert learner.ran.wait(LONG)
            gone.append(learner.gone)
        del learner
        assert not any(each.is_set() for each in gone)
        pages[0].close()
        pages[1].socket.shutdown(socket.SHUT_RDWR)  # without a word
        for each, thread in zip(gone[:2], at_work[:2], strict=True):
            assert each.wait(LONG)
            thread.join(LONG)
        assert threads() == at_work[2:]
        assert not gone[2].is_set()
        pages[2].close()
        assert gone[2].wait(LONG)
        at_work[2].join(LONG)
        assert threads() == []


def test_a_page_that_goes_ends_a_net_that_is_at_work() -> None:
    with serving() as served:
        with served.connect() as page:
            hear_all(page, "frame")
            learner = served.learners.pop()
            learner.may_go_on.clear()
            say(page, "run")
            assert learner.ran.wait(LONG)
            (thread,) = threads()
            say(page, "batch")  # which waits, and is not answered any more
        steps = learner.steps
        learner.may_go_on.set()
        thread.join(LONG)
        assert not thread.is_alive()
        assert learner.steps == steps  # the slice in which it went, and no other


def test_a_page_that_goes_ends_a_long_epoch_after_the_step_that_it_is_at() -> None:
    with serving() as served:
        with served.connect() as page:
            hear_all(page, "frame")
            say(page, "settings", settings={"data": "endless"})
            hear_all(page, "setup")
            say(page, "epoch")
            learner = served.learners[-1]
            assert learner.ran.wait(LONG)
            (thread,) = threads()
        thread.join(LONG)
        assert not thread.is_alive()


def test_the_server_ends_while_nets_train() -> None:
    with contextlib.ExitStack() as stack:
        with serving() as served:
            page = stack.enter_context(served.connect())
            hear_all(page, "frame")
            say(page, "run")
            assert served.learners[-1].ran.wait(LONG)
        assert code_of(closed(page)) == 1012
        assert threads() == []


def test_the_fifth_page_is_told_that_it_is_one_too_many() -> None:
    with serving() as served:
        with contextlib.ExitStack() as stack:
            pages = [stack.enter_context(served.connect()) for _ in range(4)]
            for page in pages:
                hear_all(page, "frame")
            with served.connect() as fifth:
                assert hear(fifth)["why"].startswith("4 pages are open already")
                assert code_of(closed(fifth)) == 1013
            assert len(served.learners) == 4
        answer = "refused"
        while answer == "refused":  # until the server has heard that they are gone
            with served.connect() as page:
                answer = hear(page)["is"]
        assert answer == "setup"


# What is sent to harm


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 30_000, "not JSON"),
        ('{"do": "run", "x": NaN}', "not JSON"),
        ('{"x": ' + "9" * 30_000 + "}", "not JSON"),
        ("[]", "an object"),
        ('"run"', "an object"),
        ("null", "an object"),
        ("{}", "'do'"),
        ('{"do": null}', "'do'"),
        ('{"do": ["run"]}', "'do'"),
        ('{"do": {"run": 1}}', "'do'"),
        ('{"do": "fly"}', "'do'"),
        ('{"do": "__init__"}', "'do'"),
        ('{"do": "trace", "rows": "all"}', "rows"),
        ('{"do": "trace", "rows": ["batch"]}', "rows"),
        ('{"do": "edit"}', "name"),
        ('{"do": "edit", "name": "theta", "value": 1}', "name"),
        ('{"do": "edit", "name": "W", "value": "1"}', "value"),
        ('{"do": "edit", "name": "W", "value": true}', "value"),
        ('{"do": "edit", "name": "W", "value": 1e999}', "value"),
        ('{"do": "edit", "name": "W", "value": 1' + 400 * "0" + "}", "value"),
        ('{"do": "edit", "name": "W", "value": 1, "layer": -1}', "layer"),
        ('{"do": "edit", "name": "W", "value": 1, "layer": 1.5}', "layer"),
        ('{"do": "edit", "name": "W", "value": 1, "row": true}', "row"),
        ('{"do": "edit", "name": "b", "value": 1, "column": 9999999999999}', "column"),
        ('{"do": "points", "points": 3}', "points"),
        ('{"do": "points"}', "points"),
    ],
)
def test_a_message_that_is_none_is_refused_in_words_and_the_page_stays(
    text: str, why: str, served: Served
) -> None:
    with served.connect() as page:
        hear_all(page, "frame")
        page.send(text)
        assert why in hear_all(page, "refused")["why"]
        say(page, "python")
        assert hear_all(page, "python")


def test_a_message_that_is_too_long_closes_the_page(served: Served) -> None:
    with served.connect() as page:
        hear_all(page, "frame")
        page.send('{"do": "run", "x": "' + 64 * 1024 * "a" + '"}')
        assert code_of(closed(page)) == 1009


def test_a_long_message_in_pieces_closes_the_page_too(served: Served) -> None:
    with served.connect() as page:
        hear_all(page, "frame")
        with contextlib.suppress(ConnectionClosed):  # before the last piece
            page.send("a" * 8192 for _ in range(9))
        assert code_of(closed(page)) == 1009


def test_bytes_are_no_message(served: Served) -> None:
    with served.connect() as page:
        hear_all(page, "frame")
        page.send(b'{"do": "run"}')
        assert "text" in hear_all(page, "refused")["why"]
        assert code_of(closed(page)) == 1003


def test_nothing_is_unpacked(served: Served) -> None:
    with served.connect(compression="deflate") as page:
        assert page.response is not None
        assert "sec-websocket-extensions" not in page.response.headers


def test_a_flood_closes_the_page_with_a_word() -> None:
    with serving(Limits(messages_a_second=0, burst=10)) as served, served.connect() as page:
        for _ in range(11):
            say(page, "drawn")
        assert "more messages" in hear_until(page, "refused")["why"]
        assert code_of(closed(page)) == 1008


def test_as_many_messages_as_are_allowed_are_no_flood() -> None:
    with serving(Limits(messages_a_second=0, burst=10)) as served, served.connect() as page:
        for _ in range(9):
            say(page, "drawn")
        say(page, "python")
        assert hear_until(page, "python")


def test_messages_that_wait_for_a_net_at_work_are_bounded() -> None:
    with serving(Limits(waiting=5)) as served, served.connect() as page:
        hear_all(page, "frame")
        learner = served.learners[-1]
        learner.may_go_on.clear()
        say(page, "run")
        assert learner.ran.wait(LONG)
        for _ in range(6):
            say(page, "batch")
        assert "more messages" in hear_all(page, "refused")["why"]
        learner.may_go_on.set()
        assert code_of(closed(page)) == 1008
        assert "batch" not in learner.calls


def test_a_fault_in_a_net_closes_its_page_alone(caplog: pytest.LogCaptureFixture) -> None:
    with serving() as served, served.connect() as page, served.connect() as other:
        hear_all(page, "frame")
        say(page, "settings", settings={"data": "breaks"})
        hear_all(page, "setup")
        say(page, "epoch")
        assert "fault" in hear_all(page, "refused")["why"]
        assert code_of(closed(page)) == 1011
        hear_all(other, "setup")
        say(other, "python")
        assert hear_all(other, "python")
    assert "on purpose" in caplog.text


class Deaf:
    """A websocket whose page sends messages without end, and takes none."""

    def __init__(self) -> None:
        self.sent, self.written_to = 0, asyncio.Event()

    async def receive(self) -> dict[str, str]:
        await self.written_to.wait()
        self.sent += 1
        return {"type": "websocket.receive", "text": '{"do": "python"}'}

    async def send_text(self, _: str) -> None:
        self.written_to.set()
        await asyncio.Event().wait()

    send_bytes = send_text


def test_a_page_that_reads_nothing_is_given_up_and_heard_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "LAST_WORDS", 0.01)
    page: Any = Deaf()
    asyncio.run(Session(page, StandIn, as_frame, {}, Limits(waiting=5)).run())
    assert page.sent < 100
    for thread in threads():
        thread.join(LONG)
    assert threads() == []


def test_a_head_without_an_end_is_bounded(served: Served) -> None:
    answer = raw(served, "GET / HTTP/1.1\nHost: " + "a" * 70_000)
    assert answer.split()[1] == "400"
