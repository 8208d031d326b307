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
from jiyue.obligations.services.excusing import EXCUSE_TOPIC, ExcuseRefused, excuse_refusal, propose_excuse

__all__ = [
    "EXCUSE_TOPIC",
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
