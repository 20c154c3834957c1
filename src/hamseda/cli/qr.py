"""Draw a link as a QR code for a terminal; the one file that imports segno."""

from __future__ import annotations

import io

import segno

from hamseda.errors import UsageError


def qr_code(text: str) -> str:
    """Draw with half blocks, dark on light, with its quiet zone."""
    out = io.StringIO()
    try:
        code = segno.make(text, error="m", micro=False)
    except segno.DataOverflowError:
        raise UsageError(
            "this is too long for a QR code", next="send it as text or as a file"
        ) from None
    code.terminal(out, compact=True)
    return out.getvalue()
