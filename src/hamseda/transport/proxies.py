"""Find the HTTP proxy that this system is told to use, as other programs find it.

`https_proxy` or `all_proxy`, in either case of letters, and `no_proxy` against it. The proxy is
asked to CONNECT, so it sees the endpoint's name and the size of what passes.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from hamseda.wire.host import bracketed, is_loopback

_DEFAULT_PORT = 80


@dataclass(frozen=True, slots=True)
class Proxy:
    """Be one HTTP proxy; `headers` may hold its password."""

    url: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)


def system_proxy(host: str) -> Proxy | None:
    """Give the proxy for a host; never one for this machine, nor one that is not spoken here."""
    settings = getproxies_environment()
    setting = settings.get("https") or settings.get("all")
    if not setting or is_loopback(host) or proxy_bypass(host):
        return None
    if "://" not in setting:
        setting = f"http://{setting}"
    try:
        parts = urlsplit(setting)
        port = parts.port or _DEFAULT_PORT
    except ValueError:
        return None
    if parts.scheme != "http" or not parts.hostname:
        return None
    headers: dict[str, str] = {}
    if parts.username is not None:
        secret = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        basic = base64.b64encode(secret.encode()).decode("ascii")
        headers["Proxy-Authorization"] = f"Basic {basic}"
    return Proxy(f"http://{bracketed(parts.hostname)}:{port}", headers)


def proxy_for(url: str) -> Proxy | None:
    """Give the proxy for an address; None also for what is no address."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    return None if host is None else system_proxy(host)
