"""Who may talk to the server: the browser that opened its link, on this machine, and no other page.

A page of any site can make a browser send requests to 127.0.0.1, and a name of that site can be
made to lead there.  So a request has to name the server as it is called (``Host``), a websocket has
to come from the server's own page (``Origin``), and both have to bring the secret of the link, or
the cookie that it was traded for.
"""

import hmac
import logging
import secrets
from collections.abc import Iterable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("numlp.play")

NO_LINK = "This page is opened by the link that `numlp play` has printed: paste it as it is."
WRONG_HOST = "This server answers to 127.0.0.1 and localhost with its own port alone."
WRONG_ORIGIN = "A websocket is opened by the server's own page alone."
MOST_FIELDS = 8  # of a query


class Guarded:
    """An ASGI app behind the guards, every answer of which has the headers that fence in a page.

    Parameters
    ----------
    app : ASGIApp
    token : str
        The secret of the link.
    port : int
        Where the server listens.
    """

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app, self._token = app, token.encode()
        self._hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
        # Not the token itself: a cookie is sent to every port of this machine that is visited.
        self._pass = secrets.token_urlsafe(32)
        self._cookie = f"numlp_play_{port}"  # two playgrounds at once do not take turns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        hosts = _all(scope, b"host")
        named = hosts[0] if len(hosts) == 1 and hosts[0] in self._hosts else None
        fence = headers(named or self._hosts[0])

        async def fenced(message: Message) -> None:
            if message["type"] in STARTS:
                _add(message, fence)
            await send(message)

        answer = self._answer(scope, named)
        if answer is None:
            await self._pass_on(scope, receive, fenced)
        elif scope["type"] == "websocket":
            await _deny(answer, scope, receive, fenced)
        else:
            await answer(scope, receive, fenced)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer; what goes wrong there is told here, as the server is silent."""
        try:
            await self._app(scope, receive, send)
        except Exception:
            log.exception("the playground has a fault")
            raise

    def _answer(self, scope: Scope, host: str | None) -> Response | None:
        """What is answered in place of the app; None where the request may pass."""
        if host is None:
            return PlainTextResponse(WRONG_HOST, 421)
        if scope["type"] == "websocket" and _all(scope, b"origin") != [f"http://{host}"]:
            return PlainTextResponse(WRONG_ORIGIN, 403)
        given = _token(scope)
        if given is None:
            return None if self._has_cookie(scope) else PlainTextResponse(NO_LINK, 403)
        if not hmac.compare_digest(given, self._token):
            return PlainTextResponse(NO_LINK, 403)
        if scope["type"] == "websocket":
            return None
        answer = RedirectResponse("/", 303)  # so that the token leaves the address bar
        answer.set_cookie(self._cookie, self._pass, path="/", httponly=True, samesite="strict")
        return answer

    def _has_cookie(self, scope: Scope) -> bool:
        found = False
        for header in _all(scope, b"cookie"):
            for pair in header.split(";"):
                name, _, value = pair.strip().partition("=")
                if name == self._cookie:
                    found |= hmac.compare_digest(value.encode(), self._pass.encode())
        return found


STARTS = ("http.response.start", "websocket.accept", "websocket.http.response.start")


def headers(host: str) -> list[tuple[bytes, bytes]]:
    """The headers of every answer: what a page may load, and who may read it or show it."""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        f"connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    return [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"cache-control", b"no-store"),
    ]


def _add(message: MutableMapping[str, Any], fence: Iterable[tuple[bytes, bytes]]) -> None:
    """Put the headers into an answer, in place of its own of the same names."""
    fence = list(fence)
    names = {name for name, _ in fence}
    own = [(name, value) for name, value in message.get("headers", []) if name not in names]
    message["headers"] = [*own, *fence]


def _all(scope: Scope, name: bytes) -> list[str]:
    """The values of every header of that name."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _token(scope: Scope) -> bytes | None:
    """The token of a request; None where it brings none, and empty where it brings several."""
    try:
        fields = parse_qs(scope["query_string"].decode("latin-1"), True, max_num_fields=MOST_FIELDS)
    except ValueError:  # more fields than any link of ours has
        return b""
    if "token" not in fields:
        return None
    return fields["token"][0].encode() if len(fields["token"]) == 1 else b""


async def _deny(answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a websocket before it is opened, in words where the server can."""
    await receive()  # that it wants to be opened
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return

    async def without_length(message: Message) -> None:
        """Send the answer; of its own length and kind a server writes twice, if they are there."""
        if "headers" in message:
            own = (b"content-length", b"content-type")
            message["headers"] = [pair for pair in message["headers"] if pair[0] not in own]
        await send(message)

    await answer(scope, receive, without_length)
