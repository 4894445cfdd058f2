"""The playground in a real Chromium: a server of the real learner, and pages that are watched."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from numlp.play.limits import Limits
from numlp.play.server import HOST, Server, configured, listening, make_app

TOKEN = "the-token-of-the-link"  # noqa: S105
LONG = 120_000  # milliseconds; a wait that takes so long has failed


class Playground:
    """A server in a thread of its own."""

    def __init__(self, table: Any = None) -> None:
        self.heard = listening(0)
        self.port = int(self.heard.getsockname()[1])
        self.address = f"http://{HOST}:{self.port}/"
        self.ready = threading.Event()
        app = make_app(TOKEN, self.port, table)
        self.server = Server(configured(app, self.port, Limits()), self.ready.set)
        self.thread = threading.Thread(target=self.server.run, args=([self.heard],))

    def end(self) -> None:
        self.server.should_exit = True
        self.thread.join(LONG / 1000)
        self.heard.close()


@contextlib.contextmanager
def playing(table: Any = None) -> Iterator[Playground]:
    """A server while the block lasts."""
    found = Playground(table)
    found.thread.start()
    try:
        assert found.ready.wait(LONG / 1000)
        yield found
    finally:
        found.end()


class Visit:
    """The page, with all that it asked for and complained of."""

    def __init__(self, browser: Any, served: Playground, **context: Any) -> None:
        context.setdefault("viewport", {"width": 1400, "height": 1000})
        self.served = served
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.page.set_default_timeout(LONG)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("websocket", lambda socket: self.requests.append(socket.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(f"{served.address}?token={TOKEN}")
        self.page.wait_for_selector("body[data-frames]")

    def close(self) -> None:
        """Leave the page, which has complained of nothing and asked nobody else."""
        self.context.close()
        here = (self.served.address, f"ws://{HOST}:{self.served.port}/", "data:", "blob:")
        assert [url for url in self.requests if not url.startswith(here)] == []
        assert self.complaints == []

    def state(self, what: str) -> Any:
        """A part of what the page knows, such as "setup.settings"."""
        return self.page.evaluate(
            "async what => { const { state } = await import('/state.js');"
            " const found = what.split('.').reduce((a, b) => a?.[b], state);"
            " return JSON.parse(JSON.stringify(found ?? null)); }",
            what,
        )

    def theta(self) -> list[float]:
        found: list[float] = self.page.evaluate(
            "async () => [...(await import('/state.js')).state.frame.theta]"
        )
        return found

    def frames(self) -> int:
        return int(self.page.get_attribute("body", "data-frames"))

    def until(self, ready: Any) -> Any:
        """What ``ready`` gives, once that is true; each time a little later."""
        for _ in range(LONG // 20):
            found = ready()
            if found:
                return found
            self.page.wait_for_timeout(20)
        raise AssertionError("it has never come about")

    def settled(self, name: str, value: Any) -> None:
        """Wait until a setting is in force."""
        self.until(lambda: self.state(f"setup.settings.{name}") == value)
        self.until(lambda: self.state("frame") is not None)

    def change(self, **settings: Any) -> None:
        """Change settings without the controls."""
        self.page.evaluate("async patch => (await import('/state.js')).change(patch)", settings)
        for name, value in settings.items():
            self.settled(name, value)

    def step(self, button: str, epoch: int, batch: int = 0) -> None:
        """Press a button, and wait until so many steps are drawn."""
        self.page.click(f"#{button}")
        self.until(lambda: [self.state(f"frame.{n}") for n in ("epoch", "batch")] == [epoch, batch])


def number(text: str) -> float:
    """A number as the page writes it."""
    return float(text.replace("−", "-").replace(" %", ""))
