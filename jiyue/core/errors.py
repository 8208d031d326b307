"""Refusals and failures, in one shape for views, APIs and logs."""

from django.utils.functional import Promise

Text = str | Promise


class DomainError(Exception):
    """Something a person asked for is refused: what happened, and what to do.

    Attributes:
        code: Stable identifier for logs and APIs; subclasses set it.
        message: What happened and why (translated lazily).
        fix: What the person can do now.
        field: Form field the refusal belongs to, if any.
    """

    code = "refused"

    def __init__(self, message: Text, *, fix: Text = "", code: str | None = None, field: str | None = None):
        super().__init__(str(message))
        self.message = message
        self.fix = fix
        self.field = field
        if code is not None:
            self.code = code


class ExternalFailure(Exception):
    """Something outside the process failed; only temporary failures are retried."""

    def __init__(self, message: str, *, permanent: bool):
        super().__init__(message)
        self.permanent = permanent
