"""The public pages as a web archive (WARC 1.1, ISO 28500), one gzip member a record, by warcio.

Every record is a full response: nothing is left out because it was seen before.
"""

from datetime import datetime
from io import BytesIO
from typing import BinaryIO

from isal import igzip
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from jiyue.publishing.delivery.headers import cache_control, content_type

SOFTWARE = "jiyue export-site"
_GZIP_LEVEL = 2  # isal's scale 0–3
_HTTP_DATE = "%a, %d %b %Y %H:%M:%S GMT"


class WebArchive:
    """Writes responses into one file.

    Args:
        out: Where it goes.
        base_url: Canonical address of the site, without a slash at its end.
        made_at: When the pages were read, in UTC.
    """

    def __init__(self, out: BinaryIO, base_url: str, made_at: datetime):
        self._out = out
        self._base_url = base_url.rstrip("/")
        self._made_at = made_at
        self._member = BytesIO()
        self._writer = WARCWriter(self._member, gzip=False, warc_version="WARC/1.1")

    def write_info(self, title: str) -> None:
        """Say what the file is; its first record."""
        info = {
            "software": SOFTWARE,
            "format": "WARC File Format 1.1",
            "isPartOf": self._base_url,
            "description": title,
        }
        self._finish(self._writer.create_warcinfo_record("site.warc.gz", info))

    def write_page(self, path: str, data: bytes, written_at: datetime) -> None:
        """Add one public file with the headers it is answered with."""
        headers = [
            ("Content-Type", content_type(path)),
            ("Cache-Control", cache_control(f"/{path}")),
            ("Last-Modified", written_at.strftime(_HTTP_DATE)),
            ("Content-Length", str(len(data))),
        ]
        record = self._writer.create_warc_record(
            address_of(self._base_url, path),
            "response",
            payload=BytesIO(data),
            length=len(data),
            http_headers=StatusAndHeaders("200 OK", headers, protocol="HTTP/1.1"),
            warc_headers_dict={"WARC-Date": f"{self._made_at:%Y-%m-%dT%H:%M:%SZ}"},
        )
        self._finish(record)

    def _finish(self, record: object) -> None:
        self._writer.write_record(record)
        self._out.write(igzip.compress(self._member.getvalue(), _GZIP_LEVEL, mtime=0))
        self._member.seek(0)
        self._member.truncate()


def address_of(base_url: str, path: str) -> str:
    """The address under which visitors read a published file."""
    folder, _, name = path.rpartition("/")
    address = f"{folder}/" if folder else ""
    return f"{base_url.rstrip('/')}/{address}{'' if name == 'index.html' else name}"
