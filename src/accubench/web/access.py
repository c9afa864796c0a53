"""Who may ask for what: pure decisions about host, origin, cookie and where to go next."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from accubench.web.workbench import ServerSettings

__all__ = [
    "cookie_name",
    "cookie_value",
    "has_access",
    "is_known_host",
    "is_loopback",
    "is_own_origin",
    "is_right_token",
    "safe_next",
    "wants_json",
]

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_EVERYWHERE = frozenset({"0.0.0.0", "::", "[::]"})  # noqa: S104 - names of "all interfaces", compared with
_LONGEST_ADDRESS = 8192


def is_loopback(host: str) -> bool:
    """Whether a host to bind to can only be reached from this machine.

    >>> is_loopback("localhost"), is_loopback("127.0.0.2"), is_loopback("::1"), is_loopback("192.168.1.5")
    (True, True, True, False)
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_known_host(header: str, settings: ServerSettings) -> bool:
    """Whether a Host header names this server, so that no foreign name that resolves to it can be used.

    The loopback names are right with any port, because the port at the near end of an SSH tunnel is the visitor's
    choice. A server bound to all interfaces is also known by bare addresses: only names can be made to resolve to it.
    """
    host, port = _split_host(header)
    if not host:
        return False
    if host in _LOOPBACK or _is_allowed(host, port, settings.allowed_hosts):
        return True
    if port != str(settings.port):
        return False
    if settings.host in _EVERYWHERE:
        return _is_address(host)
    return host == _bracketed(settings.host.lower())


def is_own_origin(headers: Headers) -> bool:
    """Whether an unsafe request was sent by one of our own pages, or by no page at all.

    Browsers send Origin with every POST; what sends neither Origin nor Referer nor Sec-Fetch-Site is a program, which
    no foreign page can steer.
    """
    host = headers.get("host", "").lower()
    origin = headers.get("origin")
    site = headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    if origin is not None:
        return _is_address_of(origin, host)
    referer = headers.get("referer")
    return referer is None or _is_address_of(referer, host)


def cookie_name(settings: ServerSettings) -> str:
    """Name of the cookie; with the port, because cookies of one host are shared by all its ports."""
    return f"accubench-{settings.port}"


def cookie_value(settings: ServerSettings) -> str:
    """What the cookie holds: something only who knows the token can make, from which the token cannot be found."""
    return hmac.new(settings.token.encode(), b"accubench cookie", hashlib.sha256).hexdigest()


def is_right_token(given: str, settings: ServerSettings) -> bool:
    """Compare in constant time, so that answers do not tell how much of a token is right."""
    return hmac.compare_digest(given.encode(), settings.token.encode())


def has_access(headers: Headers, cookies: dict[str, str], settings: ServerSettings) -> bool:
    """Whether a request carries the cookie, or the token as programs send it: ``Authorization: Bearer TOKEN``."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and is_right_token(token.strip(), settings):
        return True
    given = cookies.get(cookie_name(settings), "")
    return hmac.compare_digest(given.encode(), cookie_value(settings).encode())


def safe_next(address: str) -> str:
    r"""An address to go on to: the given one where it is a path of this server, else the start page.

    >>> safe_next("/reports/r-1?view=images"), safe_next("//evil.example"), safe_next("/\\evil.example")
    ('/reports/r-1?view=images', '/', '/')
    """
    odd = any(ord(letter) < 33 or ord(letter) == 127 or letter == "\\" for letter in address)
    own = address.startswith("/") and not address.startswith("//")
    if not own or odd or len(address) > _LONGEST_ADDRESS or address.partition("?")[0] == "/token":
        return "/"
    return address


def wants_json(path: str, headers: Headers) -> bool:
    """Whether an answer about an error should be JSON: for paths that give JSON, and who accepts it but no HTML."""
    accepted = headers.get("accept", "")
    return (
        path.endswith(".json")
        or path.startswith("/api/")
        or "text/event-stream" in accepted
        or ("application/json" in accepted and "text/html" not in accepted)
    )


def _split_host(header: str) -> tuple[str, str]:
    """Host in lower case and port; ("", "") where the header is none that a browser would send."""
    host, colon, port = header.lower().rpartition(":") if not header.endswith("]") else (header.lower(), "", "")
    if not colon:
        host, port = header.lower(), "80"
    well_formed = host and port.isascii() and port.isdigit() and not set(host) & set("/@?# \t,")
    bracketed = ":" not in host or (host.startswith("[") and host.endswith("]"))
    return (host, port) if well_formed and bracketed else ("", "")


def _is_allowed(host: str, port: str, allowed: Collection[str]) -> bool:
    names = {name.lower() for name in allowed}
    return host in names or f"{host}:{port}" in names


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _is_address_of(address: str, host: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and parts.netloc.lower() == host
