"""The server of the playground: its files, one websocket for each page, on this machine alone."""

import errno
import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from .guards import Guarded
from .limits import Limits
from .session import FULL, AsFrame, NewLearner, Session, dismissed

HOST = "127.0.0.1"
PORT = 8765  # where nothing else is asked for, and nobody listens
MOST_CONNECTIONS = 64
MOST_HEADERS = 16 * 1024  # bytes of the head of a request
GRACE = 1  # seconds for pages to go when the server ends
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}


def make_app(
    token: str,
    port: int,
    table: Any = None,
    limits: Limits | None = None,
    *,
    new_learner: NewLearner | None = None,
    as_frame: AsFrame | None = None,
) -> ASGIApp:
    """The app behind its guards.

    Parameters
    ----------
    token : str
        The secret of the link.
    port : int
        Where the server listens.
    table : UserTable, optional
        A table to learn from, beside the toys.
    limits : Limits, optional
    new_learner, as_frame : callable, optional
        What learns and how it is drawn, for tests.
    """
    limits = limits or Limits()
    made = new_learner or learners(table)
    drawn = as_frame or frames()
    first: dict[str, Any] = {} if table is None else {"data": "table"}
    files = page_files()
    open_pages: set[Session] = set()

    async def file(request: Request) -> Response:
        """A file of the page; a path is a key of a fixed list, and never one of the disk."""
        found = files.get(request.scope["path"])
        return PlainTextResponse("There is no such page.", 404) if found is None else found

    async def page(opened: WebSocket) -> None:
        """Serve one page, unless there are as many as are allowed."""
        await opened.accept()
        if len(open_pages) >= limits.sockets:
            why = f"{limits.sockets} pages are open already: close one, and load this one again."
            try:
                await dismissed(opened, FULL, why)
            except (WebSocketDisconnect, RuntimeError):  # it has gone by itself
                return
            return
        session = Session(opened, made, drawn, first, limits)
        open_pages.add(session)
        try:
            await session.run()
        finally:
            open_pages.discard(session)

    app = Starlette(
        routes=[WebSocketRoute("/socket", page), Route("/{path:path}", file, methods=["GET"])]
    )
    return Guarded(app, token, port)


def page_files() -> Mapping[str, Response]:
    """Each file of the page as it is answered, by the path of a request; read once."""
    found: dict[str, Response] = {}
    folder = resources.files(__package__) / "page"
    for each in folder.iterdir() if folder.is_dir() else ():
        kind = KINDS.get(os.path.splitext(each.name)[1])  # noqa: PTH122 - no path of the disk
        if kind is not None:
            found[f"/{each.name}"] = Response(each.read_bytes(), media_type=kind)
    shorter = {path.removesuffix(".html"): each for path, each in found.items()}
    return found | shorter | {"/": found["/index.html"]} if "/index.html" in found else found


def learners(table: Any) -> NewLearner:
    """What makes a learner of the table's rows, of toys or of drawn points."""
    from .learner import Learner
    from .planes import points_from
    from .settings import settings_from

    def new_learner(settings: Any, points: Any) -> Any:
        drawn = None if points is None else points_from(points)
        return Learner(settings_from(settings), table=table, points=drawn)

    return new_learner


def frames() -> AsFrame:
    """What makes the bytes of a frame."""
    from .messages import frame_bytes

    def as_frame(learner: Any, running: bool) -> bytes:
        return frame_bytes(learner.frame(), running)

    return as_frame


def listening(port: int | None) -> socket.socket:
    """A socket that listens on this machine alone.

    Parameters
    ----------
    port : int or None
        0 takes a free port; None takes ``PORT``, or a free one where that is taken.

    Raises
    ------
    OSError
        The port is in use, or may not be listened at.
    """
    try:
        return _bound(PORT if port is None else port)
    except OSError as error:
        if port is None:
            return _bound(0)
        if error.errno == errno.EADDRINUSE:
            raise OSError(
                f"port {port} is in use by another program: give another with --port, or leave it "
                "out, and a free one is taken"
            ) from error
        raise OSError(f"port {port} cannot be listened at: {error.strerror}") from error


def _bound(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere it would let two programs share a port
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((HOST, port))
        made.listen()
    except OSError:
        made.close()
        raise
    return made


class Server(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        await super().startup(sockets)
        self._ready()


def configured(app: ASGIApp, port: int, limits: Limits) -> uvicorn.Config:
    """How the app is served: nothing is logged, and nothing grows without a bound."""
    return uvicorn.Config(
        app,
        host=HOST,
        port=port,
        loop="asyncio",
        http=H11Protocol,
        ws=WebSocketsSansIOProtocol,
        ws_max_size=limits.message_bytes,
        ws_per_message_deflate=False,  # a few bytes could become many
        lifespan="off",
        log_config=None,
        log_level=logging.CRITICAL,  # a refused websocket is none of its faults
        access_log=False,
        proxy_headers=False,  # whatever a request says of where it comes from
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        h11_max_incomplete_event_size=MOST_HEADERS,
        timeout_graceful_shutdown=GRACE,
    )


def serve(
    port: int | None = None,
    table: Any = None,
    open_browser: Callable[[str], object] | None = None,
    tell: Callable[[str], None] = print,
) -> None:
    """Serve the playground until a signal ends it.

    Parameters
    ----------
    port : int, optional
        As for ``listening``.
    table : UserTable, optional
        A table to learn from, beside the toys.
    open_browser : callable, optional
        Opens the link.
    tell : callable
        Is told the link.

    Raises
    ------
    OSError
        The port is in use, or may not be listened at.
    """
    limits, token = Limits(), secrets.token_urlsafe(32)
    with listening(port) as heard:
        own = heard.getsockname()[1]
        link = f"http://{HOST}:{own}/?token={token}"

        def ready() -> None:
            tell(link)
            if open_browser is not None:  # which may take its time
                threading.Thread(target=open_browser, args=(link,), daemon=True).start()

        app = make_app(token, own, table, limits)
        Server(configured(app, own, limits), ready).run(sockets=[heard])
