"""What a PDF can do beside being read: looked for in its objects, also in compressed ones.

The file isn't interpreted: names that only an active document needs are looked
for outside its streams and inside its object streams, however they are spelt.

Source: GL 七(一)3 (SEC-06, uploads).
"""

import re
import zlib
from collections.abc import Iterator

ENCRYPTED = "Encrypt"
MAX_INFLATED_BYTES = 64 * 1024 * 1024  # of all object streams together
_STREAM = re.compile(rb"stream\r?\n.*?endstream", re.DOTALL)
_OBJECT_STREAM = re.compile(rb"/ObjStm\b.{0,512}?stream\r?\n(.*?)endstream", re.DOTALL)
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
# A name ends at a blank or a delimiter; /JSON is no /JS.
_ACTIVE = re.compile(
    rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData|Encrypt)(?=[\s/<>\[\]()%]|\Z)"
)


def find_active_content(data: bytes) -> str:
    """Name what is active in a PDF: `JavaScript`, `Launch`, `EmbeddedFile`, `Encrypt`…; blank for nothing."""
    for text in _object_texts(data):
        found = _ACTIVE.search(_ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), text))
        if found:
            return found[1].decode()
    return ""


def _object_texts(data: bytes) -> Iterator[bytes]:
    yield _STREAM.sub(b"stream endstream", data)
    left = MAX_INFLATED_BYTES
    for match in _OBJECT_STREAM.finditer(data):
        text = _inflate(match[1], left)
        left -= len(text)
        yield text
        if left <= 0:
            return


def _inflate(data: bytes, limit: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, limit)
    except zlib.error:
        return b""  # another filter: a reader that understands it is asked in the separate process
