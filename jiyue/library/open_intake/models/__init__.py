"""Business systems that hand items in, what they handed in, and what became of it."""

from jiyue.library.open_intake.models.clients import IntakeClient
from jiyue.library.open_intake.models.items import IntakeCall, IntakeItem

__all__ = ["IntakeCall", "IntakeClient", "IntakeItem"]
