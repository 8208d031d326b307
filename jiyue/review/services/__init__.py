"""Opening, deciding and changing cases.

Nobody holds a right to publish: a completed case releases what it pins.
Source: NT 15; NB 4, 14; GL 七(一)4 (REV-01, REV-02, REV-03, REV-32).
"""

from jiyue.review.services.acting import take_case, take_case_of
from jiyue.review.services.changing import recall_blocker, recall_case, revise_case
from jiyue.review.services.deciding import (
    RELEASE_TOPIC,
    approve,
    decision_blocker,
    hand_back_item,
    release_item,
    return_case,
)
from jiyue.review.services.opening import manifest_digest, open_case, route_of
from jiyue.review.services.reading import record_item_read
from jiyue.review.services.refusals import (
    MAX_OPINION_CHARS,
    AlreadyDecided,
    AlreadyInReview,
    CaseHeld,
    ChecksMissing,
    NotRecallable,
    NotTheReviewer,
    OpinionTooLong,
    PaperMissing,
    ReasonMissing,
    ReviewRefused,
    RouteChanged,
    SelfApprovalForbidden,
    StateChanged,
)

__all__ = [
    "MAX_OPINION_CHARS",
    "RELEASE_TOPIC",
    "AlreadyDecided",
    "AlreadyInReview",
    "CaseHeld",
    "ChecksMissing",
    "NotRecallable",
    "NotTheReviewer",
    "OpinionTooLong",
    "PaperMissing",
    "ReasonMissing",
    "ReviewRefused",
    "RouteChanged",
    "SelfApprovalForbidden",
    "StateChanged",
    "approve",
    "decision_blocker",
    "hand_back_item",
    "manifest_digest",
    "open_case",
    "recall_blocker",
    "recall_case",
    "record_item_read",
    "release_item",
    "return_case",
    "revise_case",
    "route_of",
    "take_case",
    "take_case_of",
]
