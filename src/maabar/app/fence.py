"""Who may ask: the one who has the link of this start, from this machine's own address, in a body of fair size.

In: requests. Out: the same, or a refusal before any page sees them. A page of another site can reach 127.0.0.1 too: it
has neither the cookie (SameSite=Strict) nor the right Origin, and a name that was pointed here is not a known Host.
"""

from __future__ import annotations

import hmac
import http.cookies
import urllib.parse
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "maabar"
LARGEST = 6_000_000  # bytes of a request
SAFE = ("GET", "HEAD")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Products bring scripts of their own: they run apart, where they reach neither cookies nor these pages.
SANDBOX = "sandbox allow-scripts allow-popups allow-downloads"
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Fence:
    """The middleware around all pages.

    hosts  values of the Host header that are this machine, such as 127.0.0.1:8765
    """

    def __init__(self, app: App, token: str, hosts: tuple[str, ...]) -> None:
        self.app, self.token, self.hosts = app, token, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await _plain(send, *refusal)
            return
        asked = urllib.parse.parse_qs(scope["query_string"].decode("latin-1"))
        if "token" in asked and scope["method"] == "GET":
            await self._let_in(send, asked["token"][0])
            return
        if not self._is_known(headers.get("cookie", "")):
            await _plain(send, 403, "Open the link that `maabar serve` printed: it holds the key of this start.")
            return
        await self.app(scope, _limited(receive), _guarded(send))

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        if headers.get("host", "") not in self.hosts:
            return 421, "This door answers at its own address only."
        origin = headers.get("origin")
        if origin is not None and origin not in {f"http://{host}" for host in self.hosts}:
            return 403, "Refused: the request comes from another site."
        if scope["method"] not in SAFE:
            if headers.get("sec-fetch-site", "same-origin") != "same-origin" or origin is None:
                return 403, "Refused: the request comes from another site."
            length = headers.get("content-length", "0")
            if not length.isdigit() or int(length) > LARGEST:
                return 413, f"Refused: at most {LARGEST:,} bytes at once."
        return None

    async def _let_in(self, send: Send, token: str) -> None:
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            await _plain(send, 403, "This link is of another start of `maabar serve`; use the one it printed last.")
            return
        cookie = f"{COOKIE}={self.token}; Path=/; HttpOnly; SameSite=Strict"
        await _plain(send, 303, "", {"location": "/", "set-cookie": cookie})

    def _is_known(self, cookies: str) -> bool:
        try:
            found = http.cookies.SimpleCookie(cookies).get(COOKIE)
        except http.cookies.CookieError:
            return False
        return found is not None and hmac.compare_digest(found.value.encode(), self.token.encode())


def _limited(receive: Receive) -> Receive:
    """A body that ends with a fault where it is larger than it may be, whatever its headers said."""
    seen = 0

    async def limited() -> MutableMapping[str, Any]:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return {"type": "http.disconnect"} if seen > LARGEST else message

    return limited


def _guarded(send: Send) -> Send:
    """Answers with the headers that keep a browser careful."""

    async def guarded(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            there = {name.lower() for name, _ in message["headers"]}
            more = [(name.encode(), value.encode()) for name, value in HEADERS.items() if name.encode() not in there]
            if b"content-security-policy" not in there:
                more.append((b"content-security-policy", POLICY.encode()))
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return guarded


async def _plain(send: Send, status: int, text: str, headers: dict[str, str] | None = None) -> None:
    found = {
        "content-type": "text/plain; charset=utf-8",
        "content-security-policy": POLICY,
        **HEADERS,
        **(headers or {}),
    }
    listed = [(name.encode(), value.encode()) for name, value in found.items()]
    await send({"type": "http.response.start", "status": status, "headers": listed})
    await send({"type": "http.response.body", "body": text.encode()})
