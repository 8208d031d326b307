"""Picks and offers, the record of use, corrections, dates that changed, manuscripts."""

from jiyue.library.use.models.corrections import CorrectionFix, CorrectionRecord, DateChange
from jiyue.library.use.models.manuscripts import Manuscript, ManuscriptExplanation, ManuscriptProblem
from jiyue.library.use.models.picks import ChannelTopics, Offer, Pick
from jiyue.library.use.models.records import UseRecord

__all__ = [
    "ChannelTopics",
    "CorrectionFix",
    "CorrectionRecord",
    "DateChange",
    "Manuscript",
    "ManuscriptExplanation",
    "ManuscriptProblem",
    "Offer",
    "Pick",
    "UseRecord",
]
