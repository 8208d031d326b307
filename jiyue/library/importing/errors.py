"""Refusals of the importer: each says what is wrong with the file and what to do."""

from typing import ClassVar

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError, Text


class UnreadableDocument(DomainError):
    """A file that can't become a document; subclasses say why."""

    code = "unreadable_document"
    message_text: ClassVar[Text] = _("This file can't be read as a document.")
    fix_text: ClassVar[Text] = _("Import a .txt, .html, .md or .docx file.")

    def __init__(self) -> None:
        super().__init__(self.message_text, fix=self.fix_text, field="file")


class EmptyDocument(UnreadableDocument):
    """Nothing in it, or nothing but blanks and page furniture."""

    code = "empty_document"
    message_text = _("The file contains no text.")
    fix_text = _("Check that the right file was chosen and that it was saved completely.")


class BinaryDocument(UnreadableDocument):
    """Bytes that are not text, whatever the name says."""

    code = "binary_document"
    message_text = _("The file is not a text document, although its name says so.")
    fix_text = _("Open it with the program it comes from and save it as .docx, .html or plain text.")


class NotAWordDocument(UnreadableDocument):
    """Called .docx, but no readable word-processor file."""

    code = "not_a_word_document"
    message_text = _("The file is called .docx but is not a readable Word document.")
    fix_text = _("Open it in Word or WPS and save it again as .docx, without a password.")


class UndecodableText(UnreadableDocument):
    """Text in no character encoding the importer knows."""

    code = "undecodable_text"
    message_text = _("The character encoding of the file can't be recognised.")
    fix_text = _("Save the file again with the encoding UTF-8.")


class UnsupportedDocument(UnreadableDocument):
    """A document of a format the importer doesn't read."""

    code = "unsupported_document"
    message_text = _("This kind of file can't be imported.")
    fix_text = _("Save it as .docx, .html, .md or .txt and import that file.")


class DocumentTooLarge(DomainError):
    """More bytes than one document has."""

    code = "document_too_large"

    def __init__(self, limit_megabytes: int) -> None:
        super().__init__(
            format_lazy(_("The file is larger than {limit} MB."), limit=limit_megabytes),
            fix=_("Split it into several documents, or attach it as a file."),
            field="file",
        )
