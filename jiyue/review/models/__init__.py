from jiyue.review.models.cases import CaseAuthor, CaseItem, ReviewAction, ReviewCase, ReviewStep
from jiyue.review.models.handling import CasePaper, PaperFiling, Referral, RiskAssessment
from jiyue.review.models.reading import ItemReading
from jiyue.review.models.routing import ApproverOffice, MajorRule, ReviewRoute
from jiyue.review.models.standing_in import DutyShift, ReviewDelegation

__all__ = [
    "ApproverOffice",
    "CaseAuthor",
    "CaseItem",
    "CasePaper",
    "DutyShift",
    "ItemReading",
    "MajorRule",
    "PaperFiling",
    "Referral",
    "ReviewAction",
    "ReviewCase",
    "ReviewDelegation",
    "ReviewRoute",
    "ReviewStep",
    "RiskAssessment",
]
