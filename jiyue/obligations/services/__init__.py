"""Every change to clocks."""

from jiyue.obligations.services.clocks import (
    ObligationRefused,
    Owed,
    hand_over,
    lapse,
    open_obligation,
    reschedule,
    satisfy,
)
from jiyue.obligations.services.excusing import ExcuseRefused, excuse_refusal, propose_excuse

__all__ = [
    "ExcuseRefused",
    "ObligationRefused",
    "Owed",
    "excuse_refusal",
    "hand_over",
    "lapse",
    "open_obligation",
    "propose_excuse",
    "reschedule",
    "satisfy",
]
