"""Refusals of unsaved text and locks."""

from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError


class TextTooLarge(DomainError):
    """More than one form of the library can hold."""

    code = "autosave_too_large"

    def __init__(self) -> None:
        super().__init__(
            _("The text is too long to be kept on the server."),
            fix=_("Save it now, or split it into several items."),
            field="body_html",
        )


class WrittenElsewhere(DomainError):
    """Another window of the same account keeps its text in this place."""

    code = "written_elsewhere"

    def __init__(self) -> None:
        super().__init__(
            _("You are writing this item in another window too; only that one's text is kept."),
            fix=_("Close the other window, or go on here and keep this text instead."),
        )


class NoSuchSlot(DomainError):
    """The text doesn't say what it belongs to."""

    code = "no_such_slot"

    def __init__(self) -> None:
        super().__init__(
            _("The editor sent text without saying what it belongs to."), fix=_("Load the page again.")
        )
