"""Hold the few pages a home makes itself."""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

SERVER: Final = "nginx"
"""The commonest name there is: a rare one would be a mark."""

HTML: Final = "text/html"


def error_page(status: int, phrase: str) -> bytes:
    """Return the body that the commonest web server sends with an error."""
    title = f"{status} {phrase}"
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n<hr><center>{SERVER}</center>\r\n"
        "</body>\r\n</html>\r\n"
    ).encode()


NOT_FOUND: Final = error_page(404, "Not Found")
BAD_REQUEST: Final = error_page(400, "Bad Request")
NOT_ALLOWED: Final = error_page(405, "Not Allowed")
SERVER_ERROR: Final = error_page(500, "Internal Server Error")

FRONT_PAGE: Final = b"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Welcome</title></head>
<body>
<h1>Welcome</h1>
<p>This site is being set up. Please come back later.</p>
</body>
</html>
"""

_STYLE: Final = (
    "body{font:1.1em/1.6 system-ui,sans-serif;max-width:38em;margin:3em auto;padding:0 1em}"
    "code{background:#8882;padding:.1em .3em;overflow-wrap:anywhere}"
)

DOOR_PAGE: Final = f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>hamseda</title><style>{_STYLE}</style></head>
<body>
<h1>hamseda</h1>
<p>This is a <b>home</b>: a small server over which two people talk, end-to-end encrypted.</p>
<p>Were you sent a link to this page? It is an invitation. This release is used from a terminal:
install hamseda, copy the <b>whole</b> link from the address bar, and type</p>
<p><code>hamseda accept 'THE LINK' --name NAME</code></p>
<p>where NAME is what you want to call the person who invited you. Then <code>hamseda call
NAME</code>, or <code>hamseda answer</code> to wait for a call.</p>
<p>Is the link a home's own (it has <code>#h=</code> in it)? Then you can invite somebody:
<code>hamseda invite --home 'THE LINK'</code></p>
<p>What stands behind the # in the link was not sent to this server.</p>
</body>
</html>
""".encode()


def _style_hash() -> str:
    return b64encode(sha256(_STYLE.encode()).digest()).decode()


PRIVATE_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""For everything under the door: leave no trace, tell no other site about it."""

OPEN_HEADERS: Final[Mapping[str, str]] = {**PRIVATE_HEADERS, "Access-Control-Allow-Origin": "*"}
"""For what a page may fetch that was not served here: nothing of it depends on who asks."""

DOOR_HEADERS: Final[Mapping[str, str]] = {
    **PRIVATE_HEADERS,
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_style_hash()}'; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Frame-Options": "DENY",
}
