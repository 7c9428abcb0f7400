"""Access control: host names, origins of pages, API keys."""

from __future__ import annotations

import hmac
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

Headers = Mapping[bytes, bytes]
PUBLIC = ("/", "/docs", "/openapi.json", "/healthz", "/readyz", "/metrics", "/v2/health/live", "/v2/health/ready")
ANNOTATOR = "fanlight.annotator"  # key in a request's scope: the annotator of its API key


@dataclass(frozen=True)
class Access:
    """The rules of access.

    Attributes
    ----------
    keys : mapping of str to str or None
        API keys, each with its annotator or None; without keys every client has access.
    origins : tuple of str
        Other sites whose pages have access.
    hosts : tuple of str
        Accepted host names, besides IP addresses and localhost. They prevent DNS rebinding, where the name of a hostile
        site resolves to this machine.
    """

    keys: Mapping[str, str | None] = field(default_factory=dict)
    origins: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()

    def allows_host(self, headers: Headers) -> bool:
        """Tell whether the host of a request is accepted; requests without a host do not come from pages."""
        host = headers.get(b"host", b"").decode("latin-1")
        if not host:
            return True
        name, is_address = _parse_host(host)
        return is_address or name == "localhost" or name in self.hosts

    def allows_origin(self, method: str, headers: Headers) -> bool:
        """Tell whether a request is read-only, or comes from no page, the server's own, or one of an accepted site."""
        origin = headers.get(b"origin")
        if method in ("GET", "HEAD", "OPTIONS") or origin is None:
            return True
        site = origin.decode("latin-1")
        host = headers.get(b"host", b"").decode("latin-1")
        return site in self.origins or (
            bool(host) and site.lower() in (f"http://{host}".lower(), f"https://{host}".lower())
        )

    @staticmethod
    def is_public(path: str) -> bool:
        """Tell whether a path needs no key: the page, the documentation, health and metrics."""
        return path in PUBLIC or path.startswith("/static/")

    def find_key(self, headers: Headers) -> str | None:
        """Return the key of a request if it is valid."""
        sent = headers.get(b"x-api-key")
        if sent is None:
            scheme, _, sent = headers.get(b"authorization", b"").partition(b" ")
            sent = _password(sent) if scheme.lower() == b"basic" else sent.strip() * (scheme.lower() == b"bearer")
        fitting = [key for key in self.keys if hmac.compare_digest(sent, key.encode())]
        return fitting[0] if fitting else None

    def allows_key(self, headers: Headers) -> bool:
        """Tell whether a request has a valid key, or none is needed."""
        return not self.keys or self.find_key(headers) is not None

    def headers_for(self, headers: Headers) -> list[tuple[bytes, bytes]]:
        """Return the security and CORS headers of a response."""
        answers = [
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"referrer-policy", b"no-referrer"),
        ]
        origin = headers.get(b"origin")
        if origin is not None and origin.decode("latin-1") in self.origins:
            answers += [(b"access-control-allow-origin", origin), (b"vary", b"Origin")]
        return answers


def is_preflight(method: str, headers: Headers) -> bool:
    """Tell whether a request is a CORS preflight, which has no key."""
    return method == "OPTIONS" and b"origin" in headers and b"access-control-request-method" in headers


def _password(credentials: bytes) -> bytes:
    """Return the password of basic authentication, in which some clients send a key."""
    try:
        return b64decode(credentials.strip(), validate=True).partition(b":")[2]
    except ValueError:
        return b""


@lru_cache(256)
def _parse_host(host: str) -> tuple[str, bool]:
    """Return the name in a request's host, "" for one that is no host, and whether it is an address."""
    name = (urlsplit(f"//{host}").hostname or "") if _is_sound(host) else ""
    return name, _is_address(name)


def _is_sound(host: str) -> bool:
    return host.isascii() and not any(c in "/?#@\\" or c.isspace() for c in host)


def _is_address(name: str) -> bool:
    try:
        ip_address(name.split("%")[0])
    except ValueError:
        return False
    return True
