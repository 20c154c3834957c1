"""Draw a link as a QR code for a terminal; the one file that imports segno."""

from __future__ import annotations

import io

import segno


def qr_code(text: str) -> str:
    """Draw with half blocks, dark on light, with its quiet zone."""
    out = io.StringIO()
    segno.make(text, error="m", micro=False).terminal(out, compact=True)
    return out.getvalue()
