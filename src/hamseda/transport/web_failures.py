"""Name what aiohttp ends with by the closed list of spec/failures.md, and in words."""

from __future__ import annotations

import errno
from http import HTTPStatus

import aiohttp

from hamseda.errors import NetworkError

_RESETS = (errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE)
_NO_CONNECTION = ("connection_refused", "host_unreachable", "dns_lookup_error")


class UnansweredError(NetworkError):
    """Nothing but the network itself answered: no byte of TLS was sent."""


def portal(status: int) -> NetworkError | None:
    """Say that an HTTP status in the home's place looks like a page to log in at, if it does."""
    if status // 100 != 3 and status != HTTPStatus.NETWORK_AUTHENTICATION_REQUIRED:
        return None
    # No home sends anybody elsewhere from behind its door.
    return NetworkError(
        "a page answers in the home's place: it is likely that this network wants you"
        " to log in first",
        failure="http_not_a_home",
        next="open any web page in a browser and log in; what waits goes on by itself",
    )


def not_a_home(status: int) -> NetworkError:
    """Say what an HTTP status in the home's place means; a guess is told as one."""
    return portal(status) or NetworkError(
        "there is a web server, but no home at this link",
        failure="http_not_a_home",
        next="check the link, or ask for a new one",
    )


def unreachable() -> UnansweredError:
    """Say that a home cannot be where its list says: nearer than where it was met."""
    return UnansweredError(
        "the home's list names a place on this device or in its own network",
        failure="host_unreachable",
        next="ask whoever runs the home for another way to it",
    )


def translated(error: BaseException, *, is_answered: bool = True) -> NetworkError:
    """Name a foreign exception by the closed list of spec/failures.md."""
    where = "the home cannot be reached"
    again = "check the network and that the home runs, then try again"
    failure = "unknown_failure"
    if isinstance(error, TimeoutError):
        failure = "generic_timeout_error"
    elif isinstance(error, aiohttp.ClientConnectorDNSError):
        failure = "dns_lookup_error"
    elif isinstance(error, aiohttp.ClientSSLError):
        failure = "ssl_failed_handshake"
    elif isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error
        if isinstance(cause, ConnectionRefusedError):
            failure = "connection_refused"
        elif isinstance(cause, ConnectionResetError):
            failure = "connection_reset"
        else:
            failure = "host_unreachable"
    elif isinstance(error, aiohttp.ClientHttpProxyError):
        failure = "host_unreachable"
    elif isinstance(error, aiohttp.WSServerHandshakeError):
        return not_a_home(error.status)
    elif isinstance(error, ConnectionResetError) or (
        # aiohttp keeps of a reset that comes after TLS no more than its number.
        isinstance(error, OSError) and error.errno in _RESETS
    ):
        failure = "connection_reset"
    elif isinstance(error, aiohttp.ServerDisconnectedError):
        failure = "eof_error"
    is_answered = is_answered and failure not in _NO_CONNECTION
    kind = NetworkError if is_answered else UnansweredError
    return kind(f"{where} ({failure})", failure=failure, next=again)
