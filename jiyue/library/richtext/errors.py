"""Refusals of rich text."""

from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError


class RichTextTooLarge(DomainError):
    """The text is longer than any document a person can edit."""

    code = "rich_text_too_large"

    def __init__(self) -> None:
        super().__init__(
            _("The text is too long to be kept as one document."),
            fix=_("Split it into several documents, or attach the long part as a file."),
            field="body",
        )
