"""One-step format clean-up: pure functions over rich text, no database (REV-24)."""

from jiyue.library.drafting.tidying.cleanup import Tidied, tidy
from jiyue.library.drafting.tidying.rules import Change

__all__ = ["Change", "Tidied", "tidy"]
