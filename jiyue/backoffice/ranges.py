"""Files sent as a whole or in the part that a browser asks for."""

from collections.abc import Iterator
from pathlib import Path

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from jiyue.core.ranges import Part, parse_range

PIECE_BYTES = 256 * 1024


def send_file(
    request: HttpRequest, path: Path, *, name: str, content_type: str, is_download: bool
) -> HttpResponseBase:
    """Answer with a file of the private store: nothing to guess, nothing that runs.

    Args:
        request: May ask for a part (`Range`), as players do.
        path: Where the file lies.
        name: Name it gets when it is saved.
        content_type: What it really is.
        is_download: Saved instead of shown.

    Source: GL 七(一)3 (SEC-06).
    """
    size = path.stat().st_size
    part = parse_range(request.headers.get("Range", ""), size)
    response: HttpResponseBase
    if part is None:
        response = FileResponse(path.open("rb"), content_type=content_type)
        response.headers["Content-Length"] = str(size)
    elif part.is_absent:
        response = HttpResponse(status=416)
    else:
        response = StreamingHttpResponse(_pieces(path, part), status=206, content_type=content_type)
        response.headers["Content-Length"] = str(part.length)
    if part is not None:
        response.headers["Content-Range"] = part.content_range(size)
    response.headers["Content-Disposition"] = content_disposition_header(is_download, name) or "inline"
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _pieces(path: Path, part: Part) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(part.first)
        left = part.length
        while left > 0 and (piece := file.read(min(PIECE_BYTES, left))):
            left -= len(piece)
            yield piece
