from django.db import models
from django.utils.translation import gettext_lazy as _


class CaseStatus(models.TextChoices):
    """Where a case stands."""

    OPEN = "open", _("in review")
    APPROVED = "approved", _("approved")
    RETURNED = "returned", _("returned")
    RECALLED = "recalled", _("taken back")


class StepStatus(models.TextChoices):
    """Where one level of a case stands."""

    WAITING = "waiting", _("not yet reached")
    OPEN = "open", _("to be decided")
    APPROVED = "approved", _("approved")
    RETURNED = "returned", _("returned")
    VOIDED = "voided", _("void, because the text was changed")


class ReviewVerb(models.TextChoices):
    """What a person did in a case."""

    SUBMIT = "submit", _("submitted")
    APPROVE = "approve", _("approved")
    RETURN = "return", _("returned")
    RECALL = "recall", _("taken back")
    REVISE = "revise", _("changed during review")
    HOLD = "hold", _("held and referred")
    RESUME = "resume", _("taken up again")
    MARK = "mark", _("marked as sensitive")
    ASSESS = "assess", _("risk assessed")


DECISIONS = (ReviewVerb.APPROVE, ReviewVerb.RETURN)


class CaseForm(models.TextChoices):
    """How many items a case carries, and how they go out."""

    SINGLE = "single", _("one item")
    JOINT = "joint", _("items that go out together")
    BATCH = "batch", _("batch")


class Authority(models.TextChoices):
    """By what somebody decides."""

    ROLE = "role", _("by office")
    DELEGATION = "delegation", _("by delegation")
    DUTY = "duty", _("on duty")


class SecrecyResult(models.TextChoices):
    """Result of a secrecy review (REV-14)."""

    PUBLIC = "public", _("may be public")
    UNDECIDED = "undecided", _("can't be decided here")
    SECRET = "secret", _("must not be public")


class Office(models.TextChoices):
    """Offices that approve for others (REV-05, REV-08)."""

    PORTAL = "portal", _("portal editorial office")
    GOVERNMENT_OFFICE = "government_office", _("government office")
    DISCLOSURE_BODY = "disclosure_body", _("disclosure body of the government office")
    LETTERS_BUREAU = "letters_bureau", _("letters-and-visits bureau")
    DATA_BUREAU = "data_bureau", _("big-data bureau")


class SortOfContent(models.TextChoices):
    """What an item is about, as far as routes ask (REV-05, REV-09, REV-10, REV-11)."""

    GENERAL = "general", _("general information")
    NOTICE = "notice", _("notice")
    GOVERNMENT_DOCUMENT = "government_document", _("government document")
    INTERPRETATION = "interpretation", _("policy interpretation")
    GOVERNMENT_MEETING = "government_meeting", _("government meeting")
    LEADER_PROFILE = "leader_profile", _("leader's résumé, division of work or photo")
    MAJOR_LEADER_NEWS = "major_leader_news", _("major item about leaders")
    DISCLOSURE_REQUEST = "disclosure_request", _("disclosure-request platform")
    MAYORS_MAILBOX = "mayors_mailbox", _("letters of the mayor's mailbox")


class PaperKind(models.TextChoices):
    """Signed papers that a route may demand (REV-08, REV-09, REV-10)."""

    STAMPED_SUBMISSION = "stamped_submission", _("signed and stamped submission")
    NOTICE_CONSENT = "notice_consent", _("notice with the words of consent")
    DOCUMENT_CONSENT = "document_consent", _("original document with the words of consent")
    INTERPRETATION_CONSENT = "interpretation_consent", _("interpretation with the words of consent")


STAMPED_PAPERS = (PaperKind.STAMPED_SUBMISSION, PaperKind.NOTICE_CONSENT)  # HT 二(三)2-3
CONSENT_PAPERS = (
    PaperKind.NOTICE_CONSENT,
    PaperKind.DOCUMENT_CONSENT,
    PaperKind.INTERPRETATION_CONSENT,
)  # HT 二(三)3-4


class MajorSign(models.TextChoices):
    """What makes an item major information by rule (REV-04)."""

    LEADER = "leader", _("name of a leader")
    CATEGORY = "category", _("subject category")
    KEYWORD = "keyword", _("keyword")
