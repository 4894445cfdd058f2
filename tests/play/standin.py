"""A learner that counts what it is asked for, and a server of it in a thread of its own."""

import contextlib
import http.client
import json
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import websockets.sync.client
from websockets.sync.client import ClientConnection

from numlp.play.limits import Limits
from numlp.play.server import HOST, Server, configured, listening, make_app

TOKEN = "the-token-of-the-link"  # noqa: S105
LONG = 60.0  # seconds; a wait that takes so long has failed


class StandIn:
    """What a session takes for a learner."""

    def __init__(self, settings: Any, points: Any) -> None:
        if not isinstance(settings, dict) or settings.get("data") == "refused":
            raise ValueError("data is 'refused', which is not allowed.")
        if settings.get("data") == "points" and not isinstance(points, list):
            raise ValueError("points is not a list.")
        self.settings, self.points = settings, points
        self.calls: list[str] = []
        self.edits: list[Any] = []
        self.stopped: str | None = None
        self.gone, self.ran, self.may_go_on = (threading.Event() for _ in range(3))
        self.may_go_on.set()
        weakref.finalize(self, self.gone.set)

    @property
    def steps(self) -> int:
        return sum(call in ("batch", "sample", "epoch", "apply", "run_for") for call in self.calls)

    def setup(self) -> dict[str, Any]:
        return {"settings": self.settings, "points": self.points}

    def batch(self) -> None:
        self.calls.append("batch")

    def sample(self) -> None:
        self.calls.append("sample")

    def epoch(self) -> None:
        self.calls.append("epoch")
        if self.settings.get("data") == "breaks":
            raise RuntimeError("on purpose")
        if self.settings.get("data") == "endless":
            while not self.stopped:
                self.ran.set()
        if self.settings.get("data") == "diverges":
            self.stopped = "The loss is infinite."

    def run_for(self, seconds: float) -> None:
        assert seconds <= 0.03
        self.calls.append("run_for")
        self.ran.set()
        self.may_go_on.wait(LONG)

    def trace(self, rows: str) -> dict[str, Any]:
        self.calls.append("trace")
        return {"rows": rows, "loss": float("nan"), **self.settings.get("long", {})}

    def apply(self) -> None:
        self.calls.append("apply")

    def edit(self, *what: Any) -> None:
        self.edits.append(what)

    def python(self) -> str:
        return f"steps = {self.steps}"


def as_frame(learner: StandIn, running: bool) -> bytes:
    learner.calls.append("frame")
    return json.dumps({"steps": learner.steps, "running": running}).encode()


class Served:
    """A server that runs in a thread, and what has been made for its pages."""

    def __init__(self, limits: Limits, new_learner: Any = None) -> None:
        self.learners: list[StandIn] = []
        self.heard = listening(0)
        self.port = int(self.heard.getsockname()[1])
        self.limits, self.ready = limits, threading.Event()

        def remembered(settings: Any, points: Any) -> StandIn:
            made = StandIn(settings, points)
            self.learners.append(made)
            return made

        self.app = make_app(
            TOKEN, self.port, None, limits, new_learner=new_learner or remembered, as_frame=as_frame
        )
        self.server = Server(configured(self.app, self.port, limits), self.ready.set)
        self.thread = threading.Thread(target=self.server.run, args=([self.heard],))

    @property
    def host(self) -> str:
        return f"{HOST}:{self.port}"

    def ask(
        self, path: str, method: str = "GET", host: str | None = None, **headers: str
    ) -> http.client.HTTPResponse:
        """The answer to a request, as it is, with its body read."""
        line = http.client.HTTPConnection(HOST, self.port, timeout=LONG)
        try:
            line.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            line.putheader("Host", self.host if host is None else host)
            for name, value in headers.items():
                line.putheader(name.replace("_", "-"), value)
            line.endheaders()
            answer = line.getresponse()
            answer.text = answer.read().decode()  # type: ignore[attr-defined]
        finally:
            line.close()
        return answer

    def cookie(self) -> str:
        """The cookie that the link is traded for."""
        given = self.ask(f"/?token={TOKEN}").getheader("set-cookie")
        assert given is not None
        return given.partition(";")[0]

    def connect(self, **changed: Any) -> ClientConnection:
        """A websocket as the page opens it, or with other options or headers."""
        headers = {"Cookie": self.cookie()} | changed.pop("headers", {})
        options = {"origin": f"http://{self.host}", "open_timeout": LONG, "max_size": None}
        opened: ClientConnection = websockets.sync.client.connect(
            f"ws://{self.host}/socket{changed.pop('query', '')}",
            additional_headers={name: value for name, value in headers.items() if value},
            **{**options, **changed},
        )
        return opened


@contextlib.contextmanager
def serving(limits: Limits | None = None, new_learner: Any = None) -> Iterator[Served]:
    """A server while the block lasts; afterwards no thread of it is left."""
    served = Served(limits or Limits(), new_learner)
    served.thread.start()
    try:
        assert served.ready.wait(LONG)
        yield served
    finally:
        served.server.should_exit = True
        served.thread.join(LONG)
        served.heard.close()
    assert not served.thread.is_alive()


def threads() -> list[threading.Thread]:
    """The threads in which nets train now."""
    return [each for each in threading.enumerate() if each.name.startswith("numlp-play")]


def hear(page: ClientConnection) -> Any:
    """The next message or frame; a frame as its header."""
    got = page.recv(LONG)
    return json.loads(got) if isinstance(got, str) else {"is": "frame", **json.loads(got)}


def hear_all(page: ClientConnection, kind: str) -> Any:
    """The next message of that kind; frames before it are drawn."""
    while True:
        got = hear(page)
        if got["is"] == "frame":
            say(page, "drawn")
        if got["is"] == kind:
            return got


def hear_until(page: ClientConnection, kind: str) -> Any:
    """The next message of that kind, without a word of what comes before."""
    while (got := hear(page))["is"] != kind:
        pass
    return got


def say(page: ClientConnection, do: str, **more: Any) -> None:
    page.send(json.dumps({"do": do, **more}))
