"""One open page: what it asks for, the net that trains for it, and the frames that it is sent.

The net works in a thread of its own, a slice of time after the other, so that messages are heard in
between; the thread ends with the page.  Two tasks share the work: one hears messages, the other
answers them in their order, trains, and sends frames.  While nothing trains, both wait.
"""

import asyncio
import contextlib
import json
import logging
import math
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar, cast

from starlette.websockets import WebSocket, WebSocketDisconnect

from ..common.blas import one_blas_thread
from . import asked
from .limits import Limits

log = logging.getLogger("numlp.play")

UNREADABLE, POLICY, FAULT, FULL = 1003, 1008, 1011, 1013  # why it is closed
LAST_WORDS = 2.0  # seconds for a page to take what it is still sent

GONE = "The page has gone."

R = TypeVar("R")


class Learns(Protocol):
    """What a session needs of a learner."""

    stopped: str | None

    def setup(self) -> dict[str, Any]:
        """What the page has to know of data and net."""

    def batch(self) -> None:
        """Make one step."""

    def sample(self) -> None:
        """Make one step on a single row."""

    def epoch(self) -> None:
        """Make all steps of the epoch."""

    def run_for(self, seconds: float) -> None:
        """Make steps until the time is over."""

    def trace(self, rows: str) -> dict[str, Any]:
        """The next step, which is not made."""

    def apply(self) -> None:
        """Make the step that was traced."""

    def edit(self, layer: int, name: str, row: int, column: int, value: float) -> None:
        """Change one parameter."""

    def python(self) -> str:
        """The run as a program."""


NewLearner = Callable[[Any, Any], Learns]  # settings and drawn points, as the page sent them
AsFrame = Callable[[Any, bool], bytes]  # of a learner, and whether it is running


class Ended(Exception):  # noqa: N818 - no fault
    """The page has gone, or has to go."""


