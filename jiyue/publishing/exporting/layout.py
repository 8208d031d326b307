"""What an export consists of: names of its files, its version, the refusals of both ways.

Changing a file or a field so that version 1 can't be read any more raises
`VERSION`; the importer reads its own version and no newer one.
"""

import re

from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError, Text

FORMAT = "jiyue-site"
VERSION = 1
KEY_NAME = "export"

MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
SIGNER = "signer.pub"  # for information; trust comes from the reader's own copy
FILES = "files.jsonl"
README = "README.txt"
UNLISTED = frozenset({MANIFEST, SIGNATURE, SIGNER, FILES})

PAGES = "pages/"
WARC = "warc/site.warc.gz"
HISTORY = "history/"
HISTORY_MEDIA = f"{HISTORY}media/"
MAX_NAME_CHARS = 260

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*\Z")


class ExportRefused(DomainError):
    """A site that can't be exported now."""

    code = "export_refused"


class ImportRefused(DomainError):
    """An export that can't be taken in, or a platform that can't take one in."""

    code = "import_refused"


def damaged(what: Text) -> ImportRefused:
    """Return the refusal of an export that isn't as it was made."""
    return ImportRefused(
        _("The export is damaged or was changed: %(what)s.") % {"what": what},
        fix=_("Fetch it again from where it was made. Nothing was imported."),
        code="export_damaged",
    )


def is_plain_name(name: str) -> bool:
    """Tell whether a name inside an export is harmless: relative, inside, without links' tricks."""
    return len(name) <= MAX_NAME_CHARS and bool(_NAME.match(name)) and ".." not in name
