"""What a file really is, told by its content; whatever can hurt is refused with the way out.

Source: GL 七(一)3 (SEC-06, uploads).
"""

import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO

from django.utils.translation import gettext_lazy as _
from PIL import Image, UnidentifiedImageError

from jiyue.core.archives import UNREADABLE_ZIP
from jiyue.core.errors import DomainError, Text
from jiyue.core.pdf_contents import ENCRYPTED, find_active_content

MAX_PIXELS = 40_000_000  # a decompression bomb is larger
MAX_PARTS = 10_000  # parts of one office file; a long report with pictures has hundreds
MAX_UNPACKED_BYTES = 400 * 1024 * 1024  # of one office file
MAX_RATIO = 200  # unpacked to packed; sheets full of equal cells reach about 60
RATIO_CHECK_BYTES = 20 * 1024 * 1024  # smaller ones can't hurt

IMAGE_TYPES = {"JPEG": ("jpg", "image/jpeg"), "PNG": ("png", "image/png"), "WEBP": ("webp", "image/webp")}
_IMAGE_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")
_PDF_START = b"%PDF-"
_ZIP_START = b"PK\x03\x04"
_OLE_START = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Office 97-2003, and office files with a password
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_PROGRAM_STARTS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"#!", b"<?php")
_PROGRAM_PART = re.compile(
    r"\.(exe|dll|com|scr|bat|cmd|ps1|vbs|vbe|js|jse|jar|msi|hta|lnk|sh)$", re.IGNORECASE
)
_OBJECT_PART = re.compile(r"(/activeX/|/oleObject[^/]*\.bin$)", re.IGNORECASE)
_REMOTE_TEMPLATE = re.compile(
    rb"<Relationship\b(?=[^>]*(?:attachedTemplate|oleObject|frame))(?=[^>]*TargetMode=.External)",
    re.IGNORECASE,
)
_MACRO_PART = re.compile(r"(vbaproject\.bin|vbadata\.xml|xl/macrosheets/)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_OFFICE_PARTS = {  # part that only this format has → extension, content type
    "word/document.xml": (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    "xl/workbook.xml": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "ppt/presentation.xml": (
        "pptx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
    "OFD.xml": ("ofd", "application/ofd"),
}
_UNREADABLE_IMAGE = (
    UnidentifiedImageError,
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


class FileRefused(DomainError):
    """A file that the platform doesn't take; the text says why and what to do."""

    code = "file_refused"


@dataclass(frozen=True)
class Recognised:
    """What the content says.

    Attributes:
        extension: Without the dot.
        width: Pixels, of a picture.
        height: Pixels, of a picture.
    """

    extension: str
    content_type: str
    width: int | None = None
    height: int | None = None


def recognise(data: bytes, *, field: str = "file") -> Recognised:
    """Tell the type of a document or picture by its content.

    Knows pdf, docx, xlsx, pptx, ofd, jpg, png, webp and plain text.

    Args:
        data: The whole file.
        field: Form field that a refusal belongs to.

    Raises:
        FileRefused: Empty, of no known type, two types in one, a program, with
            macros, protected by a password, or unpacking to absurd amounts.

    Source: GL 七(一)3 (SEC-06, uploads).
    """
    if not data:
        raise _refusal(
            _("The file is empty."), _("Check that the right file was chosen and that it was saved."), field
        )
    if data.startswith(_PROGRAM_STARTS):
        raise _refusal(_("The file is a program."), _("Upload documents and pictures only."), field)
    if data.startswith(_OLE_START):
        raise _old_office_refusal(data, field)
    if data.startswith(_ZIP_START):
        return _recognise_office(data, field)
    if zipfile.is_zipfile(BytesIO(data)):
        raise _two_in_one(field)
    if data.startswith(_PDF_START):
        return _recognise_pdf(data, field)
    if data.startswith(_IMAGE_STARTS):
        return recognise_image(data, field=field)
    return _recognise_text(data, field)


def _refusal(message: Text, fix: Text, field: str) -> FileRefused:
    return FileRefused(message, fix=fix, field=field)


def _two_in_one(field: str) -> FileRefused:
    return _refusal(
        _("The file holds two kinds of file in one."),
        _("Open it, save it again under a new name and upload that file."),
        field,
    )


def _old_office_refusal(data: bytes, field: str) -> FileRefused:
    if _ENCRYPTED_PACKAGE in data:
        return _refusal(
            _("The file is protected by a password."), _("Remove the password and upload it again."), field
        )
    return _refusal(
        _("Files of old office programs (.doc, .xls, .ppt) can't be checked."),
        _("Save it as .docx, .xlsx or .pdf and upload that file."),
        field,
    )


def _recognise_pdf(data: bytes, field: str) -> Recognised:
    if b"%%EOF" not in data[-2048:]:
        raise _refusal(
            _("The PDF file is cut off or something was appended to it."),
            _("Save it again and upload that file."),
            field,
        )
    found = find_active_content(data)
    if found == ENCRYPTED:
        raise _refusal(
            _("The file is protected by a password."), _("Remove the password and upload it again."), field
        )
    if found:
        raise _refusal(
            _("The PDF file contains scripts, commands or attached files (%(what)s).") % {"what": found},
            _("Print it into a new PDF file and upload that one."),
            field,
        )
    return Recognised("pdf", "application/pdf")


def recognise_image(data: bytes, *, field: str = "file") -> Recognised:
    """Tell the type and size of a picture.

    Raises:
        FileRefused: No readable JPEG, PNG or WebP picture, or over `MAX_PIXELS`.
    """
    try:
        with Image.open(BytesIO(data), formats=list(IMAGE_TYPES)) as image:
            known, (width, height) = IMAGE_TYPES[image.format or ""], image.size
            if width * height <= MAX_PIXELS:
                image.verify()
                return Recognised(*known, width, height)
    except _UNREADABLE_IMAGE as error:
        raise _refusal(
            _("This file isn't a JPEG, PNG or WebP picture or a PDF, whatever its name says."),
            _("Save it in one of these formats and upload it again."),
            field,
        ) from error
    raise _refusal(
        _("The picture has more than %(limit)s million pixels.") % {"limit": MAX_PIXELS // 1_000_000},
        _("Make it smaller and upload it again."),
        field,
    )


def open_package(data: bytes, *, field: str = "file") -> zipfile.ZipFile:
    """Open an office file after checking that it can't hurt; nothing is unpacked yet.

    Raises:
        FileRefused: Damaged, with a password, with programs or macros, something
            before or behind the package, or unpacking to absurd amounts.
    """
    try:
        package = zipfile.ZipFile(BytesIO(data))
        parts = package.infolist()
    except UNREADABLE_ZIP as error:
        raise _damaged(field) from error
    _refuse_bomb(parts, len(data), field)
    if any(part.flag_bits & 0x1 for part in parts):
        raise _refusal(
            _("The file is protected by a password."), _("Remove the password and upload it again."), field
        )
    if min((part.header_offset for part in parts), default=1) != 0 or package.comment:
        raise _two_in_one(field)
    names = [part.filename for part in parts]
    if any(_PROGRAM_PART.search(name) for name in names):
        raise _refusal(_("There is a program in the file."), _("Remove it and upload the file again."), field)
    if any(_OBJECT_PART.search(name) for name in names):
        raise _refusal(
            _("Objects of other programs are embedded in the file."),
            _("Turn them into pictures, or save the file as a PDF."),
            field,
        )
    if any(_MACRO_PART.search(name) for name in names):
        raise _refusal(
            _("The file contains macros."),
            _("Save it as .docx or .xlsx, which have none, and upload that file."),
            field,
        )
    if len(set(names)) != len(names):
        raise _two_in_one(field)
    return package


def _damaged(field: str) -> FileRefused:
    return _refusal(
        _("The file is damaged."), _("Open it with the program it comes from and save it again."), field
    )


def _refuse_bomb(parts: list[zipfile.ZipInfo], packed: int, field: str) -> None:
    unpacked = sum(part.file_size for part in parts)
    limit = min(MAX_UNPACKED_BYTES, max(packed * MAX_RATIO, RATIO_CHECK_BYTES))
    if len(parts) > MAX_PARTS or unpacked > limit:
        raise _refusal(
            _("The file unpacks to far more than a document has."),
            _("Split the document, or save it as a PDF."),
            field,
        )


def _recognise_office(data: bytes, field: str) -> Recognised:
    with open_package(data, field=field) as package:
        names = set(package.namelist())
        found = [kind for part, kind in _OFFICE_PARTS.items() if part in names]
        if not found:
            raise _refusal(
                _("Archives and files of this kind aren't taken."),
                _("Upload the documents in it singly, as .pdf, .docx, .xlsx, .pptx, .ofd, picture or text."),
                field,
            )
        if len(found) > 1:
            raise _two_in_one(field)
        try:
            types = package.read("[Content_Types].xml") if "[Content_Types].xml" in names else b""
            links = b"".join(package.read(name) for name in sorted(names) if name.endswith(".rels"))
        except UNREADABLE_ZIP as error:
            raise _damaged(field) from error
    if b"macroEnabled" in types:
        raise _refusal(
            _("The file contains macros."),
            _("Save it as .docx or .xlsx, which have none, and upload that file."),
            field,
        )
    if _REMOTE_TEMPLATE.search(links):
        raise _refusal(
            _("The file loads a template or an object from another computer."),
            _("Detach the template, or save the file as a PDF."),
            field,
        )
    return Recognised(*found[0])


def _recognise_text(data: bytes, field: str) -> Recognised:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return Recognised(
                "txt",
                "text/plain; charset=utf-8" if encoding == "utf-8-sig" else "text/plain; charset=gb18030",
            )
        break
    raise _refusal(
        _("This kind of file isn't taken, whatever its name says."),
        _("Upload a .pdf, .docx, .xlsx, .pptx, .ofd, .jpg, .png or .txt file."),
        field,
    )