class Session:
    """One page and its net.

    Parameters
    ----------
    socket : WebSocket
        Accepted already.
    new_learner : callable
        Makes a learner from settings, and from drawn points if there are any.
    as_frame : callable
        Makes the bytes of what is drawn now.
    first : dict
        The settings to begin with.
    limits : Limits
    """

    def __init__(
        self,
        socket: WebSocket,
        new_learner: NewLearner,
        as_frame: AsFrame,
        first: dict[str, Any],
        limits: Limits,
    ) -> None:
        self._socket, self._limits = socket, limits
        self._new_learner, self._as_frame = new_learner, as_frame
        self._settings, self._points = first, cast(Any, None)
        self._learner: Learns | None = None
        self._waiting: deque[str] = deque()
        self._heard = asyncio.Event()  # something to answer, a frame was drawn, or the end
        self._ended = self._running = self._changed = self._told_stopped = False
        self._in_flight, self._next_frame, self._drawn_at = 0, 0.0, 0.0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="numlp-play")

    async def run(self) -> None:
        """Serve the page until it goes."""
        hears = asyncio.create_task(self._hear())
        works = asyncio.create_task(self._work())
        try:
            await asyncio.wait({hears, works}, return_when=asyncio.FIRST_COMPLETED)
            # The thread is let end its slice: what cannot be written to the page ends the task.
            self._end()
            await asyncio.wait({works}, timeout=LAST_WORDS)
        finally:
            self._end()
            for task in (hears, works):
                task.cancel()
            await asyncio.gather(hears, works, return_exceptions=True)
            self._thread.shutdown(wait=False, cancel_futures=True)
            self._learner = None

    def _end(self) -> None:
        self._ended = True
        if self._learner is not None:
            self._learner.stopped = GONE  # so that a long epoch ends after the step it is at
        self._heard.set()

    # What the page says

    async def _hear(self) -> None:
        """Take messages, as many as are allowed, until the page goes."""
        clock, limits = asyncio.get_running_loop().time, self._limits
        allowed, last = float(limits.burst), clock()
        while True:
            message = await self._socket.receive()
            if message["type"] != "websocket.receive":
                return
            now = clock()
            allowed = min(limits.burst, allowed + (now - last) * limits.messages_a_second)
            last, allowed = now, allowed - 1
            text = message.get("text")
            if allowed < 0 or len(self._waiting) >= limits.waiting:
                await self._dismiss(POLICY, "The page sends more messages than are answered.")
                return
            if text is None:
                await self._dismiss(UNREADABLE, "A message is text, and this one is bytes.")
                return
            self._waiting.append(text)
            self._heard.set()

    async def _dismiss(self, code: int, why: str) -> None:
        """Say why, and close the websocket."""
        self._ended = True
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
            async with asyncio.timeout(LAST_WORDS):  # a page that reads nothing is not waited for
                await dismissed(self._socket, code, why)

    # What it is answered

    async def _work(self) -> None:
        """Answer, train and draw until the end."""
        try:
            await self._begin(self._settings, self._points)
            while not self._ended:
                self._heard.clear()
                while self._waiting:
                    await self._answer(self._waiting.popleft())
                await self._draw()
                if self._trains():
                    await self._train()
                elif not self._heard.is_set():
                    await self._wait()
        except (Ended, WebSocketDisconnect):
            return
        except Exception:
            log.exception("the playground has a fault, and closes the page")
            await self._dismiss(FAULT, "The playground has a fault; the terminal shows which.")

    async def _wait(self) -> None:
        """Wait for a message; if a frame is due soon, until then."""
        soon = None
        if self._changed and self._in_flight < self._limits.in_flight:
            soon = max(0.0, self._next_frame - asyncio.get_running_loop().time())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(soon):
                await self._heard.wait()

    async def _answer(self, text: str) -> None:
        try:
            message = asked.read(text)
            await self._do(message["do"], message)
        except ValueError as error:
            await self._say({"is": "refused", "why": str(error)})

    async def _do(self, what: str, message: dict[str, Any]) -> None:
        now = asyncio.get_running_loop().time()
        learner = self._learner
        if what == "drawn":
            self._in_flight, self._drawn_at = max(0, self._in_flight - 1), now
        elif what == "settings":
            await self._begin(message.get("settings", {}), self._points)
        elif what == "points":
            await self._begin(self._settings | {"data": "points"}, message.get("points"))
        elif what == "reset":
            await self._begin(self._settings, self._points)
        elif what == "pause":
            self._running, self._changed = False, True
        elif learner is None:
            raise ValueError("there is no net yet: choose settings that are allowed")
        elif what == "run":
            self._running, self._changed, self._drawn_at = True, True, now
        elif what == "trace":
            traced = await self._in_thread(learner.trace, asked.rows_of(message))
            await self._say({"is": "trace"} | traced)
        elif what == "python":
            await self._say({"is": "python", "text": await self._in_thread(learner.python)})
        elif what == "edit":
            await self._in_thread(learner.edit, *asked.edit_of(message))
            self._changed = True
        else:
            steps = {name: getattr(learner, name) for name in ("epoch", "batch", "sample", "apply")}
            await self._step(steps[what])

    async def _begin(self, settings: Any, points: Any) -> None:
        """Make the net of these settings, and say what it is; a refused one changes nothing."""
        try:
            learner = await self._in_thread(self._new_learner, settings, points)
            setup = await self._in_thread(learner.setup)
        except ValueError as error:
            await self._say({"is": "refused", "why": str(error)})
            return
        self._learner, self._settings, self._points = learner, settings, points
        self._running = self._told_stopped = False
        self._changed = True
        await self._say({"is": "setup"} | setup)

    # Training

    def _trains(self) -> bool:
        """Whether the net is to go on: a page that draws nothing is in the background."""
        if not self._running or self._ended:
            return False
        waited = asyncio.get_running_loop().time() - self._drawn_at
        return self._in_flight < self._limits.in_flight or waited < self._limits.patience

    async def _train(self) -> None:
        if self._learner is not None:
            await self._step(self._learner.run_for, self._limits.slice_seconds)

    async def _step(self, step: Callable[..., Any], *arguments: Any) -> None:
        await self._in_thread(step, *arguments)
        self._changed = True
        learner = self._learner
        if learner is not None and learner.stopped and not self._told_stopped:
            self._running, self._told_stopped = False, True
            await self._say({"is": "stopped", "why": learner.stopped})

    async def _in_thread(self, call: Callable[..., R], *arguments: Any) -> R:
        """What a call gives that may take a while, made in the thread of this page."""
        if self._ended:
            raise Ended
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, _alone, call, *arguments)

    # Drawing

    async def _draw(self) -> None:
        """Send a frame, if there is something new, the page keeps up, and it is time."""
        clock = asyncio.get_running_loop().time
        if not self._changed or self._in_flight >= self._limits.in_flight:
            return
        if self._learner is None or clock() < self._next_frame:
            return
        self._next_frame = clock() + 1 / self._limits.frames_a_second
        self._changed = False
        frame = await self._in_thread(self._as_frame, self._learner, self._running)
        self._in_flight += 1
        await self._write(self._socket.send_bytes, frame)

    async def _say(self, message: dict[str, Any]) -> None:
        await self._write(self._socket.send_text, spelled(message))

    async def _write(self, send: Callable[[Any], Awaitable[None]], content: Any) -> None:
        if self._ended:
            raise Ended
        try:
            await send(content)
        except RuntimeError as error:  # it was closed meanwhile
            raise Ended from error


async def dismissed(socket: WebSocket, code: int, why: str) -> None:
    """Tell a page why its websocket is closed, and close it."""
    await socket.send_text(spelled({"is": "refused", "why": why}))
    await socket.close(code, why)


def spelled(message: dict[str, Any]) -> str:
    """The message as JSON; a number that is none, or infinite, is null.

    >>> spelled({"is": "trace", "loss": math.nan})
    '{"is": "trace", "loss": null}'
    """
    try:
        return json.dumps(message, allow_nan=False)
    except ValueError:
        return json.dumps(_without_nan(message))


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _alone(call: Callable[..., R], *arguments: Any) -> R:
    """What a call gives while BLAS has one thread."""
    with one_blas_thread():
        return call(*arguments)
