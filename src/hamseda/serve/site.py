"""Be the ordinary small web site that a visitor without a link sees (design §6)."""

import mimetypes
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from aiohttp import web

from hamseda.serve import pages

INDEX: Final = "index.html"


def plain(body: bytes, status: int = 200, kind: str = pages.HTML) -> web.Response:
    """Return an answer as a plain web server would give it."""
    return web.Response(
        body=body, status=status, headers={"Server": pages.SERVER, "Content-Type": kind}
    )


def not_found() -> web.Response:
    """Return the one answer for all that is not there, wrong doors included."""
    return plain(pages.NOT_FOUND, 404)


class Site:
    """Serve a folder of files, or one built-in page."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder.resolve() if folder is not None else None

    def answer(self, method: str, raw_path: str) -> web.StreamResponse:
        """Answer a request for something outside the door."""
        if method not in {"GET", "HEAD"}:
            return plain(pages.NOT_ALLOWED, 405)
        if self._folder is None:
            is_front = raw_path in {"/", "/" + INDEX}
            return plain(pages.FRONT_PAGE) if is_front else not_found()
        file = self._file(raw_path)
        if file is None:
            return not_found()
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return web.FileResponse(file, headers={"Server": pages.SERVER, "Content-Type": kind})

    def _file(self, raw_path: str) -> Path | None:
        """Return the file under the folder that a path names, if it may be shown."""
        folder = self._folder
        if folder is None:
            return None
        parts = [part for part in unquote(raw_path).split("/") if part]
        # No hidden files, no way up, nothing that another system reads as a separator.
        if any(part.startswith(".") or "\\" in part or "\0" in part for part in parts):
            return None
        try:
            file = folder.joinpath(*parts).resolve()
            if file.is_dir():
                file = (file / INDEX).resolve()
            is_inside = file.is_relative_to(folder)
            return file if is_inside and file.is_file() else None
        except (OSError, ValueError, RuntimeError):
            return None
